//! What is held to account: anything that answers WeChat's paths and the mock's control API.

use reqwest::{
    Client, ClientBuilder, Proxy, RequestBuilder,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};

/// How a rule was broken, or why it could not be tried.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// The target answered something else.
    #[error("{what}: expected {expected}, came {received}")]
    Differs {
        /// What was looked at.
        what: String,
        /// What the rule says.
        expected: String,
        /// What the target said.
        received: String,
    },
    /// The target did not answer, or not in HTTP.
    #[error("no answer")]
    NoAnswer(#[source] reqwest::Error),
    /// Nothing of the kind the case needs could be set up.
    #[error("cannot set up: {0}")]
    Arrange(String),
}

impl Violation {
    pub(crate) fn differs(
        what: impl Into<String>,
        expected: impl std::fmt::Display,
        received: impl std::fmt::Display,
    ) -> Self {
        Self::Differs {
            what: what.into(),
            expected: expected.to_string(),
            received: received.to_string(),
        }
    }
}

impl From<reqwest::Error> for Violation {
    fn from(error: reqwest::Error) -> Self {
        // The query holds the token.
        Self::NoAnswer(error.without_url())
    }
}

/// An answer as it came.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    /// Null when the body is no JSON.
    pub(crate) json: Value,
}

impl Answer {
    /// The number, 0 when there is none.
    pub(crate) fn errcode(&self) -> i64 {
        self.json["errcode"].as_i64().unwrap_or(0)
    }

    /// The rid or hint in the message of a refusal.
    pub(crate) fn trace(&self) -> Option<&str> {
        let errmsg = self.json["errmsg"].as_str()?;
        let (_, rest) = errmsg
            .split_once("rid: ")
            .or_else(|| errmsg.split_once("hint: ["))?;
        rest.split([']', ' ']).next()
    }

    /// A text that the case needs to go on.
    pub(crate) fn text(&self, key: &str) -> Result<String, Violation> {
        let text = self.json[key].as_str().map(str::to_owned);
        text.ok_or_else(|| Violation::Arrange(format!("no {key} in {}", self.json)))
    }
}

/// A server behind a URL.
#[derive(Clone, Debug)]
pub struct Target {
    url: String,
    http: Client,
    /// Whether nobody else uses it, so that its switches may be turned.
    is_own: bool,
}

impl Target {
    /// `url` without a path, such as `http://127.0.0.1:7420`.
    ///
    /// # Errors
    ///
    /// [`Violation::NoAnswer`] when no HTTP client can be made.
    pub fn new(url: &str) -> Result<Self, Violation> {
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            http: client().build()?,
            is_own: false,
        })
    }

    /// The same target, which nobody else uses: cases may turn its switches, and turn them back.
    #[must_use]
    pub fn own(self) -> Self {
        Self {
            is_own: true,
            ..self
        }
    }

    pub(crate) fn owns_switches(&self) -> bool {
        self.is_own
    }

    /// Asks whether anybody is there.
    ///
    /// # Errors
    ///
    /// A [`Violation`] when nobody answers, or somebody who is no mock.
    pub async fn reach(&self) -> Result<(), Violation> {
        self.control("health", &Value::Null).await.map(drop)
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Answer, Violation> {
        let response = request.send().await?;
        let content_type = response.headers().get("content-type");
        Ok(Answer {
            status: response.status().as_u16(),
            content_type: content_type
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
                .to_owned(),
            json: serde_json::from_slice(&response.bytes().await?).unwrap_or(Value::Null),
        })
    }

    pub(crate) fn request(&self, method: reqwest::Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Answer, Violation> {
        self.send(self.request(reqwest::Method::GET, path)).await
    }

    pub(crate) async fn post_text(&self, path: &str, body: &str) -> Result<Answer, Violation> {
        let request = self.request(reqwest::Method::POST, path);
        self.send(request.body(body.to_owned())).await
    }

    /// Whether the target is a proxy for WeChat's hosts.
    ///
    /// # Errors
    ///
    /// A [`Violation`] when nobody answers.
    pub async fn is_proxy(&self) -> Result<bool, Violation> {
        Ok(self.get("/_mock/ca.pem").await?.status == 200)
    }

    /// Asks WeChat's own host, with the target as the proxy and without TLS.
    pub(crate) async fn get_by_plain_http(&self, path: &str) -> Result<Answer, Violation> {
        let http = client().proxy(Proxy::http(&self.url)?).build()?;
        self.send(http.get(format!("http://api.weixin.qq.com{path}")))
            .await
    }

    /// A call of the control API that has to be done.
    pub(crate) async fn control(&self, path: &str, body: &Value) -> Result<Value, Violation> {
        let path = format!("/_mock/v1/{path}");
        let answer = if body.is_null() {
            self.get(&path).await?
        } else {
            self.post_text(&path, &body.to_string()).await?
        };
        if !(200..300).contains(&answer.status) {
            let message = format!("{path} answered {} {}", answer.status, answer.json);
            return Err(Violation::Arrange(message));
        }
        Ok(answer.json)
    }

    /// How all switches of the target stand, fit for [`Self::turn`].
    pub(crate) async fn switches(&self) -> Result<Value, Violation> {
        self.control("switches", &Value::Null).await
    }

    /// Turns switches of the target: `{"name": "value"}`.
    pub(crate) async fn turn(&self, switches: &Value) -> Result<(), Violation> {
        let request = self.request(reqwest::Method::PATCH, "/_mock/v1/switches");
        let answer = self.send(request.body(switches.to_string())).await?;
        if answer.status == 200 {
            return Ok(());
        }
        let message = format!("{switches} cannot be turned: {}", answer.json);
        Err(Violation::Arrange(message))
    }

    async fn account(&self, kind: &str, platform: &str) -> Result<Account, Violation> {
        let draft = if platform.is_empty() {
            json!({"kind": kind})
        } else {
            json!({"kind": kind, "open_platform": platform})
        };
        let made = self.control("accounts", &draft).await?;
        let text = |key: &str| made[key].as_str().unwrap_or_default().to_owned();
        Ok(Account {
            appid: text("appid"),
            secret: text("secret"),
            platform: text("open_platform"),
        })
    }

    /// A shop of its own: an Official Account, its mini-program and a customer that no case shares.
    pub(crate) async fn shop(&self) -> Result<Shop, Violation> {
        let oa = self.account("official_account", "").await?;
        let mp = self.account("mini_program", &oa.platform).await?;
        let user = format!("customer of {}", oa.appid);
        self.control("users", &json!({"name": user})).await?;
        let mut shop = Shop {
            target: self.clone(),
            oa,
            mp,
            user,
            token: String::new(),
        };
        shop.token = shop.token_of(&shop.oa).await?;
        Ok(shop)
    }
}

/// What all clients of the suite have in common.
fn client() -> ClientBuilder {
    Client::builder()
        .timeout(std::time::Duration::from_secs(30))
        .no_proxy()
}

/// What a case needs of an account.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) appid: String,
    pub(crate) secret: String,
    platform: String,
}

/// The values of cardExt; empty ones are left out of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ext {
    pub(crate) ticket: String,
    pub(crate) timestamp: String,
    pub(crate) nonce_str: String,
    pub(crate) code: String,
    pub(crate) openid: String,
}

impl Ext {
    /// cardExt, rightly signed for a card.
    pub(crate) fn sign(&self, card_id: &str) -> Value {
        let mut values = [
            self.ticket.as_str(),
            &self.timestamp,
            card_id,
            &self.nonce_str,
            &self.code,
            &self.openid,
        ];
        values.sort_unstable();
        let mut ext = json!({"signature": hex::encode(Sha1::digest(values.concat()))});
        for (key, value) in [
            ("timestamp", &self.timestamp),
            ("nonce_str", &self.nonce_str),
            ("code", &self.code),
            ("openid", &self.openid),
        ] {
            if !value.is_empty() {
                ext[key] = json!(value);
            }
        }
        ext
    }
}

/// A shop that one case has for itself.
#[derive(Clone, Debug)]
pub(crate) struct Shop {
    pub(crate) target: Target,
    pub(crate) oa: Account,
    pub(crate) mp: Account,
    pub(crate) user: String,
    /// The Official Account's token.
    pub(crate) token: String,
}

/// The size of a day in seconds.
pub(crate) const DAY: i64 = 86_400;

impl Shop {
    pub(crate) async fn token_of(&self, account: &Account) -> Result<String, Violation> {
        let path = format!(
            "/cgi-bin/token?grant_type=client_credential&appid={}&secret={}",
            account.appid, account.secret
        );
        self.target.get(&path).await?.text("access_token")
    }

    /// Changes the Official Account, as the control API does.
    pub(crate) async fn change(&self, change: Value) -> Result<(), Violation> {
        self.change_account(&self.oa, change).await
    }

    pub(crate) async fn change_account(
        &self,
        account: &Account,
        change: Value,
    ) -> Result<(), Violation> {
        let path = format!("/_mock/v1/accounts/{}", account.appid);
        let request = self.target.request(reqwest::Method::PATCH, &path);
        let answer = self.target.send(request.body(change.to_string())).await?;
        if answer.status == 200 {
            return Ok(());
        }
        let message = format!("{change} cannot be set: {}", answer.json);
        Err(Violation::Arrange(message))
    }

    /// The path with the Official Account's token.
    pub(crate) fn signed_in(&self, path: &str) -> String {
        let separator = if path.contains('?') { '&' } else { '?' };
        format!("{path}{separator}access_token={}", self.token)
    }

    pub(crate) async fn ask(&self, path: &str) -> Result<Answer, Violation> {
        self.target.get(&self.signed_in(path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Result<Answer, Violation> {
        self.post_text(path, &body.to_string()).await
    }

    pub(crate) async fn post_text(&self, path: &str, body: &str) -> Result<Answer, Violation> {
        self.target.post_text(&self.signed_in(path), body).await
    }

    pub(crate) async fn upload(
        &self,
        path: &str,
        file_name: &str,
        bytes: &[u8],
    ) -> Result<Answer, Violation> {
        let part = Part::bytes(bytes.to_vec()).file_name(file_name.to_owned());
        let request = self
            .target
            .request(reqwest::Method::POST, &self.signed_in(path))
            .multipart(Form::new().part("media", part));
        self.target.send(request).await
    }

    /// Whether the latest call of a path by this shop's account left an advice.
    pub(crate) async fn is_advised(&self, path: &str, rule: &str) -> Result<(), Violation> {
        let path = format!("requests?path={path}&appid={}", self.oa.appid);
        let rows = self.target.control(&path, &Value::Null).await?;
        let latest = rows["requests"].as_array().and_then(|rows| rows.last());
        let advice = latest.map_or(&Value::Null, |row| &row["advice"]);
        let mut rules = advice.as_array().into_iter().flatten();
        if rules.any(|advice| advice["rule"] == rule) {
            Ok(())
        } else {
            Err(Violation::differs("advice", rule, advice))
        }
    }

    /// Seconds since 1970 on the target's clock.
    pub(crate) async fn now(&self) -> Result<i64, Violation> {
        let clock = self.target.control("clock", &Value::Null).await?;
        let now = clock["now"].as_i64();
        now.ok_or_else(|| Violation::Arrange(format!("no time in {clock}")))
    }

    pub(crate) async fn advance(&self, seconds: i64) -> Result<(), Violation> {
        let change = json!({"advance": seconds});
        self.target.control("clock", &change).await.map(drop)
    }

    /// The seed's card, valid from now for 30 days.
    pub(crate) async fn card(&self) -> Result<Value, Violation> {
        let logo = fixtures::image("logo.jpg");
        let answer = self
            .upload("/cgi-bin/media/uploadimg", "logo.jpg", logo)
            .await?;
        let url = answer.text("url")?;
        let now = self.now().await?;
        Ok(fixtures::seed_card_with(&url, &url, now, now + 30 * DAY))
    }

    /// What create answers to the seed's card after a change to its node.
    pub(crate) async fn create(&self, change: impl Fn(&mut Value)) -> Result<Answer, Violation> {
        let mut card = self.card().await?;
        change(&mut card["card"]["general_coupon"]);
        self.post("/card/create", card).await
    }

    /// A card that can be claimed, its `base_info` changed.
    pub(crate) async fn card_id(&self, change: impl Fn(&mut Value)) -> Result<String, Violation> {
        let answer = self.create(|node| change(&mut node["base_info"])).await?;
        answer.text("card_id")
    }

    pub(crate) async fn ticket(&self, kind: &str) -> Result<String, Violation> {
        let path = format!("/cgi-bin/ticket/getticket?type={kind}");
        self.ask(&path).await?.text("ticket")
    }

    /// The values of a right claim.
    pub(crate) async fn ext(&self, nonce: &str) -> Result<Ext, Violation> {
        Ok(Ext {
            ticket: self.ticket("wx_card").await?,
            timestamp: self.now().await?.to_string(),
            nonce_str: nonce.to_owned(),
            ..Ext::default()
        })
    }

    /// What `wx.addCard` does with one card on the mini-program's page.
    pub(crate) async fn add_card(&self, card_id: &str, ext: &Value) -> Result<Value, Violation> {
        // The phone takes cardExt as a text; a case that sends something else says so by null.
        let ext = if ext.is_object() {
            json!(ext.to_string())
        } else {
            ext.clone()
        };
        self.add_card_raw(&self.mp.appid, card_id, &ext).await
    }

    pub(crate) async fn add_card_raw(
        &self,
        page: &str,
        card_id: &str,
        ext: &Value,
    ) -> Result<Value, Violation> {
        let path = format!("users/{}/add-card", self.user);
        let call = json!({"appid": page, "cardList": [{"cardId": card_id, "cardExt": ext}]});
        self.target.control(&path, &call).await
    }

    /// A claimed card: its id, its encrypted code and its code.
    pub(crate) async fn claimed(&self) -> Result<Claimed, Violation> {
        let card_id = self.card_id(|_| {}).await?;
        self.claimed_of(card_id).await
    }

    pub(crate) async fn claimed_of(&self, card_id: String) -> Result<Claimed, Violation> {
        let ext = self.ext("first").await?.sign(&card_id);
        self.claimed_with(card_id, &ext).await
    }

    pub(crate) async fn claimed_with(
        &self,
        card_id: String,
        ext: &Value,
    ) -> Result<Claimed, Violation> {
        let outcome = self.add_card(&card_id, ext).await?;
        let encrypted = outcome["cardList"][0]["code"].as_str().unwrap_or_default();
        let answer = self
            .post("/card/code/decrypt", json!({"encrypt_code": encrypted}))
            .await?;
        Ok(Claimed {
            card_id,
            encrypted: encrypted.to_owned(),
            code: answer.text("code")?,
        })
    }

    /// What the customer does with a code on their phone: `gift`, `accept`, `delete`, `view`, `consume`.
    pub(crate) async fn on_phone(
        &self,
        user: &str,
        code: &str,
        what: &str,
        body: Value,
    ) -> Result<Value, Violation> {
        let path = format!("users/{user}/cards/{code}/{what}");
        self.target.control(&path, &body).await
    }

    /// The openid of a user at the Official Account; empty when the target names none.
    pub(crate) async fn openid_of(&self, user: &str) -> Result<String, Violation> {
        let user = self
            .target
            .control(&format!("users/{user}"), &Value::Null)
            .await?;
        let openid = user["openids"][&self.oa.appid].as_str();
        Ok(openid.unwrap_or_default().to_owned())
    }

    /// A second customer.
    pub(crate) async fn friend(&self) -> Result<String, Violation> {
        let name = format!("friend of {}", self.user);
        self.target.control("users", &json!({"name": name})).await?;
        Ok(name)
    }

    /// Another Official Account, and a shop of it.
    pub(crate) async fn stranger(&self) -> Result<Self, Violation> {
        self.target.shop().await
    }
}

/// A card in a wallet.
#[derive(Clone, Debug)]
pub(crate) struct Claimed {
    pub(crate) card_id: String,
    pub(crate) encrypted: String,
    pub(crate) code: String,
}
