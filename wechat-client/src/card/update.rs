//! `/card/update`: what can be changed of a card.

use serde::{Deserialize, Serialize, Serializer};

use super::{
    CodeType, Color, DateInfo, MiniProgramLink,
    base::{center_app, custom_app, promotion_app},
};
use crate::{
    CardId, Client, Error, Timestamp,
    transport::Call,
    wire::{flag, maybe_seconds},
};

/// Changes of a card, by its type; what is not named stays.
///
/// Title, brand name and stock cannot be changed here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CardUpdate {
    /// A coupon that says in words what it gives.
    GeneralCoupon(CouponUpdate),
    /// A deal for a group.
    Groupon(CouponUpdate),
    /// So much less from so much on.
    Cash(CouponUpdate),
    /// A part of the price.
    Discount(CouponUpdate),
    /// A present.
    Gift(CouponUpdate),
    /// A member card.
    MemberCard(Box<MemberCardUpdate>),
    /// A ticket of a film.
    MovieTicket(MovieTicketUpdate),
    /// A ticket of a meeting or a show.
    MeetingTicket(MeetingTicketUpdate),
    /// A ticket of a sight.
    ScenicTicket(ScenicTicketUpdate),
    /// A boarding pass.
    BoardingPass(BoardingPassUpdate),
}

macro_rules! update {
    ($(#[$doc:meta])* $name:ident, { $($fields:tt)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
        pub struct $name {
            /// What every card has.
            #[serde(skip_serializing_if = "is_default")]
            pub base_info: BaseUpdate,
            $($fields)*
        }
    };
}

update! {
    /// Changes of a coupon.
    CouponUpdate, {}
}
update! {
    /// Changes of a member card. The first four texts are reviewed.
    MemberCardUpdate, {
        /// When points are cleared.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub bonus_cleared: Option<String>,
        /// How points are earned.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub bonus_rules: Option<String>,
        /// How money is put in.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub balance_rules: Option<String>,
        /// What members have of it.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub prerogative: Option<String>,
        /// The first field of the shop's own.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub custom_field1: Option<CustomField>,
        /// The second.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub custom_field2: Option<CustomField>,
        /// The third.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub custom_field3: Option<CustomField>,
        /// A link of the shop's own.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub custom_cell1: Option<CustomCell>,
    }
}
update! {
    /// Changes of a ticket of a film.
    MovieTicketUpdate, {
        /// What the film is; it is reviewed.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub detail: Option<String>,
    }
}
update! {
    /// Changes of a ticket of a meeting or a show.
    MeetingTicketUpdate, {
        /// A map of the place, by the URL that [`Client::upload_image`] gave.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub map_url: Option<String>,
    }
}
update! {
    /// Changes of a ticket of a sight.
    ScenicTicketUpdate, {
        /// A map of the place, by the URL that [`Client::upload_image`] gave.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub guide_url: Option<String>,
    }
}
update! {
    /// Changes of a boarding pass.
    BoardingPassUpdate, {
        /// When it takes off.
        #[serde(skip_serializing_if = "Option::is_none", serialize_with = "maybe_seconds")]
        pub departure_time: Option<Timestamp>,
        /// When it lands.
        #[serde(skip_serializing_if = "Option::is_none", serialize_with = "maybe_seconds")]
        pub landing_time: Option<Timestamp>,
        /// The gate.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub gate: Option<String>,
        /// When boarding begins.
        #[serde(skip_serializing_if = "Option::is_none", serialize_with = "maybe_seconds")]
        pub boarding_time: Option<Timestamp>,
    }
}

/// What can be changed of every card. Limits are in bytes of UTF-8; see [`super::limits`].
///
/// Logo, notice, description and colour are reviewed; the rest counts at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BaseUpdate {
    /// The logo, by the URL that [`Client::upload_image`] gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo_url: Option<String>,
    /// What the customer is told above the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// The terms; lines are parted by `\n`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The card's colour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<Color>,
    /// The shop's telephone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_phone: Option<String>,
    /// Shops at which it counts, by their `poi_id`; an empty list takes all away.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "stores")]
    pub location_id_list: Option<Vec<u64>>,
    /// Whether it counts at all shops.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_all_locations: Option<bool>,
    /// Text of the button in the middle; WeChat refuses it beside a pay cell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub center_title: Option<String>,
    /// Text below that button.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub center_sub_title: Option<String>,
    /// Where that button leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub center_url: Option<String>,
    /// The mini-program that button opens.
    #[serde(flatten, serialize_with = "center_app")]
    pub center_app: Option<MiniProgramLink>,
    /// Text of the first link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_url_name: Option<String>,
    /// Where it leads.
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
    /// Where it leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promotion_url: Option<String>,
    /// Text beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promotion_url_sub_title: Option<String>,
    /// The mini-program it opens.
    #[serde(flatten, serialize_with = "promotion_app")]
    pub promotion_app: Option<MiniProgramLink>,
    /// How the code is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_type: Option<CodeType>,
    /// Cards that one user may claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub get_limit: Option<u32>,
    /// Whether users may pass on the page where it is claimed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_share: Option<bool>,
    /// Whether users may give away a claimed card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_give_friend: Option<bool>,
    /// When a claimed code can be redeemed; only a fixed range can change, and only grow.
    #[serde(
        rename = "date_info",
        skip_serializing_if = "Option::is_none",
        serialize_with = "range"
    )]
    pub valid: Option<Validity>,
}

/// When a claimed code can be redeemed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// The first moment; not later than it was.
    pub begin: Timestamp,
    /// The last moment; not earlier than it was.
    pub end: Timestamp,
}

/// A field that a member card shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CustomField {
    /// One of WeChat's names, such as `FIELD_NAME_TYPE_LEVEL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_type: Option<String>,
    /// A name of the shop's own, when there is no [`Self::name_type`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// A link on a member card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CustomCell {
    /// Its text.
    pub name: String,
    /// The text beside it.
    pub tips: String,
    /// Where it leads.
    pub url: String,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[expect(
    clippy::ref_option,
    reason = "serde hands every field over by reference"
)]
fn stores<S: Serializer>(list: &Option<Vec<u64>>, serializer: S) -> Result<S::Ok, S::Error> {
    match list.as_deref() {
        // An empty list would change nothing; this is WeChat's way to say "none".
        None | Some([]) => serializer.serialize_str("0"),
        Some(ids) => serializer.collect_seq(ids),
    }
}

#[expect(
    clippy::ref_option,
    reason = "serde hands every field over by reference"
)]
fn range<S: Serializer>(valid: &Option<Validity>, serializer: S) -> Result<S::Ok, S::Error> {
    valid
        .map(|Validity { begin, end }| DateInfo::Range { begin, end })
        .serialize(serializer)
}

impl Client {
    /// Changes a card. Tells whether it goes to WeChat's review again.
    ///
    /// Source: official page `Managing_Coupons_Vouchers_and_Cards`.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] with [`crate::ErrCode::INVALID_DATE_INFO`] when the dates shrink or change their
    /// type, with [`crate::ErrCode::PAY_CELL_OR_CENTER`] when the button in the middle meets a pay
    /// cell, with [`crate::ErrCode::DATA_FORMAT`] when the card is of another type. After
    /// [`Error::NoAnswer`] or [`Error::Unreadable`] it may be changed.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(client: &wechat_client::Client) -> Result<(), wechat_client::Error> {
    /// use wechat_client::card::{BaseUpdate, CardUpdate, CouponUpdate};
    ///
    /// let update = CardUpdate::Cash(CouponUpdate {
    ///     base_info: BaseUpdate {
    ///         get_limit: Some(2),
    ///         ..BaseUpdate::default()
    ///     },
    /// });
    /// let is_reviewed_again = client
    ///     .update_card(&"pAbCdE0123456789abcdefghijkl".into(), &update)
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn update_card(&self, card_id: &CardId, update: &CardUpdate) -> Result<bool, Error> {
        #[derive(Serialize)]
        struct Request<'a> {
            card_id: &'a CardId,
            #[serde(flatten)]
            update: &'a CardUpdate,
        }

        #[derive(Deserialize)]
        struct Answer {
            #[serde(default, deserialize_with = "flag")]
            send_check: bool,
        }

        let call = Call::act("/card/update", &Request { card_id, update });
        let answer: Answer = self.call(call).await?;
        Ok(answer.send_check)
    }
}
