//! Every way in which a call can fail, and its one JSON body.

use axum::http::StatusCode;
use serde_json::{Value, json};
use wechat_client::callback::CallbackError;

use crate::{
    coupon::{Fault, Status},
    store::DbError,
};

/// Why a call failed.
///
/// `{"error":{"code","message","fields"?,"reason"?,"wechat_errcode"?,"request_id"}}`; the request id
/// is added by the outermost layer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the body is no JSON")]
    NoJson,
    #[error("the body is encoded; send it as it is, without Content-Encoding")]
    Encoded,
    #[error("some fields cannot be taken")]
    Invalid(Vec<Fault>),
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    #[error("the body did not come in time")]
    SlowBody,
    #[error("a token is needed")]
    Unauthorized,
    #[error("{0}")]
    NotWechat(CallbackError),
    #[error("WeChat does not know this login code")]
    BadLogin,
    #[error("{0}")]
    Forbidden(&'static str),
    #[error("{0}")]
    NotFound(&'static str),
    #[error("this path has other methods")]
    MethodNotAllowed,
    #[error("the coupon cannot be claimed: it is {}", .0.as_str())]
    NotClaimable(Status),
    #[error("the coupon's time to be claimed is over")]
    ClaimOver,
    #[error("the code was redeemed before")]
    AlreadyRedeemed,
    #[error("the same is under way; ask again soon")]
    OperationInProgress,
    #[error("the code cannot be redeemed: {0}")]
    NotRedeemable(&'static str),
    #[error("the code cannot be made void: it is {0}")]
    NotVoidable(&'static str),
    #[error("the coupon's card cannot be changed: the coupon is {}", .0.as_str())]
    NotChangeable(Status),
    #[error("the stock was changed elsewhere at the same time; look at it and decide anew")]
    StockMixed,
    #[error("{0}")]
    IdempotencyConflict(&'static str),
    #[error("WeChat: {0}")]
    Wechat(#[from] wechat_client::Error),
    #[error("no answer in time")]
    Late,
    #[error("WeChat has not said yet whether it was done")]
    WechatUnknown,
    #[error("the ledger cannot be written or read now")]
    Unavailable,
    #[error("internal error")]
    Store(DbError),
    #[error("internal error")]
    Internal,
}

impl Failure {
    /// A single field that cannot be taken.
    pub(crate) fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![Fault::new(field, message)])
    }

    /// Whether the same call would be answered so again, however long it waits; then its key keeps
    /// the answer.
    pub(crate) fn is_final(&self) -> bool {
        let is_passing = match self {
            Self::NotRedeemable(reason) => ["not_yet_valid", "unavailable"].contains(reason),
            Self::OperationInProgress | Self::SlowBody | Self::NotFound(_) => true,
            Self::NotChangeable(status) => *status == Status::Unknown,
            _ => false,
        };
        self.status().is_client_error() && !is_passing
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NoJson => StatusCode::BAD_REQUEST,
            Self::Encoded => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::SlowBody => StatusCode::REQUEST_TIMEOUT,
            Self::Unauthorized | Self::BadLogin | Self::NotWechat(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotClaimable(_)
            | Self::ClaimOver
            | Self::AlreadyRedeemed
            | Self::OperationInProgress
            | Self::NotRedeemable(_)
            | Self::NotVoidable(_)
            | Self::NotChangeable(_)
            | Self::StockMixed
            | Self::IdempotencyConflict(_) => StatusCode::CONFLICT,
            Self::Wechat(error) if error.is_outage() => StatusCode::SERVICE_UNAVAILABLE,
            // The ledger holds the tokens: while it is away nobody can call WeChat.
            Self::Late
            | Self::Unavailable
            | Self::WechatUnknown
            | Self::Wechat(wechat_client::Error::Store(_)) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store(_) | Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Wechat(_) => StatusCode::BAD_GATEWAY,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NoJson | Self::Invalid(_) => "invalid_request",
            Self::Encoded => "unsupported_encoding",
            Self::TooLarge(_) => "too_large",
            Self::SlowBody => "request_timeout",
            Self::Unauthorized | Self::BadLogin | Self::NotWechat(_) => "unauthorized",
            Self::Forbidden(_) => "forbidden",
            Self::NotFound(_) => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::NotClaimable(_) | Self::ClaimOver => "not_claimable",
            Self::AlreadyRedeemed => "already_redeemed",
            Self::OperationInProgress => "operation_in_progress",
            Self::NotRedeemable(_) => "not_redeemable",
            Self::NotVoidable(_) => "not_voidable",
            Self::NotChangeable(_) => "not_changeable",
            Self::StockMixed => "stock_changed",
            Self::IdempotencyConflict(_) => "idempotency_conflict",
            Self::Wechat(error) if error.is_outage() => "wechat_unavailable",
            Self::Late | Self::WechatUnknown => "wechat_unavailable",
            Self::Unavailable | Self::Wechat(wechat_client::Error::Store(_)) => "unavailable",
            Self::Store(_) | Self::Internal => "internal",
            Self::Wechat(_) => "wechat_refused",
        }
    }

    /// The body's `error`, but for the request id.
    pub(crate) fn body(&self) -> Value {
        let message = match self {
            // WeChat's own words are for logs; they change, and name our account.
            Self::Wechat(error) if error.is_outage() => "WeChat does not answer now".to_owned(),
            Self::Wechat(error) if error.errcode().is_some() => {
                "WeChat refused the call".to_owned()
            }
            Self::Wechat(wechat_client::Error::Store(_)) => Self::Unavailable.to_string(),
            Self::Wechat(_) => Self::Internal.to_string(),
            other => other.to_string(),
        };
        let mut body = json!({"code": self.code(), "message": message});
        match self {
            Self::Invalid(faults) => body["fields"] = json!(faults),
            Self::NotRedeemable(reason) | Self::NotVoidable(reason) => {
                body["reason"] = json!(reason);
            }
            Self::NotClaimable(status) | Self::NotChangeable(status) => {
                body["reason"] = json!(status.as_str());
            }
            Self::ClaimOver => body["reason"] = json!("expired"),
            Self::Wechat(error) => {
                if let Some(errcode) = error.errcode() {
                    body["wechat_errcode"] = json!(errcode.0);
                }
            }
            _ => {}
        }
        body
    }

    /// Notes what only we can mend; what callers did wrong is theirs to know.
    pub(crate) fn log(&self) {
        match self {
            Self::Wechat(error) => {
                let cause = std::error::Error::source(error).map(ToString::to_string);
                tracing::warn!(%error, cause, "WeChat");
            }
            Self::Store(error) => tracing::error!(%error, "the database"),
            Self::Late => tracing::warn!("no answer in time"),
            _ => {}
        }
    }
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        if error.is_passing() {
            tracing::warn!(%error, "the database");
            Self::Unavailable
        } else {
            Self::Store(error)
        }
    }
}

impl Failure {
    /// Status and body, as they are kept.
    pub(crate) fn parts(&self) -> (StatusCode, Value) {
        (self.status(), self.body())
    }
}
