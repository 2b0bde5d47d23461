//! Brings the schema up to date, one process at a time.
//!
//! Beside an SQLite file lies a lock file; a MySQL server has a lease row. MySQL's own `GET_LOCK` is
//! not used: Galera refuses it or keeps it to one node.

use std::{
    ffi::OsString,
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use sqlx::{
    AnyConnection,
    migrate::{MigrateError, Migrator},
};

use super::{Dialect, OpenError, Store, connect::folder_of, new_id};

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static MYSQL: Migrator = sqlx::migrate!("migrations/mysql");

/// How long another process's migration is waited for.
const PATIENCE: Duration = Duration::from_mins(2);
const PAUSE: Duration = Duration::from_millis(50);
/// Seconds that a MySQL server's lock lives without being renewed.
const LEASE: i64 = 30;
const RENEW: Duration = Duration::from_secs(5);

/// The lock beside an SQLite file; the system releases it when its process ends, however it ends.
#[derive(Debug)]
pub(super) struct FileLock {
    _file: File,
}

impl FileLock {
    pub(super) async fn take(ledger: &Path) -> Result<Self, OpenError> {
        let mut name = OsString::from(ledger.file_name().unwrap_or_default());
        name.push(".lock");
        let path = folder_of(ledger).join(name);
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|_| OpenError::ReadOnly(PathBuf::from(ledger)))?;
        let began = Instant::now();
        loop {
            match file.try_lock() {
                // A file system without locks has one process: several could not share SQLite there.
                Ok(()) | Err(TryLockError::Error(_)) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) if began.elapsed() < PATIENCE => {
                    tokio::time::sleep(PAUSE).await;
                }
                Err(TryLockError::WouldBlock) => return Err(OpenError::MigrationLock),
            }
        }
    }
}

impl Store {
    /// Brings the schema up to date; the caller holds the lock beside an SQLite file.
    pub(super) async fn migrate(&self) -> Result<(), OpenError> {
        match self.dialect {
            Dialect::Sqlite => self.run(&SQLITE).await,
            Dialect::MySql => {
                let holder = self.lock().await?;
                // Renewed while it runs: a large table may take longer than one lease.
                let outcome = tokio::select! {
                    outcome = self.run_again(&MYSQL) => outcome,
                    lost = self.renew(&holder) => Err(lost),
                };
                let unlock =
                    sqlx::query("DELETE FROM migration_lock WHERE holder = ?").bind(&holder);
                // Where that fails the lease ends by itself.
                let _unlocked = unlock.execute(&self.pool).await;
                outcome
            }
        }
    }

    async fn run(&self, migrator: &Migrator) -> Result<(), OpenError> {
        let mut migrator = Migrator {
            migrations: migrator.migrations.clone(),
            ..Migrator::DEFAULT
        };
        migrator.set_locking(false);
        let outcome = migrator.run(&self.pool).await;
        outcome.map_err(|error| match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
                self.sort(error).into()
            }
            other => OpenError::Migration(other.to_string()),
        })
    }

    /// MySQL commits each statement by itself. A migration whose process died half-way is marked;
    /// its statements can all be run again.
    async fn run_again(&self, migrator: &Migrator) -> Result<(), OpenError> {
        let known: Option<(i64,)> = sqlx::query_as(
            "SELECT COUNT(*) FROM information_schema.tables \
             WHERE table_schema = DATABASE() AND table_name = '_sqlx_migrations'",
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(|error| self.sort(error))?;
        if known.is_some_and(|(tables,)| tables > 0) {
            sqlx::query("DELETE FROM _sqlx_migrations WHERE success = FALSE")
                .execute(&self.pool)
                .await
                .map_err(|error| self.sort(error))?;
        }
        self.run(migrator).await
    }

    /// Takes the lease row of a MySQL server. Its clock is the server's, the same for all.
    async fn lock(&self) -> Result<String, OpenError> {
        let failed = |error| OpenError::from(self.sort(error));
        sqlx::raw_sql(
            "CREATE TABLE IF NOT EXISTS migration_lock (id BIGINT NOT NULL PRIMARY KEY, \
             holder VARCHAR(32) NOT NULL, lease_until BIGINT NOT NULL) ENGINE = InnoDB",
        )
        .execute(&self.pool)
        .await
        .map_err(failed)?;
        let holder = new_id();
        let began = Instant::now();
        loop {
            let mut connection = self.pool.acquire().await.map_err(failed)?;
            match take(&mut connection, &holder).await {
                Ok(true) => return Ok(holder),
                Ok(false) => {}
                Err(error) => {
                    let error = self.sort(error);
                    if !error.is_passing() && !error.is_duplicate() {
                        return Err(error.into());
                    }
                }
            }
            drop(connection);
            if began.elapsed() > PATIENCE {
                return Err(OpenError::MigrationLock);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Renews the lease; ends when it is lost.
    async fn renew(&self, holder: &str) -> OpenError {
        loop {
            tokio::time::sleep(RENEW).await;
            let renewed = sqlx::query(
                "UPDATE migration_lock SET lease_until = UNIX_TIMESTAMP() + ? WHERE holder = ?",
            )
            .bind(LEASE)
            .bind(holder)
            .execute(&self.pool)
            .await;
            if renewed.is_ok_and(|done| done.rows_affected() == 0) {
                return OpenError::MigrationLock;
            }
        }
    }
}

async fn take(connection: &mut AnyConnection, holder: &str) -> Result<bool, sqlx::Error> {
    let ended = sqlx::query(
        "UPDATE migration_lock SET holder = ?, lease_until = UNIX_TIMESTAMP() + ? \
         WHERE id = 1 AND (lease_until < UNIX_TIMESTAMP() OR lease_until > UNIX_TIMESTAMP() + ?)",
    )
    .bind(holder)
    .bind(LEASE)
    .bind(LEASE)
    .execute(&mut *connection)
    .await?;
    if ended.rows_affected() == 1 {
        return Ok(true);
    }
    let held: Option<(i64,)> = sqlx::query_as("SELECT id FROM migration_lock WHERE id = 1")
        .fetch_optional(&mut *connection)
        .await?;
    if held.is_some() {
        return Ok(false);
    }
    sqlx::query(
        "INSERT INTO migration_lock (id, holder, lease_until) VALUES (1, ?, UNIX_TIMESTAMP() + ?)",
    )
    .bind(holder)
    .bind(LEASE)
    .execute(connection)
    .await?;
    Ok(true)
}
