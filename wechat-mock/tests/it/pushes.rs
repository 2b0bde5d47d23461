//! Pushes: what a shop's server is sent, and what becomes of its answers.

use aes::{
    Aes256,
    cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit, block_padding::NoPadding},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};

use crate::{
    receiver::{Received, Receiver, Reply},
    support::{Answer, NOW, TestMock},
};

mod log;
mod settings;
mod tries;

const OA: &str = "wx00000000000000a0";
const STRANGER: &str = "wx00000000000000c0";
const TOKEN: &str = "token123";
/// 32 times the byte 7; its last character has no loose bits set.
const KEY: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";

/// A mock whose `oa` pushes to `url`, with `change` in its callback.
async fn pushing_to(url: &str, change: Value) -> TestMock {
    let test = TestMock::start().await;
    push_to(&test, OA, url, change).await;
    test
}

async fn push_to(test: &TestMock, appid: &str, url: &str, change: Value) {
    let mut callback = json!({"url": url, "token": TOKEN});
    let change = change.as_object().unwrap().clone();
    callback.as_object_mut().unwrap().extend(change);
    let path = format!("accounts/{appid}");
    let changed = test
        .control("PATCH", &path, &json!({"callback": callback}))
        .await;
    assert_eq!(changed.status, 200, "{}", changed.text());
}

/// alice loses a card; the event's id.
fn lose(test: &TestMock, code: &str) -> String {
    let elements = json!({"CardId": "pCard", "UserCardCode": code});
    let events = test.mock.events();
    events
        .trigger(OA, "user_del_card", "alice", elements)
        .unwrap()
}

/// alice gets a card; the event's id.
fn get(test: &TestMock) -> String {
    let elements = json!({"CardId": "pCard", "IsGiveByFriend": 0});
    let events = test.mock.events();
    events
        .trigger(OA, "user_get_card", "alice", elements)
        .unwrap()
}

/// The event once nothing is under way.
async fn settled(test: &TestMock, id: &str) -> Value {
    test.mock.events().settled().await;
    shown(test, id)
}

fn shown(test: &TestMock, id: &str) -> Value {
    let events = test.mock.events().list();
    let found = events.iter().find(|event| event["id"] == id);
    let found = found.unwrap_or_else(|| panic!("no {id}"));
    found.raw().clone()
}

fn outcomes(event: &Value) -> Vec<&str> {
    let tries = event["tries"].as_array().unwrap().iter();
    tries
        .map(|tried| tried["outcome"].as_str().unwrap())
        .collect()
}

fn sha1_of(mut values: Vec<&str>) -> String {
    values.sort_unstable();
    hex::encode(Sha1::digest(values.concat()))
}

/// Whether the signature over three values, and that over four, are right.
fn is_signed(push: &Received) -> bool {
    let clear = vec![TOKEN, push.query("timestamp"), push.query("nonce")];
    let is_right = push.query("signature") == sha1_of(clear.clone());
    match sealed_in(&push.body) {
        None => is_right,
        Some(sealed) => {
            let whole = [clear, vec![&sealed]].concat();
            is_right && push.query("msg_signature") == sha1_of(whole)
        }
    }
}

fn sealed_in(body: &str) -> Option<String> {
    if let Ok(json) = serde_json::from_str::<Value>(body) {
        return json["Encrypt"].as_str().map(str::to_owned);
    }
    let (_, rest) = body.split_once("<Encrypt><![CDATA[")?;
    Some(rest.split_once("]]></Encrypt>")?.0.to_owned())
}

/// The message of a sealed text, and whose it is.
fn open(sealed: &str) -> (String, String) {
    let sealed = STANDARD.decode(sealed).unwrap();
    let mut plain = cbc::Decryptor::<Aes256>::new(&[7; 32].into(), &[7; 16].into())
        .decrypt_padded_vec::<NoPadding>(&sealed)
        .unwrap();
    assert_eq!(plain.len() % 32, 0);
    let padding = usize::from(*plain.last().unwrap());
    plain.truncate(plain.len() - padding);
    let length = u32::from_be_bytes(plain[16..20].try_into().unwrap());
    let appid = plain.split_off(20 + usize::try_from(length).unwrap());
    let message = plain.split_off(20);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(message), text(appid))
}

/// A sealed answer of a shop.
fn sealed(answer: &str) -> String {
    let length = u32::try_from(answer.len()).unwrap().to_be_bytes();
    let mut plain = [&[1; 16], &length[..], answer.as_bytes(), OA.as_bytes()].concat();
    let padding = 32 - plain.len() % 32;
    plain.resize(plain.len() + padding, u8::try_from(padding).unwrap());
    let sealed = cbc::Encryptor::<Aes256>::new(&[7; 32].into(), &[7; 16].into())
        .encrypt_padded_vec::<NoPadding>(&plain);
    STANDARD.encode(sealed)
}

fn field(answer: &Answer) -> String {
    let field = answer.json()["error"]["field"].clone();
    field.as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn each_mode_and_format_says_the_same_and_is_signed() {
    let mut shop = Receiver::start([]).await;
    let openid = {
        let test = TestMock::start().await;
        let alice = test.control("GET", "users/alice", &Value::Null).await;
        alice.json()["openids"][OA].as_str().unwrap().to_owned()
    };
    let xml = format!(
        "<xml><ToUserName><![CDATA[gh_0000000000a0]]></ToUserName>\
         <FromUserName><![CDATA[{openid}]]></FromUserName><CreateTime>{NOW}</CreateTime>\
         <MsgType><![CDATA[event]]></MsgType><Event><![CDATA[user_get_card]]></Event>\
         <CardId><![CDATA[pCard]]></CardId><IsGiveByFriend>0</IsGiveByFriend></xml>"
    );
    let json = json!({
        "ToUserName": "gh_0000000000a0", "FromUserName": openid, "CreateTime": NOW,
        "MsgType": "event", "Event": "user_get_card", "CardId": "pCard", "IsGiveByFriend": 0,
    })
    .to_string();
    for (format, clear, content_type) in [
        ("xml", &xml, "text/xml"),
        ("json", &json, "application/json"),
    ] {
        for mode in ["plain", "compatible", "safe"] {
            let change = json!({"mode": mode, "format": format, "encoding_aes_key": KEY});
            let test = pushing_to(&shop.url, change).await;
            let id = get(&test);
            let event = settled(&test, &id).await;
            assert_eq!(event["state"], "delivered", "{event}");
            assert_eq!(event["body"], json!(clear));

            let push = shop.next().await;
            assert_eq!(push.method, "POST");
            assert!(is_signed(&push), "{push:?}");
            assert_eq!(push.query("timestamp"), NOW.to_string());
            assert_eq!(push.query("openid"), openid);
            assert_eq!(push.header("content-type"), content_type);
            assert_eq!(push.header("user-agent"), "Mozilla/4.0");
            assert_eq!(push.header("pragma"), "no-cache");
            let names: Vec<&str> = push.query.iter().map(|(name, _)| name.as_str()).collect();
            if mode == "plain" {
                assert_eq!(names, ["signature", "timestamp", "nonce", "openid"]);
                assert_eq!(push.body, *clear);
                continue;
            }
            assert_eq!(names[4..], ["encrypt_type", "msg_signature"]);
            assert_eq!(push.query("encrypt_type"), "aes");
            let encrypt = sealed_in(&push.body).unwrap();
            assert_eq!(open(&encrypt), (clear.clone(), OA.to_owned()));
            let envelope = |shown: &str| match format {
                "xml" => format!("{shown}<Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>"),
                _ => format!(r#"{shown},"Encrypt":"{encrypt}"}}"#),
            };
            let shown = match (mode, format) {
                ("compatible", "xml") => clear.strip_suffix("</xml>").unwrap(),
                ("compatible", _) => clear.strip_suffix('}').unwrap(),
                (_, "xml") => "<xml><ToUserName><![CDATA[gh_0000000000a0]]></ToUserName>",
                _ => r#"{"ToUserName":"gh_0000000000a0""#,
            };
            assert_eq!(push.body, envelope(shown));
        }
    }
}

#[tokio::test]
async fn a_sealed_success_is_taken_where_messages_are_sealed() {
    let xml = format!(
        "<xml><Encrypt><![CDATA[{}]]></Encrypt></xml>",
        sealed("success")
    );
    let json = json!({"Encrypt": sealed("success")}).to_string();
    let other = json!({"Encrypt": sealed("thanks")}).to_string();
    for (mode, answer, outcome) in [
        ("safe", xml.as_str(), "accepted"),
        ("safe", &json, "accepted"),
        ("safe", &other, "wrong_body"),
        ("compatible", &xml, "accepted"),
        ("plain", &xml, "wrong_body"),
    ] {
        let shop = Receiver::start([Reply::text(answer)]).await;
        let change = json!({"mode": mode, "encoding_aes_key": KEY});
        let test = pushing_to(&shop.url, change).await;
        let event = settled(&test, &lose(&test, "1")).await;
        assert_eq!(outcomes(&event)[0], outcome, "{mode} {answer}");
    }
}

#[tokio::test]
async fn pushes_of_one_account_come_in_order_and_hold_up_neither_calls_nor_other_accounts() {
    let mut slow = Receiver::start([Reply::Held]).await;
    let mut other = Receiver::start([]).await;
    let test = pushing_to(&slow.url, json!({})).await;
    push_to(&test, STRANGER, &other.url, json!({})).await;
    let ids: Vec<String> = (0..5).map(|code| lose(&test, &code.to_string())).collect();
    slow.next().await;

    // The first is still being told.
    assert_eq!(test.ask("/card/getcolors").await.errcode(), 0);
    let path = format!("events/{}/resend", ids[0]);
    assert_eq!(test.control("POST", &path, &Value::Null).await.status, 409);
    let events = test.mock.events();
    events
        .trigger(STRANGER, "user_del_card", "bob", json!({}))
        .unwrap();
    other.next().await;
    for id in &ids {
        assert_eq!(shown(&test, id)["state"], "pending");
    }

    slow.release();
    events.settled().await;
    let came: Vec<String> = slow.all().iter().map(code_of).collect();
    assert_eq!(came, ["1", "2", "3", "4"]);
}

#[tokio::test]
async fn events_of_many_threads_come_once_each_in_the_order_of_the_log() {
    let mut shops = [Receiver::start([]).await, Receiver::start([]).await];
    let test = pushing_to(&shops[0].url, json!({})).await;
    push_to(&test, STRANGER, &shops[1].url, json!({})).await;
    std::thread::scope(|threads| {
        for thread in 0..4 {
            let mock = &test.mock;
            threads.spawn(move || {
                for number in 0..25 {
                    let elements = json!({"UserCardCode": format!("{thread}-{number}")});
                    let appid = [OA, STRANGER][number % 2];
                    let events = mock.events();
                    events
                        .trigger(appid, "user_del_card", "bob", elements)
                        .unwrap();
                }
            });
        }
    });
    test.mock.events().settled().await;
    for (appid, shop) in [OA, STRANGER].iter().zip(&mut shops) {
        let events = test.mock.events().list();
        let told = events.iter().filter(|event| event["appid"] == *appid);
        let told: Vec<&str> = told.map(|event| event["code"].as_str().unwrap()).collect();
        let came: Vec<String> = shop.all().iter().map(code_of).collect();
        assert_eq!(came, told);
        assert!(came.len() >= 48, "{}", came.len());
    }
}

/// The code of a push in XML.
fn code_of(push: &Received) -> String {
    let (_, rest) = push.body.split_once("<UserCardCode><![CDATA[").unwrap();
    rest.split_once("]]>").unwrap().0.to_owned()
}

#[tokio::test]
async fn disorder_doubles_drops_delays_turns_round_and_signs_wrongly() {
    let mut shop = Receiver::start([]).await;
    let disorder =
        async |disorder: Value| pushing_to(&shop.url, json!({"disorder": disorder})).await;

    let test = disorder(json!({"duplicate": 1})).await;
    let event = settled(&test, &lose(&test, "1")).await;
    assert_eq!(outcomes(&event), ["accepted", "accepted"]);
    let test = disorder(json!({"drop": 1})).await;
    let id = lose(&test, "2");
    let event = settled(&test, &id).await;
    assert_eq!(
        (&event["state"], &event["tries"]),
        (&json!("dropped"), &json!([]))
    );
    assert_eq!(
        test.mock.events().resend(&id).await.unwrap()["state"],
        "delivered"
    );

    let test = disorder(json!({"delay_ms": 20})).await;
    let event = settled(&test, &lose(&test, "3")).await;
    assert_eq!(event["state"], "delivered");
    let test = disorder(json!({"delay_ms": 600_000})).await;
    let id = lose(&test, "4");
    assert_eq!(shown(&test, &id)["state"], "pending");

    let came = shop.all();
    let codes: Vec<String> = came.iter().map(code_of).collect();
    assert_eq!(codes, ["1", "1", "2", "3"]);
    assert_eq!(came[0].body, came[1].body);
    assert_ne!(came[0].query("signature"), came[1].query("signature"));

    shop.then([Reply::Held]);
    let test = pushing_to(&shop.url, json!({"disorder": {"reorder": true}})).await;
    lose(&test, "1");
    shop.next().await;
    for code in ["2", "3", "4"] {
        lose(&test, code);
    }
    shop.release();
    test.mock.events().settled().await;
    let codes: Vec<String> = shop.all().iter().map(code_of).collect();
    assert_eq!(codes, ["4", "3", "2"]);

    shop.then([Reply::Status(403)]);
    let change = json!({"disorder": {"bad_signature": 1}, "mode": "safe", "encoding_aes_key": KEY});
    let test = pushing_to(&shop.url, change).await;
    let event = settled(&test, &lose(&test, "5")).await;
    assert_eq!(outcomes(&event), ["wrong_status", "accepted"]);
    assert_eq!(event["tries"][0]["bad_signature"], true);
    assert_eq!(event["tries"][1].get("bad_signature"), None);
    let signed: Vec<bool> = shop.all().iter().map(is_signed).collect();
    assert_eq!(signed, [false, true]);
}

#[tokio::test]
async fn the_same_seed_gives_the_same_pushes_and_they_change_no_other_draw() {
    let run = async || {
        let mut shop = Receiver::start([]).await;
        let change = json!({"mode": "safe", "encoding_aes_key": KEY, "disorder": {"drop": 0.5}});
        let test = pushing_to(&shop.url, change).await;
        for code in 0..40 {
            lose(&test, &code.to_string());
        }
        test.mock.events().settled().await;
        let came: Vec<_> = shop
            .all()
            .into_iter()
            .map(|push| (push.query, push.body))
            .collect();
        (came, test.create().await)
    };
    let (came, card_id) = run().await;
    assert!((5..35).contains(&came.len()), "{}", came.len());
    assert_eq!(run().await, (came, card_id.clone()));
    assert_eq!(TestMock::start().await.create().await, card_id);
}

#[tokio::test]
async fn a_world_takes_its_callback_along_and_a_new_world_ends_what_was_under_way() {
    let mut shop = Receiver::start([Reply::Silence, Reply::Silence]).await;
    let test = pushing_to(&shop.url, json!({"mode": "safe", "encoding_aes_key": KEY})).await;
    let world = test.control("GET", "world", &Value::Null).await.json();
    assert_eq!(world["accounts"][0]["callback"]["encoding_aes_key"], KEY);

    for way in ["import", "reset"] {
        lose(&test, "1");
        lose(&test, "2");
        shop.next().await;
        let answer = match way {
            "import" => test.control("PUT", "world", &world).await,
            _ => test.control("POST", "reset", &Value::Null).await,
        };
        assert_eq!(answer.status, 200);
        shop.hung_up().await;
        test.mock.events().settled().await;
        assert!(test.mock.events().list().is_empty(), "{way}");
    }
    assert!(shop.all().is_empty());

    test.control("PUT", "world", &world).await;
    let id = lose(&test, "1");
    assert_eq!(id, "event-1");
    assert_eq!(settled(&test, &id).await["state"], "delivered");
    assert!(is_signed(&shop.next().await));

    let mut world = world;
    world["accounts"][0]["callback"]["token"] = json!("?");
    let refused = test.control("PUT", "world", &world).await;
    assert_eq!(
        (refused.status, field(&refused)),
        (422, "accounts[0]".to_owned())
    );
}

#[tokio::test]
async fn a_mock_that_is_dropped_hangs_up() {
    let mut shop = Receiver::start([Reply::Silence]).await;
    let test = pushing_to(&shop.url, json!({})).await;
    lose(&test, "1");
    shop.next().await;
    drop(test);
    shop.hung_up().await;
}
