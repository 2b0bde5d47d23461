//! `/_mock/v1/…`: the control API.

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::any,
};
use serde_json::{Value, json};

pub(crate) mod access;
mod accounts;
mod body;
mod call;
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
#[cfg(feature = "console")]
pub(crate) mod openapi;
mod part;
mod phone;
mod schema;
mod sign;
mod stream;
mod switches;
mod users;
mod world;

use access::Access;
pub(crate) use accounts::{account_no, accounts_of, add_account, change_account};
pub(crate) use body::read_value;
use call::{
    Answer::{self, AtLeast, Members},
    Path,
};
pub(crate) use cards::{Verdict, all_cards, all_codes, card_of};
pub(crate) use choice::{ChooseCard, OpenCard};
pub(crate) use clock::{ClockChange, standing as clock_standing};
pub(crate) use credentials::credentials_of;
pub(crate) use events::{Trigger, check_callback, send_again};
pub(crate) use fault::Fault;
pub(crate) use faults::remove_fault;
pub(crate) use journal::claims_of;
pub(crate) use members::Activation;
pub(crate) use merchants::review_sub_merchant;
pub(crate) use messages::{OpenMessage, messages};
pub(crate) use phone::{Give, Scan, SelfConsumption, Which, all_gifts};
pub(crate) use sign::{Signature, check_signature};
pub(crate) use stream::listen_to as listen;
pub(crate) use switches::turn;
pub(crate) use users::{AddCard, Login, add_user, change_user, user_no};
pub(crate) use world::{replace, reset_to, worlds};

use crate::mock::Mock;

/// What most calls answer that have nothing to tell.
const DONE: Answer = Members(&["status"]);
/// What the phone answers to a claim.
const CLAIM: Answer = Members(&["errMsg", "cardList?", "explain"]);
/// What becomes of a code.
const CODE: Answer = Members(&["code", "card_id", "status"]);
/// An account.
const ACCOUNT: Answer = AtLeast(&["name", "kind", "appid", "secret"]);
/// A customer.
const USER: Answer = AtLeast(&["name", "unionid", "openids", "sex"]);
/// How the clock stands.
const CLOCK: Answer = Members(&["now", "frozen"]);
/// A fault in force.
const FAULT: Answer = AtLeast(&["id", "seen", "done"]);
/// A page of a list.
const CARDS: Answer = Members(&["cards", "next?"]);

/// All calls.
fn paths() -> Vec<Path> {
    let lists = [paths_of_the_world(), paths_of_users(), paths_of_cards()];
    lists.into_iter().flatten().collect()
}

/// A line each method, as below.
#[rustfmt::skip]
fn paths_of_the_world() -> Vec<Path> {
    vec![
        Path::new("/")
            .get(index::show, "lists all calls of this API", Members(&["name", "version", "calls"])),
        Path::new("/health")
            .get(health, "whether the mock answers", DONE),
        Path::new("/stream")
            .get(stream::listen, "what happens, as it happens, as server-sent events", Answer::Events),
        Path::new("/world")
            .get(world::show, "the whole world as one JSON", AtLeast(&["version", "seed", "clock", "switches", "accounts", "users"]))
            .put(world::put, "another world in its place", DONE),
        Path::new("/worlds")
            .get(world::list, "worlds that are in the program", Members(&["worlds"])),
        Path::new("/reset")
            .post(world::reset, "back to the world it began with, or to one that is in the program", DONE),
        Path::new("/clock")
            .get(clock::show, "the mock's time", CLOCK)
            .post(clock::change, "sets the time, moves it ahead, stops it or lets it run", CLOCK),
        Path::new("/accounts")
            .get(accounts::list, "Official Accounts and mini-programs", Members(&["accounts"]))
            .create(accounts::add, "adds an account", ACCOUNT),
        Path::new("/accounts/{appid}")
            .get(accounts::one, "one account", ACCOUNT)
            .patch(accounts::change, "changes an account", ACCOUNT),
        Path::new("/accounts/{appid}/credentials")
            .get(credentials::show, "living tokens and tickets, and today's quotas", Members(&["access_tokens", "tickets", "quotas"])),
        Path::new("/accounts/{appid}/verify-callback")
            .post(events::verify_callback, "WeChat's check of the callback's URL", Members(&["ok", "reason?"])),
        Path::new("/accounts/{appid}/sub-merchants/{id}/review")
            .post(merchants::review, "the reviewer of sub-merchants", AtLeast(&["merchant_id", "status"])),
    ]
}

#[rustfmt::skip]
fn paths_of_users() -> Vec<Path> {
    vec![
        Path::new("/users")
            .get(users::list, "customers", Members(&["users"]))
            .create(users::add, "adds a customer", USER),
        Path::new("/users/{name}")
            .get(users::one, "one customer", USER)
            .patch(users::change, "changes a customer", USER),
        Path::new("/users/{name}/login")
            .post(users::login, "what wx.login does", Members(&["code"])),
        Path::new("/users/{name}/add-card")
            .post(users::add_card, "what wx.addCard does", CLAIM),
        Path::new("/users/{name}/choose-card")
            .post(choice::choose_card, "what wx.chooseCard does", CLAIM),
        Path::new("/users/{name}/open-card")
            .post(choice::open_card, "what wx.openCard does", CLAIM),
        Path::new("/users/{name}/messages")
            .get(messages::list, "messages with a card that accounts sent", Members(&["messages"])),
        Path::new("/users/{name}/messages/{id}/add-card")
            .post(messages::add_card, "claims the card of a message", CLAIM),
        Path::new("/users/{name}/wallet")
            .get(users::wallet, "what the customer holds", CARDS),
        Path::new("/users/{name}/gifts")
            .get(phone::gifts, "what friends offer the customer", Members(&["gifts", "next?"])),
        Path::new("/users/{name}/scan")
            .post(phone::scan, "scans a QR code", CLAIM),
        Path::new("/users/{name}/cards/{code}/gift")
            .post(phone::gift, "offers a code to a friend", CODE),
        Path::new("/users/{name}/cards/{code}/accept")
            .post(phone::accept, "takes what a friend offers", CODE),
        Path::new("/users/{name}/cards/{code}/delete")
            .post(phone::delete, "throws a code away", CODE),
        Path::new("/users/{name}/cards/{code}/view")
            .post(phone::view, "opens a code", CODE),
        Path::new("/users/{name}/cards/{code}/consume")
            .post(phone::consume, "redeems a code by its self-service cell", CODE),
        Path::new("/users/{name}/cards/{code}/activate")
            .post(members::activate, "sends the form of a member card off", AtLeast(&["active"])),
    ]
}

/// Cards, and what becomes of calls.
#[rustfmt::skip]
fn paths_of_cards() -> Vec<Path> {
    vec![
        Path::new("/cards")
            .get(cards::list, "a page of the cards of one account, or of all", CARDS),
        Path::new("/cards/{card_id}")
            .get(cards::one, "one card, and what card/get shows of it", AtLeast(&["card_id", "status", "card"])),
        Path::new("/cards/{card_id}/codes")
            .get(cards::list_codes, "a page of the codes that were handed out of a card", Members(&["codes", "next?"])),
        Path::new("/cards/{card_id}/review")
            .post(cards::review, "the reviewer of cards", Members(&["card_id", "status"])),
        Path::new("/requests")
            .get(journal::list, "the calls on WeChat's paths, newest last", Members(&["requests", "more", "before?"]))
            .delete(journal::clear, "forgets the calls", DONE),
        Path::new("/requests/{id}")
            .get(journal::one, "one call, and why it was refused", AtLeast(&["id", "request", "reply", "explain"])),
        Path::new("/claims")
            .get(journal::claims, "what happened on the phones, newest last", Members(&["claims", "more", "before?"])),
        Path::new("/explain/{id}")
            .get(journal::explain, "why a call or claim was refused", AtLeast(&["id", "outcome"])),
        Path::new("/sign")
            .post(sign::check, "what a signature should be, and what is wrong with the one at hand", Members(&["values", "joined", "expected", "received", "ok", "rule?", "statement?", "mistake?", "fix?"])),
        Path::new("/calls")
            .get(calls::list, "the calls of WeChat's that the mock answers", Members(&["calls"])),
        Path::new("/faults")
            .get(faults::list, "what goes wrong on demand, and how often it did", Members(&["faults"]))
            .create(faults::add, "lets something go wrong", FAULT)
            .delete(faults::clear, "ends all faults", DONE),
        Path::new("/faults/{id}")
            .delete(faults::remove, "ends one fault", DONE),
        Path::new("/events")
            .get(events::list, "what happened, and what became of telling it, newest last", Members(&["events", "more", "before?"]))
            .delete(events::clear, "forgets the events that are not pending", DONE),
        Path::new("/events/trigger")
            .create(events::trigger, "lets an event happen", Members(&["id"])),
        Path::new("/events/{id}/resend")
            .post(events::resend, "sends an event once more", AtLeast(&["id", "state", "tries"])),
        Path::new("/switches")
            .get(switches::list, "where WeChat is lax or unknown", Members(&["switches"]))
            .patch(switches::change, "turns switches", Members(&["switches"])),
    ]
}

/// A path as the mock's address has it.
fn whole_path(path: &str) -> String {
    let path = if path == "/" { "" } else { path };
    format!("/_mock/v1{path}")
}

pub(crate) fn router(mock: Mock, access: Access) -> Router<Mock> {
    let paths = paths().into_iter();
    paths
        .fold(Router::new(), |router, path| {
            router.route(path.path, path.route)
        })
        // A route and no fallback: who asks for a path that is none shows the token all the same.
        .route("/{*rest}", any(not_found))
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
