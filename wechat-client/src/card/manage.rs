//! What becomes of a card after it was made: stock, cells, test users, its end.

use serde::{Deserialize, Serialize};

use crate::{CardId, Client, Error, OpenId, PoiId, transport::Call, wire::maybe_whole};

/// Test users that an account can have, by openid and name together.
const TEST_USERS: usize = 10;

/// A change of a card's stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StockChange {
    /// So many more.
    Increase(u32),
    /// So many less.
    Reduce(u32),
}

/// The cell with which a customer redeems a card without the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SelfConsumeCell {
    /// Whether there is one.
    pub is_open: bool,
    /// Whether a code of the shop's is asked for.
    pub need_verify_code: bool,
    /// Whether the customer writes down the amount.
    pub need_remark_amount: bool,
}

/// Users who can claim cards that are not approved yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TestUsers {
    /// By their openid at the Official Account.
    #[serde(rename = "openid", skip_serializing_if = "Vec::is_empty")]
    pub openids: Vec<OpenId>,
    /// By their name at WeChat.
    #[serde(rename = "username", skip_serializing_if = "Vec::is_empty")]
    pub user_names: Vec<String>,
}

/// The test users that WeChat knew; it skips the others without a word.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TestUsersSet {
    /// How many there are now, where WeChat says so.
    #[serde(default, deserialize_with = "maybe_whole")]
    pub white_list_size: Option<u64>,
    /// Those taken by their openid.
    #[serde(default, rename = "success_openid")]
    pub openids: Vec<OpenId>,
    /// Those taken by their name.
    #[serde(default, rename = "success_username")]
    pub user_names: Vec<String>,
}

#[derive(Serialize)]
struct OfCard<'a> {
    card_id: &'a CardId,
}

impl Client {
    /// Changes how many cards are left.
    ///
    /// Source: official page `Managing_Coupons_Vouchers_and_Cards`.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] with [`crate::ErrCode::INVALID_QUANTITY`] when the stock would be negative or
    /// too large, with [`crate::ErrCode::STOCK_OVER_CODES`] when a card with imported codes would have
    /// more stock than codes. After [`Error::NoAnswer`] or [`Error::Unreadable`] it may be changed:
    /// look at [`Client::card`] before it is tried again.
    pub async fn modify_stock(&self, card_id: &CardId, change: StockChange) -> Result<(), Error> {
        #[derive(Serialize)]
        struct Request<'a> {
            card_id: &'a CardId,
            #[serde(skip_serializing_if = "Option::is_none")]
            increase_stock_value: Option<u32>,
            #[serde(skip_serializing_if = "Option::is_none")]
            reduce_stock_value: Option<u32>,
        }

        let (increase, reduce) = match change {
            StockChange::Increase(number) => (Some(number), None),
            StockChange::Reduce(number) => (None, Some(number)),
        };
        let request = Request {
            card_id,
            increase_stock_value: increase,
            reduce_stock_value: reduce,
        };
        self.done(Call::act("/card/modifystock", &request)).await
    }

    /// Deletes a card, for good. Nobody can claim it any more; what was claimed stays good.
    ///
    /// Source: official page `Managing_Coupons_Vouchers_and_Cards`.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] with [`crate::ErrCode::INVALID_CARD_ID`] or
    /// [`crate::ErrCode::INVALID_CARD_STATUS`] when there is none, or no longer.
    pub async fn delete_card(&self, card_id: &CardId) -> Result<(), Error> {
        self.done(Call::act("/card/delete", &OfCard { card_id }))
            .await
    }

    /// Shows or hides the cell with which a customer pays and redeems at once.
    ///
    /// Source: official page `Distributing_Coupons_Vouchers_and_Cards`.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] with [`crate::ErrCode::STORE_REQUIRED`] when the card has no store.
    pub async fn set_pay_cell(&self, card_id: &CardId, is_open: bool) -> Result<(), Error> {
        #[derive(Serialize)]
        struct Request<'a> {
            card_id: &'a CardId,
            is_open: bool,
        }

        let request = Request { card_id, is_open };
        self.done(Call::act("/card/paycell/set", &request)).await
    }

    /// Shows or hides the cell with which a customer redeems a card without the shop.
    ///
    /// Source: official page `Redeeming_a_coupon_voucher_or_card`.
    ///
    /// # Errors
    ///
    /// As [`Self::set_pay_cell`].
    pub async fn set_self_consume_cell(
        &self,
        card_id: &CardId,
        cell: SelfConsumeCell,
    ) -> Result<(), Error> {
        #[derive(Serialize)]
        struct Request<'a> {
            card_id: &'a CardId,
            is_open: bool,
            /// WeChat spells it so.
            need_verify_cod: bool,
            need_remark_amount: bool,
        }

        let request = Request {
            card_id,
            is_open: cell.is_open,
            need_verify_cod: cell.need_verify_code,
            need_remark_amount: cell.need_remark_amount,
        };
        self.done(Call::act("/card/selfconsumecell/set", &request))
            .await
    }

    /// Names the account's test users; those named before are forgotten.
    ///
    /// Source: official page `Distributing_Coupons_Vouchers_and_Cards`; the answer by captured replies.
    ///
    /// # Errors
    ///
    /// [`Error::NotSent`] with more than 10 of them.
    pub async fn set_test_users(&self, users: &TestUsers) -> Result<TestUsersSet, Error> {
        let call = Call::act("/card/testwhitelist/set", users);
        let number = users.openids.len() + users.user_names.len();
        Error::unless_within(call.endpoint, "test users", number, 0..=TEST_USERS)?;
        self.call(call).await
    }

    /// The card that a store mini-program shows.
    ///
    /// Source: models of public clients.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] with [`crate::ErrCode::UNAUTHORIZED`] when the account has no stores.
    pub async fn store_card(&self, poi_id: &PoiId) -> Result<CardId, Error> {
        #[derive(Serialize)]
        struct Request<'a> {
            poi_id: &'a PoiId,
        }

        #[derive(Deserialize)]
        struct Answer {
            card_id: CardId,
        }

        let call = Call::ask("/card/storewxa/get", &Request { poi_id });
        let answer: Answer = self.call(call).await?;
        Ok(answer.card_id)
    }

    /// Sets the card that a store mini-program shows.
    ///
    /// Source: models of public clients.
    ///
    /// # Errors
    ///
    /// As [`Self::store_card`].
    pub async fn set_store_card(&self, poi_id: &PoiId, card_id: &CardId) -> Result<(), Error> {
        #[derive(Serialize)]
        struct Request<'a> {
            poi_id: &'a PoiId,
            card_id: &'a CardId,
        }

        let request = Request { poi_id, card_id };
        self.done(Call::act("/card/storewxa/set", &request)).await
    }
}
