//! What goes over the wire: JSON as WeChat writes it, the tails of its messages, its headers.

use std::{
    io,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

#[cfg(feature = "breaks")]
mod broken;

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use bytes::Bytes;
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value, json, ser::Formatter};

use crate::{
    refusal::Refusal,
    switches::{Switch, Switches},
};

/// The odd parameter is WeChat's own: `encoding`, not `charset`.
const JSON: &str = "application/json; encoding=utf-8";
const JSON_CHARSET: &str = "application/json; charset=utf-8";
const TEXT: &str = "text/plain";

/// A call that was done.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    Json(Value),
    /// What stands behind errcode 0 and errmsg "ok", unless it says them itself.
    Done(Map<String, Value>),
    /// JSON that was written already, but for the escaping of slashes.
    Written(String),
    /// JSON in which bytes stand that are no UTF-8.
    Spoilt(Bytes),
    File {
        content_type: &'static str,
        file_name: String,
        bytes: Bytes,
    },
    /// A file that is shown, not kept.
    Picture {
        content_type: &'static str,
        bytes: Bytes,
    },
}

impl Reply {
    /// A reply that says errcode and errmsg only in the documents, and by a switch.
    pub(crate) fn with_errcode(mut fields: Value, is_present: bool) -> Self {
        if is_present || crate::breaks::broken("errcode-where-there-is-none") {
            fields["errcode"] = json!(0);
            fields["errmsg"] = json!("ok");
        }
        Self::Json(fields)
    }

    /// A reply of the card family, which always starts with errcode and errmsg.
    pub(crate) fn card(fields: Value) -> Self {
        match fields {
            fields if crate::breaks::broken("success-without-errcode") => Self::Json(fields),
            Value::Object(fields) => Self::Done(fields),
            _ => Self::Done(Map::new()),
        }
    }
}

/// Which of WeChat's back ends answers: each has its own tail and content type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// `/cgi-bin/…`.
    Gateway,
    /// `/cgi-bin/media/…`.
    Media,
    /// `/card/…`.
    Card,
    /// `/sns/…`.
    Login,
}

/// How the back end that answers writes, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub(crate) family: Family,
    pub(crate) switches: Switches,
    /// Seconds since 1970 on the mock's clock; traces carry them.
    pub(crate) now: i64,
}

impl Style {
    fn content_type(self) -> &'static str {
        match self.family {
            Family::Login if !crate::breaks::broken("content-type-of-login") => TEXT,
            _ if self.switches.is(Switch::ContentType, "charset") => JSON_CHARSET,
            _ if crate::breaks::broken("content-type-charset") => JSON_CHARSET,
            Family::Gateway | Family::Media | Family::Card | Family::Login => JSON,
        }
    }

    /// The trace of a refusal, and the tail of errmsg that shows it.
    fn trace(self, early: bool) -> (String, String) {
        let rid = rid(self.now);
        match self.family {
            Family::Login if !crate::breaks::broken("comma-before-rid-of-login-missing") => {
                (rid.clone(), format!(", rid: {rid}"))
            }
            Family::Card
                if !early
                    && !self.switches.is(Switch::ErrmsgTail, "rid")
                    && !crate::breaks::broken("hint-missing") =>
            {
                let hint = hint(self.now, "mock1");
                if self.switches.is(Switch::ErrmsgTail, "mixed") {
                    let tail = format!(" hint: [{hint}] rid: {rid}");
                    (format!("{hint} {rid}"), tail)
                } else {
                    let tail = format!(" hint: [{hint}]");
                    (hint, tail)
                }
            }
            // Captured from 2020 to 2026; what the gateway itself refuses has the rid alone.
            Family::Media if !early && !crate::breaks::broken("hint-of-media-missing") => {
                let hint = hint(self.now, "mock");
                let tail = format!(" hint: [{hint}] rid: {rid}");
                (format!("{hint} {rid}"), tail)
            }
            Family::Card | Family::Gateway | Family::Media | Family::Login => {
                (rid.clone(), format!(" rid: {rid}"))
            }
        }
    }
}

/// An answer, ready to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    pub(crate) errcode: i64,
    pub(crate) content_type: &'static str,
    /// The name under which a file is sent.
    pub(crate) file_name: Option<String>,
    pub(crate) body: Bytes,
    /// The rid or hint in a refusal; with a blank between them when it has both.
    pub(crate) trace: Option<String>,
    pub(crate) status: StatusCode,
}

impl Wire {
    pub(crate) fn of_reply(reply: Reply, style: Style) -> Self {
        match reply {
            Reply::Json(value) => Self {
                content_type: style.content_type(),
                ..Self::foreign("", escaped(&value))
            },
            Reply::Done(fields) => Self {
                content_type: style.content_type(),
                ..Self::foreign("", escaped(&Done(&fields)))
            },
            Reply::Written(text) => Self {
                content_type: style.content_type(),
                ..Self::foreign("", with_escaped_slashes(&text))
            },
            Reply::Spoilt(bytes) => Self {
                content_type: style.content_type(),
                ..Self::foreign("", bytes)
            },
            Reply::File {
                content_type,
                file_name,
                bytes,
            } => Self {
                errcode: 0,
                content_type,
                file_name: Some(file_name),
                body: bytes,
                trace: None,
                status: StatusCode::OK,
            },
            Reply::Picture {
                content_type,
                bytes,
            } => Self::foreign(content_type, bytes),
        }
    }

    /// What somebody between WeChat and the caller says.
    pub(crate) fn foreign(content_type: &'static str, body: Bytes) -> Self {
        Self {
            errcode: 0,
            content_type,
            file_name: None,
            body,
            trace: None,
            status: StatusCode::OK,
        }
    }

    /// An empty answer of a status other than 200.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        Self {
            status,
            ..Self::foreign("", Bytes::new())
        }
    }

    /// The answer in HTTP.
    pub(crate) fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if !self.content_type.is_empty() {
            headers.insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static(self.content_type),
            );
        }
        if let Some(name) = self.file_name
            && let Ok(disposition) =
                HeaderValue::try_from(format!("attachment; filename=\"{name}\""))
        {
            headers.insert("Content-disposition", disposition);
            headers.insert(
                header::CACHE_CONTROL,
                HeaderValue::from_static("no-cache, must-revalidate"),
            );
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    /// `early`: the gateway refused before the endpoint's own back end was asked.
    pub(crate) fn of_refusal(refusal: &Refusal, early: bool, style: Style) -> Self {
        let (trace, tail) = style.trace(early);
        let tail = if crate::breaks::broken("rid-missing") {
            String::new()
        } else {
            tail
        };
        let mut errmsg = format!("{}{tail}", refusal.errmsg());
        if !refusal.tail.is_empty() && !crate::breaks::broken("place-of-fault-missing") {
            errmsg.push(' ');
            errmsg.push_str(&refusal.tail);
        }
        let changed = i64::from(crate::breaks::broken_of("errcode-of", refusal.rule));
        let value = json!({"errcode": refusal.errcode + changed, "errmsg": errmsg});
        Self {
            errcode: refusal.errcode,
            content_type: style.content_type(),
            file_name: None,
            // The gateway does not escape the slashes of the URL in its own texts.
            body: if early && !crate::breaks::broken("slashes-of-gateway-escaped") {
                plain(&value)
            } else {
                escaped(&value)
            },
            trace: Some(trace),
            status: StatusCode::OK,
        }
    }
}

fn plain(value: &Value) -> Bytes {
    value.to_string().into()
}

/// The members of an answer behind errcode and errmsg, which they may say otherwise.
struct Done<'f>(&'f Map<String, Value>);

impl Serialize for Done<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(Some(2 + self.0.len()))?;
        let said = |name: &str| self.0.iter().find(|(key, _)| *key == name);
        match said("errcode") {
            Some((_, other)) => members.serialize_entry("errcode", other)?,
            None => members.serialize_entry("errcode", &0)?,
        }
        match said("errmsg") {
            Some((_, other)) => members.serialize_entry("errmsg", other)?,
            None => members.serialize_entry("errmsg", "ok")?,
        }
        for (key, value) in self.0 {
            if !["errcode", "errmsg"].contains(&key.as_str()) {
                members.serialize_entry(key, value)?;
            }
        }
        members.end()
    }
}

fn escaped(value: &impl Serialize) -> Bytes {
    let mut body = Vec::with_capacity(256);
    value
        .serialize(&mut serde_json::Serializer::with_formatter(
            &mut body,
            EscapedSlashes,
        ))
        .expect("a JSON value can be written to memory");
    body.into()
}

/// A slash stands nowhere in JSON but in texts.
fn with_escaped_slashes(json: &str) -> Bytes {
    json.replace('/', "\\/").into()
}

/// Compact JSON with `/` as `\/`, everything beyond ASCII as raw UTF-8.
struct EscapedSlashes;

impl Formatter for EscapedSlashes {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut parts = fragment.split('/');
        if let Some(first) = parts.next() {
            writer.write_all(first.as_bytes())?;
        }
        for part in parts {
            let slash: &[u8] = if crate::breaks::broken("slashes-unescaped") {
                b"/"
            } else {
                b"\\/"
            };
            writer.write_all(slash)?;
            writer.write_all(part.as_bytes())?;
        }
        Ok(())
    }
}

/// Three groups of eight hex digits; the first is the time.
fn rid(now: i64) -> String {
    let unique = unique();
    format!(
        "{:08x}-{:08x}-{:08x}",
        now,
        unique >> 32,
        unique & 0xffff_ffff
    )
}

/// Six letters and digits, the last four digits of the time, and a tag that is not WeChat's.
fn hint(now: i64, tag: &str) -> String {
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut unique = unique();
    let letters: String = (0..6)
        .map(|_| {
            let letter = LETTERS[usize::try_from(unique % 62).unwrap_or_default()];
            unique /= 62;
            char::from(letter)
        })
        .collect();
    format!("{letters}{:04}{tag}", now.rem_euclid(10_000))
}

/// A number that no other answer has; the seed of the world does not cover it.
fn unique() -> u64 {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    static START: LazyLock<u64> = LazyLock::new(|| getrandom::u64().unwrap_or_default());
    // SplitMix64 is a bijection, so that numbers differ as long as the counter does.
    let mut x = START.wrapping_add(
        COUNTER
            .fetch_add(1, Ordering::Relaxed)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15),
    );
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(wire: &Wire) -> &str {
        std::str::from_utf8(&wire.body).unwrap()
    }

    fn style(family: Family, now: i64) -> Style {
        let switches = Switches::default();
        Style {
            family,
            switches,
            now,
        }
    }

    #[test]
    fn slashes_are_escaped_and_chinese_stays_as_it_is() {
        let reply = Reply::card(json!({"url": "http://a/b", "名": "满百减二十"}));
        let wire = Wire::of_reply(reply, style(Family::Card, 1));
        assert_eq!(
            body(&wire),
            r#"{"errcode":0,"errmsg":"ok","url":"http:\/\/a\/b","名":"满百减二十"}"#
        );
    }

    #[test]
    fn each_family_has_its_tail() {
        let refusal = Refusal::new("WX-TOK-002");
        let gateway = Wire::of_refusal(&refusal, true, style(Family::Card, 0x6aac_0064));
        assert!(body(&gateway).contains("https://mmbizurl.cn/s/JtxxFh33r rid: 6aac0064-"));

        let login = Wire::of_refusal(&Refusal::new("WX-LOG-001"), false, style(Family::Login, 1));
        assert!(body(&login).contains("invalid code, rid: 00000001-"));
        assert_eq!(login.content_type, "text/plain");

        let missing = Refusal::new("WX-CRD-001").tail("m_data.base_info().title");
        let card = Wire::of_refusal(&missing, false, style(Family::Card, 1_700_000_983));
        assert!(body(&card).contains(" hint: ["));
        assert!(body(&card).ends_with(r#"0983mock1] m_data.base_info().title"}"#));
        let trace = card.trace.unwrap();
        assert!((10..=17).contains(&trace.len()), "{trace}");
    }

    #[test]
    fn traces_do_not_repeat() {
        let hints: std::collections::HashSet<String> = (0..1000).map(|_| hint(1, "")).collect();
        assert_eq!(hints.len(), 1000);
    }
}
