//! Quiet points: everything comes to its end, and all is compared.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    invariants::broken,
    play::{login, made},
    seen::{Acted, Card, Claim, Code, Coupon, Snapshot},
    stage::{Broken, Call, Side, Stage, Told},
    step::NAMES,
};

/// Seconds after which no call can arrive at WeChat any more that has not.
const FLIGHT: i64 = 61;
/// How often something is tried that has to go well in the end.
const TRIES: usize = 60;
/// How often it is looked whether all pushes are done, and how long between two looks.
const LOOKS: usize = 4000;
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);
/// After so many looks in vain, a second goes by: what failed is tried again later.
const LOOKS_PER_SECOND: usize = 20;

/// Lets everything come to its end, and holds what is seen then to the invariants.
///
/// # Errors
///
/// What is broken, or does not come to an end.
pub(super) async fn compare(stage: &Stage, logo: &str) -> Result<(), Broken> {
    stage
        .arranged(Call::new(Side::Mock, "DELETE", "/_mock/v1/faults"))
        .await?;
    stage.advance(FLIGHT).await?;
    let calls = stage.seen().past.calls.clone();
    for call in calls {
        last_answer(stage, &call).await?;
    }
    deliver(stage).await?;
    reconcile(stage).await?;
    let seen = look(stage, logo).await?;
    let wrong = {
        let past = &mut stage.seen().past;
        let listed = seen.claims.iter();
        let redeemed =
            listed.filter_map(|claim| Some((claim.code.clone(), claim.redeemed_at.clone()?)));
        past.redeemed_at.extend(redeemed);
        broken(past, &seen)
    };
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n"))
    }
}

/// Repeats a call until its outcome is known, and once more.
async fn last_answer(stage: &Stage, call: &Acted) -> Result<(), Broken> {
    for _ in 0..TRIES {
        let Some(told) = stage.repeat(call).await? else {
            return Ok(());
        };
        note_made(stage, &told, &call.body);
        if !told.is_open() {
            if told.is_ok() && call.code("redeem").is_some() {
                let at = (told.text("code"), told.text("redeemed_at"));
                stage.seen().past.redeemed_at.push(at);
            }
            return stage.repeat(call).await.map(drop);
        }
        stage.advance(1).await?;
    }
    Err(format!("{} {} has no final answer", call.method, call.path))
}

/// Notes which card a create made.
pub(super) fn note_made(stage: &Stage, told: &Told, draft: &Value) {
    if told.status == 201 {
        let known = &mut stage.seen().past.made;
        let number = known.len();
        let card = known.entry(told.text("card_id"));
        card.or_insert_with(|| made(told.text("id"), number, draft));
    }
}

/// All pushes arrive, also those that were lost.
async fn deliver(stage: &Stage) -> Result<(), Broken> {
    settle(stage).await?;
    for event in events(stage).await? {
        if event["state"] != "delivered" {
            let id = event["id"].as_str().unwrap_or_default();
            let path = format!("/_mock/v1/events/{id}/resend");
            let sent = stage.arranged(Call::new(Side::Mock, "POST", path)).await?;
            if sent["state"] != "delivered" {
                return Err(format!("the backend does not take a push: {sent}"));
            }
        }
    }
    settle(stage).await
}

async fn events(stage: &Stage) -> Result<Vec<Value>, Broken> {
    let path = format!("/_mock/v1/events?appid={}", stage.oa());
    let listed = stage.arranged(Call::new(Side::Mock, "GET", path)).await?;
    Ok(listed["events"].as_array().cloned().unwrap_or_default())
}

/// Waits until the mock has pushed all, and the backend has acted upon it.
async fn settle(stage: &Stage) -> Result<(), Broken> {
    let mut pending = Vec::new();
    for look in 1..=LOOKS {
        let of_mock = events(stage).await?;
        pending = of_mock
            .into_iter()
            .filter(|event| event["state"] == "pending")
            .collect();
        let of_backend = stage.admin("GET", "/admin/v1/pushes?state=pending").await?;
        pending.extend(
            of_backend.json["pushes"]
                .as_array()
                .cloned()
                .unwrap_or_default(),
        );
        if pending.is_empty() {
            return Ok(());
        }
        if look % LOOKS_PER_SECOND == 0 {
            stage.advance(1).await?;
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    Err(format!("pushes that nobody acts upon: {pending:?}"))
}

/// Brings ledger and world together, until WeChat has said something about all of it.
async fn reconcile(stage: &Stage) -> Result<(), Broken> {
    let mut last = String::new();
    for _ in 0..TRIES {
        let report = stage.admin("POST", "/admin/v1/reconcile").await?;
        if report.status == 200 && report.json["failed"] == 0 {
            return Ok(());
        }
        last = format!("{} {}", report.status, report.json);
        stage.advance(1).await?;
    }
    Err(format!("a reconciliation that does not end: {last}"))
}

/// World and ledger as they are now.
async fn look(stage: &Stage, logo: &str) -> Result<Snapshot, Broken> {
    let mut seen = world(stage).await?;
    for coupon in pages(stage, None, "/admin/v1/coupons", "coupons").await? {
        let text = |name: &str| coupon[name].as_str().unwrap_or_default().to_owned();
        if coupon["logo_url"] != logo {
            return Err(format!("another logo: {coupon}"));
        }
        seen.coupons.push(Coupon {
            card_id: text("card_id"),
            status: text("status"),
            remaining: coupon["remaining"].as_i64(),
        });
        // One whose create was never answered.
        let known = &mut stage.seen().past.made;
        let number = known.len();
        let card = known.entry(text("card_id"));
        card.or_insert_with(|| made(text("id"), number, &coupon));
    }
    for claim in pages(stage, None, "/admin/v1/claims", "claims").await? {
        let text = |name: &str| claim[name].as_str().unwrap_or_default().to_owned();
        let code = text("code");
        let end = code.len().saturating_sub(4);
        let last_four = code.get(end..).unwrap_or_default().to_owned();
        seen.of_admin
            .push((text("card_id"), last_four, text("status")));
    }
    for name in NAMES {
        login(stage, name).await?;
        let session = stage.seen().sessions.get(name).cloned();
        let (session, _) = session.ok_or_else(|| format!("{name} cannot log in"))?;
        for claim in pages(stage, Some(&session), "/v1/claims", "claims").await? {
            let text = |name: &str| claim[name].as_str().unwrap_or_default().to_owned();
            seen.claims.push(Claim {
                user: name.to_owned(),
                code: text("code"),
                card_id: text("card_id"),
                status: text("status"),
                redeemed_at: claim["redeemed_at"].as_str().map(str::to_owned),
            });
        }
    }
    Ok(seen)
}

/// All entries of a list, of which a page is small so that there are several.
async fn pages(
    stage: &Stage,
    session: Option<&str>,
    path: &str,
    key: &str,
) -> Result<Vec<Value>, Broken> {
    let mut all = Vec::new();
    let mut of_page = format!("{path}?limit=7");
    for _ in 0..TRIES {
        let told = match session {
            None => stage.admin("GET", &of_page).await?,
            Some(token) => {
                let call = Call::new(Side::Backend, "GET", &of_page).session(token);
                stage.ask(call).await?
            }
        };
        let Some(entries) = told.json[key].as_array() else {
            return Err(format!("GET {of_page}: {} {}", told.status, told.json));
        };
        all.extend(entries.iter().cloned());
        let Some(cursor) = told.json["next_cursor"].as_str() else {
            return Ok(all);
        };
        of_page = format!("{path}?limit=7&cursor={cursor}");
    }
    Err(format!("{path} has no last page"))
}

/// The world alone.
pub(super) async fn world(stage: &Stage) -> Result<Snapshot, Broken> {
    let world = export(stage).await?;
    let accounts = world["accounts"].as_array().cloned().unwrap_or_default();
    let mut accounts = accounts.into_iter();
    let oa = accounts.find(|account| account["appid"] == stage.oa());
    let held = oa.ok_or("the world has no such account")?["state"].clone();
    let text = |of: &Value, name: &str| of[name].as_str().unwrap_or_default().to_owned();
    let mut seen = Snapshot {
        now: stage.now(),
        ..Snapshot::default()
    };
    for card in held["cards"].as_array().into_iter().flatten() {
        let known = Card {
            status: text(card, "status"),
            quantity: card["quantity"].as_i64().unwrap_or(-1),
        };
        seen.cards.insert(text(card, "card_id"), known);
    }
    for code in held["codes"].as_array().into_iter().flatten() {
        seen.codes.push(Code {
            code: text(code, "code"),
            card_id: text(code, "card_id"),
            user: text(code, "user"),
            status: text(code, "status"),
            is_gift: code["is_gift"] == true,
            end_time: code["end_time"].as_i64().unwrap_or_default(),
        });
    }
    Ok(seen)
}

async fn export(stage: &Stage) -> Result<Value, Broken> {
    stage
        .arranged(Call::new(Side::Mock, "GET", "/_mock/v1/world"))
        .await
}

/// Exports the world and imports it: it stays what it is.
pub(super) async fn move_world(stage: &Stage) -> Result<(), Broken> {
    let before = export(stage).await?;
    let call = Call::new(Side::Mock, "PUT", "/_mock/v1/world");
    stage.arranged(call.body(before.clone())).await?;
    let after = export(stage).await?;
    if before == after {
        Ok(())
    } else {
        Err(format!("an imported world is another:\n{before}\n{after}"))
    }
}

/// Another program of the shop renews the account's token by force.
pub(super) async fn renew_token(stage: &Stage) -> Result<(), Broken> {
    let path = format!("/_mock/v1/accounts/{}", stage.oa());
    let account = stage.arranged(Call::new(Side::Mock, "GET", path)).await?;
    let body = json!({
        "grant_type": "client_credential", "appid": stage.oa(), "secret": account["secret"],
        "force_refresh": true,
    });
    // It may be refused, or a fault hits this program in place of the backend.
    let call = Call::new(Side::Mock, "POST", "/cgi-bin/stable_token");
    let _answer = stage.ask(call.body(body)).await;
    Ok(())
}

/// Sends one of the pushes once more.
pub(super) async fn resend(stage: &Stage, which: usize) -> Result<(), Broken> {
    let events = events(stage).await?;
    let done: Vec<_> = events
        .iter()
        .filter(|event| event["state"] != "pending")
        .collect();
    if let Some(event) = which.checked_rem(done.len()).and_then(|at| done.get(at)) {
        let id = event["id"].as_str().unwrap_or_default();
        let path = format!("/_mock/v1/events/{id}/resend");
        stage.ask(Call::new(Side::Mock, "POST", path)).await?;
    }
    Ok(())
}
