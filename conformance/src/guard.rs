//! Stands between the suite and a real account: counts calls, lets none do harm, and cleans up.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use reqwest::Client;
use serde_json::{Value, json};

use crate::{
    effects::Effect,
    http::{Answer, Request, send},
    matching::without_traces,
    scene::{Given, Stop, failed},
};

/// The beginning of the title of every card that a run makes: whoever sees one knows where it is from.
pub const PREFIX: &str = "T-";

/// Longest title that WeChat takes, in bytes.
const TITLE: usize = 27;

/// How much a run may do to a real account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Cards may be made and changed; without it a run only reads.
    pub allow_writes: bool,
    /// Most calls of a run, its cleaning included.
    pub most_calls: usize,
    /// Most calls of one path, its cleaning included.
    pub most_calls_per_path: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            allow_writes: false,
            most_calls: 300,
            most_calls_per_path: 60,
        }
    }
}

/// What is left of a run once it has cleaned up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// Calls that were sent, cleaning included.
    pub calls: usize,
    /// Cards that were made.
    pub made: usize,
    /// Cards that are still there, each with WeChat's answer.
    pub left: Vec<String>,
    /// Creations whose answer got lost: a card that begins with [`PREFIX`] may be left behind.
    pub lost: usize,
    /// Why the run stopped early.
    pub stopped: Option<String>,
}

#[derive(Default)]
struct State {
    calls: usize,
    of_path: BTreeMap<String, usize>,
    /// Cards that the run has made.
    cards: BTreeSet<String>,
    /// Those of them that are deleted again.
    deleted: BTreeSet<String>,
    lost: usize,
    /// Creations that are under way.
    creating: usize,
    stopped: Option<String>,
    /// What must not be written anywhere, and its name.
    secrets: BTreeMap<String, String>,
}

pub(crate) struct Guard {
    limits: Limits,
    given: Given,
    state: Mutex<State>,
    /// Held while it is fetched, so that it is fetched once.
    token: tokio::sync::Mutex<Option<String>>,
}

impl Guard {
    pub(crate) fn new(limits: Limits, given: Given) -> Self {
        let secrets = BTreeMap::from([
            (given.secret.clone(), "oa_secret".to_owned()),
            (given.appid.clone(), "oa".to_owned()),
        ]);
        Self {
            limits,
            given,
            state: Mutex::new(State {
                secrets,
                ..State::default()
            }),
            token: tokio::sync::Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn allows_writes(&self) -> bool {
        self.limits.allow_writes
    }

    /// Lets no further call out but those that clean up.
    pub(crate) fn stop(&self, why: &str) {
        self.state().stopped.get_or_insert_with(|| why.to_owned());
    }

    pub(crate) fn stopped(&self) -> Option<String> {
        self.state().stopped.clone()
    }

    /// The token of the account, fetched once in a run, and so that those of others stay good.
    pub(crate) async fn token(&self, http: &Client, url: &str) -> Result<String, Stop> {
        let mut token = self.token.lock().await;
        if let Some(token) = &*token {
            return Ok(token.clone());
        }
        let body = json!({
            "grant_type": "client_credential", "appid": self.given.appid, "secret": self.given.secret,
        });
        let request = post("/cgi-bin/stable_token", &body);
        self.count(&request.path, Effect::Reads)?;
        let answer = self.exchange(http, url, &request).await?;
        let json = answer.json().unwrap_or(Value::Null);
        let Some(fetched) = json["access_token"].as_str() else {
            self.stop("WeChat gives no token");
            return Err(failed(
                self.redacted(&format!("no token in {}", answer.text)),
            ));
        };
        *token = Some(fetched.to_owned());
        Ok(fetched.to_owned())
    }

    /// Sends a request if it does no harm and the quota is not used up.
    pub(crate) async fn send(
        &self,
        http: &Client,
        url: &str,
        request: &Request,
    ) -> Result<Answer, Stop> {
        let effect = Effect::of(&request.path);
        self.is_harmless(effect, request)?;
        let request = if effect == Effect::Makes {
            prefixed(request)?
        } else {
            request.clone()
        };
        self.count(&request.path, effect)?;
        let sent = self.exchange(http, url, &request).await;
        let mut state = self.state();
        if effect == Effect::Makes {
            state.creating -= 1;
            match &sent {
                Ok(answer) => {
                    let json = answer.json().unwrap_or(Value::Null);
                    match json["card_id"].as_str() {
                        Some(card) => {
                            state.cards.insert(card.to_owned());
                        }
                        None if json["errcode"].is_i64() => {}
                        None => state.lost += 1,
                    }
                }
                Err(_) => state.lost += 1,
            }
        }
        if path_of(&request.path) == DELETE
            && let Ok(answer) = &sent
            && is_accepted(answer)
        {
            let body = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
            state.deleted.extend(cards_of(&body));
        }
        drop(state);
        let mut answer = sent?;
        // Cases state titles as they were before the prefix was put before them.
        answer.text = answer.text.replace(&format!("\"{PREFIX}"), "\"");
        Ok(answer)
    }

    fn is_harmless(&self, effect: Effect, request: &Request) -> Result<(), Stop> {
        let body = String::from_utf8_lossy(&request.body);
        let writes = effect.writes() && !self.limits.allow_writes;
        let why = match effect {
            _ if writes => Some("it writes, which --allow-writes would let it".to_owned()),
            Effect::Forbidden => Some("what it does at WeChat cannot be taken back".to_owned()),
            Effect::Token => {
                let is_right = [&body, request.path.as_str()]
                    .iter()
                    .any(|part| part.contains(&self.given.secret));
                is_right.then(|| "it would end the token that others use".to_owned())
            }
            Effect::Changes => {
                let named = cards_of(&serde_json::from_str(&body).unwrap_or(Value::Null));
                let state = self.state();
                let is_own = !named.is_empty() && named.iter().all(|id| state.cards.contains(id));
                (!is_own).then(|| "it may change a card that the run has not made".to_owned())
            }
            Effect::Reads | Effect::Makes | Effect::Stores => None,
        };
        why.map_or(Ok(()), |why| Err(Stop::Skipped(why)))
    }

    /// Counts a call, unless it is one too many; what cleaning up will take is kept free.
    fn count(&self, path: &str, effect: Effect) -> Result<(), Stop> {
        let path = path_of(path);
        let mut state = self.state();
        if let Some(why) = &state.stopped {
            return Err(Stop::Skipped(why.clone()));
        }
        let new = usize::from(effect == Effect::Makes);
        let kept = state.cards.len() - state.deleted.len() + state.creating + new;
        let of_path = |path: &str| state.of_path.get(path).copied().unwrap_or(0);
        let deletions = if path == DELETE {
            of_path(path) + 1
        } else {
            of_path(DELETE)
        } + kept;
        let Limits {
            most_calls: most,
            most_calls_per_path: per_path,
            ..
        } = self.limits;
        let why = if state.calls + 1 + kept > most {
            Some(format!(
                "the quota guard stops the run before call {}: at most {most} calls a run",
                state.calls + 1
            ))
        } else if of_path(path) + 1 > per_path || deletions > per_path {
            // The run goes on with other paths.
            let why = format!("the quota guard: at most {per_path} calls of {path} a run");
            return Err(Stop::Skipped(why));
        } else {
            None
        };
        if let Some(why) = why {
            state.stopped = Some(why.clone());
            return Err(Stop::Skipped(why));
        }
        state.creating += new;
        state.calls += 1;
        *state.of_path.entry(path.to_owned()).or_default() += 1;
        Ok(())
    }

    async fn exchange(&self, http: &Client, url: &str, request: &Request) -> Result<Answer, Stop> {
        let sent = send(http, url, false, request).await;
        let answer = sent.map_err(|error| failed(format!("no answer: {}", error.without_url())))?;
        self.learn(&answer.json().unwrap_or(Value::Null));
        Ok(answer)
    }

    /// Learns what must not be written anywhere.
    fn learn(&self, answer: &Value) {
        let mut state = self.state();
        let mut waiting = vec![answer];
        while let Some(value) = waiting.pop() {
            match value {
                Value::Array(entries) => waiting.extend(entries),
                Value::Object(members) => {
                    for (key, member) in members {
                        match member.as_str() {
                            Some(text) if PRIVATE.contains(&key.as_str()) && !text.is_empty() => {
                                state.secrets.insert(text.to_owned(), key.clone());
                            }
                            _ => waiting.push(member),
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// A text without anything that is secret or says who somebody is.
    pub(crate) fn redacted(&self, text: &str) -> String {
        let state = self.state();
        let mut secrets: Vec<(&String, &String)> = state.secrets.iter().collect();
        secrets.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        let mut text = text.to_owned();
        for (value, name) in secrets {
            let percent: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
            let place = format!("{{{{{name}}}}}");
            text = text
                .replace(value.as_str(), &place)
                .replace(&percent, &place);
        }
        text
    }

    /// Deletes every card that the run has made.
    pub(crate) async fn clean(&self, http: &Client, url: &str) -> Cleaned {
        let cards: Vec<String> = {
            let state = self.state();
            state.cards.difference(&state.deleted).cloned().collect()
        };
        let token = self.token.lock().await.clone().unwrap_or_default();
        let mut left = Vec::new();
        for card in cards {
            let query: String = form_urlencoded::Serializer::new(String::new())
                .append_pair("access_token", &token)
                .finish();
            let path = format!("{DELETE}?{query}");
            let request = post(&path, &json!({"card_id": card}));
            self.state().calls += 1;
            let answer = self.exchange(http, url, &request).await;
            let said = match answer {
                Ok(answer) if is_accepted(&answer) => {
                    self.state().deleted.insert(card);
                    continue;
                }
                Ok(answer) => without_traces(&answer.text),
                Err(Stop::Differs(why) | Stop::Failed(why) | Stop::Skipped(why)) => why,
            };
            left.push(self.redacted(&format!("{card}: {said}")));
        }
        let state = self.state();
        Cleaned {
            calls: state.calls,
            made: state.cards.len(),
            left,
            lost: state.lost,
            stopped: state.stopped.clone(),
        }
    }
}

const DELETE: &str = "/card/delete";

/// Members of answers that are secret, or say who a person is.
const PRIVATE: [&str; 9] = [
    "access_token",
    "activate_ticket",
    "openid",
    "phoneNumber",
    "refresh_token",
    "session_key",
    "ticket",
    "unionid",
    "user_name",
];

fn path_of(path: &str) -> &str {
    path.split('?').next().unwrap_or_default()
}

fn is_accepted(answer: &Answer) -> bool {
    answer.json().unwrap_or(Value::Null)["errcode"] == 0
}

fn post(path: &str, body: &Value) -> Request {
    Request {
        method: "POST".to_owned(),
        path: path.to_owned(),
        headers: Vec::new(),
        body: body.to_string().into_bytes(),
        shown: None,
    }
}

/// The cards that a body names, at any depth.
fn cards_of(body: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![body];
    while let Some(value) = waiting.pop() {
        match value {
            Value::Array(entries) => waiting.extend(entries),
            Value::Object(members) => {
                let named = members.get("card_id").and_then(Value::as_str);
                found.extend(named.map(str::to_owned));
                waiting.extend(members.values());
            }
            _ => {}
        }
    }
    found
}

/// The request with the prefix before the title of its card.
fn prefixed(request: &Request) -> Result<Request, Stop> {
    let Ok(text) = String::from_utf8(request.body.clone()) else {
        return Ok(request.clone());
    };
    let body: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    let nodes = body["card"]
        .as_object()
        .into_iter()
        .flat_map(|card| card.values());
    let mut request = request.clone();
    let mut changed = text;
    for title in nodes.filter_map(|node| node["base_info"]["title"].as_str()) {
        // A title that is empty or too long makes no card.
        if title.is_empty() || title.len() > TITLE {
            continue;
        }
        if title.len() + PREFIX.len() > TITLE {
            let why = "the title of its card has no room for the prefix";
            return Err(Stop::Skipped(why.to_owned()));
        }
        let (before, behind) = changed.split_once("\"title\"").unwrap_or((&changed, ""));
        let behind = behind.replacen('"', &format!("\"{PREFIX}"), 1);
        changed = format!("{before}\"title\"{behind}");
    }
    request.body = changed.into_bytes();
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(limits: Limits) -> Guard {
        let given = Given {
            appid: "wxappid".to_owned(),
            secret: "s3cret".to_owned(),
        };
        Guard::new(limits, given)
    }

    #[test]
    fn a_title_gets_the_prefix_and_nothing_else_changes() {
        let body = json!({"card": {"card_type": "CASH", "cash": {"base_info": {"brand_name": "店", "title": "满百"}}}});
        let sent = prefixed(&post("/card/create", &body)).unwrap();
        let expected = body.to_string().replace("满百", "T-满百");
        assert_eq!(String::from_utf8(sent.body).unwrap(), expected);
        let long = json!({"card": {"cash": {"base_info": {"title": "满百减二十满百减"}}}});
        assert!(prefixed(&post("/card/create", &long)).is_ok());
        let long = json!({"card": {"cash": {"base_info": {"title": "满百减二十满百减二"}}}});
        assert!(matches!(
            prefixed(&post("/card/create", &long)),
            Err(Stop::Skipped(_))
        ));
    }

    #[test]
    fn calls_are_kept_free_for_what_is_to_be_deleted() {
        let guard = guard(Limits {
            allow_writes: true,
            most_calls: 4,
            most_calls_per_path: 4,
        });
        assert!(guard.count("/card/create", Effect::Makes).is_ok());
        assert!(guard.count("/card/get", Effect::Reads).is_ok());
        assert!(guard.count("/card/create", Effect::Makes).is_err());
        assert_eq!(guard.state().calls, 2);
        assert!(guard.stopped().unwrap().contains("before call 3"));
    }

    #[test]
    fn only_own_cards_are_changed() {
        let guard = guard(Limits {
            allow_writes: true,
            ..Limits::default()
        });
        guard.state().cards.insert("pOwn".to_owned());
        let ask = |body: Value| guard.is_harmless(Effect::Changes, &post("/card/update", &body));
        assert!(ask(json!({"card_id": "pOwn"})).is_ok());
        assert!(ask(json!({"a": [{"card_id": "pOwn"}]})).is_ok());
        assert!(ask(json!({"a": [{"card_id": "pOwn"}, {"card_id": "pOther"}]})).is_err());
        assert!(ask(json!({"code": "123"})).is_err());
    }

    #[test]
    fn what_an_answer_gives_in_confidence_is_taken_out() {
        let guard = guard(Limits::default());
        guard.learn(&json!({"a": [{"access_token": "T0K=EN"}], "openid": "oABC"}));
        assert_eq!(
            guard.redacted("s3cret wxappid T0K=EN T0K%3DEN oABC"),
            "{{oa_secret}} {{oa}} {{access_token}} {{access_token}} {{openid}}"
        );
    }
}
