// The backend's calls to WeChat, with `request` as the tutorial has them.
import { createHash, randomBytes } from "node:crypto";
import request from "request";
import { credential } from "./store.mjs";

/** WeChat said no: its errcode and errmsg. */
export class Refused extends Error {
    constructor({ errcode, errmsg }) {
        super(`${errcode}: ${errmsg}`);
        this.errcode = errcode;
    }
}

function send(options) {
    return new Promise((resolve, reject) => {
        request({ timeout: 10_000, ...options }, (error, response, body) => {
            if (error) return reject(error);
            try {
                const answer = JSON.parse(body);
                // Several calls have no errcode when they succeed.
                if (answer.errcode) reject(new Refused(answer));
                else resolve(answer);
            } catch {
                reject(new Error(`no JSON, HTTP status ${response.statusCode}`));
            }
        });
    });
}

export function wechat(db, { base, account, program }) {
    const accessToken = (refused) =>
        credential(db, "access_token", async () => {
            const query = `grant_type=client_credential&appid=${account.appid}&secret=${account.secret}`;
            const answer = await send({ uri: `${base}/cgi-bin/token?${query}` });
            return { value: answer.access_token, expires_in: answer.expires_in };
        }, refused);

    /** A call with the Official Account's token, which is fetched anew once when WeChat refuses it. */
    async function call(path, options = {}, query = "") {
        const token = await accessToken();
        const uri = (value) => `${base}${path}?access_token=${value}${query}`;
        try {
            return await send({ uri: uri(token), ...options });
        } catch (error) {
            if (![40001, 42001].includes(error.errcode)) throw error;
            return send({ uri: uri(await accessToken(token)), ...options });
        }
    }

    // `body`, not `form`: that would change ! ' ( ) * of the text.
    const post = (path, body) => call(path, { method: "POST", body: JSON.stringify(body) });
    const upload = (path, image, query) =>
        call(path, {
            method: "POST",
            formData: { buffer: { value: image, options: { filename: "image.jpg", contentType: "image/jpeg" } } },
        }, query);
    const ticket = () =>
        credential(db, "wx_card", async () => {
            const answer = await call("/cgi-bin/ticket/getticket", {}, "&type=wx_card");
            return { value: answer.ticket, expires_in: answer.expires_in };
        });

    return {
        accessToken,
        uploadLogo: async (image) => (await upload("/cgi-bin/media/uploadimg", image)).url,
        uploadPhoto: async (image) => (await upload("/cgi-bin/media/upload", image, "&type=image")).media_id,
        colors: async () => (await call("/card/getcolors")).colors,
        createCard: async (card) => (await post("/card/create", { card })).card_id,
        decrypt: async (encrypt_code) => (await post("/card/code/decrypt", { encrypt_code })).code,
        consume: (code) => post("/card/code/consume", { code }),
        /** Who logged in at the mini-program: the UnionID joins its openid and the account's. */
        async unionid(js_code) {
            const query = `appid=${program.appid}&secret=${program.secret}&js_code=${js_code}`;
            const answer = await send({ uri: `${base}/sns/jscode2session?${query}&grant_type=authorization_code` });
            return answer.unionid;
        },
        /** What wx.addCard takes; the nonce is new every time. */
        async cardExt(card_id) {
            const timestamp = String(Math.floor(Date.now() / 1000));
            const nonce_str = randomBytes(16).toString("hex");
            const values = [await ticket(), timestamp, card_id, nonce_str].sort();
            const signature = createHash("sha1").update(values.join("")).digest("hex");
            return { cardId: card_id, cardExt: JSON.stringify({ timestamp, nonce_str, signature }) };
        },
    };
}
