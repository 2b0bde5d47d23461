//! An account: an Official Account or a mini-program, a world of its own.

use std::collections::BTreeSet;

use super::{
    card::{Card, Cards},
    code::{CardNo, CodeBook, UserNo},
    gift_rule::GiftRule,
    ids::Ids,
    ledger::Ledger,
    media::{Images, MediaShelf},
    member::Members,
    profile::{AccountKind, Profile},
    qr::{LandingPage, Qr},
    quota::Usage,
    ticket::Tickets,
    token::Tokens,
};
use crate::{seal::SealKey, visits::Table};

/// An account and all that belongs to it.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) profile: Profile,
    pub(crate) ids: Ids,
    pub(crate) usage: Usage,
    pub(crate) tokens: Tokens,
    pub(crate) tickets: Tickets,
    pub(crate) cards: Cards,
    pub(crate) codes: CodeBook,
    pub(crate) members: Members,
    pub(crate) gift_rules: Vec<GiftRule>,
    pub(crate) ledger: Ledger,
    /// Who may claim cards before they are approved.
    pub(crate) testers: BTreeSet<UserNo>,
    pub(crate) qrs: Table<Qr>,
    pub(crate) pages: Table<LandingPage>,
    pub(crate) images: Images,
    pub(crate) media: MediaShelf,
    constants: Constants,
}

/// What follows from the world's seed and the appid, and is needed in many calls.
#[derive(Clone, Debug)]
struct Constants {
    /// Five characters that card ids and openids of one account share.
    mark: String,
    /// The key of the account's encrypted codes.
    seal_key: SealKey,
    platform_openid: String,
    operator_openid: String,
}

impl Constants {
    fn new(ids: &Ids) -> Self {
        let mark = ids.fixed("mark").base64url(5);
        let openid = |name: &str| format!("o{mark}{}", ids.fixed(name).base64url(22));
        Self {
            seal_key: SealKey::new(
                ids.fixed("seal: cipher").bytes(),
                ids.fixed("seal: mac").bytes(),
            ),
            // No user has an empty name.
            platform_openid: openid("openid of "),
            operator_openid: openid("the operator's openid"),
            mark,
        }
    }
}

impl Account {
    pub(crate) fn new(profile: Profile, seed: u64, drawn: u64) -> Self {
        let ids = Ids::new(seed, &profile.appid, drawn);
        Self {
            constants: Constants::new(&ids),
            ids,
            profile,
            usage: Usage::default(),
            tokens: Tokens::default(),
            tickets: Tickets::default(),
            cards: Cards::default(),
            codes: CodeBook::default(),
            members: Members::default(),
            gift_rules: Vec::new(),
            ledger: Ledger::default(),
            testers: BTreeSet::new(),
            qrs: Table::default(),
            pages: Table::default(),
            images: Images::default(),
            media: MediaShelf::default(),
        }
    }

    pub(crate) fn is_official(&self) -> bool {
        self.profile.kind == AccountKind::OfficialAccount
    }

    /// A new card id: `p`, the account's mark, 22 characters.
    pub(crate) fn draw_card_id(&mut self) -> String {
        format!("p{}{}", self.constants.mark, self.ids.draw().base64url(22))
    }

    /// A new code as WeChat makes them: 12 digits.
    pub(crate) fn draw_code(&mut self) -> Box<str> {
        loop {
            let code = self.ids.draw().digits(12);
            if !self.codes.is_taken(&code, None) {
                return code.into();
            }
        }
    }

    /// A new number for a sub-merchant or a rule: eight digits, the first of them no zero.
    pub(crate) fn draw_number(&mut self) -> u64 {
        loop {
            let drawn: u64 = self.ids.draw().digits(7).parse().unwrap_or_default();
            let number = 10_000_000 + drawn;
            let mut merchants = self.profile.sub_merchants.iter();
            let mut rules = self.gift_rules.iter();
            if merchants.all(|known| known.merchant_id != number)
                && rules.all(|known| known.rule_id != number)
            {
                return number;
            }
        }
    }

    /// The number of a message: ten digits, the first of them a 1.
    pub(crate) fn draw_message_number(&mut self) -> u64 {
        let drawn: u64 = self.ids.draw().digits(9).parse().unwrap_or_default();
        1_000_000_000 + drawn
    }

    /// The openid of a user at this account: `o`, the account's mark, 22 characters.
    pub(crate) fn openid_of(&self, user: &str) -> String {
        let mut draw = self.ids.fixed(&format!("openid of {user}"));
        format!("o{}{}", self.constants.mark, draw.base64url(22))
    }

    /// Where events come from that no customer caused.
    pub(crate) fn platform_openid(&self) -> &str {
        &self.constants.platform_openid
    }

    /// The openid of whoever redeems codes by the API: the account's operator.
    pub(crate) fn operator_openid(&self) -> &str {
        &self.constants.operator_openid
    }

    pub(crate) fn card(&self, number: CardNo) -> &Card {
        &self.cards[number as usize]
    }

    /// The index a card's codes stand in: its own for custom codes.
    pub(crate) fn custom_of(&self, number: CardNo) -> Option<CardNo> {
        self.card(number).terms.use_custom_code.then_some(number)
    }

    /// Whether a text is a custom code of a card already: living, or put in and not to be put in again.
    ///
    /// Every way in which a custom code comes to be asks this: two living codes of a card never have
    /// one text.
    pub(crate) fn is_code_of(&self, number: CardNo, code: &str) -> bool {
        self.codes.is_taken(code, Some(number)) || self.card(number).deposit.holds(code)
    }

    /// Puts a code into the deposit of a card; false when it is one of the card already.
    #[must_use]
    pub(crate) fn bring_code(&mut self, number: CardNo, code: &str) -> bool {
        !self.is_code_of(number, code) && self.cards[number as usize].deposit.add(code)
    }

    /// The key of this account's encrypted codes.
    pub(crate) fn seal_key(&self) -> &SealKey {
        &self.constants.seal_key
    }
}
