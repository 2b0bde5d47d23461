//! What stands for `{{name}}` in the texts of a case.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::matching::without_traces;

/// The variables of one case.
#[derive(Clone, Debug, Default)]
pub(crate) struct Variables {
    known: BTreeMap<String, String>,
    /// Seconds since 1970 on the target's clock, for `{{now}}` and `{{now+60}}`.
    pub(crate) now: i64,
}

/// Values that nobody but the shop may know, by the beginnings of their names.
const SECRETS: [&str; 3] = ["access_token", "ticket", "secret"];

impl Variables {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.known.get(name).map(String::as_str)
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.known.insert(name.to_owned(), value.to_owned());
    }

    /// Forgets all whose names begin so.
    pub(crate) fn forget(&mut self, prefix: &str) {
        self.known.retain(|name, _| !name.starts_with(prefix));
    }

    /// The value of a place such as `code`, `now+60` or `code:percent`.
    fn value(&self, place: &str) -> Option<String> {
        if let Some(name) = place.strip_suffix(":percent") {
            let value = self.value(name)?;
            return Some(form_urlencoded::byte_serialize(value.as_bytes()).collect());
        }
        if let Some(offset) = place.strip_prefix("now")
            && let Ok(offset) = if offset.is_empty() {
                Ok(0)
            } else {
                offset.parse::<i64>()
            }
        {
            return Some((self.now + offset).to_string());
        }
        self.get(place).map(str::to_owned)
    }

    /// A text with the values in their places; unknown places stay, for answers may fill them.
    pub(crate) fn fill_text(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("{{") {
            let Some((place, after)) = behind.split_once("}}") else {
                break;
            };
            filled.push_str(before);
            match self.value(place) {
                Some(value) => filled.push_str(&value),
                None => filled += &["{{", place, "}}"].concat(),
            }
            rest = after;
        }
        filled + rest
    }

    /// A value with all its texts filled in; `{{name:number}}` alone becomes a number.
    ///
    /// # Errors
    ///
    /// When something is no number that has to be one.
    pub(crate) fn fill(&self, value: &Value) -> Result<Value, String> {
        Ok(match value {
            Value::String(text) => match number_place(text) {
                Some(place) => {
                    let value = self
                        .value(place)
                        .ok_or_else(|| format!("{place} is not known"))?;
                    let number: i64 = value.parse().map_err(|_| format!("{value} is no number"))?;
                    json!(number)
                }
                None => Value::String(self.fill_text(text)),
            },
            Value::Array(entries) => Value::Array(
                entries
                    .iter()
                    .map(|entry| self.fill(entry))
                    .collect::<Result<_, _>>()?,
            ),
            Value::Object(members) => {
                let mut filled = Map::new();
                for (key, member) in members {
                    filled.insert(self.fill_text(key), self.fill(member)?);
                }
                Value::Object(filled)
            }
            other => other.clone(),
        })
    }

    /// A text for readers: secrets are replaced by their names.
    pub(crate) fn without_secrets(&self, text: &str) -> String {
        self.replace(text, |name| {
            SECRETS.iter().any(|secret| name.contains(secret))
        })
    }

    /// A text that is the same in every run: all values are replaced by their names, and traces too.
    pub(crate) fn without_ids(&self, text: &str) -> String {
        without_traces(&self.replace(text, |_| true))
    }

    fn replace(&self, text: &str, is_wanted: impl Fn(&str) -> bool) -> String {
        let wanted = self
            .known
            .iter()
            .filter(|(name, value)| is_wanted(name) && value.len() >= 5);
        let mut pairs: Vec<(&String, &String)> = wanted.collect();
        // A value can be part of a longer one.
        pairs.sort_by_key(|(name, value)| (std::cmp::Reverse(value.len()), (*name).clone()));
        let mut text = text.to_owned();
        for (name, value) in pairs {
            let place = ["{{", name, "}}"].concat();
            let percent: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
            text = text
                .replace(value.as_str(), &place)
                .replace(&percent, &place);
        }
        text
    }
}

fn number_place(text: &str) -> Option<&str> {
    text.strip_prefix("{{")?.strip_suffix(":number}}")
}

/// The names of all places in a value.
pub(crate) fn places(value: &Value) -> Vec<String> {
    let text = value.to_string();
    let mut found = Vec::new();
    for (at, _) in text.match_indices("{{") {
        let place = text[at + 2..].split("}}").next().unwrap_or_default();
        let name = place
            .trim_end_matches(":percent")
            .trim_end_matches(":number");
        found.push(name.to_owned());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_and_taken_out_again() {
        let mut variables = Variables {
            now: 100,
            ..Variables::default()
        };
        variables.set("code", "12=34");
        variables.set("access_token", "T0KEN");
        let text = "a={{code:percent}}&t={{access_token}}&at={{now+60}}&{{any}}";
        let filled = variables.fill_text(text);
        assert_eq!(filled, "a=12%3D34&t=T0KEN&at=160&{{any}}");
        assert_eq!(
            variables.without_secrets(&filled),
            "a=12%3D34&t={{access_token}}&at=160&{{any}}"
        );
        assert_eq!(
            variables.without_ids(&filled),
            "a={{code}}&t={{access_token}}&at=160&{{any}}"
        );
        assert_eq!(
            variables.fill(&json!(["{{now-1:number}}"])).unwrap(),
            json!([99])
        );
        assert!(variables.fill(&json!("{{code:number}}")).is_err());
        assert_eq!(places(&json!({"a": "{{x:percent}}{{y}}"})), ["x", "y"]);
    }
}
