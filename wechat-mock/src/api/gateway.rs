//! The gateway: what is looked at before the endpoint's own back end is asked.

use axum::http::Method;

use super::{Context, Endpoint, Verb, call::shortened, guard::Guard, quota};
use crate::{
    refusal::Refusal,
    switches::Switch,
    world::{AccountNo, restrictions::Door, token::TokenState},
};

/// The numbers that the gateway answers by itself, whatever the back end behind it.
const OWN: [i64; 12] = [
    40001, 40014, 40066, 41001, 42001, 43001, 43002, 45009, 48001, 48004, 50002, 50007,
];

/// Whether the gateway answers a number before the endpoint's own back end is asked.
pub(super) fn answers(errcode: i64) -> bool {
    OWN.contains(&errcode)
}

/// What the gateway looks at before it lets a call through.
pub(super) fn admit<'e>(
    context: &mut Context<'_>,
    endpoint: Option<&'e Endpoint>,
) -> Result<&'e Endpoint, Refusal> {
    // Files may be fetched without TLS: the page of media/get has its videos on http.
    if context.call.is_plain_http
        && !crate::breaks::broken("plain-http-taken")
        && context.call.path != "/cgi-bin/media/get"
    {
        return Err(Refusal::new("WX-WIRE-020")
            .expected("https")
            .received("http, by way of a proxy"));
    }
    let Some(endpoint) = endpoint else {
        return Err(
            Refusal::new(if crate::breaks::broken("unknown-path-taken") {
                "WX-WIRE-003"
            } else {
                "WX-WIRE-001"
            })
            .expected("a path that this mock knows")
            .received(shortened(&context.call.path)),
        );
    };
    if endpoint.guard != Guard::Open {
        let account = caller(context)?;
        context.account = Some(account);
        endpoint.guard.check(context.world.account(account))?;
        let restrictions = &context.world.account(account).profile.restrictions;
        restrictions.open(Door::Any)?;
        // Whoever has used up a quota can still look at it, and start anew.
        if !endpoint.path.contains("quota") {
            quota::count(context, account)?;
        }
    }
    match (endpoint.verb, &context.call.method) {
        // No call of WeChat's has another method, so none is done by one.
        (Verb::Either, method) if method != Method::GET && method != Method::POST => {
            Err(Refusal::new("WX-WIRE-002")
                .expected("GET or POST")
                .received(method.as_str()))
        }
        (Verb::Get, method)
            if method != Method::GET && !crate::breaks::broken("get-with-post-taken") =>
        {
            Err(Refusal::new("WX-WIRE-002")
                .expected("GET")
                .received(method.as_str()))
        }
        (Verb::Post, method)
            if method != Method::POST && !crate::breaks::broken("post-with-get-taken") =>
        {
            Err(Refusal::new("WX-WIRE-003")
                .expected("POST")
                .received(method.as_str()))
        }
        _ => Ok(endpoint),
    }
}

/// The account whose token stands in the query.
fn caller(context: &Context<'_>) -> Result<AccountNo, Refusal> {
    let token = context.call.query.get("access_token").ok_or_else(|| {
        Refusal::new(
            if crate::breaks::broken("token-missing-taken-for-invalid") {
                "WX-TOK-003"
            } else {
                "WX-TOK-001"
            },
        )
        .expected("?access_token=…")
        .received("no access_token in the query string")
    })?;
    let now = context.world.now();
    let switches = context.world.switches;
    let (account, token) = context.world.token(token).ok_or_else(|| {
        let errcode = switches.errcode(Switch::MalformedToken);
        Refusal::numbered(
            "WX-TOK-002",
            errcode.filter(|_| !can_be_token(token)).unwrap_or(40001),
        )
        .expected("a token that this mock gave out")
        .received(format!("{} characters it never gave out", token.len()))
    })?;
    let name = &context.world.account(account).profile.name;
    let dead = switches.errcode(Switch::DeadToken).unwrap_or(42001);
    match token.state(now) {
        TokenState::Alive => Ok(account),
        TokenState::Expired if crate::breaks::broken("expired-token-taken") => Ok(account),
        TokenState::Superseded => Err(Refusal::new("WX-TOK-003")
            .expected(format!("the newest token of {name}"))
            .received("one that a newer token has replaced")),
        TokenState::Expired => Err(Refusal::numbered("WX-TOK-004", dead)
            .expected(format!("a token of {name} that is alive"))
            .received(format!("one that ended {} s ago", now - token.expires_at))),
    }
}

/// Whether a text has the shape of WeChat's tokens, old and new.
fn can_be_token(text: &str) -> bool {
    (64..=512).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}
