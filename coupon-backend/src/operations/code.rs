//! How codes stand at WeChat, and what the ledger is told of it.

use wechat_client::{CardCode, CardId, CheckConsume, CodeDetail, ErrCode, Error};

use super::state::{FirstLook, Seen, State};
use crate::{
    claim::ClaimStatus,
    failure::Failure,
    state::AppState,
    store::{
        DbError,
        claims::{ClaimRow, NewClaim, Source},
        history::Actor,
        operations::{NewOperation, Settlement, Slot},
    },
};

/// Keeps a final answer under the key of a call that needed no run. False when the key was taken
/// meanwhile: what is kept there counts.
pub(super) async fn keep(
    state: &AppState,
    slot: Slot<'_>,
    operation: &NewOperation,
    settlement: &Settlement,
) -> Result<bool, Failure> {
    if operation.idem_key.is_none() || settlement.state != State::Done {
        return Ok(true);
    }
    let owner = state.owner.as_str();
    let now = state.clock.now();
    let kept = state
        .store
        .keep_answer(slot, operation, owner, settlement, now);
    Ok(kept.await?)
}

/// A refusal before anything ran.
pub(super) fn refused(failure: &Failure) -> Settlement {
    let (status, body) = failure.parts();
    Settlement {
        state: if failure.is_final() {
            State::Done
        } else {
            State::Released
        },
        status: status.as_u16(),
        body: body.to_string(),
        ended_at: None,
        due_at: 0,
    }
}

/// Whether a code was redeemed of which the ledger says so: where that rests on a push alone, WeChat
/// is asked, and the ledger set right.
pub(super) async fn confirm(
    state: &AppState,
    claim: &Source,
    code: &str,
    by: Actor<'_>,
) -> Result<ClaimStatus, Failure> {
    let Source::Known(row) = claim else {
        // WeChat has just said so.
        return Ok(ClaimStatus::Redeemed);
    };
    let row = state.store.claim(&row.id).await?;
    if row.status != ClaimStatus::Redeemed || row.is_confirmed != 0 {
        return Ok(row.status);
    }
    let (code, card_id) = (CardCode::from(code), CardId::from(row.card_id.as_str()));
    let cards = &state.wechat.cards;
    let status = match cards.code(&code, Some(&card_id), CheckConsume::No).await {
        Ok(detail) => ClaimStatus::from(&detail.status),
        Err(error) if error.errcode() == Some(ErrCode::UNKNOWN_CODE) => return Ok(row.status),
        Err(error) => return Err(error.into()),
    };
    let now = state.clock.now();
    state.store.judge_redeemed(&row, status, by, now).await?;
    Ok(status)
}

/// How WeChat says that a code of the ledger stands; the ledger is told.
pub(super) async fn ask(
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
pub(super) async fn fetch_code(state: &AppState, code: &str) -> Result<NewClaim, Failure> {
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
pub(super) struct Look {
    pub(super) seen: Seen,
    /// As which the code stands, where WeChat knows it.
    pub(super) status: Option<ClaimStatus>,
    pub(super) failure: Option<Error>,
}

impl Look {
    /// It was not asked.
    pub(super) fn none() -> Self {
        Self {
            seen: Seen::Nothing,
            status: None,
            failure: None,
        }
    }

    /// Whether the code can be redeemed, or made void, as far as WeChat says.
    pub(super) fn is_usable(&self) -> bool {
        self.status.is_some_and(ClaimStatus::is_redeemable)
    }
}

pub(super) async fn look(state: &AppState, claim: &ClaimRow) -> Look {
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

/// How a code stands before anything is sent that could redeem it.
///
/// # Errors
///
/// When WeChat does not say: then nothing may be sent.
pub(super) async fn first_look(state: &AppState, claim: &ClaimRow) -> Result<FirstLook, Failure> {
    let look = look(state, claim).await;
    match (look.failure, look.status) {
        (Some(error), _) => Err(error.into()),
        (None, Some(status)) => Ok(FirstLook::of(status, state.clock.now())),
        (None, None) => Ok(FirstLook::Forgotten),
    }
}

pub(super) fn names(claim: &ClaimRow) -> (CardCode, CardId) {
    (claim.code.as_str().into(), claim.card_id.as_str().into())
}

/// As what a code counts that WeChat no longer knows: one that may be given away was.
pub(crate) async fn forgotten(state: &AppState, claim_id: &str) -> Result<ClaimStatus, DbError> {
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
