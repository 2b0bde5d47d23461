//! Cells of a card that are opened by calls of their own.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Cells {
    /// Payment with the card.
    pub(crate) pay: bool,
    /// Customers redeem the card by themselves.
    pub(crate) self_consume: Option<SelfConsume>,
}

/// What customers give when they redeem a card by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SelfConsume {
    pub(crate) need_verify_cod: bool,
    pub(crate) need_remark_amount: bool,
}
