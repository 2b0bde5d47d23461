//! Reads a JSON object field by field and notes everything that is wrong with it.

use std::ops::RangeInclusive;

use serde::Serialize;
use serde_json::{Map, Value};

/// One field that cannot be taken as it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Fault {
    /// The way to the field: `valid.from`, `time_limits[0].type`.
    pub(crate) field: String,
    pub(crate) message: String,
}

impl Fault {
    pub(crate) fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
        }
    }
}

/// The fields of one object. A field that nobody asked for is a fault too, see [`Fields::end`].
///
/// Every method answers `None` when there is no usable value, having noted why unless the field
/// may be left out. `null` and an empty text count as left out, as forms send what nobody filled in.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    object: &'a Map<String, Value>,
    /// The way to this object, with its dot; empty at the top.
    path: String,
    asked: Vec<&'static str>,
    pub(crate) faults: Vec<Fault>,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(object: &'a Map<String, Value>) -> Self {
        Self::within(object, String::new())
    }

    fn within(object: &'a Map<String, Value>, path: String) -> Self {
        Self {
            object,
            path,
            asked: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// Reads the top of a body, which must be an object.
    ///
    /// # Errors
    ///
    /// Every fault that `read` or this noted.
    pub(crate) fn read<T>(
        body: &'a Value,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Result<T, Vec<Fault>> {
        let Value::Object(object) = body else {
            return Err(vec![Fault::new("", "must be an object")]);
        };
        let mut fields = Self::new(object);
        let value = read(&mut fields);
        let faults = fields.end();
        match value {
            Some(value) if faults.is_empty() => Ok(value),
            _ => Err(faults),
        }
    }

    pub(crate) fn fault(&mut self, name: &str, message: impl Into<String>) {
        let field = format!("{}{name}", self.path);
        self.faults.push(Fault::new(field, message));
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.object.get(name).is_some_and(is_given)
    }

    fn value(&mut self, name: &'static str) -> Option<&'a Value> {
        self.asked.push(name);
        self.object.get(name).filter(|value| is_given(value))
    }

    /// Notes that a field is missing, should it be.
    pub(crate) fn require(&mut self, name: &'static str) {
        if !self.has(name) {
            self.asked.push(name);
            self.fault(name, "is required");
        }
    }

    /// Notes that a field has no place here, should it be given.
    pub(crate) fn refuse(&mut self, name: &'static str, message: &str) {
        if self.value(name).is_some() {
            self.fault(name, message);
        }
    }

    /// A text that is not blank, of at most `limit` bytes. What forms and spreadsheets put between
    /// lines and words is taken as what it means: CR LF and CR as LF, a TAB as a blank.
    pub(crate) fn text(&mut self, name: &'static str, limit: usize) -> Option<String> {
        let Some(text) = self.value(name)?.as_str() else {
            self.fault(name, "must be a text");
            return None;
        };
        let text = text
            .replace("\r\n", "\n")
            .replace('\r', "\n")
            .replace('\t', " ");
        if text.trim().is_empty() {
            self.fault(name, "must not be blank");
        } else if text.len() > limit {
            let message = format!("has {} bytes; {limit} are allowed", text.len());
            self.fault(name, message);
        } else if text.chars().any(|c| c.is_control() && c != '\n') {
            self.fault(name, "has control characters");
        } else {
            return Some(text);
        }
        None
    }

    pub(crate) fn required_text(&mut self, name: &'static str, limit: usize) -> Option<String> {
        self.require(name);
        self.text(name, limit)
    }

    /// A whole number within `range`.
    pub(crate) fn whole(&mut self, name: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
        let number = self.value(name)?.as_u64();
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let message = format!(
                "must be a whole number from {} to {}",
                range.start(),
                range.end()
            );
            self.fault(name, message);
        }
        number
    }

    pub(crate) fn required_whole(
        &mut self,
        name: &'static str,
        range: RangeInclusive<u64>,
    ) -> Option<u64> {
        self.require(name);
        self.whole(name, range)
    }

    /// The same for the small numbers: days, percentages, hours.
    pub(crate) fn small(&mut self, name: &'static str, range: RangeInclusive<u32>) -> Option<u32> {
        let range = u64::from(*range.start())..=u64::from(*range.end());
        // Within the range, and thereby within 32 bits.
        self.whole(name, range).and_then(|n| u32::try_from(n).ok())
    }

    pub(crate) fn flag(&mut self, name: &'static str) -> Option<bool> {
        let flag = self.value(name)?.as_bool();
        if flag.is_none() {
            self.fault(name, "must be true or false");
        }
        flag
    }

    /// A text that stands for one of a few things.
    pub(crate) fn choice<T>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Option<T>,
        choices: &str,
    ) -> Option<T> {
        let choice = self.value(name)?.as_str().and_then(parse);
        if choice.is_none() {
            self.fault(name, format!("must be one of {choices}"));
        }
        choice
    }

    /// An object, read by `read`.
    pub(crate) fn object<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        let path = format!("{}{name}", self.path);
        if let Value::Object(object) = self.value(name)? {
            self.nested(object, &path, read)
        } else {
            self.fault(name, "must be an object");
            None
        }
    }

    /// A list of objects, each read by `read`; those with faults are not among the answer.
    pub(crate) fn objects<T>(
        &mut self,
        name: &'static str,
        read: impl Fn(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        let mut items = Vec::new();
        for (place, value) in self.list(name)? {
            match value {
                Value::Object(object) => items.extend(self.nested(object, &place, &read)),
                _ => self.faults.push(Fault::new(place, "must be an object")),
            }
        }
        Some(items)
    }

    /// A list of texts, each of which stands for one of a few things.
    pub(crate) fn choices<T: PartialEq>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Option<T>,
        choices: &str,
    ) -> Option<Vec<T>> {
        let mut items = Vec::new();
        for (place, value) in self.list(name)? {
            match value.as_str().and_then(&parse) {
                Some(item) if items.contains(&item) => {
                    self.faults.push(Fault::new(place, "stands there twice"));
                }
                Some(item) => items.push(item),
                None => self
                    .faults
                    .push(Fault::new(place, format!("must be one of {choices}"))),
            }
        }
        Some(items)
    }

    /// The items of a list, each with its place.
    fn list(&mut self, name: &'static str) -> Option<Vec<(String, &'a Value)>> {
        let Some(list) = self.value(name)?.as_array() else {
            self.fault(name, "must be a list");
            return None;
        };
        let path = &self.path;
        let places = list.iter().enumerate();
        Some(
            places
                .map(|(at, value)| (format!("{path}{name}[{at}]"), value))
                .collect(),
        )
    }

    fn nested<T>(
        &mut self,
        object: &'a Map<String, Value>,
        place: &str,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        let mut fields = Self::within(object, format!("{place}."));
        let value = read(&mut fields);
        let faults = fields.end();
        let sound = faults.is_empty();
        self.faults.extend(faults);
        value.filter(|_| sound)
    }

    /// All faults, those of unknown fields among them.
    pub(crate) fn end(mut self) -> Vec<Fault> {
        for name in self.object.keys() {
            if !self.asked.contains(&name.as_str()) {
                let field = format!("{}{name}", self.path);
                self.faults.push(Fault::new(field, "is not known"));
            }
        }
        self.faults
    }
}

fn is_given(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_fault_is_named_by_its_place() {
        let body = json!({
            "name": "", "count": 0, "extra": 1,
            "inner": {"flag": 1, "more": null},
            "items": [{"n": 1}, {"n": 9}, 3],
        });
        let faults = Fields::read(&body, |fields| {
            fields.required_text("name", 9);
            fields.required_whole("count", 1..=5);
            fields.required_text("missing", 9);
            fields.object("inner", |inner| inner.flag("flag"));
            fields.objects("items", |item| item.small("n", 0..=5))
        })
        .unwrap_err();

        let places: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(
            places,
            [
                "name",
                "count",
                "missing",
                "inner.flag",
                "inner.more",
                "items[1].n",
                "items[2]",
                "extra"
            ]
        );
    }

    #[test]
    fn what_nobody_filled_in_is_left_out() {
        for empty in [json!(null), json!("")] {
            let read = Fields::read(&json!({"name": empty, "count": empty}), |fields| {
                let is_there = fields.has("name");
                Some((
                    is_there,
                    fields.text("name", 9),
                    fields.whole("count", 1..=5),
                ))
            });
            assert_eq!(read, Ok((false, None, None)), "{empty}");
        }
    }

    #[test]
    fn line_ends_and_tabs_of_any_system_are_taken() {
        for (typed, taken) in [
            ("甲\r\n乙", "甲\n乙"),
            ("甲\r乙", "甲\n乙"),
            ("甲\n乙", "甲\n乙"),
            ("甲\t乙", "甲 乙"),
            ("甲\r\n\r\n乙", "甲\n\n乙"),
        ] {
            let read = Fields::read(&json!({"text": typed}), |fields| fields.text("text", 99));
            assert_eq!(read.as_deref(), Ok(taken), "{typed:?}");
        }
        let read = Fields::read(&json!({"text": "a\u{0}b"}), |fields| {
            fields.text("text", 99)
        });
        assert!(read.is_err(), "no other control character");
    }
}
