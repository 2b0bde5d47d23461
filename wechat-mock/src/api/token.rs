//! `/cgi-bin/token` and `/cgi-bin/stable_token`: tokens, and who may have one.

use std::net::IpAddr;

use axum::http::Method;
use serde_json::json;

use super::{
    Context,
    credentials::{Credentials, let_in},
    quota,
    reply::Reply,
};
use crate::{
    refusal::{Advice, Refusal},
    switches::Switch,
    world::{AccountNo, restrictions::Door, token::Issued},
};

/// Seconds within which nobody needs a new token.
const FRESH: i64 = 300;

/// Tokens are given to the addresses that the account lists, if it lists any.
fn check_address(context: &Context<'_>, number: AccountNo) -> Result<(), Refusal> {
    let listed = &context.world.account(number).profile.ip_whitelist;
    let came = context.call.peer;
    if listed.is_empty() || listed.contains(&came) || crate::breaks::broken("ip-whitelist-ignored")
    {
        return Ok(());
    }
    let listed: Vec<String> = listed.iter().map(IpAddr::to_string).collect();
    let (ip, ipv6) = match came {
        IpAddr::V4(ip) => (ip.to_string(), format!("::ffff:{ip}")),
        IpAddr::V6(ip) => (ip.to_string(), ip.to_string()),
    };
    Err(Refusal::new("WX-TOK-013")
        .expected(format!("a call from {}", listed.join(", ")))
        .received(format!("a call from {ip}"))
        .wording(format!("invalid ip {ip} ipv6 {ipv6}, not in whitelist")))
}

/// GET (or POST) `/cgi-bin/token`: a new token at every call.
pub(super) fn token(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let query = &context.call.query;
    let account = Credentials {
        appid: query.get("appid"),
        secret: query.get("secret"),
        grant_type: query.get("grant_type"),
        expected_grant: Some("client_credential"),
    }
    .account(context)?;
    let_in(context, account, Door::Token)?;
    check_address(context, account)?;
    quota::count(context, account)?;

    let now = context.world.now();
    if context.call.method == Method::POST {
        context.advice.push(Advice::new("WX-ADV-011", "POST"));
    }
    let age = context.world.account(account).tokens.age(now);
    if let Some(age) = age.filter(|age| *age < FRESH) {
        let at = format!("the former token was {age} s old");
        context.advice.push(Advice::new("WX-ADV-012", at));
    }
    let has_grace = context.world.switches.is(Switch::TokenGrace, "on");
    let owner = context.world.account_mut(account);
    let grace = if has_grace && !crate::breaks::broken("no-grace-of-the-old-token") {
        i64::from(owner.profile.token_grace)
    } else {
        0
    };
    let issued = owner
        .tokens
        .replace(now, grace, &mut owner.ids)
        .map_err(|_| {
            Refusal::new("WX-QTA-001")
                .expected("at most 2,500 tokens of an account that are alive at the same time")
                .received("one more, while token_grace keeps the replaced ones alive")
        })?;
    Ok(reply(context, account, &issued))
}

/// POST `/cgi-bin/stable_token`: the same token until near its end.
pub(super) fn stable_token(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let given = context.call.given()?;
    let force = given.flag("force_refresh").unwrap_or(false);
    let account = Credentials {
        appid: given.text("appid"),
        secret: given.text("secret"),
        grant_type: given.text("grant_type"),
        expected_grant: Some("client_credential"),
    }
    .account(context)?;
    let_in(context, account, Door::Token)?;
    check_address(context, account)?;
    quota::count(context, account)?;

    quota::count_minute(context, account, "/cgi-bin/stable_token", 10_000)?;
    let now = context.world.now();
    let owner = context.world.account_mut(account);
    let issued = if force && !crate::breaks::broken("forced-refresh-ignored") {
        owner.tokens.force(now, &mut owner.ids).map_err(|_| {
            Refusal::new("WX-TOK-012")
                .expected("at most 20 forced refreshes a day")
                .received("one more")
        })?
    } else {
        owner.tokens.keep(now, &mut owner.ids)
    };
    Ok(reply(context, account, &issued))
}

fn reply(context: &mut Context<'_>, account: AccountNo, issued: &Issued) -> Reply {
    context.world.index_token(account, issued);
    Reply::Json(
        json!({"access_token": issued.value, "expires_in": issued.expires_in - i64::from(crate::breaks::broken("expires-in-of-token-wrong"))}),
    )
}
