//! Carries the steps of one history out.

use std::sync::{Arc, atomic::Ordering};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{
    quiet,
    seen::{Code, Made, Snapshot},
    stage::{Broken, Call, Side, Stage},
    step::{Act, DAY, FIRST, Key, NAMES, SWITCHES, Step, draft},
};

/// Seconds for which a session is used; the backend lets it live for seven days.
const SESSION: i64 = 6 * DAY;

/// What the actors see as a step begins: acts choose from it, so that the choice does not depend on
/// what else is done in the same step.
struct Scene {
    world: Snapshot,
    coupons: Vec<String>,
    logo: String,
}

impl Scene {
    /// One of the codes, those that can be used first.
    fn code(&self, which: usize) -> Option<&Code> {
        let mut codes: Vec<&Code> = self.world.codes.iter().collect();
        codes.sort_by_key(|code| code.status != "NORMAL");
        // Most of the time one that can be used, now and then another.
        let usable = codes.iter().filter(|code| code.status == "NORMAL").count();
        let among = if usable > 0 && !which.is_multiple_of(5) {
            usable
        } else {
            codes.len()
        };
        chosen(&codes[..among], which).copied()
    }

    fn coupon(&self, which: usize) -> Option<&String> {
        // The newest are of more interest than those that ran out.
        let newest: Vec<&String> = self.coupons.iter().rev().take(3).collect();
        chosen(&newest, which).copied()
    }
}

fn chosen<T>(among: &[T], which: usize) -> Option<&T> {
    among.get(which.checked_rem(among.len())?)
}

/// Carries all steps out, and compares at the end.
///
/// # Errors
///
/// What is broken, one line each.
pub(super) async fn play(stage: &Arc<Stage>, steps: &[Step]) -> Result<(), Broken> {
    let logo = begin(stage).await?;
    for (at, Step(acts)) in steps.iter().enumerate() {
        stage.step.store(at + 1, Ordering::SeqCst);
        let coupons = {
            let seen = stage.seen();
            let mut made: Vec<_> = seen.past.made.values().collect();
            made.sort_by_key(|made| made.number);
            made.into_iter()
                .map(|made| made.coupon_id.clone())
                .collect()
        };
        let scene = Arc::new(Scene {
            world: quiet::world(stage).await?,
            coupons,
            logo: logo.clone(),
        });
        if let [act] = acts.as_slice() {
            carry_out(stage, &scene, *act, (at + 1, 0)).await?;
        } else {
            let mut tasks = JoinSet::new();
            for (of_step, act) in acts.iter().copied().enumerate() {
                let (stage, scene) = (stage.clone(), scene.clone());
                let place = (at + 1, of_step);
                tasks.spawn(async move { carry_out(&stage, &scene, act, place).await });
            }
            while let Some(done) = tasks.join_next().await {
                done.map_err(|error| error.to_string())??;
            }
        }
        stage.advance(1).await?;
    }
    stage.step.store(steps.len() + 1, Ordering::SeqCst);
    quiet::compare(stage, &logo).await
}

/// A logo, a coupon, and customers who have claimed it; gives the logo.
///
/// A friend who takes a gift is known by an earlier claim alone: the push of a gift has no unionid.
async fn begin(stage: &Arc<Stage>) -> Result<String, Broken> {
    let logo = stage.logo().await?;
    create(stage, FIRST, &logo, (0, 0)).await?;
    let coupon = stage
        .seen()
        .past
        .made
        .values()
        .next()
        .map(|made| made.coupon_id.clone());
    let coupon = coupon.ok_or("the first coupon was not made")?;
    for name in NAMES {
        claim(stage, name, &coupon, true).await?;
    }
    let claims = stage.seen().past.claimed.len();
    if claims == NAMES.len() {
        Ok(logo)
    } else {
        Err(format!("{claims} of the first claims went well"))
    }
}

async fn carry_out(
    stage: &Stage,
    scene: &Scene,
    act: Act,
    place: (usize, usize),
) -> Result<(), Broken> {
    match act {
        Act::Create(which) => create(stage, which, &scene.logo, place).await,
        Act::Stock { coupon, delta } => {
            let Some(id) = scene.coupon(coupon) else {
                return Ok(());
            };
            let path = format!("/admin/v1/coupons/{id}/stock");
            acted(stage, place, "PATCH", path, json!({"delta": delta})).await
        }
        Act::Withdraw(coupon) => {
            let Some(id) = scene.coupon(coupon) else {
                return Ok(());
            };
            let path = format!("/admin/v1/coupons/{id}");
            acted(stage, place, "DELETE", path, Value::Null).await
        }
        Act::Void(which) => {
            let Some(code) = scene.code(which) else {
                return Ok(());
            };
            let path = format!("/admin/v1/codes/{}/void", code.code);
            acted(stage, place, "POST", path, Value::Null).await
        }
        Act::Redeem { code, key } => {
            let Some(code) = scene.code(code) else {
                return Ok(());
            };
            redeem(stage, &code.code, key, place).await
        }
        Act::Repeat(which) => {
            let call = {
                let seen = stage.seen();
                let calls = seen.past.calls.iter();
                let with_key: Vec<_> = calls.filter(|call| call.key.is_some()).collect();
                chosen(&with_key, which).map(|call| (*call).clone())
            };
            if let Some(call) = call {
                stage.repeat(&call).await?;
            }
            Ok(())
        }
        Act::Login(user) => login(stage, NAMES[user]).await,
        Act::Claim {
            user,
            coupon,
            tells,
        } => match scene.coupon(coupon) {
            Some(id) => claim(stage, NAMES[user], id, tells).await,
            None => Ok(()),
        },
        Act::Tell { which, user } => {
            let known = chosen(&stage.seen().encrypted, which).cloned();
            match known {
                Some((card_id, encrypted)) => tell(stage, NAMES[user], &card_id, &encrypted).await,
                None => Ok(()),
            }
        }
        Act::List(user) => {
            let session = session(stage, NAMES[user]).await?;
            let call = Call::new(Side::Backend, "GET", "/v1/claims").session(&session);
            stage.ask(call).await.map(drop)
        }
        Act::Gift { code, to } => match scene.code(code) {
            Some(code) => gift(stage, code, NAMES[to]).await,
            None => Ok(()),
        },
        Act::Delete(which) => {
            let Some(code) = scene.code(which) else {
                return Ok(());
            };
            phone(
                stage,
                &code.user,
                &format!("cards/{}/delete", code.code),
                json!({}),
            )
            .await
        }
        at_the_console => console(stage, scene, at_the_console).await,
    }
}

/// What is done at the console of the mock.
async fn console(stage: &Stage, scene: &Scene, act: Act) -> Result<(), Broken> {
    let (method, path, body) = match act {
        Act::Review { card, pass } => {
            let cards = scene.world.cards.iter();
            let waiting: Vec<_> = cards
                .filter(|(_, card)| card.status == "CARD_STATUS_NOT_VERIFY")
                .map(|(card_id, _)| card_id)
                .collect();
            let Some(card_id) = chosen(&waiting, card) else {
                return Ok(());
            };
            let path = format!("cards/{card_id}/review");
            let body = json!({"pass": pass, "reason": if pass { "" } else { "文案不清楚" }});
            // Another reviewer may have been faster.
            return mock(stage, "POST", &path, body).await.map(drop);
        }
        Act::ReviewByHand(is_manual) => {
            let review = if is_manual { "manual" } else { "auto" };
            let path = format!("accounts/{}", stage.oa());
            ("PATCH", path, json!({"review": review}))
        }
        Act::Fault(path, wrong) => ("POST", "faults".to_owned(), wrong.plan(path)),
        Act::Heal => ("DELETE", "faults".to_owned(), Value::Null),
        Act::Switch { which, is_other } => {
            let (name, value, other) = SWITCHES[which];
            let value = if is_other { other } else { value };
            ("PATCH", "switches".to_owned(), json!({name: value}))
        }
        Act::RenewToken => return quiet::renew_token(stage).await,
        Act::Resend(which) => return quiet::resend(stage, which).await,
        Act::Clock(seconds) => return stage.advance(seconds).await,
        Act::Quiet { moves } => {
            quiet::compare(stage, &scene.logo).await?;
            if moves {
                quiet::move_world(stage).await?;
            }
            return Ok(());
        }
        _ => return Err(format!("nobody carries {act:?} out")),
    };
    let call = Call::new(Side::Mock, method, format!("/_mock/v1/{path}"));
    stage.arranged(call.body(body)).await.map(drop)
}

async fn mock(
    stage: &Stage,
    method: &'static str,
    path: &str,
    body: Value,
) -> Result<super::stage::Told, Broken> {
    let call = Call::new(Side::Mock, method, format!("/_mock/v1/{path}"));
    stage.ask(call.body(body)).await
}

/// What a customer does; the phone may refuse it.
async fn phone(stage: &Stage, user: &str, what: &str, body: Value) -> Result<(), Broken> {
    mock(stage, "POST", &format!("users/{user}/{what}"), body)
        .await
        .map(drop)
}

async fn create(
    stage: &Stage,
    which: usize,
    logo: &str,
    place: (usize, usize),
) -> Result<(), Broken> {
    let draft = draft(which, logo);
    let key = Some(format!("create-{}-{}", place.0, place.1));
    let path = "/admin/v1/coupons".to_owned();
    let told = stage.act(key, "POST", path, draft.clone()).await?;
    quiet::note_made(stage, &told, &draft);
    Ok(())
}

/// A call of the admin's under a key of its own.
async fn acted(
    stage: &Stage,
    (step, of_step): (usize, usize),
    method: &'static str,
    path: String,
    body: Value,
) -> Result<(), Broken> {
    let key = Some(format!("act-{step}-{of_step}"));
    stage.act(key, method, path, body).await.map(drop)
}

async fn redeem(
    stage: &Stage,
    code: &str,
    key: Key,
    (step, of_step): (usize, usize),
) -> Result<(), Broken> {
    let key = match key {
        Key::None => None,
        Key::New => Some(format!("till-{step}-{of_step}")),
        // A key is forgotten after a while, and then one for another call.
        Key::OfCode => Some(format!("code-{code}-{}", stage.now() / (5 * DAY))),
    };
    let path = format!("/admin/v1/codes/{code}/redeem");
    let told = stage.act(key, "POST", path, Value::Null).await?;
    if told.is_ok() {
        let at = told.text("redeemed_at");
        stage.seen().past.redeemed_at.push((code.to_owned(), at));
    }
    Ok(())
}

pub(super) async fn login(stage: &Stage, name: &str) -> Result<(), Broken> {
    let path = format!("/_mock/v1/users/{name}/login");
    let login = Call::new(Side::Mock, "POST", path).body(json!({"appid": stage.mp()}));
    let js_code = stage.arranged(login).await?["code"].clone();
    let call = Call::new(Side::Backend, "POST", "/v1/login");
    let told = stage.ask(call.body(json!({"js_code": js_code}))).await?;
    if told.is_ok() {
        let session = (told.text("session_token"), stage.now());
        stage.seen().sessions.insert(name.to_owned(), session);
    }
    Ok(())
}

/// The session of a customer, after a login where it is due; an old one when that fails.
async fn session(stage: &Stage, name: &str) -> Result<String, Broken> {
    let now = stage.now();
    let known = stage.seen().sessions.get(name).cloned();
    if known.is_none_or(|(_, at)| now > at + SESSION) {
        login(stage, name).await?;
    }
    let known = stage.seen().sessions.get(name).cloned();
    Ok(known.map(|(token, _)| token).unwrap_or_default())
}

/// card-ext, `wx.addCard`, and what the page tells the backend; each of them may be refused.
async fn claim(stage: &Stage, name: &str, coupon: &str, tells: bool) -> Result<(), Broken> {
    let session = session(stage, name).await?;
    let path = format!("/v1/coupons/{coupon}/card-ext");
    let signed = Call::new(Side::Backend, "POST", path).session(&session);
    let signed = stage.ask(signed).await?;
    if !signed.is_ok() {
        return Ok(());
    }
    let card_id = signed.text("cardId");
    let card = json!({"cardId": card_id, "cardExt": signed.json["cardExt"]});
    let path = format!("users/{name}/add-card");
    let body = json!({"appid": stage.mp(), "cardList": [card]});
    let added = mock(stage, "POST", &path, body).await?;
    let Some(encrypted) = added.json["cardList"][0]["code"].as_str() else {
        return Ok(());
    };
    let known = (card_id.clone(), encrypted.to_owned());
    stage.seen().encrypted.push(known);
    if tells {
        tell(stage, name, &card_id, encrypted).await?;
    }
    Ok(())
}

async fn tell(stage: &Stage, name: &str, card_id: &str, encrypted: &str) -> Result<(), Broken> {
    let session = session(stage, name).await?;
    let body = json!({"card_id": card_id, "encrypt_code": encrypted});
    let call = Call::new(Side::Backend, "POST", "/v1/claims").session(&session);
    let told = stage.ask(call.body(body)).await?;
    if told.is_ok() {
        stage.seen().past.claimed.push(told.text("code"));
    }
    Ok(())
}

async fn gift(stage: &Stage, code: &Code, to: &str) -> Result<(), Broken> {
    let path = format!("cards/{}/gift", code.code);
    phone(stage, &code.user, &path, json!({"to": to})).await?;
    let path = format!("cards/{}/accept", code.code);
    phone(stage, to, &path, json!({})).await
}

/// What a coupon was made with, by its draft.
pub(super) fn made(coupon_id: String, number: usize, draft: &Value) -> Made {
    let limit = draft["limit_per_user"].as_u64().unwrap_or_default();
    Made {
        coupon_id,
        number,
        stock: draft["stock"].as_i64().unwrap_or_default(),
        limit: usize::try_from(limit).unwrap_or(usize::MAX),
    }
}
