//! POST `/card/membercard/userinfo/get` and `/card/membercard/activatetempinfo/get`: what is known of a holder.

use serde_json::json;

use crate::{
    api::{Context, call::shortened, code::suited_code, reply::Reply},
    refusal::Refusal,
    switches::{Switch, Switches},
    world::Sex,
};

/// How `userinfo/get` prints the sex of the customer's profile.
fn sex(sex: Sex, switches: Switches) -> &'static str {
    match sex {
        Sex::Male => "MALE",
        Sex::Female if switches.is(Switch::SexSpelling, "FEMALE") => "FEMALE",
        // Sic: published replies have it so.
        Sex::Female if crate::breaks::broken("sex-spelt-right") => "FEMALE",
        Sex::Female => "FEMAIL",
        Sex::Unknown => "UNKNOWN",
    }
}

pub(in crate::api) fn info(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = suited_code(context)?;
    let world = &*context.world;
    let code = world.code(at);
    let members = &world.account(at.0).members;
    let member = members.of_code(at.1).cloned().unwrap_or_default();
    let user = world.user(code.user);
    let mut reply = json!({
        "openid": world.openid(code.user, at.0),
        "nickname": user.name,
        "membership_number": member.membership_number,
        "bonus": member.bonus,
        "balance": member.balance,
        "sex": sex(user.sex, world.switches),
    });
    if let Some(filled_in) = &member.filled_in {
        reply["user_info"] = json!(filled_in);
    }
    reply["user_card_status"] = json!(world.code_status(at).as_str());
    reply["has_active"] = json!(member.activated_at.is_some());
    Ok(Reply::card(reply))
}

pub(in crate::api) fn filled_in(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let ticket = context.call.fields()?.required_text("activate_ticket");
    let number = context.own_number();
    let members = &context.world.account(number).members;
    let submission = members.submission(ticket).ok_or_else(|| {
        let mut accounts = context.world.accounts().iter();
        let owner = accounts.find(|account| account.members.submission(ticket).is_some());
        Refusal::new("WX-MBR-010")
            .expected("a ticket that this account's page was given")
            .received(match owner {
                Some(owner) => format!("a ticket of {}", owner.profile.name),
                None => shortened(ticket).into_owned(),
            })
    })?;
    let late = context.world.now() - submission.expires_at;
    if late >= 0 && !crate::breaks::broken("activate-ticket-for-ever") {
        return Err(Refusal::new("WX-MBR-011")
            .expected("a ticket that is alive")
            .received(format!("one that ended {late} s ago")));
    }
    Ok(Reply::card(json!({"info": submission.filled_in})))
}
