use wechat_client::{
    CardStatus, Client, Fen,
    card::{
        Activity, ActivityBasics, ActivityCard, BaseUpdate, BoardingPassUpdate, CardUpdate,
        CodeType, Color, CouponUpdate, CustomCell, CustomField, LandingCard, LandingPage,
        LandingScene, ListedCard, MeetingTicketUpdate, MemberCardUpdate, MiniProgramLink,
        MovieTicketUpdate, QrCard, QrTarget, ScenicTicketUpdate, SelfConsumeCell, StockChange,
        TestUsers, Validity,
    },
};

use super::{Made, card_id, openid, other_card, shown, time};

pub(super) async fn make(client: &Client, name: &str) -> Made {
    let card = card_id();
    match name {
        "card/list" => {
            let statuses = [CardStatus::VerifyOk, CardStatus::Dispatch];
            shown(client.cards(&statuses).try_collect().await)
        }
        "card/modifystock" => shown(client.modify_stock(&card, StockChange::Increase(100)).await),
        "card/modifystock_reduce" => {
            shown(client.modify_stock(&card, StockChange::Reduce(20)).await)
        }
        "card/modifystock_over_codes" => {
            let change = StockChange::Increase(100_000);
            shown(client.modify_stock(&card, change).await)
        }
        "card/delete" | "card/delete_twice" => shown(client.delete_card(&card).await),
        "card/paycell" | "card/paycell_without_store" => {
            shown(client.set_pay_cell(&card, true).await)
        }
        "card/selfconsumecell" => {
            let cell = SelfConsumeCell {
                is_open: true,
                need_verify_code: false,
                need_remark_amount: true,
            };
            shown(client.set_self_consume_cell(&card, cell).await)
        }
        "card/testwhitelist" => {
            let users = TestUsers {
                openids: vec![openid()],
                user_names: vec!["tester".to_owned(), "nobody".to_owned()],
            };
            shown(client.set_test_users(&users).await)
        }
        "card/article_html" => shown(client.article_html(&card).await),
        "card/storewxa" => shown(client.store_card(&"271262077".into()).await),
        "card/storewxa_set" => shown(client.set_store_card(&"271262077".into(), &card).await),
        "card/landingpage" => shown(client.create_landing_page(&landing_page()).await),
        "card/activity" => shown(client.create_activity(&activity()).await),
        _ => {
            if let Some(update) = update(name) {
                return shown(client.update_card(&card, &update).await);
            }
            let (target, seconds) = qr_code(name);
            shown(client.create_qr_code(&target, seconds).await)
        }
    }
}

fn update(name: &str) -> Option<CardUpdate> {
    Some(match name {
        "card/update" => CardUpdate::GeneralCoupon(CouponUpdate {
            base_info: whole_update(),
        }),
        "card/update_date_info" => CardUpdate::Cash(CouponUpdate {
            base_info: BaseUpdate {
                valid: Some(validity()),
                ..BaseUpdate::default()
            },
        }),
        "card/update_pay_cell" => CardUpdate::Gift(CouponUpdate {
            base_info: BaseUpdate {
                center_title: Some("立即使用".to_owned()),
                ..BaseUpdate::default()
            },
        }),
        "card/update_other_type" => CardUpdate::Groupon(CouponUpdate {
            base_info: BaseUpdate {
                get_limit: Some(2),
                ..BaseUpdate::default()
            },
        }),
        "card/update_member_card" => CardUpdate::MemberCard(Box::new(member_card())),
        "card/update_movie_ticket" => CardUpdate::MovieTicket(MovieTicketUpdate {
            detail: Some("三维版".to_owned()),
            ..MovieTicketUpdate::default()
        }),
        "card/update_meeting_ticket" => CardUpdate::MeetingTicket(MeetingTicketUpdate {
            map_url: Some("http://mmbiz.qpic.cn/mmbiz_jpg/map/0".to_owned()),
            ..MeetingTicketUpdate::default()
        }),
        "card/update_scenic_ticket" => CardUpdate::ScenicTicket(ScenicTicketUpdate {
            guide_url: Some("http://mmbiz.qpic.cn/mmbiz_jpg/map/0".to_owned()),
            ..ScenicTicketUpdate::default()
        }),
        "card/update_boarding_pass" => CardUpdate::BoardingPass(BoardingPassUpdate {
            departure_time: Some(time(1_798_000_000)),
            landing_time: Some(time(1_798_007_200)),
            gate: Some("A11".to_owned()),
            boarding_time: Some(time(1_797_998_200)),
            ..BoardingPassUpdate::default()
        }),
        _ => return None,
    })
}

fn validity() -> Validity {
    Validity {
        begin: time(1_798_000_000),
        end: time(1_800_000_000),
    }
}

/// Every field that a coupon can change.
fn whole_update() -> BaseUpdate {
    let text = |text: &str| Some(text.to_owned());
    BaseUpdate {
        logo_url: text("http://mmbiz.qpic.cn/mmbiz_jpg/logo/0"),
        notice: text("结账前请出示券码"),
        description: text("每桌限用一张"),
        color: Some(Color::new("Color020").unwrap()),
        service_phone: text("020-88888888"),
        location_id_list: Some(Vec::new()),
        use_all_locations: Some(false),
        center_title: text("立即使用"),
        center_sub_title: text("今日有效"),
        center_url: None,
        center_app: Some(MiniProgramLink {
            user_name: "gh_0000000000b0@app".to_owned(),
            path: "pages/use".to_owned(),
        }),
        custom_url_name: text("去点单"),
        custom_url: text("http://www.qq.com"),
        custom_url_sub_title: text("新品"),
        custom_app: None,
        promotion_url_name: text("更多优惠"),
        promotion_url: text("http://www.qq.com"),
        promotion_url_sub_title: text("本周"),
        promotion_app: None,
        code_type: Some(CodeType::Barcode),
        get_limit: Some(2),
        can_share: Some(true),
        can_give_friend: Some(false),
        valid: Some(validity()),
    }
}

fn member_card() -> MemberCardUpdate {
    let text = |text: &str| Some(text.to_owned());
    let named = |name_type: &str| CustomField {
        name_type: text(name_type),
        ..CustomField::default()
    };
    MemberCardUpdate {
        base_info: BaseUpdate {
            location_id_list: Some(vec![123, 456]),
            ..BaseUpdate::default()
        },
        bonus_cleared: text("每年末清零"),
        bonus_rules: text("每元一分"),
        balance_rules: text("充一百送十"),
        prerogative: text("会员九折"),
        custom_field1: Some(CustomField {
            url: text("http://www.qq.com"),
            ..named("FIELD_NAME_TYPE_LEVEL")
        }),
        custom_field2: Some(CustomField {
            name: text("印花"),
            ..CustomField::default()
        }),
        custom_field3: Some(named("FIELD_NAME_TYPE_COUPON")),
        custom_cell1: Some(CustomCell {
            name: "使用入口".to_owned(),
            tips: "激活后显示".to_owned(),
            url: "http://www.qq.com".to_owned(),
        }),
    }
}

fn qr_code(name: &str) -> (QrTarget, Option<u32>) {
    match name {
        "card/qrcode" => {
            let card = QrCard {
                card_id: card_id(),
                code: Some("A1B2".into()),
                openid: Some(openid()),
                is_unique_code: Some(true),
                outer_str: Some("counter-3".to_owned()),
            };
            (QrTarget::One(card), Some(1800))
        }
        "card/qrcode_many" => {
            let cards = vec![
                ListedCard {
                    card_id: card_id(),
                    code: None,
                    outer_str: None,
                },
                ListedCard {
                    card_id: other_card(),
                    code: Some("A1B2".into()),
                    outer_str: Some("counter-3".to_owned()),
                },
            ];
            (QrTarget::Many(cards), None)
        }
        "card/qrcode_unknown_card" => (QrTarget::One(QrCard::of(card_id())), None),
        _ => panic!("no call for {name}"),
    }
}

fn landing_page() -> LandingPage {
    LandingPage {
        banner: "http://mmbiz.qpic.cn/mmbiz_jpg/banner/0".to_owned(),
        page_title: "星河小馆".to_owned(),
        can_share: true,
        scene: LandingScene::NearBy,
        cards: vec![LandingCard {
            card_id: card_id(),
            thumb_url: "http://mmbiz.qpic.cn/mmbiz_jpg/thumb/0".to_owned(),
        }],
    }
}

fn activity() -> Activity {
    Activity {
        basics: ActivityBasics {
            activity_bg_color: "Color010".to_owned(),
            activity_tinyappid: "wx00000000000000b0".into(),
            begin_time: time(1_798_000_000),
            end_time: time(1_800_000_000),
            gift_num: 1,
            max_partic_times_act: 3,
            max_partic_times_one_day: 1,
            mch_code: "1900000109".into(),
        },
        cards: vec![
            ActivityCard {
                card_id: card_id(),
                min_amt: Fen(100),
                membership_appid: None,
            },
            ActivityCard {
                card_id: other_card(),
                min_amt: Fen(0),
                membership_appid: Some("wx00000000000000a0".into()),
            },
        ],
        audience: Some("AUDIENCE_NEW_MEMBER".to_owned()),
    }
}
