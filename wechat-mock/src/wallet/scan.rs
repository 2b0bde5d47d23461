//! A claim by a QR code: nobody signs it, WeChat knows what it offers.

use serde_json::Value;

use super::{Claim, Item, Taken, checks, rejection::Rejection};
use crate::world::{
    AccountNo, World,
    code::UserNo,
    happening::Scene,
    life::{CardAt, Claimed},
    qr::QrCard,
};

impl Claim {
    /// Claims what a QR code offers; its place is that among the account's QR codes.
    pub(crate) fn scan(world: &mut World, user: UserNo, (account, qr): (AccountNo, usize)) -> Self {
        let offered = world.account(account).qrs[qr].cards.clone();
        let items = offered.iter().enumerate().map(|(index, card)| {
            let taken = take(world, (user, Scene::QrCode), account, card);
            if taken.is_ok() {
                world.account_mut(account).qrs[qr].cards[index].is_used = true;
            }
            (item(card), taken)
        });
        let items = items.collect();
        Self::new(world, "scan", "scan", (user, account), items)
    }
}

pub(super) fn item(card: &QrCard) -> Item {
    Item {
        card_id: card.card_id.clone(),
        card_ext: Value::Null,
        code: card.code.clone(),
        openid: card.openid.clone(),
    }
}

/// Claims what nobody signed: WeChat itself offers it.
pub(super) fn take(
    world: &mut World,
    (user, scene): (UserNo, Scene),
    account: AccountNo,
    card: &QrCard,
) -> Result<Taken, Rejection> {
    let at = known(world, &card.card_id)?;
    let code = card.code.as_deref().unwrap_or_default();
    checks::state(world, user, at)?;
    if card.is_used && card.is_for_one() && !crate::breaks::broken("unique-qr-code-twice") {
        let received = "one that was claimed with";
        return Err(Rejection::new("WX-CLM-020", "a fresh QR code", received));
    }
    checks::dates(world, at)?;
    world.notice_stock(at);
    if !code.is_empty()
        && world.card(at).terms.deposit
        && !crate::breaks::broken("deposit-code-in-qr-taken")
    {
        return Err(Rejection {
            mistake: Some("deposit_code_in_qr"),
            ..Rejection::new("WX-CLM-005", "a QR code without code", "code")
        });
    }
    checks::stock(world, user, at, code)?;
    checks::limit(world, user, at)?;
    if let Some(openid) = &card.openid
        && world.openid(user, account) != openid
    {
        let received = world.openid(user, account);
        return Err(Rejection::new("WX-CLM-014", openid, received));
    }
    let claimed = Claimed {
        code,
        begin: None,
        outer_str: &card.outer_str,
        outer_id: card.outer_id,
        scene,
    };
    let number = world.hand_out(user, at, claimed);
    let account = world.account(account);
    Ok(Taken {
        encrypted_code: account.seal_key().seal(&account.codes.at(number).code),
        advice: Vec::new(),
    })
}

fn known(world: &World, card_id: &str) -> Result<CardAt, Rejection> {
    let known = world.card_no(card_id);
    known.ok_or_else(|| Rejection::new("WX-CLM-001", "a card of this world", card_id))
}
