// npm co-wechat-api, unmodified. It reads no HTTPS_PROXY: its option `beforeRequest` sets the agents.
import { createRequire } from "node:module";
import { setTimeout } from "node:timers/promises";
import * as driver from "../lib/driver.mjs";

const require = createRequire(import.meta.url);
const API = require("co-wechat-api");
const { expect, expectMatch } = driver;

// `prefix` leads the calls of /cgi-bin to another host; the addresses of /card are written into its
// methods, all of which go through `request`.
class LedElsewhere extends API {
    request(url, ...more) {
        return super.request(url.replace(/^https:\/\/api\.weixin\.qq\.com/, driver.mock), ...more);
    }
}

const byUrl = driver.way === "base-url";
const api = new (byUrl ? LedElsewhere : API)(driver.account.appid, driver.account.secret);
if (byUrl) {
    api.fileServerPrefix = `${driver.mock}/cgi-bin/`;
} else {
    const { HttpsProxyAgent } = require("https-proxy-agent");
    const { HttpProxyAgent } = require("http-proxy-agent");
    const agents = {
        443: new HttpsProxyAgent(process.env.HTTPS_PROXY),
        80: new HttpProxyAgent(process.env.HTTPS_PROXY),
    };
    api.setOpts({ beforeRequest: (options) => ({ ...options, agent: agents[options.port] }) });
}

let logo, cardId, encrypted, code;

await driver.run(require("co-wechat-api/package.json").version, {
    async token() {
        const { accessToken } = await api.ensureAccessToken();
        expectMatch(accessToken, /^\d+_[A-Za-z0-9_-]{100,}$/, "access_token");
    },
    async ticket() {
        const { ticket } = await api.ensureTicket("wx_card");
        expectMatch(ticket, /^[A-Za-z0-9_-]{86}$/, "ticket");
    },
    async "upload-image"() {
        // Its own limit is 60 s; it says nothing meanwhile.
        const late = setTimeout(5_000, undefined, { ref: false }).then(() => {
            throw new Error("no end within 5 s");
        });
        logo = (await Promise.race([api.uploadLogo(driver.image), late])).url;
        expectMatch(logo, /^http:\/\/mmbiz\.qpic\.cn\//, "url");
    },
    async "create-card"() {
        logo ??= await driver.uploadPlainly((await api.ensureAccessToken()).accessToken);
        const answer = await api.createCard(driver.draft(logo));
        cardId = answer.card_id;
        expectMatch(cardId, /^p[A-Za-z0-9_-]{27}$/, "card_id");
    },
    async "get-card"() {
        const { card } = await api.getCard(cardId);
        const info = card.general_coupon.base_info;
        expect(card.card_type, "GENERAL_COUPON", "card_type");
        expect(info.title, "满百减二十", "title");
        expect(info.color, "#63b359", "color");
        expect(info.status, "CARD_STATUS_VERIFY_OK", "status");
        expect(info.sku.quantity, 100, "quantity");
    },
    async "text-kept"() {
        const { card } = await api.getCard(cardId);
        expect(card.general_coupon.base_info.notice, "出示(券码)!", "notice");
    },
    async "list-cards"() {
        const list = await api.getCards(0, 50);
        expect([list.total_num, [...list.card_id_list]], [1, [cardId]], "total_num, card_id_list");
    },
    async stock() {
        await api.updateCardStock(cardId, 50);
        await api.updateCardStock(cardId, -20);
        const { card } = await api.getCard(cardId);
        expect(card.general_coupon.base_info.sku.quantity, 130, "quantity");
    },
    async "update-card"() {
        await api.updateCard(cardId, { base_info: { service_phone: "020-88888888" } });
        const { card } = await api.getCard(cardId);
        expect(card.general_coupon.base_info.service_phone, "020-88888888", "service_phone");
    },
    async "sign-and-claim"() {
        encrypted = await driver.claimed("alice", cardId, JSON.stringify(await api.getCardExt({ card_id: cardId })));
    },
    async "second-claim"() {
        const ext = () => api.getCardExt({ card_id: cardId });
        let first, second;
        // Both are of one second, as they are when two customers come at once; there is no nonce in them.
        for (let attempt = 0; attempt < 10 && (!first || first.timestamp !== second.timestamp); attempt += 1) {
            [first, second] = [await ext(), await ext()];
        }
        expect(first.timestamp, second.timestamp, "timestamps");
        await driver.claimed("bob", cardId, JSON.stringify(first));
        await driver.claimed("carol", cardId, JSON.stringify(second));
    },
    async "user-cards"() {
        const { card_list } = await api.getCardList(await driver.openid("alice"), cardId);
        expect(
            card_list.map(({ code, card_id }) => ({ code, card_id })),
            [{ code: await driver.heldCode("alice", cardId), card_id: cardId }],
            "card_list",
        );
    },
    async decrypt() {
        code = (await api.decryptCode(encrypted)).code;
        expect(code, await driver.heldCode("alice", cardId), "code");
    },
    async "code-get"() {
        const detail = await api.getCode(code);
        expect(
            [detail.card.card_id, detail.openid, detail.can_consume, detail.user_card_status],
            [cardId, await driver.openid("alice"), true, "NORMAL"],
            "card_id, openid, can_consume, user_card_status",
        );
    },
    async consume() {
        const answer = await api.consumeCode(code);
        expect([answer.card.card_id, answer.openid], [cardId, await driver.openid("alice")], "card_id, openid");
    },
    async "consume-twice"() {
        expect((await driver.refusal(api.consumeCode(code))).code, 40099, "errcode");
    },
    async "two-tickets"() {
        const page = await api.ensureTicket("jsapi");
        const card = await api.ensureTicket("wx_card");
        expect(card.ticket === page.ticket, false, "the card's ticket is the page's");
    },
    async "delete-card"() {
        const ext = JSON.stringify(await api.getCardExt({ card_id: cardId }));
        await api.deleteCard(cardId);
        expectMatch((await driver.claim("bob", cardId, ext)).errMsg, /^addCard:fail/, "the phone's answer");
    },
});
