//! POST `/card/code/get`: how a code stands.

use serde_json::{Value, json};

use super::find::suited_code;
use crate::{
    api::{Context, reply::Reply},
    refusal::Refusal,
    world::{card::Card, code::Code, member::Member},
};

pub(in crate::api) fn get(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = suited_code(context)?;
    let world = &*context.world;
    let code = world.code(at);
    let status = world.code_status(at);
    let (begin, end) = world.dates(at);
    let card = world.card((at.0, code.card));
    let member = context.world.account(at.0).members.of_code(at.1);
    let member = card
        .is_member_card()
        .then(|| member.cloned().unwrap_or_default());
    let mut reply = json!({
        "card": of_card(card, (code, (begin, end)), member.as_ref()),
        "openid": world.openid(code.user, at.0),
        "can_consume": crate::breaks::broken("can-consume-always") || status.is_usable() && begin <= world.now(),
        "user_card_status": if crate::breaks::broken("status-of-code-always-normal") { "NORMAL" } else { status.as_str() },
    });
    if let Some(outer_str) = &code.outer_str {
        reply["outer_str"] = json!(outer_str);
    }
    if let Some(member) = member {
        let of_card = card.node.member("background_pic_url");
        let pictures = [Some(member.background_pic_url.as_str()), of_card.as_str()];
        let mut pictures = pictures.into_iter().flatten();
        if let Some(picture) = pictures.find(|picture| !picture.is_empty()) {
            reply["background_pic_url"] = json!(picture);
        }
        reply["unionid"] = json!(world.user(code.user).unionid);
    }
    Ok(Reply::card(reply))
}

/// The object `card`; that of a member card has the member's numbers in it (captured in 2018).
fn of_card(
    card: &Card,
    (code, (begin, end)): (&Code, (i64, i64)),
    member: Option<&Member>,
) -> Value {
    let mut shown = json!({
        "card_id": card.card_id,
        "begin_time": begin,
        "end_time": end,
    });
    let Some(member) = member else {
        shown["code"] = json!(code.code);
        return shown;
    };
    if card.terms.supply_bonus {
        shown["bonus"] = json!(member.bonus);
    }
    if card.terms.supply_balance {
        shown["balance"] = json!(member.balance);
    }
    shown["code"] = json!(code.code);
    shown["membership_number"] = json!(member.membership_number);
    shown
}
