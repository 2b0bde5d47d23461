//! `/card/paygiftmembercard/…`: the calls of 2016 for the same rules, named by their merchant numbers.

use serde_json::{Value, json};

use super::{Draft, FOR_MEMBERS, wrong};
use crate::{
    api::{Context, call::shortened, card::own_card, reply::Reply},
    facts,
    refusal::Refusal,
};

/// What a merchant number is refused with that the card has no rule for.
const NO_RULE: i64 = 72031;

/// POST `/card/paygiftmembercard/add`.
pub(in crate::api) fn add(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let fields = context.call.fields()?;
    let card_id = fields.required_text("card_id");
    let costs = (fields.number("min_cost"), fields.number("max_cost"));
    let mut terms = json!({"card_id": card_id});
    for (key, value) in [("least_cost", costs.0), ("max_cost", costs.1)] {
        if let Some(value) = value {
            terms[key] = json!(value);
        }
    }
    if let Some(url) = fields.text("jump_url") {
        terms["jump_url"] = json!(url);
    }
    let draft = Draft {
        kind: FOR_MEMBERS,
        mchids: fields.texts("mchid_list"),
        dates: (
            fields.required_number("begin_time"),
            fields.required_number("end_time"),
        ),
        card_id,
        beside: fields,
        costs,
        terms,
        is_locked: fields.flag("is_locked").unwrap_or(false),
    };
    draft.check(context)?;
    let (_, succeeded, failed) = draft.put(context);
    Ok(lists(&succeeded, &failed))
}

/// POST `/card/paygiftmembercard/delete`: takes merchant numbers out of the rules of a card.
pub(in crate::api) fn delete(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let fields = context.call.fields()?;
    let card_id = fields.required_text("card_id");
    own_card(context, card_id)?;
    let mchids = fields.texts("mchid_list");
    if mchids.is_empty() {
        return Err(wrong("mchid_list", "merchant numbers", "none"));
    }
    let now = context.world.now();
    let (mut succeeded, mut failed) = (Vec::new(), Vec::new());
    let rules = &mut context.own_account().gift_rules;
    for mchid in mchids {
        let mut of_card = rules.iter_mut().filter(|rule| rule.card_id == card_id);
        let is_meant = |known: &String| known == mchid;
        match of_card.find(|rule| rule.mchid_list.iter().any(is_meant)) {
            Some(rule) => {
                rule.mchid_list.retain(|known| known != mchid);
                rule.update_time = now;
                succeeded.push(mchid.to_owned());
            }
            None => failed.push(json!({
                "mchid": mchid, "errcode": NO_RULE, "errmsg": facts::errmsg(NO_RULE),
            })),
        }
    }
    rules.retain(|rule| !rule.mchid_list.is_empty());
    Ok(lists(&succeeded, &failed))
}

/// POST `/card/paygiftmembercard/get`: which card a merchant number hands out, and whose.
pub(in crate::api) fn get(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let mchid = context.call.fields()?.required_text("mchid");
    let (owner, rule) = context.world.gift_rule_of(mchid).ok_or_else(|| {
        Refusal::new("WX-GFT-003")
            .expected("a merchant number that has a rule")
            .received(shortened(mchid))
    })?;
    Ok(Reply::card(json!({
        "card_id": rule.card_id,
        "occupy_appid": context.world.account(owner).profile.appid,
        "is_locked": rule.is_locked,
    })))
}

fn lists(succeeded: &[String], failed: &[Value]) -> Reply {
    Reply::card(json!({"fail_mchid_list": failed, "succ_mchid_list": succeeded}))
}
