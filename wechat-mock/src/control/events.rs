//! What happened, and what became of telling it.

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Fault,
    accounts::account_no,
    body::{JsonBody, QueryOf, Segment},
    done,
    part::{limit_of, newest, number},
};
use crate::{
    journal::MOST_ROWS,
    mock::Mock,
    postman,
    push::{Unsendable, log::Filter},
    world::{
        AccountNo, World,
        event::Event,
        field::{OPENID, is_openid},
    },
};

/// Which events are asked for, and how many.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventsQuery {
    appid: Option<String>,
    /// The name of the event, such as `user_get_card`.
    event: Option<String>,
    card_id: Option<String>,
    /// The newest so many, 1 to 500; all when neither this nor `before` is there.
    limit: Option<usize>,
    /// Events before this one, such as `event-7` or `7`.
    before: Option<String>,
}

/// An event that nothing in the world brings about.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Trigger {
    pub(crate) appid: String,
    pub(crate) event: String,
    pub(crate) openid: Option<String>,
    pub(crate) user: Option<String>,
    /// An object, or a list of pairs where a name stands twice.
    #[serde(default)]
    pub(crate) elements: Value,
}

/// Characters of a name; WeChat's have up to 28.
const LONGEST: usize = 64;

/// Elements of one event, and bytes of them all; WeChat's have some twenty.
const MOST_ELEMENTS: usize = 100;
const MOST_BYTES: usize = 64 * 1024;

impl Trigger {
    /// Lets it happen; the event's id.
    pub(crate) fn carry_out(&self, mock: &Mock) -> Result<String, Fault> {
        let mut world = mock.world.lock();
        let account = account_no(&world, &self.appid)?;
        let event = self.event(&world, account)?;
        world.emit(account, event);
        let number = world.hand_over().pop();
        let number = number.expect("what was just emitted is handed over");
        Ok(format!("event-{number}"))
    }

    fn event(&self, world: &World, account: AccountNo) -> Result<Event, Fault> {
        if !is_name(&self.event) {
            let message = format!("1 to {LONGEST} letters, digits or underscores");
            return Err(Fault::bad_value("event", message));
        }
        let event = Event::new(&self.event, &self.told_by(world, account)?);
        let pairs: Vec<(&str, &Value)> = match &self.elements {
            Value::Null => Vec::new(),
            Value::Object(members) => members
                .iter()
                .map(|(name, value)| (name.as_str(), value))
                .collect(),
            Value::Array(pairs) => {
                let read = pairs.iter().enumerate();
                read.map(|(place, pair)| read_pair(place, pair))
                    .collect::<Result<_, _>>()?
            }
            _ => {
                let message = "an object, or a list of [name, value]";
                return Err(Fault::bad_value("elements", message));
            }
        };
        let bytes = |value: &Value| value.as_str().map_or(0, str::len);
        let bytes: usize = pairs
            .iter()
            .map(|(name, value)| name.len() + bytes(value))
            .sum();
        if pairs.len() > MOST_ELEMENTS || bytes > MOST_BYTES {
            let message =
                format!("at most {MOST_ELEMENTS} elements and {MOST_BYTES} bytes of them");
            return Err(Fault::bad_value("elements", message));
        }
        pairs
            .into_iter()
            .try_fold(event, |event, (name, value)| add(event, name, value))
    }

    /// Who did it; WeChat itself when nobody is named.
    fn told_by(&self, world: &World, account: AccountNo) -> Result<String, Fault> {
        match (&self.openid, &self.user) {
            (Some(_), Some(_)) => Err(Fault::bad_value("openid", "give openid or user")),
            (Some(openid), None) if is_openid(openid) => Ok(openid.clone()),
            (Some(_), None) => Err(Fault::bad_value("openid", OPENID)),
            (None, Some(name)) => {
                let user = super::users::user_no(world, name)?;
                Ok(world.openid(user, account).to_owned())
            }
            // No user has an empty name.
            (None, None) => Ok(world.account(account).openid_of("")),
        }
    }
}

fn read_pair(place: usize, pair: &Value) -> Result<(&str, &Value), Fault> {
    match pair.as_array().map(Vec::as_slice) {
        Some([Value::String(name), value]) => Ok((name, value)),
        _ => Err(Fault::bad_value(
            format!("elements[{place}]"),
            "a pair [name, value]",
        )),
    }
}

fn add(event: Event, name: &str, value: &Value) -> Result<Event, Fault> {
    let field = format!("elements.{name}");
    if !is_name(name) || !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        let message = format!("a name is a letter, and up to {LONGEST} letters, digits and _");
        return Err(Fault::bad_value(field, message));
    }
    match value {
        Value::String(text) => Ok(event.text(name, text)),
        Value::Number(number) if number.is_i64() => {
            Ok(event.number(name, number.as_i64().unwrap_or_default()))
        }
        _ => Err(Fault::bad_value(field, "a text or a whole number")),
    }
}

fn is_name(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(is_word)
}

/// Sends an event once more, and tells what became of it.
pub(crate) async fn send_again(mock: &Mock, id: &str) -> Result<Value, Fault> {
    let unknown = || Fault::not_found(format!("no event has the id {id}"));
    let appid = mock.pushes.lock().appid_of(id).ok_or_else(unknown)?;
    let has_callback = {
        let world = mock.world.lock();
        let account = account_no(&world, &appid)?;
        world.account(account).profile.callback.is_some()
    };
    if !has_callback {
        return Err(no_callback());
    }
    mock.pushes.resend(id).await.map_err(|why| match why {
        Unsendable::Unknown => unknown(),
        Unsendable::Pending => Fault::conflict("this event is still being told"),
    })
}

fn no_callback() -> Fault {
    Fault::conflict("the account has no callback")
}

pub(super) async fn list(
    State(mock): State<Mock>,
    QueryOf(query): QueryOf<EventsQuery>,
) -> Result<Json<Value>, Fault> {
    let before = number(query.before.as_deref(), "event-")?;
    let filter = Filter {
        appid: query.appid,
        event: query.event,
        card_id: query.card_id,
    };
    // Without either all of it, as it always was.
    if query.limit.is_none() && before.is_none() {
        let events = mock.pushes.lock().show(&filter);
        return Ok(Json(json!({"events": events, "more": false})));
    }
    let limit = limit_of(query.limit, MOST_ROWS, MOST_ROWS)?;
    let page = mock.pushes.lock().page(&filter, before, limit);
    Ok(Json(newest("events", "event-", page)))
}

pub(super) async fn clear(State(mock): State<Mock>) -> Json<Value> {
    mock.pushes.lock().clear();
    done()
}

pub(super) async fn trigger(
    State(mock): State<Mock>,
    JsonBody(trigger): JsonBody<Trigger>,
) -> Result<(StatusCode, Json<Value>), Fault> {
    let id = trigger.carry_out(&mock)?;
    Ok((StatusCode::CREATED, Json(json!({"id": id}))))
}

pub(super) async fn resend(
    State(mock): State<Mock>,
    Segment(id): Segment,
) -> Result<Json<Value>, Fault> {
    send_again(&mock, &id).await.map(Json)
}

/// Makes WeChat's check of the callback's URL.
pub(super) async fn verify_callback(
    State(mock): State<Mock>,
    Segment(appid): Segment,
) -> Result<Json<Value>, Fault> {
    Ok(Json(match check_callback(&mock, &appid).await? {
        Ok(()) => json!({"ok": true}),
        Err(reason) => json!({"ok": false, "reason": reason}),
    }))
}

/// WeChat's check of an account's callback: the reason when the callback does not pass it.
pub(crate) async fn check_callback(mock: &Mock, appid: &str) -> Result<Result<(), String>, Fault> {
    account_no(&mock.world.lock(), appid)?;
    let checked = postman::check_callback(mock, appid).await;
    checked.ok_or_else(no_callback)
}
