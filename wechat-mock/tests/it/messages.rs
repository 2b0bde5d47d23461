//! Messages with a card: sent by the account, opened by the customer.

use serde_json::{Value, json};
use wechat_mock::{CardMessage, sign::Signed};

use crate::support::{NOW, TestMock};

async fn send(test: &TestMock, path: &str, message: Value) -> Value {
    let answer = test
        .post(&format!("/cgi-bin/message/{path}"), &message)
        .await;
    assert_eq!(answer.errcode(), 0, "{}", answer.text());
    answer.json()
}

fn messages(test: &TestMock, user: &str) -> Vec<CardMessage> {
    test.mock.user(user).messages().unwrap()
}

fn wxcard(card_id: &str, card_ext: Option<String>) -> Value {
    let mut message = json!({"msgtype": "wxcard", "wxcard": {"card_id": card_id}});
    if let Some(card_ext) = card_ext {
        message["wxcard"]["card_ext"] = json!(card_ext);
    }
    message
}

async fn send_to(test: &TestMock, user: &str, mut message: Value) {
    message["touser"] = json!(test.openid(user).await);
    send(test, "custom/send", message).await;
}

#[tokio::test]
async fn a_card_that_was_sent_can_be_taken_from_the_message() {
    let test = TestMock::start().await;
    let card_id = test.create().await;
    send_to(&test, "alice", wxcard(&card_id, None)).await;

    let sent = messages(&test, "alice");
    assert_eq!(sent.len(), 1);
    assert_eq!((&*sent[0].card_id, sent[0].at), (&*card_id, NOW));
    assert_eq!(sent[0].card_ext, None);
    assert!(messages(&test, "bob").is_empty());

    let taken = test.mock.user("alice").open_message(&sent[0].id).unwrap();
    assert_eq!(taken.err_msg(), "addCard:ok");
    assert_eq!(test.mock.user("alice").wallet().unwrap().len(), 1);
    let unknown = test.mock.user("bob").open_message(&sent[0].id).unwrap_err();
    assert_eq!(unknown.status, 404);

    let path = format!("users/alice/messages/{}/add-card", sent[0].id);
    let closed = test.control("POST", &path, &json!({"cancel": true})).await;
    assert_eq!(closed.json()["errMsg"], "addCard:cancel");
    assert_eq!(closed.json()["explain"]["outcome"], "cancelled");
    assert_eq!(test.mock.user("alice").wallet().unwrap().len(), 1);
}

#[tokio::test]
async fn a_mass_message_reaches_those_it_names_or_everybody() {
    let test = TestMock::start().await;
    let card_id = test.create().await;
    let (alice, bob) = (test.openid("alice").await, test.openid("bob").await);
    let mut to_two = wxcard(&card_id, None);
    to_two["touser"] = json!([alice, bob]);
    let sent = send(&test, "mass/send", to_two).await;
    assert_eq!(sent["errmsg"], "send job submission success");
    let held = ["alice", "bob", "carol"].map(|user| messages(&test, user).len());
    assert_eq!(held, [1, 1, 0]);
    let id = format!("message-{}", sent["msg_id"]);
    assert_eq!(messages(&test, "bob")[0].id, id);

    let mut to_all = wxcard(&card_id, None);
    to_all["filter"] = json!({"is_to_all": true});
    send(&test, "mass/sendall", to_all.clone()).await;
    to_all["filter"] = json!({"is_to_all": false, "tag_id": 2});
    send(&test, "mass/sendall", to_all).await;
    let held = ["alice", "bob", "carol"].map(|user| messages(&test, user).len());
    assert_eq!(held, [2, 2, 1]);

    let mut to_one = wxcard(&card_id, None);
    to_one["towxname"] = json!("carol");
    let previewed = send(&test, "mass/preview", to_one).await;
    assert_eq!(previewed["errmsg"], "preview success");
    assert_eq!(messages(&test, "carol").len(), 2);

    // Many may take the card of one message, each by themselves.
    for user in ["alice", "bob"] {
        let taken = test.mock.user(user).open_message(&id).unwrap();
        assert!(taken.is_success(), "{}", taken.raw());
    }
}

#[tokio::test]
async fn a_card_ext_in_a_message_counts_and_a_signed_one_is_checked() {
    let test = TestMock::start().await;
    let card_id = test.create_with(|base| base["get_limit"] = json!(5)).await;
    let unsigned = json!({"outer_str": "mail-1"}).to_string();
    let (ticket, now) = (test.ticket("wx_card").await, NOW.to_string());
    let signed = Signed {
        api_ticket: &ticket,
        timestamp: &now,
        card_id: &card_id,
        nonce_str: "n",
        ..Signed::default()
    };
    let ext = |signature: &str| {
        json!({"timestamp": now, "nonce_str": "n", "outer_str": "mail-2", "signature": signature})
            .to_string()
    };
    let right = ext(&signed.signature());
    let wrong = ext("0");
    for card_ext in [unsigned, right, wrong, "[]".to_owned()] {
        send_to(&test, "alice", wxcard(&card_id, Some(card_ext))).await;
    }
    let alice = test.mock.user("alice");
    let outcomes: Vec<_> = messages(&test, "alice")
        .iter()
        .map(|message| alice.open_message(&message.id).unwrap())
        .collect();
    let rules: Vec<&Value> = outcomes.iter().map(|one| &one.explain()["rule"]).collect();
    assert_eq!(rules[2..], ["WX-SIG-001", "WX-SIG-005"]);
    assert!(outcomes[0].is_success() && outcomes[1].is_success());
    let wallet = alice.wallet().unwrap();
    let from: Vec<&Value> = wallet.iter().map(|card| &card["outer_str"]).collect();
    assert_eq!(from, ["mail-1", "mail-2"]);
}

#[tokio::test]
async fn messages_survive_a_world_file() {
    let test = TestMock::start().await;
    let card_id = test.create().await;
    send_to(&test, "bob", wxcard(&card_id, Some("{}".to_owned()))).await;
    let sent = messages(&test, "bob");
    let world = test.control("GET", "world", &Value::Null).await.json();
    test.mock.user("bob").open_message(&sent[0].id).unwrap();

    assert_eq!(test.control("PUT", "world", &world).await.status, 200);
    assert_eq!(messages(&test, "bob"), sent);
    for (field, value) in [("user", "nobody"), ("message", "x")] {
        let mut broken = world.clone();
        if field == "user" {
            broken["messages"][0]["user"] = json!(value);
        } else {
            broken["messages"][0]["message"]["card_id"] = json!(value);
        }
        let refused = test.control("PUT", "world", &broken).await;
        assert_eq!(refused.status, 422, "{}", refused.text());
    }
}
