//! `advanced_info`: what a card shows, and when it counts.

use std::{fmt, str::FromStr};

use serde::{Serialize, Serializer};

use crate::Fen;

/// What a card shows, and when it counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AdvancedInfo {
    /// On what it counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_condition: Option<UseCondition>,
    /// The cover.
    #[serde(rename = "abstract", skip_serializing_if = "Option::is_none")]
    pub cover: Option<Cover>,
    /// Pictures and texts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub text_image_list: Vec<TextImage>,
    /// The times at which it counts; none for always.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub time_limit: Vec<TimeLimit>,
    /// What the shop offers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub business_service: Vec<BusinessService>,
}

/// On what a card counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UseCondition {
    /// On these goods; cash coupons alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept_category: Option<String>,
    /// Not on these goods; cash coupons alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reject_category: Option<String>,
    /// From which amount on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub least_cost: Option<Fen>,
    /// With which goods; gifts alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_use_for: Option<String>,
    /// Whether it counts beside others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_use_with_other_discount: Option<bool>,
}

/// The cover of a card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cover {
    /// A line about the card.
    #[serde(rename = "abstract")]
    pub abstract_text: String,
    /// One picture, by the URL that [`crate::Client::upload_image`] gave.
    pub icon_url_list: Vec<String>,
}

/// A picture and a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TextImage {
    /// The picture.
    pub image_url: String,
    /// The text.
    pub text: String,
}

/// A time at which a card counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TimeLimit {
    /// On which day; none for every day.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<LimitDay>,
    /// From which hour on, 0 to 23.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begin_hour: Option<u32>,
    /// From which minute on, 0 to 59.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begin_minute: Option<u32>,
    /// Until which hour, 0 to 23.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_hour: Option<u32>,
    /// Until which minute, 0 to 59.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_minute: Option<u32>,
}

/// A name that WeChat does not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} is none of {}", known.join(", "))]
pub struct UnknownName {
    name: String,
    known: &'static [&'static str],
}

macro_rules! names {
    ($(#[$doc:meta])* $enum:ident { $($(#[$about:meta])* $variant:ident = $name:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $enum {
            $($(#[$about])* $variant,)*
        }

        impl $enum {
            /// All names WeChat knows.
            pub const NAMES: &'static [&'static str] = &[$($name,)*];

            /// WeChat's name.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }

        impl FromStr for $enum {
            type Err = UnknownName;

            fn from_str(name: &str) -> Result<Self, UnknownName> {
                match name {
                    $($name => Ok(Self::$variant),)*
                    _ => Err(UnknownName { name: name.to_owned(), known: Self::NAMES }),
                }
            }
        }

        impl fmt::Display for $enum {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $enum {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

names! {
    /// A day on which a card counts.
    LimitDay {
        /// Mondays.
        Monday = "MONDAY",
        /// Tuesdays.
        Tuesday = "TUESDAY",
        /// Wednesdays.
        Wednesday = "WEDNESDAY",
        /// Thursdays.
        Thursday = "THURSDAY",
        /// Fridays.
        Friday = "FRIDAY",
        /// Saturdays.
        Saturday = "SATURDAY",
        /// Sundays.
        Sunday = "SUNDAY",
        /// Public holidays.
        Holiday = "HOLIDAY",
    }
}
names! {
    /// What a shop offers.
    BusinessService {
        /// Delivery.
        Deliver = "BIZ_SERVICE_DELIVER",
        /// Parking without charge.
        FreePark = "BIZ_SERVICE_FREE_PARK",
        /// Pets may come in.
        WithPet = "BIZ_SERVICE_WITH_PET",
        /// Wireless network without charge.
        FreeWifi = "BIZ_SERVICE_FREE_WIFI",
    }
}
