//! Cards that a payment gives.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    AppId, CardId, Client, ErrCode, Error, Fen, MchId, Paged, RuleId, Timestamp,
    paging::Page,
    transport::Call,
    wire::{flag, maybe_text, maybe_whole, open_names, seconds, whole},
};

/// Rules that one page holds, as on WeChat's page; no larger number is published.
const PAGE: u64 = 10;

open_names! {
    /// What a rule gives.
    RuleKind {
        /// A member card.
        PayMemberCard = "RULE_TYPE_PAY_MEMBER_CARD",
        /// A card for a single payment.
        SinglePay = "RULE_TYPE_SINGLE_PAY",
    }
}

open_names! {
    /// How a rule stands.
    RuleStatus {
        /// It counts.
        Ok = "RULE_STATUS_OK",
    }
}

/// A rule by which a payment gives a card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayGiftRule {
    /// What it gives.
    #[serde(rename = "type")]
    pub kind: RuleKind,
    /// Where and when it counts.
    pub base_info: RuleBase,
    /// Which member card it gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member_rule: Option<MemberRule>,
    /// Which card it gives for a single payment. What stands in it is published nowhere we know, so
    /// it goes and comes as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub single_pay: Option<Value>,
}

/// Where and when a rule counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleBase {
    /// The merchants of WeChat Pay.
    #[serde(rename = "mchid_list")]
    pub merchants: Vec<MchId>,
    /// The first moment.
    #[serde(serialize_with = "seconds")]
    pub begin_time: Timestamp,
    /// The last moment.
    #[serde(serialize_with = "seconds")]
    pub end_time: Timestamp,
}

/// Which member card a payment gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRule {
    /// The member card.
    pub card_id: CardId,
    /// From which amount on.
    #[serde(deserialize_with = "whole")]
    pub least_cost: Fen,
    /// Up to which amount.
    #[serde(deserialize_with = "whole")]
    pub max_cost: Fen,
    /// Where the customer claims it, when not at WeChat's page.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "maybe_text"
    )]
    pub jump_url: Option<String>,
}

/// A rule as WeChat has it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "RuleWire")]
pub struct PayGiftRuleDetail {
    /// What WeChat knows it by, where the answer says so.
    pub rule_id: Option<RuleId>,
    /// The rule.
    pub rule: PayGiftRule,
    /// How it stands.
    pub status: Option<RuleStatus>,
    /// When it was made, in seconds since 1970.
    pub create_time: Option<i64>,
    /// When it was changed, in seconds since 1970.
    pub update_time: Option<i64>,
}

/// A rule on the wire: how it stands is told in `base_info`, or beside it in older samples.
#[derive(Deserialize)]
struct RuleWire {
    #[serde(default, deserialize_with = "maybe_whole")]
    rule_id: Option<RuleId>,
    #[serde(rename = "type")]
    kind: RuleKind,
    base_info: BaseWire,
    #[serde(default)]
    member_rule: Option<MemberRule>,
    #[serde(default)]
    single_pay: Option<Value>,
    #[serde(flatten)]
    standing: Standing,
}

#[derive(Deserialize)]
struct BaseWire {
    #[serde(flatten)]
    base: RuleBase,
    #[serde(flatten)]
    standing: Standing,
}

#[derive(Deserialize)]
struct Standing {
    #[serde(default)]
    status: Option<RuleStatus>,
    #[serde(default, deserialize_with = "maybe_whole")]
    create_time: Option<i64>,
    #[serde(default, deserialize_with = "maybe_whole")]
    update_time: Option<i64>,
}

impl From<RuleWire> for PayGiftRuleDetail {
    fn from(wire: RuleWire) -> Self {
        let (within, beside) = (wire.base_info.standing, wire.standing);
        Self {
            rule_id: wire.rule_id,
            rule: PayGiftRule {
                kind: wire.kind,
                base_info: wire.base_info.base,
                member_rule: wire.member_rule,
                single_pay: wire.single_pay,
            },
            status: within.status.or(beside.status),
            create_time: within.create_time.or(beside.create_time),
            update_time: within.update_time.or(beside.update_time),
        }
    }
}

/// A rule that was made.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PayGiftRuleMade {
    /// What WeChat knows it by.
    #[serde(deserialize_with = "whole")]
    pub rule_id: RuleId,
    /// For which merchants it counts.
    #[serde(flatten)]
    pub merchants: MerchantsTaken,
}

/// Which merchants were taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct MerchantsTaken {
    /// Those that were.
    #[serde(rename = "succ_mchid_list")]
    pub succeeded: Vec<MchId>,
    /// Those that were not, and why.
    #[serde(rename = "fail_mchid_list")]
    pub failed: Vec<MerchantRefused>,
}

/// A merchant that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct MerchantRefused {
    /// The merchant.
    #[serde(rename = "mchid")]
    pub merchant: MchId,
    /// WeChat's number.
    #[serde(default, deserialize_with = "maybe_whole")]
    pub errcode: Option<ErrCode>,
    /// WeChat's words.
    #[serde(default)]
    pub errmsg: String,
    /// The rule that has this merchant already.
    #[serde(default, deserialize_with = "maybe_whole")]
    pub occupy_rule_id: Option<RuleId>,
    /// The account whose rule that is.
    #[serde(default, deserialize_with = "maybe_text")]
    pub occupy_appid: Option<AppId>,
}

/// A member card that payments to some merchants give, by the older call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PayGiftMemberCard {
    /// The member card.
    pub card_id: CardId,
    /// Where the customer claims it, when not at WeChat's page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jump_url: Option<String>,
    /// The merchants of WeChat Pay.
    #[serde(rename = "mchid_list")]
    pub merchants: Vec<MchId>,
    /// The first moment.
    #[serde(serialize_with = "seconds")]
    pub begin_time: Timestamp,
    /// The last moment.
    #[serde(serialize_with = "seconds")]
    pub end_time: Timestamp,
    /// From which amount on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_cost: Option<Fen>,
    /// Up to which amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_cost: Option<Fen>,
    /// Whether no other account can take these merchants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_locked: Option<bool>,
}

/// The member card that payments to a merchant give, by the older call.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct MerchantsMemberCard {
    /// The member card.
    #[serde(default, deserialize_with = "maybe_text")]
    pub card_id: Option<CardId>,
    /// The account that has this merchant.
    #[serde(default, deserialize_with = "maybe_text")]
    pub occupy_appid: Option<AppId>,
    /// Whether no other account can take it.
    #[serde(default, deserialize_with = "flag")]
    pub is_locked: bool,
}

#[derive(Serialize)]
struct ById {
    rule_id: RuleId,
}

impl Client {
    /// Makes a rule by which a payment gives a card.
    ///
    /// Source: official page on gifts for payments, as models of public clients have it.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] when WeChat does not take it; single merchants that it does not take stand in
    /// [`MerchantsTaken::failed`].
    pub async fn add_pay_gift_rule(&self, rule: &PayGiftRule) -> Result<PayGiftRuleMade, Error> {
        #[derive(Serialize)]
        struct Request<'a> {
            rule_info: &'a PayGiftRule,
        }

        let request = Request { rule_info: rule };
        self.call(Call::act("/card/paygiftcard/add", &request))
            .await
    }

    /// Deletes a rule.
    ///
    /// Source: as [`Self::add_pay_gift_rule`].
    ///
    /// # Errors
    ///
    /// [`Error::Api`] when there is no such rule.
    pub async fn delete_pay_gift_rule(&self, rule_id: RuleId) -> Result<(), Error> {
        self.done(Call::act("/card/paygiftcard/delete", &ById { rule_id }))
            .await
    }

    /// One rule.
    ///
    /// Source: as [`Self::add_pay_gift_rule`].
    ///
    /// # Errors
    ///
    /// [`Error::Api`] when there is no such rule.
    pub async fn pay_gift_rule(&self, rule_id: RuleId) -> Result<PayGiftRuleDetail, Error> {
        #[derive(Deserialize)]
        struct Answer {
            rule_info: PayGiftRuleDetail,
        }

        let call = Call::ask("/card/paygiftcard/getbyid", &ById { rule_id });
        let answer: Answer = self.call(call).await?;
        Ok(answer.rule_info)
    }

    /// The rules of a kind: those that count, or all.
    ///
    /// Source: as [`Self::add_pay_gift_rule`].
    pub fn pay_gift_rules(&self, kind: RuleKind, is_effective: bool) -> Paged<PayGiftRuleDetail> {
        #[derive(Serialize)]
        struct Request<'a> {
            #[serde(rename = "type")]
            kind: &'a RuleKind,
            effective: bool,
            offset: u64,
            count: u64,
        }

        #[derive(Deserialize)]
        struct Answer {
            #[serde(default, deserialize_with = "maybe_whole")]
            total_count: Option<u64>,
            #[serde(default)]
            rule_list: Vec<PayGiftRuleDetail>,
        }

        Paged::new(
            self,
            move |offset| {
                let request = Request {
                    kind: &kind,
                    effective: is_effective,
                    offset,
                    count: PAGE,
                };
                Call::ask("/card/paygiftcard/batchget", &request)
            },
            |answer: Answer, offset| Page::by_offset(answer.rule_list, offset, answer.total_count),
        )
    }

    /// Gives a member card for payments to some merchants, by the older call.
    ///
    /// Source: official update log of 2016-09-19; models of public clients.
    ///
    /// # Errors
    ///
    /// As [`Self::add_pay_gift_rule`].
    pub async fn add_pay_gift_member_card(
        &self,
        gift: &PayGiftMemberCard,
    ) -> Result<MerchantsTaken, Error> {
        self.call(Call::act("/card/paygiftmembercard/add", gift))
            .await
    }

    /// Gives a member card for payments to these merchants no more, by the older call.
    ///
    /// Source: as [`Self::add_pay_gift_member_card`].
    ///
    /// # Errors
    ///
    /// As [`Self::add_pay_gift_rule`].
    pub async fn delete_pay_gift_member_card(
        &self,
        card_id: &CardId,
        merchants: &[MchId],
    ) -> Result<MerchantsTaken, Error> {
        #[derive(Serialize)]
        struct Request<'a> {
            card_id: &'a CardId,
            mchid_list: &'a [MchId],
        }

        let request = Request {
            card_id,
            mchid_list: merchants,
        };
        self.call(Call::act("/card/paygiftmembercard/delete", &request))
            .await
    }

    /// The member card that payments to a merchant give, by the older call.
    ///
    /// Source: as [`Self::add_pay_gift_member_card`].
    ///
    /// # Errors
    ///
    /// [`Error::Api`] when there is none.
    pub async fn pay_gift_member_card(
        &self,
        merchant: &MchId,
    ) -> Result<MerchantsMemberCard, Error> {
        #[derive(Serialize)]
        struct Request<'a> {
            mchid: &'a MchId,
        }

        let call = Call::ask("/card/paygiftmembercard/get", &Request { mchid: merchant });
        self.call(call).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn how_a_rule_stands_is_read_within_base_info_and_beside_it() {
        let base = json!({"mchid_list": ["1900000109"], "begin_time": 1_798_000_000, "end_time": 1_800_000_000});
        let standing = json!({"status": "RULE_STATUS_OK", "create_time": 1, "update_time": 2});
        let mut within = json!({"type": "RULE_TYPE_PAY_MEMBER_CARD", "base_info": base});
        let mut beside = within.clone();
        for (key, value) in standing.as_object().unwrap() {
            within["base_info"][key] = value.clone();
            beside[key] = value.clone();
        }
        for wire in [within, beside] {
            let rule: PayGiftRuleDetail = serde_json::from_value(wire).unwrap();
            assert_eq!(rule.status, Some(RuleStatus::Ok));
            assert_eq!((rule.create_time, rule.update_time), (Some(1), Some(2)));
        }
    }
}
