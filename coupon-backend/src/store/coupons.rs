//! Coupons: kinds of card.

use super::{Page, Store};
use crate::coupon::Status;

/// A coupon as the ledger holds it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct CouponRow {
    pub(crate) id: String,
    /// None while WeChat's answer to the create is not known.
    pub(crate) card_id: Option<String>,
    pub(crate) status: String,
    /// The draft as JSON.
    pub(crate) draft: String,
    pub(crate) ends_at: Option<i64>,
    pub(crate) created_at: i64,
    /// Why the reviewers turned it down, where they said so in a push.
    pub(crate) refuse_reason: Option<String>,
}

impl CouponRow {
    pub(crate) fn status(&self) -> Status {
        Status::from_ledger(&self.status)
    }
}

impl Store {
    /// Notes a coupon before WeChat is asked to make its card.
    pub(crate) async fn begin_coupon(
        &self,
        id: &str,
        draft: &str,
        ends_at: Option<i64>,
        now: i64,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO coupons (id, status, draft, ends_at, created_at) \
             VALUES (?, 'unknown', ?, ?, ?)",
        )
        .bind(id)
        .bind(draft)
        .bind(ends_at)
        .bind(now)
        .execute(&self.pool)
        .await
        .map(drop)
    }

    /// Forgets a coupon that WeChat did not make.
    pub(crate) async fn forget_coupon(&self, id: &str) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM coupons WHERE id = ? AND card_id IS NULL")
            .bind(id)
            .execute(&self.pool)
            .await
            .map(drop)
    }

    /// Notes the card that WeChat made; its review begins. What was pushed about it meanwhile is no
    /// longer about an unknown card.
    pub(crate) async fn coupon_made(&self, id: &str, card_id: &str) -> Result<(), sqlx::Error> {
        let mut transaction = self.write().await?;
        sqlx::query("UPDATE coupons SET card_id = ?, status = 'in_review' WHERE id = ?")
            .bind(card_id)
            .bind(id)
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "UPDATE pushes SET state = 'pending' WHERE card_id = ? AND state = 'unknown_card'",
        )
        .bind(card_id)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await
    }

    /// Notes how a coupon in review stands, as WeChat answered.
    pub(crate) async fn set_coupon_status(
        &self,
        id: &str,
        status: Status,
        now: i64,
    ) -> Result<(), sqlx::Error> {
        // A push may have told the end of the review while WeChat was asked.
        sqlx::query(
            "UPDATE coupons SET status = ?, checked_at = ? WHERE id = ? AND status = 'in_review'",
        )
        .bind(status.as_str())
        .bind(now)
        .bind(id)
        .execute(&self.pool)
        .await
        .map(drop)
    }

    pub(crate) async fn coupon(&self, id: &str) -> Result<Option<CouponRow>, sqlx::Error> {
        sqlx::query_as(
            "SELECT id, card_id, status, draft, ends_at, created_at, refuse_reason FROM coupons \
             WHERE id = ?",
        )
        .bind(id)
        .fetch_optional(&self.pool)
        .await
    }

    pub(crate) async fn has_card(&self, card_id: &str) -> Result<bool, sqlx::Error> {
        let row: Option<(i64,)> = sqlx::query_as("SELECT 1 FROM coupons WHERE card_id = ?")
            .bind(card_id)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.is_some())
    }

    /// All coupons, newest first.
    pub(crate) async fn coupons(&self, page: &Page) -> Result<Vec<CouponRow>, sqlx::Error> {
        sqlx::query_as(
            "SELECT id, card_id, status, draft, ends_at, created_at, refuse_reason FROM coupons \
             WHERE id < ? ORDER BY id DESC LIMIT ?",
        )
        .bind(page.after())
        .bind(page.limit + 1)
        .fetch_all(&self.pool)
        .await
    }

    /// Coupons that customers can claim now, newest first.
    pub(crate) async fn claimable_coupons(
        &self,
        page: &Page,
        now: i64,
    ) -> Result<Vec<CouponRow>, sqlx::Error> {
        sqlx::query_as(
            "SELECT id, card_id, status, draft, ends_at, created_at, refuse_reason FROM coupons \
             WHERE id < ? AND status = 'approved' AND (ends_at IS NULL OR ends_at > ?) \
             ORDER BY id DESC LIMIT ?",
        )
        .bind(page.after())
        .bind(now)
        .bind(page.limit + 1)
        .fetch_all(&self.pool)
        .await
    }

    /// Coupons whose review has not ended.
    pub(crate) async fn coupons_in_review(&self) -> Result<Vec<CouponRow>, sqlx::Error> {
        sqlx::query_as(
            "SELECT id, card_id, status, draft, ends_at, created_at, refuse_reason FROM coupons \
             WHERE status = 'in_review' AND card_id IS NOT NULL ORDER BY id",
        )
        .fetch_all(&self.pool)
        .await
    }
}
