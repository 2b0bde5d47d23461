//! What the pieces of a call cost by themselves: `cargo bench --package wechat-mock --bench pieces`.

use divan::{Bencher, black_box};
use wechat_mock::{direct::Keys, fuzzing::read_call, sign::Signed};

const CODE: &str = "198374613512";

fn main() {
    divan::main();
}

fn keys() -> Keys {
    Keys::new(&"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"[..43])
}

/// A push as it is before it is encrypted.
fn push() -> String {
    let fields: String = ["FromUserName", "CardId", "UserCardCode", "OuterStr"]
        .map(|name| format!("<{name}><![CDATA[oFS7Fjl0WsZ9AMZqrI80nbIq8xrA]]></{name}>"))
        .concat();
    format!("<xml><CreateTime>1472551036</CreateTime>{fields}</xml>")
}

#[divan::bench]
fn signature_of_a_claim(bencher: Bencher<'_, '_>) {
    let signed = Signed {
        api_ticket: "ojZ8YtyVyr30HheH3CM73y7h4jJE_jpDk2MNc8bDfJDAdSG4pXXBaxbD_zzYWzIyoTQ2bRZ1zRzlmXqZ8aGDsA",
        timestamp: "1472551036",
        card_id: "pFS7Fjg8kV1IdDz01r4SQwMkuCKc",
        nonce_str: "b28ab6ad7c1f4a63",
        code: "",
        openid: "",
    };
    bencher.bench(|| black_box(&signed).signature());
}

#[divan::bench]
fn judging_a_draft_by_its_schema(bencher: Bencher<'_, '_>) {
    let url = "http://mmbiz.qpic.cn/mmbiz_jpg/x/0";
    let card = fixtures::seed_card_with(url, url, 1_700_000_000, 1_800_000_000).to_string();
    assert_eq!(read_call("/card/create", card.as_bytes()), 0);
    bencher.bench(|| read_call("/card/create", black_box(card.as_bytes())));
}

#[divan::bench]
fn sealing_a_code(bencher: Bencher<'_, '_>) {
    let keys = keys();
    bencher.bench(|| keys.seal_code(black_box(CODE)));
}

#[divan::bench]
fn opening_a_code(bencher: Bencher<'_, '_>) {
    let keys = keys();
    let sealed = keys.seal_code(CODE);
    assert_eq!(keys.open_code(&sealed).as_deref(), Some(CODE));
    bencher.bench(|| keys.open_code(black_box(&sealed)));
}

#[divan::bench]
fn sealing_a_push(bencher: Bencher<'_, '_>) {
    let (keys, push) = (keys(), push());
    bencher.bench(|| keys.seal_push(black_box(&push)));
}

#[divan::bench]
fn reading_a_push(bencher: Bencher<'_, '_>) {
    let (keys, push) = (keys(), push());
    let sealed = keys.seal_push(&push);
    assert_eq!(keys.open_push(&sealed), Some(push));
    bencher.bench(|| keys.open_push(black_box(&sealed)));
}
