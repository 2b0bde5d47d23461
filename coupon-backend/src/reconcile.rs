//! Brings ledger and WeChat together, in rounds: now and then, at start, and when an admin asks.
//!
//! One instance at a time does it. A round asks about a bounded number of coupons and codes, those
//! first that were not asked about for the longest, so that a round that is cut off goes on in the
//! next; and one about which WeChat says nothing goes to the end, so that it holds up no other.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use crate::{
    failure::Failure,
    operations::worker::finish_all,
    state::AppState,
    store::{
        DbError,
        reconcile::{Drift, RoundRow},
    },
};

mod cards;
mod codes;
mod holders;

pub(crate) use cards::seen_card;

/// The right that one instance has at a time.
const LEASE: &str = "reconcile";
/// Seconds that it lasts; it is renewed while a round runs.
const LEASE_SECONDS: i64 = 10;
const RENEW: Duration = Duration::from_secs(3);
/// How long an admin's round waits for one that runs.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(100);
/// Seconds for which a round is kept.
const KEPT: i64 = 7 * 24 * 3600;
/// After so many items in a row about which WeChat says nothing, it is away.
const AWAY: u32 = 5;

/// Why a round is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    Timer,
    /// An admin asks: everything is looked at, however lately it was.
    Admin,
}

impl Cause {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Timer => "timer",
            Self::Admin => "admin",
        }
    }

    /// Coupons and codes that are asked about at most.
    const fn limits(self) -> (i64, i64) {
        match self {
            Self::Timer => (50, 100),
            Self::Admin => (500, 2000),
        }
    }

    /// Customers of whom it is asked what they hold, at most.
    const fn most_holders(self) -> i64 {
        match self {
            Self::Timer => 20,
            Self::Admin => 500,
        }
    }

    /// Seconds since the last question after which a code is asked about again.
    const fn age(self) -> i64 {
        match self {
            Self::Timer => 600,
            Self::Admin => 0,
        }
    }
}

/// Makes a round now and then, until `stop`.
pub(crate) async fn watch(state: AppState, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match round(&state, Cause::Timer, &stop).await {
            Ok(Some(round)) if round.changed > 0 => tracing::info!(
                reconciliation.id = round.id,
                round.asked,
                round.changed,
                "ledger and WeChat differed"
            ),
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the reconciliation"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(state.reconcile_every) => {}
        }
    }
}

/// Makes a round. None while another instance makes one.
pub(crate) async fn round(
    state: &AppState,
    cause: Cause,
    stop: &CancellationToken,
) -> Result<Option<RoundRow>, Failure> {
    let _alone = Arc::clone(&state.reconciling).lock_owned().await;
    let holder = state.owner.as_str();
    let began = tokio::time::Instant::now();
    while !state.store.try_lease(LEASE, holder, LEASE_SECONDS).await? {
        if cause == Cause::Timer || began.elapsed() > PATIENCE {
            return Ok(None);
        }
        tokio::time::sleep(PAUSE).await;
    }
    let lost = stop.child_token();
    let renewing = tokio::spawn(renew(state.clone(), lost.clone()));
    let done = Round::begin(state, cause, lost).await;
    renewing.abort();
    if let Err(error) = state.store.release_lease(LEASE, holder).await {
        tracing::warn!(%error, "a lease could not be given back; it ends by itself");
    }
    Ok(Some(done?))
}

async fn renew(state: AppState, lost: CancellationToken) {
    loop {
        tokio::time::sleep(RENEW).await;
        let renewed = state
            .store
            .try_lease(LEASE, state.owner.as_str(), LEASE_SECONDS);
        match renewed.await {
            Ok(true) => {}
            Ok(false) => return lost.cancel(),
            Err(error) => tracing::warn!(%error, "a lease could not be renewed"),
        }
    }
}

/// A round that runs.
struct Round<'a> {
    state: &'a AppState,
    cause: Cause,
    row: RoundRow,
    /// Items in a row about which WeChat said nothing.
    silent: u32,
    /// Cancelled when the program ends or the lease is lost.
    stop: CancellationToken,
}

impl<'a> Round<'a> {
    async fn begin(
        state: &'a AppState,
        cause: Cause,
        stop: CancellationToken,
    ) -> Result<RoundRow, Failure> {
        let now = state.clock.now();
        let id = state.store.begin_round(cause.as_str(), now).await?;
        let row = RoundRow {
            id,
            cause: cause.as_str().to_owned(),
            started_at: now,
            ended_at: None,
            asked: 0,
            failed: 0,
            changed: 0,
        };
        let mut round = Round {
            state,
            cause,
            row,
            silent: 0,
            stop,
        };
        let done = round.run().await;
        round.row.ended_at = Some(state.clock.now());
        state.store.end_round(&round.row).await?;
        done?;
        while state.store.remove_rounds(now - KEPT).await? {}
        Ok(round.row)
    }

    async fn run(&mut self) -> Result<(), DbError> {
        let finished = finish_all(self.state, &self.stop, self.cause == Cause::Admin).await;
        for row in finished {
            self.row.asked += 1;
            self.row.changed += 1;
            let became = self.state.store.operation(&row.id).await?;
            let became = became.map(|row| row.state.as_str().to_owned());
            let was = Some(row.state.as_str().to_owned());
            let drift = Drift::new("operation", &row.id, row.kind.as_str(), was, became);
            self.state.store.note_drift(&self.row.id, &drift).await?;
        }
        self.coupons_without_card().await?;
        self.coupons().await?;
        self.codes().await?;
        self.holders().await?;
        self.orphans().await
    }

    /// Whether the round ends early.
    fn is_over(&self) -> bool {
        self.stop.is_cancelled() || self.silent >= AWAY
    }

    /// Counts an item about which WeChat said nothing.
    fn failed(&mut self, error: &wechat_client::Error) {
        tracing::warn!(%error, "WeChat says nothing about an item of the reconciliation");
        self.row.failed += 1;
        if error.is_outage() {
            self.silent += 1;
        }
    }
}
