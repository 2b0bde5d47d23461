//! Plays the steps of one case about the backend.

use std::{collections::VecDeque, time::Duration};

use serde_json::{Map, Value, json};
use tokio::task::JoinSet;

use super::{
    scene::{Scene, Shop, text_at},
    step::{Claim, Coupon, During, Step, Together},
};
use crate::{
    arrange::Action,
    case::Case,
    http::{Answer, send},
    judge::judge,
    scene::{Stop, failed},
    sign::merge,
    step::{Call, Expect},
    traffic::Exchange,
};

/// How often something is looked at that has to come, and how long between two times.
const GLANCES: usize = 200;
const GLANCE: Duration = Duration::from_millis(50);

/// What came of the steps.
#[derive(Default)]
pub(super) struct Played {
    /// Why it ended early, its varying values replaced by their names.
    pub(super) stop: Option<Stop>,
    pub(super) traffic: Vec<Exchange>,
}

impl Played {
    pub(super) fn stopped(stop: Stop) -> Self {
        Self {
            stop: Some(stop),
            traffic: Vec::new(),
        }
    }
}

/// Plays a case from its first step to its last.
pub(super) async fn play(case: &Case, on: Shop) -> Played {
    let scene = match Scene::open(on).await {
        Ok(scene) => scene,
        Err(stop) => return Played::stopped(stop),
    };
    let mut player = Player { scene };
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
}

impl Player {
    async fn all(&mut self, case: &Case) -> Result<(), Stop> {
        for (at, step) in case.arrange.iter().enumerate() {
            let played = self.steps(std::slice::from_ref(step)).await;
            played.map_err(|stop| stop.in_preparation(at))?;
        }
        for (at, step) in case.steps.iter().enumerate() {
            let played = self.steps(std::slice::from_ref(step)).await;
            played.map_err(|stop| stop.in_step(at))?;
        }
        Ok(())
    }

    /// Plays steps; one that repeats others is unrolled.
    async fn steps(&mut self, steps: &[Value]) -> Result<(), Stop> {
        let mut waiting: VecDeque<Value> = steps.iter().cloned().collect();
        while let Some(next) = waiting.pop_front() {
            let step = Step::read(&next).map_err(failed)?;
            if let Some(repeat) = &step.repeat {
                for _ in 0..repeat.times {
                    waiting.extend(repeat.steps.iter().cloned());
                }
            } else if let Some(during) = &step.during {
                // What is made in between is resolved when its turn comes.
                let call = json!([next["during"]["call"]]);
                self.scene.resolve(&call).await?;
                Box::pin(self.during(during, &step)).await?;
            } else {
                self.scene.resolve(&next).await?;
                self.step(&step).await?;
            }
        }
        Ok(())
    }

    async fn step(&mut self, step: &Step) -> Result<(), Stop> {
        if let Some(call) = &step.call {
            return self.call(call, step).await;
        }
        if let Some(coupon) = &step.coupon {
            return self.coupon(coupon, step).await;
        }
        if let Some(claim) = &step.claim {
            return self.claim(claim, step).await;
        }
        if let Some(together) = &step.together {
            return self.together(together).await;
        }
        let action = step.action.as_ref().unwrap_or(&Value::Null);
        let answer = self.act(action).await?;
        self.settle(&answer, step)
    }

    async fn call(&mut self, call: &Call, step: &Step) -> Result<(), Stop> {
        let request = self.scene.request(call, step.signed).await?;
        let mut answer = self.scene.send(&request).await?;
        if step.eventually {
            for _ in 0..GLANCES {
                if self.settle(&answer, step).is_ok() {
                    break;
                }
                tokio::time::sleep(GLANCE).await;
                let sent = send(&self.scene.shop.http, &self.scene.shop.url, false, &request);
                answer = sent
                    .await
                    .map_err(|error| failed(format!("no answer: {error}")))?;
            }
            self.scene.seen(&request, &answer);
        }
        self.settle(&answer, step)
    }

    async fn coupon(&mut self, coupon: &Coupon, step: &Step) -> Result<(), Stop> {
        let mut draft = json!({
            "kind": "general_coupon", "title": "满百减二十", "brand_name": "星河小馆",
            "logo_url": "{{logo_url}}", "color": "Color010", "code_type": "qrcode",
            "notice": "结账前请出示券码", "description": "每桌限用一张", "detail": "买单立减二十元",
            "valid": {"from": "{{time-3600}}", "to": "{{time+2592000}}"},
            "stock": 100, "limit_per_user": 2,
        });
        merge(&mut draft, &coupon.with);
        self.scene.resolve(&draft).await?;
        let mut headers = Map::new();
        if let Some(key) = &coupon.key {
            headers.insert("Idempotency-Key".to_owned(), json!(key));
        }
        let call = Call {
            method: "POST".to_owned(),
            path: "/admin/v1/coupons".to_owned(),
            json: Some(draft),
            headers,
            ..Call::default()
        };
        self.call(&call, step).await
    }

    async fn claim(&mut self, claim: &Claim, step: &Step) -> Result<(), Stop> {
        let caller = Some(claim.user.clone());
        let sign = Call {
            method: "POST".to_owned(),
            path: format!("/v1/coupons/{}/card-ext", claim.id),
            caller: caller.clone(),
            ..Call::default()
        };
        let request = self.scene.request(&sign, false).await?;
        let answer = self.scene.send(&request).await?;
        let item = answer.json().unwrap_or(Value::Null);
        let card_id = text_at(&item, "cardId")?;
        let card = json!({"cardId": card_id, "cardExt": text_at(&item, "cardExt")?});
        let action = json!({
            "verb": "phone", "user": claim.user, "action": "add-card",
            "with": {"appid": "mp", "cardList": [card]},
        });
        let added = self.act(&action).await?.json().unwrap_or(Value::Null);
        let sealed = added["cardList"][0]["code"].as_str();
        let sealed = sealed.ok_or_else(|| failed(format!("wx.addCard: {added}")))?;
        let mut shown = json!({"encrypt_code": sealed});
        if !claim.on_phone_alone {
            let book = Call {
                method: "POST".to_owned(),
                path: "/v1/claims".to_owned(),
                caller,
                json: Some(json!({"card_id": card_id, "encrypt_code": sealed})),
                ..Call::default()
            };
            let request = self.scene.request(&book, false).await?;
            let answer = self.scene.send(&request).await?;
            self.settle(&answer, step)?;
            shown["code"] = answer.json().unwrap_or(Value::Null)["code"].clone();
        }
        for (name, what) in &step.save {
            let value = text_at(&shown, what.as_str().unwrap_or_default())?;
            self.scene.variables.set(name, &value);
            // Those who may not know a code see its last four digits.
            let end = value.len().saturating_sub(4);
            if let (Some("code"), Some(end)) = (what.as_str(), value.get(end..)) {
                self.scene.variables.set(&format!("{name}_end"), end);
            }
        }
        Ok(())
    }

    async fn act(&mut self, action: &Value) -> Result<Answer, Stop> {
        let named = self.scene.named(action).await?;
        let action: Action = serde_json::from_value(named.clone())
            .map_err(|error| failed(format!("{named} is no action: {error}")))?;
        let outcome = self.scene.arrange(action).await?;
        let shown = Exchange::arranged(
            &named.to_string(),
            &outcome.to_string(),
            &self.scene.variables,
        );
        self.scene.traffic.push(shown);
        Ok(Answer {
            status: 200,
            content_type: String::new(),
            headers: Map::new(),
            text: outcome.to_string(),
        })
    }

    async fn together(&mut self, together: &Together) -> Result<(), Stop> {
        let request = self.scene.request(&together.call, false).await?;
        let mut calls = JoinSet::new();
        for _ in 0..together.times {
            let (shop, request) = (self.scene.shop.clone(), request.clone());
            calls.spawn(async move { send(&shop.http, &shop.url, false, &request).await });
        }
        let mut of_first: Vec<String> = Vec::new();
        for answer in calls.join_all().await {
            let answer = answer.map_err(|error| failed(format!("no answer: {error}")))?;
            self.scene.seen(&request, &answer);
            let Answer { status, text, .. } = answer;
            if !together.among.contains(&status) {
                let wanted = &together.among;
                let why = format!("status: expected one of {wanted:?}, came {status} with {text}");
                return Err(Stop::Differs(why));
            }
            if together.among.first() == Some(&status) {
                of_first.push(text);
            }
        }
        if together.same && of_first.windows(2).any(|pair| pair[0] != pair[1]) {
            let why = format!("bodies: expected one, came {of_first:?}");
            return Err(Stop::Differs(why));
        }
        match together.of_first {
            Some(wanted) if wanted != of_first.len() => {
                let (status, count) = (together.among[0], of_first.len());
                let why = format!("expected {wanted} answers of {status}, came {count}");
                Err(Stop::Differs(why))
            }
            _ => Ok(()),
        }
    }

    async fn during(&mut self, during: &During, step: &Step) -> Result<(), Stop> {
        let before = self.reached(&during.reached).await?;
        let request = self.scene.request(&during.call, false).await?;
        let (shop, sent) = (self.scene.shop.clone(), request.clone());
        let under_way =
            tokio::spawn(async move { send(&shop.http, &shop.url, false, &sent).await });
        let mut glances = 0;
        while self.reached(&during.reached).await? == before {
            glances += 1;
            if glances > GLANCES {
                return Err(failed(format!("{} is not reached", during.reached)));
            }
            tokio::time::sleep(GLANCE).await;
        }
        self.steps(&during.steps).await?;
        let answer = under_way.await.map_err(|error| failed(error.to_string()))?;
        let answer = answer.map_err(|error| failed(format!("no answer: {error}")))?;
        self.scene.seen(&request, &answer);
        self.settle(&answer, step)
    }

    /// How often a path of WeChat's was called by the Official Account.
    async fn reached(&self, path: &str) -> Result<usize, Stop> {
        let action = Action::ReadRequests {
            account: self.scene.shop.oa.clone(),
            path: path.to_owned(),
        };
        let rows = self.scene.arrange(action).await?;
        Ok(rows["requests"].as_array().map_or(0, Vec::len))
    }

    /// Holds an answer against what is expected of it, and keeps what later steps need of it.
    fn settle(&mut self, answer: &Answer, step: &Step) -> Result<(), Stop> {
        if !step.whatever {
            self.judged(answer, step.expect.as_ref())?;
        }
        if step.save.is_empty() || step.claim.is_some() {
            return Ok(());
        }
        let json = answer.json().unwrap_or(Value::Null);
        for (name, pointer) in &step.save {
            let value = json.pointer(pointer.as_str().unwrap_or_default());
            match value {
                None => return Err(Stop::Differs(format!("no {pointer} in {}", answer.text))),
                Some(Value::String(text)) => self.scene.variables.set(name, text),
                Some(other) => self.scene.variables.set(name, &other.to_string()),
            }
        }
        Ok(())
    }

    fn judged(&self, answer: &Answer, expect: Option<&Expect>) -> Result<(), Stop> {
        let Some(expect) = expect else {
            return if [200, 201].contains(&answer.status) {
                Ok(())
            } else {
                let why = format!("expected success, came {} {}", answer.status, answer.text);
                Err(Stop::Differs(why))
            };
        };
        let mut filled = expect.clone();
        for part in [&mut filled.json, &mut filled.has].into_iter().flatten() {
            *part = self.scene.variables.fill(part).map_err(failed)?;
        }
        let fill = |text: String| self.scene.variables.fill_text(&text);
        filled.body = filled.body.map(fill);
        judge(&filled, answer, false).map_err(Stop::Differs)
    }
}
