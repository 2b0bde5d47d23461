//! `/card/paygiftcard/…`: rules by which WeChat Pay hands out a card to whoever pays.

use serde_json::{Value, json};

pub(super) mod older;

use super::{
    Context, call::shortened, card::own_card, reply::Reply, schema::Fields, suits::Subject,
};
use crate::{
    facts,
    refusal::Refusal,
    world::{AccountNo, clock::LATEST, gift_rule::GiftRule},
};

/// The type of the rules that the calls of 2016 make.
const FOR_MEMBERS: &str = "RULE_TYPE_PAY_MEMBER_CARD";
const SINGLE: &str = "RULE_TYPE_SINGLE_PAY";
/// What a merchant number is refused with that has a rule, among the failed ones of an answer.
const OCCUPIED: i64 = 72004;

/// POST `/card/paygiftcard/add`.
pub(super) fn add(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let info = context.call.fields()?.required_object("rule_info");
    let base = info.required_object("base_info");
    let kind = info.required_text("type");
    let name = terms_of(kind);
    let terms = info.required_object(name);
    let draft = Draft {
        kind,
        mchids: base.texts("mchid_list"),
        dates: (
            base.required_number("begin_time"),
            base.required_number("end_time"),
        ),
        card_id: terms.required_text("card_id"),
        beside: info,
        costs: (terms.number("least_cost"), terms.number("max_cost")),
        terms: info.value(name).cloned().unwrap_or_default(),
        is_locked: false,
    };
    draft.check(context)?;
    let (rule_id, succeeded, failed) = draft.put(context);
    Ok(Reply::card(json!({
        "rule_id": rule_id,
        "fail_mchid_list": failed,
        "succ_mchid_list": succeeded,
    })))
}

/// POST `/card/paygiftcard/delete`.
pub(super) fn delete(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = known(context)?;
    if !crate::breaks::broken("gift-rule-deletion-ignored") {
        context.own_account().gift_rules.remove(at);
    }
    Ok(Reply::card(json!({})))
}

/// POST `/card/paygiftcard/getbyid`.
pub(super) fn get(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = known(context)?;
    let rule = &context.own_account().gift_rules[at];
    Ok(Reply::card(json!({"rule_info": shown(rule)})))
}

/// POST `/card/paygiftcard/batchget`: those of one type; `effective` leaves out what is not in force.
pub(super) fn list(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let fields = context.call.fields()?;
    let kind = fields.required_text("type");
    let effective = fields.flag("effective").unwrap_or(false);
    let number = |key| usize::try_from(fields.required_number(key)).unwrap_or_default();
    let (offset, count) = (number("offset"), number("count"));
    let now = context.world.now();
    let rules: Vec<&GiftRule> = context
        .own_account()
        .gift_rules
        .iter()
        .filter(|rule| rule.kind == kind || crate::breaks::broken("gift-rules-of-all-types"))
        .filter(|rule| !effective || (rule.begin_time..rule.end_time).contains(&now))
        .collect();
    let page = rules.iter().skip(offset).take(count);
    Ok(Reply::card(json!({
        "total_count": rules.len(),
        "rule_list": page.map(|rule| listed(rule)).collect::<Vec<Value>>(),
    })))
}

/// What the terms of a rule are called, by its type.
fn terms_of(kind: &str) -> &'static str {
    if kind == SINGLE {
        "single_pay"
    } else {
        "member_rule"
    }
}

fn wrong(path: &str, expected: &str, received: &str) -> Refusal {
    Refusal::new("WX-GFT-001")
        .expected(format!("{path}: {expected}"))
        .received(shortened(received))
}

/// The rule of this account that `rule_id` of the body names.
fn known(context: &Context<'_>) -> Result<usize, Refusal> {
    let id = context.call.fields()?.id("rule_id").unwrap_or_default();
    let account = context.world.account(context.own_number());
    let mut rules = account.gift_rules.iter();
    rules.position(|rule| rule.rule_id == id).ok_or_else(|| {
        Refusal::new("WX-GFT-002")
            .expected("a rule_id that this account was given")
            .received(id.to_string())
    })
}

/// A rule in a list, which tells its id.
fn listed(rule: &GiftRule) -> Value {
    let mut listed = json!({"rule_id": rule.rule_id});
    if let (Some(listed), Value::Object(shown)) = (listed.as_object_mut(), shown(rule)) {
        listed.extend(shown);
    }
    listed
}

/// A rule as getbyid shows it. Source: sample of its page, public clients (2018).
fn shown(rule: &GiftRule) -> Value {
    let terms = terms_of(&rule.kind);
    json!({
        "type": rule.kind,
        "base_info": {
            "mchid_list": rule.mchid_list,
            "begin_time": rule.begin_time,
            "end_time": rule.end_time,
            "status": "RULE_STATUS_OK",
            "create_time": rule.create_time,
            "update_time": rule.update_time,
        },
        terms: rule.terms,
    })
}

/// A rule before it is known which merchant numbers it gets.
struct Draft<'a> {
    kind: &'a str,
    mchids: Vec<&'a str>,
    dates: (i64, i64),
    card_id: &'a str,
    /// The object of the body in which the type of the rule stands.
    beside: Fields<'a>,
    /// In cents: the least and the most that somebody has paid.
    costs: (Option<i64>, Option<i64>),
    terms: Value,
    is_locked: bool,
}

impl Draft<'_> {
    fn check(&self, context: &Context<'_>) -> Result<(), Refusal> {
        let at = own_card(context, self.card_id)?;
        Subject::card(context.world, at)
            .beside(self.beside)
            .check(&context.call.path)?;
        if self.mchids.is_empty() || self.mchids.contains(&"") {
            return Err(wrong(
                "mchid_list",
                "merchant numbers",
                "none, or an empty one",
            ));
        }
        let (begin, end) = self.dates;
        if !(0 <= begin && begin < end && end <= LATEST && context.world.now() < end) {
            let received = format!("{begin}, {end}");
            return Err(wrong(
                "begin_time, end_time",
                "seconds, in this order, the end still to come",
                &received,
            ));
        }
        let (least, most) = (self.costs.0.unwrap_or(0), self.costs.1.unwrap_or(i64::MAX));
        if !(0 <= least && least <= most) {
            let received = format!("{least}, {most}");
            return Err(wrong(
                "the least and the most cost",
                "cents, in this order",
                &received,
            ));
        }
        Ok(())
    }

    /// Gives a rule the merchant numbers that have none; without any there is no rule, and its id is 0.
    fn put(self, context: &mut Context<'_>) -> (u64, Vec<String>, Vec<Value>) {
        let now = context.world.now();
        let mut succeeded: Vec<String> = Vec::new();
        let mut failed = Vec::new();
        for mchid in self.mchids {
            let ruled = context.world.gift_rule_of(mchid);
            match ruled.filter(|_| !crate::breaks::broken("gift-rule-takes-a-number-twice")) {
                Some((owner, rule)) => failed.push(occupied(context, mchid, owner, rule)),
                None if succeeded.iter().any(|taken| taken == mchid) => {}
                None => succeeded.push(mchid.to_owned()),
            }
        }
        if succeeded.is_empty() {
            return (0, succeeded, failed);
        }
        let rule_id = context.own_account().draw_number();
        let rule = GiftRule {
            rule_id,
            kind: self.kind.to_owned(),
            mchid_list: succeeded.clone(),
            begin_time: self.dates.0,
            end_time: self.dates.1,
            card_id: self.card_id.to_owned(),
            terms: self.terms,
            is_locked: self.is_locked,
            create_time: now,
            update_time: now,
        };
        context.own_account().gift_rules.push(rule);
        (rule_id, succeeded, failed)
    }
}

/// A merchant number that has a rule, as an answer lists it.
fn occupied(context: &Context<'_>, mchid: &str, owner: AccountNo, rule: &GiftRule) -> Value {
    json!({
        "mchid": mchid,
        "errcode": OCCUPIED,
        "errmsg": facts::errmsg(OCCUPIED),
        "occupy_rule_id": rule.rule_id,
        "occupy_appid": context.world.account(owner).profile.appid,
    })
}
