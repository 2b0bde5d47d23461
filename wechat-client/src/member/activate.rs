//! Opening a member card.

use serde::{Deserialize, Serialize};

use crate::{
    ActivateTicket, CardId, Client, CodeRef, Error, Fen, Timestamp, member::FilledForm,
    transport::Call, wire::maybe_seconds,
};

/// With what a member card begins.
///
/// Values of the shop's own fields have at most 12 bytes of UTF-8.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Activation {
    /// The member's number, which the card shows.
    pub membership_number: String,
    /// The picture behind the card, by the URL that [`Client::upload_image`] gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub background_pic_url: Option<String>,
    /// From when on it counts.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "maybe_seconds"
    )]
    pub activate_begin_time: Option<Timestamp>,
    /// Until when it counts.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "maybe_seconds"
    )]
    pub activate_end_time: Option<Timestamp>,
    /// The points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init_bonus: Option<u64>,
    /// What the member is told about the points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init_bonus_record: Option<String>,
    /// The money.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init_balance: Option<Fen>,
    /// The first field of the shop's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init_custom_field_value1: Option<String>,
    /// The second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init_custom_field_value2: Option<String>,
    /// The third.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init_custom_field_value3: Option<String>,
}

impl Client {
    /// Opens a customer's member card.
    ///
    /// Source: official page `Manage_Member_Card`.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] with [`crate::ErrCode::UNKNOWN_CODE`] when nobody holds the code: an encrypted one,
    /// say, or a custom one without its card. After [`Error::NoAnswer`] or [`Error::Unreadable`] it may
    /// be open, which [`Client::member`] tells.
    pub async fn activate_member(
        &self,
        code: CodeRef<'_>,
        activation: &Activation,
    ) -> Result<(), Error> {
        #[derive(Serialize)]
        struct Request<'a> {
            #[serde(flatten)]
            code: CodeRef<'a>,
            #[serde(flatten)]
            activation: &'a Activation,
        }

        let request = Request { code, activation };
        self.done(Call::act("/card/membercard/activate", &request))
            .await
    }

    /// Where a customer opens a member card with WeChat's own form; `outer_str` comes back in the push.
    ///
    /// Source: official page `Manage_Member_Card`.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] with [`crate::ErrCode::INVALID_CARD_ID`] when the card is none of this account's.
    pub async fn activation_url(
        &self,
        card_id: &CardId,
        outer_str: Option<&str>,
    ) -> Result<String, Error> {
        #[derive(Serialize)]
        struct Request<'a> {
            card_id: &'a CardId,
            #[serde(skip_serializing_if = "Option::is_none")]
            outer_str: Option<&'a str>,
        }

        #[derive(Deserialize)]
        struct Answer {
            url: String,
        }

        let request = Request { card_id, outer_str };
        let call = Call::ask("/card/membercard/activate/geturl", &request);
        let answer: Answer = self.call(call).await?;
        Ok(answer.url)
    }

    /// What a customer filled in, by the ticket that WeChat gave the page behind the form.
    ///
    /// Source: official page `Manage_Member_Card`.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] when the ticket is unknown or too old.
    pub async fn filled_form(&self, ticket: &ActivateTicket) -> Result<FilledForm, Error> {
        #[derive(Serialize)]
        struct Request<'a> {
            activate_ticket: &'a ActivateTicket,
        }

        #[derive(Deserialize)]
        struct Answer {
            info: FilledForm,
        }

        let request = Request {
            activate_ticket: ticket,
        };
        let call = Call::ask("/card/membercard/activatetempinfo/get", &request);
        let answer: Answer = self.call(call).await?;
        Ok(answer.info)
    }
}
