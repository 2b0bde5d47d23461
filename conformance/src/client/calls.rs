//! From the name of a call and its arguments to the client's method, and from its result to JSON.

use std::time::Duration;

use serde_json::{Value, json};
use wechat_client::{
    AppSecret, CardCode, CardId, CardStatus, CheckConsume, Client, CodeDetail, CodeRef, Effect,
    Error, ImageFile, MediaKind, MiniProgram, OpenId, RetryPolicy, UnionId,
    card::{
        BaseInfo, Card, CodeType, Color, DateInfo, GeneralCoupon, QrCard, QrTarget, RequiredInfo,
        StockChange,
    },
};

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
    fn account(&self) -> Result<Client, String> {
        let retry = RetryPolicy {
            attempts: 3,
            base: Duration::from_millis(1),
            cap: Duration::from_millis(1),
        };
        let client = Client::builder("wx00000000000000a0".into(), AppSecret::from(SECRET))
            .api_base(self.url)
            .retry(retry)
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

    /// Makes a call.
    pub(super) async fn make(&self, name: &str, arguments: &Value) -> Made {
        let arguments = Arguments(arguments);
        if name == "code_to_session" {
            return self.log_in(&arguments).await;
        }
        let client = &self.account()?;
        let done = |result: Result<(), Error>| result.map(|()| json!("done"));
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
            "create_qr_code" => {
                let target = QrTarget::One(QrCard::of(arguments.card_id()?));
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
        _ => make_with_code(client, name, arguments).await,
    }
}

async fn make_with_code(client: &Client, name: &str, arguments: &Arguments<'_>) -> Made {
    let card_id = arguments.maybe_card_id();
    let card_id = card_id.as_ref();
    let done = |result: Result<(), Error>| result.map(|()| json!("done"));
    match name {
        "decrypt_code" => {
            let encrypted = arguments.text("encrypt_code")?.into();
            let code = client.decrypt_code(&encrypted).await;
            Ok(code.map(|code| json!(code.as_str())))
        }
        "code" => {
            let check = if arguments.flag("check_consume") {
                CheckConsume::Yes
            } else {
                CheckConsume::No
            };
            let detail = client.code(&arguments.code()?, card_id, check).await;
            Ok(detail.map(|detail| of_detail(&detail)))
        }
        "consume_code" => {
            let consumed = client.consume_code(&arguments.code()?, card_id).await;
            Ok(consumed.map(|consumed| {
                json!({"card_id": consumed.card_id.as_str(), "openid": consumed.openid.as_str()})
            }))
        }
        "make_code_unavailable" => {
            let code = arguments.code()?;
            let code = CodeRef {
                code: &code,
                card_id,
            };
            let reason = arguments.0["reason"].as_str();
            Ok(done(client.make_code_unavailable(code, reason).await))
        }
        "update_code" => {
            let code = arguments.code()?;
            let code = CodeRef {
                code: &code,
                card_id,
            };
            let new_code = arguments.text("new_code")?.into();
            Ok(done(client.update_code(code, &new_code).await))
        }
        "import_codes" => {
            let (card_id, codes) = (arguments.card_id()?, arguments.codes()?);
            let imported = client.import_codes(&card_id, &codes).await;
            Ok(imported.map(|imported| {
                json!({
                    "succeeded": texts(imported.succeeded.iter().map(CardCode::as_str)),
                    "duplicate": texts(imported.duplicate.iter().map(CardCode::as_str)),
                    "failed": texts(imported.failed.iter().map(CardCode::as_str)),
                })
            }))
        }
        "imported_codes" => {
            let count = client.imported_codes(&arguments.card_id()?).await;
            Ok(count.map(|count| json!(count)))
        }
        "check_codes" => {
            let (card_id, codes) = (arguments.card_id()?, arguments.codes()?);
            let checked = client.check_codes(&card_id, &codes).await;
            Ok(checked.map(|checked| {
                json!({
                    "existing": texts(checked.existing.iter().map(CardCode::as_str)),
                    "missing": texts(checked.missing.iter().map(CardCode::as_str)),
                })
            }))
        }
        _ => Err(format!("no call of the client has the name {name:?}")),
    }
}

fn of_detail(detail: &CodeDetail) -> Value {
    json!({
        "card_id": detail.card_id.as_str(), "code": detail.code.as_str(),
        "begin_time": detail.begin_time, "end_time": detail.end_time,
        "openid": detail.openid.as_str(), "can_consume": detail.can_consume,
        "status": format!("{:?}", detail.status), "outer_str": detail.outer_str,
    })
}

fn texts<'a>(values: impl Iterator<Item = &'a str>) -> Value {
    json!(values.collect::<Vec<_>>())
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

/// The arguments of a call.
struct Arguments<'a>(&'a Value);

impl Arguments<'_> {
    fn text(&self, name: &str) -> Result<&str, String> {
        let text = self.0[name].as_str();
        text.ok_or_else(|| format!("no {name} among the arguments"))
    }

    fn number(&self, name: &str) -> Option<u32> {
        u32::try_from(self.0[name].as_u64()?).ok()
    }

    fn flag(&self, name: &str) -> bool {
        self.0[name] == true
    }

    fn card_id(&self) -> Result<CardId, String> {
        self.text("card_id").map(CardId::from)
    }

    fn maybe_card_id(&self) -> Option<CardId> {
        self.0["card_id"].as_str().map(CardId::from)
    }

    fn code(&self) -> Result<CardCode, String> {
        self.text("code").map(CardCode::from)
    }

    fn codes(&self) -> Result<Vec<CardCode>, String> {
        let codes = self.0["codes"].as_array().ok_or("no codes")?;
        let codes = codes.iter().map(|code| code.as_str().map(CardCode::from));
        codes
            .collect::<Option<_>>()
            .ok_or_else(|| "a code is no text".to_owned())
    }

    fn file(&self) -> Result<ImageFile, String> {
        Ok(ImageFile {
            file_name: self.text("file_name")?.to_owned(),
            bytes: fixtures::image(self.text("content")?).into(),
        })
    }

    /// A general coupon, valid between two moments or for some days.
    fn card(&self) -> Result<Card, String> {
        let seconds = |name: &str| {
            let seconds = self.0[name].as_i64().ok_or("no number of seconds")?;
            wechat_client::Timestamp::from_seconds(seconds).map_err(|error| error.to_string())
        };
        let date_info = match self.number("days") {
            Some(days) => DateInfo::Term {
                days,
                starts_after_days: self.number("starts_after_days").unwrap_or(0),
                end: None,
            },
            None => DateInfo::Range {
                begin: seconds("begin")?,
                end: seconds("end")?,
            },
        };
        let text = |name: &str| self.text(name).map(str::to_owned);
        let base_info = BaseInfo::required(RequiredInfo {
            logo_url: text("logo_url")?,
            brand_name: text("brand_name")?,
            title: text("title")?,
            code_type: CodeType::Qrcode,
            color: Color::new(self.text("color")?).map_err(|error| error.to_string())?,
            notice: text("notice")?,
            description: text("description")?,
            quantity: u64::from(self.number("quantity").unwrap_or(0)),
            date_info,
        });
        Ok(Card::GeneralCoupon(GeneralCoupon {
            base_info,
            advanced_info: None,
            default_detail: text("default_detail")?,
        }))
    }
}
