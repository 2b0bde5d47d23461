//! Both sides of every switch, seen from outside.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use wechat_mock::{MockWechat, StartError};

use crate::{
    members,
    receiver::{Receiver, Reply, nobody},
    support::{DAY, NOW, TestMock, card_ext},
};

mod calls;

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
    ("repeated_timestamp", "accept", "ok"),
    ("repeated_timestamp", "refuse", "WX-CLM-010"),
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
        "repeated_timestamp" => {
            let card_id = test.create_with(|base| base["get_limit"] = json!(5)).await;
            claim_of(test, &card_id, name).await;
            claim_of(test, &card_id, name).await
        }
        "sex_spelling" => {
            let change = json!({"sex": "FEMALE"});
            test.control("PATCH", "users/alice", &change).await;
            let card_id = members::member_card(test, json!({"auto_activate": true})).await;
            let named = members::held(test, "alice", &card_id).await;
            let info = test.post("/card/membercard/userinfo/get", &named).await;
            info.json()["sex"].as_str().unwrap().to_owned()
        }
        "token_grace" | "dead_token" | "malformed_token" => tokens(test, name).await,
        "upload_errcode" | "session_errcode" | "media_image_limit" => uploads(test, name).await,
        "oversized_media" => oversized(test).await,
        "friend_coupons" => friends(test).await,
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
            create(test, |card| {
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
        "unicode_escape" => escaped(test).await,
        "fixed_term_zero" | "get_limit_default" | "retirement" => whole_card(test, name).await,
        _ => cards(test, name).await,
    }
}

/// Creates the seed's card with one thing changed.
async fn create(test: &TestMock, change: impl FnOnce(&mut Value)) -> String {
    let mut card = test.seed_card().await;
    change(&mut card);
    test.mock.journal().clear();
    let answer = test.post("/card/create", &card).await;
    let row = test.mock.journal().rows().pop().unwrap();
    match row["advice"][0]["rule"].as_str() {
        Some(advice) => format!("{} {advice}", answer.errcode()),
        None => answer.errcode().to_string(),
    }
}

async fn cards(test: &TestMock, name: &str) -> String {
    let node = "/card/general_coupon";
    let changes: Vec<(&str, Value)> = match name {
        "card_timestamp_number" => vec![("/base_info/date_info/begin_timestamp", json!(NOW))],
        "foreign_image" => vec![(
            "/base_info/logo_url",
            json!("http://mmbiz.qpic.cn/mmbiz_png/x/0"),
        )],
        "numeric_string" => vec![("/base_info/sku/quantity", json!("7"))],
        "field_of_other_type" => vec![("/base_info/need_push_on_view", json!(true))],
        "unlinked_mini_program" => vec![(
            "/base_info/custom_app_brand_user_name",
            json!("gh_000000000099@app"),
        )],
        "number_for_text" => vec![("/base_info/title", json!(5))],
        "whole_fraction" => vec![("/base_info/sku/quantity", json!(7.0))],
        "empty_sub_merchant" => vec![("/base_info/sub_merchant_info", json!({}))],
        "null_scalar" => vec![("/base_info/service_phone", Value::Null)],
        "link_without_mini_program" => vec![("/base_info/custom_app_brand_pass", json!(""))],
        "unknown_code_type" => vec![("/base_info/code_type", json!("CODE_TYPE_SMELL"))],
        "fraction" => vec![
            (
                "/base_info/date_info/begin_timestamp",
                json!("1587744000.5"),
            ),
            (
                "/base_info/date_info/begin_timestamp",
                json!(1_587_744_000.5),
            ),
        ],
        "unknown_key" => vec![
            ("/base_info/colour", json!("Color010")),
            ("/detail", json!("x")),
            ("/base_info/sku/stock", json!(1)),
        ],
        "special_ticket_fields" => return special_ticket(test).await,
        other => panic!("no probe for {other}"),
    };
    let mut seen = Vec::new();
    for (path, value) in changes {
        let created = create(test, |card| {
            let (parent, key) = path.rsplit_once('/').unwrap();
            let parent = card.pointer_mut(&format!("{node}{parent}")).unwrap();
            parent[key] = value;
        });
        seen.push(created.await);
    }
    if name == "unknown_key" {
        seen.push(create(test, |card| card["card"]["color"] = json!("x")).await);
    }
    seen.join(" ")
}

async fn special_ticket(test: &TestMock) -> String {
    create(test, |card| {
        let base_info = card["card"]["general_coupon"]["base_info"].clone();
        card["card"] =
            json!({"card_type": "MOVIE_TICKET", "movie_ticket": {"base_info": base_info}});
    })
    .await
}

async fn whole_card(test: &TestMock, name: &str) -> String {
    match name {
        "retirement" => {
            let coupon = create(test, |_| {}).await;
            let member_card = create(test, |card| *card = member_card(card)).await;
            format!("coupon {coupon}, member card {member_card}")
        }
        "get_limit_default" => {
            let card_id = test
                .create_with(|base| {
                    base.as_object_mut().unwrap().remove("get_limit");
                    base["sku"]["quantity"] = json!(52);
                })
                .await;
            let mut claims = 0;
            while test
                .claim("alice", &card_id, &format!("n-{claims}"))
                .await
                .is_success()
            {
                claims += 1;
            }
            claims.to_string()
        }
        _ => {
            let mut card = test.seed_card().await;
            card["card"]["general_coupon"]["base_info"]["date_info"] =
                json!({"type": "DATE_TYPE_FIX_TERM", "fixed_term": 0, "fixed_begin_term": 0});
            let created = test.post("/card/create", &card).await;
            let Some(card_id) = created.json()["card_id"].as_str().map(str::to_owned) else {
                return created.errcode().to_string();
            };
            test.claim("alice", &card_id, "n").await;
            let wallet = test
                .control("GET", "users/alice/wallet", &Value::Null)
                .await;
            let end = wallet.json()["cards"][0]["end_time"].as_i64().unwrap();
            let second = (end + 8 * 3600) % DAY;
            format!(
                "0 until {}:{}:{}",
                second / 3600,
                second / 60 % 60,
                second % 60
            )
        }
    }
}

/// A member card with the coupon's `base_info`.
fn member_card(coupon: &Value) -> Value {
    let base_info = coupon["card"]["general_coupon"]["base_info"].clone();
    json!({"card": {"card_type": "MEMBER_CARD", "member_card": {
        "base_info": base_info, "supply_bonus": false, "supply_balance": false,
        "prerogative": "会员特权", "auto_activate": true,
    }}})
}

async fn escaped(test: &TestMock) -> String {
    let mut card = test.seed_card().await;
    card["card"]["general_coupon"]["base_info"]["title"] = json!("TITLE");
    let body = card.to_string().replace("TITLE", "\\u5238");
    let created = test
        .post_text("/card/create", "application/json", &body)
        .await;
    let Some(card_id) = created.json()["card_id"].as_str().map(str::to_owned) else {
        return created.errcode().to_string();
    };
    let shown = test.post("/card/get", &json!({"card_id": card_id})).await;
    let title = &shown.json()["card"]["general_coupon"]["base_info"]["title"];
    format!("{} {}", created.errcode(), title.as_str().unwrap())
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

/// A coupon to be shared among friends, with WeChat's codes and with custom ones.
async fn friends(test: &TestMock) -> String {
    let cash = |is_custom: bool| {
        create(test, move |card| {
            let mut base_info = card["card"]["general_coupon"]["base_info"].clone();
            base_info["use_custom_code"] = json!(is_custom);
            card["card"] = json!({"card_type": "CASH", "cash": {
                "base_info": base_info, "least_cost": 0, "reduce_cost": 100,
                "advanced_info": {"share_friends": true},
            }});
        })
    };
    format!("{}, custom code {}", cash(false).await, cash(true).await)
}

/// A file of each type that is too large for it.
async fn oversized(test: &TestMock) -> String {
    const MB: usize = 1024 * 1024;
    let logo = fixtures::image("logo.jpg");
    let mut seen = Vec::new();
    for (name, head, size) in [
        ("image.jpg", logo, 10 * MB + 1),
        ("voice.amr", &b"#!AMR\n"[..], 2 * MB + 1),
        ("video.mp4", &b"\0\0\0\x20ftypisom"[..], 10 * MB + 1),
        ("thumb.jpg", logo, 64 * 1024 + 1),
    ] {
        let mut file = head.to_vec();
        file.resize(size, 0);
        let path = format!("/cgi-bin/media/upload?type={}", &name[..5]);
        seen.push(test.upload(&path, name, file).await.errcode().to_string());
    }
    seen.join(" ")
}

async fn uploads(test: &TestMock, name: &str) -> String {
    let keys = |value: Value| {
        let keys: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        keys.join(", ")
    };
    let logo = fixtures::image("logo.jpg").to_vec();
    match name {
        "upload_errcode" => {
            let url = test
                .upload("/cgi-bin/media/uploadimg", "l.jpg", logo.clone())
                .await;
            let media = test
                .upload("/cgi-bin/media/upload?type=image", "l.jpg", logo)
                .await;
            format!("{}; {}", keys(url.json()), keys(media.json()))
        }
        "media_image_limit" => {
            let mut large = logo;
            large.resize(3 * 1024 * 1024, 0);
            let media = test
                .upload("/cgi-bin/media/upload?type=image", "l.jpg", large)
                .await;
            media.errcode().to_string()
        }
        _ => {
            let mp = test.mock.mini_program();
            let js_code = test.mock.user("alice").login(&mp.appid).unwrap();
            let session = test
                .get(&format!(
                    "/sns/jscode2session?appid={}&secret={}&js_code={js_code}&grant_type=authorization_code",
                    mp.appid, mp.secret
                ))
                .await;
            keys(session.json())
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
    let callback = json!({"callback": {"url": nobody().await, "token": "token123"}});
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
