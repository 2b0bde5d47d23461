//! What of a call is kept and shown: nothing secret, and nothing without a bound.

use serde_json::Value;

use crate::{api, refusal::cut_text};

/// Bytes of a path, a label or any other text beside the bodies that are kept.
pub(super) const TEXT: usize = 1024;
/// Bytes of a piece of an unknown path that are shown: a token has more.
const PIECE: usize = 32;
/// Pieces of an unknown path that are shown.
const PIECES: usize = 8;

/// Names whose values are secret in queries, requests and replies.
const SECRET: [&str; 7] = [
    "access_token",
    "secret",
    "appsecret",
    "ticket",
    "session_key",
    "js_code",
    "api_ticket",
];

/// Shortens every secret of a JSON value to its length.
pub(crate) fn redact(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                match member {
                    Value::String(text) if SECRET.contains(&key.as_str()) && !text.is_empty() => {
                        *text = format!("[redacted: {} characters]", text.chars().count());
                    }
                    other => redact(other),
                }
            }
        }
        Value::Array(entries) => entries.iter_mut().for_each(redact),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// At most [`TEXT`] bytes of a text, in memory of its own.
fn kept_text(text: &str) -> String {
    cut_text(text, TEXT)
}

/// At most [`TEXT`] bytes of a text.
pub(super) fn kept_owned(text: String) -> String {
    if text.len() > TEXT {
        kept_text(&text)
    } else {
        text
    }
}

/// Cuts every text of a record at [`TEXT`] bytes; about the memory that the record takes then.
pub(super) fn cut_texts(value: &mut Value) -> usize {
    let own = size_of::<Value>();
    own + match value {
        Value::String(text) => {
            if text.len() > TEXT {
                *text = kept_text(text);
            }
            text.len()
        }
        Value::Array(entries) => entries.iter_mut().map(cut_texts).sum(),
        Value::Object(members) => members
            .iter_mut()
            .map(|(key, member)| size_of::<String>() + key.len() + cut_texts(member))
            .sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

/// Takes out what a refusal quotes of the request.
pub(super) fn cut_quote(reply: &mut Value) {
    const QUOTE: &str = "Error before ";
    if let Some(Value::String(errmsg)) = reply.get_mut("errmsg")
        && let Some(at) = errmsg.find(QUOTE)
    {
        errmsg.replace_range(at + QUOTE.len().., "[redacted]");
    }
}

/// A text that is no JSON is shown only when no name of a secret stands in it.
pub(super) fn may_hold_secrets(text: &str) -> bool {
    SECRET.iter().any(|name| text.contains(name))
}

/// Method and path, such as `POST /card/get`, or what the phone did, such as `wx.addCard`.
///
/// A path that nobody answers may hold anything, a token too: of it the pieces are shown that are words.
pub(crate) fn shown_call(call: &str) -> String {
    let Some((method, path)) = call.split_once(' ') else {
        return call.escape_debug().to_string();
    };
    let letters = |c: &char| c.is_ascii_alphanumeric();
    let method: String = method.chars().filter(letters).take(16).collect();
    if api::paths().any(|known| known == path) {
        return format!("{method} {path}");
    }
    let pieces = path.split('/').take(PIECES).map(|piece| {
        let is_word = piece.len() <= PIECE
            && piece
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
        if is_word { piece } else { "…" }
    });
    format!("{method} {}", pieces.collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_shortened_wherever_they_stand() {
        let mut value =
            json!({"secret": "s3cret", "list": [{"access_token": "abc"}], "title": "满减"});
        redact(&mut value);
        assert_eq!(
            value,
            json!({
                "secret": "[redacted: 6 characters]",
                "list": [{"access_token": "[redacted: 3 characters]"}],
                "title": "满减",
            })
        );
    }

    #[test]
    fn a_path_that_nobody_answers_is_shown_without_what_may_be_secret() {
        let token = "00_MOCKabcdefghijklmnopqrstuvwxyzabcdefghijklmnop";
        for (call, shown) in [
            ("POST /card/create".to_owned(), "POST /card/create"),
            ("GET /card/creat".to_owned(), "GET /card/creat"),
            (format!("GET /card/get&access_token={token}"), "GET /card/…"),
            (format!("GET /card/{token}"), "GET /card/…"),
            ("GET /\u{1b}[31m/券".to_owned(), "GET /…/…"),
            ("wx.addCard".to_owned(), "wx.addCard"),
        ] {
            assert_eq!(shown_call(&call), shown);
        }
    }
}
