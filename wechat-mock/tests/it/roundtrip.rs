//! Export and import: whatever was done to a world, it comes back as it went, and goes on alike.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
};
use serde_json::{Value, json};
use wechat_mock::sign::Signed;

use crate::{
    random::{check, runtime},
    support::{NOW, TestMock},
};

const MP: &str = "wx00000000000000b0";

#[derive(Clone, Debug)]
enum Op {
    Account(&'static str),
    User(u8),
    Create { is_custom: bool },
    Claim(&'static str, Index),
    Consume(Index),
    Stable(bool),
    Ticket(&'static str),
    Picture,
    Media,
    Login(&'static str),
    Session(Index),
    ClearQuota,
    Profile(Value),
    Review(Index, bool),
    Advance(i64),
    Freeze(bool),
    Switch(&'static str, &'static str),
    Refused,
}

fn op() -> impl Strategy<Value = Op> {
    let user = || select(vec!["alice", "bob", "carol"]);
    let profiles = vec![
        json!({"review": "manual"}),
        json!({"review": {"after": 50}}),
        json!({"review": "auto"}),
        json!({"quotas": {"/card/get": 3}, "token_grace": 7}),
        json!({"sub_merchants": [{"merchant_id": 1, "brand_name": "星河小馆", "status": "APPROVED"}]}),
    ];
    let switches = vec![
        ("ticket_expires_in", "remaining"),
        ("errmsg_tail", "rid"),
        ("unknown_code", "40116"),
        ("get_limit_default", "quantity"),
        ("dead_token", "40001"),
    ];
    prop_oneof![
        1 => select(vec!["official_account", "mini_program"]).prop_map(Op::Account),
        1 => any::<u8>().prop_map(Op::User),
        3 => any::<bool>().prop_map(|is_custom| Op::Create { is_custom }),
        5 => (user(), any::<Index>()).prop_map(|(user, card)| Op::Claim(user, card)),
        2 => any::<Index>().prop_map(Op::Consume),
        2 => any::<bool>().prop_map(Op::Stable),
        2 => select(vec!["wx_card", "jsapi"]).prop_map(Op::Ticket),
        1 => Just(Op::Picture),
        1 => Just(Op::Media),
        2 => user().prop_map(Op::Login),
        1 => any::<Index>().prop_map(Op::Session),
        1 => Just(Op::ClearQuota),
        2 => select(profiles).prop_map(Op::Profile),
        1 => (any::<Index>(), any::<bool>()).prop_map(|(card, pass)| Op::Review(card, pass)),
        // No review falls due within a second of these: a running clock changes nothing meanwhile.
        2 => select(vec![0, 100, 7200, 90_000]).prop_map(Op::Advance),
        1 => any::<bool>().prop_map(Op::Freeze),
        2 => select(switches).prop_map(|(name, value)| Op::Switch(name, value)),
        1 => Just(Op::Refused),
    ]
}

/// What the operations made, for later ones to be about.
#[derive(Debug, Default)]
struct Made {
    cards: Vec<String>,
    codes: Vec<String>,
    logins: Vec<String>,
    media: Vec<String>,
    nonces: u32,
}

impl Made {
    fn nonce(&mut self) -> String {
        self.nonces += 1;
        format!("n-{}", self.nonces)
    }
}

/// Each operation is done with a token that lives.
async fn carry_out(test: &mut TestMock, made: &mut Made, op: &Op) {
    test.token = test.token_of("oa").await;
    let oa = test.mock.official_account();
    match op {
        Op::Account(kind) => drop(
            test.control("POST", "accounts", &json!({"kind": kind}))
                .await,
        ),
        Op::User(number) => {
            let user = json!({"name": format!("user {number}")});
            test.control("POST", "users", &user).await;
        }
        Op::Create { is_custom } => {
            let mut card = test.seed_card().await;
            card["card"]["general_coupon"]["base_info"]["use_custom_code"] = json!(is_custom);
            card["card"]["general_coupon"]["base_info"]["date_info"] = json!({
                "type": "DATE_TYPE_FIX_TERM", "fixed_term": 30, "fixed_begin_term": 0,
            });
            let answer = test.post("/card/create", &card).await.json();
            made.cards
                .extend(answer["card_id"].as_str().map(str::to_owned));
        }
        Op::Claim(user, card) if !made.cards.is_empty() => {
            let card_id = card.get(&made.cards).clone();
            claim(test, made, user, &card_id).await;
        }
        Op::Consume(code) if !made.codes.is_empty() => {
            let code = json!({"code": code.get(&made.codes)});
            test.post("/card/code/consume", &code).await;
        }
        Op::Stable(force) => {
            let call = json!({
                "grant_type": "client_credential", "appid": oa.appid, "secret": oa.secret, "force_refresh": force,
            });
            test.post("/cgi-bin/stable_token", &call).await;
        }
        Op::Ticket(kind) => drop(test.ticket(kind).await),
        Op::Picture => drop(test.image_url().await),
        Op::Media => {
            let bytes = b"GIF89a of some bytes".to_vec();
            let answer = test
                .upload("/cgi-bin/media/upload?type=image", "a.gif", bytes)
                .await;
            made.media
                .push(answer.json()["media_id"].as_str().unwrap().to_owned());
        }
        Op::Login(user) => made.logins.push(test.mock.user(user).login(MP).unwrap()),
        Op::Session(login) if !made.logins.is_empty() => {
            let login = login.get(&made.logins).clone();
            drop(session(test, &login).await);
        }
        Op::ClearQuota => drop(
            test.post("/cgi-bin/clear_quota", &json!({"appid": oa.appid}))
                .await,
        ),
        Op::Profile(change) => {
            let path = format!("accounts/{}", oa.appid);
            assert_eq!(test.control("PATCH", &path, change).await.status, 200);
        }
        Op::Review(card, pass) if !made.cards.is_empty() => {
            let path = format!("cards/{}/review", card.get(&made.cards));
            test.control("POST", &path, &json!({"pass": pass, "reason": "看不清"}))
                .await;
        }
        Op::Advance(seconds) => test.mock.clock().advance(*seconds).unwrap(),
        Op::Freeze(true) => test.mock.clock().freeze(),
        Op::Freeze(false) => test.mock.clock().unfreeze(),
        Op::Switch(name, value) => drop(
            test.control("PATCH", "switches", &json!({*name: value}))
                .await,
        ),
        Op::Refused => drop(test.post("/card/get", &json!({"card_id": "p1"})).await),
        _ => {}
    }
}

/// A claim of a card, custom or not; whether it is taken does not matter.
async fn claim(test: &TestMock, made: &mut Made, user: &str, card_id: &str) {
    let ticket = test.ticket("wx_card").await;
    let (nonce, timestamp) = (made.nonce(), test.mock.clock().now().to_string());
    for code in ["", &format!("code-{nonce}")] {
        let signed = Signed {
            api_ticket: &ticket,
            timestamp: &timestamp,
            card_id,
            nonce_str: &nonce,
            code,
            ..Signed::default()
        };
        let ext = json!({
            "timestamp": timestamp, "nonce_str": nonce, "code": code, "outer_str": "海报",
            "signature": signed.signature(),
        });
        let claimed = test.add_card(user, card_id, ext.to_string());
        if let Some(encrypted) = claimed.encrypted_code() {
            let call = json!({"encrypt_code": encrypted});
            let answer = test.post("/card/code/decrypt", &call).await.json();
            made.codes
                .extend(answer["code"].as_str().map(str::to_owned));
        }
    }
}

async fn session(test: &TestMock, js_code: &str) -> String {
    let secret = test.mock.mini_program().secret;
    let query =
        format!("appid={MP}&secret={secret}&js_code={js_code}&grant_type=authorization_code");
    test.get(&format!("/sns/jscode2session?{query}"))
        .await
        .shown()
}

async fn export(test: &TestMock) -> Value {
    test.control("GET", "world", &Value::Null).await.json()
}

/// Calls on all that was made, and what is answered, traces apart.
async fn go_on(test: &mut TestMock, made: &Made) -> Vec<String> {
    let mut answers = vec![test.ask("/card/getcolors").await.shown()];
    test.token = test.token_of("oa").await;
    answers.push(test.token.clone());
    let mut ticket = String::new();
    for kind in ["jsapi", "wx_card"] {
        ticket = test.ticket(kind).await;
        answers.push(ticket.clone());
    }
    for code in &made.codes {
        for path in ["/card/code/get", "/card/code/consume"] {
            answers.push(test.post(path, &json!({"code": code})).await.shown());
        }
    }
    for card_id in &made.cards {
        answers.push(
            test.post("/card/get", &json!({"card_id": card_id}))
                .await
                .shown(),
        );
        for nonce in ["n-1", "new"] {
            let now = test.mock.clock().now().to_string();
            let ext = crate::support::card_ext(&ticket, card_id, nonce, &now);
            let claim = test.add_card("alice", card_id, ext);
            answers.push(format!("{} {:?}", claim.err_msg(), claim.encrypted_code()));
        }
    }
    for js_code in &made.logins {
        answers.push(session(test, js_code).await);
    }
    for media_id in &made.media {
        let path = format!("/cgi-bin/media/get?media_id={media_id}");
        answers.push(test.ask(&path).await.shown());
    }
    let quota = json!({"cgi_path": "/card/get"});
    answers.push(
        test.post("/cgi-bin/openapi/quota/get", &quota)
            .await
            .shown(),
    );
    answers.push(test.image_url().await);
    for (path, what) in [
        ("accounts", json!({})),
        ("users", json!({"name": "somebody new"})),
    ] {
        answers.push(test.control("POST", path, &what).await.shown());
    }
    answers.push(format!("{:?}", test.mock.user("alice").wallet().unwrap()));
    answers.push(test.mock.user("bob").login(MP).unwrap());
    answers
}

#[test]
fn a_world_comes_back_as_it_went_and_goes_on_alike() {
    let runtime = runtime();
    check(40, &vec(op(), 0..25), |ops| {
        runtime.block_on(async {
            let mut test = TestMock::start().await;
            let mut made = Made::default();
            for op in &ops {
                carry_out(&mut test, &mut made, op).await;
            }
            test.token = test.token_of("oa").await;
            let token = test.token.clone();
            let world = export(&test).await;

            let now = test.mock.clock().now();
            test.mock.clock().freeze();
            test.mock.clock().set(now).unwrap();
            let expected = go_on(&mut test, &made).await;

            test.control("POST", "reset", &Value::Null).await;
            let put = test.control("PUT", "world", &world).await;
            prop_assert_eq!(put.status, 200, "{}", put.text());
            prop_assert_eq!(&export(&test).await, &world);

            test.mock.clock().freeze();
            test.mock.clock().set(now).unwrap();
            test.token = token;
            prop_assert_eq!(&go_on(&mut test, &made).await, &expected);
            Ok(())
        })
    });
}

/// Holds an export to what is true at any moment: each card that left the stock is a code.
fn is_consistent(world: &Value) -> bool {
    let state = &world["accounts"][0]["state"];
    let codes = state["codes"].as_array().unwrap();
    state["cards"].as_array().unwrap().iter().all(|card| {
        let gone = card["total_quantity"].as_u64().unwrap() - card["quantity"].as_u64().unwrap();
        let given = codes
            .iter()
            .filter(|code| code["card_id"] == card["card_id"]);
        let pairs = card["used_pairs"].as_array().unwrap();
        given.count() as u64 == gone && pairs.len() as u64 == gone
    })
}

/// Lets the others end when the test fails, so that it does not wait for them.
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Claims on a thread of its own, as fast as they go, until told to stop.
fn claim_until(stop: &AtomicBool, test: &TestMock, card_id: &str, ticket: &str, user: &str) -> u32 {
    let mut taken = 0;
    for nonce in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let ext = crate::support::card_ext(
            ticket,
            card_id,
            &format!("{user}-{nonce}"),
            &NOW.to_string(),
        );
        let claim = test.add_card(user, card_id, ext);
        taken += u32::from(claim.is_success());
        std::thread::yield_now();
    }
    taken
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_world_is_exported_and_imported_in_the_midst_of_calls() {
    let test = Arc::new(TestMock::start().await);
    let other = TestMock::start().await;
    let card_id = test
        .create_with(|base| {
            base["get_limit"] = json!(50);
            base["sku"]["quantity"] = json!(10_000);
        })
        .await;
    let ticket = test.ticket("wx_card").await;
    let stop = Arc::new(AtomicBool::new(false));
    let _stopped_in_any_case = StopOnDrop(Arc::clone(&stop));

    let claimers: Vec<_> = ["alice", "bob"]
        .map(|user| {
            let (stop, test) = (Arc::clone(&stop), Arc::clone(&test));
            let (card_id, ticket) = (card_id.clone(), ticket.clone());
            tokio::task::spawn_blocking(move || claim_until(&stop, &test, &card_id, &ticket, user))
        })
        .into();
    let callers: Vec<_> = (0..3)
        .map(|_| {
            let (stop, test) = (Arc::clone(&stop), Arc::clone(&test));
            let card = json!({"card_id": card_id});
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    for path in ["/card/get", "/card/code/consume", "/cgi-bin/clear_quota"] {
                        assert_eq!(test.post(path, &card).await.status, 200);
                    }
                    let _token = test.token_of("oa").await;
                }
            })
        })
        .collect();

    let mut worlds = Vec::new();
    for _ in 0..15 {
        let world = export(&test).await;
        assert!(is_consistent(&world), "{world}");
        let put = other.control("PUT", "world", &world).await;
        assert_eq!(put.status, 200, "{}", put.text());
        assert_eq!(export(&other).await, world);
        worlds.push(world);
    }
    // And back in, over those who go on calling.
    for (round, world) in worlds.iter().enumerate() {
        let answer = if round % 5 == 4 {
            test.control("POST", "reset", &Value::Null).await
        } else {
            test.control("PUT", "world", world).await
        };
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(is_consistent(&export(&test).await));
    }
    stop.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.unwrap();
    }
    let mut taken = 0;
    for claimer in claimers {
        taken += claimer.await.unwrap();
    }
    assert!(taken > 0, "nobody claimed anything meanwhile");
}
