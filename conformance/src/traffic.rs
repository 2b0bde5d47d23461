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
    /// The call in its parts; none of what is done on the phone or by the arranger.
    pub call: Option<Called>,
}

/// A call on one of WeChat's paths and its whole answer, without secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Called {
    /// Such as `POST`.
    pub method: String,
    /// The path, and the query without its token.
    pub path: String,
    /// The body; empty for uploads.
    pub body: String,
    /// The header of the answer.
    pub content_type: String,
    /// The whole body of the answer.
    pub answer: String,
}

impl Exchange {
    pub(crate) fn of(request: &Request, answer: &Answer, variables: &Variables) -> Self {
        Self {
            curl: variables.without_secrets(&curl(request)),
            status: answer.status,
            answer: variables.without_secrets(&cut(&answer.text)),
            call: Some(Called {
                method: request.method.clone(),
                path: variables.without_secrets(&without_token(&request.path)),
                body: match &request.shown {
                    Some(_) => String::new(),
                    None => variables.without_secrets(&String::from_utf8_lossy(&request.body)),
                },
                content_type: answer.content_type.clone(),
                answer: variables.without_secrets(&answer.text),
            }),
        }
    }

    /// The same with all its texts changed.
    pub(crate) fn map(self, change: impl Fn(String) -> String) -> Self {
        Self {
            curl: change(self.curl),
            status: self.status,
            answer: change(self.answer),
            call: self.call.map(|call| Called {
                method: call.method,
                path: change(call.path),
                body: change(call.body),
                content_type: change(call.content_type),
                answer: change(call.answer),
            }),
        }
    }

    /// Something done on the phone or by the arranger.
    pub(crate) fn arranged(what: &str, answer: &str, variables: &Variables) -> Self {
        Self {
            curl: variables.without_secrets(&format!("# {what}")),
            status: 0,
            answer: variables.without_secrets(&cut(answer)),
            call: None,
        }
    }
}

/// Path and query without the caller's token.
fn without_token(path: &str) -> String {
    let Some((path, query)) = path.split_once('?') else {
        return path.to_owned();
    };
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.starts_with("access_token="))
        .collect();
    if kept.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", kept.join("&"))
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
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
