//! Carries a script out, and compares.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use wechat_mock::Fault;

use super::Step;
use crate::{
    disorder::{NAMES, in_the_ledger, in_the_world, redeem_elsewhere, set_callback, settle},
    kills::{Call, is_final, reconcile, world},
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
    draft: Value,
    sessions: BTreeMap<&'static str, String>,
    calls: Vec<Call>,
    /// Codes that somebody else redeemed.
    elsewhere: BTreeSet<String>,
    /// Codes that a call of ours may have redeemed, before anybody else did: its consume reached WeChat
    /// or was lost on the way, and for a while there was no last word.
    unclear: BTreeSet<String>,
}

/// Carries a script out.
///
/// # Panics
///
/// When the ledger is not what WeChat's world is, or a key has two answers.
pub(super) async fn run(script: &[Step]) {
    let mut history = History::begin().await;
    for step in script {
        history.take(step).await;
    }
    history.compare().await;
}

impl History {
    async fn begin() -> Self {
        let shop = Shop::open().await;
        set_callback(&shop, json!({"duplicate": 0.3, "drop": 0.2})).await;
        let mut draft = shop.draft().await;
        draft["limit_per_user"] = json!(50);
        draft["can_give_friend"] = json!(true);
        let of_coupon = draft.clone();
        let coupon = shop.coupon_with(|draft| *draft = of_coupon).await;
        let mut sessions = BTreeMap::new();
        for name in NAMES {
            sessions.insert(name, shop.login(name).await);
        }
        let mut history = Self {
            shop,
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
            Step::Repeat(which) => {
                if !self.calls.is_empty() {
                    let call = self.calls[which % self.calls.len()].clone();
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

    /// One of the codes that customers hold, and who holds it.
    fn code(&self, which: usize, statuses: &[&str]) -> Option<(&'static str, String)> {
        let held: Vec<_> = NAMES
            .iter()
            .flat_map(|name| {
                let wallet = self.shop.mock.user(name).wallet().unwrap();
                wallet.into_iter().map(move |card| (*name, card))
            })
            .filter(|(_, card)| statuses.contains(&card["status"].as_str().unwrap()))
            .map(|(name, card)| (name, card["code"].as_str().unwrap().to_owned()))
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
        let shop = &self.shop;
        shop.mock.faults().clear();
        shop.advance(FLIGHT);
        let mut winners: BTreeMap<&str, Vec<&Call>> = BTreeMap::new();
        let mut made = BTreeSet::new();
        for call in &self.calls {
            let answer = last_word(shop, call).await;
            match call {
                Call::Redeem { code, .. } if answer.0 == 200 => {
                    winners.entry(code).or_default().push(call);
                }
                Call::Create { .. } => {
                    assert_eq!(answer.0, 201, "{}", answer.1);
                    let card_id = answer.1["card_id"].as_str().unwrap().to_owned();
                    assert!(made.insert(card_id), "two creates have one card");
                }
                _ => {}
            }
        }
        deliver(shop).await;
        reconcile(shop).await;
        for (code, calls) in winners {
            assert_eq!(calls.len(), 1, "{code} was redeemed twice: {calls:?}");
            let is_clear = !self.unclear.contains(code);
            assert!(
                !(is_clear && self.elsewhere.contains(code)),
                "{code} was redeemed elsewhere"
            );
        }
        let of_world = in_the_world(shop).await;
        assert_eq!(in_the_ledger(shop, &self.sessions).await, of_world);
        let cards: BTreeSet<String> = world(shop).await["cards"]
            .as_array()
            .unwrap()
            .iter()
            .map(|card| card["card_id"].as_str().unwrap().to_owned())
            .collect();
        made.insert(self.coupon.1.clone());
        assert_eq!(made, cards, "an orphan card, or one that is not there");
    }
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
