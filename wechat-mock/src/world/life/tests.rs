//! What an account hears of what happens.

use serde_json::{Value, json};

use super::*;
use crate::world::{
    card::{Card, CardType, Description},
    event::{Element, Event},
};

const OA: AccountNo = 0;
const NOW: i64 = 1_798_000_000;
const ALICE: UserNo = 0;
const BOB: UserNo = 1;

/// The starter world at a still moment.
fn world() -> World {
    let mut world = World::starter(7);
    world.clock.freeze(true);
    assert!(world.clock.set(NOW));
    world
}

fn wait(world: &mut World, seconds: i64) {
    assert!(world.clock.advance(seconds));
    world.settle();
}

/// A card of `oa`; what adding it led to is still to be taken.
fn card(world: &mut World, stock: u64, more: &Value) -> CardAt {
    let mut base = json!({
        "sku": {"quantity": stock},
        "date_info": {
            "type": "DATE_TYPE_FIX_TIME_RANGE", "begin_timestamp": NOW, "end_timestamp": NOW + 9 * 86_400,
        },
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        base[key] = value.clone();
    }
    let card_id = world.account_mut(OA).draw_card_id();
    let node = json!({"base_info": base});
    let card_type = CardType::read("GENERAL_COUPON").unwrap();
    let description = Description::read(&node).unwrap();
    let card = Card::new(card_id.clone(), card_type, description, NOW);
    world.add_card(OA, card);
    world.card_no(&card_id).unwrap()
}

/// A code of a fresh card in alice's hands; what led to it is forgotten.
fn claimed(world: &mut World, more: &Value) -> CodeAt {
    let at = card(world, 5, more);
    let claimed = Claimed {
        outer_str: "shop-7",
        ..Claimed::default()
    };
    let number = world.hand_out(ALICE, at, claimed);
    world.take_happened();
    (OA, number)
}

/// The events since the last look: name, who, and the elements in short.
fn heard(world: &mut World) -> Vec<(String, String, String)> {
    let shown = |event: &Event| {
        let elements = event.elements.iter().map(|(name, element)| match element {
            Element::Text(text) => format!("{name}=[{text}]"),
            Element::Number(number) => format!("{name}={number}"),
        });
        elements.collect::<Vec<_>>().join(" ")
    };
    let happened = world.take_happened().into_iter();
    happened
        .map(|happened| {
            let event = happened.event;
            let elements = shown(&event);
            (event.name, event.from_user, elements)
        })
        .collect()
}

fn card_id(world: &World, at: CodeAt) -> String {
    world.card((OA, world.code(at).card)).card_id.clone()
}

#[test]
fn a_claim_is_told_with_its_channel_and_unionid() {
    let mut world = world();
    let at = card(&mut world, 5, &json!({}));
    let (openid, unionid) = (
        world.openid(ALICE, OA).to_owned(),
        world.user(ALICE).unionid.clone(),
    );
    let card_id = world.card(at).card_id.clone();
    let platform = world.account(OA).platform_openid().to_owned();
    let passed = format!("CardId=[{card_id}] RefuseReason=[]");
    assert_eq!(
        heard(&mut world),
        [("card_pass_check".to_owned(), platform, passed)]
    );

    let claimed = Claimed {
        outer_str: "shop-7",
        outer_id: 3,
        ..Claimed::default()
    };
    let code = world.hand_out(ALICE, at, claimed);
    let code = world.code((OA, code)).code.clone();
    let elements = format!(
        "CardId=[{card_id}] IsGiveByFriend=0 UserCardCode=[{code}] FriendUserName=[] OuterId=3 \
         OldUserCardCode=[] OuterStr=[shop-7] IsRestoreMemberCard=0 IsRecommendByFriend=0 \
         SourceScene=[SOURCE_SCENE_UNKNOW] UnionId=[{unionid}]"
    );
    assert_eq!(
        heard(&mut world),
        [("user_get_card".to_owned(), openid, elements)]
    );
}

#[test]
fn a_gift_is_told_when_offered_and_when_taken() {
    let mut world = world();
    let at = claimed(&mut world, &json!({}));
    let (alice, bob) = (
        world.openid(ALICE, OA).to_owned(),
        world.openid(BOB, OA).to_owned(),
    );
    let (card_id, old) = (card_id(&world, at), world.code(at).code.clone());
    world.offer(at, BOB).unwrap();
    let new = world.accept(at).unwrap();
    let new = world.code((OA, new)).code.clone();
    let offered = format!(
        "CardId=[{card_id}] UserCardCode=[{old}] IsReturnBack=0 FriendUserName=[{bob}] IsChatRoom=0"
    );
    let taken = format!(
        "CardId=[{card_id}] IsGiveByFriend=1 UserCardCode=[{new}] FriendUserName=[{alice}] OuterId=0 \
         OldUserCardCode=[{old}] OutetStr=[]"
    );
    assert_eq!(
        heard(&mut world),
        [
            ("user_gifting_card".to_owned(), alice, offered),
            ("user_get_card".to_owned(), bob, taken),
        ]
    );
    // What was taken does not come back.
    wait(&mut world, 86_400);
    assert!(world.take_happened().is_empty());
}

#[test]
fn a_gift_comes_back_at_the_moment_it_falls_due_however_late_somebody_looks() {
    let mut world = world();
    let at = claimed(&mut world, &json!({}));
    world.offer(at, BOB).unwrap();
    world.take_happened();
    wait(&mut world, 3 * 86_400);
    let happened = world.take_happened();
    assert_eq!(happened.len(), 1);
    assert_eq!(happened[0].at, NOW + 86_400);
    let (name, element) = &happened[0].event.elements[2];
    assert_eq!(
        (name.as_str(), element),
        ("IsReturnBack", &Element::Number(1))
    );
    assert_eq!(world.code_status(at), UserCardStatus::GiftTimeout);
}

#[test]
fn redemption_deletion_and_view_are_told_and_what_the_merchant_ends_is_not() {
    let mut world = world();
    let consumed = claimed(&mut world, &json!({}));
    let deleted = claimed(&mut world, &json!({}));
    let silent = claimed(&mut world, &json!({}));
    let viewed = claimed(&mut world, &json!({"need_push_on_view": true}));
    world
        .consume(consumed, Redeemed::ByApi { outer_str: "till1" })
        .unwrap();
    world.throw_away(deleted).unwrap();
    world.view(silent);
    world.view(viewed);
    world.make_void(viewed, "").unwrap();
    world.delete_card((OA, 0));

    let heard = heard(&mut world);
    let names: Vec<&str> = heard.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(
        names,
        ["user_consume_card", "user_del_card", "user_view_card"]
    );
    let code = &world.code(consumed).code;
    let elements = format!(
        "CardId=[{}] UserCardCode=[{code}] ConsumeSource=[FROM_API] LocationName=[] StaffOpenId=[{}] \
         VerifyCode=[] RemarkAmount=[] OuterStr=[till1]",
        card_id(&world, consumed),
        world.account(OA).operator_openid(),
    );
    assert_eq!(heard[0].2, elements);
}

#[test]
fn a_code_is_consumed_once() {
    let mut world = world();
    let at = claimed(&mut world, &json!({}));
    world
        .consume(at, Redeemed::ByApi { outer_str: "" })
        .unwrap();
    let again = world.consume(at, Redeemed::ByApi { outer_str: "" });
    assert_eq!(again, Err(CannotRedeem::State(UserCardStatus::Consumed)));
    assert_eq!(world.take_happened().len(), 1);
}

#[test]
fn a_code_can_be_redeemed_from_its_first_second_to_its_last() {
    const FIRST: i64 = NOW + 86_400;
    const LAST: i64 = NOW + 2 * 86_400;
    let dates = json!({"date_info": {
        "type": "DATE_TYPE_FIX_TIME_RANGE", "begin_timestamp": FIRST, "end_timestamp": LAST,
    }});
    for (moment, expected) in [
        (FIRST - 1, Err(CannotRedeem::NotBegun(FIRST))),
        (FIRST, Ok(())),
        (LAST, Ok(())),
        (LAST + 1, Err(CannotRedeem::State(UserCardStatus::Expire))),
    ] {
        let mut world = world();
        let at = claimed(&mut world, &dates);
        wait(&mut world, moment - NOW);
        let redeemed = world.consume(at, Redeemed::ByApi { outer_str: "" });
        assert_eq!(redeemed, expected, "{}", moment - NOW);
    }
}

#[test]
fn what_a_customer_may_redeem_is_counted_by_card_and_customer() {
    let mut world = world();
    let limited = card(&mut world, 9, &json!({"use_limit": 1}));
    let other = card(&mut world, 9, &json!({}));
    let mut redeem = |user, at: CardAt| {
        let number = world.hand_out(user, at, Claimed::default());
        world.consume((OA, number), Redeemed::ByApi { outer_str: "" })
    };
    assert_eq!(redeem(ALICE, other), Ok(()));
    assert_eq!(redeem(ALICE, limited), Ok(()));
    assert_eq!(redeem(ALICE, limited), Err(CannotRedeem::Limit(1)));
    assert_eq!(redeem(BOB, limited), Ok(()));
    assert_eq!(redeem(ALICE, other), Ok(()));
}

#[test]
fn a_refusal_is_told_with_its_reason_and_a_review_by_clock_with_its_moment() {
    let mut world = world();
    world.account_mut(OA).profile.review = Review::After(60);
    let first = card(&mut world, 5, &json!({}));
    card(&mut world, 5, &json!({}));
    world.review(first, false, "logo").unwrap();
    wait(&mut world, 3600);
    let happened = world.take_happened();
    let told: Vec<(&str, i64)> = happened
        .iter()
        .map(|happened| (happened.event.name.as_str(), happened.at))
        .collect();
    assert_eq!(
        told,
        [("card_not_pass_check", NOW), ("card_pass_check", NOW + 60)]
    );
    let reason = &happened[0].event.elements[1];
    assert_eq!(reason.1, Element::Text("logo".to_owned()));
}

#[test]
fn only_a_change_that_is_reviewed_starts_a_review() {
    let mut world = world();
    let at = card(&mut world, 5, &json!({}));
    world.account_mut(OA).profile.review = Review::After(60);
    let node = json!({"base_info": {"title": "tea", "date_info": {
        "type": "DATE_TYPE_FIX_TIME_RANGE", "begin_timestamp": NOW, "end_timestamp": NOW + 86_400,
    }}});
    let description = || Description::read(&node).unwrap();
    world.update_card(at, description(), false);
    assert_eq!(world.card(at).status(), CardStatus::VerifyOk);

    world.update_card(at, description(), true);
    assert_eq!(world.card(at).status(), CardStatus::NotVerify);
    wait(&mut world, 59);
    assert_eq!(world.card(at).status(), CardStatus::NotVerify);
    wait(&mut world, 1);
    assert_eq!(world.card(at).status(), CardStatus::VerifyOk);
}

#[test]
fn a_large_stock_that_has_become_small_is_told_twice_a_day_at_most() {
    let mut world = world();
    let large = card(&mut world, 201, &json!({}));
    let small = card(&mut world, 200, &json!({}));
    for at in [large, small] {
        world.card_mut(at).quantity = 101;
    }
    world.take_happened();
    let remind = |world: &mut World, left: u64| {
        for at in [large, small] {
            world.card_mut(at).quantity = left;
            world.notice_stock(at);
        }
        heard(world)
    };
    assert!(remind(&mut world, 101).is_empty());
    let told = remind(&mut world, 100);
    assert_eq!(told.len(), 1);
    assert!(
        told[0]
            .2
            .ends_with("Detail=[the card's quantity is equal to 100]")
    );
    assert!(remind(&mut world, 0).is_empty());
    wait(&mut world, 12 * 3600 - 1);
    assert!(remind(&mut world, 0).is_empty());
    wait(&mut world, 1);
    assert_eq!(remind(&mut world, 0).len(), 1);
}
