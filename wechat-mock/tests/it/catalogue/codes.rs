//! Codes: their encrypted form, their state, their redemption.

use serde_json::{Value, json};

use super::Page;
use crate::support::{DAY, NOW};

pub(super) async fn decrypt(page: &mut Page) {
    let (_, encrypted, code) = page.test.claimed("alice").await;
    let body = json!({"encrypt_code": encrypted});
    page.post("an encrypted code", &body).await;
    // By default such an answer is no UTF-8; the captures have it.
    page.turn("percent_encrypt_code", "40075").await;
    for (what, text) in [
        ("none", json!("")),
        ("a number", json!(5)),
        ("the code itself", json!(code)),
        ("+ as a blank", json!(format!(" {}", &encrypted[1..]))),
        ("not url-decoded", json!(encrypted.replace('=', "%3D"))),
        ("cut off", json!(&encrypted[..20])),
        (
            "nobody's",
            json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        ),
    ] {
        page.post(what, &json!({"encrypt_code": text})).await;
    }
    page.behind_the_gateway("POST", "", &body.to_string()).await;
}

/// What is wrong with a code, beside what else the call takes.
async fn codes(page: &mut Page, beside: &Value) {
    let (card_id, encrypted, code) = page.test.claimed("alice").await;
    let other = page.test.create().await;
    for (what, body) in [
        ("no code", json!({})),
        ("an empty code", json!({"code": ""})),
        ("a number", json!({"code": 5})),
        ("an unknown code", json!({"code": "000000000000"})),
        ("an encrypted code", json!({"code": encrypted})),
        (
            "a code of another card",
            json!({"code": code, "card_id": other}),
        ),
        ("an unknown card", json!({"code": code, "card_id": "p1"})),
        ("a code for a card", json!({"code": code, "card_id": code})),
        ("a card for a code", json!({"code": card_id})),
    ] {
        page.post(what, &with(beside, &body)).await;
    }
    page.turn("unknown_code", "40116").await;
    let unknown = with(beside, &json!({"code": "000000000000"}));
    page.post("unknown_code=40116", &unknown).await;
}

pub(super) async fn get(page: &mut Page) {
    let (card_id, _, code) = page.test.claimed("bob").await;
    let body = json!({"code": code, "card_id": card_id});
    page.post("a code", &body).await;
    codes(page, &json!({})).await;
    page.test.post("/card/code/consume", &body).await;
    page.post("a code that was redeemed", &body).await;
    let unchecked = json!({"code": code, "check_consume": false});
    page.post("the same, not checked", &unchecked).await;
    page.behind_the_gateway("POST", "", &unchecked.to_string())
        .await;
}

pub(super) async fn consume(page: &mut Page) {
    let (card_id, _, code) = page.test.claimed("bob").await;
    let body = json!({"code": code, "card_id": card_id});
    page.post("a code", &body).await;
    page.post("the same again", &body).await;
    codes(page, &json!({})).await;

    let early = page
        .test
        .create_with(|base| {
            base["date_info"]["begin_timestamp"] = json!((NOW + DAY).to_string());
        })
        .await;
    let encrypted = page.test.claim("carol", &early, "n-2").await;
    let encrypted = json!({"encrypt_code": encrypted.encrypted_code().unwrap()});
    let code = page
        .test
        .post("/card/code/decrypt", &encrypted)
        .await
        .json()["code"]
        .clone();
    page.post("before its begin", &json!({"code": code})).await;
    let limited = page
        .test
        .create_with(|base| {
            base["use_limit"] = json!(1);
            base["get_limit"] = json!(2);
        })
        .await;
    for (what, nonce) in [("up to use_limit", "n-3"), ("above use_limit", "n-4")] {
        let code = page.test.claimed_of("carol", &limited, nonce).await;
        page.post(what, &json!({"code": code})).await;
    }
    page.behind_the_gateway("POST", "", &body.to_string()).await;

    page.test.mock.clock().advance(60 * DAY).unwrap();
    page.test.token = page.test.token_of("oa").await;
    page.post("past its end", &json!({"code": code})).await;
}

fn with(body: &Value, more: &Value) -> Value {
    let mut body = body.clone();
    for (key, value) in more.as_object().into_iter().flatten() {
        body[key] = value.clone();
    }
    body
}

pub(super) async fn update(page: &mut Page) {
    let card_id = page.test.claimed_custom("alice", "0001").await;
    let own = json!({"code": "0001", "card_id": card_id});
    let to = |new_code: Value| with(&own, &json!({"new_code": new_code}));
    page.post_all(&[
        ("no new_code", own.clone()),
        ("a number", to(json!(2))),
        ("a text with blanks", to(json!("0 1"))),
        ("the same text", to(json!("0001"))),
        ("a new text", to(json!("0002"))),
        ("the former text", to(json!("0003"))),
        (
            "without card_id",
            json!({"code": "0002", "new_code": "0003"}),
        ),
    ])
    .await;
    let (_, _, code) = page.test.claimed("bob").await;
    let made = json!({"code": code, "new_code": "0003"});
    page.post("a code that WeChat made", &made).await;
    page.behind_the_gateway("POST", "", &made.to_string()).await;
}

pub(super) async fn unavailable(page: &mut Page) {
    let (card_id, _, code) = page.test.claimed("bob").await;
    let body = json!({"code": code, "card_id": card_id, "reason": "印错了"});
    page.post(
        "a reason that is a number",
        &with(&body, &json!({"reason": 5})),
    )
    .await;
    page.post("a code", &body).await;
    page.post("the same again", &body).await;
    codes(page, &json!({})).await;
    page.behind_the_gateway("POST", "", &body.to_string()).await;
}

pub(super) async fn mark(page: &mut Page) {
    let (card_id, _, code) = page.test.claimed("bob").await;
    let (bob, carol) = (
        page.test.openid("bob").await,
        page.test.openid("carol").await,
    );
    let call = |openid: &str, is_mark: Value| json!({"code": code, "card_id": card_id, "openid": openid, "is_mark": is_mark});
    let body = call(&bob, json!(true));
    page.post_all(&[
        ("no card_id", json!({"code": code})),
        ("no openid", call("", json!(true))),
        ("an unknown openid", call("oNobody", json!(true))),
        ("no is_mark", call(&bob, Value::Null)),
        ("is_mark as a text", call(&bob, json!("true"))),
        ("held for bob", body.clone()),
        ("held for carol", call(&carol, json!(true))),
        ("released by carol", call(&carol, json!(false))),
        ("released by bob", call(&bob, json!(false))),
        ("held for carol after that", call(&carol, json!(true))),
    ])
    .await;
    page.test.mock.clock().advance(299).unwrap();
    page.post("299 seconds later", &body).await;
    page.test.mock.clock().advance(1).unwrap();
    page.post("300 seconds later", &body).await;
    page.behind_the_gateway("POST", "", &body.to_string()).await;
}

pub(super) async fn deposit(page: &mut Page) {
    let card_id = page.test.deposit_card().await;
    let many: Vec<String> = (0..101).map(|code| format!("{code:04}")).collect();
    let call = |codes: Value| json!({"card_id": card_id, "code": codes});
    page.post_all(&[
        ("two codes", call(json!(["0001", "0002"]))),
        (
            "a new one, a known one, a wrong one",
            call(json!(["0003", "0001", "a code with blanks"])),
        ),
        ("too many", call(json!(many))),
        ("none", call(json!([]))),
        ("no list", json!({"card_id": card_id})),
        ("a bare text", call(json!("0004"))),
        ("numbers", call(json!([4]))),
        ("an empty code", call(json!(["0004", ""]))),
        ("a code twice", call(json!(["0004", "0004"]))),
    ])
    .await;
    let plain = json!({"card_id": page.test.create().await, "code": ["0001"]});
    page.post("a card that takes none", &plain).await;
    page.wrong_cards(&plain).await;
    page.behind_the_gateway("POST", "", &plain.to_string())
        .await;
}

pub(super) async fn count(page: &mut Page) {
    let body = json!({"card_id": page.test.deposit_card().await});
    page.post("no code yet", &body).await;
    let codes = with(&body, &json!({"code": ["0001", "0002"]}));
    page.test.post("/card/code/deposit", &codes).await;
    page.post("two codes", &body).await;
    page.wrong_cards(&body).await;
    page.behind_the_gateway("POST", "", &body.to_string()).await;
}

pub(super) async fn check(page: &mut Page) {
    let card_id = page.test.deposit_card().await;
    let call = |codes: Value| json!({"card_id": card_id, "code": codes});
    page.test
        .post("/card/code/deposit", &call(json!(["0001"])))
        .await;
    let body = call(json!(["0001", "0002"]));
    page.post_all(&[
        ("one is there", body.clone()),
        ("none", call(json!([]))),
        ("an empty code", call(json!([""]))),
    ])
    .await;
    page.wrong_cards(&body).await;
    page.behind_the_gateway("POST", "", &body.to_string()).await;
}

pub(super) async fn held(page: &mut Page) {
    let (card_id, _, code) = page.test.claimed("bob").await;
    let openid = page.test.openid("bob").await;
    let mini_program = page.test.mock.mini_program().appid;
    let user = page.test.control("GET", "users/bob", &Value::Null).await;
    let page_openid = user.json()["openids"][&mini_program].clone();
    let other = page.test.create().await;
    let body = json!({"openid": openid});
    page.post_all(&[
        ("all cards", body.clone()),
        ("one card", with(&body, &json!({"card_id": card_id}))),
        ("another card", with(&body, &json!({"card_id": other}))),
        ("an unknown card", with(&body, &json!({"card_id": "p1"}))),
        ("no openid", json!({})),
        (
            "an openid of the mini-program",
            json!({"openid": page_openid}),
        ),
        ("an unknown openid", json!({"openid": "oNobody"})),
    ])
    .await;
    page.test
        .post("/card/code/unavailable", &json!({"code": code}))
        .await;
    page.post("a void code stays", &body).await;
    page.behind_the_gateway("POST", "", &body.to_string()).await;
}

/// A claimed ticket.
async fn ticket(page: &Page, card_type: &str, node: Value) -> Value {
    let card_id = page.test.create_of(card_type, node).await;
    json!({"code": page.test.claimed_of("bob", &card_id, "n-8").await})
}

pub(super) async fn meeting(page: &mut Page) {
    let code = ticket(page, "MEETING_TICKET", json!({"meeting_detail": "大会"})).await;
    let body = with(
        &code,
        &json!({"zone": "C区", "entrance": "东门", "seat_number": "2排15号"}),
    );
    page.post_all(&[
        ("a seat", body.clone()),
        ("no zone", with(&body, &json!({"zone": ""}))),
        ("no entrance", with(&body, &json!({"entrance": null}))),
        ("no seat", with(&body, &json!({"seat_number": ""}))),
        ("a time as a text", with(&body, &json!({"begin_time": "1"}))),
    ])
    .await;
    let beside = with(&body, &json!({"code": null, "card_id": null}));
    codes(page, &beside).await;
    page.behind_the_gateway("POST", "", &body.to_string()).await;
}

pub(super) async fn movie(page: &mut Page) {
    let code = ticket(page, "MOVIE_TICKET", json!({"detail": "片名"})).await;
    let body = with(
        &code,
        &json!({
            "ticket_class": "4D", "show_time": NOW, "duration": 120, "screening_room": "5号厅",
            "seat_number": ["5排14号", "5排15号"],
        }),
    );
    page.post_all(&[
        ("two seats", body.clone()),
        ("no class", with(&body, &json!({"ticket_class": ""}))),
        ("no time", with(&body, &json!({"show_time": null}))),
        ("no duration", with(&body, &json!({"duration": null}))),
        ("an empty room", with(&body, &json!({"screening_room": ""}))),
        ("no room", with(&body, &json!({"screening_room": null}))),
        (
            "an empty list of seats",
            with(&body, &json!({"seat_number": []})),
        ),
        (
            "a seat as a text",
            with(&body, &json!({"seat_number": "5"})),
        ),
    ])
    .await;
    let (_, _, coupon) = page.test.claimed("carol").await;
    page.post("a coupon", &with(&body, &json!({"code": coupon})))
        .await;
    page.behind_the_gateway("POST", "", &body.to_string()).await;
}

pub(super) async fn boarding(page: &mut Page) {
    let flight = json!({
        "from": "成都", "to": "广州", "flight": "CE123", "departure_time": "1798100000",
        "landing_time": "1798110000", "air_model": "空客A320",
    });
    let code = ticket(page, "BOARDING_PASS", flight).await;
    let body = with(
        &code,
        &json!({
            "passenger_name": "李雷", "class": "舱等", "seat": "21C", "etkt_bnr": "99900000000000",
            "is_cancel": false,
        }),
    );
    page.post_all(&[
        ("a seat", body.clone()),
        ("no name", with(&body, &json!({"passenger_name": null}))),
        ("no class", with(&body, &json!({"class": ""}))),
        ("no number", with(&body, &json!({"etkt_bnr": ""}))),
        (
            "a flag as a text",
            with(&body, &json!({"is_cancel": "true"})),
        ),
    ])
    .await;
    let beside = with(&body, &json!({"code": null, "card_id": null}));
    codes(page, &beside).await;
    page.behind_the_gateway("POST", "", &body.to_string()).await;
}
