//! What a push changes in the ledger.
//!
//! Pushes come late, in any order and more than once; whatever the order, the same pushes leave the
//! same ledger. All of this happens within the transaction that marks the push as done.

use sqlx::SqliteConnection;
use wechat_client::{
    CardCode, OpenId, UnionId,
    callback::{Event, Push, UserConsumeCard, UserGetCard},
};

use super::new_id;
use crate::{
    claim::counts,
    coupon::{Status, validity},
};

/// A code that a push is about.
struct Subject<'a> {
    card_id: &'a str,
    /// The draft of its coupon.
    draft: &'a str,
    code: &'a CardCode,
    /// The Official Account's openid of who holds it.
    openid: &'a str,
    /// When it happened.
    at: i64,
}

#[derive(sqlx::FromRow)]
struct Claim {
    id: String,
    status: String,
    status_at: i64,
    got_at: Option<i64>,
}

/// Notes what a push says, and gives the push's state.
pub(super) async fn note(
    ledger: &mut SqliteConnection,
    push: &Push,
) -> Result<&'static str, sqlx::Error> {
    let Some(card_id) = push.elements.get("CardId") else {
        return Ok("ignored");
    };
    let draft: Option<(String,)> = sqlx::query_as("SELECT draft FROM coupons WHERE card_id = ?")
        .bind(card_id)
        .fetch_optional(&mut *ledger)
        .await?;
    let Some((draft,)) = draft else {
        return Ok("unknown_card");
    };
    let subject = |code| Subject {
        card_id,
        draft: &draft,
        code,
        openid: push.from_user_name.as_str(),
        at: push.create_time,
    };
    match &push.event {
        Event::CardPassCheck(_) => {
            reviewed(ledger, card_id, Status::Approved, None, push.create_time).await?;
        }
        Event::CardNotPassCheck(refused) => {
            let reason = refused.refuse_reason.as_deref();
            reviewed(ledger, card_id, Status::Refused, reason, push.create_time).await?;
        }
        Event::UserGetCard(got) => got_card(ledger, &subject(&got.code), got).await?,
        // Until somebody takes it, it is the giver's; then it is also when it came back.
        Event::UserGiftingCard(given) => {
            status(ledger, &subject(&given.code), "claimed").await?;
        }
        Event::UserDelCard(deleted) => {
            status(ledger, &subject(&deleted.code), "deleted").await?;
        }
        Event::UserConsumeCard(consumed) => {
            consumed_card(ledger, &subject(&consumed.code), consumed).await?;
        }
        Event::CardSkuRemind(_) => {
            tracing::warn!(
                card.id = card_id,
                "WeChat says that the stock is nearly used up"
            );
            return Ok("ignored");
        }
        _ => return Ok("ignored"),
    }
    Ok("done")
}

async fn reviewed(
    ledger: &mut SqliteConnection,
    card_id: &str,
    status: Status,
    reason: Option<&str>,
    at: i64,
) -> Result<(), sqlx::Error> {
    // What is older than what WeChat pushed since is no news; of one second the refusal counts.
    sqlx::query(
        "UPDATE coupons SET status = ?1, refuse_reason = ?2, reviewed_at = ?3 \
         WHERE card_id = ?4 AND status <> 'withdrawn' AND (status = 'in_review' \
         OR reviewed_at < ?3 OR (reviewed_at = ?3 AND ?1 = 'refused'))",
    )
    .bind(status.as_str())
    .bind(reason)
    .bind(at)
    .bind(card_id)
    .execute(ledger)
    .await
    .map(drop)
}

async fn got_card(
    ledger: &mut SqliteConnection,
    subject: &Subject<'_>,
    got: &UserGetCard,
) -> Result<(), sqlx::Error> {
    let claim = status(ledger, subject, "claimed").await?;
    let old_code = got.old_code.as_ref().filter(|_| got.is_give_by_friend);
    if claim.got_at.is_none_or(|known| known < subject.at) {
        // A code of the shop's own stays what it was, and changes hands.
        let is_handed_on = old_code == Some(subject.code);
        holder(ledger, subject, &claim.id, is_handed_on, got).await?;
    }
    if let Some(code) = old_code.filter(|code| *code != subject.code) {
        let before = Subject {
            code,
            openid: got.friend.as_ref().map_or("", OpenId::as_str),
            ..*subject
        };
        status(ledger, &before, "gifted").await?;
    }
    Ok(())
}

/// Notes who holds a code since when, and whose it is where the push says so.
async fn holder(
    ledger: &mut SqliteConnection,
    subject: &Subject<'_>,
    claim_id: &str,
    is_handed_on: bool,
    got: &UserGetCard,
) -> Result<(), sqlx::Error> {
    let (begins_at, ends_at) = validity(subject.draft, subject.at);
    let unionid = got.union_id.as_ref().map(UnionId::as_str);
    sqlx::query(
        "UPDATE claims SET openid = ?2, got_at = ?3, \
         unionid = coalesce(?4, CASE WHEN ?5 THEN NULL ELSE unionid END), \
         customer_id = CASE WHEN ?5 THEN NULL ELSE customer_id END, \
         claimed_at = CASE from_push WHEN 1 THEN ?3 ELSE claimed_at END, \
         begins_at = CASE from_push WHEN 1 THEN ?6 ELSE begins_at END, \
         ends_at = CASE from_push WHEN 1 THEN ?7 ELSE ends_at END WHERE id = ?1",
    )
    .bind(claim_id)
    .bind(subject.openid)
    .bind(subject.at)
    .bind(unionid)
    .bind(is_handed_on)
    .bind(begins_at)
    .bind(ends_at)
    .execute(&mut *ledger)
    .await?;
    let Some(unionid) = unionid else {
        return Ok(());
    };
    // WeChat's word on whose it is counts more than who claimed it first. It stays with a claimer
    // of whom no unionid is known, as that may be the very person.
    sqlx::query(
        "UPDATE claims SET customer_id = (SELECT id FROM customers WHERE unionid = ?2) \
         WHERE id = ?1 AND (EXISTS (SELECT 1 FROM customers WHERE unionid = ?2) \
         OR customer_id IN (SELECT id FROM customers WHERE unionid IS NOT NULL))",
    )
    .bind(claim_id)
    .bind(unionid)
    .execute(ledger)
    .await
    .map(drop)
}

async fn consumed_card(
    ledger: &mut SqliteConnection,
    subject: &Subject<'_>,
    consumed: &UserConsumeCard,
) -> Result<(), sqlx::Error> {
    let claim = status(ledger, subject, "redeemed").await?;
    // A try of ours whose end is not known may be what this is about, unless WeChat says that it
    // was done by hand; so the repeat of that try is left to find out.
    let source = consumed.consume_source.as_deref();
    let is_by_hand = source.is_some_and(|source| source != "FROM_API");
    sqlx::query(
        "UPDATE claims SET redeemed_at = coalesce(redeemed_at, ?2), \
         redeem_state = CASE WHEN ?3 AND redeem_state <> 'done' THEN NULL ELSE redeem_state END \
         WHERE id = ?1",
    )
    .bind(&claim.id)
    .bind(subject.at)
    .bind(is_by_hand)
    .execute(ledger)
    .await
    .map(drop)
}

/// Notes the status of a code, unless something newer is known; its row is made where there is none.
async fn status(
    ledger: &mut SqliteConnection,
    subject: &Subject<'_>,
    status: &str,
) -> Result<Claim, sqlx::Error> {
    let claim = row(ledger, subject).await?;
    if counts((&claim.status, claim.status_at), (status, subject.at)) {
        sqlx::query("UPDATE claims SET status = ?, status_at = ? WHERE id = ?")
            .bind(status)
            .bind(subject.at)
            .bind(&claim.id)
            .execute(ledger)
            .await?;
    }
    Ok(claim)
}

async fn row(ledger: &mut SqliteConnection, subject: &Subject<'_>) -> Result<Claim, sqlx::Error> {
    let (begins_at, ends_at) = validity(subject.draft, subject.at);
    // Until it is known when it was claimed, the first that was heard of it is the best guess.
    sqlx::query(
        "INSERT INTO claims (id, card_id, code, status, openid, begins_at, ends_at, claimed_at, \
         from_push) VALUES (?, ?, ?, 'claimed', ?, ?, ?, ?, 1) \
         ON CONFLICT (code, card_id) DO UPDATE SET begins_at = excluded.begins_at, \
         ends_at = excluded.ends_at, claimed_at = excluded.claimed_at \
         WHERE from_push = 1 AND got_at IS NULL AND claimed_at > excluded.claimed_at",
    )
    .bind(new_id())
    .bind(subject.card_id)
    .bind(subject.code.as_str())
    .bind(subject.openid)
    .bind(begins_at)
    .bind(ends_at)
    .bind(subject.at)
    .execute(&mut *ledger)
    .await?;
    sqlx::query_as(
        "SELECT id, status, status_at, got_at FROM claims WHERE code = ? AND card_id = ?",
    )
    .bind(subject.code.as_str())
    .bind(subject.card_id)
    .fetch_one(ledger)
    .await
}
