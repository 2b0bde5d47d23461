//! Codes that the merchant puts in.

use serde_json::{Value, json};

use crate::support::TestMock;

#[tokio::test]
async fn deposited_codes_are_handed_out_in_order_and_keep_their_zeros() {
    let test = TestMock::start().await;
    let card_id = test.deposit_card().await;
    let call = json!({"card_id": card_id, "code": ["0002", "0001"]});
    assert_eq!(test.post("/card/code/deposit", &call).await.errcode(), 0);
    assert!(!test.claim("alice", &card_id, "no stock").await.is_success());
    let stock = json!({"card_id": card_id, "increase_stock_value": 2});
    assert_eq!(test.post("/card/modifystock", &stock).await.errcode(), 0);

    let get = json!({"code": "0002", "card_id": card_id});
    assert_eq!(test.post("/card/code/get", &get).await.errcode(), 40056);
    assert_eq!(test.claimed_of("alice", &card_id, "1").await, "0002");
    assert_eq!(test.claimed_of("bob", &card_id, "2").await, "0001");
    assert_eq!(test.post("/card/code/get", &get).await.errcode(), 0);
    let refused = test.claim("carol", &card_id, "3").await;
    assert_eq!(refused.err_msg(), "addCard:fail (已领完)");

    // What was handed out counts on, and cannot be put in again.
    let count = test
        .post("/card/code/getdepositcount", &json!({"card_id": card_id}))
        .await;
    assert_eq!(count.json()["count"], 2);
    let again = test.post("/card/code/deposit", &call).await.json();
    assert_eq!(again["duplicate_code"], json!(["0002", "0001"]));
    let more = test
        .post(
            "/card/modifystock",
            &json!({"card_id": card_id, "increase_stock_value": 1}),
        )
        .await;
    assert_eq!(more.errcode(), 40136);
}

#[tokio::test]
async fn a_deposit_survives_export_and_import() {
    let test = TestMock::start().await;
    let card_id = test.deposit_card().await;
    for (path, call) in [
        (
            "/card/code/deposit",
            json!({"card_id": card_id, "code": ["01", "02", "03"]}),
        ),
        (
            "/card/modifystock",
            json!({"card_id": card_id, "increase_stock_value": 3}),
        ),
    ] {
        assert_eq!(test.post(path, &call).await.errcode(), 0);
    }
    assert_eq!(test.claimed_of("alice", &card_id, "1").await, "01");
    let world = test.control("GET", "world", &Value::Null).await.json();
    assert_eq!(test.control("PUT", "world", &world).await.status, 200);
    assert_eq!(test.claimed_of("bob", &card_id, "2").await, "02");
}
