//! Rules by which WeChat Pay hands out a card to whoever pays.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AccountNo, World, clock};

/// One rule; a merchant number of WeChat Pay can have one at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GiftRule {
    pub(crate) rule_id: u64,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) mchid_list: Vec<String>,
    #[serde(deserialize_with = "clock::time")]
    pub(crate) begin_time: i64,
    #[serde(deserialize_with = "clock::time")]
    pub(crate) end_time: i64,
    pub(crate) card_id: String,
    /// `member_rule` or `single_pay`, as it came.
    pub(crate) terms: Value,
    /// No other account may take the merchant numbers over; the older calls alone say so.
    #[serde(default)]
    pub(crate) is_locked: bool,
    #[serde(deserialize_with = "clock::time")]
    pub(crate) create_time: i64,
    #[serde(deserialize_with = "clock::time")]
    pub(crate) update_time: i64,
}

impl World {
    /// The rule that a merchant number has, and whose it is; one that has ended counts no more.
    pub(crate) fn gift_rule_of(&self, mchid: &str) -> Option<(AccountNo, &GiftRule)> {
        let now = self.now();
        let mut accounts = self.accounts().iter().enumerate();
        accounts.find_map(|(number, account)| {
            let mut rules = account.gift_rules.iter();
            let rule = rules.find(|rule| {
                now < rule.end_time && rule.mchid_list.iter().any(|known| known == mchid)
            })?;
            Some((number, rule))
        })
    }
}
