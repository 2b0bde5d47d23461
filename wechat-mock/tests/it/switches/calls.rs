//! Switches that are seen by calls on cards, codes, logins and uploads that are there already.

use serde_json::{Value, json};
use wechat_mock::sign::Signed;

use crate::{
    members::{held, member_card},
    support::{NOW, TestMock},
};

const PICTURE: &str = "http://mmbiz.qpic.cn/mmbiz_png/x/0";

/// What came of it, for a switch of this page.
pub(super) async fn probe(test: &TestMock, name: &str) -> Option<String> {
    Some(match name {
        "repeated_timestamp" => claimed_twice(test).await,
        "percent_encrypt_code" => {
            let (_, encrypted, _) = test.claimed("alice").await;
            let encoded: String = form_urlencoded::byte_serialize(encrypted.as_bytes()).collect();
            let body = json!({"encrypt_code": encoded});
            let answer = test.post("/card/code/decrypt", &body).await;
            let shown = String::from_utf8_lossy(&answer.body);
            let json: Value = serde_json::from_str(&shown).unwrap();
            json["errcode"].to_string()
        }
        "abstract_bytes" => {
            let shown = json!({"abstract": "一二三四五六七八九", "icon_url_list": [PICTURE]});
            let mut card = test.seed_card().await;
            card["card"]["general_coupon"]["advanced_info"] = json!({"abstract": shown});
            test.post("/card/create", &card).await.errcode().to_string()
        }
        "update_url_name_bytes" => {
            let card_id = member_card(test, json!({})).await;
            let change = json!({"base_info": {"custom_url_name": "x".repeat(16)}});
            let body = json!({"card_id": card_id, "member_card": change});
            test.post("/card/update", &body).await.errcode().to_string()
        }
        "ticket_text_length" => {
            let mut node = fixtures::capture_card("BOARDING_PASS");
            for (key, time) in [("departure_time", 3600), ("landing_time", 7200)] {
                node[key] = json!((NOW + time).to_string());
            }
            let card_id = test.create_of("BOARDING_PASS", node).await;
            let mut body = held(test, "alice", &card_id).await;
            for (key, text) in [
                ("passenger_name", "张三"),
                ("class", "Y"),
                ("seat", "1111111111111"),
                ("etkt_bnr", "7812345678901"),
            ] {
                body[key] = json!(text);
            }
            let answer = test.post("/card/boardingpass/checkin", &body).await;
            answer.errcode().to_string()
        }
        "login_of_official_account" => {
            let oa = test.mock.official_account();
            let js_code = test
                .mock
                .user("alice")
                .login(&test.mock.mini_program().appid)
                .unwrap();
            let path = format!(
                "/sns/jscode2session?appid={}&secret={}&js_code={js_code}&grant_type=authorization_code",
                oa.appid, oa.secret
            );
            test.get(&path).await.errcode().to_string()
        }
        "unknown_media_content" => {
            let bytes = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec();
            let path = "/cgi-bin/media/upload?type=image";
            test.upload(path, "a.png", bytes)
                .await
                .errcode()
                .to_string()
        }
        "sub_merchant_errcode" => {
            let answer = test.ask("/card/getapplyprotocol").await.json();
            answer.as_object().unwrap().keys().next().unwrap().clone()
        }
        "paycell_is_open" => {
            let card_id = test
                .create_with(|base| base["location_id_list"] = json!([291_710_000]))
                .await;
            let body = json!({"card_id": card_id});
            test.post("/card/paycell/set", &body)
                .await
                .errcode()
                .to_string()
        }
        _ => return None,
    })
}

/// Two claims of one second without a nonce: what the second is.
async fn claimed_twice(test: &TestMock) -> String {
    let card_id = test.create().await;
    let (ticket, now) = (test.ticket("wx_card").await, NOW.to_string());
    let signed = Signed {
        api_ticket: &ticket,
        timestamp: &now,
        card_id: &card_id,
        ..Signed::default()
    };
    let ext = json!({"timestamp": now, "signature": signed.signature()}).to_string();
    assert!(test.add_card("alice", &card_id, ext.clone()).is_success());
    let second = test.add_card("bob", &card_id, ext);
    if second.is_success() {
        return "ok".to_owned();
    }
    second.explain()["rule"].as_str().unwrap().to_owned()
}
