//! GET `/sns/jscode2session`: a login code for the identity of the user.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;

use super::{
    Context,
    credentials::{Credentials, let_in},
    reply::Reply,
};
use crate::{
    refusal::Refusal,
    switches::Switch,
    world::{login::LOGIN_LIFE, profile::AccountKind, restrictions::Door},
};

/// Logins of one user that WeChat lets through in a minute.
const LOGINS_A_MINUTE: u64 = 100;

pub(super) fn code_to_session(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let query = &context.call.query;
    let number = Credentials {
        appid: query.get("appid"),
        secret: query.get("secret"),
        grant_type: query.get("grant_type"),
        expected_grant: Some("authorization_code"),
    }
    .account(context)?;
    let_in(context, number, Door::Login)?;

    let account = context.world.account(number);
    if account.profile.kind != AccountKind::MiniProgram {
        // Its appid and secret are right, so that the code is what does not fit. Captured 2017.
        let switches = context.world.switches;
        let errcode = switches.errcode(Switch::LoginOfOfficialAccount);
        return Err(Refusal::numbered("WX-LOG-001", errcode.unwrap_or(40029))
            .expected("appid and secret of the mini-program that called wx.login")
            .received("those of an Official Account"));
    }
    let appid = account.profile.appid.clone();
    let js_code = query.get("js_code").ok_or_else(|| {
        Refusal::new("WX-LOG-004")
            .expected("js_code")
            .received("no js_code")
    })?;
    let user = use_code(context, js_code, &appid)?;

    let user_no = context.world.user_no(&user).ok_or_else(|| {
        Refusal::new("WX-LOG-001")
            .expected("a login code of a user of this world")
            .received("a login code of a user who is gone")
    })?;
    let of_user = format!("/sns/jscode2session of {user}");
    super::quota::count_minute(context, number, &of_user, LOGINS_A_MINUTE)?;
    if context.world.user(user_no).blocked && !crate::breaks::broken("blocked-user-let-in") {
        return Err(Refusal::new("WX-LOG-005")
            .expected("a user whom WeChat lets log in")
            .received(format!("{user}, who is blocked")));
    }
    let key: [u8; 16] = context.world.account_mut(number).ids.draw().bytes();
    let user = context.world.user(user_no);
    let mut session = json!({
        "session_key": STANDARD.encode(key),
        "openid": context.world.openid(user_no, number),
    });
    if context.world.account(number).profile.is_bound() && !crate::breaks::broken("unionid-missing")
    {
        session["unionid"] = json!(user.unionid);
    }
    let has_errcode = context.world.switches.is(Switch::SessionErrcode, "present");
    Ok(Reply::with_errcode(session, has_errcode))
}

/// Burns a login code and names its user.
fn use_code(context: &mut Context<'_>, js_code: &str, appid: &str) -> Result<String, Refusal> {
    let now = context.world.now();
    let expected = format!("a login code of {appid}, unused, at most {LOGIN_LIFE} s old");
    let login = context.world.login_code_mut(js_code).ok_or_else(|| {
        Refusal::new("WX-LOG-001")
            .expected(expected.as_str())
            .received("a code that wx.login never gave out")
    })?;
    if login.appid != appid && !crate::breaks::broken("login-code-of-another-app") {
        return Err(Refusal::new("WX-LOG-001")
            .expected(expected)
            .received(format!("a login code of {}", login.appid)));
    }
    if login.used && !crate::breaks::broken("login-code-twice") {
        return Err(Refusal::new("WX-LOG-003")
            .expected(expected)
            .received("a code that was used before"));
    }
    if now - login.issued_at >= LOGIN_LIFE && !crate::breaks::broken("login-code-for-ever") {
        return Err(Refusal::new("WX-LOG-002")
            .expected(expected)
            .received(format!("a code {} s old", now - login.issued_at)));
    }
    login.used = true;
    Ok(login.user.clone())
}
