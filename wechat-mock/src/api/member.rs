//! `/card/membercard/…` and `/card/generalcard/…`: who is a member, and what of.

use serde_json::json;

mod activate;
mod change;
mod form;
mod info;

pub(super) use activate::{activate, activate_general, deactivate};
pub(super) use change::{change_general, change_member};
pub(super) use form::set_form;
pub(super) use info::{filled_in, info};

use super::{
    Context,
    card::{biz, suited_card},
    reply::Reply,
    schema::Fields,
};
use crate::refusal::Refusal;

/// POST `/card/membercard/activate/geturl`: the page on which WeChat's form is filled in.
pub(super) fn url(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = suited_card(context)?;
    let outer_str = context.call.fields()?.text("outer_str").unwrap_or_default();
    let account = context.world.account(at.0);
    // Behind the action stand two ampersands. Captured 2017 to 2019.
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair(
            "encrypt_card_id",
            &account.seal_key().seal(&account.card(at.1).card_id),
        )
        .append_pair("outer_str", outer_str)
        .append_pair("biz", &biz(account))
        .finish();
    // Two ampersands: six captures have them.
    let url = format!(
        "https://mp.weixin.qq.com/bizmall/activatemembercard?action=preshow&&{query}#wechat_redirect"
    );
    Ok(Reply::card(json!({"url": url})))
}

/// What three fields that differ in their last digit alone are changed to.
fn custom_values<'a>(fields: Fields<'a>, name: &str) -> [Option<&'a str>; 3] {
    ["1", "2", "3"].map(|digit| fields.text(&format!("{name}{digit}")))
}

fn set_all(into: &mut [String; 3], values: [Option<&str>; 3]) {
    for (into, value) in into.iter_mut().zip(values) {
        if let Some(value) = value {
            value.clone_into(into);
        }
    }
}
