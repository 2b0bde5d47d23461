//! Many instances on one ledger, and whether WeChat answers them.

use std::collections::HashMap;

use serde_json::{Value, json};
use wechat_mock::{Fault, FaultKind};

use crate::support::{ADMIN, Shop};

const TOKEN: &str = "/cgi-bin/stable_token";
const TICKET: &str = "/cgi-bin/ticket/getticket";

/// The shop's settings with a ledger that nobody has used.
fn with_new_ledger(shop: &Shop) -> HashMap<&'static str, String> {
    let mut settings = shop.settings();
    settings.insert("COUPON_DATABASE_URL", shop.other_ledger());
    settings
}

#[tokio::test]
async fn four_instances_started_together_make_one_token_and_one_ticket_call() {
    let shop = Shop::open().await;
    let draft = shop.draft().await;
    let settings = with_new_ledger(&shop);
    // The shop's own instance has its token and ticket once it has signed something.
    let (id, _) = shop.coupon().await;
    let session = shop.login("alice").await;
    assert_eq!(shop.card_ext(&id, &session).await.status, 200);
    shop.mock.journal().clear();

    let (a, b, c, d) = tokio::join!(
        shop.instance_with(&settings),
        shop.instance_with(&settings),
        shop.instance_with(&settings),
        shop.instance_with(&settings),
    );
    let made = a.call("POST", "/admin/v1/coupons", ADMIN, &draft).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let js_code = shop
        .mock
        .user("bob")
        .login(&shop.mock.mini_program().appid)
        .unwrap();
    let login = json!({"js_code": js_code});
    let session = a
        .call("POST", "/v1/login", "", &login)
        .await
        .get("session_token");
    let path = format!("/v1/coupons/{}/card-ext", made.get("id"));
    let none = Value::Null;
    let signed = tokio::join!(
        a.call("POST", &path, &session, &none),
        b.call("POST", &path, &session, &none),
        c.call("POST", &path, &session, &none),
        d.call("POST", &path, &session, &none),
    );
    for answer in [signed.0, signed.1, signed.2, signed.3] {
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    assert_eq!((shop.calls(TOKEN), shop.calls(TICKET)), (1, 1));
}

#[tokio::test]
async fn a_ticket_that_a_wrong_clock_noted_is_not_used_once_the_clock_is_right() {
    let shop = Shop::open().await;
    let (id, _) = shop.coupon().await;
    let session = shop.login("alice").await;
    // Eight hours ahead, as with a hardware clock in local time.
    shop.clock.advance(8 * 3600);
    assert_eq!(shop.card_ext(&id, &session).await.status, 200);
    shop.clock.advance(-8 * 3600);
    shop.advance(3 * 3600);
    let outcome = shop.add_card("alice", &id, &session).await;
    assert!(outcome.is_success(), "{}", outcome.explain());
}

async fn wechat_of(instance: &crate::support::Instance) -> String {
    let ready = instance.call("GET", "/readyz", "", &Value::Null).await;
    assert_eq!(ready.status, 200, "{}", ready.text);
    ready.get("wechat")
}

#[tokio::test]
async fn a_wrong_secret_is_told_and_asked_about_seldom_whatever_token_others_have() {
    let shop = Shop::open().await;
    assert_eq!(wechat_of(&shop.service).await, "ok");
    let mut settings = shop.settings();
    settings.insert("WECHAT_OA_SECRET", "f".repeat(32));
    let wrong = shop.instance_with(&settings).await;
    let before = shop.calls(TOKEN);
    for _ in 0..30 {
        assert_eq!(wechat_of(&wrong).await, "down");
    }
    // One may be the refresh at the start.
    let asked = shop.calls(TOKEN) - before;
    assert!(asked <= 2, "{asked} calls for tokens");
    assert_eq!(
        wechat_of(&shop.service).await,
        "ok",
        "the others' token is left alone"
    );
}

#[tokio::test]
async fn a_wechat_that_is_gone_or_hangs_is_not_ok_because_a_token_lives() {
    let shop = Shop::open().await;
    let colors = shop.admin("GET", "/admin/v1/colors", &Value::Null).await;
    assert_eq!(colors.status, 200, "a token is kept");
    let mut settings = shop.settings();
    settings.insert("WECHAT_API_BASE", "http://127.0.0.1:9".to_owned());
    let gone = shop.instance_with(&settings).await;
    assert_eq!(wechat_of(&gone).await, "down");

    let hang = Fault::new(FaultKind::DelayMs(3000)).on("/card/getcolors");
    shop.mock.faults().add(hang).unwrap();
    let hangs = shop.second_instance().await;
    assert_eq!(wechat_of(&hangs).await, "down");
    assert!(shop.calls("/card/getcolors") >= 1);
}
