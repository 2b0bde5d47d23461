//! What stands on one customer's ticket.

use serde::Serialize;

use super::CodeRef;
use crate::{
    Client, Error, Timestamp,
    transport::Call,
    wire::{maybe_seconds, seconds},
};

/// Where and when a meeting or a show is, for one customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MeetingSeat {
    /// The part of the house.
    pub zone: String,
    /// The entrance.
    pub entrance: String,
    /// The seat.
    pub seat_number: String,
    /// When it begins.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "maybe_seconds"
    )]
    pub begin_time: Option<Timestamp>,
    /// When it ends.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "maybe_seconds"
    )]
    pub end_time: Option<Timestamp>,
}

/// Where and when a film is shown, for one customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MovieSeat {
    /// The kind of ticket, such as `4D`.
    pub ticket_class: String,
    /// When it begins.
    #[serde(serialize_with = "seconds")]
    pub show_time: Timestamp,
    /// How long it is, in minutes.
    pub duration: u32,
    /// The hall.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub screening_room: Option<String>,
    /// The seats.
    #[serde(rename = "seat_number", skip_serializing_if = "Vec::is_empty")]
    pub seat_numbers: Vec<String>,
}

/// A checked-in boarding pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BoardingPass {
    /// Who flies.
    pub passenger_name: String,
    /// The class of the cabin.
    pub class: String,
    /// The seat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seat: Option<String>,
    /// The number of the electronic ticket; at most 14 characters.
    pub etkt_bnr: String,
    /// What stands in its QR code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qrcode_data: Option<String>,
    /// Whether the check-in is taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_cancel: Option<bool>,
}

#[derive(Serialize)]
struct On<'a, T> {
    #[serde(flatten)]
    code: CodeRef<'a>,
    #[serde(flatten)]
    what: &'a T,
}

impl Client {
    /// Writes seat and entrance on one customer's ticket of a meeting or a show.
    ///
    /// Source: official page `Special_ticket`.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] with [`crate::ErrCode::UNKNOWN_CODE`] when nobody holds it.
    pub async fn update_meeting_ticket(
        &self,
        code: CodeRef<'_>,
        seat: &MeetingSeat,
    ) -> Result<(), Error> {
        let request = On { code, what: seat };
        self.done(Call::act("/card/meetingticket/updateuser", &request))
            .await
    }

    /// Writes time and seats on one customer's ticket of a film.
    ///
    /// Source: official page `Special_ticket`.
    ///
    /// # Errors
    ///
    /// As [`Self::update_meeting_ticket`].
    pub async fn update_movie_ticket(
        &self,
        code: CodeRef<'_>,
        seat: &MovieSeat,
    ) -> Result<(), Error> {
        let request = On { code, what: seat };
        self.done(Call::act("/card/movieticket/updateuser", &request))
            .await
    }

    /// Checks a customer in, or takes that back.
    ///
    /// Source: official page `Special_ticket`.
    ///
    /// # Errors
    ///
    /// As [`Self::update_meeting_ticket`].
    pub async fn check_in_boarding_pass(
        &self,
        code: CodeRef<'_>,
        pass: &BoardingPass,
    ) -> Result<(), Error> {
        let request = On { code, what: pass };
        self.done(Call::act("/card/boardingpass/checkin", &request))
            .await
    }
}
