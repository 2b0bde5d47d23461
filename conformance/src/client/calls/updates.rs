//! The arguments of `update_card`, in the client's words.

use serde::{Deserialize, Deserializer, de::Error as _};
use wechat_client::{
    Timestamp,
    card::{
        BaseUpdate, BoardingPassUpdate, CardUpdate, CodeType, Color, CouponUpdate, CustomCell,
        CustomField, MeetingTicketUpdate, MemberCardUpdate, MiniProgramLink, MovieTicketUpdate,
        ScenicTicketUpdate, Validity,
    },
};

#[derive(Deserialize)]
#[serde(remote = "CardUpdate", rename_all = "snake_case")]
pub(super) enum Update {
    GeneralCoupon(#[serde(deserialize_with = "Coupon::deserialize")] CouponUpdate),
    Groupon(#[serde(deserialize_with = "Coupon::deserialize")] CouponUpdate),
    Cash(#[serde(deserialize_with = "Coupon::deserialize")] CouponUpdate),
    Discount(#[serde(deserialize_with = "Coupon::deserialize")] CouponUpdate),
    Gift(#[serde(deserialize_with = "Coupon::deserialize")] CouponUpdate),
    MemberCard(#[serde(deserialize_with = "member")] Box<MemberCardUpdate>),
    MovieTicket(#[serde(deserialize_with = "Movie::deserialize")] MovieTicketUpdate),
    MeetingTicket(#[serde(deserialize_with = "Meeting::deserialize")] MeetingTicketUpdate),
    ScenicTicket(#[serde(deserialize_with = "Scenic::deserialize")] ScenicTicketUpdate),
    BoardingPass(#[serde(deserialize_with = "Boarding::deserialize")] BoardingPassUpdate),
}

/// What stands in the node of a card's type: `base_info`, and members of the type.
macro_rules! node {
    ($name:ident of $remote:literal { $($(#[$how:meta])* $field:ident: $kind:ty,)* }) => {
        #[derive(Deserialize)]
        #[serde(remote = $remote, deny_unknown_fields)]
        struct $name {
            #[serde(default, deserialize_with = "Base::deserialize")]
            base_info: BaseUpdate,
            $($(#[$how])* $field: $kind,)*
        }
    };
}

node!(Coupon of "CouponUpdate" {});
node!(Movie of "MovieTicketUpdate" {
    detail: Option<String>,
});
node!(Meeting of "MeetingTicketUpdate" {
    map_url: Option<String>,
});
node!(Scenic of "ScenicTicketUpdate" {
    guide_url: Option<String>,
});
node!(Boarding of "BoardingPassUpdate" {
    departure_time: Option<Timestamp>,
    landing_time: Option<Timestamp>,
    gate: Option<String>,
    boarding_time: Option<Timestamp>,
});
node!(Member of "MemberCardUpdate" {
    bonus_cleared: Option<String>,
    bonus_rules: Option<String>,
    balance_rules: Option<String>,
    prerogative: Option<String>,
    #[serde(default, deserialize_with = "field")]
    custom_field1: Option<CustomField>,
    #[serde(default, deserialize_with = "field")]
    custom_field2: Option<CustomField>,
    #[serde(default, deserialize_with = "field")]
    custom_field3: Option<CustomField>,
    #[serde(default, deserialize_with = "cell")]
    custom_cell1: Option<CustomCell>,
});

fn member<'de, D: Deserializer<'de>>(node: D) -> Result<Box<MemberCardUpdate>, D::Error> {
    Member::deserialize(node).map(Box::new)
}

#[derive(Deserialize)]
#[serde(remote = "CustomField", deny_unknown_fields)]
struct Field {
    name_type: Option<String>,
    name: Option<String>,
    url: Option<String>,
}

fn field<'de, D: Deserializer<'de>>(field: D) -> Result<Option<CustomField>, D::Error> {
    Field::deserialize(field).map(Some)
}

#[derive(Deserialize)]
#[serde(remote = "CustomCell", deny_unknown_fields)]
struct Cell {
    name: String,
    tips: String,
    url: String,
}

fn cell<'de, D: Deserializer<'de>>(cell: D) -> Result<Option<CustomCell>, D::Error> {
    Cell::deserialize(cell).map(Some)
}

#[derive(Deserialize)]
#[serde(remote = "BaseUpdate", deny_unknown_fields)]
struct Base {
    logo_url: Option<String>,
    notice: Option<String>,
    description: Option<String>,
    #[serde(default, deserialize_with = "color")]
    color: Option<Color>,
    service_phone: Option<String>,
    location_id_list: Option<Vec<u64>>,
    use_all_locations: Option<bool>,
    center_title: Option<String>,
    center_sub_title: Option<String>,
    center_url: Option<String>,
    #[serde(default, deserialize_with = "link")]
    center_app: Option<MiniProgramLink>,
    custom_url_name: Option<String>,
    custom_url: Option<String>,
    custom_url_sub_title: Option<String>,
    #[serde(default, deserialize_with = "link")]
    custom_app: Option<MiniProgramLink>,
    promotion_url_name: Option<String>,
    promotion_url: Option<String>,
    promotion_url_sub_title: Option<String>,
    #[serde(default, deserialize_with = "link")]
    promotion_app: Option<MiniProgramLink>,
    #[serde(default, deserialize_with = "code_type")]
    code_type: Option<CodeType>,
    get_limit: Option<u32>,
    can_share: Option<bool>,
    can_give_friend: Option<bool>,
    #[serde(default, deserialize_with = "validity")]
    valid: Option<Validity>,
}

fn color<'de, D: Deserializer<'de>>(name: D) -> Result<Option<Color>, D::Error> {
    let name = String::deserialize(name)?;
    Color::new(&name).map(Some).map_err(D::Error::custom)
}

#[derive(Deserialize)]
#[serde(remote = "MiniProgramLink", deny_unknown_fields)]
struct Link {
    user_name: String,
    path: String,
}

fn link<'de, D: Deserializer<'de>>(link: D) -> Result<Option<MiniProgramLink>, D::Error> {
    Link::deserialize(link).map(Some)
}

#[derive(Deserialize)]
#[serde(remote = "CodeType", rename_all = "snake_case")]
enum Shape {
    Text,
    Barcode,
    Qrcode,
    QrcodeOnly,
    BarcodeOnly,
    None,
}

fn code_type<'de, D: Deserializer<'de>>(shape: D) -> Result<Option<CodeType>, D::Error> {
    Shape::deserialize(shape).map(Some)
}

#[derive(Deserialize)]
#[serde(remote = "Validity", deny_unknown_fields)]
struct Dates {
    begin: Timestamp,
    end: Timestamp,
}

fn validity<'de, D: Deserializer<'de>>(dates: D) -> Result<Option<Validity>, D::Error> {
    Dates::deserialize(dates).map(Some)
}
