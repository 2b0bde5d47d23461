//! Signatures: known answers and properties.

use proptest::prelude::*;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use wechat_client::{
    AddCardItem, CardCode, CardExt, CardExtRequest, CardId, CardTicket, Nonce, OpenId, Timestamp,
    card_signature,
};

#[test]
fn every_published_signature_comes_out() {
    let (mut checked, mut others) = (0, Vec::new());
    for vector in fixtures::signature_vectors().as_array().unwrap() {
        // A page signature is over pairs, not over values.
        if vector["kind"] == "jsapi_config" {
            others.push(&vector["kind"]);
            continue;
        }
        // What was sorted is what was signed, be it rightly or (in one captured case) too little.
        let sorted = vector["sorted"].as_array().unwrap();
        let values = sorted.iter().map(|value| value.as_str().unwrap());
        assert_eq!(
            card_signature(values.rev()),
            vector["sha1"].as_str().unwrap(),
            "{vector}"
        );
        checked += 1;
    }
    assert_eq!((checked, others.len()), (13, 2));
}

#[test]
fn the_inputs_of_every_published_claim_sign_to_its_hash() {
    let mut checked = 0;
    for vector in fixtures::signature_vectors().as_array().unwrap() {
        if vector["kind"] != "addCard" {
            continue;
        }
        let inputs = vector["inputs"].as_object().unwrap();
        let values = inputs.values().filter_map(Value::as_str);
        assert_eq!(
            card_signature(values),
            vector["sha1"].as_str().unwrap(),
            "{vector}"
        );
        checked += 1;
    }
    assert_eq!(checked, 9);
}

fn values() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec("[ -~]{0,24}|[一-龥]{1,4}", 0..8)
}

fn signature(values: &[String]) -> String {
    card_signature(values.iter().map(String::as_str))
}

proptest! {
    #[test]
    fn the_order_of_values_does_not_matter(
        (values, shuffled) in values().prop_flat_map(|values| {
            (Just(values.clone()), Just(values).prop_shuffle())
        }),
    ) {
        prop_assert_eq!(signature(&values), signature(&shuffled));
    }

    #[test]
    fn it_is_the_sha1_of_the_sorted_bytes_joined(values in values()) {
        let mut bytes: Vec<&[u8]> = values.iter().map(String::as_bytes).collect();
        bytes.sort();
        prop_assert_eq!(signature(&values), hex::encode(Sha1::digest(bytes.concat())));
    }

    #[test]
    fn empty_values_add_nothing(values in values(), empty in 1..4_usize) {
        let mut more = values.clone();
        more.extend(std::iter::repeat_n(String::new(), empty));
        prop_assert_eq!(signature(&values), signature(&more));
    }

    #[test]
    fn another_value_gives_another_signature(
        // Of one length each, so that the joined texts differ wherever a value does.
        values in proptest::collection::vec("[A-Za-z0-9]{8}", 1..6),
        at: prop::sample::Index,
        other in "[A-Za-z0-9]{8}",
    ) {
        let mut changed = values.clone();
        let at = at.index(values.len());
        prop_assume!(!values.contains(&other));
        changed[at] = other;
        prop_assert_ne!(signature(&values), signature(&changed));
    }

    #[test]
    fn card_ext_holds_exactly_what_was_signed(
        ticket in "[A-Za-z0-9_-]{86}",
        seconds in 1_000_000_000..=i64::from(u32::MAX),
        nonce in "[A-Za-z0-9]{1,32}",
        code in proptest::option::of("[0-9]{1,20}"),
        openid in proptest::option::of("o[A-Za-z0-9_-]{27}"),
        outer_str in proptest::option::of("[ -~]{1,20}"),
    ) {
        let card_id = CardId::from("pjZ8Yt1XGILfi-FUsewpnnolGgZk");
        let code = code.map(CardCode::from);
        let openid = openid.map(OpenId::from);
        let ext = CardExt::sign(&CardTicket::from(ticket.as_str()), CardExtRequest {
            card_id: &card_id,
            timestamp: Timestamp::from_seconds(seconds).unwrap(),
            nonce: Nonce::new(nonce.as_str()).unwrap(),
            code: code.as_ref(),
            openid: openid.as_ref(),
            outer_str: outer_str.as_deref(),
            fixed_begin: None,
        });
        let item: Value = serde_json::to_value(AddCardItem::new(card_id.clone(), &ext)).unwrap();
        // The page hands over a text, and what stands in it is what was signed.
        let json: Value = serde_json::from_str(item["cardExt"].as_str().unwrap()).unwrap();
        let text = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
        prop_assert_eq!(&json["timestamp"], &json!(seconds.to_string()));
        prop_assert_eq!(text("outer_str"), outer_str.unwrap_or_default());
        let signed = [
            ticket, text("timestamp"), card_id.to_string(), text("nonce_str"), text("code"), text("openid"),
        ];
        prop_assert_eq!(text("signature"), signature(&signed));
        prop_assert!(json.as_object().unwrap().values().all(Value::is_string));
    }
}

#[test]
fn a_nonce_is_fresh_and_fits() {
    let (one, two) = (Nonce::random(), Nonce::random());
    assert_ne!(one, two);
    assert_eq!(one.as_str().len(), Nonce::MAX);
    for text in ["", "with blank", "一", &"n".repeat(33)] {
        assert!(Nonce::new(text).is_err(), "{text}");
    }
}
