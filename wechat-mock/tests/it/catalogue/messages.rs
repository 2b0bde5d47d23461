//! Messages with a card.

use serde_json::{Value, json};

use super::Page;
use crate::members::with;

/// The page of one of the calls that send messages.
pub(super) async fn page(page: &mut Page, path: &str) {
    let (card_id, alice) = (page.test.create().await, page.test.openid("alice").await);
    let custom = page.test.claimed_custom("carol", "0001").await;
    let bob = page.test.openid("bob").await;
    let to = match path {
        "/cgi-bin/message/mass/sendall" => json!({"filter": {"is_to_all": true}}),
        "/cgi-bin/message/mass/send" => json!({"touser": [alice, bob]}),
        _ => json!({"touser": alice}),
    };
    let works = with(
        &to,
        json!({"msgtype": "wxcard", "wxcard": {"card_id": card_id}}),
    );
    page.post("a card", &works).await;
    for (what, change) in [
        (
            "a text",
            json!({"msgtype": "text", "text": {"content": "你好"}}),
        ),
        ("no msgtype", json!({"msgtype": null})),
        ("an unknown msgtype", json!({"msgtype": "card"})),
        ("no wxcard", json!({"wxcard": null})),
        ("no card_id", json!({"wxcard": {}})),
        ("an unknown card_id", json!({"wxcard": {"card_id": "p1"}})),
        ("custom codes", json!({"wxcard": {"card_id": custom}})),
        (
            "card_ext as an object",
            json!({"wxcard": {"card_id": card_id, "card_ext": {}}}),
        ),
    ] {
        page.post(what, &with(&works, change)).await;
    }
    for (what, change) in receivers(path) {
        page.post(what, &with(&works, change)).await;
    }
    page.behind_the_gateway("POST", "", &works.to_string())
        .await;
}

/// What is wrong with those whom a message is for.
fn receivers(path: &str) -> Vec<(&'static str, Value)> {
    match path {
        "/cgi-bin/message/mass/sendall" => vec![
            ("no filter", json!({"filter": null})),
            (
                "a tag",
                json!({"filter": {"is_to_all": false, "tag_id": 2}}),
            ),
        ],
        "/cgi-bin/message/mass/send" => vec![
            ("one openid", json!({"touser": ["o"]})),
            ("a text", json!({"touser": "o"})),
            ("unknown openids", json!({"touser": ["o", "o"]})),
        ],
        "/cgi-bin/message/mass/preview" => vec![
            ("nobody", json!({"touser": null})),
            ("an unknown openid", json!({"touser": "o"})),
            ("a WeChat id", json!({"touser": null, "towxname": "bob"})),
            ("an unknown WeChat id", json!({"towxname": "nobody"})),
        ],
        _ => vec![
            ("nobody", json!({"touser": null})),
            ("an unknown openid", json!({"touser": "o"})),
        ],
    }
}
