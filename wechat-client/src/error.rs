//! Why a call failed, a variant per reaction of the caller.

use std::{fmt, ops::RangeInclusive};

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
    /// What was to be sent is over a limit of WeChat's, so nothing was called.
    #[error("{endpoint}: not sent: {reason}")]
    NotSent {
        /// The path that would have been called.
        endpoint: &'static str,
        /// What must be changed.
        reason: String,
    },
    /// WeChat was surely not reached: the connection was refused, say, or its name is not known.
    #[error("{endpoint}: WeChat was not reached")]
    Unreached {
        /// The path that was to be called.
        endpoint: &'static str,
        /// The cause, its URL removed: the query holds the token.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// There was no token to make the call with, so it was not made.
    #[error("{endpoint}: not called for want of a token")]
    NoToken {
        /// The path that was to be called.
        endpoint: &'static str,
        /// Why there is no token.
        source: Box<Self>,
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
            Self::NoToken { source, .. } => source.errcode(),
            Self::Unreadable { .. }
            | Self::NoAnswer { .. }
            | Self::NotSent { .. }
            | Self::Unreached { .. }
            | Self::Store(_) => None,
        }
    }

    /// Whether WeChat is away or overrun, so that the same call may succeed later.
    ///
    /// That is: WeChat not reached, no answer, an unreadable one, [`ErrCode::SYSTEM_BUSY`], [`ErrCode::QUOTA`] and
    /// [`ErrCode::TOO_FREQUENT`].
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Api { source, .. } => {
                [ErrCode::SYSTEM_BUSY, ErrCode::QUOTA, ErrCode::TOO_FREQUENT]
                    .contains(&source.errcode)
            }
            Self::Unreadable { .. } | Self::NoAnswer { .. } | Self::Unreached { .. } => true,
            Self::NoToken { source, .. } => source.is_outage(),
            Self::NotSent { .. } | Self::Store(_) => false,
        }
    }

    /// What the call that failed may have done at WeChat.
    ///
    /// # Examples
    ///
    /// ```
    /// use wechat_client::{ApiError, Effect, ErrCode, Error};
    ///
    /// let consumed_before = Error::Api {
    ///     endpoint: "/card/code/consume",
    ///     source: ApiError { errcode: ErrCode::CODE_CONSUMED, errmsg: String::new() },
    /// };
    /// assert_eq!(consumed_before.effect(), Effect::Refused);
    /// ```
    pub fn effect(&self) -> Effect {
        match self {
            // WeChat says -1 when something behind it failed, before or after it acted.
            Self::Api { source, .. } if source.errcode == ErrCode::SYSTEM_BUSY => {
                Effect::MayHaveActed
            }
            Self::Api { .. } => Effect::Refused,
            Self::Unreadable { .. } | Self::NoAnswer { .. } => Effect::MayHaveActed,
            Self::NotSent { .. }
            | Self::Unreached { .. }
            | Self::NoToken { .. }
            | Self::Store(_) => Effect::NotSent,
        }
    }

    /// Refuses a number that WeChat would refuse.
    pub(crate) fn unless_within(
        endpoint: &'static str,
        what: &str,
        number: usize,
        allowed: RangeInclusive<usize>,
    ) -> Result<(), Self> {
        if allowed.contains(&number) {
            return Ok(());
        }
        let allowed = match allowed.into_inner() {
            (least, usize::MAX) => format!("at least {least}"),
            (least, most) => format!("{least} to {most}"),
        };
        Err(Self::NotSent {
            endpoint,
            reason: format!("{what}: {number}, where WeChat takes {allowed}"),
        })
    }
}

/// What a call that failed may have done at WeChat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: it surely did not reach WeChat.
    NotSent,
    /// Nobody knows: the answer was lost, unreadable, or [`ErrCode::SYSTEM_BUSY`].
    MayHaveActed,
    /// Nothing: WeChat said no.
    Refused,
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
    /// What a QR code was to hold is not what WeChat takes.
    pub const INVALID_ACTION_INFO: Self = Self(40053);
    /// No customer holds such a code.
    pub const UNKNOWN_CODE: Self = Self(40056);
    /// The `card_id` is unknown, or another account's.
    pub const INVALID_CARD_ID: Self = Self(40073);
    /// The encrypted code cannot be decrypted by this account.
    pub const INVALID_ENCRYPT_CODE: Self = Self(40075);
    /// The card stands in a way that forbids the call: deleted, refused or under review.
    pub const INVALID_CARD_STATUS: Self = Self(40078);
    /// A time is wrong, or the code is not yet valid.
    pub const INVALID_TIME: Self = Self(40079);
    /// The code was redeemed before.
    pub const CODE_CONSUMED: Self = Self(40099);
    /// The dates of a card may only grow, and stay of their type.
    pub const INVALID_DATE_INFO: Self = Self(40100);
    /// More than 100 codes at once.
    pub const TOO_MANY_CODES: Self = Self(40109);
    /// A code is empty.
    pub const EMPTY_CODE: Self = Self(40110);
    /// A code stands twice.
    pub const SAME_CODE: Self = Self(40111);
    /// The stock would be less than nothing, or more than WeChat takes.
    pub const INVALID_QUANTITY: Self = Self(40122);
    /// The AppSecret is wrong.
    pub const INVALID_SECRET: Self = Self(40125);
    /// The code expired, was deleted, given away or made void.
    pub const CODE_UNAVAILABLE: Self = Self(40127);
    /// The stock would be more than the codes that were imported.
    pub const STOCK_OVER_CODES: Self = Self(40136);
    /// The sub-merchant is none of this account's.
    pub const INVALID_MERCHANT: Self = Self(40139);
    /// A picture was not uploaded to WeChat.
    pub const INVALID_IMAGE_URL: Self = Self(40141);
    /// A card has either the pay cell or the button in the middle.
    pub const PAY_CELL_OR_CENTER: Self = Self(40145);
    /// The code is held for somebody else.
    pub const CODE_MARKED: Self = Self(40146);
    /// The login code was used before.
    pub const JS_CODE_USED: Self = Self(40163);
    /// WeChat blocks this user's logins.
    pub const JS_CODE_BLOCKED: Self = Self(40226);
    /// The token is older than its life.
    pub const TOKEN_EXPIRED: Self = Self(42001);
    /// No `card_id` was given.
    pub const MISSING_CARD_ID: Self = Self(41012);
    /// The card needs a store.
    pub const STORE_REQUIRED: Self = Self(43017);
    /// The day's quota of this call is used up.
    pub const QUOTA: Self = Self(45009);
    /// Too many calls in a minute.
    pub const TOO_FREQUENT: Self = Self(45011);
    /// The card has no stock left.
    pub const OUT_OF_STOCK: Self = Self(45031);
    /// The customer holds as many of this card as anyone may.
    pub const GET_LIMIT: Self = Self(45033);
    /// The body is not what WeChat reads.
    pub const DATA_FORMAT: Self = Self(47001);
    /// The account may not make this call; a mini-program's token on a card call gives this too.
    pub const UNAUTHORIZED: Self = Self(48001);
    /// The quotas were cleared ten times this month.
    pub const CLEARED_TOO_OFTEN: Self = Self(48006);
    /// A picture is not on WeChat's CDN.
    pub const FOREIGN_IMAGE: Self = Self(52000);
    /// A date is not of the form `YYYY-MM-DD`.
    pub const INVALID_DATE: Self = Self(61500);
    /// A range of days is too long, or not over yet.
    pub const INVALID_DATE_RANGE: Self = Self(61501);

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

impl From<i64> for ErrCode {
    fn from(number: i64) -> Self {
        Self(number)
    }
}

impl fmt::Display for ErrCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
