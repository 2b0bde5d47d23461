//! Tokens and tickets against a model: random calls and waits, and what the documents make of them.

use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
    test_runner::TestCaseError,
};
use serde_json::{Value, json};

use crate::{
    random::{check, runtime},
    support::{DAY, NOW, TestMock},
};

/// Seconds that tokens and tickets live.
const LIFE: i64 = 7200;
/// Midnight in China is at 16:00 UTC.
const MIDNIGHT: i64 = 16 * 3600;

#[derive(Clone, Debug)]
enum Step {
    Token,
    Stable,
    /// So many forced refreshes, so many seconds apart.
    Forced(u32, i64),
    /// A call with one of the tokens seen so far.
    Use(Index, Call),
    Wait(i64),
}

#[derive(Clone, Copy, Debug)]
enum Call {
    Colors,
    CardTicket,
    PageTicket,
}

fn step() -> impl Strategy<Value = Step> {
    let edges = vec![
        1, 29, 30, 31, 270, 299, 300, 301, 6899, 6900, 6901, 7199, 7200, 7201,
    ];
    let call = select(vec![Call::Colors, Call::CardTicket, Call::PageTicket]);
    prop_oneof![
        3 => Just(Step::Token),
        3 => Just(Step::Stable),
        2 => (1..4_u32, select(vec![0, 29, 30, 31])).prop_map(|(n, apart)| Step::Forced(n, apart)),
        1 => (18..24_u32, 30..40_i64).prop_map(|(n, apart)| Step::Forced(n, apart)),
        8 => (any::<Index>(), call).prop_map(|(token, call)| Step::Use(token, call)),
        4 => select(edges).prop_map(Step::Wait),
        2 => (0..=8000_i64).prop_map(Step::Wait),
    ]
}

/// A token as the documents have it.
#[derive(Debug)]
struct Token {
    value: String,
    is_stable: bool,
    born: i64,
    /// From when it is no longer the newest.
    ends: Option<i64>,
}

impl Token {
    /// The number that a call with it is answered with.
    fn errcode(&self, now: i64) -> i64 {
        if self.ends.is_some_and(|end| now >= end) {
            40001
        } else if now >= self.born + LIFE {
            42001
        } else {
            0
        }
    }
}

/// What the documents say of one account.
#[derive(Debug, Default)]
struct Model {
    tokens: Vec<Token>,
    /// When a forced call last made a token.
    forced: Vec<i64>,
    /// A ticket of each kind and when it was made: `wx_card`, `jsapi`.
    tickets: [Option<(String, i64)>; 2],
}

/// What a token call must answer.
#[derive(Debug)]
enum Expected {
    New,
    /// This value, with so many seconds left.
    Kept(String, i64),
    Refused(i64),
}

impl Model {
    fn newest(&mut self, is_stable: bool) -> Option<&mut Token> {
        let mut newest = self.tokens.iter_mut().rev();
        newest.find(|token| token.is_stable == is_stable)
    }

    fn token(&mut self, now: i64) -> Expected {
        if let Some(former) = self.newest(false) {
            former.ends = Some(now + 300);
        }
        Expected::New
    }

    fn stable(&mut self, now: i64) -> Expected {
        match self.newest(true) {
            Some(token) if token.ends.is_none() && now < token.born + LIFE - 300 => {
                Expected::Kept(token.value.clone(), token.born + LIFE - now)
            }
            _ => Expected::New,
        }
    }

    fn forced(&mut self, now: i64) -> Expected {
        if self.forced.last().is_some_and(|last| now < last + 30) {
            return self.stable(now);
        }
        let day = |time: i64| (time - MIDNIGHT).div_euclid(DAY);
        if self
            .forced
            .iter()
            .filter(|at| day(**at) == day(now))
            .count()
            == 20
        {
            return Expected::Refused(45009);
        }
        self.forced.push(now);
        for token in self.tokens.iter_mut().filter(|token| token.is_stable) {
            if token.errcode(now) == 0 {
                token.ends = Some(now);
            }
        }
        Expected::New
    }

    /// Holds the answer of a token call to what was expected, and remembers a new token.
    fn hold(&mut self, expected: Expected, answer: &Value, is_stable: bool, now: i64) -> Held {
        match expected {
            Expected::Refused(errcode) => prop_assert_eq!(&answer["errcode"], &json!(errcode)),
            Expected::Kept(value, left) => {
                let kept = json!({"access_token": value, "expires_in": left});
                prop_assert_eq!(answer, &kept);
            }
            Expected::New => {
                let value = answer["access_token"].as_str().unwrap_or_default();
                let is_known = self.tokens.iter().any(|token| token.value == value);
                prop_assert!(!value.is_empty() && !is_known, "no new token: {}", answer);
                prop_assert_eq!(&answer["expires_in"], &json!(LIFE));
                self.tokens.push(Token {
                    value: value.to_owned(),
                    is_stable,
                    born: now,
                    ends: None,
                });
            }
        }
        Ok(())
    }

    /// Holds the answer of a ticket call with a living token.
    fn hold_ticket(&mut self, kind: usize, answer: &Value, now: i64) -> Held {
        let value = answer["ticket"].as_str().unwrap_or_default().to_owned();
        prop_assert_eq!(&answer["expires_in"], &json!(LIFE), "{}", answer);
        match &self.tickets[kind] {
            Some((known, born)) if now < born + LIFE => prop_assert_eq!(&value, known),
            former => {
                let is_new = former.as_ref().is_none_or(|(known, _)| *known != value);
                prop_assert!(is_new && !value.is_empty());
                self.tickets[kind] = Some((value, now));
            }
        }
        Ok(())
    }
}

type Held = Result<(), TestCaseError>;

async fn token_call(test: &TestMock) -> Value {
    let oa = test.mock.official_account();
    let path = format!(
        "/cgi-bin/token?grant_type=client_credential&appid={}&secret={}",
        oa.appid, oa.secret
    );
    test.get(&path).await.json()
}

async fn stable_call(test: &TestMock, force: bool) -> Value {
    let oa = test.mock.official_account();
    let call = json!({
        "grant_type": "client_credential", "appid": oa.appid, "secret": oa.secret, "force_refresh": force,
    });
    let request = test.request("POST", "/cgi-bin/stable_token");
    test.send(request.body(call.to_string())).await.json()
}

async fn carry_out(test: &TestMock, model: &mut Model, step: &Step) -> Held {
    let now = test.mock.clock().now();
    match step {
        Step::Token => {
            let answer = token_call(test).await;
            let expected = model.token(now);
            model.hold(expected, &answer, false, now)
        }
        Step::Stable => {
            let answer = stable_call(test, false).await;
            let expected = model.stable(now);
            model.hold(expected, &answer, true, now)
        }
        Step::Forced(times, apart) => {
            for _ in 0..*times {
                let now = test.mock.clock().now();
                let answer = stable_call(test, true).await;
                let expected = model.forced(now);
                model.hold(expected, &answer, true, now)?;
                test.mock.clock().advance(*apart).unwrap();
            }
            Ok(())
        }
        Step::Use(token, call) if !model.tokens.is_empty() => {
            let token = token.index(model.tokens.len());
            use_token(test, model, token, *call).await
        }
        Step::Use(..) => Ok(()),
        Step::Wait(seconds) => {
            test.mock.clock().advance(*seconds).unwrap();
            Ok(())
        }
    }
}

async fn use_token(test: &TestMock, model: &mut Model, token: usize, call: Call) -> Held {
    let now = test.mock.clock().now();
    let token = &model.tokens[token];
    let path = match call {
        Call::Colors => "/card/getcolors?",
        Call::CardTicket => "/cgi-bin/ticket/getticket?type=wx_card&",
        Call::PageTicket => "/cgi-bin/ticket/getticket?type=jsapi&",
    };
    let answer = test
        .get(&format!("{path}access_token={}", token.value))
        .await;
    prop_assert_eq!(
        answer.errcode(),
        token.errcode(now),
        "{:?} at {}",
        token,
        now
    );
    match call {
        Call::CardTicket if answer.errcode() == 0 => model.hold_ticket(0, &answer.json(), now),
        Call::PageTicket if answer.errcode() == 0 => model.hold_ticket(1, &answer.json(), now),
        _ => Ok(()),
    }
}

#[test]
fn tokens_and_tickets_live_as_the_documents_say() {
    let runtime = runtime();
    let test = runtime.block_on(TestMock::start());
    // Evening in China: the day's forced calls end, and begin anew.
    let start = (NOW - NOW.rem_euclid(DAY)) + MIDNIGHT - 2 * 3600;

    check(100, &vec(step(), 1..50), |steps| {
        runtime.block_on(async {
            test.control("POST", "reset", &Value::Null).await;
            test.mock.clock().freeze();
            test.mock.clock().set(start).unwrap();
            let mut model = Model::default();
            for step in &steps {
                carry_out(&test, &mut model, step).await?;
            }
            for token in 0..model.tokens.len() {
                use_token(&test, &mut model, token, Call::Colors).await?;
            }
            Ok(())
        })
    });
}
