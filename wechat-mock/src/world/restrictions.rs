//! What WeChat holds against an account, or keeps from it.
//!
//! None of it can be had by a call: at WeChat it is decided by people, contracts and screening. An
//! account of the mock has what `restrictions` says, so that a test can meet the refusals.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::field::BadField;
use crate::{facts, refusal::Refusal};

/// A right that an account with the card right may lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Right {
    CustomCode,
    Balance,
    Bonus,
    CustomUrl,
}

/// What is kept from an account: a right, or cards of a type.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
enum Withheld {
    Right(Right),
    /// A name that `/card/create` knows.
    CardType(String),
}

impl TryFrom<String> for Withheld {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        if facts::is_card_type(&name) {
            return Ok(Self::CardType(name));
        }
        let right = serde_json::from_value(Value::from(name.as_str()));
        right.map(Self::Right).map_err(|_| {
            format!(
                "{name} is neither custom_code, balance, bonus nor custom_url, nor a card type such as MEMBER_CARD"
            )
        })
    }
}

impl From<Withheld> for String {
    fn from(withheld: Withheld) -> Self {
        match withheld {
            Withheld::CardType(name) => name,
            Withheld::Right(right) => match right {
                Right::CustomCode => "custom_code",
                Right::Balance => "balance",
                Right::Bonus => "bonus",
                Right::CustomUrl => "custom_url",
            }
            .to_owned(),
        }
    }
}

/// Calls that a standing can close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// The calls that give out tokens.
    Token,
    /// `jscode2session`.
    Login,
    /// `card/create`.
    Create,
    /// Every call.
    Any,
}

impl Door {
    /// What the rules call it.
    fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Login => "login",
            Self::Create => "create",
            Self::Any => "any",
        }
    }
}

#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Restrictions {
    /// The number with which the account is turned away, 0 when it is not.
    standing: i64,
    /// Rights, and card types for which the account's category is closed.
    withheld: BTreeSet<Withheld>,
    /// The stores of the account; when they are not given, any `poi_id` will do.
    stores: Option<BTreeSet<u64>>,
    /// Texts that content screening does not let into a card.
    banned_words: BTreeSet<String>,
}

impl Restrictions {
    pub(super) fn check(&self) -> Result<(), BadField> {
        if self.standing != 0 && facts::standing(self.standing).is_none() {
            let known: Vec<String> = facts::standings()
                .map(|number| number.to_string())
                .collect();
            let message = format!("standing: 0 or one of {}", known.join(", "));
            return Err(BadField::new("restrictions", message));
        }
        if self.banned_words.contains("") {
            return Err(BadField::new("restrictions", "banned_words: no empty word"));
        }
        Ok(())
    }

    /// Refuses the account at a door that its standing closes.
    pub(crate) fn open(&self, door: Door) -> Result<(), Refusal> {
        match facts::standing(self.standing) {
            Some((rule, closed))
                if closed == door.name() && !crate::breaks::broken("standing-ignored") =>
            {
                Err(Refusal::new(rule)
                    .expected("an account in good standing")
                    .received(format!(
                        "one whose restrictions.standing is {}",
                        self.standing
                    )))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn lacks(&self, right: Right) -> bool {
        self.withheld.contains(&Withheld::Right(right))
    }

    /// Whether the account's category may not make cards of a type.
    pub(crate) fn are_closed_for(&self, card_type: &str) -> bool {
        let is_type = |one: &Withheld| matches!(one, Withheld::CardType(name) if name == card_type);
        self.withheld.iter().any(is_type)
    }

    pub(crate) fn stores(&self) -> Option<&BTreeSet<u64>> {
        self.stores.as_ref()
    }

    /// Whether any word is banned.
    pub(crate) fn ban_words(&self) -> bool {
        !self.banned_words.is_empty()
    }

    /// The first banned word of a text.
    pub(crate) fn banned_in(&self, text: &str) -> Option<&str> {
        let mut words = self.banned_words.iter().map(String::as_str);
        words.find(|word| text.contains(word))
    }
}
