//! From the name of a call and its arguments to the client's method, and from its result to JSON.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use wechat_client::{
    AppSecret, CardId, CardStatus, Client, Clock, Effect, Error, MediaKind, MiniProgram, OpenId,
    RetryPolicy, SystemClock, UnionId,
    card::{ListedCard, QrCard, QrTarget, StockChange},
};

use crate::sign::signature;

/// These members of a value, as JSON.
macro_rules! members {
    ($of:expr; $($name:ident),+) => {
        ::serde_json::json!({ $((stringify!($name)): &$of.$name),+ })
    };
}

mod arguments;
mod cards;
mod codes;
mod members;
mod merchants;
mod statistics;
mod tickets;
mod updates;

use arguments::Arguments;

/// The secret of both, in WeChat's form.
const SECRET: &str = "000000000000000000000000000000a0";

/// What came of a call; the outer error is one of the case's data.
type Made = Result<Result<Value, Error>, String>;

/// A server in WeChat's place; a client is made for each call.
pub(super) struct Clients<'a> {
    pub(super) url: &'a str,
}

impl Clients<'_> {
    /// A client of the Official Account; a call that can be repeated is made three times at most.
    fn account(&self, clock: Arc<dyn Clock>) -> Result<Client, String> {
        let retry = RetryPolicy {
            attempts: 3,
            base: Duration::from_millis(1),
            cap: Duration::from_millis(1),
        };
        let client = Client::builder("wx00000000000000a0".into(), AppSecret::from(SECRET))
            .api_base(self.url)
            .retry(retry)
            .clock(clock)
            .build();
        client.map_err(|error| error.to_string())
    }

    async fn log_in(&self, arguments: &Arguments<'_>) -> Made {
        let client = MiniProgram::builder("wx00000000000000b0".into(), AppSecret::from(SECRET))
            .api_base(self.url)
            .build();
        let client = client.map_err(|error| error.to_string())?;
        let js_code = arguments.text("js_code")?.into();
        let session = client.code_to_session(&js_code).await;
        Ok(session.map(|session| {
            json!({
                "openid": session.openid.as_str(),
                "unionid": session.unionid.as_ref().map(UnionId::as_str),
                "session_key": session.session_key.expose(),
            })
        }))
    }

    /// What the page hands to `wx.addCard`, its text read, and whether the signature is that of the rule.
    async fn sign_a_claim(&self, arguments: &Arguments<'_>) -> Made {
        let now = arguments.0["now"].as_i64().ok_or("no now")?;
        let client = self.account(Arc::new(At(now)))?;
        let outer_str = arguments.0["outer_str"].as_str();
        let card_id = arguments.card_id()?;
        let item = match client.add_card_item(&card_id, outer_str).await {
            Ok(item) => item,
            Err(error) => return Ok(Err(error)),
        };
        // The one it signed with: a living ticket is not asked for again.
        let ticket = client.card_ticket().await;
        let ticket = ticket.map_err(|error| error.to_string())?;
        let ext: Value = serde_json::from_str(&item.card_ext).map_err(|error| error.to_string())?;
        let signed = json!({
            "api_ticket": ticket.expose(), "card_id": item.card_id,
            "timestamp": ext["timestamp"], "nonce_str": ext["nonce_str"],
        });
        let is_right = ext["signature"] == signature(&signed, false);
        Ok(Ok(json!({
            "card_id": item.card_id, "card_ext": ext, "signature_is_right": is_right,
        })))
    }

    /// Makes a call.
    pub(super) async fn make(&self, name: &str, arguments: &Value) -> Made {
        let arguments = Arguments(arguments);
        if name == "code_to_session" {
            return self.log_in(&arguments).await;
        }
        if name == "add_card_item" {
            return self.sign_a_claim(&arguments).await;
        }
        let client = &self.account(Arc::new(SystemClock))?;
        match name {
            "access_token" => {
                let token = client.access_token().await;
                Ok(token.map(|token| json!(token.expose())))
            }
            "card_ticket" => {
                let ticket = client.card_ticket().await;
                Ok(ticket.map(|ticket| json!(ticket.expose())))
            }
            "colors" => {
                let colors = client.colors().await;
                Ok(colors.map(|colors| json!(colors)))
            }
            "create_card" => {
                let card = arguments.card()?;
                let made = client.create_card(&card).await;
                Ok(made.map(|card_id| json!(card_id.as_str())))
            }
            "card" => {
                let card = client.card(&arguments.card_id()?).await;
                Ok(card.map(|card| {
                    json!({
                        "card_type": card.card_type, "status": format!("{:?}", card.status),
                        "quantity": card.quantity, "total_quantity": card.total_quantity,
                        "get_limit": card.get_limit,
                    })
                }))
            }
            "cards" => {
                let statuses = arguments.0["statuses"].clone();
                let statuses: Vec<CardStatus> =
                    serde_json::from_value(statuses).map_err(|error| error.to_string())?;
                let cards = client.cards(&statuses).try_collect().await;
                Ok(cards.map(|cards| texts(cards.iter().map(CardId::as_str))))
            }
            "modify_stock" => {
                let change = match (arguments.number("increase"), arguments.number("reduce")) {
                    (Some(number), None) => StockChange::Increase(number),
                    (None, Some(number)) => StockChange::Reduce(number),
                    _ => return Err("a change is an increase or a reduction".to_owned()),
                };
                Ok(done(
                    client.modify_stock(&arguments.card_id()?, change).await,
                ))
            }
            "delete_card" => Ok(done(client.delete_card(&arguments.card_id()?).await)),
            "set_pay_cell" => {
                let is_open = arguments.flag("is_open");
                Ok(done(
                    client.set_pay_cell(&arguments.card_id()?, is_open).await,
                ))
            }
            "refresh_ahead" => Ok(done(client.refresh_ahead().await)),
            "ask_server_time" => Ok(client.ask_server_time().await.map(|time| json!(time))),
            "server_now" => {
                let before = client.server_now();
                let asked = client.ask_server_time().await;
                Ok(asked.map(|_| json!({"before": before, "after": client.server_now()})))
            }
            "create_qr_code" => {
                let target = qr_target(&arguments)?;
                let seconds = arguments.number("seconds");
                let made = client.create_qr_code(&target, seconds).await;
                Ok(made.map(|code| {
                    json!({
                        "ticket": code.ticket, "expire_seconds": code.expire_seconds,
                        "url": code.url, "show_qrcode_url": code.show_qrcode_url,
                    })
                }))
            }
            "clear_quota" => Ok(done(client.clear_quota().await)),
            "callback_addresses" => {
                let addresses = client.callback_addresses().await;
                Ok(addresses.map(|addresses| json!(addresses)))
            }
            _ => make_with_file(client, name, &arguments).await,
        }
    }
}

/// A clock that stands.
#[derive(Debug)]
struct At(i64);

impl Clock for At {
    fn now(&self) -> i64 {
        self.0
    }
}

fn done(result: Result<(), Error>) -> Result<Value, Error> {
    result.map(|()| json!("done"))
}

fn texts<'a>(values: impl Iterator<Item = &'a str>) -> Value {
    json!(values.collect::<Vec<_>>())
}

/// One card, or each of the `card_ids`.
fn qr_target(arguments: &Arguments<'_>) -> Result<QrTarget, String> {
    let Some(cards) = arguments.0["card_ids"].as_array() else {
        return Ok(QrTarget::One(QrCard::of(arguments.card_id()?)));
    };
    let listed = cards.iter().map(|card_id| {
        let card_id = card_id.as_str().ok_or("a card_id is no text")?;
        Ok(ListedCard {
            card_id: card_id.into(),
            code: None,
            outer_str: None,
        })
    });
    listed.collect::<Result<_, _>>().map(QrTarget::Many)
}

async fn make_with_file(client: &Client, name: &str, arguments: &Arguments<'_>) -> Made {
    match name {
        "upload_image" => {
            let url = client.upload_image(arguments.file()?).await;
            Ok(url.map(|url| json!(url)))
        }
        "upload_media" => {
            let media = client.upload_media(MediaKind::Image, arguments.file()?);
            Ok(media.await.map(|media| {
                    json!({"media_id": media.media_id.as_str(), "created_at": media.created_at})
                }))
        }
        "media" => {
            let media_id = arguments.text("media_id")?.into();
            let bytes = client.media(&media_id).await;
            Ok(bytes.map(|bytes| json!(String::from_utf8_lossy(&bytes))))
        }
        "user_cards" => {
            let openid: OpenId = arguments.text("openid")?.into();
            let card_id = arguments.maybe_card_id();
            let cards = client.user_cards(&openid, card_id.as_ref()).await;
            Ok(cards.map(|cards| {
                let rows = cards.cards.iter();
                let rows: Vec<Value> = rows
                        .map(|card| {
                            json!({"code": card.code.as_str(), "card_id": card.card_id.as_str()})
                        })
                        .collect();
                json!({"cards": rows, "has_share_card": cards.has_share_card})
            }))
        }
        "quota" => {
            let quota = client.quota(arguments.text("cgi_path")?).await;
            Ok(quota.map(|quota| {
                json!({
                    "daily_limit": quota.daily_limit, "used": quota.used,
                    "remain": quota.remain,
                })
            }))
        }
        _ => codes::make(client, name, arguments).await,
    }
}

/// An error as cases state it.
pub(super) fn shown(error: &Error) -> Value {
    let (kind, status, errmsg) = match error {
        Error::Api { source, .. } => ("refused", None, Some(source.errmsg.as_str())),
        Error::Unreadable { status, .. } => ("unreadable", Some(*status), None),
        Error::NoAnswer { .. } => ("no_answer", None, None),
        Error::NotSent { .. } => ("not_sent", None, None),
        Error::Unreached { .. } => ("unreached", None, None),
        Error::NoToken { .. } => ("no_token", None, None),
        Error::Store(_) => ("store", None, None),
        _ => ("unknown", None, None),
    };
    let effect = match error.effect() {
        Effect::NotSent => "not_sent",
        Effect::MayHaveActed => "may_have_acted",
        Effect::Refused => "refused",
    };
    json!({
        "kind": kind, "errcode": error.errcode().map(|errcode| errcode.0), "errmsg": errmsg,
        "status": status, "effect": effect, "is_outage": error.is_outage(),
    })
}
