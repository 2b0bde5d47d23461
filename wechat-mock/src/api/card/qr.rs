//! POST `/card/qrcode/create`: a QR code to claim with; GET `/cgi-bin/showqrcode`: its picture.

use base64::{Engine, engine::general_purpose::STANDARD};
use qrcode::{QrCode, render::svg};
use serde_json::json;

use super::{own_card, user_of_openid};
use crate::{
    api::{Context, call::shortened, reply::Reply, schema::Fields, suits::Subject},
    refusal::Refusal,
    world::qr::{Qr, QrCard},
};

/// Seconds that a QR code lives when the call does not say: a year.
const LIFE: i64 = 365 * 86_400;

pub(in crate::api) fn create(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let cards = offered(context)?;
    let life = life(context)?;
    let cards: Vec<QrCard> = cards
        .into_iter()
        .map(|card| read_card(context, card))
        .collect::<Result<_, _>>()?;

    let now = context.world.now();
    let number = context.own_number();
    let account = context.own_account();
    let ticket = STANDARD.encode(account.ids.draw().bytes::<70>());
    let url = format!(
        "http://weixin.qq.com/q/{}",
        account.ids.draw().base64url(20)
    );
    let encoded: String = form_urlencoded::byte_serialize(ticket.as_bytes()).collect();
    let reply = json!({
        "ticket": ticket,
        "expire_seconds": life,
        "url": url,
        "show_qrcode_url": format!("https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket={encoded}"),
    });
    let qr = Qr {
        ticket,
        url,
        expires_at: now.saturating_add(if crate::breaks::broken("qr-code-for-ever") {
            LIFE * 9
        } else {
            life
        }),
        cards,
    };
    context.world.add_qr(number, qr);
    Ok(Reply::card(reply))
}

/// The cards of the body; the schema asks for those that the action wants.
fn offered<'a>(context: &Context<'a>) -> Result<Vec<Fields<'a>>, Refusal> {
    let fields = context.call.fields()?;
    let info = fields.object("action_info");
    if fields.text("action_name") == Some("QR_CARD") {
        return Ok(info
            .and_then(|info| info.object("card"))
            .into_iter()
            .collect());
    }
    let list = info.and_then(|info| info.object("multiple_card"));
    Ok(list.map_or(Vec::new(), |list| list.objects("card_list").collect()))
}

/// How long the QR code lives, in seconds; old clients say so beside the card.
fn life(context: &Context<'_>) -> Result<i64, Refusal> {
    let fields = context.call.fields()?;
    let card = fields
        .object("action_info")
        .and_then(|info| info.object("card"));
    let beside = card.and_then(|card| card.number("expire_seconds"));
    Ok(fields.number("expire_seconds").or(beside).unwrap_or(LIFE))
}

fn read_card(context: &Context<'_>, given: Fields<'_>) -> Result<QrCard, Refusal> {
    let text = |key| given.text(key).map(str::to_owned);
    let card_id = given.required_text("card_id").to_owned();
    let at = own_card(context, &card_id)?;
    Subject::card(context.world, at)
        .beside(given)
        .check(&context.call.path)?;
    let read = QrCard {
        card_id,
        code: text("code"),
        openid: text("openid"),
        is_unique_code: given.flag("is_unique_code").unwrap_or_default(),
        outer_str: text("outer_str").unwrap_or_default(),
        outer_id: given.number("outer_id").unwrap_or(0),
        is_used: false,
    };
    if let Some(openid) = &read.openid {
        user_of_openid(context, openid)?;
    }
    Ok(read)
}

/// GET `/cgi-bin/showqrcode`: the picture behind `show_qrcode_url`.
pub(in crate::api) fn show(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let ticket = context.call.query.get("ticket").unwrap_or_default();
    let now = context.world.now();
    let found = context.world.qr_of_ticket(ticket);
    let qr = found.map(|(account, qr)| &context.world.account(account).qrs[qr]);
    let qr = qr.filter(|qr| now < qr.expires_at).ok_or_else(|| {
        Refusal::new("WX-CRD-077")
            .expected("a ticket of card/qrcode/create that has not ended")
            .received(shortened(ticket))
    })?;
    let code = QrCode::new(&qr.url).expect("a short URL fits into a QR code");
    let picture = code.render::<svg::Color<'_>>().build();
    Ok(Reply::Picture {
        content_type: "image/svg+xml",
        bytes: picture.into(),
    })
}
