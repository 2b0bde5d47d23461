//! The states of a code, and what the book of codes counts.

use super::*;

fn code(text: &str) -> Code {
    Code {
        code: text.into(),
        card: 0,
        user: 0,
        status: CodeStatus::Normal,
        is_gift: false,
        begin_time: 0,
        end_time: 10,
        outer_str: None,
    }
}

#[test]
fn what_ends_a_code_ends_it_for_good() {
    use CodeStatus::{Consumed, Delete, GiftSucc, GiftTimeout, Gifting, Normal, Unavailable};
    let all = [
        Normal,
        Consumed,
        Gifting,
        GiftSucc,
        GiftTimeout,
        Delete,
        Unavailable,
    ];
    for next in all {
        for end in [Consumed, GiftSucc, Delete, Unavailable] {
            assert!(!end.can_become(next), "{end:?} to {next:?}");
        }
        assert_eq!(
            Gifting.can_become(next),
            matches!(next, GiftSucc | GiftTimeout)
        );
    }
}

#[test]
fn only_what_is_held_goes_on_and_only_what_never_came_back_is_offered() {
    use CodeStatus::{Consumed, Delete, GiftTimeout, Gifting, Normal, Unavailable};
    for held in [Normal, GiftTimeout] {
        for next in [Consumed, Delete, Unavailable] {
            assert!(held.can_become(next), "{held:?} to {next:?}");
        }
        assert!(!held.can_become(Normal));
    }
    assert!(Normal.can_become(Gifting));
    assert!(!GiftTimeout.can_become(Gifting));
}

#[test]
fn a_code_can_be_redeemed_in_its_last_second() {
    for (status, held) in [
        (CodeStatus::Normal, UserCardStatus::Normal),
        (CodeStatus::GiftTimeout, UserCardStatus::GiftTimeout),
    ] {
        let code = Code {
            status,
            ..code("0001")
        };
        assert_eq!(code.user_card_status(10), held);
        assert_eq!(code.user_card_status(11), UserCardStatus::Expire);
    }
}

#[test]
fn a_card_counts_its_claims_and_redemptions_and_a_gift_is_no_claim() {
    let mut book = CodeBook::default();
    let consumed = |text: &str| Code {
        status: CodeStatus::Consumed,
        ..code(text)
    };
    for consumed in [consumed("0001"), consumed("0002")] {
        book.add(consumed, false);
    }
    book.add(code("0003"), false);
    let gift = Code {
        is_gift: true,
        user: 1,
        ..code("0004")
    };
    let gift = book.add(gift, false);
    assert_eq!((book.of_card(0).claimed, book.of_card(0).consumed), (3, 2));
    assert_eq!((book.claims_of(0, 0), book.claims_of(0, 1)), (3, 0));

    assert!(book.move_on(gift, CodeStatus::Consumed, None));
    assert_eq!((book.of_card(0).claimed, book.of_card(0).consumed), (3, 3));
}

#[test]
fn a_code_given_away_is_no_code_any_more() {
    let mut book = CodeBook::default();
    let number = book.add(code("0001"), true);
    assert!(book.move_on(number, CodeStatus::Gifting, Some(0)));
    assert!(book.move_on(number, CodeStatus::GiftSucc, Some(0)));
    assert_eq!(book.find("0001", Some(0)), None);
    assert!(book.gone("0001").is_some());
    assert!(!book.move_on(number, CodeStatus::Consumed, Some(0)));
}

#[test]
fn a_code_is_small() {
    // With its text, its places in three maps and the slack of those, under 400 bytes a code.
    assert!(size_of::<Code>() <= 64);
}
