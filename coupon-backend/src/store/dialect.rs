//! What SQLite and MySQL do not have in common; everything else is one text for both.

use std::sync::Arc;

use super::error::DbError;

/// Which language the database speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// A file.
    Sqlite,
    /// MySQL, MariaDB, Galera, TiDB.
    MySql,
}

impl Dialect {
    pub(crate) fn of(url: &str) -> Option<Self> {
        let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
        match scheme {
            "sqlite" => Some(Self::Sqlite),
            "mysql" | "mariadb" => Some(Self::MySql),
            _ => None,
        }
    }

    /// Begins a transaction that writes. SQLite's takes its place among the writers at once, so that
    /// it never has to give up half-way.
    pub(super) const fn begin(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::MySql => "START TRANSACTION",
        }
    }

    /// The time by the database's clock, in seconds since 1970.
    pub(super) const fn now(self) -> &'static str {
        match self {
            Self::Sqlite => "CAST(strftime('%s', 'now') AS INTEGER)",
            Self::MySql => "UNIX_TIMESTAMP()",
        }
    }

    /// What a new connection is told.
    pub(super) const fn session(self) -> &'static str {
        match self {
            // An answer that was given must outlive a power cut. What another process holds is
            // waited for in short turns, so that the end of our patience is noticed.
            Self::Sqlite => {
                "PRAGMA busy_timeout = 500; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON"
            }
            // A statement sees what others committed before it, as it does on SQLite.
            Self::MySql => {
                "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; \
                 SET SESSION innodb_lock_wait_timeout = 4"
            }
        }
    }

    /// What an error means, by the number that the database gave.
    pub(super) fn cause(self, code: &str) -> Cause {
        match self {
            Self::Sqlite => match code.parse::<i64>().map(|code| code & 0xff) {
                // BUSY, LOCKED.
                Ok(5 | 6) => Cause::Conflict,
                // PERM, READONLY, IOERR, FULL, CANTOPEN, PROTOCOL, NOLFS.
                Ok(3 | 8 | 10 | 13 | 14 | 15 | 22) => Cause::Storage,
                _ => Cause::Other,
            },
            Self::MySql => match code {
                // Lock wait, deadlock or failed certification, TiDB's write conflict.
                "1205" | "1213" | "9007" | "8028" => Cause::Conflict,
                // Disk full, table full, too many connections, shutdown, read-only, Galera's node
                // not ready.
                "1021" | "1114" | "1040" | "1203" | "1053" | "1290" | "1836" | "1047" | "3100" => {
                    Cause::Storage
                }
                _ => Cause::Other,
            },
        }
    }
}

/// What a database's number means for who called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// Another writer stood in the way: the same again may succeed at once.
    Conflict,
    /// Nothing can be written now.
    Storage,
    /// A mistake in a statement, or a constraint.
    Other,
}

impl DbError {
    /// Sorts an error of the driver.
    pub(super) fn sort(dialect: Dialect, error: sqlx::Error) -> Self {
        let cause = match &error {
            sqlx::Error::Database(database) => database.code().map_or(Cause::Other, |code| {
                dialect.cause(&number(&code, database.as_ref()))
            }),
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Tls(_) => Cause::Storage,
            _ => Cause::Other,
        };
        let error = Arc::new(error);
        match cause {
            Cause::Conflict => Self::Conflict(error),
            Cause::Storage => Self::Unavailable(error),
            Cause::Other => Self::Failed(error),
        }
    }
}

/// The number of an error: SQLite's code, MySQL's number (its code is the SQLSTATE).
fn number(code: &str, error: &(dyn sqlx::error::DatabaseError + 'static)) -> String {
    error
        .try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>()
        .map_or_else(|| code.to_owned(), |error| error.number().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_its_dialect() {
        assert_eq!(Dialect::of("sqlite://a.db"), Some(Dialect::Sqlite));
        assert_eq!(Dialect::of("mysql://h/d"), Some(Dialect::MySql));
        assert_eq!(Dialect::of("mariadb://h/d"), Some(Dialect::MySql));
        assert_eq!(Dialect::of("postgres://h/d"), None);
    }

    #[test]
    fn extended_numbers_mean_what_their_first_byte_means() {
        // SQLITE_BUSY_SNAPSHOT, SQLITE_IOERR_FSYNC, SQLITE_CONSTRAINT_UNIQUE.
        assert_eq!(Dialect::Sqlite.cause("517"), Cause::Conflict);
        assert_eq!(Dialect::Sqlite.cause("1034"), Cause::Storage);
        assert_eq!(Dialect::Sqlite.cause("2067"), Cause::Other);
        assert_eq!(Dialect::MySql.cause("1213"), Cause::Conflict);
        assert_eq!(Dialect::MySql.cause("1047"), Cause::Storage);
        assert_eq!(Dialect::MySql.cause("1062"), Cause::Other);
    }
}
