//! Sub-merchants: one parent account makes cards for many brands.

use serde::{Deserialize, Serialize};

use crate::{
    AppId, Client, Error, MediaId, MerchantId, Paged, Timestamp,
    paging::Page,
    transport::Call,
    wire::{flag, maybe_text, maybe_whole, open_names, seconds, whole},
};

/// Sub-merchants that one page holds; WeChat gives no more.
const PAGE: u64 = 100;

open_names! {
    /// How a sub-merchant stands.
    MerchantStatus {
        /// WeChat looks at it.
        Checking = "CHECKING",
        /// Cards can be made in its name.
        Approved = "APPROVED",
        /// WeChat refused it.
        Rejected = "REJECTED",
        /// Its letter of authority ran out.
        Expired = "EXPIRED",
    }
}

/// What there is to say of a sub-merchant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MerchantApplication {
    /// The brand; cards show it.
    pub brand_name: String,
    /// The sub-merchant's own Official Account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_id: Option<AppId>,
    /// The logo, by the URL that [`Client::upload_image`] gave.
    pub logo_url: String,
    /// The letter of authority.
    pub protocol: MediaId,
    /// The licence or identity card of the sub-merchant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement_media_id: Option<MediaId>,
    /// The identity card of who runs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator_media_id: Option<MediaId>,
    /// When the letter of authority runs out.
    #[serde(serialize_with = "seconds")]
    pub end_time: Timestamp,
    /// The trade, by the id of its [`Category`].
    pub primary_category_id: u64,
    /// The part of the trade, by the id of its [`SubCategory`].
    pub secondary_category_id: u64,
}

/// A sub-merchant as WeChat has it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Merchant {
    /// What WeChat knows it by; a card carries its number.
    pub merchant_id: MerchantId,
    /// Its own Official Account.
    #[serde(default, deserialize_with = "maybe_text")]
    pub app_id: Option<AppId>,
    /// When it was made, in seconds since 1970.
    #[serde(default, deserialize_with = "maybe_whole")]
    pub create_time: Option<i64>,
    /// When it was changed, in seconds since 1970.
    #[serde(default, deserialize_with = "maybe_whole")]
    pub update_time: Option<i64>,
    /// The brand.
    #[serde(default)]
    pub brand_name: String,
    /// The logo.
    #[serde(default)]
    pub logo_url: String,
    /// How it stands.
    pub status: MerchantStatus,
    /// Why it was refused.
    #[serde(default, deserialize_with = "maybe_text")]
    pub reason: Option<String>,
    /// From when on it counts, in seconds since 1970.
    #[serde(default, deserialize_with = "maybe_whole")]
    pub begin_time: Option<i64>,
    /// When the letter of authority runs out, in seconds since 1970.
    #[serde(default, deserialize_with = "maybe_whole")]
    pub end_time: Option<i64>,
    /// The trade.
    #[serde(default, deserialize_with = "maybe_whole")]
    pub primary_category_id: Option<u64>,
    /// The part of the trade.
    #[serde(default, deserialize_with = "maybe_whole")]
    pub secondary_category_id: Option<u64>,
}

/// A trade.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Category {
    /// Its id.
    #[serde(rename = "primary_category_id", deserialize_with = "whole")]
    pub id: u64,
    /// Its name.
    #[serde(rename = "category_name")]
    pub name: String,
    /// Its parts.
    #[serde(default, rename = "secondary_category")]
    pub parts: Vec<SubCategory>,
}

/// A part of a trade.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SubCategory {
    /// Its id.
    #[serde(rename = "secondary_category_id", deserialize_with = "whole")]
    pub id: u64,
    /// Its name.
    #[serde(rename = "category_name")]
    pub name: String,
    /// Papers that WeChat wants to see.
    #[serde(default)]
    pub need_qualification_stuffs: Vec<String>,
    /// Whether it can have prepaid cards.
    #[serde(default, deserialize_with = "flag")]
    pub can_choose_prepaid_card: bool,
    /// Whether it can have payment cards.
    #[serde(default, deserialize_with = "flag")]
    pub can_choose_payment_card: bool,
}

#[derive(Serialize)]
struct Submitted<'a> {
    info: &'a MerchantApplication,
}

#[derive(Deserialize)]
struct OneMerchant {
    info: Merchant,
}

impl Client {
    /// The trades that a sub-merchant can have.
    ///
    /// Source: official page on sub-merchants; models of public clients.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] with [`crate::ErrCode::UNAUTHORIZED`] when the account is no parent account.
    pub async fn merchant_categories(&self) -> Result<Vec<Category>, Error> {
        #[derive(Deserialize)]
        struct Answer {
            category: Vec<Category>,
        }

        let answer: Answer = self.call(Call::get("/card/getapplyprotocol")).await?;
        Ok(answer.category)
    }

    /// Submits a sub-merchant; WeChat looks at it.
    ///
    /// Source: as [`Self::merchant_categories`].
    ///
    /// # Errors
    ///
    /// [`Error::Api`] with [`crate::ErrCode::FOREIGN_IMAGE`] when the logo is not on WeChat's CDN.
    /// After [`Error::NoAnswer`] or [`Error::Unreadable`] it may have been submitted, which
    /// [`Self::merchants`] tells.
    pub async fn submit_merchant(
        &self,
        application: &MerchantApplication,
    ) -> Result<Merchant, Error> {
        let request = Submitted { info: application };
        let call = Call::act("/card/submerchant/submit", &request);
        let answer: OneMerchant = self.call(call).await?;
        Ok(answer.info)
    }

    /// Submits a sub-merchant anew; WeChat looks at it again.
    ///
    /// Source: as [`Self::merchant_categories`].
    ///
    /// # Errors
    ///
    /// As [`Self::submit_merchant`], and with [`crate::ErrCode::INVALID_MERCHANT`] when there is none.
    pub async fn update_merchant(
        &self,
        merchant_id: MerchantId,
        application: &MerchantApplication,
    ) -> Result<Merchant, Error> {
        #[derive(Serialize)]
        struct Info<'a> {
            merchant_id: MerchantId,
            #[serde(flatten)]
            application: &'a MerchantApplication,
        }

        #[derive(Serialize)]
        struct Request<'a> {
            info: Info<'a>,
        }

        let request = Request {
            info: Info {
                merchant_id,
                application,
            },
        };
        let call = Call::act("/card/submerchant/update", &request);
        let answer: OneMerchant = self.call(call).await?;
        Ok(answer.info)
    }

    /// How a sub-merchant stands.
    ///
    /// Source: as [`Self::merchant_categories`].
    ///
    /// # Errors
    ///
    /// [`Error::Api`] with [`crate::ErrCode::INVALID_MERCHANT`] when there is none.
    pub async fn merchant(&self, merchant_id: MerchantId) -> Result<Merchant, Error> {
        #[derive(Serialize)]
        struct Request {
            merchant_id: MerchantId,
        }

        let call = Call::ask("/card/submerchant/get", &Request { merchant_id });
        let answer: OneMerchant = self.call(call).await?;
        Ok(answer.info)
    }

    /// The sub-merchants that stand so.
    ///
    /// Source: as [`Self::merchant_categories`].
    pub fn merchants(&self, status: MerchantStatus) -> Paged<Merchant> {
        #[derive(Serialize)]
        struct Request<'a> {
            begin_id: u64,
            limit: u64,
            status: &'a MerchantStatus,
        }

        #[derive(Deserialize)]
        struct Answer {
            #[serde(default)]
            info_list: Vec<Merchant>,
            #[serde(default, deserialize_with = "maybe_whole")]
            next_begin_id: Option<u64>,
        }

        Paged::new(
            self,
            move |begin_id| {
                let request = Request {
                    begin_id,
                    limit: PAGE,
                    status: &status,
                };
                Call::ask("/card/submerchant/batchget", &request)
            },
            |answer: Answer, begin_id| {
                Page::by_id(answer.info_list, begin_id, answer.next_begin_id)
            },
        )
    }
}
