//! Numbers of each day, and what became of a call.

use serde::Deserialize;
use serde_json::{Value, json};
use wechat_client::{
    Client,
    stats::{CardDay, CouponCounts, Day, DayTotals, Days, MadeBy, MemberCardDay, MemberTotals},
};

use super::{Arguments, Made, cards};

#[derive(Deserialize)]
#[serde(remote = "Days", deny_unknown_fields)]
struct FromTo {
    first: Day,
    last: Day,
}

#[derive(Deserialize)]
#[serde(remote = "MadeBy", rename_all = "snake_case")]
enum Maker {
    Console,
    Api,
}

pub(super) async fn make(client: &Client, name: &str, arguments: &Arguments<'_>) -> Made {
    let days = || arguments.part("days", FromTo::deserialize);
    let made_by = || arguments.part("made_by", Maker::deserialize);
    match name {
        "day_totals" => {
            let rows = client.day_totals(days()?, made_by()?).await;
            Ok(rows.map(|rows| rows.iter().map(of_totals).collect()))
        }
        "card_days" => {
            let card_id = arguments.maybe_card_id();
            let rows = client.card_days(days()?, made_by()?, card_id.as_ref());
            Ok(rows.await.map(|rows| rows.iter().map(of_card).collect()))
        }
        "member_totals" => {
            let rows = client.member_totals(days()?, made_by()?).await;
            Ok(rows.map(|rows| rows.iter().map(of_members).collect()))
        }
        "member_card_days" => {
            let card_id = arguments.card_id()?;
            let rows = client.member_card_days(days()?, &card_id).await;
            Ok(rows.map(|rows| rows.iter().map(of_member_card).collect()))
        }
        "call_of_rid" => {
            let call = client.call_of_rid(arguments.text("rid")?).await;
            Ok(call.map(|call| {
                members!(
                    call; invoke_time, cost_in_ms, request_url, request_body, response_body,
                    client_ip
                )
            }))
        }
        _ => cards::make(client, name, arguments).await,
    }
}

fn of_counts(counts: &CouponCounts) -> Value {
    members!(
        counts; view_cnt, view_user, receive_cnt, receive_user, verify_cnt, verify_user,
        given_cnt, given_user, expire_cnt, expire_user
    )
}

fn of_totals(row: &DayTotals) -> Value {
    json!({"ref_date": row.ref_date, "counts": of_counts(&row.counts)})
}

fn of_card(row: &CardDay) -> Value {
    let mut shown = members!(
        row; ref_date, card_id, card_type, is_pay, merchanttype, verify_noself_cnt,
        verify_noself_user, is_friends_card
    );
    shown["counts"] = of_counts(&row.counts);
    shown
}

fn of_members(row: &MemberTotals) -> Value {
    members!(
        row; ref_date, view_cnt, view_user, receive_cnt, receive_user, active_user, verify_cnt,
        verify_user, total_user, total_receive_user
    )
}

fn of_member_card(row: &MemberCardDay) -> Value {
    members!(
        row; ref_date, merchanttype, card_id, sub_merchant_id, pay_original_fee, fee, view_cnt,
        view_user, receive_cnt, receive_user, verify_cnt, verify_user, active_cnt, active_user,
        total_user, new_user
    )
}
