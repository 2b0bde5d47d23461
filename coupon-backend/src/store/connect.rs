//! Opens the database and brings it up to date.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
    sync::{Arc, Once, atomic::AtomicBool},
    time::Duration,
};

use sqlx::{AnyPool, Executor, any::AnyPoolOptions, sqlite::SqliteConnectOptions};
use tokio::sync::Semaphore;

use super::{DbError, Dialect, LedgerFile, Store, bookings::Bookings, migrate};

/// How long a connection is waited for.
const ACQUIRE: Duration = Duration::from_secs(4);
/// One writes, the others read.
const SQLITE_CONNECTIONS: u32 = 8;
const MYSQL_CONNECTIONS: u32 = 16;

/// Why the ledger cannot be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error("{} does not exist; COUPON_DATABASE_URL=sqlite://{}?mode=rwc makes it", .0.display(), .0.display())]
    NoFile(PathBuf),
    #[error("the folder {} does not exist; make it, or name another file in COUPON_DATABASE_URL", .0.display())]
    NoFolder(PathBuf),
    #[error("{} cannot be written; the service needs to write it and its folder, and mode=rwc in COUPON_DATABASE_URL", .0.display())]
    ReadOnly(PathBuf),
    #[error("COUPON_DATABASE_URL cannot be read")]
    Url,
    #[error("another process has been migrating it for too long")]
    MigrationLock,
    #[error("its schema cannot be brought up to date: {0}")]
    Migration(String),
    #[error(transparent)]
    Database(#[from] DbError),
}

impl Store {
    /// Opens the database and brings it up to date.
    pub(crate) async fn open(url: &str) -> Result<Self, OpenError> {
        static DRIVERS: Once = Once::new();
        DRIVERS.call_once(sqlx::any::install_default_drivers);

        let dialect = Dialect::of(url).ok_or(OpenError::Url)?;
        let path = match dialect {
            Dialect::Sqlite => Some(file_of(url)?),
            Dialect::MySql => None,
        };
        // Held until the schema is there: switching to WAL for the first time, too, is done by one.
        let lock = match &path {
            Some(path) => Some(migrate::FileLock::take(path).await?),
            None => None,
        };
        let pool = connect(url, dialect)
            .await
            .map_err(|error| match (&path, error) {
                (Some(path), DbError::Unavailable(_)) => unopened(path),
                (_, error) => error.into(),
            })?;
        let mut store = Self {
            pool,
            dialect,
            bookings: (dialect == Dialect::Sqlite).then(Bookings::default),
            turns: (dialect == Dialect::Sqlite).then(|| Arc::new(Semaphore::new(1))),
            storage_failed: Arc::new(AtomicBool::new(false)),
            file: None,
        };
        store
            .migrate()
            .await
            .map_err(|error| match (&path, error) {
                (Some(path), OpenError::Database(DbError::Unavailable(_))) => unopened(path),
                (_, error) => error,
            })?;
        if let Some(path) = path {
            let writes = store.probe().await;
            writes.map_err(|error| match error {
                DbError::Unavailable(_) => unopened(&path),
                error => error.into(),
            })?;
            let identity = identity(&path);
            store.file = Some(Arc::new(LedgerFile { path, identity }));
        }
        drop(lock);
        Ok(store)
    }
}

async fn connect(url: &str, dialect: Dialect) -> Result<AnyPool, DbError> {
    let most = match dialect {
        Dialect::Sqlite => SQLITE_CONNECTIONS,
        Dialect::MySql => MYSQL_CONNECTIONS,
    };
    // sqlx knows one name for them all.
    let url = url
        .strip_prefix("mariadb:")
        .map_or_else(|| url.to_owned(), |rest| format!("mysql:{rest}"));
    let pool = AnyPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(ACQUIRE)
        // A file stays where it is; a server may have closed a connection that was idle.
        .test_before_acquire(dialect == Dialect::MySql)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                connection
                    .execute(sqlx::raw_sql(dialect.session()))
                    .await
                    .map(drop)
            })
        })
        .connect(&url)
        .await
        .map_err(|error| DbError::sort(dialect, error))?;
    if dialect == Dialect::Sqlite {
        // It stays with the file.
        sqlx::raw_sql("PRAGMA journal_mode = WAL")
            .execute(&pool)
            .await
            .map_err(|error| DbError::sort(dialect, error))?;
    }
    Ok(pool)
}

/// The ledger's file, which is there or can be made.
fn file_of(url: &str) -> Result<PathBuf, OpenError> {
    let options = SqliteConnectOptions::from_str(url).map_err(|_| OpenError::Url)?;
    let path = options.get_filename().to_path_buf();
    let folder = folder_of(&path);
    if !folder.is_dir() {
        return Err(OpenError::NoFolder(folder.to_path_buf()));
    }
    let mode = |wanted: &str| url.split(['?', '&']).skip(1).any(|part| part == wanted);
    if mode("mode=ro") || mode("immutable=true") || mode("immutable=1") {
        return Err(OpenError::ReadOnly(path));
    }
    if !path.exists() && !mode("mode=rwc") {
        return Err(OpenError::NoFile(path));
    }
    Ok(path)
}

pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn unopened(path: &Path) -> OpenError {
    OpenError::ReadOnly(path.to_path_buf())
}

/// Which file stands at a path: a file that was moved away and one in its place differ.
#[cfg(unix)]
pub(super) fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;

    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
pub(super) fn identity(path: &Path) -> Option<(u64, u64)> {
    path.exists().then_some((0, 0))
}
