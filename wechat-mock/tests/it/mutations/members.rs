//! Valid calls about members, gifts on payment, sub-merchants and statistics.

use serde_json::{Value, json};

use crate::{
    members::{after_submit, fill_in, gift_rule, held, member_card, sub_merchant, with},
    support::{DAY, NOW, TestMock},
};

pub(super) struct MemberThings {
    holder: Value,
    member: Value,
    general: Value,
    /// A member, a holder of an active general card, and of one that is not.
    leavers: [Value; 3],
    form_card: String,
    ticket: Value,
    to_delete: Value,
    rule_id: Value,
    brand: Value,
    merchant_id: Value,
}

impl MemberThings {
    pub(super) async fn make(test: &TestMock) -> Self {
        let holder = held(test, "alice", &member_card(test, json!({})).await).await;
        let auto = member_card(test, json!({"auto_activate": true})).await;
        let member = held(test, "alice", &auto).await;
        let node = json!({"sub_card_type": "GIFT_CARD"});
        let general = test.create_of("GENERAL_CARD", node.clone()).await;
        let active = with(&node, json!({"auto_activate": true}));
        let active = test.create_of("GENERAL_CARD", active).await;
        let leavers = [
            held(test, "bob", &auto).await,
            held(test, "bob", &active).await,
            held(test, "bob", &general).await,
        ];
        let form_card = member_card(test, after_submit()).await;
        let for_form = held(test, "alice", &form_card).await;
        let filled_in = fill_in(test, "alice", &for_form, Value::Null).await.json();
        let mut rules = Vec::new();
        for mchids in [&["1"][..], &["2", "3"]] {
            let rule = gift_rule(&auto, mchids);
            let added = test.post("/card/paygiftcard/add", &rule).await.json();
            rules.push(added["rule_id"].clone());
        }
        let brand = sub_merchant(test).await;
        let call = json!({"info": brand});
        let submitted = test.post("/card/submerchant/submit", &call).await.json();
        Self {
            holder,
            member,
            leavers,
            general: held(test, "alice", &general).await,
            form_card,
            ticket: filled_in["activate_ticket"].clone(),
            to_delete: rules.remove(0),
            rule_id: rules.remove(0),
            brand,
            merchant_id: submitted["info"]["merchant_id"].clone(),
        }
    }

    /// The body of a valid call.
    pub(super) fn body(&self, path: &str) -> Option<Value> {
        let card_id = &self.member["card_id"];
        let id = json!({"merchant_id": self.merchant_id});
        let days = json!({"begin_date": "2026-12-01", "end_date": "2026-12-22"});
        let dates = json!({"begin_time": NOW, "end_time": NOW + DAY});
        let of_card = |mchid: &str| json!({"card_id": card_id, "mchid_list": [mchid]});
        let body = match path {
            "/card/membercard/activate" => with(
                &self.holder,
                json!({"membership_number": "M-1", "init_bonus": 5}),
            ),
            "/card/membercard/unactivate" => self.leavers[0].clone(),
            "/card/generalcard/unactivate" => self.leavers[1].clone(),
            "/card/generalcard/activate" => {
                with(&self.leavers[2], json!({"membership_number": "M-2"}))
            }
            "/card/membercard/activate/geturl" => {
                json!({"card_id": self.form_card, "outer_str": "7"})
            }
            "/card/membercard/activateuserform/set" => json!({
                "card_id": self.form_card,
                "required_form": {
                    "common_field_id_list": ["USER_FORM_INFO_FLAG_NAME"],
                    "custom_field_list": ["喜欢的菜"],
                    "rich_field_list": [
                        {"type": "FORM_FIELD_RADIO", "name": "口味", "values": ["辣"]},
                    ],
                },
            }),
            "/card/membercard/activatetempinfo/get" => json!({"activate_ticket": self.ticket}),
            "/card/membercard/userinfo/get" => self.member.clone(),
            "/card/membercard/updateuser" => {
                with(&self.member, json!({"add_bonus": 5, "balance": 100}))
            }
            "/card/generalcard/updateuser" => with(&self.general, json!({"bonus": 5})),
            "/card/paygiftcard/add" => gift_rule(card_id.as_str()?, &["4"]),
            "/card/paygiftcard/delete" => json!({"rule_id": self.to_delete}),
            "/card/paygiftcard/getbyid" => json!({"rule_id": self.rule_id}),
            "/card/paygiftcard/batchget" => json!({
                "type": "RULE_TYPE_PAY_MEMBER_CARD", "effective": true, "offset": 0, "count": 10,
            }),
            "/card/paygiftmembercard/add" => with(&of_card("5"), dates),
            "/card/paygiftmembercard/delete" => of_card("3"),
            "/card/paygiftmembercard/get" => json!({"mchid": "2"}),
            "/card/getapplyprotocol" => Value::Null,
            "/card/submerchant/submit" => json!({"info": self.brand}),
            "/card/submerchant/update" => json!({"info": with(&self.brand, id)}),
            "/card/submerchant/get" => id,
            "/card/submerchant/batchget" => {
                json!({"begin_id": 0, "limit": 10, "status": "APPROVED"})
            }
            "/datacube/getcardmembercarddetail" => with(&days, json!({"card_id": card_id})),
            path if path.starts_with("/datacube/") => with(&days, json!({"cond_source": 1})),
            _ => return None,
        };
        Some(body)
    }
}
