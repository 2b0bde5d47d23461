//! Claims: who holds which code.

use super::{Page, Store, new_id};

/// A claim as the ledger holds it.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct ClaimRow {
    pub(crate) id: String,
    pub(crate) card_id: String,
    pub(crate) code: String,
    pub(crate) customer_id: Option<String>,
    pub(crate) status: String,
    pub(crate) begins_at: i64,
    pub(crate) ends_at: i64,
    pub(crate) claimed_at: i64,
    pub(crate) redeemed_at: Option<i64>,
    pub(crate) staff: Option<String>,
    pub(crate) terminal: Option<String>,
}

impl ClaimRow {
    /// How it stands at a time: a code that nobody redeemed expires by itself.
    pub(crate) fn status_at(&self, now: i64) -> &str {
        if self.status == "claimed" && now > self.ends_at {
            "expired"
        } else {
            &self.status
        }
    }
}

/// A code that WeChat knows, to be written down.
#[derive(Clone, Copy)]
pub(crate) struct NewClaim<'a> {
    pub(crate) card_id: &'a str,
    pub(crate) code: &'a str,
    pub(crate) customer_id: Option<&'a str>,
    pub(crate) status: &'a str,
    pub(crate) openid: &'a str,
    pub(crate) begins_at: i64,
    pub(crate) ends_at: i64,
}

/// Whose a code is, after somebody claimed it.
pub(crate) enum Owned {
    /// The claimer's.
    Theirs(Box<ClaimRow>),
    /// Another customer's.
    Anothers,
}

const COLUMNS: &str = "id, card_id, code, customer_id, status, begins_at, ends_at, claimed_at, \
                       redeemed_at, staff, terminal";

impl Store {
    /// The claim of a code; the card is part of its name only for codes of the shop's own.
    pub(crate) async fn claim_of_code(&self, code: &str) -> Result<Option<ClaimRow>, sqlx::Error> {
        let sql = format!("SELECT {COLUMNS} FROM claims WHERE code = ? ORDER BY id LIMIT 1");
        sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(code)
            .fetch_optional(&self.pool)
            .await
    }

    /// Writes a code down unless it stands there already, and gives its row.
    pub(crate) async fn note_code(
        &self,
        claim: NewClaim<'_>,
        now: i64,
    ) -> Result<ClaimRow, sqlx::Error> {
        let mut transaction = self.write().await?;
        sqlx::query(
            "INSERT INTO claims (id, card_id, code, customer_id, status, openid, begins_at, ends_at, \
             claimed_at, redeemed_at, status_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
             ON CONFLICT (code, card_id) DO NOTHING",
        )
        .bind(new_id())
        .bind(claim.card_id)
        .bind(claim.code)
        .bind(claim.customer_id)
        .bind(claim.status)
        .bind(claim.openid)
        .bind(claim.begins_at)
        .bind(claim.ends_at)
        .bind(now)
        .bind((claim.status == "redeemed").then_some(now))
        // Our clock may be ahead of WeChat's: nothing that it pushes is older than a plain claim.
        .bind(if claim.status == "claimed" { 0 } else { now })
        .execute(&mut *transaction)
        .await?;
        let sql = format!("SELECT {COLUMNS} FROM claims WHERE code = ? AND card_id = ?");
        let row = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(claim.code)
            .bind(claim.card_id)
            .fetch_one(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(row)
    }

    /// Binds a claim to a customer, unless it is another's: whose it is by WeChat's word, else the
    /// first who claims it, keeps it.
    pub(crate) async fn bind_claim(
        &self,
        claim: ClaimRow,
        customer_id: &str,
    ) -> Result<Owned, sqlx::Error> {
        let bound = sqlx::query(
            "UPDATE claims SET customer_id = ? \
             WHERE id = ? AND (customer_id IS NULL OR customer_id = ?) AND NOT EXISTS \
             (SELECT 1 FROM customers WHERE id = ? AND unionid <> claims.unionid)",
        )
        .bind(customer_id)
        .bind(&claim.id)
        .bind(customer_id)
        .bind(customer_id)
        .execute(&self.pool)
        .await?;
        Ok(if bound.rows_affected() == 1 {
            Owned::Theirs(Box::new(claim))
        } else {
            Owned::Anothers
        })
    }

    /// Notes how WeChat says that a code stands.
    pub(crate) async fn set_claim_status(
        &self,
        id: &str,
        status: &str,
        now: i64,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "UPDATE claims SET status = ?, status_at = ? WHERE id = ? AND status <> 'redeemed'",
        )
        .bind(status)
        .bind(now)
        .bind(id)
        .execute(&self.pool)
        .await
        .map(drop)
    }

    /// The claims of a customer, newest first.
    pub(crate) async fn claims_of_customer(
        &self,
        customer_id: &str,
        page: &Page,
    ) -> Result<Vec<ClaimRow>, sqlx::Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM claims WHERE customer_id = ? AND id < ? \
             ORDER BY id DESC LIMIT ?"
        );
        sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(customer_id)
            .bind(page.after())
            .bind(page.limit + 1)
            .fetch_all(&self.pool)
            .await
    }

    /// All claims, newest first.
    pub(crate) async fn claims(&self, page: &Page) -> Result<Vec<ClaimRow>, sqlx::Error> {
        let sql = format!("SELECT {COLUMNS} FROM claims WHERE id < ? ORDER BY id DESC LIMIT ?");
        sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(page.after())
            .bind(page.limit + 1)
            .fetch_all(&self.pool)
            .await
    }
}
