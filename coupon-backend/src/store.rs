//! The ledger: one method is one transaction.

use std::{str::FromStr, time::Duration};

use sqlx::{
    Sqlite, SqlitePool, Transaction,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

pub(crate) mod claims;
pub(crate) mod coupons;
mod credentials;
pub(crate) mod idempotency;
mod news;
pub(crate) mod pushes;
pub(crate) mod redemptions;
pub(crate) mod sessions;

/// How long a writer waits for another, be it in another instance.
const BUSY: Duration = Duration::from_secs(5);
/// SQLite has one writer at a time; more connections help readers alone.
const CONNECTIONS: u32 = 8;

/// The database behind the service; clones share its connections.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pool: SqlitePool,
}

impl Store {
    /// Opens the database and brings it up to date.
    pub(crate) async fn open(url: &str) -> Result<Self, sqlx::Error> {
        let options = SqliteConnectOptions::from_str(url)?
            .journal_mode(SqliteJournalMode::Wal)
            // An answer that was given must outlive a power cut.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY)
            .foreign_keys(true);
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(BUSY)
            .connect_with(options)
            .await?;
        sqlx::migrate!().run(&pool).await?;
        Ok(Self { pool })
    }

    /// A transaction that writes: it takes its place among the writers at once, so that what it read
    /// still holds when it writes.
    async fn write(&self) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
        self.pool.begin_with("BEGIN IMMEDIATE").await
    }

    /// Whether the database answers.
    pub(crate) async fn ping(&self) -> Result<(), sqlx::Error> {
        sqlx::query("SELECT 1").execute(&self.pool).await.map(drop)
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
    /// Above every id.
    const TOP: &'static str = "~";

    fn after(&self) -> &str {
        self.after.as_deref().unwrap_or(Self::TOP)
    }
}
