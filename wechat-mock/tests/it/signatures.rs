//! Wrong signatures: each known mistake, made on the way that pages make it, and told.

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use wechat_mock::sign::Signed;

use crate::support::TestMock;

const NONCE: &str = "Q7nonce";

fn sha1(values: &[&str]) -> String {
    hex::encode(Sha1::digest(values.concat()))
}

fn sorted(mut values: Vec<&str>) -> String {
    values.sort_unstable();
    sha1(&values)
}

fn hmac_sha256(key: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

/// A shop with all that can be mistaken for something else.
struct Shop {
    test: TestMock,
    card_id: String,
    other_card: String,
    ticket: String,
    expired: String,
    page_ticket: String,
    foreign: String,
}

impl Shop {
    async fn open() -> Self {
        let mut test = TestMock::start().await;
        let (card_id, other_card) = (test.create().await, test.create().await);
        let expired = test.ticket("wx_card").await;
        test.mock.clock().advance(7200).unwrap();
        test.token = test.token_of("oa").await;
        let (ticket, page_ticket) = (test.ticket("wx_card").await, test.ticket("jsapi").await);

        let other = json!({"kind": "official_account", "name": "other"});
        test.control("POST", "accounts", &other).await;
        let token = test.token_of("other").await;
        let path = format!("/cgi-bin/ticket/getticket?type=wx_card&access_token={token}");
        let foreign = test.get(&path).await.json();
        Self {
            foreign: foreign["ticket"].as_str().unwrap().to_owned(),
            test,
            card_id,
            other_card,
            ticket,
            expired,
            page_ticket,
        }
    }

    async fn openid_at(&self, appid: &str) -> String {
        let alice = self.test.control("GET", "users/alice", &Value::Null).await;
        alice.json()["openids"][appid].as_str().unwrap().to_owned()
    }

    /// The id of the mistake, and the rule, of a claim with this entry of `cardList`.
    async fn mistake(&self, mut entry: Value) -> (String, String) {
        entry["cardId"] = json!(self.card_id);
        let page = self.test.mock.mini_program().appid;
        let call = json!({"appid": page, "cardList": [entry]});
        let answer = self
            .test
            .control("POST", "users/alice/add-card", &call)
            .await;
        let record = answer.json()["explain"].clone();
        let card = &record["cards"][0];
        for language in ["en", "zh"] {
            assert!(card["mistake"][language].is_string(), "{card:#}");
            assert!(card["fix"][language].is_string(), "{card:#}");
        }
        assert_eq!(record["mistake"], card["mistake"]);
        let text = |key: &Value| key.as_str().unwrap_or_default().to_owned();
        (text(&card["mistake"]["id"]), text(&card["rule"]))
    }
}

/// An entry of `cardList` whose cardExt has these further members.
fn entry(timestamp: &str, signature: &str, further: &Value) -> Value {
    let mut ext = json!({"timestamp": timestamp, "nonce_str": NONCE, "signature": signature});
    for (key, value) in further.as_object().into_iter().flatten() {
        ext[key] = value.clone();
    }
    json!({"cardExt": ext.to_string()})
}

#[tokio::test]
#[expect(
    clippy::too_many_lines,
    reason = "a table with a line or two for each mistake"
)]
async fn each_known_mistake_is_told_on_the_phone() {
    let shop = Shop::open().await;
    let (test, card) = (&shop.test, shop.card_id.as_str());
    let (oa, mp) = (test.mock.official_account(), test.mock.mini_program());
    let own_openid = shop.openid_at(&oa.appid).await;
    let page_openid = shop.openid_at(&mp.appid).await;
    let now = test.mock.clock().now().to_string();
    let (ticket, now) = (shop.ticket.as_str(), now.as_str());
    let right = Signed {
        api_ticket: ticket,
        timestamp: now,
        card_id: card,
        nonce_str: NONCE,
        code: "",
        openid: "",
    };
    let values = || right.sorted();
    let and = |more: &str| sorted([values(), vec![more]].concat());
    let joined = right.joined();
    let later = (test.mock.clock().now() + 2).to_string();
    let plain = |signature: String| entry(now, &signature, &Value::Null);
    let with = |signature: String, further: Value| entry(now, &signature, &further);
    // An earlier claim, to be mixed up with a later one.
    let earlier = Signed {
        nonce_str: "earlier",
        ..right
    };
    let ext = json!({"timestamp": now, "nonce_str": "earlier", "signature": earlier.signature()});
    assert!(test.add_card("alice", card, ext.to_string()).is_success());

    let object: Value =
        serde_json::from_str(plain(right.signature())["cardExt"].as_str().unwrap()).unwrap();
    let page_signature = format!(
        "jsapi_ticket={}&noncestr={NONCE}&timestamp={now}&url=https://shop.test/",
        shop.page_ticket
    );
    let cases: Vec<(&str, Value)> = vec![
        (
            "jsapi_ticket",
            plain(
                Signed {
                    api_ticket: &shop.page_ticket,
                    ..right
                }
                .signature(),
            ),
        ),
        (
            "foreign_ticket",
            plain(
                Signed {
                    api_ticket: &shop.foreign,
                    ..right
                }
                .signature(),
            ),
        ),
        (
            "expired_ticket",
            plain(
                Signed {
                    api_ticket: &shop.expired,
                    ..right
                }
                .signature(),
            ),
        ),
        (
            "app_secret",
            plain(
                Signed {
                    api_ticket: &oa.secret,
                    ..right
                }
                .signature(),
            ),
        ),
        (
            "app_secret",
            plain(
                Signed {
                    api_ticket: &mp.secret,
                    ..right
                }
                .signature(),
            ),
        ),
        (
            "access_token",
            plain(
                Signed {
                    api_ticket: &test.token,
                    ..right
                }
                .signature(),
            ),
        ),
        (
            "page_signature",
            with(
                sha1(&[&page_signature]),
                json!({"url": "https://shop.test/"}),
            ),
        ),
        ("sorted_by_key", plain(sha1(&[ticket, card, NONCE, now]))),
        ("unsorted", plain(sha1(&[NONCE, ticket, now, card]))),
        (
            "reverse_sort",
            plain(sha1(&values().into_iter().rev().collect::<Vec<_>>())),
        ),
        ("numeric_sort", {
            // A nonce of digits: 7 comes before the time as a number, after it as a text.
            let ext = json!({"nonce_str": "7"});
            with(sha1(&["7", now, ticket, card]), ext)
        }),
        (
            "case_insensitive_sort",
            plain(sha1(&[now, ticket, card, NONCE])),
        ),
        (
            "key_value_pairs",
            plain(sha1(&[&format!(
                "api_ticket={ticket}&card_id={card}&nonce_str={NONCE}&timestamp={now}"
            )])),
        ),
        ("joined_with_separator", plain(sha1(&[&values().join(",")]))),
        ("absent_as_text", plain(and("undefined"))),
        (
            "absent_as_text",
            plain(sorted([values(), vec!["null", "null"]].concat())),
        ),
        (
            "absent_as_text",
            plain(
                Signed {
                    nonce_str: "[object Object]",
                    ..right
                }
                .signature(),
            ),
        ),
        (
            "nonce_left_out",
            plain(
                Signed {
                    nonce_str: "",
                    ..right
                }
                .signature(),
            ),
        ),
        (
            "code_left_out",
            with(right.signature(), json!({"code": "SHOP-1"})),
        ),
        (
            "openid_left_out",
            with(right.signature(), json!({"openid": own_openid})),
        ),
        (
            "value_left_out",
            plain(
                Signed {
                    api_ticket: "",
                    ..right
                }
                .signature(),
            ),
        ),
        (
            "value_left_out",
            plain(
                Signed {
                    card_id: "",
                    ..right
                }
                .signature(),
            ),
        ),
        (
            "outer_str_signed",
            with(and("table-7"), json!({"outer_str": "table-7"})),
        ),
        ("misspelt_key", {
            let ext = json!({"timestamp": now, "nonceStr": NONCE, "signature": right.signature()});
            json!({"cardExt": ext.to_string()})
        }),
        ("code_not_in_card_ext", {
            let mut beside = plain(
                Signed {
                    code: "SHOP-1",
                    ..right
                }
                .signature(),
            );
            beside["code"] = json!("SHOP-1");
            beside
        }),
        ("code_not_in_card_ext", {
            let code = test.mock.user("alice").wallet().unwrap()[0]["code"]
                .as_str()
                .unwrap()
                .to_owned();
            plain(
                Signed {
                    code: &code,
                    ..right
                }
                .signature(),
            )
        }),
        (
            "openid_not_in_card_ext",
            plain(
                Signed {
                    openid: &own_openid,
                    ..right
                }
                .signature(),
            ),
        ),
        (
            "openid_not_in_card_ext",
            plain(
                Signed {
                    openid: &page_openid,
                    ..right
                }
                .signature(),
            ),
        ),
        (
            "milliseconds",
            plain(
                Signed {
                    timestamp: &format!("{now}123"),
                    ..right
                }
                .signature(),
            ),
        ),
        (
            "milliseconds",
            entry(&format!("{now}123"), &right.signature(), &Value::Null),
        ),
        (
            "timestamp_differs",
            plain(
                Signed {
                    timestamp: &later,
                    ..right
                }
                .signature(),
            ),
        ),
        (
            "nonce_differs",
            plain(
                Signed {
                    nonce_str: "q7nonce",
                    ..right
                }
                .signature(),
            ),
        ),
        (
            "nonce_differs",
            plain(
                Signed {
                    nonce_str: "nonce_str",
                    ..right
                }
                .signature(),
            ),
        ),
        (
            "earlier_claim",
            plain(
                Signed {
                    nonce_str: "earlier",
                    ..right
                }
                .signature(),
            ),
        ),
        (
            "other_card",
            plain(
                Signed {
                    card_id: &shop.other_card,
                    ..right
                }
                .signature(),
            ),
        ),
        ("stray_blank", plain(sha1(&[&joined, "\n"]))),
        ("stray_blank", plain(sha1(&[" ", &joined]))),
        (
            "stray_blank",
            plain(
                Signed {
                    api_ticket: &format!("{ticket} "),
                    ..right
                }
                .signature(),
            ),
        ),
        ("stray_blank", plain(format!("{}\n", right.signature()))),
        ("upper_case_hex", plain(right.signature().to_uppercase())),
        ("base64", plain(STANDARD.encode(Sha1::digest(&joined)))),
        ("sha256", plain(hex::encode(Sha256::digest(&joined)))),
        ("md5", plain(hex::encode(Md5::digest(&joined)))),
        ("hmac", plain(hmac_sha256(ticket, &joined))),
        (
            "hmac",
            plain(hmac_sha256(
                &oa.secret,
                &Signed {
                    api_ticket: "",
                    ..right
                }
                .joined(),
            )),
        ),
        ("card_object", json!({"cardExt": object})),
        (
            "double_stringified",
            json!({"cardExt": json!(object.to_string()).to_string()}),
        ),
        ("other", plain(sha1(&["something else"]))),
    ];

    let mut told = BTreeSet::new();
    for (mistake, entry) in cases {
        let rule = match mistake {
            "card_object" => "WX-SIG-004",
            "double_stringified" => "WX-SIG-005",
            _ => "WX-SIG-001",
        };
        assert_eq!(
            shop.mistake(entry.clone()).await,
            (mistake.to_owned(), rule.to_owned()),
            "{entry}"
        );
        told.insert(mistake);
    }
    let known = fixtures::signature_mistakes().as_array().unwrap().iter();
    // Those of wx.chooseCard have a test of their own.
    let known = known.filter(|row| row.get("of").is_none());
    let known: BTreeSet<&str> = known.map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(told, known, "a mistake that nothing provokes");
}

#[tokio::test]
async fn a_ticket_that_died_since_is_told_as_expired() {
    let test = TestMock::start().await;
    let card_id = test.create().await;
    let ext = test.card_ext(&card_id, "n").await;
    test.mock.clock().advance(7200).unwrap();
    let outcome = test.add_card("alice", &card_id, ext);
    assert_eq!(outcome.explain()["rule"], "WX-SIG-002");
    assert_eq!(outcome.explain()["mistake"]["id"], "expired_ticket");
}
