//! The log of events: sent again, triggered by hand, listed.

use serde_json::{Value, json};

use super::{OA, STRANGER, field, is_signed, lose, outcomes, push_to, pushing_to, settled, shown};
use crate::receiver::{Receiver, Reply};
use crate::support::{NOW, TestMock};

#[tokio::test]
async fn an_event_is_sent_again_with_the_same_body() {
    let mut shop = Receiver::start([Reply::text(""), Reply::Status(500)]).await;
    let test = pushing_to(&shop.url, json!({})).await;
    let id = lose(&test, "1");
    settled(&test, &id).await;
    let path = format!("events/{id}/resend");
    test.mock.clock().advance(60).unwrap();
    let sent = test.control("POST", &path, &Value::Null).await;
    assert_eq!(sent.status, 200);
    assert_eq!(sent.json()["state"], "delivered");
    assert_eq!(
        outcomes(&sent.json()),
        ["accepted", "wrong_status", "accepted"]
    );
    let came = shop.all();
    assert_eq!(came[0].body, came[2].body);
    assert_eq!(came[2].query("timestamp"), (NOW + 60).to_string());
    assert!(came.iter().all(is_signed));

    // The body stays what it was, whatever became of the callback.
    push_to(&test, OA, &shop.url, json!({"format": "json"})).await;
    test.mock.events().resend(&id).await.unwrap();
    let again = shop.next().await;
    assert_eq!(again.body, came[0].body);
    assert_eq!(again.header("content-type"), "text/xml");

    for id in ["event-99", "event-01", "nonsense"] {
        let path = format!("events/{id}/resend");
        let unknown = test.control("POST", &path, &Value::Null).await;
        assert_eq!(unknown.status, 404);
    }
}

#[tokio::test]
async fn an_event_is_triggered_with_elements_of_ones_own() {
    let mut shop = Receiver::start([]).await;
    let test = pushing_to(&shop.url, json!({})).await;
    let trigger = async |body: Value| test.control("POST", "events/trigger", &body).await;
    let made = trigger(json!({
        "appid": OA, "event": "card_sku_remind", "openid": "o&1",
        "elements": [["CardId", "pCard"], ["Detail", "a]]>b"], ["N", -3], ["N", 4]],
    }))
    .await;
    assert_eq!((made.status, made.json()), (201, json!({"id": "event-1"})));
    let push = shop.next().await;
    assert_eq!(push.query("openid"), "o&1");
    assert!(
        push.body.ends_with(
            "<CardId><![CDATA[pCard]]></CardId><Detail><![CDATA[a]]]]><![CDATA[>b]]></Detail>\
             <N>-3</N><N>4</N></xml>"
        ),
        "{}",
        push.body
    );
    // Without a user it is WeChat itself who tells.
    assert_eq!(
        trigger(json!({"appid": OA, "event": "e"})).await.status,
        201
    );
    assert_eq!(shop.next().await.query("openid").len(), 28);

    for (change, status, field) in [
        (json!({"appid": "wx1"}), 404, Value::Null),
        (json!({"user": "nobody"}), 404, Value::Null),
        (
            json!({"openid": "o", "user": "alice"}),
            422,
            json!("openid"),
        ),
        (json!({"event": "a b"}), 422, json!("event")),
        (json!({"elements": 3}), 422, json!("elements")),
        (json!({"elements": ["a"]}), 422, json!("elements[0]")),
        (json!({"elements": {"a": 1.5}}), 422, json!("elements.a")),
        (json!({"elements": {"1": 1}}), 422, json!("elements.1")),
        (json!({"colour": 1}), 422, json!("colour")),
    ] {
        let mut body = json!({"appid": OA, "event": "e"});
        let members = change.as_object().unwrap().clone();
        body.as_object_mut().unwrap().extend(members);
        let answer = trigger(body).await;
        let error = &answer.json()["error"];
        assert_eq!(
            (answer.status, &error["field"]),
            (status, &field),
            "{change}"
        );
    }
}

#[tokio::test]
async fn events_are_listed_by_account_name_and_card() {
    let test = TestMock::start().await;
    let events = test.mock.events();
    events
        .trigger(OA, "user_get_card", "alice", json!({"CardId": "p1"}))
        .unwrap();
    events
        .trigger(OA, "user_del_card", "alice", json!({"CardId": "p2"}))
        .unwrap();
    events
        .trigger(
            STRANGER,
            "user_get_card",
            "bob",
            json!({"UserCardCode": "7"}),
        )
        .unwrap();
    let list = async |query: &str| {
        let answer = test
            .control("GET", &format!("events{query}"), &Value::Null)
            .await;
        let events = answer.json()["events"].as_array().unwrap().clone();
        let ids = events
            .iter()
            .map(|event| event["id"].as_str().unwrap().to_owned());
        ids.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(list("").await, "event-1 event-2 event-3");
    assert_eq!(list("?event=user_get_card").await, "event-1 event-3");
    assert_eq!(list(&format!("?appid={OA}")).await, "event-1 event-2");
    assert_eq!(list("?card_id=p2").await, "event-2");
    let unknown = test.control("GET", "events?colour=1", &Value::Null).await;
    assert_eq!(
        (unknown.status, field(&unknown)),
        (422, "colour".to_owned())
    );
    assert_eq!(
        shown(&test, "event-3"),
        json!({
            "id": "event-3", "event": "user_get_card", "card_id": null, "appid": STRANGER,
            "at": NOW, "state": "no_callback", "tries": [], "code": "7",
        })
    );
    let resent = test
        .control("POST", "events/event-3/resend", &Value::Null)
        .await;
    assert_eq!(resent.status, 409);

    test.control("DELETE", "events", &Value::Null).await;
    assert_eq!(list("").await, "");
}

#[tokio::test]
async fn what_no_url_can_hold_is_refused_and_holds_no_queue_up() {
    let mut shop = Receiver::start([]).await;
    let test = pushing_to(&shop.url, json!({})).await;
    let long = "o".repeat(70_000);
    let trigger = |openid: &str, elements: Value| json!({"appid": OA, "event": "user_view_card", "openid": openid, "elements": elements});
    for (body, field) in [
        (trigger(&long, json!({})), "openid"),
        (trigger("", json!({})), "openid"),
        (trigger("o 1", json!({})), "openid"),
        (trigger("o1", json!({"CardId": long})), "elements"),
    ] {
        let refused = test.control("POST", "events/trigger", &body).await;
        assert_eq!(
            (refused.status, &refused.json()["error"]["field"]),
            (422, &json!(field))
        );
    }
    let far = format!("{}?{long}", shop.url);
    let change = json!({"callback": {"url": far, "token": "token123"}});
    let refused = test
        .control("PATCH", &format!("accounts/{OA}"), &change)
        .await;
    assert_eq!(
        (refused.status, &refused.json()["error"]["field"]),
        (422, &json!("callback.url"))
    );
    let user = json!({"name": "dora", "openids": {OA: long}});
    assert_eq!(test.control("POST", "users", &user).await.status, 422);

    lose(&test, "1");
    test.mock.events().settled().await;
    assert_eq!(shop.all().len(), 1);
}
