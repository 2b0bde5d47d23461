//! `/cgi-bin/token` and `/cgi-bin/stable_token`: tokens, and who may have one.

use axum::http::Method;
use serde_json::json;

use super::{Context, reply::Reply};
use crate::{
    refusal::{Advice, Refusal},
    switches::Switch,
    world::{AccountNo, token::Issued},
};

/// Seconds within which nobody needs a new token.
const FRESH: i64 = 300;

/// What identifies an account; the login call takes the same.
pub(super) struct Credentials<'a> {
    pub(super) appid: Option<&'a str>,
    pub(super) secret: Option<&'a str>,
    pub(super) grant_type: Option<&'a str>,
    /// The `grant_type` this call takes, if it takes one.
    pub(super) expected_grant: Option<&'static str>,
}

impl Credentials<'_> {
    /// The account, in WeChat's order of checks: the appid first, even before `grant_type`.
    pub(super) fn account(&self, context: &Context<'_>) -> Result<AccountNo, Refusal> {
        let appid = self.appid.ok_or_else(|| {
            Refusal::new("WX-TOK-007")
                .expected("appid")
                .received("no appid")
        })?;
        let account = context.world.account_no(appid).ok_or_else(|| {
            Refusal::new("WX-TOK-008")
                .expected("an appid of this world (GET /_mock/v1/accounts lists them)")
                .received(super::call::shortened(appid))
        })?;
        if let Some(expected) = self.expected_grant
            && self.grant_type != self.expected_grant
        {
            return Err(Refusal::new("WX-TOK-009")
                .expected(format!("grant_type={expected}"))
                .received(format!(
                    "grant_type={}",
                    super::call::shortened(self.grant_type.unwrap_or_default())
                )));
        }
        let secret = self.secret.ok_or_else(|| {
            Refusal::new("WX-TOK-010")
                .expected("secret")
                .received("no secret")
        })?;
        if secret != context.world.account(account).profile.secret {
            let owner = context
                .world
                .accounts()
                .iter()
                .find(|other| other.profile.secret == secret)
                .map_or_else(
                    || "a secret of no account".to_owned(),
                    |other| format!("the secret of {}", other.profile.name),
                );
            return Err(Refusal::new("WX-TOK-011")
                .expected(format!("the secret of {appid}"))
                .received(owner));
        }
        Ok(account)
    }
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
    context.account = Some(account);
    super::quota::count(context, account)?;

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
    let grace = if has_grace {
        i64::from(owner.profile.token_grace)
    } else {
        0
    };
    let issued = owner.tokens.replace(now, grace, &mut owner.ids);
    Ok(reply(context, account, &issued))
}

/// POST `/cgi-bin/stable_token`: the same token until near its end.
pub(super) fn stable_token(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let call = context.call;
    let force = call.flag("force_refresh")?.unwrap_or(false);
    let account = Credentials {
        appid: call.text("appid")?,
        secret: call.text("secret")?,
        grant_type: call.text("grant_type")?,
        expected_grant: Some("client_credential"),
    }
    .account(context)?;
    context.account = Some(account);
    super::quota::count(context, account)?;

    let now = context.world.now();
    let owner = context.world.account_mut(account);
    let issued = if force {
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
    Reply::Json(json!({"access_token": issued.value, "expires_in": issued.expires_in}))
}
