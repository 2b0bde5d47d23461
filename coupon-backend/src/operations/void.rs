//! Makes a code void at WeChat, once and for good.

use serde::{Deserialize, Serialize};
use serde_json::json;
use wechat_client::{CodeRef, ErrCode};

use super::{
    Answer, Call, Mode, Work, actor,
    code::{self, Look, forgotten, look, names},
    effect::{self, Effect as Failed},
    once, settled,
    state::{Kind, Seen, State, is_past_flight},
    unknown,
};
use crate::{
    claim::ClaimStatus,
    failure::Failure,
    state::AppState,
    store::{
        DbError,
        claims::ClaimRow,
        operations::{OperationRow, Run, Settlement},
        redemptions::Effect,
    },
};

/// Why a code is made void; its holder reads it.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Reason {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

/// Makes a code void. None when another call took the key, or the row, meanwhile.
pub(crate) async fn submit(
    state: &AppState,
    call: &Call,
    again: Option<&OperationRow>,
    code: &str,
    reason: &Reason,
) -> Result<Option<Answer>, Failure> {
    let request = json!(reason).to_string();
    let refused = |status, card_id: &str| match status {
        ClaimStatus::Void => done(code, card_id, None),
        status => code::refused(&refused(status)),
    };
    once::submit(state, call, again, code, Kind::Void, request, refused).await
}

fn refused(status: ClaimStatus) -> Failure {
    match status {
        ClaimStatus::Redeemed => Failure::AlreadyRedeemed,
        status => Failure::NotVoidable(status.as_str()),
    }
}

fn done(code: &str, card_id: &str, ended_at: Option<i64>) -> Settlement {
    let body = json!({"code": code, "card_id": card_id, "status": "void"});
    Settlement {
        state: State::Done,
        status: 200,
        body: body.to_string(),
        ended_at,
        due_at: 0,
    }
}

/// What is known in the end.
enum End {
    Void(&'static str),
    /// It stands so, and was not made void.
    Otherwise(ClaimStatus),
    NotDone(Failure),
    NotKnown(Failure),
}

/// Does the work of a run. None when another process has taken it over.
pub(super) async fn drive(
    state: &AppState,
    mut run: Run,
    work: &Work,
    mode: Mode,
) -> Result<Option<Answer>, DbError> {
    let claim = state.store.claim(&work.subject).await?;
    if run.may_have_acted {
        let look = look(state, &claim).await;
        // It can be made void twice: where it is not it is tried again.
        let is_to_be_tried = mode == Mode::Asked && look.is_usable();
        if !is_to_be_tried {
            let is_settled = is_past_flight(run.ended_at, state.clock.now());
            let end = conclude(state, &claim, look, is_settled, Failure::WechatUnknown).await?;
            return write(state, &run, work, mode, end).await;
        }
        if !state.store.begin_try(&mut run, state.clock.now()).await? {
            return Ok(None);
        }
    }
    let reason: Reason = serde_json::from_str(&work.request).unwrap_or_default();
    let (code, card_id) = names(&claim);
    let answer = state
        .wechat
        .cards
        .make_code_unavailable(CodeRef::custom(&code, &card_id), reason.reason.as_deref())
        .await;
    run.ended_at = Some(state.clock.now());
    let end = match answer {
        Ok(()) => End::Void("unavailable"),
        Err(error) => match effect::of(&error) {
            Failed::Nothing
                if !matches!(
                    error.errcode(),
                    Some(
                        ErrCode::CODE_UNAVAILABLE | ErrCode::CODE_CONSUMED | ErrCode::UNKNOWN_CODE
                    )
                ) =>
            {
                End::NotDone(error.into())
            }
            effect => {
                let look = look(state, &claim).await;
                let is_settled = effect != Failed::Lost && !run.may_have_acted;
                conclude(state, &claim, look, is_settled, error.into()).await?
            }
        },
    };
    write(state, &run, work, mode, end).await
}

/// What a look says; `failure` is what the caller reads when nothing was done.
async fn conclude(
    state: &AppState,
    claim: &ClaimRow,
    look: Look,
    is_settled: bool,
    failure: Failure,
) -> Result<End, DbError> {
    Ok(match (look.seen, look.status) {
        (Seen::Consumed, _) => End::Otherwise(ClaimStatus::Redeemed),
        (Seen::Forgotten, _) => match forgotten(state, &claim.id).await? {
            ClaimStatus::Void => End::Void("code_get"),
            status => End::Otherwise(status),
        },
        (_, Some(ClaimStatus::Void)) => End::Void("code_get"),
        (_, Some(status)) if !status.is_redeemable() => End::Otherwise(status),
        (Seen::NotConsumed, _) if is_settled => End::NotDone(failure),
        _ => End::NotKnown(look.failure.map_or(failure, Failure::from)),
    })
}

/// Writes the end down, effect and answer together.
async fn write(
    state: &AppState,
    run: &Run,
    work: &Work,
    mode: Mode,
    end: End,
) -> Result<Option<Answer>, DbError> {
    let now = state.clock.now();
    let ended_at = run.ended_at.unwrap_or(now);
    let (effect, refused) = match &end {
        End::Void(why) => (Effect::Status(ClaimStatus::Void, why), None),
        End::Otherwise(ClaimStatus::Redeemed) => {
            let why = "code_get";
            let refused = settled(&Failure::AlreadyRedeemed, run, Some(ended_at));
            (Effect::RedeemedElsewhere { why }, Some(refused))
        }
        End::Otherwise(status) => {
            let refused = settled(&refused(*status), run, Some(ended_at));
            (Effect::Status(*status, "code_get"), Some(refused))
        }
        End::NotDone(failure) => (Effect::Nothing, Some(settled(failure, run, Some(ended_at)))),
        End::NotKnown(failure) => (Effect::Unknown, Some(unknown(failure, run, ended_at, now))),
    };
    let answer = |row: &ClaimRow| {
        refused
            .clone()
            .unwrap_or_else(|| done(&row.code, &row.card_id, Some(ended_at)))
    };
    let by = actor(run, mode);
    let ended = state
        .store
        .end_redemption(run, &work.subject, effect, by, now, answer);
    Ok(ended.await?.map(Answer::from))
}
