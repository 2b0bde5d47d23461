//! How the control API refuses: `{"error":{"code","message","field"?}}` with a true status.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::world::{CannotAdd, field::BadField, file::WorldError};

/// Why a control call was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) field: Option<String>,
}

impl Fault {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            field: None,
        }
    }

    /// The body is no JSON, or too large to be read.
    pub(crate) fn unreadable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_json", message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "wrong_state", message)
    }

    /// A value that cannot be, and where it stands.
    pub(crate) fn bad_value(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: Some(field.into()),
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request", message)
        }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut error = json!({"code": self.code, "message": self.message});
        if let Some(field) = self.field {
            error["field"] = json!(field);
        }
        (self.status, Json(json!({"error": error}))).into_response()
    }
}

impl From<BadField> for Fault {
    fn from(fault: BadField) -> Self {
        Self::bad_value(fault.field, fault.message)
    }
}

impl From<CannotAdd> for Fault {
    fn from(fault: CannotAdd) -> Self {
        match fault {
            CannotAdd::BadField(fault) => fault.into(),
            CannotAdd::Taken { field, value } => Self {
                field: Some(field.to_owned()),
                ..Self::conflict(format!("{value} is taken"))
            },
        }
    }
}

impl From<WorldError> for Fault {
    fn from(fault: WorldError) -> Self {
        Self::bad_value(fault.at, fault.message)
    }
}
