use serde_json::json;
use wechat_client::{
    Client, Fen,
    pay_gift::{MemberRule, PayGiftMemberCard, PayGiftRule, RuleBase, RuleKind},
};

use super::{Made, card_id, shown, time};

pub(super) async fn make(client: &Client, name: &str) -> Made {
    let merchant = "1900000109".into();
    let base_info = RuleBase {
        merchants: vec!["1900000109".into(), "1900000110".into()],
        begin_time: time(1_798_000_000),
        end_time: time(1_800_000_000),
    };
    match name {
        "pay_gift/add" => {
            let rule = PayGiftRule {
                kind: RuleKind::PayMemberCard,
                base_info,
                member_rule: Some(MemberRule {
                    card_id: card_id(),
                    least_cost: Fen(200),
                    max_cost: Fen(20_000),
                    jump_url: Some("https://www.qq.com".to_owned()),
                }),
                single_pay: None,
            };
            shown(client.add_pay_gift_rule(&rule).await)
        }
        "pay_gift/add_single" => {
            let rule = PayGiftRule {
                kind: RuleKind::SinglePay,
                base_info,
                member_rule: None,
                single_pay: Some(json!({"card_id": card_id()})),
            };
            shown(client.add_pay_gift_rule(&rule).await)
        }
        "pay_gift/delete" => shown(client.delete_pay_gift_rule(1_228_374.into()).await),
        "pay_gift/get" => shown(client.pay_gift_rule(1_228_374.into()).await),
        "pay_gift/list" => {
            let rules = client.pay_gift_rules(RuleKind::PayMemberCard, true);
            shown(rules.try_collect().await)
        }
        "pay_gift/member_card_add" => {
            let gift = PayGiftMemberCard {
                card_id: card_id(),
                jump_url: Some("https://www.qq.com".to_owned()),
                merchants: vec![merchant],
                begin_time: base_info.begin_time,
                end_time: base_info.end_time,
                min_cost: Some(Fen(1)),
                max_cost: Some(Fen(20_000)),
                is_locked: Some(true),
            };
            shown(client.add_pay_gift_member_card(&gift).await)
        }
        "pay_gift/member_card_delete" => {
            let card_id = card_id();
            shown(
                client
                    .delete_pay_gift_member_card(&card_id, &[merchant])
                    .await,
            )
        }
        "pay_gift/member_card_get" => shown(client.pay_gift_member_card(&merchant).await),
        _ => panic!("no call for {name}"),
    }
}
