//! Changes of a coupon's card: one operation at a time has a coupon, `coupons.operation_id`.

use sqlx::AnyConnection;

use super::{
    DbError, Store,
    history::{self, Actor, Change, ClockSource, Subject},
    operations::{self, NewOperation, Run, Settlement, Slot},
    transaction::transaction,
};
use crate::operations::state::State;

/// What became of the intent to change a coupon's card.
#[derive(Debug)]
pub(crate) enum Begun {
    /// The coupon is this run's.
    Run(Box<Run>),
    /// The key, or the operation's row, was taken by another call meanwhile.
    KeyTaken,
    /// Another operation has the coupon.
    Held,
    /// There is no such coupon.
    NoCoupon,
}

/// How a run ended for the coupon.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CouponEffect {
    /// Its stock was changed by so many, and is this now.
    Stock {
        delta: i64,
        remaining: i64,
        total: i64,
    },
    /// Its card is gone: `what` is `withdrawn`, and `why` who said so.
    Withdrawn { why: &'static str },
    /// It never had a card, and goes.
    Removed,
    /// Nothing happened.
    Nothing,
    /// Nobody knows yet; the run keeps it.
    Unknown,
}

impl Store {
    /// Notes the intent to change a coupon's card, and takes the coupon for it.
    pub(crate) async fn begin_card_change(
        &self,
        slot: Slot<'_>,
        operation: &NewOperation,
        owner: &str,
        now: i64,
    ) -> Result<Begun, DbError> {
        transaction!(self, |ledger| {
            let begun = operations::begin(&mut *ledger, slot, operation, owner, now).await?;
            let Some(run) = begun else {
                return Ok(Begun::KeyTaken);
            };
            let holder = hold(&mut *ledger, &operation.subject, &run).await?;
            if matches!(holder, Begun::Held | Begun::NoCoupon) {
                operations::put_back(ledger, slot, &run).await?;
                return Ok(holder);
            }
            Ok(Begun::Run(Box::new(run)))
        })
    }

    /// Keeps with an intent what was seen before the try. False when the run is no longer held.
    pub(crate) async fn note_request(&self, run: &Run, request: &str) -> Result<bool, DbError> {
        transaction!(self, |ledger| {
            let noted = sqlx::query(
                "UPDATE operations SET request = ? \
                 WHERE id = ? AND owner = ? AND epoch = ? AND state = 'running'",
            )
            .bind(request)
            .bind(&run.id)
            .bind(&run.owner)
            .bind(run.epoch)
            .execute(ledger)
            .await?;
            Ok(noted.rows_affected() == 1)
        })
    }

    /// Writes down how a run ended, what that means for the coupon, and the answer: all or nothing.
    /// False when the run is no longer held.
    pub(crate) async fn end_card_change(
        &self,
        run: &Run,
        coupon_id: &str,
        effect: CouponEffect,
        actor: Actor<'_>,
        settlement: &Settlement,
        now: i64,
    ) -> Result<bool, DbError> {
        transaction!(self, |ledger| {
            if !operations::is_held(&mut *ledger, run).await? {
                return Ok(false);
            }
            apply(&mut *ledger, coupon_id, effect, actor, now).await?;
            if !matches!(effect, CouponEffect::Unknown) {
                sqlx::query(
                    "UPDATE coupons SET operation_id = NULL WHERE id = ? AND operation_id = ?",
                )
                .bind(coupon_id)
                .bind(&run.id)
                .execute(&mut *ledger)
                .await?;
            }
            operations::settle(ledger, run, settlement, now).await?;
            Ok(true)
        })
    }
}

/// Takes a coupon for a run. What an operation had that is over by now is free.
async fn hold(
    ledger: &mut AnyConnection,
    coupon_id: &str,
    run: &Run,
) -> Result<Begun, sqlx::Error> {
    let coupon: Option<(Option<String>,)> =
        sqlx::query_as("SELECT operation_id FROM coupons WHERE id = ?")
            .bind(coupon_id)
            .fetch_optional(&mut *ledger)
            .await?;
    let Some((holder,)) = coupon else {
        return Ok(Begun::NoCoupon);
    };
    let query = match &holder {
        None => {
            sqlx::query("UPDATE coupons SET operation_id = ? WHERE id = ? AND operation_id IS NULL")
                .bind(&run.id)
                .bind(coupon_id)
        }
        Some(holder) => {
            let other = operations::find(&mut *ledger, holder).await?;
            let is_over =
                other.is_none_or(|other| !matches!(other.state, State::Running | State::Unknown));
            if !is_over && *holder != run.id {
                return Ok(Begun::Held);
            }
            sqlx::query("UPDATE coupons SET operation_id = ? WHERE id = ? AND operation_id = ?")
                .bind(&run.id)
                .bind(coupon_id)
                .bind(holder)
        }
    };
    let held = query.execute(ledger).await?;
    if held.rows_affected() == 0 {
        return Ok(Begun::Held);
    }
    Ok(Begun::Run(Box::new(run.clone())))
}

async fn apply(
    ledger: &mut AnyConnection,
    coupon_id: &str,
    effect: CouponEffect,
    actor: Actor<'_>,
    now: i64,
) -> Result<(), sqlx::Error> {
    let stock;
    let (what, why) = match effect {
        CouponEffect::Nothing | CouponEffect::Unknown => return Ok(()),
        CouponEffect::Stock {
            delta,
            remaining,
            total,
        } => {
            sqlx::query("UPDATE coupons SET remaining = ?, total = ? WHERE id = ?")
                .bind(remaining)
                .bind(total)
                .bind(coupon_id)
                .execute(&mut *ledger)
                .await?;
            stock = format!("{delta:+}");
            ("stock", stock.as_str())
        }
        CouponEffect::Withdrawn { why } => {
            let changed = sqlx::query(
                "UPDATE coupons SET status = 'withdrawn', checked_at = ? \
                 WHERE id = ? AND status <> 'withdrawn'",
            )
            .bind(now)
            .bind(coupon_id)
            .execute(&mut *ledger)
            .await?;
            if changed.rows_affected() == 0 {
                return Ok(());
            }
            ("withdrawn", why)
        }
        CouponEffect::Removed => {
            sqlx::query("DELETE FROM coupons WHERE id = ? AND card_id IS NULL")
                .bind(coupon_id)
                .execute(&mut *ledger)
                .await?;
            ("removed", "never_made")
        }
    };
    let change = Change {
        subject: Subject::Coupon(coupon_id),
        actor,
        what,
        why: Some(why),
        at: now,
        clock: ClockSource::Ours,
    };
    history::add(ledger, change).await
}
