//! Worlds that nobody exported: refused with the place of the fault, or harmless.

use serde_json::{Value, json};

use crate::{
    members::{after_submit, fill_in, gift_rule, held, member_card},
    support::{DAY, NOW, TestMock},
};

/// A world with one of everything, to be spoilt.
async fn full_world(test: &TestMock) -> Value {
    test.claimed("alice").await;
    test.mock
        .user("bob")
        .login(&test.mock.mini_program().appid)
        .unwrap();
    let photo = fixtures::image("logo.jpg").to_vec();
    test.upload("/cgi-bin/media/upload?type=image", "a.jpg", photo)
        .await;
    test.ticket("jsapi").await;
    full_life(test).await;
    full_club(test).await;
    let oa = test.mock.official_account();
    let forced = json!({
        "grant_type": "client_credential", "appid": oa.appid, "secret": oa.secret, "force_refresh": true,
    });
    test.post("/cgi-bin/stable_token", &forced).await;
    test.control("GET", "world", &Value::Null).await.json()
}

/// Somebody on the way to membership, and a rule for gifts on payment.
async fn full_club(test: &TestMock) {
    let card_id = member_card(test, after_submit()).await;
    let named = held(test, "carol", &card_id).await;
    fill_in(test, "carol", &named, Value::Null).await;
    let rule = gift_rule(&card_id, &["1900000109"]);
    test.post("/card/paygiftcard/add", &rule).await;
}

/// Codes that are marked, offered and renamed, a deposit, a QR code and a landing page.
async fn full_life(test: &TestMock) {
    let custom = test.claimed_custom("alice", "0001").await;
    let openid = test.openid("bob").await;
    let deposit = test.deposit_card().await;
    let offer = json!({"card_id": custom, "code": "0005"});
    for (path, call) in [
        (
            "/card/code/mark",
            json!({"code": "0001", "card_id": custom, "openid": openid, "is_mark": true}),
        ),
        (
            "/card/code/deposit",
            json!({"card_id": deposit, "code": ["0001", "0002"]}),
        ),
        ("/card/testwhitelist/set", json!({"username": ["bob"]})),
        (
            "/card/qrcode/create",
            json!({"action_name": "QR_CARD", "action_info": {"card": offer}}),
        ),
    ] {
        assert_eq!(test.post(path, &call).await.errcode(), 0, "{path}");
    }
    test.mock.user("alice").gift("0001", "bob").unwrap();
    assert!(
        test.claim_custom("carol", &custom, "0002")
            .await
            .is_success()
    );
    let rename = json!({"code": "0002", "card_id": custom, "new_code": "0003"});
    assert_eq!(test.post("/card/code/update", &rename).await.errcode(), 0);
    let page = json!({
        "banner": "http://mmbiz.qpic.cn/a/0", "page_title": "页", "can_share": false,
        "scene": "SCENE_H5", "card_list": [{"card_id": test.create().await, "thumb_url": "x"}],
    });
    assert_eq!(
        test.post("/card/landingpage/create", &page).await.errcode(),
        0
    );
}

/// The world with another value at `pointer`.
fn spoilt(world: &Value, pointer: &str, value: Value) -> Value {
    let mut world = world.clone();
    match world.pointer_mut(pointer) {
        Some(place) => *place = value,
        None => panic!("nothing stands at {pointer}"),
    }
    world
}

#[tokio::test]
async fn a_value_that_cannot_be_is_refused_with_its_place() {
    let test = TestMock::start().await;
    let world = full_world(&test).await;
    let state = "/accounts/0/state";
    let mut cases = vec![
        ("/clock/offset".to_owned(), json!(i64::MAX)),
        ("/clock/offset".to_owned(), json!(i64::MIN)),
        ("/clock/frozen_at".to_owned(), json!(-1)),
        ("/clock/frozen_at".to_owned(), json!(i64::MAX)),
        ("/drawn".to_owned(), json!(u64::MAX)),
        ("/logins/0/issued_at".to_owned(), json!(i64::MIN)),
        ("/logins/0/user".to_owned(), json!("nobody")),
        ("/logins/0/appid".to_owned(), json!("wx0000000000000000")),
        ("/users/0/name".to_owned(), json!("x".repeat(65))),
        ("/users/0/openids".to_owned(), json!({"wx0": "o"})),
        ("/accounts/0/quotas".to_owned(), json!({"/nonsense": 1})),
        ("/accounts/0/token_grace".to_owned(), json!(-1)),
        ("/switches".to_owned(), json!({"nonce": "perhaps"})),
    ];
    for (pointer, value) in [
        ("drawn", json!(u64::MAX)),
        ("tokens/issued/0/expires_at", json!(i64::MIN)),
        ("tokens/issued/0/expires_at", json!(i64::MAX)),
        ("tokens/issued/0/retired_at", json!(-1)),
        ("tokens/issued/0/value", json!(5)),
        ("tokens/last_forced_at", json!(i64::MIN)),
        ("tickets/wx_card/0/issued_at", json!(i64::MAX)),
        ("tickets/jsapi/0/issued_at", json!(i64::MIN)),
        ("media/0/created_at", json!(i64::MAX)),
        ("media/0/created_at", json!(i64::MIN)),
        ("media/0/bytes", json!("no base64!")),
        ("media/0/kind", json!("tiff")),
        ("cards/0/create_time", json!(i64::MIN)),
        ("cards/0/review_due", json!(i64::MAX)),
        ("cards/0/quantity", json!(u64::MAX)),
        ("cards/0/quantity", json!(-1)),
        ("cards/0/quantity", json!(1e300)),
        ("cards/0/card_type", json!("NONSENSE")),
        ("cards/0/node", json!([])),
        ("cards/0/used_pairs", json!(["xyz"])),
        ("codes/0/code", json!("1".repeat(10_000))),
        ("codes/0/card_id", json!("pNone")),
        ("codes/0/user", json!("nobody")),
        ("codes/0/begin_time", json!(1e300)),
        ("codes/0/status", json!("GONE")),
        // Nobody is offered a code that is not being given.
        ("codes/1/gift", Value::Null),
        ("codes/1/gift/user", json!("nobody")),
        ("codes/1/gift/until", json!(i64::MAX)),
        ("codes/1/mark/user", json!("nobody")),
        ("codes/1/mark/until", json!(-1)),
        ("codes/2/former", json!("1".repeat(21))),
        ("cards/0/status", json!("CARD_STATUS_GONE")),
        ("cards/0/reminded_at", json!(i64::MAX)),
        ("cards/0/cells/pay", json!("yes")),
        ("cards/2/quantity", json!(1)),
        ("cards/2/deposit/codes/0", json!("no code!")),
        ("cards/2/deposit/codes/1", json!("0001")),
        ("cards/2/deposit/handed_out", json!(3)),
        ("testers/0", json!("nobody")),
        ("qrs/0/cards/0/card_id", json!("pNone")),
        ("qrs/0/expires_at", json!(i64::MAX)),
        ("pages/0/cards", json!("none")),
        ("members/submissions/0/expires_at", json!(i64::MAX)),
        ("members/forms", json!([])),
        ("gift_rules/0/card_id", json!("pNone")),
        ("gift_rules/0/end_time", json!(i64::MIN)),
        ("ledger/0/date", json!("2026-02-29")),
        ("ledger/0/count", json!(0)),
    ] {
        cases.push((format!("{state}/{pointer}"), value));
    }
    for (pointer, value) in cases {
        let file = spoilt(&world, &pointer, value.clone());
        let answer = test.control("PUT", "world", &file).await;
        assert_eq!(answer.status, 422, "{pointer} {value}");
        let error = &answer.json()["error"];
        // The field names the place, or what it is part of.
        let field = error["field"]
            .as_str()
            .unwrap()
            .replace(['.', '['], "/")
            .replace(']', "");
        assert!(
            field.len() > 4 && pointer.starts_with(&format!("/{field}")),
            "{pointer}: {error}"
        );
    }
    let after = test.control("GET", "world", &Value::Null).await.json();
    assert!(after == world, "what is refused changes nothing");
}

#[tokio::test]
async fn what_stands_twice_is_refused() {
    let test = TestMock::start().await;
    let world = full_world(&test).await;
    for list in [
        "/accounts/0/state/tokens/issued",
        "/accounts/0/state/cards",
        "/accounts/0/state/codes",
        "/accounts",
        "/users",
    ] {
        let first = world.pointer(&format!("{list}/0")).unwrap().clone();
        let mut file = world.clone();
        file.pointer_mut(list)
            .unwrap()
            .as_array_mut()
            .unwrap()
            .push(first);
        let answer = test.control("PUT", "world", &file).await;
        assert_eq!(answer.status, 422, "{list}");
    }
}

#[tokio::test]
async fn a_world_of_another_version_or_shape_says_so() {
    let test = TestMock::start().await;
    for (file, field, message) in [
        (json!({"version": 0}), "version", "version 0"),
        // Whatever else is new in it, the version is what is wrong.
        (json!({"version": 3, "wallets": []}), "version", "version 3"),
        (
            json!({"version": 1, "accounts": []}),
            "version",
            "version 1",
        ),
        (json!({"version": "1"}), "version", "version \"1\""),
        (
            json!({"version": 4_294_967_297_u64}),
            "version",
            "version 4294967297",
        ),
        (json!([]), ".", "a JSON object"),
        (json!("world"), ".", "a JSON object"),
        (json!({"wallets": []}), "wallets", "wallets"),
        (json!({"accounts": {}}), "accounts", "a sequence"),
        (json!({"accounts": [1]}), "accounts[0]", "object"),
        (
            json!({"accounts": [{"state": []}]}),
            "accounts[0].state",
            "",
        ),
    ] {
        let answer = test.control("PUT", "world", &file).await;
        let error = answer.json()["error"].clone();
        assert_eq!(
            (answer.status, error["field"].as_str()),
            (422, Some(field)),
            "{file}"
        );
        assert!(
            error["message"].as_str().unwrap().contains(message),
            "{file}: {error}"
        );
    }
}

#[tokio::test]
async fn values_at_the_edge_hurt_nobody() {
    let mut test = TestMock::start().await;
    let world = full_world(&test).await;
    let state = "/accounts/0/state";
    for (pointer, value) in [
        ("tokens/issued/0/expires_at", json!(0)),
        ("tokens/issued/0/expires_at", json!(9_999_999_999_i64)),
        ("tokens/last_forced_at", json!(0)),
        ("tokens/forced", json!([i64::MAX, u32::MAX])),
        ("tickets/wx_card/0/issued_at", json!(0)),
        ("tickets/wx_card/0/issued_at", json!(9_999_999_999_i64)),
        ("media/0/created_at", json!(0)),
        ("cards/0/total_quantity", json!(u64::MAX)),
        ("codes/0/begin_time", json!(i64::MIN)),
        ("codes/0/end_time", json!(i64::MAX)),
        (
            "usage",
            json!({
                "today": {"span": i64::MIN, "used": {"/card/get": u64::MAX}},
                "this_minute": {"span": i64::MAX, "used": {"": u64::MAX}},
                "cleared": [i32::MIN, u32::MAX],
            }),
        ),
        ("cards/0/node/base_info/get_limit", json!(u64::MAX)),
        (
            "cards/0/node/base_info/date_info",
            json!({
                "type": "DATE_TYPE_FIX_TERM", "fixed_term": 0, "fixed_begin_term": i64::MAX,
            }),
        ),
        (
            "cards/0/node/base_info/date_info",
            json!({
                "type": "DATE_TYPE_FIX_TERM", "fixed_term": i64::MIN, "fixed_begin_term": i64::MIN,
            }),
        ),
        (
            "cards/0/node/base_info/date_info",
            json!({
                "type": 1, "begin_timestamp": i64::MIN, "end_timestamp": i64::MAX,
            }),
        ),
    ] {
        let file = spoilt(&world, &format!("{state}/{pointer}"), value.clone());
        let answer = test.control("PUT", "world", &file).await;
        assert_eq!(answer.status, 200, "{pointer} {value}: {}", answer.text());
        use_everything(&mut test, &world).await;
        let export = test.control("GET", "world", &Value::Null).await.json();
        let again = test.control("PUT", "world", &export).await;
        assert_eq!(again.status, 200, "{pointer} {value}: {}", again.text());
    }
}

/// Calls that look at each thing of the world, now and after some days.
async fn use_everything(test: &mut TestMock, world: &Value) {
    let state = &world["accounts"][0]["state"];
    let card_id = state["cards"][0]["card_id"].as_str().unwrap();
    let media_id = state["media"][0]["media_id"].as_str().unwrap();
    let js_code = &world["logins"][0]["js_code"];
    let mp = test.mock.mini_program();
    for _ in 0..2 {
        test.ask("/card/getcolors").await;
        test.token = test.token_of("oa").await;
        test.ask(&format!("/cgi-bin/media/get?media_id={media_id}"))
            .await;
        test.ask("/cgi-bin/ticket/getticket?type=jsapi").await;
        test.post("/card/get", &json!({"card_id": card_id})).await;
        let code = json!({"code": state["codes"][0]["code"]});
        test.post("/card/code/get", &code).await;
        test.post("/card/code/consume", &code).await;
        let appid = json!({"appid": test.mock.official_account().appid});
        test.post("/cgi-bin/clear_quota", &appid).await;
        test.get(&format!(
            "/sns/jscode2session?appid={}&secret={}&js_code={}&grant_type=authorization_code",
            mp.appid,
            mp.secret,
            js_code.as_str().unwrap()
        ))
        .await;
        test.claim("bob", card_id, "n-9").await;
        test.mock.user("bob").wallet().unwrap();
        test.mock.clock().advance(4 * DAY).unwrap();
    }
}

#[tokio::test]
async fn a_claim_begins_at_a_time_that_can_be() {
    let test = TestMock::start().await;
    let lax = json!({"fixed_term_zero": "accept"});
    test.control("PATCH", "switches", &lax).await;
    let card_id = test
        .create_with(|base| {
            base["date_info"] =
                json!({"type": "DATE_TYPE_FIX_TERM", "fixed_term": 0, "fixed_begin_term": 0});
        })
        .await;
    for (begin, user) in [(i64::MAX, "alice"), (i64::MIN, "bob"), (NOW, "carol")] {
        let mut ext: Value = serde_json::from_str(&test.card_ext(&card_id, user).await).unwrap();
        ext["fixed_begintimestamp"] = json!(begin);
        let claim = test.add_card(user, &card_id, ext.to_string());
        let is_time = begin == NOW;
        assert_eq!(claim.is_success(), is_time, "{begin}");
        assert_eq!(claim.explain()["rule"] == "WX-CLM-021", !is_time, "{begin}");
    }
}

#[tokio::test]
async fn a_world_with_more_people_than_can_be_is_refused_and_many_are_taken() {
    let test = TestMock::start().await;
    let crowd = json!({"accounts": vec![json!({}); 600], "users": people(501)});
    let answer = test.control("PUT", "world", &crowd).await;
    assert_eq!(answer.status, 422);
    assert_eq!(answer.json()["error"]["field"], "users");

    let mut world = test.control("GET", "world", &Value::Null).await.json();
    world["users"] = json!(people(10_000));
    let answer = test.control("PUT", "world", &world).await;
    assert_eq!(answer.status, 200);
    assert_eq!(test.mock.user("u9999").wallet().unwrap().len(), 0);
}

#[tokio::test]
async fn a_card_that_is_nested_as_deeply_as_can_be_comes_back() {
    let test = TestMock::start().await;
    let lax = json!({"unknown_key": "ignore"});
    test.control("PATCH", "switches", &lax).await;
    let mut taken = 0;
    for depth in 80..130 {
        let mut card = test.seed_card().await;
        card["card"]["general_coupon"]["nested"] = json!("@");
        let nested = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let body = card.to_string().replace("\"@\"", &nested);
        let answer = test.post_text("/card/create", "", &body).await;
        assert!([0, 47001].contains(&answer.errcode()), "{depth}");
        taken = taken.max(if answer.errcode() == 0 { depth } else { 0 });
    }
    assert!(taken > 80);
    let world = test.control("GET", "world", &Value::Null).await.json();
    let answer = test.control("PUT", "world", &world).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test]
async fn a_clock_that_runs_on_past_its_end_stands_still_there() {
    let test = TestMock::start().await;
    let clock = test.mock.clock();
    clock.set(i64::from(u32::MAX)).unwrap();
    clock.unfreeze();
    let world = test.control("GET", "world", &Value::Null).await.json();
    assert_eq!(test.control("PUT", "world", &world).await.status, 200);
    test.token_of("oa").await;
    assert!(clock.now() <= i64::from(u32::MAX));
}

/// Users who bring the openid they have at `oa`.
fn people(number: usize) -> Vec<Value> {
    let person = |nth| json!({"name": format!("u{nth}"), "openids": {"wx00000000000000a0": format!("o{nth}")}});
    (0..number).map(person).collect()
}
