//! POST `/card/membercard/activateuserform/set`: what WeChat asks before it makes somebody a member.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::{
    api::{Context, card::suited_card, reply::Reply, schema::Fields},
    refusal::Refusal,
    switches::Switch,
    world::member::{Asked, Choice, Form},
};

pub(in crate::api) fn set_form(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = suited_card(context)?;
    let fields = context.call.fields()?;
    let has_empty_url = |key: &str| {
        let link = fields.object(key);
        link.is_some_and(|link| link.value("url").is_some_and(|url| url == ""))
    };
    if context.world.switches.is(Switch::EmptyFormUrl, "refuse")
        && (has_empty_url("service_statement") || has_empty_url("bind_old_card"))
    {
        return Err(Refusal::new("WX-WIRE-009")
            .expected("a url that is not empty")
            .received("an empty url"));
    }
    let form = Form {
        required: asked(fields.object("required_form")),
        optional: asked(fields.object("optional_form")),
    };
    let card_id = context.world.card(at).card_id.clone();
    context.own_account().members.forms.insert(card_id, form);
    Ok(Reply::card(json!({})))
}

fn asked(form: Option<Fields<'_>>) -> Asked {
    let Some(form) = form else {
        return Asked::default();
    };
    let common = form.texts("common_field_id_list").into_iter();
    let mut custom: BTreeSet<String> = form
        .texts("custom_field_list")
        .into_iter()
        .map(str::to_owned)
        .collect();
    let mut choices = BTreeMap::new();
    for rich in form.objects("rich_field_list") {
        let name = rich.required_text("name").to_owned();
        let choice = Choice {
            values: rich
                .texts("values")
                .into_iter()
                .map(str::to_owned)
                .collect(),
            several: rich.text("type") == Some("FORM_FIELD_CHECK_BOX"),
        };
        choices.insert(name.clone(), choice);
        custom.insert(name);
    }
    Asked {
        common: common.map(str::to_owned).collect(),
        custom,
        choices,
    }
}
