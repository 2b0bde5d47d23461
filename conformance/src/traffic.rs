//! What went over the wire, for readers: without secrets.

use crate::{
    http::{Answer, Request},
    variables::Variables,
};

/// Longest body that is shown, in characters.
const SHOWN: usize = 4000;

/// One request and its answer, without secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exchange {
    /// The curl that repeats it; `$URL` is the target, `{{access_token}}` a fresh token.
    pub curl: String,
    /// The status of the answer.
    pub status: u16,
    /// The body of the answer.
    pub answer: String,
}

impl Exchange {
    pub(crate) fn of(request: &Request, answer: &Answer, variables: &Variables) -> Self {
        Self {
            curl: variables.without_secrets(&curl(request)),
            status: answer.status,
            answer: variables.without_secrets(&cut(&answer.text)),
        }
    }

    /// Something done on the phone or by the arranger.
    pub(crate) fn arranged(what: &str, answer: &str, variables: &Variables) -> Self {
        Self {
            curl: variables.without_secrets(&format!("# {what}")),
            status: 0,
            answer: variables.without_secrets(&cut(answer)),
        }
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// The command line that sends a request.
fn curl(request: &Request) -> String {
    let mut words = vec![format!(
        "curl -sS -X {} \"$URL\"{}",
        request.method,
        quoted(&request.path)
    )];
    let is_upload = request
        .shown
        .as_ref()
        .is_some_and(|shown| shown.contains("=@"));
    for (name, value) in &request.headers {
        if !is_upload || name != "Content-Type" {
            words.push(format!("-H {}", quoted(&format!("{name}: {value}"))));
        }
    }
    match &request.shown {
        Some(shown) if is_upload => words.push(format!("-F {}", quoted(shown))),
        Some(shown) => words.push(format!("--data-binary @- # {shown}")),
        None if request.body.is_empty() => {}
        None => {
            let body = String::from_utf8_lossy(&request.body);
            words.push(format!("--data-binary {}", quoted(&cut(&body))));
        }
    }
    words.join(" ")
}

/// A text as one word of a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
