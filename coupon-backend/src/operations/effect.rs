//! What a failed call to WeChat may have done.

use std::io;

use wechat_client::{ErrCode, Error};

/// What a call that failed may have done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// It did not reach WeChat, or WeChat refused it.
    Nothing,
    /// An answer came that does not say whether WeChat acted; it will not act later.
    Unclear,
    /// No answer came: it may have acted, or may still act.
    Lost,
}

/// What a call of `endpoint` may have done.
pub(super) fn of(error: &Error, endpoint: &str) -> Effect {
    match error {
        Error::Api { source, .. } if source.errcode == ErrCode::SYSTEM_BUSY => Effect::Unclear,
        Error::Unreadable { endpoint: at, .. } if *at == endpoint => Effect::Unclear,
        Error::NoAnswer {
            endpoint: at,
            source,
        } if *at == endpoint => {
            if is_refused_connection(source.as_ref()) {
                Effect::Nothing
            } else {
                Effect::Lost
            }
        }
        // The token could not be had, or the call was not sent.
        _ => Effect::Nothing,
    }
}

fn is_refused_connection(error: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    let first: &(dyn std::error::Error + 'static) = error;
    let mut cause = Some(first);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>()
            && error.kind() == io::ErrorKind::ConnectionRefused
        {
            return true;
        }
        cause = error.source();
    }
    false
}
