//! What is in the world: accounts, customers, cards, codes, switches, credentials.

use std::{collections::BTreeMap, fmt, ops::Index};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::Value;

use super::{Mistake, Sentence};
use crate::handles::Sex;

row! {
    /// An account of the world.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// let oa = mock.accounts().list().remove(0);
    /// assert_eq!((oa.name.as_str(), oa.kind.as_str()), ("oa", "official_account"));
    /// assert_eq!(oa.secret(), mock.official_account().secret);
    /// assert!(!format!("{oa:?}").contains(oa.secret()));
    /// ```
    pub struct AccountRow {
        /// What the world calls it, such as `oa`.
        pub name: String,
        /// `official_account` or `mini_program`.
        pub kind: String,
        /// `wx` and 16 hex digits.
        pub appid: String,
        /// `gh_` and 12 hex digits.
        pub original_id: String,
        /// Whether it may use the card platform.
        pub card_right: bool,
        /// The Open Platform account it is bound to.
        pub open_platform: String,
    }
}

impl AccountRow {
    /// The AppSecret: 32 hex digits.
    pub fn secret(&self) -> &str {
        self.raw["secret"].as_str().unwrap_or_default()
    }
}

row! {
    /// A customer of the world.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// let alice = mock.users().list().remove(0);
    /// let page = mock.mini_program().appid;
    /// assert_eq!(alice.openids[&page], mock.user("alice").openid(&page)?);
    /// # Ok::<(), wechat_mock::ControlError>(())
    /// ```
    pub struct UserRow {
        /// What the world calls them.
        pub name: String,
        /// The same at all accounts of one Open Platform account.
        pub unionid: String,
        /// By appid.
        pub openids: BTreeMap<String, String>,
        /// What their profile says.
        pub sex: Sex,
        /// Whether nobody can log them in.
        pub blocked: bool = default,
    }
}

/// The stock of a card.
///
/// # Examples
///
/// ```
/// let mock = wechat_mock::MockWechat::start_blocking();
/// mock.world().reset_to("shop")?;
/// let sku = mock.cards().list().remove(0).sku;
/// assert_eq!(sku.total_quantity - sku.quantity, 2);
/// # Ok::<(), wechat_mock::ControlError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Sku {
    /// How many can still be claimed.
    pub quantity: u64,
    /// How many there were, claimed ones too.
    pub total_quantity: u64,
}

row! {
    /// A card of an account.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// mock.world().reset_to("shop")?;
    /// let card_id = mock.cards().list().remove(0).card_id;
    /// let card = mock.cards().get(&card_id)?;
    /// assert_eq!(card.status, "CARD_STATUS_VERIFY_OK");
    /// assert!(card["card"].is_object());
    /// # Ok::<(), wechat_mock::ControlError>(())
    /// ```
    pub struct CardRow {
        /// By which WeChat's calls name it.
        pub card_id: String,
        /// Whose card it is.
        pub appid: String,
        /// Such as `GENERAL_COUPON`.
        pub card_type: String,
        /// Its title.
        pub title: String,
        /// WeChat's word, such as `CARD_STATUS_VERIFY_OK`.
        pub status: String,
        /// Its stock.
        pub sku: Sku,
        /// Codes that were handed out.
        pub claimed: u64,
        /// Codes that were redeemed.
        pub consumed: u64,
        /// Whether it was deleted.
        pub deleted: bool,
        /// Why the reviewer turned it away.
        pub state_reason: Option<String>,
    }
}

row! {
    /// A code that was handed out of a card.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// mock.world().reset_to("shop")?;
    /// let card_id = mock.cards().list().remove(0).card_id;
    /// let code = mock.cards().codes(&card_id)?.remove(0);
    /// assert_eq!(code.code, mock.user(&code.user).wallet()?[0].code);
    /// # Ok::<(), wechat_mock::ControlError>(())
    /// ```
    pub struct CodeRow {
        /// In clear.
        pub code: String,
        /// WeChat's word, such as `NORMAL` or `CONSUMED`.
        pub status: String,
        /// Who holds it, by the name in the world.
        pub user: String,
        /// The same customer at the card's account.
        pub openid: String,
        /// Seconds since 1970.
        pub begin_time: i64,
        /// Seconds since 1970.
        pub end_time: i64,
        /// Whether a friend gave it.
        pub is_gift: bool,
    }
}

row! {
    /// How a switch stands, and how it could.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::builder().strict().start_blocking();
    /// let switches = mock.switches().list();
    /// assert!(switches.iter().all(|switch| switch.value == switch.strict));
    /// ```
    pub struct SwitchRow {
        /// Such as `nonce`.
        pub name: String,
        /// How it stands.
        pub value: String,
        /// How it stands when nobody sets it.
        pub default: String,
        /// Its strict side.
        pub strict: String,
        /// Every way in which it can stand.
        pub values: Vec<String>,
        /// What it decides, in English.
        pub meaning: String,
        /// The same in Chinese.
        pub meaning_zh: String,
    }
}

row! {
    /// A world that is in the program.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// let starter = mock.world().starters().remove(0);
    /// assert_eq!((starter.name.as_str(), starter.title.en.as_str()), ("starter", "Starter world"));
    /// ```
    pub struct StarterRow {
        /// By which [`WorldHandle::reset_to`](crate::WorldHandle::reset_to) finds it.
        pub name: String,
        /// What it is called.
        pub title: Sentence,
        /// What is in it.
        pub about: Sentence,
    }
}

row! {
    /// A sub-merchant of an account.
    ///
    /// # Examples
    ///
    /// ```
    /// let brand = r#"{"merchant_id": 7, "brand_name": "Tea", "status": "APPROVED"}"#;
    /// let brand: wechat_mock::SubMerchantRow = serde_json::from_str(brand).unwrap();
    /// assert_eq!((brand.merchant_id, brand.brand_name.as_str()), (7, "Tea"));
    /// ```
    pub struct SubMerchantRow {
        /// By which WeChat's calls name it.
        pub merchant_id: u64,
        /// Its brand.
        pub brand_name: String,
        /// `CHECKING`, `APPROVED`, `REJECTED` or `EXPIRED`.
        pub status: String,
        /// Why the reviewer turned it away.
        pub reason: Option<String>,
    }
}

row! {
    /// A code that a friend offers to a customer.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// assert_eq!(mock.user("bob").gifts()?, []);
    /// # Ok::<(), wechat_mock::ControlError>(())
    /// ```
    pub struct GiftRow {
        /// The code that [`User::accept`](crate::User::accept) takes.
        pub code: String,
        /// Which card it is of.
        pub card_id: String,
        /// The card's title.
        pub title: String,
        /// Whose card it is.
        pub appid: String,
        /// Who offers it, by the name in the world.
        pub from: String,
        /// Seconds since 1970 on the mock's clock.
        pub until: i64,
    }
}

/// An `access_token` that is good for calls.
///
/// # Examples
///
/// ```
/// let token = r#"{"token": "s3cret", "issued_at": 1, "expires_at": 7201, "grace": false}"#;
/// let token: wechat_mock::LivingToken = serde_json::from_str(token).unwrap();
/// assert_eq!((token.token.as_str(), token.grace), ("s3cret", false));
/// assert!(!format!("{token:?}").contains("s3cret"));
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LivingToken {
    /// The token itself.
    pub token: String,
    /// Seconds since 1970 on the mock's clock.
    pub issued_at: i64,
    /// Seconds since 1970 on the mock's clock.
    pub expires_at: i64,
    /// Whether a later token replaced it, so that it lives on only for a while.
    pub grace: bool,
}

impl fmt::Debug for LivingToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LivingToken")
            .field("issued_at", &self.issued_at)
            .field("expires_at", &self.expires_at)
            .field("grace", &self.grace)
            .finish_non_exhaustive()
    }
}

/// A ticket that is good for signatures.
///
/// # Examples
///
/// ```
/// let ticket = r#"{"type": "wx_card", "ticket": "s3cret", "expires_at": 7201}"#;
/// let ticket: wechat_mock::LivingTicket = serde_json::from_str(ticket).unwrap();
/// assert_eq!((ticket.kind.as_str(), ticket.ticket.as_str()), ("wx_card", "s3cret"));
/// assert!(!format!("{ticket:?}").contains("s3cret"));
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LivingTicket {
    /// `wx_card` or `jsapi`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The ticket itself.
    pub ticket: String,
    /// Seconds since 1970 on the mock's clock.
    pub expires_at: i64,
}

impl fmt::Debug for LivingTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LivingTicket")
            .field("kind", &self.kind)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Today's use of a path.
///
/// # Examples
///
/// ```
/// # fn main() -> Result<(), wechat_mock::ControlError> {
/// use wechat_mock::{AccountProfile, MockWechat};
///
/// let mock = MockWechat::start_blocking();
/// let limited = AccountProfile::official_account("limited").quota("/card/create", 3);
/// let appid = mock.accounts().add(limited)?.appid;
/// let quota = mock.accounts().credentials(&appid)?.quotas.remove(0);
/// assert_eq!((quota.path.as_str(), quota.used, quota.limit), ("/card/create", 0, 3));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct QuotaRow {
    /// The path of the calls.
    pub path: String,
    /// Calls of today, by the mock's clock in China.
    pub used: u64,
    /// Calls a day.
    pub limit: u64,
}

row! {
    /// What an account was given and has used up.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// let credentials = mock.accounts().credentials(&mock.official_account().appid)?;
    /// assert_eq!((credentials.tickets.len(), credentials.quotas.len()), (0, 0));
    /// # Ok::<(), wechat_mock::ControlError>(())
    /// ```
    pub struct Credentials {
        /// The `access_token`s that are good for calls, oldest first.
        pub access_tokens: Vec<LivingToken>,
        /// The tickets that are good for signatures.
        pub tickets: Vec<LivingTicket>,
        /// Today's use of the paths that were called or have limits of their own.
        pub quotas: Vec<QuotaRow>,
    }
}

/// What came of WeChat's check of a callback.
///
/// # Examples
///
/// ```
/// # fn main() -> Result<(), wechat_mock::ControlError> {
/// use wechat_mock::{AccountProfile, Callback, MockWechat};
///
/// let mock = MockWechat::start_blocking();
/// // Nobody listens there.
/// let callback = Callback::new("http://127.0.0.1:1/wechat", "token123");
/// let shop = AccountProfile::official_account("shop").callback(callback);
/// let appid = mock.accounts().add(shop)?.appid;
///
/// let check = mock.accounts().verify_callback_blocking(&appid)?;
/// assert!(!check.is_ok() && check.reason.is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallbackCheck {
    /// Why it does not pass; none when it does.
    pub reason: Option<String>,
}

impl CallbackCheck {
    /// Whether it passes.
    pub fn is_ok(&self) -> bool {
        self.reason.is_none()
    }
}

row! {
    /// How a signature stands.
    ///
    /// # Examples
    ///
    /// ```
    /// let answer = r#"{
    ///     "values": ["1798000000", "n", "pCard", "ticket"], "joined": "1798000000npCardticket",
    ///     "expected": "6ca6", "received": "6ca6", "ok": true
    /// }"#;
    /// let check: wechat_mock::SignatureCheck = serde_json::from_str(answer).unwrap();
    /// assert!(check.is_ok() && check.rule.is_none());
    /// assert_eq!(check.values.concat(), check.joined);
    /// ```
    pub struct SignatureCheck {
        /// What is signed, sorted as WeChat sorts it; a page's as `key=value`.
        pub values: Vec<String>,
        /// The text whose SHA-1 is the signature.
        pub joined: String,
        /// The right signature; empty when what came cannot be read.
        pub expected: String,
        /// What came.
        pub received: String,
        /// Whether it is right, and its ticket lives.
        pub ok: bool,
        /// The id of the rule that was broken; none for a page's signature.
        pub rule: Option<String>,
        /// The mistake that is likeliest behind it.
        pub mistake: Option<Mistake>,
        /// What to do.
        pub fix: Option<Sentence>,
    }
}

impl SignatureCheck {
    /// Whether it is right, and its ticket lives.
    pub fn is_ok(&self) -> bool {
        self.ok
    }
}
