//! Takes a coupon back: its card is deleted at WeChat. One that never had a card goes.

use serde_json::json;
use wechat_client::CardId;

use super::{
    Answer, Mode, Work,
    change::{End, is_gone, living},
    create::{Settled, settle},
    effect::{self, Effect as Failed},
    state::is_past_flight,
};
use crate::{
    failure::Failure,
    state::AppState,
    store::{DbError, card_changes::CouponEffect, operations::Run},
};

/// Does the work of a run. None when another process has taken it over.
pub(super) async fn drive(
    state: &AppState,
    mut run: Run,
    work: &Work,
    mode: Mode,
) -> Result<Option<Answer>, DbError> {
    let card_id = match state.store.coupon(&work.subject).await? {
        None => Ok(Settled::Never),
        Some(coupon) => match &coupon.card_id {
            Some(card_id) => Ok(Settled::Card(card_id.as_str().into())),
            None => settle(state, &coupon).await?,
        },
    };
    let card_id = match card_id {
        Ok(Settled::Card(card_id)) => card_id,
        Ok(Settled::Never) => {
            let end = End::Done(CouponEffect::Removed, body(work, None));
            return end.write(state, &run, work, mode).await;
        }
        Ok(Settled::NotYet) => {
            let end = End::NotDone(CouponEffect::Nothing, Failure::OperationInProgress);
            return end.write(state, &run, work, mode).await;
        }
        Err(error) => {
            let end = End::NotDone(CouponEffect::Nothing, error.into());
            return end.write(state, &run, work, mode).await;
        }
    };
    if run.may_have_acted {
        let end = look(state, &run, work, &card_id, Failure::WechatUnknown).await;
        // A card can be deleted twice: where it is still there it is tried again.
        let is_to_be_tried = mode == Mode::Asked && !matches!(end, End::Done(..));
        if !is_to_be_tried {
            return end.write(state, &run, work, mode).await;
        }
        if !state.store.begin_try(&mut run, state.clock.now()).await? {
            return Ok(None);
        }
    }
    let deleted = state.wechat.cards.delete_card(&card_id).await;
    run.ended_at = Some(state.clock.now());
    let end = match deleted {
        Ok(()) => done(work, &card_id, "delete"),
        // The number that tells of a card that is gone also tells of one in review.
        Err(error) if is_gone(&error) => match living(state.wechat.cards.card(&card_id).await) {
            Ok(None) => done(work, &card_id, "card_get"),
            Ok(Some(_)) | Err(_) => End::NotDone(CouponEffect::Nothing, error.into()),
        },
        Err(error) => match effect::of(&error) {
            Failed::Nothing => End::NotDone(CouponEffect::Nothing, error.into()),
            Failed::Unclear | Failed::Lost => look(state, &run, work, &card_id, error.into()).await,
        },
    };
    end.write(state, &run, work, mode).await
}

/// Finds out what became of a try.
async fn look(state: &AppState, run: &Run, work: &Work, card_id: &CardId, failure: Failure) -> End {
    match living(state.wechat.cards.card(card_id).await) {
        Ok(None) => done(work, card_id, "card_get"),
        Ok(Some(_)) if is_past_flight(run.ended_at, state.clock.now()) => {
            End::NotDone(CouponEffect::Nothing, failure)
        }
        Ok(Some(_)) => End::NotKnown(failure),
        Err(error) => End::NotKnown(error.into()),
    }
}

fn done(work: &Work, card_id: &CardId, why: &'static str) -> End {
    let effect = CouponEffect::Withdrawn { why };
    End::Done(effect, body(work, Some(card_id)))
}

fn body(work: &Work, card_id: Option<&CardId>) -> serde_json::Value {
    json!({
        "id": work.subject,
        "card_id": card_id.map(CardId::as_str),
        "status": "withdrawn",
    })
}
