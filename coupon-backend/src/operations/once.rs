//! Begins what is done to a code once: a redemption, or making it void.

use super::{
    Answer, Call, Mode, Work,
    code::{ask, confirm, fetch_code, first_look, keep},
    execute, is_held,
    state::{FirstLook, Kind},
};
use crate::{
    claim::ClaimStatus,
    failure::Failure,
    state::AppState,
    store::{
        claims::Source,
        history::{Actor, Who},
        operations::{NewOperation, OperationRow, Settlement, Slot},
        redemptions::{Begun, RedeemRefusal},
    },
};

/// Begins and does it; `refused` gives the answer for a code that stands otherwise, by its status
/// and its card. None when another call took the key, or the row, meanwhile.
///
/// Before a redemption WeChat is asked how the code stands. Where the ledger has the answer, or
/// another operation has the code, it is not asked here.
pub(super) async fn submit(
    state: &AppState,
    call: &Call,
    again: Option<&OperationRow>,
    code: &str,
    kind: Kind,
    request: String,
    refused: impl Fn(ClaimStatus, &str) -> Settlement,
) -> Result<Option<Answer>, Failure> {
    let mut operation = NewOperation {
        idem_key: call.key.clone(),
        fingerprint: call.fingerprint,
        kind,
        subject: String::new(),
        request,
        request_id: call.request_id.clone(),
        first_look: None,
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
    let is_looked_at = kind == Kind::Redeem;
    if is_looked_at {
        operation.first_look = match &claim {
            Source::Known(row) if row.operation_id.is_none() && row.status.is_redeemable() => {
                Some(first_look(state, row).await?)
            }
            Source::Known(_) => None,
            // WeChat has just said so.
            Source::New(new) => Some(FirstLook::of(new.status, state.clock.now())),
        };
    }
    let (mut is_freed, mut is_corrected) = (false, false);
    loop {
        let now = state.clock.now();
        let begun = state
            .store
            .begin_redemption(slot, &operation, &claim, by, &state.owner, now);
        let refusal = match begun.await? {
            Begun::KeyTaken => return Ok(None),
            Begun::Run(run, claim_id) => {
                let work = Work {
                    kind,
                    subject: claim_id,
                    request: operation.request.clone(),
                };
                return execute(state, *run, work, Mode::Asked).await.map(Some);
            }
            Begun::Refused(refusal) => refusal,
        };
        // What rests on pushes alone is asked of WeChat, once: its own word counts.
        let status = match refusal {
            RedeemRefusal::Running if is_freed => return Err(Failure::OperationInProgress),
            RedeemRefusal::Running => {
                let row = state.store.claim_of_code(code).await?;
                let holder = row.and_then(|row| row.operation_id);
                if let Some(holder) = holder
                    && is_held(state, &holder).await?
                {
                    return Err(Failure::OperationInProgress);
                }
                is_freed = true;
                continue;
            }
            RedeemRefusal::NotLookedAt => {
                let Source::Known(row) = &claim else {
                    return Err(Failure::Internal);
                };
                operation.first_look = Some(first_look(state, row).await?);
                continue;
            }
            RedeemRefusal::Redeemed if is_corrected => ClaimStatus::Redeemed,
            RedeemRefusal::Status(status) if is_corrected => status,
            RedeemRefusal::Redeemed => confirm(state, &claim, code, by).await?,
            RedeemRefusal::Status(_) => ask(state, &claim, code, by).await?,
        };
        if !is_corrected && status.is_redeemable() {
            is_corrected = true;
            if is_looked_at {
                operation.first_look = Some(FirstLook::of(status, state.clock.now()));
            }
            continue;
        }
        let settlement = refused(status, claim.card_id());
        let is_kept = keep(state, slot, &operation, &settlement).await?;
        return Ok(is_kept.then(|| settlement.into()));
    }
}
