//! What a failed call to WeChat may have done, and may still do.

use wechat_client::Error;

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

/// What the call of an error may have done.
pub(super) fn of(error: &Error) -> Effect {
    match (error.effect(), error) {
        (wechat_client::Effect::MayHaveActed, Error::NoAnswer { .. }) => Effect::Lost,
        (wechat_client::Effect::MayHaveActed, _) => Effect::Unclear,
        (wechat_client::Effect::NotSent | wechat_client::Effect::Refused, _) => Effect::Nothing,
    }
}
