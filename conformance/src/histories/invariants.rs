//! What holds at every quiet point, whatever happened before.

use std::collections::{BTreeMap, BTreeSet};

use super::seen::{Answered, Code, Past, Snapshot};

/// Says where it is broken.
type Check = fn(&Past, &Snapshot) -> Vec<String>;

/// All of them, by name.
pub(super) const INVARIANTS: [(&str, Check); 14] = [
    ("handed out <= quantity", within_stock),
    ("per user <= limit", within_limit),
    ("a code once", once),
    ("what the ledger claims is in the world", ledger_in_world),
    ("what is in the world is in the ledger", world_in_ledger),
    ("redeemed <=> consumed", redeemed_is_consumed),
    ("redeemed_at never changes", redeemed_at_stays),
    ("one redemption of a code", one_redemption),
    ("what was told is so", told_is_so),
    ("the list shows the world's stock", shown_stock),
    ("a card for each coupon", card_for_each_coupon),
    ("one answer per key", one_answer_per_key),
    ("no 500", no_500),
    ("errors have their shape", error_shape),
];

/// Everything that is broken, each with the name of its invariant.
pub(super) fn broken(past: &Past, seen: &Snapshot) -> Vec<String> {
    let all = INVARIANTS.iter().flat_map(|(name, check)| {
        let found = check(past, seen);
        found.into_iter().map(move |what| format!("{name}: {what}"))
    });
    all.collect()
}

/// All stock that was ever put into a card: what may have been put in counts, too.
fn put_in(past: &Past, card_id: &str) -> i64 {
    let Some(made) = past.made.get(card_id) else {
        return 0;
    };
    let path = format!("/admin/v1/coupons/{}/stock", made.coupon_id);
    let deltas = past.calls.iter().filter(|call| call.path == path);
    let may_be_in = deltas.filter(|call| call.is_done() || call.final_answer().is_none());
    let more = may_be_in.filter_map(|call| call.body["delta"].as_i64());
    made.stock + more.filter(|delta| *delta > 0).sum::<i64>()
}

fn within_stock(past: &Past, seen: &Snapshot) -> Vec<String> {
    let mut handed_out: BTreeMap<&str, i64> = BTreeMap::new();
    for code in seen.codes.iter().filter(|code| !code.is_gift) {
        *handed_out.entry(&code.card_id).or_default() += 1;
    }
    let over = handed_out.into_iter().filter_map(|(card_id, count)| {
        let most = put_in(past, card_id);
        (count > most).then(|| format!("{count} codes of {card_id}, {most} were put in"))
    });
    over.collect()
}

fn within_limit(past: &Past, seen: &Snapshot) -> Vec<String> {
    let mut claims: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for code in seen.codes.iter().filter(|code| !code.is_gift) {
        *claims.entry((&code.card_id, &code.user)).or_default() += 1;
    }
    let over = claims.into_iter().filter_map(|((card_id, user), count)| {
        let limit = past.made.get(card_id).map_or(0, |made| made.limit);
        (count > limit).then(|| format!("{user} claimed {count} of {card_id}, limit {limit}"))
    });
    over.collect()
}

fn once(_: &Past, seen: &Snapshot) -> Vec<String> {
    let of_world = repeated(seen.codes.iter().map(|code| code.code.as_str()));
    let of_ledger = repeated(seen.claims.iter().map(|claim| claim.code.as_str()));
    let of_world = of_world.map(|code| format!("{code} is in the world twice"));
    let of_ledger = of_ledger.map(|code| format!("{code} is in the ledger twice"));
    of_world.chain(of_ledger).collect()
}

fn repeated<'a>(codes: impl Iterator<Item = &'a str>) -> impl Iterator<Item = &'a str> {
    let mut known = BTreeSet::new();
    codes.filter(move |code| !known.insert(*code))
}

/// How the ledger may show a code of the world.
fn statuses(code: &Code, now: i64) -> &'static [&'static str] {
    match code.status.as_str() {
        "NORMAL" | "GIFT_TIMEOUT" if now > code.end_time => &["expired"],
        "NORMAL" | "GIFT_TIMEOUT" => &["claimed"],
        // Its holder's until the friend takes it.
        "GIFTING" => &["claimed", "expired"],
        "CONSUMED" => &["redeemed"],
        "GIFT_SUCC" => &["gifted"],
        "DELETE" => &["deleted"],
        "UNAVAILABLE" => &["void"],
        _ => &[],
    }
}

fn ledger_in_world(_: &Past, seen: &Snapshot) -> Vec<String> {
    let mut wrong = Vec::new();
    for claim in &seen.claims {
        let mut codes = seen.codes.iter();
        let Some(code) = codes.find(|code| code.code == claim.code) else {
            wrong.push(format!("{} is no code of the world", claim.code));
            continue;
        };
        let is_same = code.user == claim.user
            && code.card_id == claim.card_id
            && statuses(code, seen.now).contains(&claim.status.as_str());
        if !is_same {
            wrong.push(format!("{claim:?} is {code:?} at {}", seen.now));
        }
    }
    wrong
}

fn world_in_ledger(past: &Past, seen: &Snapshot) -> Vec<String> {
    let held: BTreeSet<_> = seen
        .claims
        .iter()
        .map(|claim| (&claim.user, &claim.card_id, &claim.code))
        .collect();
    let of_world = seen.codes.iter();
    let of_world = of_world.map(|code| (&code.user, &code.card_id, &code.code));
    let missing = of_world.filter(|key| !held.contains(key));
    let mut wrong: Vec<String> = missing
        .map(|(user, card_id, code)| format!("{user} has no claim of {code} of {card_id}"))
        .collect();
    // Whoever told it: until the push came, the first who claims a code is its owner.
    let codes: BTreeSet<&String> = seen.claims.iter().map(|claim| &claim.code).collect();
    let lost = past.claimed.iter().filter(|code| !codes.contains(code));
    wrong.extend(lost.map(|code| format!("{code} was claimed, and nobody has it")));
    // The admin sees the same rows, and no others.
    let mut of_customers: Vec<_> = seen
        .claims
        .iter()
        .map(|claim| {
            let end = claim.code.len().saturating_sub(4);
            let last_four = claim.code.get(end..).unwrap_or_default();
            (claim.card_id.as_str(), last_four, claim.status.as_str())
        })
        .collect();
    let of_admin = seen.of_admin.iter();
    let mut of_admin: Vec<_> = of_admin
        .map(|(card_id, code, status)| (card_id.as_str(), code.as_str(), status.as_str()))
        .collect();
    of_customers.sort_unstable();
    of_admin.sort_unstable();
    if of_customers != of_admin {
        wrong.push(format!(
            "customers see {of_customers:?}, the admin {of_admin:?}"
        ));
    }
    wrong
}

fn redeemed_is_consumed(_: &Past, seen: &Snapshot) -> Vec<String> {
    let redeemed = seen
        .claims
        .iter()
        .filter(|claim| claim.status == "redeemed");
    let redeemed: BTreeSet<&str> = redeemed.map(|claim| claim.code.as_str()).collect();
    let consumed = seen.codes.iter().filter(|code| code.status == "CONSUMED");
    let consumed: BTreeSet<&str> = consumed.map(|code| code.code.as_str()).collect();
    let other = redeemed.symmetric_difference(&consumed);
    other
        .map(|code| format!("{code} is redeemed in one of the two alone"))
        .collect()
}

fn redeemed_at_stays(past: &Past, seen: &Snapshot) -> Vec<String> {
    let listed = seen.claims.iter().filter_map(|claim| {
        let at = claim.redeemed_at.as_deref()?;
        Some((claim.code.as_str(), at))
    });
    let told = past.redeemed_at.iter();
    let told = told.map(|(code, at)| (code.as_str(), at.as_str()));
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    let mut wrong = BTreeSet::new();
    for (code, at) in told.chain(listed) {
        let known = *first.entry(code).or_insert(at);
        if known != at {
            wrong.insert(format!("{code} was redeemed at {known}, and at {at}"));
        }
    }
    for claim in &seen.claims {
        if (claim.status == "redeemed") != claim.redeemed_at.is_some() {
            wrong.insert(format!("{claim:?}"));
        }
    }
    wrong.into_iter().collect()
}

fn one_redemption(past: &Past, _: &Snapshot) -> Vec<String> {
    let mut won: BTreeMap<&str, usize> = BTreeMap::new();
    for call in past.calls.iter().filter(|call| call.is_done()) {
        if let Some(code) = call.code("redeem") {
            *won.entry(code).or_default() += 1;
        }
    }
    won.into_iter()
        .filter(|(_, count)| *count > 1)
        .map(|(code, count)| format!("{count} calls redeemed {code}"))
        .collect()
}

fn told_is_so(past: &Past, seen: &Snapshot) -> Vec<String> {
    let is_now = |code: &str, status: &str| {
        let mut codes = seen.codes.iter();
        codes.any(|other| other.code == code && other.status == status)
    };
    let mut wrong = Vec::new();
    for call in past.calls.iter().filter(|call| call.is_done()) {
        for (verb, status) in [("redeem", "CONSUMED"), ("void", "UNAVAILABLE")] {
            let code = call.code(verb);
            if let Some(code) = code.filter(|code| !is_now(code, status)) {
                wrong.push(format!(
                    "{code} is not {status} after a {verb} that ended well"
                ));
            }
        }
        if call.method == "DELETE" {
            let made = past.made.iter();
            let mut of_call = made.filter(|(_, made)| call.path.ends_with(&made.coupon_id));
            let card = of_call
                .next()
                .and_then(|(card_id, _)| seen.cards.get(card_id));
            if card.is_none_or(|card| card.status != "CARD_STATUS_DELETE") {
                wrong.push(format!(
                    "{} ended well, and the card is {card:?}",
                    call.path
                ));
            }
        }
    }
    wrong
}

fn shown_stock(_: &Past, seen: &Snapshot) -> Vec<String> {
    let mut wrong = Vec::new();
    for coupon in &seen.coupons {
        let Some(card) = seen.cards.get(&coupon.card_id) else {
            continue;
        };
        let status = match card.status.as_str() {
            "CARD_STATUS_NOT_VERIFY" => "in_review",
            "CARD_STATUS_VERIFY_FAIL" => "refused",
            "CARD_STATUS_VERIFY_OK" => "approved",
            "CARD_STATUS_DELETE" => "withdrawn",
            other => other,
        };
        let is_shown = coupon.remaining == Some(card.quantity) || status == "withdrawn";
        if coupon.status != status || !is_shown {
            wrong.push(format!("{coupon:?} is {card:?}"));
        }
    }
    wrong
}

fn card_for_each_coupon(past: &Past, seen: &Snapshot) -> Vec<String> {
    let mut wrong = Vec::new();
    let listed: BTreeSet<&str> = seen
        .coupons
        .iter()
        .map(|one| one.card_id.as_str())
        .collect();
    if listed.len() < seen.coupons.len() {
        wrong.push("two coupons have one card".to_owned());
    }
    for card_id in past.made.keys() {
        if !listed.contains(card_id.as_str()) {
            wrong.push(format!("{card_id} was made, and no coupon has it"));
        }
    }
    for card_id in &listed {
        if !seen.cards.contains_key(*card_id) {
            wrong.push(format!("{card_id} is no card of the world"));
        }
    }
    for (card_id, card) in &seen.cards {
        if card.status != "CARD_STATUS_DELETE" && !listed.contains(card_id.as_str()) {
            wrong.push(format!("{card_id} belongs to no coupon"));
        }
    }
    wrong
}

fn one_answer_per_key(past: &Past, _: &Snapshot) -> Vec<String> {
    let mut wrong = Vec::new();
    for call in past.calls.iter().filter(|call| call.key.is_some()) {
        let finals = call.answers.iter().filter(|answer| answer.is_final());
        let mut finals: Vec<_> = finals.map(Answered::told).collect();
        finals.dedup();
        if finals.len() > 1 {
            wrong.push(format!("{} {}: {finals:?}", call.method, call.path));
        }
        // What came after it may be no less than it.
        let after = call.answers.iter().skip_while(|answer| !answer.is_final());
        if let Some(other) = after.clone().find(|answer| answer.status == 404) {
            wrong.push(format!("{other:?} after {:?}", call.final_answer()));
        }
    }
    wrong
}

fn no_500(past: &Past, _: &Snapshot) -> Vec<String> {
    let failed = past.answers.iter().filter(|answer| answer.status == 500);
    failed.map(|answer| format!("{answer:?}")).collect()
}

/// The codes of errors, each with its status.
const ERRORS: [(u16, &str); 18] = [
    (400, "invalid_request"),
    (401, "unauthorized"),
    (403, "forbidden"),
    (404, "not_found"),
    (409, "already_redeemed"),
    (409, "idempotency_conflict"),
    (409, "not_changeable"),
    (409, "not_claimable"),
    (409, "not_redeemable"),
    (409, "not_voidable"),
    (409, "operation_in_progress"),
    (409, "stock_changed"),
    (422, "invalid_request"),
    (429, "rate_limited"),
    (500, "internal"),
    (502, "wechat_refused"),
    (503, "unavailable"),
    (503, "wechat_unavailable"),
];

/// The reasons that errors give.
const WITH_REASON: [&str; 3] = ["not_changeable", "not_redeemable", "not_voidable"];

fn error_shape(past: &Past, _: &Snapshot) -> Vec<String> {
    let errors = past.answers.iter().filter(|answer| answer.status >= 300);
    let wrong = errors.filter(|answer| !is_error(answer));
    wrong.map(|answer| format!("{answer:?}")).collect()
}

fn is_error(answer: &Answered) -> bool {
    let (Some(body), Some(error)) = (answer.body.as_object(), answer.body["error"].as_object())
    else {
        return false;
    };
    let code = answer.error();
    let has_text = |name: &str| error.get(name).is_some_and(|text| text.as_str() > Some(""));
    let is_known = error.iter().all(|(name, value)| match name.as_str() {
        "code" | "message" | "request_id" => true,
        "reason" => value.is_string(),
        "fields" => code == "invalid_request" && value.is_array(),
        "wechat_errcode" => value.is_i64(),
        _ => false,
    });
    let waits = code == "operation_in_progress" || [429, 503].contains(&answer.status);
    body.len() == 1
        && ERRORS.contains(&(answer.status, code))
        && has_text("message")
        && has_text("request_id")
        && is_known
        && (!WITH_REASON.contains(&code) || has_text("reason"))
        && (code != "wechat_refused" || error.contains_key("wechat_errcode"))
        && waits == answer.has_retry_after
}

#[cfg(test)]
mod tests;
