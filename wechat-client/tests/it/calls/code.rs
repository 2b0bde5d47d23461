use wechat_client::{BoardingPass, CardCode, Client, CodeRef, Mark, MeetingSeat, MovieSeat};

use super::{Made, card_id, openid, shown, time};

pub(super) async fn make(client: &Client, name: &str) -> Made {
    let (card, openid) = (card_id(), openid());
    let code: CardCode = "751234212312".into();
    let own: CardCode = "A1B2".into();
    match name {
        "code/dynamic" => {
            let dynamic = "284571936042".into();
            shown(client.dynamic_code(CodeRef::wechat(&dynamic), true).await)
        }
        "code/update" => {
            let made = client
                .update_code(CodeRef::custom(&own, &card), &"C3D4".into())
                .await;
            shown(made)
        }
        "code/unavailable" => {
            let made = client
                .make_code_unavailable(CodeRef::wechat(&code), Some("退款"))
                .await;
            shown(made)
        }
        "code/unavailable_custom" => {
            let made = client
                .make_code_unavailable(CodeRef::custom(&own, &card), None)
                .await;
            shown(made)
        }
        "code/unavailable_twice" => {
            let made = client
                .make_code_unavailable(CodeRef::wechat(&code), None)
                .await;
            shown(made)
        }
        "code/mark" | "code/mark_of_another" => {
            let mark = Mark {
                code: &code,
                card_id: &card,
                openid: &openid,
                is_mark: true,
            };
            shown(client.mark_code(mark).await)
        }
        "code/deposit" => {
            let codes = ["11111", "22222", "33333"].map(CardCode::from);
            shown(client.import_codes(&card, &codes).await)
        }
        "code/deposit_count" => shown(client.imported_codes(&card).await),
        "code/checkcode" => {
            let codes = ["11111", "22222"].map(CardCode::from);
            shown(client.check_codes(&card, &codes).await)
        }
        "code/checkcode_unknown_card" => shown(client.check_codes(&card, &["11111".into()]).await),
        _ => write_on_ticket(client, CodeRef::custom(&code, &card), name).await,
    }
}

async fn write_on_ticket(client: &Client, code: CodeRef<'_>, name: &str) -> Made {
    match name {
        "code/meetingticket" => {
            let seat = MeetingSeat {
                zone: "C区".to_owned(),
                entrance: "东北门".to_owned(),
                seat_number: "2排15号".to_owned(),
                begin_time: Some(time(1_798_000_000)),
                end_time: Some(time(1_798_007_200)),
            };
            shown(client.update_meeting_ticket(code, &seat).await)
        }
        "code/movieticket" => {
            let seat = MovieSeat {
                ticket_class: "4D".to_owned(),
                show_time: time(1_798_000_000),
                duration: 120,
                screening_room: Some("5号影厅".to_owned()),
                seat_numbers: vec!["5排14号".to_owned(), "5排15号".to_owned()],
            };
            shown(client.update_movie_ticket(code, &seat).await)
        }
        "code/boardingpass" => {
            let pass = BoardingPass {
                passenger_name: "张三".to_owned(),
                class: "Y".to_owned(),
                seat: Some("31A".to_owned()),
                etkt_bnr: "7812345678901".to_owned(),
                qrcode_data: Some("M1".to_owned()),
                is_cancel: Some(false),
            };
            shown(client.check_in_boarding_pass(code, &pass).await)
        }
        _ => panic!("no call for {name}"),
    }
}
