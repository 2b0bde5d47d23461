//! Messages with a card that accounts sent to customers.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::{AccountNo, World, clock, code::UserNo};

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

/// The messages of all customers, by the customer.
pub(crate) type Messages = BTreeMap<UserNo, VecDeque<CardMessage>>;

impl World {
    /// Sends a card to customers; the number of the message.
    pub(crate) fn send_card(
        &mut self,
        account: AccountNo,
        to: &[UserNo],
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
        for user in to
            .iter()
            .filter(|_| !crate::breaks::broken("message-not-delivered"))
        {
            self.keep_message(*user, message.clone());
        }
        number
    }

    pub(super) fn keep_message(&mut self, user: UserNo, message: CardMessage) {
        let messages = self.messages.entry(user).or_default();
        messages.push_back(message);
        if messages.len() > KEPT {
            messages.pop_front();
        }
    }

    /// What a customer was sent, oldest first.
    pub(crate) fn messages_of(&self, user: UserNo) -> impl Iterator<Item = &CardMessage> {
        self.messages.get(&user).into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_keeps_the_latest_messages() {
        let mut world = World::starter(1);
        for _ in 0..KEPT {
            world.send_card(0, &[0, 1], SentBy::Mass, ("p1", None));
        }
        let last = world.send_card(0, &[0], SentBy::Custom, ("p2", Some("{}")));

        let kept: Vec<&CardMessage> = world.messages_of(0).collect();
        assert_eq!(kept.len(), KEPT);
        assert_eq!(kept[KEPT - 1].id, format!("message-{last}"));
        assert_eq!(kept[0].card_id, "p1");
        assert_eq!(world.messages_of(1).count(), KEPT);
        assert_eq!(world.messages_of(2).count(), 0);
    }
}
