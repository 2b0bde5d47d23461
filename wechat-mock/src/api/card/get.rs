//! POST `/card/get`: what was set and what WeChat adds, in WeChat's order, and nothing else.
//!
//! Source: published replies of five clients (2016 to 2021). The order is fixed for each level,
//! whatever the order in which create got its members.

use std::{collections::HashMap, sync::LazyLock};

use serde_json::{Map, Value, json};

use super::suited_card;
use crate::{
    api::{Context, reply::Reply},
    facts,
    refusal::Refusal,
    world::card::{Card, Dates, whole},
};

/// The members of `base_info` up to those that WeChat alone sets.
const BEFORE_STATUS: [&str; 19] = [
    "id",
    "logo_url",
    "code_type",
    "brand_name",
    "title",
    "sub_title",
    "date_info",
    "color",
    "notice",
    "service_phone",
    "description",
    "source",
    "location_id_list",
    "use_limit",
    "get_limit",
    "can_share",
    "can_give_friend",
    "use_custom_code",
    "bind_openid",
];
/// What WeChat sets, whether create said anything or not.
const OF_WECHAT: [&str; 4] = ["status", "sku", "create_time", "update_time"];
const AFTER_STATUS: [&str; 8] = [
    "custom_url_name",
    "custom_url",
    "custom_url_sub_title",
    "promotion_url",
    "promotion_url_name",
    "center_title",
    "center_sub_title",
    "center_url",
];
/// The members of `advanced_info`; the lists are there in any case.
const ADVANCED: [&str; 7] = [
    "time_limit",
    "text_image_list",
    "business_service",
    "consume_share_card_list",
    "abstract",
    "use_condition",
    "share_friends",
];

pub(in crate::api) fn get(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = suited_card(context)?;
    Ok(Reply::card(json!({"card": shown(context.world.card(at))})))
}

/// A card as WeChat shows it.
pub(crate) fn shown(card: &Card) -> Value {
    let mut node = Map::new();
    node.insert("base_info".to_owned(), base_info(card));
    let own = card.node.as_object().into_iter().flatten();
    let own = own.filter(|(key, value)| {
        !["base_info", "advanced_info"].contains(&key.as_str()) && !value.is_null()
    });
    let mut own: Vec<(&String, &Value)> = own.collect();
    own.sort_by_key(|(key, _)| place(&format!("{}.{key}", card.node_name())));
    for (key, value) in own {
        node.insert(key.clone(), value.clone());
    }
    node.insert("advanced_info".to_owned(), advanced_info(card));
    json!({"card_type": card.card_type, card.node_name(): node})
}

/// Where a field stands in the table of `/card/create`; what is not in it comes last.
fn place(path: &str) -> usize {
    static PLACES: LazyLock<HashMap<&str, usize>> = LazyLock::new(|| {
        let fields = fixtures::card_fields().as_array().into_iter().flatten();
        let paths = fields.filter_map(|field| field["path"].as_str());
        paths.zip(0..).collect()
    });
    PLACES.get(path).copied().unwrap_or(usize::MAX)
}

fn base_info(card: &Card) -> Value {
    let given = card.node["base_info"].as_object();
    let mut rest: Vec<&String> = given
        .into_iter()
        .flat_map(Map::keys)
        .filter(|key| {
            let key = key.as_str();
            let placed = [&BEFORE_STATUS[..], &OF_WECHAT, &AFTER_STATUS].concat();
            !placed.contains(&key) && key != "area_code_list"
        })
        .collect();
    rest.sort_by_key(|key| place(&format!("base_info.{key}")));
    let order = BEFORE_STATUS
        .into_iter()
        .chain(OF_WECHAT)
        .chain(AFTER_STATUS)
        .chain(rest.into_iter().map(String::as_str))
        .chain(["area_code_list"]);
    let shown = order.filter_map(|key| {
        let given = given.and_then(|given| given.get(key));
        member(card, key, given.filter(|value| !value.is_null()))
            .map(|value| (key.to_owned(), value))
    });
    Value::Object(shown.collect())
}

/// A member of `base_info`, when there is anything to show; `given` is what create or update said.
fn member(card: &Card, key: &str, given: Option<&Value>) -> Option<Value> {
    Some(match key {
        "id" => json!(card.card_id),
        "date_info" => date_info(card.terms.dates),
        "color" => {
            let color = given?.as_str()?;
            json!(facts::color_value(color).unwrap_or(color))
        }
        "location_id_list" => given.cloned().unwrap_or_else(|| json!([])),
        "status" => json!(card.status),
        "sku" => json!({"quantity": card.quantity, "total_quantity": card.total_quantity}),
        "create_time" => json!(card.create_time),
        "update_time" => json!(card.update_time),
        "area_code_list" => json!([]),
        "use_limit" | "get_limit" => match whole(given?) {
            Some(number) => json!(number),
            None => given?.clone(),
        },
        _ => given?.clone(),
    })
}

/// `date_info` as WeChat shows it.
pub(crate) fn date_info(dates: Dates) -> Value {
    match dates {
        Dates::Range { begin, end } => json!({
            "type": "DATE_TYPE_FIX_TIME_RANGE", "begin_timestamp": begin, "end_timestamp": end,
        }),
        Dates::Term {
            days,
            starts_after,
            end,
        } => {
            let mut info = json!({
                "type": "DATE_TYPE_FIX_TERM", "fixed_term": days, "fixed_begin_term": starts_after,
            });
            if let Some(end) = end {
                info["end_timestamp"] = json!(end);
            }
            info
        }
        Dates::Permanent => json!({"type": "DATE_TYPE_PERMANENT"}),
    }
}

fn advanced_info(card: &Card) -> Value {
    let given = &card.node["advanced_info"];
    let shown = ADVANCED.into_iter().filter_map(|key| {
        let value = match key {
            "time_limit" | "text_image_list" | "business_service" => {
                json!(given[key].as_array().cloned().unwrap_or_default())
            }
            "consume_share_card_list" => json!([]),
            "share_friends" => json!(false),
            _ => given[key].as_object().map(|value| json!(value))?,
        };
        Some((key.to_owned(), value))
    });
    Value::Object(shown.collect())
}
