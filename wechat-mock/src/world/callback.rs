//! Where an account's pushes go, and what goes wrong with them on demand.

use axum::http::Uri;
use serde::{Deserialize, Deserializer, Serialize};

use super::field::BadField;
use crate::msgcrypt::MessageKey;

/// How much of a push can be read without the key.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    #[default]
    Plain,
    /// Everything, with the sealed message beside it.
    Compatible,
    /// Nothing but whose it is.
    Safe,
}

#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    #[default]
    Xml,
    Json,
}

/// What is set in WeChat's console, and the disorder of the mock.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Callback {
    pub(crate) url: String,
    pub(crate) token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) encoding_aes_key: Option<String>,
    #[serde(default)]
    pub(crate) mode: Mode,
    #[serde(default)]
    pub(crate) format: Format,
    #[serde(default)]
    pub(crate) disorder: Disorder,
}

/// What goes wrong on the way; chances are 0 to 1, drawn from the mock's seed.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Disorder {
    /// The push comes twice.
    pub(crate) duplicate: f64,
    /// The push does not come at all.
    pub(crate) drop: f64,
    /// What waits leaves newest first.
    pub(crate) reorder: bool,
    /// Milliseconds of real time for which a push waits.
    pub(crate) delay_ms: u64,
    /// The first try has a wrong signature.
    pub(crate) bad_signature: f64,
}

/// A callback as an account's draft has it: `null` takes it away, which is not to say nothing.
#[derive(Clone, Debug, Default)]
pub(crate) enum CallbackDraft {
    #[default]
    Unsaid,
    Said(Option<Callback>),
}

impl<'de> Deserialize<'de> for CallbackDraft {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Option::deserialize(from).map(Self::Said)
    }
}

impl CallbackDraft {
    pub(super) fn check(&self) -> Result<(), BadField> {
        match self {
            Self::Said(Some(callback)) => callback.check(),
            Self::Said(None) | Self::Unsaid => Ok(()),
        }
    }

    pub(super) fn apply(self, callback: &mut Option<Callback>) {
        if let Self::Said(said) = self {
            *callback = said;
        }
    }
}

/// The longest delay, in milliseconds.
const LONGEST: u64 = 600_000;

impl Callback {
    /// The key; a callback that was checked and is not plain has one.
    pub(crate) fn key(&self) -> Option<MessageKey> {
        MessageKey::read(self.encoding_aes_key.as_deref()?)
    }

    fn check(&self) -> Result<(), BadField> {
        check_url(&self.url)?;
        let is_token = (3..=32).contains(&self.token.len())
            && self.token.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_token {
            return Err(BadField::new("callback.token", "3 to 32 letters or digits"));
        }
        let field = "callback.encoding_aes_key";
        if self.encoding_aes_key.is_none() && self.mode != Mode::Plain {
            return Err(BadField::new(field, "this mode wants a key"));
        }
        if self.encoding_aes_key.is_some() && self.key().is_none() {
            return Err(BadField::new(field, "43 characters of standard base64"));
        }
        self.disorder.check()
    }
}

impl Disorder {
    fn check(&self) -> Result<(), BadField> {
        for (field, chance) in [
            ("callback.disorder.duplicate", self.duplicate),
            ("callback.disorder.drop", self.drop),
            ("callback.disorder.bad_signature", self.bad_signature),
        ] {
            if !(0.0..=1.0).contains(&chance) {
                return Err(BadField::new(field, "0 to 1"));
            }
        }
        if self.delay_ms > LONGEST {
            let message = format!("at most {LONGEST} milliseconds");
            return Err(BadField::new("callback.disorder.delay_ms", message));
        }
        Ok(())
    }
}

/// Bytes of a callback's URL; with the query of a push it stays far below what an HTTP URI can have.
const LONGEST_URL: usize = 2048;

fn check_url(text: &str) -> Result<(), BadField> {
    let field = "callback.url";
    if text.len() > LONGEST_URL {
        return Err(BadField::new(field, format!("at most {LONGEST_URL} bytes")));
    }
    let url: Uri = text
        .parse()
        .map_err(|_| BadField::new(field, "a URL such as http://127.0.0.1:8080/wechat"))?;
    match (url.scheme_str(), url.authority()) {
        (Some("http"), Some(authority)) if !authority.as_str().contains('@') => Ok(()),
        (Some("https"), _) => Err(BadField::new(
            field,
            "this mock pushes over plain http: give the http:// address behind your TLS",
        )),
        _ => Err(BadField::new(
            field,
            "http:// and a host, without user or password",
        )),
    }
}
