//! Codes that the merchant puts in, to be handed out in that order.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

/// Characters of the longest code that a merchant can bring.
pub(crate) const LONGEST_CODE: usize = 20;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Record", into = "Record")]
pub(crate) struct Deposit {
    codes: Vec<Box<str>>,
    known: HashSet<Box<str>>,
    handed_out: usize,
}

/// A deposit as the world file holds it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    codes: Vec<Box<str>>,
    handed_out: usize,
}

impl From<Deposit> for Record {
    fn from(deposit: Deposit) -> Self {
        Self {
            codes: deposit.codes,
            handed_out: deposit.handed_out,
        }
    }
}

impl TryFrom<Record> for Deposit {
    type Error = &'static str;

    fn try_from(record: Record) -> Result<Self, &'static str> {
        let mut deposit = Self::default();
        for code in &record.codes {
            if !is_custom_code(code) {
                return Err("a code of other than 1 to 20 letters, digits, \"-\" or \"_\"");
            }
            if !deposit.add(code) {
                return Err("a code stands twice");
            }
        }
        if record.handed_out > record.codes.len() {
            return Err("more were handed out than were put in");
        }
        deposit.handed_out = record.handed_out;
        Ok(deposit)
    }
}

impl Deposit {
    pub(crate) fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// How many were ever put in.
    pub(crate) fn count(&self) -> u64 {
        self.codes.len() as u64
    }

    /// How many of them are still to be handed out.
    pub(crate) fn left(&self) -> u64 {
        (self.codes.len() - self.handed_out) as u64
    }

    /// Those that are still to be handed out.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = &str> {
        self.codes[self.handed_out..].iter().map(AsRef::as_ref)
    }

    pub(crate) fn holds(&self, code: &str) -> bool {
        self.known.contains(code)
    }

    /// Puts a code in; false when it is there already.
    #[must_use]
    pub(crate) fn add(&mut self, code: &str) -> bool {
        let is_new = self.known.insert(code.into());
        if is_new {
            self.codes.push(code.into());
        }
        is_new
    }

    /// The code that is handed out next.
    pub(crate) fn next(&mut self) -> Option<Box<str>> {
        let last = self.codes.len().checked_sub(self.handed_out + 1)?;
        let next = if crate::breaks::broken("deposit-in-another-order") {
            last
        } else {
            self.handed_out
        };
        let code = self.codes.get(next)?.clone();
        self.handed_out += 1;
        Some(code)
    }
}

/// Whether a merchant can bring a code of this form.
pub(crate) fn is_custom_code(code: &str) -> bool {
    (1..=LONGEST_CODE).contains(&code.len())
        && code
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_handed_out_in_the_order_in_which_they_came() {
        let mut deposit = Deposit::default();
        assert!(deposit.add("0002") && deposit.add("0001"));
        assert!(!deposit.add("0002"));
        assert_eq!(deposit.next().as_deref(), Some("0002"));
        assert_eq!(deposit.next().as_deref(), Some("0001"));
        assert_eq!(deposit.next(), None);
        assert_eq!(deposit.count(), 2);
        assert!(deposit.holds("0001"));
    }
}
