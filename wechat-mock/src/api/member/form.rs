//! POST `/card/membercard/activateuserform/set`: what WeChat asks before it makes somebody a member.

use serde_json::json;

use crate::{
    api::{Context, card::suited_card, reply::Reply, schema::Fields},
    refusal::Refusal,
    world::member::{Asked, Form},
};

pub(in crate::api) fn set_form(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = suited_card(context)?;
    let fields = context.call.fields()?;
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
    let custom = form.texts("custom_field_list").into_iter();
    let rich = form.objects("rich_field_list");
    let rich = rich.map(|field| field.required_text("name"));
    Asked {
        common: common.map(str::to_owned).collect(),
        custom: custom.chain(rich).map(str::to_owned).collect(),
    }
}
