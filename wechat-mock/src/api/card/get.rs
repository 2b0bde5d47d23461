//! POST `/card/get`: a card as WeChat shows it, in WeChat's order.

use serde_json::{Map, Value, json};

use super::living_card;
use crate::{
    api::{Context, reply::Reply},
    facts,
    refusal::Refusal,
    world::card::{Card, Dates, whole},
};

/// Texts that are there even when create did not get them.
const TEXTS: [&str; 8] = [
    "custom_url_name",
    "custom_url",
    "custom_url_sub_title",
    "promotion_url",
    "promotion_url_name",
    "center_title",
    "center_sub_title",
    "center_url",
];

pub(in crate::api) fn get(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = living_card(context)?;
    Ok(Reply::card(json!({"card": shown(context.world.card(at))})))
}

fn shown(card: &Card) -> Value {
    let mut node = Map::new();
    node.insert("base_info".to_owned(), base_info(card));
    for (key, value) in card.node.as_object().into_iter().flatten() {
        if key != "base_info" && key != "advanced_info" {
            node.insert(key.clone(), value.clone());
        }
    }
    node.insert("advanced_info".to_owned(), advanced_info(card));
    json!({"card_type": card.card_type, card.node_name(): node})
}

fn base_info(card: &Card) -> Value {
    let given = &card.node["base_info"];
    let text = |key: &str| json!(given[key].as_str().unwrap_or_default());
    let flag = |key: &str, default: bool| json!(given[key].as_bool().unwrap_or(default));
    let color = given["color"].as_str().unwrap_or_default();
    let mut shown = json!({
        "id": card.card_id,
        "logo_url": text("logo_url"),
        "code_type": text("code_type"),
        "brand_name": text("brand_name"),
        "title": text("title"),
        "sub_title": text("sub_title"),
        "date_info": date_info(card.terms.dates),
        "color": facts::color_value(color).unwrap_or(color),
        "notice": text("notice"),
        "service_phone": text("service_phone"),
        "description": text("description"),
        "source": text("source"),
        "location_id_list": given["location_id_list"].as_array().cloned().unwrap_or_default(),
        "get_limit": card.terms.get_limit,
        "can_share": flag("can_share", true),
        "can_give_friend": flag("can_give_friend", true),
        "use_custom_code": card.terms.use_custom_code,
        "bind_openid": card.terms.bind_openid,
        "status": card.status,
        "sku": {"quantity": card.quantity, "total_quantity": card.total_quantity},
        "create_time": card.create_time,
        "update_time": card.update_time,
    });
    for key in TEXTS {
        shown[key] = text(key);
    }
    for (key, value) in given.as_object().into_iter().flatten() {
        if shown.get(key).is_none() {
            shown[key] = match whole(value) {
                Some(number) if key == "use_limit" => json!(number),
                _ => value.clone(),
            };
        }
    }
    shown["area_code_list"] = json!([]);
    shown
}

fn date_info(dates: Dates) -> Value {
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
    let list = |key: &str| json!(given[key].as_array().cloned().unwrap_or_default());
    let mut shown = json!({
        "time_limit": list("time_limit"),
        "text_image_list": list("text_image_list"),
        "business_service": list("business_service"),
        "consume_share_card_list": [],
        "share_friends": false,
    });
    for key in ["abstract", "use_condition"] {
        if given[key].is_object() {
            shown[key] = given[key].clone();
        }
    }
    shown
}
