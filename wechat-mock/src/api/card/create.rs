//! POST `/card/create`: a new kind of card.

use serde_json::{Map, Value, json};

use super::fields::{CardNode, Judge};
use crate::{
    api::{
        Context,
        call::{shortened, wrong_kind},
        reply::Reply,
    },
    facts,
    refusal::Refusal,
    switches::{Switch, Switches},
    world::{
        account::{Account, SubMerchantStatus},
        card::{Card, Dates, whole},
        clock::LATEST,
    },
};

pub(in crate::api) fn create(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let call = context.call;
    let switches = context.world.switches;
    let (card_type, node) = card_of(call.json()?, switches)?;
    check_withdrawn(card_type, switches)?;
    let number = context.own_number();
    let now = context.world.now();
    let name = card_type.to_ascii_lowercase();
    let account = context.world.account(number);

    CardNode {
        name: &name,
        members: node,
    }
    .check(&mut Judge {
        switches,
        uploaded: &|url| account.images.contains(url),
        advice: &mut context.advice,
    })?;
    check_dates(node, card_type, now)?;
    check_stock(node)?;
    if switches.is(Switch::LinkWithoutMiniProgram, "refuse") {
        check_links(node)?;
    }
    check_retired(node, card_type)?;
    check_texts_with_pictures(node)?;
    check_sub_merchant(node, account)?;

    let card_id = context.world.account_mut(number).draw_card_id();
    let mut node = Value::Object(node.clone());
    if switches.is(Switch::GetLimitDefault, "quantity") && node["base_info"]["get_limit"].is_null()
    {
        node["base_info"]["get_limit"] = node["base_info"]["sku"]["quantity"].clone();
    }
    let card = Card::new(card_id.clone(), card_type, node, now)
        .ok_or_else(|| Refusal::new("WX-CRD-015"))?;
    context.world.add_card(number, card);
    Ok(Reply::card(json!({"card_id": card_id})))
}

/// The type of a card and the node that describes it.
fn card_of(
    body: &Map<String, Value>,
    switches: Switches,
) -> Result<(&str, &Map<String, Value>), Refusal> {
    let ignores = switches.is(Switch::UnknownKey, "ignore");
    let card = match body.get("card") {
        Some(Value::Object(card)) => card,
        Some(other) => return Err(wrong_kind("card", "an object", other)),
        None => {
            return Err(Refusal::new("WX-CRD-001")
                .expected("card, with card_type and the node named like it")
                .received("no card")
                .tail("m_data"));
        }
    };
    if let Some(key) = body.keys().find(|key| *key != "card")
        && !ignores
    {
        return Err(misplaced(key));
    }
    let card_type = match card.get("card_type") {
        Some(Value::String(card_type)) => card_type.as_str(),
        None | Some(Value::Null) => "",
        Some(other) => return Err(wrong_kind("card.card_type", "a string", other)),
    };
    if !facts::is_card_type(card_type) {
        return Err(Refusal::new("WX-CRD-010")
            .expected("a card_type such as GENERAL_COUPON")
            .received(if card_type.is_empty() {
                "no card_type".into()
            } else {
                shortened(card_type)
            }));
    }
    let name = card_type.to_ascii_lowercase();
    let node = match card.get(&name) {
        Some(Value::Object(node)) => node,
        Some(other) => return Err(wrong_kind(&format!("card.{name}"), "an object", other)),
        None => {
            let keys: Vec<&str> = card.keys().map(String::as_str).collect();
            return Err(Refusal::new("WX-CRD-011")
                .expected(format!("card.{name}"))
                .received(shortened(&keys.join(", "))));
        }
    };
    if let Some(key) = card.keys().find(|key| *key != "card_type" && **key != name)
        && !ignores
    {
        return Err(misplaced(&format!("card.{key}")));
    }
    Ok((card_type, node))
}

fn misplaced(path: &str) -> Refusal {
    Refusal::new("WX-WIRE-008")
        .expected("{\"card\":{\"card_type\":…,\"<type>\":{…}}}")
        .received(shortened(path))
}

/// What an account may get whose coupon right was withdrawn; its member cards live on.
fn check_withdrawn(card_type: &str, switches: Switches) -> Result<(), Refusal> {
    match switches.errcode(Switch::Retirement) {
        Some(errcode) if card_type != "MEMBER_CARD" => {
            Err(Refusal::numbered("WX-CRD-027", errcode)
                .expected("MEMBER_CARD")
                .received(card_type))
        }
        _ => Ok(()),
    }
}

fn check_dates(node: &Map<String, Value>, card_type: &str, now: i64) -> Result<(), Refusal> {
    let info = &node["base_info"]["date_info"];
    let dates = Dates::read(info).ok_or_else(|| {
        let keys: Vec<&str> = info
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, _)| key.as_str())
            .collect();
        Refusal::new("WX-CRD-015")
            .expected("the keys of the type in date_info")
            .received(shortened(&keys.join(", ")))
    })?;
    match dates {
        Dates::Range { begin, end } => {
            check_seconds("begin_timestamp", begin)?;
            check_end(begin, end, now)
        }
        Dates::Term { end: Some(end), .. } => check_end(0, end, now),
        Dates::Term { end: None, .. } => Ok(()),
        Dates::Permanent if card_type == "MEMBER_CARD" => Ok(()),
        Dates::Permanent => Err(Refusal::new("WX-CRD-016")
            .expected("DATE_TYPE_FIX_TIME_RANGE or DATE_TYPE_FIX_TERM")
            .received("DATE_TYPE_PERMANENT")),
    }
}

fn check_seconds(key: &str, time: i64) -> Result<(), Refusal> {
    if (0..=LATEST).contains(&time) {
        return Ok(());
    }
    let what = if time > LATEST {
        "more than ten digits: milliseconds?"
    } else {
        "a negative number"
    };
    Err(Refusal::new("WX-CRD-012")
        .expected(format!("{key}: seconds since 1970, at most {LATEST}"))
        .received(format!("{time}, {what}")))
}

fn check_end(begin: i64, end: i64, now: i64) -> Result<(), Refusal> {
    check_seconds("end_timestamp", end)?;
    if end <= begin {
        return Err(Refusal::new("WX-CRD-013")
            .expected(format!("end_timestamp: after {begin}"))
            .received(end.to_string()));
    }
    if end <= now {
        return Err(Refusal::new("WX-CRD-014")
            .expected(format!("end_timestamp: after {now}, the time of the mock"))
            .received(end.to_string()));
    }
    Ok(())
}

fn check_stock(node: &Map<String, Value>) -> Result<(), Refusal> {
    let base = &node["base_info"];
    let quantity = whole(&base["sku"]["quantity"]).unwrap_or_default();
    let is_deposit = base["get_custom_code_mode"] == "GET_CUSTOM_CODE_MODE_DEPOSIT";
    if is_deposit && (quantity != 0 || base["use_custom_code"] != true) {
        return Err(Refusal::new("WX-CRD-023")
            .expected("use_custom_code true and quantity 0")
            .received(format!(
                "use_custom_code {}, quantity {quantity}",
                base["use_custom_code"]
            )));
    }
    if !is_deposit && quantity == 0 {
        return Err(Refusal::new("WX-CRD-024")
            .expected("base_info.sku.quantity: 1 or more")
            .received("0"));
    }
    Ok(())
}

/// Links to web pages are taken only together with a mini-program.
fn check_links(node: &Map<String, Value>) -> Result<(), Refusal> {
    let base = &node["base_info"];
    let given = |key: &str| base[key].as_str().is_some_and(|text| !text.is_empty());
    for link in ["custom", "center", "promotion"] {
        let has_mini_program = given(&format!("{link}_app_brand_user_name"))
            && given(&format!("{link}_app_brand_pass"));
        if given(&format!("{link}_url")) && !has_mini_program {
            return Err(Refusal::new("WX-CRD-018")
                .expected(format!(
                    "{link}_app_brand_user_name and {link}_app_brand_pass with {link}_url"
                ))
                .received(format!("{link}_url alone")));
        }
    }
    Ok(())
}

/// Kinds of coupons that WeChat no longer makes.
fn check_retired(node: &Map<String, Value>, card_type: &str) -> Result<(), Refusal> {
    let swipe = &node["base_info"]["pay_info"]["swipe_card"];
    if card_type != "MEMBER_CARD" && swipe["is_swipe_card"] == true {
        return Err(Refusal::new("WX-CRD-025")
            .expected("no pay_info")
            .received("pay_info.swipe_card"));
    }
    let advanced = node.get("advanced_info").unwrap_or(&Value::Null);
    let shares = advanced["consume_share_card_list"]
        .as_array()
        .is_some_and(|cards| !cards.is_empty());
    if shares || advanced["share_friends"] == true {
        return Err(Refusal::new("WX-CRD-026")
            .expected("no share_friends")
            .received("a coupon shared among friends"));
    }
    Ok(())
}

fn check_texts_with_pictures(node: &Map<String, Value>) -> Result<(), Refusal> {
    let entries = node
        .get("advanced_info")
        .and_then(|advanced| advanced["text_image_list"].as_array())
        .into_iter()
        .flatten();
    for (index, entry) in entries.enumerate() {
        let given = |key: &str| entry[key].as_str().is_some_and(|text| !text.is_empty());
        if !given("image_url") && !given("text") {
            return Err(Refusal::new("WX-CRD-022")
                .expected(format!("text_image_list[{index}]: image_url or text"))
                .received("neither"));
        }
    }
    Ok(())
}

fn check_sub_merchant(node: &Map<String, Value>, account: &Account) -> Result<(), Refusal> {
    let merchant_id = &node["base_info"]["sub_merchant_info"]["merchant_id"];
    if merchant_id.is_null() {
        return Ok(());
    }
    let received = shortened(&merchant_id.to_string()).into_owned();
    let known = whole(merchant_id)
        .and_then(|id| u64::try_from(id).ok())
        .and_then(|id| {
            let mut merchants = account.profile.sub_merchants.iter();
            merchants.find(|merchant| merchant.merchant_id == id)
        });
    match known.map(|merchant| merchant.status) {
        Some(SubMerchantStatus::Approved) => Ok(()),
        Some(status) => Err(Refusal::new("WX-CRD-020")
            .expected("a sub-merchant that is APPROVED")
            .received(format!("{received}, which is {}", json!(status)))),
        None => Err(Refusal::new("WX-CRD-019")
            .expected("a merchant_id of this account's sub_merchants")
            .received(received)),
    }
}
