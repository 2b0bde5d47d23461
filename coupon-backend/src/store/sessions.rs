//! Customers and their logins.

use sqlx::AnyConnection;

use super::{DbError, Store, new_id, transaction::transaction};

/// SHA-256 of a session token.
pub(crate) type TokenHash = [u8; 32];

impl Store {
    /// Notes a login: finds or makes the customer, and keeps the session.
    ///
    /// One person is one row: by unionid, or, while none is known, by the mini-program's openid.
    pub(crate) async fn log_in(
        &self,
        unionid: Option<&str>,
        mp_openid: &str,
        token: &TokenHash,
        now: i64,
        expires_at: i64,
    ) -> Result<(), DbError> {
        let mut is_repeated = false;
        loop {
            let done = transaction!(self, |ledger| {
                let customer = customer(&mut *ledger, unionid, mp_openid, now).await?;
                sqlx::query(
                    "INSERT INTO sessions (token_hash, customer_id, expires_at) VALUES (?, ?, ?)",
                )
                .bind(token.as_slice())
                .bind(&customer)
                .bind(expires_at)
                .execute(ledger)
                .await
                .map(drop)
            });
            match done {
                // The same person logged in elsewhere at this very moment: now the row is there.
                Err(error) if error.is_duplicate() && !is_repeated => is_repeated = true,
                done => return done,
            }
        }
    }

    /// Removes some sessions that are over; false when there are no more.
    pub(crate) async fn remove_sessions(&self, now: i64) -> Result<bool, DbError> {
        let over: Vec<(Vec<u8>,)> = sqlx::query_as(
            "SELECT token_hash FROM sessions WHERE expires_at <= ? ORDER BY expires_at LIMIT 100",
        )
        .bind(now)
        .fetch_all(&self.pool)
        .await
        .map_err(|error| self.sort(error))?;
        if over.is_empty() {
            return Ok(false);
        }
        transaction!(self, |ledger| {
            for (hash,) in &over {
                sqlx::query("DELETE FROM sessions WHERE token_hash = ?")
                    .bind(hash.as_slice())
                    .execute(&mut *ledger)
                    .await?;
            }
            Ok(true)
        })
    }

    /// The customer whose session this is.
    pub(crate) async fn customer_of(
        &self,
        token: &TokenHash,
        now: i64,
    ) -> Result<Option<String>, DbError> {
        let row: Option<(String,)> = sqlx::query_as(
            "SELECT customer_id FROM sessions WHERE token_hash = ? AND expires_at > ?",
        )
        .bind(token.as_slice())
        .bind(now)
        .fetch_optional(&self.pool)
        .await
        .map_err(|error| self.sort(error))?;
        Ok(row.map(|(id,)| id))
    }
}

/// The customer's row, found or made. The unionid counts before the openid, which may stand in a row
/// of its own, made before the unionid was known.
async fn customer(
    ledger: &mut AnyConnection,
    unionid: Option<&str>,
    mp_openid: &str,
    now: i64,
) -> Result<String, sqlx::Error> {
    let by_unionid: Option<(String,)> = match unionid {
        Some(unionid) => {
            sqlx::query_as("SELECT id FROM customers WHERE unionid = ?")
                .bind(unionid)
                .fetch_optional(&mut *ledger)
                .await?
        }
        None => None,
    };
    let by_openid: Option<(String,)> =
        sqlx::query_as("SELECT id FROM customers WHERE mp_openid = ?")
            .bind(mp_openid)
            .fetch_optional(&mut *ledger)
            .await?;
    let free_openid = by_openid.is_none().then_some(mp_openid);
    let id = if let Some((id,)) = by_unionid.or(by_openid) {
        sqlx::query(
            "UPDATE customers SET unionid = COALESCE(?, unionid), \
             mp_openid = COALESCE(mp_openid, ?) WHERE id = ?",
        )
        .bind(unionid)
        .bind(free_openid)
        .bind(&id)
        .execute(&mut *ledger)
        .await?;
        id
    } else {
        let id = new_id();
        sqlx::query(
            "INSERT INTO customers (id, unionid, mp_openid, created_at) VALUES (?, ?, ?, ?)",
        )
        .bind(&id)
        .bind(unionid)
        .bind(mp_openid)
        .bind(now)
        .execute(&mut *ledger)
        .await?;
        id
    };
    if let Some(unionid) = unionid {
        // What WeChat pushed about this person before they came here.
        sqlx::query(
            "UPDATE claims SET customer_id = ? \
             WHERE unionid = ? AND (customer_id IS NULL OR customer_id <> ?)",
        )
        .bind(&id)
        .bind(unionid)
        .bind(&id)
        .execute(ledger)
        .await?;
    }
    Ok(id)
}
