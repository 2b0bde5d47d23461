//! POST `/card/update`: changes what a card says.

use serde_json::{Map, Value, json};

use super::{fields::CardNode, named_card, relations::Relations};
use crate::{
    api::{
        Context,
        call::shortened,
        reply::Reply,
        schema::{FieldRow, rows_of_update},
        suits::Subject,
    },
    refusal::Refusal,
    world::{
        card::{Card, Description, Terms, whole},
        life::CardAt,
    },
};

pub(in crate::api) fn update(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = named_card(context)?;
    let card = context.world.card(at);
    let change = change_of(context.call.json()?, card.card_type.node)?;
    let former = card.node.to_value();
    let mut node = merged(&former, &change);
    let asked = node.clone();
    for row in turned_off(card, &former, &change) {
        node.insert(row.path.to_owned(), Value::Bool(true));
    }

    let is_reviewed = check(context, at, &change, &node, asked)?;
    let description = Description::read(&Value::Object(node));
    let description = description.ok_or_else(|| Refusal::new("WX-CRD-064"))?;
    context.world.update_card(at, description, is_reviewed);
    Ok(Reply::card(
        json!({"send_check": is_reviewed != crate::breaks::broken("send-check-wrong")}),
    ))
}

/// What is to change, below the node named like the card's type.
fn change_of(body: &Map<String, Value>, name: &str) -> Result<Map<String, Value>, Refusal> {
    if let Some(other) = body.keys().find(|key| *key != "card_id" && *key != name) {
        return Err(wrong_node(name, other));
    }
    let Some(Value::Object(change)) = body.get(name) else {
        return Err(wrong_node(name, "card_id alone"));
    };
    let mut change = change.clone();
    // "0" stands for no store.
    let stores = change
        .get_mut("base_info")
        .and_then(|base| base.get_mut("location_id_list"));
    if let Some(Value::Array(stores)) = stores
        && let [only] = stores.as_slice()
        && whole(only) == Some(0)
    {
        stores.clear();
    }
    Ok(change)
}

fn wrong_node(name: &str, received: &str) -> Refusal {
    Refusal::new("WX-CRD-063")
        .expected(format!("card_id and {name}, the card's type"))
        .received(shortened(received))
}

/// The card's node with the change in it.
fn merged(node: &Value, change: &Map<String, Value>) -> Map<String, Value> {
    let mut merged = node.as_object().cloned().unwrap_or_default();
    for (key, value) in change {
        match (merged.get_mut(key), value) {
            (Some(Value::Object(base)), Value::Object(changed)) if key == "base_info" => {
                base.extend(changed.clone());
            }
            _ => {
                merged.insert(key.clone(), value.clone());
            }
        }
    }
    merged
}

/// Holds a change against the field table and the card; true when it has to be reviewed.
///
/// `node` is what the card becomes, `asked` what it would become if all were done that the call asks.
fn check(
    context: &mut Context<'_>,
    at: CardAt,
    change: &Map<String, Value>,
    node: &Map<String, Value>,
    asked: Map<String, Value>,
) -> Result<bool, Refusal> {
    let world = &*context.world;
    let (card, account) = (world.card(at), world.account(at.0));
    let name = card.card_type.node;
    let of = |members| CardNode { name, members };
    let switches = world.switches;
    of(change).judge_update(&of(node), switches).check(
        account,
        world.accounts(),
        switches,
        &mut context.advice,
    )?;
    let asked = Terms::with_dates(&Value::Object(asked), card.terms.dates);
    Subject::card(world, at)
        .changed_to(asked)
        .check(&context.call.path)?;
    Relations {
        card_type: card.card_type.name,
        node,
        base: &node["base_info"],
        account,
        switches,
        now: world.now(),
    }
    .check_update(card.terms.dates, &mut context.advice)?;
    Ok(of(change).is_reviewed())
}

/// The rows whose field is true for good, and which a change turns off.
fn turned_off(card: &Card, former: &Value, change: &Map<String, Value>) -> Vec<&'static FieldRow> {
    rows_of_update(card.card_type.node)
        .all()
        .iter()
        .map(|row| row.field)
        .filter(|row| row.stays_true && former[row.path] == true)
        .filter(|row| change.get(row.path) == Some(&Value::Bool(false)))
        .collect()
}
