//! The states of a code, and what the book of codes counts.

use super::*;

fn code(text: &str) -> Code {
    Code {
        code: text.into(),
        card: 0,
        user: 0,
        status: CodeStatus::Normal,
        is_gift: false,
        first_dates: (0, 10),
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
        assert_eq!(code.user_card_status(10, 10), held);
        assert_eq!(code.user_card_status(11, 10), UserCardStatus::Expire);
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

#[test]
fn a_state_is_read_by_its_name() {
    for (name, status) in [
        ("NORMAL", UserCardStatus::Normal),
        ("CONSUMED", UserCardStatus::Consumed),
        ("EXPIRE", UserCardStatus::Expire),
        ("GIFTING", UserCardStatus::Gifting),
        ("GIFT_SUCC", UserCardStatus::GiftSucc),
        ("GIFT_TIMEOUT", UserCardStatus::GiftTimeout),
        ("DELETE", UserCardStatus::Delete),
        ("UNAVAILABLE", UserCardStatus::Unavailable),
    ] {
        assert_eq!(UserCardStatus::read(name), Some(status));
        assert_eq!(status.as_str(), name);
    }
    assert_eq!(UserCardStatus::read("LOST"), None);
}

#[test]
fn one_code_and_all_codes_of_a_card_get_other_dates() {
    let mut book = CodeBook::default();
    for text in ["0001", "0002"] {
        book.add(code(text), false);
    }
    let other_card = Code {
        card: 1,
        ..code("0003")
    };
    book.add(other_card, false);
    let dates =
        |book: &CodeBook| -> Vec<(i64, i64)> { (0..3).map(|number| book.dates(number)).collect() };

    book.set_dates(1, 3, 30);
    assert_eq!(dates(&book), [(0, 10), (3, 30), (0, 10)]);
    book.set_range(0, 5, 50);
    assert_eq!(dates(&book), [(5, 50), (5, 50), (0, 10)]);
}

#[test]
fn a_code_is_held_for_somebody_for_five_minutes() {
    let notes = Notes {
        mark: Some(Mark::new(7, 1000)),
        ..Notes::default()
    };
    assert_eq!(notes.marked_for(1299), Some(7));
    assert_eq!(notes.marked_for(1300), None);
    assert_eq!(Notes::default().marked_for(0), None);
}

#[test]
fn restored_notes_are_found_and_empty_ones_take_no_place() {
    let mut book = CodeBook::default();
    let number = book.add(code("0002"), true);
    book.set_notes(number, Notes::default());
    assert_eq!(book.notes(number), None);

    let notes = Notes {
        former: Some("0001".into()),
        ..Notes::default()
    };
    book.set_notes(number, notes.clone());
    assert_eq!(book.notes(number), Some(&notes));
    assert_eq!(book.gone("0001").map(|code| &*code.code), Some("0002"));
}

#[test]
fn notes_that_become_empty_are_forgotten_and_others_stay() {
    let mut book = CodeBook::default();
    let number = book.add(code("0001"), false);
    let mark = Mark::new(1, 0);
    book.note(number).gift = Some(Gift::new(2, 0));
    book.set_mark(number, Some(mark));
    assert_eq!(book.take_gift(number), Some(Gift::new(2, 0)));
    assert_eq!(book.notes(number).and_then(|notes| notes.mark), Some(mark));
    assert_eq!(book.take_gift(number), None);
    book.set_mark(number, None);
    assert_eq!(book.notes(number), None);
}

#[test]
fn what_a_user_holds_is_listed_from_a_number_on() {
    let mut book = CodeBook::default();
    for (text, user) in [("0001", 0), ("0002", 1), ("0003", 0), ("0004", 0)] {
        let code = Code { user, ..code(text) };
        book.add(code, false);
    }
    for (first, expected) in [
        (0, &[0, 2, 3][..]),
        (1, &[2, 3]),
        (2, &[2, 3]),
        (3, &[3]),
        (4, &[]),
    ] {
        let numbers: Vec<CodeNo> = book.numbers_held_from(0, first).collect();
        assert_eq!(numbers, expected, "from {first} on");
    }
    assert_eq!(book.numbers_held_by(2).count(), 0);
}

#[test]
fn a_custom_code_is_taken_in_its_card_and_one_of_wechat_in_the_account() {
    let mut book = CodeBook::default();
    let made = book.add(code("0001"), false);
    let custom = book.add(code("0001"), true);
    assert_eq!(book.find("0001", None), Some(made));
    assert_eq!(book.find("0001", Some(0)), Some(custom));
    assert!(!book.is_taken("0001", Some(1)));
    assert!(!book.is_taken("0002", None));
    assert!(book.is_custom_somewhere("0001"));
    assert!(!book.is_custom_somewhere("0002"));

    book.rename(custom, "0009");
    assert_eq!(book.find("0001", Some(0)), None);
    assert_eq!(book.find("0009", Some(0)), Some(custom));
    assert_eq!(book.of_text("0009").collect::<Vec<_>>(), [custom]);
    // The former text still leads to the code that had it.
    assert_eq!(book.of_text("0001").collect::<Vec<_>>(), [made, custom]);
}
