//! A server on this machine that pushes go to, and what came of them.

use std::time::Duration;

use aes::cipher::{BlockModeEncrypt, KeyIvInit, block_padding::NoPadding};
use axum::{
    Router,
    body::to_bytes,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
    prelude::BASE64_STANDARD,
};
use serde_json::{Map, Value, json};
use sha1::{Digest, Sha1};
use tokio::{net::TcpListener, sync::mpsc, task::JoinSet};

use crate::{
    matching::matches,
    step::{Push, ReceiverPlan},
};

/// What pushes are signed with.
const TOKEN: &str = "tokentoken";
/// A key of 43 characters, as accounts have it.
const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
/// Longest wait for a push that must come.
const PATIENCE: Duration = Duration::from_secs(10);
/// No push is larger.
const MAX_BYTES: usize = 1024 * 1024;

struct Received {
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: String,
}

#[derive(Clone)]
struct Answering {
    status: StatusCode,
    reply: String,
    came: mpsc::UnboundedSender<Received>,
}

/// A running receiver; it ends when it is dropped.
pub(crate) struct Receiver {
    url: String,
    mode: String,
    came: mpsc::UnboundedReceiver<Received>,
    looked_at: Vec<Received>,
    /// How many pushes of an event earlier steps have looked at.
    seen: Map<String, Value>,
    _server: JoinSet<()>,
}

impl Receiver {
    /// Starts one for an account.
    ///
    /// # Errors
    ///
    /// When the system gives no port, or the plan is wrong.
    pub(crate) async fn start(plan: &ReceiverPlan, appid: &str) -> Result<Self, String> {
        let reply = match (&plan.sealed, &plan.reply) {
            (Some(text), _) => {
                let envelope = plan.envelope.as_deref();
                let envelope =
                    envelope.unwrap_or("<xml><Encrypt><![CDATA[{{sealed}}]]></Encrypt></xml>");
                envelope.replace("{{sealed}}", &seal(text, appid)?)
            }
            (None, Some(reply)) => reply.clone(),
            (None, None) => "success".to_owned(),
        };
        let status =
            StatusCode::from_u16(plan.status.unwrap_or(200)).map_err(|error| error.to_string())?;
        let (sender, came) = mpsc::unbounded_channel();
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let answering = Answering {
            status,
            reply,
            came: sender,
        };
        let router = Router::new().fallback(answer).with_state(answering);
        let mut server = JoinSet::new();
        server.spawn(async move {
            let _ended = axum::serve(listener, router).await;
        });
        Ok(Self {
            url: format!("http://{address}/wechat"),
            mode: plan.mode.clone().unwrap_or_else(|| "plain".to_owned()),
            came,
            looked_at: Vec::new(),
            seen: Map::new(),
            _server: server,
        })
    }

    /// What the account's `callback` is set to.
    pub(crate) fn settings(&self) -> Value {
        let mut settings = json!({
            "url": self.url, "token": TOKEN, "mode": self.mode, "format": "xml",
        });
        if self.mode != "plain" {
            settings["encoding_aes_key"] = json!(KEY);
        }
        settings
    }

    /// Waits for the next push of an event, and holds it against the step.
    pub(crate) async fn expect(&mut self, push: &Push) -> Result<(), String> {
        let event = &push.event;
        let seen = self.seen.get(event).and_then(Value::as_u64).unwrap_or(0);
        let wanted = usize::try_from(seen).unwrap_or(usize::MAX);
        while self.of_event(event).count() <= wanted {
            let next = tokio::time::timeout(PATIENCE, self.came.recv()).await;
            let next = next.ok().flatten();
            self.looked_at
                .push(next.ok_or_else(|| format!("no push of {event} came"))?);
        }
        // Whatever came at the same time counts, too.
        while let Ok(next) = self.came.try_recv() {
            self.looked_at.push(next);
        }
        self.seen
            .insert(event.clone(), json!(self.of_event(event).count()));
        let Some(pushed) = self.of_event(event).last() else {
            return Err(format!("no push of {event} came"));
        };
        let elements = elements(&pushed.body)?;
        content(push, &elements)?;
        envelope(push, pushed)?;
        signed(pushed, &elements)
    }

    fn of_event<'a>(&'a self, event: &str) -> impl Iterator<Item = &'a Received> {
        let wanted = format!("<Event><![CDATA[{event}]]>");
        self.looked_at.iter().filter(move |pushed| {
            // The event of a sealed push cannot be seen.
            pushed.body.contains(&wanted) || !pushed.body.contains("<Event>")
        })
    }
}

async fn answer(State(answering): State<Answering>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let query = parts.uri.query().unwrap_or_default();
    let query: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    if let Some((_, echostr)) = query.iter().find(|(name, _)| name == "echostr") {
        return echostr.clone().into_response();
    }
    let Ok(body) = to_bytes(body, MAX_BYTES).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let _case_is_over = answering.came.send(Received {
        query,
        headers: parts.headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    });
    (answering.status, answering.reply).into_response()
}

fn content(push: &Push, found: &[Element]) -> Result<(), String> {
    let names: Vec<&str> = found.iter().map(|one| one.name.as_str()).collect();
    if push
        .elements
        .as_ref()
        .is_some_and(|wanted| *wanted != names)
    {
        return Err(format!(
            "elements: expected {:?}, came {names:?}",
            push.elements
        ));
    }
    let element = |name: &str| {
        let found = found.iter().find(|one| one.name == name);
        found.ok_or_else(|| format!("no {name} among {names:?}"))
    };
    for (name, wanted) in push.has.as_object().into_iter().flatten() {
        matches(wanted, &json!(element(name)?.text), false, name)?;
    }
    for (name, wanted) in &push.cdata {
        if json!(element(name)?.is_cdata) != *wanted {
            return Err(format!("CDATA of {name} is not {wanted}"));
        }
    }
    match push.absent.iter().find(|name| element(name).is_ok()) {
        Some(name) => Err(format!("{name} is there")),
        None => Ok(()),
    }
}

/// Query and headers of a push.
fn envelope(push: &Push, pushed: &Received) -> Result<(), String> {
    let names: Vec<&str> = pushed.query.iter().map(|(name, _)| name.as_str()).collect();
    if push.query.as_ref().is_some_and(|wanted| *wanted != names) {
        return Err(format!("query: expected {:?}, came {names:?}", push.query));
    }
    for (name, wanted) in &push.headers {
        let found = pushed.headers.get(name.as_str()).map(HeaderValue::as_bytes);
        if found != wanted.as_str().map(str::as_bytes) {
            let found = found.map(String::from_utf8_lossy);
            return Err(format!("header {name}: expected {wanted}, came {found:?}"));
        }
    }
    for (name, limit) in &push.below {
        let text = pushed.query.iter().find(|(known, _)| known == name);
        let text = text.map_or("", |(_, text)| text);
        let number: Option<u64> = text.parse().ok();
        let is_plain = number.is_some_and(|number| number.to_string() == text);
        if !is_plain || number >= limit.as_u64() {
            return Err(format!("{name}={text} is no decimal below {limit}"));
        }
    }
    Ok(())
}

/// Whether a push is signed as the platform's page has it, and what is sealed in it a second time.
fn signed(pushed: &Received, elements: &[Element]) -> Result<(), String> {
    let of_query = |name: &str| {
        let found = pushed.query.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, text)| text.as_str())
    };
    let mut values = vec![TOKEN, of_query("timestamp"), of_query("nonce")];
    let sealed = elements.iter().find(|one| one.name == "Encrypt");
    let sealed = sealed.map(|one| ("msg_signature", one.text.as_str()));
    for (name, text) in [("signature", "")].into_iter().chain(sealed) {
        values.push(text);
        let mut sorted = values.clone();
        sorted.sort_unstable();
        let wanted = hex::encode(Sha1::digest(sorted.concat()));
        if of_query(name) != wanted {
            return Err(format!(
                "{name}: expected the sum of token, timestamp and nonce, came {:?}",
                of_query(name)
            ));
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
fn elements(xml: &str) -> Result<Vec<Element>, String> {
    let inside = xml
        .trim()
        .trim_start_matches("<xml>")
        .trim_end_matches("</xml>");
    let mut found = Vec::new();
    let mut rest = inside;
    while let Some((_, behind)) = rest.split_once('<') {
        let open = || format!("a tag stays open in {xml}");
        let (name, behind) = behind.split_once('>').ok_or_else(open)?;
        let (text, after) = behind.split_once(&format!("</{name}>")).ok_or_else(open)?;
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
    Ok(found)
}

/// Seals a passive reply as the platform's page has it.
fn seal(text: &str, appid: &str) -> Result<String, String> {
    let lenient = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let key = GeneralPurpose::new(&alphabet::STANDARD, lenient)
        .decode(KEY)
        .map_err(|error| error.to_string())?;
    let length = u32::try_from(text.len()).map_err(|error| error.to_string())?;
    let mut plain = b"0123456789abcdef".to_vec();
    plain.extend(length.to_be_bytes());
    plain.extend(text.bytes());
    plain.extend(appid.bytes());
    // Filled up to a multiple of 32 bytes, and the filling says how much of it there is.
    let padding = u8::try_from(32 - plain.len() % 32).unwrap_or(32);
    plain.extend(std::iter::repeat_n(padding, usize::from(padding)));
    let cipher = cbc::Encryptor::<aes::Aes256>::new_from_slices(&key, &key[..16])
        .map_err(|error| error.to_string())?;
    Ok(BASE64_STANDARD.encode(cipher.encrypt_padded_vec::<NoPadding>(&plain)))
}
