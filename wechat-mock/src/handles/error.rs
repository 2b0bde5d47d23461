//! How the library refuses: as the control API does, with the same words.

use crate::control;

/// Why the mock did not do what a test asked for; nothing of it was done.
///
/// A card that WeChat refuses is no error but an outcome, which says why.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use wechat_mock::{Fault, FaultKind, MockWechat};
///
/// let mock = MockWechat::start().await;
/// let misspelt = Fault::new(FaultKind::Reset).on("/card/code/decypt");
///
/// let error = mock.faults().add(misspelt).unwrap_err();
/// assert_eq!((error.status, error.field.as_deref()), (422, Some("path")));
/// assert!(error.message.ends_with("the nearest is /card/code/decrypt"));
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", .field.as_ref().map(|field| format!("{field}: ")).unwrap_or_default())]
#[non_exhaustive]
pub struct ControlError {
    /// The HTTP status that the control API would answer with: 404 for a thing that is not there, 409
    /// for a wrong state, 422 for a wrong value.
    pub status: u16,
    /// The same as a word: `not_found`, `wrong_state`, `invalid_request`.
    pub code: &'static str,
    /// What is wrong, in English.
    pub message: String,
    /// The field at fault, by the name that the control API has for it.
    pub field: Option<String>,
}

impl From<control::Fault> for ControlError {
    fn from(fault: control::Fault) -> Self {
        Self {
            status: fault.status.as_u16(),
            code: fault.code,
            message: fault.message,
            field: fault.field,
        }
    }
}
