//! Customers and their logins.

use super::{Store, new_id};

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
    ) -> Result<(), sqlx::Error> {
        let mut transaction = self.write().await?;
        let known: Option<(String,)> = sqlx::query_as(
            "SELECT id FROM customers WHERE unionid = ? OR mp_openid = ? \
             ORDER BY unionid IS NULL LIMIT 1",
        )
        .bind(unionid)
        .bind(mp_openid)
        .fetch_optional(&mut *transaction)
        .await?;
        let customer = if let Some((id,)) = known {
            sqlx::query(
                // The openid may stand in a row of its own, made before the unionid was known.
                "UPDATE customers SET unionid = coalesce(?1, unionid), \
                 mp_openid = coalesce(mp_openid, (SELECT ?2 WHERE NOT EXISTS \
                 (SELECT 1 FROM customers WHERE mp_openid = ?2))) WHERE id = ?3",
            )
            .bind(unionid)
            .bind(mp_openid)
            .bind(&id)
            .execute(&mut *transaction)
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
            .execute(&mut *transaction)
            .await?;
            id
        };
        if let Some(unionid) = unionid {
            // What WeChat pushed about this person before they came here.
            sqlx::query(
                "UPDATE claims SET customer_id = ?1 WHERE unionid = ?2 AND customer_id IS NOT ?1",
            )
            .bind(&customer)
            .bind(unionid)
            .execute(&mut *transaction)
            .await?;
        }
        sqlx::query("DELETE FROM sessions WHERE expires_at <= ?")
            .bind(now)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("INSERT INTO sessions (token_hash, customer_id, expires_at) VALUES (?, ?, ?)")
            .bind(token.as_slice())
            .bind(&customer)
            .bind(expires_at)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }

    /// The customer whose session this is.
    pub(crate) async fn customer_of(
        &self,
        token: &TokenHash,
        now: i64,
    ) -> Result<Option<String>, sqlx::Error> {
        let row: Option<(String,)> = sqlx::query_as(
            "SELECT customer_id FROM sessions WHERE token_hash = ? AND expires_at > ?",
        )
        .bind(token.as_slice())
        .bind(now)
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|(id,)| id))
    }
}
