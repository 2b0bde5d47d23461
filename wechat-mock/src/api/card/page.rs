//! POST `/card/landingpage/create` and `/card/mpnews/gethtml`: where customers meet cards.

use serde_json::{Map, Value, json};

use super::{living_card, only_living, own_card};
use crate::{
    api::{
        Context,
        call::{missing, shortened, text_in, wrong_kind},
        reply::Reply,
    },
    refusal::Refusal,
    world::{
        account::Account,
        qr::{LandingPage, PageCard},
    },
};

/// Where a landing page is shown from.
const SCENES: [&str; 7] = [
    "SCENE_NEAR_BY",
    "SCENE_MENU",
    "SCENE_QRCODE",
    "SCENE_ARTICLE",
    "SCENE_H5",
    "SCENE_IVR",
    "SCENE_CARD_CUSTOM_CELL",
];

/// POST `/card/landingpage/create`.
pub(in crate::api) fn create_page(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let call = context.call;
    let banner = call.required_text("banner")?.to_owned();
    let page_title = call.required_text("page_title")?.to_owned();
    let can_share = call.required_flag("can_share")?;
    let scene = call.text("scene")?.unwrap_or_default();
    if !SCENES.contains(&scene) {
        return Err(Refusal::new("WX-CRD-078")
            .expected(SCENES.join(", "))
            .received(shortened(scene)));
    }
    let cards = cards(context)?;

    let account = context.own_account();
    let page_id = account.pages.len() + 1;
    let shown = format!(
        "https://mp.weixin.qq.com/bizmall/cardlandingpage?biz={}&page_id={page_id}&scene=1",
        biz(account)
    );
    let shown: String = form_urlencoded::byte_serialize(shown.as_bytes()).collect();
    let url = format!(
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid={}&redirect_uri={shown}\
         &response_type=code&scope=snsapi_base#wechat_redirect",
        account.profile.appid
    );
    account.pages.push(LandingPage {
        url: url.clone(),
        banner,
        page_title,
        can_share,
        scene: scene.to_owned(),
        cards,
    });
    Ok(Reply::card(json!({"url": url, "page_id": page_id})))
}

/// The account as WeChat's pages name it.
pub(in crate::api) fn biz(account: &Account) -> String {
    format!("{}==", account.ids.fixed("biz").base64url(14))
}

fn cards(context: &Context<'_>) -> Result<Vec<PageCard>, Refusal> {
    let list = context.call.json()?.get("card_list");
    let entries = match list {
        None | Some(Value::Null) => return Err(missing("card_list")),
        Some(Value::Array(entries)) => entries,
        Some(other) => return Err(wrong_kind("card_list", "a list of objects", other)),
    };
    if entries.is_empty() {
        return Err(Refusal::new("WX-CRD-079")
            .expected("at least one card")
            .received("none"));
    }
    let read = |entry: &Value| match entry {
        Value::Object(entry) => card(context, entry),
        other => Err(wrong_kind("card_list", "a list of objects", other)),
    };
    entries.iter().map(read).collect()
}

fn card(context: &Context<'_>, entry: &Map<String, Value>) -> Result<PageCard, Refusal> {
    let card_id = text_in(entry, "card_id")?.ok_or_else(|| Refusal::new("WX-CRD-050"))?;
    let at = only_living(context, own_card(context, card_id)?)?;
    let terms = context.world.card(at).terms;
    if terms.use_custom_code && !terms.deposit {
        return Err(Refusal::new("WX-CRD-080")
            .expected("cards whose codes WeChat makes or holds in deposit")
            .received("a card with custom codes"));
    }
    Ok(PageCard {
        card_id: card_id.to_owned(),
        thumb_url: text_in(entry, "thumb_url")?
            .ok_or_else(|| missing("thumb_url"))?
            .to_owned(),
    })
}

/// POST `/card/mpnews/gethtml`: a card for an article.
pub(in crate::api) fn html(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = living_card(context)?;
    let card_id = &context.world.card(at).card_id;
    let biz = biz(context.world.account(at.0));
    let frame = format!(
        "<iframe class=\"res_iframe card_iframe js_editor_card\" \
         data-src=\"http://mp.weixin.qq.com/bizmall/appmsgcard?action=show&biz={biz}\
         &cardid={card_id}&wechat_card_js=1#wechat_redirect\"></iframe>"
    );
    Ok(Reply::card(json!({"content": frame})))
}
