//! POST `/card/create`: a new kind of card.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::{
    fields::{CardNode, Judged},
    relations::Relations,
};
use crate::{
    api::{Context, call::shortened, reply::Reply, suits::Subject},
    refusal::Refusal,
    switches::{Switch, Switches},
    world::{
        card::{Card, CardType, Dates, Description, Terms},
        restrictions::Door,
    },
};

/// A card that is to be made, judged as far as its JSON alone decides: without the world.
#[derive(Clone, Debug)]
pub(in crate::api) struct Draft {
    card_type: CardType,
    judged: Judged,
    /// What the card will say; nothing when it is refused anyway. Of dates that cannot be read the
    /// terms say nothing: those are refused before it counts.
    description: Option<Description>,
}

impl Draft {
    /// Judges the body of a call.
    pub(in crate::api) fn read(
        body: &Map<String, Value>,
        switches: Switches,
    ) -> Result<Self, Refusal> {
        let (card_type, node, members) = card_of(body)?;
        check_withdrawn(card_type, switches)?;
        let judged = CardNode {
            name: card_type.node,
            members,
        }
        .judge(switches);
        let description = (!judged.is_refused()).then(|| {
            let node = completed(node, switches);
            let dates = Dates::read(&node["base_info"]["date_info"]).unwrap_or(Dates::Permanent);
            let terms = Terms::with_dates(&node, dates);
            Description::with_terms(&node, terms)
        });
        Ok(Self {
            card_type,
            judged,
            description,
        })
    }
}

pub(in crate::api) fn create(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let call = context.call;
    let switches = context.world.switches;
    let number = context.own_number();
    let now = context.world.now();
    let body = call.json()?;
    let draft = match &call.draft {
        Some(draft) => Cow::Borrowed(draft.as_ref().map_err(Clone::clone)?),
        None => Cow::Owned(Draft::read(body, switches)?),
    };
    let card_type = draft.card_type;
    let account = context.world.account(number);

    account.profile.restrictions.open(Door::Create)?;

    let accounts = context.world.accounts();
    draft
        .judged
        .check(account, accounts, switches, &mut context.advice)?;
    let description = draft.description.as_ref();
    let description = description.expect("a card without a refusal was described");
    Subject::new_card(context.world, number, card_type, description.terms()).check(&call.path)?;
    let (_, _, members) = card_of(body)?;
    Relations {
        card_type: card_type.name,
        node: members,
        base: &members["base_info"],
        account,
        switches,
        now,
    }
    .check(&mut context.advice)?;

    let card_id = context.world.account_mut(number).draw_card_id();
    let card = Card::new(card_id.clone(), card_type, description.clone(), now);
    context.world.add_card(number, card);
    Ok(Reply::card(json!({"card_id": card_id})))
}

/// The node with what WeChat makes of what was left out.
fn completed(node: &Value, switches: Switches) -> Cow<'_, Value> {
    let mut node = Cow::Borrowed(node);
    let base = &node["base_info"];
    if switches.is(Switch::GetLimitDefault, "quantity") && base["get_limit"].is_null() {
        let quantity = base["sku"]["quantity"].clone();
        node.to_mut()["base_info"]["get_limit"] = quantity;
    }
    // Without an id it stands for no sub-merchant.
    let is_empty = |info: &Value| info["merchant_id"].is_null();
    if node["base_info"]
        .get("sub_merchant_info")
        .is_some_and(is_empty)
        && let Some(base) = node.to_mut()["base_info"].as_object_mut()
    {
        base.remove("sub_merchant_info");
    }
    node
}

/// The type of a card, and the node that describes it with its members.
fn card_of(body: &Map<String, Value>) -> Result<(CardType, &Value, &Map<String, Value>), Refusal> {
    let Some(Value::Object(card)) = body.get("card") else {
        return Err(Refusal::new("WX-CRD-001")
            .expected("card, with card_type and the node named like it")
            .received("no card")
            .tail("m_data"));
    };
    let card_type = card.get("card_type").and_then(Value::as_str);
    let card_type = card_type.unwrap_or_default();
    let card_type = CardType::read(card_type).ok_or_else(|| {
        Refusal::new("WX-CRD-010")
            .expected("a card_type such as GENERAL_COUPON")
            .received(if card_type.is_empty() {
                "no card_type".into()
            } else {
                shortened(card_type)
            })
    })?;
    let name = card_type.node;
    let Some(node @ Value::Object(members)) = card.get(name) else {
        let keys: Vec<&str> = card.keys().map(String::as_str).collect();
        return Err(Refusal::new("WX-CRD-011")
            .expected(format!("card.{name}"))
            .received(shortened(&keys.join(", "))));
    };
    if let Some(key) = card.keys().find(|key| *key != "card_type" && *key != name) {
        return Err(Refusal::new("WX-WIRE-008")
            .expected("{\"card\":{\"card_type\":…,\"<type>\":{…}}}")
            .received(shortened(&format!("card.{key}"))));
    }
    Ok((card_type, node, members))
}

/// What an account may get whose coupon right was withdrawn; its member cards live on.
fn check_withdrawn(card_type: CardType, switches: Switches) -> Result<(), Refusal> {
    match switches.errcode(Switch::Retirement) {
        Some(errcode) if card_type.name != "MEMBER_CARD" => {
            Err(Refusal::numbered("WX-CRD-027", errcode)
                .expected("MEMBER_CARD")
                .received(card_type.name))
        }
        _ => Ok(()),
    }
}
