//! Codes: what one customer holds of one card.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

mod dates;
mod made;
mod notes;

pub(crate) use dates::Seconds;
pub(crate) use notes::{Gift, Mark, Notes};

use dates::{Ends, Range};
use made::Made;

use crate::visits::{Index, Table, visited};

/// A card by its place among the account's cards.
pub(crate) type CardNo = u32;
/// A user by their place among the world's users.
pub(crate) type UserNo = u32;
/// A code by its place among the account's codes.
pub(crate) type CodeNo = u32;

/// How a code stands, apart from what the clock says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum CodeStatus {
    Normal,
    Consumed,
    /// Offered to a friend who has not taken it yet.
    Gifting,
    /// A friend has taken it, and holds it under a code of their own.
    GiftSucc,
    /// The friend did not take it in time; the giver holds it again.
    GiftTimeout,
    /// Thrown away by its holder.
    Delete,
    /// Made void by the merchant.
    Unavailable,
}

impl CodeStatus {
    /// Whether an arrow leads from one state to the other.
    pub(crate) fn can_become(self, next: Self) -> bool {
        let is_held = matches!(self, Self::Normal | Self::GiftTimeout);
        match next {
            Self::Normal => false,
            Self::Consumed | Self::Delete | Self::Unavailable => is_held,
            Self::Gifting => self == Self::Normal,
            Self::GiftSucc | Self::GiftTimeout => self == Self::Gifting,
        }
    }
}

/// A state that code/get answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UserCardStatus {
    Normal,
    Consumed,
    Expire,
    Gifting,
    GiftSucc,
    GiftTimeout,
    Delete,
    Unavailable,
}

impl UserCardStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "NORMAL",
            Self::Consumed => "CONSUMED",
            Self::Expire => "EXPIRE",
            Self::Gifting => "GIFTING",
            Self::GiftSucc => "GIFT_SUCC",
            Self::GiftTimeout => "GIFT_TIMEOUT",
            Self::Delete => "DELETE",
            Self::Unavailable => "UNAVAILABLE",
        }
    }

    /// Reads a name of `code/get`.
    pub(crate) fn read(name: &str) -> Option<Self> {
        let all = [
            Self::Normal,
            Self::Consumed,
            Self::Expire,
            Self::Gifting,
            Self::GiftSucc,
            Self::GiftTimeout,
            Self::Delete,
            Self::Unavailable,
        ];
        all.into_iter().find(|status| status.as_str() == name)
    }

    /// Whether its holder can still do something with it: a gift that came back is as good as new.
    pub(crate) fn is_usable(self) -> bool {
        matches!(self, Self::Normal | Self::GiftTimeout)
    }
}

/// One code; a world may hold a million, so what few codes have stands in [`Notes`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Code {
    pub(crate) code: Box<str>,
    pub(crate) card: CardNo,
    pub(crate) user: UserNo,
    pub(crate) status: CodeStatus,
    /// It came from a friend, and so is no claim of its holder's.
    pub(crate) is_gift: bool,
    /// First and last second in which it can be redeemed, unless the card was given other dates since:
    /// see [`CodeBook::dates`].
    pub(crate) first_dates: Seconds,
    pub(crate) outer_str: Option<Box<str>>,
}

/// Whether a code was neither redeemed nor given away: what was deleted or made void is still listed.
fn is_living(status: CodeStatus) -> bool {
    !matches!(status, CodeStatus::Consumed | CodeStatus::GiftSucc)
}

impl Code {
    /// The state a caller sees at `now`, of a code whose last second is `end`.
    fn user_card_status(&self, now: i64, end: i64) -> UserCardStatus {
        let now = now + 60 * i64::from(crate::breaks::broken("code-ends-early"));
        match self.status {
            CodeStatus::Normal | CodeStatus::GiftTimeout
                if now > end && !crate::breaks::broken("expired-code-usable") =>
            {
                UserCardStatus::Expire
            }
            CodeStatus::Normal => UserCardStatus::Normal,
            CodeStatus::Consumed => UserCardStatus::Consumed,
            CodeStatus::Gifting => UserCardStatus::Gifting,
            CodeStatus::GiftSucc => UserCardStatus::GiftSucc,
            CodeStatus::GiftTimeout => UserCardStatus::GiftTimeout,
            CodeStatus::Delete => UserCardStatus::Delete,
            CodeStatus::Unavailable => UserCardStatus::Unavailable,
        }
    }
}

/// What was handed out of one card.
#[derive(Clone, Debug, Default)]
pub(crate) struct OfCard {
    /// In the order in which they came to their holders.
    pub(crate) numbers: Vec<CodeNo>,
    /// Claims; what came from a friend is none.
    pub(crate) claimed: u64,
    pub(crate) consumed: u64,
    range: Option<Box<Range>>,
    ends: Ends,
}

/// What a user did with a card.
#[derive(Clone, Copy, Debug, Default)]
struct Uses {
    /// Claims; what came from a friend is none.
    claims: u32,
    redemptions: u32,
}

/// All codes of one account, found by text, by holder, and counted per card and user.
#[derive(Clone, Debug, Default)]
pub(crate) struct CodeBook {
    codes: Table<Code>,
    /// Codes that WeChat made are unique in the account.
    made: Made,
    /// Custom codes are unique in their card; by text first, so that those of all cards stand together.
    custom: BTreeMap<(Box<str>, CardNo), CodeNo>,
    /// What was a code until it was given away or renamed.
    gone: HashMap<Box<str>, CodeNo>,
    /// What is or was a user's, but for what they gave away.
    held: HashMap<UserNo, Vec<CodeNo>>,
    /// What was neither redeemed nor given away.
    living: Index<(UserNo, CardNo, CodeNo)>,
    of_card: HashMap<CardNo, OfCard>,
    /// The days on which codes of a card end.
    ending: Index<(i64, CardNo)>,
    uses: HashMap<(CardNo, UserNo), Uses>,
    notes: HashMap<CodeNo, Notes>,
}

impl CodeBook {
    /// All codes, in the order in which they came to their holders.
    pub(crate) fn all(&self) -> &Table<Code> {
        &self.codes
    }

    /// Adds a code; the caller has made sure that it is new.
    pub(crate) fn add(&mut self, code: Code, is_custom: bool) -> CodeNo {
        let number = CodeNo::try_from(self.codes.len()).expect("fewer than 2^32 codes");
        if code.status == CodeStatus::GiftSucc {
            self.gone.insert(code.code.clone(), number);
        } else {
            self.insert(&code.code, is_custom.then_some(code.card), number);
        }
        if code.status != CodeStatus::GiftSucc {
            self.held.entry(code.user).or_default().push(number);
        }
        if is_living(code.status) {
            self.living.insert((code.user, code.card, number));
        }
        let of_card = self.of_card.entry(code.card).or_default();
        of_card.numbers.push(number);
        of_card.claimed += u64::from(!code.is_gift);
        let is_consumed = code.status == CodeStatus::Consumed;
        of_card.consumed += u64::from(is_consumed);
        let uses = self.uses.entry((code.card, code.user)).or_default();
        uses.claims += u32::from(!code.is_gift);
        uses.redemptions += u32::from(is_consumed);
        self.codes.push(code);
        self.remember_end(number);
        number
    }

    fn insert(&mut self, text: &str, custom_of: Option<CardNo>, number: CodeNo) {
        if let Some(card) = custom_of {
            self.custom.insert((text.into(), card), number);
        } else {
            self.made.insert(text, number);
        }
    }

    fn remove(&mut self, text: &str, custom_of: Option<CardNo>) {
        if let Some(card) = custom_of {
            self.custom.remove(&(text.into(), card));
        } else {
            self.made.remove(text);
        }
    }

    /// Whether a text is taken: in the account for WeChat's codes, in the card for custom ones.
    pub(crate) fn is_taken(&self, code: &str, custom_of: Option<CardNo>) -> bool {
        self.find(code, custom_of).is_some()
    }

    /// Where a code stands: one that WeChat made, or a custom one of a card.
    pub(crate) fn find(&self, code: &str, custom_of: Option<CardNo>) -> Option<CodeNo> {
        match custom_of {
            Some(card) => self.custom.get(&(code.into(), card)).copied(),
            None => self.made.get(code),
        }
    }

    /// Whether any card has this as a custom code.
    pub(crate) fn is_custom_somewhere(&self, code: &str) -> bool {
        self.custom_of_all(code).next().is_some()
    }

    /// The custom codes of all cards with a text.
    fn custom_of_all(&self, code: &str) -> impl Iterator<Item = &CodeNo> {
        let text: Box<str> = code.into();
        let all = self.custom.range((text.clone(), 0)..=(text, CardNo::MAX));
        all.map(|(_, number)| number)
    }

    /// All codes with a text: one that WeChat made, custom ones of several cards, the last that is gone.
    pub(crate) fn of_text(&self, code: &str) -> impl Iterator<Item = CodeNo> {
        let made = self.made.get(code);
        let custom = self.custom_of_all(code);
        let gone = self.gone.get(code);
        made.into_iter().chain(custom.chain(gone).copied())
    }

    /// What was a code until it was given away or renamed.
    pub(crate) fn gone(&self, code: &str) -> Option<&Code> {
        self.gone.get(code).map(|number| self.at(*number))
    }

    pub(crate) fn at(&self, number: CodeNo) -> &Code {
        &self.codes[number as usize]
    }

    /// Moves a code on; false, and nothing changes, when no arrow leads there.
    #[must_use]
    pub(crate) fn move_on(
        &mut self,
        number: CodeNo,
        next: CodeStatus,
        custom_of: Option<CardNo>,
    ) -> bool {
        if !self.at(number).status.can_become(next) {
            return false;
        }
        let stays = match next {
            CodeStatus::Consumed => crate::breaks::broken("consume-twice"),
            CodeStatus::Unavailable => crate::breaks::broken("unavailable-does-nothing"),
            CodeStatus::Delete => crate::breaks::broken("deleted-code-stays"),
            CodeStatus::GiftSucc => crate::breaks::broken("gifted-code-stays-with-the-giver"),
            _ => false,
        };
        if !stays {
            self.set_status(number, next);
        }
        if next == CodeStatus::Consumed {
            let card = self.at(number).card;
            self.of_card.entry(card).or_default().consumed += 1;
        }
        if next == CodeStatus::GiftSucc && !crate::breaks::broken("gifted-code-still-known") {
            let text = self.at(number).code.clone();
            self.remove(&text, custom_of);
            self.gone.insert(text, number);
        }
        true
    }

    /// Gives a code back that its holder deleted, with the text of the new claim when it has one.
    ///
    /// Only a member card comes back so: see `World::restorable`.
    pub(crate) fn restore(&mut self, number: CodeNo, outer_str: Option<Box<str>>) {
        debug_assert_eq!(
            self.at(number).status,
            CodeStatus::Delete,
            "only a deleted code comes back"
        );
        self.set_status(number, CodeStatus::Normal);
        if outer_str.is_some() {
            self.codes[number as usize].outer_str = outer_str;
        }
    }

    /// The one place where the state of a code changes.
    fn set_status(&mut self, number: CodeNo, next: CodeStatus) {
        self.forget_end(number);
        let code = &mut self.codes[number as usize];
        code.status = next;
        let (user, card) = (code.user, code.card);
        self.remember_end(number);
        if !is_living(next) {
            self.living.remove(&(user, card, number));
        }
        if next == CodeStatus::Consumed {
            self.uses.entry((card, user)).or_default().redemptions += 1;
        }
        if next == CodeStatus::GiftSucc
            && let Some(held) = self.held.get_mut(&user)
            && let Ok(place) = held.binary_search(&number)
        {
            held.remove(place);
        }
    }

    /// Gives a custom code another text; the caller has made sure that it is new.
    pub(crate) fn rename(&mut self, number: CodeNo, text: &str) {
        let code = &mut self.codes[number as usize];
        let card = code.card;
        let former = std::mem::replace(&mut code.code, text.into());
        if !crate::breaks::broken("code-update-keeps-the-old-code") {
            self.remove(&former, Some(card));
        }
        self.insert(text, Some(card), number);
        self.note(number).former = Some(former.clone());
        self.gone.insert(former, number);
    }

    /// What was handed out of a card.
    pub(crate) fn of_card(&self, card: CardNo) -> &OfCard {
        static NOTHING: OfCard = OfCard {
            numbers: Vec::new(),
            claimed: 0,
            consumed: 0,
            range: None,
            ends: Ends::new(),
        };
        self.of_card.get(&card).unwrap_or(&NOTHING)
    }

    /// What of a card a user has neither redeemed nor given away, in the order in which it came to them.
    pub(crate) fn living_of_card(
        &self,
        user: UserNo,
        card: CardNo,
    ) -> impl DoubleEndedIterator<Item = CodeNo> {
        let range = (user, card, CodeNo::MIN)..=(user, card, CodeNo::MAX);
        self.living.range(range).map(|(_, _, number)| *number)
    }

    /// The same of all cards.
    pub(crate) fn living_of(&self, user: UserNo) -> Vec<CodeNo> {
        let first = (user, CardNo::MIN, CodeNo::MIN);
        let last = (user, CardNo::MAX, CodeNo::MAX);
        let living = self.living.range(first..=last);
        let mut living: Vec<CodeNo> = living.map(|(_, _, number)| *number).collect();
        living.sort_unstable();
        living
    }

    /// What a user holds or held, but for what they gave away, in the order in which it came to them.
    pub(crate) fn held_by(&self, user: UserNo) -> impl Iterator<Item = &Code> {
        self.numbers_held_by(user).map(|number| self.at(number))
    }

    pub(crate) fn numbers_held_by(&self, user: UserNo) -> impl Iterator<Item = CodeNo> {
        self.numbers_held_from(user, 0)
    }

    /// The same from the number `first` on, without a walk over what came before.
    pub(crate) fn numbers_held_from(
        &self,
        user: UserNo,
        first: CodeNo,
    ) -> impl Iterator<Item = CodeNo> {
        let numbers = self.held.get(&user).map_or(&[][..], Vec::as_slice);
        let begin = numbers.partition_point(|number| *number < first);
        visited(&numbers[begin..]).copied()
    }

    /// How many times a user has claimed a card.
    pub(crate) fn claims_of(&self, card: CardNo, user: UserNo) -> u32 {
        self.uses.get(&(card, user)).map_or(0, |uses| uses.claims)
    }

    /// How many times a user has redeemed a card.
    pub(crate) fn redemptions_of(&self, card: CardNo, user: UserNo) -> u32 {
        let of_pair = self.uses.get(&(card, user));
        of_pair.map_or(0, |uses| uses.redemptions)
    }

    /// The state of a code that a caller sees at `now`.
    pub(crate) fn status_at(&self, number: CodeNo, now: i64) -> UserCardStatus {
        self.at(number).user_card_status(now, self.dates(number).1)
    }

    /// What few codes have.
    pub(crate) fn notes(&self, number: CodeNo) -> Option<&Notes> {
        self.notes.get(&number)
    }

    /// The same, to be written to.
    pub(crate) fn note(&mut self, number: CodeNo) -> &mut Notes {
        self.notes.entry(number).or_default()
    }

    /// Holds a code for somebody, or for nobody.
    pub(crate) fn set_mark(&mut self, number: CodeNo, mark: Option<Mark>) {
        self.note(number).mark = mark;
        self.forget_empty(number);
    }

    /// Ends the offer of a code, if it is offered.
    pub(crate) fn take_gift(&mut self, number: CodeNo) -> Option<Gift> {
        let gift = self.notes.get_mut(&number)?.gift.take();
        self.forget_empty(number);
        gift
    }

    fn forget_empty(&mut self, number: CodeNo) {
        if self.notes.get(&number) == Some(&Notes::default()) {
            self.notes.remove(&number);
        }
    }

    /// Restores the notes of a code.
    pub(crate) fn set_notes(&mut self, number: CodeNo, notes: Notes) {
        if notes == Notes::default() {
            return;
        }
        if let Some(former) = &notes.former {
            self.gone.insert(former.clone(), number);
        }
        self.notes.insert(number, notes);
    }
}

#[cfg(test)]
mod tests;
