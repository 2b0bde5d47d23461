//! A claim from a message that an account sent.

use serde_json::Value;

use super::{Claim, Claimant, Item, Taken, Way, ext::Ext, rejection::Rejection, scan, take};
use crate::world::{
    AccountNo, World, code::UserNo, happening::Scene, message::CardMessage, qr::QrCard,
};

impl Claim {
    /// The customer opens the card of a message of `account`'s and takes it.
    pub(crate) fn open_message(
        world: &mut World,
        (user, account): (UserNo, AccountNo),
        message: &CardMessage,
    ) -> Self {
        let item = Item {
            card_id: message.card_id.clone(),
            card_ext: message.card_ext.clone().map_or(Value::Null, Value::from),
            code: None,
            openid: None,
        };
        let taken = take_offered(world, (user, account), message, &item);
        Self::new(
            world,
            "message",
            "addCard",
            (user, account),
            vec![(item, taken)],
        )
    }
}

/// A signed `card_ext` is held to what `cardExt` is; without a signature WeChat itself offers the card.
fn take_offered(
    world: &mut World,
    (user, account): (UserNo, AccountNo),
    message: &CardMessage,
    item: &Item,
) -> Result<Taken, Rejection> {
    let text = message.card_ext.as_deref().unwrap_or_default();
    let ext = if text.is_empty() {
        Ext::default()
    } else {
        Ext::parse(text)?
    };
    if !ext.signature.is_empty() {
        let claimant = Claimant {
            user,
            page: account,
            way: Way::Message,
        };
        return take(world, claimant, item);
    }
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let offered = QrCard {
        card_id: message.card_id.clone(),
        code: some(&ext.code),
        openid: some(&ext.openid),
        is_unique_code: false,
        outer_str: ext.outer_str.clone(),
        outer_id: ext.outer_id,
        is_used: false,
    };
    scan::take(world, (user, Scene::Unknown), account, &offered)
}
