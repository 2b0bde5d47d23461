//! Each value of a card by itself.

use serde_json::Value;

use super::{FieldRow, Judge, Kind, questions::Asked};
use crate::{
    api::{
        call::{kind, shortened},
        schema::Form,
    },
    facts,
    refusal::Refusal,
    switches::{Switch, Switches},
    world::card::whole,
};

/// Pages of Official Accounts that show the account itself.
const HOME_PAGES: [&str; 2] = [
    "mp.weixin.qq.com/mp/profile_ext",
    "mp.weixin.qq.com/mp/homepage",
];

impl FieldRow {
    /// Holds a value against the row; the entries of a list count one by one.
    pub(super) fn judge(&'static self, value: &Value, judge: &mut Judge) -> Result<(), Refusal> {
        if let (Some(limit), Value::Array(entries)) = (self.max_items, value)
            && entries.len() > limit
        {
            let is_of_message = self.path.ends_with("card_id_list");
            let rule = if is_of_message {
                "WX-CRD-082"
            } else {
                "WX-CRD-021"
            };
            return Err(Refusal::new(rule)
                .row(self)
                .expected(format!("{}: at most {limit}", self.path))
                .received(format!("{} entries", entries.len())));
        }
        match value {
            Value::Array(entries) => entries
                .iter()
                .try_for_each(|entry| self.judge_one(entry, judge)),
            one => self.judge_one(one, judge),
        }
    }

    fn judge_one(&'static self, value: &Value, judge: &mut Judge) -> Result<(), Refusal> {
        self.ask_for_right(value, judge);
        if let Some(text) = value.as_str() {
            self.check_text(text, judge)?;
        }
        if self.values_from == Some("colors")
            && facts::color_value(value.as_str().unwrap_or_default()).is_none()
        {
            return Err(Refusal::new("WX-CRD-006")
                .row(self)
                .expected("Color010 to Color102, as /card/getcolors lists them")
                .received(shortened(&value.to_string())));
        }
        self.check_choice(value, judge)?;
        let is_same_day = self.path == "base_info.date_info.fixed_term" && whole(value) == Some(0);
        if is_same_day && judge.switches.is(Switch::FixedTermZero, "accept") {
            return Ok(());
        }
        self.check_range(value)
    }

    fn ask_for_right(&'static self, value: &Value, judge: &mut Judge) {
        let is_used = *value == true || value.as_str().is_some_and(|text| !text.is_empty());
        if let Some(right) = self.right.filter(|_| is_used) {
            judge.ask(self, Asked::Right(right));
        }
    }

    fn check_text(&'static self, text: &str, judge: &mut Judge) -> Result<(), Refusal> {
        if let Some(limit) = self.most_bytes(judge.switches)
            && text.len() > limit
        {
            return Err(Refusal::new("WX-CRD-002")
                .row(self)
                .expected(format!("{}: at most {limit} bytes", self.path))
                .received(format!("{} bytes", text.len())));
        }
        let Some(form) = self.form else {
            return Ok(());
        };
        // What is optional may be left empty.
        if text.is_empty() && self.is_optional() {
            return Ok(());
        }
        match form {
            Form::Picture => self.check_picture(text, judge),
            Form::MiniProgram => self.check_mini_program(text, judge),
            Form::Page if text.contains("://") => {
                Err(self.wrong("WX-CRD-039", "a path such as pages/index", text))
            }
            Form::Link if HOME_PAGES.iter().any(|page| text.contains(page)) => {
                Err(self.wrong("WX-CRD-037", "a page of your own", text))
            }
            Form::OneLine if text.trim().is_empty() || text.contains(char::is_control) => {
                Err(self.wrong("WX-CRD-046", "a line of text", text))
            }
            Form::Page | Form::Link | Form::OneLine => Ok(()),
        }
    }

    fn check_mini_program(&'static self, text: &str, judge: &mut Judge) -> Result<(), Refusal> {
        let id = text.strip_suffix("@app").filter(|id| id.starts_with("gh_"));
        let id = id.ok_or_else(|| self.wrong("WX-CRD-040", "gh_…@app", text))?;
        judge.ask(self, Asked::MiniProgram(id.to_owned()));
        Ok(())
    }

    fn check_picture(&'static self, url: &str, judge: &mut Judge) -> Result<(), Refusal> {
        if !is_picture_host(url) {
            return Err(self.no_picture(url, judge.switches));
        }
        judge.ask(self, Asked::Picture(url.to_owned()));
        Ok(())
    }

    /// A picture: a URL on WeChat's picture host.
    pub(super) fn no_picture(&'static self, url: &str, switches: Switches) -> Refusal {
        let whose = if switches.is(Switch::ForeignImage, "refuse") {
            ", uploaded by this account"
        } else {
            ""
        };
        self.wrong("WX-CRD-005", &format!("a URL on mmbiz.qpic.cn{whose}"), url)
    }

    fn check_choice(&'static self, value: &Value, judge: &Judge) -> Result<(), Refusal> {
        let Some(values) = &self.values else {
            return Ok(());
        };
        let is_left_empty = value == "" && self.is_optional();
        if values.contains(value) || is_left_empty {
            return Ok(());
        }
        let known: Vec<String> = values.iter().map(Value::to_string).collect();
        let expected = format!("one of {}", known.join(", "));
        let mut refusal = self.breach("WX-CRD-003", &expected, value);
        if self.path == "base_info.code_type" {
            let errcode = judge.switches.errcode(Switch::UnknownCodeType);
            refusal.errcode = errcode.unwrap_or(refusal.errcode);
        }
        Err(refusal)
    }

    fn check_range(&'static self, value: &Value) -> Result<(), Refusal> {
        let Some(number) = whole(value).filter(|_| self.kind == Kind::Int) else {
            return Ok(());
        };
        let above = self.min.is_none_or(|min| number >= min);
        let below = self.max.is_none_or(|max| number <= max);
        if above && below {
            return Ok(());
        }
        let range = match (self.min, self.max) {
            (Some(min), Some(max)) => format!("{min} to {max}"),
            (Some(min), None) => format!("{min} or more"),
            (None, Some(max)) => format!("{max} or less"),
            (None, None) => String::new(),
        };
        Err(self.breach("WX-CRD-004", &range, value))
    }

    /// A text that breaks a rule of its own number.
    pub(super) fn wrong(
        &'static self,
        rule: &'static str,
        expected: &str,
        received: &str,
    ) -> Refusal {
        Refusal::new(rule)
            .row(self)
            .expected(format!("{}: {expected}", self.path))
            .received(shortened(received))
    }

    fn breach(&'static self, rule: &'static str, expected: &str, received: &Value) -> Refusal {
        // 40097, "invalid args", is what there is for fields whose own number is not known.
        Refusal::numbered(rule, self.errcode.unwrap_or(40097))
            .row(self)
            .expected(format!("{}: {expected}", self.path))
            .received(format!(
                "{} {}",
                kind(received),
                shortened(&received.to_string())
            ))
    }
}

/// Whether a URL is on WeChat's picture host.
pub(in crate::api) fn is_picture_host(url: &str) -> bool {
    ["http://", "https://"]
        .iter()
        .filter_map(|scheme| url.strip_prefix(scheme))
        .any(|rest| rest.starts_with("mmbiz.qpic.cn/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_wechats_picture_host_will_do() {
        assert!(is_picture_host("http://mmbiz.qpic.cn/mmbiz_jpg/x/0"));
        assert!(is_picture_host("https://mmbiz.qpic.cn/mmbiz_jpg/x/0"));
        for url in [
            "http://mmecoa.qpic.cn/mmbiz_jpg/x/0",
            "http://mmbiz.qpic.cn.evil.example/x",
            "ftp://mmbiz.qpic.cn/x",
            "media-id",
        ] {
            assert!(!is_picture_host(url), "{url}");
        }
    }
}
