//! Calls on one customer's cards.

use serde_json::{Value, json};
use wechat_client::{CardCode, CheckConsume, Client, CodeDetail, CodeRef, Imported, Mark};

use super::{Arguments, Made, done, shown, texts, tickets};

pub(super) async fn make(client: &Client, name: &str, arguments: &Arguments<'_>) -> Made {
    let card_id = arguments.maybe_card_id();
    let card_id = card_id.as_ref();
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
            Ok(imported.map(|imported| of_imported(&imported)))
        }
        "import_all_codes" => {
            let (card_id, codes) = (arguments.card_id()?, arguments.codes()?);
            // The error has a part of the result in it, so that both are told as one.
            Ok(Ok(match client.import_all_codes(&card_id, &codes).await {
                Ok(imported) => of_imported(&imported),
                Err(stopped) => json!({
                    "imported": of_imported(&stopped.imported),
                    "answered": stopped.answered, "stopped_by": shown(&stopped.source),
                }),
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
        "dynamic_code" => {
            let code = arguments.code()?;
            let code = CodeRef {
                code: &code,
                card_id,
            };
            let even_expired = arguments.flag("even_expired");
            let detail = client.dynamic_code(code, even_expired).await;
            Ok(detail.map(|detail| of_detail(&detail)))
        }
        "mark_code" => {
            let mark = Mark {
                code: &arguments.code()?,
                card_id: &arguments.card_id()?,
                openid: &arguments.text("openid")?.into(),
                is_mark: arguments.flag("is_mark"),
            };
            Ok(done(client.mark_code(mark).await))
        }
        _ => tickets::make(client, name, arguments).await,
    }
}

fn of_imported(imported: &Imported) -> Value {
    json!({
        "succeeded": texts(imported.succeeded.iter().map(CardCode::as_str)),
        "duplicate": texts(imported.duplicate.iter().map(CardCode::as_str)),
        "failed": texts(imported.failed.iter().map(CardCode::as_str)),
    })
}

fn of_detail(detail: &CodeDetail) -> Value {
    json!({
        "card_id": detail.card_id.as_str(), "code": detail.code.as_str(),
        "begin_time": detail.begin_time, "end_time": detail.end_time,
        "openid": detail.openid.as_str(), "can_consume": detail.can_consume,
        "status": format!("{:?}", detail.status), "outer_str": detail.outer_str,
    })
}
