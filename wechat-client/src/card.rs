//! Cards: what a shop hands out.
//!
//! [`Card`] is what leaves for `/card/create`. Its fields carry WeChat's names where those can be
//! read; texts are limited in bytes of UTF-8, see [`limits`].

use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;

mod advanced;
mod base;
mod distribute;
pub mod limits;
mod list;
mod manage;
mod update;

pub use advanced::{
    AdvancedInfo, BusinessService, Cover, LimitDay, TextImage, TimeLimit, UnknownName, UseCondition,
};
pub use base::{BaseInfo, CodeType, Color, DateInfo, MiniProgramLink, RequiredInfo, UnknownColor};
pub use distribute::{
    Activity, ActivityBasics, ActivityCard, LandingCard, LandingPage, LandingPageMade,
    LandingScene, ListedCard, QrCard, QrCode, QrTarget,
};
pub use manage::{SelfConsumeCell, StockChange, TestUsers, TestUsersSet};
pub use update::{
    BaseUpdate, BoardingPassUpdate, CardUpdate, CouponUpdate, CustomCell, CustomField,
    MeetingTicketUpdate, MemberCardUpdate, MovieTicketUpdate, ScenicTicketUpdate, Validity,
};

use crate::{
    CardId, Client, Error, Fen,
    transport::Call,
    wire::{maybe_whole, text, whole},
};

/// A kind of coupon, as `/card/create` takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Card {
    /// A coupon that says in words what it gives.
    GeneralCoupon(GeneralCoupon),
    /// A deal for a group.
    Groupon(Groupon),
    /// So much less from so much on.
    Cash(Cash),
    /// A part of the price.
    Discount(Discount),
    /// A present.
    Gift(Gift),
}

/// `{"card_type": …, "<type in lower case>": …}`.
impl Serialize for Card {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        let mut write = |card_type: &str| map.serialize_entry("card_type", card_type);
        match self {
            Self::GeneralCoupon(card) => {
                write("GENERAL_COUPON")?;
                map.serialize_entry("general_coupon", card)?;
            }
            Self::Groupon(card) => {
                write("GROUPON")?;
                map.serialize_entry("groupon", card)?;
            }
            Self::Cash(card) => {
                write("CASH")?;
                map.serialize_entry("cash", card)?;
            }
            Self::Discount(card) => {
                write("DISCOUNT")?;
                map.serialize_entry("discount", card)?;
            }
            Self::Gift(card) => {
                write("GIFT")?;
                map.serialize_entry("gift", card)?;
            }
        }
        map.end()
    }
}

macro_rules! kind {
    ($(#[$doc:meta])* $name:ident, { $($fields:tt)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        pub struct $name {
            /// What every card has.
            pub base_info: BaseInfo,
            /// What it shows and when it counts.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub advanced_info: Option<AdvancedInfo>,
            $($fields)*
        }
    };
}

kind! {
    /// A coupon that says in words what it gives.
    GeneralCoupon, {
        /// What it gives; at most [`limits::DETAIL`] bytes.
        pub default_detail: String,
    }
}
kind! {
    /// A deal for a group.
    Groupon, {
        /// What the deal is; at most [`limits::DETAIL`] bytes.
        pub deal_detail: String,
    }
}
kind! {
    /// So much less from so much on.
    Cash, {
        /// From which amount on; 0 for any.
        pub least_cost: Fen,
        /// How much less; at least 1 fen.
        pub reduce_cost: Fen,
    }
}
kind! {
    /// A part of the price.
    Discount, {
        /// How many percent are taken off, 1 to 99: 30 is 七折.
        pub discount: u32,
    }
}
kind! {
    /// A present.
    Gift, {
        /// What it is; at most [`limits::DETAIL`] bytes.
        pub gift: String,
    }
}

/// A colour that a card can have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedColor {
    /// What create takes, such as `Color010`.
    pub name: String,
    /// What it looks like, such as `#63b359`.
    pub value: String,
}

/// How a card stands; the names are WeChat's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum CardStatus {
    /// It waits for its review.
    #[serde(rename = "CARD_STATUS_NOT_VERIFY")]
    NotVerify,
    /// The review refused it.
    #[serde(rename = "CARD_STATUS_VERIFY_FAIL", alias = "CARD_STATUS_VERIFY_FALL")]
    VerifyFail,
    /// It can be claimed.
    #[serde(rename = "CARD_STATUS_VERIFY_OK")]
    VerifyOk,
    /// The shop deleted it.
    #[serde(rename = "CARD_STATUS_DELETE", alias = "CARD_STATUS_USER_DELETE")]
    UserDelete,
    /// It can be claimed, and was put on a page of WeChat's.
    #[serde(rename = "CARD_STATUS_DISPATCH", alias = "CARD_STATUS_USER_DISPATCH")]
    Dispatch,
    /// A status that this client does not know.
    #[serde(untagged)]
    Other(#[serde(deserialize_with = "text")] String),
}

/// A card as WeChat has it.
#[derive(Clone, Debug, PartialEq)]
pub struct CardDetail {
    /// The type in capitals, such as `GENERAL_COUPON`.
    pub card_type: String,
    /// How it stands.
    pub status: CardStatus,
    /// Stock that is left.
    pub quantity: u64,
    /// All stock that was ever put in.
    pub total_quantity: u64,
    /// Cards that one user may claim.
    pub get_limit: Option<u32>,
    /// All that WeChat said.
    pub raw: Value,
}

impl Client {
    /// The colours that a card can have.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] with [`crate::ErrCode::UNAUTHORIZED`] when the account has no card right.
    pub async fn colors(&self) -> Result<Vec<NamedColor>, Error> {
        #[derive(Deserialize)]
        struct Answer {
            colors: Vec<NamedColor>,
        }

        let answer: Answer = self.call(Call::get("/card/getcolors")).await?;
        Ok(answer.colors)
    }

    /// Makes a card; a review by WeChat follows.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] when WeChat does not take it. After [`Error::NoAnswer`] or
    /// [`Error::Unreadable`] it may have been made, under an id that is lost.
    pub async fn create_card(&self, card: &Card) -> Result<CardId, Error> {
        #[derive(Serialize)]
        struct Request<'a> {
            card: &'a Card,
        }

        #[derive(Deserialize)]
        struct Answer {
            card_id: CardId,
        }

        let call = Call::act("/card/create", &Request { card });
        let answer: Answer = self.call(call).await?;
        Ok(answer.card_id)
    }

    /// How a card stands at WeChat.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] with [`crate::ErrCode::INVALID_CARD_ID`] when it is none of this account's.
    pub async fn card(&self, card_id: &CardId) -> Result<CardDetail, Error> {
        #[derive(Serialize)]
        struct Request<'a> {
            card_id: &'a CardId,
        }

        let call = Call::ask("/card/get", &Request { card_id });
        let endpoint = call.endpoint;
        let answer: Value = self.call(call).await?;
        read_detail(answer).map_err(|fault| Error::Unreadable {
            endpoint,
            status: 200,
            source: fault.into(),
        })
    }
}

#[derive(Deserialize)]
struct ShownBase {
    status: CardStatus,
    sku: ShownSku,
    #[serde(default, deserialize_with = "maybe_whole")]
    get_limit: Option<u32>,
}

#[derive(Deserialize)]
struct ShownSku {
    #[serde(deserialize_with = "whole")]
    quantity: u64,
    #[serde(default, deserialize_with = "maybe_whole")]
    total_quantity: Option<u64>,
}

fn read_detail(mut answer: Value) -> Result<CardDetail, serde_json::Error> {
    let raw = answer["card"].take();
    let card_type = String::deserialize(&raw["card_type"])?;
    let base = ShownBase::deserialize(&raw[card_type.to_lowercase()]["base_info"])?;
    Ok(CardDetail {
        card_type,
        status: base.status,
        quantity: base.sku.quantity,
        total_quantity: base.sku.total_quantity.unwrap_or(base.sku.quantity),
        get_limit: base.get_limit,
        raw,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;
    use crate::UserCardStatus;

    #[test]
    fn a_status_is_read_under_its_former_names_and_kept_when_nobody_knows_it() {
        for (name, expected) in [
            (json!("CARD_STATUS_DELETE"), CardStatus::UserDelete),
            (json!("CARD_STATUS_USER_DELETE"), CardStatus::UserDelete),
            (json!("CARD_STATUS_VERIFY_FALL"), CardStatus::VerifyFail),
            (json!("CARD_STATUS_USER_DISPATCH"), CardStatus::Dispatch),
            (
                json!("CARD_STATUS_NEW"),
                CardStatus::Other("CARD_STATUS_NEW".to_owned()),
            ),
            (json!(3), CardStatus::Other("3".to_owned())),
        ] {
            assert_eq!(from_value::<CardStatus>(name).unwrap(), expected);
        }
        let unknown: UserCardStatus = from_value(json!(7)).unwrap();
        assert_eq!(unknown, UserCardStatus::Other("7".to_owned()));
    }

    #[test]
    fn a_deleted_card_is_asked_for_by_todays_name() {
        assert_eq!(
            json!([CardStatus::UserDelete]),
            json!(["CARD_STATUS_DELETE"])
        );
    }

    #[test]
    fn a_card_is_read_with_numbers_as_text() {
        let sku = json!({"quantity": "7", "total_quantity": ""});
        let base = json!({"status": "CARD_STATUS_VERIFY_OK", "sku": sku, "get_limit": "2"});
        let card = json!({"card_type": "GIFT", "gift": {"base_info": base}});
        let detail = read_detail(json!({"card": card})).unwrap();
        assert_eq!((detail.quantity, detail.total_quantity), (7, 7));
        assert_eq!(detail.get_limit, Some(2));
    }
}
