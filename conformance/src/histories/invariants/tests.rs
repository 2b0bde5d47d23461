//! What each invariant catches, and that a sound history breaks none.

use serde_json::{Value, json};

use super::{
    super::seen::{Acted, Card, Claim, Code, Coupon, Made},
    *,
};

const NOW: i64 = 1_798_000_000;

fn answered(status: u16, body: Value) -> Answered {
    Answered {
        call: "POST /".to_owned(),
        status,
        has_retry_after: status == 503,
        body,
    }
}

fn error(status: u16, code: &str) -> Answered {
    let body = json!({"error": {"code": code, "message": "m", "request_id": "r"}});
    answered(status, body)
}

fn acted(method: &'static str, path: &str, answers: Vec<Answered>) -> Acted {
    Acted {
        key: Some(path.to_owned()),
        method,
        path: path.to_owned(),
        body: Value::Null,
        at: NOW,
        answers,
    }
}

fn code(code: &str, user: &str, status: &str) -> Code {
    Code {
        code: code.to_owned(),
        card_id: "card".to_owned(),
        user: user.to_owned(),
        status: status.to_owned(),
        is_gift: false,
        end_time: NOW + 60,
    }
}

fn claim(code: &str, user: &str, status: &str) -> Claim {
    let is_redeemed = status == "redeemed";
    Claim {
        user: user.to_owned(),
        code: code.to_owned(),
        card_id: "card".to_owned(),
        status: status.to_owned(),
        redeemed_at: is_redeemed.then(|| "2026-12-23T04:26:40Z".to_owned()),
    }
}

fn of_admin(code: &str, status: &str) -> (String, String, String) {
    ("card".to_owned(), code.to_owned(), status.to_owned())
}

/// Two codes of a card of three, one of them redeemed; a withdrawn card beside it.
fn sound() -> (Past, Snapshot) {
    let card = |status: &str, quantity| Card {
        status: status.to_owned(),
        quantity,
    };
    let coupon = |card_id: &str, status: &str, remaining| Coupon {
        card_id: card_id.to_owned(),
        status: status.to_owned(),
        remaining: Some(remaining),
    };
    let made = |number, coupon_id: &str| Made {
        coupon_id: coupon_id.to_owned(),
        number,
        stock: 2,
        limit: 1,
    };
    let seen = Snapshot {
        now: NOW,
        cards: BTreeMap::from([
            ("card".to_owned(), card("CARD_STATUS_VERIFY_OK", 1)),
            ("gone".to_owned(), card("CARD_STATUS_DELETE", 2)),
        ]),
        codes: vec![
            code("1111", "alice", "NORMAL"),
            code("2222", "bob", "CONSUMED"),
        ],
        coupons: vec![
            coupon("card", "approved", 1),
            coupon("gone", "withdrawn", 2),
        ],
        claims: vec![
            claim("1111", "alice", "claimed"),
            claim("2222", "bob", "redeemed"),
        ],
        of_admin: vec![of_admin("2222", "redeemed"), of_admin("1111", "claimed")],
    };
    let redeemed = json!({"code": "2222", "redeemed_at": "2026-12-23T04:26:40Z"});
    let mut more = acted(
        "PATCH",
        "/admin/v1/coupons/c1/stock",
        vec![answered(200, json!({}))],
    );
    more.body = json!({"delta": 1});
    let past = Past {
        made: BTreeMap::from([
            ("card".to_owned(), made(0, "c1")),
            ("gone".to_owned(), made(1, "c2")),
        ]),
        claimed: vec!["1111".to_owned()],
        redeemed_at: vec![("2222".to_owned(), "2026-12-23T04:26:40Z".to_owned())],
        calls: vec![
            more,
            acted(
                "POST",
                "/admin/v1/codes/2222/redeem",
                vec![
                    error(503, "wechat_unavailable"),
                    answered(200, redeemed.clone()),
                    answered(200, redeemed),
                ],
            ),
            acted(
                "DELETE",
                "/admin/v1/coupons/c2",
                vec![answered(200, json!({}))],
            ),
        ],
        answers: vec![
            error(503, "wechat_unavailable"),
            error(404, "not_found"),
            answered(200, json!({})),
        ],
    };
    (past, seen)
}

#[test]
fn a_sound_history_breaks_nothing() {
    let (past, seen) = sound();
    assert_eq!(broken(&past, &seen), Vec::<String>::new());
}

/// The invariants that a doctored history breaks.
fn caught(doctor: impl FnOnce(&mut Past, &mut Snapshot)) -> BTreeSet<&'static str> {
    let (mut past, mut seen) = sound();
    doctor(&mut past, &mut seen);
    let all = INVARIANTS.iter();
    all.filter(|(_, check)| !check(&past, &seen).is_empty())
        .map(|(name, _)| *name)
        .collect()
}

/// Checks that exactly these invariants are broken.
#[track_caller]
fn catches(names: &[&'static str], doctor: impl FnOnce(&mut Past, &mut Snapshot)) {
    assert_eq!(caught(doctor), names.iter().copied().collect());
}

#[test]
fn more_codes_than_stock_are_caught() {
    catches(&["handed out <= quantity"], |past, _| {
        // A change that was refused puts nothing in.
        past.calls[0].answers = vec![error(409, "not_changeable")];
        past.made
            .entry("card".to_owned())
            .and_modify(|made| made.stock = 1);
    });
    // One that was never answered may have.
    catches(&[], |past, _| {
        past.calls[0].answers = vec![error(503, "wechat_unavailable")];
        past.made
            .entry("card".to_owned())
            .and_modify(|made| made.stock = 1);
    });
}

#[test]
fn more_claims_than_the_limit_are_caught() {
    let both_alices = |seen: &mut Snapshot| {
        seen.codes[1].user = "alice".to_owned();
        seen.claims[1].user = "alice".to_owned();
    };
    catches(&["per user <= limit"], |_, seen| both_alices(seen));
    // What came from a friend is no claim.
    catches(&[], |_, seen| {
        both_alices(seen);
        seen.codes[1].is_gift = true;
    });
}

#[test]
fn a_code_that_is_there_twice_is_caught() {
    catches(&["a code once"], |past, seen| {
        let mut again = seen.codes[0].clone();
        again.is_gift = true;
        seen.codes.push(again);
        past.claimed.clear();
    });
    catches(
        &[
            "a code once",
            "what the ledger claims is in the world",
            "what is in the world is in the ledger",
        ],
        |_, seen| seen.claims.push(claim("1111", "bob", "claimed")),
    );
}

#[test]
fn a_claim_that_the_world_knows_otherwise_is_caught() {
    let name = "what the ledger claims is in the world";
    catches(&[name], |_, seen| {
        seen.claims[0].status = "expired".to_owned();
        seen.of_admin[1].2 = "expired".to_owned();
    });
    catches(&[name], |_, seen| seen.codes[0].end_time = NOW - 1);
    catches(&[name], |_, seen| {
        seen.codes[0].status = "DELETE".to_owned();
    });
    catches(
        &[name, "what is in the world is in the ledger"],
        |_, seen| {
            seen.codes[0].user = "carol".to_owned();
        },
    );
    catches(&[name], |past, seen| {
        past.claimed.clear();
        seen.codes.remove(0);
    });
}

#[test]
fn a_code_that_the_ledger_lacks_is_caught() {
    let name = "what is in the world is in the ledger";
    catches(&[name], |_, seen| {
        seen.claims.remove(0);
        seen.of_admin.remove(1);
    });
    catches(&[name], |past, _| past.claimed.push("9999".to_owned()));
    catches(&[name], |_, seen| {
        seen.of_admin.push(of_admin("3333", "claimed"));
    });
}

#[test]
fn a_redemption_in_one_of_the_two_alone_is_caught() {
    catches(
        &[
            "redeemed <=> consumed",
            "what was told is so",
            "what the ledger claims is in the world",
        ],
        |_, seen| seen.codes[1].status = "NORMAL".to_owned(),
    );
    catches(
        &[
            "redeemed <=> consumed",
            "what the ledger claims is in the world",
        ],
        |_, seen| seen.codes[0].status = "CONSUMED".to_owned(),
    );
}

#[test]
fn another_time_of_redemption_is_caught() {
    let name = "redeemed_at never changes";
    catches(&[name], |_, seen| {
        seen.claims[1].redeemed_at = Some("2026-12-23T04:26:41Z".to_owned());
    });
    catches(&[name], |past, _| {
        past.redeemed_at
            .push(("2222".to_owned(), "2026-12-24T00:00:00Z".to_owned()));
    });
    catches(&[name], |_, seen| seen.claims[1].redeemed_at = None);
}

#[test]
fn a_code_that_two_calls_redeemed_is_caught() {
    catches(&["one redemption of a code"], |past, _| {
        let mut second = past.calls[1].clone();
        second.key = None;
        past.calls.push(second);
    });
}

#[test]
fn what_was_told_and_is_not_so_is_caught() {
    let name = "what was told is so";
    catches(&[name], |past, _| {
        let done = vec![answered(200, json!({}))];
        past.calls
            .push(acted("POST", "/admin/v1/codes/1111/void", done));
    });
    catches(&[name, "the list shows the world's stock"], |_, seen| {
        let card = seen.cards.entry("gone".to_owned());
        card.and_modify(|card| card.status = "CARD_STATUS_VERIFY_OK".to_owned());
    });
}

#[test]
fn another_stock_or_status_in_the_list_is_caught() {
    let name = "the list shows the world's stock";
    catches(&[name], |_, seen| seen.coupons[0].remaining = Some(2));
    catches(&[name], |_, seen| seen.coupons[0].remaining = None);
    catches(&[name], |_, seen| {
        seen.coupons[0].status = "in_review".to_owned();
    });
}

#[test]
fn an_orphan_card_or_a_coupon_without_one_is_caught() {
    let name = "a card for each coupon";
    let orphan = || Card {
        status: "CARD_STATUS_VERIFY_OK".to_owned(),
        quantity: 1,
    };
    catches(&[name], |_, seen| {
        seen.cards.insert("orphan".to_owned(), orphan());
    });
    catches(&[name], |_, seen| {
        seen.coupons.remove(0);
    });
    catches(&[name], |_, seen| {
        let second = seen.coupons[0].clone();
        seen.coupons.push(second);
    });
    catches(&[name], |_, seen| {
        seen.cards.remove("card");
    });
}

#[test]
fn a_key_with_two_answers_is_caught() {
    let name = "one answer per key";
    catches(&[name], |past, _| {
        past.calls[1].answers.push(error(409, "already_redeemed"));
    });
    catches(&[name], |past, _| {
        past.calls[1].answers.push(error(404, "not_found"));
    });
    // Without a key each call has an answer of its own.
    catches(&[], |past, _| {
        past.calls[1].key = None;
        past.calls[1].answers.push(error(409, "already_redeemed"));
    });
}

#[test]
fn a_500_is_caught() {
    catches(&["no 500"], |past, _| {
        past.answers.push(error(500, "internal"));
    });
}

#[test]
fn an_error_of_another_shape_is_caught() {
    let doctored: [fn(&mut Answered); 8] = [
        |answer| answer.body = Value::Null,
        |answer| answer.body["error"]["code"] = json!("not_found"),
        |answer| answer.body["error"]["request_id"] = Value::Null,
        |answer| answer.body["error"]["message"] = json!(""),
        |answer| answer.body["error"]["extra"] = json!(1),
        |answer| answer.body["extra"] = json!(1),
        |answer| answer.body["error"]["wechat_errcode"] = json!("-1"),
        |answer| answer.has_retry_after = false,
    ];
    for doctor in doctored {
        catches(&["errors have their shape"], |past, _| {
            doctor(&mut past.answers[0]);
        });
    }
    for without_more in [error(502, "wechat_refused"), error(409, "not_redeemable")] {
        catches(&["errors have their shape"], |past, _| {
            past.answers.push(without_more);
        });
    }
}
