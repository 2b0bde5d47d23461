//! What a call costs does not grow with the world: it looks at as many entries among ten thousand cards,
//! codes and users as among a hundred.
//!
//! Entries are counted, not seconds: `wechat_mock::direct::visits`. What an answer lists is what it costs,
//! so the customers and cards that the calls ask about are the same in both worlds; all else grows.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wechat_mock::direct::visits;

use super::{Things, send};
use crate::{
    random::runtime,
    support::{DAY, NOW, TestMock},
};

const FEW: usize = 100;
const MANY: usize = 100 * FEW;

/// What a call may look at among [`MANY`], when it looked at `few` entries among [`FEW`]: an index is twice
/// as deep there, as the number of entries is squared, and a page may be fuller. A scan is a hundred times
/// as long.
const fn allowed(few: u64) -> u64 {
    3 * few + 16
}

/// The world with so many more customers, cards, codes, gifts, QR codes, logins and entries of the ledger.
fn grown(mut world: Value, card_id: &str, more: usize) -> Value {
    let oa = world["accounts"].as_array_mut().unwrap();
    let place = oa.iter().position(|one| one["name"] == "oa").unwrap();
    let mini_program = oa.iter().find(|one| one["name"] == "mp").unwrap()["appid"].clone();
    let state = world["accounts"][place]["state"].take();
    let (mut state, list) = (state, |value: &mut Value| -> Vec<Value> {
        std::mem::take(value.as_array_mut().unwrap())
    });
    let mut cards = list(&mut state["cards"]);
    let mut codes = list(&mut state["codes"]);
    let mut qrs = list(&mut state["qrs"]);
    let mut ledger = list(&mut state["ledger"]);
    let mut users = list(&mut world["users"]);
    let mut logins = list(&mut world["logins"]);
    let card = cards.iter().find(|card| card["card_id"] == card_id);
    let (card, qr) = (card.unwrap().clone(), qrs[0].clone());
    let states = ["NOT_VERIFY", "VERIFY_OK", "VERIFY_FAIL", "DELETE"];
    for number in 0..more {
        let (user, copy) = (format!("u{number}"), format!("pCopy{number}"));
        users.push(json!({"name": user}));
        // A world remembers ten thousand logins; the one that is used has to be among them.
        if number + FEW < MANY {
            logins.push(json!({
                "js_code": format!("j{number}"), "appid": mini_program, "user": user,
                "issued_at": NOW, "used": false,
            }));
        }
        let mut card = card.clone();
        card["card_id"] = json!(copy);
        card["status"] = json!(format!("CARD_STATUS_{}", states[number % states.len()]));
        cards.push(card);
        let mut qr = qr.clone();
        qr["ticket"] = json!(format!("ticket-{number}"));
        qr["url"] = json!(format!("http://weixin.qq.com/q/{number}"));
        qrs.push(qr);
        ledger.push(json!({
            "date": "2026-12-23", "card_id": copy, "deed": "view", "count": 1, "users": [user],
        }));
        let mut code = |prefix: u64, user: &str, card_id: &str, status: &str| {
            codes.push(json!({
                "code": format!("{:012}", prefix * 1_000_000 + number as u64), "card_id": card_id,
                "user": user, "status": status, "begin_time": NOW, "end_time": NOW + 9 * DAY,
                "outer_str": null, "is_gift": false,
            }));
            codes.len() - 1
        };
        // Everybody holds the card, and carol one of each; alice and bob have redeemed many.
        code(1, &user, card_id, "NORMAL");
        code(2, "carol", &copy, "NORMAL");
        code(3, "alice", &copy, "CONSUMED");
        code(4, "bob", &copy, "CONSUMED");
        let offered = code(5, &user, &copy, "GIFTING");
        codes[offered]["gift"] = json!({"user": "carol", "until": NOW + DAY});
    }
    state["cards"] = json!(cards);
    state["codes"] = json!(codes);
    state["qrs"] = json!(qrs);
    state["ledger"] = json!(ledger);
    world["users"] = json!(users);
    world["logins"] = json!(logins);
    world["accounts"][place]["state"] = state;
    world
}

/// Entries that calls look at, by the call.
type Counts = BTreeMap<String, u64>;

/// A world, and what its calls are about.
struct Grown {
    test: TestMock,
    things: Things,
    /// A card of which carol has one code, and that code.
    seldom_held: String,
    held: String,
    /// A code of alice's that she can give away, and one of bob's.
    offer: String,
    given_back: String,
    /// A card whose dates are changed.
    range: String,
    /// How many cards, codes and customers were added.
    more: usize,
    counts: Counts,
}

impl Grown {
    async fn make(more: usize) -> Self {
        let mut test = TestMock::start().await;
        let things = Things::make(&test).await;
        let seldom_held = test.create().await;
        let held = test.claimed_of("carol", &seldom_held, "n-held").await;
        let offered = test
            .create_with(|base| base["can_give_friend"] = json!(true))
            .await;
        let offer = test.claimed_of("alice", &offered, "n-offered").await;
        let given_back = test.claimed_of("bob", &offered, "n-given").await;
        let range = test.create().await;
        test.claimed_of("bob", &range, "n-range").await;
        let world = grown(test.mock.world().export(), things.card_id(), more);
        test.mock.world().import(world).unwrap();
        test.reconnect();
        Self {
            test,
            things,
            seldom_held,
            held,
            offer,
            given_back,
            range,
            more,
            counts: Counts::new(),
        }
    }

    fn note(&mut self, call: &str, before: u64) {
        let count = visits(&self.test.mock) - before;
        self.counts.insert(call.to_owned(), count);
    }

    /// Counts something that the phone does.
    fn on_phone<T>(&mut self, call: &str, work: impl FnOnce(&Self) -> T) -> T {
        let before = visits(&self.test.mock);
        let result = work(self);
        self.note(call, before);
        result
    }

    /// A valid call of every path.
    async fn calls_of_all_paths(&mut self) {
        for call in self.things.calls(&self.test) {
            let before = visits(&self.test.mock);
            let answer = send(&self.test, &call, &[]).await;
            assert!(
                answer.content_type.starts_with("image/") || answer.errcode() == 0,
                "{}: {}",
                call.path,
                answer.text()
            );
            self.note(call.path, before);
        }
    }

    /// Other forms of calls whose cost depends on what is asked.
    async fn further_calls(&mut self) {
        let carol = self.test.openid("carol").await;
        let states = json!(["CARD_STATUS_VERIFY_OK"]);
        let dates = json!({"date_info": {
            "type": "DATE_TYPE_FIX_TIME_RANGE",
            "begin_timestamp": (NOW - 2 * DAY).to_string(),
            "end_timestamp": (NOW + 90 * DAY).to_string(),
        }});
        for (form, path, body) in [
            (
                "deep in the list",
                "/card/batchget",
                json!({"offset": self.more / 2, "count": 5}),
            ),
            (
                "deep among states",
                "/card/batchget",
                json!({"offset": self.more / 5, "count": 5, "status_list": states}),
            ),
            (
                "of one card",
                "/card/user/getcardlist",
                json!({"openid": carol, "card_id": self.seldom_held}),
            ),
            (
                "with dates",
                "/card/update",
                json!({"card_id": self.range, "general_coupon": {"base_info": dates}}),
            ),
            (
                "of one card",
                "/datacube/getcardcardinfo",
                json!({
                    "begin_date": "2026-12-01", "end_date": "2026-12-22", "cond_source": 1,
                    "card_id": self.seldom_held,
                }),
            ),
        ] {
            let before = visits(&self.test.mock);
            let answer = self.test.post(path, &body).await;
            assert_eq!(answer.errcode(), 0, "{path}: {}", answer.text());
            self.note(&format!("{path}, {form}"), before);
        }
    }

    async fn on_phones(&mut self) {
        let users = ["alice", "bob", "carol"].map(|name| self.test.mock.user(name));
        let [alice, bob, carol] = &users;
        let appid = &self.test.mock.mini_program().appid;
        let ext = self.test.card_ext(&self.seldom_held, "n-again").await;
        self.on_phone("wx.openCard", |world| {
            let opened = carol.open_card(appid, &world.seldom_held, &world.held);
            assert!(opened.unwrap().is_success());
        });
        self.on_phone("gift", |world| alice.gift(&world.offer, "bob").unwrap());
        let gifts = self.on_phone("gifts", |_| bob.gifts().unwrap());
        assert_eq!(gifts.len(), 1);
        self.on_phone("accept", |world| bob.accept(&world.offer).unwrap());
        self.on_phone("view", |world| {
            let of_card = carol.of_card(&world.seldom_held);
            of_card.view(&world.held).unwrap();
        });
        self.on_phone("delete", |world| bob.delete(&world.given_back).unwrap());
        self.on_phone("wx.login", |_| carol.login(appid).unwrap());
        self.on_phone("messages", |_| alice.messages().unwrap());
        self.on_phone("wx.addCard", |world| {
            let claimed = alice.add_card(appid, &world.seldom_held, ext);
            assert!(claimed.unwrap().is_success());
        });
        let before = visits(&self.test.mock);
        let page = "users/carol/wallet?limit=10";
        let answer = self.test.control("GET", page, &Value::Null).await;
        assert_eq!(answer.json()["cards"].as_array().unwrap().len(), 10);
        self.note("a page of the wallet", before);
    }
}

/// How many entries each call looks at, in a world with so many more of everything.
async fn looked_at(more: usize) -> Counts {
    let mut world = Grown::make(more).await;
    world.calls_of_all_paths().await;
    world.further_calls().await;
    world.on_phones().await;
    world.counts
}

#[test]
fn no_call_looks_at_more_entries_in_a_world_a_hundred_times_as_large() {
    let runtime = runtime();
    let few = runtime.block_on(looked_at(FEW));
    let many = runtime.block_on(looked_at(MANY));
    assert!(
        wechat_mock::paths().all(|path| few.contains_key(path)),
        "every call of WeChat's is among them"
    );
    let scans: Vec<String> = many
        .iter()
        .filter(|(call, count)| **count > allowed(few[*call]))
        .map(|(call, count)| format!("{call}: {} entries, then {count}", few[call]))
        .collect();
    assert!(scans.is_empty(), "{}", scans.join("\n"));
    assert!(few["/card/get"] > 0, "entries are counted");
}
