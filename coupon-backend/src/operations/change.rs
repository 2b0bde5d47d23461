//! Changes of a coupon's card, one at a time: what their kinds have in common.

use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;
use wechat_client::{CardDetail, CardStatus, ErrCode, Error};

use super::{
    Answer, Call, FIRST_LOOK, JOIN, LONGEST_LOOK, Mode, Work, actor, execute, is_held, settled,
    state::{Kind, State},
    unknown,
};
use crate::{
    coupon::Status,
    failure::Failure,
    state::AppState,
    store::{
        DbError,
        card_changes::{Begun, CouponEffect},
        operations::{NewOperation, OperationRow, Run, Settlement, Slot},
    },
};

/// Changes the card of a coupon, once those who came before are done. None when another call took
/// the key, or the row, meanwhile.
pub(crate) async fn submit(
    state: &AppState,
    call: &Call,
    again: Option<&OperationRow>,
    kind: Kind,
    coupon_id: &str,
    request: &impl Serialize,
) -> Result<Option<Answer>, Failure> {
    let operation = NewOperation {
        idem_key: call.key.clone(),
        fingerprint: call.fingerprint,
        kind,
        subject: coupon_id.to_owned(),
        request: serde_json::to_string(request).map_err(|_| Failure::Internal)?,
        request_id: call.request_id.clone(),
        first_look: None,
    };
    let slot = again.map_or(Slot::New, Slot::Again);
    let started = Instant::now();
    let mut pause = FIRST_LOOK;
    while started.elapsed() < JOIN {
        let coupon = state.store.coupon(coupon_id).await?;
        let coupon = coupon.ok_or(Failure::NotFound("no such coupon"))?;
        if let Some(holder) = &coupon.operation_id
            && is_held(state, holder).await?
        {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_LOOK);
            continue;
        }
        let (owner, now) = (state.owner.as_str(), state.clock.now());
        let begun = state.store.begin_card_change(slot, &operation, owner, now);
        match begun.await? {
            Begun::KeyTaken => return Ok(None),
            Begun::NoCoupon => return Err(Failure::NotFound("no such coupon")),
            Begun::Held => {}
            Begun::Run(run) => {
                let work = Work {
                    kind,
                    subject: operation.subject,
                    request: operation.request,
                };
                return execute(state, *run, work, Mode::Asked).await.map(Some);
            }
        }
    }
    Err(Failure::OperationInProgress)
}

/// How a run ends.
pub(super) enum End {
    Done(CouponEffect, Value),
    /// It surely did not act; what was seen of the coupon meanwhile is written down.
    NotDone(CouponEffect, Failure),
    NotKnown(Failure),
}

impl End {
    /// Writes it down, effect and answer together. None when another process has taken the run over.
    pub(super) async fn write(
        self,
        state: &AppState,
        run: &Run,
        work: &Work,
        mode: Mode,
    ) -> Result<Option<Answer>, DbError> {
        let now = state.clock.now();
        let ended_at = run.ended_at.unwrap_or(now);
        let (effect, settlement) = match self {
            Self::Done(effect, body) => {
                let settlement = Settlement {
                    state: State::Done,
                    status: 200,
                    body: body.to_string(),
                    ended_at: Some(ended_at),
                    due_at: 0,
                };
                (effect, settlement)
            }
            Self::NotDone(effect, failure) => (effect, settled(&failure, run, Some(ended_at))),
            Self::NotKnown(failure) => {
                let settlement = unknown(&failure, run, ended_at, now);
                (CouponEffect::Unknown, settlement)
            }
        };
        let by = actor(run, mode);
        let subject = &work.subject;
        let ended = state
            .store
            .end_card_change(run, subject, effect, by, &settlement, now);
        Ok(ended.await?.then(|| settlement.into()))
    }

    /// The card is gone.
    pub(super) fn gone() -> Self {
        let effect = CouponEffect::Withdrawn { why: "card_get" };
        Self::NotDone(effect, Failure::NotChangeable(Status::Withdrawn))
    }
}

/// Whether WeChat says that a card is gone.
pub(crate) fn is_gone(error: &Error) -> bool {
    matches!(error, Error::Api { .. })
        && matches!(
            error.errcode(),
            Some(ErrCode::INVALID_CARD_ID | ErrCode::INVALID_CARD_STATUS)
        )
}

/// A card that is there, None when it is gone.
pub(super) fn living(answer: Result<CardDetail, Error>) -> Result<Option<CardDetail>, Error> {
    match answer {
        Ok(card) if card.status == CardStatus::UserDelete => Ok(None),
        Ok(card) => Ok(Some(card)),
        Err(error) if is_gone(&error) => Ok(None),
        Err(error) => Err(error),
    }
}
