//! The table of what may act at WeChat: who works on what, and what was answered.

use sqlx::AnyConnection;

use super::{DbError, Store, marks::Marked, new_id, transaction::transaction};
use crate::operations::{
    LONGEST_LOOK_AGAIN,
    state::{FirstLook, Kind, LEASE, State},
};

/// Operations that are looked at, or removed, at a time.
const BATCH: i64 = 100;

pub(super) const COLUMNS: &str = "id, fingerprint, kind, subject, request, state, owner, epoch, lease_until, \
                       try_began_at, try_ended_at, looked_at, put_off, answer_status, answer_body, \
                       request_id";

/// An operation as the ledger holds it.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct OperationRow {
    pub(crate) id: String,
    pub(crate) fingerprint: Vec<u8>,
    #[sqlx(try_from = "String")]
    pub(crate) kind: Kind,
    pub(crate) subject: String,
    pub(crate) request: String,
    #[sqlx(try_from = "String")]
    pub(crate) state: State,
    pub(crate) owner: Option<String>,
    pub(crate) epoch: i64,
    pub(crate) lease_until: i64,
    pub(crate) try_began_at: Option<i64>,
    pub(crate) try_ended_at: Option<i64>,
    pub(crate) looked_at: Option<i64>,
    pub(crate) put_off: i64,
    pub(crate) answer_status: Option<i64>,
    pub(crate) answer_body: Option<String>,
    pub(crate) request_id: Option<String>,
}

impl OperationRow {
    /// When its last try ended at the latest: a dead owner's lease bounds what it did.
    pub(crate) fn try_ended_at(&self, now: i64) -> i64 {
        self.try_ended_at.unwrap_or(self.lease_until.min(now))
    }

    fn run(&self, owner: &str, ended_at: i64) -> Run {
        Run {
            id: self.id.clone(),
            epoch: self.epoch + 1,
            owner: owner.to_owned(),
            request_id: self.request_id.clone(),
            may_have_acted: true,
            began_at: self.try_began_at.unwrap_or(ended_at),
            ended_at: Some(ended_at),
            first_look: None,
            looked_at: self.looked_at,
            put_off: self.put_off,
        }
    }
}

/// An operation to be written down.
#[derive(Clone, Debug)]
pub(crate) struct NewOperation {
    pub(crate) idem_key: Option<String>,
    pub(crate) fingerprint: [u8; 32],
    pub(crate) kind: Kind,
    pub(crate) subject: String,
    pub(crate) request: String,
    pub(crate) request_id: Option<String>,
    /// How WeChat said that its code stands, where it was asked.
    pub(crate) first_look: Option<FirstLook>,
}

/// An operation that this process works on. All it writes is guarded by owner and epoch.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) id: String,
    pub(crate) epoch: i64,
    pub(crate) owner: String,
    pub(crate) request_id: Option<String>,
    /// An earlier try may have acted.
    pub(crate) may_have_acted: bool,
    /// The first try that may have acted began, the last one ended.
    pub(crate) began_at: i64,
    pub(crate) ended_at: Option<i64>,
    /// What WeChat said before its first try; not known to those who take it over.
    pub(crate) first_look: Option<FirstLook>,
    /// When WeChat said before a try that what the try does was not done yet.
    pub(crate) looked_at: Option<i64>,
    pub(crate) put_off: i64,
}

/// How an operation ends, for good or for now.
#[derive(Clone, Debug)]
pub(crate) struct Settlement {
    pub(crate) state: State,
    pub(crate) status: u16,
    pub(crate) body: String,
    /// When its last try ended.
    pub(crate) ended_at: Option<i64>,
    /// When somebody looks into it again.
    pub(crate) due_at: i64,
}

/// Where an operation begins.
#[derive(Clone, Copy)]
pub(crate) enum Slot<'a> {
    /// A row of its own.
    New,
    /// The row of the same call, which was released.
    Again(&'a OperationRow),
}

/// Writes an operation down as running. None when its key, or its row, was taken meanwhile.
pub(super) async fn begin(
    ledger: &mut AnyConnection,
    slot: Slot<'_>,
    operation: &NewOperation,
    owner: &str,
    now: i64,
) -> Result<Option<Run>, sqlx::Error> {
    let looked_at = operation.first_look.and_then(FirstLook::usable_at);
    let mut run = Run {
        id: new_id(),
        epoch: 1,
        owner: owner.to_owned(),
        request_id: operation.request_id.clone(),
        may_have_acted: false,
        began_at: now,
        ended_at: None,
        first_look: operation.first_look,
        looked_at,
        put_off: 0,
    };
    if let Slot::Again(row) = slot {
        let taken = sqlx::query(
            "UPDATE operations SET state = 'running', owner = ?, epoch = epoch + 1, \
             lease_until = ?, may_have_acted = 0, try_began_at = ?, try_ended_at = NULL, \
             looked_at = ?, put_off = 0, subject = ?, request = ?, request_id = ?, answer_status = NULL, \
             answer_body = NULL, updated_at = ? WHERE id = ? AND epoch = ? AND state = ?",
        )
        .bind(owner)
        .bind(now + LEASE)
        .bind(now)
        .bind(looked_at)
        .bind(&operation.subject)
        .bind(&operation.request)
        .bind(&operation.request_id)
        .bind(now)
        .bind(&row.id)
        .bind(row.epoch)
        .bind(row.state.as_str())
        .execute(ledger)
        .await?;
        run.id.clone_from(&row.id);
        run.epoch = row.epoch + 1;
        return Ok((taken.rows_affected() == 1).then_some(run));
    }
    let inserted = sqlx::query(
        "INSERT INTO operations (id, idem_key, fingerprint, kind, subject, request, state, owner, \
         epoch, lease_until, try_began_at, looked_at, request_id, created_at, updated_at) \
         VALUES (?, ?, ?, ?, ?, ?, 'running', ?, 1, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&run.id)
    .bind(&operation.idem_key)
    .bind(operation.fingerprint.as_slice())
    .bind(operation.kind.as_str())
    .bind(&operation.subject)
    .bind(&operation.request)
    .bind(owner)
    .bind(now + LEASE)
    .bind(now)
    .bind(looked_at)
    .bind(&operation.request_id)
    .bind(now)
    .bind(now)
    .execute(ledger)
    .await;
    match inserted {
        Ok(_) => Ok(Some(run)),
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Gives the row of an operation that did not begin back as it was.
pub(super) async fn put_back(
    ledger: &mut AnyConnection,
    slot: Slot<'_>,
    run: &Run,
) -> Result<(), sqlx::Error> {
    let query = match slot {
        Slot::New => sqlx::query("DELETE FROM operations WHERE id = ? AND epoch = ?"),
        // The epoch, too: the refusal is kept in this very row.
        Slot::Again(row) => sqlx::query(
            "UPDATE operations SET state = ?, owner = NULL, epoch = ? WHERE id = ? AND epoch = ?",
        )
        .bind(row.state.as_str())
        .bind(row.epoch),
    };
    query
        .bind(&run.id)
        .bind(run.epoch)
        .execute(ledger)
        .await
        .map(drop)
}

/// Whether a run is still its owner's; the row stays locked until the transaction ends.
pub(super) async fn is_held(ledger: &mut AnyConnection, run: &Run) -> Result<bool, sqlx::Error> {
    let held = sqlx::query(
        "UPDATE operations SET owner = ? WHERE id = ? AND owner = ? AND epoch = ? AND state = 'running'",
    )
    .bind(&run.owner)
    .bind(&run.id)
    .bind(&run.owner)
    .bind(run.epoch)
    .execute(ledger)
    .await?;
    Ok(held.rows_affected() == 1)
}

/// Ends a run with its answer; the caller has made sure that it is held.
pub(super) async fn settle(
    ledger: &mut AnyConnection,
    run: &Run,
    settlement: &Settlement,
    now: i64,
) -> Result<(), sqlx::Error> {
    let put_off = if settlement.state == State::Unknown {
        run.put_off + 1
    } else {
        0
    };
    sqlx::query(
        "UPDATE operations SET state = ?, owner = NULL, lease_until = 0, answer_status = ?, \
         answer_body = ?, try_ended_at = ?, may_have_acted = ?, due_at = ?, put_off = ?, \
         updated_at = ? WHERE id = ? AND epoch = ?",
    )
    .bind(settlement.state.as_str())
    .bind(i64::from(settlement.status))
    .bind(&settlement.body)
    .bind(settlement.ended_at)
    .bind(i64::from(settlement.state == State::Unknown))
    .bind(settlement.due_at)
    .bind(put_off)
    .bind(now)
    .bind(&run.id)
    .bind(run.epoch)
    .execute(ledger)
    .await
    .map(drop)
}

pub(super) async fn find(
    ledger: &mut AnyConnection,
    id: &str,
) -> Result<Option<OperationRow>, sqlx::Error> {
    let sql = format!("SELECT {COLUMNS} FROM operations WHERE id = ?");
    sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(id)
        .fetch_optional(ledger)
        .await
}

impl Store {
    pub(crate) async fn operation(&self, id: &str) -> Result<Option<OperationRow>, DbError> {
        let mut connection = self.read().await?;
        find(&mut connection, id)
            .await
            .map_err(|error| self.sort(error))
    }

    /// The operation that an `Idempotency-Key` belongs to.
    pub(crate) async fn operation_of_key(
        &self,
        key: &str,
    ) -> Result<Option<OperationRow>, DbError> {
        let sql = format!("SELECT {COLUMNS} FROM operations WHERE idem_key = ?");
        sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(key)
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| self.sort(error))
    }

    /// The operation that makes a coupon's card.
    pub(crate) async fn create_of(&self, coupon_id: &str) -> Result<Option<OperationRow>, DbError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM operations WHERE subject = ? AND kind = 'create' \
             ORDER BY id DESC LIMIT 1"
        );
        sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(coupon_id)
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| self.sort(error))
    }

    /// The creates that run, be it with a living owner or not.
    pub(crate) async fn running_creates(&self) -> Result<Vec<OperationRow>, DbError> {
        let sql =
            format!("SELECT {COLUMNS} FROM operations WHERE state = 'running' AND kind = 'create'");
        sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .fetch_all(&self.pool)
            .await
            .map_err(|error| self.sort(error))
    }

    /// Keeps a final answer to a call that needed no run.
    pub(crate) async fn keep_answer(
        &self,
        slot: Slot<'_>,
        operation: &NewOperation,
        owner: &str,
        settlement: &Settlement,
        now: i64,
    ) -> Result<bool, DbError> {
        transaction!(self, |ledger| {
            let Some(run) = begin(&mut *ledger, slot, operation, owner, now).await? else {
                return Ok(false);
            };
            settle(ledger, &run, settlement, now).await?;
            Ok(true)
        })
    }

    /// Takes over an operation that may have acted and that nobody works on. None when somebody
    /// else was quicker.
    pub(crate) async fn take_over(
        &self,
        row: &OperationRow,
        owner: &str,
        now: i64,
    ) -> Result<Option<Run>, DbError> {
        let ended_at = row.try_ended_at(now);
        transaction!(self, |ledger| {
            let taken = sqlx::query(
                "UPDATE operations SET state = 'running', owner = ?, epoch = epoch + 1, \
                 lease_until = ?, may_have_acted = 1, try_ended_at = ?, updated_at = ? \
                 WHERE id = ? AND epoch = ? AND state = ?",
            )
            .bind(owner)
            .bind(now + LEASE)
            .bind(ended_at)
            .bind(now)
            .bind(&row.id)
            .bind(row.epoch)
            .bind(row.state.as_str())
            .execute(ledger)
            .await?;
            Ok((taken.rows_affected() == 1).then(|| row.run(owner, ended_at)))
        })
    }

    /// A run tries once more, as WeChat has just said that it was not done: until that has ended,
    /// nobody knows when its last try ended. False when it is no longer held.
    pub(crate) async fn begin_try(&self, run: &mut Run, now: i64) -> Result<bool, DbError> {
        let begun = transaction!(self, |ledger| {
            let begun = sqlx::query(
                "UPDATE operations SET try_ended_at = NULL, looked_at = ?, lease_until = ?, \
                 updated_at = ? \
                 WHERE id = ? AND owner = ? AND epoch = ? AND state = 'running'",
            )
            .bind(now)
            .bind(now + LEASE)
            .bind(now)
            .bind(&run.id)
            .bind(&run.owner)
            .bind(run.epoch)
            .execute(ledger)
            .await?;
            Ok(begun.rows_affected() == 1)
        })?;
        run.ended_at = None;
        run.looked_at = Some(now);
        Ok(begun)
    }

    /// Renews the lease of a run. False when it is no longer held.
    pub(crate) async fn renew_lease(&self, run: &Run, now: i64) -> Result<bool, DbError> {
        transaction!(self, |ledger| {
            let renewed = sqlx::query(
                "UPDATE operations SET lease_until = ? \
                 WHERE id = ? AND owner = ? AND epoch = ? AND state = 'running'",
            )
            .bind(now + LEASE)
            .bind(&run.id)
            .bind(&run.owner)
            .bind(run.epoch)
            .execute(ledger)
            .await?;
            Ok(renewed.rows_affected() == 1)
        })
    }

    /// Operations that run, be it with a living owner or not.
    pub(crate) async fn running_operations(&self) -> Result<Vec<OperationRow>, DbError> {
        self.operations_in("state = 'running' AND ", i64::MAX, i64::MAX)
            .await
    }

    /// Operations of which it has to be found out whether they acted, and that are due; with
    /// `even_early` those that are not due yet, too.
    pub(crate) async fn unknown_operations(
        &self,
        now: i64,
        even_early: bool,
    ) -> Result<Vec<OperationRow>, DbError> {
        let until = if even_early { i64::MAX } else { now };
        self.operations_in("state = 'unknown' AND ", until, now + LONGEST_LOOK_AGAIN)
            .await
    }

    async fn operations_in(
        &self,
        condition: &str,
        until: i64,
        latest: i64,
    ) -> Result<Vec<OperationRow>, DbError> {
        let rows = Marked {
            columns: COLUMNS,
            table: "operations",
            mark: "due_at",
            condition,
            key: "id",
        };
        self.due(rows, until, latest.max(until), BATCH).await
    }

    /// Removes some operations that ended before a time; false when there are no more.
    pub(crate) async fn remove_operations(&self, before: i64) -> Result<bool, DbError> {
        let old: Vec<(String,)> = sqlx::query_as(
            "SELECT id FROM operations WHERE updated_at < ? \
             AND state IN ('done', 'released', 'superseded') ORDER BY updated_at LIMIT ?",
        )
        .bind(before)
        .bind(BATCH)
        .fetch_all(&self.pool)
        .await
        .map_err(|error| self.sort(error))?;
        let has_more = old.len() == usize::try_from(BATCH).unwrap_or(0);
        if old.is_empty() {
            return Ok(false);
        }
        transaction!(self, |ledger| {
            for (id,) in &old {
                sqlx::query("DELETE FROM operations WHERE id = ? AND updated_at < ?")
                    .bind(id)
                    .bind(before)
                    .execute(&mut *ledger)
                    .await?;
            }
            Ok(has_more)
        })
    }
}
