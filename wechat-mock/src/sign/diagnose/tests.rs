//! What is told from a hash: each mistake, by the text that it hashes.

use super::*;

mod bounds;

const CLAIM: Values<'_> = Values {
    api_ticket: "TICKET",
    timestamp: "1700000000",
    card_id: "pCard",
    nonce_str: "Nonce",
    code: "",
    openid: "",
    app_id: "",
    location_id: "",
    card_type: "",
};

const CHOICE: Values<'_> = Values {
    card_id: "",
    app_id: "wx0",
    ..CLAIM
};

fn stamp(timestamp: &str, nonce_str: &str, signature: &str, user: &str) -> Stamp {
    Stamp {
        timestamp: timestamp.to_owned(),
        nonce_str: nonce_str.to_owned(),
        signature: signature.to_owned(),
        user: user.to_owned(),
    }
}

/// The mistake that is told from a hash.
fn told(signed: Values<'_>, received: &str) -> &'static str {
    let secrets = [
        ("jsapi_ticket", "PAGE"),
        ("foreign_ticket", "FOREIGN"),
        ("expired_ticket", "EXPIRED"),
        ("app_secret", "SECRET"),
        ("access_token", "TOKEN"),
    ];
    let texts = |text: &str| vec![text.to_owned()];
    let material = Material {
        secrets: secrets
            .map(|(mistake, value)| OtherSecret {
                mistake,
                value: value.to_owned(),
            })
            .to_vec(),
        cards: texts("pOther"),
        codes: texts("SHOP-1"),
        openids: texts("oAlice"),
        app_ids: texts("wxOther"),
        urls: texts("https://shop.example/"),
    };
    let unsigned = [("outer_str", "table-7"), ("nonceStr", "Other")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    Evidence {
        signed,
        received,
        unsigned: &unsigned,
        material: &material,
        earlier: &[stamp("1600000000", "Earlier", "", "alice")],
    }
    .mistake()
}

/// The texts are written out: what the table says is not computed by what it checks.
fn each_is_told(rows: &[(&str, Values<'_>, &str)]) {
    for (expected, signed, joined) in rows {
        let received = hex::encode(Sha1::digest(joined));
        assert_eq!(told(*signed, &received), *expected, "{joined:?}");
    }
}

const WHOLE: Values<'_> = Values {
    code: "CODE",
    openid: "oBob",
    ..CLAIM
};
const DIGITS: Values<'_> = Values {
    nonce_str: "7",
    code: "CODE",
    ..CLAIM
};
const IN_MILLISECONDS: Values<'_> = Values {
    timestamp: "1700000000123",
    ..CLAIM
};
const WITH_BLANK: Values<'_> = Values {
    api_ticket: "TICKET ",
    ..CLAIM
};

const CLAIMS: &[(&str, Values<'_>, &str)] = &[
    ("jsapi_ticket", CLAIM, "1700000000NoncePAGEpCard"),
    ("foreign_ticket", CLAIM, "1700000000FOREIGNNoncepCard"),
    ("expired_ticket", CLAIM, "1700000000EXPIREDNoncepCard"),
    ("app_secret", CLAIM, "1700000000NonceSECRETpCard"),
    ("access_token", CLAIM, "1700000000NonceTOKENpCard"),
    (
        "page_signature",
        CLAIM,
        "jsapi_ticket=TICKET&noncestr=Nonce&timestamp=1700000000&url=https://shop.example/",
    ),
    (
        "page_signature",
        CLAIM,
        "jsapi_ticket=PAGE&noncestr=Nonce&timestamp=1700000000&url=table-7",
    ),
    (
        "page_signature",
        CLAIM,
        "jsapi_ticket=PAGE&noncestr=Nonce&timestamp=1700000000&url=",
    ),
    (
        "page_signature",
        CLAIM,
        "jsapi_ticket=PAGE&noncestr=Nonce&timestamp=1700000000",
    ),
    (
        "other",
        CLAIM,
        "jsapi_ticket=SECRET&noncestr=Nonce&timestamp=1700000000&url=",
    ),
    ("sorted_by_key", CLAIM, "TICKETpCardNonce1700000000"),
    ("unsorted", CLAIM, "TICKET1700000000pCardNonce"),
    ("unsorted", CLAIM, "pCardNonceTICKET1700000000"),
    ("reverse_sort", CLAIM, "pCardTICKETNonce1700000000"),
    ("numeric_sort", DIGITS, "71700000000TICKETpCardCODE"),
    ("numeric_sort", DIGITS, "71700000000CODETICKETpCard"),
    ("case_insensitive_sort", CLAIM, "1700000000NoncepCardTICKET"),
    (
        "key_value_pairs",
        CLAIM,
        "api_ticket=TICKET&card_id=pCard&nonce_str=Nonce&timestamp=1700000000",
    ),
    (
        "key_value_pairs",
        CLAIM,
        "ticket=TICKET&card_id=pCard&nonceStr=Nonce&timestamp=1700000000",
    ),
    (
        "key_value_pairs",
        CLAIM,
        "jsapi_ticket=TICKETcard_id=pCardnoncestr=Noncetimestamp=1700000000",
    ),
    (
        "joined_with_separator",
        CLAIM,
        "1700000000,Nonce,TICKET,pCard",
    ),
    (
        "joined_with_separator",
        CLAIM,
        "1700000000\nNonce\nTICKET\npCard",
    ),
    (
        "absent_as_text",
        CLAIM,
        "1700000000NonceTICKETpCardundefined",
    ),
    (
        "absent_as_text",
        CLAIM,
        "1700000000NonceTICKETnullnullpCard",
    ),
    (
        "absent_as_text",
        CLAIM,
        "1700000000NonceNoneNoneNoneTICKETpCard",
    ),
    (
        "absent_as_text",
        CLAIM,
        "1700000000TICKET[object Object]pCard",
    ),
    ("nonce_left_out", CLAIM, "1700000000TICKETpCard"),
    ("nonce_left_out", WHOLE, "1700000000CODETICKEToBobpCard"),
    ("code_left_out", WHOLE, "1700000000NonceTICKEToBobpCard"),
    ("openid_left_out", WHOLE, "1700000000CODENonceTICKETpCard"),
    ("value_left_out", CLAIM, "NonceTICKETpCard"),
    ("value_left_out", CLAIM, "1700000000NoncepCard"),
    ("value_left_out", CLAIM, "1700000000NonceTICKET"),
    (
        "outer_str_signed",
        CLAIM,
        "1700000000NonceTICKETpCardtable-7",
    ),
    (
        "outer_str_signed",
        CLAIM,
        "1700000000NonceOtherTICKETpCardtable-7",
    ),
    ("misspelt_key", CLAIM, "1700000000NonceOtherTICKETpCard"),
    (
        "code_not_in_card_ext",
        CLAIM,
        "1700000000NonceSHOP-1TICKETpCard",
    ),
    (
        "openid_not_in_card_ext",
        CLAIM,
        "1700000000NonceTICKEToAlicepCard",
    ),
    ("milliseconds", CLAIM, "1700000000007NonceTICKETpCard"),
    ("milliseconds", CLAIM, "1700000000.999NonceTICKETpCard"),
    (
        "milliseconds",
        IN_MILLISECONDS,
        "1700000000NonceTICKETpCard",
    ),
    ("other", IN_MILLISECONDS, "1700000000123007NonceTICKETpCard"),
    ("timestamp_differs", CLAIM, "1699999880NonceTICKETpCard"),
    ("timestamp_differs", CLAIM, "1700000120NonceTICKETpCard"),
    ("other", CLAIM, "1699999879NonceTICKETpCard"),
    ("other", CLAIM, "1700000121NonceTICKETpCard"),
    ("nonce_differs", CLAIM, "1700000000NONCETICKETpCard"),
    ("nonce_differs", CLAIM, "1700000000TICKETnoncepCard"),
    ("nonce_differs", CLAIM, "1700000000TICKETnonce_strpCard"),
    ("earlier_claim", CLAIM, "1700000000EarlierTICKETpCard"),
    ("earlier_claim", CLAIM, "1600000000NonceTICKETpCard"),
    ("earlier_claim", CLAIM, "1600000000EarlierTICKETpCard"),
    ("other_card", CLAIM, "1700000000NonceTICKETpOther"),
    ("stray_blank", CLAIM, "1700000000NonceTICKETpCard\r\n"),
    ("stray_blank", CLAIM, "\t1700000000NonceTICKETpCard"),
    ("stray_blank", CLAIM, "1700000000NonceTICKET pCard"),
    ("stray_blank", CLAIM, "\npCard1700000000NonceTICKET"),
    ("stray_blank", WITH_BLANK, "1700000000NonceTICKETpCard"),
    ("other", CLAIM, "anything else"),
    // These are mistakes of wx.chooseCard alone.
    ("other", CLAIM, "1700000000NonceTICKETpCardwxOther"),
    ("other", CLAIM, "1700000000GROUPONNonceTICKETpCard"),
];

#[test]
fn each_mistake_of_a_claim_is_told_from_the_text_that_it_hashes() {
    each_is_told(CLAIMS);
}

#[test]
fn each_mistake_of_a_choice_is_told_from_the_text_that_it_hashes() {
    let of_a_card = Values {
        card_id: "pCard",
        ..CHOICE
    };
    let of_a_type = Values {
        card_type: "CASH",
        ..CHOICE
    };
    each_is_told(&[
        ("app_id_left_out", CHOICE, "1700000000NonceTICKET"),
        ("choose_value_left_out", CHOICE, "1700000000TICKETwx0"),
        (
            "choose_value_left_out",
            of_a_card,
            "1700000000NonceTICKETwx0",
        ),
        (
            "choose_value_left_out",
            of_a_type,
            "1700000000NonceTICKETwx0",
        ),
        (
            "filter_not_passed",
            CHOICE,
            "1700000000NonceTICKETpOtherwx0",
        ),
        (
            "filter_not_passed",
            CHOICE,
            "1700000000GROUPONNonceTICKETwx0",
        ),
        (
            "filter_not_passed",
            of_a_card,
            "1700000000GROUPONNonceTICKETpCardwx0",
        ),
        (
            "filter_not_passed",
            of_a_type,
            "1700000000CASHNonceTICKETpOtherwx0",
        ),
        ("foreign_app_id", CHOICE, "1700000000NonceTICKETwxOther"),
        ("other_card", of_a_card, "1700000000NonceTICKETpOtherwx0"),
        ("other", of_a_type, "1700000000GROUPONNonceTICKETwx0"),
    ]);
}

/// The hashes were computed with Python's `hashlib` and `hmac`.
#[test]
fn the_right_text_under_another_hash_is_told() {
    let signed_in_base64 = Values {
        nonce_str: "Nonce4",
        ..CLAIM
    };
    for (expected, signed, received) in [
        (
            "upper_case_hex",
            CLAIM,
            "31CE751AF216DA52F2F6CE2220264339ECF61E68",
        ),
        (
            "stray_blank",
            CLAIM,
            "31ce751af216da52f2f6ce2220264339ecf61e68\n",
        ),
        (
            "stray_blank",
            CLAIM,
            " 31CE751AF216DA52F2F6CE2220264339ECF61E68",
        ),
        (
            "sha256",
            CLAIM,
            "b5993f890d28fe96b6e02eb8c3a3491a2c6928cc00b262822c19c571410f912b",
        ),
        ("md5", CLAIM, "F6C4E74FBD110A8290A63D4362DE4902"),
        ("base64", CLAIM, "Mc51GvIW2lLy9s4iICZDOez2Hmg="),
        ("base64", signed_in_base64, "TZGBvGPkeuSlZKbpwuQK/+yK/Fo="),
        ("base64", signed_in_base64, "TZGBvGPkeuSlZKbpwuQK_-yK_Fo\n"),
        // Keyed with the ticket: over all values by SHA-1 and SHA-256, and over those without the ticket.
        ("hmac", CLAIM, "7319086848bce33a90d1712e3d036fb0df9119e3"),
        (
            "hmac",
            CLAIM,
            "0f0199331f660440838142f357ef83835e54e396fe07d124ac65bc86f18721a9",
        ),
        ("hmac", CLAIM, "9b6dd0c85fdc3ab18241d644d130b1fcade1bdfe"),
        (
            "hmac",
            CLAIM,
            "d4c5de5bf6d2a48d76ef1df0e7502c222fb59a15a648b62dff7a8bc6eb2906d0",
        ),
        // The same with the AppSecret.
        ("hmac", CLAIM, "ccbbf4759aef9f6ff4123571593e3e732bf5e47a"),
        (
            "hmac",
            CLAIM,
            "820b7a91f20d5ca0c246b6ab1511dee08e085b6798322e70ea540ad71253420e",
        ),
        // With an access_token as its key it is nobody's mistake.
        ("other", CLAIM, "38c6db9461b026a03d4225f68d70ed8efa150fbf"),
        (
            "other",
            CLAIM,
            "f5565a7307506fd64081d20162b1f12b8d0df55ecf001257571f4e6b28f9b96b",
        ),
        ("other", CLAIM, ""),
    ] {
        assert_eq!(told(signed, received), expected, "{received:?}");
    }
}

#[test]
fn the_sums_are_shown() {
    let evidence = Evidence {
        signed: CLAIM,
        received: "abc",
        unsigned: &[],
        material: &Material::default(),
        earlier: &[],
    };
    assert_eq!(
        evidence.describe(),
        json!({
            "sorted": ["1700000000", "Nonce", "TICKET", "pCard"],
            "joined": "1700000000NonceTICKETpCard",
            "expected": "31ce751af216da52f2f6ce2220264339ecf61e68",
            "received": "abc",
        })
    );
}

#[test]
fn a_pair_that_comes_again_is_told_by_who_used_it_and_how_it_was_signed() {
    let now = stamp("17", "N", "abc", "alice");
    for (expected, earlier) in [
        (None, vec![]),
        (None, vec![stamp("17", "M", "abc", "alice")]),
        (None, vec![stamp("16", "N", "abc", "alice")]),
        (Some("card_ext_reused"), vec![now.clone()]),
        (Some("constant_nonce"), vec![stamp("17", "N", "abc", "bob")]),
        (
            Some("constant_nonce"),
            vec![stamp("17", "N", "abd", "alice")],
        ),
        (
            Some("constant_nonce"),
            vec![now.clone(), stamp("17", "N", "abd", "bob")],
        ),
        // What another pair was used for says nothing about this one.
        (
            Some("card_ext_reused"),
            vec![stamp("16", "N", "abd", "bob"), now.clone()],
        ),
    ] {
        assert_eq!(now.repeated(&earlier), expected, "{earlier:?}");
    }
}

#[test]
fn a_stamp_is_remembered_up_to_192_bytes_of_what_the_page_sent() {
    for (size, is_short) in [(191, true), (192, true), (193, false), (500, false)] {
        // The openid of the customer is ours and does not count.
        let stamp = stamp("1700000000", "满", &"a".repeat(size - 13), &"u".repeat(200));
        assert_eq!((stamp.size(), stamp.is_short()), (size, is_short));
    }
}
