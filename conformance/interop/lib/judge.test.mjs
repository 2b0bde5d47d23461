import assert from "node:assert/strict";
import { test } from "node:test";
import { judge, stale, table } from "./judge.mjs";

const client = {
    not_offered: { absent: "no call" },
    known_faults: [
        { scenario: "broken", error: "no nonce", reason: "forgets it", pointer: "lib.js" },
        { scenario: "half", way: "intercept", error: "", reason: "no TLS", pointer: "lib.js" },
    ],
};
const outcome = (scenario, told, way = "base-url") => judge(client, way, scenario, told, "status 1, oops").outcome;

test("a scenario passes or fails as the driver says", () => {
    assert.equal(outcome("plain", { ok: true }), "PASS");
    assert.deepEqual(judge(client, "base-url", "plain", { ok: false, why: "40013" }, ""), { outcome: "FAIL", why: "40013" });
});

test("a driver that ends early fails what it did not tell", () => {
    assert.equal(outcome("plain", undefined), "FAIL");
    assert.equal(outcome("broken", undefined), "FAIL");
});

test("what is not offered is skipped, and may not be run", () => {
    assert.equal(outcome("absent", undefined), "SKIP");
    assert.equal(outcome("absent", { ok: true }), "FAIL");
});

test("a known fault is expected, in its own words, and red once it is gone", () => {
    assert.equal(outcome("broken", { ok: false, why: "refused: no nonce" }), "XFAIL");
    assert.equal(outcome("broken", { ok: false, why: "refused: no ticket" }), "FAIL");
    assert.equal(outcome("broken", { ok: true }), "FAIL");
});

test("a known fault of one way excuses that way alone", () => {
    assert.equal(outcome("half", { ok: false, why: "any" }, "intercept"), "XFAIL");
    assert.equal(outcome("half", { ok: false, why: "any" }, "base-url"), "FAIL");
});

test("a committed result is held against the clients that ran", () => {
    const of = (...results) => ({ version: 1, scenarios: { plain: "p" }, results });
    const row = (client, outcome, version = "1") => ({ client, version, way: "intercept", scenario: "plain", outcome });
    assert.deepEqual(stale(of(row("a", "PASS")), of(row("a", "PASS"))), []);
    assert.equal(stale(of(row("a", "PASS")), of(row("a", "FAIL"))).length, 1);
    assert.equal(stale(of(row("a", "PASS")), of(row("a", "PASS", "2"))).length, 1);
    assert.equal(stale(of(), of(row("a", "PASS"))).length, 1);
    assert.deepEqual(stale(of(row("a", "PASS"), row("b", "PASS")), of(row("a", "PASS"), row("b", "NOT_RUN"))), []);
    assert.deepEqual(stale({ ...of(), scenarios: {} }, of()), ["the scenarios differ"]);
});

test("the table tells each reason once, with its places", () => {
    const row = { client: "c", scenario: "plain", outcome: "FAIL", why: "40013" };
    const text = table(["plain"], [{ ...row, way: "base-url" }, { ...row, way: "intercept" }]);
    assert.match(text, /^plain {2}FAIL {4}FAIL$/m);
    assert.equal(text.split("FAIL c: 40013\n    plain (base-url), plain (intercept)").length, 2);
});
