//! Codes: consumptions elsewhere, and whatever else a lost push would have told.

use futures_util::{StreamExt, stream};
use wechat_client::{CardCode, CardId, CheckConsume, CodeDetail, ErrCode, Error};

use super::Round;
use crate::{
    claim::ClaimStatus,
    operations::forgotten,
    store::{DbError, claims::ClaimRow, reconcile::SeenCode},
};

/// Codes that are asked about at the same time.
const AT_ONCE: usize = 4;

impl Round<'_> {
    pub(super) async fn codes(&mut self) -> Result<(), DbError> {
        let (_, limit) = self.cause.limits();
        let now = self.state.clock.now();
        let before = now - self.cause.age();
        let claims = self.state.store.claims_to_check(before, now, limit);
        let claims = claims.await?;
        let cards = self.state.wechat.cards.clone();
        let mut answers = stream::iter(claims)
            .map(|claim| {
                let cards = cards.clone();
                async move {
                    let code = CardCode::from(claim.code.as_str());
                    let card_id = CardId::from(claim.card_id.as_str());
                    let answer = cards.code(&code, Some(&card_id), CheckConsume::No).await;
                    (claim, answer)
                }
            })
            .buffer_unordered(AT_ONCE);
        while !self.is_over() {
            let Some((claim, answer)) = answers.next().await else {
                return Ok(());
            };
            self.code(&claim, answer).await?;
        }
        Ok(())
    }

    async fn code(
        &mut self,
        claim: &ClaimRow,
        answer: Result<CodeDetail, Error>,
    ) -> Result<(), DbError> {
        let store = &self.state.store;
        let now = self.state.clock.now();
        self.row.asked += 1;
        let seen = match answer {
            Ok(detail) => SeenCode {
                status: ClaimStatus::from(&detail.status),
                times: Some((detail.begin_time, detail.end_time)),
            },
            Err(error) if error.errcode() == Some(ErrCode::UNKNOWN_CODE) => SeenCode {
                status: forgotten(self.state, &claim.id).await?,
                times: None,
            },
            Err(error) => {
                store.put_claim_last(&claim.id, now).await?;
                self.failed(&error);
                return Ok(());
            }
        };
        self.silent = 0;
        let drift = store.note_code(&self.row.id, claim, seen, now).await?;
        self.row.changed += i64::from(drift.is_some());
        Ok(())
    }
}
