//! What a call must show before it is let through.

use crate::{refusal::Refusal, world::account::Account};

/// What the caller must show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Guard {
    /// Nothing: these calls give out what the others ask for.
    Open,
    /// A living token of any account.
    Token,
    /// A living token of an Official Account.
    OfficialAccount,
    /// A living token of an Official Account with the card right.
    CardRight,
}

impl Guard {
    /// Refuses an account that lacks the right to the call.
    pub(super) fn check(self, account: &Account) -> Result<(), Refusal> {
        let name = &account.profile.name;
        if matches!(self, Self::OfficialAccount | Self::CardRight)
            && !account.is_official()
            && !crate::breaks::broken("mini-program-token-taken")
        {
            return Err(Refusal::new("WX-TOK-005")
                .expected("the token of an Official Account")
                .received(format!("the token of {name}, a mini-program")));
        }
        if self == Self::CardRight
            && !account.profile.card_right
            && !crate::breaks::broken("card-right-ignored")
        {
            return Err(Refusal::new("WX-TOK-006")
                .expected("an account with the card right")
                .received(format!("{name}, which has none")));
        }
        Ok(())
    }
}
