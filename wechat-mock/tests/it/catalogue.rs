//! What every path of WeChat's answers: done, and refused for each reason there is.
//!
//! One snapshot a path. Between them they provoke every number of `fixtures` that is not listed
//! there as never answered.

use std::{collections::BTreeSet, fmt::Write};

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{Answer, TestMock};

mod cards;
mod codes;
mod gift_rules;
mod life;
mod media;
mod members;
mod merchants;
mod messages;
mod quotas;
mod tokens;

pub(crate) const OA: &str = "wx00000000000000a0";
pub(crate) const SECRET: &str = "000000000000000000000000000000a0";

/// The answers of one path.
pub(crate) struct Page {
    pub(crate) test: TestMock,
    path: &'static str,
    text: String,
    numbers: BTreeSet<i64>,
}

impl Page {
    async fn new(path: &'static str) -> Self {
        Self {
            test: TestMock::start().await,
            path,
            text: String::new(),
            numbers: BTreeSet::new(),
        }
    }

    /// Writes an answer down, with the rule behind a refusal.
    pub(crate) fn note(&mut self, what: &str, answer: &Answer) {
        let is_json = answer.content_type.contains("json") || answer.content_type == "text/plain";
        let (errcode, shown) = if is_json {
            (answer.errcode(), answer.shown())
        } else {
            let shown = format!("{} {}", answer.status, answer.content_type);
            (0, format!("{shown}\n{} bytes", answer.body.len()))
        };
        let rule = match errcode {
            0 => "done".to_owned(),
            _ => self.test.rule(answer),
        };
        self.numbers.insert(errcode);
        writeln!(self.text, "# {what}: {rule}\n{shown}\n").unwrap();
    }

    /// POST with the Official Account's token.
    pub(crate) async fn post(&mut self, what: &str, body: &Value) {
        let answer = self.test.post(self.path, body).await;
        self.note(what, &answer);
    }

    /// Several calls, each by POST.
    pub(crate) async fn post_all(&mut self, calls: &[(&str, Value)]) {
        for (what, body) in calls {
            self.post(what, body).await;
        }
    }

    /// What is wrong with a `card_id`, with the other values of a right call.
    pub(crate) async fn wrong_cards(&mut self, call: &Value) {
        let gone = self.test.create().await;
        let deleted = self
            .test
            .post("/card/delete", &json!({"card_id": gone}))
            .await;
        assert_eq!(deleted.errcode(), 0);
        for (what, card_id) in [
            ("no card_id", Value::Null),
            ("a card_id that is a number", json!(5)),
            ("an unknown card_id", json!("p1")),
            ("a deleted card", json!(gone)),
        ] {
            let mut call = call.clone();
            call["card_id"] = card_id;
            self.post(what, &call).await;
        }
    }

    /// GET with the Official Account's token and some more in the query.
    pub(crate) async fn ask(&mut self, what: &str, query: &str) {
        let answer = self.test.ask(&format!("{}{query}", self.path)).await;
        self.note(what, &answer);
    }

    /// GET with nothing but a query.
    pub(crate) async fn get(&mut self, what: &str, query: &str) {
        let answer = self.test.get(&format!("{}{query}", self.path)).await;
        self.note(what, &answer);
    }

    /// An upload with the Official Account's token and some more in the query.
    pub(crate) async fn upload(&mut self, what: &str, query: &str, name: &str, bytes: Vec<u8>) {
        let path = format!("{}{query}", self.path);
        let answer = self.test.upload(&path, name, bytes).await;
        self.note(what, &answer);
    }

    pub(crate) async fn change_account(&self, change: Value) {
        let path = format!("accounts/{OA}");
        let answer = self.test.control("PATCH", &path, &change).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    pub(crate) async fn turn(&self, switch: &str, value: &str) {
        let answer = self
            .test
            .control("PATCH", "switches", &json!({switch: value}))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    pub(crate) async fn set_standing(&self, errcode: i64) {
        let restrictions = json!({"restrictions": {"standing": errcode}});
        self.change_account(restrictions).await;
    }

    /// What the gateway says before the endpoint is asked; `works` is a call that is done.
    pub(crate) async fn behind_the_gateway(&mut self, method: &str, query: &str, body: &str) {
        let path = self.path;
        let call = async |page: &Self, method: &str, token: &str, body: &str| {
            let separator = if query.is_empty() { '?' } else { '&' };
            let path = format!("{path}{query}{separator}access_token={token}");
            let request = page.test.request(method, &path);
            page.test.send(request.body(body.to_owned())).await
        };
        let own = self.test.token.clone();
        let other_method = if method == "GET" { "POST" } else { "GET" };
        let stranger = self.test.token_of("stranger").await;
        let page_token = self.test.token_of("mp").await;

        for (what, method, token, body) in [
            ("no token", method, "", body),
            ("a token that nobody gave out", method, "nonsense", body),
            ("a mini-program's token", method, page_token.as_str(), body),
            ("an account without the card right", method, &stranger, body),
            ("the other method", other_method, &own, body),
            ("an empty body", "POST", &own, ""),
            ("a form", "POST", &own, "a=1&b=2"),
            ("a list", "POST", &own, "[]"),
        ] {
            let answer = call(self, method, token, body).await;
            self.note(what, &answer);
        }
        for (what, change) in [
            ("a quota of nothing", json!({"quotas": {path: 0}})),
            (
                "an account that is restricted",
                json!({"restrictions": {"standing": 50002}}),
            ),
            (
                "an account that is banned",
                json!({"restrictions": {"standing": 48004}}),
            ),
        ] {
            self.change_account(change).await;
            let answer = call(self, method, &own, body).await;
            self.note(what, &answer);
            self.change_account(json!({"quotas": {}, "restrictions": {}}))
                .await;
        }
        self.test
            .mock
            .faults()
            .add(wechat_mock::Fault::new(wechat_mock::FaultKind::Errcode(-1)).times(1))
            .unwrap();
        let answer = call(self, method, &own, body).await;
        self.note("a fault", &answer);

        self.test.token_of("oa").await;
        self.test.mock.clock().advance(300).unwrap();
        let answer = call(self, method, &own, body).await;
        self.note("a token that was replaced", &answer);
        let newest = self.test.token_of("oa").await;
        self.test.mock.clock().advance(7200).unwrap();
        let answer = call(self, method, &newest, body).await;
        self.note("a token past its end", &answer);
    }
}

/// A page by its path.
async fn page(path: &'static str) -> Page {
    let mut page = Page::new(path).await;
    match path {
        "/cgi-bin/token" => tokens::token(&mut page).await,
        "/cgi-bin/stable_token" => tokens::stable_token(&mut page).await,
        "/sns/jscode2session" => tokens::session(&mut page).await,
        "/cgi-bin/ticket/getticket" => tokens::ticket(&mut page).await,
        "/cgi-bin/media/uploadimg" => media::uploadimg(&mut page).await,
        "/cgi-bin/media/upload" => media::upload(&mut page).await,
        "/cgi-bin/media/get" => media::get(&mut page).await,
        "/cgi-bin/clear_quota" => quotas::clear(&mut page).await,
        "/cgi-bin/clear_quota/v2" => quotas::clear_by_secret(&mut page).await,
        "/cgi-bin/openapi/quota/get" => quotas::get(&mut page).await,
        "/cgi-bin/openapi/quota/clear" => quotas::clear_path(&mut page).await,
        "/cgi-bin/openapi/rid/get" => quotas::rid(&mut page).await,
        "/cgi-bin/getcallbackip" | "/cgi-bin/get_api_domain_ip" => {
            page.ask("the addresses", "").await;
            page.behind_the_gateway("GET", "", "").await;
        }
        "/card/getapplyprotocol" => {
            page.ask("the categories", "").await;
            page.behind_the_gateway("GET", "", "").await;
        }
        "/card/getcolors" => {
            page.ask("the colours", "").await;
            page.behind_the_gateway("GET", "", "").await;
        }
        path if path.starts_with("/cgi-bin/message/") => messages::page(&mut page, path).await,
        "/card/create" => cards::create(&mut page).await,
        "/card/get" => cards::get(&mut page).await,
        "/card/code/decrypt" => codes::decrypt(&mut page).await,
        "/card/code/get" => codes::get(&mut page).await,
        "/card/code/consume" => codes::consume(&mut page).await,
        "/card/code/update" => codes::update(&mut page).await,
        "/card/code/unavailable" => codes::unavailable(&mut page).await,
        "/card/code/mark" => codes::mark(&mut page).await,
        "/card/code/deposit" => codes::deposit(&mut page).await,
        "/card/code/getdepositcount" => codes::count(&mut page).await,
        "/card/code/checkcode" => codes::check(&mut page).await,
        "/card/user/getcardlist" => codes::held(&mut page).await,
        "/card/meetingticket/updateuser" => codes::meeting(&mut page).await,
        "/card/movieticket/updateuser" => codes::movie(&mut page).await,
        "/card/boardingpass/checkin" => codes::boarding(&mut page).await,
        "/card/batchget" => life::list(&mut page).await,
        "/card/update" => life::update(&mut page).await,
        "/card/modifystock" => life::stock(&mut page).await,
        "/card/delete" => life::delete(&mut page).await,
        "/card/paycell/set" => life::pay_cell(&mut page).await,
        "/card/selfconsumecell/set" => life::self_consume_cell(&mut page).await,
        "/card/testwhitelist/set" => life::testers(&mut page).await,
        "/card/qrcode/create" => life::qr(&mut page).await,
        "/card/landingpage/create" => life::page(&mut page).await,
        "/card/mpnews/gethtml" => life::html(&mut page).await,
        "/cgi-bin/showqrcode" => life::picture(&mut page).await,
        other => members::page(&mut page, other).await,
    }
    page
}

/// What befalls a call whatever its path.
async fn anywhere() -> Page {
    let mut page = Page::new("/card/nonsense").await;
    page.ask("an unknown path", "").await;
    page.turn("malformed_token", "40014").await;
    let malformed = page.test.get("/card/getcolors?access_token=short").await;
    page.note("malformed_token=40014", &malformed);
    #[cfg(feature = "intercept")]
    plain_http(&mut page).await;
    page
}

/// A proxy for plain HTTP is asked for one of WeChat's hosts.
#[cfg(feature = "intercept")]
async fn plain_http(page: &mut Page) {
    let mock = wechat_mock::MockWechat::builder().intercept().start().await;
    let proxy = reqwest::Proxy::http(mock.url()).unwrap();
    let http = reqwest::Client::builder().proxy(proxy).build().unwrap();
    let answer = page
        .test
        .send(http.get("http://api.weixin.qq.com/card/getcolors"))
        .await;
    assert_eq!(answer.errcode(), 43003, "{}", answer.text());
    page.numbers.insert(43003);
}

#[tokio::test]
async fn every_path_answers_and_every_number_is_provoked() {
    let mut seen = BTreeSet::new();
    for path in wechat_mock::paths() {
        let page = page(path).await;
        let name = path.trim_start_matches('/').replace('/', "_");
        assert_snapshot!(name, page.text);
        seen.extend(page.numbers);
    }
    let anywhere = anywhere().await;
    assert_snapshot!("anywhere", anywhere.text);
    seen.extend(anywhere.numbers);

    let rows = fixtures::errcodes().as_array().unwrap().iter();
    let known: BTreeSet<i64> = rows
        .filter(|row| row.get("not_reproduced").is_none())
        .map(|row| row["errcode"].as_i64().unwrap())
        .collect();
    let never: Vec<&i64> = known.difference(&seen).collect();
    assert!(never.is_empty(), "nothing provokes {never:?}");
    let unlisted: Vec<&i64> = seen.difference(&known).collect();
    assert!(
        unlisted.is_empty(),
        "listed as never answered: {unlisted:?}"
    );
}
