//! What the mock tells, typed: calls, explanations, events, wallets, faults, cards and codes.
//!
//! Each is made of the JSON that the control API answers with, and keeps it.

use std::{fmt, ops::Index};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::Value;

/// Declares a type that is made of JSON: its members by their names there, and the whole of it.
///
/// A member followed by `= default` may be missing.
macro_rules! row {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[doc = $doc:expr])* pub $field:ident: $type:ty $(= $default:ident)?,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            $($(#[doc = $doc])* pub $field: $type,)*
            raw: Value,
        }

        impl $name {
            fn read(raw: Value) -> Result<Self, serde_json::Error> {
                #[derive(Deserialize)]
                struct Members {
                    $($(#[serde($default)])? $field: $type,)*
                }
                let Members { $($field),* } = Members::deserialize(&raw)?;
                Ok(Self { $($field,)* raw })
            }

            /// Reads what the mock itself shows.
            pub(crate) fn of(raw: Value) -> Self {
                Self::read(raw).expect("the mock can read what it shows")
            }

            /// All of it, as the control API answers.
            pub fn raw(&self) -> &Value {
                &self.raw
            }
        }

        /// Any member of [`Self::raw`] by its name; null when there is none.
        impl Index<&str> for $name {
            type Output = Value;

            fn index(&self, name: &str) -> &Value {
                &self.raw[name]
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.raw.serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::read(Value::deserialize(deserializer)?).map_err(D::Error::custom)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    $(.field(stringify!($field), &self.$field))*
                    .finish_non_exhaustive()
            }
        }
    };
}

mod world;

pub use world::{
    AccountRow, CallbackCheck, CardRow, CodeRow, Credentials, GiftRow, LivingTicket, LivingToken,
    QuotaRow, SignatureCheck, Sku, StarterRow, SubMerchantRow, SwitchRow, UserRow,
};

row! {
    /// One call on a path of WeChat's; secrets in it are redacted.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let mock = wechat_mock::MockWechat::start().await;
    /// # use tokio::io::{AsyncReadExt, AsyncWriteExt};
    /// # let mut stream = tokio::net::TcpStream::connect(&mock.url()[7..]).await.unwrap();
    /// # let call = "GET /cgi-bin/token HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    /// # stream.write_all(call.as_bytes()).await.unwrap();
    /// # stream.read_to_end(&mut Vec::new()).await.unwrap();
    /// // After a GET of /cgi-bin/token without anything:
    /// let rows = mock.journal().rows();
    /// assert_eq!((rows[0].path.as_str(), rows[0].errcode), ("/cgi-bin/token", 41002));
    /// assert_eq!(rows[0].reply()["errcode"], 41002);
    /// assert_eq!(rows[0].raw()["reply"], *rows[0].reply());
    /// assert!(rows[0].request().is_null());
    /// # }
    /// ```
    pub struct JournalRow {
        /// `call-…`, by which [`Journal::explain`](crate::Journal::explain) finds it.
        pub id: String,
        /// Seconds since 1970 on the mock's clock.
        pub at: i64,
        /// Such as `POST`.
        pub method: String,
        /// Without the query.
        pub path: String,
        /// The account that made it, when its token or its own words tell.
        pub appid: Option<String>,
        /// What WeChat answered; 0 when all went well, or WeChat never heard of the call.
        pub errcode: i64,
        /// Of HTTP.
        pub status: u16,
        /// The rid and the hint of a refusal, separated by a space.
        pub trace: Option<String>,
    }
}

impl JournalRow {
    /// What was sent: JSON where it was JSON, without secrets.
    pub fn request(&self) -> &Value {
        &self.raw["request"]
    }

    /// What came back.
    pub fn reply(&self) -> &Value {
        &self.raw["reply"]
    }
}

/// A sentence in both languages.
///
/// # Examples
///
/// ```
/// let mock = wechat_mock::MockWechat::start_blocking();
/// let appid = mock.mini_program().appid;
/// let outcome = mock.user("alice").add_card(&appid, "pNoSuchCard", "{}")?;
/// let fix = outcome.explain().fix.as_ref().unwrap();
/// assert!(!fix.en.is_empty() && !fix.zh.is_empty());
/// # Ok::<(), wechat_mock::ControlError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Sentence {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

/// The mistake that is likeliest behind a refusal.
///
/// # Examples
///
/// ```
/// let mock = wechat_mock::MockWechat::start_blocking();
/// let appid = mock.mini_program().appid;
/// let outcome = mock.user("alice").add_card(&appid, "pNoSuchCard", "{}")?;
/// let mistake = outcome.mistake().unwrap();
/// assert!(!mistake.en.is_empty() && !mistake.zh.is_empty());
/// # Ok::<(), wechat_mock::ControlError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Mistake {
    /// The name of a mistake that was told from what came, such as `foreign_ticket`; none when it is
    /// only the usual one behind the rule.
    pub id: Option<String>,
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

row! {
    /// Why a call was refused, or what a phone made of a card.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let mock = wechat_mock::MockWechat::start().await;
    /// let appid = mock.mini_program().appid;
    ///
    /// let refused = mock.user("alice").add_card(&appid, "pNoSuchCard", "{}").unwrap();
    /// let why = refused.explain();
    /// assert_eq!((why.outcome.as_str(), why.rule.as_deref()), ("refused", Some("WX-SIG-005")));
    /// assert_eq!(mock.journal().explain(&why.id).as_ref(), Some(why));
    /// # }
    /// ```
    pub struct Explanation {
        /// Of the call or claim: `call-…` or `claim-…`.
        pub id: String,
        /// What was called, such as `POST /card/create`.
        pub call: Option<String>,
        /// `done`, `refused`, `cancelled` (by the customer), or `lost` (WeChat never heard of it).
        pub outcome: String,
        /// What WeChat answered to a call.
        pub errcode: Option<i64>,
        /// WeChat's text of a refusal, without rid and hint.
        pub errmsg: Option<String>,
        /// The id of the rule that was broken, such as `WX-SIG-001`.
        pub rule: Option<String>,
        /// What the rule wants.
        pub expected: Option<String>,
        /// What came in its place.
        pub received: Option<String>,
        /// The mistake that is likeliest behind it.
        pub mistake: Option<Mistake>,
        /// What to do.
        pub fix: Option<Sentence>,
    }
}

impl Explanation {
    fn fix(&self) -> &str {
        self.fix.as_ref().map_or("", |fix| &fix.en)
    }
}

/// In a few words, on one line.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let call = self.call.as_deref().unwrap_or(&self.id);
        write!(f, "{call}: ")?;
        if let Some(rule) = &self.rule {
            if let (Some(errcode), Some(errmsg)) = (self.errcode, &self.errmsg) {
                write!(f, "{errcode} {errmsg} ")?;
            } else {
                write!(f, "{} ", self.outcome)?;
            }
            return write!(f, "({rule}): {}", self.fix());
        }
        let advice = self.raw["advice"].as_array().into_iter().flatten();
        let advice: Vec<String> = advice
            .map(|advice| {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let (rule, at) = (text(&advice["rule"]), text(&advice["at"]));
                format!("{rule} at {at}: {}", text(&advice["fix"]["en"]))
            })
            .collect();
        if advice.is_empty() {
            f.write_str(&self.outcome)
        } else {
            f.write_str(&advice.join("; "))
        }
    }
}

/// What became of telling an event.
///
/// # Examples
///
/// ```
/// let state: wechat_mock::EventState = serde_json::from_str(r#""no_callback""#).unwrap();
/// assert_eq!(state, wechat_mock::EventState::NoCallback);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventState {
    /// It is on its way, or waits for its next try.
    Pending,
    /// The callback took it.
    Delivered,
    /// All tries failed.
    Failed,
    /// The disorder that the callback asks for swallowed it.
    Dropped,
    /// The account has no callback.
    NoCallback,
}

/// One try to tell an event.
///
/// # Examples
///
/// ```
/// # fn main() -> Result<(), wechat_mock::ControlError> {
/// use wechat_mock::{AccountProfile, Callback, MockWechat};
///
/// let mock = MockWechat::start_blocking();
/// let appid = mock.official_account().appid;
/// // Nobody listens there.
/// let callback = Callback::new("http://127.0.0.1:1/wechat", "token123");
/// mock.accounts().change(&appid, AccountProfile::default().callback(callback))?;
/// mock.clock().freeze();
/// mock.events().trigger(&appid, "user_view_card", "alice", serde_json::json!({}))?;
/// mock.events().settled_blocking();
///
/// let event = mock.events().list().remove(0);
/// assert_eq!((event.tries[0].outcome.as_str(), event.tries[0].status), ("refused", None));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Try {
    /// Seconds since 1970 on the mock's clock.
    pub at: i64,
    /// `accepted`, `wrong_status`, `wrong_body`, `timeout`, `refused` or `broken`.
    pub outcome: String,
    /// The HTTP status of the answer, when one came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The body of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// How the connection broke.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

row! {
    /// Something that happened, and what became of telling it.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), wechat_mock::ControlError> {
    /// use wechat_mock::EventState;
    ///
    /// let mock = wechat_mock::MockWechat::start().await;
    /// let appid = mock.official_account().appid;
    /// mock.events().trigger(&appid, "user_del_card", "alice", serde_json::json!({}))?;
    ///
    /// let event = mock.events().list().pop().unwrap();
    /// assert_eq!((event.event.as_str(), event.state), ("user_del_card", EventState::NoCallback));
    /// assert!(event.tries.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub struct EventRow {
        /// `event-…`, by which [`Events::resend`](crate::Events::resend) finds it.
        pub id: String,
        /// Its name, such as `user_get_card`.
        pub event: String,
        /// Whose callback is told.
        pub appid: String,
        /// The card it is about.
        pub card_id: Option<String>,
        /// The code it is about.
        pub code: Option<String>,
        /// Seconds since 1970 on the mock's clock.
        pub at: i64,
        /// What became of it.
        pub state: EventState,
        /// The tries to tell it, oldest first.
        pub tries: Vec<Try>,
    }
}

row! {
    /// A card in a customer's wallet.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// mock.world().reset_to("shop")?;
    /// let entry = mock.user("alice").wallet()?.remove(0);
    /// assert_eq!((entry.code.len(), entry.status.as_str()), (12, "NORMAL"));
    /// assert_ne!(entry.encrypt_code, entry.code);
    /// assert!(!entry.title().is_empty());
    /// # Ok::<(), wechat_mock::ControlError>(())
    /// ```
    pub struct WalletEntry {
        /// In clear, as staff would read it off the phone.
        pub code: String,
        /// The same as pages get it.
        pub encrypt_code: String,
        /// Which card it is of.
        pub card_id: String,
        /// Whose card it is.
        pub appid: String,
        /// WeChat's word, such as `NORMAL`, `CONSUMED` or `GIFTING`.
        pub status: String,
        /// Seconds since 1970.
        pub begin_time: i64,
        /// Seconds since 1970.
        pub end_time: i64,
        /// What the shop gave along with the claim.
        pub outer_str: Option<String>,
        /// Of a member card: whether the customer is a member.
        pub active: Option<bool>,
    }
}

impl WalletEntry {
    /// The card's title.
    pub fn title(&self) -> &str {
        self.raw["title"].as_str().unwrap_or_default()
    }
}

row! {
    /// A fault in force, and how often it happened.
    ///
    /// # Examples
    ///
    /// ```
    /// use wechat_mock::{Fault, FaultKind, MockWechat};
    ///
    /// let mock = MockWechat::start_blocking();
    /// let fault = mock.faults().add(Fault::new(FaultKind::Reset).on("/card/get").times(2))?;
    /// assert_eq!((fault.path.as_deref(), fault.times, fault.done), (Some("/card/get"), Some(2), 0));
    /// # mock.faults().remove(fault.id)?;
    /// # Ok::<(), wechat_mock::ControlError>(())
    /// ```
    pub struct FaultRow {
        /// Its number, from 1.
        pub id: u64,
        /// The path it is on; every path when there is none.
        pub path: Option<String>,
        /// The account it is for; every account when there is none.
        pub appid: Option<String>,
        /// How often it happens at most.
        pub times: Option<u64>,
        /// Calls it could have happened to.
        pub seen: u64,
        /// Calls it happened to.
        pub done: u64,
    }
}

row! {
    /// What came of a member card's form.
    ///
    /// # Examples
    ///
    /// ```
    /// let answer = r#"{"active": true, "url": null, "activate_ticket": null}"#;
    /// let activated: wechat_mock::Activated = serde_json::from_str(answer).unwrap();
    /// assert!(activated.active && activated.url.is_none());
    /// ```
    pub struct Activated {
        /// Whether the customer is a member now.
        pub active: bool,
        /// The shop's page where they go on, with its query, when the card has one.
        pub url: Option<String>,
        /// What `activatetempinfo/get` takes there.
        pub activate_ticket: Option<String>,
    }
}

/// All rows of a list.
pub(super) fn all<T>(rows: Vec<Value>, read: impl Fn(Value) -> T) -> Vec<T> {
    rows.into_iter().map(read).collect()
}
