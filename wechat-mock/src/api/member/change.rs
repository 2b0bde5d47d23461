//! POST `/card/membercard/updateuser` and `/card/generalcard/updateuser`: bonus, balance and texts of a holder.

use serde_json::{Value, json};

use super::{custom_values, set_all};
use crate::{
    api::{Context, code::suited_code, reply::Reply, schema::Fields},
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
    let fields = context.call.fields()?;
    let at = suited_code(context)?;
    let member = context.world.account(at.0).members.of_code(at.1);
    let held = member.map_or((0, 0), |member| (member.bonus, member.balance));
    let change = Change {
        bonus: bonus(fields, held.0)?,
        balance: balance(fields, held.1)?,
    };
    let reply = apply(context, at, fields, &change);
    let told = (change.bonus.1, change.balance.1);
    if told != (0, 0) {
        context.world.tell_change(at, told.0, told.1);
    }
    Ok(reply)
}

pub(in crate::api) fn change_general(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let fields = context.call.fields()?;
    let at = suited_code(context)?;
    let card = context.world.card((at.0, context.world.code(at).card));
    let member = context.world.account(at.0).members.of_code(at.1);
    let held = member.map_or_else(
        || (card.first_bonus(), card.first_balance()),
        |member| (member.bonus, member.balance),
    );
    let change = Change {
        bonus: bonus(fields, held.0)?,
        balance: balance(fields, held.1)?,
    };
    Ok(apply(context, at, fields, &change))
}

fn bonus(fields: Fields<'_>, held: i64) -> Result<(i64, i64), Refusal> {
    number(fields, "WX-MBR-004", "bonus", held)
}

fn balance(fields: Fields<'_>, held: i64) -> Result<(i64, i64), Refusal> {
    number(fields, "WX-MBR-005", "balance", held)
}

/// A number's new value and its change, from `<key>` and `add_<key>`.
fn number(
    fields: Fields<'_>,
    rule: &'static str,
    key: &str,
    held: i64,
) -> Result<(i64, i64), Refusal> {
    let (to, by) = (fields.number(key), fields.number(&format!("add_{key}")));
    moved(held, to, by).ok_or_else(|| {
        Refusal::new(rule)
            .expected(format!("a {key} of 0 to {HIGHEST} after the call"))
            .received(format!("{key} {to:?}, add_{key} {by:?} to {held}"))
    })
}

/// Writes a change down.
///
/// The phone of the mock shows no messages: what `notify_optional` says has no effect.
fn apply(context: &mut Context<'_>, at: CodeAt, fields: Fields<'_>, change: &Change) -> Reply {
    let member = context.own_account().members.of_code_mut(at.1);
    member.bonus = change.bonus.0;
    member.balance = change.balance.0;
    set_all(
        &mut member.custom_field_values,
        custom_values(fields, "custom_field_value"),
    );
    if let Some(picture) = fields.text("background_pic_url") {
        picture.clone_into(&mut member.background_pic_url);
    }
    let openid = context.world.openid(context.world.code(at).user, at.0);
    let reply: Value = json!({
        "result_bonus": change.bonus.0,
        "result_balance": change.balance.0,
        "openid": openid,
    });
    Reply::card(reply)
}
