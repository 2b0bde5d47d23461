//! What a test says of an account or a customer; what it leaves out is invented, or stays.

use std::{net::IpAddr, time::Duration};

use serde_json::{Map, Value, json};

use super::Seconds;

/// How an account's new cards are reviewed.
///
/// # Examples
///
/// ```
/// # fn main() -> Result<(), wechat_mock::ControlError> {
/// use std::time::Duration;
/// use wechat_mock::{AccountProfile, CardReview, MockWechat};
///
/// let mock = MockWechat::start_blocking();
/// let appid = mock.official_account().appid;
/// let in_an_hour = CardReview::After(Duration::from_secs(3600));
/// mock.accounts().change(&appid, AccountProfile::default().review(in_an_hour))?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CardReview {
    /// Approved at once.
    Auto,
    /// Waits for [`Cards::approve`](crate::Cards::approve) or [`Cards::refuse`](crate::Cards::refuse).
    Manual,
    /// Approved after so long on the mock's clock, in whole seconds.
    After(Duration),
}

/// Where an account's pushes go.
///
/// # Examples
///
/// ```
/// # fn main() -> Result<(), wechat_mock::ControlError> {
/// use wechat_mock::{AccountProfile, Callback, MockWechat};
///
/// let mock = MockWechat::start_blocking();
/// let appid = mock.official_account().appid;
/// let callback = Callback::new("http://127.0.0.1:9/wechat", "token123").safe(&"a".repeat(43));
///
/// let account = mock.accounts().change(&appid, AccountProfile::default().callback(callback))?;
/// assert_eq!(account["callback"]["mode"], "safe");
///
/// let callback = Callback::new("http://127.0.0.1:9/wechat", "token123").json();
/// let callback = callback.compatible(&"a".repeat(43));
/// let account = mock.accounts().change(&appid, AccountProfile::default().callback(callback))?;
/// assert_eq!(account["callback"]["format"], "json");
/// let account = mock.accounts().change(&appid, AccountProfile::default().no_callback())?;
/// assert!(account["callback"].is_null());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq)]
pub struct Callback(Map<String, Value>);

impl std::fmt::Debug for Callback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The token and the key are secrets.
        let mut shown = f.debug_struct("Callback");
        shown.field("url", &self.0["url"]).finish_non_exhaustive()
    }
}

impl Callback {
    /// A callback in plain mode: its URL, and the token of its signatures, 3 to 32 letters or digits.
    pub fn new(url: &str, token: &str) -> Self {
        let mut members = Map::new();
        members.insert("url".to_owned(), json!(url));
        members.insert("token".to_owned(), json!(token));
        Self(members)
    }

    /// Sealed with the `EncodingAESKey`, 43 characters.
    #[must_use]
    pub fn safe(self, encoding_aes_key: &str) -> Self {
        let sealed = self.set("encoding_aes_key", encoding_aes_key);
        sealed.set("mode", "safe")
    }

    /// In plain, with the sealed message beside it.
    #[must_use]
    pub fn compatible(self, encoding_aes_key: &str) -> Self {
        let sealed = self.set("encoding_aes_key", encoding_aes_key);
        sealed.set("mode", "compatible")
    }

    /// JSON in place of XML.
    #[must_use]
    pub fn json(self) -> Self {
        self.set("format", "json")
    }

    /// Any other member by the name that the control API has for it, such as `disorder`.
    ///
    /// # Examples
    ///
    /// ```
    /// use wechat_mock::{AccountProfile, Callback, MockWechat};
    ///
    /// let mock = MockWechat::start_blocking();
    /// let callback = Callback::new("http://127.0.0.1:1/wechat", "token123").set("disorder", "drop");
    /// let profile = AccountProfile::default().callback(callback);
    /// let refused = mock.accounts().change(&mock.official_account().appid, profile);
    /// assert!(refused.is_err(), "disorder is an object");
    /// ```
    #[must_use]
    pub fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }
}

/// What a test says of an account.
///
/// # Examples
///
/// ```
/// # fn main() -> Result<(), wechat_mock::ControlError> {
/// use serde_json::json;
/// use wechat_mock::{AccountProfile, MockWechat};
///
/// let mock = MockWechat::start_blocking();
/// // An Official Account and a mini-program that may claim its cards.
/// let shop = AccountProfile::official_account("my-shop").open_platform("mine");
/// let shop = mock.accounts().add(shop.quota("/card/create", 100))?;
/// let page = AccountProfile::mini_program("my-page").open_platform("mine");
/// let page = mock.accounts().add(page)?;
///
/// // A change says what is to be different.
/// let change = AccountProfile::default().name("page").card_right(true).token_grace(60);
/// let page = mock.accounts().change(&page.appid, change.ip_whitelist(&[[127, 0, 0, 1].into()]))?;
/// assert!(page.card_right);
///
/// // What is seldom needed has the name that the control API has for it.
/// let banned = AccountProfile::default().set("restrictions", json!({"standing": 50002}));
/// mock.accounts().change(&shop.appid, banned)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct AccountProfile(pub(super) Map<String, Value>);

impl std::fmt::Debug for AccountProfile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The values may be secrets.
        let said: Vec<&String> = self.0.keys().collect();
        f.debug_tuple("AccountProfile").field(&said).finish()
    }
}

impl AccountProfile {
    /// An Official Account of this name.
    pub fn official_account(name: &str) -> Self {
        Self::default().name(name).set("kind", "official_account")
    }

    /// A mini-program of this name.
    pub fn mini_program(name: &str) -> Self {
        Self::default().name(name).set("kind", "mini_program")
    }

    /// What the world calls it.
    #[must_use]
    pub fn name(self, name: &str) -> Self {
        self.set("name", name)
    }

    /// `wx` and 16 hex digits; an account that is there keeps its own.
    #[must_use]
    pub fn appid(self, appid: &str) -> Self {
        self.set("appid", appid)
    }

    /// The AppSecret: 32 hex digits.
    ///
    /// # Examples
    ///
    /// ```
    /// use wechat_mock::{AccountProfile, MockWechat};
    ///
    /// let mock = MockWechat::start_blocking();
    /// let profile = AccountProfile::default().name("page").secret("0123456789abcdef0123456789abcdef");
    /// mock.accounts().add(profile)?;
    /// let secret = mock.account("page").unwrap().secret;
    /// assert_eq!(secret, "0123456789abcdef0123456789abcdef");
    /// # Ok::<(), wechat_mock::ControlError>(())
    /// ```
    #[must_use]
    pub fn secret(self, secret: &str) -> Self {
        self.set("secret", secret)
    }

    /// Whether it may use the card platform.
    #[must_use]
    pub fn card_right(self, card_right: bool) -> Self {
        self.set("card_right", card_right)
    }

    /// The Open Platform account it is bound to: accounts of one may use each other's cards.
    #[must_use]
    pub fn open_platform(self, open_platform: &str) -> Self {
        self.set("open_platform", open_platform)
    }

    /// How its new cards are reviewed.
    ///
    /// # Examples
    ///
    /// ```
    /// use wechat_mock::{AccountProfile, CardReview, MockWechat};
    ///
    /// let mock = MockWechat::start_blocking();
    /// let appid = mock.official_account().appid;
    /// let profile = AccountProfile::default().review(CardReview::Manual);
    /// assert_eq!(mock.accounts().change(&appid, profile)?["review"], "manual");
    /// # Ok::<(), wechat_mock::ControlError>(())
    /// ```
    #[must_use]
    pub fn review(self, review: CardReview) -> Self {
        let review = match review {
            CardReview::Auto => json!("auto"),
            CardReview::Manual => json!("manual"),
            CardReview::After(wait) => json!({"after": Seconds::from(wait).0}),
        };
        self.set("review", review)
    }

    /// For how long a replaced token lives on, in seconds or a [`Duration`].
    #[must_use]
    pub fn token_grace(self, grace: impl Into<Seconds>) -> Self {
        self.set("token_grace", grace.into().0)
    }

    /// Calls a day of one path; may be said of several.
    #[must_use]
    pub fn quota(mut self, path: &str, calls: u64) -> Self {
        let quotas = self.0.entry("quotas").or_insert_with(|| json!({}));
        if let Value::Object(quotas) = quotas {
            quotas.insert(path.to_owned(), json!(calls));
        }
        self
    }

    /// Addresses that may ask for tokens; with none, all may.
    #[must_use]
    pub fn ip_whitelist(self, addresses: &[IpAddr]) -> Self {
        self.set("ip_whitelist", json!(addresses))
    }

    /// Where its pushes go.
    ///
    /// # Examples
    ///
    /// ```
    /// use wechat_mock::{AccountProfile, Callback, MockWechat};
    ///
    /// let mock = MockWechat::start_blocking();
    /// let appid = mock.official_account().appid;
    /// let callback = Callback::new("http://127.0.0.1:1/wechat", "token123");
    /// let profile = AccountProfile::default().callback(callback);
    /// assert_eq!(mock.accounts().change(&appid, profile)?["callback"]["token"], "token123");
    ///
    /// let profile = AccountProfile::default().no_callback();
    /// assert!(mock.accounts().change(&appid, profile)?["callback"].is_null());
    /// # Ok::<(), wechat_mock::ControlError>(())
    /// ```
    #[must_use]
    pub fn callback(self, callback: Callback) -> Self {
        self.set("callback", callback.0)
    }

    /// Its pushes go nowhere.
    #[must_use]
    pub fn no_callback(self) -> Self {
        self.set("callback", Value::Null)
    }

    /// Any member by the name that the control API has for it, such as `restrictions`.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }
}

/// The sex in a customer's profile.
///
/// # Examples
///
/// ```
/// assert_ne!(wechat_mock::Sex::Female, wechat_mock::Sex::Unknown);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Sex {
    /// Male.
    Male,
    /// Female.
    Female,
    /// The customer does not say.
    Unknown,
}

/// What a test says of a customer.
///
/// # Examples
///
/// ```
/// # fn main() -> Result<(), wechat_mock::ControlError> {
/// use wechat_mock::{MockWechat, Sex, UserProfile};
///
/// let mock = MockWechat::start_blocking();
/// let page = mock.mini_program().appid;
/// let openid = "o".repeat(28);
/// let profile = UserProfile::default().sex(Sex::Female).unionid("u-dora");
/// mock.users().add("dora", profile.openid(&page, &openid))?;
/// assert_eq!(mock.user("dora").openid(&page)?, openid);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UserProfile(pub(super) Map<String, Value>);

impl UserProfile {
    /// What their profile says.
    #[must_use]
    pub fn sex(self, sex: Sex) -> Self {
        self.set("sex", json!(sex))
    }

    /// Their unionid, the same at all accounts of one Open Platform account.
    #[must_use]
    pub fn unionid(self, unionid: &str) -> Self {
        self.set("unionid", json!(unionid))
    }

    /// Their openid at one account; may be said of several.
    #[must_use]
    pub fn openid(mut self, appid: &str, openid: &str) -> Self {
        let openids = self.0.entry("openids").or_insert_with(|| json!({}));
        if let Value::Object(openids) = openids {
            openids.insert(appid.to_owned(), json!(openid));
        }
        self
    }

    /// Whether WeChat takes them for dangerous and lets nobody log them in.
    ///
    /// # Examples
    ///
    /// ```
    /// use wechat_mock::{MockWechat, UserProfile};
    ///
    /// let mock = MockWechat::start_blocking();
    /// mock.users().add("dora", UserProfile::default().blocked(true))?;
    /// let users = mock.users().list();
    /// assert!(users.iter().any(|user| user.name == "dora" && user.blocked));
    /// # Ok::<(), wechat_mock::ControlError>(())
    /// ```
    #[must_use]
    pub fn blocked(self, blocked: bool) -> Self {
        self.set("blocked", json!(blocked))
    }

    pub(super) fn set(mut self, name: &str, value: Value) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }
}
