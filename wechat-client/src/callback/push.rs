//! A push: what all events share.

use std::fmt;

use super::{CallbackError, Elements, Event};
use crate::OpenId;

/// A push of WeChat's, opened and read.
#[derive(Clone)]
#[non_exhaustive]
pub struct Push {
    /// The account's original id: `gh_` and 12 hex digits.
    pub to_user_name: String,
    /// The customer's openid at the Official Account.
    pub from_user_name: OpenId,
    /// When it happened, in seconds since 1970; a push may come a day later.
    pub create_time: i64,
    /// What happened.
    pub event: Event,
    /// All elements, those that [`Event`] does not know among them.
    pub elements: Elements,
    /// The message in clear, as it came.
    pub raw: String,
}

impl Push {
    /// Reads a message in clear, XML or JSON, that was verified before, such as one that was kept.
    ///
    /// # Errors
    ///
    /// [`CallbackError::Unreadable`] when it is neither, or lacks what its event must have.
    pub fn parse(message: &str) -> Result<Self, CallbackError> {
        let elements = Elements::parse(message)?;
        let create_time = elements
            .get("CreateTime")
            .and_then(|text| text.parse().ok());
        let text = |name| elements.get(name).unwrap_or_default();
        Ok(Self {
            to_user_name: text("ToUserName").to_owned(),
            from_user_name: text("FromUserName").into(),
            create_time: create_time.ok_or(CallbackError::Unreadable("it has no CreateTime"))?,
            event: Event::read(&elements)?,
            raw: message.to_owned(),
            elements,
        })
    }

    /// Whether it is about cards. An account has one callback URL for everything: what customers write
    /// to it and where they are come there, too.
    pub fn is_about_cards(&self) -> bool {
        match &self.event {
            Event::Unknown { name } => {
                self.elements.get("CardId").is_some() || name.contains("card")
            }
            _ => true,
        }
    }

    /// What tells this push from every other, and is the same when WeChat sends it again, be it
    /// sealed anew, as XML or as JSON.
    ///
    /// WeChat's pages advise sender and time alone, which loses cards: several claimed at once come
    /// in one second (published as issue 1106 of JeffreySu/WeiXinMPSDK). A list of what else counts
    /// would miss what some event has by itself, such as `MerchantId`; so every element is part of
    /// it. It holds the card's code in clear: store its hash.
    pub fn dedup_key(&self) -> String {
        // To whom it is sent is the same for all.
        let mut elements: Vec<_> = self
            .elements
            .iter()
            .filter(|(name, _)| *name != "ToUserName")
            .collect();
        elements.sort_unstable();
        let mut key = String::new();
        for (name, text) in elements {
            // With its length no text can be taken for two.
            for part in [name, "=", &text.len().to_string(), ":", text, "\n"] {
                key.push_str(part);
            }
        }
        key
    }
}

impl fmt::Debug for Push {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Push")
            .field("from_user_name", &self.from_user_name)
            .field("create_time", &self.create_time)
            .field("event", &self.event)
            .finish_non_exhaustive()
    }
}
