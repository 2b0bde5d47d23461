//! Tokens and tickets, shared by all instances on one database.

use wechat_client::{BoxFuture, Credential, CredentialKey, CredentialStore, StoreError};

use super::Store;

#[derive(sqlx::FromRow)]
struct Row {
    value: String,
    expires_at: i64,
    first_seen: i64,
    checked_at: i64,
}

fn failed(error: sqlx::Error) -> StoreError {
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
            .map_err(failed)?;
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
            sqlx::query(
                "INSERT INTO credentials (app_id, kind, value, expires_at, first_seen, checked_at) \
                 VALUES (?, ?, ?, ?, ?, ?) \
                 ON CONFLICT (app_id, kind) DO UPDATE SET value = excluded.value, \
                 expires_at = excluded.expires_at, first_seen = excluded.first_seen, \
                 checked_at = excluded.checked_at",
            )
            .bind(key.app_id.as_str())
            .bind(key.kind.as_str())
            .bind(credential.expose())
            .bind(credential.expires_at)
            .bind(credential.first_seen)
            .bind(credential.checked_at)
            .execute(&self.pool)
            .await
            .map(drop)
            .map_err(failed)
        })
    }
}
