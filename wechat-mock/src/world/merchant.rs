//! Sub-merchants: brands whose cards a parent account makes.

use serde::{Deserialize, Serialize};

use super::{AccountNo, World, clock, event::Event};

/// One brand under a parent account; `merchant_id`, `brand_name` and `status` are enough.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubMerchant {
    pub(crate) merchant_id: u64,
    pub(crate) brand_name: String,
    pub(crate) status: SubMerchantStatus,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) app_id: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) logo_url: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) protocol: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) agreement_media_id: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) operator_media_id: String,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) reason: String,
    #[serde(default, deserialize_with = "clock::time")]
    pub(crate) create_time: i64,
    #[serde(default, deserialize_with = "clock::time")]
    pub(crate) update_time: i64,
    #[serde(default, deserialize_with = "clock::time")]
    pub(crate) begin_time: i64,
    /// When the brand's authorization ends; 0 when nobody said.
    #[serde(default, deserialize_with = "clock::time")]
    pub(crate) end_time: i64,
    #[serde(default)]
    pub(crate) primary_category_id: u64,
    #[serde(default)]
    pub(crate) secondary_category_id: u64,
}

#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum SubMerchantStatus {
    Checking,
    Approved,
    Rejected,
    Expired,
}

impl SubMerchant {
    /// How it stands at `now`: an authorization ends by itself.
    pub(crate) fn status_at(&self, now: i64) -> SubMerchantStatus {
        let has_ended = self.end_time != 0 && self.end_time < now;
        if has_ended
            && !crate::breaks::broken("sub-merchant-for-ever")
            && self.status == SubMerchantStatus::Approved
        {
            SubMerchantStatus::Expired
        } else {
            self.status
        }
    }
}

/// The reviewer came to a sub-merchant that is unknown, or not waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotChecking(pub(crate) Option<SubMerchantStatus>);

impl World {
    /// Takes in a new or changed sub-merchant, which is then reviewed.
    pub(crate) fn put_sub_merchant(&mut self, number: AccountNo, merchant: SubMerchant) {
        let id = merchant.merchant_id;
        let profile = &mut self.account_mut(number).profile;
        let mut known = profile.sub_merchants.iter_mut();
        match known.find(|known| known.merchant_id == id) {
            Some(known) => *known = merchant,
            None => profile.sub_merchants.push(merchant),
        }
        if profile.approves_at_once() || crate::breaks::broken("sub-merchant-not-reviewed") {
            self.end_check(number, id, true, "");
        }
    }

    /// What the reviewer of sub-merchants does.
    pub(crate) fn review_sub_merchant(
        &mut self,
        number: AccountNo,
        id: u64,
        is_passed: bool,
        reason: &str,
    ) -> Result<(), NotChecking> {
        let mut known = self.account(number).profile.sub_merchants.iter();
        let known = known.find(|known| known.merchant_id == id);
        match known.map(|known| known.status) {
            Some(SubMerchantStatus::Checking) => {
                self.end_check(number, id, is_passed, reason);
                Ok(())
            }
            status => Err(NotChecking(status)),
        }
    }

    fn end_check(&mut self, number: AccountNo, id: u64, is_passed: bool, reason: &str) {
        let now = self.now();
        let account = self.account_mut(number);
        let mut known = account.profile.sub_merchants.iter_mut();
        if let Some(merchant) = known.find(|known| known.merchant_id == id) {
            merchant.status = if is_passed {
                SubMerchantStatus::Approved
            } else {
                SubMerchantStatus::Rejected
            };
            (if is_passed { "" } else { reason }).clone_into(&mut merchant.reason);
            merchant.update_time = now;
            merchant.begin_time = now;
        }
        let reason = if is_passed { "" } else { reason };
        let event = checked(account.platform_openid(), id, is_passed, reason);
        self.emit(number, event);
    }
}

/// A sub-merchant was reviewed; `reason` says why it was refused.
fn checked(platform: &str, id: u64, is_passed: bool, reason: &str) -> Event {
    // Ids have eight digits unless a world file or the control API gave another.
    Event::new("card_merchant_check_result", platform)
        .number("MerchantId", i64::try_from(id).unwrap_or(i64::MAX))
        .number("IsPass", i64::from(is_passed))
        .text("Reason", reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::event::Element;

    #[test]
    fn the_check_of_a_sub_merchant_is_told_in_the_documented_order() {
        let event = checked("o0", 7, false, "no licence");
        let expected = [
            ("MerchantId", Element::Number(7)),
            ("IsPass", Element::Number(0)),
            ("Reason", Element::Text("no licence".to_owned())),
        ];
        let expected = expected.map(|(name, element)| (name.to_owned(), element));
        assert_eq!(event.elements, expected);
    }
}
