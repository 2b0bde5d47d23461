//! `/card/submerchant/…` and `/card/getapplyprotocol`: brands whose cards this account makes.

use serde_json::{Value, json};

use super::{Context, media, reply::Reply, schema::Fields};
use crate::{
    refusal::Refusal,
    switches::Switch,
    world::{
        clock::LATEST,
        merchant::{SubMerchant, SubMerchantStatus},
    },
};

/// GET `/card/getapplyprotocol`: what a brand can be.
#[expect(
    clippy::unnecessary_wraps,
    reason = "the table of endpoints holds functions of one type"
)]
pub(super) fn categories(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    Ok(answer(
        context,
        json!({"category": fixtures::merchant_categories()}),
    ))
}

/// POST `/card/submerchant/submit`: a new brand, to be reviewed.
pub(super) fn submit(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let info = context.call.fields()?.required_object("info");
    let merchant = read(context, info)?;
    let merchant_id = context.own_account().draw_number();
    let merchant = SubMerchant {
        merchant_id,
        ..merchant
    };
    Ok(put(context, merchant))
}

/// POST `/card/submerchant/update`: a brand says something else, and is reviewed again.
pub(super) fn update(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let info = context.call.fields()?.required_object("info");
    let known = known(context, info)?;
    let (merchant_id, create_time) = (known.merchant_id, known.create_time);
    let merchant = read(context, info)?;
    let merchant = SubMerchant {
        merchant_id,
        create_time,
        ..merchant
    };
    Ok(put(context, merchant))
}

/// POST `/card/submerchant/get`.
pub(super) fn get(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let known = known(context, context.call.fields()?)?;
    Ok(answer(
        context,
        json!({"info": shown(known, context.world.now())}),
    ))
}

/// POST `/card/submerchant/batchget`: those of one status, by their ids.
pub(super) fn list(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let fields = context.call.fields()?;
    let begin = fields.id("begin_id").unwrap_or_default();
    let limit = fields.required_number("limit");
    // Without one those of all states are listed.
    let status = fields.text("status");
    let now = context.world.now();
    let mut merchants: Vec<&SubMerchant> = context
        .world
        .account(context.own_number())
        .profile
        .sub_merchants
        .iter()
        .filter(|merchant| merchant.merchant_id > begin)
        .filter(|merchant| {
            crate::breaks::broken("sub-merchants-of-all-states")
                || status.is_none_or(|status| json!(merchant.status_at(now)) == status)
        })
        .collect();
    merchants.sort_by_key(|merchant| merchant.merchant_id);
    merchants.truncate(usize::try_from(limit).unwrap_or_default());
    let last = merchants.last().map_or(begin, |last| last.merchant_id);
    let infos: Vec<Value> = merchants
        .into_iter()
        .map(|merchant| shown(merchant, now))
        .collect();
    Ok(answer(
        context,
        json!({"info_list": infos, "next_begin_id": last}),
    ))
}

fn known<'w>(context: &'w Context<'_>, fields: Fields<'_>) -> Result<&'w SubMerchant, Refusal> {
    let id = fields.id("merchant_id").unwrap_or_default();
    let account = context.world.account(context.own_number());
    let mut known = account.profile.sub_merchants.iter();
    known.find(|known| known.merchant_id == id).ok_or_else(|| {
        Refusal::new("WX-MCH-002")
            .expected("a merchant_id that this account was given")
            .received(id.to_string())
    })
}

/// A brand as a call describes it.
fn read(context: &Context<'_>, info: Fields<'_>) -> Result<SubMerchant, Refusal> {
    let now = context.world.now();
    let text = |key| info.required_text(key).to_owned();
    let id = |key| info.id(key).unwrap_or_default();
    let end_time = info.required_number("end_time");
    if end_time <= now || end_time > LATEST {
        return Err(Refusal::new("WX-MCH-004")
            .expected("an end_time that is still to come, in seconds")
            .received(end_time.to_string()));
    }
    let merchant = SubMerchant {
        merchant_id: 0,
        brand_name: text("brand_name"),
        status: SubMerchantStatus::Checking,
        app_id: text("app_id"),
        logo_url: text("logo_url"),
        protocol: text("protocol"),
        agreement_media_id: text("agreement_media_id"),
        operator_media_id: text("operator_media_id"),
        reason: String::new(),
        create_time: now,
        update_time: now,
        begin_time: now,
        end_time,
        primary_category_id: id("primary_category_id"),
        secondary_category_id: id("secondary_category_id"),
    };
    check_media(context, &merchant)?;
    check_category(&merchant)?;
    Ok(merchant)
}

/// The papers of a brand were uploaded as temporary media.
fn check_media(context: &Context<'_>, merchant: &SubMerchant) -> Result<(), Refusal> {
    let papers = [
        &merchant.protocol,
        &merchant.agreement_media_id,
        &merchant.operator_media_id,
    ];
    let mut given = papers.into_iter().filter(|paper| !paper.is_empty());
    given.try_for_each(|paper| media::kept(context, paper).map(drop))
}

fn check_category(merchant: &SubMerchant) -> Result<(), Refusal> {
    let (primary, secondary) = (merchant.primary_category_id, merchant.secondary_category_id);
    let list = |value: &'static Value| value.as_array().into_iter().flatten();
    let known = list(fixtures::merchant_categories())
        .filter(|category| category["primary_category_id"] == primary)
        .flat_map(|category| list(&category["secondary_category"]))
        .any(|category| category["secondary_category_id"] == secondary);
    if known {
        return Ok(());
    }
    Err(Refusal::new("WX-MCH-003")
        .expected("a pair of ids that getapplyprotocol answers")
        .received(format!("{primary} and {secondary}")))
}

fn put(context: &mut Context<'_>, merchant: SubMerchant) -> Reply {
    let (number, id, now) = (
        context.own_number(),
        merchant.merchant_id,
        context.world.now(),
    );
    context.world.put_sub_merchant(number, merchant);
    let mut merchants = context.own_account().profile.sub_merchants.iter();
    let merchant = merchants.find(|merchant| merchant.merchant_id == id);
    let info = merchant.map(|merchant| shown(merchant, now));
    answer(context, json!({"info": info}))
}

/// An answer of these calls, with errcode or without.
fn answer(context: &Context<'_>, fields: Value) -> Reply {
    if context
        .world
        .switches
        .is(Switch::SubMerchantErrcode, "absent")
    {
        Reply::Json(fields)
    } else {
        Reply::card(fields)
    }
}

fn shown(merchant: &SubMerchant, now: i64) -> Value {
    let mut info = json!({
        "merchant_id": merchant.merchant_id,
        "app_id": merchant.app_id,
        "create_time": merchant.create_time,
        "update_time": merchant.update_time,
        "brand_name": merchant.brand_name,
        "logo_url": merchant.logo_url,
        "status": merchant.status_at(now),
        "begin_time": merchant.begin_time,
        "end_time": merchant.end_time,
        "primary_category_id": merchant.primary_category_id,
        "secondary_category_id": merchant.secondary_category_id,
    });
    if !merchant.reason.is_empty() {
        info["reason"] = json!(merchant.reason);
    }
    info
}
