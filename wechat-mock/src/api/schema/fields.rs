//! The fields of a body after reading, each of its kind or absent.

use std::sync::LazyLock;

use serde_json::{Map, Value};

/// The members of an object that the schema knows; nothing can be wrong with them any more.
#[derive(Clone, Copy, Debug)]
pub(in crate::api) struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    pub(in crate::api) fn new(members: &'a Map<String, Value>) -> Self {
        Self(members)
    }

    /// The value as it is kept, for fields that go on as JSON.
    pub(in crate::api) fn value(self, key: &str) -> Option<&'a Value> {
        self.0.get(key)
    }

    /// All that the call reads, in the order in which it came.
    pub(in crate::api) fn all(self) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// A text; the empty one counts as absent.
    pub(in crate::api) fn text(self, key: &str) -> Option<&'a str> {
        let text = self.0.get(key)?.as_str()?;
        Some(text).filter(|text| !text.is_empty())
    }

    /// A text that the schema requires.
    pub(in crate::api) fn required_text(self, key: &str) -> &'a str {
        self.text(key).unwrap_or_default()
    }

    /// A whole number.
    pub(in crate::api) fn number(self, key: &str) -> Option<i64> {
        self.0.get(key)?.as_i64()
    }

    /// A whole number that the schema requires.
    pub(in crate::api) fn required_number(self, key: &str) -> i64 {
        self.number(key).unwrap_or_default()
    }

    /// An id, which is a number in some samples and a text in others; the empty text is 0.
    pub(in crate::api) fn id(self, key: &str) -> Option<u64> {
        match self.0.get(key)? {
            Value::String(text) if text.is_empty() => Some(0),
            Value::String(text) => text.parse().ok(),
            number => number.as_u64(),
        }
    }

    pub(in crate::api) fn flag(self, key: &str) -> Option<bool> {
        self.0.get(key)?.as_bool()
    }

    /// A list of texts; an absent one is empty.
    pub(in crate::api) fn texts(self, key: &str) -> Vec<&'a str> {
        let entries = self.0.get(key).and_then(Value::as_array);
        let texts = entries.into_iter().flatten();
        texts.filter_map(Value::as_str).collect()
    }

    /// An object below this one.
    pub(in crate::api) fn object(self, key: &str) -> Option<Self> {
        self.0.get(key)?.as_object().map(Self)
    }

    /// An object that the schema requires; without it, an empty one.
    pub(in crate::api) fn required_object(self, key: &str) -> Self {
        static NONE: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
        self.object(key).unwrap_or(Self(&NONE))
    }

    /// The objects of a list; an absent one is empty.
    pub(in crate::api) fn objects(self, key: &str) -> impl Iterator<Item = Self> {
        let entries = self.0.get(key).and_then(Value::as_array);
        let objects = entries.into_iter().flatten();
        objects.filter_map(Value::as_object).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_is_what_came_or_absent() {
        let body = json!({
            "yes": true, "no": false, "text": "tea", "empty": "", "number": 7, "digits": "8",
            "texts": ["a", "b"], "object": {"inner": 9}, "objects": [{"inner": 1}, {"inner": 2}],
        });
        let fields = Fields::new(body.as_object().unwrap());
        assert_eq!(fields.flag("yes"), Some(true));
        assert_eq!(fields.flag("no"), Some(false));
        assert_eq!(fields.flag("none"), None);
        assert_eq!(fields.text("text"), Some("tea"));
        assert_eq!(fields.text("empty"), None);
        assert_eq!(fields.required_text("text"), "tea");
        assert_eq!(fields.required_text("none"), "");
        assert_eq!(fields.number("number"), Some(7));
        assert_eq!(fields.number("none"), None);
        assert_eq!(fields.required_number("number"), 7);
        assert_eq!(fields.required_number("none"), 0);
        for (key, id) in [
            ("number", Some(7)),
            ("digits", Some(8)),
            ("empty", Some(0)),
            ("text", None),
            ("none", None),
        ] {
            assert_eq!(fields.id(key), id, "{key}");
        }
        assert_eq!(fields.texts("texts"), ["a", "b"]);
        assert!(fields.texts("none").is_empty());
        let inner = |fields: Fields<'_>| fields.number("inner");
        assert_eq!(fields.object("object").and_then(inner), Some(9));
        assert!(fields.object("none").is_none());
        assert_eq!(inner(fields.required_object("object")), Some(9));
        assert_eq!(inner(fields.required_object("none")), None);
        let inners: Vec<_> = fields.objects("objects").map(inner).collect();
        assert_eq!(inners, [Some(1), Some(2)]);
        assert_eq!(fields.objects("none").count(), 0);
        assert_eq!(fields.value("number"), Some(&json!(7)));
        let keys: Vec<_> = fields.all().map(|(key, _)| key).collect();
        assert_eq!(keys.len(), 9);
    }
}
