//! Why the phone did not take a card.

use serde_json::Value;

use super::ext::{Ext, NotExt};
use crate::{
    explain, facts,
    sign::diagnose::{Evidence, Material, Stamp},
};

/// Why the phone did not take a card.
#[derive(Clone, Debug)]
pub(super) struct Rejection {
    pub(super) rule: &'static str,
    pub(super) expected: String,
    pub(super) received: String,
    /// A mistake that is known already, an id of `fixtures`.
    pub(super) mistake: Option<&'static str>,
    /// The claim whose timestamp and nonce came a second time.
    pub(super) repeated: Option<Box<Stamp>>,
    /// What to find the mistake with, for a wrong signature.
    pub(super) signature: Option<Box<Sums>>,
}

/// The values of a signature that was refused, kept until the world is unlocked.
#[derive(Clone, Debug)]
pub(super) struct Sums {
    pub(super) api_ticket: String,
    pub(super) card_id: String,
    pub(super) ext: Ext,
    pub(super) material: Material,
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
            mistake: None,
            repeated: None,
            signature: None,
        }
    }

    pub(super) fn phone_text(&self) -> &'static str {
        facts::rule(self.rule)["phone_text"]
            .as_str()
            .unwrap_or_default()
    }

    /// Adds all there is to say; `earlier` is what former claims were made with.
    pub(super) fn add_to(&self, record: &mut Value, earlier: &[Stamp]) {
        explain::add_rule(record, self.rule, self.rule, &self.expected, &self.received);
        let repeated = self.repeated.as_ref();
        let repeated = repeated.and_then(|claim| claim.repeated(earlier));
        if let Some(mistake) = self.mistake.or(repeated) {
            explain::add_mistake(record, mistake);
        }
        let Some(sums) = &self.signature else {
            return;
        };
        let evidence = Evidence {
            signed: sums.ext.signed(&sums.api_ticket, &sums.card_id),
            received: &sums.ext.signature,
            unsigned: &sums.ext.unsigned,
            material: &sums.material,
            earlier,
        };
        let mistake = match evidence.mistake() {
            // No sum can show a nonce that nobody knows.
            "other" if sums.ext.nonce_str.is_empty() => "nonce_not_in_card_ext",
            mistake => mistake,
        };
        // Without a ticket there is nothing that the sum could have been right with.
        if mistake != "other" || !sums.api_ticket.is_empty() {
            explain::add_mistake(record, mistake);
        }
        record["signature"] = evidence.describe();
    }
}

impl From<NotExt> for Rejection {
    fn from(fault: NotExt) -> Self {
        Self {
            mistake: fault.mistake,
            ..Self::new(fault.rule, fault.expected, fault.received)
        }
    }
}
