// npm wechat-card 1.0.8, unmodified. It finds the proxy by itself, since `request` reads HTTPS_PROXY.
import { createRequire } from "node:module";
import { promisify } from "node:util";
import * as driver from "../lib/driver.mjs";

const require = createRequire(import.meta.url);
const client = require("wechat-card");
const { expect, expectMatch } = driver;

if (driver.way === "base-url") {
    // It has no option for the host; its table of addresses is an exported object.
    const { api } = require("wechat-card/libs/config");
    for (const name of Object.keys(api)) {
        api[name] = api[name].replace(/^https:\/\/(api|mp)\.weixin\.qq\.com/, driver.mock);
    }
}
client.setConfig({ appId: driver.account.appid, appSecret: driver.account.secret });

const call = (part, name) => promisify(client[part][name]);
let token, ticket, cardId, encrypted, code;

/** The client's own signature over the values, as its manual shows it for addCard. */
function signed() {
    const timestamp = String(Math.floor(Date.now() / 1000));
    const nonce_str = `n${process.hrtime.bigint()}`;
    const signature = client.basic.getSignatureSync([ticket, timestamp, cardId, nonce_str]);
    return JSON.stringify({ timestamp, nonce_str, signature });
}

await driver.run(require("wechat-card/package.json").version, {
    async token() {
        token = await call("basic", "getAccessToken")();
        expectMatch(token, /^\d+_[A-Za-z0-9_-]{100,}$/, "access_token");
    },
    async ticket() {
        ticket = await call("basic", "getApiTicket")();
        expectMatch(ticket, /^[A-Za-z0-9_-]{86}$/, "ticket");
    },
    async "create-card"() {
        const card = driver.draft(await driver.uploadPlainly(token));
        cardId = await call("card", "createCard")({
            card_type: card.card_type,
            base_info: card.general_coupon.base_info,
            special_info: { default_detail: card.general_coupon.default_detail },
        });
        expectMatch(cardId, /^p[A-Za-z0-9_-]{27}$/, "card_id");
    },
    async "get-card"() {
        const card = await call("card", "getCardDetail")(cardId);
        expect(card.card_type, "GENERAL_COUPON", "card_type");
        expect(card.base_info.title, "满百减二十", "title");
        expect(card.base_info.color, "#63b359", "color");
        expect(card.base_info.status, "CARD_STATUS_VERIFY_OK", "status");
        expect(card.base_info.sku.quantity, 100, "quantity");
    },
    async "text-kept"() {
        const card = await call("card", "getCardDetail")(cardId);
        expect(card.base_info.notice, "出示(券码)!", "notice");
    },
    async "list-cards"() {
        expect(await call("card", "getCardIdList")(0, 50), [cardId], "card_id_list");
    },
    async stock() {
        await call("card", "modifyCardStock")(cardId, 50);
        await call("card", "modifyCardStock")(cardId, -20);
        expect((await call("card", "getCardDetail")(cardId)).base_info.sku.quantity, 130, "quantity");
    },
    async "update-card"() {
        await call("card", "modifyCard")({ card_id: cardId, base_info: { service_phone: "020-88888888" } });
        const card = await call("card", "getCardDetail")(cardId);
        expect(card.base_info.service_phone, "020-88888888", "service_phone");
    },
    async "sign-and-claim"() {
        encrypted = await driver.claimed("alice", cardId, signed());
    },
    async "second-claim"() {
        const [first, second] = [signed(), signed()];
        await driver.claimed("bob", cardId, first);
        await driver.claimed("carol", cardId, second);
    },
    async decrypt() {
        code = await call("code", "codeDecrypt")(encrypted);
        expect(code, await driver.heldCode("alice", cardId), "code");
    },
    async "code-get"() {
        const detail = await call("code", "getCodeDetail")(code);
        expect(detail.card_id, cardId, "card_id");
        expect(detail.openid, await driver.openid("alice"), "openid");
    },
    async consume() {
        const consumed = await call("code", "consumeCode")(code);
        expect(consumed, { card_id: cardId, openid: await driver.openid("alice") }, "answer");
    },
    async "consume-twice"() {
        expect((await driver.refusal(call("code", "consumeCode")(code))).code, 40099, "errcode");
    },
    async "delete-card"() {
        await call("card", "deleteCard")(cardId);
        const answer = await driver.claim("bob", cardId, signed());
        expectMatch(answer.errMsg, /^addCard:fail/, "the phone's answer");
    },
    // Last, since what it finds wrong spoils the client's cache.
    async "two-tickets"() {
        const page = await call("basic", "getJsApiTicket")();
        expect((await call("basic", "getApiTicket")()) === page, false, "the card's ticket is the page's");
    },
});
