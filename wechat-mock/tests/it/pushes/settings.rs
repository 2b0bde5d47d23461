//! A callback is checked, shown, cleared, and asked by WeChat.

use serde_json::{Value, json};

use super::{KEY, OA, STRANGER, TOKEN, field, is_signed, lose, push_to, pushing_to, settled};
use crate::receiver::{NOBODY, Receiver, Reply};
use crate::support::TestMock;

#[tokio::test]
async fn a_callback_is_checked_shown_and_cleared() {
    let test = TestMock::start().await;
    let account = format!("accounts/{OA}");
    let patch = async |callback: Value| {
        test.control("PATCH", &account, &json!({"callback": callback}))
            .await
    };
    let right = json!({"url": "http://127.0.0.1:9/wechat", "token": TOKEN});
    for (change, wrong) in [
        (json!({"url": "nonsense"}), "callback.url"),
        (json!({"url": "ftp://shop"}), "callback.url"),
        (json!({"url": "https://shop"}), "callback.url"),
        (json!({"url": "http://user:word@shop"}), "callback.url"),
        (json!({"token": "ab"}), "callback.token"),
        (json!({"token": "a-b-c"}), "callback.token"),
        (json!({"token": "a".repeat(33)}), "callback.token"),
        (json!({"mode": "safe"}), "callback.encoding_aes_key"),
        (
            json!({"encoding_aes_key": "short"}),
            "callback.encoding_aes_key",
        ),
        (json!({"mode": "secret"}), "callback.mode"),
        (json!({"format": "yaml"}), "callback.format"),
        (json!({"disorder": {"drop": 1.1}}), "callback.disorder.drop"),
        (
            json!({"disorder": {"duplicate": -1}}),
            "callback.disorder.duplicate",
        ),
        (
            json!({"disorder": {"bad_signature": 2}}),
            "callback.disorder.bad_signature",
        ),
        (
            json!({"disorder": {"delay_ms": 600_001}}),
            "callback.disorder.delay_ms",
        ),
        (
            json!({"disorder": {"colour": 1}}),
            "callback.disorder.colour",
        ),
        (json!({"colour": 1}), "callback.colour"),
    ] {
        let mut callback = right.clone();
        let members = change.as_object().unwrap().clone();
        callback.as_object_mut().unwrap().extend(members);
        let answer = patch(callback).await;
        assert_eq!(
            (answer.status, field(&answer)),
            (422, wrong.to_owned()),
            "{change}"
        );
    }

    // The last two bits of a key mean nothing, and may be set.
    let loose = format!("{}d", &KEY[..42]);
    let mut callback = right.clone();
    callback["mode"] = json!("safe");
    callback["encoding_aes_key"] = json!(loose);
    let changed = patch(callback).await.json();
    let shown = json!({
        "url": "http://127.0.0.1:9/wechat", "token": TOKEN, "encoding_aes_key": loose,
        "mode": "safe", "format": "xml",
        "disorder": {"duplicate": 0.0, "drop": 0.0, "reorder": false, "delay_ms": 0, "bad_signature": 0.0},
    });
    assert_eq!(changed["callback"], shown);

    let renamed = test
        .control("PATCH", &account, &json!({"name": "shop"}))
        .await;
    assert_eq!(renamed.json()["callback"], shown);
    let elsewhere = TestMock::start().await;
    let mut copy = renamed.json();
    copy["appid"] = json!("wx00000000000000d0");
    let copied = elsewhere.control("POST", "accounts", &copy).await;
    assert_eq!(copied.json()["callback"], shown);

    assert_eq!(patch(Value::Null).await.json()["callback"], Value::Null);
    let event = settled(&test, &lose(&test, "1")).await;
    assert_eq!(event["state"], "no_callback");
}

#[tokio::test]
async fn wechat_checks_the_callback_when_asked_to() {
    let mut shop = Receiver::start([]).await;
    let test = pushing_to(&shop.url, json!({})).await;
    let path = format!("accounts/{OA}/verify-callback");
    let check = async || {
        let answer = test.control("POST", &path, &Value::Null).await;
        assert_eq!(answer.status, 200);
        answer.json()
    };
    assert_eq!(check().await, json!({"ok": true}));
    let came = shop.next().await;
    assert_eq!((came.method.as_str(), came.body.as_str()), ("GET", ""));
    let names: Vec<&str> = came.query.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["signature", "timestamp", "nonce", "echostr"]);
    assert!(is_signed(&came));

    for (reply, reason) in [
        (Reply::Status(404), "404"),
        (Reply::text("success"), "echostr"),
    ] {
        shop.then([reply]);
        let checked = check().await;
        assert_eq!(checked["ok"], false);
        assert!(
            checked["reason"].as_str().unwrap().contains(reason),
            "{checked}"
        );
    }
    push_to(&test, OA, NOBODY, json!({})).await;
    assert!(
        check().await["reason"]
            .as_str()
            .unwrap()
            .contains("refused")
    );

    for (appid, status) in [(STRANGER, 409), ("wx1", 404)] {
        let path = format!("accounts/{appid}/verify-callback");
        let answer = test.control("POST", &path, &Value::Null).await;
        assert_eq!(answer.status, status);
    }
}
