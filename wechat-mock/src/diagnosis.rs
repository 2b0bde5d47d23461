//! Which named mistake a refused call made, where what came tells more than the rule that it broke.
//!
//! Pure functions over the call: nothing of the world is asked, so that it can be told at any later time.

use serde_json::Value;

use crate::{
    api::schema::{FieldRow, Kind},
    facts,
    refusal::Refusal,
};

mod texts;

pub(crate) use texts::has_fraction;
use texts::{are_hex_digits, fits_without_escapes, is_no_token};

/// A refused call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refused<'a> {
    pub(crate) path: &'a str,
    pub(crate) query: &'a [(String, String)],
    /// The body, where it is JSON and was kept whole.
    pub(crate) body: Option<&'a Value>,
    pub(crate) refusal: &'a Refusal,
}

/// Whether a call shows a mistake; asked only for the rules that the mistake can stand for.
type Shows = fn(&Refused<'_>) -> bool;

/// The mistakes that are told from a call; those of the phone are told where the claim is judged.
const SHOWN: &[(&str, Shows)] = &[
    ("seconds_with_fraction", |call| {
        call.has_seconds_with_fraction()
    }),
    ("color_case", |call| call.is_color(is_color_in_other_case)),
    ("color_hex", |call| {
        call.is_color(|text| text.starts_with('#') || are_hex_digits(text, 6))
    }),
    ("empty_sub_merchant_info", |call| {
        call.has_empty_sub_merchant()
    }),
    ("token_undefined", |call| {
        let mut tokens = call.query.iter().filter(|(key, _)| key == "access_token");
        tokens.next().is_some_and(|(_, token)| is_no_token(token))
    }),
    ("json_stringified_twice", |call| {
        let inner = call.body.and_then(Value::as_str);
        let inner = inner.map(serde_json::from_str::<Value>);
        matches!(inner, Some(Ok(Value::Object(_))))
    }),
    ("percent_encoded_text", |call| {
        let most = call.refusal.row.and_then(|row| row.max_bytes);
        most.is_some_and(|most| {
            let texts = call.values().into_iter().filter_map(Value::as_str);
            texts
                .into_iter()
                .any(|text| fits_without_escapes(text, most))
        })
    }),
    ("category_closed", |call| call.refusal.rule == "WX-CRD-085"),
    ("key_in_wrong_object", |call| {
        call.has_key_of_another_object()
    }),
    ("create_key_in_update", |call| {
        !call.is_key_of_member_cards()
    }),
    ("key_of_member_cards_in_update", |call| {
        call.is_key_of_member_cards()
    }),
    ("third_custom_cell", |call| {
        let key = call.key();
        let number = key.strip_prefix("custom_cell");
        number.is_some_and(|number| number.parse::<u32>().is_ok_and(|number| number > 2))
    }),
    ("newcode", |call| {
        call.path == "/card/code/update" && call.body.is_some_and(|body| !body["newcode"].is_null())
    }),
    ("need_verify_code", |call| {
        call.path == "/card/selfconsumecell/set" && call.key() == "need_verify_code"
    }),
    ("flag_as_text", |call| {
        call.is_of(&[Kind::Bool], |value| *value == "true" || *value == "false")
    }),
    ("array_for_object", |call| {
        let is_list = |value: &Value| value.as_array().is_some_and(|list| !list.is_empty());
        call.is_of(&[Kind::Object], is_list)
    }),
    ("object_for_array", |call| {
        let lists = [Kind::Strings, Kind::Objects, Kind::Ids, Kind::Array];
        call.is_of(&lists, Value::is_object)
    }),
    ("fraction_of_money", |call| {
        let numbers = [Kind::Int, Kind::Number, Kind::StringOrInt];
        call.is_of(&numbers, has_fraction)
    }),
];

/// The likeliest mistake, an id of `fixtures::mistakes`, in the order of the data.
pub(crate) fn mistake(call: &Refused<'_>) -> Option<&'static str> {
    let mut ids = facts::mistakes_of(call.refusal.rule);
    ids.find(|id| {
        let shown = SHOWN.iter().find(|(known, _)| known == id);
        shown.is_some_and(|(_, shows)| shows(call))
    })
}

fn is_color_in_other_case(text: &str) -> bool {
    facts::color_value(text).is_none()
        && fixtures::colors()
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|row| row["name"].as_str())
            .any(|name| name.eq_ignore_ascii_case(text))
}

/// The values at a path below a value; a list stands for its entries, and its end for itself.
fn values_at<'a>(value: &'a Value, names: &[&str], found: &mut Vec<&'a Value>) {
    match (value, names) {
        (value, []) => found.push(value),
        (Value::Array(entries), names) => {
            for entry in entries {
                values_at(entry, names, found);
            }
        }
        (Value::Object(members), [name, rest @ ..]) => {
            if let Some(member) = members.get(name.trim_end_matches("[]")) {
                values_at(member, rest, found);
            }
        }
        _ => {}
    }
}

/// A path without the places in lists.
fn plain(path: &str) -> String {
    let mut plain = String::with_capacity(path.len());
    let mut is_inside = false;
    for character in path.chars() {
        match character {
            '[' => is_inside = true,
            ']' => is_inside = false,
            character if !is_inside => plain.push(character),
            _ => {}
        }
    }
    plain
}

impl<'a> Refused<'a> {
    /// The values of the field that was refused, or of all fields of that name in cards.
    fn values(&self) -> Vec<&'a Value> {
        let mut found = Vec::new();
        let (Some(row), Some(body)) = (self.refusal.row, self.body) else {
            return found;
        };
        let names: Vec<&str> = row.path.split('.').collect();
        // Paths of cards start at the node of the type, or with its name.
        let around = [Some(body), body.get("card")];
        for object in around.into_iter().flatten() {
            values_at(object, &names, &mut found);
            for node in object.as_object().into_iter().flatten() {
                values_at(node.1, &names, &mut found);
            }
        }
        found
    }

    /// Whether the refused field is of one of these kinds and a value of it is so.
    fn is_of(&self, kinds: &[Kind], is_so: impl Fn(&Value) -> bool) -> bool {
        let is_meant = |row: &'static FieldRow| kinds.contains(&row.kind);
        self.refusal.row.is_some_and(is_meant) && self.values().into_iter().any(is_so)
    }

    /// The path of the key that is not known.
    fn key_path(&self) -> String {
        plain(&self.refusal.received)
    }

    /// The key that is not known.
    fn key(&self) -> String {
        let path = self.key_path();
        path.rsplit('.').next().unwrap_or_default().to_owned()
    }

    fn is_color(&self, is_so: impl Fn(&str) -> bool) -> bool {
        let mut texts = self.values().into_iter().filter_map(Value::as_str);
        texts.any(is_so)
    }

    fn has_seconds_with_fraction(&self) -> bool {
        let Some(row) = self.refusal.row else {
            // Of two times together nobody knows which.
            return self.refusal.received.contains('.');
        };
        let is_time = row.kind == Kind::Timestamp
            || row.path.ends_with("_time")
            || row.path.ends_with("timestamp");
        is_time && self.values().into_iter().any(has_fraction)
    }

    fn has_empty_sub_merchant(&self) -> bool {
        let Some(body) = self.body else {
            return false;
        };
        let mut found = Vec::new();
        for node in body["card"].as_object().into_iter().flatten() {
            values_at(node.1, &["base_info", "sub_merchant_info"], &mut found);
        }
        let is_missing = self.refusal.row.is_some_and(|row| {
            row.path.ends_with("sub_merchant_info.merchant_id")
                || row.path.ends_with("sub_merchant_info")
        });
        is_missing
            && found
                .iter()
                .any(|info| info.is_object() && info["merchant_id"].is_null())
    }

    /// The paths of the fields that the call reads, for cards inside the node of the type.
    fn known_paths(&self) -> Vec<&'static str> {
        let table = match self.path {
            "/card/create" => fixtures::card_fields(),
            "/card/update" => fixtures::card_update_fields(),
            path => {
                let mut calls = fixtures::calls();
                let call = calls.find(|call| call["path"] == path);
                call.map_or(&Value::Null, |call| &call["fields"])
            }
        };
        let card_type = self.card_type();
        let is_of_type = |row: &&Value| {
            let types = row["cards"].as_array();
            let is_listed = |types: &Vec<Value>| types.iter().any(|one| *one == card_type.as_str());
            card_type.is_empty() || types.is_none_or(is_listed)
        };
        let rows = table.as_array().into_iter().flatten();
        let rows = rows.filter(is_of_type);
        rows.filter_map(|row| row["path"].as_str()).collect()
    }

    /// The type of the card in the body, or nothing.
    fn card_type(&self) -> String {
        let Some(body) = self.body.and_then(Value::as_object) else {
            return String::new();
        };
        match self.path {
            "/card/create" => body.get("card").map_or_else(String::new, |card| {
                card["card_type"].as_str().unwrap_or_default().to_owned()
            }),
            "/card/update" => {
                let mut nodes = body.keys().filter(|key| *key != "card_id");
                nodes
                    .next()
                    .map_or_else(String::new, |key| key.to_ascii_uppercase())
            }
            _ => String::new(),
        }
    }

    fn has_key_of_another_object(&self) -> bool {
        let (path, key) = (self.key_path(), self.key());
        // Some paths of cards begin with the name of the node, others inside it.
        let node = format!("{}.", self.card_type().to_ascii_lowercase());
        let mut known = self.known_paths().into_iter().map(plain);
        !key.is_empty()
            && known.any(|known| {
                let inside = known.strip_prefix(&node).unwrap_or(&known);
                inside.rsplit('.').next() == Some(&*key) && inside != path
            })
    }

    fn is_key_of_member_cards(&self) -> bool {
        let path = self.key_path();
        let rows = fixtures::card_update_fields().as_array();
        let mut rows = rows.into_iter().flatten();
        self.card_type() != "MEMBER_CARD"
            && rows.any(|row| {
                let types = row["cards"].as_array();
                let is_of_members =
                    |types: &Vec<Value>| types.iter().any(|one| *one == "MEMBER_CARD");
                types.is_some_and(is_of_members)
                    && row["path"]
                        .as_str()
                        .is_some_and(|known| plain(known) == path)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Told where the claim is judged: from what earlier claims brought, and from the card.
    const OF_THE_PHONE: [&str; 5] = [
        "constant_nonce",
        "card_ext_reused",
        "nonce_not_in_card_ext",
        "deposit_code_in_card_ext",
        "deposit_code_in_qr",
    ];

    #[test]
    fn every_mistake_of_the_data_can_be_told() {
        let mistakes = fixtures::mistakes().as_array().unwrap();
        for row in mistakes {
            let id = row["id"].as_str().unwrap();
            let is_shown = SHOWN.iter().any(|(known, _)| *known == id);
            assert!(is_shown != OF_THE_PHONE.contains(&id), "{id}");
        }
        assert_eq!(mistakes.len(), SHOWN.len() + OF_THE_PHONE.len());
    }

    #[test]
    fn places_in_lists_are_no_part_of_a_path() {
        assert_eq!(plain("a[3].b[]"), "a.b");
        assert_eq!(plain("a[3"), "a");
    }
}
