//! Ledger and WeChat are brought together.

use serde_json::{Value, json};
use wechat_mock::{Fault, FaultKind};

use crate::{
    redeem::consume_elsewhere,
    support::{Shop, draft},
};

async fn reconcile(shop: &Shop) -> Value {
    let report = shop
        .admin("POST", "/admin/v1/reconcile", &Value::Null)
        .await;
    assert_eq!(report.status, 200, "{}", report.text);
    report.json()
}

/// `what`, before and after of all that a report says drifted.
fn changes(report: &Value) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let changes = report["changes"].as_array().unwrap();
    changes
        .iter()
        .map(|change| {
            (
                text(&change["what"]),
                text(&change["before"]),
                text(&change["after"]),
            )
        })
        .collect()
}

fn change(what: &str, before: &str, after: &str) -> (String, String, String) {
    (what.to_owned(), before.to_owned(), after.to_owned())
}

#[tokio::test]
async fn a_consumption_elsewhere_whose_push_was_lost_is_found() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    consume_elsewhere(&shop, &claimed.code).await;
    let report = reconcile(&shop).await;
    assert_eq!(changes(&report), [change("status", "claimed", "redeemed")]);
    assert_eq!(reconcile(&shop).await["changed"], 0, "once");
    let mine = shop
        .service
        .call("GET", "/v1/claims", &claimed.session, &Value::Null)
        .await;
    assert_eq!(mine.json()["claims"][0]["status"], "redeemed");

    let list = shop
        .admin("GET", "/admin/v1/reconciliations", &Value::Null)
        .await
        .json();
    let kept = list["reconciliations"].as_array().unwrap();
    assert!(kept.contains(&report), "{list}");
    assert!(
        kept.iter().any(|round| round["cause"] == "timer"),
        "that of the start: {list}"
    );

    let path = format!(
        "/admin/v1/history?code={}-{}&limit=2",
        &claimed.code[..4],
        &claimed.code[4..]
    );
    let history = shop.admin("GET", &path, &Value::Null).await.json();
    let newest = &history["history"][0];
    assert_eq!(
        (&newest["who"], &newest["what"]),
        (&json!("reconciler"), &json!("redeemed"))
    );
    assert_eq!(newest["request_id"], report["id"]);
    let end = &claimed.code[claimed.code.len() - 4..];
    assert!(
        !history.to_string().contains(&claimed.code),
        "the last four alone"
    );
    assert!(newest["code"].as_str().unwrap().ends_with(end));
    let next = format!("{path}&cursor={}", history["next_cursor"].as_str().unwrap());
    let rest = shop.admin("GET", &next, &Value::Null).await.json();
    assert_eq!(rest["history"][0]["who"], "customer");
    assert_eq!(rest.get("next_cursor"), None);
    let none = shop.admin("GET", "/admin/v1/history", &Value::Null).await;
    assert_eq!((none.status, none.fields()), (422, vec!["code".to_owned()]));
}

#[tokio::test]
async fn one_bad_card_holds_up_no_other() {
    let shop = Shop::open().await;
    shop.review_by_hand().await;
    let (deleted, deleted_card) = shop.coupon().await;
    let (passed, passed_card) = shop.coupon().await;
    let gone = shop
        .elsewhere("/card/delete", &json!({"card_id": deleted_card}))
        .await;
    assert_eq!(gone["errcode"], 0, "{gone}");
    shop.pass_review(&passed_card).await;
    // The first that is asked about gets no answer that can be read.
    shop.mock
        .faults()
        .add(Fault::new(FaultKind::Garbage).on("/card/get").times(1))
        .unwrap();
    let first = reconcile(&shop).await;
    shop.mock.faults().clear();
    let second = reconcile(&shop).await;
    let mut all = changes(&first);
    all.extend(changes(&second));
    all.sort();
    let expected = [
        change("status", "in_review", "approved"),
        change("status", "in_review", "withdrawn"),
    ];
    assert_eq!(all, expected, "{first} {second}");
    assert_eq!(
        changes(&first).len() + usize::from(first["failed"] == 1),
        2,
        "{first}"
    );
    assert_eq!(shop.one_coupon(&deleted).await["status"], "withdrawn");
    assert_eq!(shop.one_coupon(&passed).await["status"], "approved");
}

#[tokio::test]
async fn dates_prolonged_and_stock_changed_in_the_console_are_taken_over() {
    let shop = Shop::open().await;
    let (id, card_id) = shop.coupon().await;
    let claimed = shop.claimed_of("alice", &id, &card_id).await;
    let end = 1_798_000_000 + 60 * 86_400;
    let dates = json!({
        "type": "DATE_TYPE_FIX_TIME_RANGE", "begin_timestamp": 1_798_000_000, "end_timestamp": end,
    });
    let update = json!({"card_id": card_id, "general_coupon": {"base_info": {"date_info": dates}}});
    let updated = shop.elsewhere("/card/update", &update).await;
    assert_eq!(updated["errcode"], 0, "{updated}");
    let more = json!({"card_id": card_id, "increase_stock_value": 5});
    assert_eq!(
        shop.elsewhere("/card/modifystock", &more).await["errcode"],
        0
    );

    let report = reconcile(&shop).await;
    let whats: Vec<_> = changes(&report)
        .into_iter()
        .map(|(what, ..)| what)
        .collect();
    assert_eq!(whats, ["stock", "valid"], "{report}");
    let coupon = shop.one_coupon(&id).await;
    assert_eq!(coupon["valid"]["to"], "2027-02-21T04:26:40Z");
    assert_eq!(coupon["remaining"], 104);
    // Past the end that the draft had.
    shop.advance(40 * 86_400);
    let session = shop.login("alice").await;
    assert_eq!(shop.card_ext(&id, &session).await.status, 200);
    let mine = shop
        .service
        .call("GET", "/v1/claims", &session, &Value::Null)
        .await;
    assert_eq!(mine.json()["claims"][0]["status"], "claimed");
    assert_eq!(shop.redeem(&claimed.code).await.status, 200);
}

#[tokio::test]
async fn a_lost_create_is_adopted_though_nobody_repeats_it() {
    let shop = Shop::open().await;
    let draft = draft(&shop.logo().await);
    let fault = Fault::new(FaultKind::LostAnswer)
        .on("/card/create")
        .times(1);
    shop.mock.faults().add(fault).unwrap();
    assert_eq!(
        shop.admin("POST", "/admin/v1/coupons", &draft).await.status,
        503
    );
    let report = reconcile(&shop).await;
    assert_eq!(changes(&report), [change("create", "unknown", "done")]);
    let list = shop
        .admin("GET", "/admin/v1/coupons", &Value::Null)
        .await
        .json();
    assert_eq!(list["coupons"][0]["status"], "approved");
}

#[tokio::test]
async fn a_card_of_a_create_that_was_given_up_is_taken_back_and_no_other() {
    let shop = Shop::open().await;
    let (orphan, orphan_card) = shop.coupon().await;
    let (other, other_card) = shop
        .coupon_with(|draft| draft["title"] = json!("别家的券"))
        .await;
    let (_, kept_card) = shop
        .coupon_with(|draft| draft["title"] = json!("留下的券"))
        .await;
    let ledger = shop.ledger().await;
    // The create of the first was given up before its card came to be; the second is a card of
    // another program's.
    for sql in [
        format!("DELETE FROM coupons WHERE id IN ('{orphan}', '{other}')"),
        format!("UPDATE operations SET state = 'released' WHERE subject = '{orphan}'"),
        format!("DELETE FROM operations WHERE subject = '{other}'"),
    ] {
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .execute(&ledger)
            .await
            .unwrap();
    }
    let early = reconcile(&shop).await;
    assert_eq!(early["changed"], 0, "a create may just be writing it down");
    shop.advance(60);
    let report = reconcile(&shop).await;
    assert_eq!(
        changes(&report),
        [change("orphan", "", "withdrawn")],
        "{report}"
    );
    assert_eq!(report["changes"][0]["id"], orphan_card.as_str());
    for (card_id, is_there) in [(orphan_card, false), (other_card, true), (kept_card, true)] {
        let card = shop
            .elsewhere("/card/get", &json!({"card_id": card_id}))
            .await;
        let status = &card["card"]["general_coupon"]["base_info"]["status"];
        assert_eq!(status == "CARD_STATUS_VERIFY_OK", is_there, "{card}");
    }
}

#[tokio::test]
async fn the_timer_finds_what_nobody_asks_for() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    consume_elsewhere(&shop, &claimed.code).await;
    shop.advance(3600);
    let mut settings = shop.settings();
    settings.insert("COUPON_RECONCILE_EVERY", "1".to_owned());
    let _second = shop.instance_with(&settings).await;
    let mut looks = 0;
    loop {
        let mine = shop
            .service
            .call("GET", "/v1/claims", &claimed.session, &Value::Null)
            .await;
        if mine.json()["claims"][0]["status"] == "redeemed" {
            break;
        }
        looks += 1;
        assert!(looks < 400, "{}", mine.text);
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
}

#[tokio::test]
async fn a_code_of_which_neither_push_nor_page_told_is_found_by_who_holds_it() {
    let shop = Shop::open().await;
    let (id, card_id) = shop.coupon().await;
    let told = shop.claimed_of("alice", &id, &card_id).await;
    // The phone has it, and her page never came back.
    let untold = shop.add_card("alice", &id, &told.session).await;
    assert!(untold.encrypted_code().is_some());
    let report = reconcile(&shop).await;
    assert_eq!(changes(&report), [change("status", "", "claimed")]);
    let list = shop
        .admin("GET", "/admin/v1/claims", &Value::Null)
        .await
        .json();
    assert_eq!(list["claims"].as_array().unwrap().len(), 2);
    assert_eq!(reconcile(&shop).await["changed"], 0, "once");
    // It is hers as soon as she comes.
    let encrypted = untold.encrypted_code().unwrap();
    assert_eq!(
        shop.claim(&told.session, &card_id, encrypted).await.status,
        200
    );
}

#[tokio::test]
async fn what_is_used_up_is_not_offered_and_the_last_second_counts() {
    let shop = Shop::open().await;
    let (id, card_id) = shop.coupon_with(|draft| draft["stock"] = json!(1)).await;
    let session = shop.login("alice").await;
    let offered = async || {
        let list = shop
            .service
            .call("GET", "/v1/coupons", &session, &Value::Null)
            .await;
        list.json()["coupons"].as_array().unwrap().len()
    };
    assert_eq!(offered().await, 1);
    shop.claimed_of("bob", &id, &card_id).await;
    reconcile(&shop).await;
    assert_eq!(offered().await, 0, "its stock is used up");

    let (id, _) = shop.coupon().await;
    shop.advance(30 * 86_400);
    let session = shop.login("alice").await;
    let offered = async || {
        let list = shop
            .service
            .call("GET", "/v1/coupons", &session, &Value::Null)
            .await;
        list.json()["coupons"].as_array().unwrap().len()
    };
    assert_eq!(
        (offered().await, shop.card_ext(&id, &session).await.status),
        (1, 200)
    );
    shop.advance(1);
    assert_eq!(
        (offered().await, shop.card_ext(&id, &session).await.status),
        (0, 409)
    );
}
