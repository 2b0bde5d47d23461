//! One card that is taken and one that is refused for every row of the field table, made from the
//! table itself.

use serde_json::{Map, Value, json};

use crate::support::{Answer, DAY, NOW, TestMock};

mod values;

/// A row, and the card it is tried on.
struct Row<'a> {
    row: &'a Value,
    path: &'a str,
    /// The type whose card carries the field.
    card_type: String,
    picture: &'a str,
}

/// A card, and the number it is to be answered with.
struct Try {
    what: String,
    card: Value,
    errcode: i64,
}

fn rows() -> impl Iterator<Item = &'static Value> {
    fixtures::card_fields().as_array().unwrap().iter()
}

/// A card of a type with the required fields and nothing else.
fn bare_card(card_type: &str, picture: &str) -> Value {
    let base_info = json!({
        "logo_url": picture,
        "code_type": "CODE_TYPE_TEXT",
        "brand_name": "星河小馆",
        "title": "满百减二十",
        "color": "Color010",
        "notice": "请出示券码",
        "description": "不与其他优惠同享",
        "sku": {"quantity": 500},
        "date_info": {
            "type": "DATE_TYPE_FIX_TIME_RANGE",
            "begin_timestamp": NOW.to_string(),
            "end_timestamp": (NOW + DAY).to_string(),
        },
    });
    let mut node = match card_type {
        "GROUPON" => json!({"deal_detail": "双人餐"}),
        "CASH" => json!({"least_cost": 1000, "reduce_cost": 100}),
        "DISCOUNT" => json!({"discount": 30}),
        "GIFT" => json!({"gift": "杯子"}),
        "GENERAL_COUPON" => json!({"default_detail": "减二十元"}),
        "MEMBER_CARD" => json!({
            "prerogative": "会员价", "supply_bonus": false, "supply_balance": false,
            "auto_activate": true,
        }),
        "GENERAL_CARD" => json!({"sub_card_type": "GIFT_CARD"}),
        "MEETING_TICKET" => json!({"meeting_detail": "大会"}),
        "SCENIC_TICKET" => json!({"ticket_class": "全票"}),
        "MOVIE_TICKET" => json!({"detail": "首映"}),
        "BOARDING_PASS" => json!({
            "from": "广州", "to": "北京", "flight": "CZ3101", "air_model": "空客A350",
            "departure_time": "1798003600", "landing_time": "1798014400",
        }),
        other => panic!("no card of the type {other}"),
    };
    node["base_info"] = base_info;
    let name = card_type.to_ascii_lowercase();
    json!({"card": {"card_type": card_type, name: node}})
}

/// The place of a path, made where it is not yet; a list is opened at its first entry.
fn place<'a>(node: &'a mut Value, path: &str) -> &'a mut Value {
    path.split('.').fold(node, |at, name| {
        if at.is_null() {
            *at = json!({});
        }
        match name.strip_suffix("[]") {
            None => &mut at[name],
            Some(list) => {
                let entries = &mut at[list];
                if entries.as_array().is_none_or(Vec::is_empty) {
                    *entries = json!([{}]);
                }
                &mut entries[0]
            }
        }
    })
}

impl<'a> Row<'a> {
    fn new(row: &'a Value, picture: &'a str) -> Self {
        let path = row["path"].as_str().unwrap();
        let types = row["cards"].as_array();
        let card_type = if path.starts_with("base_info.pay_info") || path.contains("is_pay_and") {
            "MEMBER_CARD"
        } else {
            types.map_or("GENERAL_COUPON", |types| types[0].as_str().unwrap())
        };
        Self {
            row,
            path,
            card_type: card_type.to_owned(),
            picture,
        }
    }

    fn number(&self, key: &str) -> Option<i64> {
        self.row[key].as_i64()
    }

    /// The field's path inside the card's own node.
    fn inside(&self) -> &'a str {
        let own = format!("{}.", self.card_type.to_ascii_lowercase());
        self.path.strip_prefix(&own).unwrap_or(self.path)
    }

    /// A card with a value at the field's place, and with what must stand beside it.
    fn card(&self, value: Value) -> Value {
        let mut card = bare_card(&self.card_type, self.picture);
        let node = &mut card["card"][self.card_type.to_ascii_lowercase()];
        self.add_neighbours(node);
        *place(node, self.inside()) = value;
        self.suit(node);
        card
    }

    /// What is required within the same object, when the object is not there by itself.
    fn add_neighbours(&self, node: &mut Value) {
        let Some((parent, _)) = self.path.rsplit_once('.') else {
            return;
        };
        for other in rows() {
            let path = other["path"].as_str().unwrap();
            let is_beside = path.rsplit_once('.').is_some_and(|(of, _)| of == parent);
            let is_wanted = other["required"] == "with_parent"
                || other["required"].get("unless_given").is_some();
            if is_beside && is_wanted {
                let other = Row {
                    card_type: self.card_type.clone(),
                    ..Row::new(other, self.picture)
                };
                *place(node, other.inside()) = other.right_values().swap_remove(0);
            }
        }
    }

    /// Other fields that the value at hand asks for.
    fn suit(&self, node: &mut Value) {
        let base = &mut node["base_info"];
        let pair = |base: &mut Value, link: &str| {
            base[format!("{link}_app_brand_user_name")] = json!("gh_0000000000b0@app");
            base[format!("{link}_app_brand_pass")] = json!("pages/index");
        };
        match self.path {
            "base_info.get_custom_code_mode" => {
                base["use_custom_code"] = json!(true);
                base["sku"]["quantity"] = json!(0);
            }
            "base_info.custom_url" => pair(base, "custom"),
            "base_info.center_url" => pair(base, "center"),
            "base_info.promotion_url" => pair(base, "promotion"),
            "base_info.sub_merchant_info" => {
                if let Some(info) = base["sub_merchant_info"].as_object_mut() {
                    info.entry("merchant_id").or_insert(json!(7));
                }
            }
            "base_info.date_info.type" => {
                let own_type = base["date_info"]["type"].clone();
                if own_type == "DATE_TYPE_FIX_TERM" || own_type == 2 || own_type == "2" {
                    base["date_info"] =
                        json!({"type": own_type, "fixed_term": 1, "fixed_begin_term": 0});
                }
            }
            "base_info.date_info.fixed_term" | "base_info.date_info.fixed_begin_term" => {
                let info = base["date_info"].as_object_mut().unwrap();
                info.remove("begin_timestamp");
                info.remove("end_timestamp");
                info.insert("type".to_owned(), json!("DATE_TYPE_FIX_TERM"));
                info.entry("fixed_term").or_insert(json!(1));
                info.entry("fixed_begin_term").or_insert(json!(0));
            }
            "member_card.auto_activate" => node["activate_url"] = json!("https://a"),
            _ => {}
        }
        if let Some(entry) = node.pointer_mut("/advanced_info/text_image_list/0")
            && self.path.starts_with("advanced_info.text_image_list[]")
            && self.path != "advanced_info.text_image_list[].text"
        {
            entry["text"] = json!("招牌菜");
        }
        for cell in ["custom_cell1", "custom_cell2", "custom_cell3"] {
            if self.path == format!("member_card.{cell}")
                && let Some(cell) = node[cell].as_object_mut()
            {
                cell.extend(members(
                    json!({"name": "会员", "tips": "福利", "url": "https://a"}),
                ));
            }
        }
        for field in ["custom_field1", "custom_field2", "custom_field3"] {
            if self.path == format!("member_card.{field}")
                && let Some(field) = node[field].as_object_mut()
            {
                field.extend(members(json!({"name": "等级"})));
            }
        }
    }

    fn wrong_cards(&self) -> Vec<Try> {
        let values = if self.row["required"] == "never_sent" {
            vec![("sent".to_owned(), json!("x"), 47001)]
        } else {
            let mut values = self.values_of_wrong_kinds();
            values.extend(self.wrong_values());
            values
        };
        let tried = values.into_iter().map(|(what, value, errcode)| Try {
            what: format!("{}: {what}", self.path),
            card: self.card(value),
            errcode,
        });
        tried.collect()
    }

    fn without(&self) -> Option<(Try, String)> {
        let required = &self.row["required"];
        let values = self.right_values();
        let mut card = match values.first() {
            Some(value) => self.card(value.clone()),
            None => bare_card(&self.card_type, self.picture),
        };
        let node = &mut card["card"][self.card_type.to_ascii_lowercase()];
        if let Some(flags) = required["unless_true"].as_array() {
            for flag in flags {
                let name = flag.as_str().unwrap().rsplit('.').next().unwrap();
                node.as_object_mut().unwrap().remove(name);
            }
        }
        let is_required = required == "always" || required == "with_parent" || required.is_object();
        let (parent, key) = self
            .inside()
            .rsplit_once('.')
            .unwrap_or(("", self.inside()));
        let object = if parent.is_empty() {
            node
        } else {
            place(node, parent)
        };
        object.as_object_mut().unwrap().remove(key);
        let has = if self.row["kind"] == "bool" {
            "has_"
        } else {
            ""
        };
        let around = if parent.is_empty() {
            String::new()
        } else {
            format!("{}().", parent.replace('.', "()."))
        };
        let path = format!("m_data.{around}{has}{key}");
        is_required.then(|| {
            let errcode = self.number("missing").unwrap_or(41011);
            let what = format!("{}: missing", self.path);
            let tail = if errcode == 41011 {
                path
            } else {
                String::new()
            };
            (
                Try {
                    what,
                    card,
                    errcode,
                },
                tail,
            )
        })
    }
}

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        other => panic!("{other} is no object"),
    }
}

async fn mock_with_a_merchant() -> TestMock {
    let test = TestMock::start().await;
    let merchants = json!({"sub_merchants": [
        {"merchant_id": 7, "brand_name": "分店", "status": "APPROVED"},
    ]});
    let changed = test
        .control("PATCH", "accounts/wx00000000000000a0", &merchants)
        .await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    test
}

fn complain(wrong: &mut Vec<String>, tried: &Try, answer: &Answer) {
    if answer.errcode() != tried.errcode {
        wrong.push(format!(
            "{}: {}, not {}",
            tried.what,
            answer.text(),
            tried.errcode
        ));
    }
}

#[tokio::test]
async fn every_row_takes_what_it_allows() {
    let test = mock_with_a_merchant().await;
    let picture = test.image_url().await;
    let mut wrong = Vec::new();
    for row in rows() {
        let row = Row::new(row, &picture);
        let mut cards = vec![bare_card(&row.card_type, &picture)];
        if row.row["required"] != "never_sent" {
            cards.extend(row.right_values().into_iter().map(|value| row.card(value)));
        }
        for card in cards {
            let tried = Try {
                what: row.path.to_owned(),
                errcode: 0,
                card,
            };
            complain(
                &mut wrong,
                &tried,
                &test.post("/card/create", &tried.card).await,
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn every_row_refuses_what_it_does_not_allow() {
    let test = mock_with_a_merchant().await;
    let picture = test.image_url().await;
    let mut wrong = Vec::new();
    for row in rows() {
        let row = Row::new(row, &picture);
        let tries = row.wrong_cards();
        assert!(!tries.is_empty(), "{}", row.path);
        for tried in tries {
            let answer = test.post("/card/create", &tried.card).await;
            complain(&mut wrong, &tried, &answer);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn every_required_row_is_missed_and_named() {
    let test = mock_with_a_merchant().await;
    test.control(
        "PATCH",
        "switches",
        &json!({"empty_sub_merchant": "refuse"}),
    )
    .await;
    let picture = test.image_url().await;
    let mut wrong = Vec::new();
    let mut count = 0;
    for row in rows() {
        let row = Row::new(row, &picture);
        let Some((tried, tail)) = row.without() else {
            continue;
        };
        count += 1;
        let answer = test.post("/card/create", &tried.card).await;
        complain(&mut wrong, &tried, &answer);
        if !answer.json()["errmsg"]
            .as_str()
            .unwrap_or_default()
            .ends_with(&tail)
        {
            wrong.push(format!(
                "{}: {} does not name {tail}",
                tried.what,
                answer.text()
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(count > 40, "{count}");
}

#[tokio::test]
async fn of_several_missing_fields_the_first_of_the_table_is_named() {
    let test = TestMock::start().await;
    let card = json!({"card": {"card_type": "GROUPON", "groupon": {"base_info": {"sku": {}}}}});
    let answer = test.post("/card/create", &card).await;
    assert_eq!(answer.errcode(), 41011);
    let errmsg = answer.json()["errmsg"].as_str().unwrap().to_owned();
    assert!(errmsg.ends_with(" m_data.base_info().logo_url"), "{errmsg}");
}

#[tokio::test]
async fn a_right_that_was_withheld_is_missed_when_it_is_used() {
    let test = TestMock::start().await;
    let picture = test.image_url().await;
    let rules = fixtures::rules().as_array().unwrap();
    let mut seen = 0;
    for row in rows().filter(|row| row["right"].is_string()) {
        let right = row["right"].as_str().unwrap();
        let rule = rules.iter().find(|rule| rule["right"] == right).unwrap();
        let restrictions = json!({"restrictions": {"withheld": [right]}});
        test.control("PATCH", "accounts/wx00000000000000a0", &restrictions)
            .await;
        let row = Row::new(row, &picture);
        let used = if row.row["kind"] == "bool" {
            json!(true)
        } else {
            json!("https://a")
        };
        let answer = test.post("/card/create", &row.card(used)).await;
        assert_eq!(json!(answer.errcode()), rule["errcode"], "{}", row.path);
        let bare = bare_card(&row.card_type, &picture);
        assert_eq!(test.post("/card/create", &bare).await.errcode(), 0);
        seen += 1;
    }
    assert!(seen >= 6, "{seen}");
}
