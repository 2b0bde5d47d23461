//! Whether an answer is the captured one: literally, but for ids, hints and times.

use serde_json::Value;

use super::Mismatch;

/// Holds what came against what was captured; of an object the captured members alone count.
pub(super) fn matches(wanted: &Value, came: &Value, at: &str) -> Result<(), Mismatch> {
    match (wanted, came) {
        (Value::String(pattern), _) if pattern == "{{any}}" => Ok(()),
        (Value::Object(members), Value::Object(found)) => {
            members.iter().try_for_each(|(key, wanted)| {
                let found = found
                    .get(key)
                    .ok_or_else(|| format!("{at}/{key} is missing in {came}"))?;
                matches(wanted, found, &format!("{at}/{key}"))
            })
        }
        (Value::Array(wanted), Value::Array(found)) if wanted.len() == found.len() => wanted
            .iter()
            .zip(found)
            .enumerate()
            .try_for_each(|(index, (wanted, found))| {
                matches(wanted, found, &format!("{at}/{index}"))
            }),
        (Value::String(pattern), Value::String(text)) if text_matches(pattern, text) => Ok(()),
        _ if wanted == came => Ok(()),
        _ => Err(format!("{at}: {came} instead of {wanted}").into()),
    }
}

/// Whether a text is the captured one; `{{rid}}`, `{{hint}}`, `{{any}}` and `{{any:LENGTH}}` stand
/// for what differs from call to call.
pub(super) fn text_matches(pattern: &str, text: &str) -> bool {
    let Some((literal, rest)) = pattern.split_once("{{") else {
        return pattern == text;
    };
    let Some(text) = text.strip_prefix(literal) else {
        return false;
    };
    let (place, rest) = rest.split_once("}}").expect("a place is closed");
    // Every length that may be meant, the shortest first.
    let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    ends.filter(|end| fills(place, &text[..*end]))
        .any(|end| text_matches(rest, &text[end..]))
}

fn fills(place: &str, text: &str) -> bool {
    let is_hex = |part: &str| {
        part.len() == 8
            && part
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    match place {
        "any" => true,
        "rid" => text.split('-').count() == 3 && text.split('-').all(is_hex),
        "hint" => text
            .strip_prefix('[')
            .and_then(|text| text.strip_suffix(']'))
            .is_some_and(|id| {
                (8..=20).contains(&id.len())
                    && id
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || b"._!-".contains(&byte))
            }),
        other => {
            let length = other.strip_prefix("any:").expect("a known place");
            text.chars().count() == length.parse::<usize>().expect("a length")
        }
    }
}

/// A text with `name=value` in place of `{{name}}`, where `value` knows the name.
pub(super) fn filled(text: &str, mut value: impl FnMut(&str) -> Option<String>) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("{{") {
        filled.push_str(before);
        let Some((name, after)) = behind.split_once("}}") else {
            break;
        };
        match value(name) {
            Some(value) => filled.push_str(&value),
            None => filled += &["{{", name, "}}"].concat(),
        }
        rest = after;
    }
    filled + rest
}

#[test]
fn places_stand_for_ids_alone() {
    let hint = "ok hint: {{hint}}";
    assert!(text_matches(hint, "ok hint: [aB3._!-x90]"));
    for other in [
        "ok hint: []",
        "ok hint: [a b c d e f]",
        "ok hint: aB3cD4eF",
        "ok",
    ] {
        assert!(!text_matches(hint, other), "{other}");
    }
    assert!(text_matches(
        "x rid: {{rid}}",
        "x rid: 0123abcd-0123abcd-0123abcd"
    ));
    assert!(!text_matches("x rid: {{rid}}", "x rid: 0123abcd-0123abcd"));
    assert!(text_matches("{{any:3}}-{{any}}", "满百二-"));
    assert!(!text_matches("{{any:3}}-{{any}}", "满百-"));
}
