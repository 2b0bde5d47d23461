//! What a push changes in the ledger.
//!
//! Pushes come late, in any order and more than once; whatever the order, the same pushes leave the
//! same ledger. All of this happens within the transaction that marks the push as done.

use sqlx::AnyConnection;
use wechat_client::{
    CardCode, OpenId,
    callback::{Event, Push, UserConsumeCard, UserGetCard},
};

use super::{
    history::{self, Actor, Change, ClockSource, Subject, Who},
    holders::know_openid,
    new_id,
};
use crate::{
    claim::{ClaimStatus, supersedes},
    coupon::{Status, validity},
};

/// A code that a push is about.
struct Pushed<'a> {
    /// The push's own id.
    push_id: &'a str,
    event: &'a str,
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
    #[sqlx(try_from = "String")]
    status: ClaimStatus,
    status_at: i64,
    got_at: Option<i64>,
}

/// Applies what a push says to the ledger, and gives the push's state.
pub(super) async fn apply(
    ledger: &mut AnyConnection,
    push: &Push,
    push_id: &str,
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
    let subject = |code| Pushed {
        push_id,
        event: push.event.name(),
        card_id,
        draft: &draft,
        code,
        openid: push.from_user_name.as_str(),
        at: push.create_time,
    };
    match &push.event {
        Event::CardPassCheck(_) => {
            reviewed(ledger, card_id, Status::Approved, None, push, push_id).await?;
        }
        Event::CardNotPassCheck(refused) => {
            let reason = refused.refuse_reason.as_deref();
            reviewed(ledger, card_id, Status::Refused, reason, push, push_id).await?;
        }
        Event::UserGetCard(got) => got_card(ledger, &subject(&got.code), got).await?,
        // Until somebody takes it, it is the giver's; then it is also when it came back.
        Event::UserGiftingCard(given) => {
            status(ledger, &subject(&given.code), ClaimStatus::Claimed).await?;
        }
        Event::UserDelCard(deleted) => {
            status(ledger, &subject(&deleted.code), ClaimStatus::Deleted).await?;
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
    ledger: &mut AnyConnection,
    card_id: &str,
    status: Status,
    reason: Option<&str>,
    push: &Push,
    push_id: &str,
) -> Result<(), sqlx::Error> {
    let at = push.create_time;
    // What is older than what WeChat pushed since is no news; of one second the refusal counts.
    let changed = sqlx::query(
        "UPDATE coupons SET status = ?, refuse_reason = ?, reviewed_at = ? \
         WHERE card_id = ? AND status <> 'withdrawn' AND (status = 'in_review' \
         OR reviewed_at < ? OR (reviewed_at = ? AND ? = 'refused'))",
    )
    .bind(status.as_str())
    .bind(reason)
    .bind(at)
    .bind(card_id)
    .bind(at)
    .bind(at)
    .bind(status.as_str())
    .execute(&mut *ledger)
    .await?;
    if changed.rows_affected() == 0 {
        return Ok(());
    }
    let (id,): (String,) = sqlx::query_as("SELECT id FROM coupons WHERE card_id = ?")
        .bind(card_id)
        .fetch_one(&mut *ledger)
        .await?;
    let change = change(
        Subject::Coupon(&id),
        push_id,
        status.as_str(),
        push.event.name(),
        at,
    );
    history::add(ledger, change).await
}

/// A change that a push tells.
fn change<'a>(
    subject: Subject<'a>,
    push_id: &'a str,
    what: &'a str,
    event: &'a str,
    at: i64,
) -> Change<'a> {
    Change {
        subject,
        actor: Actor {
            who: Who::Wechat,
            request_id: Some(push_id),
        },
        what,
        why: Some(event),
        at,
        clock: ClockSource::Wechat,
    }
}

async fn got_card(
    ledger: &mut AnyConnection,
    subject: &Pushed<'_>,
    got: &UserGetCard,
) -> Result<(), sqlx::Error> {
    let claim = status(ledger, subject, ClaimStatus::Claimed).await?;
    let old_code = got.old_code.as_ref().filter(|_| got.is_give_by_friend);
    if claim.got_at.is_none_or(|known| known < subject.at) {
        // A code of the shop's own stays what it was, and changes hands.
        let is_handed_on = old_code == Some(subject.code);
        holder(ledger, subject, &claim.id, is_handed_on, got).await?;
    }
    if let Some(code) = old_code.filter(|code| *code != subject.code) {
        let before = Pushed {
            code,
            openid: got.friend.as_ref().map_or("", OpenId::as_str),
            ..*subject
        };
        status(ledger, &before, ClaimStatus::Gifted).await?;
    }
    Ok(())
}

/// Notes who holds a code since when, and whose it is where the push says so.
async fn holder(
    ledger: &mut AnyConnection,
    subject: &Pushed<'_>,
    claim_id: &str,
    is_handed_on: bool,
    got: &UserGetCard,
) -> Result<(), sqlx::Error> {
    let (begins_at, ends_at) = validity(subject.draft, subject.at);
    let unionid = match &got.union_id {
        Some(unionid) => {
            remember_holder(ledger, subject.openid, unionid.as_str()).await?;
            Some(unionid.as_str().to_owned())
        }
        // The push of a gift that was taken names the openid alone.
        None => known_holder(ledger, subject.openid).await?,
    };
    let unionid = unionid.as_deref();
    sqlx::query(
        "UPDATE claims SET openid = ?, got_at = ?, \
         unionid = COALESCE(?, CASE WHEN ? = 1 THEN NULL ELSE unionid END), \
         customer_id = CASE WHEN ? = 1 THEN NULL ELSE customer_id END, \
         claimed_at = CASE from_push WHEN 1 THEN ? ELSE claimed_at END, \
         begins_at = CASE from_push WHEN 1 THEN ? ELSE begins_at END, \
         ends_at = CASE from_push WHEN 1 THEN ? ELSE ends_at END WHERE id = ?",
    )
    .bind(subject.openid)
    .bind(subject.at)
    .bind(unionid)
    .bind(i64::from(is_handed_on))
    .bind(i64::from(is_handed_on))
    .bind(subject.at)
    .bind(begins_at)
    .bind(ends_at)
    .bind(claim_id)
    .execute(&mut *ledger)
    .await?;
    let Some(unionid) = unionid else {
        return Ok(());
    };
    // WeChat's word on whose it is counts more than who claimed it first. It stays with a claimer
    // of whom no unionid is known, as that may be the very person.
    let owner: Option<(String,)> = sqlx::query_as("SELECT id FROM customers WHERE unionid = ?")
        .bind(unionid)
        .fetch_optional(&mut *ledger)
        .await?;
    let query = match &owner {
        Some((id,)) => sqlx::query("UPDATE claims SET customer_id = ? WHERE id = ?")
            .bind(id)
            .bind(claim_id),
        None => sqlx::query(
            "UPDATE claims SET customer_id = NULL WHERE id = ? AND EXISTS (SELECT 1 FROM customers \
             WHERE customers.id = claims.customer_id AND customers.unionid IS NOT NULL)",
        )
        .bind(claim_id),
    };
    query.execute(ledger).await.map(drop)
}

/// The unionid behind an openid, when an earlier push told both.
pub(super) async fn known_holder(
    ledger: &mut AnyConnection,
    openid: &str,
) -> Result<Option<String>, sqlx::Error> {
    let known: Option<(String,)> = sqlx::query_as("SELECT unionid FROM holders WHERE openid = ?")
        .bind(openid)
        .fetch_optional(ledger)
        .await?;
    Ok(known.map(|(unionid,)| unionid))
}

/// Notes who stands behind an openid.
async fn remember_holder(
    ledger: &mut AnyConnection,
    openid: &str,
    unionid: &str,
) -> Result<(), sqlx::Error> {
    if known_holder(ledger, openid).await?.as_deref() == Some(unionid) {
        return Ok(());
    }
    if !change_holder(&mut *ledger, openid, unionid).await? {
        let inserted = sqlx::query("INSERT INTO holders (openid, unionid) VALUES (?, ?)")
            .bind(openid)
            .bind(unionid)
            .execute(&mut *ledger)
            .await;
        match inserted {
            Ok(_) => {}
            // Another instance has just noted it, from another push.
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
                change_holder(&mut *ledger, openid, unionid).await?;
            }
            Err(error) => return Err(error),
        }
    }
    bind_to_holder(ledger, openid, unionid).await
}

/// False when nobody is known behind the openid.
async fn change_holder(
    ledger: &mut AnyConnection,
    openid: &str,
    unionid: &str,
) -> Result<bool, sqlx::Error> {
    let changed = sqlx::query("UPDATE holders SET unionid = ? WHERE openid = ?")
        .bind(unionid)
        .bind(openid)
        .execute(ledger)
        .await?;
    Ok(changed.rows_affected() > 0)
}

/// Gives the codes of an openid of which nobody knew whose they are to who stands behind it.
pub(super) async fn bind_to_holder(
    ledger: &mut AnyConnection,
    openid: &str,
    unionid: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE claims SET unionid = ? WHERE openid = ? AND unionid IS NULL")
        .bind(unionid)
        .bind(openid)
        .execute(&mut *ledger)
        .await?;
    let owner: Option<(String,)> = sqlx::query_as("SELECT id FROM customers WHERE unionid = ?")
        .bind(unionid)
        .fetch_optional(&mut *ledger)
        .await?;
    let Some((owner,)) = owner else {
        return Ok(());
    };
    sqlx::query("UPDATE claims SET customer_id = ? WHERE openid = ? AND customer_id IS NULL")
        .bind(&owner)
        .bind(openid)
        .execute(ledger)
        .await
        .map(drop)
}

async fn consumed_card(
    ledger: &mut AnyConnection,
    subject: &Pushed<'_>,
    consumed: &UserConsumeCard,
) -> Result<(), sqlx::Error> {
    let claim = status(ledger, subject, ClaimStatus::Redeemed).await?;
    // An operation of ours whose end is not known may be what this is about, unless WeChat says that
    // it was done by hand, or later than the operation's last try; who settles it finds out.
    let source = consumed.consume_source.as_deref();
    let is_by_hand = source.is_some_and(|source| source != "FROM_API");
    sqlx::query(
        "UPDATE claims SET redeemed_at = COALESCE(redeemed_at, ?), \
         consumed_by_hand = CASE WHEN consumed_at IS NULL THEN ? ELSE consumed_by_hand END, \
         consumed_at = COALESCE(consumed_at, ?) WHERE id = ?",
    )
    .bind(subject.at)
    .bind(i64::from(is_by_hand))
    .bind(subject.at)
    .bind(&claim.id)
    .execute(ledger)
    .await
    .map(drop)
}

/// Notes the status of a code, unless something newer is known; its row is made where there is none.
async fn status(
    ledger: &mut AnyConnection,
    subject: &Pushed<'_>,
    status: ClaimStatus,
) -> Result<Claim, sqlx::Error> {
    let claim = row(ledger, subject).await?;
    if supersedes((status, subject.at), (claim.status, claim.status_at)) {
        sqlx::query(
            "UPDATE claims SET status = ?, status_at = ? WHERE id = ? AND status <> 'redeemed'",
        )
        .bind(status.as_str())
        .bind(subject.at)
        .bind(&claim.id)
        .execute(&mut *ledger)
        .await?;
        let what = Subject::Claim(&claim.id);
        let change = change(
            what,
            subject.push_id,
            status.as_str(),
            subject.event,
            subject.at,
        );
        history::add(ledger, change).await?;
    }
    Ok(claim)
}

async fn row(ledger: &mut AnyConnection, subject: &Pushed<'_>) -> Result<Claim, sqlx::Error> {
    let (begins_at, ends_at) = validity(subject.draft, subject.at);
    // Until it is known when it was claimed, the first that was heard of it is the best guess.
    let inserted = sqlx::query(
        "INSERT INTO claims (id, card_id, code, status, openid, begins_at, ends_at, claimed_at, \
         from_push) VALUES (?, ?, ?, 'claimed', ?, ?, ?, ?, 1)",
    )
    .bind(new_id())
    .bind(subject.card_id)
    .bind(subject.code.as_str())
    .bind(subject.openid)
    .bind(begins_at)
    .bind(ends_at)
    .bind(subject.at)
    .execute(&mut *ledger)
    .await;
    match inserted {
        Ok(_) => {
            know_openid(ledger, subject.openid).await?;
            if let Some(unionid) = known_holder(ledger, subject.openid).await? {
                bind_to_holder(ledger, subject.openid, &unionid).await?;
            }
        }
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
            sqlx::query(
                "UPDATE claims SET begins_at = ?, ends_at = ?, claimed_at = ? \
                 WHERE code = ? AND card_id = ? AND from_push = 1 AND got_at IS NULL \
                 AND claimed_at > ?",
            )
            .bind(begins_at)
            .bind(ends_at)
            .bind(subject.at)
            .bind(subject.code.as_str())
            .bind(subject.card_id)
            .bind(subject.at)
            .execute(&mut *ledger)
            .await?;
        }
        Err(error) => return Err(error),
    }
    sqlx::query_as(
        "SELECT id, status, status_at, got_at FROM claims WHERE code = ? AND card_id = ?",
    )
    .bind(subject.code.as_str())
    .bind(subject.card_id)
    .fetch_one(ledger)
    .await
}
