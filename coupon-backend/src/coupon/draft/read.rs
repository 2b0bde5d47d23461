//! How a draft is read from what a caller wrote, every fault noted with its field.

use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use wechat_client::{
    Timestamp,
    card::{BusinessService, Color, limits},
};

use super::{CodeShape, Draft, Kind, MiniProgram, TimeLimit, Valid};
use crate::coupon::Fields;

/// The highest stock that WeChat takes.
const STOCK_MAX: u64 = 100_000_000;
/// The highest limit per user that WeChat takes.
const LIMIT_PER_USER_MAX: u32 = 50;
/// Ten years: more days than that are a slip of the pen.
const DAYS_MAX: u32 = 3660;
/// A hundred million yuan, in fen; safely within every client's integers.
const MONEY_MAX: u64 = 10_000_000_000;

/// A draft, or nothing when `fields` has noted a fault; `now` is what it must still be valid after.
pub(super) fn read(fields: &mut Fields<'_>, now: i64) -> Option<Draft> {
    fields.require("kind");
    let kinds = "general_coupon, groupon, cash, discount, gift";
    let kind = fields.choice("kind", Kind::parse, kinds);
    let title = fields.required_text("title", limits::TITLE);
    let brand_name = fields.required_text("brand_name", limits::BRAND_NAME);
    fields.require("logo_url");
    let logo_url = image_url(fields, "logo_url");
    fields.require("color");
    let colors = Color::NAMES.join(", ");
    let color = fields.choice("color", |name| Color::new(name).ok(), &colors);
    fields.require("code_type");
    let code_type = fields.choice("code_type", CodeShape::parse, "text, barcode, qrcode");
    let notice = fields.required_text("notice", limits::NOTICE);
    let description = fields.required_text("description", limits::DESCRIPTION);
    fields.require("valid");
    let valid = fields.object("valid", |valid| read_valid(valid, now));
    let stock = fields.required_whole("stock", 1..=STOCK_MAX);
    fields.require("limit_per_user");
    let limit_per_user = fields.small("limit_per_user", 1..=LIMIT_PER_USER_MAX);
    let benefit = Benefit::read(fields, kind);
    let more = Extras::read(fields);

    Some(Draft {
        kind: kind?,
        title: title?,
        brand_name: brand_name?,
        logo_url: logo_url?,
        color: color?,
        code_type: code_type?,
        notice: notice?,
        description: description?,
        detail: benefit.detail,
        valid: valid?,
        stock: stock?,
        limit_per_user: limit_per_user?,
        service_phone: more.service_phone,
        abstract_text: more.abstract_text,
        icon_url: more.icon_url,
        mini_program: more.mini_program,
        time_limits: more.time_limits,
        services: more.services,
        can_give_friend: more.can_give_friend,
        least_cost: benefit.least_cost,
        reduce_cost: benefit.reduce_cost,
        discount: benefit.discount,
        gift: benefit.gift,
        merchant_id: more.merchant_id,
    })
}

/// What the customer gets, which differs by kind.
struct Benefit {
    detail: Option<String>,
    least_cost: Option<u64>,
    reduce_cost: Option<u64>,
    discount: Option<u32>,
    gift: Option<String>,
}

impl Benefit {
    fn read(fields: &mut Fields<'_>, kind: Option<Kind>) -> Self {
        // While the kind is unknown nobody can say which of them are missing or too many.
        if let Some(kind) = kind {
            match kind {
                Kind::GeneralCoupon | Kind::Groupon => fields.require("detail"),
                Kind::Cash => fields.require("reduce_cost"),
                Kind::Discount => fields.require("discount"),
                Kind::Gift => fields.require("gift"),
            }
            if !matches!(kind, Kind::Cash | Kind::Gift) {
                fields.refuse("least_cost", "is for kinds cash and gift only");
            }
            if kind != Kind::Cash {
                fields.refuse("reduce_cost", "is for kind cash only");
            }
            if kind != Kind::Discount {
                fields.refuse("discount", "is for kind discount only");
            }
            if kind != Kind::Gift {
                fields.refuse("gift", "is for kind gift only");
            }
        }
        let least_cost = fields.whole("least_cost", 0..=MONEY_MAX);
        let reduce_cost = fields.whole("reduce_cost", 1..=MONEY_MAX);
        if let (Some(least), Some(reduce)) = (least_cost, reduce_cost)
            && least > 0
            && reduce > least
        {
            fields.fault("reduce_cost", "is more than least_cost");
        }
        Self {
            detail: fields.text("detail", limits::DETAIL),
            least_cost,
            reduce_cost,
            discount: fields.small("discount", 1..=99),
            gift: fields.text("gift", limits::DETAIL),
        }
    }
}

/// What every kind may have and none needs.
struct Extras {
    service_phone: Option<String>,
    abstract_text: Option<String>,
    icon_url: Option<String>,
    mini_program: Option<MiniProgram>,
    time_limits: Vec<TimeLimit>,
    services: Vec<BusinessService>,
    can_give_friend: Option<bool>,
    merchant_id: Option<u64>,
}

impl Extras {
    fn read(fields: &mut Fields<'_>) -> Self {
        let services = "BIZ_SERVICE_DELIVER, BIZ_SERVICE_FREE_PARK, BIZ_SERVICE_WITH_PET, \
                        BIZ_SERVICE_FREE_WIFI";
        Self {
            service_phone: fields.text("service_phone", limits::SERVICE_PHONE),
            abstract_text: fields.text("abstract", limits::ABSTRACT),
            icon_url: image_url(fields, "icon_url"),
            mini_program: fields.object("mini_program", read_mini_program),
            time_limits: fields
                .objects("time_limits", read_time_limit)
                .unwrap_or_default(),
            services: fields
                .choices("services", |name| name.parse().ok(), services)
                .unwrap_or_default(),
            can_give_friend: fields.flag("can_give_friend"),
            merchant_id: fields.whole("merchant_id", 1..=i64::MAX.unsigned_abs()),
        }
    }
}

/// An address that WeChat gave out for an upload; whether it did, WeChat itself judges.
fn image_url(fields: &mut Fields<'_>, name: &'static str) -> Option<String> {
    let url = fields.text(name, limits::URL)?;
    let rest = url
        .strip_prefix("http://")
        .or_else(|| url.strip_prefix("https://"));
    if rest.is_some_and(|rest| rest.starts_with("mmbiz.qpic.cn/")) && url.is_ascii() {
        return Some(url);
    }
    fields.fault(
        name,
        "must be a URL of mmbiz.qpic.cn, as POST /admin/v1/logos gives them out",
    );
    None
}

fn read_valid(fields: &mut Fields<'_>, now: i64) -> Option<Valid> {
    let between = fields.has("from") || fields.has("to");
    let days = fields.has("days") || fields.has("starts_after_days");
    if between && days {
        fields.fault("days", "must not stand beside from and to");
    }
    if days {
        fields.require("days");
    } else {
        fields.require("from");
        fields.require("to");
    }
    let (from, to) = (moment(fields, "from"), moment(fields, "to"));
    let count = fields.small("days", 1..=DAYS_MAX);
    let after = fields.small("starts_after_days", 0..=DAYS_MAX);
    if days {
        return Some(Valid::Days {
            days: count?,
            starts_after_days: after.unwrap_or(0),
        });
    }
    let (from, to) = (from?, to?);
    if to <= from {
        fields.fault("to", "must be after from");
    } else if to.seconds() <= now {
        fields.fault("to", "is in the past");
    }
    Some(Valid::Between { from, to })
}

/// WeChat counts whole seconds; a fraction is refused rather than dropped unseen.
fn moment(fields: &mut Fields<'_>, name: &'static str) -> Option<Timestamp> {
    let text = fields.text(name, 64)?;
    let Ok(time) = OffsetDateTime::parse(&text, &Rfc3339) else {
        fields.fault(name, "must be a time as 2027-01-31T23:59:59+08:00");
        return None;
    };
    if time.nanosecond() != 0 {
        fields.fault(name, "must be a whole second");
        return None;
    }
    let at = Timestamp::from_seconds(time.unix_timestamp()).ok();
    if at.is_none() {
        fields.fault(name, "is outside the years that WeChat takes");
    }
    at
}

fn read_mini_program(fields: &mut Fields<'_>) -> Option<MiniProgram> {
    // WeChat wants `gh_…@app`; people copy the id with the suffix and without.
    let suffix = "@app";
    let id = fields.required_text("original_id", limits::URL - suffix.len());
    let path = fields.required_text("path", limits::URL);
    let name = fields.required_text("name", limits::URL_NAME);
    let id = id?;
    let id = id.strip_suffix(suffix).unwrap_or(&id);
    if !id.starts_with("gh_") {
        fields.fault(
            "original_id",
            "must be an original id, which begins with gh_",
        );
    }
    Some(MiniProgram {
        original_id: id.to_owned(),
        path: path?,
        name: name?,
    })
}

fn read_time_limit(fields: &mut Fields<'_>) -> Option<TimeLimit> {
    fields.require("type");
    let days = "MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY, HOLIDAY";
    let day = fields.choice("type", |name| name.parse().ok(), days);
    let begin_hour = fields.small("begin_hour", 0..=23);
    let begin_minute = fields.small("begin_minute", 0..=59);
    let end_hour = fields.small("end_hour", 0..=23);
    let end_minute = fields.small("end_minute", 0..=59);
    Some(TimeLimit {
        day: day?,
        begin_hour,
        begin_minute,
        end_hour,
        end_minute,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const NOW: i64 = 1_798_000_000;

    fn body() -> Value {
        json!({
            "kind": "cash", "title": "满百减二十", "brand_name": "星河小馆",
            "logo_url": "https://mmbiz.qpic.cn/mmbiz_jpg/a/0", "color": "Color010",
            "code_type": "text", "notice": "请出示", "description": "一张",
            "valid": {"days": 30}, "stock": 1, "limit_per_user": 1,
            "least_cost": 10_000, "reduce_cost": 2_000,
        })
    }

    fn faults(body: &Value) -> Vec<String> {
        let faults = Draft::parse(body, NOW).err().unwrap_or_default();
        faults.into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn a_draft_comes_back_as_it_was_written() {
        let mut expected = body();
        expected["valid"]["starts_after_days"] = json!(0);
        let draft = Draft::parse(&body(), NOW).unwrap();
        assert_eq!(json!(draft), expected);
    }

    #[test]
    fn what_a_kind_needs_is_asked_for_and_what_it_does_not_have_refused() {
        for (kind, missing, foreign) in [
            ("general_coupon", "detail", "least_cost reduce_cost"),
            ("groupon", "detail", "least_cost reduce_cost"),
            ("discount", "discount", "least_cost reduce_cost"),
            ("gift", "gift", "reduce_cost"),
        ] {
            let mut body = body();
            body["kind"] = json!(kind);
            let expected: Vec<&str> = std::iter::once(missing).chain(foreign.split(' ')).collect();
            assert_eq!(faults(&body), expected, "{kind}");
        }
    }

    #[test]
    fn every_required_field_is_asked_for() {
        let missing = faults(&json!({}));
        assert_eq!(
            missing,
            [
                "kind",
                "title",
                "brand_name",
                "logo_url",
                "color",
                "code_type",
                "notice",
                "description",
                "valid",
                "stock",
                "limit_per_user",
            ]
        );
    }

    #[test]
    fn times_are_whole_seconds_in_order_and_not_over() {
        let valid = |from: &str, to: &str| {
            let mut body = body();
            body["valid"] = json!({"from": from, "to": to});
            faults(&body)
        };
        let (from, to) = ("2026-12-23T12:26:40+08:00", "2027-01-22T04:26:40Z");
        assert!(valid(from, to).is_empty());
        assert_eq!(valid("2026-12-23T12:26:40.5+08:00", to), ["valid.from"]);
        assert_eq!(valid("1798000000", to), ["valid.from"]);
        assert_eq!(valid(to, from), ["valid.to"]);
        assert_eq!(
            valid("2020-01-01T00:00:00Z", "2020-02-01T00:00:00Z"),
            ["valid.to"]
        );
        assert_eq!(valid(from, "2300-01-01T00:00:00Z"), ["valid.to"]);
    }

    #[test]
    fn a_limit_counts_bytes() {
        let titled = |title: &str| {
            let mut body = body();
            body["title"] = json!(title);
            faults(&body)
        };
        assert!(titled("九个汉字正好放得下").is_empty());
        assert_eq!(titled("九个汉字正好放得下!"), ["title"]);
        assert_eq!(titled(" "), ["title"]);
    }

    proptest! {
        /// Whatever comes is a draft or a list of faults, never a panic.
        #[test]
        fn any_value_in_any_field_is_read_or_refused(
            field in prop::sample::select(vec![
                "kind", "title", "logo_url", "color", "valid", "stock", "time_limits", "services",
                "mini_program", "discount", "merchant_id",
            ]),
            value in prop_oneof![
                Just(json!(null)), Just(json!(true)), any::<i64>().prop_map(|n| json!(n)),
                any::<f64>().prop_map(|n| json!(n)), ".{0,40}".prop_map(|text| json!(text)),
                Just(json!([[], {}, 1])), Just(json!({"from": 1, "type": [], "name": "\u{0}"})),
            ],
        ) {
            let mut body = body();
            body[field] = value;
            if let Ok(draft) = Draft::parse(&body, NOW) {
                prop_assert!((1..=STOCK_MAX).contains(&draft.stock));
                prop_assert!(draft.title.len() <= limits::TITLE);
            }
        }
    }
}
