//! WeChat's own paths: one table of endpoints, one way through it.
//!
//! Every call goes the same way, in WeChat's order of checks: token, right, method, body, fields,
//! values. The world is locked once, so that each call is atomic; an endpoint is a plain function.

use std::{
    net::IpAddr,
    time::{Duration, SystemTime},
};

use axum::{
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, Version, header, request::Parts},
    response::Response,
};

mod advise;
mod befall;
pub(crate) mod body;
pub(crate) mod call;
mod card;
mod code;
mod content;
mod credentials;
mod gateway;
mod gift_rule;
mod guard;
mod login;
mod media;
mod member;
mod merchant;
mod message;
mod quota;
pub(crate) mod reply;
mod rid;
pub(crate) mod schema;
mod stats;
mod suits;
mod ticket;
mod token;

use body::{error_before, read_whole};
use call::{Call, Content, Query};
pub(crate) use card::{card_as_wechat_shows_it, date_info};
use content::{draft_of, read_content};
use guard::Guard;
use reply::{Family, Reply, Style, Wire};

use crate::{
    faults::FaultKind,
    journal::{Answered, Outcome, SharedJournal},
    marks::{Peer, PlainHttp},
    mock::Mock,
    refusal::{Advice, Refusal},
    world::{AccountNo, World, account::Account},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Get,
    Post,
    Either,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Nothing,
    Json,
    /// JSON that describes a new card.
    Card,
    Upload,
}

type Run = fn(&mut Context<'_>) -> Result<Reply, Refusal>;

struct Endpoint {
    verb: Verb,
    path: &'static str,
    guard: Guard,
    takes: Takes,
    run: Run,
}

/// One line an endpoint.
#[rustfmt::skip]
const ENDPOINTS: &[Endpoint] = &[
    Endpoint { verb: Verb::Either, path: "/cgi-bin/token", guard: Guard::Open, takes: Takes::Nothing, run: token::token },
    Endpoint { verb: Verb::Post, path: "/cgi-bin/stable_token", guard: Guard::Open, takes: Takes::Json, run: token::stable_token },
    Endpoint { verb: Verb::Get, path: "/sns/jscode2session", guard: Guard::Open, takes: Takes::Nothing, run: login::code_to_session },
    Endpoint { verb: Verb::Get, path: "/cgi-bin/ticket/getticket", guard: Guard::OfficialAccount, takes: Takes::Nothing, run: ticket::get_ticket },
    Endpoint { verb: Verb::Post, path: "/cgi-bin/media/uploadimg", guard: Guard::OfficialAccount, takes: Takes::Upload, run: media::upload_image },
    Endpoint { verb: Verb::Post, path: "/cgi-bin/media/upload", guard: Guard::Token, takes: Takes::Upload, run: media::upload_media },
    Endpoint { verb: Verb::Get, path: "/cgi-bin/media/get", guard: Guard::Token, takes: Takes::Nothing, run: media::get_media },
    Endpoint { verb: Verb::Post, path: "/cgi-bin/clear_quota", guard: Guard::Token, takes: Takes::Json, run: quota::clear },
    Endpoint { verb: Verb::Post, path: "/cgi-bin/clear_quota/v2", guard: Guard::Open, takes: Takes::Json, run: quota::clear_by_secret },
    Endpoint { verb: Verb::Post, path: "/cgi-bin/openapi/quota/get", guard: Guard::Token, takes: Takes::Json, run: quota::get },
    Endpoint { verb: Verb::Post, path: "/cgi-bin/openapi/quota/clear", guard: Guard::Token, takes: Takes::Json, run: quota::clear_path },
    Endpoint { verb: Verb::Post, path: "/cgi-bin/openapi/rid/get", guard: Guard::Token, takes: Takes::Json, run: rid::get },
    Endpoint { verb: Verb::Post, path: "/cgi-bin/message/custom/send", guard: Guard::OfficialAccount, takes: Takes::Json, run: message::send_one },
    Endpoint { verb: Verb::Post, path: "/cgi-bin/message/mass/send", guard: Guard::OfficialAccount, takes: Takes::Json, run: message::send_many },
    Endpoint { verb: Verb::Post, path: "/cgi-bin/message/mass/sendall", guard: Guard::OfficialAccount, takes: Takes::Json, run: message::send_all },
    Endpoint { verb: Verb::Post, path: "/cgi-bin/message/mass/preview", guard: Guard::OfficialAccount, takes: Takes::Json, run: message::preview },
    Endpoint { verb: Verb::Get, path: "/cgi-bin/getcallbackip", guard: Guard::Token, takes: Takes::Nothing, run: quota::addresses },
    Endpoint { verb: Verb::Get, path: "/cgi-bin/get_api_domain_ip", guard: Guard::Token, takes: Takes::Nothing, run: quota::addresses },
    Endpoint { verb: Verb::Either, path: "/card/getcolors", guard: Guard::CardRight, takes: Takes::Nothing, run: card::colors },
    Endpoint { verb: Verb::Post, path: "/card/create", guard: Guard::CardRight, takes: Takes::Card, run: card::create },
    Endpoint { verb: Verb::Post, path: "/card/get", guard: Guard::CardRight, takes: Takes::Json, run: card::get },
    Endpoint { verb: Verb::Post, path: "/card/batchget", guard: Guard::CardRight, takes: Takes::Json, run: card::list },
    Endpoint { verb: Verb::Post, path: "/card/update", guard: Guard::CardRight, takes: Takes::Json, run: card::update },
    Endpoint { verb: Verb::Post, path: "/card/modifystock", guard: Guard::CardRight, takes: Takes::Json, run: card::modify_stock },
    Endpoint { verb: Verb::Post, path: "/card/delete", guard: Guard::CardRight, takes: Takes::Json, run: card::delete },
    Endpoint { verb: Verb::Post, path: "/card/paycell/set", guard: Guard::CardRight, takes: Takes::Json, run: card::set_pay_cell },
    Endpoint { verb: Verb::Post, path: "/card/selfconsumecell/set", guard: Guard::CardRight, takes: Takes::Json, run: card::set_self_consume_cell },
    Endpoint { verb: Verb::Post, path: "/card/testwhitelist/set", guard: Guard::CardRight, takes: Takes::Json, run: card::set_testers },
    Endpoint { verb: Verb::Post, path: "/card/qrcode/create", guard: Guard::CardRight, takes: Takes::Json, run: card::qr::create },
    Endpoint { verb: Verb::Post, path: "/card/landingpage/create", guard: Guard::CardRight, takes: Takes::Json, run: card::create_page },
    Endpoint { verb: Verb::Post, path: "/card/mpnews/gethtml", guard: Guard::CardRight, takes: Takes::Json, run: card::html },
    Endpoint { verb: Verb::Get, path: "/cgi-bin/showqrcode", guard: Guard::Open, takes: Takes::Nothing, run: card::qr::show },
    Endpoint { verb: Verb::Post, path: "/card/code/decrypt", guard: Guard::CardRight, takes: Takes::Json, run: code::decrypt },
    Endpoint { verb: Verb::Post, path: "/card/code/get", guard: Guard::CardRight, takes: Takes::Json, run: code::get },
    Endpoint { verb: Verb::Post, path: "/card/code/consume", guard: Guard::CardRight, takes: Takes::Json, run: code::consume },
    Endpoint { verb: Verb::Post, path: "/card/code/update", guard: Guard::CardRight, takes: Takes::Json, run: code::update },
    Endpoint { verb: Verb::Post, path: "/card/code/unavailable", guard: Guard::CardRight, takes: Takes::Json, run: code::make_void },
    Endpoint { verb: Verb::Post, path: "/card/code/mark", guard: Guard::CardRight, takes: Takes::Json, run: code::mark },
    Endpoint { verb: Verb::Post, path: "/card/code/deposit", guard: Guard::CardRight, takes: Takes::Json, run: code::deposit },
    Endpoint { verb: Verb::Post, path: "/card/code/getdepositcount", guard: Guard::CardRight, takes: Takes::Json, run: code::count },
    Endpoint { verb: Verb::Post, path: "/card/code/checkcode", guard: Guard::CardRight, takes: Takes::Json, run: code::check },
    Endpoint { verb: Verb::Post, path: "/card/user/getcardlist", guard: Guard::CardRight, takes: Takes::Json, run: card::held },
    Endpoint { verb: Verb::Post, path: "/card/meetingticket/updateuser", guard: Guard::CardRight, takes: Takes::Json, run: code::meeting },
    Endpoint { verb: Verb::Post, path: "/card/movieticket/updateuser", guard: Guard::CardRight, takes: Takes::Json, run: code::movie },
    Endpoint { verb: Verb::Post, path: "/card/boardingpass/checkin", guard: Guard::CardRight, takes: Takes::Json, run: code::check_in },
    Endpoint { verb: Verb::Post, path: "/card/membercard/activate", guard: Guard::CardRight, takes: Takes::Json, run: member::activate },
    Endpoint { verb: Verb::Post, path: "/card/membercard/unactivate", guard: Guard::CardRight, takes: Takes::Json, run: member::deactivate },
    Endpoint { verb: Verb::Post, path: "/card/membercard/activate/geturl", guard: Guard::CardRight, takes: Takes::Json, run: member::url },
    Endpoint { verb: Verb::Post, path: "/card/membercard/activateuserform/set", guard: Guard::CardRight, takes: Takes::Json, run: member::set_form },
    Endpoint { verb: Verb::Post, path: "/card/membercard/activatetempinfo/get", guard: Guard::CardRight, takes: Takes::Json, run: member::filled_in },
    Endpoint { verb: Verb::Post, path: "/card/membercard/userinfo/get", guard: Guard::CardRight, takes: Takes::Json, run: member::info },
    Endpoint { verb: Verb::Post, path: "/card/membercard/updateuser", guard: Guard::CardRight, takes: Takes::Json, run: member::change_member },
    Endpoint { verb: Verb::Post, path: "/card/generalcard/activate", guard: Guard::CardRight, takes: Takes::Json, run: member::activate_general },
    Endpoint { verb: Verb::Post, path: "/card/generalcard/unactivate", guard: Guard::CardRight, takes: Takes::Json, run: member::deactivate },
    Endpoint { verb: Verb::Post, path: "/card/generalcard/updateuser", guard: Guard::CardRight, takes: Takes::Json, run: member::change_general },
    Endpoint { verb: Verb::Post, path: "/card/paygiftcard/add", guard: Guard::CardRight, takes: Takes::Json, run: gift_rule::add },
    Endpoint { verb: Verb::Post, path: "/card/paygiftcard/delete", guard: Guard::CardRight, takes: Takes::Json, run: gift_rule::delete },
    Endpoint { verb: Verb::Post, path: "/card/paygiftcard/getbyid", guard: Guard::CardRight, takes: Takes::Json, run: gift_rule::get },
    Endpoint { verb: Verb::Post, path: "/card/paygiftcard/batchget", guard: Guard::CardRight, takes: Takes::Json, run: gift_rule::list },
    Endpoint { verb: Verb::Post, path: "/card/paygiftmembercard/add", guard: Guard::CardRight, takes: Takes::Json, run: gift_rule::older::add },
    Endpoint { verb: Verb::Post, path: "/card/paygiftmembercard/delete", guard: Guard::CardRight, takes: Takes::Json, run: gift_rule::older::delete },
    Endpoint { verb: Verb::Post, path: "/card/paygiftmembercard/get", guard: Guard::CardRight, takes: Takes::Json, run: gift_rule::older::get },
    Endpoint { verb: Verb::Get, path: "/card/getapplyprotocol", guard: Guard::CardRight, takes: Takes::Nothing, run: merchant::categories },
    Endpoint { verb: Verb::Post, path: "/card/submerchant/submit", guard: Guard::CardRight, takes: Takes::Json, run: merchant::submit },
    Endpoint { verb: Verb::Post, path: "/card/submerchant/update", guard: Guard::CardRight, takes: Takes::Json, run: merchant::update },
    Endpoint { verb: Verb::Post, path: "/card/submerchant/get", guard: Guard::CardRight, takes: Takes::Json, run: merchant::get },
    Endpoint { verb: Verb::Post, path: "/card/submerchant/batchget", guard: Guard::CardRight, takes: Takes::Json, run: merchant::list },
    Endpoint { verb: Verb::Post, path: "/datacube/getcardbizuininfo", guard: Guard::CardRight, takes: Takes::Json, run: stats::account },
    Endpoint { verb: Verb::Post, path: "/datacube/getcardcardinfo", guard: Guard::CardRight, takes: Takes::Json, run: stats::coupons },
    Endpoint { verb: Verb::Post, path: "/datacube/getcardmembercardinfo", guard: Guard::CardRight, takes: Takes::Json, run: stats::member_cards },
    Endpoint { verb: Verb::Post, path: "/datacube/getcardmembercarddetail", guard: Guard::CardRight, takes: Takes::Json, run: stats::member_card },
];

/// Method and path of the calls of WeChat's that this mock answers, in the order of the flow; of a call
/// that takes GET and POST the one that its page has.
pub(crate) fn calls() -> impl Iterator<Item = (&'static str, &'static str)> {
    ENDPOINTS.iter().map(|endpoint| {
        let method = match endpoint.verb {
            Verb::Get | Verb::Either => "GET",
            Verb::Post => "POST",
        };
        (method, endpoint.path)
    })
}

/// The paths of WeChat that this mock answers, in the order of the flow.
///
/// # Examples
///
/// ```
/// assert!(wechat_mock::paths().any(|path| path == "/card/code/consume"));
/// ```
pub fn paths() -> impl Iterator<Item = &'static str> {
    ENDPOINTS.iter().map(|endpoint| endpoint.path)
}

fn endpoint(path: &str) -> Option<&'static Endpoint> {
    ENDPOINTS.iter().find(|endpoint| endpoint.path == path)
}

fn family(path: &str) -> Family {
    if path.starts_with("/card/") {
        Family::Card
    } else if path.starts_with("/sns/") {
        Family::Login
    } else if path.starts_with("/cgi-bin/media/") {
        Family::Media
    } else {
        Family::Gateway
    }
}

/// What an endpoint works on.
pub(crate) struct Context<'a> {
    pub(crate) world: &'a mut World,
    /// The calls before this one; locked after the world, never before.
    pub(crate) journal: &'a SharedJournal,
    pub(crate) call: &'a Call,
    /// Whose call it is; known after the guard, or once a call that gives out tokens knows it.
    pub(crate) account: Option<AccountNo>,
    pub(crate) advice: Vec<Advice>,
}

impl Context<'_> {
    /// The account whose token came; endpoints behind a guard always have one.
    fn own_number(&self) -> AccountNo {
        self.account.expect("the guard set the account")
    }

    fn own_account(&mut self) -> &mut Account {
        let number = self.own_number();
        self.world.account_mut(number)
    }
}

/// Answers one call on a path of WeChat's.
pub(crate) async fn answer(State(mock): State<Mock>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let endpoint = endpoint(parts.uri.path());
    let content_type = parts
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let stays_open = stays_open(&parts);
    let is_chunked = is_chunked(&parts);
    let body = read_whole(body).await;
    // A copy: bodies are read while the world goes on.
    let (switches, moved_to) = {
        let world = mock.world.lock();
        (world.switches, world.clock.moved_to())
    };
    let content = match endpoint {
        Some(endpoint) => read_content(endpoint, &content_type, body.as_ref(), switches).await,
        None => Content::Ignored,
    };
    let call = Call {
        is_plain_http: parts.extensions.get::<PlainHttp>().is_some(),
        // Calls come from connections; what comes from elsewhere comes from this machine.
        peer: parts
            .extensions
            .get::<Peer>()
            .map_or(IpAddr::from([127, 0, 0, 1]), |peer| peer.0.to_canonical()),
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: Query::parse(parts.uri.query()),
        content_type,
        body: body.unwrap_or_default(),
        draft: draft_of(endpoint, &content, switches),
        content,
    };
    let mut response = if is_chunked && !crate::breaks::broken("chunks-taken") {
        refuse_chunks(&mock, call).into_response()
    } else {
        match befall::fault_of(&mock, &call) {
            None => run(&mock, endpoint, call, None).into_response(),
            Some(fault) => befall::answer(&mock, endpoint, call, fault).await,
        }
    };
    if stays_open && !crate::breaks::broken("connection-header-missing") {
        // WeChat says what HTTP/1.1 means anyway.
        let stays_open = HeaderValue::from_static("keep-alive");
        let headers = response.headers_mut();
        headers.entry(header::CONNECTION).or_insert(stays_open);
    }
    // Else the server writes this machine's.
    if let Some(date) = moved_to.and_then(date) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

/// A time of the mock's clock as a `Date`.
fn date(seconds: i64) -> Option<HeaderValue> {
    let since_1970 = Duration::from_secs(u64::try_from(seconds).ok()?);
    let text = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + since_1970);
    HeaderValue::try_from(text).ok()
}

/// Whether the caller lets the connection stay open.
fn stays_open(parts: &Parts) -> bool {
    let asked = parts.headers.get(header::CONNECTION);
    let asks_to_close = asked.is_some_and(|value| {
        let value = value.to_str().unwrap_or_default();
        value
            .split(',')
            .any(|part| part.trim().eq_ignore_ascii_case("close"))
    });
    parts.version == Version::HTTP_11 && !asks_to_close
}

/// Whether a body comes in chunks, without a length ahead.
fn is_chunked(parts: &Parts) -> bool {
    parts.method != Method::GET
        && parts.headers.contains_key(header::TRANSFER_ENCODING)
        && !parts.headers.contains_key(header::CONTENT_LENGTH)
}

/// What stands in front of all calls reads no chunks: status 412, and the call is never reached.
fn refuse_chunks(mock: &Mock, call: Call) -> Wire {
    let refusal = Refusal::numbered("WX-WIRE-021", 0)
        .wording("Precondition Failed")
        .expected("a body with Content-Length")
        .received("Transfer-Encoding: chunked");
    let wire = Wire::of_status(StatusCode::PRECONDITION_FAILED);
    let world = mock.world.lock();
    let now = world.now();
    let journal = mock.journal.lock();
    drop(world);
    let answered = Answered {
        call,
        now,
        appid: None,
        wire: wire.clone(),
        advice: Vec::new(),
        outcome: Outcome::Refused(refusal),
        fault: None,
    };
    mock.write_down(journal, answered);
    wire
}

/// Runs one call on the locked world, then writes it into the journal.
fn run(mock: &Mock, endpoint: Option<&Endpoint>, mut call: Call, fault: Option<FaultKind>) -> Wire {
    let family = family(&call.path);
    let mut world = mock.world.lock();
    let now = world.now();
    let switches = world.switches;
    let mut context = Context {
        world: &mut world,
        journal: &mock.journal,
        call: &call,
        account: None,
        advice: Vec::new(),
    };
    let (result, early) = match gateway::admit(&mut context, endpoint) {
        Ok(endpoint) => {
            if let Content::Json(Ok(body)) = &call.content {
                context.advice.extend_from_slice(&body.advice);
            }
            let result = (endpoint.run)(&mut context);
            if result.is_ok() {
                advise::on(&call, endpoint.guard, &mut context.advice);
            }
            (result.map_err(|refusal| quoting(refusal, &call)), false)
        }
        Err(refusal) => (Err(refusal), true),
    };
    let Context {
        account,
        mut advice,
        ..
    } = context;
    advice.truncate(if crate::breaks::broken("advice-missing") {
        0
    } else {
        advise::MOST
    });
    let appid = account.map(|number| world.account(number).profile.appid.clone());
    // Taken before the world is given back, so that rows stand in the order in which things happened.
    let journal = mock.journal.lock();
    drop(world);

    let style = Style {
        family,
        switches,
        now,
    };
    let (wire, outcome) = match result {
        Ok(reply) => (Wire::of_reply(reply, style), Outcome::Done),
        Err(refusal) => (
            Wire::of_refusal(&refusal, early, style),
            Outcome::Refused(refusal),
        ),
    };
    // The journal keeps the body as it came; what was read of it goes when all locks are given back.
    let _read = (
        std::mem::replace(&mut call.content, Content::Ignored),
        call.draft.take(),
    );
    #[cfg(feature = "breaks")]
    let wire = wire.broken_on(endpoint.map(|endpoint| endpoint.path));
    let answered = Answered {
        call,
        now,
        appid,
        wire: wire.clone(),
        advice,
        outcome,
        fault,
    };
    mock.write_down(journal, answered);
    wire
}

/// Quotes the body from the place of the fault on, as card calls were seen to; the gateway was not.
fn quoting(mut refusal: Refusal, call: &Call) -> Refusal {
    if family(&call.path) == Family::Card
        && let Some(at) = refusal.at
        && let Some(tail) = error_before(&call.body, at)
    {
        refusal.tail = tail.into();
    }
    refusal
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicU64, Ordering},
        thread,
    };

    use bytes::Bytes;
    use serde_json::json;

    use super::*;
    use crate::journal::Filter;

    #[test]
    fn rows_stand_in_the_order_in_which_things_happened() {
        static CALLS: AtomicU64 = AtomicU64::new(0);
        const NUMBERED: Endpoint = Endpoint {
            verb: Verb::Post,
            path: "/numbered",
            guard: Guard::Open,
            takes: Takes::Nothing,
            // Only whoever has the world counts on.
            run: |_| {
                Ok(Reply::Json(
                    json!({"n": CALLS.fetch_add(1, Ordering::Relaxed)}),
                ))
            },
        };
        let mock = Mock::new(World::starter(1), None);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..500 {
                        let call = Call::bare(NUMBERED.path, Bytes::new());
                        run(&mock, Some(&NUMBERED), call, None);
                    }
                });
            }
        });
        let rows = mock.journal.lock().show(&Filter::default());
        let numbers: Vec<_> = rows.iter().map(|row| row["reply"]["n"].as_u64()).collect();
        let expected: Vec<_> = (0..4000).map(Some).collect();
        assert_eq!(numbers, expected);
    }
}
