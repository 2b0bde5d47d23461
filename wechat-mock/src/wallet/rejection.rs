//! Why the phone did not take a card.

use serde_json::Value;

use super::ext::{Ext, NotExt};
use crate::{
    explain, facts,
    sign::diagnose::{Evidence, OtherSecret},
};

/// Why the phone did not take a card.
#[derive(Clone, Debug)]
pub(super) struct Rejection {
    pub(super) rule: &'static str,
    pub(super) expected: String,
    pub(super) received: String,
    /// The sums and the likely mistake, for a wrong signature.
    pub(super) signature: Option<Box<Sums>>,
}

/// The values of a signature that was refused, kept until the world is unlocked.
#[derive(Clone, Debug)]
pub(super) struct Sums {
    pub(super) api_ticket: String,
    pub(super) card_id: String,
    pub(super) ext: Ext,
    pub(super) others: Vec<OtherSecret>,
}

impl Rejection {
    pub(super) fn new(
        rule: &'static str,
        expected: impl Into<String>,
        received: impl Into<String>,
    ) -> Self {
        Self {
            rule,
            expected: expected.into(),
            received: received.into(),
            signature: None,
        }
    }

    pub(super) fn phone_text(&self) -> &'static str {
        facts::rule(self.rule)["phone_text"]
            .as_str()
            .unwrap_or_default()
    }

    pub(super) fn add_to(&self, record: &mut Value) {
        explain::add_rule(record, self.rule, self.rule, &self.expected, &self.received);
        let Some(sums) = &self.signature else {
            return;
        };
        let described = Evidence {
            signed: sums.ext.signed(&sums.api_ticket, &sums.card_id),
            received: &sums.ext.signature,
            unsigned: sums.ext.unsigned.iter().map(String::as_str).collect(),
            others: sums.others.clone(),
        }
        .describe();
        record["mistake"] = described["mistake"].clone();
        if described["mistake"]["id"] != "other" {
            record["fix"] = described["mistake"]["fix"].clone();
        }
        record["signature"] = described;
    }
}

impl From<NotExt> for Rejection {
    fn from(fault: NotExt) -> Self {
        Self::new(fault.rule, fault.expected, fault.received)
    }
}
