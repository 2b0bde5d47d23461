//! Redeems a code at WeChat, once.

use serde::{Deserialize, Serialize};
use serde_json::json;
use wechat_client::{CardCode, CardId, CheckConsume, CodeDetail, ErrCode, Error};

use super::{
    Answer, Call, Mode, Work, actor,
    effect::{self, Effect as Failed},
    execute, settled,
    state::{
        Conclusion, Consume, Consumption, Evidence, Kind, Seen, State, TryWindow, can_be_ours,
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
        claims::{ClaimRow, NewClaim, Source},
        history::{Actor, Who},
        operations::{NewOperation, OperationRow, Run, Settlement, Slot},
        redemptions::{Begun, Effect, RedeemRefusal},
    },
};

const CONSUME: &str = "/card/code/consume";

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
    let operation = NewOperation {
        idem_key: call.key.clone(),
        fingerprint: call.fingerprint,
        kind: Kind::Redeem,
        subject: String::new(),
        request: json!(till).to_string(),
        request_id: call.request_id.clone(),
    };
    let slot = again.map_or(Slot::New, Slot::Again);
    let by = Actor {
        who: Who::Staff,
        request_id: call.request_id.as_deref(),
    };
    let claim = match state.store.claim_of_code(code).await? {
        Some(row) => Source::Known(Box::new(row)),
        None => Source::New(fetch_code(state, code).await?),
    };
    let mut is_corrected = false;
    loop {
        let now = state.clock.now();
        let begun = state
            .store
            .begin_redemption(slot, &operation, &claim, by, &state.owner, now)
            .await?;
        let refusal = match begun {
            Begun::KeyTaken => return Ok(None),
            Begun::Run(run, claim_id) => {
                let work = Work {
                    kind: Kind::Redeem,
                    subject: claim_id,
                    request: operation.request.clone(),
                };
                return execute(state, *run, work, Mode::Asked).await.map(Some);
            }
            Begun::Refused(refusal) => refusal,
        };
        let failure = match refusal {
            RedeemRefusal::Running => return Err(Failure::OperationInProgress),
            RedeemRefusal::Redeemed => Failure::AlreadyRedeemed,
            // It rests on pushes: WeChat's own word counts, and is asked for once.
            RedeemRefusal::Status(_) if !is_corrected => {
                is_corrected = true;
                match ask(state, &claim, code, by).await? {
                    ClaimStatus::Redeemed => Failure::AlreadyRedeemed,
                    status if status.is_redeemable() => continue,
                    status => Failure::NotRedeemable(status.as_str()),
                }
            }
            RedeemRefusal::Status(status) => Failure::NotRedeemable(status.as_str()),
        };
        return keep(state, slot, &operation, &failure)
            .await
            .map(|()| Some(super::refusal(&failure)));
    }
}

/// Keeps a final refusal under the call's key.
async fn keep(
    state: &AppState,
    slot: Slot<'_>,
    operation: &NewOperation,
    failure: &Failure,
) -> Result<(), Failure> {
    if operation.idem_key.is_none() || !failure.is_final() {
        return Ok(());
    }
    let (status, body) = failure.parts();
    let settlement = Settlement {
        state: State::Done,
        status: status.as_u16(),
        body: body.to_string(),
        ended_at: None,
        due_at: 0,
    };
    let owner = state.owner.as_str();
    state
        .store
        .keep_answer(slot, operation, owner, &settlement, state.clock.now())
        .await?;
    Ok(())
}

/// How WeChat says that a code of the ledger stands; the ledger is told.
async fn ask(
    state: &AppState,
    claim: &Source,
    code: &str,
    by: Actor<'_>,
) -> Result<ClaimStatus, Failure> {
    let Source::Known(row) = claim else {
        return Err(Failure::NotFound("nobody holds this code"));
    };
    let (code, card_id) = (CardCode::from(code), CardId::from(row.card_id.as_str()));
    let detail = state
        .wechat
        .cards
        .code(&code, Some(&card_id), CheckConsume::No)
        .await;
    let status = match detail {
        Ok(detail) => ClaimStatus::from(&detail.status),
        // It is as the ledger has it: gone.
        Err(error) if error.errcode() == Some(ErrCode::UNKNOWN_CODE) => return Ok(row.status),
        Err(error) => return Err(error.into()),
    };
    let now = state.clock.now();
    state
        .store
        .set_claim_status(&row.id, status, "code_get", by, now)
        .await?;
    Ok(status)
}

/// A code that WeChat knows and the ledger does not: it was claimed, and the customer's page never
/// told us.
async fn fetch_code(state: &AppState, code: &str) -> Result<NewClaim, Failure> {
    let unknown = || Failure::NotFound("nobody holds this code");
    let code = CardCode::from(code);
    let detail = state.wechat.cards.code(&code, None, CheckConsume::No).await;
    let detail = detail.map_err(|error| match error.errcode() {
        Some(ErrCode::UNKNOWN_CODE) => unknown(),
        _ => error.into(),
    })?;
    if !state.store.has_card(detail.card_id.as_str()).await? {
        return Err(unknown());
    }
    Ok(new_claim(&detail))
}

/// A code as WeChat says that it stands.
pub(crate) fn new_claim(detail: &CodeDetail) -> NewClaim {
    NewClaim {
        card_id: detail.card_id.as_str().to_owned(),
        code: detail.code.as_str().to_owned(),
        status: ClaimStatus::from(&detail.status),
        openid: detail.openid.as_str().to_owned(),
        begins_at: detail.begin_time,
        ends_at: detail.end_time,
    }
}

/// What `/card/code/get` said.
struct Look {
    seen: Seen,
    /// As which the code stands, where WeChat knows it.
    status: Option<ClaimStatus>,
    failure: Option<Error>,
}

impl Look {
    fn none() -> Self {
        Self {
            seen: Seen::Nothing,
            status: None,
            failure: None,
        }
    }
}

async fn look(state: &AppState, claim: &ClaimRow) -> Look {
    let (code, card_id) = names(claim);
    match state
        .wechat
        .cards
        .code(&code, Some(&card_id), CheckConsume::No)
        .await
    {
        Ok(detail) => {
            let status = ClaimStatus::from(&detail.status);
            Look {
                seen: if status == ClaimStatus::Redeemed {
                    Seen::Consumed
                } else {
                    Seen::NotConsumed
                },
                status: Some(status),
                failure: None,
            }
        }
        Err(error) if error.errcode() == Some(ErrCode::UNKNOWN_CODE) => Look {
            seen: Seen::Forgotten,
            status: None,
            failure: None,
        },
        Err(error) => Look {
            failure: Some(error),
            ..Look::none()
        },
    }
}

fn names(claim: &ClaimRow) -> (CardCode, CardId) {
    (claim.code.as_str().into(), claim.card_id.as_str().into())
}

fn evidence(run: &Run, claim: &ClaimRow, ended_at: Option<i64>, now: i64) -> Evidence {
    Evidence {
        window: TryWindow {
            began_at: run.began_at,
            ended_at,
        },
        may_have_acted: run.may_have_acted,
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
    match effect::of(error, CONSUME) {
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

/// As what a code counts that WeChat no longer knows: one that may be given away was.
async fn forgotten(state: &AppState, claim_id: &str) -> Result<ClaimStatus, DbError> {
    let claim = state.store.claim(claim_id).await?;
    let coupon = state.store.coupon_of_card(&claim.card_id).await?;
    let draft: serde_json::Value = coupon
        .and_then(|coupon| serde_json::from_str(&coupon.draft).ok())
        .unwrap_or_default();
    Ok(if draft["can_give_friend"] == true {
        ClaimStatus::Gifted
    } else {
        ClaimStatus::Void
    })
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
