//! What WeChat pushes: verified, kept, answered, and acted upon once.

use std::fmt::Write as _;

use serde_json::{Value, json};
use wechat_client::{
    callback::{Callback, EncodingAesKey},
    card_signature,
};
use wechat_mock::{Fault, FaultKind};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};

use crate::support::{
    ADMIN, Answer, CALLBACK_KEY, CALLBACK_TOKEN, DAY, Instance, NOW, Shop, draft, send,
};

mod genuine;
mod intake;
mod ledger;
mod order;
mod owner;

const ALICE: &str = "oAlice0000000000000000000000";
const BOB: &str = "oBob000000000000000000000000";
const TIMESTAMP: &str = "1798000000";
const NONCE: &str = "486452656";

/// An event as WeChat writes it.
fn event(name: &str, from: &str, at: i64, card_id: &str, elements: &[(&str, &str)]) -> String {
    let mut all = String::new();
    for (name, text) in [("CardId", card_id)].iter().chain(elements) {
        write!(all, "<{name}><![CDATA[{text}]]></{name}>").unwrap();
    }
    format!(
        "<xml><ToUserName><![CDATA[gh_0000000000a0]]></ToUserName>\
         <FromUserName><![CDATA[{from}]]></FromUserName><CreateTime>{at}</CreateTime>\
         <MsgType><![CDATA[event]]></MsgType><Event><![CDATA[{name}]]></Event>{all}</xml>"
    )
}

fn got(at: i64, card_id: &str, code: &str) -> String {
    event(
        "user_get_card",
        ALICE,
        at,
        card_id,
        &[("UserCardCode", code)],
    )
}

fn deleted(at: i64, card_id: &str, code: &str) -> String {
    event(
        "user_del_card",
        ALICE,
        at,
        card_id,
        &[("UserCardCode", code)],
    )
}

fn consumed(at: i64, card_id: &str, code: &str, source: &str) -> String {
    let elements = [("UserCardCode", code), ("ConsumeSource", source)];
    event("user_consume_card", ALICE, at, card_id, &elements)
}

/// The friend's claim of a gift.
fn accepted(at: i64, card_id: &str, code: &str, old_code: &str) -> String {
    let elements = [
        ("UserCardCode", code),
        ("IsGiveByFriend", "1"),
        ("FriendUserName", ALICE),
        ("OldUserCardCode", old_code),
    ];
    event("user_get_card", BOB, at, card_id, &elements)
}

fn gifting(at: i64, card_id: &str, code: &str, is_back: &str) -> String {
    let elements = [("UserCardCode", code), ("IsReturnBack", is_back)];
    event("user_gifting_card", ALICE, at, card_id, &elements)
}

fn plain_query() -> String {
    plain_query_at(TIMESTAMP)
}

fn plain_query_at(timestamp: &str) -> String {
    let signature = card_signature([CALLBACK_TOKEN, timestamp, NONCE]);
    format!("signature={signature}&timestamp={timestamp}&nonce={NONCE}&openid={ALICE}")
}

async fn post(service: &Instance, query: &str, body: impl Into<reqwest::Body>) -> Answer {
    let path = format!("/wechat/callback?{query}");
    send(service.request("POST", &path, "").body(body)).await
}

/// Pushes in clear, rightly signed, and is told `success`.
async fn push(service: &Instance, body: &str) {
    let answer = post(service, &plain_query(), body.to_owned()).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, "success"));
}

async fn pushes(shop: &Shop, query: &str) -> Vec<Value> {
    let path = format!("/admin/v1/pushes?{query}");
    let answer = shop.admin("GET", &path, &Value::Null).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["pushes"].as_array().unwrap().clone()
}

/// Waits until every push was acted upon; each look is a call over the wire.
async fn settled(shop: &Shop) {
    for _ in 0..5000 {
        if pushes(shop, "state=pending").await.is_empty() {
            return;
        }
    }
    panic!(
        "pushes wait forever: {:?}",
        pushes(shop, "state=pending").await
    );
}

async fn push_all(shop: &Shop, bodies: &[String]) {
    for body in bodies {
        push(&shop.service, body).await;
    }
    settled(shop).await;
}

async fn claims(shop: &Shop) -> Vec<Value> {
    let list = shop.admin("GET", "/admin/v1/claims", &Value::Null).await;
    list.json()["claims"].as_array().unwrap().clone()
}

/// The status of a code, found by its end.
async fn status(shop: &Shop, code: &str) -> String {
    let end = &code[code.len() - 4..];
    let claims = claims(shop).await;
    let claim = claims
        .iter()
        .find(|claim| claim["code"].as_str().unwrap().ends_with(end));
    claim.unwrap_or_else(|| panic!("no claim of …{end}"))["status"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn mine(shop: &Shop, session: &str) -> Vec<Value> {
    let list = shop
        .service
        .call("GET", "/v1/claims", session, &Value::Null)
        .await;
    list.json()["claims"].as_array().unwrap().clone()
}

async fn unionid(shop: &Shop, name: &str) -> String {
    let url = format!("{}/_mock/v1/users/{name}", shop.mock.url());
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let user: Value = http.get(url).send().await.unwrap().json().await.unwrap();
    user["unionid"].as_str().unwrap().to_owned()
}

fn sealer(appid: &str) -> Callback {
    let key = EncodingAesKey::parse(CALLBACK_KEY).unwrap();
    Callback::new(CALLBACK_TOKEN.into(), Some(key), appid.into())
}

/// The query and body of a sealed push, as XML and as JSON.
fn sealed(appid: &str, message: &str) -> (String, String, String) {
    let sealed = sealer(appid).seal(message, NOW, NONCE).unwrap();
    let query = format!(
        "{}&encrypt_type=aes&msg_signature={}",
        plain_query(),
        sealed.msg_signature()
    );
    let xml = format!(
        "<xml><ToUserName><![CDATA[gh_0]]></ToUserName><Encrypt><![CDATA[{}]]></Encrypt></xml>",
        sealed.encrypt()
    );
    let json = json!({"ToUserName": "gh_0", "Encrypt": sealed.encrypt()}).to_string();
    (query, xml, json)
}

#[tokio::test]
async fn what_concerns_no_coupon_of_ours_is_kept_and_shown() {
    let shop = Shop::open().await;
    let (_, card_id) = shop.coupon().await;
    push_all(
        &shop,
        &[
            got(NOW, "pUnknown", "000000000001"),
            event("user_eat_card", ALICE, NOW, &card_id, &[]),
            event(
                "card_sku_remind",
                ALICE,
                NOW,
                &card_id,
                &[("Detail", "0 left")],
            ),
        ],
    )
    .await;
    let kept = pushes(&shop, "").await;
    let states: Vec<(&str, &str)> = kept
        .iter()
        .map(|push| {
            (
                push["event"].as_str().unwrap(),
                push["state"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        states,
        [
            ("card_sku_remind", "ignored"),
            ("user_eat_card", "ignored"),
            ("user_get_card", "unknown_card"),
        ]
    );
    let unknown = pushes(&shop, "state=unknown_card").await;
    assert_eq!(unknown.len(), 1);
    assert_eq!(
        unknown[0],
        json!({
            "id": unknown[0]["id"], "event": "user_get_card", "card_id": "pUnknown",
            "code": "********0001", "received_at": "2026-12-23T04:26:40Z", "state": "unknown_card",
        })
    );
    let page = shop
        .admin("GET", "/admin/v1/pushes?limit=2", &Value::Null)
        .await
        .json();
    assert_eq!(page["pushes"].as_array().unwrap().len(), 2);
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = pushes(&shop, &format!("limit=3&cursor={cursor}")).await;
    assert_eq!(rest, unknown);

    let faulty = shop
        .admin("GET", "/admin/v1/pushes?state=lost", &Value::Null)
        .await;
    assert_eq!(
        (faulty.status, faulty.fields()),
        (422, vec!["state".to_owned()])
    );
    let anybody = shop
        .service
        .call("GET", "/admin/v1/pushes", "", &Value::Null)
        .await;
    assert_eq!(anybody.status, 401);
}

#[tokio::test]
async fn a_push_that_comes_before_the_answer_to_the_create_is_acted_upon_after_it() {
    let canned = MockServer::start().await;
    for (at, answer) in [
        (
            "/cgi-bin/stable_token",
            json!({"access_token": "t", "expires_in": 7200}),
        ),
        (
            "/card/create",
            json!({"errcode": 0, "errmsg": "ok", "card_id": "pEarly"}),
        ),
    ] {
        let answer = ResponseTemplate::new(200).set_body_json(answer);
        Mock::given(path(at))
            .respond_with(answer)
            .mount(&canned)
            .await;
    }
    let shop = Shop::open_at(wechat_mock::MockWechat::start().await, canned.uri()).await;
    push_all(
        &shop,
        &[
            event("card_pass_check", ALICE, NOW, "pEarly", &[]),
            got(NOW, "pEarly", "000000000001"),
        ],
    )
    .await;
    assert_eq!(pushes(&shop, "state=unknown_card").await.len(), 2);
    let draft = draft("http://mmbiz.qpic.cn/mmbiz/logo/0");
    let made = shop.admin("POST", "/admin/v1/coupons", &draft).await;
    assert_eq!(made.status, 201, "{}", made.text);
    settled(&shop).await;
    let list = shop
        .admin("GET", "/admin/v1/coupons", &Value::Null)
        .await
        .json();
    assert_eq!(list["coupons"][0]["status"], "approved");
    assert_eq!(status(&shop, "000000000001").await, "claimed");
}

#[tokio::test]
async fn a_push_that_was_kept_and_not_acted_upon_is_found_at_the_next_start() {
    let shop = Shop::open().await;
    let (_, card_id) = shop.coupon().await;
    // The code is an invented one: a round of reconciliation is not to hear that WeChat does not know it.
    let busy = Fault::new(FaultKind::Errcode(-1)).on("/card/code/get");
    shop.mock.faults().add(busy).unwrap();
    push_all(&shop, &[got(NOW, &card_id, "000000000001")]).await;
    // As a process leaves it that dies in between.
    let ledger = shop.ledger().await;
    sqlx::query("DELETE FROM claims")
        .execute(&ledger)
        .await
        .unwrap();
    sqlx::query("UPDATE pushes SET state = 'pending'")
        .execute(&ledger)
        .await
        .unwrap();
    let _second = shop.second_instance().await;
    settled(&shop).await;
    assert_eq!(status(&shop, "000000000001").await, "claimed");
}

#[tokio::test]
async fn a_push_that_fails_keeps_no_other_waiting_and_is_tried_again() {
    let shop = Shop::open().await;
    let (_, card_id) = shop.coupon().await;
    let ledger = shop.ledger().await;
    let trip = if shop.is_on_a_server() {
        "CREATE TRIGGER trip BEFORE INSERT ON claims FOR EACH ROW \
         IF NEW.code = '000000000001' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'; END IF"
    } else {
        "CREATE TRIGGER trip BEFORE INSERT ON claims WHEN NEW.code = '000000000001' \
         BEGIN SELECT RAISE(ABORT, 'no'); END"
    };
    // A server does not prepare it.
    sqlx::raw_sql(trip).execute(&ledger).await.unwrap();
    push(&shop.service, &got(NOW, &card_id, "000000000001")).await;
    push(&shop.service, &got(NOW, &card_id, "000000000002")).await;
    let mut waiting = pushes(&shop, "state=pending").await;
    for _ in 0..5000 {
        if waiting.len() == 1 && waiting[0]["error"].is_string() {
            break;
        }
        waiting = pushes(&shop, "state=pending").await;
    }
    assert_eq!(waiting.len(), 1, "{waiting:?}");
    assert_eq!(waiting[0]["code"], "********0001");
    assert_eq!(claims(&shop).await.len(), 1);

    sqlx::raw_sql("DROP TRIGGER trip")
        .execute(&ledger)
        .await
        .unwrap();
    shop.advance(3600);
    push_all(&shop, &[got(NOW, &card_id, "000000000003")]).await;
    assert_eq!(claims(&shop).await.len(), 3);
    assert!(
        pushes(&shop, "")
            .await
            .iter()
            .all(|push| push["state"] == "done" && push["error"].is_null())
    );
}

#[tokio::test]
async fn the_phone_and_the_push_at_once_make_one_claim() {
    let shop = Shop::open().await;
    let (id, card_id) = shop
        .coupon_with(|draft| draft["limit_per_user"] = json!(9))
        .await;
    let alice = shop.login("alice").await;
    for round in 1..=5 {
        let outcome = shop.add_card("alice", &id, &alice).await;
        let wallet = shop.mock.user("alice").wallet().unwrap();
        let held: Vec<&str> = wallet
            .iter()
            .map(|card| card["code"].as_str().unwrap())
            .collect();
        let known = mine(&shop, &alice).await;
        let is_new = |code: &&&str| known.iter().all(|claim| claim["code"] != **code);
        let code = held.iter().find(is_new).unwrap();
        let body = got(NOW, &card_id, code);
        let encrypted = outcome.encrypted_code().unwrap();
        let (claimed, ()) = tokio::join!(
            shop.claim(&alice, &card_id, encrypted),
            push(&shop.service, &body)
        );
        assert_eq!(
            (claimed.status, claimed.get("code").as_str()),
            (200, *code),
            "{}",
            claimed.text
        );
        settled(&shop).await;
        assert_eq!(mine(&shop, &alice).await.len(), round);
        assert_eq!(claims(&shop).await.len(), round);
    }
}

#[tokio::test]
async fn a_push_is_kept_for_thirty_days() {
    let shop = Shop::open().await;
    let (_, card_id) = shop.coupon().await;
    push_all(
        &shop,
        &[got(NOW, &card_id, "000000000001"), "no XML".to_owned()],
    )
    .await;
    shop.advance(DAY + DAY / 2);
    push_all(&shop, &[got(NOW, &card_id, "000000000002")]).await;
    // Those are 31 days old now, this one 29 and a half.
    shop.advance(29 * DAY + DAY / 2);
    let second = shop.second_instance().await;
    for _ in 0..5000 {
        let list = second
            .call("GET", "/admin/v1/pushes", ADMIN, &Value::Null)
            .await
            .json();
        if list["pushes"].as_array().unwrap().len() == 1 {
            return;
        }
    }
    panic!("old pushes stay: {:?}", pushes(&shop, "").await);
}
