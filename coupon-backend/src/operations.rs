//! What may act at WeChat: one row each, from the intent to the answer.
//!
//! The intent is written down before WeChat is called, and the effect together with the answer after.
//! Whoever dies in between leaves a row that a repeat of the call, or the worker, finishes by asking
//! WeChat what became of it.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::Instrument;

pub(crate) mod call;
pub(crate) mod change;
mod code;
pub(crate) mod create;
mod effect;
mod once;
pub(crate) mod owner;
pub(crate) mod redeem;
pub(crate) mod state;
pub(crate) mod stock;
pub(crate) mod void;
mod withdraw;
pub(crate) mod worker;

pub(crate) use call::Call;
pub(crate) use code::{forgotten, new_claim};

use crate::{
    failure::Failure,
    state::AppState,
    store::{
        DbError,
        history::{Actor, Who},
        operations::{OperationRow, Run, Settlement},
    },
};
use state::{Kind, Repeat, State, on_repeat};

/// How long a repeat waits for the operation that it joins.
const JOIN: Duration = Duration::from_secs(12);
const FIRST_LOOK: Duration = Duration::from_millis(20);
const LONGEST_LOOK: Duration = Duration::from_millis(500);
/// How often the lease of what runs is renewed.
const RENEW: Duration = Duration::from_secs(3);
/// How often a run is ended again whose end could not be written down.
const ENDINGS: u32 = 20;
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// Seconds until an operation whose outcome is not known is looked into again, times the looks it had.
const LOOK_AGAIN: i64 = 5;
pub(crate) const LONGEST_LOOK_AGAIN: i64 = 300;

/// The answer to a call: its status, and its body as JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// What is known of a call before its body is judged.
pub(crate) enum Found {
    /// It was answered, by now or before.
    Answered(Answer),
    /// It is to be begun; the row is that of the same call which was let go.
    ToBegin(Option<Box<OperationRow>>),
}

/// Whether a caller waits for what is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Somebody asked for it now: what was not done is done.
    Asked,
    /// Nobody waits: it is only found out what became of it.
    Unasked,
}

/// Looks a call's key up; joins what runs under it, finishes what was left.
pub(crate) async fn find(state: &AppState, call: &Call) -> Result<Found, Failure> {
    let Some(key) = &call.key else {
        return Ok(Found::ToBegin(None));
    };
    let joined = async {
        loop {
            let Some(row) = state.store.operation_of_key(key).await? else {
                return Ok(Found::ToBegin(None));
            };
            if !call.is_call_of(&row) {
                return Err(Failure::IdempotencyConflict(
                    "this Idempotency-Key belongs to another call",
                ));
            }
            let now = state.clock.now();
            match on_repeat(row.state, state.owner.has_abandoned(&row, now)) {
                Repeat::Answer => return Ok(Found::Answered(kept(&row)?)),
                Repeat::Restart => return Ok(Found::ToBegin(Some(Box::new(row)))),
                Repeat::Join => {
                    if let Some(answer) = wait(state, &row).await? {
                        return Ok(Found::Answered(answer));
                    }
                }
                Repeat::Resume => {
                    let run = state
                        .store
                        .take_over(&row, state.owner.as_str(), now)
                        .await?;
                    if let Some(run) = run {
                        let answer = execute(state, run, work_of(&row), Mode::Asked).await?;
                        return Ok(Found::Answered(answer));
                    }
                }
            }
        }
    };
    joined.await
}

/// The final answer of a row.
fn kept(row: &OperationRow) -> Result<Answer, Failure> {
    match (row.answer_status, &row.answer_body) {
        (Some(status), Some(body)) => Ok(Answer {
            status: u16::try_from(status).map_err(|_| Failure::Internal)?,
            body: body.clone(),
        }),
        _ => Err(Failure::Internal),
    }
}

/// Waits for the run of a row to end. None when the row has to be looked at anew: its owner is gone,
/// or another operation took over.
async fn wait(state: &AppState, joined: &OperationRow) -> Result<Option<Answer>, Failure> {
    let began = tokio::time::Instant::now();
    let mut pause = FIRST_LOOK;
    while began.elapsed() < JOIN {
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_LOOK);
        let Some(row) = state.store.operation(&joined.id).await? else {
            return Ok(None);
        };
        match row.state {
            State::Running if state.owner.has_abandoned(&row, state.clock.now()) => {
                return Ok(None);
            }
            State::Running => {}
            State::Superseded => return Ok(None),
            // What the run that was waited for came to, final or not.
            State::Done | State::Released | State::Unknown => return kept(&row).map(Some),
        }
    }
    Err(Failure::OperationInProgress)
}

/// What an operation is about.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    pub(crate) kind: Kind,
    pub(crate) subject: String,
    pub(crate) request: String,
}

fn work_of(row: &OperationRow) -> Work {
    Work {
        kind: row.kind,
        subject: row.subject.clone(),
        request: row.request.clone(),
    }
}

/// Whether an operation still has its coupon or code, after a try to finish what nobody works on.
async fn is_held(state: &AppState, holder: &str) -> Result<bool, Failure> {
    let Some(row) = state.store.operation(holder).await? else {
        return Ok(false);
    };
    let now = state.clock.now();
    match row.state {
        State::Running if !state.owner.has_abandoned(&row, now) => return Ok(true),
        State::Running | State::Unknown => {}
        State::Done | State::Released | State::Superseded => return Ok(false),
    }
    let owner = state.owner.as_str();
    if let Some(run) = state.store.take_over(&row, owner, now).await? {
        execute(state, run, work_of(&row), Mode::Unasked).await?;
    }
    let row = state.store.operation(holder).await?;
    if row.as_ref().is_some_and(|row| row.state == State::Unknown) {
        return Err(Failure::OperationInProgress);
    }
    Ok(row.is_some_and(|row| row.state == State::Running))
}

/// Does the work of a run, in a task of its own: it goes on when the caller goes away, and the end of
/// the program waits for it.
pub(crate) async fn execute(
    state: &AppState,
    run: Run,
    work: Work,
    mode: Mode,
) -> Result<Answer, Failure> {
    let worker = state.clone();
    let task = async move {
        let first = attempt(&worker, run.clone(), &work, mode).await;
        if let Err(error) = &first {
            tracing::warn!(operation.id = run.id, %error, "the end of an operation could not be written down");
            let again = worker.clone();
            worker
                .tasks
                .spawn(async move { end_later(&again, run, &work).await });
        }
        first
    };
    let task = state.tasks.spawn(task.instrument(tracing::Span::current()));
    match task.await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(Failure::Internal),
    }
}

/// One attempt at the work, its lease renewed meanwhile.
async fn attempt(state: &AppState, run: Run, work: &Work, mode: Mode) -> Result<Answer, DbError> {
    let id = run.id.clone();
    let stop = CancellationToken::new();
    let renewing = state
        .tasks
        .spawn(renew(state.clone(), run.clone(), stop.clone()));
    let _stop = stop.drop_guard();
    let answer = match work.kind {
        Kind::Redeem => redeem::drive(state, run, work, mode).await,
        Kind::Create => create::drive(state, run, work, mode).await,
        Kind::Stock => stock::drive(state, run, work, mode).await,
        Kind::Withdraw => withdraw::drive(state, run, work, mode).await,
        Kind::Void => void::drive(state, run, work, mode).await,
    };
    drop(renewing);
    match answer? {
        Some(answer) => Ok(answer),
        // Somebody else took over; what that one says is what counts.
        None => match state.store.operation(&id).await? {
            Some(row) if row.state == State::Done => {
                Ok(kept(&row).unwrap_or_else(|failure| refusal(&failure)))
            }
            _ => Ok(refusal(&Failure::OperationInProgress)),
        },
    }
}

async fn renew(state: AppState, run: Run, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(RENEW) => {}
        }
        // One that fails leaves the lease to end; then another finds out what became of it.
        match state.store.renew_lease(&run, state.clock.now()).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => tracing::warn!(%error, "a lease could not be renewed"),
        }
    }
}

/// The storage failed when a run was to end: once it is back it is found out what became of the run,
/// which may have acted.
async fn end_later(state: &AppState, mut run: Run, work: &Work) {
    run.may_have_acted = true;
    run.ended_at = Some(state.clock.now());
    let mut pause = FIRST_LOOK * 5;
    for _ in 0..ENDINGS {
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
        match attempt(state, run.clone(), work, Mode::Unasked).await {
            Ok(_) => return,
            Err(error) => tracing::warn!(operation.id = run.id, %error, "still not written down"),
        }
    }
}

/// How a run is settled that ends with a failure.
pub(crate) fn settled(failure: &Failure, run: &Run, ended_at: Option<i64>) -> Settlement {
    failure.log();
    let (status, body) = failure.parts();
    Settlement {
        state: if failure.is_final() {
            State::Done
        } else {
            State::Released
        },
        status: status.as_u16(),
        body: body.to_string(),
        ended_at: ended_at.or(run.ended_at),
        due_at: 0,
    }
}

/// How a run is settled of which nobody knows whether it acted.
pub(crate) fn unknown(failure: &Failure, run: &Run, ended_at: i64, now: i64) -> Settlement {
    let wait = LOOK_AGAIN
        .saturating_mul(run.put_off + 1)
        .min(LONGEST_LOOK_AGAIN);
    Settlement {
        state: State::Unknown,
        due_at: now + wait,
        ..settled(failure, run, Some(ended_at))
    }
}

/// A failure as an answer.
pub(crate) fn refusal(failure: &Failure) -> Answer {
    let (status, body) = failure.parts();
    Answer {
        status: status.as_u16(),
        body: body.to_string(),
    }
}

impl From<Settlement> for Answer {
    fn from(settlement: Settlement) -> Self {
        Self {
            status: settlement.status,
            body: settlement.body,
        }
    }
}

/// Who is behind a run, for the history.
fn actor(run: &Run, mode: Mode) -> Actor<'_> {
    Actor {
        who: if mode == Mode::Asked {
            Who::Staff
        } else {
            Who::System
        },
        request_id: run.request_id.as_deref(),
    }
}
