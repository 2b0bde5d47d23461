use wechat_client::{
    Client,
    stats::{Days, MadeBy},
};

use super::{Made, card_id, shown};

pub(super) async fn make(client: &Client, name: &str) -> Made {
    let days = Days {
        first: "2026-06-15".parse().unwrap(),
        last: "2026-06-16".parse().unwrap(),
    };
    match name {
        "stats/day_totals" | "stats/not_over_yet" => {
            shown(client.day_totals(days, MadeBy::Api).await)
        }
        "stats/card_days" => {
            let card_id = card_id();
            shown(
                client
                    .card_days(days, MadeBy::Console, Some(&card_id))
                    .await,
            )
        }
        "stats/member_totals" => shown(client.member_totals(days, MadeBy::Console).await),
        "stats/member_card_days" => shown(client.member_card_days(days, &card_id()).await),
        _ => panic!("no call for {name}"),
    }
}
