//! POST `/card/create`: a new kind of card.

use serde_json::{Map, Value, json};

use super::{
    fields::{CardNode, Judge},
    relations::Relations,
};
use crate::{
    api::{Context, call::shortened, reply::Reply, suits::Subject},
    facts,
    refusal::Refusal,
    switches::{Switch, Switches},
    world::{card::Card, restrictions::Door},
};

pub(in crate::api) fn create(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let call = context.call;
    let switches = context.world.switches;
    let number = context.own_number();
    let now = context.world.now();
    let (card_type, node) = card_of(call.json()?)?;
    check_withdrawn(card_type, switches)?;
    let name = card_type.to_ascii_lowercase();
    let account = context.world.account(number);

    account.profile.restrictions.open(Door::Create)?;

    let mut judge = Judge {
        account,
        accounts: context.world.accounts(),
        switches,
        advice: &mut context.advice,
    };
    CardNode {
        name: &name,
        members: node,
    }
    .check(&mut judge)?;
    Subject::new_card(
        context.world,
        number,
        card_type,
        &call.json()?["card"][&name],
    )
    .check(&call.path)?;
    Relations {
        card_type,
        node,
        account,
        switches,
        now,
    }
    .check(&mut context.advice)?;

    let card_id = context.world.account_mut(number).draw_card_id();
    let mut node = Value::Object(node.clone());
    if switches.is(Switch::GetLimitDefault, "quantity") && node["base_info"]["get_limit"].is_null()
    {
        node["base_info"]["get_limit"] = node["base_info"]["sku"]["quantity"].clone();
    }
    // Without an id it stands for no sub-merchant.
    if let Some(base) = node["base_info"].as_object_mut()
        && base
            .get("sub_merchant_info")
            .is_some_and(|info| info["merchant_id"].is_null())
    {
        base.remove("sub_merchant_info");
    }
    let card = Card::new(card_id.clone(), card_type, node, now)
        .ok_or_else(|| Refusal::new("WX-CRD-015"))?;
    context.world.add_card(number, card);
    Ok(Reply::card(json!({"card_id": card_id})))
}

/// The type of a card and the node that describes it.
fn card_of(body: &Map<String, Value>) -> Result<(&str, &Map<String, Value>), Refusal> {
    let Some(Value::Object(card)) = body.get("card") else {
        return Err(Refusal::new("WX-CRD-001")
            .expected("card, with card_type and the node named like it")
            .received("no card")
            .tail("m_data"));
    };
    let card_type = card.get("card_type").and_then(Value::as_str);
    let card_type = card_type.unwrap_or_default();
    if !facts::is_card_type(card_type) {
        return Err(Refusal::new("WX-CRD-010")
            .expected("a card_type such as GENERAL_COUPON")
            .received(if card_type.is_empty() {
                "no card_type".into()
            } else {
                shortened(card_type)
            }));
    }
    let name = card_type.to_ascii_lowercase();
    let Some(Value::Object(node)) = card.get(&name) else {
        let keys: Vec<&str> = card.keys().map(String::as_str).collect();
        return Err(Refusal::new("WX-CRD-011")
            .expected(format!("card.{name}"))
            .received(shortened(&keys.join(", "))));
    };
    if let Some(key) = card.keys().find(|key| *key != "card_type" && **key != name) {
        return Err(Refusal::new("WX-WIRE-008")
            .expected("{\"card\":{\"card_type\":…,\"<type>\":{…}}}")
            .received(shortened(&format!("card.{key}"))));
    }
    Ok((card_type, node))
}

/// What an account may get whose coupon right was withdrawn; its member cards live on.
fn check_withdrawn(card_type: &str, switches: Switches) -> Result<(), Refusal> {
    match switches.errcode(Switch::Retirement) {
        Some(errcode) if card_type != "MEMBER_CARD" => {
            Err(Refusal::numbered("WX-CRD-027", errcode)
                .expected("MEMBER_CARD")
                .received(card_type))
        }
        _ => Ok(()),
    }
}
