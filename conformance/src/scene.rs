//! The accounts, customers and secrets of one case, made when a step first names them.

use std::{collections::BTreeMap, sync::Arc};

use reqwest::Client;
use serde_json::{Map, Value, json};

use crate::{
    arrange::{Action, ArrangeError, Arranger},
    guard::Guard,
    http::{Answer, Request, send},
    step::{Call, Upload},
    traffic::Exchange,
    variables::{Variables, places},
};

/// Why a case ends before its last step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The target answered something else.
    Differs(String),
    /// The case could not be tried.
    Failed(String),
    /// The case says nothing about this target, as became clear on the way.
    Skipped(String),
}

impl From<ArrangeError> for Stop {
    fn from(error: ArrangeError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl Stop {
    /// The same with varying values replaced by their names.
    pub(crate) fn without_ids(self, variables: &Variables) -> Self {
        self.worded(|why| variables.without_ids(&why))
    }

    /// Told of a step, which is counted from 0.
    pub(crate) fn in_step(self, at: usize) -> Self {
        self.worded(|why| format!("step {}: {why}", at + 1))
    }

    /// Told of a step of the preparation: a case that cannot be prepared cannot be tried.
    pub(crate) fn in_preparation(self, at: usize) -> Self {
        match self {
            Self::Differs(why) | Self::Failed(why) => {
                failed(format!("preparation {}: {why}", at + 1))
            }
            skipped @ Self::Skipped(_) => skipped,
        }
    }

    /// Why a case says nothing about a target stays as it is.
    fn worded(self, word: impl FnOnce(String) -> String) -> Self {
        match self {
            Self::Differs(why) => Self::Differs(word(why)),
            Self::Failed(why) => Self::Failed(word(why)),
            skipped @ Self::Skipped(_) => skipped,
        }
    }
}

pub(crate) fn failed(why: impl Into<String>) -> Stop {
    Stop::Failed(why.into())
}

/// An account that exists before the suite comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) appid: String,
    pub(crate) secret: String,
}

/// What a case is run on.
#[derive(Clone)]
pub(crate) struct Stage {
    pub(crate) url: String,
    pub(crate) http: Client,
    pub(crate) arranger: Arc<dyn Arranger>,
    /// Whether the target explains its refusals.
    pub(crate) explains: bool,
    /// The account to use where none can be opened.
    pub(crate) given: Option<Given>,
    /// Of a real account: through whom every call goes.
    pub(crate) guard: Option<Arc<Guard>>,
    /// Whether answers are held against what is expected; else they are looked at alone.
    pub(crate) judges: bool,
}

pub(crate) struct Scene {
    pub(crate) stage: Stage,
    pub(crate) variables: Variables,
    pub(crate) traffic: Vec<Exchange>,
    /// Name in the case, and appid.
    accounts: BTreeMap<String, String>,
    /// Name in the case, and name at the target.
    users: BTreeMap<String, String>,
}

impl Scene {
    pub(crate) async fn open(stage: Stage) -> Result<Self, Stop> {
        let mut scene = Self {
            stage,
            variables: Variables::default(),
            traffic: Vec::new(),
            accounts: BTreeMap::new(),
            users: BTreeMap::new(),
        };
        scene.read_clock().await?;
        scene.account("oa").await?;
        let url = scene.stage.url.clone();
        scene.variables.set("url", &url);
        Ok(scene)
    }

    pub(crate) async fn arrange(&self, action: Action) -> Result<Value, Stop> {
        Ok(self.stage.arranger.carry_out(action).await?)
    }

    /// Reads the clock anew, as every token and ticket has to be read anew once it was moved.
    pub(crate) async fn read_clock(&mut self) -> Result<(), Stop> {
        self.variables.forget("access_token");
        self.variables.forget("ticket");
        self.variables.now = if self.stage.arranger.can(&Action::ReadClock) {
            let clock = self.arrange(Action::ReadClock).await?;
            clock["now"]
                .as_i64()
                .ok_or_else(|| failed(format!("no time in {clock}")))?
        } else {
            time::OffsetDateTime::now_utc().unix_timestamp()
        };
        Ok(())
    }

    /// The appid of `oa`, `mp`, `stranger` or `stranger_mp`; anything else is an appid itself.
    pub(crate) async fn account(&mut self, name: &str) -> Result<String, Stop> {
        if let Some(appid) = self.accounts.get(name) {
            return Ok(appid.clone());
        }
        let platform_of = |name: &str| self.variables.get(&format!("{name}_platform"));
        let (kind, with) = match name {
            "oa" => ("official_account", Map::new()),
            "mp" => ("mini_program", on_platform(platform_of("oa"))),
            "stranger" => {
                let with = Map::from_iter([("card_right".to_owned(), json!(false))]);
                ("official_account", with)
            }
            "stranger_mp" => {
                Box::pin(self.account("stranger")).await?;
                let platform = self.variables.get("stranger_platform");
                ("mini_program", on_platform(platform))
            }
            other => return Ok(other.to_owned()),
        };
        let action = Action::NewAccount {
            kind: kind.to_owned(),
            with,
        };
        let made = match &self.stage.given {
            Some(given) if name == "oa" && !self.stage.arranger.can(&action) => {
                json!({"appid": given.appid, "secret": given.secret})
            }
            _ => self.arrange(action).await?,
        };
        let text = |key: &str| made[key].as_str().unwrap_or_default();
        self.variables.set(name, text("appid"));
        self.variables
            .set(&format!("{name}_secret"), text("secret"));
        self.variables
            .set(&format!("{name}_original_id"), text("original_id"));
        self.variables
            .set(&format!("{name}_platform"), text("open_platform"));
        self.accounts
            .insert(name.to_owned(), text("appid").to_owned());
        Ok(text("appid").to_owned())
    }

    /// The name at the target of a customer of the case.
    pub(crate) async fn user(&mut self, name: &str) -> Result<String, Stop> {
        if let Some(known) = self.users.get(name) {
            return Ok(known.clone());
        }
        self.new_user(name, Map::new()).await
    }

    pub(crate) async fn new_user(
        &mut self,
        name: &str,
        with: Map<String, Value>,
    ) -> Result<String, Stop> {
        let full = format!("{name} of {}", self.account("oa").await?);
        self.arrange(Action::NewUser {
            name: full.clone(),
            with,
        })
        .await?;
        self.users.insert(name.to_owned(), full.clone());
        Ok(full)
    }

    /// The appids and names of an action, in place of those of the case.
    pub(crate) async fn named(&mut self, action: &Value) -> Result<Value, Stop> {
        let mut named = action.clone();
        if let Some(name) = action["account"].as_str() {
            named["account"] = json!(self.account(name).await?);
        }
        if let Some(name) = action["user"].as_str() {
            named["user"] = json!(self.user(name).await?);
        }
        for key in ["to", "appid"] {
            let Some(name) = action["with"][key].as_str() else {
                continue;
            };
            named["with"][key] = json!(match key {
                "to" => self.user(name).await?,
                _ => self.account(name).await?,
            });
        }
        Ok(named)
    }

    pub(crate) async fn token(&mut self, name: &str) -> Result<String, Stop> {
        let variable = match name {
            "oa" => "access_token".to_owned(),
            other => format!("access_token:{other}"),
        };
        if let Some(token) = self.variables.get(&variable) {
            return Ok(token.to_owned());
        }
        if let ("oa", Some(guard)) = (name, &self.stage.guard) {
            let token = guard.token(&self.stage.http, &self.stage.url).await?;
            self.variables.set(&variable, &token);
            return Ok(token);
        }
        let appid = self.account(name).await?;
        let secret = self
            .variables
            .get(&format!("{name}_secret"))
            .unwrap_or_default();
        let query = [
            ("grant_type", "client_credential"),
            ("appid", &appid),
            ("secret", secret),
        ];
        let token = self.ask("/cgi-bin/token", &query, "access_token").await?;
        self.variables.set(&variable, &token);
        Ok(token)
    }

    /// A text that a GET gives.
    async fn ask(&self, path: &str, query: &[(&str, &str)], key: &str) -> Result<String, Stop> {
        let query: String = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(query)
            .finish();
        let request = Request {
            method: "GET".to_owned(),
            path: format!("{path}?{query}"),
            headers: Vec::new(),
            body: Vec::new(),
            shown: None,
        };
        self.text_of(&request, key).await
    }

    async fn text_of(&self, request: &Request, key: &str) -> Result<String, Stop> {
        let answer = self.send(request, false).await?;
        let json = answer.json().unwrap_or(Value::Null);
        let text = json[key].as_str().map(str::to_owned);
        text.ok_or_else(|| failed(format!("no {key} in {}", answer.text)))
    }

    pub(crate) async fn send(&self, request: &Request, by_proxy: bool) -> Result<Answer, Stop> {
        let Stage {
            url, http, guard, ..
        } = &self.stage;
        if let Some(guard) = guard {
            return guard.send(http, url, request).await;
        }
        let sent = send(http, url, by_proxy, request).await;
        sent.map_err(|error| failed(format!("no answer: {error}")))
    }

    /// Makes everything that the places of a value name.
    pub(crate) async fn resolve(&mut self, value: &Value) -> Result<(), Stop> {
        for place in places(value) {
            if self.variables.get(&place).is_none() {
                self.make(&place).await?;
            }
        }
        Ok(())
    }

    async fn make(&mut self, place: &str) -> Result<(), Stop> {
        let (kind, of) = place.split_once(':').unwrap_or((place, ""));
        match kind {
            "access_token" => {
                self.token(if of.is_empty() { "oa" } else { of }).await?;
            }
            "ticket" => {
                let token = self.token("oa").await?;
                let kind = if of.is_empty() { "wx_card" } else { of };
                let query = [("type", kind), ("access_token", token.as_str())];
                let ticket = self
                    .ask("/cgi-bin/ticket/getticket", &query, "ticket")
                    .await?;
                self.variables.set(place, &ticket);
            }
            "logo_url" => {
                let url = self.picture().await?;
                self.variables.set(place, &url);
            }
            "user" => {
                let name = self.user(of).await?;
                self.variables.set(place, &name);
            }
            "openid" | "unionid" => {
                let (user, account) = of.split_once(':').unwrap_or((of, "oa"));
                let appid = self.account(account).await?;
                let user = self.user(user).await?;
                let known = self.arrange(Action::ReadUser { user }).await?;
                let value = if kind == "unionid" {
                    &known[kind]
                } else {
                    &known["openids"][&appid]
                };
                let value = value
                    .as_str()
                    .ok_or_else(|| failed(format!("no {kind} in {known}")))?;
                self.variables.set(place, value);
            }
            _ => {
                let account = kind
                    .split_once("_secret")
                    .or_else(|| kind.split_once("_original_id"));
                let account = account.map_or(kind, |(account, _)| account);
                if ["mp", "stranger", "stranger_mp"].contains(&account) {
                    self.account(account).await?;
                }
            }
        }
        Ok(())
    }

    /// A picture that the Official Account has uploaded.
    async fn picture(&mut self) -> Result<String, Stop> {
        let call = Call {
            method: "POST".to_owned(),
            path: "/cgi-bin/media/uploadimg".to_owned(),
            upload: Some(Upload::logo("media")),
            ..Call::default()
        };
        let request = self.request(&call).await?;
        self.text_of(&request, "url").await
    }

    /// The request of a call, with the caller's token; its places are filled in.
    pub(crate) async fn request(&mut self, call: &Call) -> Result<Request, Stop> {
        let path = self.variables.fill_text(&call.path);
        let mut pairs = query_of(call, &self.variables);
        let gives_tokens = ["/sns/", "/cgi-bin/token", "/cgi-bin/stable"]
            .iter()
            .any(|prefix| path.starts_with(prefix));
        let caller = call
            .caller
            .as_deref()
            .unwrap_or(if gives_tokens { "none" } else { "oa" });
        if caller != "none" && !call.query.contains_key("access_token") {
            pairs.push(("access_token", self.token(caller).await?));
        }
        assembled(call, pairs, &self.variables)
    }
}

/// What a call has in its query; its places are filled in.
pub(crate) fn query_of<'c>(call: &'c Call, variables: &Variables) -> Vec<(&'c str, String)> {
    let text_of = |value: &Value| match value {
        Value::String(text) => variables.fill_text(text),
        other => variables.fill_text(&other.to_string()),
    };
    let pairs = call.query.iter();
    pairs
        .map(|(name, value)| (name.as_str(), text_of(value)))
        .collect()
}

/// The request of a call, with a query of its own; its places are filled in.
pub(crate) fn assembled(
    call: &Call,
    pairs: Vec<(&str, String)>,
    variables: &Variables,
) -> Result<Request, Stop> {
    let path = variables.fill_text(&call.path);
    let query: String = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    let mut headers = Vec::new();
    for (name, value) in &call.headers {
        let value = value.as_str().unwrap_or_default();
        headers.push((name.clone(), variables.fill_text(value)));
    }
    let mut shown = None;
    let body = match (&call.json, &call.text, &call.upload) {
        (Some(json), None, None) => variables.fill(json).map_err(failed)?.to_string().into(),
        (None, Some(text), None) => {
            let times = call.times.unwrap_or(1);
            if times > 1 {
                shown = Some(format!("{text:?}, {times} times"));
            }
            variables.fill_text(text).repeat(times).into_bytes()
        }
        (None, None, Some(upload)) => {
            let (content_type, body) = upload.encode().map_err(failed)?;
            headers.push(("Content-Type".to_owned(), content_type));
            shown = Some(upload.shown());
            body
        }
        (None, None, None) => Vec::new(),
        _ => return Err(failed("a call has one body")),
    };
    Ok(Request {
        method: call.method.clone(),
        path: if query.is_empty() {
            path
        } else {
            format!("{path}?{query}")
        },
        headers,
        body,
        shown,
    })
}

fn on_platform(platform: Option<&str>) -> Map<String, Value> {
    let platform = platform.filter(|platform| !platform.is_empty());
    let member = platform.map(|platform| ("open_platform".to_owned(), json!(platform)));
    member.into_iter().collect()
}
