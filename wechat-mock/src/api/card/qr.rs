//! POST `/card/qrcode/create`: a QR code to claim with; GET `/cgi-bin/showqrcode`: its picture.

use base64::{Engine, engine::general_purpose::STANDARD};
use qrcode::{QrCode, render::svg};
use serde_json::{Map, Value, json};

use super::{only_living, own_card, user_of_openid};
use crate::{
    api::{
        Context,
        call::{shortened, text_in},
        reply::Reply,
    },
    refusal::Refusal,
    world::{
        card::{Card, is_custom_code},
        qr::{Qr, QrCard},
    },
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
    account.qrs.push(Qr {
        ticket,
        url,
        expires_at: now.saturating_add(life),
        cards,
    });
    Ok(Reply::card(reply))
}

/// A card of the body, as it came.
type Given = Map<String, Value>;

/// The cards of the body.
fn offered<'a>(context: &Context<'a>) -> Result<Vec<&'a Given>, Refusal> {
    let call = context.call;
    let info = call.json()?.get("action_info").unwrap_or(&Value::Null);
    let (expected, cards) = match call.text("action_name")?.unwrap_or_default() {
        "QR_CARD" => (
            "action_info.card",
            info["card"].as_object().map(|card| vec![card]),
        ),
        "QR_MULTIPLE_CARD" => {
            let list = info["multiple_card"]["card_list"].as_array();
            let list = list.filter(|list| !list.is_empty());
            (
                "action_info.multiple_card.card_list with cards",
                list.and_then(|list| list.iter().map(Value::as_object).collect()),
            )
        }
        other => {
            return Err(Refusal::new("WX-CRD-073")
                .expected("QR_CARD or QR_MULTIPLE_CARD")
                .received(shortened(other)));
        }
    };
    cards.ok_or_else(|| bad_info(expected, shortened(&info.to_string())))
}

/// How long the QR code lives; old clients say so beside the card.
fn life(context: &Context<'_>) -> Result<i64, Refusal> {
    let call = context.call;
    let beside = call
        .json()?
        .get("action_info")
        .map(|info| &info["card"]["expire_seconds"]);
    let life = call
        .number("expire_seconds")?
        .or(beside.and_then(Value::as_i64));
    match life {
        Some(life) if !(60..=1800).contains(&life) => Err(Refusal::new("WX-CRD-075")
            .expected("expire_seconds: 60 to 1800")
            .received(life.to_string())),
        life => Ok(life.unwrap_or(LIFE)),
    }
}

fn bad_info(expected: &str, received: impl Into<Box<str>>) -> Refusal {
    Refusal::new("WX-CRD-074")
        .expected(expected)
        .received(received)
}

fn read_card(context: &Context<'_>, given: &Given) -> Result<QrCard, Refusal> {
    let text = |key| Ok(text_in(given, key)?.map(str::to_owned));
    let card_id = text("card_id")?.ok_or_else(|| Refusal::new("WX-CRD-050"))?;
    let at = only_living(context, own_card(context, &card_id)?)?;
    let card = context.world.card(at);
    let read = QrCard {
        card_id,
        code: text("code")?,
        openid: text("openid")?,
        is_unique_code: given.get("is_unique_code") == Some(&Value::Bool(true)),
        outer_str: text("outer_str")?.unwrap_or_default(),
        outer_id: given.get("outer_id").and_then(Value::as_i64).unwrap_or(0),
        is_used: false,
    };
    if let Some(openid) = &read.openid {
        user_of_openid(context, openid)?;
    }
    check(card, &read)?;
    Ok(read)
}

fn check(card: &Card, read: &QrCard) -> Result<(), Refusal> {
    if !card.status.is_approved() {
        return Err(Refusal::new("WX-CRD-054")
            .expected("CARD_STATUS_VERIFY_OK")
            .received(json!(card.status).as_str().unwrap_or_default()));
    }
    let wants_code = card.terms.use_custom_code && !card.terms.deposit;
    let fits = read
        .code
        .as_deref()
        .map_or(!wants_code, |code| wants_code && is_custom_code(code));
    if !fits {
        return Err(bad_info(
            "code for a card with custom codes, and for no other",
            read.code.as_deref().map_or("no code".into(), shortened),
        ));
    }
    if card.terms.bind_openid && read.openid.is_none() {
        return Err(bad_info("openid for a card with bind_openid", "no openid"));
    }
    if read.is_unique_code && card.quantity == 0 {
        return Err(Refusal::new("WX-CRD-076")
            .expected("stock above 0")
            .received("0"));
    }
    Ok(())
}

/// GET `/cgi-bin/showqrcode`: the picture behind `show_qrcode_url`.
pub(in crate::api) fn show(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let ticket = context.call.query.get("ticket").unwrap_or_default();
    let now = context.world.now();
    let found = context.world.find_qr(|known, _| known == ticket);
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
