// The tutorial's backend under its own admin, mini-program and staff; two instances on one database.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { once } from "node:events";
import { createRequire } from "node:module";
import * as driver from "../lib/driver.mjs";
import { claim, open } from "./store.mjs";

const { expect, expectMatch } = driver;
const database = { socket: process.env.INTEROP_DATABASE_SOCKET, name: `tutorial_${driver.way.replace("-", "_")}` };

async function start() {
    const child = spawn(process.execPath, [new URL("server.mjs", import.meta.url).pathname], {
        stdio: ["pipe", "pipe", "inherit"],
        env: {
            ...process.env,
            DATABASE_SOCKET: database.socket,
            DATABASE_NAME: database.name,
            WECHAT_OA_APPID: driver.account.appid,
            WECHAT_OA_SECRET: driver.account.secret,
            WECHAT_MP_APPID: driver.program.appid,
            WECHAT_MP_SECRET: process.env.INTEROP_MP_SECRET,
            ...(driver.way === "base-url" ? { WECHAT_API_BASE: driver.mock } : {}),
        },
    });
    const [line] = await once(createInterface({ input: child.stdout }), "line", { signal: AbortSignal.timeout(40_000) });
    return line.replace("tutorial ready ", "");
}

// One after the other: the first makes the tables.
const [first, second] = [await start(), await start()];
const db = await open(database.socket, database.name);

async function ask(url, body) {
    const response = await fetch(url, {
        method: body === undefined ? "GET" : "POST",
        body: body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body),
        headers: Buffer.isBuffer(body) ? { "content-type": "image/jpeg" } : { "content-type": "application/json" },
        signal: AbortSignal.timeout(20_000),
    });
    return { status: response.status, ...(await response.json()) };
}

/** How often the backend made this call to WeChat. */
async function calls(path) {
    const { requests } = await driver.control(`requests?appid=${driver.account.appid}&path=${path}`);
    return requests.length;
}

const trueCode = async (server, user, encrypt_code) => {
    const { code: js_code } = await driver.control(`users/${user}/login`, { appid: driver.program.appid });
    return ask(`${server}/postTrueCode`, { card_id: cardId, encrypt_code, js_code });
};

let logo, cardId, encrypted, code;

const { dependencies } = createRequire(import.meta.url)("./package.json");
await driver.run(Object.entries(dependencies).map((each) => each.join(" ")).join(", "), {
    async "upload-image"() {
        logo = (await ask(`${first}/uploadwxlogo`, readFileSync(driver.image))).url;
        expectMatch(logo, /^http:\/\/mmbiz\.qpic\.cn\//, "url");
        const photo = await ask(`${first}/uploadwxtemp`, readFileSync(driver.image));
        expectMatch(photo.media_id, /^[A-Za-z0-9_-]{64}$/, "media_id");
    },
    async "create-card"() {
        const { colors } = await ask(`${first}/getCardColor`);
        expect(colors.find((color) => color.name === "Color010").value, "#63b359", "Color010");
        const card = driver.draft(logo);
        // As the tutorial sends them: whole seconds, as strings.
        const dates = card.general_coupon.base_info.date_info;
        dates.begin_timestamp = String(dates.begin_timestamp);
        dates.end_timestamp = String(dates.end_timestamp);
        cardId = (await ask(`${first}/postaddCard`, card)).card_id;
        expectMatch(cardId, /^p[A-Za-z0-9_-]{27}$/, "card_id");
    },
    async "text-kept"() {
        const { card } = await driver.control(`cards/${cardId}`);
        expect(card.general_coupon.base_info.notice, "出示(券码)!", "notice");
    },
    async token() {
        // Both instances asked WeChat by now, and on one token.
        await ask(`${second}/getCardColor`);
        expect(await calls("/cgi-bin/token"), 1, "tokens fetched");
    },
    async "sign-and-claim"() {
        const { cardExt } = await ask(`${first}/ticketSignature/${cardId}`);
        encrypted = await driver.claimed("alice", cardId, cardExt);
    },
    async "second-claim"() {
        const { cardExt: bobs } = await ask(`${first}/ticketSignature/${cardId}`);
        const { cardExt: carols } = await ask(`${second}/ticketSignature/${cardId}`);
        await driver.claimed("bob", cardId, bobs);
        await driver.claimed("carol", cardId, carols);
    },
    async ticket() {
        expect(await calls("/cgi-bin/ticket/getticket"), 1, "tickets fetched");
    },
    async decrypt() {
        const answer = await trueCode(first, "alice", encrypted);
        code = answer.code;
        expect(code, await driver.heldCode("alice", cardId), "code");
    },
    async "store-claim"() {
        const row = await claim(db, code);
        const { unionid } = await driver.control("users/alice");
        expect([row.card_id, row.unionid, row.status], [cardId, unionid, "claimed"], "row");
        expect((await trueCode(second, "alice", encrypted)).code, code, "code at a repeat");
        expect((await trueCode(second, "bob", encrypted)).status, 403, "status for another customer");
    },
    async consume() {
        const answer = await ask(`${second}/redeem/${code}`, {});
        expect(answer, { status: "redeemed", code, card_id: cardId }, "answer");
        expect((await claim(db, code)).status, "redeemed", "status in the row");
    },
    async "consume-twice"() {
        const answer = await ask(`${first}/redeem/${code}`, {});
        expect([answer.status, answer.errcode], [409, 40099], "HTTP status, errcode");
    },
});
