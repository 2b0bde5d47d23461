//! What a case needs done that no call of WeChat's does: the phone, the clock, the review, faults.
//!
//! An [`Arranger`] carries it out. The mock's control API is one ([`ControlApi`]), a person with a
//! real phone another ([`Ask`](crate::Ask)), and [`Nobody`] leaves the calls alone.

use std::pin::Pin;

use reqwest::{Client, Method};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What is to be done. In a case: `{"do": {"verb": "advance_clock", "seconds": 300}}`.
///
/// Times are seconds since 1970. An account is named by its appid, a user by the name under which
/// [`Action::NewUser`] made it; cases write `oa`, `mp`, `stranger` and `alice`, which the runner replaces.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(tag = "verb", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Action {
    /// Opens an account. Gives `{"appid", "secret", "original_id", "open_platform"}`.
    NewAccount {
        /// `official_account` or `mini_program`.
        kind: String,
        /// Further settings, such as `open_platform` or `card_right`.
        #[serde(default)]
        with: Map<String, Value>,
    },
    /// Changes an account: `review`, `restrictions`, `quotas`, `callback` and so on.
    ChangeAccount {
        /// The appid.
        account: String,
        /// What changes.
        with: Map<String, Value>,
    },
    /// Reviews a sub-merchant.
    ReviewMerchant {
        /// The appid.
        account: String,
        /// The id of the sub-merchant.
        merchant_id: i64,
        /// Whether it passes.
        pass: bool,
        /// Why not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A new customer. Gives `{"unionid", "openids": {appid: openid}}`.
    NewUser {
        /// The name.
        name: String,
        /// Further settings, such as `blocked`.
        #[serde(default)]
        with: Map<String, Value>,
    },
    /// Changes a customer, such as `sex`.
    ChangeUser {
        /// The name.
        user: String,
        /// What changes.
        with: Map<String, Value>,
    },
    /// Gives a customer as [`Self::NewUser`] does.
    ReadUser {
        /// The name.
        user: String,
    },
    /// Gives the time: `{"now"}`.
    ReadClock,
    /// Moves the clock ahead, and lets happen what falls due.
    AdvanceClock {
        /// Seconds.
        seconds: i64,
    },
    /// Sets the clock.
    SetClock {
        /// Seconds since 1970.
        time: i64,
    },
    /// What a customer does on the phone; gives what the page or the customer sees.
    ///
    /// Actions: `login`, `add-card`, `choose-card`, `open-card`, `scan`, `messages`, `message-card` (takes
    /// the card of the newest message) and, on a code: `gift`, `accept`, `delete`, `view`, `consume`,
    /// `activate`.
    Phone {
        /// The name.
        user: String,
        /// The action.
        action: String,
        /// The code it is done to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        /// The arguments of the action.
        #[serde(default)]
        with: Map<String, Value>,
    },
    /// Reviews a card.
    ReviewCard {
        /// The card.
        card_id: String,
        /// Whether it passes.
        pass: bool,
        /// Why not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Injects a fault into calls of one account.
    Fault {
        /// The appid.
        account: String,
        /// The plan, such as `{"path": "/card/getcolors", "times": 1, "errcode": -1}`.
        with: Map<String, Value>,
    },
    /// Gives how the switches stand: `{"switches": [{"name", "value", "default"}]}`.
    ReadSwitches,
    /// Turns switches, on a target that nobody else uses.
    SetSwitches {
        /// Name and value.
        with: Map<String, Value>,
    },
    /// Gives why a call was refused: `{"rule", …}`.
    Explain {
        /// The rid or hint of the answer.
        trace: String,
    },
    /// Gives the calls of a path by an account: `{"requests": [{"advice": [{"rule"}]}]}`, newest last.
    ReadRequests {
        /// The appid.
        account: String,
        /// The path.
        path: String,
    },
    /// Gives the pushes of an account: `{"events": [{"event", "tries": [{"outcome"}], …}]}`, newest last.
    ReadPushes {
        /// The appid.
        account: String,
    },
}

impl Action {
    /// Whether it asks a mock about itself, which WeChat has no answer to.
    pub fn is_of_the_mock(&self) -> bool {
        matches!(
            self,
            Self::ReadSwitches
                | Self::SetSwitches { .. }
                | Self::Explain { .. }
                | Self::ReadRequests { .. }
                | Self::Fault { .. }
        )
    }
}

/// Why something could not be arranged.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ArrangeError {
    /// This arranger cannot do such a thing.
    #[error("{0}")]
    Unable(String),
    /// It was tried and did not go well.
    #[error("cannot arrange: {0}")]
    Failed(String),
}

/// What an arranger gives back, once it is done.
pub type Arranging<'a> = Pin<Box<dyn Future<Output = Result<Value, ArrangeError>> + Send + 'a>>;

/// Carries out what no call of WeChat's does.
pub trait Arranger: Send + Sync {
    /// Whether it can do such a thing at all.
    fn can(&self, action: &Action) -> bool;

    /// Does it; what comes back is said at each [`Action`].
    ///
    /// # Errors
    ///
    /// An [`ArrangeError`] when it cannot, or when it did not go well.
    fn carry_out(&self, action: Action) -> Arranging<'_>;
}

/// Arranges nothing: only cases of layer 1 can be run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nobody;

impl Arranger for Nobody {
    fn can(&self, _: &Action) -> bool {
        false
    }

    fn carry_out(&self, action: Action) -> Arranging<'_> {
        Box::pin(async move { Err(ArrangeError::Unable(format!("nobody arranges {action:?}"))) })
    }
}

/// Arranges through the control API of the mock.
#[derive(Clone, Debug)]
pub struct ControlApi {
    url: String,
    token: Option<String>,
    http: Client,
}

impl ControlApi {
    /// The control API below a URL such as `http://127.0.0.1:7420`; `token` is the one it asks for.
    pub fn new(url: &str, token: Option<String>, http: Client) -> Self {
        Self {
            url: format!("{}/_mock/v1", url.trim_end_matches('/')),
            token,
            http,
        }
    }

    /// The accounts: `{"accounts": [{"name", "appid", "callback", …}]}`.
    pub(crate) async fn accounts(&self) -> Result<Value, ArrangeError> {
        self.ask(Call::get(&["accounts"])).await
    }

    async fn ask(&self, call: Call) -> Result<Value, ArrangeError> {
        let Call {
            method,
            path,
            query,
            body,
        } = call;
        let mut url = reqwest::Url::parse(&self.url)
            .map_err(|error| ArrangeError::Failed(error.to_string()))?;
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(&path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut request = self.http.request(method, url);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if !body.is_null() {
            request = request.body(body.to_string());
        }
        let failed = |error: reqwest::Error| ArrangeError::Failed(error.without_url().to_string());
        let answer = request.send().await.map_err(failed)?;
        let status = answer.status();
        let text = answer.text().await.map_err(failed)?;
        if !status.is_success() {
            let path = path.join("/");
            return Err(ArrangeError::Failed(format!(
                "{path} answered {status} {text}"
            )));
        }
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// Takes the card of the newest message.
    async fn take_message(&self, user: &str) -> Result<Value, ArrangeError> {
        let messages = self.ask(Call::get(&["users", user, "messages"])).await?;
        let newest = messages["messages"].as_array().and_then(|list| list.last());
        let id = newest.and_then(|message| message["id"].as_str());
        let id = id.ok_or_else(|| ArrangeError::Failed("no message came".to_owned()))?;
        let path = ["users", user, "messages", id, "add-card"];
        self.ask(Call::post(&path, json!({}))).await
    }
}

impl Arranger for ControlApi {
    fn can(&self, _: &Action) -> bool {
        true
    }

    fn carry_out(&self, action: Action) -> Arranging<'_> {
        Box::pin(async move {
            if let Action::Phone { user, action, .. } = &action
                && action == "message-card"
            {
                return self.take_message(user).await;
            }
            self.ask(Call::of(action)).await
        })
    }
}

/// A call of the control API.
struct Call {
    method: Method,
    path: Vec<String>,
    query: Vec<(&'static str, String)>,
    body: Value,
}

impl Call {
    fn new(method: Method, path: &[&str], body: Value) -> Self {
        Self {
            method,
            path: path.iter().map(|part| (*part).to_owned()).collect(),
            query: Vec::new(),
            body,
        }
    }

    fn get(path: &[&str]) -> Self {
        Self::new(Method::GET, path, Value::Null)
    }

    fn post(path: &[&str], body: Value) -> Self {
        Self::new(Method::POST, path, body)
    }

    fn patch(path: &[&str], body: Map<String, Value>) -> Self {
        Self::new(Method::PATCH, path, Value::Object(body))
    }

    fn of(action: Action) -> Self {
        match action {
            Action::NewAccount { kind, mut with } => {
                with.insert("kind".to_owned(), json!(kind));
                Self::post(&["accounts"], Value::Object(with))
            }
            Action::ChangeAccount { account, with } => Self::patch(&["accounts", &account], with),
            Action::ReviewMerchant {
                account,
                merchant_id,
                pass,
                reason,
            } => {
                let id = merchant_id.to_string();
                let path = ["accounts", &account, "sub-merchants", &id, "review"];
                Self::post(
                    &path,
                    json!({"pass": pass, "reason": reason.unwrap_or_default()}),
                )
            }
            Action::NewUser { name, mut with } => {
                with.insert("name".to_owned(), json!(name));
                Self::post(&["users"], Value::Object(with))
            }
            Action::ChangeUser { user, with } => Self::patch(&["users", &user], with),
            Action::ReadUser { user } => Self::get(&["users", &user]),
            Action::ReadClock => Self::get(&["clock"]),
            Action::AdvanceClock { seconds } => Self::post(&["clock"], json!({"advance": seconds})),
            Action::SetClock { time } => Self::post(&["clock"], json!({"set": time})),
            Action::Phone {
                user,
                action,
                code: Some(code),
                with,
            } => Self::post(
                &["users", &user, "cards", &code, &action],
                Value::Object(with),
            ),
            Action::Phone {
                user,
                action,
                code: None,
                ..
            } if action == "messages" => Self::get(&["users", &user, "messages"]),
            Action::Phone {
                user,
                action,
                code: None,
                with,
            } => Self::post(&["users", &user, &action], Value::Object(with)),
            Action::ReviewCard {
                card_id,
                pass,
                reason,
            } => {
                let body = json!({"pass": pass, "reason": reason.unwrap_or_default()});
                Self::post(&["cards", &card_id, "review"], body)
            }
            Action::Fault { account, mut with } => {
                with.insert("appid".to_owned(), json!(account));
                Self::post(&["faults"], Value::Object(with))
            }
            Action::ReadSwitches => Self::get(&["switches"]),
            Action::SetSwitches { with } => Self::patch(&["switches"], with),
            Action::Explain { trace } => Self::get(&["explain", &trace]),
            Action::ReadRequests { account, path } => Self {
                query: vec![("appid", account), ("path", path)],
                ..Self::get(&["requests"])
            },
            Action::ReadPushes { account } => Self {
                query: vec![("appid", account)],
                ..Self::get(&["events"])
            },
        }
    }
}
