//! What a member has, and how it changes.

use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap};

use crate::{
    CardCode, CardId, Client, Error, Fen, OpenId, UserCardStatus,
    member::FilledForm,
    transport::Call,
    wire::{flag, maybe_text, open_names, whole},
};

open_names! {
    /// The sex that a customer gave.
    Sex {
        /// A man.
        Male = "MALE",
        /// A woman; WeChat was seen to write FEMAIL, and its page has FEMALE.
        Female = "FEMALE" or "FEMAIL",
        /// None was given.
        Unknown = "UNKNOWN",
    }
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Member {
    /// Who it is, at the Official Account.
    pub openid: OpenId,
    /// The name at WeChat.
    #[serde(default)]
    pub nickname: String,
    /// The member's number.
    #[serde(default, deserialize_with = "maybe_text")]
    pub membership_number: Option<String>,
    /// The points.
    #[serde(default, deserialize_with = "whole")]
    pub bonus: i64,
    /// The money.
    #[serde(default, deserialize_with = "whole")]
    pub balance: Fen,
    /// The sex.
    #[serde(default)]
    pub sex: Option<Sex>,
    /// What was filled in to open the card.
    #[serde(default)]
    pub user_info: FilledForm,
    /// How the card stands.
    pub user_card_status: UserCardStatus,
    /// Whether the card is open.
    #[serde(default, deserialize_with = "flag")]
    pub has_active: bool,
}

/// How an amount changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<T> {
    /// It becomes so much, whatever it was.
    To(T),
    /// It becomes so much more, or less.
    By(i64),
}

/// What changes for a member; the member is told of it.
///
/// Values of the shop's own fields have at most 12 bytes of UTF-8.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MemberUpdate {
    /// The picture behind the card, by the URL that [`Client::upload_image`] gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub background_pic_url: Option<String>,
    /// The points.
    #[serde(flatten, serialize_with = "bonus")]
    pub bonus: Option<Change<u64>>,
    /// What the member is told about the points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record_bonus: Option<String>,
    /// The money, in fen.
    #[serde(flatten, serialize_with = "balance")]
    pub balance: Option<Change<Fen>>,
    /// What the member is told about the money.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record_balance: Option<String>,
    /// The first field of the shop's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_field_value1: Option<String>,
    /// The second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_field_value2: Option<String>,
    /// The third.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_field_value3: Option<String>,
    /// Of what the member is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notify_optional: Option<NotifyOptional>,
}

/// Of what a member is told; what is none is left to WeChat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NotifyOptional {
    /// Of points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_notify_bonus: Option<bool>,
    /// Of money.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_notify_balance: Option<bool>,
    /// Of the first field of the shop's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_notify_custom_field1: Option<bool>,
    /// Of the second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_notify_custom_field2: Option<bool>,
    /// Of the third.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_notify_custom_field3: Option<bool>,
}

/// What changes on a gift card of the gift shop; amounts are set, not added.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GeneralCardUpdate {
    /// The picture behind the card, by the URL that [`Client::upload_image`] gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub background_pic_url: Option<String>,
    /// What the customer is told about the points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record_bonus: Option<String>,
    /// The points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bonus: Option<u64>,
    /// The money.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balance: Option<Fen>,
    /// The first field of the shop's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_field_value1: Option<String>,
    /// The second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_field_value2: Option<String>,
    /// The third.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_field_value3: Option<String>,
    /// Whether it can be given away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_give_friend: Option<bool>,
}

/// What a customer has after a change.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct UpdatedUser {
    /// The points.
    #[serde(default, rename = "result_bonus", deserialize_with = "whole")]
    pub bonus: i64,
    /// The money.
    #[serde(default, rename = "result_balance", deserialize_with = "whole")]
    pub balance: Fen,
    /// Who it is, at the Official Account.
    pub openid: OpenId,
}

#[derive(Serialize)]
struct Changed<'a, T> {
    code: &'a CardCode,
    card_id: &'a CardId,
    #[serde(flatten)]
    update: &'a T,
}

/// One of two fields, or none.
fn change<S: Serializer, T: Serialize>(
    change: Option<&Change<T>>,
    names: [&'static str; 2],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    match change {
        Some(Change::To(amount)) => map.serialize_entry(names[0], amount)?,
        Some(Change::By(amount)) => map.serialize_entry(names[1], amount)?,
        None => {}
    }
    map.end()
}

#[expect(
    clippy::ref_option,
    reason = "serde hands every field over by reference"
)]
fn bonus<S: Serializer>(points: &Option<Change<u64>>, serializer: S) -> Result<S::Ok, S::Error> {
    change(points.as_ref(), ["bonus", "add_bonus"], serializer)
}

#[expect(
    clippy::ref_option,
    reason = "serde hands every field over by reference"
)]
fn balance<S: Serializer>(money: &Option<Change<Fen>>, serializer: S) -> Result<S::Ok, S::Error> {
    change(money.as_ref(), ["balance", "add_balance"], serializer)
}

impl Client {
    /// What a member has.
    ///
    /// Source: official page `Manage_Member_Card`.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] with [`crate::ErrCode::UNKNOWN_CODE`] when nobody holds the code.
    pub async fn member(&self, card_id: &CardId, code: &CardCode) -> Result<Member, Error> {
        #[derive(Serialize)]
        struct Request<'a> {
            card_id: &'a CardId,
            code: &'a CardCode,
        }

        let request = Request { card_id, code };
        self.call(Call::ask("/card/membercard/userinfo/get", &request))
            .await
    }

    /// Changes what a member has. Gives what it is then.
    ///
    /// Source: official page `Manage_Member_Card`.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] with [`crate::ErrCode::UNKNOWN_CODE`] when nobody holds the code. After
    /// [`Error::NoAnswer`] or [`Error::Unreadable`] it may be changed: look at [`Self::member`] before
    /// [`Change::By`] is tried again.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(client: &wechat_client::Client) -> Result<(), wechat_client::Error> {
    /// use wechat_client::member::{Change, MemberUpdate};
    ///
    /// let update = MemberUpdate {
    ///     bonus: Some(Change::By(30)),
    ///     record_bonus: Some("消费三十元".to_owned()),
    ///     ..MemberUpdate::default()
    /// };
    /// let card_id = "pAbCdE0123456789abcdefghijkl".into();
    /// let member = client
    ///     .update_member(&card_id, &"110201201245".into(), &update)
    ///     .await?;
    /// println!("{} points", member.bonus);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn update_member(
        &self,
        card_id: &CardId,
        code: &CardCode,
        update: &MemberUpdate,
    ) -> Result<UpdatedUser, Error> {
        let request = Changed {
            code,
            card_id,
            update,
        };
        self.call(Call::act("/card/membercard/updateuser", &request))
            .await
    }

    /// Changes what stands on a gift card of the gift shop. Gives what it is then.
    ///
    /// Source: models of public clients.
    ///
    /// # Errors
    ///
    /// As [`Self::update_member`].
    pub async fn update_general_card(
        &self,
        card_id: &CardId,
        code: &CardCode,
        update: &GeneralCardUpdate,
    ) -> Result<UpdatedUser, Error> {
        let request = Changed {
            code,
            card_id,
            update,
        };
        self.call(Call::act("/card/generalcard/updateuser", &request))
            .await
    }
}
