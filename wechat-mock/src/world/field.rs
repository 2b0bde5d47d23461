//! What the fields of accounts and users have in common.

/// A field that does not hold what it should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub(crate) struct BadField {
    pub(crate) field: &'static str,
    pub(crate) message: String,
}

impl BadField {
    pub(crate) fn new(field: &'static str, message: impl Into<String>) -> Self {
        Self {
            field,
            message: message.into(),
        }
    }
}

/// Names of accounts and users: 1 to 64 characters, fit for a path.
pub(crate) fn check_name(name: &str) -> Result<(), BadField> {
    let fits = (1..=64).contains(&name.chars().count())
        && !name.contains(|c: char| c.is_control() || c == '/')
        && name.trim() == name;
    if fits {
        Ok(())
    } else {
        Err(BadField::new(
            "name",
            "1 to 64 characters without '/', control characters or blanks around it",
        ))
    }
}

/// What [`is_openid`] wants.
pub(crate) const OPENID: &str = "1 to 128 characters without blanks or control characters";

/// Whether a text can be an openid or unionid; WeChat's have 28 characters.
///
/// Openids stand in the URL of pushes, which has a bound.
pub(crate) fn is_openid(text: &str) -> bool {
    (1..=128).contains(&text.chars().count())
        && !text.contains(|c: char| c.is_control() || c.is_whitespace())
}
