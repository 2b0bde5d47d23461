//! Customers who become members by WeChat's own form.

use std::collections::{BTreeMap, BTreeSet};

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Fault,
    body::{OptionalBody, Segments},
    phone::held,
};
use crate::{
    facts,
    mock::Mock,
    world::{
        World,
        member::{Answer, Choice, FilledIn, Form},
    },
};

/// `{"common", "custom"}`: what the customer fills in, by field.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Activation {
    /// Which card's code is meant, when several cards have it.
    pub(crate) card_id: Option<String>,
    common: BTreeMap<String, Given>,
    custom: BTreeMap<String, Given>,
}

/// What stands in one field: a text, or what was ticked of several choices.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a text, or a list of texts")]
enum Given {
    One(String),
    Several(Vec<String>),
}

impl Given {
    fn is_empty(&self) -> bool {
        match self {
            Self::One(text) => text.is_empty(),
            Self::Several(texts) => texts.is_empty(),
        }
    }

    fn texts(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Several(texts) => texts,
        }
    }
}

pub(super) async fn activate(
    State(mock): State<Mock>,
    Segments(name, code): Segments,
    OptionalBody(activation): OptionalBody<Activation>,
) -> Result<Json<Value>, Fault> {
    let mut world = mock.world.lock();
    activation.carry_out(&mut world, &name, &code).map(Json)
}

impl Activation {
    /// The customer sends the form off: they are a member, or go to the shop's page with a ticket.
    pub(crate) fn carry_out(
        self,
        world: &mut World,
        user: &str,
        code: &str,
    ) -> Result<Value, Fault> {
        let at = held(world, user, code, self.card_id.as_deref())?;
        let card = world.card((at.0, world.code(at).card));
        if !card.is_member_card() || !card.terms.wx_activate {
            return Err(Fault::conflict("the card has no wx_activate true"));
        }
        let members = &world.account(at.0).members;
        let member = members.of_code(at.1);
        if member.is_some_and(|member| member.activated_at.is_some()) {
            return Err(Fault::conflict("the customer is a member already"));
        }
        let status = world.code_status(at);
        if !status.is_usable() {
            return Err(Fault::conflict(format!("the code is {}", status.as_str())));
        }
        self.check(members.forms.get(&card.card_id))?;

        let card_id = card.card_id.clone();
        let url = card.node.member("wx_activate_after_submit_url");
        let url = url.as_str().unwrap_or_default().to_owned();
        let filled_in = self.filled_in(members.forms.get(&card_id));
        let ticket = world.fill_in(at, filled_in);
        let mut answer = json!({"active": ticket.is_none()});
        if let Some(ticket) = ticket {
            let code = world.code(at);
            let query = [
                ("card_id", card_id.as_str()),
                (
                    "encrypt_code",
                    &world.account(at.0).seal_key().seal(&code.code),
                ),
                ("outer_str", code.outer_str.as_deref().unwrap_or_default()),
                ("openid", world.openid(code.user, at.0)),
                ("activate_ticket", &ticket),
            ];
            answer["url"] = json!(with_query(&url, &query));
            answer["activate_ticket"] = json!(ticket);
        }
        Ok(answer)
    }

    /// Whether all that is required is there, and nothing that nobody asks; without a form of the
    /// shop's, what WeChat has ready can be filled in.
    fn check(&self, form: Option<&Form>) -> Result<(), Fault> {
        let Some(Form { required, optional }) = form else {
            let mut ids = self.common.keys();
            return ids
                .find(|id| !facts::is_form_field(id))
                .map_or(Ok(()), |id| {
                    let field = format!("common.{id}");
                    Err(Fault::bad_value(field, "WeChat has no such field"))
                });
        };
        check_part("common", &self.common, &required.common, &optional.common)?;
        check_part("custom", &self.custom, &required.custom, &optional.custom)?;
        let asked = required.choices.iter().chain(&optional.choices);
        let choices: BTreeMap<&String, &Choice> = asked.collect();
        for (name, given) in &self.custom {
            check_choice(&format!("custom.{name}"), given, choices.get(name).copied())?;
        }
        let mut common = self.common.iter();
        let lists = common
            .find(|(name, given)| matches!(given, Given::Several(_)) && name.as_str() != HABIT);
        match lists {
            None => Ok(()),
            Some((name, _)) => Err(no_choices(&format!("common.{name}"))),
        }
    }

    /// What was filled in, as WeChat keeps it: a field with several choices has them in a list.
    fn filled_in(self, form: Option<&Form>) -> FilledIn {
        let has_several = |name: &String| {
            let parts = form.map(|form| [&form.required, &form.optional]);
            let mut parts = parts.into_iter().flatten();
            parts.any(|asked| asked.choices.get(name).is_some_and(|choice| choice.several))
        };
        let answer = |(name, given): (String, Given)| match given {
            Given::One(text) if has_several(&name) => Answer {
                value: String::new(),
                value_list: vec![text],
                name,
            },
            Given::One(value) => Answer {
                name,
                value,
                value_list: Vec::new(),
            },
            Given::Several(value_list) => Answer {
                name,
                value: String::new(),
                value_list,
            },
        };
        FilledIn {
            common_field_list: self.common.into_iter().map(answer).collect(),
            custom_field_list: self.custom.into_iter().map(answer).collect(),
        }
    }
}

/// Interests: the one field that WeChat has ready of which a customer chooses several.
const HABIT: &str = "USER_FORM_INFO_FLAG_HABIT";

fn no_choices(field: &str) -> Fault {
    Fault::bad_value(field, "one text: this field has no check boxes")
}

/// Whether what stands in a custom field is among its choices, where it has some.
fn check_choice(field: &str, given: &Given, choice: Option<&Choice>) -> Result<(), Fault> {
    if matches!(given, Given::Several(_)) && !choice.is_some_and(|choice| choice.several) {
        return Err(no_choices(field));
    }
    let Some(choice) = choice else {
        return Ok(());
    };
    let is_foreign = |text: &&String| !text.is_empty() && !choice.values.contains(text);
    match given.texts().iter().find(is_foreign) {
        None => Ok(()),
        Some(text) => {
            let message = format!("{text} is none of {}", choice.values.join(", "));
            Err(Fault::bad_value(field, message))
        }
    }
}

/// An address with further values in its query, percent-encoded; a fragment stays behind them.
fn with_query(url: &str, pairs: &[(&str, &str)]) -> String {
    let (url, fragment) = match url.split_once('#') {
        Some((url, fragment)) => (url, format!("#{fragment}")),
        None => (url, String::new()),
    };
    let separator = if url.contains('?') { '&' } else { '?' };
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs);
    format!("{url}{separator}{}{fragment}", query.finish())
}

fn check_part(
    part: &str,
    given: &BTreeMap<String, Given>,
    required: &BTreeSet<String>,
    optional: &BTreeSet<String>,
) -> Result<(), Fault> {
    let is_missing = |field: &&String| given.get(*field).is_none_or(Given::is_empty);
    if let Some(field) = required.iter().find(is_missing) {
        let field = format!("{part}.{field}");
        return Err(Fault::bad_value(field, "the card's form requires it"));
    }
    let is_asked = |field: &String| required.contains(field) || optional.contains(field);
    match given.keys().find(|field| !is_asked(field)) {
        None => Ok(()),
        Some(field) => {
            let field = format!("{part}.{field}");
            Err(Fault::bad_value(
                field,
                "the card's form does not ask for it",
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_added_to_whatever_address_the_shop_gave() {
        for (url, expected) in [
            ("https://a.example/j", "https://a.example/j?t=a%2Bb%2F%3D"),
            (
                "https://a.example/j?x=1",
                "https://a.example/j?x=1&t=a%2Bb%2F%3D",
            ),
            (
                "https://a.example/#/j",
                "https://a.example/?t=a%2Bb%2F%3D#/j",
            ),
        ] {
            assert_eq!(with_query(url, &[("t", "a+b/=")]), expected);
        }
    }
}
