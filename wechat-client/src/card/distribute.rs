//! Ways to hand out a card: QR codes, landing pages, articles, activities.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize, Serializer};

use crate::{
    AppId, CardCode, CardId, Client, Error, Fen, MchId, OpenId, PageId, Timestamp,
    transport::Call,
    wire::{maybe_whole, open_names, seconds, text},
};

/// Seconds for which a QR code can be made to live.
const QR_SECONDS: RangeInclusive<usize> = 60..=1800;

/// What a QR code hands out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QrTarget {
    /// One card.
    One(QrCard),
    /// Several cards at once.
    Many(Vec<ListedCard>),
}

/// The card behind a QR code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QrCard {
    /// The kind of card.
    pub card_id: CardId,
    /// The code it gives; for custom codes, and then only once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<CardCode>,
    /// Who alone can claim it, at the Official Account; for cards that are bound to an openid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub openid: Option<OpenId>,
    /// Whether it can be claimed once; the card must be approved and in stock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_unique_code: Option<bool>,
    /// A tag that comes back in the push and in [`crate::CodeDetail`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outer_str: Option<String>,
}

impl QrCard {
    /// A card that anybody can claim.
    pub fn of(card_id: CardId) -> Self {
        Self {
            card_id,
            code: None,
            openid: None,
            is_unique_code: None,
            outer_str: None,
        }
    }
}

/// A card of a QR code that hands out several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedCard {
    /// The kind of card.
    pub card_id: CardId,
    /// The code it gives; for custom codes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<CardCode>,
    /// A tag that comes back in the push and in [`crate::CodeDetail`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outer_str: Option<String>,
}

/// `{"card": …}` or `{"multiple_card": {"card_list": …}}`.
impl Serialize for QrTarget {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct List<'a> {
            card_list: &'a [ListedCard],
        }

        match self {
            Self::One(card) => serializer.collect_map([("card", card)]),
            Self::Many(cards) => {
                serializer.collect_map([("multiple_card", List { card_list: cards })])
            }
        }
    }
}

/// A QR code that hands out cards.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct QrCode {
    /// What WeChat knows it by.
    pub ticket: String,
    /// Seconds for which it lives, where WeChat says so.
    #[serde(default, deserialize_with = "maybe_whole")]
    pub expire_seconds: Option<u64>,
    /// What stands in it, to draw it oneself.
    pub url: String,
    /// Its picture.
    pub show_qrcode_url: String,
}

open_names! {
    /// Where a landing page is shown.
    LandingScene {
        /// Around the customer.
        NearBy = "SCENE_NEAR_BY",
        /// In the account's menu.
        Menu = "SCENE_MENU",
        /// Behind a QR code.
        Qrcode = "SCENE_QRCODE",
        /// In an article.
        Article = "SCENE_ARTICLE",
        /// On a page of the shop's.
        H5 = "SCENE_H5",
        /// In an automatic reply.
        Ivr = "SCENE_IVR",
        /// Behind a link on a card.
        CardCustomCell = "SCENE_CARD_CUSTOM_CELL",
    }
}

/// A page of WeChat's that shows cards to be claimed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LandingPage {
    /// The picture at the top, by the URL that [`Client::upload_image`] gave.
    pub banner: String,
    /// Its title.
    pub page_title: String,
    /// Whether customers may pass it on.
    pub can_share: bool,
    /// Where it is shown.
    pub scene: LandingScene,
    /// Its cards; with WeChat's codes or imported ones alone.
    #[serde(rename = "card_list")]
    pub cards: Vec<LandingCard>,
}

/// A card on a landing page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LandingCard {
    /// The kind of card.
    pub card_id: CardId,
    /// Its picture, by the URL that [`Client::upload_image`] gave.
    pub thumb_url: String,
}

/// A landing page that was made.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct LandingPageMade {
    /// Where it is.
    pub url: String,
    /// What WeChat knows it by.
    pub page_id: PageId,
}

/// An activity that hands out cards at the checkout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Activity {
    /// What it is.
    #[serde(rename = "basic_info")]
    pub basics: ActivityBasics,
    /// What it hands out.
    #[serde(rename = "card_info_list")]
    pub cards: Vec<ActivityCard>,
    /// Whom it is for, by WeChat's name.
    #[serde(
        rename = "custom_info",
        skip_serializing_if = "Option::is_none",
        serialize_with = "audience"
    )]
    pub audience: Option<String>,
}

/// What an activity is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActivityBasics {
    /// The colour behind it.
    pub activity_bg_color: String,
    /// The mini-program it leads to.
    pub activity_tinyappid: AppId,
    /// Its first moment.
    #[serde(serialize_with = "seconds")]
    pub begin_time: Timestamp,
    /// Its last moment.
    #[serde(serialize_with = "seconds")]
    pub end_time: Timestamp,
    /// Cards that it hands out.
    pub gift_num: u32,
    /// How often one customer can take part.
    pub max_partic_times_act: u32,
    /// How often one customer can take part on one day.
    pub max_partic_times_one_day: u32,
    /// The merchant of WeChat Pay.
    pub mch_code: MchId,
}

/// A card that an activity hands out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActivityCard {
    /// The kind of card.
    pub card_id: CardId,
    /// From which amount on.
    pub min_amt: Fen,
    /// The app whose members alone get it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub membership_appid: Option<AppId>,
}

#[expect(
    clippy::ref_option,
    reason = "serde hands every field over by reference"
)]
fn audience<S: Serializer>(kind: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map([("type", kind)])
}

impl Client {
    /// Makes a QR code that hands out cards, for 60 to 1800 seconds; without `expire_seconds` for
    /// as long as WeChat likes.
    ///
    /// Source: official page `Distributing_Coupons_Vouchers_and_Cards`.
    ///
    /// # Errors
    ///
    /// [`Error::NotSent`] when it shall live shorter or longer, or hands out nothing. [`Error::Api`]
    /// with [`crate::ErrCode::INVALID_CARD_ID`] or [`crate::ErrCode::INVALID_CARD_STATUS`] when a card
    /// cannot be handed out.
    pub async fn create_qr_code(
        &self,
        target: &QrTarget,
        expire_seconds: Option<u32>,
    ) -> Result<QrCode, Error> {
        #[derive(Serialize)]
        struct Request<'a> {
            action_name: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            expire_seconds: Option<u32>,
            action_info: &'a QrTarget,
        }

        let (action_name, cards) = match target {
            QrTarget::One(_) => ("QR_CARD", 1),
            QrTarget::Many(cards) => ("QR_MULTIPLE_CARD", cards.len()),
        };
        let request = Request {
            action_name,
            expire_seconds,
            action_info: target,
        };
        let call = Call::act("/card/qrcode/create", &request);
        Error::unless_within(call.endpoint, "cards", cards, 1..=usize::MAX)?;
        if let Some(seconds) = expire_seconds {
            let seconds = usize::try_from(seconds).unwrap_or(usize::MAX);
            Error::unless_within(call.endpoint, "expire_seconds", seconds, QR_SECONDS)?;
        }
        self.call(call).await
    }

    /// Makes a page of WeChat's that shows cards to be claimed.
    ///
    /// Source: official page `Distributing_Coupons_Vouchers_and_Cards`.
    ///
    /// # Errors
    ///
    /// [`Error::NotSent`] without a card; [`Error::Api`] when WeChat does not take it.
    pub async fn create_landing_page(&self, page: &LandingPage) -> Result<LandingPageMade, Error> {
        let call = Call::act("/card/landingpage/create", page);
        Error::unless_within(call.endpoint, "cards", page.cards.len(), 1..=usize::MAX)?;
        self.call(call).await
    }

    /// What to put into an article so that it shows a card: one HTML tag.
    ///
    /// Source: official page `Distributing_Coupons_Vouchers_and_Cards`.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] with [`crate::ErrCode::INVALID_CARD_ID`] when it is none of this account's.
    pub async fn article_html(&self, card_id: &CardId) -> Result<String, Error> {
        #[derive(Serialize)]
        struct Request<'a> {
            card_id: &'a CardId,
        }

        #[derive(Deserialize)]
        struct Answer {
            content: String,
        }

        let call = Call::ask("/card/mpnews/gethtml", &Request { card_id });
        let answer: Answer = self.call(call).await?;
        Ok(answer.content)
    }

    /// Makes an activity that hands out cards at the checkout, an old call. Gives its id.
    ///
    /// Source: models of public clients.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] with [`crate::ErrCode::UNAUTHORIZED`] when the account may not.
    pub async fn create_activity(&self, activity: &Activity) -> Result<String, Error> {
        #[derive(Serialize)]
        struct Request<'a> {
            info: &'a Activity,
        }

        #[derive(Deserialize)]
        struct Answer {
            #[serde(deserialize_with = "text")]
            activity_id: String,
        }

        let call = Call::act("/card/mkt/activity/create", &Request { info: activity });
        let answer: Answer = self.call(call).await?;
        Ok(answer.activity_id)
    }
}
