//! Several instances of the real program, and all of the codes that they redeem.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use futures_util::{StreamExt, stream};
use serde_json::json;
use wechat_mock::MockWechat;

use crate::{
    chance::Chance,
    disorder::NAMES,
    killed::Program,
    support::{Answer, Instance, Shop},
};

/// Calls under way at a time.
const AT_ONCE: usize = 64;
/// Times that a call is made again whose answer was not final.
const REPEATS: u32 = 150;
const BETWEEN: Duration = Duration::from_millis(200);

/// Instances of the program on one ledger.
pub(crate) struct Fleet {
    pub(crate) shop: Shop,
    pub(crate) programs: Vec<Program>,
}

/// A redemption: its code, its key, its last word.
pub(crate) struct Redeemed {
    pub(crate) code: String,
    pub(crate) answer: Answer,
}

impl Fleet {
    /// Starts so many at once, on an empty ledger.
    pub(crate) async fn start(count: usize, seed: u64) -> Self {
        let mock = MockWechat::builder().seed(seed).start().await;
        let api_base = mock.url();
        let shop = Shop::unopened(mock, api_base).await;
        let settings = vec![shop.settings(); count];
        Self::start_with(shop, &settings).await
    }

    /// Starts one with each of the settings.
    pub(crate) async fn start_with(
        mut shop: Shop,
        settings: &[std::collections::HashMap<&'static str, String>],
    ) -> Self {
        let starts = settings.iter().map(Program::start_with);
        let programs = futures_util::future::join_all(starts).await;
        shop.service = programs[0].service.shared();
        Self { shop, programs }
    }

    pub(crate) fn services(&self) -> Vec<Instance> {
        let services = self.programs.iter();
        services.map(|program| program.service.shared()).collect()
    }

    /// So many claimed codes.
    pub(crate) async fn claimed(&self, count: usize) -> Vec<String> {
        let shop = &self.shop;
        let (id, card_id) = shop
            .coupon_with(|draft| {
                draft["valid"] = json!({"days": 30, "starts_after_days": 0});
                draft["limit_per_user"] = json!(50);
                draft["stock"] = json!(1000);
            })
            .await;
        let mut sessions = Vec::new();
        for name in NAMES {
            sessions.push((name, shop.login(name).await));
        }
        let mut codes = Vec::new();
        for number in 0..count {
            let (name, session) = &sessions[number % sessions.len()];
            let outcome = shop.add_card(name, &id, session).await;
            let encrypted = outcome.encrypted_code().unwrap().to_owned();
            let claimed = shop.claim(session, &card_id, &encrypted).await;
            assert_eq!(claimed.status, 200, "{}", claimed.text);
            codes.push(claimed.get("code"));
        }
        codes
    }

    /// Each code has one success among the answers, one redemption in the ledger, and is consumed.
    pub(crate) async fn each_code_was_redeemed_once(&self, codes: &[String], answers: &[Redeemed]) {
        let mut winners: BTreeMap<&str, usize> = BTreeMap::new();
        for Redeemed { code, answer } in answers {
            match answer.status {
                200 => *winners.entry(code).or_insert(0) += 1,
                _ => assert_eq!(answer.error(), (409, "already_redeemed".to_owned())),
            }
        }
        let once: BTreeMap<&str, usize> = codes.iter().map(|code| (code.as_str(), 1)).collect();
        assert_eq!(winners, once);
        let booked: Vec<(String,)> = sqlx::query_as(
            "SELECT claims.code FROM history JOIN claims ON claims.id = history.subject_id \
             WHERE history.what = 'redeemed' AND claims.status = 'redeemed'",
        )
        .fetch_all(&self.shop.ledger().await)
        .await
        .unwrap();
        let mut booked: Vec<_> = booked.into_iter().map(|(code,)| code).collect();
        booked.sort();
        let mut codes = codes.to_vec();
        codes.sort();
        assert_eq!(booked, codes);
        let wallets = NAMES.map(|name| self.shop.mock.user(name).wallet().unwrap());
        let held = wallets.iter().flatten();
        let consumed = held.filter(|card| card["status"] == "CONSUMED");
        assert_eq!(consumed.count(), codes.len());
    }
}

/// Redeems every code so many times, each time under a key of its own, spread over the services; what
/// has no last word is repeated with its key at the next service. `progress` hears how many are done.
pub(crate) async fn redeem_all(
    services: &[Instance],
    codes: &[String],
    times: usize,
    progress: impl AsyncFnMut(usize),
) -> Vec<Redeemed> {
    let mut calls: Vec<(usize, &String)> = (0..times)
        .flat_map(|time| codes.iter().map(move |code| (time, code)))
        .collect();
    Chance::new(calls.len() as u64).shuffle(&mut calls);
    let done = AtomicUsize::new(0);
    let progress = tokio::sync::Mutex::new(progress);
    stream::iter(calls.into_iter().enumerate())
        .map(|(number, (time, code))| {
            let (done, progress) = (&done, &progress);
            async move {
                let answer = redeem(services, number, code, &format!("{code}-{time}")).await;
                let count = done.fetch_add(1, Ordering::Relaxed) + 1;
                (progress.lock().await)(count).await;
                Redeemed {
                    code: code.clone(),
                    answer,
                }
            }
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await
}

async fn redeem(services: &[Instance], first: usize, code: &str, key: &str) -> Answer {
    let mut last = String::new();
    for service in services
        .iter()
        .cycle()
        .skip(first % services.len())
        .take(REPEATS as usize)
    {
        let request = service
            .keyed_redeem(code, key)
            .timeout(Duration::from_secs(30));
        match request.send().await {
            Ok(response) => {
                let answer = Answer {
                    status: response.status().as_u16(),
                    headers: response.headers().clone(),
                    text: response.text().await.unwrap_or_default(),
                };
                let is_over_soon = answer.status == 503
                    || answer.text.is_empty()
                    || answer.error().1 == "operation_in_progress";
                if !is_over_soon {
                    return answer;
                }
                last = answer.text;
            }
            Err(error) => last = error.to_string(),
        }
        tokio::time::sleep(BETWEEN).await;
    }
    panic!("{key} has no last word: {last}");
}
