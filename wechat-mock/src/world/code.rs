//! Codes: what one customer holds of one card.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// A card by its place among the account's cards.
pub(crate) type CardNo = u32;
/// A user by their place among the world's users.
pub(crate) type UserNo = u32;
type CodeNo = u32;

/// How a code stands, apart from what the clock says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum CodeStatus {
    Normal,
    Consumed,
}

/// A state that code/get answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UserCardStatus {
    Normal,
    Consumed,
    Expire,
}

impl UserCardStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "NORMAL",
            Self::Consumed => "CONSUMED",
            Self::Expire => "EXPIRE",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Code {
    pub(crate) code: Box<str>,
    pub(crate) card: CardNo,
    pub(crate) user: UserNo,
    pub(crate) status: CodeStatus,
    /// First and last second in which it can be redeemed.
    pub(crate) begin_time: i64,
    pub(crate) end_time: i64,
    pub(crate) outer_str: Option<Box<str>>,
}

impl Code {
    /// The state a caller sees at `now`.
    pub(crate) fn user_card_status(&self, now: i64) -> UserCardStatus {
        match self.status {
            CodeStatus::Consumed => UserCardStatus::Consumed,
            CodeStatus::Normal if now > self.end_time => UserCardStatus::Expire,
            CodeStatus::Normal => UserCardStatus::Normal,
        }
    }
}

/// All codes of one account, found by text, by holder, and counted per card and user.
#[derive(Clone, Debug, Default)]
pub(crate) struct CodeBook {
    codes: Vec<Code>,
    /// Codes that WeChat made are unique in the account.
    made: HashMap<Box<str>, CodeNo>,
    /// Custom codes are unique in their card.
    custom: HashMap<CardNo, HashMap<Box<str>, CodeNo>>,
    held: HashMap<UserNo, Vec<CodeNo>>,
    claims: HashMap<(CardNo, UserNo), u32>,
}

impl CodeBook {
    /// All codes, in the order in which they were claimed.
    pub(crate) fn all(&self) -> &[Code] {
        &self.codes
    }

    /// Adds a code; the caller has made sure that it is new.
    pub(crate) fn add(&mut self, code: Code, is_custom: bool) {
        let number = CodeNo::try_from(self.codes.len()).expect("fewer than 2^32 codes");
        let index = if is_custom {
            self.custom.entry(code.card).or_default()
        } else {
            &mut self.made
        };
        index.insert(code.code.clone(), number);
        self.held.entry(code.user).or_default().push(number);
        *self.claims.entry((code.card, code.user)).or_default() += 1;
        self.codes.push(code);
    }

    /// Whether a text is taken: in the account for WeChat's codes, in the card for custom ones.
    pub(crate) fn is_taken(&self, code: &str, custom_of: Option<CardNo>) -> bool {
        self.number(code, custom_of).is_some()
    }

    /// A code that WeChat made.
    pub(crate) fn made(&self, code: &str) -> Option<&Code> {
        self.number(code, None).map(|number| self.at(number))
    }

    /// A custom code of one card.
    pub(crate) fn custom(&self, card: CardNo, code: &str) -> Option<&Code> {
        self.number(code, Some(card)).map(|number| self.at(number))
    }

    /// Whether any card has this as a custom code.
    pub(crate) fn is_custom_somewhere(&self, code: &str) -> bool {
        self.custom.values().any(|codes| codes.contains_key(code))
    }

    /// Marks a code as redeemed.
    pub(crate) fn consume(&mut self, code: &str, custom_of: Option<CardNo>) {
        if let Some(number) = self.number(code, custom_of) {
            self.codes[number as usize].status = CodeStatus::Consumed;
        }
    }

    /// What a user holds, in the order of their claims.
    pub(crate) fn held_by(&self, user: UserNo) -> impl Iterator<Item = &Code> {
        self.held
            .get(&user)
            .into_iter()
            .flatten()
            .map(|number| self.at(*number))
    }

    /// How many times a user has claimed a card.
    pub(crate) fn claims_of(&self, card: CardNo, user: UserNo) -> u32 {
        self.claims.get(&(card, user)).copied().unwrap_or(0)
    }

    fn number(&self, code: &str, custom_of: Option<CardNo>) -> Option<CodeNo> {
        match custom_of {
            Some(card) => self.custom.get(&card)?.get(code).copied(),
            None => self.made.get(code).copied(),
        }
    }

    fn at(&self, number: CodeNo) -> &Code {
        &self.codes[number as usize]
    }
}
