//! Every recorded exchange, read by the call it belongs to.

use insta::assert_snapshot;
use serde_json::Value;
use wechat_client::{
    CardStatus, CheckConsume, Client, ErrCode, Error, ImageFile, MediaKind, UserCardStatus,
};
use wiremock::MockServer;

use crate::support::{answer, answer_as, calls, client, mini_program, token};

fn file() -> ImageFile {
    ImageFile {
        file_name: "logo.jpg".to_owned(),
        bytes: fixtures::image("logo.jpg").into(),
    }
}

fn seed_like() -> wechat_client::card::Card {
    use wechat_client::card::{
        BaseInfo, Card, CodeType, Color, DateInfo, GeneralCoupon, RequiredInfo,
    };
    Card::GeneralCoupon(GeneralCoupon {
        base_info: BaseInfo::required(RequiredInfo {
            logo_url: String::new(),
            brand_name: String::new(),
            title: String::new(),
            code_type: CodeType::Text,
            color: Color::new("Color010").unwrap(),
            notice: String::new(),
            description: String::new(),
            quantity: 1,
            date_info: DateInfo::Term {
                days: 1,
                starts_after_days: 0,
                end: None,
            },
        }),
        advanced_info: None,
        default_detail: String::new(),
    })
}

/// Makes the call of an exchange and reads its reply, down to a value that stands in it.
async fn make(server: &MockServer, client: &Client, path: &str) -> Result<String, Error> {
    let code = "000012345678".into();
    match path {
        "/cgi-bin/stable_token" => Ok(client.access_token().await?.expose().to_owned()),
        "/cgi-bin/ticket/getticket" => Ok(client.card_ticket().await?.expose().to_owned()),
        "/cgi-bin/media/uploadimg" => client.upload_image(file()).await,
        "/cgi-bin/media/upload" => {
            let media = client.upload_media(MediaKind::Image, file()).await?;
            Ok(media.media_id.to_string())
        }
        "/cgi-bin/media/get" => Ok(format!("{:?}", client.media(&"m".into()).await?)),
        "/card/getcolors" => Ok(client.colors().await?[0].name.clone()),
        "/card/create" => Ok(client.create_card(&seed_like()).await?.to_string()),
        "/card/get" => {
            let card = client.card(&"p".into()).await?;
            assert!(
                !matches!(card.status, CardStatus::Other(_)),
                "{:?}",
                card.status
            );
            assert!(card.total_quantity >= card.quantity);
            Ok(card.card_type)
        }
        "/card/code/decrypt" => {
            let code = client.decrypt_code(&"e".into()).await?;
            Ok(code.as_str().to_owned())
        }
        "/card/code/get" => {
            let detail = client.code(&code, None, CheckConsume::No).await?;
            assert!(
                !matches!(detail.status, UserCardStatus::Other(_)),
                "{:?}",
                detail.status
            );
            Ok(detail.card_id.to_string())
        }
        "/card/code/consume" => Ok(client.consume_code(&code, None).await?.card_id.to_string()),
        "/sns/jscode2session" => {
            let session = mini_program(server).code_to_session(&"c".into()).await?;
            Ok(session.openid.to_string())
        }
        other => panic!("no call for {other}"),
    }
}

/// What was sent, which must be what the exchange says.
async fn sent_as_asked(server: &MockServer, name: &str, exchange: &Value) -> String {
    let request = &exchange["request"];
    let path = request["path"].as_str().unwrap();
    let calls = calls(server, path).await;
    assert_eq!(calls.len(), 1, "{name}");
    let method = &calls[0].method;
    assert_eq!(method.as_str(), request["method"], "{name}");
    if calls[0].body.is_empty() {
        assert!(request["body"].is_null(), "{name}");
        return format!("{method} {path}");
    }
    let body: Value = calls[0].body_json().unwrap();
    assert_eq!(body, request["body"], "{name}");
    format!("{method} {path}\n{body:#}")
}

#[tokio::test]
async fn every_exchange_is_read_as_what_it_says() {
    let (mut successes, mut refusals, mut of_others) = (0, 0, 0);
    for name in fixtures::exchange_names() {
        let exchange = fixtures::exchange(name);
        let path = exchange["request"]["path"].as_str().unwrap();
        if path == "/cgi-bin/token" {
            // The client asks for stable tokens alone.
            of_others += 1;
            continue;
        }
        let server = MockServer::start().await;
        if path != "/cgi-bin/stable_token" {
            answer(&server, "/cgi-bin/stable_token", &token("t")).await;
        }
        answer_as(&server, &exchange).await;
        let client = client(&server);
        let made = if crate::calls::is_made(name) {
            let made = crate::calls::make(&client, name).await;
            let sent = sent_as_asked(&server, name, &exchange).await;
            made.map(|read| {
                assert_snapshot!(name.replace('/', "_"), format!("{sent}\n\n{read}"));
            })
        } else {
            make(&server, &client, path).await.map(|value| {
                let text = exchange["reply"]["text"].as_str().unwrap();
                let escaped = value.replace('/', "\\/");
                assert!(
                    text.contains(&value) || text.contains(&escaped),
                    "{name}: {value}"
                );
            })
        };

        let text = exchange["reply"]["text"].as_str().unwrap();
        let reply: Value = serde_json::from_str(text).unwrap();
        match reply["errcode"].as_i64().unwrap_or(0) {
            0 => {
                made.unwrap_or_else(|error| panic!("{name}: {error:?}"));
                successes += 1;
            }
            errcode => {
                let refused = made.expect_err(name).errcode();
                assert_eq!(refused, Some(ErrCode(errcode)), "{name}");
                refusals += 1;
            }
        }
    }
    // As many as there are; a new one is counted here when it is added.
    assert_eq!((successes, refusals, of_others), (72, 34, 3));
}

#[test]
fn every_number_that_has_a_name_stands_in_the_table() {
    let table = fixtures::errcodes().as_array().unwrap();
    for errcode in [
        ErrCode::SYSTEM_BUSY,
        ErrCode::INVALID_CREDENTIAL,
        ErrCode::INVALID_OPENID,
        ErrCode::INVALID_IMAGE_SIZE,
        ErrCode::INVALID_APPID,
        ErrCode::INVALID_ACCESS_TOKEN,
        ErrCode::INVALID_JS_CODE,
        ErrCode::INVALID_ACTION_INFO,
        ErrCode::UNKNOWN_CODE,
        ErrCode::INVALID_CARD_ID,
        ErrCode::INVALID_ENCRYPT_CODE,
        ErrCode::INVALID_CARD_STATUS,
        ErrCode::INVALID_TIME,
        ErrCode::CODE_CONSUMED,
        ErrCode::INVALID_DATE_INFO,
        ErrCode::TOO_MANY_CODES,
        ErrCode::EMPTY_CODE,
        ErrCode::SAME_CODE,
        ErrCode::INVALID_QUANTITY,
        ErrCode::INVALID_SECRET,
        ErrCode::CODE_UNAVAILABLE,
        ErrCode::STOCK_OVER_CODES,
        ErrCode::INVALID_MERCHANT,
        ErrCode::INVALID_IMAGE_URL,
        ErrCode::PAY_CELL_OR_CENTER,
        ErrCode::CODE_MARKED,
        ErrCode::JS_CODE_USED,
        ErrCode::JS_CODE_BLOCKED,
        ErrCode::TOKEN_EXPIRED,
        ErrCode::MISSING_CARD_ID,
        ErrCode::STORE_REQUIRED,
        ErrCode::QUOTA,
        ErrCode::TOO_FREQUENT,
        ErrCode::OUT_OF_STOCK,
        ErrCode::GET_LIMIT,
        ErrCode::DATA_FORMAT,
        ErrCode::UNAUTHORIZED,
        ErrCode::CLEARED_TOO_OFTEN,
        ErrCode::FOREIGN_IMAGE,
        ErrCode::INVALID_DATE,
        ErrCode::INVALID_DATE_RANGE,
    ] {
        assert!(
            table.iter().any(|row| row["errcode"] == errcode.0),
            "{errcode}"
        );
    }
}
