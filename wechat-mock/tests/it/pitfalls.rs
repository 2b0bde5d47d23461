//! The pitfalls of the flow, one function each, called by their number in `fixtures`.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use wechat_mock::sign::Signed;

use crate::support::{Answer, NOW, TestMock, card_ext};

const NODE: &str = "/card/general_coupon";
const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn every_pitfall_ends_as_its_row_says() {
    let mut seen = BTreeSet::new();
    for row in fixtures::pitfalls().as_array().unwrap() {
        let number = row["number"].as_u64().unwrap();
        assert!(seen.insert(number), "{number} stands twice");
        // The others are mistakes of clients and services, which have a test of their own.
        if row["kept_by"] == "wechat-mock" {
            fall_into(number, &mut TestMock::start().await).await;
        }
    }
    assert_eq!(seen, (1..=28).collect());
}

async fn fall_into(number: u64, test: &mut TestMock) {
    match number {
        1 => a_mini_programs_token(test).await,
        2 => the_credentials_of_another_app(test).await,
        3 => two_processes(test).await,
        4 => milliseconds(test).await,
        5 => a_fraction(test).await,
        6 => times_as_strings(test).await,
        7 => an_object_as_a_form(test).await,
        8 => rewritten_characters(test).await,
        9 => the_name_of_the_part(test).await,
        10 => a_media_id_for_a_url(test).await,
        11 => foreign_pictures(test).await,
        12 => a_list_within_a_list(test).await,
        13 => a_link_without_a_mini_program(test).await,
        14 => a_stale_ticket(test).await,
        15 => a_ticket_for_every_request(test).await,
        17 => a_superseded_token(test).await,
        18 => the_same_nonce(test).await,
        19 => attributes_of_the_card(test).await,
        20 => card_id_and_code(test).await,
        21 => the_encrypted_code(test).await,
        22 => held_before_decryption(test).await,
        23 => a_lost_plus(test).await,
        26 => {
            refused_with(test, "color", json!("#63b359"), 40076).await;
            refused_with(test, "color", json!("color010"), 40076).await;
        }
        27 => right_after_create(test).await,
        other => panic!("nobody falls into pitfall {other}"),
    }
}

/// Creates the seed's card with one value changed; `path` starts below the node.
async fn create(test: &TestMock, path: &str, value: Value) -> Answer {
    let mut card = test.seed_card().await;
    let (parent, key) = path.rsplit_once('/').unwrap_or(("", path));
    let parent = card.pointer_mut(&format!("{NODE}{parent}")).unwrap();
    parent[key] = value;
    test.post("/card/create", &card).await
}

/// Expects create to refuse a value of `base_info`.
async fn refused_with(test: &TestMock, field: &str, value: Value, errcode: i64) {
    let answer = create(test, &format!("/base_info/{field}"), value).await;
    assert_eq!(answer.errcode(), errcode, "{field}: {}", answer.text());
}

async fn a_mini_programs_token(test: &TestMock) {
    let token = test.token_of("mp").await;
    for path in [
        "/card/getcolors",
        "/cgi-bin/ticket/getticket?type=wx_card&a=b",
    ] {
        let separator = if path.contains('?') { '&' } else { '?' };
        let answer = test
            .get(&format!("{path}{separator}access_token={token}"))
            .await;
        assert_eq!(answer.errcode(), 48001, "{path}");
    }
    let path = format!("/cgi-bin/media/uploadimg?access_token={token}");
    let answer = test.send(test.request("POST", &path)).await;
    assert_eq!(answer.errcode(), 48001);
}

async fn the_credentials_of_another_app(test: &mut TestMock) {
    // `token_of` calls /cgi-bin/token, which gives a token for any account.
    test.token = test.token_of("stranger").await;
    for path in ["/card/create", "/card/code/decrypt", "/card/code/consume"] {
        assert_eq!(test.post(path, &json!({})).await.errcode(), 48001, "{path}");
    }
}

async fn two_processes(test: &mut TestMock) {
    let stable = json!({
        "grant_type": "client_credential", "appid": "wx00000000000000a0",
        "secret": "000000000000000000000000000000a0",
    });
    let stable = test.post("/cgi-bin/stable_token", &stable).await.json();
    let other = test.token_of("oa").await;
    test.mock.clock().advance(299).unwrap();
    assert_eq!(test.ask("/card/getcolors").await.errcode(), 0);
    test.mock.clock().advance(1).unwrap();
    assert_eq!(test.ask("/card/getcolors").await.errcode(), 40001);
    for alive in [other, stable["access_token"].as_str().unwrap().to_owned()] {
        test.token = alive;
        assert_eq!(test.ask("/card/getcolors").await.errcode(), 0);
    }
}

async fn milliseconds(test: &TestMock) {
    let time = json!(format!("{NOW}000"));
    refused_with(test, "date_info/begin_timestamp", time.clone(), 40079).await;
    refused_with(test, "date_info/end_timestamp", time, 40079).await;
}

async fn a_fraction(test: &TestMock) {
    let time = json!("1587744000.123");
    refused_with(test, "date_info/begin_timestamp", time.clone(), 47001).await;
    test.control("PATCH", "switches", &json!({"fraction": "40079"}))
        .await;
    refused_with(test, "date_info/begin_timestamp", time, 40079).await;
}

async fn times_as_strings(test: &TestMock) {
    refused_with(test, "date_info/begin_timestamp", json!(NOW.to_string()), 0).await;
    let rows = test.mock.journal().of_path("/card/create");
    assert_eq!(rows[0]["advice"], Value::Null);
    refused_with(test, "date_info/begin_timestamp", json!(NOW), 0).await;
    let rows = test.mock.journal().of_path("/card/create");
    assert_eq!(rows[1]["advice"][0]["rule"], "WX-ADV-001");
}

async fn an_object_as_a_form(test: &TestMock) {
    let card = test.seed_card().await.to_string();
    let form: String = form_urlencoded(&card);
    for content_type in [FORM, "application/json", ""] {
        let answer = test.post_text("/card/create", content_type, &form).await;
        assert_eq!(answer.errcode(), 47001, "{content_type}");
        let answer = test.post_text("/card/create", content_type, &card).await;
        assert_eq!(answer.errcode(), 0, "{content_type}");
    }
}

/// A JSON text as the only value of a form.
fn form_urlencoded(json: &str) -> String {
    let escaped: String = json
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect();
    format!("card={escaped}")
}

async fn rewritten_characters(test: &TestMock) {
    let mut card = test.seed_card().await;
    card["card"]["general_coupon"]["base_info"]["notice"] = json!("it's (new)!*");
    // What the library's form option makes of a JSON text.
    let mut body = card.to_string();
    for (character, escape) in [
        ("!", "%21"),
        ("'", "%27"),
        ("(", "%28"),
        (")", "%29"),
        ("*", "%2A"),
    ] {
        body = body.replace(character, escape);
    }
    let answer = test.post_text("/card/create", FORM, &body).await;
    let card_id = answer.json()["card_id"].clone();
    let shown = test
        .post("/card/get", &json!({"card_id": card_id}))
        .await
        .json();
    let notice = &shown["card"]["general_coupon"]["base_info"]["notice"];
    assert_eq!(notice, "it%27s %28new%29%21%2A");
    let rows = test.mock.journal().of_path("/card/create");
    let advice = rows[0]["advice"].as_array().unwrap();
    assert!(
        advice.iter().any(|row| row["rule"] == "WX-ADV-006"),
        "{advice:?}"
    );
}

async fn the_name_of_the_part(test: &TestMock) {
    let logo = fixtures::image("logo.jpg");
    let head =
        |disposition: &str| format!("--x\r\ncontent-disposition: form-data; {disposition}\r\n\r\n");
    for (disposition, errcode) in [
        ("name=\"buffer\"; filename=\"a.jpg\"", 0),
        ("name=\"media\"; filename=\"a.jpg\"", 0),
        ("name=\"图片\"; filename=\"a.jpg\"", 0),
        ("name=\"buffer\"", 41005),
    ] {
        let mut body = head(disposition).into_bytes();
        body.extend(logo);
        body.extend(b"\r\n--x--\r\n");
        let request = test
            .request("POST", &test.signed_in("/cgi-bin/media/uploadimg"))
            .header("content-type", "multipart/form-data; boundary=x")
            .body(body);
        assert_eq!(test.send(request).await.errcode(), errcode, "{disposition}");
    }
}

async fn a_media_id_for_a_url(test: &TestMock) {
    let photo = fixtures::image("shop-front.jpg").to_vec();
    let answer = test
        .upload("/cgi-bin/media/upload?type=image", "店面.jpg", photo)
        .await
        .json();
    assert_eq!(answer["url"], Value::Null);
    let media_id = answer["media_id"].clone();
    assert_eq!(media_id.as_str().unwrap().len(), 64);
    refused_with(test, "logo_url", media_id, 40141).await;
}

async fn foreign_pictures(test: &TestMock) {
    let url = "https://cdn.example.com/a.png";
    for (path, value) in [
        ("/base_info/logo_url", json!(url)),
        ("/advanced_info/abstract/icon_url_list", json!([url])),
        (
            "/advanced_info/text_image_list",
            json!([{"image_url": url, "text": "菜"}]),
        ),
        (
            "/base_info/logo_url",
            json!("http://mmecoa.qpic.cn/mmecoa_png/a/0"),
        ),
    ] {
        assert_eq!(create(test, path, value).await.errcode(), 40141, "{path}");
    }
}

async fn a_list_within_a_list(test: &TestMock) {
    let url = test.image_url().await;
    let path = "/advanced_info/abstract/icon_url_list";
    assert_eq!(create(test, path, json!([[url]])).await.errcode(), 47001);
    assert_eq!(create(test, path, json!([url])).await.errcode(), 0);
}

async fn a_link_without_a_mini_program(test: &TestMock) {
    refused_with(test, "custom_app_brand_user_name", json!(""), 73211).await;
    let accept = json!({"link_without_mini_program": "accept"});
    test.control("PATCH", "switches", &accept).await;
    refused_with(test, "custom_app_brand_user_name", json!(""), 0).await;
}

async fn a_stale_ticket(test: &mut TestMock) {
    let card_id = test.create().await;
    let ticket = test.ticket("wx_card").await;
    let claim = |test: &TestMock, nonce: &str| {
        let now = test.mock.clock().now().to_string();
        test.add_card("alice", &card_id, card_ext(&ticket, &card_id, nonce, &now))
    };
    test.mock.clock().advance(7200).unwrap();
    let outcome = claim(test, "n-1");
    assert!(!outcome.is_success());
    assert_eq!(outcome.explain()["rule"], "WX-SIG-002");

    test.token = test.token_of("oa").await;
    assert!(test.claim("alice", &card_id, "n-2").await.is_success());
}

async fn a_ticket_for_every_request(test: &TestMock) {
    let path = "/cgi-bin/ticket/getticket";
    let quotas = json!({"quotas": {path: 3}});
    test.control("PATCH", "accounts/wx00000000000000a0", &quotas)
        .await;
    for expected in [0, 0, 0, 45009] {
        let answer = test.ask(&format!("{path}?type=wx_card")).await;
        assert_eq!(answer.errcode(), expected);
    }
    assert_eq!(test.mock.journal().of_path(path).len(), 4);
}

async fn a_superseded_token(test: &TestMock) {
    test.token_of("oa").await;
    test.mock.clock().advance(300).unwrap();
    let answer = test.ask("/cgi-bin/ticket/getticket?type=wx_card").await;
    assert_eq!(answer.errcode(), 40001);
    assert_eq!(answer.json()["ticket"], Value::Null);
}

async fn the_same_nonce(test: &TestMock) {
    let card_id = test.create().await;
    let other = test.create().await;
    assert!(
        test.claim("alice", &card_id, "rainbowstar")
            .await
            .is_success()
    );
    let again = test.claim("bob", &card_id, "rainbowstar").await;
    assert!(!again.is_success());
    assert_eq!(again.explain()["rule"], "WX-CLM-010");
    assert!(test.claim("bob", &other, "rainbowstar").await.is_success());
    test.mock.clock().advance(1).unwrap();
    assert!(
        test.claim("bob", &card_id, "rainbowstar")
            .await
            .is_success()
    );
}

async fn attributes_of_the_card(test: &TestMock) {
    let plain = test.create().await;
    let bound = test
        .create_with(|base| base["bind_openid"] = json!(true))
        .await;
    let custom = test
        .create_with(|base| base["use_custom_code"] = json!(true))
        .await;
    let oa = test.mock.official_account().appid;
    let users = test
        .control("GET", "users/alice", &Value::Null)
        .await
        .json();
    let openid = users["openids"][&oa].as_str().unwrap().to_owned();
    let ticket = test.ticket("wx_card").await;
    for (at, (card_id, code, openid, rule)) in [
        (&plain, "A-1", "", "WX-CLM-005"),
        (&plain, "", openid.as_str(), "WX-CLM-008"),
        (&custom, "", "", "WX-CLM-006"),
        (&bound, "", "", "WX-CLM-009"),
        (&custom, "A-1", "", ""),
        (&bound, "", openid.as_str(), ""),
        (&plain, "", "", ""),
    ]
    .into_iter()
    .enumerate()
    {
        let (time, nonce) = (NOW.to_string(), format!("n-{at}"));
        let signed = Signed {
            api_ticket: &ticket,
            timestamp: &time,
            card_id,
            nonce_str: &nonce,
            code,
            openid,
        };
        let ext = json!({
            "timestamp": time, "nonce_str": nonce, "code": code, "openid": openid,
            "signature": signed.signature(),
        });
        let outcome = test.add_card("alice", card_id, ext.to_string());
        let refused_by = outcome.explain()["rule"].as_str().unwrap_or_default();
        assert_eq!(refused_by, rule, "{at}");
    }
}

async fn card_id_and_code(test: &TestMock) {
    let (card_id, _, code) = test.claimed("alice").await;
    let answer = test.post("/card/code/get", &json!({"code": card_id})).await;
    assert_eq!(answer.errcode(), 40056);
    let answer = test.post("/card/get", &json!({"card_id": code})).await;
    assert_eq!(answer.errcode(), 40073);
    // Before a claim there is no code at all.
    assert_ne!(card_id, code);
    assert_eq!((card_id.len(), code.len()), (28, 12));
}

async fn the_encrypted_code(test: &TestMock) {
    let (_, encrypted, code) = test.claimed("alice").await;
    for path in ["/card/code/get", "/card/code/consume"] {
        let answer = test.post(path, &json!({"code": encrypted})).await;
        assert_eq!(answer.errcode(), 40056, "{path}");
    }
    let answer = test
        .post("/card/code/decrypt", &json!({"encrypt_code": code}))
        .await;
    assert_eq!(answer.errcode(), 40075);
}

async fn held_before_decryption(test: &TestMock) {
    let card_id = test.create().await;
    test.claim("alice", &card_id, "n").await;
    let held = test.mock.user("alice").wallet().unwrap();
    assert_eq!(held.len(), 1);
    assert_eq!(held[0]["card_id"], json!(card_id));
    assert!(test.mock.journal().of_path("/card/code/decrypt").is_empty());
}

async fn a_lost_plus(test: &TestMock) {
    let decrypt = async |text: String| {
        let body = json!({"encrypt_code": text});
        test.post("/card/code/decrypt", &body).await.errcode()
    };
    // Of some claims one has a plus in its encrypted code.
    let card_id = test.create_with(|base| base["get_limit"] = json!(50)).await;
    for at in 0..50 {
        let outcome = test.claim("alice", &card_id, &format!("n-{at}")).await;
        let encrypted = outcome.encrypted_code().unwrap().to_owned();
        if encrypted.contains('+') {
            assert_eq!(decrypt(encrypted.replace('+', " ")).await, 40075);
            assert_eq!(decrypt(encrypted).await, 0);
            return;
        }
    }
    panic!("fifty encrypted codes without a plus");
}

async fn right_after_create(test: &TestMock) {
    let manual = json!({"review": "manual"});
    test.control("PATCH", "accounts/wx00000000000000a0", &manual)
        .await;
    let (approved, refused) = (test.create().await, test.create().await);
    let rule = async |card_id: &str, nonce: &str| {
        let outcome = test.claim("alice", card_id, nonce).await;
        outcome.explain()["rule"]
            .as_str()
            .unwrap_or("taken")
            .to_owned()
    };
    assert_eq!(rule(&approved, "n-1").await, "WX-CLM-003");
    for (card_id, pass) in [(&approved, true), (&refused, false)] {
        let path = format!("cards/{card_id}/review");
        test.control("POST", &path, &json!({"pass": pass})).await;
    }
    assert_eq!(rule(&approved, "n-2").await, "taken");
    assert_eq!(rule(&refused, "n-3").await, "WX-CLM-004");
}
