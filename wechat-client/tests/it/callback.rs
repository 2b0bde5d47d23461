//! Pushes: verified, opened, read, answered.

use proptest::prelude::*;
use serde_json::Value;
use wechat_client::callback::{
    Callback, CallbackError, CallbackQuery, EncodingAesKey, Event, Push,
};

mod push;

const TOKEN: &str = "AAAAA";
const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const APP: &str = "wx0123456789abcdef";

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap_or_default()
}

fn rows(table: &'static Value) -> impl Iterator<Item = &'static Value> {
    table.as_array().unwrap().iter()
}

/// The account of a vector, and the query that its push comes with.
fn account(row: &Value) -> (Callback, CallbackQuery) {
    let key = row["encoding_aes_key"].as_str();
    let key = key.map(|key| EncodingAesKey::parse(key).unwrap());
    let sealed = !row["encrypt"].is_null();
    let query = CallbackQuery {
        signature: text(row, "signature").to_owned(),
        timestamp: text(row, "timestamp").to_owned(),
        nonce: text(row, "nonce").to_owned(),
        echostr: text(row, "echostr").to_owned(),
        encrypt_type: if sealed { "aes" } else { "raw" }.to_owned(),
        msg_signature: text(row, "msg_signature").to_owned(),
    };
    let callback = Callback::new(text(row, "token").into(), key, text(row, "appid").into());
    (callback, query)
}

/// The body of a vector; where none is printed, one with its sealed text.
fn body(row: &Value) -> String {
    row["body"].as_str().map_or_else(
        || {
            format!(
                "<xml><Encrypt><![CDATA[{}]]></Encrypt></xml>",
                text(row, "encrypt")
            )
        },
        str::to_owned,
    )
}

#[test]
fn every_vector_is_verified_opened_and_sealed_again() {
    let (mut urls, mut sealed) = (0, 0);
    for row in rows(fixtures::msgcrypt_vectors()) {
        let (callback, query) = account(row);
        if row["encrypt"].is_null() {
            assert_eq!(
                callback.verify_url(&query),
                Ok(text(row, "echostr")),
                "{row}"
            );
            urls += 1;
            continue;
        }
        let body = body(row);
        let opened = callback.message(&query, body.as_bytes());
        assert_eq!(opened.as_deref(), Ok(text(row, "plaintext")), "{row}");

        let random = hex::decode(text(row, "random16_hex")).unwrap();
        let timestamp = query.timestamp.parse().unwrap();
        let again = callback.seal_with(
            text(row, "plaintext"),
            timestamp,
            &query.nonce,
            random.try_into().unwrap(),
        );
        let again = again.unwrap();
        assert_eq!(again.encrypt(), text(row, "encrypt"), "{row}");
        assert_eq!(again.msg_signature(), text(row, "msg_signature"), "{row}");
        if let Some(xml) = row["reply_xml"].as_str() {
            assert_eq!(again.to_xml(), xml);
        }
        if row["reply_json"].is_object() {
            let json: Value = serde_json::from_str(&again.to_json()).unwrap();
            assert_eq!(json, row["reply_json"]);
        }
        sealed += 1;
    }
    assert_eq!((urls, sealed), (4, 18));
}

#[test]
fn every_spoilt_vector_is_refused_for_its_reason() {
    for row in rows(fixtures::msgcrypt_negatives()) {
        let base = rows(fixtures::msgcrypt_vectors()).find(|base| base["id"] == row["base"]);
        let mut spoilt = base.unwrap().clone();
        for (name, value) in row["override"].as_object().unwrap() {
            spoilt[name] = value.clone();
        }
        spoilt["body"] = Value::Null;
        if row["reject"] == "key" {
            assert!(EncodingAesKey::parse(text(&spoilt, "encoding_aes_key")).is_err());
            continue;
        }
        let (callback, query) = account(&spoilt);
        let refused = callback
            .message(&query, body(&spoilt).as_bytes())
            .unwrap_err();
        let reject = match refused {
            CallbackError::Signature => "signature",
            CallbackError::AnotherApp => "appid",
            CallbackError::Unreadable(_) => "unreadable",
            _ => panic!("{refused}"),
        };
        assert_eq!(row["reject"], reject, "{row}");
    }
}

#[test]
fn a_key_is_43_characters_with_loose_last_bits() {
    for last in ["E", "F", "G", "H"] {
        assert!(EncodingAesKey::parse(&format!("{}{last}", &KEY[..42])).is_ok());
    }
    for wrong in [
        "",
        &KEY[..42],
        &format!("{KEY}="),
        &KEY.replace('a', "*"),
        &format!("{KEY}A"),
    ] {
        assert!(EncodingAesKey::parse(wrong).is_err(), "{wrong}");
    }
}

fn shown(event: &Event) -> String {
    format!("{event:#?}")
}

#[test]
fn every_event_is_read() {
    let mut all = String::new();
    for row in rows(fixtures::pushes()) {
        let push = Push::parse(text(row, "xml")).unwrap();
        assert_eq!(push.event.name(), text(row, "event"));
        assert!(!matches!(push.event, Event::Unknown { .. }), "{row}");
        assert_eq!(push.to_user_name, "gh_0123456789ab");
        assert_eq!(push.from_user_name.as_str(), "oAbCdE1111111111111111111111");
        assert_eq!(push.create_time, 1_700_000_000);
        assert_eq!(push.raw, text(row, "xml"));
        all += &shown(&push.event);
        all += "\n";
    }
    assert_eq!(rows(fixtures::pushes()).count(), 17);
    insta::assert_snapshot!("every_event", all);
}

/// A claim as its sample has it.
fn claim() -> &'static str {
    let row = rows(fixtures::pushes()).find(|row| row["event"] == "user_get_card");
    text(row.unwrap(), "xml")
}

fn callback() -> Callback {
    Callback::new(
        TOKEN.into(),
        Some(EncodingAesKey::parse(KEY).unwrap()),
        APP.into(),
    )
}

/// The query of a push in clear, with the right signature.
fn plain() -> CallbackQuery {
    CallbackQuery::parse(
        "signature=899cf89e464efb63f54ddac96b0a0a235f53aa78&timestamp=1714037059&nonce=486452656&openid=o1",
    )
}

/// A sealed push: its query and its body.
fn sealed(message: &str) -> (CallbackQuery, String) {
    let sealed = callback()
        .seal(message, 1_714_037_059, "486452656")
        .unwrap();
    let query = CallbackQuery {
        encrypt_type: "aes".to_owned(),
        msg_signature: sealed.msg_signature().to_owned(),
        ..plain()
    };
    (query, sealed.to_xml())
}

#[test]
fn a_push_in_clear_needs_the_signature() {
    let callback = Callback::new(TOKEN.into(), None, APP.into());
    assert!(callback.open(&plain(), claim().as_bytes()).is_ok());
    for signature in [
        "",
        "899cf89e464efb63f54ddac96b0a0a235f53aa79",
        "899CF89E464EFB63F54DDAC96B0A0A235F53AA78",
    ] {
        let query = CallbackQuery {
            signature: signature.to_owned(),
            ..plain()
        };
        assert_eq!(
            callback.open(&query, claim().as_bytes()).unwrap_err(),
            CallbackError::Signature
        );
        assert_eq!(callback.verify_url(&query), Err(CallbackError::Signature));
    }
    let nothing = CallbackQuery::parse("");
    assert_eq!(
        callback.open(&nothing, b"").unwrap_err(),
        CallbackError::Signature
    );
    let cut = callback
        .open(&plain(), &claim().as_bytes()[..50])
        .unwrap_err();
    assert!(matches!(cut, CallbackError::Unreadable(_)));
    let long = vec![b' '; 2 * 1024 * 1024];
    assert!(matches!(
        callback.open(&plain(), &long),
        Err(CallbackError::Unreadable(_))
    ));
    assert!(matches!(
        callback.open(&plain(), b"\xff"),
        Err(CallbackError::Unreadable(_))
    ));
}

#[test]
fn a_sealed_push_needs_the_key_and_its_own_signature() {
    let (query, body) = sealed(claim());
    let opened = callback().open(&query, body.as_bytes()).unwrap();
    assert_eq!(opened.raw, claim());

    let keyless = Callback::new(TOKEN.into(), None, APP.into());
    let refused = keyless.open(&query, body.as_bytes()).unwrap_err();
    assert_eq!(refused, CallbackError::SealedWithoutKey);

    // The plain signature is right, and says nothing about what is sealed.
    for msg_signature in [String::new(), plain().signature] {
        let query = CallbackQuery {
            msg_signature,
            ..query.clone()
        };
        let refused = callback().open(&query, body.as_bytes()).unwrap_err();
        assert_eq!(refused, CallbackError::Signature);
    }
    let stranger = Callback::new(
        TOKEN.into(),
        Some(EncodingAesKey::parse(KEY).unwrap()),
        "wx1".into(),
    );
    let refused = stranger.open(&query, body.as_bytes()).unwrap_err();
    assert_eq!(refused, CallbackError::AnotherApp);
}

#[test]
fn in_compatible_mode_what_is_sealed_counts() {
    let (query, body) = sealed(claim());
    let beside = claim().replace("018255396048", "999999999999");
    let body = body.replace("<xml>", beside.trim_end_matches("</xml>"));
    let push = callback().open(&query, body.as_bytes()).unwrap();
    assert_eq!(push.elements.get("UserCardCode"), Some("018255396048"));
}

#[test]
fn a_broken_envelope_is_wechats_when_the_plain_signature_says_so() {
    let (query, body) = sealed(claim());
    for broken in [
        &body.as_bytes()[..40],
        b"<xml><ToUserName>gh_0</ToUserName></xml>",
    ] {
        let kept = callback().open(&query, broken).unwrap_err();
        assert!(matches!(kept, CallbackError::Unreadable(_)), "{kept}");
        let anybodys = CallbackQuery {
            signature: String::new(),
            ..query.clone()
        };
        assert_eq!(
            callback().open(&anybodys, broken).unwrap_err(),
            CallbackError::Signature
        );
    }
}

#[test]
fn nothing_of_a_callback_prints_a_secret_or_a_code() {
    let (query, body) = sealed(claim());
    let push = callback().open(&query, body.as_bytes()).unwrap();
    let answer = callback().seal("hush", 1, "n").unwrap();
    let shown = format!(
        "{:?} {query:?} {push:?} {:?} {answer:?}",
        callback(),
        push.elements
    );
    for secret in [
        TOKEN,
        KEY,
        "018255396048",
        &query.signature,
        &query.msg_signature,
        answer.encrypt(),
    ] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[test]
fn what_is_printed_says_when_and_what_kind() {
    let (query, _) = sealed(claim());
    assert_eq!(
        format!("{query:?}"),
        r#"CallbackQuery { timestamp: "1714037059", encrypt_type: "aes", .. }"#
    );
    let key = EncodingAesKey::parse(KEY).unwrap();
    assert_eq!(format!("{key:?}"), "EncodingAesKey([redacted])");
    let push = "<xml><FromUserName>o1</FromUserName><CreateTime>7</CreateTime>\
                <Event>user_del_card</Event><CardId>p1</CardId>\
                <UserCardCode>018255396048</UserCardCode></xml>";
    let push = Push::parse(push).unwrap();
    assert_eq!(
        format!("{:?}", push.elements),
        r#"["FromUserName", "CreateTime", "Event", "CardId", "UserCardCode"]"#
    );
    assert_eq!(
        format!("{push:?}"),
        "Push { from_user_name: OpenId(\"o1\"), create_time: 7, event: UserDelCard(UserDelCard { \
         card_id: CardId(\"p1\"), code: CardCode(…6048) }), .. }"
    );
    let answer = callback().seal("hush", 1, "n").unwrap();
    assert_eq!(format!("{answer:?}"), "Sealed { timestamp: 1, .. }");
}

#[test]
fn a_query_is_good_for_some_seconds_around_its_time() {
    let taken = |timestamp: &str, now, window| {
        let query = CallbackQuery {
            timestamp: timestamp.to_owned(),
            ..CallbackQuery::default()
        };
        query.check_time(now, window)
    };
    for (timestamp, now, window, is_taken) in [
        ("1700000000", 1_700_000_000, 0, true),
        ("1700000000", 1_700_000_001, 0, false),
        ("1700000000", 1_700_000_300, 300, true),
        ("1700000000", 1_700_000_301, 300, false),
        ("1700000000", 1_699_999_700, 300, true),
        ("1700000000", 1_699_999_699, 300, false),
        ("", 0, 300, false),
        ("now", 0, 300, false),
        ("1700000000.5", 1_700_000_000, 300, false),
        ("99999999999999999999", 1_700_000_000, 300, false),
        ("-9223372036854775808", i64::MAX, i64::MAX, false),
    ] {
        let expected = if is_taken {
            Ok(())
        } else {
            Err(CallbackError::OutOfTime)
        };
        assert_eq!(
            taken(timestamp, now, window),
            expected,
            "{timestamp} at {now}, give or take {window}"
        );
    }
}

#[test]
fn a_body_has_a_mebibyte_at_most() {
    let callback = Callback::new(TOKEN.into(), None, APP.into());
    for (length, expected) in [
        (1_048_576, Ok(1_048_576)),
        (1_048_577, Err(CallbackError::Unreadable("it is too long"))),
    ] {
        let body = vec![b' '; length];
        let read = callback.message(&plain(), &body);
        assert_eq!(read.map(|message| message.len()), expected, "{length}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(body in any::<Vec<u8>>(), text in any::<String>()) {
        let (sealed_query, _) = sealed("x");
        for query in [plain(), sealed_query, CallbackQuery::parse(&text)] {
            let _whatever = callback().open(&query, &body);
            let _whatever = callback().open(&query, text.as_bytes());
        }
    }

    #[test]
    fn no_soup_of_tags_makes_it_panic(
        parts in proptest::collection::vec(
            prop_oneof![
                Just("<xml>"), Just("</xml>"), Just("<Event>"), Just("</Event>"), Just("<a b='"),
                Just("<![CDATA["), Just("]]>"), Just("&amp;"), Just("&#0;"), Just("&#xD800;"),
                Just("<!--"), Just("-->"), Just("<?"), Just("?>"), Just("<!DOCTYPE"), Just("{\"a\":"),
                Just("}"), Just("满"), Just(" "), Just("1"),
            ],
            0..40,
        ),
    ) {
        let _whatever = Push::parse(&parts.concat());
    }

    #[test]
    fn what_is_spoilt_of_a_sealed_text_is_never_taken_for_another(
        place in 0..600_usize, bit in 0..8_u8,
    ) {
        let (query, body) = sealed(claim());
        let mut bytes = body.clone().into_bytes();
        let place = place % bytes.len();
        bytes[place] ^= 1 << bit;
        // Beside the sealed text nothing counts, so the message is the same or refused.
        if let Ok(message) = callback().message(&query, &bytes) {
            prop_assert_eq!(message, claim());
        }
    }

    #[test]
    fn what_was_sealed_is_opened(message in any::<String>(), timestamp in any::<u32>(), nonce in "[a-z0-9]{0,20}") {
        let sealed = callback().seal(&message, timestamp.into(), &nonce).unwrap();
        let query = CallbackQuery {
            timestamp: timestamp.to_string(),
            nonce,
            encrypt_type: "aes".to_owned(),
            msg_signature: sealed.msg_signature().to_owned(),
            ..CallbackQuery::default()
        };
        for body in [sealed.to_xml(), sealed.to_json()] {
            let opened = callback().message(&query, body.as_bytes());
            prop_assert_eq!(opened.as_deref(), Ok(message.as_str()));
        }
    }
}
