//! What is not taken is tried again, on the mock's clock where WeChat waits long.

use std::time::Duration;

use serde_json::{Value, json};
use wechat_mock::MockWechat;

use super::{KEY, OA, get, is_signed, lose, outcomes, push_to, pushing_to, sealed, settled, shown};
use crate::receiver::{NOBODY, Receiver, Reply};
use crate::support::{DAY, NOW, TestMock};

#[tokio::test]
async fn what_is_not_taken_is_tried_three_times_and_each_try_is_kept() {
    let twice = [Reply::Status(500), Reply::text("ok")];
    let mut shop = Receiver::start(twice).await;
    let test = pushing_to(&shop.url, json!({})).await;
    let event = settled(&test, &lose(&test, "1")).await;
    assert_eq!(event["state"], "delivered");
    assert_eq!(
        event["tries"],
        json!([
            {"at": NOW, "outcome": "wrong_status", "status": 500, "body": ""},
            {"at": NOW, "outcome": "wrong_body", "status": 200, "body": "ok"},
            {"at": NOW, "outcome": "accepted", "status": 200, "body": "success"},
        ])
    );
    let came = shop.all();
    assert_eq!(came.len(), 3);
    assert!(came.iter().all(is_signed));
    assert_eq!(
        (&came[0].body, &came[1].body),
        (&came[2].body, &came[2].body)
    );
    assert_ne!(came[0].query("nonce"), came[1].query("nonce"));

    // Garbage is kept up to 1 KiB; a redirect is not followed; blanks are no part of success.
    shop.then([
        Reply::Text("券".repeat(1000)),
        Reply::Status(302),
        Reply::text("success\n"),
    ]);
    let event = settled(&test, &lose(&test, "2")).await;
    assert_eq!(event["state"], "failed");
    assert_eq!(
        outcomes(&event),
        ["wrong_body", "wrong_status", "wrong_body"]
    );
    let kept = event["tries"][0]["body"].as_str().unwrap();
    assert!(
        kept.starts_with(&"券".repeat(341)) && kept.len() <= 1026,
        "{}",
        kept.len()
    );

    shop.then([Reply::text("")]);
    let event = settled(&test, &lose(&test, "3")).await;
    assert_eq!(outcomes(&event), ["accepted"]);
}

#[tokio::test]
async fn a_receiver_that_is_late_or_down_is_tried_again() {
    let mut shop = Receiver::start([Reply::Silence]).await;
    let hasty = MockWechat::builder().push_timeout(Duration::from_millis(50));
    let test = TestMock::start_with(hasty).await;
    push_to(&test, OA, &shop.url, json!({})).await;
    let id = lose(&test, "1");
    shop.hung_up().await;
    // However slow this machine is, the first try was late.
    let event = settled(&test, &id).await;
    assert_eq!(outcomes(&event)[0], "timeout");

    let test = pushing_to(NOBODY, json!({})).await;
    let event = settled(&test, &lose(&test, "1")).await;
    assert_eq!(event["state"], "failed");
    assert_eq!(outcomes(&event), ["refused"; 3]);
}

#[tokio::test]
async fn a_server_that_speaks_no_http_is_broken() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let _server = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.writable().await.unwrap();
            let _sent = stream.try_write(b"SSH-2.0-OpenSSH\r\n\r\n");
        }
    });
    let test = pushing_to(&url, json!({})).await;
    let event = settled(&test, &lose(&test, "1")).await;
    assert_eq!(outcomes(&event), ["broken"; 3]);
    assert!(event["tries"][0]["error"].is_string(), "{event}");
}

async fn advance(test: &TestMock, seconds: i64) {
    let moved = test
        .control("POST", "clock", &json!({"advance": seconds}))
        .await;
    assert_eq!(moved.status, 200);
}

#[tokio::test]
async fn a_claim_has_a_schedule_of_its_own_on_the_mocks_clock() {
    let long = MockWechat::builder().switch("get_card_retries", "long");
    let test = TestMock::start_with(long).await;
    push_to(&test, OA, NOBODY, json!({})).await;
    let id = get(&test);
    let event = settled(&test, &id).await;
    assert_eq!(
        (&event["state"], outcomes(&event)),
        (&json!("pending"), vec!["refused"])
    );
    // It is pending: neither sent by hand nor forgotten.
    let path = format!("events/{id}/resend");
    assert_eq!(test.control("POST", &path, &Value::Null).await.status, 409);
    test.mock.events().clear();
    advance(&test, 9_599).await;
    assert_eq!(outcomes(&shown(&test, &id)).len(), 1);
    advance(&test, 1).await;
    assert_eq!(outcomes(&shown(&test, &id)).len(), 2);
    // What fell due in a day has happened when the clock has moved.
    advance(&test, DAY).await;
    let event = shown(&test, &id);
    assert_eq!(
        (&event["state"], outcomes(&event)),
        (&json!("failed"), vec!["refused"; 10])
    );

    let shop = Receiver::start((0..4).map(|_| Reply::Status(500))).await;
    push_to(&test, OA, &shop.url, json!({})).await;
    let id = get(&test);
    settled(&test, &id).await;
    advance(&test, 299).await;
    assert_eq!(outcomes(&shown(&test, &id)).len(), 1);
    advance(&test, 1).await;
    assert_eq!(outcomes(&shown(&test, &id)).len(), 2);
    advance(&test, 300).await;
    let event = shown(&test, &id);
    assert_eq!(
        (&event["state"], outcomes(&event)),
        (&json!("failed"), vec!["wrong_status"; 3])
    );

    // Another event goes on meanwhile, and the claim comes late.
    let id = get(&test);
    settled(&test, &id).await;
    assert_eq!(
        settled(&test, &lose(&test, "1")).await["state"],
        "delivered"
    );
    assert_eq!(shown(&test, &id)["state"], "pending");
    advance(&test, 300).await;
    assert_eq!(outcomes(&shown(&test, &id)), ["wrong_status", "accepted"]);
}

#[tokio::test]
async fn a_reply_to_the_customer_is_an_answer_and_by_a_switch_none() {
    let reply = "<xml><ToUserName><![CDATA[o1]]></ToUserName>\
                 <FromUserName><![CDATA[gh_0000000000a0]]></FromUserName>\
                 <CreateTime>1</CreateTime><MsgType><![CDATA[text]]></MsgType>\
                 <Content><![CDATA[thanks]]></Content></xml>";
    let service = reply.replace("[text]", "[transfer_customer_service]");
    let other = "<xml><Other>1</Other></xml>";
    let answers = [reply, &service, other, other, other, reply, reply, reply];
    let mut shop = Receiver::start(answers.map(Reply::text)).await;
    let test = pushing_to(&shop.url, json!({})).await;
    for (code, outcomes_of) in [
        ("1", &["accepted"][..]),
        ("2", &["accepted"]),
        ("3", &["wrong_body"; 3]),
    ] {
        let id = lose(&test, code);
        assert_eq!(outcomes(&settled(&test, &id).await), outcomes_of);
    }
    let switches = json!({"passive_reply": "wrong_body"});
    test.control("PATCH", "switches", &switches).await;
    let id = lose(&test, "4");
    assert_eq!(outcomes(&settled(&test, &id).await), ["wrong_body"; 3]);
    assert_eq!(shop.all().len(), 8);
}

#[tokio::test]
async fn a_sealed_answer_is_read_as_xml() {
    let sealed = sealed("success");
    let bare = format!("<xml><Encrypt>{sealed}</Encrypt></xml>");
    let spaced = format!("<xml>\n  <Encrypt> <![CDATA[{sealed}]]> </Encrypt>\n</xml>\n");
    let mut shop = Receiver::start([Reply::text(&bare), Reply::text(&spaced)]).await;
    let change = json!({"mode": "safe", "encoding_aes_key": KEY});
    let test = pushing_to(&shop.url, change).await;
    for code in ["1", "2"] {
        let id = lose(&test, code);
        assert_eq!(outcomes(&settled(&test, &id).await), ["accepted"]);
    }
    assert_eq!(shop.all().len(), 2);
}

#[tokio::test]
async fn the_nonce_of_a_push_is_a_number_below_two_to_the_31() {
    let mut shop = Receiver::start([]).await;
    let test = pushing_to(&shop.url, json!({})).await;
    for code in 0..50 {
        lose(&test, &code.to_string());
    }
    test.mock.events().settled().await;
    for push in shop.all() {
        let nonce = push.query("nonce");
        let number: u32 = nonce.parse().unwrap();
        assert_eq!(number.to_string(), nonce);
        assert!((1..1 << 31).contains(&number), "{nonce}");
    }
}
