//! Whether the ledger can be written now.

use std::sync::{Arc, atomic::Ordering};

use super::{
    DbError, Store,
    connect::identity,
    new_id,
    transaction::{Retries, transaction},
};

/// Bytes of a probe: more than a page, so that it needs storage that is not there yet.
const BYTES: usize = 8192;

impl Store {
    /// Tries a write and takes it back. After a write that failed the probe is kept, once: until
    /// then nobody knows that the storage is well again.
    pub(crate) async fn probe(&self) -> Result<(), DbError> {
        if let Some(file) = &self.file
            && file.identity.is_some()
            && identity(&file.path) != file.identity
        {
            let gone = sqlx::Error::Io(std::io::ErrorKind::NotFound.into());
            return Err(DbError::Unavailable(Arc::new(gone)));
        }
        let written = self.write_probe().await;
        if written.is_ok() && self.storage_failed.load(Ordering::Relaxed) {
            return transaction!(self, |ledger| {
                sqlx::query("DELETE FROM probes")
                    .execute(&mut *ledger)
                    .await?;
                insert(ledger).await
            });
        }
        written
    }

    async fn write_probe(&self) -> Result<(), DbError> {
        let mut retries = Retries::new();
        loop {
            let error = match self.begin().await {
                Ok(mut open) => match insert(&mut open).await {
                    Ok(()) => return open.take_back().await,
                    Err(error) => open.end::<()>(Err(error)).await.err(),
                },
                Err(error) => Some(error),
            };
            match error {
                Some(error) if retries.again(self, &error).await => {}
                Some(error) => return Err(error),
                None => return Ok(()),
            }
        }
    }
}

async fn insert(ledger: &mut sqlx::AnyConnection) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO probes (id, data) VALUES (?, ?)")
        .bind(new_id())
        .bind(vec![0_u8; BYTES])
        .execute(ledger)
        .await
        .map(drop)
}
