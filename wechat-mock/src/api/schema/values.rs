//! The limits of values, for all calls but those that describe a card.

use serde_json::{Map, Value};

use super::{
    required::{is_empty, lacks},
    row::{FieldRow, Form},
    table::Schema,
};
use crate::{
    api::{
        call::{kind, shortened},
        card::is_picture_host,
    },
    facts,
    refusal::Refusal,
    switches::Switches,
};

impl Schema {
    /// The first field that is missing.
    pub(super) fn missing(&self, body: &Map<String, Value>) -> Option<&'static FieldRow> {
        let lacking = self.rows.iter().find(|row| lacks(body, row));
        lacking.map(|row| row.field)
    }

    /// Refuses a body in which a value is wrong.
    pub(super) fn check(
        &self,
        body: &Map<String, Value>,
        switches: Switches,
    ) -> Result<(), Refusal> {
        self.rows
            .iter()
            .filter(|row| !row.field.ignored)
            .try_for_each(|row| {
                each(body, &row.names, &mut |value| {
                    row.field.check_limits(value, switches)
                })
            })
    }
}

/// Looks at all values at a path; lists on the way are looked through.
fn each<'v>(
    members: &'v Map<String, Value>,
    names: &[&str],
    look: &mut impl FnMut(&'v Value) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let Some((name, rest)) = names.split_first() else {
        return Ok(());
    };
    match members.get(*name) {
        None | Some(Value::Null) => Ok(()),
        Some(value) if rest.is_empty() => look(value),
        Some(Value::Object(members)) => each(members, rest, look),
        Some(Value::Array(entries)) => entries
            .iter()
            .filter_map(Value::as_object)
            .try_for_each(|members| each(members, rest, look)),
        Some(_) => Ok(()),
    }
}

impl FieldRow {
    fn check_limits(&'static self, value: &Value, switches: Switches) -> Result<(), Refusal> {
        if is_empty(value) {
            return match self.empty {
                Some(errcode) => {
                    let rule = self.empty_rule.unwrap_or("WX-WIRE-009");
                    Err(Refusal::numbered(rule, errcode)
                        .row(self)
                        .expected(format!("{}: not empty", self.path))
                        .received("an empty one"))
                }
                None => Ok(()),
            };
        }
        let Value::Array(entries) = value else {
            return self.check_limits_of(value, switches);
        };
        let least = self.min_items.unwrap_or(0);
        let most = self.max_items.unwrap_or(usize::MAX);
        if !(least..=most).contains(&entries.len()) {
            let range = match self.max_items {
                Some(most) => format!("{} to {most} entries", least.max(1)),
                None => format!("at least {least} entries"),
            };
            return Err(self.beyond_limits(&range, &format!("{} entries", entries.len())));
        }
        entries
            .iter()
            .try_for_each(|entry| self.check_limits_of(entry, switches))
    }

    fn check_limits_of(&'static self, value: &Value, switches: Switches) -> Result<(), Refusal> {
        if let Some(text) = value.as_str().filter(|text| !text.is_empty()) {
            self.check_limits_of_text(text, switches)?;
        }
        if let Some(values) = &self.values
            && !values.contains(value)
            && !crate::breaks::broken("values-ignored")
            && *value != ""
        {
            let known: Vec<String> = values.iter().map(Value::to_string).collect();
            return Err(self.beyond_limits(&format!("one of {}", known.join(", ")), &shown(value)));
        }
        let Some(number) = value.as_i64() else {
            return Ok(());
        };
        let least = self.min.unwrap_or(i64::MIN);
        let most = self.max.unwrap_or(i64::MAX);
        if (least..=most).contains(&number) || crate::breaks::broken("range-of-numbers-ignored") {
            return Ok(());
        }
        let range = match self.max {
            Some(most) => format!("{least} to {most}"),
            None => format!("{least} or more"),
        };
        Err(self.beyond_limits(&range, &shown(value)))
    }

    fn check_limits_of_text(&'static self, text: &str, switches: Switches) -> Result<(), Refusal> {
        let length = if crate::breaks::broken("length-counted-in-characters") {
            text.chars().count()
        } else {
            text.len()
        };
        if let Some(limit) = self.most_bytes(switches)
            && length > limit
            && !crate::breaks::broken("length-of-texts-ignored")
        {
            let received = format!("{} bytes: {}", text.len(), shortened(text));
            return Err(self.beyond_limits(&format!("at most {limit} bytes"), &received));
        }
        if self.form == Some(Form::Picture)
            && !crate::breaks::broken("picture-host-ignored")
            && !is_picture_host(text)
        {
            return Err(self.beyond_limits("a URL on mmbiz.qpic.cn", text));
        }
        if self.values_from == Some("form_fields") && !facts::is_form_field(text) {
            return Err(self.beyond_limits("an id such as USER_FORM_INFO_FLAG_MOBILE", text));
        }
        Ok(())
    }

    fn beyond_limits(&'static self, expected: &str, received: &str) -> Refusal {
        let rule = self.wrong_rule.unwrap_or("WX-WIRE-007");
        Refusal::numbered(rule, self.errcode.unwrap_or(47001))
            .row(self)
            .expected(format!("{}: {expected}", self.path))
            .received(shortened(received))
    }
}

fn shown(value: &Value) -> String {
    format!("{} {}", kind(value), shortened(&value.to_string()))
}
