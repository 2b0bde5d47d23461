//! Sub-merchants, and rules by which a payment gives a card.

use serde::Deserialize;
use serde_json::{Value, json};
use wechat_client::{
    AppId, CardId, Client, Error, Fen, MchId, MediaId, MerchantId, RuleId, Timestamp,
    merchant::{Category, Merchant, MerchantApplication, SubCategory},
    pay_gift::{
        MerchantRefused, MerchantsTaken, PayGiftMemberCard, PayGiftRule, PayGiftRuleDetail,
    },
};

use super::{Arguments, Made, done, statistics};

#[derive(Deserialize)]
#[serde(remote = "MerchantApplication", deny_unknown_fields)]
struct Application {
    brand_name: String,
    app_id: Option<AppId>,
    logo_url: String,
    protocol: MediaId,
    agreement_media_id: Option<MediaId>,
    operator_media_id: Option<MediaId>,
    end_time: Timestamp,
    primary_category_id: u64,
    secondary_category_id: u64,
}

#[derive(Deserialize)]
#[serde(remote = "PayGiftMemberCard", deny_unknown_fields)]
struct MemberCard {
    card_id: CardId,
    jump_url: Option<String>,
    merchants: Vec<MchId>,
    begin_time: Timestamp,
    end_time: Timestamp,
    min_cost: Option<Fen>,
    max_cost: Option<Fen>,
    is_locked: Option<bool>,
}

pub(super) async fn make(client: &Client, name: &str, arguments: &Arguments<'_>) -> Made {
    let merchant = |merchant: Result<Merchant, Error>| merchant.map(|merchant| of(&merchant));
    match name {
        "merchant_categories" => {
            let categories = client.merchant_categories().await;
            Ok(categories.map(|categories| categories.iter().map(of_category).collect()))
        }
        "submit_merchant" => {
            let application = arguments.part("application", Application::deserialize)?;
            Ok(merchant(client.submit_merchant(&application).await))
        }
        "update_merchant" => {
            let application = arguments.part("application", Application::deserialize)?;
            let id = merchant_id(arguments)?;
            Ok(merchant(client.update_merchant(id, &application).await))
        }
        "merchant" => Ok(merchant(client.merchant(merchant_id(arguments)?).await)),
        "merchants" => {
            let status = arguments.text("status")?.to_owned().into();
            let merchants = client.merchants(status).try_collect().await;
            Ok(merchants.map(|merchants| merchants.iter().map(of).collect()))
        }
        _ => make_for_gifts(client, name, arguments).await,
    }
}

async fn make_for_gifts(client: &Client, name: &str, arguments: &Arguments<'_>) -> Made {
    let taken = |taken: Result<MerchantsTaken, Error>| taken.map(|taken| of_taken(&taken));
    match name {
        "add_pay_gift_rule" => {
            let rule = arguments.part("rule", PayGiftRule::deserialize)?;
            let made = client.add_pay_gift_rule(&rule).await;
            Ok(made.map(
                |made| json!({"rule_id": made.rule_id, "merchants": of_taken(&made.merchants)}),
            ))
        }
        "delete_pay_gift_rule" => Ok(done(client.delete_pay_gift_rule(rule_id(arguments)?).await)),
        "pay_gift_rule" => {
            let rule = client.pay_gift_rule(rule_id(arguments)?).await;
            Ok(rule.map(|rule| of_rule(&rule)))
        }
        "pay_gift_rules" => {
            let kind = arguments.text("kind")?.to_owned().into();
            let rules = client.pay_gift_rules(kind, arguments.flag("is_effective"));
            let rules = rules.try_collect().await;
            Ok(rules.map(|rules| rules.iter().map(of_rule).collect()))
        }
        "add_pay_gift_member_card" => {
            let gift = arguments.part("gift", MemberCard::deserialize)?;
            Ok(taken(client.add_pay_gift_member_card(&gift).await))
        }
        "delete_pay_gift_member_card" => {
            let merchants = arguments.part("merchants", Vec::<MchId>::deserialize)?;
            let card_id = arguments.card_id()?;
            let answer = client.delete_pay_gift_member_card(&card_id, &merchants);
            Ok(taken(answer.await))
        }
        "pay_gift_member_card" => {
            let merchant = arguments.text("merchant")?.into();
            let card = client.pay_gift_member_card(&merchant).await;
            Ok(card.map(|card| members!(card; card_id, occupy_appid, is_locked)))
        }
        _ => statistics::make(client, name, arguments).await,
    }
}

fn merchant_id(arguments: &Arguments<'_>) -> Result<MerchantId, String> {
    arguments.part("merchant_id", MerchantId::deserialize)
}

fn rule_id(arguments: &Arguments<'_>) -> Result<RuleId, String> {
    arguments.part("rule_id", RuleId::deserialize)
}

fn of(merchant: &Merchant) -> Value {
    members!(
        merchant; merchant_id, app_id, create_time, update_time, brand_name, logo_url, status,
        reason, begin_time, end_time, primary_category_id, secondary_category_id
    )
}

fn of_category(category: &Category) -> Value {
    let part = |part: &SubCategory| {
        members!(
            part; id, name, need_qualification_stuffs, can_choose_prepaid_card,
            can_choose_payment_card
        )
    };
    let parts: Value = category.parts.iter().map(part).collect();
    json!({"id": category.id, "name": category.name, "parts": parts})
}

fn of_taken(taken: &MerchantsTaken) -> Value {
    let refused = |refused: &MerchantRefused| {
        let mut shown = members!(refused; merchant, errmsg, occupy_rule_id, occupy_appid);
        shown["errcode"] = json!(refused.errcode.map(|errcode| errcode.0));
        shown
    };
    let failed: Value = taken.failed.iter().map(refused).collect();
    json!({"succeeded": taken.succeeded, "failed": failed})
}

fn of_rule(rule: &PayGiftRuleDetail) -> Value {
    members!(rule; rule_id, rule, status, create_time, update_time)
}
