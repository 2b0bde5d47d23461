//! What stands on one customer's ticket.

use serde::Deserialize;
use wechat_client::{BoardingPass, Client, CodeRef, MeetingSeat, MovieSeat, Timestamp};

use super::{Arguments, Made, done, members};

#[derive(Deserialize)]
#[serde(remote = "MeetingSeat", deny_unknown_fields)]
struct Meeting {
    zone: String,
    entrance: String,
    seat_number: String,
    begin_time: Option<Timestamp>,
    end_time: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(remote = "MovieSeat", deny_unknown_fields)]
struct Movie {
    ticket_class: String,
    show_time: Timestamp,
    duration: u32,
    screening_room: Option<String>,
    #[serde(default)]
    seat_numbers: Vec<String>,
}

#[derive(Deserialize)]
#[serde(remote = "BoardingPass", deny_unknown_fields)]
struct Boarding {
    passenger_name: String,
    class: String,
    seat: Option<String>,
    etkt_bnr: String,
    qrcode_data: Option<String>,
    is_cancel: Option<bool>,
}

pub(super) async fn make(client: &Client, name: &str, arguments: &Arguments<'_>) -> Made {
    let card_id = arguments.maybe_card_id();
    let on = |code| CodeRef {
        code,
        card_id: card_id.as_ref(),
    };
    match name {
        "update_meeting_ticket" => {
            let seat = arguments.part("seat", Meeting::deserialize)?;
            let code = arguments.code()?;
            Ok(done(client.update_meeting_ticket(on(&code), &seat).await))
        }
        "update_movie_ticket" => {
            let seat = arguments.part("seat", Movie::deserialize)?;
            let code = arguments.code()?;
            Ok(done(client.update_movie_ticket(on(&code), &seat).await))
        }
        "check_in_boarding_pass" => {
            let pass = arguments.part("pass", Boarding::deserialize)?;
            let code = arguments.code()?;
            Ok(done(client.check_in_boarding_pass(on(&code), &pass).await))
        }
        _ => members::make(client, name, arguments).await,
    }
}
