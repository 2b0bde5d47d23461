//! A receiver of pushes, and whether what came is what WeChat sent.

use std::{collections::HashMap, time::Duration};

use aes::cipher::{BlockModeEncrypt, KeyIvInit, block_padding::NoPadding};
use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
    prelude::BASE64_STANDARD,
};
use serde_json::{Value, json};

use super::{Mismatch, matching::matches};
use crate::receiver::{Received, Receiver, Reply};

/// A key of 43 characters, as accounts have it.
const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const APPID: &str = "wx00000000000000a0";
/// Longest wait for a push that must come.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct Callback {
    receiver: Receiver,
    came: Vec<Received>,
    /// How many pushes of an event earlier steps have looked at.
    seen: HashMap<String, usize>,
    mode: String,
}

impl Callback {
    pub(super) async fn start(wanted: &Value) -> Self {
        let reply = if let Some(sealed) = wanted["sealed"].as_str() {
            let envelope = wanted["envelope"]
                .as_str()
                .unwrap_or("<xml><Encrypt><![CDATA[{{SEALED}}]]></Encrypt></xml>");
            Some(envelope.replace("{{SEALED}}", &seal(sealed)))
        } else {
            wanted["reply"].as_str().map(str::to_owned)
        };
        let reply = match (reply, wanted["status"].as_u64()) {
            (_, Some(status)) => Some(Reply::Status(u16::try_from(status).unwrap())),
            (Some(text), None) => Some(Reply::Text(text)),
            (None, None) => None,
        };
        // More than any entry has pushes.
        let replies = reply.iter().flat_map(|reply| vec![reply.clone(); 20]);
        Self {
            receiver: Receiver::start(replies).await,
            came: Vec::new(),
            seen: HashMap::new(),
            mode: wanted["mode"].as_str().unwrap_or("plain").to_owned(),
        }
    }

    /// What the account's `callback` is set to.
    pub(super) fn settings(&self) -> Value {
        let mut settings = json!({
            "url": self.receiver.url, "token": "tokentoken", "mode": self.mode, "format": "xml",
        });
        if self.mode != "plain" {
            settings["encoding_aes_key"] = json!(KEY);
        }
        settings
    }

    /// Waits for the next push of an event, and holds it against the step; `has` is filled in.
    pub(super) async fn expect(&mut self, step: &Value, has: &Value) -> Result<(), Mismatch> {
        let event = step["push"].as_str().unwrap();
        let seen = self.seen.get(event).copied().unwrap_or(0);
        while self.of_event(event).count() <= seen {
            let next = tokio::time::timeout(PATIENCE, self.receiver.next()).await;
            self.came
                .push(next.map_err(|_| format!("no push of {event}"))?);
        }
        // Whatever came at the same time counts, too.
        self.came.extend(self.receiver.all());
        let count = self.of_event(event).count();
        self.seen.insert(event.to_owned(), count);
        let pushed = self.of_event(event).last().expect("one came");
        let elements = elements(&pushed.body);
        let names: Vec<&str> = elements.iter().map(|one| one.name.as_str()).collect();
        if step["elements"].is_array() && json!(names) != step["elements"] {
            return Err(format!("elements {names:?} instead of {}", step["elements"]).into());
        }
        let element = |name: &str| {
            let found = elements.iter().find(|one| one.name == name);
            found.ok_or_else(|| Mismatch(format!("no {name} among {names:?}")))
        };
        for (name, wanted) in has.as_object().into_iter().flatten() {
            matches(wanted, &json!(element(name)?.text), name)?;
        }
        for (name, wanted) in step["cdata"].as_object().into_iter().flatten() {
            if json!(element(name)?.is_cdata) != *wanted {
                return Err(format!("CDATA of {name} is not {wanted}").into());
            }
        }
        for name in step["absent"].as_array().into_iter().flatten() {
            if element(name.as_str().unwrap()).is_ok() {
                return Err(format!("{name} is there").into());
            }
        }
        envelope(step, pushed)
    }

    fn of_event<'a>(&'a self, event: &str) -> impl Iterator<Item = &'a Received> {
        let wanted = format!("<Event><![CDATA[{event}]]>");
        self.came.iter().filter(move |pushed| {
            // The event of a sealed push cannot be seen.
            pushed.body.contains(&wanted) || !pushed.body.contains("<Event>")
        })
    }
}

/// Query and headers of a push.
fn envelope(step: &Value, pushed: &Received) -> Result<(), Mismatch> {
    if step["query"].is_array() {
        let names: Vec<&str> = pushed.query.iter().map(|(name, _)| name.as_str()).collect();
        if json!(names) != step["query"] {
            return Err(format!("query {names:?} instead of {}", step["query"]).into());
        }
    }
    for (name, wanted) in step["headers"].as_object().into_iter().flatten() {
        let found = pushed.headers.get(name.as_str());
        if found.map(axum::http::HeaderValue::as_bytes) != wanted.as_str().map(str::as_bytes) {
            return Err(format!("header {name}: {found:?} instead of {wanted}").into());
        }
    }
    for (name, limit) in step["below"].as_object().into_iter().flatten() {
        let text = pushed.query(name);
        let number: Option<u64> = text.parse().ok();
        let is_plain = number.is_some_and(|number| number.to_string() == text);
        if !is_plain || number >= limit.as_u64() {
            return Err(format!("{name}={text} is no decimal below {limit}").into());
        }
    }
    Ok(())
}

struct Element {
    name: String,
    text: String,
    is_cdata: bool,
}

/// The elements inside `<xml>`; what is inside them is text.
fn elements(xml: &str) -> Vec<Element> {
    let inside = xml
        .trim()
        .trim_start_matches("<xml>")
        .trim_end_matches("</xml>");
    let mut found = Vec::new();
    let mut rest = inside;
    while let Some((_, behind)) = rest.split_once('<') {
        let (name, behind) = behind.split_once('>').expect("a tag is closed");
        let end = format!("</{name}>");
        let (text, after) = behind.split_once(&end).expect("an element is closed");
        let cdata = text
            .strip_prefix("<![CDATA[")
            .and_then(|text| text.strip_suffix("]]>"));
        found.push(Element {
            name: name.to_owned(),
            text: cdata.unwrap_or(text).to_owned(),
            is_cdata: cdata.is_some(),
        });
        rest = after;
    }
    found
}

/// Seals a passive reply as the platform's page has it.
fn seal(text: &str) -> String {
    let lenient = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let key = GeneralPurpose::new(&alphabet::STANDARD, lenient)
        .decode(KEY)
        .unwrap();
    let mut plain = b"0123456789abcdef".to_vec();
    plain.extend(u32::try_from(text.len()).unwrap().to_be_bytes());
    plain.extend(text.bytes());
    plain.extend(APPID.bytes());
    let padding = 32 - plain.len() % 32;
    plain.extend(vec![u8::try_from(padding).unwrap(); padding]);
    let cipher = cbc::Encryptor::<aes::Aes256>::new_from_slices(&key, &key[..16]).unwrap();
    BASE64_STANDARD.encode(cipher.encrypt_padded_vec::<NoPadding>(&plain))
}
