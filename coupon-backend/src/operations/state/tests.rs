//! Every way from one state to another, and what is concluded of a redemption.

use proptest::prelude::*;

use super::*;

#[test]
fn a_lease_ends_and_one_from_the_future_never_began() {
    assert!(!is_lease_over(105, 100));
    assert!(!is_lease_over(100 + LEASE, 100));
    assert!(is_lease_over(100, 100));
    assert!(is_lease_over(101 + LEASE, 100));
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

#[test]
fn a_repeat_waits_for_an_owner_who_works_and_goes_on_for_one_who_does_not() {
    assert_eq!(on_repeat(State::Running, false), Repeat::Join);
    assert_eq!(on_repeat(State::Running, true), Repeat::Resume);
    for is_abandoned in [false, true] {
        assert_eq!(on_repeat(State::Unknown, is_abandoned), Repeat::Resume);
    }
}

#[test]
fn a_consumption_is_ours_up_to_a_second_after_the_last_try() {
    let consumption = |at, is_by_hand| Some(Consumption { at, is_by_hand });
    let ended = TryWindow {
        began_at: 90,
        ended_at: Some(100),
    };
    let running = TryWindow {
        began_at: 90,
        ended_at: None,
    };
    for (window, consumption, expected) in [
        (ended, None, true),
        (ended, consumption(95, false), true),
        (ended, consumption(101, false), true),
        (ended, consumption(102, false), false),
        (ended, consumption(95, true), false),
        (running, consumption(9999, false), true),
        (running, consumption(95, true), false),
    ] {
        let is_ours = can_be_ours(window, consumption);
        assert_eq!(is_ours, expected, "{window:?} {consumption:?}");
    }
}

#[test]
fn a_code_was_usable_when_wechat_said_so() {
    let first = FirstLook::of(ClaimStatus::Claimed, 100);
    assert_eq!(first.usable_at(), Some(100));
    let void = FirstLook::of(ClaimStatus::Void, 100);
    assert_eq!(void, FirstLook::Otherwise(ClaimStatus::Void));
    assert_eq!(void.usable_at(), None);
    assert_eq!(FirstLook::Forgotten.usable_at(), None);
}

#[test]
fn nothing_arrives_any_more_after_its_time() {
    for (ended_at, expected) in [
        (None, false),
        (Some(100 - IN_FLIGHT), true),
        (Some(101 - IN_FLIGHT), false),
        (Some(100 + LEASE), false),
        (Some(101 + LEASE), true),
    ] {
        assert_eq!(is_past_flight(ended_at, 100), expected, "{ended_at:?}");
    }
}

#[test]
fn what_is_concluded_of_a_redemption() {
    use Conclusion::{Forgotten, NotDone, NotKnown, Ours, Theirs};
    use Consume::{ConsumedBefore, DidNothing, Lost, Redeemed, Unclear};

    // The code was usable before the tries, and what they sent may still be on its way.
    let evidence = |may_have_acted| Evidence {
        window: TryWindow {
            began_at: 90,
            ended_at: Some(100),
        },
        may_have_acted,
        was_usable: true,
        consumption: None,
        now: 100,
    };
    for (consume, may_have_acted, seen, expected) in [
        (Redeemed, false, Seen::Nothing, Ours),
        // The first try was answered: what was consumed before it is not its own.
        (ConsumedBefore, false, Seen::Consumed, Theirs),
        (ConsumedBefore, true, Seen::Consumed, Ours),
        (DidNothing, false, Seen::Consumed, NotDone),
        (DidNothing, true, Seen::Consumed, Ours),
        (DidNothing, true, Seen::NotConsumed, NotKnown),
        (DidNothing, true, Seen::Forgotten, Forgotten),
        // An answered try will not act later, an earlier one that was lost may.
        (Unclear, false, Seen::NotConsumed, NotDone),
        (Unclear, true, Seen::NotConsumed, NotKnown),
        (Unclear, false, Seen::Consumed, Ours),
        (Unclear, false, Seen::Nothing, NotKnown),
        (Lost, false, Seen::NotConsumed, NotKnown),
        (Lost, false, Seen::Consumed, Ours),
        (Lost, false, Seen::Forgotten, Forgotten),
    ] {
        let concluded = evidence(may_have_acted).after_consume(consume, seen);
        assert_eq!(concluded, expected, "{consume:?} {may_have_acted} {seen:?}");
    }
    // Nothing that was sent can arrive any more.
    let later = Evidence {
        now: 130,
        ..evidence(true)
    };
    assert_eq!(later.after_consume(DidNothing, Seen::NotConsumed), NotDone);
    assert_eq!(later.after_consume(Lost, Seen::NotConsumed), NotDone);
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
