//! The JSON that leaves, byte for byte what WeChat will judge.

use insta::assert_json_snapshot;
use serde_json::{Value, json};
use wechat_client::{
    CheckConsume, Fen, Timestamp,
    card::{
        AdvancedInfo, BaseInfo, BusinessService, Card, Cash, CodeType, Color, Cover, DateInfo,
        Discount, GeneralCoupon, Gift, Groupon, LimitDay, MiniProgramLink, RequiredInfo, TextImage,
        TimeLimit, UseCondition,
    },
};

use crate::support::{NOW, answer, body, client, server};

const LOGO: &str = "http://mmbiz.qpic.cn/mmbiz_jpg/logo/0";
const COVER: &str = "http://mmbiz.qpic.cn/mmbiz_png/cover/0";

fn time(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds).unwrap()
}

fn base_info() -> BaseInfo {
    BaseInfo::required(RequiredInfo {
        logo_url: LOGO.to_owned(),
        brand_name: "星河小馆".to_owned(),
        code_type: CodeType::Qrcode,
        title: "满百减二十".to_owned(),
        color: Color::new("Color010").unwrap(),
        notice: "结账前请出示券码".to_owned(),
        description: "可与其他优惠同享\n每桌限用一张".to_owned(),
        quantity: 500,
        date_info: DateInfo::Range {
            begin: time(NOW),
            end: time(NOW + 86_400),
        },
    })
}

/// The seed's card, built with the model.
pub(crate) fn seed_card() -> Card {
    Card::GeneralCoupon(GeneralCoupon {
        base_info: BaseInfo {
            service_phone: Some("020-88888888".to_owned()),
            use_limit: Some(1),
            get_limit: Some(1),
            use_custom_code: Some(false),
            bind_openid: Some(false),
            can_share: Some(false),
            can_give_friend: Some(false),
            use_all_locations: Some(false),
            custom_url_name: Some("去点单".to_owned()),
            custom_url: Some("http://www.qq.com".to_owned()),
            custom_app: Some(MiniProgramLink {
                user_name: "gh_0000000000b0@app".to_owned(),
                path: "pages/order/index".to_owned(),
            }),
            ..base_info()
        },
        advanced_info: Some(AdvancedInfo {
            use_condition: Some(UseCondition {
                can_use_with_other_discount: Some(true),
                ..UseCondition::default()
            }),
            cover: Some(Cover {
                abstract_text: "本店招牌菜".to_owned(),
                icon_url_list: vec![COVER.to_owned()],
            }),
            time_limit: vec![TimeLimit {
                kind: Some(LimitDay::Holiday),
                ..TimeLimit::default()
            }],
            business_service: vec![
                BusinessService::FreeWifi,
                BusinessService::WithPet,
                BusinessService::FreePark,
                BusinessService::Deliver,
            ],
            ..AdvancedInfo::default()
        }),
        default_detail: "到店出示本券，买单立减二十元".to_owned(),
    })
}

/// What leaves for `/card/create`.
async fn sent(card: &Card) -> Value {
    let server = server().await;
    answer(
        &server,
        "/card/create",
        &json!({"errcode": 0, "errmsg": "ok", "card_id": "p1"}),
    )
    .await;
    let card_id = client(&server).create_card(card).await.unwrap();
    assert_eq!(card_id.as_str(), "p1");
    body(&server, "/card/create").await
}

#[tokio::test]
async fn the_seeds_card_leaves_as_the_seed_sends_it() {
    let sent = sent(&seed_card()).await;
    assert_eq!(
        sent,
        fixtures::seed_card_with(LOGO, COVER, NOW, NOW + 86_400)
    );
    assert_json_snapshot!("create_general_coupon", sent);
}

#[tokio::test]
async fn a_groupon_leaves_with_its_deal() {
    let card = Card::Groupon(Groupon {
        base_info: BaseInfo {
            date_info: DateInfo::Term {
                days: 30,
                starts_after_days: 0,
                end: Some(time(NOW + 86_400)),
            },
            merchant_id: Some(12345),
            location_id_list: vec![123, 456],
            ..base_info()
        },
        advanced_info: None,
        deal_detail: "双人套餐\n含饮料".to_owned(),
    });
    assert_json_snapshot!("create_groupon", sent(&card).await);
}

#[tokio::test]
async fn a_cash_coupon_leaves_in_fen() {
    let card = Card::Cash(Cash {
        base_info: BaseInfo {
            center_title: Some("立即使用".to_owned()),
            center_app: Some(MiniProgramLink {
                user_name: "gh_0000000000b0@app".to_owned(),
                path: "pages/use".to_owned(),
            }),
            ..base_info()
        },
        advanced_info: Some(AdvancedInfo {
            use_condition: Some(UseCondition {
                accept_category: Some("鞋类".to_owned()),
                reject_category: Some("阿迪达斯".to_owned()),
                ..UseCondition::default()
            }),
            ..AdvancedInfo::default()
        }),
        least_cost: Fen(10_000),
        reduce_cost: Fen(2_000),
    });
    assert_json_snapshot!("create_cash", sent(&card).await);
}

#[tokio::test]
async fn a_discount_leaves_as_percent_off() {
    let card = Card::Discount(Discount {
        base_info: BaseInfo {
            can_give_friend: Some(true),
            promotion_url_name: Some("更多优惠".to_owned()),
            promotion_app: Some(MiniProgramLink {
                user_name: "gh_0000000000b0@app".to_owned(),
                path: "pages/more".to_owned(),
            }),
            ..base_info()
        },
        advanced_info: Some(AdvancedInfo {
            text_image_list: vec![TextImage {
                image_url: COVER.to_owned(),
                text: "此菜品精选食材".to_owned(),
            }],
            ..AdvancedInfo::default()
        }),
        discount: 30,
    });
    assert_json_snapshot!("create_discount", sent(&card).await);
}

#[tokio::test]
async fn a_gift_leaves_with_its_hours() {
    let card = Card::Gift(Gift {
        base_info: BaseInfo {
            code_type: CodeType::Barcode,
            ..base_info()
        },
        advanced_info: Some(AdvancedInfo {
            time_limit: vec![TimeLimit {
                kind: Some(LimitDay::Monday),
                begin_hour: Some(0),
                begin_minute: Some(10),
                end_hour: Some(23),
                end_minute: Some(59),
            }],
            ..AdvancedInfo::default()
        }),
        gift: "可兑换音乐木盒一个".to_owned(),
    });
    assert_json_snapshot!("create_gift", sent(&card).await);
}

#[tokio::test]
async fn the_other_calls_send_what_they_are_named_for() {
    let server = server().await;
    let client = client(&server);
    let code = "000012345678".into();
    let card_id = "pAbC".into();
    // Nothing answers, so each call fails; what counts is what it sent.
    assert!(client.decrypt_code(&"a+b/c=".into()).await.is_err());
    assert!(
        client
            .code(&code, Some(&card_id), CheckConsume::Yes)
            .await
            .is_err()
    );
    assert!(client.consume_code(&code, None).await.is_err());
    assert!(client.card(&card_id).await.is_err());

    let first = async |path: &str| {
        let calls = crate::support::calls(&server, path).await;
        calls[0].body_json::<Value>().unwrap()
    };
    assert_eq!(
        first("/card/code/decrypt").await,
        json!({"encrypt_code": "a+b/c="})
    );
    assert_eq!(
        first("/card/code/get").await,
        json!({"code": "000012345678", "card_id": "pAbC", "check_consume": true})
    );
    assert_eq!(
        first("/card/code/consume").await,
        json!({"code": "000012345678"})
    );
    assert_eq!(first("/card/get").await, json!({"card_id": "pAbC"}));
    assert_eq!(
        first("/cgi-bin/stable_token").await,
        json!({
            "grant_type": "client_credential",
            "appid": crate::support::APP_ID,
            "secret": crate::support::SECRET,
        })
    );
}

#[tokio::test]
async fn chinese_leaves_as_utf8_and_not_escaped() {
    let server = server().await;
    answer(&server, "/card/create", &json!({"card_id": "p1"})).await;
    client(&server).create_card(&seed_card()).await.unwrap();
    let calls = crate::support::calls(&server, "/card/create").await;
    let text = std::str::from_utf8(&calls[0].body).unwrap();
    assert!(text.contains("满百减二十"));
    assert!(!text.contains("\\u"));
}
