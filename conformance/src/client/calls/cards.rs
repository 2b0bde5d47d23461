//! What becomes of a card after it was made, and ways to hand it out.

use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::json;
use wechat_client::{
    AppId, CardId, Client, Fen, MchId, OpenId, PoiId, Timestamp,
    card::{
        Activity, ActivityBasics, ActivityCard, LandingCard, LandingPage, LandingScene,
        SelfConsumeCell, TestUsers,
    },
};

use super::{Arguments, Made, done, updates::Update};

#[derive(Deserialize)]
#[serde(remote = "TestUsers", deny_unknown_fields)]
struct Testers {
    #[serde(default)]
    openids: Vec<OpenId>,
    #[serde(default)]
    user_names: Vec<String>,
}

#[derive(Deserialize)]
#[serde(remote = "LandingCard", deny_unknown_fields)]
struct Shown {
    card_id: CardId,
    thumb_url: String,
}

#[derive(Deserialize)]
#[serde(remote = "LandingPage", deny_unknown_fields)]
struct Page {
    banner: String,
    page_title: String,
    can_share: bool,
    scene: LandingScene,
    #[serde(deserialize_with = "shown")]
    cards: Vec<LandingCard>,
}

fn shown<'de, D: Deserializer<'de>>(list: D) -> Result<Vec<LandingCard>, D::Error> {
    let list = Vec::<serde_json::Value>::deserialize(list)?;
    let cards = list.into_iter().map(Shown::deserialize);
    cards.collect::<Result<_, _>>().map_err(D::Error::custom)
}

#[derive(Deserialize)]
#[serde(remote = "ActivityBasics", deny_unknown_fields)]
struct Basics {
    activity_bg_color: String,
    activity_tinyappid: AppId,
    begin_time: Timestamp,
    end_time: Timestamp,
    gift_num: u32,
    max_partic_times_act: u32,
    max_partic_times_one_day: u32,
    mch_code: MchId,
}

#[derive(Deserialize)]
#[serde(remote = "ActivityCard", deny_unknown_fields)]
struct Handed {
    card_id: CardId,
    min_amt: Fen,
    membership_appid: Option<AppId>,
}

#[derive(Deserialize)]
#[serde(remote = "Activity", deny_unknown_fields)]
struct AtCheckout {
    #[serde(deserialize_with = "Basics::deserialize")]
    basics: ActivityBasics,
    #[serde(deserialize_with = "handed")]
    cards: Vec<ActivityCard>,
    audience: Option<String>,
}

fn handed<'de, D: Deserializer<'de>>(list: D) -> Result<Vec<ActivityCard>, D::Error> {
    let list = Vec::<serde_json::Value>::deserialize(list)?;
    let cards = list.into_iter().map(Handed::deserialize);
    cards.collect::<Result<_, _>>().map_err(D::Error::custom)
}

pub(super) async fn make(client: &Client, name: &str, arguments: &Arguments<'_>) -> Made {
    match name {
        "update_card" => {
            let update = arguments.part("update", Update::deserialize)?;
            let is_reviewed = client.update_card(&arguments.card_id()?, &update).await;
            Ok(is_reviewed.map(|is_reviewed| json!({"send_check": is_reviewed})))
        }
        "set_self_consume_cell" => {
            let cell = SelfConsumeCell {
                is_open: arguments.flag("is_open"),
                need_verify_code: arguments.flag("need_verify_code"),
                need_remark_amount: arguments.flag("need_remark_amount"),
            };
            let card_id = arguments.card_id()?;
            Ok(done(client.set_self_consume_cell(&card_id, cell).await))
        }
        "set_test_users" => {
            let users = arguments.part("users", Testers::deserialize)?;
            let set = client.set_test_users(&users).await;
            Ok(set.map(|set| members!(set; white_list_size, openids, user_names)))
        }
        "store_card" => {
            let card_id = client.store_card(&poi_id(arguments)?).await;
            Ok(card_id.map(|card_id| json!(card_id)))
        }
        "set_store_card" => {
            let (poi_id, card_id) = (poi_id(arguments)?, arguments.card_id()?);
            Ok(done(client.set_store_card(&poi_id, &card_id).await))
        }
        "create_landing_page" => {
            let page = arguments.part("page", Page::deserialize)?;
            let made = client.create_landing_page(&page).await;
            Ok(made.map(|made| members!(made; url, page_id)))
        }
        "article_html" => {
            let html = client.article_html(&arguments.card_id()?).await;
            Ok(html.map(|html| json!(html)))
        }
        "create_activity" => {
            let activity = arguments.part("activity", AtCheckout::deserialize)?;
            let id = client.create_activity(&activity).await;
            Ok(id.map(|id| json!(id)))
        }
        _ => Err(format!("no call of the client has the name {name:?}")),
    }
}

fn poi_id(arguments: &Arguments<'_>) -> Result<PoiId, String> {
    arguments.text("poi_id").map(PoiId::from)
}
