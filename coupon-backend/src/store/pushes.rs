//! What WeChat pushed: kept as it came, acted upon once.

use wechat_client::callback::Push;

use super::{DbError, Page, Store, apply_push, marks::Marked, transaction::transaction};

/// Pushes that are read at a time.
const BATCH: i64 = 100;

/// A push that came in.
#[derive(Clone, Copy)]
pub(crate) struct NewPush<'a> {
    pub(crate) id: &'a str,
    /// The same when it comes again.
    pub(crate) dedup: [u8; 32],
    pub(crate) query: &'a str,
    pub(crate) body: &'a [u8],
    /// What it says, or why that cannot be told.
    pub(crate) read: Result<&'a Push, &'static str>,
}

/// A push as a list shows it.
#[derive(sqlx::FromRow)]
pub(crate) struct PushRow {
    pub(crate) id: String,
    pub(crate) event: Option<String>,
    pub(crate) card_id: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) received_at: i64,
    pub(crate) state: String,
    pub(crate) error: Option<String>,
}

/// A push that waits.
#[derive(sqlx::FromRow)]
pub(crate) struct DuePush {
    pub(crate) id: String,
    pub(crate) tries: i64,
}

impl Store {
    /// Keeps a push, unless it is there already.
    pub(crate) async fn keep_push(&self, push: NewPush<'_>, now: i64) -> Result<(), DbError> {
        let element = |name| push.read.ok().and_then(|push| push.elements.get(name));
        let kept =
            transaction!(self, |ledger| {
                sqlx::query(
                "INSERT INTO pushes (id, dedup, received_at, query, body, message, event, card_id, \
                 code, state, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )
            .bind(push.id)
            .bind(push.dedup.as_slice())
            .bind(now)
            .bind(push.query)
            .bind(push.body)
            .bind(push.read.ok().map(|push| push.raw.as_str()))
            .bind(push.read.ok().map(|push| push.event.name()))
            .bind(element("CardId"))
            .bind(element("UserCardCode"))
            .bind(if push.read.is_ok() { "pending" } else { "unreadable" })
            .bind(push.read.err())
            .execute(ledger)
            .await
            .map(drop)
            });
        match kept {
            // It came before.
            Err(error) if error.is_duplicate() => Ok(()),
            other => other,
        }
    }

    /// Pushes that wait to be acted upon and are due; none waits longer than until `latest`.
    pub(crate) async fn due_pushes(&self, now: i64, latest: i64) -> Result<Vec<DuePush>, DbError> {
        let rows = Marked {
            columns: "id, tries",
            table: "pushes",
            mark: "due_at",
            condition: "state = 'pending' AND ",
            key: "id",
        };
        self.due(rows, now, latest, BATCH).await
    }

    /// When the first of the pushes that wait is due.
    pub(crate) async fn next_push(&self) -> Result<Option<i64>, DbError> {
        let next: Option<(i64,)> = sqlx::query_as(
            "SELECT due_at FROM pushes WHERE state = 'pending' ORDER BY due_at LIMIT 1",
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(|error| self.sort(error))?;
        Ok(next.map(|(due_at,)| due_at))
    }

    /// Writes into the ledger what a push says, and that it did: both, or neither.
    ///
    /// Of several instances that try it, the one whose update finds it waiting does it. A process
    /// that dies on the way leaves it waiting, as its transaction dies with it.
    pub(crate) async fn act_upon_push(&self, id: &str) -> Result<(), DbError> {
        transaction!(self, |ledger| {
            let taken = sqlx::query(
                "UPDATE pushes SET state = 'done', error = NULL WHERE id = ? AND state = 'pending'",
            )
            .bind(id)
            .execute(&mut *ledger)
            .await?;
            if taken.rows_affected() == 0 {
                return Ok(());
            }
            let (message,): (String,) = sqlx::query_as("SELECT message FROM pushes WHERE id = ?")
                .bind(id)
                .fetch_one(&mut *ledger)
                .await?;
            let state = match Push::parse(&message) {
                Ok(push) => apply_push::apply(&mut *ledger, &push, id).await?,
                // It could be read when it came: by another version of this service.
                Err(_) => "unreadable",
            };
            sqlx::query("UPDATE pushes SET state = ? WHERE id = ?")
                .bind(state)
                .bind(id)
                .execute(ledger)
                .await
                .map(drop)
        })
    }

    /// A push could not be acted upon; it waits until `due_at`.
    pub(crate) async fn defer_push(
        &self,
        id: &str,
        error: &str,
        due_at: i64,
    ) -> Result<(), DbError> {
        transaction!(self, |ledger| {
            sqlx::query(
                "UPDATE pushes SET tries = tries + 1, error = ?, due_at = ? \
                 WHERE id = ? AND state = 'pending'",
            )
            .bind(error)
            .bind(due_at)
            .bind(id)
            .execute(ledger)
            .await
            .map(drop)
        })
    }

    /// Removes some of what was received before and does not wait; false when there is no more.
    pub(crate) async fn remove_pushes(&self, before: i64) -> Result<bool, DbError> {
        let old: Vec<(String,)> = sqlx::query_as(
            "SELECT id FROM pushes WHERE received_at < ? AND state <> 'pending' \
             ORDER BY received_at LIMIT ?",
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
                sqlx::query("DELETE FROM pushes WHERE id = ?")
                    .bind(id)
                    .execute(&mut *ledger)
                    .await?;
            }
            Ok(true)
        })
    }

    /// All pushes, or those in one state, newest first.
    pub(crate) async fn pushes(
        &self,
        state: Option<&str>,
        page: &Page,
    ) -> Result<Vec<PushRow>, DbError> {
        const COLUMNS: &str = "id, event, card_id, code, received_at, state, error";

        // Two statements: one for both would hide the index of the state.
        let sql = if state.is_some() {
            format!(
                "SELECT {COLUMNS} FROM pushes WHERE state = ? AND id < ? ORDER BY id DESC LIMIT ?"
            )
        } else {
            format!("SELECT {COLUMNS} FROM pushes WHERE id < ? ORDER BY id DESC LIMIT ?")
        };
        let mut query = sqlx::query_as(sqlx::AssertSqlSafe(sql));
        if let Some(state) = state {
            query = query.bind(state);
        }
        query
            .bind(page.after())
            .bind(page.rows())
            .fetch_all(&self.pool)
            .await
            .map_err(|error| self.sort(error))
    }
}
