//! What the library does in place of a call of the control API: signatures, the stream, sub-merchants.

use serde_json::{Value, json};
use wechat_mock::{
    AccountProfile, AddCardOutcome, ChooseCardOutcome, MockWechat, OpenCardOutcome, StreamMessage,
    sign::ChooseCardSigned,
};

use crate::support::{NOW, TestMock};

#[tokio::test]
async fn a_signature_is_told_right_from_wrong_without_a_claim() {
    let test = TestMock::start().await;
    let (card_id, signatures) = (test.create().await, test.mock.signatures());
    let ext = test.card_ext(&card_id, "n-1").await;
    let check = signatures.card_ext(&card_id, &ext).unwrap();
    assert!(check.is_ok() && check.rule.is_none(), "{check:?}");
    assert_eq!(check.expected, check.received);

    let mut wrong: Value = serde_json::from_str(&ext).unwrap();
    wrong["nonce_str"] = json!("n-2");
    let check = signatures.card_ext(&card_id, wrong.to_string()).unwrap();
    assert_eq!(
        (check.is_ok(), check.rule.as_deref()),
        (false, Some("WX-SIG-001"))
    );
    // What the check says is right is.
    wrong["signature"] = json!(check.expected);
    let check = signatures.card_ext(&card_id, wrong.to_string()).unwrap();
    assert!(check.is_ok());
    // An object is what a page passes that forgot to make a text of it.
    assert!(!signatures.card_ext(&card_id, wrong).unwrap().is_ok());

    let oa = test.mock.official_account().appid;
    let ticket = test.ticket("wx_card").await;
    let signed = ChooseCardSigned {
        api_ticket: &ticket,
        app_id: &oa,
        timestamp: &NOW.to_string(),
        nonce_str: "n",
        ..ChooseCardSigned::default()
    };
    let mut arguments = json!({
        "timestamp": NOW, "nonceStr": "n", "signType": "SHA1", "cardSign": signed.signature(),
    });
    assert!(signatures.choose_card(&oa, &arguments).unwrap().is_ok());
    arguments["shopId"] = json!("7");
    assert!(!signatures.choose_card(&oa, &arguments).unwrap().is_ok());
    arguments["shop"] = json!("7");
    let refused = signatures.choose_card(&oa, &arguments).unwrap_err();
    assert_eq!(refused.status, 422);

    test.ticket("jsapi").await;
    let url = "https://shop.example/?a=1";
    let mut arguments = json!({"timestamp": NOW, "nonceStr": "n", "signature": ""});
    let expected = signatures.page(&oa, url, &arguments).unwrap().expected;
    arguments["signature"] = json!(expected);
    let with_fragment = format!("{url}#coupons");
    assert!(
        signatures
            .page(&oa, &with_fragment, &arguments)
            .unwrap()
            .is_ok()
    );
    let other = signatures.page(&oa, "https://shop.example/", &arguments);
    let other = other.unwrap();
    assert!(!other.is_ok() && other.mistake.is_some());
    let page = test.mock.mini_program().appid;
    assert_eq!(
        signatures.page(&page, url, &arguments).unwrap_err().status,
        422
    );
    assert!(test.mock.journal().claims().is_empty());
}

#[tokio::test]
async fn a_subscription_hears_what_happens_in_its_order() {
    let test = TestMock::start().await;
    let card_id = test.create().await;
    let ext = test.card_ext(&card_id, "n-1").await;
    let mut stream = test.mock.subscribe().unwrap();
    let mut other = test.mock.subscribe().unwrap();

    test.ask("/card/getcolors").await;
    test.add_card("alice", &card_id, ext);
    test.mock.clock().advance(60).unwrap();
    test.mock.world().reset();

    let mut heard = Vec::new();
    loop {
        let message = stream.next().await.unwrap();
        heard.push(match &message {
            StreamMessage::Request(row) => row.path.clone(),
            StreamMessage::Claim(record) => record.outcome.clone(),
            StreamMessage::Event(event) => event.event.clone(),
            StreamMessage::Clock { now, frozen } => format!("{} {frozen}", now - NOW),
            StreamMessage::World { reason } => reason.clone(),
            other => panic!("{other:?}"),
        });
        assert_eq!(other.next().await, Some(message));
        if heard.last().is_some_and(|last| last == "reset") {
            break;
        }
    }
    for (before, after) in [
        ("/card/getcolors", "done"),
        ("done", "60 true"),
        ("60 true", "reset"),
    ] {
        let place = |text: &str| heard.iter().position(|one| one == text);
        assert!(
            place(before).is_some() && place(before) < place(after),
            "{heard:?}"
        );
    }
    assert!(heard.contains(&"user_get_card".to_owned()), "{heard:?}");
}

#[test]
fn a_reader_who_is_too_slow_hears_no_more_and_only_so_many_listen() {
    let mock = MockWechat::start_blocking();
    let mut slow = mock.subscribe().unwrap();
    for _ in 0..1_001 {
        mock.clock().freeze();
    }
    let mut heard = 0;
    while slow.next_blocking().is_some() {
        heard += 1;
    }
    assert_eq!(heard, 1_000);

    let all: Vec<_> = (0..100).map(|_| mock.subscribe().unwrap()).collect();
    let refused = mock.subscribe().unwrap_err();
    assert_eq!((refused.status, refused.code), (503, "too_many_readers"));
    drop(all);
    assert!(mock.subscribe().is_ok());
}

/// Written as JSON and read again.
fn again<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
    serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
}

#[tokio::test]
async fn what_the_phone_answers_can_be_written_and_read() {
    let test = TestMock::start().await;
    let card_id = test.create().await;
    let alice = test.mock.user("alice");
    let oa = test.mock.official_account().appid;
    let claimed = test.claim("alice", &card_id, "n-1").await;
    let read: AddCardOutcome = again(&claimed);
    assert_eq!(read, claimed);
    assert!(read.is_success() && read.encrypted_code().is_some());
    assert_eq!(again(&claimed.cards()), claimed.cards());

    let refused = alice.open_card(&oa, &card_id, "none").unwrap();
    let read: OpenCardOutcome = again(&refused);
    assert_eq!((read.rule(), &read), (Some("WX-OPN-002"), &refused));
    let refused = alice.choose_card(&oa, &json!({}), &[]).unwrap();
    let read: ChooseCardOutcome = again(&refused);
    assert_eq!(read, refused);

    assert!(serde_json::from_str::<AddCardOutcome>("{}").is_err());
}

#[test]
fn a_sub_merchant_is_refused_once_with_a_reason() {
    let mock = MockWechat::start_blocking();
    let (accounts, appid) = (mock.accounts(), mock.official_account().appid);
    let waiting = json!([
        {"merchant_id": 7, "brand_name": "Tea", "status": "CHECKING"},
        {"merchant_id": 8, "brand_name": "Bread", "status": "CHECKING"},
    ]);
    let profile = AccountProfile::default().set("sub_merchants", waiting);
    accounts.change(&appid, profile).unwrap();

    let brand = accounts
        .refuse_sub_merchant(&appid, 7, "no licence")
        .unwrap();
    assert_eq!(
        (brand.merchant_id, brand.status.as_str(), &brand["reason"]),
        (7, "REJECTED", &json!("no licence"))
    );
    let events = mock.events().of("card_merchant_check_result");
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].appid, appid);

    // It waits no more; the other one does.
    for again in [
        accounts.refuse_sub_merchant(&appid, 7, "still none"),
        accounts.approve_sub_merchant(&appid, 7),
    ] {
        assert_eq!(again.unwrap_err().status, 409);
    }
    let unknown = accounts.refuse_sub_merchant(&appid, 9, "nobody");
    assert_eq!(unknown.unwrap_err().status, 404);
    let nobody = accounts.refuse_sub_merchant("wx0000000000000000", 8, "nobody");
    assert_eq!(nobody.unwrap_err().status, 404);
    assert_eq!(mock.events().of("card_merchant_check_result").len(), 1);
    let brand = accounts.approve_sub_merchant(&appid, 8).unwrap();
    assert_eq!(brand.status, "APPROVED");
}
