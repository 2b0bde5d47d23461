//! Messages with a card that accounts sent to customers.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::{AccountNo, World, clock, code::UserNo};
use crate::visits::visited;

/// Messages that one customer keeps; the oldest goes first.
const KEPT: usize = 100;

/// How a message was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SentBy {
    /// `/cgi-bin/message/custom/send`.
    Custom,
    /// `/cgi-bin/message/mass/send` and `…/sendall`.
    Mass,
    /// `/cgi-bin/message/mass/preview`.
    Preview,
}

/// A message with a card, as the customer has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CardMessage {
    /// `message-` and the number that a mass message has as `msg_id`.
    pub(crate) id: String,
    /// Seconds since 1970 on the mock's clock.
    #[serde(deserialize_with = "clock::time")]
    pub(crate) at: i64,
    /// Who sent it.
    pub(crate) appid: String,
    pub(crate) sent_by: SentBy,
    pub(crate) card_id: String,
    /// A JSON text such as the `cardExt` of `wx.addCard`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) card_ext: Option<String>,
}

/// Who gets a message.
#[derive(Clone, Copy, Debug)]
pub(crate) enum To<'a> {
    /// These customers.
    Some(&'a [UserNo]),
    /// All customers there are by then.
    All,
}

/// The messages of all customers.
///
/// One that went to all is kept once: to send it costs the same whatever the number of customers.
#[derive(Clone, Debug, Default)]
pub(super) struct Messages {
    /// Messages sent so far; each has its number.
    sent: u64,
    to_some: BTreeMap<UserNo, VecDeque<(u64, CardMessage)>>,
    /// With the number of customers that there were.
    to_all: VecDeque<(u64, usize, CardMessage)>,
}

impl Messages {
    fn next(&mut self) -> u64 {
        self.sent += 1;
        self.sent
    }

    fn keep(&mut self, number: u64, user: UserNo, message: CardMessage) {
        let messages = self.to_some.entry(user).or_default();
        messages.push_back((number, message));
        if messages.len() > KEPT {
            messages.pop_front();
        }
    }

    fn keep_for_all(&mut self, users: usize, message: CardMessage) {
        let number = self.next();
        self.to_all.push_back((number, users, message));
        if self.to_all.len() > KEPT {
            self.to_all.pop_front();
        }
    }
}

impl World {
    /// Sends a card to customers; the number of the message.
    pub(crate) fn send_card(
        &mut self,
        account: AccountNo,
        to: To<'_>,
        sent_by: SentBy,
        (card_id, card_ext): (&str, Option<&str>),
    ) -> u64 {
        let at = self.now();
        let account = self.account_mut(account);
        let number = account.draw_message_number();
        let message = CardMessage {
            id: format!("message-{number}"),
            at,
            appid: account.profile.appid.clone(),
            sent_by,
            card_id: card_id.to_owned(),
            card_ext: card_ext.map(str::to_owned),
        };
        if crate::breaks::broken("message-not-delivered") {
            return number;
        }
        match to {
            To::All => self.messages.keep_for_all(self.users.len(), message),
            To::Some(users) => {
                let kept = self.messages.next();
                for user in visited(users) {
                    self.messages.keep(kept, *user, message.clone());
                }
            }
        }
        number
    }

    /// Gives a customer a message that came with a world file.
    pub(super) fn keep_message(&mut self, user: UserNo, message: CardMessage) {
        let number = self.messages.next();
        self.messages.keep(number, user, message);
    }

    /// What a customer was sent, oldest first; the latest hundred.
    pub(crate) fn messages_of(&self, user: UserNo) -> impl Iterator<Item = &CardMessage> {
        let to_all = self.messages.to_all.iter();
        let to_all = to_all
            .filter(|(_, users, _)| (user as usize) < *users)
            .map(|(number, _, message)| (*number, message));
        let own = self.messages.to_some.get(&user).into_iter().flatten();
        let own = own.map(|(number, message)| (*number, message));
        let mut messages: Vec<(u64, &CardMessage)> = visited(own.chain(to_all)).collect();
        messages.sort_unstable_by_key(|(number, _)| *number);
        let before = messages.len().saturating_sub(KEPT);
        messages
            .into_iter()
            .skip(before)
            .map(|(_, message)| message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_keeps_the_latest_messages() {
        let mut world = World::starter(1);
        for _ in 0..KEPT {
            world.send_card(0, To::Some(&[0, 1]), SentBy::Mass, ("p1", None));
        }
        let last = world.send_card(0, To::Some(&[0]), SentBy::Custom, ("p2", Some("{}")));

        let kept: Vec<&CardMessage> = world.messages_of(0).collect();
        assert_eq!(kept.len(), KEPT);
        assert_eq!(kept[KEPT - 1].id, format!("message-{last}"));
        assert_eq!(kept[0].card_id, "p1");
        assert_eq!(world.messages_of(1).count(), KEPT);
        assert_eq!(world.messages_of(2).count(), 0);
    }

    #[test]
    fn what_goes_to_all_stands_among_the_messages_of_each_where_it_came() {
        let mut world = World::starter(1);
        let first = world.send_card(0, To::Some(&[0]), SentBy::Custom, ("p1", None));
        let to_all = world.send_card(0, To::All, SentBy::Mass, ("p2", None));
        let last = world.send_card(0, To::Some(&[0]), SentBy::Custom, ("p3", None));
        let draft = serde_json::from_value(serde_json::json!({"name": "dora"})).unwrap();
        let late = world.add_user(draft).unwrap();

        let ids = |user| -> Vec<String> {
            let messages = world.messages_of(user);
            messages.map(|message| message.id.clone()).collect()
        };
        let id = |number| format!("message-{number}");
        assert_eq!(ids(0), [first, to_all, last].map(id));
        assert_eq!(ids(1), [to_all].map(id));
        assert!(ids(late).is_empty());

        // Alice's three, and one of bob and carol each.
        assert_eq!(world.export()["messages"].as_array().unwrap().len(), 5);
    }

    #[test]
    fn messages_to_all_leave_room_for_the_latest_hundred_alone() {
        let mut world = World::starter(1);
        world.send_card(0, To::Some(&[0]), SentBy::Custom, ("p1", None));
        for _ in 0..KEPT + 7 {
            world.send_card(0, To::All, SentBy::Mass, ("p2", None));
        }
        assert_eq!(world.messages_of(0).count(), KEPT);
        assert!(world.messages_of(0).all(|message| message.card_id == "p2"));
        assert_eq!(world.messages.to_all.len(), KEPT);
    }
}
