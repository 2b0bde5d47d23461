use wechat_client::{
    CardCode, Client, CodeRef, Fen,
    member::{
        Activation, ActivationForm, Change, CommonField, FormLink, FormPart, GeneralCardUpdate,
        MemberUpdate, NotifyOptional, RichField, RichKind,
    },
};

use super::{Made, card_id, shown, time};

pub(super) async fn make(client: &Client, name: &str) -> Made {
    let card = card_id();
    let code: CardCode = "751234212312".into();
    match name {
        "member/activate" => {
            let own = "A1B2".into();
            let code = CodeRef::custom(&own, &card);
            shown(client.activate_member(code, &activation()).await)
        }
        "member/activate_unknown" => {
            let activation = Activation {
                membership_number: "AAA00000001".to_owned(),
                ..Activation::default()
            };
            let code = CodeRef::wechat(&code);
            shown(client.activate_member(code, &activation).await)
        }
        "member/activation_url" => shown(client.activation_url(&card, Some("counter-3")).await),
        "member/form" => shown(client.set_activation_form(&card, &form()).await),
        "member/form_unknown_field" => {
            let form = ActivationForm {
                required_form: Some(FormPart {
                    common_fields: vec![CommonField::from("USER_FORM_INFO_FLAG_NEW".to_owned())],
                    ..FormPart::default()
                }),
                ..ActivationForm::default()
            };
            shown(client.set_activation_form(&card, &form).await)
        }
        "member/filled_form" => shown(client.filled_form(&"abcdefg".into()).await),
        "member/get" => shown(client.member(&card, &code).await),
        "member/update" => shown(client.update_member(&card, &code, &update()).await),
        "member/update_unknown" => {
            let update = MemberUpdate {
                bonus: Some(Change::To(5)),
                balance: Some(Change::By(-100)),
                ..MemberUpdate::default()
            };
            shown(client.update_member(&card, &code, &update).await)
        }
        "member/general_card" => {
            let update = GeneralCardUpdate {
                background_pic_url: Some("http://mmbiz.qpic.cn/mmbiz_jpg/back/0".to_owned()),
                record_bonus: Some("新年".to_owned()),
                bonus: Some(100),
                balance: Some(Fen(3000)),
                custom_field_value1: Some("白银".to_owned()),
                can_give_friend: Some(true),
                ..GeneralCardUpdate::default()
            };
            shown(client.update_general_card(&card, &code, &update).await)
        }
        _ => panic!("no call for {name}"),
    }
}

fn activation() -> Activation {
    Activation {
        membership_number: "AAA00000001".to_owned(),
        background_pic_url: Some("http://mmbiz.qpic.cn/mmbiz_jpg/back/0".to_owned()),
        activate_begin_time: Some(time(1_798_000_000)),
        activate_end_time: Some(time(1_829_536_000)),
        init_bonus: Some(100),
        init_bonus_record: Some("新会员".to_owned()),
        init_balance: Some(Fen(20_000)),
        init_custom_field_value1: Some("白银".to_owned()),
        init_custom_field_value2: Some("无".to_owned()),
        init_custom_field_value3: Some("三张".to_owned()),
    }
}

fn form() -> ActivationForm {
    let link = |name: &str| {
        Some(FormLink {
            name: name.to_owned(),
            url: "https://www.qq.com".to_owned(),
        })
    };
    ActivationForm {
        service_statement: link("会员守则"),
        bind_old_card: link("老会员绑定"),
        required_form: Some(FormPart {
            can_modify: Some(false),
            common_fields: vec![
                CommonField::Mobile,
                CommonField::Other("USER_FORM_INFO_FLAG_NEW".to_owned()),
            ],
            rich_fields: vec![RichField {
                kind: RichKind::Radio,
                name: "口味".to_owned(),
                values: vec!["甜".to_owned(), "咸".to_owned()],
            }],
            ..FormPart::default()
        }),
        optional_form: Some(FormPart {
            common_fields: vec![CommonField::Email],
            custom_fields: vec!["喜欢的座位".to_owned()],
            ..FormPart::default()
        }),
    }
}

fn update() -> MemberUpdate {
    MemberUpdate {
        background_pic_url: Some("http://mmbiz.qpic.cn/mmbiz_jpg/back/0".to_owned()),
        bonus: Some(Change::By(-30)),
        record_bonus: Some("兑换饮料".to_owned()),
        balance: Some(Change::To(Fen(3000))),
        record_balance: Some("充值".to_owned()),
        custom_field_value1: Some("白银".to_owned()),
        custom_field_value2: Some("无".to_owned()),
        custom_field_value3: Some("三张".to_owned()),
        notify_optional: Some(NotifyOptional {
            is_notify_bonus: Some(true),
            is_notify_balance: Some(false),
            is_notify_custom_field1: Some(true),
            ..NotifyOptional::default()
        }),
    }
}
