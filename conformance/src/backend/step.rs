//! The steps of a case about the backend, as its data has them.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::step::{Call, Expect, Repeat};

/// One step: exactly one of `call`, `coupon`, `claim`, `do`, `together`, `during` and `repeat`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Step {
    /// A call of the backend. `as` is `admin` (unless said, below `/admin/`), `none`, or the customer
    /// whose session is sent.
    pub(super) call: Option<Call>,
    /// The query has the timestamp, the nonce and the signature that WeChat would add.
    pub(super) signed: bool,
    /// The call is made again until what comes is what is expected, for ten seconds.
    pub(super) eventually: bool,
    pub(super) coupon: Option<Coupon>,
    pub(super) claim: Option<Claim>,
    #[serde(rename = "do")]
    pub(super) action: Option<Value>,
    pub(super) together: Option<Together>,
    pub(super) during: Option<During>,
    pub(super) repeat: Option<Repeat>,
    /// Without it the status has to be 200 or 201.
    pub(super) expect: Option<Expect>,
    /// Whatever comes is right.
    pub(super) whatever: bool,
    /// Values of the answer that later steps use: name and JSON pointer.
    pub(super) save: Map<String, Value>,
}

/// A coupon, made from the smallest draft and a merge patch (RFC 7386).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Coupon {
    pub(super) with: Value,
    pub(super) key: Option<String>,
}

/// What a customer does to have a coupon: card-ext, `wx.addCard` and, unless `on_phone_alone`, the claim.
/// `save` takes `code` and `encrypt_code`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Claim {
    pub(super) user: String,
    pub(super) id: String,
    pub(super) on_phone_alone: bool,
}

/// One call, so many times at once.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Together {
    pub(super) call: Call,
    pub(super) times: usize,
    /// The statuses that may come.
    pub(super) among: Vec<u16>,
    /// How many answers have the first of them.
    pub(super) of_first: Option<usize>,
    /// All bodies that come with the first of them are equal.
    pub(super) same: bool,
}

/// A call that is under way at WeChat while others are made.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct During {
    pub(super) call: Call,
    /// The path of WeChat's that it has reached before the others are made.
    pub(super) reached: String,
    pub(super) steps: Vec<Value>,
}

impl Step {
    /// Reads one step.
    ///
    /// # Errors
    ///
    /// What the data says wrongly.
    pub(super) fn read(step: &Value) -> Result<Self, String> {
        let step: Self =
            serde_json::from_value(step.clone()).map_err(|error| format!("{error}: {step}"))?;
        let kinds = [
            step.call.is_some(),
            step.coupon.is_some(),
            step.claim.is_some(),
            step.action.is_some(),
            step.together.is_some(),
            step.during.is_some(),
            step.repeat.is_some(),
        ];
        if kinds.into_iter().filter(|is_kind| *is_kind).count() == 1 {
            Ok(step)
        } else {
            Err("a step is of one kind".to_owned())
        }
    }
}
