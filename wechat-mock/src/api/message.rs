//! `/cgi-bin/message/…`: messages with a card, from an account to its followers.
//!
//! Every customer of this world follows every account. Other messages than cards are taken, and shown
//! nowhere. Sources: official pages on customer service messages and on mass messages.

use serde_json::{Value, json};

use super::{
    Context,
    call::shortened,
    card::{own_card, user_of_openid},
    reply::Reply,
    schema::Fields,
    suits,
};
use crate::{
    refusal::Refusal,
    world::{
        code::UserNo,
        message::{SentBy, To},
    },
};

/// The card of a message; [`None`] for a message of another kind.
type Offer<'a> = Option<(&'a str, Option<&'a str>)>;

/// POST `/cgi-bin/message/custom/send`: to one customer.
pub(super) fn send_one(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let body = context.call.fields()?;
    let user = user_of(context, body.required_text("touser"))?;
    let offer = offer(context, body)?;
    send(context, To::Some(&[user]), SentBy::Custom, offer);
    Ok(Reply::card(json!({})))
}

/// POST `/cgi-bin/message/mass/send`: to customers by their openids.
pub(super) fn send_many(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let body = context.call.fields()?;
    let openids = body.texts("touser");
    let users = openids.iter().map(|openid| user_of(context, openid));
    let users = users.collect::<Result<Vec<UserNo>, Refusal>>()?;
    let offer = offer(context, body)?;
    let number = send(context, To::Some(&users), SentBy::Mass, offer);
    Ok(sent_to_many(number))
}

/// POST `/cgi-bin/message/mass/sendall`: to all followers, or to those with a tag, of whom there are none.
pub(super) fn send_all(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let body = context.call.fields()?;
    let filter = body.required_object("filter");
    let is_to_all = filter.flag("is_to_all").unwrap_or(false);
    let offer = offer(context, body)?;
    let to = if is_to_all { To::All } else { To::Some(&[]) };
    let number = send(context, to, SentBy::Mass, offer);
    Ok(sent_to_many(number))
}

/// POST `/cgi-bin/message/mass/preview`: to one customer, before the message goes to all.
pub(super) fn preview(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let body = context.call.fields()?;
    let openid = body.required_text("touser");
    let user = match body.text("towxname") {
        // A user's name stands for their WeChat id.
        Some(name) => context.world.user_no(name).ok_or_else(|| {
            Refusal::new("WX-MSG-001")
                .expected("the WeChat id of a customer")
                .received(shortened(name))
        })?,
        None => user_of(context, openid)?,
    };
    let offer = offer(context, body)?;
    let number = send(context, To::Some(&[user]), SentBy::Preview, offer);
    Ok(reply("preview success", json!({"msg_id": number})))
}

fn sent_to_many(number: u64) -> Reply {
    let numbers = json!({"msg_id": number, "msg_data_id": number});
    reply("send job submission success", numbers)
}

fn reply(errmsg: &str, mut numbers: Value) -> Reply {
    numbers["errmsg"] = json!(errmsg);
    Reply::card(numbers)
}

/// The follower that an openid names.
fn user_of(context: &Context<'_>, openid: &str) -> Result<UserNo, Refusal> {
    user_of_openid(context, openid).map_err(|refusal| {
        let expected = "an openid at the account whose token is used";
        let received = match openid {
            "" => "no openid".into(),
            _ => refusal.received,
        };
        Refusal::new("WX-MSG-001")
            .expected(expected)
            .received(received)
    })
}

/// What a message offers: its card is one that this account can offer so.
fn offer<'a>(context: &Context<'a>, body: Fields<'a>) -> Result<Offer<'a>, Refusal> {
    if body.required_text("msgtype") != "wxcard" {
        return Ok(None);
    }
    let card = body.required_object("wxcard");
    let card_id = card.text("card_id");
    let card_id = card_id.ok_or_else(|| Refusal::new("WX-CRD-050"))?;
    let card_ext = card.text("card_ext");
    suits::check_card(context, own_card(context, card_id)?)?;
    Ok(Some((card_id, card_ext)))
}

/// Puts the card into the messages of the customers; the number of the message.
fn send(context: &mut Context<'_>, to: To<'_>, sent_by: SentBy, offer: Offer<'_>) -> u64 {
    let account = context.own_number();
    match offer {
        Some(card) => context.world.send_card(account, to, sent_by, card),
        None => context.own_account().draw_message_number(),
    }
}
