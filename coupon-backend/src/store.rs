//! The ledger: one method is one transaction, on SQLite or on a server that speaks MySQL's protocol.

use std::{
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
};

use sqlx::{Any, AnyPool, pool::PoolConnection};
use tokio::sync::Semaphore;

mod apply_push;
pub(crate) mod bookings;
pub(crate) mod card_changes;
pub(crate) mod claims;
mod connect;
pub(crate) mod coupons;
pub(crate) mod credentials;
mod dialect;
mod error;
pub(crate) mod history;
mod holders;
mod leases;
mod marks;
mod migrate;
pub(crate) mod operations;
mod probe;
pub(crate) mod pushes;
pub(crate) mod reconcile;
pub(crate) mod redemptions;
pub(crate) mod sessions;
mod transaction;

pub(crate) use connect::OpenError;
pub(crate) use dialect::Dialect;
pub(crate) use error::DbError;

/// The database behind the service; clones share its connections.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pool: AnyPool,
    dialect: Dialect,
    /// SQLite has one writer at a time, and lets those who wait poll for their turn: here they queue.
    turns: Option<Arc<Semaphore>>,
    /// Claims that wait for SQLite's writer.
    bookings: Option<bookings::Bookings>,
    /// The last write failed for want of storage.
    storage_failed: Arc<AtomicBool>,
    /// The ledger's file, and which one it was when it was opened.
    file: Option<Arc<LedgerFile>>,
}

/// The file of an SQLite ledger.
#[derive(Debug)]
struct LedgerFile {
    path: PathBuf,
    identity: Option<(u64, u64)>,
}

impl Store {
    fn sort(&self, error: sqlx::Error) -> DbError {
        DbError::sort(self.dialect, error)
    }

    /// A connection that reads.
    async fn read(&self) -> Result<PoolConnection<Any>, DbError> {
        self.pool.acquire().await.map_err(|error| self.sort(error))
    }

    /// Ends all connections.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

/// An id that sorts by the time it was made.
pub(crate) fn new_id() -> String {
    uuid::Uuid::now_v7().simple().to_string()
}

/// A page of a list, newest first.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    /// Rows at most.
    pub(crate) limit: u32,
    /// The id after which it goes on.
    pub(crate) after: Option<String>,
}

impl Page {
    /// Above every id; ids compare byte by byte on every database.
    const TOP: &'static str = "~";

    fn after(&self) -> &str {
        self.after.as_deref().unwrap_or(Self::TOP)
    }

    /// One row more than the page, which tells whether there is another.
    fn rows(&self) -> i64 {
        i64::from(self.limit) + 1
    }
}
