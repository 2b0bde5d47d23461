//! POST `/card/membercard/updateuser` and `/card/generalcard/updateuser`: bonus, balance and texts of a holder.

use serde_json::{Value, json};

use super::{
    code_of_general_card, code_of_member_card, custom_values, require_card_id, set_all, short_text,
};
use crate::{
    api::{Context, code::refuse_unusable, node::Node, reply::Reply},
    refusal::Refusal,
    world::{
        life::CodeAt,
        member::{HIGHEST, moved},
    },
};

/// What becomes of a holder's numbers.
struct Change {
    bonus: (i64, i64),
    balance: (i64, i64),
}

pub(in crate::api) fn change_member(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    require_card_id(context)?;
    let at = code_of_member_card(context)?;
    let body = Node::body(context.call)?;
    check_notify(&body)?;
    refuse_unusable(context.world.code_status(at))?;
    let member = context.world.account(at.0).members.of_code(at.1);
    let member = member.filter(|member| member.activated_at.is_some());
    let member = member.ok_or_else(|| {
        Refusal::new("WX-MBR-003")
            .expected("a card that made its holder a member")
            .received("one that was not activated")
    })?;
    let change = Change {
        bonus: bonus(&body, member.bonus)?,
        balance: balance(&body, member.balance)?,
    };
    let reply = apply(context, at, &body, &change)?;
    let told = (change.bonus.1, change.balance.1);
    if told != (0, 0) {
        context.world.tell_change(at, told.0, told.1);
    }
    Ok(reply)
}

pub(in crate::api) fn change_general(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    require_card_id(context)?;
    let at = code_of_general_card(context)?;
    let body = Node::body(context.call)?;
    body.flag("can_give_friend")?;
    refuse_unusable(context.world.code_status(at))?;
    let card = context.world.card((at.0, context.world.code(at).card));
    let member = context.world.account(at.0).members.of_code(at.1);
    let held = member.map_or_else(
        || (card.first_bonus(), card.first_balance()),
        |member| (member.bonus, member.balance),
    );
    let change = Change {
        bonus: bonus(&body, held.0)?,
        balance: balance(&body, held.1)?,
    };
    apply(context, at, &body, &change)
}

fn bonus(body: &Node<'_>, held: i64) -> Result<(i64, i64), Refusal> {
    number(body, "WX-MBR-004", "bonus", held)
}

fn balance(body: &Node<'_>, held: i64) -> Result<(i64, i64), Refusal> {
    number(body, "WX-MBR-005", "balance", held)
}

/// A number's new value and its change, from `<key>` and `add_<key>`.
fn number(
    body: &Node<'_>,
    rule: &'static str,
    key: &str,
    held: i64,
) -> Result<(i64, i64), Refusal> {
    let (to, by) = (body.number(key)?, body.number(&format!("add_{key}"))?);
    moved(held, to, by).ok_or_else(|| {
        Refusal::new(rule)
            .expected(format!("a {key} of 0 to {HIGHEST} after the call"))
            .received(format!("{key} {to:?}, add_{key} {by:?} to {held}"))
    })
}

/// Which changes the customer reads of; the phone of the mock shows none, so their form alone counts.
fn check_notify(body: &Node<'_>) -> Result<(), Refusal> {
    let Some(notify) = body.node("notify_optional")? else {
        return Ok(());
    };
    for key in [
        "is_notify_bonus",
        "is_notify_balance",
        "is_notify_custom_field1",
        "is_notify_custom_field2",
        "is_notify_custom_field3",
    ] {
        notify.flag(key)?;
    }
    Ok(())
}

/// Writes a change down, when the texts beside it can be.
fn apply(
    context: &mut Context<'_>,
    at: CodeAt,
    body: &Node<'_>,
    change: &Change,
) -> Result<Reply, Refusal> {
    let values = custom_values(body, "custom_field_value")?;
    let picture = short_text(body, "background_pic_url", 128)?;
    for record in ["record_bonus", "record_balance"] {
        body.text(record)?;
    }
    let member = context.own_account().members.of_code_mut(at.1);
    member.bonus = change.bonus.0;
    member.balance = change.balance.0;
    set_all(&mut member.custom_field_values, values);
    if let Some(picture) = picture {
        picture.clone_into(&mut member.background_pic_url);
    }
    let openid = context.world.openid(context.world.code(at).user, at.0);
    let reply: Value = json!({
        "result_bonus": change.bonus.0,
        "result_balance": change.balance.0,
        "openid": openid,
    });
    Ok(Reply::card(reply))
}
