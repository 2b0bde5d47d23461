//! `/card/code/…`: the codes that customers hold.

use serde_json::json;

use super::{Context, call::shortened, reply::Reply};
use crate::{
    refusal::Refusal,
    seal::Unsealable,
    switches::Switch,
    world::{
        account::Account,
        code::{CardNo, Code, UserCardStatus},
    },
};

/// POST `/card/code/decrypt`: the code behind what `wx.addCard` gave the page.
pub(super) fn decrypt(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let text = context.call.text("encrypt_code")?.ok_or_else(|| {
        Refusal::new("WX-WIRE-009")
            .expected("encrypt_code")
            .received("no encrypt_code")
    })?;
    let account = context.own_account();
    let code = account
        .seal_key()
        .open(text)
        .map_err(|fault| not_opened(context, text, fault))?;

    let codes = &context.own_account().codes;
    if codes.is_taken(&code, None) || codes.is_custom_somewhere(&code) {
        Ok(Reply::card(json!({"code": code})))
    } else {
        Err(Refusal::new("WX-COD-010")
            .expected("the encrypted code of a card that was claimed")
            .received("the encrypted code of a world that was reset"))
    }
}

fn not_opened(context: &Context<'_>, text: &str, fault: Unsealable) -> Refusal {
    match fault {
        Unsealable::Key => {
            let owner = context
                .world
                .accounts()
                .iter()
                .find(|account| account.seal_key().open(text).is_ok());
            let received = match owner {
                Some(owner) => format!("an encrypted code of {}", owner.profile.name),
                None => "base64 that no account of this world encrypted".to_owned(),
            };
            Refusal::new("WX-COD-011")
                .expected("an encrypted code of the account whose token is used")
                .received(received)
        }
        Unsealable::Shape if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            Refusal::new("WX-COD-012")
                .expected("what wx.addCard answered as code")
                .received("digits alone: a code in clear")
        }
        Unsealable::Shape => {
            let received = if text.contains(' ') {
                "a text with blanks: \"+\" was lost in a query string"
            } else if text.contains('%') {
                "a text with \"%\": it was not url-decoded"
            } else {
                "no base64 of whole blocks"
            };
            Refusal::new("WX-COD-010")
                .expected("standard base64, 44 or 64 characters")
                .received(received)
        }
    }
}

/// POST `/card/code/get`: how a code stands.
pub(super) fn get(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let check_consume = context.call.flag("check_consume")?.unwrap_or(true);
    let number = context.own_number();
    let (code, _) = find(context)?;
    let now = context.world.now();
    let status = code.user_card_status(now);
    if check_consume {
        refuse_unusable(status)?;
    }
    let can_consume = status == UserCardStatus::Normal && code.begin_time <= now;
    let card = context.world.card((number, code.card));
    let mut reply = json!({
        "card": {
            "card_id": card.card_id,
            "begin_time": code.begin_time,
            "end_time": code.end_time,
            "code": code.code,
        },
        "openid": context.world.openid(code.user, number),
        "can_consume": can_consume,
        "user_card_status": status.as_str(),
    });
    if let Some(outer_str) = &code.outer_str {
        reply["outer_str"] = json!(outer_str);
    }
    Ok(Reply::card(reply))
}

/// POST `/card/code/consume`: redeems a code, once.
pub(super) fn consume(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let number = context.own_number();
    let (code, custom_of) = find(context)?;
    let now = context.world.now();
    refuse_unusable(code.user_card_status(now))?;
    if now < code.begin_time {
        return Err(Refusal::new("WX-COD-008")
            .expected(format!("a call from {} on", code.begin_time))
            .received(format!("a call at {now}")));
    }
    let text = code.code.clone();
    let reply = json!({
        "card": {"card_id": context.world.card((number, code.card)).card_id},
        "openid": context.world.openid(code.user, number),
    });
    context.own_account().codes.consume(&text, custom_of);
    Ok(Reply::card(reply))
}

fn refuse_unusable(status: UserCardStatus) -> Result<(), Refusal> {
    match status {
        UserCardStatus::Normal => Ok(()),
        UserCardStatus::Consumed => Err(Refusal::new("WX-COD-006")
            .expected("a code that was not redeemed")
            .received("one that was")),
        UserCardStatus::Expire => Err(Refusal::new("WX-COD-007")
            .expected("a code in its dates")
            .received("a code that is past its end_time")),
    }
}

/// The code that `code` and `card_id` of the body name, with its card when the code is a custom one.
fn find<'a>(context: &'a Context<'_>) -> Result<(&'a Code, Option<CardNo>), Refusal> {
    let call = context.call;
    let text = call.text("code")?.ok_or_else(|| {
        Refusal::new("WX-COD-001")
            .expected("code")
            .received("no code")
    })?;
    let number = context.own_number();
    let account = context.world.account(number);
    let Some(card_id) = call.text("card_id")? else {
        let code = account.codes.made(text);
        return code
            .map(|code| (code, None))
            .ok_or_else(|| unknown(context, account, text));
    };

    let (_, card_no) = context
        .world
        .card_no(card_id)
        .filter(|(owner, _)| *owner == number)
        .ok_or_else(|| super::card::unknown_card(context, card_id))?;
    if account.cards[card_no as usize].terms.use_custom_code {
        let code = account.codes.custom(card_no, text);
        return code
            .map(|code| (code, Some(card_no)))
            .ok_or_else(|| unknown(context, account, text));
    }
    let code = account
        .codes
        .made(text)
        .ok_or_else(|| unknown(context, account, text))?;
    if code.card != card_no {
        return Err(Refusal::new("WX-COD-005")
            .expected(format!("a code of {card_id}"))
            .received("a code of another card"));
    }
    Ok((code, None))
}

fn unknown(context: &Context<'_>, account: &Account, text: &str) -> Refusal {
    if account.codes.is_custom_somewhere(text) {
        Refusal::new("WX-COD-004")
            .expected("code and card_id")
            .received("a custom code alone")
    } else if account.seal_key().open(text).is_ok() {
        Refusal::new("WX-COD-003")
            .expected("the code in clear")
            .received("its encrypted form")
    } else {
        let errcode = context.world.switches.errcode(Switch::UnknownCode);
        Refusal::numbered("WX-COD-002", errcode.unwrap_or(40056))
            .expected("a code that was claimed from this account")
            .received(shortened(text))
    }
}
