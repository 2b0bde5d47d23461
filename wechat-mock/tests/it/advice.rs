//! What merely got away: done as asked, with an advice in the journal.

use serde_json::{Value, json};

use crate::support::TestMock;

/// Rule and place of each advice in a row or record.
fn advice(of: &Value) -> Vec<(String, String)> {
    let rows = of["advice"].as_array().into_iter().flatten();
    rows.map(|row| {
        assert_eq!(row["severity"], "advice", "{row}");
        for language in ["en", "zh"] {
            assert!(row["statement"][language].is_string(), "{row}");
            assert!(row["fix"][language].is_string(), "{row}");
        }
        let text = |key: &str| row[key].as_str().unwrap().to_owned();
        (text("rule"), text("at"))
    })
    .collect()
}

/// The advice on the latest call of a path, by its row and by its record.
fn latest(test: &TestMock, path: &str) -> Vec<(String, String)> {
    let rows = test.mock.journal().of_path(path);
    let row = rows.last().unwrap();
    assert_eq!(row["errcode"], 0, "{row:?}");
    let record = test
        .mock
        .journal()
        .explain(row["id"].as_str().unwrap())
        .unwrap();
    assert_eq!(advice(record.raw()), advice(row.raw()));
    advice(row.raw())
}

fn named(advice: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = advice.iter();
    pairs
        .map(|(rule, at)| ((*rule).to_owned(), (*at).to_owned()))
        .collect()
}

#[tokio::test]
async fn a_card_as_documented_gets_no_advice() {
    let test = TestMock::start().await;
    let card_id = test.create().await;
    assert_eq!(latest(&test, "/card/create"), []);
    assert_eq!(latest(&test, "/cgi-bin/media/uploadimg"), []);
    let outcome = test.claim("alice", &card_id, "n").await;
    assert_eq!(advice(&outcome.explain()["cards"][0]), []);
}

#[tokio::test]
async fn a_secret_out_of_place_is_an_advice_and_stays_secret() {
    let test = TestMock::start().await;
    let card_id = test.create().await;
    let secret = test.mock.official_account().secret;
    let path = format!("/card/get?secret={secret}");
    let body = json!({"card_id": card_id, "access_token": test.token});
    assert_eq!(test.post(&path, &body).await.errcode(), 0);
    let expected = [
        ("WX-ADV-005", "secret in the query"),
        ("WX-ADV-005", "access_token in the body"),
    ];
    assert_eq!(latest(&test, "/card/get"), named(&expected));
    let rows = test.control("GET", "requests", &Value::Null).await;
    assert!(!rows.text().contains(&secret) && !rows.text().contains(&test.token));
}

#[tokio::test]
async fn the_escapes_of_an_old_library_are_named_by_their_place() {
    let test = TestMock::start().await;
    let mut card = test.seed_card().await;
    let node = &mut card["card"]["general_coupon"];
    node["base_info"]["notice"] = json!("%E8%AF%B7%21");
    node["advanced_info"] = json!({"text_image_list": [{"text": "(满减)%2A"}]});
    node["default_detail"] = json!("%28满减%29");
    test.post_text(
        "/card/create",
        "application/x-www-form-urlencoded",
        &card.to_string(),
    )
    .await;
    let expected = [
        ("WX-ADV-007", "Content-Type"),
        ("WX-ADV-006", "base_info.notice"),
        ("WX-ADV-006", "advanced_info.text_image_list[0].text"),
        ("WX-ADV-006", "general_coupon.default_detail"),
    ];
    assert_eq!(latest(&test, "/card/create"), named(&expected));

    // A percent sign in a body that is labelled rightly is meant.
    test.post("/card/create", &card).await;
    assert_eq!(latest(&test, "/card/create"), []);
}

#[tokio::test]
async fn what_earlier_editions_had_is_taken_with_an_advice() {
    let test = TestMock::start().await;
    test.create_with(|base| {
        base["date_info"]["type"] = json!(1);
        base["sub_title"] = json!("每桌一张");
        base["sku"]["quantity"] = json!("100");
        base["location_id_list"] = json!([123, "456"]);
    })
    .await;
    let expected = [
        ("WX-ADV-010", "base_info.sku.quantity"),
        ("WX-ADV-008", "base_info.date_info.type"),
        ("WX-ADV-010", "base_info.location_id_list[1]"),
        ("WX-ADV-021", "base_info.location_id_list"),
        ("WX-ADV-009", "base_info.sub_title"),
    ];
    let mut told = latest(&test, "/card/create");
    told.sort();
    let mut expected = named(&expected);
    expected.sort();
    assert_eq!(told, expected);
}

#[tokio::test]
async fn old_members_of_card_ext_are_taken_with_an_advice() {
    let test = TestMock::start().await;
    let card_id = test.create().await;
    let mut ext: Value = serde_json::from_str(&test.card_ext(&card_id, "n").await).unwrap();
    ext["outer_id"] = json!(7);
    ext["fixed_begintimestamp"] = json!("1798000000");
    let outcome = test.add_card("alice", &card_id, ext.to_string());
    assert!(outcome.is_success());
    let expected = [
        ("WX-ADV-009", "cardExt.outer_id"),
        ("WX-ADV-010", "cardExt.fixed_begintimestamp"),
    ];
    assert_eq!(advice(&outcome.explain()["cards"][0]), named(&expected));
}

#[tokio::test]
async fn a_token_that_is_fetched_too_soon_or_by_post_is_an_advice() {
    let test = TestMock::start().await;
    assert_eq!(latest(&test, "/cgi-bin/token"), []);
    test.mock.clock().advance(299).unwrap();
    test.token_of("oa").await;
    let expected = [("WX-ADV-012", "the former token was 299 s old")];
    assert_eq!(latest(&test, "/cgi-bin/token"), named(&expected));

    test.mock.clock().advance(300).unwrap();
    let oa = test.mock.official_account();
    let path = format!(
        "/cgi-bin/token?grant_type=client_credential&appid={}&secret={}",
        oa.appid, oa.secret
    );
    test.send(test.request("POST", &path)).await;
    assert_eq!(
        latest(&test, "/cgi-bin/token"),
        named(&[("WX-ADV-011", "POST")])
    );
}
