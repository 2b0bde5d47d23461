//! An account: an Official Account or a mini-program, a world of its own.

use super::{
    card::Card,
    code::CodeBook,
    ids::Ids,
    media::{Images, MediaShelf},
    profile::{AccountKind, Profile},
    quota::Usage,
    ticket::Tickets,
    token::Tokens,
};
use crate::seal::SealKey;

/// An account and all that belongs to it.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) profile: Profile,
    pub(crate) ids: Ids,
    pub(crate) usage: Usage,
    pub(crate) tokens: Tokens,
    pub(crate) tickets: Tickets,
    pub(crate) cards: Vec<Card>,
    pub(crate) codes: CodeBook,
    pub(crate) images: Images,
    pub(crate) media: MediaShelf,
}

impl Account {
    pub(crate) fn new(profile: Profile, seed: u64, drawn: u64) -> Self {
        Self {
            ids: Ids::new(seed, &profile.appid, drawn),
            profile,
            usage: Usage::default(),
            tokens: Tokens::default(),
            tickets: Tickets::default(),
            cards: Vec::new(),
            codes: CodeBook::default(),
            images: Images::default(),
            media: MediaShelf::default(),
        }
    }

    pub(crate) fn is_official(&self) -> bool {
        self.profile.kind == AccountKind::OfficialAccount
    }

    /// Five characters that card ids and openids of one account share.
    fn mark(&self) -> String {
        self.ids.fixed("mark").base64url(5)
    }

    /// A new card id: `p`, the account's mark, 22 characters.
    pub(crate) fn draw_card_id(&mut self) -> String {
        format!("p{}{}", self.mark(), self.ids.draw().base64url(22))
    }

    /// The openid of a user at this account: `o`, the account's mark, 22 characters.
    pub(crate) fn openid_of(&self, user: &str) -> String {
        let mut draw = self.ids.fixed(&format!("openid of {user}"));
        format!("o{}{}", self.mark(), draw.base64url(22))
    }

    /// The key of this account's encrypted codes.
    pub(crate) fn seal_key(&self) -> SealKey {
        SealKey::new(
            self.ids.fixed("seal: cipher").bytes(),
            self.ids.fixed("seal: mac").bytes(),
        )
    }
}
