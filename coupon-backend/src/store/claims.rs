//! Claims: who holds which code.

use std::collections::BTreeSet;

use sqlx::{AnyConnection, FromRow, Row, any::AnyRow};

use super::{
    DbError, Page, Store,
    history::{self, Actor, Change, ClockSource, Subject},
    holders::know_openids,
    new_id,
    transaction::transaction,
};
use crate::claim::ClaimStatus;

/// A claim as the ledger holds it.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct ClaimRow {
    pub(crate) id: String,
    pub(crate) card_id: String,
    pub(crate) code: String,
    pub(crate) customer_id: Option<String>,
    #[sqlx(try_from = "String")]
    pub(crate) status: ClaimStatus,
    pub(crate) begins_at: i64,
    pub(crate) ends_at: i64,
    pub(crate) claimed_at: i64,
    pub(crate) redeemed_at: Option<i64>,
    pub(crate) staff: Option<String>,
    pub(crate) terminal: Option<String>,
    /// The operation that is redeeming it.
    pub(crate) operation_id: Option<String>,
    /// When WeChat says that it was consumed.
    pub(crate) consumed_at: Option<i64>,
    pub(crate) consumed_by_hand: i64,
    /// 1 when an answer of WeChat's, and not a push alone, says that it was redeemed.
    pub(crate) is_confirmed: i64,
}

impl ClaimRow {
    /// How it stands at a time: a code that nobody redeemed expires by itself.
    pub(crate) fn status_at(&self, now: i64) -> ClaimStatus {
        if self.status == ClaimStatus::Claimed && now > self.ends_at {
            ClaimStatus::Expired
        } else {
            self.status
        }
    }
}

/// A code that WeChat knows, to be written down.
#[derive(Clone, Debug)]
pub(crate) struct NewClaim {
    pub(crate) card_id: String,
    pub(crate) code: String,
    pub(crate) status: ClaimStatus,
    pub(crate) openid: String,
    pub(crate) begins_at: i64,
    pub(crate) ends_at: i64,
}

/// SHA-256 of what a page claims a code with.
pub(crate) type EncryptHash = [u8; 32];

pub(super) const COLUMNS: &str = "id, card_id, code, customer_id, status, begins_at, ends_at, \
    claimed_at, redeemed_at, staff, terminal, operation_id, consumed_at, consumed_by_hand, \
    is_confirmed";

/// A coupon that somebody claims.
pub(crate) struct Claimable {
    /// The claim that the same customer made with the same encrypted code.
    pub(crate) booked: Option<ClaimRow>,
}

impl<'r> FromRow<'r, AnyRow> for Claimable {
    fn from_row(row: &'r AnyRow) -> Result<Self, sqlx::Error> {
        let id: Option<String> = row.try_get("id")?;
        let booked = id.map(|_| ClaimRow::from_row(row)).transpose()?;
        Ok(Self { booked })
    }
}

/// Who claims a code, and with what.
#[derive(Clone, Copy)]
pub(super) struct Claimer<'a> {
    pub(super) customer_id: &'a str,
    pub(super) hash: &'a EncryptHash,
}

/// A code that is in the ledger.
pub(super) struct Recorded {
    pub(super) row: ClaimRow,
    /// It was written down just now, and is its claimer's if it has one.
    pub(super) is_new: bool,
}

/// A code to be written down, by whom, and when.
#[derive(Clone, Copy)]
pub(super) struct ToRecord<'a> {
    pub(super) claim: &'a NewClaim,
    pub(super) claimer: Option<Claimer<'a>>,
    pub(super) actor: Actor<'a>,
    /// Seconds since 1970.
    pub(super) now: i64,
}

/// Writes a code down unless it stands there already, and gives its row.
pub(super) async fn record_code(
    ledger: &mut AnyConnection,
    code: ToRecord<'_>,
) -> Result<Recorded, sqlx::Error> {
    match insert(ledger, &[code]).await {
        Ok(rows) => {
            let row = rows.into_iter().next().expect("one code gives one row");
            Ok(Recorded { row, is_new: true })
        }
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
            let sql = format!("SELECT {COLUMNS} FROM claims WHERE code = ? AND card_id = ?");
            let row = sqlx::query_as(sqlx::AssertSqlSafe(sql))
                .bind(&code.claim.code)
                .bind(&code.claim.card_id)
                .fetch_one(ledger)
                .await?;
            Ok(Recorded { row, is_new: false })
        }
        Err(error) => Err(error),
    }
}

/// Writes codes down that are new, and gives their rows in this order. With one that stands there
/// already it is a unique violation, and none is written.
pub(super) async fn insert(
    ledger: &mut AnyConnection,
    codes: &[ToRecord<'_>],
) -> Result<Vec<ClaimRow>, sqlx::Error> {
    let rows: Vec<ClaimRow> = codes.iter().map(new_row).collect();
    let values = vec!["(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"; codes.len()].join(", ");
    let sql = format!(
        "INSERT INTO claims (id, card_id, code, status, openid, begins_at, ends_at, claimed_at, \
         redeemed_at, status_at, checked_at, is_confirmed, customer_id, encrypt_hash) VALUES {values}"
    );
    let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
    for (row, code) in rows.iter().zip(codes) {
        query = query
            .bind(&row.id)
            .bind(&row.card_id)
            .bind(&row.code)
            .bind(row.status.as_str())
            .bind(&code.claim.openid)
            .bind(row.begins_at)
            .bind(row.ends_at)
            .bind(row.claimed_at)
            .bind(row.redeemed_at)
            // Our clock may be ahead of WeChat's: nothing that it pushes is older than a plain claim.
            .bind(if row.status == ClaimStatus::Claimed {
                0
            } else {
                code.now
            })
            .bind(code.now)
            .bind(row.is_confirmed)
            .bind(row.customer_id.as_deref())
            .bind(code.claimer.map(|claimer| claimer.hash.as_slice()));
    }
    query.execute(&mut *ledger).await?;
    let mut changes = Vec::with_capacity(2 * codes.len());
    for (row, code) in rows.iter().zip(codes) {
        let change = |what, why| Change {
            subject: Subject::Claim(&row.id),
            actor: code.actor,
            what,
            why: Some(why),
            at: code.now,
            clock: ClockSource::Ours,
        };
        changes.push(change(row.status.as_str(), "code_get"));
        if let Some(claimer) = code.claimer {
            changes.push(change("bound", claimer.customer_id));
        }
    }
    history::add_all(&mut *ledger, &changes).await?;
    let openids: BTreeSet<&str> = codes.iter().map(|c| c.claim.openid.as_str()).collect();
    know_openids(ledger, &openids).await?;
    Ok(rows)
}

fn new_row(code: &ToRecord<'_>) -> ClaimRow {
    let ToRecord { claim, claimer, .. } = code;
    let is_redeemed = claim.status == ClaimStatus::Redeemed;
    ClaimRow {
        id: new_id(),
        card_id: claim.card_id.clone(),
        code: claim.code.clone(),
        customer_id: claimer.map(|claimer| claimer.customer_id.to_owned()),
        status: claim.status,
        begins_at: claim.begins_at,
        ends_at: claim.ends_at,
        claimed_at: code.now,
        redeemed_at: is_redeemed.then_some(code.now),
        staff: None,
        terminal: None,
        operation_id: None,
        consumed_at: None,
        consumed_by_hand: 0,
        is_confirmed: i64::from(is_redeemed),
    }
}

pub(super) async fn find(ledger: &mut AnyConnection, id: &str) -> Result<ClaimRow, sqlx::Error> {
    let sql = format!("SELECT {COLUMNS} FROM claims WHERE id = ?");
    sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(id)
        .fetch_one(ledger)
        .await
}

impl Store {
    pub(crate) async fn claim(&self, id: &str) -> Result<ClaimRow, DbError> {
        let mut connection = self.read().await?;
        find(&mut connection, id)
            .await
            .map_err(|error| self.sort(error))
    }

    /// The claim of a code; the card is part of its name only for codes of the shop's own.
    pub(crate) async fn claim_of_code(&self, code: &str) -> Result<Option<ClaimRow>, DbError> {
        let sql = format!("SELECT {COLUMNS} FROM claims WHERE code = ? ORDER BY id LIMIT 1");
        sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(code)
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| self.sort(error))
    }

    /// The coupon of a card as one who claims it needs it; nothing when there is none.
    pub(crate) async fn claimable(
        &self,
        card_id: &str,
        hash: &EncryptHash,
        customer_id: &str,
    ) -> Result<Option<Claimable>, DbError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM (SELECT card_id AS card FROM coupons WHERE card_id = ?) coupon \
             LEFT JOIN claims ON encrypt_hash = ? AND customer_id = ? AND card_id = card LIMIT 1"
        );
        sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(card_id)
            .bind(hash.as_slice())
            .bind(customer_id)
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| self.sort(error))
    }

    /// Notes how WeChat says that a code stands; what was redeemed stays so.
    pub(crate) async fn set_claim_status(
        &self,
        id: &str,
        status: ClaimStatus,
        why: &str,
        actor: Actor<'_>,
        now: i64,
    ) -> Result<(), DbError> {
        transaction!(self, |ledger| {
            set_status(ledger, id, status, why, actor, now).await
        })
    }

    /// Notes what WeChat says of a code of which a push alone said that it was redeemed.
    pub(crate) async fn judge_redeemed(
        &self,
        claim: &ClaimRow,
        status: ClaimStatus,
        actor: Actor<'_>,
        now: i64,
    ) -> Result<(), DbError> {
        transaction!(self, |ledger| {
            if status == ClaimStatus::Redeemed {
                return sqlx::query(
                    "UPDATE claims SET is_confirmed = 1, checked_at = ? \
                     WHERE id = ? AND status = 'redeemed'",
                )
                .bind(now)
                .bind(&claim.id)
                .execute(ledger)
                .await
                .map(drop);
            }
            // It never was: there is no moment of a redemption to be kept.
            let changed = sqlx::query(
                "UPDATE claims SET status = ?, status_at = ?, checked_at = ?, redeemed_at = NULL, \
                 consumed_at = NULL, consumed_by_hand = 0 \
                 WHERE id = ? AND status = 'redeemed' AND is_confirmed = 0 AND operation_id IS NULL",
            )
            .bind(status.as_str())
            .bind(now)
            .bind(now)
            .bind(&claim.id)
            .execute(&mut *ledger)
            .await?;
            if changed.rows_affected() == 0 {
                return Ok(());
            }
            let change = Change {
                subject: Subject::Claim(&claim.id),
                actor,
                what: status.as_str(),
                why: Some("code_get"),
                at: now,
                clock: ClockSource::Ours,
            };
            history::add(ledger, change).await
        })
    }

    /// The claims of a customer, newest first.
    pub(crate) async fn claims_of_customer(
        &self,
        customer_id: &str,
        page: &Page,
    ) -> Result<Vec<ClaimRow>, DbError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM claims WHERE customer_id = ? AND id < ? \
             ORDER BY id DESC LIMIT ?"
        );
        sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(customer_id)
            .bind(page.after())
            .bind(page.rows())
            .fetch_all(&self.pool)
            .await
            .map_err(|error| self.sort(error))
    }

    /// All claims, newest first.
    pub(crate) async fn claims(&self, page: &Page) -> Result<Vec<ClaimRow>, DbError> {
        let sql = format!("SELECT {COLUMNS} FROM claims WHERE id < ? ORDER BY id DESC LIMIT ?");
        sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(page.after())
            .bind(page.rows())
            .fetch_all(&self.pool)
            .await
            .map_err(|error| self.sort(error))
    }
}

/// Where the row of a code comes from.
#[derive(Clone)]
pub(crate) enum Source {
    /// It is in the ledger.
    Known(Box<ClaimRow>),
    /// WeChat told of it.
    New(NewClaim),
}

impl Source {
    pub(crate) fn card_id(&self) -> &str {
        match self {
            Self::Known(row) => &row.card_id,
            Self::New(new) => &new.card_id,
        }
    }
}

pub(super) async fn set_status(
    ledger: &mut AnyConnection,
    id: &str,
    status: ClaimStatus,
    why: &str,
    actor: Actor<'_>,
    now: i64,
) -> Result<(), sqlx::Error> {
    let is_redeemed = i64::from(status == ClaimStatus::Redeemed);
    let changed = sqlx::query(
        "UPDATE claims SET status = ?, status_at = ?, \
         redeemed_at = CASE WHEN ? = 1 THEN COALESCE(redeemed_at, consumed_at, ?) ELSE redeemed_at END, \
         is_confirmed = ? WHERE id = ? AND status <> 'redeemed' AND status <> ?",
    )
    .bind(status.as_str())
    .bind(now)
    .bind(is_redeemed)
    .bind(now)
    .bind(is_redeemed)
    .bind(id)
    .bind(status.as_str())
    .execute(&mut *ledger)
    .await?;
    if changed.rows_affected() == 1 {
        let change = Change {
            subject: Subject::Claim(id),
            actor,
            what: status.as_str(),
            why: Some(why),
            at: now,
            clock: ClockSource::Ours,
        };
        history::add(ledger, change).await?;
    }
    Ok(())
}
