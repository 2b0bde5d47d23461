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
    let signature = card_signature([CALLBACK_TOKEN, TIMESTAMP, NONCE]);
    format!("signature={signature}&timestamp={TIMESTAMP}&nonce={NONCE}&openid={ALICE}")
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
async fn seven_claims_of_one_second_are_seven_claims() {
    let shop = Shop::open().await;
    let (_, card_id) = shop.coupon().await;
    let bodies: Vec<String> = (0..7)
        .map(|n| got(NOW, &card_id, &format!("00000000100{n}")))
        .collect();
    let posts = bodies.iter().map(|body| push(&shop.service, body));
    futures_util::future::join_all(posts).await;
    settled(&shop).await;
    let claims = claims(&shop).await;
    assert_eq!(claims.len(), 7);
    assert!(claims.iter().all(|claim| claim["status"] == "claimed"));
    assert_eq!(
        claims[0]["valid"],
        json!({"from": "2026-12-23T04:26:40Z", "to": "2027-01-22T04:26:40Z"})
    );
    assert_eq!(shop.calls("/card/code/get"), 0, "WeChat has said it all");
}

#[tokio::test]
async fn the_same_push_at_two_instances_at_once_is_booked_once() {
    let shop = Shop::open().await;
    let second = shop.second_instance().await;
    let (_, card_id) = shop.coupon().await;
    let body = got(NOW, &card_id, "000000000001");
    let posts = (0..10).map(|n| push(if n % 2 == 0 { &shop.service } else { &second }, &body));
    futures_util::future::join_all(posts).await;
    settled(&shop).await;
    assert_eq!(claims(&shop).await.len(), 1);
    let kept = pushes(&shop, "").await;
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0]["state"], "done");
    assert_eq!(kept[0]["code"], "********0001");
}

#[tokio::test]
async fn what_was_thrown_away_stays_so_when_its_claim_comes_a_day_late() {
    let shop = Shop::open().await;
    let (_, card_id) = shop.coupon().await;
    push_all(&shop, &[deleted(NOW + 60, &card_id, "000000000001")]).await;
    assert_eq!(status(&shop, "000000000001").await, "deleted");
    shop.advance(DAY);
    push_all(&shop, &[got(NOW, &card_id, "000000000001")]).await;
    assert_eq!(status(&shop, "000000000001").await, "deleted");
    assert_eq!(claims(&shop).await[0]["claimed_at"], "2026-12-23T04:26:40Z");

    let answer = shop.redeem("000000000001").await;
    assert_eq!(answer.error(), (409, "not_redeemable".to_owned()));
    assert_eq!(answer.json()["error"]["reason"], "deleted");
}

#[tokio::test]
async fn what_a_phone_claimed_can_be_thrown_away_whatever_our_clock_says() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    push_all(
        &shop,
        &[
            got(NOW - 600, &claimed.card_id, &claimed.code),
            deleted(NOW - 599, &claimed.card_id, &claimed.code),
        ],
    )
    .await;
    assert_eq!(status(&shop, &claimed.code).await, "deleted");
    assert_eq!(
        mine(&shop, &claimed.session).await.len(),
        1,
        "it is still hers"
    );
}

#[tokio::test]
async fn a_gift_is_gone_from_the_giver_and_the_friends() {
    let shop = Shop::open().await;
    let (_, card_id) = shop.coupon().await;
    let (old, new) = ("000000000001", "000000000002");
    push_all(
        &shop,
        &[
            got(NOW, &card_id, old),
            gifting(NOW + 5, &card_id, old, "0"),
        ],
    )
    .await;
    assert_eq!(status(&shop, old).await, "claimed", "nobody took it yet");
    push_all(&shop, &[accepted(NOW + 9, &card_id, new, old)]).await;
    assert_eq!(status(&shop, old).await, "gifted");
    assert_eq!(status(&shop, new).await, "claimed");
    let holders: Vec<(String, String)> =
        sqlx::query_as("SELECT code, openid FROM claims ORDER BY code")
            .fetch_all(&shop.ledger().await)
            .await
            .unwrap();
    let expected =
        [(old, ALICE), (new, BOB)].map(|(code, openid)| (code.to_owned(), openid.to_owned()));
    assert_eq!(holders, expected);
    let answer = shop.redeem(old).await;
    assert_eq!(answer.json()["error"]["reason"], "gifted");
}

#[tokio::test]
async fn a_gift_that_nobody_took_is_the_givers_again() {
    let shop = Shop::open().await;
    let (_, card_id) = shop.coupon().await;
    let code = "000000000001";
    push_all(
        &shop,
        &[
            gifting(NOW + DAY, &card_id, code, "1"),
            gifting(NOW + 5, &card_id, code, "0"),
            got(NOW, &card_id, code),
        ],
    )
    .await;
    assert_eq!(status(&shop, code).await, "claimed");
}

#[tokio::test]
async fn what_was_redeemed_elsewhere_is_redeemed_and_stays_so() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    let (card_id, code) = (&claimed.card_id, &claimed.code);
    push_all(
        &shop,
        &[
            consumed(NOW + 60, card_id, code, "FROM_MP"),
            deleted(NOW + 90, card_id, code),
            got(NOW, card_id, code),
        ],
    )
    .await;
    let mine = mine(&shop, &claimed.session).await;
    assert_eq!(mine[0]["status"], "redeemed");
    assert_eq!(mine[0]["redeemed_at"], "2026-12-23T04:27:40Z");
    let again = shop.redeem(code).await;
    assert_eq!(again.error(), (409, "already_redeemed".to_owned()));
    assert_eq!(shop.calls("/card/code/consume"), 0);
}

/// A redemption of ours whose answer was lost.
async fn lost_redemption(shop: &Shop, code: &str) {
    let fault = Fault::new(FaultKind::LostAnswer)
        .on("/card/code/consume")
        .times(1);
    shop.mock.faults().add(fault);
    assert_eq!(shop.redeem(code).await.status, 503);
}

#[tokio::test]
async fn a_redemption_whose_answer_was_lost_succeeds_on_repeat_when_the_push_came_first() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    lost_redemption(&shop, &claimed.code).await;
    push_all(
        &shop,
        &[consumed(NOW, &claimed.card_id, &claimed.code, "FROM_API")],
    )
    .await;
    assert_eq!(status(&shop, &claimed.code).await, "redeemed");

    let again = shop.redeem(&claimed.code).await;
    assert_eq!(
        (again.status, again.get("status").as_str()),
        (200, "redeemed"),
        "{}",
        again.text
    );
    let third = shop.redeem(&claimed.code).await;
    assert_eq!(third.error(), (409, "already_redeemed".to_owned()));
}

#[tokio::test]
async fn what_was_redeemed_by_hand_is_no_lost_redemption_of_ours() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    lost_redemption(&shop, &claimed.code).await;
    push_all(
        &shop,
        &[consumed(
            NOW,
            &claimed.card_id,
            &claimed.code,
            "FROM_MOBILE_HELPER",
        )],
    )
    .await;
    let again = shop.redeem(&claimed.code).await;
    assert_eq!(again.error(), (409, "already_redeemed".to_owned()));
}

#[tokio::test]
async fn a_redemption_of_ours_that_was_answered_is_not_touched_by_its_push() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    assert_eq!(shop.redeem(&claimed.code).await.status, 200);
    push_all(
        &shop,
        &[consumed(
            NOW + 7,
            &claimed.card_id,
            &claimed.code,
            "FROM_API",
        )],
    )
    .await;
    let mine = mine(&shop, &claimed.session).await;
    assert_eq!(mine[0]["redeemed_at"], "2026-12-23T04:26:40Z");
}

#[tokio::test]
async fn the_reviewers_word_arrives_by_push() {
    let shop = Shop::open().await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let appid = shop.mock.official_account().appid;
    let account = format!("{}/_mock/v1/accounts/{appid}", shop.mock.url());
    let manual = http
        .patch(account)
        .body(json!({"review": "manual"}).to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(manual.status(), 200);
    let (passed, passed_card) = shop.coupon().await;
    let (refused, refused_card) = shop.coupon().await;
    let reason = [("RefuseReason", "图片不清晰")];
    push_all(
        &shop,
        &[
            event("card_pass_check", ALICE, NOW, &passed_card, &[]),
            event("card_not_pass_check", ALICE, NOW, &refused_card, &reason),
            event("card_pass_check", ALICE, NOW - 60, &refused_card, &[]),
        ],
    )
    .await;
    let one = |id: String| {
        let shop = &shop;
        async move {
            shop.admin("GET", &format!("/admin/v1/coupons/{id}"), &Value::Null)
                .await
                .json()
        }
    };
    assert_eq!(one(passed).await["status"], "approved");
    let refused = one(refused).await;
    assert_eq!(
        (&refused["status"], &refused["refuse_reason"]),
        (&json!("refused"), &json!("图片不清晰"))
    );
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
            "<xml><CreateTime>1</CreateTime><MsgType>text</MsgType><MsgId>1</MsgId></xml>"
                .to_owned(),
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
            ("text", "ignored"),
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
        .admin("GET", "/admin/v1/pushes?limit=3", &Value::Null)
        .await
        .json();
    assert_eq!(page["pushes"].as_array().unwrap().len(), 3);
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
    let trip = "CREATE TRIGGER trip BEFORE INSERT ON claims WHEN NEW.code = '000000000001' \
                BEGIN SELECT RAISE(ABORT, 'no'); END";
    sqlx::query(trip).execute(&ledger).await.unwrap();
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

    sqlx::query("DROP TRIGGER trip")
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
        let wallet = shop.mock.user("alice").wallet();
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
    shop.advance(31 * DAY);
    push_all(&shop, &[got(NOW, &card_id, "000000000002")]).await;
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

#[tokio::test]
async fn whose_a_code_is_stands_in_the_push() {
    let shop = Shop::open().await;
    let (id, card_id) = shop.coupon().await;
    let bob = shop.login("bob").await;
    // Alice never logged in; her phone claims, and never comes back to us.
    let outcome = shop.add_card("alice", &id, &bob).await;
    let encrypted = outcome.encrypted_code().unwrap().to_owned();
    let code = shop.mock.user("alice").wallet()[0]["code"]
        .as_str()
        .unwrap()
        .to_owned();
    let alices = unionid(&shop, "alice").await;
    let elements = [("UserCardCode", code.as_str()), ("UnionId", &alices)];
    push_all(
        &shop,
        &[event("user_get_card", ALICE, NOW, &card_id, &elements)],
    )
    .await;

    let stolen = shop.claim(&bob, &card_id, &encrypted).await;
    assert_eq!(stolen.error(), (403, "forbidden".to_owned()));
    let alice = shop.login("alice").await;
    let claims = mine(&shop, &alice).await;
    assert_eq!((claims.len(), &claims[0]["code"]), (1, &json!(code)));
    let hers = shop.claim(&alice, &card_id, &encrypted).await;
    assert_eq!(
        hers.json(),
        json!({"code": code, "card_id": card_id, "status": "claimed"})
    );
    assert!(mine(&shop, &bob).await.is_empty());
}

#[tokio::test]
async fn a_customer_who_is_known_owns_the_code_at_once_whoever_claimed_it_first() {
    let shop = Shop::open().await;
    let (id, card_id) = shop.coupon().await;
    let (alice, bob) = (shop.login("alice").await, shop.login("bob").await);
    let outcome = shop.add_card("alice", &id, &alice).await;
    let encrypted = outcome.encrypted_code().unwrap();
    let stolen = shop.claim(&bob, &card_id, encrypted).await;
    let code = stolen.get("code");
    let alices = unionid(&shop, "alice").await;
    let elements = [("UserCardCode", code.as_str()), ("UnionId", &alices)];
    push_all(
        &shop,
        &[event("user_get_card", ALICE, NOW, &card_id, &elements)],
    )
    .await;
    assert_eq!(mine(&shop, &alice).await.len(), 1);
    assert!(mine(&shop, &bob).await.is_empty());
}

#[tokio::test]
async fn without_a_unionid_the_first_claimer_owns_it() {
    let shop = Shop::open().await;
    let (id, card_id) = shop.coupon().await;
    let (alice, bob) = (shop.login("alice").await, shop.login("bob").await);
    let outcome = shop.add_card("alice", &id, &alice).await;
    let encrypted = outcome.encrypted_code().unwrap();
    let code = shop.mock.user("alice").wallet()[0]["code"]
        .as_str()
        .unwrap()
        .to_owned();
    push_all(&shop, &[got(NOW, &card_id, &code)]).await;
    assert_eq!(claims(&shop).await[0]["customer"], Value::Null);
    assert_eq!(shop.claim(&alice, &card_id, encrypted).await.status, 200);
    assert_eq!(shop.claim(&bob, &card_id, encrypted).await.status, 403);
    push_all(&shop, &[got(NOW + 1, &card_id, &code)]).await;
    assert_eq!(mine(&shop, &alice).await.len(), 1);
}

/// Code, status, openid, unionid, begin, end, time of the claim, time of the redemption.
type Row = (
    String,
    String,
    String,
    Option<String>,
    i64,
    i64,
    i64,
    Option<i64>,
);

/// Everything that the ledger says of the codes of one round, under names that all rounds share.
async fn ledger_of(shop: &Shop, round: usize) -> Vec<Row> {
    sqlx::query_as(
        "SELECT substr(code, 5), status, openid, unionid, begins_at, ends_at, claimed_at, redeemed_at \
         FROM claims WHERE code LIKE ? ORDER BY code",
    )
    .bind(format!("{round:04}%"))
    .fetch_all(&shop.ledger().await)
    .await
    .unwrap()
}

/// The lives of seven codes, in order.
fn lives(card_id: &str, round: usize) -> Vec<String> {
    let code = |n: usize| format!("{round:04}0000000{n}");
    vec![
        got(NOW, card_id, &code(0)),
        got(NOW, card_id, &code(1)),
        got(NOW, card_id, &code(2)),
        got(NOW + 1, card_id, &code(3)),
        gifting(NOW + 2, card_id, &code(1), "0"),
        gifting(NOW + 3, card_id, &code(2), "0"),
        deleted(NOW + 3, card_id, &code(0)),
        accepted(NOW + 4, card_id, &code(4), &code(1)),
        consumed(NOW + 5, card_id, &code(3), "FROM_API"),
        deleted(NOW + 6, card_id, &code(3)),
        gifting(NOW + 7, card_id, &code(2), "1"),
        // Thrown away, and back: a member card's way.
        got(NOW + 8, card_id, &code(0)),
        // Of this one the claim was lost.
        consumed(NOW + 9, card_id, &code(5), "FROM_MP"),
        deleted(NOW + 10, card_id, &code(5)),
        // A code of the shop's own, which stays what it is when it is given away.
        event(
            "user_get_card",
            ALICE,
            NOW,
            card_id,
            &[("UserCardCode", &code(6)), ("UnionId", "uAlice")],
        ),
        accepted(NOW + 11, card_id, &code(6), &code(6)),
    ]
}

#[tokio::test]
async fn in_any_order_and_repeated_the_same_pushes_leave_the_same_ledger() {
    let shop = Shop::open().await;
    let (_, card_id) = shop
        .coupon_with(|draft| draft["valid"] = json!({"days": 3, "starts_after_days": 1}))
        .await;
    push_all(&shop, &lives(&card_id, 0)).await;
    let expected = ledger_of(&shop, 0).await;
    let statuses: Vec<&str> = expected.iter().map(|row| row.1.as_str()).collect();
    assert_eq!(
        statuses,
        [
            "claimed", "gifted", "claimed", "redeemed", "claimed", "redeemed", "claimed"
        ]
    );
    assert_eq!((expected[6].2.as_str(), &expected[6].3), (BOB, &None));

    let seed = std::env::var("PUSH_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seed: u64 = seed.unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0);
    let mut random = seed | 1;
    let mut below = |limit: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % u64::try_from(limit).unwrap()).unwrap()
    };
    for round in 1..=12 {
        let mut bodies = lives(&card_id, round);
        for _ in 0..6 {
            bodies.push(bodies[below(bodies.len())].clone());
        }
        for last in (1..bodies.len()).rev() {
            bodies.swap(last, below(last + 1));
        }
        push_all(&shop, &bodies).await;
        // Nothing changes when old pushes are forgotten and come once more.
        if round % 3 == 0 {
            sqlx::query("DELETE FROM pushes")
                .execute(&shop.ledger().await)
                .await
                .unwrap();
            bodies.reverse();
            push_all(&shop, &bodies).await;
        }
        assert_eq!(
            ledger_of(&shop, round).await,
            expected,
            "round {round} of PUSH_SEED={seed}"
        );
    }
}
