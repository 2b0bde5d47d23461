//! The rest of the control API: clock, reset, login, add-card, wallet, statuses.

use serde_json::{Value, json};

use crate::support::{NOW, TestMock};

#[tokio::test]
async fn the_clock_is_moved_set_and_stopped() {
    let test = TestMock::start().await;
    let clock = async |body: Value| test.control("POST", "clock", &body).await;
    let shown = test.control("GET", "clock", &Value::Null).await.json();
    assert_eq!(shown, json!({"now": NOW, "frozen": true}));
    assert_eq!(clock(json!({"advance": 60})).await.json()["now"], NOW + 60);
    assert_eq!(
        clock(json!({"set": NOW - 60})).await.json()["now"],
        NOW - 60
    );
    assert_eq!(
        clock(json!({"freeze": false})).await.json()["frozen"],
        false
    );

    for (body, field) in [
        (json!({"advance": -1}), "advance"),
        (json!({"set": -1}), "set"),
        (json!({"advance": 1.5}), "advance"),
        (json!({"ahead": 1}), "ahead"),
        (json!({}), "advance"),
    ] {
        let answer = clock(body.clone()).await;
        assert_eq!(
            (answer.status, &answer.json()["error"]["field"]),
            (422, &json!(field)),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_reset_goes_back_to_the_beginning() {
    let test = TestMock::start().await;
    let card_id = test.create().await;
    assert!(test.claim("alice", &card_id, "n").await.is_success());
    assert_eq!(
        test.control("POST", "reset", &Value::Null).await.status,
        200
    );

    assert!(test.mock.user("alice").wallet().unwrap().is_empty());
    assert!(test.mock.journal().rows().is_empty());
    assert_eq!(test.ask("/card/getcolors").await.errcode(), 40001);
    let clock = test.control("GET", "clock", &Value::Null).await.json();
    assert_eq!(clock["frozen"], false);
    // The same calls give the same ids again.
    let token = test.token_of("oa").await;
    assert_eq!(token, test.token);
}

#[tokio::test]
async fn the_phone_is_reached_through_the_control_api() {
    let test = TestMock::start().await;
    let card_id = test.create().await;
    let ext = test.card_ext(&card_id, "n").await;
    let page = test.mock.mini_program().appid;
    let call = json!({"appid": page, "cardList": [
        {"cardId": card_id, "cardExt": ext, "more": 1},
        {"cardId": card_id, "cardExt": ext},
    ]});
    let answer = test.control("POST", "users/alice/add-card", &call).await;

    assert_eq!(answer.status, 200);
    let json = answer.json();
    assert_eq!(json["errMsg"], "addCard:ok");
    assert_eq!(json["cardList"][0]["isSuccess"], true);
    assert_eq!(json["cardList"][0]["cardExt"], json!(ext));
    assert_eq!(json["cardList"][1]["isSuccess"], false);
    assert_eq!(json["explain"]["rule"], "WX-CLM-010");
    assert_eq!(json["explain"]["cards"][1]["phone_text"], "已领完");

    let wallet = test
        .control("GET", "users/alice/wallet", &Value::Null)
        .await
        .json();
    assert_eq!(wallet["cards"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn login_runs_in_a_mini_program_of_this_world() {
    let test = TestMock::start().await;
    let login = async |user: &str, body: Value| {
        test.control("POST", &format!("users/{user}/login"), &body)
            .await
    };
    let right = login("alice", json!({"appid": "wx00000000000000b0"})).await;
    assert_eq!(right.json()["code"].as_str().unwrap().len(), 32);

    let official = login("alice", json!({"appid": "wx00000000000000a0"})).await;
    assert_eq!(
        (official.status, &official.json()["error"]["field"]),
        (422, &json!("appid"))
    );
    assert_eq!(login("alice", json!({"appid": "wx0"})).await.status, 404);
    assert_eq!(
        login("nobody", json!({"appid": "wx00000000000000b0"}))
            .await
            .status,
        404
    );
    let missing = login("alice", json!({})).await;
    assert_eq!(
        (missing.status, &missing.json()["error"]["field"]),
        (422, &json!("appid"))
    );
}

#[tokio::test]
async fn what_is_not_there_is_404_and_a_wrong_method_405() {
    let test = TestMock::start().await;
    for (method, path, status) in [
        ("GET", "nothing", 404),
        ("GET", "users/nobody", 404),
        ("GET", "users/nobody/wallet", 404),
        ("POST", "health", 405),
        ("GET", "reset", 405),
    ] {
        let answer = test.control(method, path, &Value::Null).await;
        assert_eq!(answer.status, status, "{method} {path}");
        assert!(answer.json()["error"]["message"].is_string());
    }
    let answer = test
        .control("POST", "cards/p0/review", &json!({"pass": true}))
        .await;
    assert_eq!(answer.status, 404);
    let console = test.get("/_mock/nothing").await;
    assert_eq!(
        (console.status, &console.json()["error"]["code"]),
        (404, &json!("not_found"))
    );
    assert!(test.mock.journal().of_path("/_mock/nothing").is_empty());
}

#[tokio::test]
async fn health_says_ok() {
    let test = TestMock::start().await;
    let answer = test.control("GET", "health", &Value::Null).await;
    assert_eq!(
        (answer.status, answer.json()),
        (200, json!({"status": "ok"}))
    );
}
