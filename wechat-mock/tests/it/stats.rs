//! Statistics, held against days that were counted by hand.

use serde_json::{Value, json};

use crate::{
    members::{held, member_card, with},
    support::{DAY, NOW, TestMock},
};

/// 2026-12-23T23:59:50 in China, which is eight hours ahead.
const BEFORE_MIDNIGHT: i64 = 1_798_041_590;

/// What a call of statistics answers of some days.
async fn ask(test: &TestMock, what: &str, days: [&str; 2], more: Value) -> Value {
    let call = json!({"begin_date": days[0], "end_date": days[1], "cond_source": 1});
    let path = format!("/datacube/getcard{what}");
    let answer = test.post(&path, &with(&call, more)).await.json();
    assert!(answer["list"].is_array(), "{answer}");
    answer["list"].clone()
}

/// Two days with a coupon and a member card: the second begins ten seconds after the first claim.
async fn two_days() -> (TestMock, String, String) {
    let mut test = TestMock::start().await;
    test.mock.clock().set(BEFORE_MIDNIGHT).unwrap();
    test.token = test.token_of("oa").await;
    let end = BEFORE_MIDNIGHT + 86_410;
    let coupon = test
        .create_with(|base| {
            base["date_info"]["end_timestamp"] = json!(end.to_string());
            base["get_limit"] = json!(2);
        })
        .await;
    let club = member_card(&test, json!({"auto_activate": true})).await;

    let alices = held(&test, "alice", &coupon).await;
    held(&test, "alice", &club).await;
    // Midnight.
    test.mock.clock().advance(10).unwrap();
    let bobs = held(&test, "bob", &coupon).await;
    held(&test, "bob", &club).await;
    held(&test, "carol", &club).await;
    for named in [alices, bobs] {
        let answer = test.post("/card/code/consume", &named).await;
        assert_eq!(answer.errcode(), 0, "{}", answer.text());
    }
    test.claim("bob", &coupon, "again").await;

    // The next day, on which what bob claimed last has ended, is over too.
    test.mock.clock().advance(2 * DAY).unwrap();
    test.token = test.token_of("oa").await;
    (test, coupon, club)
}

const DAYS: [&str; 2] = ["2026-12-23", "2026-12-25"];

#[tokio::test]
async fn what_happened_is_counted_by_the_day_in_china() {
    let (test, coupon, _) = two_days().await;
    let row = |day: &str, received: [u64; 2], verified: [u64; 2], expired: [u64; 2]| {
        json!({
            "ref_date": day, "view_cnt": 0, "view_user": 0,
            "receive_cnt": received[0], "receive_user": received[1],
            "verify_cnt": verified[0], "verify_user": verified[1],
            "given_cnt": 0, "given_user": 0,
            "expire_cnt": expired[0], "expire_user": expired[1],
        })
    };
    assert_eq!(
        ask(&test, "bizuininfo", DAYS, json!({})).await,
        json!([
            row("2026-12-23", [2, 1], [0, 0], [0, 0]),
            row("2026-12-24", [4, 2], [2, 2], [0, 0]),
            row("2026-12-25", [0, 0], [0, 0], [1, 1]),
        ])
    );

    // The member card has its rows, too.
    let all = ask(&test, "cardinfo", DAYS, json!({})).await;
    let (coupons, members): (Vec<Value>, Vec<Value>) = all
        .as_array()
        .unwrap()
        .iter()
        .cloned()
        .partition(|row| row["card_id"] == json!(coupon));
    assert!(members.iter().all(|row| row["card_type"] == 10), "{all}");
    assert_eq!((coupons.len(), members.len()), (3, 2), "{all}");
    let second = &coupons[1];
    assert_eq!(
        (&second["verify_cnt"], &second["verify_noself_cnt"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(second["card_id"], json!(coupon));
    assert_eq!(second["card_type"], 0);
    assert_eq!(
        (&second["receive_cnt"], &second["receive_user"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(coupons[2]["expire_cnt"], 1);
    let same = ask(&test, "cardinfo", DAYS, json!({"card_id": coupon})).await;
    assert_eq!(same, json!(coupons));
    let of_console = json!({"cond_source": 0});
    assert_eq!(ask(&test, "cardinfo", DAYS, of_console).await, json!([]));
}

#[tokio::test]
async fn members_are_counted_by_the_day_and_in_all() {
    let (test, _, club) = two_days().await;
    let all = ask(&test, "membercardinfo", DAYS, json!({})).await;
    let totals = |rows: &Value, keys: [&str; 3]| -> Vec<Vec<u64>> {
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| keys.map(|key| row[key].as_u64().unwrap()).to_vec())
            .collect()
    };
    let keys = ["active_user", "total_user", "total_receive_user"];
    assert_eq!(totals(&all, keys), [[1, 1, 1], [2, 3, 3]]);

    let more = json!({"card_id": club});
    let one = ask(&test, "membercarddetail", DAYS, more.clone()).await;
    let keys = ["active_cnt", "total_user", "new_user"];
    assert_eq!(totals(&one, keys), [[1, 1, 1], [2, 3, 2]]);

    // Days that were not asked for count in the totals all the same.
    let later = ["2026-12-24", "2026-12-24"];
    let one = ask(&test, "membercarddetail", later, more).await;
    assert_eq!(totals(&one, keys), [[2, 3, 2]]);
}

#[tokio::test]
async fn days_that_cannot_be_asked_for_are_refused() {
    let test = TestMock::start().await;
    for (days, rule) in [
        (["2026-12-01", "2026-12-22"], ""),
        (["2026-10-22", "2026-12-22"], ""),
        (["2026-10-21", "2026-12-22"], "WX-STA-002"),
        (["2026-12-22", "2026-12-21"], "WX-STA-002"),
        (["2026-12-22", "2026-12-23"], "WX-STA-003"),
        (["2026-12-24", "2026-12-24"], "WX-STA-003"),
        (["2026-12-1", "2026-12-22"], "WX-STA-001"),
        (["", "2026-12-22"], "WX-STA-001"),
        (["2026-02-29", "2026-03-01"], "WX-STA-001"),
    ] {
        let call = json!({"begin_date": days[0], "end_date": days[1], "cond_source": 1});
        let answer = test.post("/datacube/getcardbizuininfo", &call).await;
        let refused = if answer.errcode() == 0 {
            String::new()
        } else {
            test.rule(&answer)
        };
        assert_eq!(refused, rule, "{days:?}");
    }
}

#[tokio::test]
async fn statistics_go_out_and_come_in_again() {
    let (test, coupon, _) = two_days().await;
    let world = test.control("GET", "world", &Value::Null).await.json();
    let mut other = TestMock::start().await;
    let put = other.control("PUT", "world", &world).await;
    assert_eq!(put.status, 200, "{}", put.text());
    let again = other.control("GET", "world", &Value::Null).await.json();
    assert_eq!(again, world);
    other.token = test.token.clone();
    let more = json!({"card_id": coupon});
    assert_eq!(
        ask(&other, "cardinfo", DAYS, more.clone()).await,
        ask(&test, "cardinfo", DAYS, more).await
    );

    for (key, value) in [
        ("date", json!("yesterday")),
        ("card_id", json!("p1")),
        ("count", json!(0)),
        ("users", json!(["nobody"])),
        ("deed", json!("expire")),
    ] {
        let mut spoilt = world.clone();
        spoilt["accounts"][0]["state"]["ledger"][0][key] = value;
        let put = other.control("PUT", "world", &spoilt).await;
        assert_eq!(put.status, 422, "{key}");
        let field = put.json()["error"]["field"].to_string();
        assert!(field.contains(&format!("ledger[0].{key}")), "{field}");
    }
}

#[test]
fn the_first_day_ends_at_midnight_in_china() {
    assert_eq!((BEFORE_MIDNIGHT + 10 + 8 * 3600) % DAY, 0);
    assert_eq!((BEFORE_MIDNIGHT + 8 * 3600) / DAY, (NOW + 8 * 3600) / DAY);
}
