//! What card/get shows of a card, piece by piece, in WeChat's order.

use std::{borrow::Cow, collections::HashMap, ops::Range, sync::LazyLock};

use super::{date_info, push_json};
use crate::{
    facts,
    world::card::{Card, Piece, members, whole},
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

/// The pieces of a card.
pub(super) fn of(card: &Card) -> Box<[Piece]> {
    let text = card.node.text();
    let node = members(text);
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

    let mut pieces = Pieces {
        text,
        done: Vec::new(),
    };
    pieces.fixed("{\"card_type\":");
    pieces.fixed(&json_text(card.card_type.name));
    pieces.fixed(",");
    pieces.fixed(&json_text(card.card_type.node));
    pieces.fixed(":{\"base_info\":{");
    add_base_info(card, of("base_info"), &mut pieces);
    pieces.fixed("}");
    for (key, value) in own {
        pieces.comma();
        pieces.member(key, value);
    }
    pieces.fixed(",\"advanced_info\":{");
    add_advanced_info(of("advanced_info"), &mut pieces);
    pieces.fixed("}}}");
    pieces.done.into()
}

/// Pieces so far.
struct Pieces<'t> {
    /// The text of the node.
    text: &'t str,
    done: Vec<Piece>,
}

impl Pieces<'_> {
    /// Adds a text that does not change, behind that before it.
    fn fixed(&mut self, text: &str) {
        match self.done.last_mut() {
            Some(Piece::Fixed(before)) => *before = [before, text].concat().into(),
            _ => self.done.push(Piece::Fixed(text.into())),
        }
    }

    /// Adds a member; it may stand in the text of the node as it is.
    fn member(&mut self, key: &str, value: &str) {
        // A shorter one costs less than its place.
        const SHORT: u32 = 32;
        let range = self.place(key, value);
        match (self.done.last_mut(), range) {
            (Some(Piece::Kept(before)), Some(range)) if before.end == range.start => {
                before.end = range.end;
            }
            (_, Some(range)) if range.end - range.start > SHORT => {
                self.done.push(Piece::Kept(range));
            }
            _ => self.fixed(&format!("{}:{value}", json_text(key))),
        }
    }

    /// Adds a comma.
    fn comma(&mut self) {
        match self.done.last_mut() {
            Some(Piece::Kept(before)) if self.text[before.end as usize..].starts_with(',') => {
                before.end += 1;
            }
            _ => self.fixed(","),
        }
    }

    /// Where a member stands in the text of the node, if its value is a part of that.
    fn place(&self, key: &str, value: &str) -> Option<Range<u32>> {
        let start = value.as_ptr().addr();
        let start = start.checked_sub(self.text.as_ptr().addr())?;
        let end = start + value.len();
        let before = self.text.get(..start).filter(|_| end <= self.text.len())?;
        let before = before.strip_suffix("\":")?.strip_suffix(key)?;
        let start = before.strip_suffix('"')?.len();
        Some(start.try_into().ok()?..end.try_into().ok()?)
    }
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

/// What a member of `base_info` is shown with.
enum Shown<'t> {
    Text(Cow<'t, str>),
    Changing(Piece),
}

fn add_base_info(card: &Card, given: &str, pieces: &mut Pieces<'_>) {
    let given = members(given);
    let of = |name: &str| {
        let found = given.iter().find(|(key, _)| key == name);
        found
            .map(|(_, value)| *value)
            .filter(|value| *value != "null")
    };
    let mut shown: Vec<(usize, &str, Shown<'_>)> = Vec::with_capacity(given.len() + 8);
    let mut show = |key, value| shown.push((place_in_base(key), key, value));
    for (key, value) in &given {
        let is_set = OF_WECHAT.contains(&&**key) || SHOWN_ALWAYS.contains(&&**key);
        if !is_set && *value != "null" {
            show(key, Shown::Text(as_shown(key, value)));
        }
    }
    for key in OF_WECHAT.into_iter().chain(SHOWN_ALWAYS) {
        let value = match key {
            "id" => Shown::Text(json_text(&card.card_id).into()),
            "date_info" => Shown::Text(date_info(card.terms.dates).to_string().into()),
            "location_id_list" => Shown::Text(of(key).unwrap_or("[]").into()),
            "status" => Shown::Changing(Piece::Status),
            "sku" => Shown::Changing(Piece::Stock),
            "create_time" => Shown::Text(card.create_time.to_string().into()),
            "update_time" => Shown::Changing(Piece::UpdateTime),
            // It comes after all others.
            _ => continue,
        };
        show(key, value);
    }
    shown.sort_by_key(|(place, ..)| *place);
    for (_, key, value) in shown {
        match value {
            Shown::Text(value) => pieces.member(key, &value),
            Shown::Changing(piece) => {
                pieces.fixed(&json_text(key));
                pieces.fixed(":");
                pieces.done.push(piece);
            }
        }
        pieces.comma();
    }
    pieces.fixed("\"area_code_list\":[]");
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

fn add_advanced_info(given: &str, pieces: &mut Pieces<'_>) {
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
            pieces.comma();
        }
        is_first = false;
        pieces.member(key, value);
    }
}

fn json_text(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    push_json(&mut json, text);
    json
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::world::card::{CardType, Description};

    #[test]
    fn members_that_stand_together_are_one_piece() {
        let node = json!({"base_info": {
            "logo_url": "http://mmbiz.qpic.cn/a/0", "code_type": "CODE_TYPE_QRCODE", "brand_name": "店",
            "title": "满百减二十", "date_info": {"type": "DATE_TYPE_PERMANENT"}, "color": "Color010",
            "notice": "a notice of more than thirty-two bytes", "sku": {"quantity": 5},
        }});
        let card_type = CardType::read("GENERAL_COUPON").unwrap();
        let card = Card::new(
            "p1".to_owned(),
            card_type,
            Description::read(&node).unwrap(),
            7,
        );
        let pieces = of(&card);
        let kept = |piece: &Piece| match piece {
            Piece::Kept(range) => Some(&card.node.text()[range.start as usize..range.end as usize]),
            _ => None,
        };
        let kept: Vec<&str> = pieces.iter().filter_map(kept).collect();
        let [first, notice] = kept.as_slice() else {
            panic!("{kept:?}")
        };
        assert!(first.starts_with("\"logo_url\":"), "{first}");
        assert!(first.ends_with("\"title\":\"满百减二十\","), "{first}");
        assert!(notice.starts_with("\"notice\":"), "{notice}");
        let shown = super::super::shown(&card);
        let base = &shown["general_coupon"]["base_info"];
        assert_eq!(base["title"], "满百减二十");
        assert_eq!(base["color"], facts::color_value("Color010").unwrap());
        assert_eq!(base["sku"], json!({"quantity": 5, "total_quantity": 5}));
        assert_eq!(base["location_id_list"], Value::Array(Vec::new()));
    }
}
