//! The mock's own pushes at the service, in disorder: in the end the ledger is what WeChat's world is.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};

use crate::support::{CALLBACK_KEY, CALLBACK_TOKEN, Shop};

/// How often it is looked whether all pushes are acted upon: half a minute on a busy machine.
const LOOKS: usize = 6000;
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);
pub(crate) const NAMES: [&str; 3] = ["alice", "bob", "carol"];

/// Numbers that are the same for the same seed.
struct Chance(u64);

impl Chance {
    /// A number below `end`.
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap()
    }
}

/// Tells the mock where the service is, and how badly pushes get there.
pub(crate) async fn set_callback(shop: &Shop, disorder: Value) {
    let appid = shop.mock.official_account().appid;
    let url = format!("{}/_mock/v1/accounts/{appid}", shop.mock.url());
    let change = json!({"callback": {
        "url": format!("{}/wechat/callback", shop.service.url()),
        "token": CALLBACK_TOKEN,
        "encoding_aes_key": CALLBACK_KEY,
        "mode": "safe",
        "disorder": disorder,
    }});
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = http
        .patch(&url)
        .body(change.to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    let checked = http
        .post(format!("{url}/verify-callback"))
        .send()
        .await
        .unwrap();
    let checked: Value = checked.json().await.unwrap();
    assert_eq!(checked["ok"], true, "{checked}");
}

/// Waits until the mock has pushed all, and the service has acted upon what came.
pub(crate) async fn settle(shop: &Shop) {
    shop.mock.events().settled().await;
    let mut pending = Value::Null;
    for _ in 0..LOOKS {
        let list = shop.admin("GET", "/admin/v1/pushes?state=pending", &Value::Null);
        pending = list.await.json()["pushes"].clone();
        if pending.as_array().unwrap().is_empty() {
            return;
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    panic!("pushes that nobody acts upon: {pending}");
}

/// How each code stands in WeChat's world, by the customer who was given it.
pub(crate) async fn in_the_world(shop: &Shop) -> BTreeMap<(String, String), String> {
    let url = format!("{}/_mock/v1/world", shop.mock.url());
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let world: Value = http.get(url).send().await.unwrap().json().await.unwrap();
    let codes = world["accounts"][0]["state"]["codes"].as_array().unwrap();
    codes
        .iter()
        .map(|code| {
            let text = |key: &str| code[key].as_str().unwrap().to_owned();
            let status = match code["status"].as_str().unwrap() {
                "NORMAL" | "GIFTING" | "GIFT_TIMEOUT" => "claimed",
                "CONSUMED" => "redeemed",
                "GIFT_SUCC" => "gifted",
                "DELETE" => "deleted",
                "UNAVAILABLE" => "void",
                other => panic!("a code that is {other}"),
            };
            ((text("user"), text("code")), status.to_owned())
        })
        .collect()
}

/// How each code stands in the ledger, as its customer sees it.
pub(crate) async fn in_the_ledger(
    shop: &Shop,
    sessions: &BTreeMap<&str, String>,
) -> BTreeMap<(String, String), String> {
    let mut seen = BTreeMap::new();
    for (name, session) in sessions {
        let mut path = "/v1/claims?limit=100".to_owned();
        loop {
            let page = shop
                .service
                .call("GET", &path, session, &Value::Null)
                .await
                .json();
            for claim in page["claims"].as_array().unwrap() {
                let text = |key: &str| claim[key].as_str().unwrap().to_owned();
                seen.insert(((*name).to_owned(), text("code")), text("status"));
            }
            let Some(cursor) = page["next_cursor"].as_str() else {
                break;
            };
            path = format!("/v1/claims?limit=100&cursor={cursor}");
        }
    }
    seen
}

/// Redeems a code without the service: by WeChat's own call.
pub(crate) async fn redeem_elsewhere(shop: &Shop, code: &str) {
    let oa = shop.mock.official_account();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let body = json!({"grant_type": "client_credential", "appid": oa.appid, "secret": oa.secret});
    let url = format!("{}/cgi-bin/stable_token", shop.mock.url());
    let token: Value = http
        .post(url)
        .body(body.to_string())
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let url = format!(
        "{}/card/code/consume?access_token={}",
        shop.mock.url(),
        token["access_token"].as_str().unwrap()
    );
    let body = json!({"code": code}).to_string();
    let answer: Value = http
        .post(url)
        .body(body)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(answer["errcode"], 0, "{answer}");
}

/// One thing that somebody does; a second goes by.
async fn do_something(
    shop: &Shop,
    chance: &mut Chance,
    sessions: &BTreeMap<&str, String>,
    coupon: &(String, String),
) {
    let name = NAMES[chance.below(3)];
    let session = &sessions[name];
    let phone = shop.mock.user(name);
    let mut held = phone.wallet().unwrap();
    held.retain(|card| card["status"] == "NORMAL");
    let of_held = chance.below(held.len().max(1));
    let code = held
        .get(of_held)
        .map(|card| card["code"].as_str().unwrap().to_owned());
    match (chance.below(8), code) {
        (0, Some(code)) => assert_eq!(shop.redeem(&code).await.status, 200),
        (1, Some(code)) => redeem_elsewhere(shop, &code).await,
        (2, Some(code)) => phone.delete(&code).unwrap(),
        (3, Some(code)) => {
            let friend = NAMES[(NAMES.iter().position(|other| *other == name).unwrap() + 1) % 3];
            phone.gift(&code, friend).unwrap();
            shop.advance(1);
            shop.mock.user(friend).accept(&code).unwrap();
        }
        _ => {
            let outcome = shop.add_card(name, &coupon.0, session).await;
            assert!(outcome.is_success(), "{:?}", outcome.explain());
            // Half of the pages never come back to the service.
            if chance.below(2) == 0 {
                let encrypted = outcome.encrypted_code().unwrap();
                assert_eq!(shop.claim(session, &coupon.1, encrypted).await.status, 200);
            }
        }
    }
    shop.advance(1);
}

#[tokio::test]
async fn in_the_end_the_ledger_is_what_wechats_world_is() {
    let seed = std::env::var("PUSH_SEED").map_or(0x5EED, |seed| seed.parse().unwrap());
    let shop = Shop::open().await;
    let disorder = json!({"duplicate": 0.5, "reorder": true, "drop": 0.2, "bad_signature": 0.1});
    set_callback(&shop, disorder).await;
    let coupon = shop
        .coupon_with(|draft| {
            draft["limit_per_user"] = json!(50);
            draft["can_give_friend"] = json!(true);
        })
        .await;
    let mut sessions = BTreeMap::new();
    for name in NAMES {
        sessions.insert(name, shop.login(name).await);
    }

    // A friend who takes a gift is known by an earlier claim alone: the push of a gift has no unionid.
    for (name, session) in &sessions {
        let outcome = shop.add_card(name, &coupon.0, session).await;
        assert!(outcome.is_success(), "{:?}", outcome.explain());
    }
    let mut chance = Chance(seed);
    for _ in 0..80 {
        do_something(&shop, &mut chance, &sessions, &coupon).await;
    }
    settle(&shop).await;
    let lost: Vec<String> = shop
        .mock
        .events()
        .list()
        .iter()
        .filter(|event| event["state"] != "delivered")
        .map(|event| event["id"].as_str().unwrap().to_owned())
        .collect();
    assert!(lost.len() > 5, "{lost:?}");
    for id in &lost {
        let resent = shop.mock.events().resend(id).await.unwrap();
        assert_eq!(resent["state"], "delivered", "{resent:?}");
    }
    settle(&shop).await;

    let world = in_the_world(&shop).await;
    for status in ["claimed", "redeemed", "gifted", "deleted"] {
        assert!(
            world.values().any(|seen| seen == status),
            "nothing was {status}"
        );
    }
    assert_eq!(
        in_the_ledger(&shop, &sessions).await,
        world,
        "PUSH_SEED={seed} runs this again"
    );
}
