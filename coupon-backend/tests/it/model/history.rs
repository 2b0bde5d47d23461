//! Carries a script out, and compares.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use wechat_mock::Fault;

use super::{PATHS, Step, TIMEOUT};
use crate::{
    disorder::{NAMES, in_the_ledger, in_the_world, redeem_elsewhere, set_callback, settle},
    kills::{Call, is_final, world},
    support::Shop,
};

const CONSUME: &str = "/card/code/consume";
/// Seconds after which no create can arrive any more that has not.
const FLIGHT: i64 = 60;
/// Repeats until a call has its last word.
const REPEATS: usize = 50;

/// A shop and what was done in it.
struct History {
    shop: Shop,
    coupon: (String, String),
    /// Coupons whose create was answered, and their cards.
    made: Vec<(String, String)>,
    /// Those of them that were to be taken back.
    withdrawn: BTreeSet<String>,
    draft: Value,
    sessions: BTreeMap<&'static str, String>,
    calls: Vec<Call>,
    /// Codes that somebody else redeemed.
    elsewhere: BTreeSet<String>,
    /// Codes that a call of ours may have redeemed, before anybody else did: its consume reached WeChat
    /// or was lost on the way, and for a while there was no last word.
    unclear: BTreeSet<String>,
}

/// Carries a script out, and gives the paths at WeChat that were called.
///
/// # Panics
///
/// When the ledger is not what WeChat's world is, a key has two answers, or a path is called that has
/// no faults.
pub(super) async fn run(script: &[Step]) -> BTreeSet<String> {
    let mut history = History::begin().await;
    for step in script {
        history.take(step).await;
    }
    history.compare().await;
    let rows = history.shop.mock.journal().rows();
    let called: BTreeSet<String> = rows.into_iter().map(|row| row.path).collect();
    for path in &called {
        assert!(PATHS.contains(&path.as_str()), "{path} has no faults");
    }
    called
}

impl History {
    async fn begin() -> Self {
        let mut shop = Shop::open().await;
        let mut draft = shop.draft().await;
        draft["limit_per_user"] = json!(50);
        draft["can_give_friend"] = json!(true);
        let of_coupon = draft.clone();
        let coupon = shop.coupon_with(|draft| *draft = of_coupon).await;
        let mut sessions = BTreeMap::new();
        for name in NAMES {
            sessions.insert(name, shop.login(name).await);
        }
        // The calls that only this beginning needs are over, and those that may hang are cut short.
        shop.service.end().await;
        let mut settings = shop.settings();
        settings.insert("WECHAT_TIMEOUT_MS", TIMEOUT.to_string());
        shop.service = shop.instance_with(&settings).await;
        set_callback(&shop, json!({"duplicate": 0.3, "drop": 0.2})).await;
        shop.mock.journal().clear();
        let mut history = Self {
            shop,
            made: Vec::new(),
            withdrawn: BTreeSet::new(),
            coupon,
            draft,
            sessions,
            calls: Vec::new(),
            elsewhere: BTreeSet::new(),
            unclear: BTreeSet::new(),
        };
        // A friend who takes a gift is known by an earlier claim alone: the push of a gift has no unionid.
        for name in NAMES {
            history.claim(name, false).await;
        }
        history
    }

    async fn take(&mut self, step: &Step) {
        match *step {
            Step::Create(title) => {
                let mut draft = self.draft.clone();
                draft["title"] = json!(format!("券{title}"));
                let key = format!("create-{}", self.calls.len());
                self.make(Call::Create { key, draft }).await;
            }
            Step::Claim { user, tells } => self.claim(NAMES[user], tells).await,
            Step::Redeem(which) => {
                if let Some((_, code)) = self.code(which, &["NORMAL", "CONSUMED"]) {
                    let key = format!("redeem-{}", self.calls.len());
                    self.make(Call::Redeem { key, code }).await;
                }
            }
            Step::Stock { coupon, delta } => {
                let (id, _) = &self.coupons()[coupon % (self.made.len() + 1)];
                let path = format!("/admin/v1/coupons/{id}/stock");
                self.change("PATCH", path, json!({"delta": delta})).await;
            }
            Step::Withdraw(which) => {
                let left: Vec<_> = self
                    .made
                    .iter()
                    .filter(|(id, _)| !self.withdrawn.contains(id))
                    .collect();
                if !left.is_empty() {
                    let id = left[which % left.len()].0.clone();
                    let path = format!("/admin/v1/coupons/{id}");
                    self.withdrawn.insert(id);
                    self.change("DELETE", path, Value::Null).await;
                }
            }
            Step::Void(which) => {
                if let Some((_, code)) = self.code(which, &["NORMAL", "CONSUMED"]) {
                    let path = format!("/admin/v1/codes/{code}/void");
                    self.change("POST", path, Value::Null).await;
                }
            }
            Step::Repeat(which) => {
                if !self.calls.is_empty() {
                    let call = self.calls[which.min(self.calls.len() * 100 - 1) % self.calls.len()]
                        .clone();
                    self.call(&call).await;
                }
            }
            Step::Elsewhere(which) => {
                if let Some((_, code)) = self.code(which, &["NORMAL"]) {
                    // Its own calls are not to go wrong.
                    self.shop.mock.faults().clear();
                    redeem_elsewhere(&self.shop, &code).await;
                    self.elsewhere.insert(code);
                }
            }
            Step::Gift(which) => {
                if let Some((name, code)) = self.code(which, &["NORMAL"]) {
                    let at = NAMES.iter().position(|other| *other == name).unwrap();
                    let friend = NAMES[(at + 1) % NAMES.len()];
                    self.shop.mock.user(name).gift(&code, friend).unwrap();
                    self.shop.advance(1);
                    self.shop.mock.user(friend).accept(&code).unwrap();
                }
            }
            Step::Delete(which) => {
                if let Some((name, code)) = self.code(which, &["NORMAL"]) {
                    self.shop.mock.user(name).delete(&code).unwrap();
                }
            }
            Step::Fault(path, kind) => {
                let fault = Fault::new(kind).on(path).times(1);
                self.shop.mock.faults().add(fault).unwrap();
            }
            Step::Pushes => settle(&self.shop).await,
            Step::Time(seconds) => self.shop.advance(seconds),
            Step::Quiet => self.compare().await,
        }
        self.shop.advance(1);
    }

    /// All coupons that can be changed: the customers' own first.
    fn coupons(&self) -> Vec<(String, String)> {
        std::iter::once(&self.coupon)
            .chain(&self.made)
            .cloned()
            .collect()
    }

    async fn change(&mut self, method: &'static str, path: String, body: Value) {
        let key = format!("change-{}", self.calls.len());
        self.make(Call::Change {
            key,
            method,
            path,
            body,
        })
        .await;
    }

    /// A customer takes a card, if the service can sign it just now.
    async fn claim(&mut self, name: &'static str, tells: bool) {
        let session = self.sessions[name].clone();
        let signed = self.shop.card_ext(&self.coupon.0, &session).await;
        if signed.status != 200 {
            assert_eq!(signed.status, 503, "{}", signed.text);
            return;
        }
        let page = self.shop.mock.mini_program().appid;
        let phone = self.shop.mock.user(name);
        let outcome = phone
            .add_card(&page, &signed.get("cardId"), signed.get("cardExt"))
            .unwrap();
        let Some(encrypted) = outcome.encrypted_code() else {
            panic!("{outcome:?}");
        };
        if tells {
            let encrypted = encrypted.to_owned();
            let card_id = self.coupon.1.clone();
            self.make(Call::Claim {
                session,
                card_id,
                encrypted,
            })
            .await;
        }
    }

    /// One of the codes that customers hold, those first that were not used, and who holds it.
    fn code(&self, which: usize, statuses: &[&str]) -> Option<(&'static str, String)> {
        let mut held: Vec<_> = NAMES
            .iter()
            .flat_map(|name| {
                let wallet = self.shop.mock.user(name).wallet().unwrap();
                wallet.into_iter().map(move |card| (*name, card))
            })
            .filter(|(_, card)| statuses.contains(&card["status"].as_str().unwrap()))
            .map(|(name, card)| (card["status"] != "NORMAL", name, card))
            .collect();
        held.sort_by_key(|(is_used, _, _)| *is_used);
        let held: Vec<_> = held
            .into_iter()
            .map(|(_, name, card)| (name, card["code"].as_str().unwrap().to_owned()))
            .collect();
        (!held.is_empty()).then(|| held[which % held.len()].clone())
    }

    async fn make(&mut self, call: Call) {
        self.calls.push(call.clone());
        self.call(&call).await;
    }

    async fn call(&mut self, call: &Call) {
        let consumes = self.shop.calls(CONSUME);
        let answer = call.make(&self.shop.service).await.unwrap();
        if matches!(call, Call::Create { .. }) && answer.status == 201 {
            let made = (answer.get("id"), answer.get("card_id"));
            if !self.made.contains(&made) {
                self.made.push(made);
            }
        }
        if let Call::Redeem { code, .. } = call
            && !is_final(&answer)
            && self.shop.calls(CONSUME) > consumes
            && !self.elsewhere.contains(code)
        {
            self.unclear.insert(code.clone());
        }
    }

    /// Lets everything come to its end, and compares.
    async fn compare(&mut self) {
        self.shop.mock.faults().clear();
        self.shop.advance(FLIGHT);
        let mut answers = Vec::new();
        for call in self.calls.clone() {
            let answer = last_word(&self.shop, &call).await;
            if let Call::Create { .. } = call {
                assert_eq!(answer.0, 201, "{}", answer.1);
                let text = |name: &str| answer.1[name].as_str().unwrap().to_owned();
                let made = (text("id"), text("card_id"));
                if !self.made.contains(&made) {
                    self.made.push(made);
                }
            }
            answers.push((call, answer));
        }
        deliver(&self.shop).await;
        reconcile_all(&self.shop).await;
        let of_world = in_the_world(&self.shop).await;
        self.compare_codes(&answers, &of_world);
        assert_eq!(in_the_ledger(&self.shop, &self.sessions).await, of_world);
        self.compare_coupons(&answers).await;
    }

    /// Each code was redeemed, or made void, as its calls were told.
    fn compare_codes(
        &self,
        answers: &[(Call, (u16, Value))],
        of_world: &BTreeMap<(String, String), String>,
    ) {
        let stands = |code: &str| {
            let mut found = of_world.iter().filter(|((_, other), _)| other == code);
            found.next().unwrap().1.as_str()
        };
        let mut winners: BTreeMap<&str, Vec<&Call>> = BTreeMap::new();
        for (call, (status, said)) in answers {
            match call {
                Call::Redeem { code, .. } if *status == 200 => {
                    winners.entry(code).or_default().push(call);
                }
                Call::Change { path, .. } if path.ends_with("/void") => {
                    let code = path.split('/').nth(4).unwrap();
                    if *status == 200 {
                        assert_eq!(stands(code), "void", "{said}");
                    } else {
                        let why = said["error"]["code"].as_str().unwrap();
                        assert!(
                            ["already_redeemed", "not_voidable"].contains(&why),
                            "{said}"
                        );
                    }
                }
                _ => {}
            }
        }
        for (code, calls) in winners {
            assert_eq!(calls.len(), 1, "{code} was redeemed twice: {calls:?}");
            assert_eq!(stands(code), "redeemed", "{code}");
            let is_clear = !self.unclear.contains(code);
            assert!(
                !(is_clear && self.elsewhere.contains(code)),
                "{code} was redeemed elsewhere"
            );
        }
    }

    /// Each coupon has the one card, and the stock, that its calls were told.
    async fn compare_coupons(&self, answers: &[(Call, (u16, Value))]) {
        let list = self
            .shop
            .admin("GET", "/admin/v1/coupons?limit=100", &Value::Null);
        let list = list.await.json()["coupons"].clone();
        let world = world(&self.shop).await["cards"].clone();
        let cards: BTreeSet<&str> = world
            .as_array()
            .unwrap()
            .iter()
            .map(|card| card["card_id"].as_str().unwrap())
            .collect();
        let coupons = self.coupons();
        let known: BTreeSet<&str> = coupons
            .iter()
            .map(|(_, card_id)| card_id.as_str())
            .collect();
        assert_eq!(known.len(), coupons.len(), "two creates have one card");
        assert_eq!(known, cards, "an orphan card, or one that is not there");
        for (id, card_id) in &coupons {
            let coupon = list
                .as_array()
                .unwrap()
                .iter()
                .find(|coupon| coupon["id"] == **id);
            let coupon = coupon.unwrap_or_else(|| panic!("no coupon {id}"));
            let path = format!("/admin/v1/coupons/{id}");
            let mut total = self.draft["stock"].as_i64().unwrap();
            for (call, (status, said)) in answers {
                let Call::Change { path: of, body, .. } = call else {
                    continue;
                };
                if *of == path {
                    assert_eq!(
                        (*status, &said["status"]),
                        (200, &json!("withdrawn")),
                        "{said}"
                    );
                } else if of.starts_with(&path) && *status == 200 {
                    total += body["delta"].as_i64().unwrap();
                } else if of.starts_with(&path) {
                    assert!(self.withdrawn.contains(id), "{said}");
                    assert_eq!(said["error"]["code"], "not_changeable", "{said}");
                }
            }
            let mut cards = world.as_array().unwrap().iter();
            let card = cards.find(|card| card["card_id"] == **card_id).unwrap();
            let is_withdrawn = self.withdrawn.contains(id);
            assert_eq!(coupon["status"] == "withdrawn", is_withdrawn, "{coupon}");
            assert_eq!(
                card["status"] == "CARD_STATUS_DELETE",
                is_withdrawn,
                "{card}"
            );
            if !is_withdrawn {
                assert_eq!(card["total_quantity"], total, "{card} {coupon}");
                assert_eq!(coupon["remaining"], card["quantity"], "{coupon}");
            }
        }
    }
}

/// Brings ledger and WeChat together, until WeChat has said something about all of it.
async fn reconcile_all(shop: &Shop) {
    for _ in 0..REPEATS {
        let round = shop.admin("POST", "/admin/v1/reconcile", &json!({})).await;
        assert!([200, 202].contains(&round.status), "{}", round.text);
        if round.status == 200 && round.json()["failed"] == 0 {
            return;
        }
    }
    panic!("WeChat says nothing about something");
}

/// Repeats a call until it has its last word.
async fn last_word(shop: &Shop, call: &Call) -> (u16, Value) {
    for _ in 0..REPEATS {
        let answer = call.make(&shop.service).await.unwrap();
        if is_final(&answer) {
            return (answer.status, answer.json());
        }
        shop.advance(1);
    }
    panic!("{call:?} has no last word");
}

/// Every push arrives, also those that were lost.
async fn deliver(shop: &Shop) {
    settle(shop).await;
    for event in shop.mock.events().list() {
        if event["state"] != "delivered" {
            shop.mock
                .events()
                .resend(event["id"].as_str().unwrap())
                .await
                .unwrap();
        }
    }
    settle(shop).await;
}
