//! Why the ledger could not be read or written.

use std::{fmt, sync::Arc};

/// An error of the database. Its text never shows the database's own, in which values stand.
#[derive(Clone, thiserror::Error)]
pub(crate) enum DbError {
    /// Another writer stood in the way for as long as we wait.
    #[error("the database is busy ({})", number(.0))]
    Conflict(Arc<sqlx::Error>),
    /// The storage cannot be had now: full, locked, gone, unreachable.
    #[error("the database is not available ({})", number(.0))]
    Unavailable(Arc<sqlx::Error>),
    /// The writers before us took longer than we wait.
    #[error("the database is busy (queue)")]
    Queue,
    /// A statement failed.
    #[error("the database failed ({})", number(.0))]
    Failed(Arc<sqlx::Error>),
}

impl DbError {
    /// Whether the same call may succeed later.
    pub(crate) fn is_passing(&self) -> bool {
        !matches!(self, Self::Failed(_))
    }

    /// Whether a row with such a unique value is there already.
    pub(crate) fn is_duplicate(&self) -> bool {
        match self {
            Self::Failed(error) => error
                .as_database_error()
                .is_some_and(sqlx::error::DatabaseError::is_unique_violation),
            _ => false,
        }
    }
}

impl fmt::Debug for DbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The database's number, or the driver's kind of error.
fn number(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(database) => database.code().unwrap_or_default().into_owned(),
        sqlx::Error::PoolTimedOut => "no connection".to_owned(),
        sqlx::Error::PoolClosed => "closed".to_owned(),
        sqlx::Error::Io(error) => error.kind().to_string(),
        sqlx::Error::ColumnDecode { index, .. } => format!("column {index}"),
        _ => "driver".to_owned(),
    }
}
