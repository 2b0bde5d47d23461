//! Lists that come page by page.

use serde_json::{Value, json};
use wechat_client::{CardStatus, ErrCode, merchant::MerchantStatus};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_partial_json, path},
};

use crate::support::{calls, client, refusal, server};

const LIST: &str = "/card/batchget";

/// Answers the page that begins at an offset, so many times.
async fn page(server: &MockServer, offset: u64, times: u64, answer: &Value) {
    Mock::given(path(LIST))
        .and(body_partial_json(json!({"offset": offset, "count": 50})))
        .respond_with(ResponseTemplate::new(200).set_body_json(answer))
        .up_to_n_times(times)
        .mount(server)
        .await;
}

fn ids(numbers: std::ops::Range<u32>, total: u64) -> Value {
    let ids: Vec<String> = numbers.map(|number| format!("p{number}")).collect();
    json!({"errcode": 0, "errmsg": "ok", "card_id_list": ids, "total_num": total})
}

#[tokio::test]
async fn a_list_of_two_pages_is_asked_for_as_it_is_read() {
    let server = server().await;
    page(&server, 0, 1, &ids(0..50, 70)).await;
    page(&server, 50, 1, &ids(50..70, 70)).await;
    let mut cards = client(&server).cards(&[CardStatus::VerifyOk]);
    assert!(
        calls(&server, LIST).await.is_empty(),
        "nothing is asked yet"
    );

    for number in 0..50 {
        let card_id = cards.try_next().await.unwrap().unwrap();
        assert_eq!(card_id.as_str(), format!("p{number}"));
    }
    assert_eq!(calls(&server, LIST).await.len(), 1);
    assert_eq!(cards.try_collect().await.unwrap().len(), 20);
    assert_eq!(calls(&server, LIST).await.len(), 2);
}

#[tokio::test]
async fn a_list_that_is_empty_has_no_item() {
    let server = server().await;
    page(&server, 0, 1, &ids(0..0, 0)).await;
    let mut cards = client(&server).cards(&[]);
    assert_eq!(cards.try_next().await.unwrap(), None);
    assert_eq!(cards.try_next().await.unwrap(), None);
    assert_eq!(calls(&server, LIST).await.len(), 1, "the end is remembered");
}

#[tokio::test]
async fn an_empty_page_ends_a_list_whose_total_promises_more() {
    let server = server().await;
    page(&server, 0, 1, &ids(0..2, 9)).await;
    page(&server, 2, 1, &ids(2..2, 9)).await;
    let cards = client(&server).cards(&[]).try_collect().await.unwrap();
    assert_eq!(cards.len(), 2);
}

#[tokio::test]
async fn a_list_without_a_total_ends_with_its_empty_page() {
    let server = server().await;
    let listed = json!({"errcode": 0, "errmsg": "ok", "card_id_list": ["p1"]});
    let nothing = json!({"errcode": 0, "errmsg": "ok", "card_id_list": []});
    page(&server, 0, 1, &listed).await;
    page(&server, 1, 1, &nothing).await;
    let cards = client(&server).cards(&[]).try_collect().await.unwrap();
    assert_eq!(cards, ["p1".into()]);
}

#[tokio::test]
async fn a_refusal_midway_loses_nothing() {
    let server = server().await;
    page(&server, 0, 1, &ids(0..50, 51)).await;
    page(&server, 50, 1, &refusal(45009)).await;
    page(&server, 50, 1, &ids(50..51, 51)).await;
    let mut cards = client(&server).cards(&[]);
    for _ in 0..50 {
        cards.try_next().await.unwrap().unwrap();
    }
    let refused = cards.try_next().await.unwrap_err();
    assert_eq!(refused.errcode(), Some(ErrCode::QUOTA));
    let card_id = cards.try_next().await.unwrap().unwrap();
    assert_eq!(card_id.as_str(), "p50");
    assert_eq!(cards.try_next().await.unwrap(), None);
}

#[tokio::test]
async fn a_list_by_ids_goes_on_where_the_page_says_until_that_leads_nowhere() {
    const MERCHANTS: &str = "/card/submerchant/batchget";
    let server = server().await;
    let merchant = |id: u64| json!({"merchant_id": id, "status": "APPROVED"});
    for (begin, ids, next) in [(0, [3, 7], json!(8)), (8, [9, 11], json!("8"))] {
        let list: Vec<Value> = ids.into_iter().map(merchant).collect();
        let answer = json!({"errcode": 0, "info_list": list, "next_begin_id": next});
        Mock::given(path(MERCHANTS))
            .and(body_partial_json(json!({"begin_id": begin, "limit": 100})))
            .respond_with(ResponseTemplate::new(200).set_body_json(answer))
            .mount(&server)
            .await;
    }
    let merchants = client(&server).merchants(MerchantStatus::Approved);
    let merchants = merchants.try_collect().await.unwrap();
    let ids: Vec<u64> = merchants
        .iter()
        .map(|merchant| merchant.merchant_id.number())
        .collect();
    assert_eq!(ids, [3, 7, 9, 11]);
    assert_eq!(calls(&server, MERCHANTS).await.len(), 2);
}
