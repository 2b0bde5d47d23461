//! Plays the steps of one case.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use crate::{
    arrange::Action,
    case::Case,
    http::Answer,
    judge::judge,
    matching::{matches, trace_of},
    receiver::Receiver,
    scene::{Scene, Stage, Stop, failed},
    sign::{merge, signature},
    step::{Call, Choose, Claim, Create, Expect, Push, Step},
    traffic::Exchange,
};

/// How often the tries of a push are asked for, and how long between two times.
const GLANCES: usize = 200;
const GLANCE: std::time::Duration = std::time::Duration::from_millis(50);

/// What came of the steps.
pub(crate) struct Played {
    /// Why it ended early, its varying values replaced by their names.
    pub(crate) stop: Option<Stop>,
    pub(crate) traffic: Vec<Exchange>,
}

/// Plays a case from its first step to its last.
pub(crate) async fn play(case: &Case, stage: Stage) -> Played {
    let scene = match Scene::open(stage).await {
        Ok(scene) => scene,
        Err(stop) => {
            return Played {
                stop: Some(stop),
                traffic: Vec::new(),
            };
        }
    };
    let mut player = Player {
        scene,
        receiver: None,
        claims: 0,
    };
    let stop = player.all(case).await.err();
    let variables = &player.scene.variables;
    let stop = stop.map(|stop| stop.without_ids(variables));
    Played {
        stop,
        traffic: player.scene.traffic,
    }
}

struct Player {
    scene: Scene,
    receiver: Option<Receiver>,
    claims: u32,
}

/// An answer as the judge sees it.
struct Came {
    answer: Answer,
    /// Who called which path, for advice.
    call: Option<(String, String)>,
}

impl Player {
    async fn all(&mut self, case: &Case) -> Result<(), Stop> {
        for (at, step) in case.arrange.iter().enumerate() {
            let played = self.steps(step).await;
            played.map_err(|stop| stop.in_preparation(at))?;
        }
        for (at, step) in case.steps.iter().enumerate() {
            let played = self.steps(step).await;
            played.map_err(|stop| stop.in_step(at))?;
        }
        Ok(())
    }

    /// Plays a step; one that repeats others is unrolled.
    async fn steps(&mut self, step: &Value) -> Result<(), Stop> {
        let mut waiting = VecDeque::from([step.clone()]);
        while let Some(next) = waiting.pop_front() {
            let step = Step::read(&next).map_err(failed)?;
            match &step.repeat {
                Some(repeat) => {
                    for _ in 0..repeat.times {
                        waiting.extend(repeat.steps.iter().cloned());
                    }
                }
                None => self.step(&next, step).await?,
            }
        }
        Ok(())
    }

    async fn step(&mut self, data: &Value, step: Step) -> Result<(), Stop> {
        if let Some(push) = &step.push {
            return self.push(push).await;
        }
        self.scene.resolve(data).await?;
        if let Some(plan) = &step.receiver {
            let appid = self.scene.account("oa").await?;
            let filled = plan
                .reply
                .as_ref()
                .map(|reply| self.scene.variables.fill_text(reply));
            let sealed = plan
                .sealed
                .as_ref()
                .map(|text| self.scene.variables.fill_text(text));
            let mut plan = plan.clone();
            (plan.reply, plan.sealed) = (filled, sealed);
            let receiver = Receiver::start(&plan, &appid).await.map_err(failed)?;
            let with = Map::from_iter([("callback".to_owned(), receiver.settings())]);
            self.receiver = Some(receiver);
            let action = Action::ChangeAccount {
                account: appid,
                with,
            };
            return self.scene.arrange(action).await.map(drop);
        }
        let came = if let Some(call) = &step.call {
            self.call(call).await?
        } else if let Some(create) = &step.create {
            self.create(create).await?
        } else if let Some(claim) = &step.claim {
            return self.claim(claim, step.expect.as_ref(), &step.save).await;
        } else if let Some(choose) = &step.choose {
            let action = self.choose_action(choose).await?;
            self.act(&action).await?
        } else {
            let action = step.action.as_ref().unwrap_or(&Value::Null);
            match (&step.refused, self.act(action).await) {
                (None, acted) => acted?,
                (Some(part), Err(Stop::Failed(why))) if why.contains(part) => return Ok(()),
                (Some(_), Err(otherwise)) => return Err(otherwise),
                (Some(part), Ok(_)) => {
                    return Err(Stop::Differs(format!("it was done, not refused: {part}")));
                }
            }
        };
        self.settle(&came, step.expect.as_ref()).await?;
        self.save(&came.answer, &step.save)
    }

    async fn call(&mut self, call: &Call) -> Result<Came, Stop> {
        let request = self.scene.request(call).await?;
        let answer = self.scene.send(&request, call.by_proxy).await?;
        let exchange = Exchange::of(&request, &answer, &self.scene.variables);
        self.scene.traffic.push(exchange);
        let caller = self
            .scene
            .account(call.caller.as_deref().unwrap_or("oa"))
            .await?;
        Ok(Came {
            answer,
            call: Some((caller, call.path.clone())),
        })
    }

    async fn create(&mut self, create: &Create) -> Result<Came, Stop> {
        let is_seed = create.card_type == "SEED";
        let card_type = if is_seed {
            "GENERAL_COUPON"
        } else {
            &create.card_type
        };
        let name = card_type.to_ascii_lowercase();
        let mut node = if is_seed {
            let seed = fixtures::seed_card_with("{{logo_url}}", "{{logo_url}}", 0, 0);
            let mut node = seed["card"][&name].clone();
            let base = &mut node["base_info"];
            base["date_info"]["begin_timestamp"] = json!("{{now}}");
            base["date_info"]["end_timestamp"] = json!("{{now+2592000}}");
            base["custom_app_brand_user_name"] = json!("{{mp_original_id}}@app");
            node
        } else {
            fixtures::capture_card(card_type)
        };
        lower_places(&mut node);
        merge(&mut node, &create.with);
        let mut body = json!({"card": {"card_type": card_type, name: node}});
        merge(&mut body, &create.body);
        self.scene.resolve(&body).await?;
        let call = Call {
            method: "POST".to_owned(),
            path: "/card/create".to_owned(),
            json: Some(body),
            ..Call::default()
        };
        self.call(&call).await
    }

    async fn act(&mut self, action: &Value) -> Result<Came, Stop> {
        let filled = self.scene.variables.fill(action).map_err(failed)?;
        if filled["verb"] == "new_user" {
            let with = filled["with"].as_object().cloned().unwrap_or_default();
            self.scene
                .new_user(filled["name"].as_str().unwrap_or_default(), with)
                .await?;
            return Ok(Came {
                answer: arranged(&Value::Null),
                call: None,
            });
        }
        let named = self.scene.named(&filled).await?;
        let action: Action = serde_json::from_value(named.clone())
            .map_err(|error| failed(format!("{named} is no action: {error}")))?;
        let moves_clock = matches!(
            action,
            Action::AdvanceClock { .. } | Action::SetClock { .. }
        );
        let outcome = self.scene.arrange(action).await?;
        if moves_clock {
            self.scene.read_clock().await?;
        }
        let shown = Exchange::arranged(
            &named.to_string(),
            &outcome.to_string(),
            &self.scene.variables,
        );
        self.scene.traffic.push(shown);
        Ok(Came {
            answer: arranged(&outcome),
            call: None,
        })
    }

    async fn claim(
        &mut self,
        claim: &Claim,
        expect: Option<&Expect>,
        save: &Map<String, Value>,
    ) -> Result<(), Stop> {
        let action = self.claim_action(claim).await?;
        let came = self.act(&action).await?;
        let default = Expect {
            has: Some(json!({"errMsg": "addCard:ok"})),
            ..Expect::default()
        };
        self.settle(&came, Some(expect.unwrap_or(&default))).await?;
        if save.is_empty() {
            return Ok(());
        }
        let outcome = came.answer.json().unwrap_or(Value::Null);
        let sealed = &outcome["cardList"][0]["code"];
        let call = Call {
            method: "POST".to_owned(),
            path: "/card/code/decrypt".to_owned(),
            json: Some(json!({"encrypt_code": sealed})),
            ..Call::default()
        };
        let clear = self.call(&call).await?.answer.json().unwrap_or(Value::Null);
        for (name, what) in save {
            let value = if what == "code" {
                &clear["code"]
            } else {
                sealed
            };
            let value = value
                .as_str()
                .ok_or_else(|| failed(format!("no {what} in {clear}")))?;
            self.scene.variables.set(name, value);
        }
        Ok(())
    }

    async fn claim_action(&mut self, claim: &Claim) -> Result<Value, Stop> {
        // A case that signs with another ticket leaves the right one alone: fetching it would renew it.
        if claim.signed.get("api_ticket").is_none() {
            self.scene.resolve(&json!("{{ticket}}")).await?;
        }
        let variables = &self.scene.variables;
        let card_id = variables.fill_text(&claim.card);
        let fill = |value: &Value| variables.fill(value).map_err(failed);
        self.claims += 1;
        let mut ext = json!({
            "timestamp": variables.now.to_string(), "nonce_str": format!("nonce-{}", self.claims),
        });
        merge(&mut ext, &fill(&claim.ext)?);
        let mut signed = json!({"api_ticket": variables.get("ticket"), "card_id": card_id});
        for member in ["timestamp", "code", "openid", "nonce_str"] {
            if let Some(value) = ext.get(member) {
                signed[member] = value.clone();
            }
        }
        merge(&mut signed, &fill(&claim.signed)?);
        ext["signature"] = json!(signature(&signed, claim.unsorted));
        merge(&mut ext, &fill(&claim.sent)?);
        let ext = match &claim.raw {
            Some(raw) => fill(raw)?,
            None if claim.as_object => ext,
            None => json!(ext.to_string()),
        };
        let page = claim.page.as_deref().unwrap_or("mp");
        let mut with = json!({"appid": page, "cardList": [{"cardId": card_id, "cardExt": ext}]});
        if claim.cancel {
            with["cancel"] = json!(true);
        }
        let user = claim.user.as_deref().unwrap_or("alice");
        Ok(json!({"verb": "phone", "user": user, "action": "add-card", "with": with}))
    }

    async fn choose_action(&mut self, choose: &Choose) -> Result<Value, Stop> {
        self.scene.resolve(&json!("{{ticket}}")).await?;
        let appid = self.scene.account("oa").await?;
        let variables = &self.scene.variables;
        let signed = json!({
            "api_ticket": variables.get("ticket"), "appid": appid, "nonce": "n",
            "timestamp": variables.now.to_string(), "card_type": choose.card_type,
        });
        let with = json!({
            "appid": "oa", "timestamp": variables.now.to_string(), "nonceStr": "n",
            "cardType": choose.card_type, "signType": choose.sign_type,
            "cardSign": signature(&signed, false),
        });
        Ok(json!({"verb": "phone", "user": "alice", "action": "choose-card", "with": with}))
    }

    async fn push(&mut self, push: &Push) -> Result<(), Stop> {
        self.scene.resolve(&push.has).await?;
        let mut push = push.clone();
        push.has = self.scene.variables.fill(&push.has).map_err(failed)?;
        let receiver = self
            .receiver
            .as_mut()
            .ok_or_else(|| failed("no receiver runs"))?;
        receiver.expect(&push).await.map_err(Stop::Differs)?;
        let Some(wanted) = &push.tries else {
            return Ok(());
        };
        let account = self.scene.account("oa").await?;
        for _ in 0..GLANCES {
            let pushes = self
                .scene
                .arrange(Action::ReadPushes {
                    account: account.clone(),
                })
                .await?;
            let events = pushes["events"].as_array();
            let latest =
                events.and_then(|events| events.iter().rfind(|row| row["event"] == push.event));
            let row = latest.ok_or_else(|| failed(format!("no {} in the log", push.event)))?;
            if row["state"] == "pending" {
                tokio::time::sleep(GLANCE).await;
                continue;
            }
            let tries = row["tries"].as_array().into_iter().flatten();
            let outcomes: Vec<&str> = tries
                .map(|one| one["outcome"].as_str().unwrap_or_default())
                .collect();
            if outcomes == *wanted {
                return Ok(());
            }
            return Err(Stop::Differs(format!(
                "tries: expected {wanted:?}, came {outcomes:?}"
            )));
        }
        Err(failed("the tries do not end"))
    }

    /// Holds an answer against what is expected of it.
    async fn settle(&mut self, came: &Came, expect: Option<&Expect>) -> Result<(), Stop> {
        if !self.scene.stage.judges {
            return Ok(());
        }
        let is_wechats = came.call.is_some();
        let Some(expect) = expect else {
            let default = Expect::default();
            return judge(&default, &came.answer, is_wechats).map_err(Stop::Differs);
        };
        let mut filled = expect.clone();
        for part in [&mut filled.json, &mut filled.has].into_iter().flatten() {
            *part = self.scene.variables.fill(part).map_err(failed)?;
        }
        filled.body = filled
            .body
            .map(|body| self.scene.variables.fill_text(&body));
        judge(&filled, &came.answer, is_wechats).map_err(Stop::Differs)?;
        if !self.scene.stage.explains {
            return Ok(());
        }
        if expect.explain.is_some() || expect.explanation.is_some() {
            self.is_explained(came, expect).await?;
        }
        match &expect.advice {
            Some(rule) => self.is_advised(came, rule).await,
            None => Ok(()),
        }
    }

    /// Whether the target's explanation names the rule: a number alone may have other reasons.
    async fn is_explained(&self, came: &Came, expect: &Expect) -> Result<(), Stop> {
        let json = came.answer.json().unwrap_or(Value::Null);
        let explanation = if came.call.is_some() {
            let trace = trace_of(&json).map(str::to_owned);
            let trace = trace.ok_or_else(|| Stop::Differs(format!("no rid or hint in {json}")))?;
            self.scene.arrange(Action::Explain { trace }).await?
        } else {
            json["explain"].clone()
        };
        if let Some(wanted) = &expect.explanation {
            matches(wanted, &explanation, false, "explanation").map_err(Stop::Differs)?;
        }
        let Some(rule) = &expect.explain else {
            return Ok(());
        };
        let named = &explanation["rule"];
        if named
            .as_str()
            .is_some_and(|named| named == rule || is_family(rule, named))
        {
            return Ok(());
        }
        Err(Stop::Differs(format!(
            "the rule in the explanation: expected {rule}, came {named}"
        )))
    }

    async fn is_advised(&self, came: &Came, rule: &str) -> Result<(), Stop> {
        let advice = if let Some((account, path)) = &came.call {
            let (account, path) = (account.clone(), path.clone());
            let rows = self
                .scene
                .arrange(Action::ReadRequests { account, path })
                .await?;
            let latest = rows["requests"].as_array().and_then(|rows| rows.last());
            latest.map_or(Value::Null, |row| row["advice"].clone())
        } else {
            let json = came.answer.json().unwrap_or(Value::Null);
            json["explain"]["cards"][0]["advice"].clone()
        };
        let mut rules = advice.as_array().into_iter().flatten();
        if rules.any(|advice| advice["rule"] == rule) {
            return Ok(());
        }
        Err(Stop::Differs(format!(
            "advice: expected {rule}, came {advice}"
        )))
    }

    /// Keeps what later steps need of an answer.
    fn save(&mut self, answer: &Answer, save: &Map<String, Value>) -> Result<(), Stop> {
        if save.is_empty() {
            return Ok(());
        }
        let json = answer.json().unwrap_or(Value::Null);
        for (name, pointer) in save {
            let value = match pointer.as_str() {
                // The rid or hint of a refusal.
                Some("trace") => trace_of(&json).map(|trace| json!(trace)),
                pointer => json.pointer(pointer.unwrap_or_default()).cloned(),
            };
            match value {
                None => return Err(Stop::Differs(format!("no {pointer} in {}", answer.text))),
                Some(Value::String(text)) => self.scene.variables.set(name, &text),
                Some(other) => self.scene.variables.set(name, &other.to_string()),
            }
        }
        Ok(())
    }
}

/// Whether a rule is one of a family such as `WX-FLD-`.
fn is_family(family: &str, rule: &str) -> bool {
    family.ends_with('-') && rule.starts_with(family)
}

/// What an arranger gave, as an answer.
fn arranged(outcome: &Value) -> Answer {
    Answer {
        status: 200,
        content_type: String::new(),
        headers: Map::new(),
        text: outcome.to_string(),
    }
}

/// The fixtures' cards write their places in capitals.
fn lower_places(value: &mut Value) {
    match value {
        Value::String(text) => {
            for (from, to) in [("{{LOGO}}", "{{logo_url}}"), ("{{NOW", "{{now")] {
                *text = text.replace(from, to);
            }
        }
        Value::Array(entries) => entries.iter_mut().for_each(lower_places),
        Value::Object(members) => members.values_mut().for_each(lower_places),
        _ => {}
    }
}
