//! POST `/card/membercard/userinfo/get` and `/card/membercard/activatetempinfo/get`: what is known of a holder.

use serde_json::json;

use crate::{
    api::{Context, call::shortened, code::suited_code, reply::Reply},
    refusal::Refusal,
};

/// What a customer filled in where sex is asked.
const SEX: &str = "USER_FORM_INFO_FLAG_SEX";

pub(in crate::api) fn info(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = suited_code(context)?;
    let world = &*context.world;
    let code = world.code(at);
    let members = &world.account(at.0).members;
    let member = members.of_code(at.1).cloned().unwrap_or_default();
    let common = &member.filled_in.common_field_list;
    let sex = common.iter().find(|answer| answer.name == SEX);
    Ok(Reply::card(json!({
        "openid": world.openid(code.user, at.0),
        "nickname": world.user(code.user).name,
        "membership_number": member.membership_number,
        "bonus": member.bonus,
        "balance": member.balance,
        "sex": sex.map_or("", |answer| &answer.value),
        "user_info": member.filled_in,
        "user_card_status": world.code_status(at).as_str(),
        "has_active": member.activated_at.is_some(),
    })))
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
    if late >= 0 {
        return Err(Refusal::new("WX-MBR-011")
            .expected("a ticket that is alive")
            .received(format!("one that ended {late} s ago")));
    }
    Ok(Reply::card(json!({"info": submission.filled_in})))
}
