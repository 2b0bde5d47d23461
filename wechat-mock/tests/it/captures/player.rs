//! Plays the steps of one entry on a mock of its own.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use sha1::{Digest, Sha1};

use super::{
    Mismatch,
    http::{Reply, send},
    matching::{filled, matches},
    pushed::Callback,
};
use crate::support::{NOW, TestMock};

pub(super) struct Player {
    test: TestMock,
    host: String,
    tokens: HashMap<String, String>,
    variables: HashMap<String, String>,
    claims: u32,
    callback: Option<Callback>,
}

type Outcome = Result<(), Mismatch>;

impl Player {
    /// A fresh mock, its switches as the entry wants them.
    pub(super) async fn start(entry: &Value) -> Self {
        let test = TestMock::start().await;
        let host = test.mock.url().trim_start_matches("http://").to_owned();
        let player = Self {
            test,
            host,
            tokens: HashMap::new(),
            variables: HashMap::new(),
            claims: 0,
            callback: None,
        };
        if entry["switches"].is_object() {
            player
                .control("PATCH", "switches", &entry["switches"])
                .await
                .unwrap();
        }
        player
    }

    /// Plays all steps; says which one went otherwise than captured.
    pub(super) async fn play(mut self, entry: &Value) -> Result<(), (usize, Mismatch)> {
        for (at, step) in entry["steps"].as_array().unwrap().iter().enumerate() {
            self.step(step).await.map_err(|mismatch| (at, mismatch))?;
        }
        Ok(())
    }

    async fn step(&mut self, step: &Value) -> Outcome {
        let has = |kind: &str| !step[kind].is_null();
        if has("call") {
            self.call(step).await
        } else if has("card") {
            self.create(step).await
        } else if has("claim") {
            self.claim(step).await
        } else if has("callback") {
            let callback = Callback::start(&step["callback"]).await;
            let path = format!("accounts/{}", self.appid("oa"));
            let account = json!({"callback": callback.settings()});
            self.callback = Some(callback);
            self.control("PATCH", &path, &account).await.map(drop)
        } else if has("push") {
            let wanted = self.fill(&step["has"]).await;
            let callback = self.callback.as_mut().ok_or("no callback is set")?;
            callback.expect(step, &wanted).await?;
            self.judge_tries(step).await
        } else if has("switch") {
            self.control("PATCH", "switches", &step["switch"])
                .await
                .map(drop)
        } else if has("advance") {
            self.tokens.clear();
            self.control("POST", "clock", &json!({"advance": step["advance"]}))
                .await
                .map(drop)
        } else {
            Err(format!("a step of no kind: {step}").into())
        }
    }

    async fn control(&self, method: &str, path: &str, body: &Value) -> Result<Value, Mismatch> {
        let answer = self.test.control(method, path, body).await;
        if !(200..300).contains(&answer.status) {
            return Err(format!("{path}: {} {}", answer.status, answer.text()).into());
        }
        Ok(serde_json::from_slice(&answer.body).unwrap_or(Value::Null))
    }

    fn appid(&self, name: &str) -> String {
        let account = self.test.mock.account(name);
        account.unwrap_or_else(|| panic!("no account {name}")).appid
    }

    async fn token(&mut self, name: &str) -> String {
        if let Some(token) = self.tokens.get(name) {
            return token.clone();
        }
        let token = self.test.token_of(name).await;
        self.tokens.insert(name.to_owned(), token.clone());
        token
    }

    async fn ticket(&mut self) -> String {
        let token = self.token("oa").await;
        let path = format!("/cgi-bin/ticket/getticket?type=wx_card&access_token={token}");
        let answer = self.test.get(&path).await.json();
        answer["ticket"].as_str().expect("a ticket").to_owned()
    }

    /// The value of a variable, or nothing for a place that only an answer fills.
    async fn value(&mut self, name: &str) -> Option<String> {
        if let Some(offset) = name.strip_prefix("NOW") {
            let offset: i64 = if offset.is_empty() {
                0
            } else {
                offset.parse().expect("seconds")
            };
            return Some((self.test.mock.clock().now() + offset).to_string());
        }
        if let Some(known) = self.variables.get(name) {
            return Some(known.clone());
        }
        Some(match name {
            "TOKEN" => self.token("oa").await,
            "TICKET" => self.ticket().await,
            "OA" => self.appid("oa"),
            "MP" => self.appid("mp"),
            "HOST" => self.test.mock.url(),
            "LOGO" => {
                let url = self.test.image_url().await;
                self.variables.insert(name.to_owned(), url.clone());
                url
            }
            // A place that only an answer fills, or what a step before failed to give.
            _ => return None,
        })
    }

    /// A text with its variables filled in; `{{NAME:percent}}` is url-encoded.
    async fn fill_text(&mut self, text: &str) -> String {
        let mut known = HashMap::new();
        for (at, _) in text.match_indices("{{") {
            let place = &text[at + 2..];
            let place = place.split("}}").next().unwrap_or_default();
            let (name, is_encoded) = match place.strip_suffix(":percent") {
                Some(name) => (name, true),
                None => (place, false),
            };
            if let Some(value) = self.value(name).await {
                let value = if is_encoded {
                    form_urlencoded::byte_serialize(value.as_bytes()).collect()
                } else {
                    value
                };
                known.insert(place.to_owned(), value);
            }
        }
        filled(text, |place| known.get(place).cloned())
    }

    async fn fill(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) => {
                let number = text
                    .strip_prefix("{{")
                    .and_then(|text| text.strip_suffix(":number}}"));
                if let Some(name) = number {
                    let value = self.value(name).await.expect("a number");
                    return json!(value.parse::<i64>().expect("a number"));
                }
                Value::String(self.fill_text(text).await)
            }
            Value::Array(entries) => {
                let mut filled = Vec::with_capacity(entries.len());
                for entry in entries {
                    filled.push(Box::pin(self.fill(entry)).await);
                }
                Value::Array(filled)
            }
            Value::Object(members) => {
                let mut filled = Map::new();
                for (key, member) in members {
                    let key = self.fill_text(key).await;
                    filled.insert(key, Box::pin(self.fill(member)).await);
                }
                Value::Object(filled)
            }
            other => other.clone(),
        }
    }

    async fn call(&mut self, step: &Value) -> Outcome {
        let call = step["call"].as_str().unwrap();
        let (method, path) = call.split_once(' ').ok_or("a call is METHOD PATH")?;
        let path = self.fill_text(path).await;
        let is_wechats = !path.starts_with("/_mock/");
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in step["query"].as_object().into_iter().flatten() {
            let value = self.fill_text(value.as_str().unwrap()).await;
            query.append_pair(name, &value);
        }
        let caller = step["as"].as_str().unwrap_or("oa");
        let gives_tokens = ["/sns/", "/cgi-bin/token", "/cgi-bin/stable"]
            .iter()
            .any(|prefix| path.starts_with(prefix));
        if is_wechats
            && caller != "none"
            && !gives_tokens
            && step["query"]["access_token"].is_null()
        {
            query.append_pair("access_token", &self.token(caller).await);
        }
        let mut headers = Vec::new();
        for (name, value) in step["headers"].as_object().into_iter().flatten() {
            let value = self.fill_text(value.as_str().unwrap()).await;
            headers.push((name.clone(), value));
        }
        let body = if step["json"].is_null() {
            match step["text"].as_str() {
                Some(text) => self.fill_text(text).await.into_bytes(),
                None if step["upload"].is_object() => {
                    let (content_type, body) = upload(&step["upload"]);
                    headers.push(("Content-Type".to_owned(), content_type));
                    body
                }
                None => Vec::new(),
            }
        } else {
            self.fill(&step["json"]).await.to_string().into_bytes()
        };
        let query = query.finish();
        let target = if query.is_empty() {
            path.clone()
        } else {
            format!("{path}?{query}")
        };
        let reply = send(&self.host, method, &target, &headers, &body).await;
        if path == "/_mock/v1/clock" {
            self.tokens.clear();
        }
        self.judge(step, &reply, is_wechats).await
    }

    /// How the tries of the latest push of an event went, once all of them are over.
    async fn judge_tries(&self, step: &Value) -> Outcome {
        if step["tries"].is_null() {
            return Ok(());
        }
        self.test.mock.events().settled().await;
        let events = self.control("GET", "events", &Value::Null).await?;
        let events = events["events"].as_array().expect("a list");
        let latest = events.iter().rfind(|event| event["event"] == step["push"]);
        let tries = latest.and_then(|event| event["tries"].as_array());
        let outcomes: Vec<&Value> = tries
            .into_iter()
            .flatten()
            .map(|one| &one["outcome"])
            .collect();
        if json!(outcomes) == step["tries"] {
            return Ok(());
        }
        Err(format!("tries {outcomes:?} instead of {}", step["tries"]).into())
    }

    async fn create(&mut self, step: &Value) -> Outcome {
        let card_type = step["card"].as_str().unwrap();
        let mut node = fixtures::capture_card(card_type);
        merge(&mut node, &step["with"]);
        let mut call = step.clone();
        call["call"] = json!("POST /card/create");
        call["json"] = json!({"card": {
            "card_type": card_type, card_type.to_ascii_lowercase(): node,
        }});
        self.call(&call).await
    }

    async fn claim(&mut self, step: &Value) -> Outcome {
        let card_id = self.fill_text(step["claim"].as_str().unwrap()).await;
        let user = step["user"].as_str().unwrap_or("alice");
        self.claims += 1;
        let mut ext = json!({
            "timestamp": self.test.mock.clock().now().to_string(),
            "nonce_str": format!("nonce-{}", self.claims),
        });
        merge(&mut ext, &self.fill(&step["ext"]).await);
        let mut signed = json!({"api_ticket": self.ticket().await, "card_id": card_id});
        for member in ["timestamp", "code", "openid", "nonce_str"] {
            if let Some(value) = ext.get(member) {
                signed[member] = value.clone();
            }
        }
        merge(&mut signed, &self.fill(&step["signed"]).await);
        ext["signature"] = json!(signature(&signed, step["sum"] == "unsorted"));
        let page = self.appid(if step["page"] == "oa" { "oa" } else { "mp" });
        let mut body = json!({
            "appid": page, "cardList": [{"cardId": card_id, "cardExt": ext.to_string()}],
        });
        if step["cancel"] == true {
            body["cancel"] = json!(true);
        }
        let path = format!("users/{user}/add-card");
        let answer = self.test.control("POST", &path, &body).await;
        if step["answer"].is_object() {
            let reply = Reply {
                status: answer.status,
                body: answer.body,
            };
            let mut wanted = step.clone();
            wanted["save"] = Value::Null;
            return self.judge(&wanted, &reply, false).await;
        }
        let came = answer.json();
        if answer.status != 200 || came["errMsg"] != "addCard:ok" {
            return Err(format!("claim: {} {came}", answer.status).into());
        }
        let sealed = came["cardList"][0]["code"].as_str().unwrap().to_owned();
        let token = self.token("oa").await;
        let request = self
            .test
            .request("POST", &format!("/card/code/decrypt?access_token={token}"));
        let request = request.body(json!({"encrypt_code": sealed}).to_string());
        let clear = self.test.send(request).await.json();
        for (name, what) in step["save"].as_object().into_iter().flatten() {
            let value = match what.as_str() {
                Some("code") => clear["code"].as_str().ok_or_else(|| clear.to_string())?,
                _ => &sealed,
            };
            self.variables.insert(name.clone(), value.to_owned());
        }
        Ok(())
    }

    /// Holds a reply against what the step captured, and keeps what later steps need of it.
    async fn judge(&mut self, step: &Value, reply: &Reply, is_wechats: bool) -> Outcome {
        let text = reply.text();
        let is_as_wanted = match step["status"].as_u64() {
            Some(status) => u64::from(reply.status) == status,
            None if is_wechats => reply.status == 200,
            None => (200..300).contains(&reply.status),
        };
        if !is_as_wanted {
            return Err(format!("status {}: {text}", reply.status).into());
        }
        if let Some(body) = step["body"].as_str()
            && body != text
        {
            return Err(format!("{text:?} instead of {body:?}").into());
        }
        if reply.status == 412 || step["body"].is_string() {
            return Ok(());
        }
        let came = read_json(&text).map_err(|error| format!("{error}: {text}"))?;
        if step["answer"].is_null() {
            let is_refused = is_wechats && came["errcode"].as_i64().unwrap_or(0) != 0;
            if is_refused {
                return Err(format!("refused: {text}").into());
            }
        } else {
            let wanted = self.fill(&step["answer"]).await;
            matches(&wanted, &came, "")?;
        }
        for (pointer, keys) in step["keys"].as_object().into_iter().flatten() {
            let found = came.pointer(pointer).and_then(Value::as_object);
            let found = found.ok_or_else(|| format!("no object at {pointer:?}: {text}"))?;
            let found: Vec<&String> = found.keys().collect();
            if json!(found) != *keys {
                return Err(format!("keys at {pointer:?}: {found:?} instead of {keys}").into());
            }
        }
        for pointer in step["absent"].as_array().into_iter().flatten() {
            let pointer = pointer.as_str().unwrap();
            if came.pointer(pointer).is_some() {
                return Err(format!("{pointer} is there: {text}").into());
            }
        }
        for (name, pointer) in step["save"].as_object().into_iter().flatten() {
            let value = came.pointer(pointer.as_str().unwrap());
            let value = match value {
                None => return Err(format!("no {pointer}: {text}").into()),
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
            };
            self.variables.insert(name.clone(), value);
        }
        Ok(())
    }
}

/// Reads an answer as clients of WeChat must: control characters may stand bare inside texts.
fn read_json(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text).or_else(|_| {
        let escaped: String = text
            .chars()
            .map(|letter| match letter {
                '\n' | '\r' | '\t' => ' ',
                other => other,
            })
            .collect();
        serde_json::from_str(&escaped)
    })
}

/// The SHA-1 of the values, sorted as bytes unless the entry is about those who forget to.
fn signature(signed: &Value, is_unsorted: bool) -> String {
    let mut values: Vec<String> = signed
        .as_object()
        .unwrap()
        .values()
        .filter(|value| !value.is_null())
        .map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
        .collect();
    if !is_unsorted {
        values.sort();
    }
    hex::encode(Sha1::digest(values.concat()))
}

/// An upload's content type and body.
fn upload(wanted: &Value) -> (String, Vec<u8>) {
    let boundary = wanted["boundary"].as_str().unwrap_or("X");
    let file_name = match wanted["filename"].as_str() {
        Some(name) => format!("; filename=\"{name}\""),
        None => String::new(),
    };
    let field = wanted["field"].as_str().unwrap();
    let kind = wanted["type"].as_str().unwrap();
    let mut body = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"{file_name}\r\n\
         Content-Type: {kind}\r\n\r\n"
    )
    .into_bytes();
    body.extend(fixtures::image(wanted["content"].as_str().unwrap()));
    body.extend(format!("\r\n--{boundary}--\r\n").bytes());
    let content_type = match wanted["content_type_header"].as_str() {
        Some(literal) => literal.to_owned(),
        None => format!("multipart/form-data; boundary={boundary}"),
    };
    (content_type, body)
}

/// Merges a patch into a value, as RFC 7386 has it: null takes a member away.
fn merge(value: &mut Value, patch: &Value) {
    let Value::Object(members) = patch else {
        if !patch.is_null() {
            *value = patch.clone();
        }
        return;
    };
    if !value.is_object() {
        *value = json!({});
    }
    let target = value.as_object_mut().expect("it is one now");
    for (key, member) in members {
        if member.is_null() {
            target.shift_remove(key);
        } else {
            merge(target.entry(key).or_insert(Value::Null), member);
        }
    }
}

/// The moment at which every entry begins is written into its data.
#[test]
fn entries_begin_at_the_time_of_all_tests() {
    assert_eq!(NOW, 1_798_000_000);
}
