//! A mock with a still clock, and somebody who calls it.

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use wechat_mock::{AddCardOutcome, Builder, CardExt, MockWechat, sign::Signed};

/// The moment at which every test begins: 2026-12-23T04:26:40Z.
pub(crate) const NOW: i64 = 1_798_000_000;
pub(crate) const DAY: i64 = 86_400;

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(self.text()).unwrap()
    }

    /// The number, 0 when there is none.
    pub(crate) fn errcode(&self) -> i64 {
        self.json()["errcode"].as_i64().unwrap_or(0)
    }

    /// The rid or hint of a refusal.
    pub(crate) fn trace(&self) -> String {
        let json = self.json();
        let errmsg = json["errmsg"].as_str().unwrap();
        let rid = errmsg.split_once("rid: ");
        let rid = rid.map(|(_, rest)| rest.split(' ').next().unwrap().to_owned());
        rid.or_else(|| self.hint()).unwrap()
    }

    /// The hint of a refusal that has one.
    pub(crate) fn hint(&self) -> Option<String> {
        let (_, rest) = self.text().split_once("hint: [")?;
        Some(rest.split(']').next().unwrap().to_owned())
    }

    /// Status, content type and body, byte for byte but for the rid or hint.
    pub(crate) fn shown(&self) -> String {
        let mut text = self.text().to_owned();
        if text.contains("rid: ") || text.contains("hint: [") {
            text = text.replace(&self.trace(), "TRACE");
        }
        if let Some(hint) = self.hint() {
            text = text.replace(&hint, "HINT");
        }
        format!("{} {}\n{text}", self.status, self.content_type)
    }
}

pub(crate) struct TestMock {
    pub(crate) mock: MockWechat,
    http: reqwest::Client,
    /// The Official Account's token.
    pub(crate) token: String,
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

impl TestMock {
    /// A starter world at [`NOW`], and a token of `oa`.
    pub(crate) async fn start() -> Self {
        Self::start_with(MockWechat::builder()).await
    }

    /// The same with further settings.
    pub(crate) async fn start_with(builder: Builder) -> Self {
        let mock = builder.seed(7).start().await;
        mock.clock().freeze();
        mock.clock().set(NOW).unwrap();
        let mut test = Self {
            mock,
            http: client(),
            token: String::new(),
        };
        test.token = test.token_of("oa").await;
        test
    }

    /// Calls by new connections: after a long wait the mock closes those that are idle.
    pub(crate) fn reconnect(&mut self) {
        self.http = client();
    }

    /// A fresh token of an account, by `/cgi-bin/token`.
    pub(crate) async fn token_of(&self, name: &str) -> String {
        let account = self.mock.account(name).unwrap();
        let answer = self
            .get(&format!(
                "/cgi-bin/token?grant_type=client_credential&appid={}&secret={}",
                account.appid, account.secret
            ))
            .await;
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let content_type = response.headers().get("content-type");
        Answer {
            status: response.status().as_u16(),
            content_type: content_type
                .map_or("", |value| value.to_str().unwrap())
                .to_owned(),
            body: response.bytes().await.unwrap().to_vec(),
        }
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.mock.url());
        self.http.request(method.parse().unwrap(), url)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request("GET", path)).await
    }

    /// A path with the Official Account's token; further values may already stand in its query.
    pub(crate) fn signed_in(&self, path: &str) -> String {
        let separator = if path.contains('?') { '&' } else { '?' };
        format!("{path}{separator}access_token={}", self.token)
    }

    /// GET with the Official Account's token.
    pub(crate) async fn ask(&self, path: &str) -> Answer {
        self.get(&self.signed_in(path)).await
    }

    /// POST with the Official Account's token.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_text(path, "application/json", &body.to_string())
            .await
    }

    pub(crate) async fn post_text(&self, path: &str, content_type: &str, body: &str) -> Answer {
        let request = self.request("POST", &self.signed_in(path));
        self.send(
            request
                .header("content-type", content_type)
                .body(body.to_owned()),
        )
        .await
    }

    pub(crate) async fn upload(&self, path: &str, file_name: &str, bytes: Vec<u8>) -> Answer {
        let part = Part::bytes(bytes).file_name(file_name.to_owned());
        let request = self.request("POST", &self.signed_in(path));
        self.send(request.multipart(Form::new().part("buffer", part)))
            .await
    }

    pub(crate) async fn control(&self, method: &str, path: &str, body: &Value) -> Answer {
        let request = self.request(method, &format!("/_mock/v1/{path}"));
        let request = if body.is_null() {
            request
        } else {
            request.body(body.to_string())
        };
        self.send(request).await
    }

    /// The rule that a refusal names.
    pub(crate) fn rule(&self, refused: &Answer) -> String {
        let record = self.mock.journal().explain(&refused.trace()).unwrap();
        record["rule"].as_str().unwrap_or_default().to_owned()
    }

    /// The picture URL of a fresh upload.
    pub(crate) async fn image_url(&self) -> String {
        let logo = fixtures::image("logo.jpg").to_vec();
        let answer = self
            .upload("/cgi-bin/media/uploadimg", "logo.jpg", logo)
            .await;
        answer.json()["url"].as_str().unwrap().to_owned()
    }

    /// The seed's card, valid from now for 30 days.
    pub(crate) async fn seed_card(&self) -> Value {
        let url = self.image_url().await;
        fixtures::seed_card_with(&url, &url, NOW, NOW + 30 * DAY)
    }

    /// Makes the seed's card with `change` applied to its `base_info`.
    pub(crate) async fn create_with(&self, change: impl FnOnce(&mut Value)) -> String {
        let mut card = self.seed_card().await;
        change(&mut card["card"]["general_coupon"]["base_info"]);
        let answer = self.post("/card/create", &card).await;
        let json = answer.json();
        let card_id = json["card_id"].as_str();
        card_id.unwrap_or_else(|| panic!("{json}")).to_owned()
    }

    pub(crate) async fn create(&self) -> String {
        self.create_with(|_| {}).await
    }

    pub(crate) async fn ticket(&self, kind: &str) -> String {
        let answer = self
            .ask(&format!("/cgi-bin/ticket/getticket?type={kind}"))
            .await;
        answer.json()["ticket"].as_str().unwrap().to_owned()
    }

    /// cardExt for one claim, signed rightly.
    pub(crate) async fn card_ext(&self, card_id: &str, nonce: &str) -> String {
        let ticket = self.ticket("wx_card").await;
        card_ext(
            &ticket,
            card_id,
            nonce,
            &self.mock.clock().now().to_string(),
        )
    }

    /// A rightly signed claim.
    pub(crate) async fn claim(&self, user: &str, card_id: &str, nonce: &str) -> AddCardOutcome {
        let ext = self.card_ext(card_id, nonce).await;
        self.add_card(user, card_id, ext)
    }

    /// What `wx.addCard` does on the mini-program's page.
    pub(crate) fn add_card(
        &self,
        user: &str,
        card_id: &str,
        ext: impl Into<CardExt>,
    ) -> AddCardOutcome {
        let page = self.mock.mini_program().appid;
        self.mock.user(user).add_card(&page, card_id, ext).unwrap()
    }

    /// The code in clear of a claim by a user.
    pub(crate) async fn claimed_of(&self, user: &str, card_id: &str, nonce: &str) -> String {
        let outcome = self.claim(user, card_id, nonce).await;
        let encrypted = outcome.encrypted_code();
        let encrypted = encrypted.unwrap_or_else(|| panic!("{}", outcome.raw()));
        let answer = self
            .post("/card/code/decrypt", &json!({"encrypt_code": encrypted}))
            .await;
        answer.json()["code"].as_str().unwrap().to_owned()
    }

    /// A rightly signed claim of a card with custom codes.
    pub(crate) async fn claim_custom(
        &self,
        user: &str,
        card_id: &str,
        code: &str,
    ) -> AddCardOutcome {
        let (ticket, now) = (
            self.ticket("wx_card").await,
            self.mock.clock().now().to_string(),
        );
        let nonce = format!("of {code}");
        let signed = Signed {
            api_ticket: &ticket,
            timestamp: &now,
            card_id,
            nonce_str: &nonce,
            code,
            ..Signed::default()
        };
        let ext = json!({
            "timestamp": now, "nonce_str": nonce, "code": code, "signature": signed.signature(),
        });
        self.add_card(user, card_id, ext.to_string())
    }

    /// A fresh card of which a user has claimed this custom code.
    pub(crate) async fn claimed_custom(&self, user: &str, code: &str) -> String {
        let card_id = self
            .create_with(|base| {
                base["use_custom_code"] = json!(true);
                base["can_give_friend"] = json!(true);
            })
            .await;
        let outcome = self.claim_custom(user, &card_id, code).await;
        assert!(outcome.is_success(), "{}", outcome.raw());
        card_id
    }

    /// The openid of a user at `oa`.
    pub(crate) async fn openid(&self, user: &str) -> String {
        let answer = self
            .control("GET", &format!("users/{user}"), &Value::Null)
            .await;
        let appid = self.mock.official_account().appid;
        answer.json()["openids"][&appid]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// A card whose codes the merchant puts in.
    pub(crate) async fn deposit_card(&self) -> String {
        self.create_with(|base| {
            base["use_custom_code"] = json!(true);
            base["get_custom_code_mode"] = json!("GET_CUSTOM_CODE_MODE_DEPOSIT");
            base["sku"]["quantity"] = json!(0);
        })
        .await
    }

    /// A card of another type than the seed's; `node` is what the type has beside `base_info`.
    pub(crate) async fn create_of(&self, card_type: &str, node: Value) -> String {
        let mut node = node;
        node["base_info"] = self.seed_card().await["card"]["general_coupon"]["base_info"].take();
        let card = json!({"card_type": card_type, card_type.to_ascii_lowercase(): node});
        let answer = self
            .post("/card/create", &json!({"card": card}))
            .await
            .json();
        let card_id = answer["card_id"].as_str();
        card_id.unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// A card in a wallet: its `card_id`, its encrypted code and its code.
    pub(crate) async fn claimed(&self, user: &str) -> (String, String, String) {
        let card_id = self.create().await;
        let outcome = self.claim(user, &card_id, "n-1").await;
        let encrypted = outcome.encrypted_code().unwrap().to_owned();
        let answer = self
            .post("/card/code/decrypt", &json!({"encrypt_code": encrypted}))
            .await;
        let code = answer.json()["code"].as_str().unwrap().to_owned();
        (card_id, encrypted, code)
    }
}

/// cardExt signed with `ticket`.
pub(crate) fn card_ext(ticket: &str, card_id: &str, nonce: &str, timestamp: &str) -> String {
    let signed = Signed {
        api_ticket: ticket,
        timestamp,
        card_id,
        nonce_str: nonce,
        ..Signed::default()
    };
    let signature = signed.signature();
    json!({"timestamp": timestamp, "nonce_str": nonce, "signature": signature}).to_string()
}
