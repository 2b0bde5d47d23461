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
