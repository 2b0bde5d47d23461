//! Who asks: appid and secret, and whether the account is let in with them.

use super::{Context, call::shortened};
use crate::{
    refusal::Refusal,
    world::{AccountNo, restrictions::Door},
};

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
                .received(shortened(appid))
        })?;
        if let Some(expected) = self.expected_grant
            && self.grant_type != self.expected_grant
            && !crate::breaks::broken("grant-type-ignored")
        {
            return Err(Refusal::new("WX-TOK-009")
                .expected(format!("grant_type={expected}"))
                .received(format!(
                    "grant_type={}",
                    shortened(self.grant_type.unwrap_or_default())
                )));
        }
        let secret = self.secret.ok_or_else(|| {
            Refusal::new("WX-TOK-010")
                .expected("secret")
                .received("no secret")
        })?;
        if secret != context.world.account(account).profile.secret
            && !crate::breaks::broken("secret-ignored")
        {
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

/// Knows from here on whose call it is, and whether its standing closes the door.
pub(super) fn let_in(
    context: &mut Context<'_>,
    number: AccountNo,
    door: Door,
) -> Result<(), Refusal> {
    context.account = Some(number);
    let restrictions = &context.world.account(number).profile.restrictions;
    restrictions.open(Door::Any)?;
    restrictions.open(door)
}
