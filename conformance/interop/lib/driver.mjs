// What the drivers of the Node clients share: the arranging calls, the checks, and how a result is told.
// A driver is one process for one way; it prints one JSON line for its version and one for each scenario.
import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";

const env = (name) => {
    const value = process.env[name];
    if (!value) throw new Error(`${name} is not set`);
    return value;
};

export const way = env("INTEROP_WAY");
export const mock = env("INTEROP_MOCK");
export const account = { appid: env("INTEROP_APPID"), secret: env("INTEROP_SECRET") };
export const program = { appid: env("INTEROP_MP_APPID") };
export const image = env("INTEROP_IMAGE");

/** Fails the scenario unless both are equal, by value. */
export function expect(actual, wanted, what) {
    if (!isDeepStrictEqual(actual, wanted)) {
        throw new Error(`${what}: wanted ${JSON.stringify(wanted)}, got ${JSON.stringify(actual)}`);
    }
}

/** Fails the scenario unless the text matches. */
export function expectMatch(actual, pattern, what) {
    if (typeof actual !== "string" || !pattern.test(actual)) {
        throw new Error(`${what}: wanted ${pattern}, got ${JSON.stringify(actual)}`);
    }
}

/** The error that a promise is refused with; fails the scenario when there is none. */
export async function refusal(promise) {
    const [state] = await Promise.allSettled([promise]);
    if (state.status === "fulfilled") throw new Error(`was not refused: ${JSON.stringify(state.value)}`);
    return state.reason;
}

/** A call of the mock's control API; a body makes it a POST. */
export async function control(path, body) {
    const response = await fetch(`${mock}/_mock/v1/${path}`, {
        method: body === undefined ? "GET" : "POST",
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`control API, ${path}: ${response.status} ${text}`);
    return JSON.parse(text);
}

/** The customer's openid at the Official Account. */
export async function openid(user) {
    return (await control(`users/${user}`)).openids[account.appid];
}

/** The customer claims the card on the phone; returns what wx.addCard returns. */
export function claim(user, cardId, cardExt) {
    return control(`users/${user}/add-card`, { appid: program.appid, cardList: [{ cardId, cardExt }] });
}

/** Claims the card, wants it to succeed, and returns the encrypted code. */
export async function claimed(user, cardId, cardExt) {
    const answer = await claim(user, cardId, cardExt);
    expect(answer.errMsg, "addCard:ok", `the phone's answer, ${JSON.stringify(answer.explain)}`);
    expect(answer.cardList[0].isSuccess, true, "isSuccess");
    return answer.cardList[0].code;
}

/** The code that the customer really holds, as the phone shows it. */
export async function heldCode(user, cardId) {
    const held = (await control(`users/${user}/wallet`)).cards.filter((card) => card.card_id === cardId);
    expect(held.length, 1, "cards of this kind in the wallet");
    return held[0].code;
}

/** The card of card.json, with a logo and valid from now on. */
export function draft(logo) {
    const card = JSON.parse(readFileSync(new URL("../card.json", import.meta.url)));
    const info = card.general_coupon.base_info;
    const now = Math.floor(Date.now() / 1000);
    info.logo_url = logo;
    info.date_info.begin_timestamp = now;
    info.date_info.end_timestamp = now + 864_000;
    return card;
}

/** For clients that cannot upload: the logo is arranged with plain HTTP. */
export async function uploadPlainly(token) {
    const form = new FormData();
    form.set("buffer", new Blob([readFileSync(image)], { type: "image/jpeg" }), "logo.jpg");
    const response = await fetch(`${mock}/cgi-bin/media/uploadimg?access_token=${token}`, {
        method: "POST",
        body: form,
        signal: AbortSignal.timeout(20_000),
    });
    const answer = await response.json();
    expectMatch(answer.url, /^http/, `the arranged upload, ${JSON.stringify(answer)}`);
    return answer.url;
}

/** Runs the scenarios in their order, each bounded in time, and tells each result. */
export async function run(version, scenarios) {
    console.log(JSON.stringify({ version }));
    for (const [scenario, act] of Object.entries(scenarios)) {
        let timer;
        const late = new Promise((_, reject) => {
            timer = setTimeout(() => reject(new Error("no end within 30 s")), 30_000);
        });
        try {
            await Promise.race([act(), late]);
            console.log(JSON.stringify({ scenario, ok: true }));
        } catch (error) {
            const why = error instanceof Error ? `${error.name}: ${error.message}` : JSON.stringify(error);
            console.log(JSON.stringify({ scenario, ok: false, why }));
        } finally {
            clearTimeout(timer);
        }
    }
    // Clients keep connections alive; nothing is left to do.
    process.exit(0);
}
