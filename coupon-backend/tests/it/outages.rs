//! WeChat is away, or refuses.

use serde_json::{Value, json};

use crate::support::{ADMIN, Shop, draft};
use wechat_mock::{Fault, FaultKind};

#[tokio::test]
async fn it_starts_while_wechat_is_away_and_says_so_with_503() {
    let mock = wechat_mock::MockWechat::start().await;
    let shop = Shop::open_at(mock, "http://127.0.0.1:9".to_owned()).await;
    let colors = shop
        .service
        .call("GET", "/admin/v1/colors", ADMIN, &Value::Null)
        .await;
    assert_eq!(colors.error(), (503, "wechat_unavailable".to_owned()));
    assert_eq!(colors.headers["retry-after"], "5");
    let ready = shop.service.call("GET", "/readyz", "", &Value::Null).await;
    assert_eq!(
        (ready.status, ready.json()),
        (200, json!({"database": "ok", "wechat": "down"}))
    );
    let login = shop
        .service
        .call("POST", "/v1/login", "", &json!({"js_code": "c"}))
        .await;
    assert_eq!(login.status, 503);
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_leaves_a_trace() {
    let shop = Shop::open().await;
    let draft = draft(&shop.logo().await);
    shop.mock
        .faults()
        .add(
            Fault::new(FaultKind::LostAnswer)
                .on("/card/create")
                .times(1),
        )
        .unwrap();
    let failed = shop.admin("POST", "/admin/v1/coupons", &draft).await;
    assert_eq!(failed.error(), (503, "wechat_unavailable".to_owned()));
    let list = shop
        .admin("GET", "/admin/v1/coupons", &Value::Null)
        .await
        .json();
    assert_eq!(list["coupons"][0]["status"], "unknown");
    assert_eq!(list["coupons"][0]["card_id"], Value::Null);
    assert_eq!(shop.calls("/card/create"), 1, "never made twice");

    let session = shop.login("alice").await;
    let id = list["coupons"][0]["id"].as_str().unwrap();
    assert_eq!(shop.card_ext(id, &session).await.error().1, "not_claimable");
}

#[tokio::test]
async fn a_token_that_wechat_has_replaced_is_fetched_again() {
    let shop = Shop::open().await;
    let (id, card_id) = shop.coupon().await;
    // Somebody else forces a refresh: the shared token dies at once.
    let oa = shop.mock.official_account();
    let body = json!({
        "grant_type": "client_credential", "appid": oa.appid, "secret": oa.secret, "force_refresh": true,
    });
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/cgi-bin/stable_token", shop.mock.url());
    http.post(url).body(body.to_string()).send().await.unwrap();

    let claimed = shop.claimed_of("alice", &id, &card_id).await;
    assert_eq!(shop.redeem(&claimed.code).await.status, 200);
}

#[tokio::test]
async fn an_account_without_the_right_is_a_refusal_with_its_number() {
    let shop = Shop::open().await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let path = format!(
        "{}/_mock/v1/accounts/{}",
        shop.mock.url(),
        shop.mock.official_account().appid
    );
    http.patch(path)
        .body("{\"card_right\":false}")
        .send()
        .await
        .unwrap();
    let colors = shop.admin("GET", "/admin/v1/colors", &Value::Null).await;
    assert_eq!(colors.error(), (502, "wechat_refused".to_owned()));
    assert_eq!(colors.json()["error"]["wechat_errcode"], 48001);
    assert!(!colors.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn a_busy_wechat_is_asked_again_for_what_can_be_repeated() {
    let shop = Shop::open().await;
    shop.mock
        .faults()
        .add(
            Fault::new(FaultKind::Errcode(-1))
                .on("/card/getcolors")
                .times(2),
        )
        .unwrap();
    let colors = shop.admin("GET", "/admin/v1/colors", &Value::Null).await;
    assert_eq!(colors.status, 200, "{}", colors.text);
    assert_eq!(shop.calls("/card/getcolors"), 3);
}

#[tokio::test]
async fn damaged_answers_change_nothing_twice() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    let damage = |kind| {
        shop.mock.faults().clear();
        let fault = Fault::new(kind).on("/card/code/consume").times(1);
        shop.mock.faults().add(fault).unwrap();
    };
    // A gateway's page, and WeChat was never asked: the code is as before.
    damage(FaultKind::HttpStatus(502));
    let refused = shop.redeem(&claimed.code).await;
    assert_eq!(refused.error(), (503, "wechat_unavailable".to_owned()));
    // The try was made, its answer cut: WeChat says how the code stands.
    damage(FaultKind::Truncate(5));
    assert_eq!(shop.redeem(&claimed.code).await.status, 200);
    damage(FaultKind::Garbage);
    assert_eq!(
        shop.redeem(&claimed.code).await.error().1,
        "already_redeemed"
    );
    let wallet = shop.mock.user("alice").wallet().unwrap();
    assert_eq!(wallet[0]["status"], "CONSUMED");
}
