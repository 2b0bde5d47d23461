//! Tokens and tickets, shared by all instances on one database.

use sha2::{Digest, Sha256};
use wechat_client::{BoxFuture, Credential, CredentialKey, CredentialStore, StoreError, Stored};

use super::{DbError, Store, transaction::transaction};

/// The credentials that were made with one secret. An instance with another secret, a wrong one say,
/// neither uses nor replaces them.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    store: Store,
    /// The beginning of the SHA-256 of the secret, which is 128 random bits.
    secret_id: String,
}

impl Credentials {
    pub(crate) fn new(store: Store, secret: &str) -> Self {
        let hash = Sha256::digest(secret.as_bytes());
        let secret_id = hex::encode(&hash[..4]);
        Self { store, secret_id }
    }

    /// The kind of a credential as the ledger has it.
    fn kind(&self, key: &CredentialKey) -> String {
        format!("{}:{}", key.kind.as_str(), self.secret_id)
    }

    fn lease(&self, key: &CredentialKey) -> String {
        format!("{}:{}", key.app_id.as_str(), self.kind(key))
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    value: String,
    expires_at: i64,
    first_seen: i64,
    checked_at: i64,
    version: i64,
}

fn failed(error: DbError) -> StoreError {
    StoreError(error.into())
}

impl CredentialStore for Credentials {
    fn load<'a>(
        &'a self,
        key: &'a CredentialKey,
    ) -> BoxFuture<'a, Result<Option<Stored>, StoreError>> {
        Box::pin(async move {
            let row: Option<Row> = sqlx::query_as(
                "SELECT value, expires_at, first_seen, checked_at, version FROM credentials \
                 WHERE app_id = ? AND kind = ?",
            )
            .bind(key.app_id.as_str())
            .bind(self.kind(key))
            .fetch_optional(&self.store.pool)
            .await
            .map_err(|error| failed(self.store.sort(error)))?;
            Ok(row.map(|row| Stored {
                credential: Credential::new(
                    row.value,
                    row.expires_at,
                    row.first_seen,
                    row.checked_at,
                ),
                version: u64::try_from(row.version).unwrap_or_default(),
            }))
        })
    }

    fn compare_and_save<'a>(
        &'a self,
        key: &'a CredentialKey,
        expected: u64,
        fresh: &'a Credential,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        const CHANGE: &str = "UPDATE credentials SET value = ?, expires_at = ?, first_seen = ?, \
                              checked_at = ?, version = version + 1 \
                              WHERE app_id = ? AND kind = ? AND version = ?";
        const ADD: &str = "INSERT INTO credentials (value, expires_at, first_seen, checked_at, \
                           app_id, kind, version) VALUES (?, ?, ?, ?, ?, ?, ? + 1)";

        Box::pin(async move {
            let sql = if expected == 0 { ADD } else { CHANGE };
            let kind = self.kind(key);
            let saved = transaction!(&self.store, |ledger| {
                let saved = sqlx::query(sql)
                    .bind(fresh.expose())
                    .bind(fresh.expires_at)
                    .bind(fresh.first_seen)
                    .bind(fresh.checked_at)
                    .bind(key.app_id.as_str())
                    .bind(&kind)
                    .bind(i64::try_from(expected).unwrap_or(i64::MAX))
                    .execute(ledger)
                    .await?;
                Ok(saved.rows_affected() == 1)
            });
            match saved {
                // Another instance saved the first one.
                Err(error) if error.is_duplicate() => Ok(false),
                saved => saved.map_err(failed),
            }
        })
    }

    fn try_lease<'a>(
        &'a self,
        key: &'a CredentialKey,
        holder: &'a str,
        seconds: u32,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async move {
            let name = self.lease(key);
            let leased = self.store.try_lease(&name, holder, seconds.into());
            leased.await.map_err(failed)
        })
    }

    fn release_lease<'a>(
        &'a self,
        key: &'a CredentialKey,
        holder: &'a str,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let name = self.lease(key);
            let released = self.store.release_lease(&name, holder);
            released.await.map_err(failed)
        })
    }
}
