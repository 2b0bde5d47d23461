//! The draft of a coupon as our own callers write it, and everything that can be wrong with it.

use serde::Serialize;
use serde_json::Value;
use wechat_client::{
    Timestamp,
    card::{BusinessService, Color, LimitDay},
};

use super::{Fault, Fields};
use crate::clock::rfc3339;

mod read;

/// What a coupon gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    GeneralCoupon,
    Groupon,
    Cash,
    Discount,
    Gift,
}

impl Kind {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "general_coupon" => Self::GeneralCoupon,
            "groupon" => Self::Groupon,
            "cash" => Self::Cash,
            "discount" => Self::Discount,
            "gift" => Self::Gift,
            _ => return None,
        })
    }
}

/// How the code is shown at the till.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CodeShape {
    Text,
    Barcode,
    Qrcode,
}

impl CodeShape {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "text" => Self::Text,
            "barcode" => Self::Barcode,
            "qrcode" => Self::Qrcode,
            _ => return None,
        })
    }
}

/// When a claimed coupon can be redeemed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum Valid {
    /// Between two moments.
    Between {
        #[serde(serialize_with = "as_rfc3339")]
        from: Timestamp,
        #[serde(serialize_with = "as_rfc3339")]
        to: Timestamp,
    },
    /// For some days from some days after the claim.
    Days { days: u32, starts_after_days: u32 },
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands out references"
)]
fn as_rfc3339<S: serde::Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&rfc3339(at.seconds()))
}

/// A button of the card that opens a mini-program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct MiniProgram {
    pub(crate) original_id: String,
    pub(crate) path: String,
    pub(crate) name: String,
}

/// When in the week the coupon can be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct TimeLimit {
    #[serde(rename = "type", serialize_with = "as_day")]
    pub(crate) day: LimitDay,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) begin_hour: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) begin_minute: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) end_hour: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) end_minute: Option<u32>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands out references"
)]
fn as_day<S: serde::Serializer>(day: &LimitDay, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(day.as_str())
}

fn as_services<S: serde::Serializer>(
    services: &[BusinessService],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(services.iter().map(|service| service.as_str()))
}

fn as_color<S: serde::Serializer>(color: &Color, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(color.as_str())
}

/// A coupon that WeChat can be asked to make. It serializes back to what the caller wrote.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Draft {
    pub(crate) kind: Kind,
    pub(crate) title: String,
    pub(crate) brand_name: String,
    pub(crate) logo_url: String,
    #[serde(serialize_with = "as_color")]
    pub(crate) color: Color,
    pub(crate) code_type: CodeShape,
    pub(crate) notice: String,
    pub(crate) description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
    pub(crate) valid: Valid,
    pub(crate) stock: u64,
    pub(crate) limit_per_user: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) service_phone: Option<String>,
    #[serde(rename = "abstract", skip_serializing_if = "Option::is_none")]
    pub(crate) abstract_text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) icon_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mini_program: Option<MiniProgram>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) time_limits: Vec<TimeLimit>,
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "as_services")]
    pub(crate) services: Vec<BusinessService>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) can_give_friend: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) least_cost: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reduce_cost: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) discount: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) gift: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) merchant_id: Option<u64>,
}

impl Draft {
    /// Reads a draft; `now` is what a coupon must still be valid after.
    ///
    /// # Errors
    ///
    /// All faults there are, each with its field.
    pub(crate) fn parse(body: &Value, now: i64) -> Result<Self, Vec<Fault>> {
        Fields::read(body, |fields| read::read(fields, now))
    }

    /// When the last customer can claim it, if that is a moment.
    pub(crate) fn ends_at(&self) -> Option<i64> {
        match self.valid {
            Valid::Between { to, .. } => Some(to.seconds()),
            Valid::Days { .. } => None,
        }
    }
}
