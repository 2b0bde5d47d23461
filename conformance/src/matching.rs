//! Whether an answer is the expected one: literally, but for what the case marks as varying.

use serde_json::Value;

/// The key of an object that stands for a value that varies.
const MATCH: &str = "$match";

/// Holds what came against what is expected; `Err` says where they differ.
///
/// With `exact`, an object has the expected members and no others. A text may hold `{{any}}`,
/// `{{any:14}}` (exactly 14 characters), `{{rid}}` and `{{hint}}` (with its brackets). An object with
/// `$match` is a matcher; see `README.md` of the crate.
pub(crate) fn matches(wanted: &Value, came: &Value, exact: bool, at: &str) -> Result<(), String> {
    if let Some(kind) = wanted[MATCH].as_str() {
        return if varies(kind, wanted, came)? {
            Ok(())
        } else {
            Err(format!("{at}: expected {wanted}, came {came}"))
        };
    }
    match (wanted, came) {
        (Value::String(pattern), _) if pattern == "{{any}}" => Ok(()),
        (Value::Object(members), Value::Object(found)) => {
            for (key, wanted) in members {
                let at = format!("{at}/{key}");
                match found.get(key) {
                    Some(_) if wanted[MATCH] == "absent" => {
                        return Err(format!("{at}: expected nothing, came {}", found[key]));
                    }
                    Some(found) => matches(wanted, found, exact, &at)?,
                    None if wanted[MATCH] == "absent" => {}
                    None => return Err(format!("{at}: expected {wanted}, came nothing")),
                }
            }
            match found.keys().find(|key| !members.contains_key(*key)) {
                Some(key) if exact => Err(format!("{at}/{key}: came though nothing is expected")),
                _ => Ok(()),
            }
        }
        (Value::Array(wanted), Value::Array(found)) if wanted.len() == found.len() => wanted
            .iter()
            .zip(found)
            .enumerate()
            .try_for_each(|(index, (wanted, found))| {
                matches(wanted, found, exact, &format!("{at}/{index}"))
            }),
        (Value::String(pattern), Value::String(text)) if text_matches(pattern, text)? => Ok(()),
        _ if wanted == came => Ok(()),
        _ => Err(format!("{at}: expected {wanted}, came {came}")),
    }
}

fn varies(kind: &str, wanted: &Value, came: &Value) -> Result<bool, String> {
    Ok(match kind {
        "any" => true,
        "any_text" => came.as_str().is_some_and(|text| !text.is_empty()),
        "any_number" => came.is_number(),
        "any_flag" => came.is_boolean(),
        "any_list" => came.is_array(),
        "any_texts" => came
            .as_array()
            .is_some_and(|list| !list.is_empty() && list.iter().all(Value::is_string)),
        "text_of_length" => {
            let length = came.as_str().map(|text| text.chars().count() as u64);
            length.is_some() && length == wanted["length"].as_u64()
        }
        "text_with" => {
            let part = wanted["part"].as_str().unwrap_or_default();
            came.as_str().is_some_and(|text| text.contains(part))
        }
        "text_without" => {
            let part = wanted["part"].as_str().unwrap_or_default();
            came.as_str().is_some_and(|text| !text.contains(part))
        }
        "digits" => {
            let digits = came.as_str().map(|text| {
                let digits = text.chars().filter(char::is_ascii_digit);
                digits.collect::<String>()
            });
            digits.as_deref() == wanted["digits"].as_str()
        }
        "between" => {
            let bound = |key: &str| match &wanted[key] {
                Value::String(text) => text.parse().ok(),
                other => other.as_i64(),
            };
            let number = came.as_i64();
            number.is_some() && number >= bound("min") && number <= bound("max")
        }
        "one_of" => wanted["values"]
            .as_array()
            .is_some_and(|values| values.contains(came)),
        "list_with" => {
            let came = came.as_array().map(Vec::as_slice).unwrap_or_default();
            let wanted = wanted["items"].as_array().into_iter().flatten();
            let mut missing = wanted.filter(|wanted| {
                !came
                    .iter()
                    .any(|came| matches(wanted, came, false, "").is_ok())
            });
            missing.next().is_none()
        }
        // Something is there, and the object that holds it looks at that.
        "absent" => false,
        other => return Err(format!("no matcher has the name {other}")),
    })
}

/// Whether a text is the expected one but for its places.
pub(crate) fn text_matches(pattern: &str, text: &str) -> Result<bool, String> {
    let Some((literal, rest)) = pattern.split_once("{{") else {
        return Ok(pattern == text);
    };
    let Some((place, rest)) = rest.split_once("}}") else {
        return Ok(pattern == text);
    };
    let Some(text) = text.strip_prefix(literal) else {
        return Ok(false);
    };
    // Every length that may be meant, the shortest first.
    let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    for end in ends {
        if fills(place, &text[..end])? && text_matches(rest, &text[end..])? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn fills(place: &str, text: &str) -> Result<bool, String> {
    Ok(match place {
        "any" => true,
        "rid" => is_rid(text),
        "hint" => text
            .strip_prefix('[')
            .and_then(|text| text.strip_suffix(']'))
            .is_some_and(is_hint),
        other => {
            let length = other.strip_prefix("any:");
            let length: Option<usize> = length.and_then(|length| length.parse().ok());
            let length = length.ok_or_else(|| format!("nothing is known as {{{{{other}}}}}"))?;
            text.chars().count() == length
        }
    })
}

fn is_rid(text: &str) -> bool {
    let is_hex = |part: &str| {
        part.len() == 8
            && part
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    text.split('-').count() == 3 && text.split('-').all(is_hex)
}

fn is_hint(id: &str) -> bool {
    (8..=20).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._!-".contains(&byte))
}

/// The rid or hint in the `errmsg` of a refusal.
pub(crate) fn trace_of(answer: &Value) -> Option<&str> {
    let errmsg = answer["errmsg"].as_str()?;
    let (_, rest) = errmsg
        .split_once("rid: ")
        .or_else(|| errmsg.split_once("hint: ["))?;
    rest.split([']', ' ']).next()
}

/// A text whose rids and hints are `{{rid}}` and `{{hint}}`.
pub(crate) fn without_traces(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(behind) = rest.strip_prefix("hint: [")
            && let Some((hint, after)) = behind.split_once(']')
            && is_hint(hint)
        {
            shown.push_str("hint: {{hint}}");
            rest = after;
        } else if let Some(rid) = rest.get(..26)
            && is_rid(rid)
        {
            shown.push_str("{{rid}}");
            rest = &rest[26..];
        } else {
            let next = rest.chars().next().map_or(1, char::len_utf8);
            shown.push_str(&rest[..next]);
            rest = &rest[next..];
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn places_stand_for_ids_alone() {
        let hint = "ok hint: {{hint}}";
        assert!(text_matches(hint, "ok hint: [aB3._!-x90]").unwrap());
        for other in [
            "ok hint: []",
            "ok hint: [a b c d e f]",
            "ok hint: aB3cD4eF",
            "ok",
        ] {
            assert!(!text_matches(hint, other).unwrap(), "{other}");
        }
        assert!(text_matches("x rid: {{rid}}", "x rid: 0123abcd-0123abcd-0123abcd").unwrap());
        assert!(!text_matches("x rid: {{rid}}", "x rid: 0123abcd-0123abcd").unwrap());
        assert!(text_matches("{{any:3}}-{{any}}", "满百二-").unwrap());
        assert!(!text_matches("{{any:3}}-{{any}}", "满百-").unwrap());
        assert!(text_matches("{{nobody}}", "x").is_err());
    }

    #[test]
    fn exactly_means_no_member_more() {
        let (wanted, came) = (json!({"a": 1}), json!({"a": 1, "b": 2}));
        assert!(matches(&wanted, &came, false, "").is_ok());
        assert!(matches(&wanted, &came, true, "").is_err());
        for other in [json!({"a": "1"}), json!({}), json!([1]), json!({"a": 2})] {
            assert!(matches(&wanted, &other, false, "").is_err(), "{other}");
        }
    }

    #[test]
    fn every_matcher_takes_what_it_says_and_nothing_else() {
        let held = [
            (json!({"$match": "any_text"}), json!("x"), json!("")),
            (json!({"$match": "any_number"}), json!(1), json!("1")),
            (json!({"$match": "any_flag"}), json!(false), json!(0)),
            (json!({"$match": "any_list"}), json!([]), json!({})),
            (json!({"$match": "any_texts"}), json!(["a"]), json!([])),
            (
                json!({"$match": "text_of_length", "length": 2}),
                json!("满百"),
                json!("满"),
            ),
            (
                json!({"$match": "text_with", "part": "a"}),
                json!("bab"),
                json!("b"),
            ),
            (
                json!({"$match": "text_without", "part": "a"}),
                json!("b"),
                json!("bab"),
            ),
            (
                json!({"$match": "digits", "digits": "34"}),
                json!("**34"),
                json!("1234"),
            ),
            (
                json!({"$match": "between", "min": 1, "max": "3"}),
                json!(3),
                json!(4),
            ),
            (
                json!({"$match": "one_of", "values": [1, "a"]}),
                json!("a"),
                json!("b"),
            ),
            (
                json!({"$match": "list_with", "items": [{"a": 1}, {"b": 2}]}),
                json!([{"b": 2, "c": 3}, {"a": 1}]),
                json!([{"a": 1}, {"a": 2}]),
            ),
        ];
        for (matcher, right, wrong) in held {
            assert!(matches(&matcher, &right, false, "").is_ok(), "{matcher}");
            assert!(matches(&matcher, &wrong, false, "").is_err(), "{matcher}");
        }
        let absent = json!({"a": {"$match": "absent"}});
        assert!(matches(&absent, &json!({}), false, "").is_ok());
        assert!(matches(&absent, &json!({"a": 1}), false, "").is_err());
        assert!(matches(&json!({"$match": "typo"}), &json!(1), false, "").is_err());
    }

    #[test]
    fn traces_are_taken_out() {
        let text = "a hint: [aB3cD4eF.x] b rid: 0123abcd-0123abcd-0123abcd 满";
        assert_eq!(without_traces(text), "a hint: {{hint}} b rid: {{rid}} 满");
    }
}
