//! `base_info`: what every card has.

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::Timestamp;

/// What every card has. Limits are in bytes of UTF-8; see [`super::limits`].
///
/// # Examples
///
/// ```
/// use wechat_client::card::{BaseInfo, CodeType, Color, DateInfo, RequiredInfo};
///
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let base_info = BaseInfo {
///     get_limit: Some(1),
///     ..BaseInfo::required(RequiredInfo {
///         logo_url: "http://mmbiz.qpic.cn/mmbiz_jpg/a/0".to_owned(),
///         brand_name: "星河小馆".to_owned(),
///         title: "满百减二十".to_owned(),
///         code_type: CodeType::Qrcode,
///         color: Color::new("Color010")?,
///         notice: "结账前请出示券码".to_owned(),
///         description: "每桌限用一张".to_owned(),
///         quantity: 500,
///         date_info: DateInfo::Term { days: 30, starts_after_days: 0, end: None },
///     })
/// };
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BaseInfo {
    /// The logo, by the URL that [`crate::Client::upload_image`] gave.
    pub logo_url: String,
    /// How the code is shown.
    pub code_type: CodeType,
    /// The shop's name.
    pub brand_name: String,
    /// The coupon's title.
    pub title: String,
    /// The card's colour.
    pub color: Color,
    /// What the customer is told above the code.
    pub notice: String,
    /// The terms; lines are parted by `\n`.
    pub description: String,
    /// The stock.
    #[serde(rename = "sku", serialize_with = "sku")]
    pub quantity: u64,
    /// When a claimed code can be redeemed.
    pub date_info: DateInfo,
    /// Whether the shop gives out codes of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_custom_code: Option<bool>,
    /// `GET_CUSTOM_CODE_MODE_DEPOSIT` for codes that are imported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub get_custom_code_mode: Option<String>,
    /// Whether each claim is for one openid alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bind_openid: Option<bool>,
    /// The shop's telephone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_phone: Option<String>,
    /// Shops at which it counts, by their `poi_id`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub location_id_list: Vec<u64>,
    /// Whether it counts at all shops.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_all_locations: Option<bool>,
    /// Text of the button in the middle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub center_title: Option<String>,
    /// Text below that button.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub center_sub_title: Option<String>,
    /// Where that button leads; WeChat takes it only beside [`Self::center_app`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub center_url: Option<String>,
    /// The mini-program that button opens.
    #[serde(flatten, serialize_with = "center_app")]
    pub center_app: Option<MiniProgramLink>,
    /// Text of the first link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_url_name: Option<String>,
    /// Where it leads; WeChat takes it only beside [`Self::custom_app`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_url: Option<String>,
    /// Text beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_url_sub_title: Option<String>,
    /// The mini-program it opens.
    #[serde(flatten, serialize_with = "custom_app")]
    pub custom_app: Option<MiniProgramLink>,
    /// Text of the second link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promotion_url_name: Option<String>,
    /// Where it leads; WeChat takes it only beside [`Self::promotion_app`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promotion_url: Option<String>,
    /// The mini-program it opens.
    #[serde(flatten, serialize_with = "promotion_app")]
    pub promotion_app: Option<MiniProgramLink>,
    /// Cards that one user may redeem.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_limit: Option<u32>,
    /// Cards that one user may claim, 1 to 50; 50 when not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub get_limit: Option<u32>,
    /// Whether users may pass on the page where it is claimed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_share: Option<bool>,
    /// Whether users may give away a claimed card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_give_friend: Option<bool>,
    /// The sub-merchant in whose name a parent account makes it.
    #[serde(
        rename = "sub_merchant_info",
        serialize_with = "sub_merchant",
        skip_serializing_if = "Option::is_none"
    )]
    pub merchant_id: Option<u64>,
}

/// What no card can be without.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each is the field of BaseInfo with the same name"
)]
pub struct RequiredInfo {
    pub logo_url: String,
    pub brand_name: String,
    pub title: String,
    pub code_type: CodeType,
    pub color: Color,
    pub notice: String,
    pub description: String,
    pub quantity: u64,
    pub date_info: DateInfo,
}

impl BaseInfo {
    /// A card with nothing but what it cannot be without.
    pub fn required(info: RequiredInfo) -> Self {
        Self {
            logo_url: info.logo_url,
            code_type: info.code_type,
            brand_name: info.brand_name,
            title: info.title,
            color: info.color,
            notice: info.notice,
            description: info.description,
            quantity: info.quantity,
            date_info: info.date_info,
            use_custom_code: None,
            get_custom_code_mode: None,
            bind_openid: None,
            service_phone: None,
            location_id_list: Vec::new(),
            use_all_locations: None,
            center_title: None,
            center_sub_title: None,
            center_url: None,
            center_app: None,
            custom_url_name: None,
            custom_url: None,
            custom_url_sub_title: None,
            custom_app: None,
            promotion_url_name: None,
            promotion_url: None,
            promotion_app: None,
            use_limit: None,
            get_limit: None,
            can_share: None,
            can_give_friend: None,
            merchant_id: None,
        }
    }
}

/// How a code is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum CodeType {
    /// As text.
    #[serde(rename = "CODE_TYPE_TEXT")]
    Text,
    /// As a barcode with its digits.
    #[serde(rename = "CODE_TYPE_BARCODE")]
    Barcode,
    /// As a QR code with its digits.
    #[serde(rename = "CODE_TYPE_QRCODE")]
    Qrcode,
    /// As a QR code alone.
    #[serde(rename = "CODE_TYPE_ONLY_QRCODE")]
    QrcodeOnly,
    /// As a barcode alone.
    #[serde(rename = "CODE_TYPE_ONLY_BARCODE")]
    BarcodeOnly,
    /// Not at all.
    #[serde(rename = "CODE_TYPE_NONE")]
    None,
}

/// The colour of a card, by WeChat's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Color(&'static str);

/// A name that is no colour of WeChat's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} is none of WeChat's card colours, such as Color010")]
pub struct UnknownColor {
    name: String,
}

impl Color {
    /// The names WeChat knows.
    pub const NAMES: [&'static str; 14] = [
        "Color010", "Color020", "Color030", "Color040", "Color050", "Color060", "Color070",
        "Color080", "Color081", "Color082", "Color090", "Color100", "Color101", "Color102",
    ];

    /// A colour by its exact name; hex values are not taken.
    ///
    /// # Errors
    ///
    /// [`UnknownColor`] when it is not one of [`Self::NAMES`].
    pub fn new(name: &str) -> Result<Self, UnknownColor> {
        let known = Self::NAMES.into_iter().find(|known| *known == name);
        known.map(Self).ok_or_else(|| UnknownColor {
            name: name.to_owned(),
        })
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        self.0
    }
}

/// A page of a mini-program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MiniProgramLink {
    /// The mini-program's original id and `@app`, such as `gh_0123456789ab@app`.
    pub user_name: String,
    /// The page, such as `pages/order/index`.
    pub path: String,
}

/// When a claimed code can be redeemed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type")]
pub enum DateInfo {
    /// Between two moments, the same for all.
    #[serde(rename = "DATE_TYPE_FIX_TIME_RANGE")]
    Range {
        /// The first moment.
        #[serde(rename = "begin_timestamp")]
        begin: Timestamp,
        /// The last moment.
        #[serde(rename = "end_timestamp")]
        end: Timestamp,
    },
    /// For some days, counted from the claim.
    #[serde(rename = "DATE_TYPE_FIX_TERM")]
    Term {
        /// How many days; at least 1.
        #[serde(rename = "fixed_term")]
        days: u32,
        /// Days from the claim to the first of them; 0 for the day of the claim.
        #[serde(rename = "fixed_begin_term")]
        starts_after_days: u32,
        /// A last moment for all.
        #[serde(rename = "end_timestamp", skip_serializing_if = "Option::is_none")]
        end: Option<Timestamp>,
    },
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands every field over by reference"
)]
fn sku<S: Serializer>(quantity: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map([("quantity", quantity)])
}

#[expect(
    clippy::ref_option,
    reason = "serde hands every field over by reference"
)]
fn sub_merchant<S: Serializer>(id: &Option<u64>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map([("merchant_id", id)])
}

/// The two fields of a link, or none.
fn link<S: Serializer>(
    link: Option<&MiniProgramLink>,
    names: [&'static str; 2],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    if let Some(link) = link {
        map.serialize_entry(names[0], &link.user_name)?;
        map.serialize_entry(names[1], &link.path)?;
    }
    map.end()
}

macro_rules! link_field {
    ($field:ident, $user_name:literal, $path:literal) => {
        #[expect(
            clippy::ref_option,
            reason = "serde hands every field over by reference"
        )]
        pub(super) fn $field<S: Serializer>(
            app: &Option<MiniProgramLink>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            link(app.as_ref(), [$user_name, $path], serializer)
        }
    };
}

link_field!(
    center_app,
    "center_app_brand_user_name",
    "center_app_brand_pass"
);
link_field!(
    custom_app,
    "custom_app_brand_user_name",
    "custom_app_brand_pass"
);
link_field!(
    promotion_app,
    "promotion_app_brand_user_name",
    "promotion_app_brand_pass"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_colours_are_those_of_the_table() {
        let table: Vec<&str> = fixtures::colors()
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["name"].as_str().unwrap())
            .collect();
        assert_eq!(table, Color::NAMES);
        assert!(Color::new("color010").is_err());
        assert!(Color::new("#63b359").is_err());
    }
}
