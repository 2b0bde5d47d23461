// The backend of the tutorial of 2020-04-25 on coupons in a mini-program: koa, request, knex, MariaDB.
// Its functions keep their names; its faults do not come along. It listens on a free port of loopback.
import Koa from "koa";
import bodyParser from "koa-bodyparser";
import Router from "koa-router";
import * as store from "./store.mjs";
import { Refused, wechat } from "./wechat.mjs";

const env = process.env;
const db = await store.open(env.DATABASE_SOCKET, env.DATABASE_NAME);
const shop = wechat(db, {
    base: env.WECHAT_API_BASE ?? "https://api.weixin.qq.com",
    account: { appid: env.WECHAT_OA_APPID, secret: env.WECHAT_OA_SECRET },
    program: { appid: env.WECHAT_MP_APPID, secret: env.WECHAT_MP_SECRET },
});

async function image(context) {
    const parts = [];
    for await (const part of context.req) parts.push(part);
    return Buffer.concat(parts);
}

const router = new Router();
router.post("/uploadwxlogo", async (context) => {
    context.body = { url: await shop.uploadLogo(await image(context)) };
});
router.post("/uploadwxtemp", async (context) => {
    context.body = { media_id: await shop.uploadPhoto(await image(context)) };
});
router.get("/getCardColor", async (context) => {
    context.body = { colors: await shop.colors() };
});
router.post("/postaddCard", bodyParser(), async (context) => {
    context.body = { card_id: await shop.createCard(context.request.body) };
});
router.get("/ticketSignature/:card_id", async (context) => {
    context.body = await shop.cardExt(context.params.card_id);
});
router.post("/postTrueCode", bodyParser(), async (context) => {
    const { card_id, encrypt_code, js_code } = context.request.body;
    const unionid = await shop.unionid(js_code);
    const code = await shop.decrypt(encrypt_code);
    if (!(await store.bind(db, { code, card_id, unionid }))) context.throw(403, "another customer's");
    context.body = { code };
});
router.post("/redeem/:code", async (context) => {
    const { code } = context.params;
    const { card } = await shop.consume(code);
    await store.redeemed(db, code);
    context.body = { code, card_id: card.card_id, status: "redeemed" };
});

const app = new Koa();
app.use(async (context, next) => {
    try {
        await next();
    } catch (error) {
        context.status = error instanceof Refused ? 409 : (error.status ?? 502);
        context.body = { message: error.message, errcode: error.errcode };
    }
});
app.use(router.routes());
// Whoever started this process ended: so does it.
process.stdin.on("end", () => process.exit(0)).resume();
const server = app.listen(0, "127.0.0.1", () => {
    console.log(`tutorial ready http://127.0.0.1:${server.address().port}`);
});
