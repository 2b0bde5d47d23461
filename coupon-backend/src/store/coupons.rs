//! Coupons: kinds of card.

use sqlx::AnyConnection;

use super::{
    DbError, Page, Store,
    history::{self, Actor, Change, ClockSource, Subject},
    operations::{self, NewOperation, Run, Settlement, Slot},
    transaction::transaction,
};
use crate::{coupon::Status, operations::owner::Owner};

pub(super) const COLUMNS: &str = "id, card_id, status, draft, ends_at, created_at, refuse_reason, \
                       remaining, total, operation_id, reviewed_at";

/// A coupon as the ledger holds it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct CouponRow {
    pub(crate) id: String,
    /// None while WeChat's answer to the create is not known.
    pub(crate) card_id: Option<String>,
    pub(crate) status: String,
    /// The draft as JSON.
    pub(crate) draft: String,
    pub(crate) ends_at: Option<i64>,
    pub(crate) created_at: i64,
    /// Why the reviewers turned it down, where they said so in a push.
    pub(crate) refuse_reason: Option<String>,
    /// WeChat's stock: what is left, and all that was ever put in.
    pub(crate) remaining: Option<i64>,
    pub(crate) total: Option<i64>,
    /// The operation that changes its card.
    pub(crate) operation_id: Option<String>,
    /// When the reviewers last said anything in a push, by WeChat's clock.
    pub(crate) reviewed_at: i64,
}

impl CouponRow {
    pub(crate) fn status(&self) -> Status {
        Status::from_ledger(&self.status)
    }
}

/// What the end of a create means for its coupon.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Made<'a> {
    /// WeChat made this card.
    Card {
        card_id: &'a str,
        status: Status,
        /// What is left, and all that was put in, where WeChat has said so.
        stock: Option<(i64, i64)>,
        why: &'a str,
    },
    /// WeChat surely made none: the coupon is forgotten.
    Nothing,
    /// Nobody knows yet.
    Unknown,
}

/// Whether the end of a create was written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Written,
    /// The run is no longer held.
    NotHeld,
    /// Another coupon has the card.
    CardTaken,
}

impl Store {
    /// Notes a create and its coupon before WeChat is asked to make the card. None when the key, or
    /// the operation's row, was taken meanwhile.
    pub(crate) async fn begin_create(
        &self,
        slot: Slot<'_>,
        operation: &NewOperation,
        draft: &str,
        ends_at: Option<i64>,
        owner: &Owner,
        now: i64,
    ) -> Result<Option<Run>, DbError> {
        transaction!(self, |ledger| {
            let run = operations::begin(&mut *ledger, slot, operation, owner.as_str(), now).await?;
            if run.is_some() {
                sqlx::query(
                    "INSERT INTO coupons (id, status, draft, ends_at, created_at) \
                     VALUES (?, 'unknown', ?, ?, ?)",
                )
                .bind(&operation.subject)
                .bind(draft)
                .bind(ends_at)
                .bind(now)
                .execute(ledger)
                .await?;
            }
            Ok(run)
        })
    }

    /// Writes down how a create ended, what that means for the coupon, and the answer: all or
    /// nothing.
    pub(crate) async fn end_create(
        &self,
        run: &Run,
        coupon_id: &str,
        made: Made<'_>,
        actor: Actor<'_>,
        settlement: &Settlement,
        now: i64,
    ) -> Result<Ended, DbError> {
        let ended = transaction!(self, |ledger| {
            if !operations::is_held(&mut *ledger, run).await? {
                return Ok(Ended::NotHeld);
            }
            match made {
                Made::Unknown => {}
                Made::Nothing => {
                    sqlx::query("DELETE FROM coupons WHERE id = ? AND card_id IS NULL")
                        .bind(coupon_id)
                        .execute(&mut *ledger)
                        .await?;
                }
                Made::Card {
                    card_id,
                    status,
                    stock,
                    why,
                } => {
                    set_card(&mut *ledger, coupon_id, card_id, status, stock).await?;
                    let change = Change {
                        subject: Subject::Coupon(coupon_id),
                        actor,
                        what: "created",
                        why: Some(why),
                        at: now,
                        clock: ClockSource::Ours,
                    };
                    history::add(&mut *ledger, change).await?;
                }
            }
            operations::settle(ledger, run, settlement, now).await?;
            Ok(Ended::Written)
        });
        match ended {
            // No other value of these rows is unique.
            Err(error) if error.is_duplicate() => Ok(Ended::CardTaken),
            ended => ended,
        }
    }

    /// Gives a coupon the card that was found for it. False when the card has a coupon already.
    pub(crate) async fn give_card(
        &self,
        coupon_id: &str,
        card_id: &str,
        status: Status,
        now: i64,
    ) -> Result<bool, DbError> {
        let given = transaction!(self, |ledger| {
            set_card(&mut *ledger, coupon_id, card_id, status, None).await?;
            let change = Change {
                subject: Subject::Coupon(coupon_id),
                actor: Actor {
                    who: history::Who::Reconciler,
                    request_id: None,
                },
                what: "created",
                why: Some("adopted"),
                at: now,
                clock: ClockSource::Ours,
            };
            history::add(ledger, change).await
        });
        match given {
            Err(error) if error.is_duplicate() => Ok(false),
            given => given.map(|()| true),
        }
    }

    pub(crate) async fn coupon(&self, id: &str) -> Result<Option<CouponRow>, DbError> {
        let sql = format!("SELECT {COLUMNS} FROM coupons WHERE id = ?");
        sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| self.sort(error))
    }

    pub(crate) async fn has_card(&self, card_id: &str) -> Result<bool, DbError> {
        Ok(self.coupon_of_card(card_id).await?.is_some())
    }

    /// The coupon of a card.
    pub(crate) async fn coupon_of_card(&self, card_id: &str) -> Result<Option<CouponRow>, DbError> {
        let sql = format!("SELECT {COLUMNS} FROM coupons WHERE card_id = ?");
        sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(card_id)
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| self.sort(error))
    }

    /// All coupons, newest first.
    pub(crate) async fn coupons(&self, page: &Page) -> Result<Vec<CouponRow>, DbError> {
        let sql = format!("SELECT {COLUMNS} FROM coupons WHERE id < ? ORDER BY id DESC LIMIT ?");
        sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(page.after())
            .bind(page.rows())
            .fetch_all(&self.pool)
            .await
            .map_err(|error| self.sort(error))
    }

    /// Coupons that customers can claim now, newest first: approved, until the last second of their
    /// time, and not known to be used up. WeChat has the last word.
    pub(crate) async fn claimable_coupons(
        &self,
        page: &Page,
        now: i64,
    ) -> Result<Vec<CouponRow>, DbError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM coupons WHERE id < ? AND status = 'approved' \
             AND (ends_at IS NULL OR ends_at >= ?) AND (remaining IS NULL OR remaining > 0) ORDER BY id DESC LIMIT ?"
        );
        sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(page.after())
            .bind(now)
            .bind(page.rows())
            .fetch_all(&self.pool)
            .await
            .map_err(|error| self.sort(error))
    }
}

/// Notes the card of a coupon. What was pushed about it meanwhile is no longer about an unknown card.
async fn set_card(
    ledger: &mut AnyConnection,
    id: &str,
    card_id: &str,
    status: Status,
    stock: Option<(i64, i64)>,
) -> Result<(), sqlx::Error> {
    let (remaining, total) = stock.unzip();
    sqlx::query(
        "UPDATE coupons SET card_id = ?, status = ?, remaining = ?, total = ? \
         WHERE id = ? AND card_id IS NULL",
    )
    .bind(card_id)
    .bind(status.as_str())
    .bind(remaining)
    .bind(total)
    .bind(id)
    .execute(&mut *ledger)
    .await?;
    sqlx::query("UPDATE pushes SET state = 'pending' WHERE card_id = ? AND state = 'unknown_card'")
        .bind(card_id)
        .execute(ledger)
        .await
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        operations::state::{Kind, State},
        store::{history::Who, new_id},
    };

    async fn begin(store: &Store, owner: &Owner) -> (String, Run) {
        let operation = NewOperation {
            idem_key: None,
            fingerprint: [0; 32],
            kind: Kind::Create,
            subject: new_id(),
            request: "{}".to_owned(),
            request_id: None,
            first_look: None,
        };
        let begun = store.begin_create(Slot::New, &operation, "{}", None, owner, 5);
        let run = begun.await.unwrap().unwrap();
        (operation.subject, run)
    }

    /// One that was slow, so that another adopted its card: nothing is written down, and it can still
    /// be told that nobody knows.
    #[tokio::test]
    async fn a_card_belongs_to_one_coupon() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}?mode=rwc", folder.path().join("l.db").display());
        let store = Store::open(&url).await.unwrap();
        let owner = Owner::new();
        let (first, second) = (begin(&store, &owner).await, begin(&store, &owner).await);
        let by = Actor {
            who: Who::Staff,
            request_id: None,
        };
        let made = Made::Card {
            card_id: "card",
            status: Status::Approved,
            stock: None,
            why: "create",
        };
        let settlement = |state| Settlement {
            state,
            status: 201,
            body: "{}".to_owned(),
            ended_at: Some(6),
            due_at: 7,
        };
        let ends = [
            (&first, made, State::Done, Ended::Written),
            (&second, made, State::Done, Ended::CardTaken),
            (&second, Made::Unknown, State::Unknown, Ended::Written),
            (&second, made, State::Done, Ended::NotHeld),
        ];
        for ((coupon_id, run), made, state, expected) in ends {
            let settlement = settlement(state);
            let ended = store.end_create(run, coupon_id, made, by, &settlement, 6);
            assert_eq!(ended.await.unwrap(), expected, "{made:?}");
        }
        let coupon = store.coupon_of_card("card").await.unwrap().unwrap();
        assert_eq!(coupon.id, first.0);
        let left = store.coupon(&second.0).await.unwrap().unwrap();
        assert_eq!((left.card_id, left.status.as_str()), (None, "unknown"));
        let row = store.create_of(&second.0).await.unwrap().unwrap();
        assert_eq!(row.state, State::Unknown);
    }
}
