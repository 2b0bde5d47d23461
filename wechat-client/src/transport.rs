//! HTTP: one call, its tries, and what can be read of the answer.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::{Method, Url, multipart, redirect};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    ApiError, BuildError, ErrCode, Error, ImageFile, RetryPolicy, retry::random_byte,
    server_clock::ServerClock,
};

/// Bytes of an answer in JSON that are read.
const MAX_JSON: usize = 1024 * 1024;
/// Bytes of a file that are read; WeChat keeps none larger than 10 MiB.
const MAX_FILE: usize = 12 * 1024 * 1024;

/// What a call sends.
#[derive(Clone, Debug)]
pub(crate) enum Payload {
    Nothing,
    /// JSON, ready to be sent: raw UTF-8.
    Json(Bytes),
    File(ImageFile),
}

/// One call of WeChat's API.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) endpoint: &'static str,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) payload: Payload,
    /// Whether making it twice is as good as making it once.
    pub(crate) is_repeatable: bool,
}

impl Call {
    pub(crate) fn get(endpoint: &'static str) -> Self {
        Self {
            endpoint,
            query: Vec::new(),
            payload: Payload::Nothing,
            is_repeatable: true,
        }
    }

    /// A call with a JSON body that changes nothing.
    pub(crate) fn ask(endpoint: &'static str, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).expect("our own bodies can be written as JSON");
        Self {
            payload: Payload::Json(body.into()),
            ..Self::get(endpoint)
        }
    }

    /// A call with a JSON body that must not be made twice.
    pub(crate) fn act(endpoint: &'static str, body: &impl Serialize) -> Self {
        Self {
            is_repeatable: false,
            ..Self::ask(endpoint, body)
        }
    }

    pub(crate) fn upload(endpoint: &'static str, file: ImageFile) -> Self {
        Self {
            payload: Payload::File(file),
            is_repeatable: false,
            ..Self::get(endpoint)
        }
    }

    pub(crate) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }
}

/// Settings that both kinds of client share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timing {
    pub(crate) each_try: Duration,
    pub(crate) in_all: Duration,
    pub(crate) retry: RetryPolicy,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            each_try: Duration::from_secs(5),
            in_all: Duration::from_secs(15),
            retry: RetryPolicy::default(),
        }
    }
}

/// What an answer is read as.
#[derive(Debug)]
pub(crate) struct Form<T> {
    /// Bytes that are read.
    limit: usize,
    accept: fn(&'static str, u16, &Bytes) -> Result<T, Error>,
}

// Derived, they would ask the same of T.
impl<T> Clone for Form<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Form<T> {}

/// JSON that is no refusal, with its status.
pub(crate) const JSON: Form<(Value, u16)> = Form {
    limit: MAX_JSON,
    accept: accept_json,
};

/// The bytes of a file.
pub(crate) const FILE: Form<Bytes> = Form {
    limit: MAX_FILE,
    accept: accept_file,
};

#[derive(Clone, Debug)]
pub(crate) struct Transport {
    http: reqwest::Client,
    base: String,
    pub(crate) timing: Timing,
    pub(crate) server_clock: ServerClock,
}

/// The default of every `api_base`.
pub(crate) const WECHAT: &str = "https://api.weixin.qq.com";

impl Transport {
    pub(crate) fn new(base: &str, timing: Timing) -> Result<Self, BuildError> {
        let url = Url::parse(base).map_err(|_| BuildError::ApiBase)?;
        let is_plain =
            url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() || !is_plain {
            return Err(BuildError::ApiBase);
        }
        let http = reqwest::Client::builder()
            // The query holds the token: it goes nowhere but where it was sent.
            .redirect(redirect::Policy::none())
            .referer(false)
            // Below the limit of a try: who never connected surely sent nothing.
            .connect_timeout(timing.each_try.mul_f64(0.75))
            .user_agent(concat!("wechat-client/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| BuildError::Http(error.without_url()))?;
        Ok(Self {
            http,
            base: base.trim_end_matches('/').to_owned(),
            timing,
            server_clock: ServerClock::default(),
        })
    }

    /// Asks what time it is at WeChat, with a call that has nothing else to say: the head of the answer
    /// is enough, whatever it answers.
    pub(crate) async fn ask_time(&self) -> Result<i64, Error> {
        const ENDPOINT: &str = "/";

        let asking = self.http.head(format!("{}{ENDPOINT}", self.base)).send();
        let asked = tokio::time::timeout(self.timing.each_try, asking)
            .await
            .map_err(|_| late(ENDPOINT, self.timing.each_try))?;
        let response = asked.map_err(|error| Error::NoAnswer {
            endpoint: ENDPOINT,
            source: error.without_url().into(),
        })?;
        self.server_clock.note(response.headers()).ok_or_else(|| {
            unreadable(
                ENDPOINT,
                response.status().as_u16(),
                "no Date in the head".to_owned(),
            )
        })
    }

    /// Bounds a whole operation, all its calls, tries and pauses.
    pub(crate) async fn in_time<T>(
        &self,
        endpoint: &'static str,
        operation: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let in_all = self.timing.in_all;
        tokio::time::timeout(in_all, operation)
            .await
            .unwrap_or_else(|_| Err(late(endpoint, in_all)))
    }

    /// Makes a call and reads its answer as JSON.
    pub(crate) async fn json<T: DeserializeOwned>(&self, call: &Call) -> Result<T, Error> {
        let (value, status) = self.tried(call, JSON).await?;
        from_json(call.endpoint, status, value)
    }

    /// Makes a call, again after an outage when it can be repeated.
    pub(crate) async fn tried<T>(&self, call: &Call, form: Form<T>) -> Result<T, Error> {
        let attempts = if call.is_repeatable {
            self.timing.retry.attempts
        } else {
            1
        };
        let mut tries = 0;
        loop {
            tries += 1;
            let answer = self.once(call, form.limit).await;
            let answer =
                answer.and_then(|(status, bytes)| (form.accept)(call.endpoint, status, &bytes));
            match answer {
                Err(error) if tries < attempts && is_worth_another_try(&error) => {
                    tracing::debug!(endpoint = call.endpoint, tries, %error, "trying again");
                    let pause = self.timing.retry.pause(tries, random_byte());
                    tokio::time::sleep(pause).await;
                }
                answer => {
                    let errcode = answer.as_ref().err().and_then(Error::errcode);
                    let errcode = errcode.map_or(0, |errcode| errcode.0);
                    let ok = answer.is_ok();
                    tracing::debug!(
                        endpoint = call.endpoint,
                        tries,
                        ok,
                        errcode,
                        "called WeChat"
                    );
                    return answer;
                }
            }
        }
    }

    async fn once(&self, call: &Call, limit: usize) -> Result<(u16, Bytes), Error> {
        let each_try = self.timing.each_try;
        tokio::time::timeout(each_try, self.exchange(call, limit))
            .await
            .unwrap_or_else(|_| Err(late(call.endpoint, each_try)))
    }

    async fn exchange(&self, call: &Call, limit: usize) -> Result<(u16, Bytes), Error> {
        let url = format!("{}{}", self.base, call.endpoint);
        let method = match call.payload {
            Payload::Nothing => Method::GET,
            Payload::Json(_) | Payload::File(_) => Method::POST,
        };
        let request = self.http.request(method, url).query(&call.query);
        let request = match &call.payload {
            Payload::Nothing => request,
            Payload::Json(body) => request
                .header("content-type", "application/json; charset=utf-8")
                .body(body.clone()),
            Payload::File(file) => {
                request.multipart(multipart::Form::new().part("media", file.part()))
            }
        };
        let endpoint = call.endpoint;
        let no_answer = |error: reqwest::Error| Error::NoAnswer {
            endpoint,
            source: error.without_url().into(),
        };
        let mut response = request.send().await.map_err(|error| {
            if error.is_connect() {
                let source = error.without_url().into();
                Error::Unreached { endpoint, source }
            } else {
                no_answer(error)
            }
        })?;
        self.server_clock.note(response.headers());
        let status = response.status().as_u16();
        let mut bytes = BytesMut::new();
        while let Some(part) = response.chunk().await.map_err(no_answer)? {
            if bytes.len() + part.len() > limit {
                return Err(unreadable(
                    call.endpoint,
                    status,
                    format!("more than {limit} bytes"),
                ));
            }
            bytes.extend_from_slice(&part);
        }
        Ok((status, bytes.freeze()))
    }
}

/// An answer as the call's own type.
pub(crate) fn from_json<T: DeserializeOwned>(
    endpoint: &'static str,
    status: u16,
    value: Value,
) -> Result<T, Error> {
    serde_json::from_value(value).map_err(|fault| Error::Unreadable {
        endpoint,
        status,
        source: fault.into(),
    })
}

fn late(endpoint: &'static str, after: Duration) -> Error {
    Error::NoAnswer {
        endpoint,
        source: format!("none within {} ms", after.as_millis()).into(),
    }
}

fn unreadable(endpoint: &'static str, status: u16, why: String) -> Error {
    Error::Unreadable {
        endpoint,
        status,
        source: why.into(),
    }
}

/// Whether the same call may fare better: WeChat did not answer, or was busy.
fn is_worth_another_try(error: &Error) -> bool {
    match error {
        Error::NoAnswer { .. } | Error::Unreadable { .. } | Error::Unreached { .. } => true,
        Error::Api { source, .. } => source.errcode == ErrCode::SYSTEM_BUSY,
        Error::NotSent { .. } | Error::NoToken { .. } | Error::Store(_) => false,
    }
}

/// The JSON of an answer that is no refusal, with its status.
fn accept_json(endpoint: &'static str, status: u16, bytes: &Bytes) -> Result<(Value, u16), Error> {
    check_status(endpoint, status)?;
    // The content type says text/plain as often as JSON.
    let value = read_json(bytes).map_err(|fault| Error::Unreadable {
        endpoint,
        status,
        source: fault.into(),
    })?;
    if !value.is_object() {
        return Err(unreadable(endpoint, status, "no JSON object".to_owned()));
    }
    check_errcode(endpoint, status, &value)?;
    Ok((value, status))
}

/// The bytes of a file; a refusal comes as JSON in its place.
fn accept_file(endpoint: &'static str, status: u16, bytes: &Bytes) -> Result<Bytes, Error> {
    check_status(endpoint, status)?;
    if let Ok(value) = serde_json::from_slice::<Value>(bytes) {
        check_errcode(endpoint, status, &value)?;
    }
    Ok(bytes.clone())
}

/// WeChat answers 200 even when it refuses; anything else comes from something in between.
fn check_status(endpoint: &'static str, status: u16) -> Result<(), Error> {
    if (200..=204).contains(&status) {
        return Ok(());
    }
    Err(unreadable(
        endpoint,
        status,
        format!("HTTP status {status}"),
    ))
}

/// Many successes carry no errcode at all.
fn check_errcode(endpoint: &'static str, status: u16, value: &Value) -> Result<(), Error> {
    let errcode = match &value["errcode"] {
        Value::Null => 0,
        errcode => errcode.as_i64().ok_or_else(|| {
            unreadable(endpoint, status, "an errcode that is no number".to_owned())
        })?,
    };
    if errcode == 0 {
        return Ok(());
    }
    Err(Error::Api {
        endpoint,
        source: ApiError {
            errcode: ErrCode(errcode),
            errmsg: value["errmsg"].as_str().unwrap_or_default().to_owned(),
        },
    })
}

/// Reads JSON; control characters that WeChat left bare inside strings are forgiven.
fn read_json(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::from_slice(bytes).or_else(|fault| {
        if bytes.iter().any(u8::is_ascii_control) {
            serde_json::from_slice(&escaped_controls(bytes))
        } else {
            Err(fault)
        }
    })
}

/// The same JSON with control characters inside strings written as `\u00XX`.
fn escaped_controls(bytes: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(bytes.len() + 16);
    let (mut in_string, mut after_backslash) = (false, false);
    for &byte in bytes {
        if in_string && byte < 0x20 {
            escaped.extend(format!("\\u{byte:04x}").bytes());
        } else {
            escaped.push(byte);
        }
        in_string ^= byte == b'"' && !after_backslash;
        after_backslash = in_string && byte == b'\\' && !after_backslash;
    }
    escaped
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bare_control_characters_are_forgiven_inside_strings_alone() {
        let read = |text: &str| read_json(text.as_bytes()).ok();
        assert_eq!(
            read("{\"a\":\"x\ny\u{1}\"}"),
            Some(json!({"a": "x\ny\u{1}"}))
        );
        assert_eq!(read("{\n\"a\":\"\\\"\n\"\n}"), Some(json!({"a": "\"\n"})));
        assert_eq!(read("{\"a\":\"\\\\\"\u{1}}"), None);
    }

    #[test]
    fn a_base_is_a_plain_http_url() {
        let timing = Timing::default();
        assert!(Transport::new("http://127.0.0.1:7420/", timing).is_ok());
        assert!(Transport::new("https://api.weixin.qq.com", timing).is_ok());
        for base in [
            "",
            "api.weixin.qq.com",
            "ftp://a",
            "http://a?b=c",
            "http://user@a",
        ] {
            assert!(Transport::new(base, timing).is_err(), "{base}");
        }
    }
}
