//! Customers: codes that they hold and of which no push and no page told.
//!
//! WeChat lists no codes of a card. So a code is found only by an openid that held one before; the
//! first of a customer whose push was lost is found when they come, or when it is redeemed.

use wechat_client::{CardCode, CheckConsume, OpenId, UserCard};

use super::Round;
use crate::{
    operations::new_claim,
    store::{DbError, reconcile::Drift},
};

impl Round<'_> {
    pub(super) async fn holders(&mut self) -> Result<(), DbError> {
        let now = self.state.clock.now();
        let before = now - self.cause.age();
        let limit = self.cause.most_holders();
        for openid in self.state.store.openids_to_ask(before, now, limit).await? {
            if self.is_over() {
                return Ok(());
            }
            self.row.asked += 1;
            // Before the question: one about which WeChat says nothing goes to the end.
            self.state.store.openid_was_asked(&openid, now).await?;
            let openid = OpenId::from(openid.as_str());
            match self.state.wechat.cards.user_cards(&openid, None).await {
                Ok(held) => {
                    self.silent = 0;
                    for card in &held.cards {
                        self.held(card).await?;
                    }
                }
                Err(error) => self.failed(&error),
            }
        }
        Ok(())
    }

    /// A code that a customer holds; written down where the ledger lacks it.
    async fn held(&mut self, card: &UserCard) -> Result<(), DbError> {
        let store = &self.state.store;
        let (code, card_id) = (card.code.as_str(), card.card_id.as_str());
        if store.has_claim(code, card_id).await? || !store.has_card(card_id).await? {
            return Ok(());
        }
        let code = CardCode::from(code);
        let cards = &self.state.wechat.cards;
        let detail = cards.code(&code, Some(&card.card_id), CheckConsume::No);
        match detail.await {
            Ok(detail) => {
                let claim = new_claim(&detail);
                let now = self.state.clock.now();
                let id = store.adopt_claim(&claim, now).await?;
                let became = Some(claim.status.as_str().to_owned());
                let drift = Drift::new("claim", &id, "status", None, became);
                store.note_drift(&self.row.id, &drift).await?;
                self.row.changed += 1;
            }
            Err(error) => self.failed(&error),
        }
        Ok(())
    }
}
