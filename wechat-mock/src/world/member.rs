//! Members: what shop and customer have said about a member card that somebody holds.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    World,
    card::{Card, whole},
    clock,
    code::CodeNo,
    event::Event,
    ids::Draw,
    ledger::Deed,
    life::CodeAt,
};

/// The most bonus or balance that a member can have; the real limit is not published.
pub(crate) const HIGHEST: i64 = i32::MAX as i64;
/// Seconds for which the ticket of a filled-in form can be used; not published either.
pub(crate) const TICKET_LIFE: i64 = 7200;
/// Filled-in forms whose tickets are remembered.
const SUBMISSIONS: usize = 10_000;

/// One value of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    pub(crate) name: String,
    /// Empty where several can be chosen.
    pub(crate) value: String,
    /// What was chosen where several can be, else empty.
    #[serde(default)]
    pub(crate) value_list: Vec<String>,
}

/// What a customer filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FilledIn {
    pub(crate) common_field_list: Vec<Answer>,
    pub(crate) custom_field_list: Vec<Answer>,
}

/// One holder of a member card or general card, member or about to become one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Member {
    pub(crate) membership_number: String,
    #[serde(deserialize_with = "clock::optional_time")]
    pub(crate) activated_at: Option<i64>,
    pub(crate) bonus: i64,
    pub(crate) balance: i64,
    pub(crate) custom_field_values: [String; 3],
    pub(crate) background_pic_url: String,
    /// Of the form that the customer sent in, if one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) filled_in: Option<FilledIn>,
}

/// A field of a form with values to choose from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Choice {
    pub(crate) values: Vec<String>,
    /// Whether more than one can be chosen.
    pub(crate) several: bool,
}

/// The fields of one part of a form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    pub(crate) common: BTreeSet<String>,
    pub(crate) custom: BTreeSet<String>,
    /// The custom fields among them that have values to choose from.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) choices: BTreeMap<String, Choice>,
}

/// What WeChat asks a customer before the card makes them a member.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Form {
    pub(crate) required: Asked,
    pub(crate) optional: Asked,
}

/// What a ticket stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Submission {
    pub(crate) activate_ticket: String,
    #[serde(deserialize_with = "clock::time")]
    pub(crate) expires_at: i64,
    pub(crate) filled_in: FilledIn,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Members {
    /// By `card_id`.
    pub(crate) forms: BTreeMap<String, Form>,
    submissions: VecDeque<Submission>,
    /// A world file holds each beside its code.
    #[serde(skip)]
    by_code: HashMap<CodeNo, Member>,
}

impl Members {
    pub(crate) fn of_code(&self, code: CodeNo) -> Option<&Member> {
        self.by_code.get(&code)
    }

    pub(crate) fn of_code_mut(&mut self, code: CodeNo) -> &mut Member {
        self.by_code.entry(code).or_default()
    }

    pub(super) fn restore(&mut self, code: CodeNo, member: Member) {
        self.by_code.insert(code, member);
    }

    pub(crate) fn submission(&self, ticket: &str) -> Option<&Submission> {
        let mut submissions = self.submissions.iter().rev();
        submissions.find(|submission| submission.activate_ticket == ticket)
    }

    fn keep(&mut self, submission: Submission) {
        self.submissions.push_back(submission);
        if self.submissions.len() > SUBMISSIONS {
            self.submissions.pop_front();
        }
    }
}

/// A ticket as WeChat makes them: 108 characters of standard base64.
///
/// Each has a `+` and a `/`, so that a page that forgets to decode its query finds out at once.
fn activate_ticket(mut draw: Draw) -> String {
    loop {
        let ticket = STANDARD.encode(draw.bytes::<80>());
        if ticket.contains('+') && ticket.contains('/') {
            return ticket;
        }
    }
}

/// What a number becomes, and the change that the account hears of; [`None`] out of its limits.
///
/// A full value wins over a change given beside it, which then is what is told.
pub(crate) fn moved(held: i64, to: Option<i64>, by: Option<i64>) -> Option<(i64, i64)> {
    let by_again = by
        .filter(|_| crate::breaks::broken("bonus-added-twice"))
        .unwrap_or(0);
    let next = to.or_else(|| held.checked_add(by.unwrap_or(0) + by_again))?;
    let told = by.or_else(|| next.checked_sub(held))?;
    let fits = (0..=HIGHEST).contains(&next) && (-HIGHEST..=HIGHEST).contains(&told);
    (fits || crate::breaks::broken("range-of-bonus-ignored")).then_some((next, told))
}

impl Card {
    pub(crate) fn is_member_card(&self) -> bool {
        self.card_type.name == "MEMBER_CARD"
    }

    pub(crate) fn is_general_card(&self) -> bool {
        self.card_type.name == "GENERAL_CARD"
    }

    /// The bonus with which members, and holders of general cards, begin.
    pub(crate) fn first_bonus(&self) -> i64 {
        first_number(&if self.is_general_card() {
            self.node.member("init_bonus")
        } else {
            self.node.member("bonus_rule")["init_increase_bonus"].take()
        })
    }

    /// The balance with which they begin.
    pub(crate) fn first_balance(&self) -> i64 {
        first_number(&self.node.member("init_balance"))
    }
}

fn first_number(value: &Value) -> i64 {
    whole(value)
        .filter(|number| (0..=HIGHEST).contains(number))
        .unwrap_or(0)
}

impl World {
    fn member_event(&self, at: CodeAt, name: &str) -> Event {
        let code = self.code(at);
        Event::new(name, self.openid(code.user, at.0))
            .text("CardId", self.card((at.0, code.card)).card_id.as_str())
            .text("UserCardCode", &*code.code)
    }

    /// The holder becomes a member; who asks has made sure that they are none yet.
    pub(crate) fn make_member(&mut self, at: CodeAt, membership_number: &str) -> &mut Member {
        let now = self.now();
        let card = self.card((at.0, self.code(at).card));
        let (first_bonus, first_balance) = (card.first_bonus(), card.first_balance());
        // What generalcard/updateuser set before the activation stays.
        let is_known = card.is_general_card() && self.account(at.0).members.of_code(at.1).is_some();
        if card.is_member_card() {
            self.count(at, Deed::Activate);
        }
        let member = self.account_mut(at.0).members.of_code_mut(at.1);
        member.activated_at = Some(now);
        if !is_known {
            (member.bonus, member.balance) = (first_bonus, first_balance);
        }
        if !crate::breaks::broken("membership-number-lost") {
            membership_number.clone_into(&mut member.membership_number);
        }
        member
    }

    /// The holder is no member any more; bonus, balance and texts stay for a later activation.
    ///
    /// False, and nothing changes, when they are none.
    #[must_use]
    pub(crate) fn end_membership(&mut self, at: CodeAt) -> bool {
        let members = &mut self.account_mut(at.0).members;
        if members
            .of_code(at.1)
            .is_none_or(|member| member.activated_at.is_none())
        {
            return false;
        }
        let member = members.of_code_mut(at.1);
        if !crate::breaks::broken("unactivate-ignored") {
            member.activated_at = None;
            member.membership_number.clear();
        }
        true
    }

    /// A card that needs no activation makes whoever gets it a member.
    pub(super) fn activate_by_itself(&mut self, at: CodeAt) {
        let card = self.card((at.0, self.code(at).card));
        let is_for_members = card.is_member_card() || card.is_general_card();
        if is_for_members
            && card.terms.auto_activate
            && !crate::breaks::broken("auto-activate-ignored")
        {
            let number = self.code(at).code.clone();
            self.make_member(at, &number);
        }
    }

    /// The holder sends WeChat's form off: a member at once, or with a ticket for the shop's page.
    pub(crate) fn fill_in(&mut self, at: CodeAt, filled_in: FilledIn) -> Option<String> {
        let expires_at = self.now().saturating_add(TICKET_LIFE);
        let card = self.card((at.0, self.code(at).card));
        let is_after_submit = card.node.member("wx_activate_after_submit") == true;
        let account = self.account_mut(at.0);
        account.members.of_code_mut(at.1).filled_in = Some(filled_in.clone());
        let ticket = is_after_submit.then(|| activate_ticket(account.ids.draw()));
        if let Some(ticket) = &ticket {
            account.members.keep(Submission {
                activate_ticket: ticket.clone(),
                expires_at,
                filled_in,
            });
        } else {
            let number = self.code(at).code.clone();
            self.make_member(at, &number);
        }
        let event = self.member_event(at, "submit_membercard_user_info");
        self.emit(at.0, event);
        ticket
    }

    /// The account hears that bonus or balance of a member changed.
    pub(crate) fn tell_change(&mut self, at: CodeAt, bonus: i64, balance: i64) {
        let event = self.member_event(at, "update_member_card");
        let event = event
            .number("ModifyBonus", bonus)
            .number("ModifyBalance", balance);
        self.emit(at.0, event);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::world::{
        card::{CardType, Description},
        event::Element,
        life::{CardAt, Claimed},
    };

    #[test]
    fn only_so_many_forms_that_were_sent_in_are_kept() {
        let mut members = Members::default();
        for number in 0..=SUBMISSIONS {
            members.keep(Submission {
                activate_ticket: number.to_string(),
                expires_at: 0,
                filled_in: FilledIn::default(),
            });
        }
        assert_eq!(members.submissions.len(), SUBMISSIONS);
        assert!(members.submission("0").is_none());
        assert!(members.submission("1").is_some());
    }

    /// A world whose first account has a member card.
    fn world_with_card(change: &str) -> (World, CardAt) {
        let mut world = World::starter(1);
        let node = json!({
            "base_info": {"date_info": {"type": "DATE_TYPE_PERMANENT"}, "sku": {"quantity": 9}},
            "bonus_rule": {"init_increase_bonus": 5},
            change: true,
        });
        let card_type = CardType::read("MEMBER_CARD").unwrap();
        let description = Description::read(&node).unwrap();
        let card = Card::new("p1".to_owned(), card_type, description, 0);
        world.add_card(0, card);
        (world, (0, 0))
    }

    #[test]
    fn the_elements_of_members_events_stand_in_the_documented_order() {
        let (mut world, card) = world_with_card("wx_activate");
        let at = (0, world.hand_out(0, card, Claimed::default()));
        let code = world.code(at).code.to_string();
        world.take_happened();

        assert_eq!(world.fill_in(at, FilledIn::default()), None);
        world.tell_change(at, 5, -100);
        let happened = world.take_happened();
        let mut expected = vec![
            ("CardId".to_owned(), Element::Text("p1".to_owned())),
            ("UserCardCode".to_owned(), Element::Text(code)),
        ];
        let events: Vec<&Event> = happened.iter().map(|happened| &happened.event).collect();
        assert_eq!(events[0].name, "submit_membercard_user_info");
        assert_eq!(events[0].elements, expected);
        expected.push(("ModifyBonus".to_owned(), Element::Number(5)));
        expected.push(("ModifyBalance".to_owned(), Element::Number(-100)));
        assert_eq!(events[1].name, "update_member_card");
        assert_eq!(events[1].elements, expected);
        assert_eq!(events[1].from_user, world.openid(0, 0));
    }

    #[test]
    fn a_card_given_to_a_friend_makes_a_member_of_the_friend() {
        let (mut world, card) = world_with_card("auto_activate");
        let at = (0, world.hand_out(0, card, Claimed::default()));
        world.offer(at, 1).unwrap();
        let taken = world.accept(at).unwrap();
        let member = world.account(0).members.of_code(taken).unwrap();
        assert_eq!(*member.membership_number, *world.code((0, taken)).code);
        assert_eq!(member.bonus, 5);
    }

    #[test]
    fn a_number_is_set_or_changed_and_stays_in_its_limits() {
        assert_eq!(moved(10, None, None), Some((10, 0)));
        assert_eq!(moved(10, Some(3), None), Some((3, -7)));
        assert_eq!(moved(10, None, Some(-10)), Some((0, -10)));
        assert_eq!(moved(10, Some(30), Some(5)), Some((30, 5)));
        assert_eq!(moved(0, Some(HIGHEST), None), Some((HIGHEST, HIGHEST)));
        for (held, to, by) in [
            (10, None, Some(-11)),
            (10, Some(-1), None),
            (HIGHEST, None, Some(1)),
            (0, Some(HIGHEST + 1), None),
            (10, Some(3), Some(i64::MAX)),
            (i64::MAX, None, Some(1)),
            (i64::MIN, Some(1), None),
        ] {
            assert_eq!(moved(held, to, by), None, "{held} {to:?} {by:?}");
        }
    }
}
