//! What one customer holds.

use serde::{Deserialize, Serialize};

use crate::{CardCode, CardId, Client, Error, OpenId, transport::Call, wire::flag};

/// One card of a customer's.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct UserCard {
    /// The code.
    pub code: CardCode,
    /// The kind of card.
    pub card_id: CardId,
}

/// The cards of a customer's.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct UserCards {
    /// Those that were not redeemed; some may be deleted or void, which [`Client::code`] tells.
    #[serde(default, rename = "card_list")]
    pub cards: Vec<UserCard>,
    /// Whether there is a friends' coupon among them.
    #[serde(default, deserialize_with = "flag")]
    pub has_share_card: bool,
}

impl Client {
    /// The cards that a customer holds: of one kind, or all of this account's.
    ///
    /// Source: official page `Managing_Coupons_Vouchers_and_Cards`; captured replies.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] with [`crate::ErrCode::INVALID_OPENID`] when the openid is not one of the
    /// Official Account's, as a mini-program's is not.
    pub async fn user_cards(
        &self,
        openid: &OpenId,
        card_id: Option<&CardId>,
    ) -> Result<UserCards, Error> {
        #[derive(Serialize)]
        struct Request<'a> {
            openid: &'a OpenId,
            #[serde(skip_serializing_if = "Option::is_none")]
            card_id: Option<&'a CardId>,
        }

        let request = Request { openid, card_id };
        self.call(Call::ask("/card/user/getcardlist", &request))
            .await
    }
}
