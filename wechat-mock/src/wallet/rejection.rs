//! Why the phone did not take a card.

use serde_json::Value;

use super::ext::NotExt;
use crate::{
    explain, facts,
    sign::{
        Values,
        diagnose::{Evidence, Material, Stamp},
    },
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
    signed: OwnedValues,
    /// The hash that came.
    received: String,
    /// Names and values that take no part in the sum.
    unsigned: Vec<(String, String)>,
    material: Material,
}

/// [`Values`], owned.
#[derive(Clone, Debug)]
struct OwnedValues([String; 9]);

impl OwnedValues {
    fn of(signed: Values<'_>) -> Self {
        let values = [
            signed.api_ticket,
            signed.timestamp,
            signed.card_id,
            signed.nonce_str,
            signed.code,
            signed.openid,
            signed.app_id,
            signed.location_id,
            signed.card_type,
        ];
        Self(values.map(str::to_owned))
    }

    fn signed(&self) -> Values<'_> {
        let [
            api_ticket,
            timestamp,
            card_id,
            nonce_str,
            code,
            openid,
            app_id,
            location_id,
            card_type,
        ] = &self.0;
        Values {
            api_ticket,
            timestamp,
            card_id,
            nonce_str,
            code,
            openid,
            app_id,
            location_id,
            card_type,
        }
    }
}

impl Sums {
    pub(super) fn new(
        signed: Values<'_>,
        received: &str,
        unsigned: &[(String, String)],
        material: Material,
    ) -> Self {
        Self {
            signed: OwnedValues::of(signed),
            received: received.to_owned(),
            unsigned: unsigned.to_vec(),
            material,
        }
    }
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
            signed: sums.signed.signed(),
            received: &sums.received,
            unsigned: &sums.unsigned,
            material: &sums.material,
            earlier,
        };
        let mistake = match evidence.mistake() {
            // No sum can show a nonce that nobody knows.
            "other" if sums.signed.signed().nonce_str.is_empty() => "nonce_not_in_card_ext",
            mistake => mistake,
        };
        // Without a ticket there is nothing that the sum could have been right with.
        if mistake != "other" || !evidence.signed.api_ticket.is_empty() {
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
