//! How much is tried for one hash.

use super::*;

#[test]
fn what_is_tried_for_one_signature_is_bounded() {
    let texts = |count: usize, what: &str| {
        (0..count)
            .map(|number| format!("{what}-{number}"))
            .collect::<Vec<_>>()
    };
    let secrets = ["jsapi_ticket", "app_secret", "access_token"];
    let material = Material {
        secrets: texts(1000, "secret")
            .into_iter()
            .zip(secrets.into_iter().cycle())
            .map(|(value, mistake)| OtherSecret { mistake, value })
            .collect(),
        cards: texts(500, "card"),
        codes: texts(50, "code"),
        openids: texts(100, "openid"),
        urls: texts(1, "url"),
        app_ids: Vec::new(),
    };
    let unsigned: Vec<_> = texts(16, "member")
        .into_iter()
        .map(|name| (name.clone(), name))
        .collect();
    let earlier: Vec<_> = texts(64, "nonce")
        .into_iter()
        .map(|nonce_str| Stamp {
            timestamp: "1798000000".to_owned(),
            nonce_str,
            signature: String::new(),
            user: "alice".to_owned(),
        })
        .collect();
    let evidence = Evidence {
        signed: Values {
            api_ticket: "ticket",
            timestamp: "1798000000",
            card_id: "card",
            nonce_str: "Nonce",
            code: "code",
            openid: "openid",
            ..Values::default()
        },
        received: "0",
        unsigned: &unsigned,
        material: &material,
        earlier: &earlier,
    };

    let tried = evidence.candidates().count();
    assert!((5_000..10_000).contains(&tried), "{tried}");
    assert_eq!(evidence.mistake(), "other");
}

#[test]
fn what_is_tried_for_one_choice_is_bounded_too() {
    let texts = |count: usize, what: &str| -> Vec<String> {
        (0..count)
            .map(|number| format!("{what}-{number}"))
            .collect()
    };
    let secrets = texts(Material::FEW, "secret").into_iter();
    let material = Material {
        secrets: secrets
            .map(|value| OtherSecret {
                mistake: "jsapi_ticket",
                value,
            })
            .collect(),
        cards: texts(Material::FEW, "card"),
        app_ids: texts(Material::FEW, "app"),
        ..Material::default()
    };
    let evidence = Evidence {
        signed: Values {
            api_ticket: "ticket",
            timestamp: "1798000000",
            card_id: "card",
            nonce_str: "Nonce",
            app_id: "wx",
            location_id: "291710000",
            card_type: "GROUPON",
            ..Values::default()
        },
        received: "0",
        unsigned: &[],
        material: &material,
        earlier: &[],
    };

    let tried = evidence.candidates().count();
    assert!((5_000..10_000).contains(&tried), "{tried}");
}

#[test]
fn a_text_longer_than_any_claim_is_not_tried() {
    let mistake = |nonce_str: &str| {
        let signed = Values {
            api_ticket: "ticket",
            timestamp: "1798000000",
            card_id: "card",
            nonce_str,
            ..Values::default()
        };
        let without = Values {
            nonce_str: "",
            ..signed
        };
        Evidence {
            signed,
            received: &without.signature(),
            unsigned: &[],
            material: &Material::default(),
            earlier: &[],
        }
        .mistake()
    };
    // Ticket, timestamp and card are 20 bytes.
    assert_eq!(mistake(&"n".repeat(4076)), "nonce_left_out");
    assert_eq!(mistake(&"n".repeat(4077)), "other");
}
