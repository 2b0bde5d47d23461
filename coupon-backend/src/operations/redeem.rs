//! Redeems a code at WeChat, once.
//!
//! WeChat is asked how the code stands before the first try: only what was not consumed then can
//! have been consumed by a try whose answer was lost.

use serde::{Deserialize, Serialize};
use serde_json::json;
use wechat_client::{ErrCode, Error};

use super::{
    Answer, Call, Mode, Work, actor,
    code::{Look, forgotten, look, names, refused},
    effect::{self, Effect as Failed},
    once, settled,
    state::{
        Conclusion, Consume, Consumption, Evidence, FirstLook, Kind, Seen, State, TryWindow,
        can_be_ours,
    },
    unknown,
};
use crate::{
    claim::ClaimStatus,
    clock::rfc3339,
    failure::Failure,
    state::AppState,
    store::{
        DbError,
        claims::ClaimRow,
        operations::{OperationRow, Run, Settlement},
        redemptions::Effect,
    },
};

/// Who redeems a code, and where.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Till {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) staff: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) terminal: Option<String>,
}

/// Redeems a code for a till. None when another call took the key, or the row, meanwhile.
pub(crate) async fn submit(
    state: &AppState,
    call: &Call,
    again: Option<&OperationRow>,
    code: &str,
    till: &Till,
) -> Result<Option<Answer>, Failure> {
    let request = json!(till).to_string();
    once::submit(
        state,
        call,
        again,
        code,
        Kind::Redeem,
        request,
        |status, _| {
            refused(&match status {
                ClaimStatus::Redeemed => Failure::AlreadyRedeemed,
                status => Failure::NotRedeemable(status.as_str()),
            })
        },
    )
    .await
}

fn evidence(run: &Run, claim: &ClaimRow, ended_at: Option<i64>, now: i64) -> Evidence {
    Evidence {
        window: TryWindow {
            began_at: run.began_at,
            ended_at,
        },
        may_have_acted: run.may_have_acted,
        was_usable: run.looked_at.is_some(),
        consumption: consumption(claim),
        now,
    }
}

fn consumption(claim: &ClaimRow) -> Option<Consumption> {
    claim.consumed_at.map(|at| Consumption {
        at,
        is_by_hand: claim.consumed_by_hand != 0,
    })
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
        let window = TryWindow {
            began_at: run.began_at,
            ended_at: run.ended_at,
        };
        if !can_be_ours(window, consumption(&claim)) {
            let end = End::of(Conclusion::Theirs, "push");
            return end.write(state, &run, work, mode).await;
        }
        let look = look(state, &claim).await;
        let conclusion =
            evidence(&run, &claim, run.ended_at, state.clock.now()).after_look(look.seen);
        // Somebody waits, and it was not consumed: the same intent is tried once more.
        let is_to_be_tried = mode == Mode::Asked && look.seen == Seen::NotConsumed;
        if !is_to_be_tried {
            let end = End {
                conclusion,
                why: "code_get",
                status: look.status,
                failure: look.failure.map_or(Failure::WechatUnknown, Failure::from),
                ended_at: run.ended_at,
            };
            return end.write(state, &run, work, mode).await;
        }
        if !state.store.begin_try(&mut run, state.clock.now()).await? {
            return Ok(None);
        }
    } else if let Some(end) = run.first_look.and_then(End::instead_of_a_try) {
        return end.write(state, &run, work, mode).await;
    }
    let end = consume(state, &run, &claim).await?;
    end.write(state, &run, work, mode).await
}

/// One try at WeChat, and what is known after it.
async fn consume(state: &AppState, run: &Run, claim: &ClaimRow) -> Result<End, DbError> {
    let (code, card_id) = names(claim);
    let consumed = state.wechat.cards.consume_code(&code, Some(&card_id)).await;
    let ended_at = Some(state.clock.now());
    let consume = consumed
        .as_ref()
        .map_or_else(meaning, |_| Consume::Redeemed);
    let Err(failure) = consumed else {
        let conclusion =
            evidence(run, claim, ended_at, run.began_at).after_consume(consume, Seen::Nothing);
        return Ok(End {
            ended_at,
            ..End::of(conclusion, "consume")
        });
    };
    let errcode = failure.errcode();
    if errcode == Some(ErrCode::UNKNOWN_CODE) {
        return Ok(End {
            ended_at,
            ..End::of(Conclusion::Forgotten, "consume")
        });
    }
    let is_clear = match consume {
        Consume::Redeemed | Consume::ConsumedBefore => true,
        // A reason that WeChat gives with a number of its own has to be looked up.
        Consume::DidNothing => !run.may_have_acted && errcode != Some(ErrCode::CODE_UNAVAILABLE),
        Consume::Unclear | Consume::Lost => false,
    };
    let look = if is_clear {
        Look::none()
    } else {
        look(state, claim).await
    };
    // WeChat may have pushed meanwhile.
    let claim = state.store.claim(&claim.id).await?;
    let evidence = evidence(run, &claim, ended_at, state.clock.now());
    Ok(End {
        conclusion: evidence.after_consume(consume, look.seen),
        why: "consume",
        status: look.status,
        failure: failure_of(failure, look.status),
        ended_at,
    })
}

fn meaning(error: &Error) -> Consume {
    if error.errcode() == Some(ErrCode::CODE_CONSUMED) {
        return Consume::ConsumedBefore;
    }
    match effect::of(error) {
        Failed::Nothing => Consume::DidNothing,
        Failed::Unclear => Consume::Unclear,
        Failed::Lost => Consume::Lost,
    }
}

/// What a caller reads of a redemption that was not done. Reasons that depend on the time are
/// WeChat's, not our clock's.
fn failure_of(error: Error, status: Option<ClaimStatus>) -> Failure {
    match error.errcode() {
        Some(ErrCode::INVALID_TIME) => Failure::NotRedeemable("not_yet_valid"),
        Some(ErrCode::CODE_UNAVAILABLE) => Failure::NotRedeemable(match status {
            Some(status) if status != ClaimStatus::Claimed && status != ClaimStatus::Redeemed => {
                status.as_str()
            }
            _ => "unavailable",
        }),
        _ => error.into(),
    }
}

/// How a run ends.
struct End {
    conclusion: Conclusion,
    why: &'static str,
    /// How WeChat says that the code stands.
    status: Option<ClaimStatus>,
    /// What the caller reads when it was not redeemed.
    failure: Failure,
    ended_at: Option<i64>,
}

impl End {
    fn of(conclusion: Conclusion, why: &'static str) -> Self {
        Self {
            conclusion,
            why,
            status: None,
            failure: Failure::WechatUnknown,
            ended_at: None,
        }
    }

    /// How a run ends that finds a code that cannot be redeemed; nothing is sent.
    fn instead_of_a_try(look: FirstLook) -> Option<Self> {
        let of = |conclusion| Self::of(conclusion, "code_get");
        match look {
            FirstLook::Usable(_) => None,
            FirstLook::Otherwise(ClaimStatus::Redeemed) => Some(of(Conclusion::Theirs)),
            FirstLook::Otherwise(status) => Some(Self {
                status: Some(status),
                failure: Failure::NotRedeemable(status.as_str()),
                ..of(Conclusion::NotDone)
            }),
            FirstLook::Forgotten => Some(of(Conclusion::Forgotten)),
        }
    }

    /// Writes it down, effect and answer together.
    async fn write(
        self,
        state: &AppState,
        run: &Run,
        work: &Work,
        mode: Mode,
    ) -> Result<Option<Answer>, DbError> {
        let till: Till = serde_json::from_str(&work.request).unwrap_or_default();
        let now = state.clock.now();
        let gone = match self.conclusion {
            Conclusion::Forgotten => forgotten(state, &work.subject).await?,
            _ => ClaimStatus::Void,
        };
        let effect = match self.conclusion {
            Conclusion::Ours => Effect::Redeemed {
                staff: till.staff.as_deref(),
                terminal: till.terminal.as_deref(),
                why: self.why,
            },
            Conclusion::Theirs => Effect::RedeemedElsewhere { why: self.why },
            Conclusion::Forgotten => Effect::Status(gone, self.why),
            Conclusion::NotKnown => Effect::Unknown,
            Conclusion::NotDone => match self.status {
                Some(status)
                    if status != ClaimStatus::Claimed && status != ClaimStatus::Redeemed =>
                {
                    Effect::Status(status, "code_get")
                }
                _ => Effect::Nothing,
            },
        };
        let failure = match self.conclusion {
            Conclusion::Theirs => Failure::AlreadyRedeemed,
            Conclusion::Forgotten => Failure::NotRedeemable(gone.as_str()),
            _ => self.failure,
        };
        let ended_at = self.ended_at.or(run.ended_at);
        let refused = match self.conclusion {
            Conclusion::Ours => None,
            Conclusion::NotKnown => Some(unknown(&failure, run, ended_at.unwrap_or(now), now)),
            _ => Some(settled(&failure, run, ended_at)),
        };
        let answer = |row: &ClaimRow| {
            refused.clone().unwrap_or_else(|| Settlement {
                state: State::Done,
                status: 200,
                body: redeemed(row),
                ended_at,
                due_at: 0,
            })
        };
        let by = actor(run, mode);
        let ended = state
            .store
            .end_redemption(run, &work.subject, effect, by, now, answer)
            .await?;
        Ok(ended.map(Answer::from))
    }
}

fn redeemed(row: &ClaimRow) -> String {
    json!({
        "code": row.code,
        "card_id": row.card_id,
        "status": "redeemed",
        "redeemed_at": row.redeemed_at.map(rfc3339),
    })
    .to_string()
}
