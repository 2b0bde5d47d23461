//! Tokens and tickets, shared by all instances on one database.

use wechat_client::{BoxFuture, Credential, CredentialKey, CredentialStore, StoreError};

use super::{DbError, Store, transaction::transaction};

#[derive(sqlx::FromRow)]
struct Row {
    value: String,
    expires_at: i64,
    first_seen: i64,
    checked_at: i64,
}

fn failed(error: DbError) -> StoreError {
    StoreError(error.into())
}

impl CredentialStore for Store {
    fn load<'a>(
        &'a self,
        key: &'a CredentialKey,
    ) -> BoxFuture<'a, Result<Option<Credential>, StoreError>> {
        Box::pin(async move {
            let row: Option<Row> = sqlx::query_as(
                "SELECT value, expires_at, first_seen, checked_at FROM credentials \
                 WHERE app_id = ? AND kind = ?",
            )
            .bind(key.app_id.as_str())
            .bind(key.kind.as_str())
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| failed(self.sort(error)))?;
            Ok(row.map(|row| {
                Credential::new(row.value, row.expires_at, row.first_seen, row.checked_at)
            }))
        })
    }

    fn save<'a>(
        &'a self,
        key: &'a CredentialKey,
        credential: &'a Credential,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let kept = transaction!(self, |ledger| {
                let changed = sqlx::query(
                    "UPDATE credentials SET value = ?, expires_at = ?, first_seen = ?, \
                     checked_at = ?, version = version + 1 WHERE app_id = ? AND kind = ?",
                )
                .bind(credential.expose())
                .bind(credential.expires_at)
                .bind(credential.first_seen)
                .bind(credential.checked_at)
                .bind(key.app_id.as_str())
                .bind(key.kind.as_str())
                .execute(&mut *ledger)
                .await?;
                if changed.rows_affected() == 1 {
                    return Ok(());
                }
                sqlx::query(
                    "INSERT INTO credentials (app_id, kind, value, expires_at, first_seen, checked_at) \
                     VALUES (?, ?, ?, ?, ?, ?)",
                )
                .bind(key.app_id.as_str())
                .bind(key.kind.as_str())
                .bind(credential.expose())
                .bind(credential.expires_at)
                .bind(credential.first_seen)
                .bind(credential.checked_at)
                .execute(ledger)
                .await
                .map(drop)
            });
            match kept {
                // Another instance saved first: its credential is as good.
                Err(error) if error.is_duplicate() => Ok(()),
                other => other.map_err(failed),
            }
        })
    }
}
