//! A push is taken when WeChat surely sent it, in whatever form, and kept once, readable or not.

use serde_json::{Value, json};

use super::{
    ALICE, NOW, Shop, claims, got, plain_query, post, push, push_all, pushes, sealed, settled,
};

#[tokio::test]
async fn wechats_check_of_the_url_gets_its_echostr_and_nothing_else() {
    let shop = Shop::open().await;
    let check = |query: String| async move { format!("/wechat/callback?{query}") };
    let path = check(format!("{}&echostr=437%2B51 2", plain_query()).replace(' ', "%20")).await;
    let answer = shop.service.call("GET", &path, "", &Value::Null).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, "437+51 2"));

    for query in [
        "echostr=1".to_owned(),
        String::new(),
        format!("{}&echostr=1", plain_query().replace("nonce=4", "nonce=5")),
    ] {
        let path = check(query).await;
        let answer = shop.service.call("GET", &path, "", &Value::Null).await;
        assert_eq!(answer.error(), (401, "unauthorized".to_owned()));
    }
}

#[tokio::test]
async fn a_push_is_taken_in_clear_compatible_and_safe_mode_as_xml_and_json() {
    let shop = Shop::open().await;
    let (_, card_id) = shop.coupon().await;
    let appid = shop.mock.official_account().appid;

    push(&shop.service, &got(NOW, &card_id, "000000000001")).await;
    let query = format!("{}&encrypt_type=raw", plain_query());
    let json = json!({
        "ToUserName": "gh_0", "FromUserName": ALICE, "CreateTime": NOW, "MsgType": "event",
        "Event": "user_get_card", "CardId": card_id, "UserCardCode": "000000000002",
    });
    assert_eq!(
        post(&shop.service, &query, json.to_string()).await.text,
        "success"
    );
    let (query, xml, _) = sealed(&appid, &got(NOW, &card_id, "000000000003"));
    assert_eq!(post(&shop.service, &query, xml).await.text, "success");
    let (query, _, json) = sealed(&appid, &got(NOW, &card_id, "000000000004"));
    assert_eq!(post(&shop.service, &query, json).await.text, "success");
    // Compatible: what is written beside the sealed text is not what counts.
    let (query, xml, _) = sealed(&appid, &got(NOW, &card_id, "000000000005"));
    let beside = got(NOW, &card_id, "999999999999");
    let body = xml.replace("<xml>", beside.trim_end_matches("</xml>"));
    assert_eq!(post(&shop.service, &query, body).await.text, "success");

    settled(&shop).await;
    let mut codes: Vec<String> = claims(&shop)
        .await
        .iter()
        .map(|claim| claim["code"].as_str().unwrap()[8..].to_owned())
        .collect();
    codes.sort();
    assert_eq!(codes, ["0001", "0002", "0003", "0004", "0005"]);
}

#[tokio::test]
async fn the_same_push_in_other_bytes_is_kept_once() {
    let shop = Shop::open().await;
    let (_, card_id) = shop.coupon().await;
    let appid = shop.mock.official_account().appid;
    let code = "000000000001";
    let clear = got(NOW, &card_id, code);

    push(&shop.service, &clear).await;
    let spaced = clear.replace("><", ">\n<");
    assert_ne!(spaced, clear);
    push(&shop.service, &spaced).await;
    let json = json!({
        "UserCardCode": code, "CardId": card_id, "Event": "user_get_card", "MsgType": "event",
        "CreateTime": NOW, "FromUserName": ALICE, "ToUserName": "gh_0",
    });
    push(&shop.service, &json.to_string()).await;
    // Sealing draws anew each time.
    let (first, second) = (sealed(&appid, &clear), sealed(&appid, &clear));
    assert_ne!(first.1, second.1);
    for (query, xml, json) in [first, second] {
        assert_eq!(post(&shop.service, &query, xml).await.text, "success");
        assert_eq!(post(&shop.service, &query, json).await.text, "success");
    }

    settled(&shop).await;
    assert_eq!(pushes(&shop, "").await.len(), 1);
    // A second later it is another event.
    push_all(&shop, &[got(NOW + 1, &card_id, code)]).await;
    assert_eq!(pushes(&shop, "").await.len(), 2);
}

#[tokio::test]
async fn what_wechat_did_not_send_to_us_is_refused_and_leaves_no_trace() {
    let shop = Shop::open().await;
    let (_, card_id) = shop.coupon().await;
    let message = got(NOW, &card_id, "000000000001");
    let appid = shop.mock.official_account().appid;
    let (query, xml, _) = sealed(&appid, &message);
    let (strangers_query, strangers, _) = sealed("wx00000000000000c0", &message);
    let plain_alone = format!("{}&encrypt_type=aes&msg_signature=", plain_query());
    let no_key = shop.instance_without("WECHAT_CALLBACK_AES_KEY").await;

    for (service, query, body) in [
        (&shop.service, "", message.as_str()),
        (
            &shop.service,
            &plain_query().replace("nonce=4", "nonce=5"),
            &message,
        ),
        (
            &shop.service,
            &plain_query().replace("signature=", "signature=0"),
            "no XML",
        ),
        (&shop.service, &plain_alone, &xml),
        (
            &shop.service,
            &query.replace("timestamp=1", "timestamp=2"),
            &xml,
        ),
        (&shop.service, &strangers_query, &strangers),
        (&no_key, &query, &xml),
    ] {
        let answer = post(service, query, body.to_owned()).await;
        assert_eq!(
            answer.error(),
            (401, "unauthorized".to_owned()),
            "{query} {body}"
        );
    }
    assert!(pushes(&shop, "").await.is_empty());
    assert!(claims(&shop).await.is_empty());
}

#[tokio::test]
async fn what_cannot_be_read_is_answered_success_and_kept() {
    let shop = Shop::open().await;
    for body in ["no XML", "", "<xml><Event>x", "{\"Event\":"] {
        push(&shop.service, body).await;
        push(&shop.service, body).await;
    }
    let answer = post(&shop.service, &plain_query(), vec![0xff, 0xfe]).await;
    assert_eq!(answer.status, 200);
    let bomb = "<!DOCTYPE x [<!ENTITY a 'ha'>]><xml><Event>&a;</Event></xml>";
    push(&shop.service, bomb).await;

    let kept = pushes(&shop, "state=unreadable").await;
    assert_eq!(kept.len(), 6, "each once");
    assert_eq!(kept[0]["error"], "it declares a document type");
    let raw: Vec<(Vec<u8>,)> = sqlx::query_as("SELECT body FROM pushes ORDER BY id")
        .fetch_all(&shop.ledger().await)
        .await
        .unwrap();
    assert_eq!(raw[0].0, b"no XML");
    assert_eq!(raw[4].0, [0xff, 0xfe]);
}

#[tokio::test]
async fn a_push_may_have_256_kib() {
    let shop = Shop::open().await;
    let (_, card_id) = shop.coupon().await;
    let push_body = got(NOW, &card_id, "000000000001");
    let blanks = |length: usize| " ".repeat(length - push_body.len());
    push(&shop.service, &format!("{push_body}{}", blanks(256 * 1024))).await;
    let long = format!("{push_body}{}", blanks(256 * 1024 + 1));
    let answer = post(&shop.service, &plain_query(), long).await;
    assert_eq!(answer.error(), (413, "too_large".to_owned()));
}
