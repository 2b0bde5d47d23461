//! A shop at the mock, and the requests that are measured.

use std::{
    io,
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};
use wechat_mock::sign::Signed;

use crate::client::{Answer, request};

const APPID: &str = "wx00000000000000a0";
const SECRET: &str = "000000000000000000000000000000a0";
const PAGE: &str = "wx00000000000000b0";
/// Cards of one kind that a customer may take.
const LIMIT: usize = 50;

/// Sends a request that was written ahead.
type Ask = dyn Fn(&[u8]) -> io::Result<Answer>;

/// An account with a token and a ticket, and one card.
pub(crate) struct Shop {
    ask: Box<Ask>,
    token: String,
    ticket: String,
    /// The card of the tutorial, as create takes it.
    seed: Value,
    pub(crate) card_id: String,
    /// Claims that were written ahead so far.
    claimed: usize,
    card_of_claims: String,
    users: usize,
}

/// A call and what is asked for in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scenario {
    Create,
    RefusedCreate,
    Get,
    Ticket,
    Decrypt,
    Consume,
    RefusedCode,
    AddCard,
    /// In growing worlds alone.
    List,
}

impl Scenario {
    pub(crate) const ALL: [Self; 8] = [
        Self::Create,
        Self::RefusedCreate,
        Self::Get,
        Self::Ticket,
        Self::Decrypt,
        Self::Consume,
        Self::RefusedCode,
        Self::AddCard,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Create => "card/create, the tutorial's card",
            Self::RefusedCreate => "card/create, refused (40076)",
            Self::Get => "card/get",
            Self::Ticket => "ticket/getticket",
            Self::Decrypt => "card/code/decrypt",
            Self::Consume => "card/code/consume",
            Self::RefusedCode => "card/code/get, refused (40056)",
            Self::AddCard => "wx.addCard on the phone",
            Self::List => "card/batchget of 50",
        }
    }

    /// What the issue wants of it: the least share of bare axum's rate.
    pub(crate) fn wanted(self) -> f64 {
        match self {
            Self::Create => 0.5,
            Self::Get => 0.6,
            _ => 0.7,
        }
    }

    /// Whether an answer is the one that this call is to have.
    pub(crate) fn is_right(self) -> fn(u16, &[u8]) -> bool {
        match self {
            Self::RefusedCreate => {
                |status, body| status == 200 && starts(body, "{\"errcode\":40076")
            }
            Self::RefusedCode => |status, body| status == 200 && starts(body, "{\"errcode\":40056"),
            Self::AddCard => |status, body| status == 200 && has(body, "addCard:ok"),
            _ => |status, body| status == 200 && starts(body, "{\"errcode\":0"),
        }
    }
}

fn starts(body: &[u8], with: &str) -> bool {
    body.starts_with(with.as_bytes())
}

fn has(body: &[u8], what: &str) -> bool {
    let what = what.as_bytes();
    body.windows(what.len()).any(|window| window == what)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the program's clock is the machine's"
)]
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

impl Shop {
    /// Opens a shop at a mock with the starter world, to which `users` customers `u0`, `u1`, … come.
    pub(crate) fn open(
        ask: impl Fn(&[u8]) -> io::Result<Answer> + 'static,
        users: usize,
    ) -> io::Result<Self> {
        let mut shop = Self {
            ask: Box::new(ask),
            token: String::new(),
            ticket: String::new(),
            seed: Value::Null,
            card_id: String::new(),
            claimed: 0,
            card_of_claims: String::new(),
            users,
        };
        if users > 0 {
            let mut world = shop.json(&request("GET", "/_mock/v1/world", ""))?;
            let list = world["users"].as_array_mut();
            let list = list.ok_or_else(|| io::Error::other("a world without users"))?;
            list.extend((0..users).map(|user| json!({"name": format!("u{user}")})));
            shop.json(&request("PUT", "/_mock/v1/world", &world.to_string()))?;
        }
        let path =
            format!("/cgi-bin/token?grant_type=client_credential&appid={APPID}&secret={SECRET}");
        shop.token = text(&shop.json(&request("GET", &path, ""))?["access_token"])?;
        let ticket = shop.json(&shop.get("/cgi-bin/ticket/getticket", "&type=wx_card"))?;
        shop.ticket = text(&ticket["ticket"])?;
        shop.seed = seed(&shop.upload()?);
        shop.card_id = shop.new_card(&shop.seed)?;
        Ok(shop)
    }

    /// `times` requests of a scenario, or fewer that can be sent again and again.
    pub(crate) fn requests(
        &mut self,
        scenario: Scenario,
        times: usize,
    ) -> io::Result<Vec<Vec<u8>>> {
        Ok(match scenario {
            Scenario::Create => vec![self.post("/card/create", &self.seed)],
            Scenario::RefusedCreate => {
                let mut card = self.seed.clone();
                card["card"]["general_coupon"]["base_info"]["color"] = json!("Color000");
                vec![self.post("/card/create", &card)]
            }
            Scenario::Get => vec![self.post("/card/get", &json!({"card_id": self.card_id}))],
            Scenario::Ticket => vec![self.get("/cgi-bin/ticket/getticket", "&type=wx_card")],
            Scenario::List => {
                vec![self.post("/card/batchget", &json!({"offset": 0, "count": 50}))]
            }
            Scenario::RefusedCode => {
                vec![self.post("/card/code/get", &json!({"code": "000000000000"}))]
            }
            Scenario::AddCard => (0..times)
                .map(|_| self.claim())
                .collect::<io::Result<_>>()?,
            Scenario::Decrypt => {
                let encrypted = self.encrypted(1)?;
                vec![self.post("/card/code/decrypt", &json!({"encrypt_code": encrypted[0]}))]
            }
            Scenario::Consume => {
                let codes: io::Result<Vec<Vec<u8>>> = self
                    .encrypted(times)?
                    .into_iter()
                    .map(|encrypted| {
                        let body = json!({"encrypt_code": encrypted});
                        let answer = self.json(&self.post("/card/code/decrypt", &body))?;
                        Ok(self.post("/card/code/consume", &json!({"code": answer["code"]})))
                    })
                    .collect();
                codes?
            }
        })
    }

    /// Codes that were just claimed, encrypted.
    fn encrypted(&mut self, times: usize) -> io::Result<Vec<String>> {
        (0..times)
            .map(|_| {
                let claim = self.claim()?;
                let answer = self.json(&claim)?;
                text(&answer["cardList"][0]["code"])
            })
            .collect()
    }

    /// A claim, signed and written ahead.
    fn claim(&mut self) -> io::Result<Vec<u8>> {
        // A new kind of card as soon as everybody has all that they may take.
        if self.claimed.is_multiple_of(self.users * LIMIT) {
            let mut card = self.seed.clone();
            let base = &mut card["card"]["general_coupon"]["base_info"];
            base["get_limit"] = json!(LIMIT);
            base["use_limit"] = json!(LIMIT);
            base["sku"]["quantity"] = json!(100_000_000);
            self.card_of_claims = self.new_card(&card)?;
        }
        let (timestamp, nonce) = (now().to_string(), format!("n{}", self.claimed));
        let signed = Signed {
            api_ticket: &self.ticket,
            timestamp: &timestamp,
            card_id: &self.card_of_claims,
            nonce_str: &nonce,
            code: "",
            openid: "",
        };
        let ext =
            json!({"timestamp": timestamp, "nonce_str": nonce, "signature": signed.signature()});
        let body = json!({
            "appid": PAGE,
            "cardList": [{"cardId": self.card_of_claims, "cardExt": ext.to_string()}],
        });
        let path = format!("/_mock/v1/users/u{}/add-card", self.claimed % self.users);
        self.claimed += 1;
        Ok(request("POST", &path, &body.to_string()))
    }

    fn new_card(&self, card: &Value) -> io::Result<String> {
        text(&self.json(&self.post("/card/create", card))?["card_id"])
    }

    fn upload(&self) -> io::Result<String> {
        let picture = fixtures::image("logo.jpg");
        let path = format!("/cgi-bin/media/uploadimg?access_token={}", self.token);
        let mut body =
            b"--b\r\ncontent-disposition: form-data; name=\"buffer\"; filename=\"l.jpg\"\r\n\
            content-type: image/jpeg\r\n\r\n"
                .to_vec();
        body.extend_from_slice(picture);
        body.extend_from_slice(b"\r\n--b--\r\n");
        let mut request = format!(
            "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: multipart/form-data; \
             boundary=b\r\ncontent-length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        request.extend(body);
        text(&self.json(&request)?["url"])
    }

    fn get(&self, path: &str, query: &str) -> Vec<u8> {
        request(
            "GET",
            &format!("{path}?access_token={}{query}", self.token),
            "",
        )
    }

    fn post(&self, path: &str, body: &Value) -> Vec<u8> {
        let path = format!("{path}?access_token={}", self.token);
        request("POST", &path, &body.to_string())
    }

    fn json(&self, request: &[u8]) -> io::Result<Value> {
        let answer = (self.ask)(request)?;
        if answer.status != 200 {
            let body = String::from_utf8_lossy(&answer.body).into_owned();
            return Err(io::Error::other(format!("{}: {body}", answer.status)));
        }
        if answer.body.is_empty() {
            return Ok(Value::Null);
        }
        Ok(serde_json::from_slice(&answer.body)?)
    }
}

fn text(value: &Value) -> io::Result<String> {
    let text = value.as_str().map(str::to_owned);
    text.ok_or_else(|| io::Error::other(format!("no text: {value}")))
}

/// The card of the tutorial, valid from now on.
fn seed(picture: &str) -> Value {
    let now = i64::try_from(now()).unwrap_or_default();
    fixtures::seed_card_with(picture, picture, now, now + 30 * 86_400)
}
