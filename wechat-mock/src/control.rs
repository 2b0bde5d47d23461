//! `/_mock/v1/…`: the control API.

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};

pub(crate) mod access;
mod accounts;
mod body;
mod calls;
mod cards;
mod choice;
mod clock;
mod credentials;
mod events;
mod fault;
mod faults;
mod index;
mod journal;
mod members;
mod merchants;
mod messages;
mod part;
mod phone;
mod sign;
mod stream;
mod switches;
mod users;
mod world;

use access::Access;
pub(crate) use choice::{ChooseCard, OpenCard};
pub(crate) use clock::{ClockChange, standing as clock_standing};
pub(crate) use events::{Trigger, send_again};
pub(crate) use fault::Fault;
pub(crate) use messages::{OpenMessage, messages};
pub(crate) use phone::{Give, Scan, SelfConsumption, Which};
pub(crate) use users::{AddCard, Login};

use crate::mock::Mock;

/// One line a call.
#[rustfmt::skip]
pub(crate) fn router(mock: Mock, access: Access) -> Router<Mock> {
    Router::new()
        .route("/", get(index::show))
        .route("/health", get(health))
        .route("/stream", get(stream::listen))
        .route("/world", get(world::show).put(world::put))
        .route("/reset", post(world::reset))
        .route("/worlds", get(world::list))
        .route("/clock", get(clock::show).post(clock::change))
        .route("/accounts", get(accounts::list).post(accounts::add))
        .route("/accounts/{appid}", get(accounts::one).patch(accounts::change))
        .route("/accounts/{appid}/credentials", get(credentials::show))
        .route("/accounts/{appid}/verify-callback", post(events::verify_callback))
        .route("/accounts/{appid}/sub-merchants/{id}/review", post(merchants::review))
        .route("/users", get(users::list).post(users::add))
        .route("/users/{name}", get(users::one).patch(users::change))
        .route("/users/{name}/login", post(users::login))
        .route("/users/{name}/add-card", post(users::add_card))
        .route("/users/{name}/choose-card", post(choice::choose_card))
        .route("/users/{name}/open-card", post(choice::open_card))
        .route("/users/{name}/messages", get(messages::list))
        .route("/users/{name}/messages/{id}/add-card", post(messages::add_card))
        .route("/users/{name}/wallet", get(users::wallet))
        .route("/users/{name}/scan", post(phone::scan))
        .route("/users/{name}/cards/{code}/gift", post(phone::gift))
        .route("/users/{name}/cards/{code}/accept", post(phone::accept))
        .route("/users/{name}/cards/{code}/delete", post(phone::delete))
        .route("/users/{name}/cards/{code}/view", post(phone::view))
        .route("/users/{name}/cards/{code}/consume", post(phone::consume))
        .route("/users/{name}/cards/{code}/activate", post(members::activate))
        .route("/cards", get(cards::list))
        .route("/cards/{card_id}", get(cards::one))
        .route("/cards/{card_id}/codes", get(cards::list_codes))
        .route("/cards/{card_id}/review", post(cards::review))
        .route("/requests", get(journal::list).delete(journal::clear))
        .route("/requests/{id}", get(journal::one))
        .route("/claims", get(journal::claims))
        .route("/explain/{id}", get(journal::explain))
        .route("/faults", get(faults::list).post(faults::add).delete(faults::clear))
        .route("/events", get(events::list).delete(events::clear))
        .route("/events/trigger", post(events::trigger))
        .route("/events/{id}/resend", post(events::resend))
        .route("/calls", get(calls::list))
        .route("/sign", post(sign::check))
        .route("/switches", get(switches::list).patch(switches::change))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn_with_state(mock, stream::tell_changes))
        .layer(middleware::from_fn_with_state(access, access::check_token))
}

async fn health() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

/// The certificate of the CA that vouches for the intercepted hosts; it is no secret.
pub(crate) async fn ca_pem(State(mock): State<Mock>) -> Result<Response, Fault> {
    let intercept = mock.intercept.as_ref().ok_or_else(|| {
        Fault::not_found("this mock intercepts nothing: start it with --intercept")
    })?;
    let content_type = [(header::CONTENT_TYPE, "application/x-pem-file")];
    Ok((content_type, intercept.ca_pem().to_owned()).into_response())
}

/// What a call without anything to tell answers.
fn done() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

/// A path that is neither WeChat's nor the control API's.
pub(crate) async fn not_found() -> Fault {
    no_such_path()
}

pub(crate) fn no_such_path() -> Fault {
    Fault::not_found("no such path")
}

/// Tells browsers to take an answer for nothing but what it says it is, and who may embed it:
/// `same-origin` or `cross-origin`. What stands there already stays.
pub(crate) fn harden(headers: &mut HeaderMap, embedders: &'static str) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", embedders),
    ] {
        let value = HeaderValue::from_static(value);
        headers.entry(name).or_insert(value);
    }
}

/// [`harden`] for all answers that are the mock's own.
pub(crate) async fn harden_answer(mut response: Response) -> Response {
    harden(response.headers_mut(), "same-origin");
    response
}

pub(crate) async fn method_not_allowed() -> Fault {
    Fault::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "this path has another method",
    )
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::{TcpListener, TcpStream},
    };

    use super::*;
    use crate::{server::Running, world::World};

    fn status(running: &Running, path: &str, header: &str) -> String {
        let mut stream = TcpStream::connect(running.address).unwrap();
        let head =
            format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n{header}");
        stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split(' ').nth(1).unwrap().to_owned()
    }

    #[test]
    fn a_mock_that_others_can_reach_asks_for_its_token() {
        let mock = Mock::new(World::starter(1), Some("right".to_owned()));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let running = Running::start(mock, listener, None).unwrap();
        let with = |token: &str| format!("authorization: Bearer {token}\r\n");

        for path in ["/_mock/v1/health", "/_mock/v1/world"] {
            assert_eq!(status(&running, path, ""), "401");
            assert_eq!(status(&running, path, &with("wrong")), "401");
            assert_eq!(status(&running, path, &with("right")), "200");
        }
        // WeChat's own paths are what they always are.
        assert_eq!(status(&running, "/cgi-bin/token", ""), "200");
    }
}
