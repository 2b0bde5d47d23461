//! One card, one code of it, and a call on them, as the conditions of a row want them.

use serde_json::{Value, json};

use crate::support::{DAY, NOW};

const PICTURE: &str = "http://mmbiz.qpic.cn/mmbiz_jpg/logo/0";
const CARD_ID: &str = "pSuits";

#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) call: &'static str,
    card_type: &'static str,
    node: Value,
    /// Members of the card beside its node.
    card: Value,
    /// Members of the code that alice holds.
    code: Value,
    /// Whether alice has redeemed another code of the card.
    has_redeemed: bool,
    withheld: Vec<&'static str>,
    switches: Value,
    /// Members of the body beside the card.
    beside: Value,
    /// What card/update is to change.
    change: Value,
}

/// RFC 7386.
fn merge(into: &mut Value, patch: &Value) {
    let Value::Object(members) = patch else {
        *into = patch.clone();
        return;
    };
    for (key, value) in members {
        if value.is_null() {
            into.as_object_mut().unwrap().remove(key);
        } else {
            merge(&mut into[key], value);
        }
    }
}

fn fill(value: &mut Value) {
    match value {
        Value::String(text) => {
            *text = text
                .replace("{{LOGO}}", PICTURE)
                .replace("{{NOW}}", &NOW.to_string());
            if let Some(seconds) = text.strip_prefix("{{NOW+") {
                let seconds: i64 = seconds.trim_end_matches('}').parse().unwrap();
                *text = (NOW + seconds).to_string();
            }
        }
        Value::Array(entries) => entries.iter_mut().for_each(fill),
        Value::Object(members) => members.values_mut().for_each(fill),
        _ => {}
    }
}

fn card_type_of(name: &Value) -> &'static str {
    let mut types = fixtures::card_types().as_array().unwrap().iter();
    let known = types.find(|known| *known == name);
    known.unwrap().as_str().unwrap()
}

/// The type of card that a call is for.
fn suited_type(call: &str) -> &'static str {
    match call {
        "/card/meetingticket/updateuser" => "MEETING_TICKET",
        "/card/movieticket/updateuser" => "MOVIE_TICKET",
        "/card/boardingpass/checkin" => "BOARDING_PASS",
        "/card/paygiftcard/add" => "MEMBER_CARD",
        _ if call.starts_with("/card/generalcard/") => "GENERAL_CARD",
        _ if call.starts_with("/card/membercard/") || call.contains("member") => "MEMBER_CARD",
        _ => "GENERAL_COUPON",
    }
}

impl Scene {
    /// A scene in which no row of the call holds.
    pub(super) fn of(call: &'static str) -> Self {
        let mut scene = Self {
            call,
            card_type: "",
            node: json!({}),
            card: json!({"status": "CARD_STATUS_VERIFY_OK", "quantity": 500, "total_quantity": 500}),
            code: json!({"status": "NORMAL", "begin_time": NOW, "end_time": NOW + 10 * DAY}),
            has_redeemed: false,
            withheld: Vec::new(),
            switches: json!({}),
            beside: json!({}),
            change: json!({"base_info": {"notice": "请出示"}}),
        };
        scene.become_a(suited_type(call));
        match call {
            "/card/code/update" => scene.patch_base(&json!({"use_custom_code": true})),
            "/card/code/deposit" => scene.hold("deposit", &json!(true)),
            "/card/membercard/updateuser"
            | "/card/membercard/unactivate"
            | "/card/generalcard/unactivate" => scene.hold("member_active", &json!(true)),
            _ => {}
        }
        scene
    }

    fn become_a(&mut self, card_type: &'static str) {
        self.card_type = card_type;
        self.node = fixtures::capture_card(card_type);
        fill(&mut self.node);
        self.patch_base(&json!({"location_id_list": [291_710_000]}));
        if card_type == "MEMBER_CARD" {
            merge(
                &mut self.node,
                &json!({"auto_activate": null, "wx_activate": true}),
            );
        }
    }

    fn patch_base(&mut self, patch: &Value) {
        merge(&mut self.node["base_info"], patch);
    }

    /// This scene so that a row's `when` holds; one for each of the values that hold.
    pub(super) fn in_which_holds(self, when: &Value) -> Vec<Self> {
        let when = when.as_object().unwrap();
        let mut scenes = vec![self];
        // The type first: it brings a node of its own.
        let (types, others): (Vec<_>, Vec<_>) = when
            .iter()
            .partition(|(name, _)| name.starts_with("card_type"));
        for (name, value) in types.into_iter().chain(others) {
            let values: Vec<Value> = match (name.as_str(), value) {
                ("given" | "not_given" | "switch", value) => vec![value.clone()],
                // Any other one will do.
                ("card_type_not", _) => {
                    let types = ["GENERAL_COUPON", "MEMBER_CARD", "CASH"];
                    let others = types.iter().map(|name| json!(name));
                    let mut others =
                        others.filter(|name| !value.as_array().unwrap().contains(name));
                    vec![others.next().unwrap()]
                }
                ("quantity_not", _) => vec![json!(1)],
                (_, Value::Array(values)) => values.clone(),
                (_, value) => vec![value.clone()],
            };
            let name = name
                .strip_suffix("_not")
                .filter(|name| !name.is_empty())
                .unwrap_or(name);
            let is_given = |value: &Value| *value != "GIFT_SUCC";
            let with = |scene: &Self, value: &Value| {
                let mut scene = scene.clone();
                scene.hold(name, value);
                scene
            };
            // The giver's code is found no more once a friend has it: no row is asked.
            let values: Vec<&Value> = values.iter().filter(|value| is_given(value)).collect();
            scenes = scenes
                .iter()
                .flat_map(|scene| values.iter().map(|value| with(scene, value)))
                .collect();
        }
        scenes
    }

    fn hold(&mut self, name: &str, value: &Value) {
        let is = *value == true;
        match name {
            "card_type" => self.become_a(card_type_of(value)),
            "status" => self.card["status"] = value.clone(),
            "use_custom_code" => self.patch_base(&json!({"use_custom_code": is})),
            "deposit" if is => {
                let mode = "GET_CUSTOM_CODE_MODE_DEPOSIT";
                self.patch_base(&json!({"use_custom_code": true, "get_custom_code_mode": mode}));
                self.patch_base(&json!({"sku": {"quantity": 0}}));
                let deposit = json!({"codes": ["D-1"], "handed_out": 0});
                merge(&mut self.card, &json!({"quantity": 1, "deposit": deposit}));
            }
            "deposit" => {
                self.patch_base(&json!({"get_custom_code_mode": null}));
                merge(&mut self.card, &json!({"deposit": null}));
            }
            "bind_openid" => self.patch_base(&json!({"bind_openid": is})),
            "quantity" => self.patch_base(&json!({"sku": {"quantity": value}})),
            "in_stock" => self.card["quantity"] = json!(if is { 500 } else { 0 }),
            "has_store" => self.patch_base(&json!({"location_id_list": null})),
            "has_centre" => self.patch_base(&json!({"center_title": "立即使用"})),
            "pay_cell_open" => self.card["cells"] = json!({"pay": true}),
            "self_consume_cell_open" => {
                let cell = json!({"need_verify_cod": false, "need_remark_amount": false});
                self.card["cells"] = json!({"self_consume": cell});
            }
            "auto_activate" => self.node["auto_activate"] = value.clone(),
            "wx_activate" => self.node["wx_activate"] = value.clone(),
            "has_activate_url" => self.node["activate_url"] = json!("http://a.example/join"),
            "supply_bonus" => merge(
                &mut self.node,
                &json!({"supply_bonus": is, "bonus_rules": "消费一元积一分"}),
            ),
            "shown_fields" => merge(&mut self.node, &shown(value)),
            "new_supply_bonus" => self.change = json!({"supply_bonus": is}),
            "new_shown_fields" => {
                merge(&mut self.node, &json!({"supply_bonus": true}));
                self.change = shown(value);
                merge(&mut self.change, &json!({"supply_bonus": null}));
            }
            "new_has_centre" => self.change = json!({"base_info": {"center_title": "立即使用"}}),
            "code_status" => self.stand(value),
            "began" => self.code["begin_time"] = json!(NOW + DAY),
            "use_limit_reached" => {
                self.patch_base(&json!({"use_limit": 1}));
                self.has_redeemed = true;
            }
            "marked_for_another" => {
                self.code["mark"] = json!({"user": "bob", "until": NOW + DAY});
            }
            "member_active" => {
                let since = if is { json!(NOW) } else { Value::Null };
                let member = json!({
                    "membership_number": "M-1", "activated_at": since, "bonus": 0, "balance": 0,
                    "custom_field_values": ["", "", ""], "background_pic_url": "",
                    "filled_in": {"common_field_list": [], "custom_field_list": []},
                });
                self.code["member"] = member;
            }
            "is_open" | "check_consume" | "is_unique_code" => self.beside[name] = value.clone(),
            "custom_code_is_legal" => self.beside["code"] = json!("no code"),
            "given" => self.beside[value[0].as_str().unwrap()] = json!("C-1"),
            "not_given" => {}
            "rule_type" => self.beside["type"] = value.clone(),
            "msgtype" => self.beside["msgtype"] = value.clone(),
            "category_closed" => self.withheld.push(self.card_type),
            "switch" => self.switches = value.clone(),
            name => panic!("nobody knows how to arrange {name}"),
        }
    }

    fn stand(&mut self, status: &Value) {
        match status.as_str().unwrap() {
            "EXPIRE" => self.code["end_time"] = json!(NOW - 1),
            "GIFTING" => {
                self.code["gift"] = json!({"user": "bob", "until": NOW + DAY});
                self.code["status"] = status.clone();
            }
            _ => self.code["status"] = status.clone(),
        }
        if status == "EXPIRE" {
            self.code["begin_time"] = json!(NOW - DAY);
        }
    }

    /// A world that has this card, but for a call that makes it.
    pub(super) fn world(&self, empty: &Value) -> Value {
        let mut world = empty.clone();
        world["switches"] = self.switches.clone();
        let account = &mut world["accounts"][0];
        assert_eq!(account["name"], "oa");
        account["restrictions"]["withheld"] = json!(self.withheld);
        if self.call == "/card/create" {
            return world;
        }
        let mut card = json!({
            "card_id": CARD_ID, "card_type": self.card_type, "node": self.node,
            "create_time": NOW, "update_time": NOW,
        });
        merge(&mut card, &self.card);
        let of_alice = json!({"code": "C-1", "card_id": CARD_ID, "user": "alice"});
        let mut code = of_alice.clone();
        merge(&mut code, &self.code);
        let mut codes = vec![code];
        if self.has_redeemed {
            let mut redeemed = of_alice;
            merge(
                &mut redeemed,
                &json!({"code": "C-2", "status": "CONSUMED", "begin_time": NOW, "end_time": NOW + DAY}),
            );
            codes.push(redeemed);
        }
        account["state"]["cards"] = json!([card]);
        account["state"]["codes"] = json!(codes);
        world
    }

    /// The body of the call; `openid` is alice's.
    pub(super) fn body(&self, openid: &str) -> Value {
        let node = self.card_type.to_ascii_lowercase();
        let mut beside = json!({"card_id": CARD_ID});
        merge(&mut beside, &self.beside);
        let of_code = |members: Value| {
            let mut body = json!({"card_id": CARD_ID, "code": "C-1"});
            merge(&mut body, &members);
            merge(&mut body, &self.beside);
            body
        };
        let of_card = |members: Value| {
            let mut body = members;
            merge(&mut body, &beside);
            body
        };
        match self.call {
            "/card/create" => json!({"card": {"card_type": self.card_type, node: self.node}}),
            "/card/update" => json!({"card_id": CARD_ID, node: self.change}),
            "/card/modifystock" => of_card(json!({"increase_stock_value": 1})),
            "/card/paycell/set" | "/card/selfconsumecell/set" => of_card(json!({"is_open": true})),
            "/card/landingpage/create" => {
                let card = of_card(json!({"thumb_url": PICTURE}));
                json!({
                    "banner": PICTURE, "page_title": "星河小馆", "can_share": true,
                    "scene": "SCENE_NEAR_BY", "card_list": [card],
                })
            }
            "/card/code/deposit" | "/card/code/checkcode" => of_card(json!({"code": ["X-1"]})),
            "/card/membercard/activate/geturl" => of_card(json!({"outer_str": "till"})),
            "/card/membercard/activateuserform/set" => of_card(json!({
                "required_form": {"common_field_id_list": ["USER_FORM_INFO_FLAG_MOBILE"]},
            })),
            "/card/qrcode/create" => {
                json!({"action_name": "QR_CARD", "action_info": {"card": beside}})
            }
            "/card/code/get"
            | "/card/code/consume"
            | "/card/membercard/userinfo/get"
            | "/card/membercard/unactivate"
            | "/card/generalcard/unactivate" => of_code(json!({})),
            "/card/code/update" => of_code(json!({"new_code": "C-9"})),
            "/card/code/unavailable" => of_code(json!({"reason": "退款"})),
            "/card/code/mark" => of_code(json!({"openid": openid, "is_mark": true})),
            "/card/meetingticket/updateuser" => {
                of_code(json!({"zone": "C区", "entrance": "东北门", "seat_number": "2排15号"}))
            }
            "/card/movieticket/updateuser" => of_code(json!({
                "ticket_class": "4D", "show_time": NOW, "duration": 120,
                "screening_room": "5号影厅", "seat_number": ["5排14号"],
            })),
            "/card/boardingpass/checkin" => of_code(json!({
                "passenger_name": "张三", "class": "Y", "seat": "31A", "etkt_bnr": "7812345678901",
            })),
            "/card/membercard/activate" | "/card/generalcard/activate" => {
                of_code(json!({"membership_number": "M-1"}))
            }
            "/card/membercard/updateuser" => of_code(json!({"add_bonus": 1})),
            "/card/generalcard/updateuser" => of_code(json!({"balance": 1})),
            "/card/paygiftcard/add" => {
                let mut info = json!({
                    "type": "RULE_TYPE_PAY_MEMBER_CARD",
                    "base_info": {
                        "mchid_list": ["1900000109"], "begin_time": NOW, "end_time": NOW + DAY,
                    },
                    "member_rule": {
                        "card_id": CARD_ID, "least_cost": 200, "max_cost": 20000,
                        "jump_url": "https://a.example",
                    },
                });
                merge(&mut info, &self.beside);
                json!({"rule_info": info})
            }
            "/card/paygiftmembercard/add" => of_card(json!({
                "mchid_list": ["1900000109"], "begin_time": NOW, "end_time": NOW + DAY,
                "min_cost": 1, "max_cost": 20000, "jump_url": "https://a.example",
            })),
            "/datacube/getcardmembercarddetail" => {
                of_card(json!({"begin_date": "2026-12-20", "end_date": "2026-12-21"}))
            }
            "/card/get"
            | "/card/delete"
            | "/card/mpnews/gethtml"
            | "/card/code/getdepositcount" => of_card(json!({})),
            call => {
                let mut body = json!({"touser": openid, "wxcard": {"card_id": CARD_ID}});
                match call {
                    "/cgi-bin/message/mass/send" => body["touser"] = json!([openid, openid]),
                    "/cgi-bin/message/mass/sendall" => {
                        body =
                            json!({"filter": {"is_to_all": true}, "wxcard": {"card_id": CARD_ID}});
                    }
                    _ => {}
                }
                body["msgtype"] = json!("wxcard");
                body
            }
        }
    }
}

/// Four or five of bonus, balance and three custom fields.
fn shown(count: &Value) -> Value {
    let field = json!({"name": "等级", "url": "http://a.example"});
    json!({
        "supply_bonus": true, "bonus_rules": "消费一元积一分",
        "supply_balance": *count == 5, "balance_rules": "仅限本店",
        "custom_field1": field, "custom_field2": field, "custom_field3": field,
    })
}
