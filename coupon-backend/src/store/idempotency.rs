//! Answers that were given to calls with an `Idempotency-Key`.

use super::Store;

/// Seconds after which a call that has not ended counts as lost with its process.
const LOST: i64 = 60;
/// Seconds for which an answer is kept.
const KEPT: i64 = 7 * 24 * 3600;

/// SHA-256 of a call and its body.
pub(crate) type Fingerprint = [u8; 32];

/// What is known of a key.
pub(crate) enum Known {
    /// Nothing: the call is to be made, and its answer noted.
    New,
    /// The same call is under way.
    Running,
    /// The key belongs to another call or body.
    Another,
    /// The same call was answered with this status and body.
    Answered(u16, String),
}

#[derive(sqlx::FromRow)]
struct Row {
    fingerprint: Vec<u8>,
    began_at: i64,
    status: Option<i64>,
    body: Option<String>,
}

impl Store {
    /// Takes a key for a call, unless it is taken.
    pub(crate) async fn take_key(
        &self,
        key: &str,
        fingerprint: &Fingerprint,
        now: i64,
    ) -> Result<Known, sqlx::Error> {
        let mut transaction = self.write().await?;
        sqlx::query("DELETE FROM idempotency WHERE began_at <= ?")
            .bind(now - KEPT)
            .execute(&mut *transaction)
            .await?;
        let row: Option<Row> = sqlx::query_as(
            "SELECT fingerprint, began_at, status, body FROM idempotency WHERE key = ?",
        )
        .bind(key)
        .fetch_optional(&mut *transaction)
        .await?;
        let known = match row {
            Some(row) if row.fingerprint != fingerprint => Known::Another,
            Some(Row {
                status: Some(status),
                body: Some(body),
                ..
            }) => Known::Answered(u16::try_from(status).unwrap_or(500), body),
            Some(row) if now - row.began_at < LOST => Known::Running,
            // Never seen, or lost with its process.
            Some(_) | None => Known::New,
        };
        if matches!(known, Known::New) {
            sqlx::query(
                "INSERT INTO idempotency (key, fingerprint, began_at) VALUES (?, ?, ?) \
                 ON CONFLICT (key) DO UPDATE SET began_at = excluded.began_at",
            )
            .bind(key)
            .bind(fingerprint.as_slice())
            .bind(now)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(known)
    }

    /// Keeps the answer to the call that took a key.
    pub(crate) async fn keep_answer(
        &self,
        key: &str,
        status: u16,
        body: &str,
    ) -> Result<(), sqlx::Error> {
        sqlx::query("UPDATE idempotency SET status = ?, body = ? WHERE key = ?")
            .bind(i64::from(status))
            .bind(body)
            .bind(key)
            .execute(&self.pool)
            .await
            .map(drop)
    }

    /// Gives a key back: the call had no final answer.
    pub(crate) async fn give_key_back(&self, key: &str) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM idempotency WHERE key = ? AND status IS NULL")
            .bind(key)
            .execute(&self.pool)
            .await
            .map(drop)
    }
}
