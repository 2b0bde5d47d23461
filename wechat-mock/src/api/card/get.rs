//! POST `/card/get`: what was set and what WeChat adds, in WeChat's order, and nothing else.
//!
//! Source: published replies of five clients (2016 to 2021). The order is fixed for each level,
//! whatever the order in which create got its members.

use std::{borrow::Cow, collections::HashMap, sync::LazyLock};

use serde_json::{Value, json};

use super::suited_card;
use crate::{
    api::{Context, reply::Reply},
    facts,
    refusal::Refusal,
    world::card::{Card, Dates, members, whole},
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
/// What is shown whether create said anything or not, beside what WeChat sets.
const SHOWN_ALWAYS: [&str; 4] = ["id", "date_info", "location_id_list", "area_code_list"];
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
    let mut reply = String::with_capacity(2048);
    reply.push_str("{\"errcode\":0,\"errmsg\":\"ok\",\"card\":");
    write_shown(context.world.card(at), &mut reply);
    reply.push('}');
    Ok(Reply::Written(reply))
}

/// A card as WeChat shows it.
pub(crate) fn shown(card: &Card) -> Value {
    let mut text = String::new();
    write_shown(card, &mut text);
    serde_json::from_str(&text).expect("what was written is JSON")
}

/// Writes a card as WeChat shows it. The texts of the values are taken over as they were kept: a card
/// is looked at often.
fn write_shown(card: &Card, text: &mut String) {
    let node = card.node.members();
    let of = |name: &str| {
        let found = node.iter().find(|(key, _)| key == name);
        found.map_or("null", |(_, value)| *value)
    };
    let mut own: Vec<(&str, &str)> = node
        .iter()
        .map(|(key, value)| (&**key, *value))
        .filter(|(key, value)| !["base_info", "advanced_info"].contains(key) && *value != "null")
        .collect();
    own.sort_by_key(|(key, _)| place(&format!("{}.{key}", card.card_type.node)));

    text.push_str("{\"card_type\":");
    push_json(text, card.card_type.name);
    text.push(',');
    push_json(text, card.card_type.node);
    text.push_str(":{\"base_info\":{");
    write_base_info(card, of("base_info"), text);
    text.push('}');
    for (key, value) in own {
        text.push(',');
        push_member(text, key, value);
    }
    text.push_str(",\"advanced_info\":{");
    write_advanced_info(of("advanced_info"), text);
    text.push_str("}}}");
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

/// Where a member of `base_info` stands.
fn place_in_base(key: &str) -> usize {
    static PLACES: LazyLock<HashMap<&str, usize>> = LazyLock::new(|| {
        let fields = fixtures::card_fields().as_array().into_iter().flatten();
        let others = fields
            .filter_map(|field| field["path"].as_str()?.strip_prefix("base_info."))
            .filter(|path| !path.contains('.'));
        let order = [&BEFORE_STATUS[..], &OF_WECHAT, &AFTER_STATUS].concat();
        let mut places = HashMap::new();
        for (key, place) in order.into_iter().chain(others).zip(0..) {
            places.entry(key).or_insert(place);
        }
        places
    });
    PLACES.get(key).copied().unwrap_or(usize::MAX)
}

fn write_base_info(card: &Card, given: &str, text: &mut String) {
    let given = members(given);
    let of = |name: &str| {
        let found = given.iter().find(|(key, _)| key == name);
        found
            .map(|(_, value)| *value)
            .filter(|value| *value != "null")
    };
    let mut shown: Vec<(usize, &str, Cow<'_, str>)> = Vec::with_capacity(given.len() + 8);
    let mut show = |key, value| shown.push((place_in_base(key), key, value));
    for (key, value) in &given {
        let is_set = OF_WECHAT.contains(&&**key) || SHOWN_ALWAYS.contains(&&**key);
        if !is_set && *value != "null" {
            show(key, as_shown(key, value));
        }
    }
    for key in OF_WECHAT.into_iter().chain(SHOWN_ALWAYS) {
        let value = match key {
            "id" => Cow::Owned(json_text(&card.card_id)),
            "date_info" => Cow::Owned(date_info(card.terms.dates).to_string()),
            "location_id_list" => Cow::Borrowed(of(key).unwrap_or("[]")),
            "status" => Cow::Owned(json_text(card.status.as_str())),
            "sku" => Cow::Owned(format!(
                "{{\"quantity\":{},\"total_quantity\":{}}}",
                card.quantity, card.total_quantity
            )),
            "create_time" => Cow::Owned(card.create_time.to_string()),
            "update_time" => Cow::Owned(card.update_time.to_string()),
            // It comes after all others.
            _ => continue,
        };
        show(key, value);
    }
    shown.sort_by_key(|(place, ..)| *place);
    for (_, key, value) in &shown {
        push_member(text, key, value);
        text.push(',');
    }
    text.push_str("\"area_code_list\":[]");
}

/// The value of a member of `base_info` as card/get writes it.
fn as_shown<'t>(key: &str, value: &'t str) -> Cow<'t, str> {
    let changed = match key {
        "color" => serde_json::from_str::<String>(value)
            .ok()
            .map(|color| json_text(facts::color_value(&color).unwrap_or(&color))),
        "use_limit" | "get_limit" => serde_json::from_str(value)
            .ok()
            .and_then(|limit| whole(&limit))
            .map(|limit| limit.to_string()),
        _ => None,
    };
    changed.map_or(Cow::Borrowed(value), Cow::Owned)
}

fn write_advanced_info(given: &str, text: &mut String) {
    let given = members(given);
    let mut is_first = true;
    for key in ADVANCED {
        let found = given.iter().find(|(known, _)| known == key);
        let value = found.map_or("null", |(_, value)| *value);
        let value = match key {
            "time_limit" | "text_image_list" | "business_service" if value.starts_with('[') => {
                value
            }
            "time_limit" | "text_image_list" | "business_service" | "consume_share_card_list" => {
                "[]"
            }
            "share_friends" => "false",
            _ if value.starts_with('{') => value,
            _ => continue,
        };
        if !is_first {
            text.push(',');
        }
        is_first = false;
        push_member(text, key, value);
    }
}

fn json_text(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    push_json(&mut json, text);
    json
}

/// Writes a text as JSON.
fn push_json(into: &mut String, text: &str) {
    let is_plain = text
        .bytes()
        .all(|byte| !matches!(byte, 0..0x20 | b'"' | b'\\'));
    if is_plain {
        into.extend(["\"", text, "\""]);
    } else {
        into.push_str(&Value::from(text).to_string());
    }
}

fn push_member(into: &mut String, key: &str, value: &str) {
    push_json(into, key);
    into.push(':');
    into.push_str(value);
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
