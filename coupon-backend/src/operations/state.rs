//! The states of an operation and every way from one to another: plain functions over plain data.

use crate::claim::ClaimStatus;

/// Seconds that an owner's lease lasts; it is renewed while the owner works.
pub(crate) const LEASE: i64 = 10;
/// Seconds after which a call whose answer was lost cannot act any more: by then it has either
/// arrived or gone.
pub(crate) const IN_FLIGHT: i64 = 30;
/// Seconds by which WeChat's clock may be ahead of ours when it dates what we did.
const CLOCK_TOLERANCE: i64 = 1;

/// How far an operation has come; the migration says what each means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Running,
    Unknown,
    Released,
    Superseded,
    Done,
}

impl State {
    pub(crate) const ALL: [Self; 5] = [
        Self::Running,
        Self::Unknown,
        Self::Released,
        Self::Superseded,
        Self::Done,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Unknown => "unknown",
            Self::Released => "released",
            Self::Superseded => "superseded",
            Self::Done => "done",
        }
    }
}

impl TryFrom<String> for State {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|state| state.as_str() == text);
        known.ok_or_else(|| format!("no state of an operation: {text}"))
    }
}

/// What an operation does at WeChat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Create,
    Redeem,
    Stock,
    Withdraw,
    Void,
}

impl Kind {
    pub(crate) const ALL: [Self; 5] = [
        Self::Create,
        Self::Redeem,
        Self::Stock,
        Self::Withdraw,
        Self::Void,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Redeem => "redeem",
            Self::Stock => "stock",
            Self::Withdraw => "withdraw",
            Self::Void => "void",
        }
    }
}

impl TryFrom<String> for Kind {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        known.ok_or_else(|| format!("no kind of operation: {text}"))
    }
}

/// Whether a lease no longer protects its owner. One that ends later than any lease can was written
/// by a clock that was wrong.
pub(crate) fn is_lease_over(lease_until: i64, now: i64) -> bool {
    lease_until <= now || lease_until > now + LEASE
}

/// What a repeat of a call finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// The final answer.
    Answer,
    /// An owner who works on it: wait for the outcome.
    Join,
    /// Something that may have acted and nobody works on: find out and finish it.
    Resume,
    /// Something that surely did not act: begin again.
    Restart,
}

/// What a repeat has to do; `is_abandoned` when the owner is dead or its lease is over.
pub(crate) fn on_repeat(state: State, is_abandoned: bool) -> Repeat {
    match state {
        State::Done => Repeat::Answer,
        State::Running if is_abandoned => Repeat::Resume,
        State::Running => Repeat::Join,
        State::Unknown => Repeat::Resume,
        State::Released | State::Superseded => Repeat::Restart,
    }
}

/// When the tries of an operation could have acted, by our clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TryWindow {
    pub(crate) began_at: i64,
    /// None while the last try runs.
    pub(crate) ended_at: Option<i64>,
}

/// A consumption that WeChat pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Consumption {
    /// By WeChat's clock.
    pub(crate) at: i64,
    /// Not through the API.
    pub(crate) is_by_hand: bool,
}

/// Whether a consumption that WeChat dates can be what the tries of an operation did.
pub(crate) fn can_be_ours(window: TryWindow, consumption: Option<Consumption>) -> bool {
    consumption.is_none_or(|consumption| {
        let is_later = window
            .ended_at
            .is_some_and(|ended| consumption.at > ended + CLOCK_TOLERANCE);
        !consumption.is_by_hand && !is_later
    })
}

/// How `/card/code/consume` ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Consume {
    /// WeChat redeemed it.
    Redeemed,
    /// WeChat says that it was consumed before.
    ConsumedBefore,
    /// It surely did nothing.
    DidNothing,
    /// WeChat or a gateway answered, but not whether it acted; it will not act later.
    Unclear,
    /// No answer came; it may still act.
    Lost,
}

/// How `/card/code/get` says that the code stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Consumed,
    /// Not consumed, whatever else it is.
    NotConsumed,
    /// WeChat knows no such code.
    Forgotten,
    /// It was not asked, or did not answer.
    Nothing,
}

/// How WeChat said that a code stands, before an operation sent anything that could redeem it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FirstLook {
    /// It can be redeemed, but for the time; seen then, by our clock.
    Usable(i64),
    /// It stands otherwise.
    Otherwise(ClaimStatus),
    /// WeChat does not know it any more.
    Forgotten,
}

impl FirstLook {
    pub(crate) fn of(status: ClaimStatus, now: i64) -> Self {
        match status {
            ClaimStatus::Claimed => Self::Usable(now),
            status => Self::Otherwise(status),
        }
    }

    /// When WeChat said that the code can be redeemed.
    pub(crate) fn usable_at(self) -> Option<i64> {
        match self {
            Self::Usable(at) => Some(at),
            Self::Otherwise(_) | Self::Forgotten => None,
        }
    }
}

/// What is known in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Conclusion {
    /// This operation redeemed the code.
    Ours,
    /// Somebody else did.
    Theirs,
    /// The code was not redeemed, and will not be by what was sent.
    NotDone,
    /// WeChat does not know the code any more.
    Forgotten,
    /// It has to be asked again.
    NotKnown,
}

/// All that is known of a redemption.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evidence {
    pub(crate) window: TryWindow,
    /// An earlier try of the operation may have acted.
    pub(crate) may_have_acted: bool,
    /// WeChat said before the tries that the code was not consumed.
    pub(crate) was_usable: bool,
    pub(crate) consumption: Option<Consumption>,
    pub(crate) now: i64,
}

impl Evidence {
    /// What is known after a try.
    pub(crate) fn after_consume(self, consume: Consume, seen: Seen) -> Conclusion {
        match consume {
            Consume::Redeemed => Conclusion::Ours,
            Consume::ConsumedBefore if self.may_have_acted => self.consumed(),
            Consume::ConsumedBefore => Conclusion::Theirs,
            // What an earlier try did is as unknown as before.
            Consume::DidNothing if self.may_have_acted => self.after_look(seen),
            Consume::DidNothing => Conclusion::NotDone,
            Consume::Unclear if seen == Seen::NotConsumed && !self.may_have_acted => {
                Conclusion::NotDone
            }
            Consume::Unclear | Consume::Lost => self.after_look(seen),
        }
    }

    /// What is known of tries whose answers were lost.
    pub(crate) fn after_look(self, seen: Seen) -> Conclusion {
        match seen {
            Seen::Consumed => self.consumed(),
            Seen::Forgotten => Conclusion::Forgotten,
            Seen::NotConsumed if self.is_past_flight() => Conclusion::NotDone,
            Seen::NotConsumed | Seen::Nothing => Conclusion::NotKnown,
        }
    }

    /// WeChat has it as consumed. That is what the tries did only if it was not consumed before them.
    fn consumed(self) -> Conclusion {
        if self.was_usable && can_be_ours(self.window, self.consumption) {
            Conclusion::Ours
        } else {
            Conclusion::Theirs
        }
    }

    /// Whether nothing that was sent can still arrive.
    fn is_past_flight(self) -> bool {
        is_past_flight(self.window.ended_at, self.now)
    }
}

/// Whether nothing can still arrive of tries of which the last ended then.
pub(crate) fn is_past_flight(ended_at: Option<i64>, now: i64) -> bool {
    // An end that lies in the future was written by a clock that was wrong.
    ended_at.is_some_and(|ended| now >= ended + IN_FLIGHT || ended > now + LEASE)
}

/// What is known of a change of stock whose answer was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StockConclusion {
    Done,
    NotDone,
    /// Somebody else changed the stock meanwhile: it cannot be told any more.
    Mixed,
    NotKnown,
}

/// What is known when all stock that was ever put in was `before` the try, and is `seen` now.
/// Customers' claims do not change that number. `is_settled`: nothing can arrive any more.
pub(crate) fn stock_after(before: i64, delta: i64, seen: i64, is_settled: bool) -> StockConclusion {
    if seen == before + delta {
        StockConclusion::Done
    } else if !is_settled {
        StockConclusion::NotKnown
    } else if seen == before {
        StockConclusion::NotDone
    } else {
        StockConclusion::Mixed
    }
}

#[cfg(test)]
mod tests;
