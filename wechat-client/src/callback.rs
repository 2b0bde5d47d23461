//! What WeChat pushes to an account's callback URL: verified, opened, read, answered.
//!
//! Source: the official pages on message pushes and their encryption, and on card events.
//!
//! # Examples
//!
//! ```
//! use wechat_client::callback::{Callback, CallbackError, CallbackQuery, Event};
//!
//! # let callback = Callback::new("AAAAA".into(), None, "wx0123456789abcdef".into());
//! # let raw_query = "signature=899cf89e464efb63f54ddac96b0a0a235f53aa78&timestamp=1714037059&nonce=486452656";
//! # let body = b"<xml><CreateTime>1</CreateTime><Event>user_del_card</Event><CardId>p1</CardId><UserCardCode>1</UserCardCode></xml>";
//! match callback.open(&CallbackQuery::parse(raw_query), body) {
//!     Ok(push) => match &push.event {
//!         Event::UserDelCard(deleted) => println!("{} was thrown away", deleted.card_id),
//!         other => println!("{} is kept", other.name()),
//!     },
//!     // Whatever it is, WeChat sent it, and would only send it again: keep it, answer `success`.
//!     Err(CallbackError::Unreadable(reason)) => println!("{reason}"),
//!     // Somebody else sent it: answer 401.
//!     Err(refused) => println!("{refused}"),
//! }
//! ```

use std::{borrow::Cow, fmt, sync::Arc};

use subtle::ConstantTimeEq as _;

use crate::{AppId, sign::card_signature};

mod aes_key;
mod elements;
mod event;
mod push;
mod sealed;

pub use self::{
    aes_key::{AesKeyError, EncodingAesKey},
    elements::Elements,
    event::*,
    push::Push,
    sealed::Sealed,
};
pub use crate::secret::{CallbackToken, VerifyCode};

/// Bytes of a body that is read at all; WeChat's have a few thousand.
const MAX_BODY: usize = 1024 * 1024;

/// The query of a call to the callback URL.
///
/// What does not come is empty, and is refused where it is needed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct CallbackQuery {
    /// Over token, timestamp and nonce.
    pub signature: String,
    /// Seconds since 1970, as digits.
    pub timestamp: String,
    /// Random text.
    pub nonce: String,
    /// To be answered when WeChat checks the URL.
    pub echostr: String,
    /// `aes` when the body is sealed; `raw` or nothing when it is not.
    pub encrypt_type: String,
    /// Over token, timestamp, nonce and the sealed text.
    pub msg_signature: String,
}

impl CallbackQuery {
    /// Reads a query string as it came, without its `?`. Of a key that comes twice the first counts.
    pub fn parse(query: &str) -> Self {
        let value = |name: &str| {
            form_urlencoded::parse(query.as_bytes())
                .find(|(key, _)| key == name)
                .map_or_else(String::new, |(_, value)| value.into_owned())
        };
        Self {
            signature: value("signature"),
            timestamp: value("timestamp"),
            nonce: value("nonce"),
            echostr: value("echostr"),
            encrypt_type: value("encrypt_type"),
            msg_signature: value("msg_signature"),
        }
    }

    /// Whether WeChat signed this query at `now`, give or take `window`, both in seconds: what was
    /// signed once is good for ever unless its time is looked at. Judge by WeChat's clock where it is
    /// known ([`Client::server_now`](crate::Client::server_now)).
    ///
    /// # Errors
    ///
    /// [`CallbackError::OutOfTime`], also when the timestamp is no number.
    pub fn check_time(&self, now: i64, window: i64) -> Result<(), CallbackError> {
        let signed_at: i64 = self
            .timestamp
            .parse()
            .map_err(|_| CallbackError::OutOfTime)?;
        if signed_at.abs_diff(now) <= window.unsigned_abs() {
            Ok(())
        } else {
            Err(CallbackError::OutOfTime)
        }
    }

    fn is_sealed(&self) -> bool {
        self.encrypt_type == "aes" || !self.msg_signature.is_empty()
    }
}

impl fmt::Debug for CallbackQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // With its signature a query could be sent again by whoever sees it.
        f.debug_struct("CallbackQuery")
            .field("timestamp", &self.timestamp)
            .field("encrypt_type", &self.encrypt_type)
            .finish_non_exhaustive()
    }
}

/// Why a call to the callback URL is not taken, a variant per reaction of the receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallbackError {
    /// The signature is missing or wrong: WeChat did not send it. Answer 401.
    #[error("the signature is missing or wrong")]
    Signature,
    /// The push is sealed and there is no key to open it. Answer 401.
    #[error("the push is sealed and there is no EncodingAESKey")]
    SealedWithoutKey,
    /// The push is in clear, and the account seals what it sends. Answer 401.
    #[error("the push is in clear where sealed ones are due")]
    NotSealed,
    /// The query was signed too long before or after this moment. Answer 401.
    #[error("the query was signed too long ago, or for a time to come")]
    OutOfTime,
    /// What was sealed is meant for another app. Answer 401.
    #[error("the push is meant for another app")]
    AnotherApp,
    /// It is WeChat's, and cannot be read; it would come again the same. Keep the body, answer
    /// `success`.
    #[error("the push cannot be read: {0}")]
    Unreadable(&'static str),
}

/// One account's callback: what its URL is called with is opened by it.
///
/// Clones share the secrets.
#[derive(Clone, Debug)]
pub struct Callback(Arc<Inner>);

/// The modes in which WeChat pushes, as they are chosen in its console.
///
/// The signature of a push in clear is not over its body: whoever saw one query can send any body
/// with it. So an account whose pushes are sealed takes no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mode {
    /// In clear (明文模式). What comes sealed is opened, when there is a key.
    Plain,
    /// In clear and sealed (兼容模式): what was sealed counts.
    Compatible,
    /// Sealed (安全模式).
    Safe,
}

#[derive(Debug)]
struct Inner {
    token: CallbackToken,
    key: Option<EncodingAesKey>,
    app_id: AppId,
    mode: Mode,
}

impl Callback {
    /// The callback with the token and, for sealed pushes, the key that stand in WeChat's console.
    /// With a key its mode is [`Mode::Safe`], else [`Mode::Plain`].
    pub fn new(token: CallbackToken, key: Option<EncodingAesKey>, app_id: AppId) -> Self {
        let mode = if key.is_some() {
            Mode::Safe
        } else {
            Mode::Plain
        };
        Self::with_mode(token, key, app_id, mode)
    }

    /// The same for an account that has a key and pushes in some other mode.
    pub fn with_mode(
        token: CallbackToken,
        key: Option<EncodingAesKey>,
        app_id: AppId,
        mode: Mode,
    ) -> Self {
        Self(Arc::new(Inner {
            token,
            key,
            app_id,
            mode,
        }))
    }

    /// Verifies WeChat's check of the URL, and gives the `echostr` that it wants as the whole answer.
    ///
    /// # Errors
    ///
    /// [`CallbackError::Signature`].
    pub fn verify_url<'a>(&self, query: &'a CallbackQuery) -> Result<&'a str, CallbackError> {
        self.verify_plain(query)?;
        Ok(&query.echostr)
    }

    /// Verifies a push and reads it: in clear, compatible or safe mode, as XML or JSON.
    ///
    /// # Errors
    ///
    /// Every [`CallbackError`].
    pub fn open(&self, query: &CallbackQuery, body: &[u8]) -> Result<Push, CallbackError> {
        Push::parse(&self.message(query, body)?)
    }

    /// Verifies a push and gives its message in clear, unread.
    ///
    /// In compatible mode that is what was sealed, never the clear text beside it, which nothing
    /// vouches for.
    ///
    /// # Errors
    ///
    /// Every [`CallbackError`].
    pub fn message<'a>(
        &self,
        query: &CallbackQuery,
        body: &'a [u8],
    ) -> Result<Cow<'a, str>, CallbackError> {
        if query.is_sealed() {
            return self.unseal(query, body).map(Cow::Owned);
        }
        self.verify_plain(query)?;
        if self.0.mode != Mode::Plain {
            return Err(CallbackError::NotSealed);
        }
        text(body).map(Cow::Borrowed)
    }

    fn unseal(&self, query: &CallbackQuery, body: &[u8]) -> Result<String, CallbackError> {
        let key = self.0.key.as_ref();
        let key = key.ok_or(CallbackError::SealedWithoutKey)?;
        let sealed = text(body).and_then(Elements::parse).and_then(|envelope| {
            let sealed = envelope.get("Encrypt").map(str::to_owned);
            sealed.ok_or(CallbackError::Unreadable("nothing is sealed in it"))
        });
        let sealed = match sealed {
            Ok(sealed) => sealed,
            // There is nothing that the other signature could be over. The plain one comes too,
            // and tells WeChat's broken bodies, which are kept, from anybody's.
            Err(unreadable) => {
                self.verify_plain(query)?;
                return Err(unreadable);
            }
        };
        self.verify(
            &[&query.timestamp, &query.nonce, &sealed],
            &query.msg_signature,
        )?;
        key.open(&sealed, &self.0.app_id)
    }

    fn verify_plain(&self, query: &CallbackQuery) -> Result<(), CallbackError> {
        self.verify(&[&query.timestamp, &query.nonce], &query.signature)
    }

    fn verify(&self, values: &[&str], signature: &str) -> Result<(), CallbackError> {
        let expected = self.signature(values);
        if expected.as_bytes().ct_eq(signature.as_bytes()).into() {
            Ok(())
        } else {
            Err(CallbackError::Signature)
        }
    }

    /// The sum is the same as a card's, over other values.
    fn signature(&self, values: &[&str]) -> String {
        card_signature(values.iter().copied().chain([self.0.token.expose()]))
    }

    /// Seals an answer for WeChat. The answer `success` needs no sealing.
    ///
    /// # Errors
    ///
    /// [`CallbackError::SealedWithoutKey`].
    ///
    /// # Panics
    ///
    /// When the system has no randomness to give.
    pub fn seal(&self, reply: &str, timestamp: i64, nonce: &str) -> Result<Sealed, CallbackError> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).expect("the system gives randomness");
        self.seal_with(reply, timestamp, nonce, random)
    }

    /// As [`Self::seal`], with randomness of the caller's; for tests.
    ///
    /// # Errors
    ///
    /// [`CallbackError::SealedWithoutKey`].
    pub fn seal_with(
        &self,
        reply: &str,
        timestamp: i64,
        nonce: &str,
        random: [u8; 16],
    ) -> Result<Sealed, CallbackError> {
        let key = self.0.key.as_ref();
        let key = key.ok_or(CallbackError::SealedWithoutKey)?;
        let encrypt = key.seal(reply, &self.0.app_id, random);
        Ok(Sealed {
            msg_signature: self.signature(&[&timestamp.to_string(), nonce, &encrypt]),
            encrypt,
            timestamp,
            nonce: nonce.to_owned(),
        })
    }
}

fn text(body: &[u8]) -> Result<&str, CallbackError> {
    if body.len() > MAX_BODY {
        return Err(CallbackError::Unreadable("it is too long"));
    }
    std::str::from_utf8(body).map_err(|_| CallbackError::Unreadable("it is no UTF-8"))
}
