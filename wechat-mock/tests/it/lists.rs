//! Lists page by page: requests, claims, cards, codes, a wallet; and what an account was given.

use serde_json::{Value, json};

use crate::support::{NOW, TestMock};

async fn get(test: &TestMock, path: &str) -> Value {
    let answer = test.control("GET", path, &Value::Null).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}

fn ids(rows: &Value) -> Vec<&str> {
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| row["id"].as_str().unwrap()).collect()
}

/// All items of a list that is asked for `limit` at a time.
async fn pages(test: &TestMock, path: &str, name: &str, limit: usize) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let separator = if path.contains('?') { '&' } else { '?' };
        let page = get(test, &format!("{path}{separator}limit={limit}{after}")).await;
        let items = page[name].as_array().unwrap();
        assert!(items.len() <= limit);
        all.extend(items.iter().cloned());
        let Some(next) = page["next"].as_str() else {
            return all;
        };
        after = format!("&after={next}");
    }
}

#[tokio::test]
async fn requests_come_newest_first_page_by_page() {
    let test = TestMock::start().await;
    test.mock.journal().clear();
    for number in 0..12 {
        let path = if number % 3 == 0 {
            "/card/creat"
        } else {
            "/card/getcolors"
        };
        test.ask(path).await;
    }
    let all = get(&test, "requests").await;
    assert_eq!(
        (all["requests"].as_array().unwrap().len(), &all["more"]),
        (12, &json!(false))
    );
    let all = ids(&all["requests"]);

    let newest = get(&test, "requests?limit=5").await;
    assert_eq!(
        (ids(&newest["requests"]), &newest["more"]),
        (all[7..].to_vec(), &json!(true))
    );
    assert_eq!(newest["before"], all[7]);
    let older = get(&test, &format!("requests?limit=7&before={}", all[7])).await;
    assert_eq!(
        (ids(&older["requests"]), &older["more"]),
        (all[..7].to_vec(), &json!(false))
    );
    assert_eq!(older.get("before"), None);

    let refused = get(&test, "requests?refused=true&limit=3").await;
    assert_eq!(ids(&refused["requests"]), [all[3], all[6], all[9]]);
    assert_eq!(refused["more"], true);
    let refused = get(&test, &format!("requests?refused=true&before={}", all[3])).await;
    assert_eq!(ids(&refused["requests"]), [all[0]]);
    let done = get(
        &test,
        "requests?refused=false&path=/card/getcolors&limit=500",
    )
    .await;
    assert_eq!(ids(&done["requests"]).len(), 8);
}

#[tokio::test]
async fn one_request_is_shown_with_its_explanation_and_without_secrets() {
    let test = TestMock::start().await;
    let refused = test
        .post("/card/get", &json!({"card_id": "p0", "secret": "s3cret"}))
        .await;
    assert_ne!(refused.errcode(), 0);
    let last = get(&test, "requests?limit=1").await;
    let row = &last["requests"][0];
    let id = row["id"].as_str().unwrap();
    let shown = get(&test, &format!("requests/{id}")).await;
    assert_eq!(shown["explain"], get(&test, &format!("explain/{id}")).await);
    assert_eq!(
        (&shown["request"], &shown["reply"]),
        (&row["request"], &row["reply"])
    );
    assert!(shown["explain"]["rule"].is_string());
    assert!(!shown.to_string().contains("s3cret"));
    assert!(!shown.to_string().contains(&test.token));
    for id in ["call-0", "call-9999", "claim-1", "x"] {
        let answer = test
            .control("GET", &format!("requests/{id}"), &Value::Null)
            .await;
        assert_eq!(answer.status, 404, "{id}");
    }
}

#[tokio::test]
async fn a_page_has_a_size_and_a_place_that_can_be() {
    let test = TestMock::start().await;
    let card_id = test.create().await;
    for (path, field) in [
        ("requests?limit=0", "limit"),
        ("requests?limit=501", "limit"),
        ("requests?before=event-1", "before"),
        ("claims?limit=0", "limit"),
        ("events?limit=501", "limit"),
        ("events?before=call-1", "before"),
        ("events?colour=red", "colour"),
        ("cards?limit=201", "limit"),
        ("cards?after=p0", "after"),
        ("cards?colour=red", "colour"),
        (&format!("cards/{card_id}/codes?after=x"), "after"),
        (&format!("cards/{card_id}/codes?status=RED"), "status"),
        ("users/alice/wallet?limit=0", "limit"),
        ("users/alice/wallet?after=7", "after"),
    ] {
        let answer = test.control("GET", path, &Value::Null).await;
        assert_eq!(
            (answer.status, &answer.json()["error"]["field"]),
            (422, &json!(field)),
            "{path}"
        );
    }
    for path in [
        "cards/p0",
        "cards/p0/codes",
        "cards?appid=wx0",
        "accounts/wx0/credentials",
    ] {
        assert_eq!(
            test.control("GET", path, &Value::Null).await.status,
            404,
            "{path}"
        );
    }
}

#[tokio::test]
async fn cards_and_their_codes_come_page_by_page() {
    let test = TestMock::start().await;
    let card_id = test
        .create_with(|base| {
            base["get_limit"] = json!(9);
            base["use_limit"] = json!(9);
        })
        .await;
    let other = test.create().await;
    for number in 0..5 {
        let user = if number < 3 { "alice" } else { "bob" };
        let code = test.claimed_of(user, &card_id, &format!("n{number}")).await;
        if number < 2 {
            let answer = test
                .post("/card/code/consume", &json!({"code": code}))
                .await;
            assert_eq!(answer.errcode(), 0);
        }
    }
    let cards = pages(&test, "cards", "cards", 1).await;
    assert_eq!(
        (&cards[0]["card_id"], &cards[1]["card_id"]),
        (&json!(card_id), &json!(other))
    );
    let card = &cards[0];
    assert_eq!(
        (&card["claimed"], &card["consumed"]),
        (&json!(5), &json!(2))
    );
    assert_eq!(card["sku"], json!({"quantity": 495, "total_quantity": 500}));
    assert_eq!(
        (&card["color"], &card["color_value"]),
        (&json!("Color010"), &json!("#63b359"))
    );
    assert_eq!(card["date_info"]["begin_timestamp"], NOW);
    let shown = get(&test, &format!("cards/{card_id}")).await;
    let as_wechat = test
        .post("/card/get", &json!({"card_id": card_id}))
        .await
        .json();
    assert_eq!(shown["card"], as_wechat["card"]);
    assert!(
        get(&test, "cards?appid=wx00000000000000c0").await["cards"]
            .as_array()
            .unwrap()
            .is_empty()
    );

    let codes = pages(&test, &format!("cards/{card_id}/codes"), "codes", 2).await;
    assert_eq!(codes.len(), 5);
    assert_eq!(
        (&codes[0]["user"], &codes[4]["user"]),
        (&json!("alice"), &json!("bob"))
    );
    assert_eq!(codes[0]["openid"], json!(test.openid("alice").await));
    let redeemed = pages(
        &test,
        &format!("cards/{card_id}/codes?status=CONSUMED"),
        "codes",
        1,
    )
    .await;
    assert_eq!(redeemed, codes[..2]);

    let wallet = get(&test, "users/alice/wallet").await;
    assert_eq!(wallet.get("next"), None);
    let paged = pages(&test, "users/alice/wallet", "cards", 1).await;
    assert_eq!(Value::Array(paged), wallet["cards"]);

    test.post("/card/delete", &json!({"card_id": other})).await;
    assert_eq!(get(&test, &format!("cards/{other}")).await["deleted"], true);
}

#[tokio::test]
async fn events_come_newest_first_page_by_page() {
    let test = TestMock::start().await;
    let appid = test.mock.official_account().appid;
    for number in 0..12 {
        let event = ["user_del_card", "user_view_card"][number % 2];
        let trigger = test.mock.events();
        trigger.trigger(&appid, event, "alice", json!({})).unwrap();
    }
    let all = get(&test, "events").await;
    assert_eq!(
        (all["events"].as_array().unwrap().len(), &all["more"]),
        (12, &json!(false))
    );
    let all = ids(&all["events"]);

    let newest = get(&test, "events?limit=5").await;
    assert_eq!(
        (ids(&newest["events"]), &newest["more"]),
        (all[7..].to_vec(), &json!(true))
    );
    assert_eq!(newest["before"], all[7]);
    let older = get(&test, &format!("events?limit=7&before={}", all[7])).await;
    assert_eq!(
        (ids(&older["events"]), &older["more"]),
        (all[..7].to_vec(), &json!(false))
    );
    let views = get(&test, "events?event=user_view_card&limit=4").await;
    assert_eq!(ids(&views["events"]), [all[5], all[7], all[9], all[11]]);
    assert_eq!(views["before"], all[5]);
    let number = all[3].trim_start_matches("event-");
    let first = get(&test, &format!("events?before={number}")).await;
    assert_eq!(ids(&first["events"]), all[..3]);
}

#[tokio::test]
async fn claims_are_listed_newest_last() {
    let test = TestMock::start().await;
    let card_id = test.create().await;
    for nonce in ["a", "b", "c"] {
        test.claim("alice", &card_id, nonce).await;
    }
    let page = get(&test, "claims?limit=2").await;
    assert_eq!(
        (ids(&page["claims"]), &page["before"]),
        (vec!["claim-2", "claim-3"], &json!("claim-2"))
    );
    let older = get(&test, "claims?before=claim-2").await;
    assert_eq!(
        (ids(&older["claims"]), &older["more"]),
        (vec!["claim-1"], &json!(false))
    );
    assert_eq!(older["claims"][0], get(&test, "explain/claim-1").await);
}

#[tokio::test]
async fn an_account_shows_what_it_was_given() {
    let test = TestMock::start().await;
    let account = test.mock.official_account();
    let credentials = async || get(&test, &format!("accounts/{}/credentials", account.appid)).await;
    let newer = test.token_of("oa").await;
    let ticket = test.control("GET", "clock", &Value::Null).await;
    assert_eq!(ticket.status, 200);
    let path = format!("/cgi-bin/ticket/getticket?type=jsapi&access_token={newer}");
    let ticket = test.get(&path).await.json()["ticket"].clone();

    let shown = credentials().await;
    let token = |token: &str, ends: i64, grace: bool| json!({"token": token, "issued_at": NOW, "expires_at": ends, "grace": grace});
    assert_eq!(
        shown["access_tokens"],
        json!([
            token(&test.token, NOW + 300, true),
            token(&newer, NOW + 7200, false)
        ])
    );
    assert_eq!(
        shown["tickets"],
        json!([{"type": "jsapi", "ticket": ticket, "expires_at": NOW + 7200}])
    );
    let quotas = shown["quotas"].as_array().unwrap();
    let of_token = quotas
        .iter()
        .find(|quota| quota["path"] == "/cgi-bin/token")
        .unwrap();
    assert_eq!(
        (&of_token["used"], &of_token["limit"]),
        (&json!(2), &json!(2000))
    );

    test.mock.clock().advance(7200).unwrap();
    let later = credentials().await;
    assert_eq!(
        (&later["access_tokens"], &later["tickets"]),
        (&json!([]), &json!([]))
    );
}

#[tokio::test]
async fn the_calls_that_can_go_wrong_are_those_that_the_mock_answers() {
    let test = TestMock::start().await;
    let calls = get(&test, "calls").await;
    let calls = calls["calls"].as_array().unwrap();
    let paths: Vec<&str> = calls
        .iter()
        .map(|call| call["path"].as_str().unwrap())
        .collect();
    assert_eq!(paths, wechat_mock::paths().collect::<Vec<_>>());
    let create = calls
        .iter()
        .find(|call| call["path"] == "/card/create")
        .unwrap();
    assert_eq!(create["method"], "POST");
    assert_eq!(create["name"], json!({"en": "new card", "zh": "创建卡券"}));
}
