//! Values that a row of the field table allows, and values that it does not.

use serde_json::{Value, json};

use super::Row;
use crate::support::NOW;

impl Row<'_> {
    /// Values that the row allows, the limits among them.
    pub(super) fn right_values(&self) -> Vec<Value> {
        match self.path {
            "base_info.sku.quantity" => return vec![json!(1), json!(100_000_000), json!("500000")],
            "base_info.date_info.begin_timestamp" => return vec![json!((NOW - 1).to_string())],
            "base_info.date_info.end_timestamp" => return vec![json!((NOW + 1).to_string())],
            "base_info.date_info.type" => {
                let names = ["DATE_TYPE_FIX_TIME_RANGE", "DATE_TYPE_FIX_TERM"];
                let mut values = vec![json!(names[0]), json!(names[1]), json!(1), json!(2)];
                values.extend([json!("1"), json!("2")]);
                return values;
            }
            "base_info.sub_merchant_info.merchant_id" => return vec![json!(7), json!("7")],
            "advanced_info.share_friends" => return vec![json!(false)],
            "base_info" | "base_info.sku" | "base_info.date_info" => return Vec::new(),
            _ => {}
        }
        if self.row["values_from"] == "colors" {
            let colors = fixtures::colors().as_array().unwrap().iter();
            return colors.map(|color| color["name"].clone()).collect();
        }
        let list = |values: Vec<Value>| values.into_iter().map(|value| json!([value])).collect();
        if let Some(values) = self.row["values"].as_array() {
            return match self.row["kind"].as_str() {
                Some("strings") => list(values.clone()),
                _ => values.clone(),
            };
        }
        match self.row["kind"].as_str().unwrap() {
            "string" => vec![json!(self.longest_text())],
            "strings" => list(vec![json!(self.longest_text())]),
            "string_or_int" => vec![json!("1798000000"), json!(1_798_000_000)],
            "int" => {
                let (min, max) = (self.number("min"), self.number("max"));
                vec![
                    json!(min.unwrap_or(1)),
                    json!(max.unwrap_or(1000)),
                    json!(min.unwrap_or(1).to_string()),
                ]
            }
            "bool" => vec![json!(true), json!(false)],
            "object" => vec![json!({})],
            "objects" | "array" => vec![json!([])],
            "ids" => vec![json!([1, "2"])],
            other => panic!("{}: no value of the kind {other}", self.path),
        }
    }

    /// A text of as many bytes as the row allows.
    fn longest_text(&self) -> String {
        match self.row["form"].as_str() {
            Some("picture") => return self.picture.to_owned(),
            Some("mini_program") => return "gh_0000000000b0@app".to_owned(),
            Some("page") => return "pages/index/index?from=card".to_owned(),
            _ => {}
        }
        let limit = usize::try_from(self.number("max_bytes").unwrap_or(30)).unwrap();
        let text = "券".repeat(limit / 3) + &"a".repeat(limit % 3);
        assert_eq!(text.len(), limit);
        text
    }

    pub(super) fn values_of_wrong_kinds(&self) -> Vec<(String, Value, i64)> {
        let kind = self.row["kind"].as_str().unwrap();
        let own = self.number("not_a_number");
        let wrong = wrong_kinds(kind).into_iter().map(|value| {
            let errcode = own.filter(|_| value.is_string()).unwrap_or(47001);
            (format!("{value} for {kind}"), value, errcode)
        });
        wrong.collect()
    }

    /// Values of the right kind that the row does not allow.
    pub(super) fn wrong_values(&self) -> Vec<(String, Value, i64)> {
        let own = self.number("errcode").unwrap_or(40097);
        let is_list = self.row["kind"] == "strings";
        let mut wrong = Vec::new();
        let mut add = |what: &str, value: Value, errcode: i64| {
            let value = if is_list && value.is_string() {
                json!([value])
            } else {
                value
            };
            wrong.push((what.to_owned(), value, errcode));
        };
        if let Some(limit) = self.number("max_bytes") {
            let text = "x".repeat(usize::try_from(limit).unwrap() + 1);
            add("a byte too long", json!(text), 45021);
        }
        if self.row["values"].is_array() || self.row["values_from"].is_string() {
            add("no such value", json!("NONE_OF_THEM"), own);
        }
        if let Some(min) = self.number("min") {
            add("below", json!(min - 1), own);
        }
        if let Some(max) = self.number("max") {
            add("above", json!(max + 1), own);
        }
        if let Some(limit) = self.number("max_items") {
            let pictures = vec![self.picture; usize::try_from(limit).unwrap() + 1];
            add("one too many", json!(pictures), 45044);
        }
        let wrong_form = match self.row["form"].as_str() {
            None => return wrong,
            Some("picture") => ("https://example.com/a.png", 40141),
            Some("link") => ("https://mp.weixin.qq.com/mp/homepage?__biz=MzA3", 40155),
            Some("mini_program") => ("wx00000000000000b0", 40166),
            Some("page") => ("https://example.com", 40165),
            Some("one_line") => ("一\n二", 72006),
            Some(other) => panic!("{}: no text of the form {other}", self.path),
        };
        add("wrong form", json!(wrong_form.0), wrong_form.1);
        wrong
    }
}

/// A value of each kind that a field of `kind` does not take.
fn wrong_kinds(kind: &str) -> Vec<Value> {
    let fitting: fn(&Value) -> bool = match kind {
        // A number counts as its text, null as absent, [] as an empty object: captured.
        "string" => |value| value.is_string() || value.is_number(),
        "int" | "timestamp" => Value::is_i64,
        "string_or_int" => |value| value.is_i64() || value.is_string(),
        "bool" => Value::is_boolean,
        "object" => |value| value.is_object() || *value == json!([]),
        "strings" | "objects" | "ids" | "array" => Value::is_array,
        other => panic!("no field is of the kind {other}"),
    };
    let all = [
        json!("word"),
        json!(5),
        json!(0.5),
        json!(true),
        json!({}),
        json!([]),
    ];
    let mut wrong: Vec<Value> = all.into_iter().filter(|value| !fitting(value)).collect();
    match kind {
        "strings" => wrong.extend([json!([true]), json!([["x"]])]),
        "objects" => wrong.extend([json!(["x"]), json!([[{}]])]),
        "ids" => wrong.extend([json!([{}]), json!([0.5])]),
        "object" => wrong.push(json!([{}])),
        _ => {}
    }
    wrong
}
