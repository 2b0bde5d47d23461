//! What WeChat pushed: kept as it came, acted upon once.

use wechat_client::callback::Push;

use super::{Page, Store, news};

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
    pub(crate) async fn keep_push(&self, push: NewPush<'_>, now: i64) -> Result<(), sqlx::Error> {
        let element = |name| push.read.ok().and_then(|push| push.elements.get(name));
        sqlx::query(
            "INSERT INTO pushes (id, dedup, received_at, query, body, message, event, card_id, code, \
             state, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (dedup) DO NOTHING",
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
        .execute(&self.pool)
        .await
        .map(drop)
    }

    /// The oldest pushes that wait to be acted upon.
    pub(crate) async fn due_pushes(&self, now: i64) -> Result<Vec<DuePush>, sqlx::Error> {
        sqlx::query_as(
            "SELECT id, tries FROM pushes WHERE state = 'pending' AND due_at <= ? \
             ORDER BY id LIMIT ?",
        )
        .bind(now)
        .bind(BATCH)
        .fetch_all(&self.pool)
        .await
    }

    /// Writes into the ledger what a push says, and that it did: both, or neither.
    ///
    /// Of several instances that try it, the one whose update finds it waiting does it. A process
    /// that dies on the way leaves it waiting, as its transaction dies with it.
    pub(crate) async fn act_upon_push(&self, id: &str) -> Result<(), sqlx::Error> {
        let mut transaction = self.write().await?;
        let taken: Option<(String,)> = sqlx::query_as(
            "UPDATE pushes SET state = 'done', error = NULL WHERE id = ? AND state = 'pending' \
             RETURNING message",
        )
        .bind(id)
        .fetch_optional(&mut *transaction)
        .await?;
        let Some((message,)) = taken else {
            return Ok(());
        };
        let state = match Push::parse(&message) {
            Ok(push) => news::note(&mut transaction, &push).await?,
            // It could be read when it came: by another version of this service.
            Err(_) => "unreadable",
        };
        sqlx::query("UPDATE pushes SET state = ? WHERE id = ?")
            .bind(state)
            .bind(id)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }

    /// A push could not be acted upon; it waits until `due_at`.
    pub(crate) async fn put_push_off(
        &self,
        id: &str,
        error: &str,
        due_at: i64,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "UPDATE pushes SET tries = tries + 1, error = ?, due_at = ? \
             WHERE id = ? AND state = 'pending'",
        )
        .bind(error)
        .bind(due_at)
        .bind(id)
        .execute(&self.pool)
        .await
        .map(drop)
    }

    /// Removes what was received before, unless it still waits.
    pub(crate) async fn remove_pushes(&self, before: i64) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM pushes WHERE received_at < ? AND state <> 'pending'")
            .bind(before)
            .execute(&self.pool)
            .await
            .map(drop)
    }

    /// All pushes, or those in one state, newest first.
    pub(crate) async fn pushes(
        &self,
        state: Option<&str>,
        page: &Page,
    ) -> Result<Vec<PushRow>, sqlx::Error> {
        sqlx::query_as(
            "SELECT id, event, card_id, code, received_at, state, error FROM pushes \
             WHERE id < ?1 AND state = coalesce(?2, state) ORDER BY id DESC LIMIT ?3",
        )
        .bind(page.after())
        .bind(state)
        .bind(page.limit + 1)
        .fetch_all(&self.pool)
        .await
    }
}
