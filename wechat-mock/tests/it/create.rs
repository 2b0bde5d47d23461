//! `/card/create` and `/card/get`.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{NOW, TestMock};

/// Creates the seed's card after a change, and shows the answer.
async fn created(test: &TestMock, change: impl FnOnce(&mut Value)) -> crate::support::Answer {
    let mut card = test.seed_card().await;
    change(&mut card["card"]);
    test.post("/card/create", &card).await
}

#[tokio::test]
async fn the_seeds_card_is_made_and_read_back() {
    let test = TestMock::start().await;
    let answer = created(&test, |_| {}).await;
    assert_snapshot!("create", answer.shown());

    let card_id = answer.json()["card_id"].clone();
    let read = test.post("/card/get", &json!({"card_id": card_id})).await;
    assert_eq!(read.status, 200);
    assert_snapshot!("get", format!("{:#}", read.json()));
}

/// What is done to the seed's card to spoil it.
type Change = fn(&mut Value);

#[tokio::test]
async fn the_answer_to_a_bad_card_is_wechats() {
    let test = TestMock::start().await;
    let cases: [(&str, Change); 12] = [
        ("milliseconds", |card| {
            base(card)["date_info"]["begin_timestamp"] = json!(format!("{NOW}000"));
        }),
        ("a fraction of a second", |card| {
            base(card)["date_info"]["begin_timestamp"] = json!("1587744000.5");
        }),
        ("no title", |card| {
            base(card).as_object_mut().unwrap().remove("title");
        }),
        ("a title of 28 bytes", |card| {
            base(card)["title"] = json!("满减满减满减满减满!");
        }),
        ("a colour as hex", |card| {
            base(card)["color"] = json!("#63b359");
        }),
        ("a picture of elsewhere", |card| {
            base(card)["logo_url"] = json!("https://example.com/logo.png");
        }),
        ("an unknown key", |card| {
            base(card)["colour"] = json!("Color010");
        }),
        ("a flag for a text", |card| {
            base(card)["title"] = json!(true);
        }),
        ("no stock", |card| base(card)["sku"]["quantity"] = json!(0)),
        ("an end before the begin", |card| {
            base(card)["date_info"]["end_timestamp"] = json!((NOW - 1).to_string());
        }),
        ("date_info of no type", |card| {
            base(card)["date_info"] = json!({"begin": 1});
        }),
        ("a type in small letters", |card| {
            card["card_type"] = json!("general_coupon");
        }),
    ];
    let mut shown = Vec::new();
    for (what, change) in cases {
        let answer = created(&test, change).await;
        shown.push(format!(
            "# {what}: {}\n{}",
            test.rule(&answer),
            answer.shown()
        ));
    }
    assert_snapshot!("create_refused", shown.join("\n"));
}

#[tokio::test]
async fn a_refused_create_leaves_no_card_and_draws_no_id() {
    let test = TestMock::start().await;
    let world = async || {
        let mut world = test.control("GET", "world", &Value::Null).await.json();
        // That it was called is remembered.
        world["accounts"][0]["state"]["usage"].take();
        world
    };
    let before = world().await;
    let mut card = fixtures::seed_card_with(
        "http://mmbiz.qpic.cn/a/0",
        "http://mmbiz.qpic.cn/b/0",
        NOW,
        NOW + 1,
    );
    card["card"]["general_coupon"]["base_info"]["title"] = json!("");

    assert_eq!(test.post("/card/create", &card).await.errcode(), 41011);
    assert_eq!(world().await, before);
}

#[tokio::test]
async fn numbers_for_times_and_pictures_of_others_are_taken_with_an_advice() {
    let test = TestMock::start().await;
    let answer = created(&test, |card| {
        base(card)["date_info"]["begin_timestamp"] = json!(NOW);
        base(card)["logo_url"] = json!("http://mmbiz.qpic.cn/mmbiz_jpg/elsewhere/0");
    })
    .await;
    assert_eq!(answer.errcode(), 0);

    let rows = test.mock.journal().of_path("/card/create");
    let advice: Vec<&Value> = rows[0]["advice"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["rule"])
        .collect();
    assert_eq!(advice, ["WX-ADV-001", "WX-ADV-002"]);
}

#[tokio::test]
async fn a_card_of_another_account_cannot_be_read() {
    let test = TestMock::start().await;
    let card_id = test.create().await;
    let other = json!({"kind": "official_account"});
    let other = test.control("POST", "accounts", &other).await.json();
    let token = test.token_of(other["name"].as_str().unwrap()).await;

    let request = test.request("POST", &format!("/card/get?access_token={token}"));
    let answer = test
        .send(request.body(json!({"card_id": card_id}).to_string()))
        .await;
    assert_snapshot!("get_foreign", answer.shown());
    assert_eq!(test.rule(&answer), "WX-CRD-051");
    assert_eq!(test.post("/card/get", &json!({})).await.errcode(), 41012);
}

#[tokio::test]
async fn a_card_waits_for_its_review() {
    let test = TestMock::start().await;
    let appid = test.mock.official_account().appid;
    let status = async |card_id: &str| {
        let answer = test.post("/card/get", &json!({"card_id": card_id})).await;
        answer.json()["card"]["general_coupon"]["base_info"]["status"].clone()
    };
    let review = async |how: Value| {
        let path = format!("accounts/{appid}");
        let answer = test.control("PATCH", &path, &json!({"review": how})).await;
        assert_eq!(answer.status, 200);
    };

    review(json!({"after": 60})).await;
    let card = test.create().await;
    assert_eq!(status(&card).await, "CARD_STATUS_NOT_VERIFY");
    test.mock.clock().advance(60).unwrap();
    assert_eq!(status(&card).await, "CARD_STATUS_VERIFY_OK");

    review(json!("manual")).await;
    let card = test.create().await;
    let verdict = json!({"pass": false, "reason": "看不清"});
    let answer = test
        .control("POST", &format!("cards/{card}/review"), &verdict)
        .await;
    assert_eq!(
        (answer.status, answer.json()["status"].as_str()),
        (200, Some("CARD_STATUS_VERIFY_FAIL"))
    );
    assert_eq!(status(&card).await, "CARD_STATUS_VERIFY_FAIL");

    let again = test
        .control(
            "POST",
            &format!("cards/{card}/review"),
            &json!({"pass": true}),
        )
        .await;
    assert_eq!(again.status, 409);
}

fn base(card: &mut Value) -> &mut Value {
    &mut card["general_coupon"]["base_info"]
}

/// What the account is asked of, and what the card alone decides, in the order of the fields.
#[tokio::test]
async fn of_two_faults_the_field_that_comes_first_is_told_whoever_decides_it() {
    let faults: [(&str, Value, &str); 6] = [
        // Asked of the account: whether it uploaded the picture.
        (
            "logo_url",
            json!("https://mmbiz.qpic.cn/mmbiz_jpg/x/0"),
            "WX-FLD-003",
        ),
        ("color", json!("#63b359"), "WX-FLD-008"),
        ("center_title", json!("长".repeat(20)), "WX-FLD-030"),
        // Asked of the account: whether it has the right to links of its own.
        ("center_url", json!("https://example.com"), "WX-CRD-033"),
        ("custom_url_name", json!("长".repeat(20)), "WX-FLD-035"),
        ("custom_url", json!("https://example.com"), "WX-CRD-033"),
    ];
    let test = TestMock::start().await;
    let switches = json!({"foreign_image": "refuse"});
    let turned = test.control("PATCH", "switches", &switches).await;
    assert_eq!(turned.status, 200, "{}", turned.text());
    let appid = test.mock.official_account().appid;
    let withheld = json!({"restrictions": {"withheld": ["custom_url"]}});
    let path = format!("accounts/{appid}");
    let patched = test.control("PATCH", &path, &withheld).await;
    assert_eq!(patched.status, 200, "{}", patched.text());
    for (place, (first, wrong, rule)) in faults.iter().enumerate() {
        for (second, other, _) in &faults[place..] {
            let answer = created(&test, |card| {
                base(card)[*second] = other.clone();
                base(card)[*first] = wrong.clone();
            })
            .await;
            assert_eq!(test.rule(&answer), *rule, "{first} before {second}");
            let record = test.mock.journal().explain(&answer.trace()).unwrap();
            let expected = record["expected"].as_str().unwrap_or_default();
            assert!(
                expected.starts_with(&format!("base_info.{first}: ")) || *rule == "WX-FLD-008",
                "{first} before {second}: {record:?}"
            );
        }
    }
}
