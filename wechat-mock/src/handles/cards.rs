//! Cards, their codes, and the reviewer of cards.

use super::{
    ControlError,
    rows::{self, CardRow, CodeRow},
};
use crate::{
    control::{self, Verdict},
    mock::Mock,
};

/// Cards, their codes, and the reviewer of cards.
///
/// # Examples
///
/// ```
/// # fn main() -> Result<(), wechat_mock::ControlError> {
/// let mock = wechat_mock::MockWechat::start_blocking();
/// mock.world().reset_to("shop")?;
///
/// let coupon = mock.cards().of(&mock.official_account().appid)?.remove(0);
/// assert_eq!((coupon.claimed, coupon.consumed), (2, 1));
/// let codes = mock.cards().codes(&coupon.card_id)?;
/// assert_eq!((codes[0].user.as_str(), codes[0].status.as_str()), ("alice", "NORMAL"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Cards(Mock);

impl std::fmt::Debug for Cards {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Cards").finish_non_exhaustive()
    }
}

impl Cards {
    pub(crate) fn new(mock: &Mock) -> Self {
        Self(mock.clone())
    }

    /// The cards of all accounts, deleted ones too; of one account in the order in which they were made.
    pub fn list(&self) -> Vec<CardRow> {
        let shown = control::all_cards(&self.0.world.lock(), None);
        rows::all(shown.unwrap_or_default(), CardRow::of)
    }

    /// The cards of one account.
    ///
    /// # Errors
    ///
    /// 404 when no account has the appid.
    pub fn of(&self, appid: &str) -> Result<Vec<CardRow>, ControlError> {
        let shown = control::all_cards(&self.0.world.lock(), Some(appid))?;
        Ok(rows::all(shown, CardRow::of))
    }

    /// One card; `["card"]` of it is what `card/get` shows.
    ///
    /// # Errors
    ///
    /// 404 when no card has the id.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// assert_eq!(mock.cards().get("pNoSuchCard").unwrap_err().status, 404);
    /// ```
    pub fn get(&self, card_id: &str) -> Result<CardRow, ControlError> {
        let shown = control::card_of(&self.0.world.lock(), card_id)?;
        Ok(CardRow::of(shown))
    }

    /// The codes that were handed out of a card, oldest first.
    ///
    /// # Errors
    ///
    /// 404 when no card has the id.
    pub fn codes(&self, card_id: &str) -> Result<Vec<CodeRow>, ControlError> {
        let shown = control::all_codes(&self.0.world.lock(), card_id)?;
        Ok(rows::all(shown, CodeRow::of))
    }

    /// The reviewer approves a card that waits; `card_pass_check` is on its way on return.
    ///
    /// A card waits when its account has the review [`CardReview::Manual`](crate::CardReview::Manual) or
    /// [`CardReview::After`](crate::CardReview::After).
    ///
    /// # Errors
    ///
    /// 404 when no card has the id, 409 when it does not wait.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), wechat_mock::ControlError> {
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// mock.world().reset_to("shop")?;
    /// let card_id = mock.cards().list().remove(0).card_id;
    /// // It is approved already.
    /// assert_eq!(mock.cards().approve(&card_id).unwrap_err().status, 409);
    /// # Ok(())
    /// # }
    /// ```
    pub fn approve(&self, card_id: &str) -> Result<CardRow, ControlError> {
        self.review(card_id, &Verdict::pass())
    }

    /// The reviewer turns a card away that waits, and says why.
    ///
    /// # Errors
    ///
    /// As [`Self::approve`].
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// let refused = mock.cards().refuse("pNoSuchCard", "the logo is not yours");
    /// assert_eq!(refused.unwrap_err().status, 404);
    /// ```
    pub fn refuse(&self, card_id: &str, reason: &str) -> Result<CardRow, ControlError> {
        self.review(card_id, &Verdict::refuse(reason))
    }

    fn review(&self, card_id: &str, verdict: &Verdict) -> Result<CardRow, ControlError> {
        let shown = {
            let mut world = self.0.world.lock();
            verdict.carry_out(&mut world, card_id)?;
            control::card_of(&world, card_id)?
        };
        self.0.broadcast.tell_change("card");
        Ok(CardRow::of(shown))
    }
}
