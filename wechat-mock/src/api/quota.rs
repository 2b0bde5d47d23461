//! Quotas: what is left of a day, starting anew, and where WeChat's calls come from.

use serde_json::json;

use super::{
    Context, Endpoint,
    credentials::{Credentials, let_in},
    endpoint,
    guard::Guard,
    reply::Reply,
};
use crate::{
    refusal::Refusal,
    world::{
        AccountNo,
        quota::{NoClearingLeft, limit},
        restrictions::Door,
    },
};

/// Counts one call of an account on the path of this call.
pub(super) fn count(context: &mut Context<'_>, number: AccountNo) -> Result<(), Refusal> {
    let now = context.world.now();
    let path = context.call.path.as_str();
    let account = context.world.account_mut(number);
    let limit = limit(&account.profile.quotas, path);
    if account.usage.count(path, limit, now) {
        return Ok(());
    }
    Err(Refusal::new("WX-QTA-001")
        .expected(format!("at most {limit} calls of {path} a day"))
        .received(format!("one more from {}", account.profile.name)))
}

/// Counts one call within the minute; `what` is the path, or the path and whom it is about.
pub(super) fn count_minute(
    context: &mut Context<'_>,
    number: AccountNo,
    what: &str,
    limit: u64,
) -> Result<(), Refusal> {
    let now = context.world.now();
    let account = context.world.account_mut(number);
    if account.usage.count_minute(what, limit, now) {
        return Ok(());
    }
    Err(Refusal::new("WX-QTA-008")
        .expected(format!("at most {limit} calls of {what} a minute"))
        .received("one more"))
}

/// POST `/cgi-bin/clear_quota`: all paths of the caller start anew.
pub(super) fn clear(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let appid = context.call.fields()?.required_text("appid");
    let number = context.own_number();
    let own = &context.world.account(number).profile.appid;
    if appid != own && !crate::breaks::broken("appid-of-clear-quota-ignored") {
        return Err(Refusal::new("WX-QTA-005")
            .expected(own.as_str())
            .received(super::call::shortened(appid)));
    }
    start_anew(context, number, None)
}

/// POST `/cgi-bin/clear_quota/v2`: the same with the secret in place of a token.
///
/// Both stand in the query, as every edition of its page has it; JSON in the body goes as well.
pub(super) fn clear_by_secret(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let call = context.call;
    let (appid, secret) = (call.query.get("appid"), call.query.get("appsecret"));
    let (appid, secret) = if appid.is_some() || secret.is_some() {
        (appid, secret)
    } else {
        let given = call.given()?;
        (given.text("appid"), given.text("appsecret"))
    };
    let number = Credentials {
        appid,
        secret,
        grant_type: None,
        expected_grant: None,
    }
    .account(context)?;
    let_in(context, number, Door::Any)?;
    start_anew(context, number, None)
}

/// POST `/cgi-bin/openapi/quota/clear`: one path of the caller starts anew.
pub(super) fn clear_path(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let path = path_of(context)?.path;
    let number = context.own_number();
    start_anew(context, number, Some(path))
}

fn start_anew(
    context: &mut Context<'_>,
    number: AccountNo,
    path: Option<&str>,
) -> Result<Reply, Refusal> {
    let now = context.world.now();
    let account = context.world.account_mut(number);
    account
        .usage
        .clear(path, now)
        .map_err(|NoClearingLeft(most)| {
            Refusal::new("WX-QTA-002")
                .expected(format!("at most {most} clearings a month by this call"))
                .received(format!("one more from {}", account.profile.name))
        })?;
    Ok(Reply::card(json!({})))
}

/// POST `/cgi-bin/openapi/quota/get`: what is left of the day on one path.
pub(super) fn get(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let path = path_of(context)?.path;
    let now = context.world.now();
    let account = context.own_account();
    let daily_limit = limit(&account.profile.quotas, path);
    let used = account.usage.used(path, now);
    Ok(Reply::card(json!({"quota": {
        "daily_limit": daily_limit,
        "used": used,
        "remain": daily_limit.saturating_sub(used),
    }})))
}

/// The endpoint that `cgi_path` names.
fn path_of(context: &Context<'_>) -> Result<&'static Endpoint, Refusal> {
    let path = context.call.fields()?.required_text("cgi_path");
    let named = endpoint(path).ok_or_else(|| {
        Refusal::new("WX-QTA-003")
            .expected("a path of WeChat's without host and query, such as /card/create")
            .received(super::call::shortened(path))
    })?;
    if named.path.starts_with("/sns/") {
        return Err(Refusal::new("WX-QTA-004")
            .expected("a path that is called with a token")
            .received(named.path));
    }
    let account = context.world.account(context.own_number());
    if named.guard != Guard::Open && named.guard.check(account).is_err() {
        return Err(Refusal::new("WX-QTA-004")
            .expected("a path that the account may call")
            .received(format!("{path}, which {} may not", account.profile.name)));
    }
    Ok(named)
}

/// GET `/cgi-bin/getcallbackip` and `/cgi-bin/get_api_domain_ip`: the mock is on this machine.
#[expect(
    clippy::unnecessary_wraps,
    reason = "endpoints have one shape, and this one refuses nobody"
)]
pub(super) fn addresses(_: &mut Context<'_>) -> Result<Reply, Refusal> {
    Ok(Reply::Json(json!({"ip_list": ["127.0.0.1"]})))
}
