//! POST `/card/membercard/activateuserform/set`: what WeChat asks before it makes somebody a member.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::{member_card, only_activated_by_wechat};
use crate::{
    api::{Context, call::shortened, node::Node, reply::Reply},
    facts,
    refusal::{Place, Refusal},
    world::member::{Asked, Choice, Form},
};

const RICH_FIELDS: [&str; 3] = [
    "FORM_FIELD_RADIO",
    "FORM_FIELD_SELECT",
    "FORM_FIELD_CHECK_BOX",
];

pub(in crate::api) fn set_form(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let call = context.call;
    let at = member_card(context)?;
    let card = context.world.card(at);
    only_activated_by_wechat(card)?;
    let body = Node::body(call)?;
    for key in ["service_statement", "bind_old_card"] {
        if let Some(link) = body.node(key)? {
            link.required_text("name")?;
            link.required_text("url")?;
        }
    }
    let form = Form {
        required: asked(&body, "required_form")?,
        optional: asked(&body, "optional_form")?,
    };
    let card_id = card.card_id.clone();
    context.own_account().members.forms.insert(card_id, form);
    Ok(Reply::card(json!({})))
}

fn asked(body: &Node<'_>, key: &str) -> Result<Asked, Refusal> {
    let Some(form) = body.node(key)? else {
        return Ok(Asked::default());
    };
    form.flag("can_modify")?;
    let ids = form.texts("common_field_id_list")?;
    let path = form.path("common_field_id_list");
    for (at, id) in ids.iter().enumerate() {
        if !facts::is_form_field(id) {
            let path = format!("{path}[{at}]");
            return Err(wrong(path, "an id such as USER_FORM_INFO_FLAG_MOBILE", id));
        }
    }
    let mut custom: BTreeSet<String> = form
        .texts("custom_field_list")?
        .into_iter()
        .map(str::to_owned)
        .collect();
    let mut choices = BTreeMap::new();
    for rich in form.nodes("rich_field_list")? {
        let kind = rich.required_text("type")?;
        if !RICH_FIELDS.contains(&kind) {
            return Err(wrong(rich.path("type"), &RICH_FIELDS.join(", "), kind));
        }
        let values = rich.texts("values")?;
        if values.is_empty() {
            return Err(wrong(rich.path("values"), "values to choose from", "none"));
        }
        let name = rich.required_text("name")?.to_owned();
        let choice = Choice {
            values: values.into_iter().map(str::to_owned).collect(),
            several: kind == "FORM_FIELD_CHECK_BOX",
        };
        choices.insert(name.clone(), choice);
        custom.insert(name);
    }
    Ok(Asked {
        common: ids.into_iter().map(str::to_owned).collect(),
        custom,
        choices,
    })
}

fn wrong(path: String, expected: &str, received: &str) -> Refusal {
    Refusal::new("WX-MBR-009")
        .expected(format!("{path}: {expected}"))
        .received(shortened(received))
        .at(Place::Path(path))
}
