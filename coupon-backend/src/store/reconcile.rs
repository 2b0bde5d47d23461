//! Rounds that bring ledger and WeChat together: what is to be asked about, and what drifted.

use sqlx::AnyConnection;

use super::{
    DbError, Page, Store,
    claims::{self, ClaimRow},
    coupons::{self, CouponRow},
    history::{self, Actor, Change, ClockSource, Subject, Who},
    marks::Marked,
    new_id,
    operations::{self, OperationRow},
    transaction::transaction,
};
use crate::{claim::ClaimStatus, coupon::Status};

/// Rows that are removed, or marked, at a time.
const BATCH: i64 = 100;
/// Drifts that are shown of one round at most.
const SHOWN: i64 = 200;

/// One round.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct RoundRow {
    pub(crate) id: String,
    pub(crate) cause: String,
    pub(crate) started_at: i64,
    /// None while it runs, or when its process died.
    pub(crate) ended_at: Option<i64>,
    pub(crate) asked: i64,
    pub(crate) failed: i64,
    pub(crate) changed: i64,
}

/// What a round found to be other at WeChat than in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Drift {
    pub(crate) subject_kind: String,
    pub(crate) subject_id: String,
    pub(crate) what: String,
    pub(crate) was: Option<String>,
    pub(crate) became: Option<String>,
}

impl Drift {
    pub(crate) fn new(
        subject_kind: &str,
        subject_id: &str,
        what: &str,
        was: Option<String>,
        became: Option<String>,
    ) -> Self {
        Self {
            subject_kind: subject_kind.to_owned(),
            subject_id: subject_id.to_owned(),
            what: what.to_owned(),
            was,
            became,
        }
    }
}

/// A coupon's card as WeChat has it.
#[derive(Clone, Debug)]
pub(crate) struct SeenCard {
    pub(crate) status: Status,
    /// What is left, and all that was ever put in; none when the card is gone.
    pub(crate) stock: Option<(i64, i64)>,
    /// Its end and the draft with its dates, where WeChat has other dates.
    pub(crate) dates: Option<(Option<i64>, String)>,
}

/// A code as WeChat has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SeenCode {
    pub(crate) status: ClaimStatus,
    /// First and last second of its validity, where WeChat still has it.
    pub(crate) times: Option<(i64, i64)>,
}

impl Store {
    pub(crate) async fn begin_round(&self, cause: &str, now: i64) -> Result<String, DbError> {
        let id = new_id();
        transaction!(self, |ledger| {
            sqlx::query("INSERT INTO reconciliations (id, cause, started_at) VALUES (?, ?, ?)")
                .bind(&id)
                .bind(cause)
                .bind(now)
                .execute(ledger)
                .await
                .map(drop)
        })?;
        Ok(id)
    }

    pub(crate) async fn end_round(&self, round: &RoundRow) -> Result<(), DbError> {
        transaction!(self, |ledger| {
            sqlx::query(
                "UPDATE reconciliations SET ended_at = ?, asked = ?, failed = ?, changed = ? \
                 WHERE id = ?",
            )
            .bind(round.ended_at)
            .bind(round.asked)
            .bind(round.failed)
            .bind(round.changed)
            .bind(&round.id)
            .execute(ledger)
            .await
            .map(drop)
        })
    }

    /// Notes what drifted where nothing else is to be written down with it.
    pub(crate) async fn note_drift(&self, round: &str, drift: &Drift) -> Result<(), DbError> {
        transaction!(self, |ledger| { add_drift(ledger, round, drift).await })
    }

    /// All rounds, newest first.
    pub(crate) async fn rounds(&self, page: &Page) -> Result<Vec<RoundRow>, DbError> {
        sqlx::query_as(
            "SELECT id, cause, started_at, ended_at, asked, failed, changed \
             FROM reconciliations WHERE id < ? ORDER BY id DESC LIMIT ?",
        )
        .bind(page.after())
        .bind(page.rows())
        .fetch_all(&self.pool)
        .await
        .map_err(|error| self.sort(error))
    }

    /// What a round found, in the order in which it was found.
    pub(crate) async fn drifts(&self, round: &str) -> Result<Vec<Drift>, DbError> {
        sqlx::query_as(
            "SELECT subject_kind, subject_id, what, was, became FROM drifts \
             WHERE reconciliation_id = ? ORDER BY id LIMIT ?",
        )
        .bind(round)
        .bind(SHOWN)
        .fetch_all(&self.pool)
        .await
        .map_err(|error| self.sort(error))
    }

    /// Removes some rounds that began before a time; false when there are no more.
    pub(crate) async fn remove_rounds(&self, before: i64) -> Result<bool, DbError> {
        let old: Vec<(String,)> = sqlx::query_as(
            "SELECT id FROM reconciliations WHERE started_at < ? ORDER BY started_at LIMIT ?",
        )
        .bind(before)
        .bind(BATCH)
        .fetch_all(&self.pool)
        .await
        .map_err(|error| self.sort(error))?;
        if old.is_empty() {
            return Ok(false);
        }
        transaction!(self, |ledger| {
            for (id,) in &old {
                sqlx::query("DELETE FROM drifts WHERE reconciliation_id = ?")
                    .bind(id)
                    .execute(&mut *ledger)
                    .await?;
                sqlx::query("DELETE FROM reconciliations WHERE id = ?")
                    .bind(id)
                    .execute(&mut *ledger)
                    .await?;
            }
            Ok(true)
        })
    }

    /// Coupons whose card WeChat was not asked about since a time, the longest ago first.
    pub(crate) async fn coupons_to_check(
        &self,
        before: i64,
        now: i64,
        limit: i64,
    ) -> Result<Vec<CouponRow>, DbError> {
        let rows = Marked {
            columns: coupons::COLUMNS,
            table: "coupons",
            mark: "checked_at",
            condition: "card_id IS NOT NULL AND status <> 'withdrawn' AND ",
            key: "id",
        };
        self.due(rows, before, now, limit).await
    }

    /// Coupons that have no card, the oldest first.
    pub(crate) async fn coupons_without_card(&self, limit: i64) -> Result<Vec<CouponRow>, DbError> {
        let sql = format!(
            "SELECT {} FROM coupons WHERE card_id IS NULL ORDER BY id LIMIT ?",
            coupons::COLUMNS
        );
        sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(limit)
            .fetch_all(&self.pool)
            .await
            .map_err(|error| self.sort(error))
    }

    /// Codes that can be redeemed as far as the ledger knows and that WeChat was not asked about
    /// since a time, the longest ago first.
    pub(crate) async fn claims_to_check(
        &self,
        before: i64,
        now: i64,
        limit: i64,
    ) -> Result<Vec<ClaimRow>, DbError> {
        let rows = Marked {
            columns: claims::COLUMNS,
            table: "claims",
            mark: "checked_at",
            condition: "status = 'claimed' AND operation_id IS NULL AND ",
            key: "id",
        };
        self.due(rows, before, now, limit).await
    }

    /// WeChat could not say anything about a coupon; others come first now.
    pub(crate) async fn put_coupon_last(&self, id: &str, now: i64) -> Result<(), DbError> {
        transaction!(self, |ledger| {
            sqlx::query("UPDATE coupons SET checked_at = ? WHERE id = ?")
                .bind(now)
                .bind(id)
                .execute(ledger)
                .await
                .map(drop)
        })
    }

    /// WeChat could not say anything about a code; others come first now.
    pub(crate) async fn put_claim_last(&self, id: &str, now: i64) -> Result<(), DbError> {
        transaction!(self, |ledger| {
            sqlx::query("UPDATE claims SET checked_at = ? WHERE id = ?")
                .bind(now)
                .bind(id)
                .execute(ledger)
                .await
                .map(drop)
        })
    }

    /// Notes how a coupon's card stands at WeChat, and gives what drifted. `round` is none when
    /// somebody looked at the coupon.
    pub(crate) async fn note_card(
        &self,
        round: Option<&str>,
        coupon: &CouponRow,
        seen: &SeenCard,
        now: i64,
    ) -> Result<Vec<Drift>, DbError> {
        let drifts = coupon_drifts(coupon, seen);
        let (remaining, total) = seen.stock.unzip();
        let (ends_at, draft) = match &seen.dates {
            Some((ends_at, draft)) => (*ends_at, draft.as_str()),
            None => (coupon.ends_at, coupon.draft.as_str()),
        };
        transaction!(self, |ledger| {
            // A push or an operation may have changed it while WeChat was asked.
            let noted = sqlx::query(
                "UPDATE coupons SET status = ?, remaining = COALESCE(?, remaining), \
                 total = COALESCE(?, total), ends_at = ?, draft = ?, checked_at = ? \
                 WHERE id = ? AND status = ? AND operation_id IS NULL",
            )
            .bind(seen.status.as_str())
            .bind(remaining)
            .bind(total)
            .bind(ends_at)
            .bind(draft)
            .bind(now)
            .bind(&coupon.id)
            .bind(&coupon.status)
            .execute(&mut *ledger)
            .await?;
            if noted.rows_affected() == 0 {
                return Ok(Vec::new());
            }
            for drift in &drifts {
                let what = if drift.what == "status" {
                    seen.status.as_str()
                } else {
                    &drift.what
                };
                let subject = Subject::Coupon(&coupon.id);
                history::add(&mut *ledger, change(subject, round, what, "card_get", now)).await?;
                if let Some(round) = round {
                    add_drift(&mut *ledger, round, drift).await?;
                }
            }
            Ok(drifts.clone())
        })
    }

    /// Notes how a code stands at WeChat, and gives what drifted.
    pub(crate) async fn note_code(
        &self,
        round: &str,
        claim: &ClaimRow,
        seen: SeenCode,
        now: i64,
    ) -> Result<Option<Drift>, DbError> {
        let (begins_at, ends_at) = seen.times.unwrap_or((claim.begins_at, claim.ends_at));
        let is_redeemed = i64::from(seen.status == ClaimStatus::Redeemed);
        let was = ClaimRow {
            ends_at,
            ..claim.clone()
        }
        .status_at(now);
        let is_drift = seen.status != claim.status;
        // A code expires by itself: that is no news.
        let is_news = is_drift && seen.status != was;
        let drift = is_news.then(|| {
            let was = Some(claim.status.as_str().to_owned());
            let became = Some(seen.status.as_str().to_owned());
            Drift::new("claim", &claim.id, "status", was, became)
        });
        transaction!(self, |ledger| {
            let noted = sqlx::query(
                "UPDATE claims SET begins_at = ?, ends_at = ?, checked_at = ?, status = ?, \
                 status_at = CASE WHEN ? = 1 THEN ? ELSE status_at END, is_confirmed = ?, \
                 redeemed_at = CASE WHEN ? = 1 THEN COALESCE(redeemed_at, consumed_at, ?) \
                 ELSE redeemed_at END \
                 WHERE id = ? AND status = ? AND operation_id IS NULL",
            )
            .bind(begins_at)
            .bind(ends_at)
            .bind(now)
            .bind(seen.status.as_str())
            .bind(i64::from(is_drift))
            .bind(now)
            .bind(is_redeemed)
            .bind(is_redeemed)
            .bind(now)
            .bind(&claim.id)
            .bind(claim.status.as_str())
            .execute(&mut *ledger)
            .await?;
            if noted.rows_affected() == 0 {
                return Ok(None);
            }
            if is_drift {
                let subject = Subject::Claim(&claim.id);
                let what = seen.status.as_str();
                let change = change(subject, Some(round), what, "code_get", now);
                history::add(&mut *ledger, change).await?;
            }
            if let Some(drift) = &drift {
                add_drift(ledger, round, drift).await?;
            }
            Ok(drift.clone())
        })
    }

    /// The dates of a card changed: some of its codes are asked about again. False when all are.
    pub(crate) async fn recheck_claims(&self, card_id: &str) -> Result<bool, DbError> {
        let some: Vec<(String,)> = sqlx::query_as(
            "SELECT id FROM claims WHERE card_id = ? AND status IN ('claimed', 'expired') \
             AND (checked_at > 0 OR status = 'expired') LIMIT ?",
        )
        .bind(card_id)
        .bind(BATCH)
        .fetch_all(&self.pool)
        .await
        .map_err(|error| self.sort(error))?;
        if some.is_empty() {
            return Ok(false);
        }
        transaction!(self, |ledger| {
            for (id,) in &some {
                // One that is expired shows so by its times until WeChat has said otherwise.
                sqlx::query(
                    "UPDATE claims SET checked_at = 0, status = 'claimed' \
                     WHERE id = ? AND status IN ('claimed', 'expired')",
                )
                .bind(id)
                .execute(&mut *ledger)
                .await?;
            }
            Ok(true)
        })
    }

    /// Creates that were begun since a time, in any state.
    pub(crate) async fn creates_since(&self, since: i64) -> Result<Vec<OperationRow>, DbError> {
        let sql = format!(
            "SELECT {} FROM operations WHERE updated_at >= ? AND kind = 'create' \
             ORDER BY updated_at DESC LIMIT ?",
            operations::COLUMNS
        );
        sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(since)
            .bind(BATCH)
            .fetch_all(&self.pool)
            .await
            .map_err(|error| self.sort(error))
    }

    /// Whether a card of the account is known to be none of ours.
    pub(crate) async fn is_foreign_card(&self, card_id: &str) -> Result<bool, DbError> {
        let known: Option<(String,)> =
            sqlx::query_as("SELECT card_id FROM foreign_cards WHERE card_id = ?")
                .bind(card_id)
                .fetch_optional(&self.pool)
                .await
                .map_err(|error| self.sort(error))?;
        Ok(known.is_some())
    }

    /// Remembers that a card of the account is none of ours.
    pub(crate) async fn add_foreign_card(&self, card_id: &str, now: i64) -> Result<(), DbError> {
        let added = transaction!(self, |ledger| {
            sqlx::query("INSERT INTO foreign_cards (card_id, seen_at) VALUES (?, ?)")
                .bind(card_id)
                .bind(now)
                .execute(ledger)
                .await
                .map(drop)
        });
        match added {
            Err(error) if error.is_duplicate() => Ok(()),
            added => added,
        }
    }
}

/// A change that a round, or a look, found.
fn change<'a>(
    subject: Subject<'a>,
    round: Option<&'a str>,
    what: &'a str,
    why: &'a str,
    at: i64,
) -> Change<'a> {
    Change {
        subject,
        actor: Actor {
            who: Who::Reconciler,
            request_id: round,
        },
        what,
        why: Some(why),
        at,
        clock: ClockSource::Ours,
    }
}

fn coupon_drifts(coupon: &CouponRow, seen: &SeenCard) -> Vec<Drift> {
    let found = |what: &str, was, became| Drift::new("coupon", &coupon.id, what, was, became);
    let mut drifts = Vec::new();
    if seen.status.as_str() != coupon.status {
        let became = seen.status.as_str().to_owned();
        drifts.push(found("status", Some(coupon.status.clone()), Some(became)));
    }
    // Claims change what is left; what was put in only the shop changes.
    if let (Some(was), Some((_, total))) = (coupon.total, seen.stock)
        && was != total
    {
        drifts.push(found(
            "stock",
            Some(was.to_string()),
            Some(total.to_string()),
        ));
    }
    if let Some((_, draft)) = &seen.dates {
        let valid = |text: &str| {
            let whole: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
            Some(whole["valid"].to_string())
        };
        drifts.push(found("valid", valid(&coupon.draft), valid(draft)));
    }
    drifts
}

async fn add_drift(
    ledger: &mut AnyConnection,
    round: &str,
    drift: &Drift,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO drifts (id, reconciliation_id, subject_kind, subject_id, what, was, became) \
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(new_id())
    .bind(round)
    .bind(&drift.subject_kind)
    .bind(&drift.subject_id)
    .bind(&drift.what)
    .bind(&drift.was)
    .bind(&drift.became)
    .execute(ledger)
    .await
    .map(drop)
}
