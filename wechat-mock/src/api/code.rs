//! `/card/code/…`: the codes that customers hold.

use serde_json::json;

mod consume;
mod deposit;
mod find;
mod get;
mod mark;
mod ticket;
mod unavailable;
mod update;

pub(super) use consume::consume;
pub(super) use deposit::{check, count, deposit};
pub(super) use find::{find, suited_code};
pub(super) use get::get;
pub(super) use mark::mark;
pub(super) use ticket::{check_in, meeting, movie};
pub(super) use unavailable::make_void;
pub(super) use update::update;

use super::{Context, reply::Reply};
use crate::{
    refusal::{Advice, Refusal},
    seal::Unsealable,
    switches::Switch,
};

/// POST `/card/code/decrypt`: the code behind what `wx.addCard` gave the page.
pub(super) fn decrypt(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let text = context.call.fields()?.required_text("encrypt_code");
    let key = context.own_account().seal_key().clone();
    if let Some(decoded) = decoded(text)
        && let Ok(code) = key.open(&decoded)
        && !context
            .world
            .switches
            .is(Switch::PercentEncryptCode, "40075")
    {
        context
            .advice
            .push(Advice::new("WX-ADV-024", "encrypt_code"));
        return Ok(spoilt(&code));
    }
    let others = || context.world.accounts().iter();
    let code = key
        .open(text)
        .or_else(|fault| {
            let mut opened = others().filter_map(|other| other.seal_key().open(text).ok());
            let code = opened
                .next()
                .filter(|_| crate::breaks::broken("decrypt-for-any-account"));
            code.ok_or(fault)
        })
        .map_err(|fault| not_opened(context, text, fault))?;

    let codes = &context.own_account().codes;
    let was_one = codes.gone(&code).is_some();
    let is_known = codes.is_taken(&code, None) || codes.is_custom_somewhere(&code) || was_one;
    if is_known || crate::breaks::broken("decrypt-for-any-account") {
        Ok(Reply::card(json!({"code": code})))
    } else {
        Err(Refusal::new("WX-COD-010")
            .expected("the encrypted code of a card that was claimed")
            .received("the encrypted code of a world that was reset"))
    }
}

/// Base64 that is still percent-encoded, decoded; [`None`] for a text without `%3D` at its end.
fn decoded(text: &str) -> Option<String> {
    let is_encoded = text.to_ascii_uppercase().ends_with("%3D");
    is_encoded.then(|| {
        [
            ("%3D", "="),
            ("%3d", "="),
            ("%2B", "+"),
            ("%2b", "+"),
            ("%2F", "/"),
            ("%2f", "/"),
        ]
        .iter()
        .fold(text.to_owned(), |text, (escape, plain)| {
            text.replace(escape, plain)
        })
    })
}

/// The digits, and behind them what WeChat makes of the letters that are no base64: no UTF-8.
fn spoilt(code: &str) -> Reply {
    let start = format!("{{\"errcode\":0,\"errmsg\":\"ok\",\"code\":\"{code}");
    let bytes = [start.as_bytes(), &[0xdc, 0xf7, 0x8d, 0xff], b"\"}"].concat();
    Reply::Spoilt(bytes.into())
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
