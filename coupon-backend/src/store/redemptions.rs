//! Redemptions: what must happen once.
//!
//! The intent is written down before WeChat is asked. Whoever finds the intent of a try whose end is
//! not known may take WeChat's "consumed before" for that try's success.

use super::{Store, new_id};

/// Seconds after which a try that has not ended counts as lost with its process.
const LOST: i64 = 30;

/// Leave to redeem a code, for one try.
#[derive(Clone, Debug)]
pub(crate) struct Try {
    claim_id: String,
    id: String,
    /// Whether an earlier try of ours may have redeemed it.
    pub(crate) may_be_done: bool,
}

/// What stands in the way of a redemption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Barred {
    /// It was redeemed before.
    Redeemed,
    /// Another try is under way.
    Running,
    /// It is gifted, deleted, expired or void.
    Status(String),
}

#[derive(sqlx::FromRow)]
struct State {
    status: String,
    redeem_state: Option<String>,
    redeem_began_at: Option<i64>,
}

impl Store {
    /// Notes the intent to redeem a code.
    pub(crate) async fn begin_redemption(
        &self,
        claim_id: &str,
        now: i64,
    ) -> Result<Result<Try, Barred>, sqlx::Error> {
        let mut transaction = self.write().await?;
        let state: State =
            sqlx::query_as("SELECT status, redeem_state, redeem_began_at FROM claims WHERE id = ?")
                .bind(claim_id)
                .fetch_one(&mut *transaction)
                .await?;
        let is_lost = state
            .redeem_began_at
            .is_none_or(|began| now - began >= LOST);
        match (state.status.as_str(), state.redeem_state.as_deref()) {
            (_, Some("running")) if !is_lost => return Ok(Err(Barred::Running)),
            // WeChat may have pushed that it is redeemed, and mean this very try.
            (_, Some("running" | "unknown")) | ("claimed" | "expired", _) => {}
            ("redeemed", _) => return Ok(Err(Barred::Redeemed)),
            _ => return Ok(Err(Barred::Status(state.status))),
        }
        let id = new_id();
        sqlx::query(
            "UPDATE claims SET redeem_state = 'running', redeem_try = ?, redeem_began_at = ? \
             WHERE id = ?",
        )
        .bind(&id)
        .bind(now)
        .bind(claim_id)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(Ok(Try {
            claim_id: claim_id.to_owned(),
            id,
            may_be_done: state.redeem_state.is_some(),
        }))
    }

    /// The try redeemed it. False when another try has taken over since.
    pub(crate) async fn redemption_done(
        &self,
        attempt: &Try,
        staff: Option<&str>,
        terminal: Option<&str>,
        now: i64,
    ) -> Result<bool, sqlx::Error> {
        let done = sqlx::query(
            "UPDATE claims SET status = 'redeemed', redeem_state = 'done', redeemed_at = ?, \
             staff = ?, terminal = ? WHERE id = ? AND redeem_try = ? AND redeem_state = 'running'",
        )
        .bind(now)
        .bind(staff)
        .bind(terminal)
        .bind(&attempt.claim_id)
        .bind(&attempt.id)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Nobody knows whether the try redeemed it.
    pub(crate) async fn redemption_unknown(&self, attempt: &Try) -> Result<(), sqlx::Error> {
        self.end_try(attempt, Some("unknown")).await
    }

    /// The try did not redeem it; what was unknown before stays so.
    pub(crate) async fn redemption_failed(&self, attempt: &Try) -> Result<(), sqlx::Error> {
        let state = attempt.may_be_done.then_some("unknown");
        self.end_try(attempt, state).await
    }

    async fn end_try(&self, attempt: &Try, state: Option<&str>) -> Result<(), sqlx::Error> {
        sqlx::query("UPDATE claims SET redeem_state = ? WHERE id = ? AND redeem_try = ?")
            .bind(state)
            .bind(&attempt.claim_id)
            .bind(&attempt.id)
            .execute(&self.pool)
            .await
            .map(drop)
    }

    /// It was redeemed, but not by us: at WeChat's own till, or by another service.
    pub(crate) async fn redeemed_elsewhere(
        &self,
        attempt: &Try,
        now: i64,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "UPDATE claims SET status = 'redeemed', redeem_state = NULL, \
             redeemed_at = coalesce(redeemed_at, ?) WHERE id = ? AND redeem_try = ?",
        )
        .bind(now)
        .bind(&attempt.claim_id)
        .bind(&attempt.id)
        .execute(&self.pool)
        .await
        .map(drop)
    }
}
