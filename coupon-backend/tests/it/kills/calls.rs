//! The calls in whose middle the program is killed.

use std::time::Duration;

use serde_json::{Value, json};

use super::timeless;
use crate::support::{ADMIN, Answer, Instance, Shop};

/// Half of the codes are redeemed under two keys: one of the two redeems it.
const TWO_TILLS: usize = 4;
/// So many creates have the same draft: each is a card of its own nevertheless.
const ALIKE: usize = 3;

/// Codes of one coupon that a customer can have.
pub(super) const LIMIT: usize = 50;

/// A call that can be made again and again.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    Create {
        key: String,
        draft: Value,
    },
    Claim {
        session: String,
        card_id: String,
        encrypted: String,
    },
    Redeem {
        key: String,
        code: String,
    },
    /// An admin's change of what is there.
    Change {
        key: String,
        method: &'static str,
        path: String,
        body: Value,
    },
}

/// A call that was made, and its answer unless the program was killed first.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) call: Call,
    pub(super) answer: Option<Answer>,
}

impl Call {
    /// Makes it; none when there was no answer.
    pub(crate) async fn make(&self, service: &Instance) -> Option<Answer> {
        let request = match self {
            Self::Create { key, draft } => service
                .request("POST", "/admin/v1/coupons", ADMIN)
                .header("idempotency-key", key)
                .body(draft.to_string()),
            Self::Claim {
                session,
                card_id,
                encrypted,
            } => service
                .request("POST", "/v1/claims", session)
                .body(json!({"card_id": card_id, "encrypt_code": encrypted}).to_string()),
            Self::Redeem { key, code } => service.keyed_redeem(code, key),
            Self::Change {
                key,
                method,
                path,
                body,
            } => service
                .request(method, path, ADMIN)
                .header("idempotency-key", key)
                .body(body.to_string()),
        };
        let response = request.timeout(Duration::from_secs(30)).send().await.ok()?;
        Some(Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.text().await.ok()?,
        })
    }
}

/// Whether an answer is the last word.
pub(crate) fn is_final(answer: &Answer) -> bool {
    answer.status < 500 && answer.error().1 != "operation_in_progress"
}

/// So many calls: a third each of creates, claims and redemptions.
pub(super) async fn prepare(shop: &Shop, count: usize) -> Vec<Call> {
    let each = count / 3;
    let mut draft = shop.draft().await;
    timeless(&mut draft);
    let mut calls = Vec::new();
    for number in 0..each {
        draft["title"] = json!(format!("满减券{}", number / ALIKE));
        calls.push(Call::Create {
            key: format!("create-{number}"),
            draft: draft.clone(),
        });
    }
    let mut sessions = Vec::new();
    for name in ["alice", "bob", "carol"] {
        sessions.push((name, shop.login(name).await));
    }
    let mut codes = Vec::new();
    let (mut id, mut card_id) = (String::new(), String::new());
    for number in 0..2 * each {
        if number % (sessions.len() * LIMIT) == 0 {
            (id, card_id) = shop.coupon_with(timeless).await;
        }
        let (name, session) = &sessions[number % sessions.len()];
        let outcome = shop.add_card(name, &id, session).await;
        let claim = Call::Claim {
            session: session.clone(),
            card_id: card_id.clone(),
            encrypted: outcome.encrypted_code().unwrap().to_owned(),
        };
        if number < each {
            calls.push(claim);
        } else {
            let claimed = claim.make(&shop.service).await.unwrap();
            assert_eq!(claimed.status, 200, "{}", claimed.text);
            codes.push(claimed.get("code"));
        }
    }
    // A code in a few has two calls, and the number of calls stays.
    let mut number = 0;
    for code in codes {
        let tills = if number % TWO_TILLS == 0 { 2 } else { 1 };
        for _ in 0..tills {
            if number < each {
                calls.push(Call::Redeem {
                    key: format!("redeem-{number}"),
                    code: code.clone(),
                });
                number += 1;
            }
        }
    }
    calls
}
