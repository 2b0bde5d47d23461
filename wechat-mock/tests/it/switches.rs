//! Both sides of every switch, seen from outside.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use wechat_mock::{MockWechat, StartError};

use crate::{
    members,
    receiver::{NOBODY, Receiver, Reply},
    support::{DAY, NOW, TestMock, card_ext},
};

mod calls;
mod cards;
mod uploads;

/// What each value of each switch leads to.
#[rustfmt::skip]
const SEEN: &[(&str, &str, &str)] = &[
    ("card_timestamp_number", "advice", "0 WX-ADV-001"),
    ("card_timestamp_number", "refuse", "47001"),
    ("card_ext_timestamp_number", "advice", "ok"),
    ("card_ext_timestamp_number", "refuse", "WX-CLM-018"),
    ("nonce", "optional", "ok"),
    ("nonce", "required", "WX-CLM-019"),
    ("repeated_timestamp", "accept", "ok"),
    ("repeated_timestamp", "refuse", "WX-CLM-010"),
    ("foreign_image", "advice", "0 WX-ADV-002"),
    ("foreign_image", "refuse", "40141"),
    ("unknown_key", "refuse", "47001 47001 47001 47001"),
    ("unknown_key", "ignore", "0 0 0 0"),
    ("numeric_string", "accept", "0 WX-ADV-010"),
    ("numeric_string", "refuse", "47001"),
    ("null_scalar", "tolerate", "0"),
    ("null_scalar", "refuse", "47001"),
    ("number_for_text", "accept", "0 WX-ADV-023"),
    ("number_for_text", "refuse", "47001"),
    ("whole_fraction", "accept", "0"),
    ("whole_fraction", "refuse", "47001"),
    ("empty_sub_merchant", "accept", "0"),
    ("empty_sub_merchant", "refuse", "41011"),
    ("fraction", "47001", "47001 47001"),
    ("fraction", "40079", "40079 40079"),
    ("unicode_escape", "accept", "0 券"),
    ("unicode_escape", "literal", "0 \\u5238"),
    ("unicode_escape", "refuse", "47002"),
    ("field_of_other_type", "advice", "0 WX-ADV-020"),
    ("field_of_other_type", "refuse", "47001"),
    ("unlinked_mini_program", "advice", "0 WX-ADV-022"),
    ("unlinked_mini_program", "refuse", "40168"),
    ("unknown_store", "40072", "40072"),
    ("unknown_store", "40098", "40098"),
    ("friend_coupons", "retired", "73205, custom code 73205"),
    ("friend_coupons", "open", "0, custom code 40158"),
    ("link_without_mini_program", "refuse", "73211"),
    ("link_without_mini_program", "accept", "0"),
    ("fixed_term_zero", "refuse", "40079"),
    // NOW is 12:26:40 in China.
    ("fixed_term_zero", "accept", "0 until 23:59:59"),
    ("unknown_code_type", "73213", "73213"),
    ("unknown_code_type", "40072", "40072"),
    ("special_ticket_fields", "required", "41011"),
    ("special_ticket_fields", "optional", "0"),
    ("get_limit_default", "50", "50"),
    ("get_limit_default", "quantity", "52"),
    ("percent_encrypt_code", "garbage", "0"),
    ("percent_encrypt_code", "40075", "40075"),
    ("abstract_bytes", "open", "0"),
    ("abstract_bytes", "24", "45021"),
    ("update_url_name_bytes", "15", "45021"),
    ("update_url_name_bytes", "16", "0"),
    ("ticket_text_length", "open", "0"),
    ("ticket_text_length", "judged", "45021"),
    ("login_of_official_account", "40029", "40029"),
    ("login_of_official_account", "40013", "40013"),
    ("unknown_media_content", "40005", "40005"),
    ("unknown_media_content", "40113", "40113"),
    ("sub_merchant_errcode", "present", "errcode"),
    ("sub_merchant_errcode", "absent", "category"),
    ("paycell_is_open", "required", "47001"),
    ("paycell_is_open", "optional", "0"),
    ("stats_card_type", "captured", "0"),
    ("stats_card_type", "page", "3"),
    ("deleted_card", "shown", "\"CARD_STATUS_DELETE\""),
    ("deleted_card", "40078", "40078"),
    ("retirement", "off", "coupon 0, member card 0"),
    ("retirement", "48001", "coupon 48001, member card 0"),
    ("retirement", "48009", "coupon 48009, member card 0"),
    ("token_grace", "on", "0"),
    ("token_grace", "off", "40001"),
    ("dead_token", "42001", "42001"),
    ("dead_token", "40001", "40001"),
    ("malformed_token", "40001", "malformed 40001, made up 40001"),
    ("malformed_token", "40014", "malformed 40014, made up 40001"),
    ("ticket_expires_in", "full", "7200"),
    ("ticket_expires_in", "remaining", "6200"),
    ("upload_errcode", "absent", "url; type, media_id, created_at, item"),
    ("upload_errcode", "present", "url, errcode, errmsg; type, media_id, created_at, item, errcode, errmsg"),
    ("session_errcode", "absent", "session_key, openid, unionid"),
    ("session_errcode", "present", "session_key, openid, unionid, errcode, errmsg"),
    ("media_image_limit", "10MB", "0"),
    ("media_image_limit", "2MB", "40009"),
    ("oversized_media", "by_type", "40009 40010 40011 40012"),
    ("oversized_media", "40006", "40006 40006 40006 40006"),
    ("oversized_media", "45001", "45001 45001 45001 45001"),
    ("unknown_code", "40056", "40056"),
    ("unknown_code", "40116", "40116"),
    ("errmsg_tail", "native", "invalid card id hint: [..]"),
    ("errmsg_tail", "mixed", "invalid card id hint: [..] rid: .."),
    ("errmsg_tail", "rid", "invalid card id rid: .."),
    ("content_type", "encoding", "application/json; encoding=utf-8"),
    ("content_type", "charset", "application/json; charset=utf-8"),
    ("sex_spelling", "FEMAIL", "FEMAIL"),
    ("sex_spelling", "FEMALE", "FEMALE"),
    ("get_card_retries", "short", "failed after 3"),
    ("get_card_retries", "long", "pending after 1"),
    ("passive_reply", "delivered", "delivered after 1"),
    ("passive_reply", "wrong_body", "failed after 3"),
    ("passive_reply", "anything", "delivered after 1"),
    ("empty_form_url", "accept", "0"),
    ("empty_form_url", "refuse", "47001"),
];

#[tokio::test]
async fn each_side_of_each_switch_shows() {
    let mut wrong = Vec::new();
    for (name, value, expected) in SEEN {
        let mut test = TestMock::start().await;
        let turned = test
            .control("PATCH", "switches", &json!({*name: value}))
            .await;
        assert_eq!(turned.status, 200, "{}", turned.text());
        let seen = probe(&mut test, name).await;
        if seen != *expected {
            wrong.push(format!("{name}={value}: {seen}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn no_switch_and_no_value_goes_unseen() {
    let test = TestMock::start().await;
    let listed = test.control("GET", "switches", &Value::Null).await.json();
    let rows = listed["switches"].as_array().unwrap();
    let all: BTreeSet<(&str, &str)> = rows
        .iter()
        .flat_map(|row| {
            let values = row["values"].as_array().unwrap().iter();
            values.map(|value| (row["name"].as_str().unwrap(), value.as_str().unwrap()))
        })
        .collect();
    let seen: BTreeSet<(&str, &str)> = SEEN.iter().map(|row| (row.0, row.1)).collect();
    assert_eq!(all, seen);
}

/// Does what the switch decides, and tells what came of it.
async fn probe(test: &mut TestMock, name: &str) -> String {
    if let Some(seen) = calls::probe(test, name).await {
        return seen;
    }
    match name {
        "nonce" | "card_ext_timestamp_number" => claim(test, name).await,
        "sex_spelling" => {
            let change = json!({"sex": "FEMALE"});
            test.control("PATCH", "users/alice", &change).await;
            let card_id = members::member_card(test, json!({"auto_activate": true})).await;
            let named = members::held(test, "alice", &card_id).await;
            let info = test.post("/card/membercard/userinfo/get", &named).await;
            info.json()["sex"].as_str().unwrap().to_owned()
        }
        "token_grace" | "dead_token" | "malformed_token" => tokens(test, name).await,
        "upload_errcode" | "session_errcode" | "media_image_limit" => {
            uploads::probe(test, name).await
        }
        "oversized_media" => uploads::oversized(test).await,
        "friend_coupons" => cards::friends(test).await,
        "get_card_retries" => pushed_to_nobody(test).await,
        "passive_reply" => replied_to(test).await,
        "empty_form_url" => {
            let card_id =
                members::member_card(test, json!({"wx_activate": true, "activate_url": null}))
                    .await;
            let form = json!({"card_id": card_id, "bind_old_card": {"name": "x", "url": ""}});
            let path = "/card/membercard/activateuserform/set";
            test.post(path, &form).await.errcode().to_string()
        }
        "unknown_store" => {
            let stores = json!({"restrictions": {"stores": [1, 2]}});
            test.control("PATCH", "accounts/wx00000000000000a0", &stores)
                .await;
            cards::create(test, |card| {
                card["card"]["general_coupon"]["base_info"]["location_id_list"] = json!([1, 3]);
            })
            .await
        }
        "stats_card_type" => {
            let (card_id, ..) = test.claimed("alice").await;
            test.mock.clock().advance(DAY).unwrap();
            test.token = test.token_of("oa").await;
            let asked = json!({
                "begin_date": "2026-12-23", "end_date": "2026-12-23", "cond_source": 1,
                "card_id": card_id,
            });
            let answer = test.post("/datacube/getcardcardinfo", &asked).await;
            answer.json()["list"][0]["card_type"].to_string()
        }
        "deleted_card" => {
            let call = json!({"card_id": test.create().await});
            test.post("/card/delete", &call).await;
            let answer = test.post("/card/get", &call).await;
            let shown = answer.json();
            match answer.errcode() {
                0 => shown["card"]["general_coupon"]["base_info"]["status"].to_string(),
                errcode => errcode.to_string(),
            }
        }
        "unknown_code" => {
            let answer = test
                .post("/card/code/get", &json!({"code": "999999999999"}))
                .await;
            answer.errcode().to_string()
        }
        "ticket_expires_in" => {
            test.ticket("wx_card").await;
            test.mock.clock().advance(1000).unwrap();
            let answer = test.ask("/cgi-bin/ticket/getticket?type=wx_card").await;
            answer.json()["expires_in"].to_string()
        }
        "errmsg_tail" => tail(test).await,
        "content_type" => test.ask("/card/getcolors").await.content_type,
        "unicode_escape" => cards::escaped(test).await,
        "fixed_term_zero" | "get_limit_default" | "retirement" => {
            cards::whole_card(test, name).await
        }
        _ => cards::probe(test, name).await,
    }
}

async fn claim(test: &TestMock, name: &str) -> String {
    let card_id = test.create().await;
    claim_of(test, &card_id, name).await
}

/// A claim of a card as a switch is about it.
async fn claim_of(test: &TestMock, card_id: &str, name: &str) -> String {
    let has_nonce = name == "card_ext_timestamp_number";
    let ticket = test.ticket("wx_card").await;
    let nonce = if has_nonce { "n" } else { "" };
    let mut ext: Value =
        serde_json::from_str(&card_ext(&ticket, card_id, nonce, &NOW.to_string())).unwrap();
    if has_nonce {
        ext["timestamp"] = json!(NOW);
    }
    let outcome = test.add_card("alice", card_id, ext.to_string());
    match outcome.explain()["rule"].as_str() {
        Some(rule) => rule.to_owned(),
        None => "ok".to_owned(),
    }
}

async fn tokens(test: &mut TestMock, name: &str) -> String {
    let colors = async |test: &TestMock, token: &str| {
        let answer = test
            .get(&format!("/card/getcolors?access_token={token}"))
            .await;
        answer.errcode()
    };
    match name {
        "token_grace" => {
            test.token_of("oa").await;
            colors(test, &test.token).await.to_string()
        }
        "dead_token" => {
            test.mock.clock().advance(7200).unwrap();
            colors(test, &test.token).await.to_string()
        }
        _ => {
            let malformed = colors(test, "short").await;
            let made_up = colors(test, &test.token.replace("MOCK", "FAKE")).await;
            format!("malformed {malformed}, made up {made_up}")
        }
    }
}

/// The wording of a refusal, its traces shown as `..`; each of them leads to the explanation.
async fn tail(test: &TestMock) -> String {
    let refused = test.post("/card/get", &json!({"card_id": "p1"})).await;
    let mut wording = refused.json()["errmsg"].as_str().unwrap().to_owned();
    for start in ["hint: [", "rid: "] {
        let Some((_, rest)) = wording.split_once(start) else {
            continue;
        };
        let trace = rest.split([']', ' ']).next().unwrap().to_owned();
        let record = test.mock.journal().explain(&trace).unwrap();
        assert_eq!(record["rule"], "WX-CRD-051", "{trace}");
        wording = wording.replace(&trace, "..");
    }
    wording
}

#[tokio::test]
async fn what_cannot_be_turned_turns_nothing() {
    let test = TestMock::start().await;
    for (body, field) in [
        (json!({"nonce": "required", "zeal": "high"}), "zeal"),
        (
            json!({"nonce": "required", "unknown_key": "maybe"}),
            "unknown_key",
        ),
        (
            json!({"switches": [{"name": "nonce", "value": "never"}]}),
            "nonce",
        ),
    ] {
        let refused = test.control("PATCH", "switches", &body).await;
        assert_eq!(refused.status, 422, "{}", refused.text());
        assert_eq!(refused.json()["error"]["field"], field);
    }
    for body in [json!([]), json!({"nonce": 3})] {
        assert_eq!(test.control("PATCH", "switches", &body).await.status, 422);
    }
    let listed = test.control("GET", "switches", &Value::Null).await.json();
    for row in listed["switches"].as_array().unwrap() {
        assert_eq!(row["value"], row["default"], "{row}");
    }
    // What GET shows, PATCH takes.
    let again = test.control("PATCH", "switches", &listed).await;
    assert_eq!(again.json(), listed);
}

#[tokio::test]
async fn a_strict_mock_stays_strict_over_reset_and_a_small_world() {
    let mock = MockWechat::builder()
        .strict()
        .switch("nonce", "optional")
        .start()
        .await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let values = async || {
        let url = format!("{}/_mock/v1/switches", mock.url());
        let text = http.get(url).send().await.unwrap().text().await.unwrap();
        let listed: Value = serde_json::from_str(&text).unwrap();
        let rows = listed["switches"].as_array().unwrap().clone();
        let lax = rows.iter().filter(|row| row["value"] != row["strict"]);
        lax.map(|row| row["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(values().await, ["nonce"]);

    for (method, path, body) in [
        ("PUT", "world", json!({"accounts": [{}]})),
        ("PATCH", "switches", json!({"unknown_key": "ignore"})),
        ("POST", "reset", json!({})),
    ] {
        let url = format!("{}/_mock/v1/{path}", mock.url());
        let request = http
            .request(method.parse().unwrap(), url)
            .body(body.to_string());
        assert_eq!(request.send().await.unwrap().status(), 200);
        if path != "switches" {
            assert_eq!(values().await, ["nonce"], "{method} {path}");
        }
    }

    let unknown = MockWechat::builder()
        .switch("zeal", "high")
        .try_start()
        .await;
    assert!(matches!(unknown.unwrap_err(), StartError::Switch(_)));
}

/// A claim that is told to a server which is down.
async fn pushed_to_nobody(test: &TestMock) -> String {
    let callback = json!({"callback": {"url": NOBODY, "token": "token123"}});
    let appid = test.mock.official_account().appid;
    test.control("PATCH", &format!("accounts/{appid}"), &callback)
        .await;
    let events = test.mock.events();
    events
        .trigger(&appid, "user_get_card", "alice", json!({}))
        .unwrap();
    events.settled().await;
    let event = events.of("user_get_card").remove(0);
    let tries = event["tries"].as_array().unwrap().len();
    format!("{} after {tries}", event["state"].as_str().unwrap())
}

/// A push that is answered with a message to the customer.
async fn replied_to(test: &TestMock) -> String {
    let reply = "<xml><ToUserName>o1</ToUserName><FromUserName>gh_1</FromUserName>\
                 <MsgType>text</MsgType><Content>thanks</Content></xml>";
    let shop = Receiver::start([reply; 3].map(Reply::text)).await;
    let appid = test.mock.official_account().appid;
    let callback = json!({"callback": {"url": shop.url, "token": "token123"}});
    let path = format!("accounts/{appid}");
    test.control("PATCH", &path, &callback).await;
    let events = test.mock.events();
    events
        .trigger(&appid, "user_del_card", "alice", json!({}))
        .unwrap();
    events.settled().await;
    let event = events.of("user_del_card").remove(0);
    let tries = event["tries"].as_array().unwrap().len();
    format!("{} after {tries}", event["state"].as_str().unwrap())
}
