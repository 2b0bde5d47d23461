//! A body as one JSON object.

use serde_json::{Value, error::Category};

use super::{
    parser::parse,
    tree::{Kind, Node},
};
use crate::{api::call::kind, refusal::Refusal};

/// Levels of a body: a world file holds a card some levels deeper, and must stay readable.
const DEEPEST: usize = 100;

/// Reads a body as one JSON object, whatever its Content-Type says.
///
/// Of a key that stands twice the last counts, as with most parsers; what WeChat does was not
/// captured. Blanks alone are no empty body: they are refused as JSON that breaks off.
pub(crate) fn read_json(body: &[u8]) -> Result<Node<'_>, Refusal> {
    if body.is_empty() {
        return Err(Refusal::new("WX-WIRE-004")
            .expected("a JSON object")
            .received("an empty body"));
    }
    let text = std::str::from_utf8(body).ok();
    match text.and_then(|text| parse(text, DEEPEST)) {
        Some(object) if matches!(object.kind, Kind::Object(_)) => Ok(object),
        Some(other) => Err(Refusal::new("WX-WIRE-005")
            .expected("a JSON object")
            .received(kind(&other.to_value()))
            .at(other.at)),
        // What is wrong is asked of serde_json, which says where.
        None => Err(match serde_json::from_slice::<Value>(body) {
            Ok(_) => Refusal::new("WX-WIRE-005")
                .expected(format!("at most {DEEPEST} levels"))
                .received("more"),
            Err(error) => unreadable(body, &error),
        }),
    }
}

/// A JSON text in which every `\uXXXX` stands for itself; [`None`] when it has none.
pub(crate) fn with_escapes_kept(json: &[u8]) -> Option<Vec<u8>> {
    if !json.contains(&b'\\') {
        return None;
    }
    let mut kept = Vec::with_capacity(json.len() + 16);
    let mut bytes = json.iter().copied();
    let mut found = false;
    while let Some(byte) = bytes.next() {
        kept.push(byte);
        if byte == b'\\'
            && let Some(escaped) = bytes.next()
        {
            if escaped == b'u' {
                found = true;
                kept.push(b'\\');
            }
            kept.push(escaped);
        }
    }
    found.then_some(kept)
}

fn unreadable(body: &[u8], error: &serde_json::Error) -> Refusal {
    let Ok(text) = std::str::from_utf8(body) else {
        return Refusal::new("WX-WIRE-005")
            .expected("UTF-8")
            .received("bytes that are not UTF-8, such as GBK");
    };
    let refusal = if text.starts_with('\u{feff}') {
        Refusal::new("WX-WIRE-005")
            .expected("{ as the first byte")
            .received("a byte order mark before it")
    } else if looks_like_a_form(text) {
        Refusal::new("WX-WIRE-006")
            .expected("raw JSON, starting with {")
            .received("a url-encoded form")
    } else {
        Refusal::new("WX-WIRE-005")
            .expected("JSON")
            .received(format!("an error at this place: {error}"))
    };
    // Before the end of a text that breaks off stands nothing.
    if error.classify() == Category::Eof {
        refusal
    } else {
        refusal.at(offset(body, error))
    }
}

fn looks_like_a_form(text: &str) -> bool {
    text.starts_with("%7B")
        || text.starts_with("%7b")
        || (text.contains('=') && !text.trim_start().starts_with(['{', '[', '"']))
}

/// The byte at which the parser gave up, from its line and column, which count from 1.
fn offset(body: &[u8], error: &serde_json::Error) -> usize {
    let lines = body.split_inclusive(|byte| *byte == b'\n');
    let before: usize = lines
        .take(error.line().saturating_sub(1))
        .map(<[u8]>::len)
        .sum();
    (before + error.column()).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::error_before, *};

    fn refused(body: &[u8]) -> (i64, &'static str) {
        let refusal = read_json(body).unwrap_err();
        (refusal.errcode, refusal.rule)
    }

    #[test]
    fn what_is_not_a_json_object_is_refused_by_its_own_rule() {
        assert_eq!(refused(b""), (44002, "WX-WIRE-004"));
        for body in [
            &b" \r\n\t"[..],
            b"null",
            b"\xef\xbb\xbf{}",
            b"{'card_id':'a'}",
            "{\"a\":\"\u{4f60}".as_bytes(),
            b"{\"a\":\"\xc4\xe3\"}",
            b"{}{}",
            b"{} x",
            b"{}\0",
            b"\0{}",
            b"{\"a\":\"\0\"}",
            b"{\"a\":\"\\ud800\"}",
            b"{\"a\":\"\\udc00\\ud800\"}",
            b"{\"a\":1e999}",
            b"{\"a\":-1e999}",
            b"{\"a\":01}",
            b"{\"a\":NaN}",
            b"{\"a\":1,}",
            b"{a:1}",
        ] {
            assert_eq!(refused(body), (47001, "WX-WIRE-005"), "{body:?}");
        }
        assert_eq!(refused(b"a=1&b=2"), (47001, "WX-WIRE-006"));
        assert_eq!(refused(b"%7B%22a%22%3A1%7D="), (47001, "WX-WIRE-006"));
    }

    #[test]
    fn nesting_without_end_is_refused_not_followed() {
        assert_eq!(refused("[".repeat(100_000).as_bytes()).0, 47001);
        let deep = format!("{}1{}", "{\"a\":".repeat(5000), "}".repeat(5000));
        assert_eq!(refused(deep.as_bytes()).0, 47001);
        let lists = |depth| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(read_json(lists(DEEPEST - 1).as_bytes()).is_ok());
        assert_eq!(refused(lists(DEEPEST).as_bytes()).0, 47001);
    }

    #[test]
    fn numbers_without_end_are_read_or_refused() {
        let reads = |digits: &str| read_json(format!("{{\"a\":{digits}}}").as_bytes()).is_ok();
        assert!(reads(&"9".repeat(300)));
        assert!(!reads(&"9".repeat(400)));
        assert!(reads("1e-999"));
        assert!(reads("18446744073709551616"));
    }

    #[test]
    fn a_fraction_reads_the_same_after_it_was_written() {
        let read = read_json(b"{\"a\":-1.7359318159091918e-202}").unwrap();
        let written = read.to_value().to_string();
        let again = read_json(written.as_bytes()).unwrap();
        assert_eq!(again.to_value(), read.to_value());
    }

    #[test]
    fn of_a_key_that_stands_twice_the_last_counts() {
        let read = read_json(br#"{"a":1,"b":2,"a":{"c":3}}"#).unwrap();
        assert_eq!(read.to_value(), json!({"a": {"c": 3}, "b": 2}));
    }

    #[test]
    fn a_pair_of_surrogates_and_an_escaped_nul_are_characters() {
        let read = read_json(br#"{"a":"\ud83d\ude00\u0000"}"#).unwrap();
        assert_eq!(read.to_value()["a"], "\u{1f600}\0");
    }

    #[test]
    fn the_tail_is_the_text_from_the_place_of_failure_on() {
        for (body, tail) in [
            ("{'card_id':'a'}", "Error before 'card_id':'a'}"),
            ("{\n \"a\": 1,\n}", "Error before }"),
            ("{} {}", "Error before {}"),
            ("a=1&b=2", "Error before a=1&b=2"),
            ("\u{feff}{}", "Error before \u{feff}{}"),
            ("null", "Error before null"),
            (" [1]", "Error before [1]"),
            ("{\"a\":满}", "Error before 满}"),
            ("{\"a\":\"\\满\"}", "Error before 满\"}"),
            ("{\"a\":\"x\ny\"}", "Error before \ny\"}"),
        ] {
            let place = read_json(body.as_bytes()).unwrap_err().at.unwrap();
            let found = error_before(body.as_bytes(), place);
            assert_eq!(found.as_deref(), Some(tail), "{body}");
        }
        let long = format!("{{x{}", "满".repeat(200));
        let place = read_json(long.as_bytes()).unwrap_err().at.unwrap();
        let tail = error_before(long.as_bytes(), place).unwrap();
        assert_eq!(tail, format!("Error before x{}...", "满".repeat(114)));
    }

    #[test]
    fn a_text_that_breaks_off_or_is_no_utf8_has_no_tail() {
        for body in [&b"{"[..], b"{\"a\":", b" ", b"{\"a\":\"\xff\"}"] {
            assert!(read_json(body).unwrap_err().at.is_none(), "{body:?}");
        }
    }
}
