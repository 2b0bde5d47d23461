//! Why a call failed, a variant per reaction of the caller.

use std::fmt;

use crate::StoreError;

/// Why a call to WeChat failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// WeChat refused the call: it answered with an `errcode` other than 0.
    #[error("{endpoint}: WeChat refused the call")]
    Api {
        /// The path that was called.
        endpoint: &'static str,
        /// What WeChat said.
        source: ApiError,
    },
    /// The answer is not what this endpoint answers; WeChat may or may not have acted.
    #[error("{endpoint}: unreadable answer with status {status}")]
    Unreadable {
        /// The path that was called.
        endpoint: &'static str,
        /// The HTTP status, which tells a gateway's error page from WeChat's own answer.
        status: u16,
        /// Where reading stopped.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// No answer came; WeChat may or may not have acted.
    #[error("{endpoint}: no answer")]
    NoAnswer {
        /// The path that was called.
        endpoint: &'static str,
        /// The cause, its URL removed: the query holds the token.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The store of tokens and tickets failed; nothing was called.
    #[error("the credential store failed")]
    Store(#[source] StoreError),
}

impl Error {
    /// WeChat's number, when it gave one.
    pub fn errcode(&self) -> Option<ErrCode> {
        match self {
            Self::Api { source, .. } => Some(source.errcode),
            Self::Unreadable { .. } | Self::NoAnswer { .. } | Self::Store(_) => None,
        }
    }

    /// Whether WeChat is away or overrun, so that the same call may succeed later.
    ///
    /// That is: no answer, an unreadable one, [`ErrCode::SYSTEM_BUSY`], [`ErrCode::QUOTA`] and
    /// [`ErrCode::TOO_FREQUENT`].
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Api { source, .. } => {
                [ErrCode::SYSTEM_BUSY, ErrCode::QUOTA, ErrCode::TOO_FREQUENT]
                    .contains(&source.errcode)
            }
            Self::Unreadable { .. } | Self::NoAnswer { .. } => true,
            Self::Store(_) => false,
        }
    }
}

/// What WeChat said when it refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{errcode}: {errmsg}")]
pub struct ApiError {
    /// The number; match on it.
    pub errcode: ErrCode,
    /// WeChat's words, which change, with a `rid` or `hint` for its support. For people.
    pub errmsg: String,
}

/// A number of WeChat's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ErrCode(pub i64);

impl ErrCode {
    /// WeChat is busy.
    pub const SYSTEM_BUSY: Self = Self(-1);
    /// The token is not the latest, or never was one.
    pub const INVALID_CREDENTIAL: Self = Self(40001);
    /// The openid is not one of this account.
    pub const INVALID_OPENID: Self = Self(40003);
    /// A picture is too large.
    pub const INVALID_IMAGE_SIZE: Self = Self(40009);
    /// The appid is unknown, or of the wrong kind.
    pub const INVALID_APPID: Self = Self(40013);
    /// The token is malformed.
    pub const INVALID_ACCESS_TOKEN: Self = Self(40014);
    /// The login code is unknown, too old, or another app's.
    pub const INVALID_JS_CODE: Self = Self(40029);
    /// No customer holds such a code.
    pub const UNKNOWN_CODE: Self = Self(40056);
    /// The `card_id` is unknown, or another account's.
    pub const INVALID_CARD_ID: Self = Self(40073);
    /// The encrypted code cannot be decrypted by this account.
    pub const INVALID_ENCRYPT_CODE: Self = Self(40075);
    /// A time is wrong, or the code is not yet valid.
    pub const INVALID_TIME: Self = Self(40079);
    /// The code was redeemed before.
    pub const CODE_CONSUMED: Self = Self(40099);
    /// The AppSecret is wrong.
    pub const INVALID_SECRET: Self = Self(40125);
    /// The code expired, was deleted, given away or made void.
    pub const CODE_UNAVAILABLE: Self = Self(40127);
    /// A picture was not uploaded to WeChat.
    pub const INVALID_IMAGE_URL: Self = Self(40141);
    /// The login code was used before.
    pub const JS_CODE_USED: Self = Self(40163);
    /// WeChat blocks this user's logins.
    pub const JS_CODE_BLOCKED: Self = Self(40226);
    /// The token is older than its life.
    pub const TOKEN_EXPIRED: Self = Self(42001);
    /// The day's quota of this call is used up.
    pub const QUOTA: Self = Self(45009);
    /// Too many calls in a minute.
    pub const TOO_FREQUENT: Self = Self(45011);
    /// The body is not what WeChat reads.
    pub const DATA_FORMAT: Self = Self(47001);
    /// The account may not make this call; a mini-program's token on a card call gives this too.
    pub const UNAUTHORIZED: Self = Self(48001);

    /// Whether a new token may help.
    pub(crate) fn is_stale_token(self) -> bool {
        [
            Self::INVALID_CREDENTIAL,
            Self::INVALID_ACCESS_TOKEN,
            Self::TOKEN_EXPIRED,
        ]
        .contains(&self)
    }
}

impl fmt::Display for ErrCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
