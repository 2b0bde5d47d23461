//! What single values look like that come of known mistakes.

use serde_json::Value;

/// What the form option of the Node library `request` makes of ! ' ( ) *.
const ESCAPES: [&str; 5] = ["%21", "%27", "%28", "%29", "%2A"];

/// Whether a text is the name of nothing, or a place that was never filled in.
pub(super) fn is_no_token(text: &str) -> bool {
    let names = [
        "undefined",
        "null",
        "None",
        "nil",
        "NaN",
        "[object Object]",
        "[object Promise]",
        "%s",
    ];
    let is_inside = |open, close| text.starts_with(open) && text.ends_with(close);
    names.contains(&text) || is_inside('{', '}') || is_inside('<', '>') || text.starts_with("${")
}

/// Whether a number, or a text of digits, has a fraction other than zero.
pub(crate) fn has_fraction(value: &Value) -> bool {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return false,
    };
    let digits = text.strip_prefix('-').unwrap_or(&text);
    let are_digits =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    digits.split_once('.').is_some_and(|(whole, fraction)| {
        are_digits(whole) && are_digits(fraction) && fraction.bytes().any(|byte| byte != b'0')
    })
}

/// Whether a text is too long only because of escapes that stand for one character each.
pub(super) fn fits_without_escapes(text: &str, most: usize) -> bool {
    let escapes: usize = ESCAPES
        .iter()
        .map(|escape| text.matches(escape).count())
        .sum();
    escapes > 0 && text.len() > most && text.len() - 2 * escapes <= most
}

pub(super) fn are_hex_digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_left_over_is_a_fraction() {
        assert!(has_fraction(&json!(1_587_744_000.5)));
        assert!(has_fraction(&json!("1587744000.5")));
        for value in [
            json!("1587744000.0"),
            json!(1),
            json!("1.2.3"),
            json!("1."),
            json!(null),
        ] {
            assert!(!has_fraction(&value), "{value}");
        }
    }

    #[test]
    fn what_stands_for_no_token_is_known() {
        for text in [
            "undefined",
            "null",
            "[object Object]",
            "None",
            "{access_token}",
            "<token>",
        ] {
            assert!(is_no_token(text), "{text}");
        }
        assert!(!is_no_token("5_tX"));
    }

    #[test]
    fn escapes_count_as_one_byte_each() {
        assert!(fits_without_escapes("abc%21", 4));
        assert!(!fits_without_escapes("abcd%21", 4));
        assert!(!fits_without_escapes("abcde", 4));
        assert!(!fits_without_escapes("a%21", 4));
    }
}
