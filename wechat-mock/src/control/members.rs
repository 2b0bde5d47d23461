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
        member::{Answer, FilledIn, Form},
    },
};

/// `{"common", "custom"}`: what the customer fills in, by field.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Activation {
    /// Which card's code is meant, when several cards have it.
    card_id: Option<String>,
    common: BTreeMap<String, String>,
    custom: BTreeMap<String, String>,
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
    fn carry_out(self, world: &mut World, user: &str, code: &str) -> Result<Value, Fault> {
        let at = held(world, user, code, self.card_id.as_deref())?;
        let card = world.card((at.0, world.code(at).card));
        if !card.is_member_card() || !card.says("wx_activate") {
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

        let url = card.node["wx_activate_after_submit_url"].clone();
        let ticket = world.fill_in(at, self.filled_in());
        let mut answer = json!({"active": ticket.is_none()});
        if let Some(ticket) = ticket {
            answer["activate_ticket"] = json!(ticket);
            answer["url"] = url;
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
        check_part("custom", &self.custom, &required.custom, &optional.custom)
    }

    fn filled_in(self) -> FilledIn {
        let answers = |given: BTreeMap<String, String>| {
            let answers = given.into_iter();
            answers
                .map(|(name, value)| Answer { name, value })
                .collect()
        };
        FilledIn {
            common_field_list: answers(self.common),
            custom_field_list: answers(self.custom),
        }
    }
}

fn check_part(
    part: &str,
    given: &BTreeMap<String, String>,
    required: &BTreeSet<String>,
    optional: &BTreeSet<String>,
) -> Result<(), Fault> {
    let is_missing = |field: &&String| given.get(*field).is_none_or(String::is_empty);
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
