//! Rules that relate the fields of a card to each other, to the account or to the time.

use serde_json::{Map, Value, json};

use crate::{
    api::call::shortened,
    refusal::{Advice, Refusal},
    switches::{Switch, Switches},
    world::{
        account::Account,
        card::{Dates, whole},
        clock::LATEST,
        profile::SubMerchantStatus,
    },
};

/// Card types that can be made under a sub-merchant.
const OF_SUB_MERCHANTS: [&str; 6] = [
    "GROUPON",
    "CASH",
    "DISCOUNT",
    "GIFT",
    "GENERAL_COUPON",
    "MEMBER_CARD",
];

/// A card whose fields are right one by one.
pub(super) struct Relations<'a> {
    pub(super) card_type: &'a str,
    pub(super) node: &'a Map<String, Value>,
    /// Its `base_info`.
    pub(super) base: &'a Value,
    pub(super) account: &'a Account,
    pub(super) switches: Switches,
    /// Seconds since 1970.
    pub(super) now: i64,
}

impl Relations<'_> {
    pub(super) fn check(&self, advice: &mut Vec<Advice>) -> Result<(), Refusal> {
        self.check_dates()?;
        self.check_stores(advice)?;
        if self.switches.is(Switch::LinkWithoutMiniProgram, "refuse") {
            self.check_links()?;
        }
        self.check_payment()?;
        self.check_friends()?;
        self.check_texts_with_pictures()?;
        self.check_sub_merchant()?;
        self.check_words()
    }

    /// What card/update can break; `former` is what the dates were.
    pub(super) fn check_update(
        &self,
        former: Dates,
        advice: &mut Vec<Advice>,
    ) -> Result<(), Refusal> {
        self.check_widened(former)?;
        self.check_stores(advice)?;
        if self.switches.is(Switch::LinkWithoutMiniProgram, "refuse") {
            self.check_links()?;
        }
        self.check_words()
    }

    /// A range can only grow; other dates stay as they are.
    fn check_widened(&self, former: Dates) -> Result<(), Refusal> {
        let dates = Dates::read(&self.base["date_info"]);
        if dates == Some(former) {
            return Ok(());
        }
        if let (
            Dates::Range { begin, end },
            Some(Dates::Range {
                begin: first,
                end: last,
            }),
        ) = (former, dates)
        {
            check_seconds("begin_timestamp", first)?;
            check_seconds("end_timestamp", last)?;
            if first <= begin && end <= last {
                return Ok(());
            }
        }
        let expected = match former {
            Dates::Range { begin, end } => format!("a range that holds {begin} to {end}"),
            Dates::Term { .. } | Dates::Permanent => "the dates as they were made".to_owned(),
        };
        Err(Refusal::new("WX-CRD-064")
            .expected(expected)
            .received(shortened(&self.base["date_info"].to_string())))
    }

    fn advanced(&self) -> &Value {
        self.node.get("advanced_info").unwrap_or(&Value::Null)
    }

    /// Whether a text of `base_info` is there and not empty.
    fn has_text(&self, key: &str) -> bool {
        is_text(&self.base[key])
    }

    fn check_dates(&self) -> Result<(), Refusal> {
        let info = &self.base["date_info"];
        let dates = Dates::read(info).ok_or_else(|| {
            let members = info.as_object().into_iter().flatten();
            let keys: Vec<&str> = members.map(|(key, _)| key.as_str()).collect();
            Refusal::new("WX-CRD-015")
                .expected("the keys of the type in date_info")
                .received(shortened(&keys.join(", ")))
        })?;
        match dates {
            Dates::Range { begin, end } => {
                check_seconds("begin_timestamp", begin)?;
                self.check_end(begin, end)
            }
            Dates::Term { end: Some(end), .. } => self.check_end(0, end),
            Dates::Term { end: None, .. } => Ok(()),
            Dates::Permanent if self.card_type == "MEMBER_CARD" => Ok(()),
            Dates::Permanent => Err(Refusal::new("WX-CRD-016")
                .expected("DATE_TYPE_FIX_TIME_RANGE or DATE_TYPE_FIX_TERM")
                .received("DATE_TYPE_PERMANENT")),
        }
    }

    fn check_end(&self, begin: i64, end: i64) -> Result<(), Refusal> {
        check_seconds("end_timestamp", end)?;
        if end <= begin {
            return Err(Refusal::new("WX-CRD-013")
                .expected(format!("end_timestamp: after {begin}"))
                .received(end.to_string()));
        }
        if end <= self.now {
            return Err(Refusal::new("WX-CRD-014")
                .expected(format!(
                    "end_timestamp: after {}, the time of the mock",
                    self.now
                ))
                .received(end.to_string()));
        }
        Ok(())
    }

    /// Stores are checked when the account has some; else any will do, with an advice.
    fn check_stores(&self, advice: &mut Vec<Advice>) -> Result<(), Refusal> {
        let given = self.base["location_id_list"].as_array();
        let given = given.map_or(&[][..], Vec::as_slice);
        let Some(stores) = self.account.profile.restrictions.stores() else {
            if !given.is_empty() {
                advice.push(Advice::new("WX-ADV-021", "base_info.location_id_list"));
            }
            return Ok(());
        };
        let is_known = |store: &Value| {
            let store = whole(store).and_then(|store| u64::try_from(store).ok());
            store.is_some_and(|store| stores.contains(&store))
        };
        if let Some(unknown) = given.iter().find(|store| !is_known(store)) {
            let errcode = self.switches.errcode(Switch::UnknownStore);
            return Err(Refusal::numbered("WX-CRD-043", errcode.unwrap_or(40072))
                .expected("poi_id of the account's restrictions.stores")
                .received(shortened(&unknown.to_string())));
        }
        if given.is_empty() && !stores.is_empty() && self.base["use_all_locations"] != true {
            return Err(Refusal::new("WX-CRD-042")
                .expected("location_id_list, or use_all_locations true")
                .received("neither"));
        }
        Ok(())
    }

    /// Links to web pages are taken only together with a mini-program.
    fn check_links(&self) -> Result<(), Refusal> {
        const LINKS: [[&str; 3]; 3] = [
            [
                "custom_url",
                "custom_app_brand_user_name",
                "custom_app_brand_pass",
            ],
            [
                "center_url",
                "center_app_brand_user_name",
                "center_app_brand_pass",
            ],
            [
                "promotion_url",
                "promotion_app_brand_user_name",
                "promotion_app_brand_pass",
            ],
        ];
        for [url, user_name, pass] in LINKS {
            if self.has_text(url) && !(self.has_text(user_name) && self.has_text(pass)) {
                return Err(Refusal::new("WX-CRD-018")
                    .expected(format!("{user_name} and {pass} with {url}"))
                    .received(format!("{url} alone")));
            }
        }
        Ok(())
    }

    /// Payment: for member cards alone, and never beside a button in the middle.
    fn check_payment(&self) -> Result<(), Refusal> {
        let base = self.base;
        let pays = base["pay_info"]["swipe_card"]["is_swipe_card"] == true;
        let cost = |key: &str| self.node.get(key).and_then(whole).unwrap_or_default();
        let (least, reduce) = (cost("least_cost"), cost("reduce_cost"));
        if pays && self.card_type == "CASH" && reduce < 100 {
            return Err(Refusal::new("WX-CRD-047")
                .expected("cash.reduce_cost: 100 or more")
                .received(reduce.to_string()));
        }
        if pays && self.card_type == "CASH" && least <= reduce {
            return Err(Refusal::new("WX-CRD-048")
                .expected(format!("cash.least_cost: more than {reduce}"))
                .received(least.to_string()));
        }
        if pays && self.card_type != "MEMBER_CARD" {
            return Err(Refusal::new("WX-CRD-025")
                .expected("no pay_info")
                .received("pay_info.swipe_card"));
        }
        let shows_payment = pays || base["is_pay_and_qrcode"] == true;
        if shows_payment && (self.has_text("center_title") || self.has_text("center_url")) {
            return Err(Refusal::new("WX-CRD-045")
                .expected("a button in the middle or payment")
                .received("both"));
        }
        Ok(())
    }

    /// Coupons shared among friends, which WeChat no longer makes.
    fn check_friends(&self) -> Result<(), Refusal> {
        let advanced = self.advanced();
        let lists_cards = advanced["consume_share_card_list"]
            .as_array()
            .is_some_and(|cards| !cards.is_empty());
        if !lists_cards && advanced["share_friends"] != true {
            return Ok(());
        }
        if self.switches.is(Switch::FriendCoupons, "retired") {
            return Err(Refusal::new("WX-CRD-026")
                .expected("no share_friends")
                .received("a coupon shared among friends"));
        }
        if self.base["use_custom_code"] == true {
            return Err(Refusal::new("WX-CRD-038")
                .expected("use_custom_code false")
                .received("use_custom_code true"));
        }
        Ok(())
    }

    fn check_texts_with_pictures(&self) -> Result<(), Refusal> {
        let entries = self.advanced()["text_image_list"].as_array();
        for (index, entry) in entries.into_iter().flatten().enumerate() {
            if !is_text(&entry["image_url"]) && !is_text(&entry["text"]) {
                return Err(Refusal::new("WX-CRD-022")
                    .expected(format!("text_image_list[{index}]: image_url or text"))
                    .received("neither"));
            }
        }
        Ok(())
    }

    fn check_sub_merchant(&self) -> Result<(), Refusal> {
        let merchant_id = &self.base["sub_merchant_info"]["merchant_id"];
        if merchant_id.is_null() {
            return Ok(());
        }
        let received = shortened(&merchant_id.to_string()).into_owned();
        let known = whole(merchant_id)
            .and_then(|id| u64::try_from(id).ok())
            .and_then(|id| {
                let mut merchants = self.account.profile.sub_merchants.iter();
                merchants.find(|merchant| merchant.merchant_id == id)
            });
        match known.map(|merchant| merchant.status_at(self.now)) {
            Some(SubMerchantStatus::Approved) if OF_SUB_MERCHANTS.contains(&self.card_type) => {
                Ok(())
            }
            Some(SubMerchantStatus::Approved) => Err(Refusal::new("WX-CRD-044")
                .expected(OF_SUB_MERCHANTS.join(", "))
                .received(self.card_type)),
            Some(status) => Err(Refusal::new("WX-CRD-020")
                .expected("a sub-merchant that is APPROVED")
                .received(format!("{received}, which is {}", json!(status)))),
            None => Err(Refusal::new("WX-CRD-019")
                .expected("a merchant_id of this account's sub_merchants")
                .received(received)),
        }
    }

    /// Content screening, which comes last: people and machines read what is right in form.
    fn check_words(&self) -> Result<(), Refusal> {
        let restrictions = &self.account.profile.restrictions;
        if !restrictions.ban_words() {
            return Ok(());
        }
        let mut texts = Vec::new();
        self.node
            .values()
            .for_each(|value| gather(value, &mut texts));
        match texts
            .into_iter()
            .find_map(|text| restrictions.banned_in(text))
        {
            None => Ok(()),
            Some(word) => Err(Refusal::new("WX-CRD-036")
                .expected("texts without the account's restrictions.banned_words")
                .received(word)),
        }
    }
}

fn gather<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(entries) => entries.iter().for_each(|entry| gather(entry, texts)),
        Value::Object(members) => members.values().for_each(|member| gather(member, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
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
