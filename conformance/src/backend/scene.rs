//! The customers, sessions and values of one case about the backend.

use std::{
    collections::BTreeMap,
    hash::{BuildHasher, Hasher, RandomState},
    sync::Arc,
};

use reqwest::Client;
use serde_json::{Map, Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    arrange::{Action, Arranger},
    http::{Answer, Request, send},
    scene::{Stop, assembled, failed, query_of},
    sign::signature,
    step::{Call, Upload},
    traffic::Exchange,
    variables::{Variables, places},
};

/// A backend, and who plays its customers.
#[derive(Clone)]
pub(crate) struct Shop {
    pub(crate) url: String,
    pub(crate) http: Client,
    pub(crate) arranger: Arc<dyn Arranger>,
    pub(crate) admin_token: String,
    /// Appids of the Official Account and of the mini-program.
    pub(crate) oa: String,
    pub(crate) mp: String,
    /// The token of pushes, where the mock pushes to the backend in clear.
    pub(crate) callback_token: Option<String>,
}

pub(super) struct Scene {
    pub(super) shop: Shop,
    pub(super) variables: Variables,
    pub(super) traffic: Vec<Exchange>,
    /// Name in the case, and name at the mock.
    users: BTreeMap<String, String>,
}

impl Scene {
    pub(super) async fn open(shop: Shop) -> Result<Self, Stop> {
        let mut variables = Variables::default();
        let unique = RandomState::new().build_hasher().finish();
        variables.set("unique", &format!("{unique:016x}"));
        variables.set("url", &shop.url);
        // Names with `secret` are never shown.
        variables.set("admin_secret", &shop.admin_token);
        variables.now = OffsetDateTime::now_utc().unix_timestamp();
        if shop.arranger.can(&Action::ReadClock) {
            variables.set("oa", &shop.oa);
            variables.set("mp", &shop.mp);
            let clock = shop.arranger.carry_out(Action::ReadClock).await?;
            let now = clock["now"].as_i64();
            variables.now = now.ok_or_else(|| failed(format!("no time in {clock}")))?;
        }
        Ok(Self {
            shop,
            variables,
            traffic: Vec::new(),
            users: BTreeMap::new(),
        })
    }

    pub(super) async fn arrange(&self, action: Action) -> Result<Value, Stop> {
        Ok(self.shop.arranger.carry_out(action).await?)
    }

    /// The name at the mock of a customer of the case.
    pub(super) async fn user(&mut self, name: &str) -> Result<String, Stop> {
        if let Some(known) = self.users.get(name) {
            return Ok(known.clone());
        }
        let unique = self.variables.get("unique").unwrap_or_default();
        let full = format!("{name} of {unique}");
        let with = Map::new();
        let name_at_mock = full.clone();
        self.arrange(Action::NewUser {
            name: name_at_mock,
            with,
        })
        .await?;
        self.users.insert(name.to_owned(), full.clone());
        Ok(full)
    }

    /// An action with the appids and names at the mock in place of those of the case.
    pub(super) async fn named(&mut self, action: &Value) -> Result<Value, Stop> {
        let mut named = self.variables.fill(action).map_err(failed)?;
        let appid = |name: &str| match name {
            "oa" => self.shop.oa.clone(),
            "mp" => self.shop.mp.clone(),
            other => other.to_owned(),
        };
        if let Some(name) = action["account"].as_str() {
            named["account"] = json!(appid(name));
        }
        if let Some(name) = action["with"]["appid"].as_str() {
            named["with"]["appid"] = json!(appid(name));
        }
        if let Some(name) = action["user"].as_str() {
            named["user"] = json!(self.user(name).await?);
        }
        if let Some(name) = action["with"]["to"].as_str() {
            named["with"]["to"] = json!(self.user(name).await?);
        }
        Ok(named)
    }

    /// Makes everything that the places of a value name.
    pub(super) async fn resolve(&mut self, value: &Value) -> Result<(), Stop> {
        for place in places(value) {
            if self.variables.get(&place).is_none() {
                self.make(&place).await?;
            }
        }
        Ok(())
    }

    async fn make(&mut self, place: &str) -> Result<(), Stop> {
        if let Some(offset) = place.strip_prefix("time") {
            // `{{time-60}}`: RFC 3339 in UTC, as the backend writes times.
            let offset: i64 = offset.parse().unwrap_or(0);
            let at = OffsetDateTime::from_unix_timestamp(self.variables.now + offset);
            let text = at.ok().and_then(|at| at.format(&Rfc3339).ok());
            let text = text.ok_or_else(|| failed(format!("{place} is no time")))?;
            self.variables.set(place, &text);
        } else if place == "logo_url" {
            let url = self.logo().await?;
            self.variables.set(place, &url);
        } else if let Some(name) = place.strip_prefix("js_code:") {
            let js_code = self.js_code(name).await?;
            self.variables.set(place, &js_code);
        } else if let Some(name) = place.strip_prefix("session_secret:") {
            let token = self.session(name).await?;
            self.variables.set(place, &token);
        } else if place.starts_with("openid:") || place.starts_with("unionid:") {
            let (kind, name) = place.split_once(':').unwrap_or_default();
            let user = self.user(name).await?;
            let known = self.arrange(Action::ReadUser { user }).await?;
            let value = match kind {
                "unionid" => &known["unionid"],
                _ => &known["openids"][&self.shop.oa],
            };
            let value = value.as_str();
            let value = value.ok_or_else(|| failed(format!("no {kind} in {known}")))?;
            self.variables.set(place, value);
        }
        Ok(())
    }

    async fn js_code(&mut self, name: &str) -> Result<String, Stop> {
        let user = self.user(name).await?;
        let with = Map::from_iter([("appid".to_owned(), json!(self.shop.mp))]);
        let action = Action::Phone {
            user,
            action: "login".to_owned(),
            code: None,
            with,
        };
        let login = self.arrange(action).await?;
        text_at(&login, "code")
    }

    async fn session(&mut self, name: &str) -> Result<String, Stop> {
        let js_code = self.js_code(name).await?;
        let call = Call {
            method: "POST".to_owned(),
            path: "/v1/login".to_owned(),
            json: Some(json!({"js_code": js_code})),
            ..Call::default()
        };
        let answer = self.send(&self.request_of(&call, &[])?).await?;
        text_at(&answer.json().unwrap_or(Value::Null), "session_token")
            .map_err(|_| failed(format!("the login: {}", answer.text)))
    }

    async fn logo(&mut self) -> Result<String, Stop> {
        let call = Call {
            method: "POST".to_owned(),
            path: "/admin/v1/logos".to_owned(),
            upload: Some(Upload::logo("file")),
            ..Call::default()
        };
        let request = Box::pin(self.request(&call, false)).await?;
        let answer = self.send(&request).await?;
        text_at(&answer.json().unwrap_or(Value::Null), "url")
            .map_err(|_| failed(format!("the logo: {}", answer.text)))
    }

    /// The request of a call, with the caller's token; its places are filled in.
    pub(super) async fn request(&mut self, call: &Call, signed: bool) -> Result<Request, Stop> {
        let caller = match &call.caller {
            Some(caller) => caller.clone(),
            None if call.path.starts_with("/admin/") => "admin".to_owned(),
            None => "none".to_owned(),
        };
        let mut call = call.clone();
        let token = match caller.as_str() {
            "none" => None,
            "admin" => Some("admin_secret".to_owned()),
            name => {
                let place = format!("session_secret:{name}");
                self.resolve(&json!(["{{", &place, "}}"].concat())).await?;
                Some(place)
            }
        };
        if let Some(place) = token {
            let token = self.variables.get(&place).unwrap_or_default();
            let header = json!(format!("Bearer {token}"));
            call.headers.insert("Authorization".to_owned(), header);
        }
        let mut more = Vec::new();
        if signed {
            let token = self.shop.callback_token.clone().unwrap_or_default();
            let timestamp = self.variables.now.to_string();
            let nonce = self.variables.get("unique").unwrap_or_default().to_owned();
            let signed = json!({"token": token, "timestamp": timestamp, "nonce": nonce});
            more.push(("signature", signature(&signed, false)));
            more.push(("timestamp", timestamp));
            more.push(("nonce", nonce));
        }
        self.request_of(&call, &more)
    }

    fn request_of(&self, call: &Call, more: &[(&str, String)]) -> Result<Request, Stop> {
        let mut pairs = query_of(call, &self.variables);
        pairs.extend(more.iter().cloned());
        assembled(call, pairs, &self.variables)
    }

    pub(super) async fn send(&mut self, request: &Request) -> Result<Answer, Stop> {
        let sent = send(&self.shop.http, &self.shop.url, false, request).await;
        let answer = sent.map_err(|error| failed(format!("no answer: {error}")))?;
        self.seen(request, &answer);
        Ok(answer)
    }

    /// Notes what went over the wire.
    pub(super) fn seen(&mut self, request: &Request, answer: &Answer) {
        let exchange = Exchange::of(request, answer, &self.variables);
        self.traffic.push(exchange);
    }
}

pub(super) fn text_at(json: &Value, key: &str) -> Result<String, Stop> {
    let text = json[key].as_str().map(str::to_owned);
    text.ok_or_else(|| failed(format!("no {key} in {json}")))
}
