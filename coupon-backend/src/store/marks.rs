//! Marks: stored times that say when WeChat was last asked about a row, or when the row is due again.
//!
//! A mark that lies further ahead than any can was written by a clock that was wrong, and says nothing:
//! its row is due now. Being dealt with, the row gets a mark of the clock as it is.

use sqlx::{AssertSqlSafe, FromRow, any::AnyRow};

use super::{DbError, Store};

/// Rows that have a mark.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marked<'a> {
    pub(super) columns: &'a str,
    pub(super) table: &'a str,
    /// The mark; an index has it, after the columns that `condition` gives a value.
    pub(super) mark: &'a str,
    /// What else holds for them.
    pub(super) condition: &'a str,
    /// The order of those with one mark.
    pub(super) key: &'a str,
}

impl Store {
    /// Rows whose mark is `until` or earlier, or later than `latest`; those from the future first,
    /// then the earliest.
    pub(super) async fn due<T>(
        &self,
        rows: Marked<'_>,
        until: i64,
        latest: i64,
        limit: i64,
    ) -> Result<Vec<T>, DbError>
    where
        T: for<'r> FromRow<'r, AnyRow> + Send + Unpin,
    {
        // Two statements: one with OR would be sorted, or read in whole, instead of taking the index.
        let mut due: Vec<T> = self.beyond(rows, ">", latest, limit).await?;
        let left = limit - i64::try_from(due.len()).unwrap_or(limit);
        if left > 0 {
            due.extend(self.beyond(rows, "<=", until, left).await?);
        }
        Ok(due)
    }

    async fn beyond<T>(
        &self,
        rows: Marked<'_>,
        comparison: &str,
        time: i64,
        limit: i64,
    ) -> Result<Vec<T>, DbError>
    where
        T: for<'r> FromRow<'r, AnyRow> + Send + Unpin,
    {
        let Marked {
            columns,
            table,
            mark,
            condition,
            key,
        } = rows;
        let sql = format!(
            "SELECT {columns} FROM {table} WHERE {condition}{mark} {comparison} ? \
             ORDER BY {mark}, {key} LIMIT ?"
        );
        sqlx::query_as(AssertSqlSafe(sql))
            .bind(time)
            .bind(limit)
            .fetch_all(&self.pool)
            .await
            .map_err(|error| self.sort(error))
    }
}
