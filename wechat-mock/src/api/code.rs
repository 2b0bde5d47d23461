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
pub(super) use find::{find, refuse_unusable};
pub(super) use get::get;
pub(super) use mark::mark;
pub(super) use ticket::{check_in, meeting, movie};
pub(super) use unavailable::make_void;
pub(super) use update::update;

use super::{Context, reply::Reply};
use crate::{refusal::Refusal, seal::Unsealable};

/// POST `/card/code/decrypt`: the code behind what `wx.addCard` gave the page.
pub(super) fn decrypt(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let text = context.call.fields()?.required_text("encrypt_code");
    let account = context.own_account();
    let code = account
        .seal_key()
        .open(text)
        .map_err(|fault| not_opened(context, text, fault))?;

    let codes = &context.own_account().codes;
    let was_one = codes.gone(&code).is_some();
    if codes.is_taken(&code, None) || codes.is_custom_somewhere(&code) || was_one {
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
