//! The ten steps, and what stands in their way.

use serde_json::{Value, json};
use wechat_mock::{AddCardOutcome, MockWechat};

use crate::support::{Shop, draft};

fn said(outcome: &AddCardOutcome) -> (&str, &str) {
    (
        outcome.err_msg(),
        outcome.explain()["rule"].as_str().unwrap_or_default(),
    )
}

#[tokio::test]
async fn the_ten_steps_hold_for_two_customers() {
    ten_steps(Shop::open().await).await;
}

#[tokio::test]
async fn the_ten_steps_hold_where_nothing_is_tolerated() {
    let mock = MockWechat::builder().strict().start().await;
    let api_base = mock.url();
    ten_steps(Shop::open_at(mock, api_base).await).await;
}

async fn ten_steps(shop: Shop) {
    // 1 and 2: pictures.
    let logo = shop.logo().await;
    assert!(logo.starts_with("http://mmbiz.qpic.cn/"));
    let photo = shop
        .upload(
            "/admin/v1/photos",
            fixtures::image("shop-front.jpg").to_vec(),
        )
        .await;
    assert_eq!(photo.get("media_id").len(), 64);
    assert_eq!(photo.get("expires_at"), "2026-12-26T04:26:40Z");
    // 3: colours.
    let colors = shop
        .admin("GET", "/admin/v1/colors", &Value::Null)
        .await
        .json();
    assert_eq!(
        colors["colors"][0],
        json!({"name": "Color010", "value": "#63b359"})
    );
    // 4: the coupon.
    let made = shop.admin("POST", "/admin/v1/coupons", &draft(&logo)).await;
    assert_eq!(
        (made.status, made.get("status").as_str()),
        (201, "approved")
    );
    let (id, card_id) = (made.get("id"), made.get("card_id"));
    // 5 to 9, for both.
    let alice = shop.claimed_of("alice", &id, &card_id).await;
    let bob = shop.claimed_of("bob", &id, &card_id).await;
    assert_ne!(alice.code, bob.code);
    assert_eq!(shop.calls("/cgi-bin/ticket/getticket"), 1);
    assert_eq!(shop.calls("/cgi-bin/stable_token"), 1);
    for claimed in [&alice, &bob] {
        let mine = shop
            .service
            .call("GET", "/v1/claims", &claimed.session, &Value::Null)
            .await
            .json();
        assert_eq!(mine["claims"].as_array().unwrap().len(), 1);
        assert_eq!(mine["claims"][0]["code"], json!(claimed.code));
        assert_eq!(mine["claims"][0]["status"], "claimed");
        // As the list of coupons shows it, and after that list no longer does.
        let list = shop
            .service
            .call("GET", "/v1/coupons", &claimed.session, &Value::Null)
            .await
            .json();
        assert_eq!(mine["claims"][0]["coupon"], list["coupons"][0]);
        assert_eq!(mine["claims"][0]["coupon"]["card_id"], json!(card_id));
    }
    // 10: redeemed, once.
    for claimed in [&alice, &bob] {
        let redeemed = shop.redeem(&claimed.code).await;
        assert_eq!(
            redeemed.json(),
            json!({
                "code": claimed.code, "card_id": card_id, "status": "redeemed",
                "redeemed_at": "2026-12-23T04:26:40Z",
            })
        );
        assert_eq!(
            shop.redeem(&claimed.code).await.error(),
            (409, "already_redeemed".to_owned())
        );
    }
    assert_eq!(shop.calls("/card/code/consume"), 2);
    let wallet = shop.mock.user("alice").wallet().unwrap();
    assert_eq!(wallet[0]["status"], "CONSUMED");
}

#[tokio::test]
async fn a_wrong_signature_is_refused_by_the_phone() {
    let shop = Shop::open().await;
    let (id, card_id) = shop.coupon().await;
    let session = shop.login("alice").await;
    let signed = shop.card_ext(&id, &session).await;
    let mut ext: Value = serde_json::from_str(&signed.get("cardExt")).unwrap();
    ext["nonce_str"] = json!("another");
    let page = shop.mock.mini_program().appid;
    let outcome = shop
        .mock
        .user("alice")
        .add_card(&page, &card_id, ext.to_string())
        .unwrap();
    assert_eq!(said(&outcome), ("addCard:fail (签名错误)", "WX-SIG-001"));
}

#[tokio::test]
async fn a_foreign_ticket_does_not_sign() {
    let shop = Shop::open().await;
    let (id, card_id) = shop.coupon().await;
    let session = shop.login("alice").await;
    let signed = shop.card_ext(&id, &session).await;
    let mut ext: Value = serde_json::from_str(&signed.get("cardExt")).unwrap();

    // The same claim, signed with the ticket of another account of this world.
    let ticket = foreign_ticket(&shop).await;
    let (timestamp, nonce) = (
        ext["timestamp"].as_str().unwrap(),
        ext["nonce_str"].as_str().unwrap(),
    );
    let signature = wechat_client::card_signature([ticket.as_str(), timestamp, &card_id, nonce]);
    ext["signature"] = json!(signature);
    let page = shop.mock.mini_program().appid;
    let outcome = shop
        .mock
        .user("alice")
        .add_card(&page, &card_id, ext.to_string())
        .unwrap();
    assert_eq!(said(&outcome), ("addCard:fail (签名错误)", "WX-SIG-001"));
    assert_eq!(outcome.explain()["mistake"]["id"], "foreign_ticket");
}

async fn foreign_ticket(shop: &Shop) -> String {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let base = shop.mock.url();
    let account = http.post(format!("{base}/_mock/v1/accounts")).body("{}");
    let account: Value = account.send().await.unwrap().json().await.unwrap();
    let token = format!(
        "{base}/cgi-bin/token?grant_type=client_credential&appid={}&secret={}",
        account["appid"].as_str().unwrap(),
        account["secret"].as_str().unwrap()
    );
    let token: Value = http.get(token).send().await.unwrap().json().await.unwrap();
    let token = token["access_token"].as_str().unwrap();
    let ticket = format!("{base}/cgi-bin/ticket/getticket?type=wx_card&access_token={token}");
    let ticket: Value = http.get(ticket).send().await.unwrap().json().await.unwrap();
    ticket["ticket"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_expired_ticket_does_not_sign_and_a_new_one_is_fetched_in_time() {
    let shop = Shop::open().await;
    let (id, _) = shop.coupon().await;
    let session = shop.login("alice").await;
    shop.card_ext(&id, &session).await;

    // WeChat's clock alone: the service signs with what it holds for two hours yet.
    shop.mock.clock().advance(7200).unwrap();
    let late = shop.add_card("alice", &id, &session).await;
    assert_eq!(said(&late), ("addCard:fail (签名错误)", "WX-SIG-002"));

    // Both clocks right: the service knows that its ticket has ended.
    shop.clock.advance(7200);
    let outcome = shop.add_card("alice", &id, &session).await;
    assert_eq!(outcome.err_msg(), "addCard:ok");
}

#[tokio::test]
async fn stock_that_is_gone_is_gone() {
    let shop = Shop::open().await;
    let (id, _) = shop.coupon_with(|draft| draft["stock"] = json!(1)).await;
    let (alice, bob) = (shop.login("alice").await, shop.login("bob").await);
    assert!(shop.add_card("alice", &id, &alice).await.is_success());
    let outcome = shop.add_card("bob", &id, &bob).await;
    assert_eq!(said(&outcome), ("addCard:fail (已领完)", "WX-CLM-012"));
}

#[tokio::test]
async fn the_limit_per_user_counts() {
    let shop = Shop::open().await;
    let (id, _) = shop
        .coupon_with(|draft| draft["limit_per_user"] = json!(1))
        .await;
    let session = shop.login("alice").await;
    assert!(shop.add_card("alice", &id, &session).await.is_success());
    let outcome = shop.add_card("alice", &id, &session).await;
    assert_eq!(
        said(&outcome),
        ("addCard:fail (已达领取上限)", "WX-CLM-013")
    );
}

#[tokio::test]
async fn the_encrypted_text_of_another_account_is_no_claim() {
    let (ours, theirs) = (Shop::open().await, other_seed().await);
    let (_, card_id) = ours.coupon().await;
    let foreign = theirs.claimed("bob").await;
    let session = ours.login("alice").await;

    let answer = ours.claim(&session, &card_id, &foreign.encrypted).await;
    assert_eq!(answer.error(), (422, "invalid_request".to_owned()));
    assert_eq!(answer.fields(), ["encrypt_code"]);
    let mine = ours
        .service
        .call("GET", "/v1/claims", &session, &Value::Null)
        .await
        .json();
    assert_eq!(mine, json!({"claims": []}));
}

/// A shop at a mock whose account has other keys.
async fn other_seed() -> Shop {
    let mock = MockWechat::builder().seed(99).start().await;
    let url = mock.url();
    Shop::open_at(mock, url).await
}

#[tokio::test]
async fn two_instances_share_one_ledger_one_token_and_one_ticket() {
    let shop = Shop::open().await;
    let second = shop.second_instance().await;
    let (id, card_id) = shop.coupon().await;
    let session = shop.login("alice").await;
    shop.card_ext(&id, &session).await;
    let path = format!("/v1/coupons/{id}/card-ext");
    let signed = second.call("POST", &path, &session, &Value::Null).await;
    assert_eq!((signed.status, signed.get("cardId")), (200, card_id));
    assert_eq!(shop.calls("/cgi-bin/stable_token"), 1);
    assert_eq!(shop.calls("/cgi-bin/ticket/getticket"), 1);
}
