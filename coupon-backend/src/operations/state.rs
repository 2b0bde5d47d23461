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
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_lease_ends_and_one_from_the_future_never_began() {
        assert!(!is_lease_over(105, 100));
        assert!(!is_lease_over(100 + LEASE, 100));
        assert!(is_lease_over(100, 100));
        assert!(
            is_lease_over(7300, 100),
            "written by a clock two hours ahead"
        );
    }

    #[test]
    fn every_state_has_a_name() {
        for state in State::ALL {
            assert_eq!(State::try_from(state.as_str().to_owned()), Ok(state));
        }
        State::try_from("asleep".to_owned()).unwrap_err();
    }

    #[test]
    fn every_kind_has_a_name() {
        for kind in Kind::ALL {
            assert_eq!(Kind::try_from(kind.as_str().to_owned()), Ok(kind));
        }
        Kind::try_from("dance".to_owned()).unwrap_err();
    }

    #[test]
    fn a_lost_change_of_stock_is_told_by_what_was_put_in() {
        use StockConclusion::{Done, Mixed, NotDone, NotKnown};

        for (seen, is_settled, expected) in [
            (130, false, Done),
            (130, true, Done),
            (100, false, NotKnown),
            (100, true, NotDone),
            (110, false, NotKnown),
            (110, true, Mixed),
        ] {
            assert_eq!(stock_after(100, 30, seen, is_settled), expected, "{seen}");
        }
        assert_eq!(stock_after(100, -30, 70, false), Done);
    }

    #[test]
    fn a_repeat_never_begins_again_what_may_have_acted() {
        for state in State::ALL {
            for is_abandoned in [false, true] {
                let repeat = on_repeat(state, is_abandoned);
                let may_have_acted = matches!(state, State::Running | State::Unknown);
                assert_eq!(
                    repeat == Repeat::Restart,
                    !may_have_acted && state != State::Done
                );
                assert_eq!(repeat == Repeat::Answer, state == State::Done);
            }
        }
    }

    fn evidence() -> impl Strategy<Value = Evidence> {
        let consumption = proptest::option::of((0..300_i64, any::<bool>()));
        (
            0..100_i64,
            proptest::option::of(0..50_i64),
            any::<bool>(),
            any::<bool>(),
            consumption,
            0..300_i64,
        )
            .prop_map(
                |(began_at, lasted, may_have_acted, was_usable, consumption, now)| Evidence {
                    window: TryWindow {
                        began_at,
                        ended_at: lasted.map(|lasted| began_at + lasted),
                    },
                    may_have_acted,
                    was_usable,
                    consumption: consumption.map(|(at, is_by_hand)| Consumption { at, is_by_hand }),
                    now,
                },
            )
    }

    fn consume() -> impl Strategy<Value = Consume> {
        prop::sample::select(vec![
            Consume::Redeemed,
            Consume::ConsumedBefore,
            Consume::DidNothing,
            Consume::Unclear,
            Consume::Lost,
        ])
    }

    fn seen() -> impl Strategy<Value = Seen> {
        prop::sample::select(vec![
            Seen::Consumed,
            Seen::NotConsumed,
            Seen::Forgotten,
            Seen::Nothing,
        ])
    }

    proptest! {
        #[test]
        fn what_surely_did_nothing_leaves_the_state_as_it_was(evidence in evidence(), seen in seen()) {
            let fresh = Evidence { may_have_acted: false, ..evidence };
            prop_assert_eq!(fresh.after_consume(Consume::DidNothing, seen), Conclusion::NotDone);
        }

        #[test]
        fn nothing_is_ours_that_wechat_dates_after_the_try_or_calls_done_by_hand(
            evidence in evidence(), consume in consume(), seen in seen(),
        ) {
            prop_assume!(consume != Consume::Redeemed);
            if let Some(consumption) = evidence.consumption {
                let is_later = evidence.window.ended_at.is_some_and(|end| consumption.at > end + 1);
                if consumption.is_by_hand || is_later {
                    prop_assert_ne!(evidence.after_consume(consume, seen), Conclusion::Ours);
                }
            }
        }

        #[test]
        fn nothing_is_ours_that_wechat_did_not_call_usable_before(
            evidence in evidence(), consume in consume(), seen in seen(),
        ) {
            prop_assume!(consume != Consume::Redeemed);
            let evidence = Evidence { was_usable: false, ..evidence };
            prop_assert_ne!(evidence.after_consume(consume, seen), Conclusion::Ours);
            prop_assert_ne!(evidence.after_look(seen), Conclusion::Ours);
        }

        #[test]
        fn a_lost_answer_is_settled_as_not_done_only_when_nothing_can_arrive_any_more(
            evidence in evidence(),
        ) {
            let conclusion = evidence.after_consume(Consume::Lost, Seen::NotConsumed);
            let ended = evidence.window.ended_at;
            let recent = ended.is_none_or(|end| evidence.now < end + 30 && end <= evidence.now + 10);
            prop_assert_eq!(conclusion == Conclusion::NotDone, !recent);
        }

        #[test]
        fn without_word_from_wechat_what_may_have_acted_stays_unknown(
            evidence in evidence(), consume in consume(),
        ) {
            prop_assume!(matches!(consume, Consume::Unclear | Consume::Lost));
            prop_assert_eq!(evidence.after_consume(consume, Seen::Nothing), Conclusion::NotKnown);
        }
    }
}
