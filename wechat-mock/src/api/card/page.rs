//! POST `/card/landingpage/create` and `/card/mpnews/gethtml`: where customers meet cards.

use serde_json::json;

use super::{own_card, suited_card};
use crate::{
    api::{Context, reply::Reply, schema::Fields, suits::Subject},
    refusal::Refusal,
    world::{
        account::Account,
        qr::{LandingPage, PageCard},
    },
};

/// POST `/card/landingpage/create`.
pub(in crate::api) fn create_page(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let fields = context.call.fields()?;
    let cards = fields.objects("card_list");
    let cards = cards
        .map(|entry| card(context, entry))
        .collect::<Result<_, _>>()?;

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
        banner: fields.required_text("banner").to_owned(),
        page_title: fields.required_text("page_title").to_owned(),
        can_share: fields.flag("can_share").unwrap_or_default(),
        scene: fields.required_text("scene").to_owned(),
        cards,
    });
    Ok(Reply::card(json!({"url": url, "page_id": page_id})))
}

/// The account as WeChat's pages name it.
pub(in crate::api) fn biz(account: &Account) -> String {
    format!("{}==", account.ids.fixed("biz").base64url(14))
}

fn card(context: &Context<'_>, entry: Fields<'_>) -> Result<PageCard, Refusal> {
    let card_id = entry.required_text("card_id");
    let at = own_card(context, card_id)?;
    Subject::card(context.world, at)
        .beside(entry)
        .check(&context.call.path)?;
    Ok(PageCard {
        card_id: card_id.to_owned(),
        thumb_url: entry.required_text("thumb_url").to_owned(),
    })
}

/// POST `/card/mpnews/gethtml`: a card for an article.
pub(in crate::api) fn html(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = suited_card(context)?;
    let card_id = &context.world.card(at).card_id;
    let biz = biz(context.world.account(at.0));
    let frame = format!(
        "<iframe class=\"res_iframe card_iframe js_editor_card\" \
         data-src=\"http://mp.weixin.qq.com/bizmall/appmsgcard?action=show&biz={biz}\
         &cardid={card_id}&wechat_card_js=1#wechat_redirect\"></iframe>"
    );
    Ok(Reply::card(json!({"content": frame})))
}
