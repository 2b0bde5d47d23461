//! Claims: whose code it is.

use serde_json::{Value, json};

use crate::support::{ADMIN, DAY, Shop, send};

#[tokio::test]
async fn a_repeated_claim_is_the_same_claim() {
    let shop = Shop::open().await;
    let first = shop.claimed("alice").await;
    let again = shop
        .claim(&first.session, &first.card_id, &first.encrypted)
        .await;
    assert_eq!(
        again.json(),
        json!({"code": first.code, "card_id": first.card_id, "status": "claimed"})
    );
    let mine = shop
        .service
        .call("GET", "/v1/claims", &first.session, &Value::Null)
        .await
        .json();
    assert_eq!(mine["claims"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_claim_stays_with_the_first_who_made_it() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    let bob = shop.login("bob").await;
    let answer = shop.claim(&bob, &claimed.card_id, &claimed.encrypted).await;
    assert_eq!(answer.error(), (403, "forbidden".to_owned()));
    let list = shop
        .service
        .call("GET", "/v1/claims", &bob, &Value::Null)
        .await
        .json();
    assert_eq!(list, json!({"claims": []}));
}

#[tokio::test]
async fn of_customers_who_claim_one_code_at_once_one_gets_it() {
    let shop = Shop::open().await;
    let (id, card_id) = shop.coupon().await;
    let sessions = [
        shop.login("alice").await,
        shop.login("bob").await,
        shop.login("carol").await,
    ];
    let outcome = shop.add_card("alice", &id, &sessions[0]).await;
    let encrypted = outcome.encrypted_code().unwrap();
    let claim = |session| shop.claim(session, &card_id, encrypted);
    let (a, b, c) = tokio::join!(
        claim(&sessions[0]),
        claim(&sessions[1]),
        claim(&sessions[2])
    );
    let mut statuses = [a.status, b.status, c.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 403, 403]);
}

#[tokio::test]
async fn a_claim_names_a_card_of_ours_and_the_right_one() {
    let shop = Shop::open().await;
    let (_, other) = shop.coupon().await;
    let claimed = shop.claimed("alice").await;
    let before = shop.calls("/card/code/decrypt");

    let unknown = shop
        .claim(&claimed.session, "pNobody", &claimed.encrypted)
        .await;
    assert_eq!(unknown.error(), (404, "not_found".to_owned()));
    assert_eq!(
        shop.calls("/card/code/decrypt"),
        before,
        "WeChat was not asked"
    );

    let wrong = shop
        .claim(&claimed.session, &other, &claimed.encrypted)
        .await;
    assert_eq!(
        (wrong.status, wrong.fields()),
        (422, vec!["card_id".to_owned()])
    );

    // The same for a code that the ledger does not know yet.
    let (id, card_id) = shop.coupon().await;
    let outcome = shop.add_card("alice", &id, &claimed.session).await;
    let encrypted = outcome.encrypted_code().unwrap();
    let wrong = shop.claim(&claimed.session, &other, encrypted).await;
    assert_eq!(
        (wrong.status, wrong.fields()),
        (422, vec!["card_id".to_owned()])
    );
    assert_eq!(
        shop.claim(&claimed.session, &card_id, encrypted)
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn what_is_no_encrypted_code_is_told_so() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    for text in [claimed.code.as_str(), "nonsense", "满减", "AAAA"] {
        let answer = shop.claim(&claimed.session, &claimed.card_id, text).await;
        assert_eq!(
            (answer.status, answer.fields()),
            (422, vec!["encrypt_code".to_owned()]),
            "{text}"
        );
    }
    let long = shop
        .claim(&claimed.session, &claimed.card_id, &"A".repeat(129))
        .await;
    assert_eq!(long.status, 422);
    for body in [
        json!({}),
        json!({"card_id": 1, "encrypt_code": null}),
        json!([]),
    ] {
        let answer = shop
            .service
            .call("POST", "/v1/claims", &claimed.session, &body)
            .await;
        assert_eq!(answer.status, 422, "{body}");
    }
}

#[tokio::test]
async fn the_admin_sees_the_ends_of_codes_and_a_spreadsheet_no_formula() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    let path = format!("/admin/v1/codes/{}/redeem", claimed.code);
    let till = json!({"staff": "=HYPERLINK(\"http://evil\")", "terminal": "收银台,1"});
    assert_eq!(shop.admin("POST", &path, &till).await.status, 200);

    let list = shop.admin("GET", "/admin/v1/claims", &Value::Null).await;
    assert!(!list.text.contains(&claimed.code));
    let shown = &list.json()["claims"][0];
    assert_eq!(
        shown["code"],
        json!(format!("********{}", &claimed.code[8..]))
    );
    assert_eq!(shown["status"], "redeemed");
    assert_eq!(shown["staff"], "=HYPERLINK(\"http://evil\")");

    let request = shop
        .service
        .request("GET", "/admin/v1/claims", ADMIN)
        .header("accept", "text/csv");
    let csv = send(request).await;
    assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
    assert!(!csv.text.contains(&claimed.code));
    let lines: Vec<&str> = csv.text.lines().collect();
    assert_eq!(lines.len(), 2);
    // Without the mark Excel reads the Chinese names as something else.
    assert!(lines[0].starts_with("\u{feff}code,card_id,status,customer,"));
    assert!(
        lines[1].contains("\"'=HYPERLINK(\"\"http://evil\"\")\",\"收银台,1\""),
        "{}",
        lines[1]
    );
}

#[tokio::test]
async fn csv_is_never_paged() {
    let shop = Shop::open().await;
    let (id, card_id) = shop
        .coupon_with(|draft| draft["limit_per_user"] = json!(50))
        .await;
    for _ in 0..3 {
        shop.claimed_of("alice", &id, &card_id).await;
    }
    let request = shop
        .service
        .request("GET", "/admin/v1/claims?limit=1", ADMIN);
    let csv = send(request.header("accept", "text/csv")).await;
    assert_eq!(csv.text.lines().count(), 4);
    let page = shop
        .admin("GET", "/admin/v1/claims?limit=1", &Value::Null)
        .await
        .json();
    assert_eq!(page["claims"].as_array().unwrap().len(), 1);
    assert!(page["next_cursor"].is_string());
}

#[tokio::test]
async fn a_claim_expires_by_the_clock() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    shop.advance(30 * DAY + 1);
    let session = shop.login("alice").await;
    let mine = shop
        .service
        .call("GET", "/v1/claims", &session, &Value::Null)
        .await
        .json();
    assert_eq!(mine["claims"][0]["status"], "expired");
    let answer = shop.redeem(&claimed.code).await;
    assert_eq!(answer.error(), (409, "not_redeemable".to_owned()));
    assert_eq!(answer.json()["error"]["reason"], "expired");
}
