//! The life of a card against a model: random deeds of merchant, customers and clock.

use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
    test_runner::TestCaseError,
};
use serde_json::{Value, json};

use super::on_phone;
use crate::{
    random::{check, runtime},
    support::{DAY, NOW, TestMock},
};

const USERS: [&str; 3] = ["alice", "bob", "carol"];
const GET_LIMIT: usize = 2;
const USE_LIMIT: usize = 1;
const FIRST_STOCK: i64 = 3;
/// Days that the card can be used.
const LIFE: i64 = 5 * DAY;

#[derive(Clone, Debug)]
enum Deed {
    Claim(usize),
    Consume(Index),
    MakeVoid(Index),
    Delete(Index),
    /// To one of the two other customers.
    Give(Index, usize),
    Accept(Index, usize),
    Stock(i64),
    /// A reviewed field, so that the card waits.
    Change,
    Review(bool),
    DeleteCard,
    Wait(i64),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        6 => (0..3_usize).prop_map(Deed::Claim),
        4 => any::<Index>().prop_map(Deed::Consume),
        1 => any::<Index>().prop_map(Deed::MakeVoid),
        1 => any::<Index>().prop_map(Deed::Delete),
        4 => (any::<Index>(), 1..3_usize).prop_map(|(code, to)| Deed::Give(code, to)),
        5 => (any::<Index>(), 0..3_usize).prop_map(|(code, user)| Deed::Accept(code, user)),
        2 => (-3..3_i64).prop_map(Deed::Stock),
        1 => Just(Deed::Change),
        3 => any::<bool>().prop_map(Deed::Review),
        1 => Just(Deed::DeleteCard),
        3 => select(vec![1, 3600, DAY - 1, DAY, DAY + 1]).prop_map(Deed::Wait),
    ]
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    Normal,
    Consumed,
    Void,
    Deleted,
    /// Offered to a customer at a time.
    Offered(usize, i64),
    Returned,
    Given,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Card {
    Waits,
    Passed,
    Refused,
    Deleted,
}

/// What the documents make of it.
#[derive(Debug)]
struct Model {
    now: i64,
    card: Card,
    left: i64,
    claims: [usize; 3],
    handed_out: i64,
    put_in: i64,
    codes: Vec<(String, usize, Held)>,
}

impl Model {
    fn is_over(&self) -> bool {
        self.now > NOW + LIFE
    }

    /// A gift that nobody took is back a day later.
    fn settle(&mut self) {
        for (_, _, held) in &mut self.codes {
            if let Held::Offered(_, at) = *held
                && self.now >= at + DAY
            {
                *held = Held::Returned;
            }
        }
    }

    /// What code/get answers: a state, or a number.
    fn status(&self, code: usize) -> &'static str {
        match self.codes[code].2 {
            Held::Normal | Held::Returned if self.is_over() => "EXPIRE",
            Held::Normal => "NORMAL",
            Held::Returned => "GIFT_TIMEOUT",
            Held::Consumed => "CONSUMED",
            Held::Void => "UNAVAILABLE",
            Held::Deleted => "DELETE",
            Held::Offered(..) => "GIFTING",
            Held::Given => "40056",
        }
    }

    /// How many the holder of a code has redeemed.
    fn redeemed(&self, code: usize) -> usize {
        let user = self.codes[code].1;
        let codes = self.codes.iter();
        codes
            .filter(|(_, holder, held)| *holder == user && *held == Held::Consumed)
            .count()
    }

    /// What a call that needs a usable code answers.
    fn errcode(&self, code: usize) -> i64 {
        match self.status(code) {
            "NORMAL" | "GIFT_TIMEOUT" => 0,
            "CONSUMED" => 40099,
            "40056" => 40056,
            _ => 40127,
        }
    }
}

struct Play {
    test: TestMock,
    card_id: String,
    model: Model,
    nonces: usize,
}

impl Play {
    async fn begin() -> Self {
        let test = TestMock::start().await;
        let path = format!("accounts/{}", test.mock.official_account().appid);
        test.control("PATCH", &path, &json!({"review": "manual"}))
            .await;
        let card_id = test
            .create_with(|base| {
                base["sku"]["quantity"] = json!(FIRST_STOCK);
                base["get_limit"] = json!(GET_LIMIT);
                base["use_limit"] = json!(USE_LIMIT);
                base["can_give_friend"] = json!(true);
                base["date_info"]["end_timestamp"] = json!((NOW + LIFE).to_string());
            })
            .await;
        Self {
            test,
            card_id,
            model: Model {
                now: NOW,
                card: Card::Waits,
                left: FIRST_STOCK,
                claims: [0; 3],
                handed_out: 0,
                put_in: FIRST_STOCK,
                codes: Vec::new(),
            },
            nonces: 0,
        }
    }

    async fn post(&self, path: &str, call: Value) -> i64 {
        self.test.post(path, &call).await.errcode()
    }

    /// One of the codes there ever were; none before the first.
    fn pick(&self, index: Index) -> Option<(usize, String)> {
        let codes = &self.model.codes;
        (!codes.is_empty()).then(|| {
            let at = index.index(codes.len());
            (at, codes[at].0.clone())
        })
    }

    async fn act(&mut self, deed: &Deed) -> Result<(), TestCaseError> {
        match deed {
            Deed::Claim(user) => return self.claim(*user).await,
            Deed::Consume(index) => {
                return self.end(*index, "/card/code/consume", Held::Consumed).await;
            }
            Deed::MakeVoid(index) => {
                return self.end(*index, "/card/code/unavailable", Held::Void).await;
            }
            Deed::Delete(index) => return self.delete(*index).await,
            Deed::Give(index, to) => return self.give(*index, *to).await,
            Deed::Accept(index, user) => return self.accept(*index, *user).await,
            Deed::Stock(by) => return self.stock(*by).await,
            Deed::Change => {
                let change = json!({"card_id": self.card_id, "general_coupon": {"base_info": {"notice": "新"}}});
                let errcode = self.post("/card/update", change).await;
                let is_there = self.model.card != Card::Deleted;
                prop_assert_eq!(errcode, if is_there { 0 } else { 40078 });
                if is_there {
                    self.model.card = Card::Waits;
                }
            }
            Deed::Review(pass) => {
                let path = format!("cards/{}/review", self.card_id);
                let answer = self
                    .test
                    .control("POST", &path, &json!({"pass": pass}))
                    .await;
                let waits = self.model.card == Card::Waits;
                prop_assert_eq!(answer.status, if waits { 200 } else { 409 });
                if waits {
                    self.model.card = if *pass { Card::Passed } else { Card::Refused };
                }
            }
            Deed::DeleteCard => {
                let errcode = self
                    .post("/card/delete", json!({"card_id": self.card_id}))
                    .await;
                let is_there = self.model.card != Card::Deleted;
                prop_assert_eq!(errcode, if is_there { 0 } else { 40078 });
                self.model.card = Card::Deleted;
            }
            Deed::Wait(seconds) => {
                self.test.mock.clock().advance(*seconds).unwrap();
                self.test.token = self.test.token_of("oa").await;
                self.model.now += seconds;
                self.model.settle();
            }
        }
        Ok(())
    }

    async fn claim(&mut self, user: usize) -> Result<(), TestCaseError> {
        self.nonces += 1;
        let nonce = format!("n-{}", self.nonces);
        let outcome = self.test.claim(USERS[user], &self.card_id, &nonce).await;
        let model = &mut self.model;
        let can = model.card == Card::Passed
            && !model.is_over()
            && model.left > 0
            && model.claims[user] < GET_LIMIT;
        prop_assert_eq!(outcome.is_success(), can, "{}", outcome.raw());
        if can {
            model.left -= 1;
            model.handed_out += 1;
            model.claims[user] += 1;
            let wallet = self.test.mock.user(USERS[user]).wallet().unwrap();
            let code = wallet.last().unwrap()["code"].as_str().unwrap();
            model.codes.push((code.to_owned(), user, Held::Normal));
        }
        Ok(())
    }

    async fn end(&mut self, index: Index, path: &str, held: Held) -> Result<(), TestCaseError> {
        let Some((at, code)) = self.pick(index) else {
            return Ok(());
        };
        let mut expected = self.model.errcode(at);
        if expected == 0 && held == Held::Consumed && self.model.redeemed(at) >= USE_LIMIT {
            expected = 72020;
        }
        prop_assert_eq!(
            self.post(path, json!({"code": code})).await,
            expected,
            "{}",
            path
        );
        if expected == 0 {
            self.model.codes[at].2 = held;
        }
        Ok(())
    }

    async fn delete(&mut self, index: Index) -> Result<(), TestCaseError> {
        let Some((at, code)) = self.pick(index) else {
            return Ok(());
        };
        let (_, user, held) = self.model.codes[at];
        let answer = on_phone(&self.test, USERS[user], &code, "delete", Value::Null).await;
        // What has ended is thrown away too.
        let can = matches!(held, Held::Normal | Held::Returned);
        prop_assert_eq!(
            answer.status,
            if can { 200 } else { 409 },
            "{}",
            answer.text()
        );
        if can {
            self.model.codes[at].2 = Held::Deleted;
        }
        Ok(())
    }

    async fn give(&mut self, index: Index, to: usize) -> Result<(), TestCaseError> {
        let Some((at, code)) = self.pick(index) else {
            return Ok(());
        };
        let user = self.model.codes[at].1;
        let friend = (user + to) % USERS.len();
        let body = json!({"to": USERS[friend]});
        let answer = on_phone(&self.test, USERS[user], &code, "gift", body).await;
        let can = self.model.status(at) == "NORMAL";
        prop_assert_eq!(
            answer.status,
            if can { 200 } else { 409 },
            "{}",
            answer.text()
        );
        if can {
            self.model.codes[at].2 = Held::Offered(friend, self.model.now);
        }
        Ok(())
    }

    async fn accept(&mut self, index: Index, user: usize) -> Result<(), TestCaseError> {
        let Some((at, code)) = self.pick(index) else {
            return Ok(());
        };
        let answer = on_phone(&self.test, USERS[user], &code, "accept", Value::Null).await;
        let can = matches!(self.model.codes[at].2, Held::Offered(to, _) if to == user)
            && !self.model.is_over();
        prop_assert_eq!(
            answer.status,
            if can { 200 } else { 409 },
            "{}",
            answer.text()
        );
        if can {
            self.model.codes[at].2 = Held::Given;
            let new = answer.json()["code"].as_str().unwrap().to_owned();
            self.model.codes.push((new, user, Held::Normal));
        }
        Ok(())
    }

    async fn stock(&mut self, by: i64) -> Result<(), TestCaseError> {
        let key = if by < 0 {
            "reduce_stock_value"
        } else {
            "increase_stock_value"
        };
        let call = json!({"card_id": self.card_id, key: by.abs()});
        let errcode = self.post("/card/modifystock", call).await;
        let model = &mut self.model;
        let expected = if model.card == Card::Deleted {
            40078
        } else if model.left + by < 0 {
            45031
        } else {
            0
        };
        prop_assert_eq!(errcode, expected);
        if expected == 0 {
            model.left += by;
            model.put_in += by;
        }
        Ok(())
    }

    /// All that WeChat says of the card and its codes is what the model says.
    async fn compare(&self) -> Result<(), TestCaseError> {
        let model = &self.model;
        prop_assert!(model.handed_out <= model.put_in);
        prop_assert!(model.claims.iter().all(|claims| *claims <= GET_LIMIT));
        for (at, (code, _, _)) in model.codes.iter().enumerate() {
            prop_assert_eq!(super::status(&self.test, code).await, model.status(at));
        }
        if model.card != Card::Deleted {
            let answer = self
                .test
                .post("/card/get", &json!({"card_id": self.card_id}))
                .await
                .json();
            let base = &answer["card"]["general_coupon"]["base_info"];
            let stock = json!({"quantity": model.left, "total_quantity": model.put_in});
            prop_assert_eq!(&base["sku"], &stock);
            let status = match model.card {
                Card::Waits => "CARD_STATUS_NOT_VERIFY",
                Card::Passed => "CARD_STATUS_VERIFY_OK",
                Card::Refused => "CARD_STATUS_VERIFY_FAIL",
                Card::Deleted => "CARD_STATUS_DELETE",
            };
            prop_assert_eq!(&base["status"], status);
        }
        Ok(())
    }

    /// The world comes in as it went out.
    async fn keep(&self) -> Result<(), TestCaseError> {
        let world = self.test.control("GET", "world", &Value::Null).await.json();
        let put = self.test.control("PUT", "world", &world).await;
        prop_assert_eq!(put.status, 200, "{}", put.text());
        let again = self.test.control("GET", "world", &Value::Null).await.json();
        prop_assert!(again == world);
        Ok(())
    }
}

#[test]
fn a_card_lives_as_the_documents_have_it() {
    let runtime = runtime();
    check(40, &vec(deed(), 0..40), |deeds| {
        runtime.block_on(async {
            let mut play = Play::begin().await;
            play.act(&Deed::Review(true)).await?;
            for (number, deed) in deeds.iter().enumerate() {
                play.act(deed).await?;
                if number % 13 == 12 {
                    play.keep().await?;
                }
                play.compare().await?;
            }
            Ok(())
        })
    });
}
