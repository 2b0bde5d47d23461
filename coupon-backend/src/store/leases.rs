//! Rights that one instance has at a time, until a moment of the database's clock.

use super::{DbError, Store, transaction::transaction};

impl Store {
    /// Takes a right for so many seconds, or prolongs it for its holder. False while another has it.
    ///
    /// A lease that ends later than any can was written while the database's clock was wrong, and
    /// counts as ended.
    pub(crate) async fn try_lease(
        &self,
        name: &str,
        holder: &str,
        seconds: i64,
    ) -> Result<bool, DbError> {
        let now = self.dialect.now();
        let take = format!(
            "UPDATE leases SET holder = ?, lease_until = {now} + ? WHERE name = ? \
             AND (holder = ? OR lease_until <= {now} OR lease_until > {now} + ?)"
        );
        let add =
            format!("INSERT INTO leases (name, holder, lease_until) VALUES (?, ?, {now} + ?)");
        let taken = transaction!(self, |ledger| {
            let taken = sqlx::query(sqlx::AssertSqlSafe(take.clone()))
                .bind(holder)
                .bind(seconds)
                .bind(name)
                .bind(holder)
                .bind(seconds)
                .execute(&mut *ledger)
                .await?;
            if taken.rows_affected() == 1 {
                return Ok(true);
            }
            let held: Option<(String,)> =
                sqlx::query_as("SELECT holder FROM leases WHERE name = ?")
                    .bind(name)
                    .fetch_optional(&mut *ledger)
                    .await?;
            if held.is_some() {
                return Ok(false);
            }
            sqlx::query(sqlx::AssertSqlSafe(add.clone()))
                .bind(name)
                .bind(holder)
                .bind(seconds)
                .execute(ledger)
                .await?;
            Ok(true)
        });
        match taken {
            // Another instance added the row meanwhile.
            Err(error) if error.is_duplicate() => Ok(false),
            taken => taken,
        }
    }

    /// Gives a right back; nothing happens when it is somebody else's.
    pub(crate) async fn release_lease(&self, name: &str, holder: &str) -> Result<(), DbError> {
        transaction!(self, |ledger| {
            sqlx::query("DELETE FROM leases WHERE name = ? AND holder = ?")
                .bind(name)
                .bind(holder)
                .execute(ledger)
                .await
                .map(drop)
        })
    }
}
