//! Changes how many cards of a coupon are left at WeChat, once.

use serde::{Deserialize, Serialize};
use serde_json::json;
use wechat_client::{CardDetail, CardId, card::StockChange};

use super::{
    Answer, Mode, Work,
    change::{End, is_gone, living},
    effect::{self, Effect as Failed},
    state::{StockConclusion, is_past_flight, stock_after},
};
use crate::{
    coupon::Status,
    failure::Failure,
    state::AppState,
    store::{DbError, card_changes::CouponEffect, operations::Run},
};

/// What is to be changed, and what was there before the try.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) struct Stock {
    /// So many more, or less.
    pub(crate) delta: i64,
    /// All stock that was ever put in, before the try; none while nothing was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) before: Option<i64>,
}

/// Does the work of a run. None when another process has taken it over.
pub(super) async fn drive(
    state: &AppState,
    mut run: Run,
    work: &Work,
    mode: Mode,
) -> Result<Option<Answer>, DbError> {
    let Ok(stock) = serde_json::from_str::<Stock>(&work.request) else {
        let end = End::NotDone(CouponEffect::Nothing, Failure::Internal);
        return end.write(state, &run, work, mode).await;
    };
    let coupon = state.store.coupon(&work.subject).await?;
    let card_id = coupon.as_ref().and_then(|coupon| coupon.card_id.clone());
    let Some(card_id) = card_id else {
        let end = End::NotDone(
            CouponEffect::Nothing,
            Failure::NotChangeable(Status::Unknown),
        );
        return end.write(state, &run, work, mode).await;
    };
    let change = Change {
        state,
        work,
        card_id: card_id.as_str().into(),
        delta: stock.delta,
    };
    if run.may_have_acted {
        let end = match stock.before {
            // It died before it sent anything.
            None => change.not_done(Failure::WechatUnknown),
            Some(before) => {
                let is_settled = is_past_flight(run.ended_at, state.clock.now());
                change
                    .look(before, is_settled, Failure::WechatUnknown)
                    .await
            }
        };
        let is_to_be_tried = mode == Mode::Asked
            && matches!(
                end,
                End::NotDone(CouponEffect::Nothing, Failure::WechatUnknown)
            );
        if !is_to_be_tried {
            return end.write(state, &run, work, mode).await;
        }
        if !state.store.begin_try(&mut run, state.clock.now()).await? {
            return Ok(None);
        }
    }
    let Some(end) = change.attempt(&run).await? else {
        return Ok(None);
    };
    run.ended_at = Some(state.clock.now());
    end.write(state, &run, work, mode).await
}

struct Change<'a> {
    state: &'a AppState,
    work: &'a Work,
    card_id: CardId,
    delta: i64,
}

impl Change<'_> {
    /// One try. None when the run is no longer held.
    async fn attempt(&self, run: &Run) -> Result<Option<End>, DbError> {
        let cards = &self.state.wechat.cards;
        let card = match living(cards.card(&self.card_id).await) {
            Ok(Some(card)) => card,
            Ok(None) => return Ok(Some(End::gone())),
            Err(error) => return Ok(Some(self.not_done(error.into()))),
        };
        let before = total(&card);
        let noted = Stock {
            delta: self.delta,
            before: Some(before),
        };
        let noted = json!(noted).to_string();
        if !self.state.store.note_request(run, &noted).await? {
            return Ok(None);
        }
        let number = u32::try_from(self.delta.unsigned_abs()).unwrap_or(u32::MAX);
        let change = if self.delta < 0 {
            StockChange::Reduce(number)
        } else {
            StockChange::Increase(number)
        };
        let Err(error) = cards.modify_stock(&self.card_id, change).await else {
            let left = remaining(&card) + self.delta;
            return Ok(Some(self.done(left, before + self.delta)));
        };
        Ok(Some(match effect::of(&error) {
            // The number that tells of a card that is gone also tells of one in review.
            Failed::Nothing if is_gone(&error) => match living(cards.card(&self.card_id).await) {
                Ok(None) => End::gone(),
                Ok(Some(_)) | Err(_) => self.not_done(error.into()),
            },
            Failed::Nothing => self.not_done(error.into()),
            // WeChat is done with it, one way or the other.
            Failed::Unclear => self.look(before, true, error.into()).await,
            Failed::Lost => self.look(before, false, error.into()).await,
        }))
    }

    /// Finds out what became of a try; `failure` is what the caller reads when it did nothing.
    async fn look(&self, before: i64, is_settled: bool, failure: Failure) -> End {
        let card = match living(self.state.wechat.cards.card(&self.card_id).await) {
            Ok(Some(card)) => card,
            Ok(None) => return End::gone(),
            Err(error) => return End::NotKnown(error.into()),
        };
        match stock_after(before, self.delta, total(&card), is_settled) {
            StockConclusion::Done => self.done(remaining(&card), total(&card)),
            StockConclusion::NotDone => self.not_done(failure),
            StockConclusion::NotKnown => End::NotKnown(failure),
            StockConclusion::Mixed => self.not_done(Failure::StockMixed),
        }
    }

    fn done(&self, remaining: i64, total: i64) -> End {
        let effect = CouponEffect::Stock {
            delta: self.delta,
            remaining,
            total,
        };
        let body = json!({
            "id": self.work.subject,
            "card_id": self.card_id.as_str(),
            "remaining": remaining,
        });
        End::Done(effect, body)
    }

    #[expect(
        clippy::unused_self,
        reason = "it stands beside `done`, which needs it"
    )]
    fn not_done(&self, failure: Failure) -> End {
        End::NotDone(CouponEffect::Nothing, failure)
    }
}

/// Stock that is left.
pub(crate) fn remaining(card: &CardDetail) -> i64 {
    i64::try_from(card.quantity).unwrap_or(i64::MAX)
}

/// All stock that was ever put in.
pub(crate) fn total(card: &CardDetail) -> i64 {
    i64::try_from(card.total_quantity).unwrap_or(i64::MAX)
}
