//! The customer's WeChat: `wx.openCard`, by which a page shows cards that the customer holds.

use serde_json::{Value, json};

use super::rejection::Rejection;
use crate::{
    api::call::shortened,
    mock::Mock,
    world::{
        AccountNo, World,
        code::{CodeNo, CodeStatus, UserNo},
        life::CodeAt,
    },
};

/// What came of one call of `wx.openCard`.
#[derive(Debug)]
pub(crate) struct Opening {
    at: i64,
    user: String,
    appid: String,
    /// Why WeChat shows an error page instead.
    refused: Option<Rejection>,
}

impl Opening {
    /// Shows cards, each by its `card_id` and its code in clear; unless all are there, none is viewed.
    pub(crate) fn carry_out(
        world: &mut World,
        (user, page): (UserNo, AccountNo),
        cards: &[(String, String)],
    ) -> Self {
        let found = cards
            .iter()
            .map(|(card_id, code)| held(world, user, card_id, code));
        let found: Result<Vec<CodeAt>, Rejection> = found.collect();
        let refused = match found {
            Ok(codes) => {
                for at in codes {
                    world.view(at);
                }
                None
            }
            Err(rejection) => Some(rejection),
        };
        Self {
            at: world.now(),
            user: world.user(user).name.clone(),
            appid: world.account(page).profile.appid.clone(),
            refused,
        }
    }

    fn answer(&self) -> Value {
        let text = match &self.refused {
            None => "openCard:ok".to_owned(),
            Some(rejection) => format!("openCard:fail ({})", rejection.phone_text()),
        };
        json!({"errMsg": text})
    }

    /// Writes the call into the journal, beside the claims; its answer with the record.
    pub(crate) fn keep(&self, mock: &Mock) -> Value {
        let number = mock.journal.lock().next_claim(std::iter::empty());
        let mut answer = self.answer();
        let mut record = json!({
            "id": format!("claim-{number}"),
            "at": self.at,
            "call": "wx.openCard",
            "user": self.user,
            "appid": self.appid,
            "outcome": if self.refused.is_some() { "refused" } else { "done" },
            "errMsg": answer["errMsg"],
        });
        if let Some(rejection) = &self.refused {
            rejection.add_to(&mut record, &[]);
        }
        mock.keep_claim(number, &record);
        answer["explain"] = record;
        answer
    }
}

/// The code of a card that the customer holds.
fn held(world: &World, user: UserNo, card_id: &str, code: &str) -> Result<CodeAt, Rejection> {
    let Some(card) = world.card_no(card_id) else {
        let received = shortened(card_id);
        return Err(Rejection::new(
            "WX-CLM-001",
            "a card of this world",
            received,
        ));
    };
    let account = world.account(card.0);
    let any = crate::breaks::broken("open-takes-any-code");
    let any = any.then(|| account.codes.numbers_held_by(user));
    let is_meant = |number: &CodeNo| *account.codes.at(*number).code == *code;
    let mut codes = any
        .into_iter()
        .flatten()
        .chain(account.codes.of_text(code).filter(is_meant));
    let found = codes.find(|number| {
        let known = account.codes.at(*number);
        let is_there = !matches!(known.status, CodeStatus::GiftSucc | CodeStatus::Delete);
        is_there && known.card == card.1 && known.user == user
    });
    if let Some(number) = found {
        return Ok((card.0, number));
    }
    let is_encrypted = account.seal_key().open(code).is_ok();
    let (rule, received) = if is_encrypted {
        ("WX-OPN-001", "the encrypted code".to_owned())
    } else {
        ("WX-OPN-002", shortened(code).into_owned())
    };
    let expected = format!(
        "a code of {card_id} in the wallet of {}",
        world.user(user).name
    );
    Err(Rejection::new(rule, expected, received))
}
