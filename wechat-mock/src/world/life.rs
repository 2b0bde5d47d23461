//! What happens to cards and codes, and what their account hears of it.
//!
//! All arrows between states are here; WeChat's API and the phone ask for them, and nobody goes around them.

use std::ops::Bound;

use super::{
    AccountNo, Due, World,
    card::{CardStatus, Dates, Description, NotWaiting},
    code::{CardNo, Code, CodeNo, CodeStatus, Gift, UserCardStatus, UserNo},
    happening::{self, CodeOf, Consumed, Got, Scene},
    ledger::Deed,
    profile::Review,
};

/// A card, and whose.
pub(crate) type CardAt = (AccountNo, CardNo);
/// A code, and whose.
pub(crate) type CodeAt = (AccountNo, CodeNo);

/// First stock above which an account is told that it runs low.
const LARGE: u64 = 200;
/// Stock that is low.
const LOW: u64 = 100;
/// Seconds between two such reminders.
const REMIND_AGAIN: i64 = 12 * 3600;

/// Somebody asked for what the state of a code does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WrongState(pub(crate) UserCardStatus);

/// Why a code cannot be redeemed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CannotRedeem {
    State(UserCardStatus),
    /// It begins then.
    NotBegun(i64),
    /// The customer has redeemed as many of the card as one may.
    Limit(u64),
}

impl From<WrongState> for CannotRedeem {
    fn from(state: WrongState) -> Self {
        Self::State(state.0)
    }
}

/// What a claim brings along.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Claimed<'a> {
    /// The custom code that came with the claim.
    pub(crate) code: &'a str,
    /// The first second of a term, when the claim sets it.
    pub(crate) begin: Option<i64>,
    pub(crate) outer_str: &'a str,
    pub(crate) outer_id: i64,
    pub(crate) scene: Scene,
}

/// Who redeemed a code, and with what.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Redeemed<'a> {
    /// The shop, by code/consume; `outer_str` is that of the call.
    ByApi { outer_str: &'a str },
    /// The customer, on the phone.
    OnPhone {
        verify_code: &'a str,
        remark_amount: &'a str,
    },
}

impl World {
    /// Starts the review of a card, from the beginning.
    pub(super) fn start_review(&mut self, at: CardAt) {
        let now = self.now();
        let cards = &mut self.account_mut(at.0).cards;
        cards.set_status(at.1, CardStatus::NotVerify);
        self.card_mut(at).review_due = None;
        match self.account(at.0).profile.review {
            Review::Auto => self.end_review(at, true, "", now),
            Review::Manual if crate::breaks::broken("review-skipped") => {
                self.end_review(at, true, "", now);
            }
            Review::Manual => {}
            Review::After(seconds) => {
                let due = now.saturating_add(i64::from(seconds));
                self.card_mut(at).review_due = Some(due);
                self.due.insert((due, at.0, Due::Review(at.1)));
            }
        }
    }

    /// What the reviewer does.
    pub(crate) fn review(
        &mut self,
        at: CardAt,
        pass: bool,
        reason: &str,
    ) -> Result<(), NotWaiting> {
        let status = self.card(at).status();
        if status != CardStatus::NotVerify {
            return Err(NotWaiting(status));
        }
        let now = self.now();
        self.end_review(at, pass, reason, now);
        Ok(())
    }

    /// A reviewer who was faster, a later review and a deletion have the last word.
    pub(super) fn review_falls_due(&mut self, at: CardAt, due: i64) {
        let card = self.card(at);
        if card.status() == CardStatus::NotVerify && card.review_due == Some(due) {
            self.end_review(at, true, "", due);
        }
    }

    fn end_review(&mut self, at: CardAt, pass: bool, reason: &str, when: i64) {
        let platform = self.account(at.0).platform_openid().to_owned();
        let status = if pass || crate::breaks::broken("refusal-of-review-approves") {
            CardStatus::VerifyOk
        } else {
            CardStatus::VerifyFail
        };
        self.account_mut(at.0).cards.set_status(at.1, status);
        let card = self.card_mut(at);
        (if pass { "" } else { reason }).clone_into(&mut card.refuse_reason);
        card.review_due = None;
        card.update_time = when;
        let event = happening::reviewed(&platform, &card.card_id, pass, &card.refuse_reason);
        self.emit_at(at.0, event, when);
    }

    /// Changes what a card says; a reviewed field sends it to review again.
    pub(crate) fn update_card(&mut self, at: CardAt, description: Description, is_reviewed: bool) {
        let now = self.now();
        let card = self.card_mut(at);
        let former = card.terms.dates;
        if !crate::breaks::broken("update-forgets") {
            card.change(description, now);
        }
        let dates = card.terms.dates;
        if let Dates::Range { begin, end } = dates
            && dates != former
            && !crate::breaks::broken("codes-keep-former-dates")
        {
            // What customers hold already changes with the card.
            self.account_mut(at.0).codes.set_range(at.1, begin, end);
        }
        if is_reviewed && !crate::breaks::broken("update-that-does-not-re-review") {
            self.start_review(at);
        }
    }

    /// Ends the claims of a card; its codes live on.
    pub(crate) fn delete_card(&mut self, at: CardAt) {
        let now = self.now();
        if !crate::breaks::broken("delete-does-nothing") {
            let cards = &mut self.account_mut(at.0).cards;
            cards.set_status(at.1, CardStatus::Delete);
        }
        let card = self.card_mut(at);
        card.review_due = None;
        card.update_time = now;
    }

    /// Somebody tries to claim: the account hears when a large stock has become small.
    pub(crate) fn notice_stock(&mut self, at: CardAt) {
        let now = self.now();
        let card = self.card_mut(at);
        let is_due = card
            .reminded_at
            .is_none_or(|last| now - last >= REMIND_AGAIN);
        if crate::breaks::broken("reminder-of-stock-missing")
            || card.quantity > LOW
            || card.terms.first_stock <= LARGE
            || !is_due
        {
            return;
        }
        card.reminded_at = Some(now);
        let platform = self.account(at.0).platform_openid().to_owned();
        let card = self.card(at);
        let event = happening::stock_runs_low(&platform, &card.card_id, card.quantity);
        self.emit(at.0, event);
    }

    /// Takes one from the stock and gives its code to a customer.
    pub(crate) fn hand_out(&mut self, user: UserNo, at: CardAt, claimed: Claimed<'_>) -> CodeNo {
        if let Some(number) = self.restorable(user, at) {
            self.restore((at.0, number), claimed);
            return number;
        }
        let now = self.now();
        let account = self.account_mut(at.0);
        let card = &mut account.cards[at.1 as usize];
        card.quantity = card
            .quantity
            .saturating_sub(u64::from(!crate::breaks::broken("stock-not-taken")));
        let dates = card.terms.dates.of_claim(now, claimed.begin);
        let is_custom = card.terms.use_custom_code;
        let text = if card.terms.deposit {
            card.deposit.next()
        } else {
            is_custom.then(|| claimed.code.into())
        };
        let text = text.unwrap_or_else(|| account.draw_code());
        let number = account.codes.add(
            Code {
                code: text,
                card: at.1,
                user,
                status: CodeStatus::Normal,
                is_gift: false,
                first_dates: dates,
                outer_str: some_text(claimed.outer_str)
                    .filter(|_| !crate::breaks::broken("outer-str-lost")),
            },
            is_custom,
        );
        self.tell_claim((at.0, number), claimed, false);
        self.count((at.0, number), Deed::Receive);
        self.activate_by_itself((at.0, number));
        number
    }

    fn tell_claim(&mut self, at: CodeAt, claimed: Claimed<'_>, is_restored: bool) {
        let got = Got {
            outer_id: claimed.outer_id,
            outer_str: claimed.outer_str,
            is_restored,
            scene: claimed.scene,
            unionid: &self.user(self.code(at).user).unionid,
        };
        let event = self.code_of(at).claimed(&got);
        self.emit(at.0, event);
    }

    /// The code under which a member card that the customer deleted is found again by a new claim.
    ///
    /// The last one deleted; none when its dates are over. Source: published logs.
    pub(crate) fn restorable(&self, user: UserNo, at: CardAt) -> Option<CodeNo> {
        if !self.card(at).is_member_card()
            || crate::breaks::broken("deleted-member-card-not-restored")
        {
            return None;
        }
        let (now, codes) = (self.now(), &self.account(at.0).codes);
        let is_restorable = |number: &CodeNo| {
            codes.at(*number).status == CodeStatus::Delete && now <= codes.dates(*number).1
        };
        codes.living_of_card(user, at.1).rev().find(is_restorable)
    }

    /// Gives a deleted member card back: the same code, and what was known of the member.
    ///
    /// The stock stays as it is, and the day's statistics count no new claim.
    fn restore(&mut self, at: CodeAt, claimed: Claimed<'_>) {
        let outer_str = some_text(claimed.outer_str);
        self.account_mut(at.0).codes.restore(at.1, outer_str);
        self.tell_claim(at, claimed, true);
    }

    /// How a code stands now.
    pub(crate) fn code_status(&self, at: CodeAt) -> UserCardStatus {
        self.account(at.0).codes.status_at(at.1, self.now())
    }

    pub(crate) fn code(&self, at: CodeAt) -> &Code {
        self.account(at.0).codes.at(at.1)
    }

    /// First and last second in which a code can be redeemed.
    pub(crate) fn dates(&self, at: CodeAt) -> (i64, i64) {
        self.account(at.0).codes.dates(at.1)
    }

    /// A code as events name it.
    fn code_of(&self, at: CodeAt) -> CodeOf<'_> {
        let code = self.code(at);
        CodeOf {
            card_id: &self.card((at.0, code.card)).card_id,
            code: &code.code,
            openid: self.openid(code.user, at.0),
        }
    }

    fn move_on(&mut self, at: CodeAt, next: CodeStatus) -> Result<(), WrongState> {
        let status = self.code_status(at);
        let account = self.account_mut(at.0);
        let custom_of = account.custom_of(account.codes.at(at.1).card);
        let is_moved = account.codes.move_on(at.1, next, custom_of);
        is_moved.then_some(()).ok_or(WrongState(status))
    }

    /// Redeems a code, once.
    pub(crate) fn consume(&mut self, at: CodeAt, how: Redeemed<'_>) -> Result<(), CannotRedeem> {
        self.only_usable(at)?;
        let (begin, _) = self.dates(at);
        if self.now() < begin && !crate::breaks::broken("consume-before-the-first-day") {
            return Err(CannotRedeem::NotBegun(begin));
        }
        if let Some(limit) = self.use_limit_reached(at) {
            return Err(CannotRedeem::Limit(limit));
        }
        self.move_on(at, CodeStatus::Consumed)?;
        self.count(at, Deed::Verify);
        if matches!(how, Redeemed::ByApi { .. }) {
            self.count(at, Deed::VerifyNoself);
        }
        let card_at = (at.0, self.code(at).card);
        let operator = self.account(at.0).operator_openid().to_owned();
        let consumed = match how {
            Redeemed::ByApi { outer_str } => Consumed {
                source: "FROM_API",
                staff: &operator,
                location: None,
                verify_code: "",
                remark_amount: "",
                outer_str,
            },
            Redeemed::OnPhone {
                verify_code,
                remark_amount,
            } => Consumed {
                source: "FROM_MOBILE_HELPER",
                staff: "",
                location: Some(self.card(card_at).terms.first_store),
                verify_code,
                remark_amount,
                outer_str: self.code(at).outer_str.as_deref().unwrap_or_default(),
            },
        };
        let event = self.code_of(at).consumed(&consumed);
        self.emit(at.0, event);
        Ok(())
    }

    /// How often one customer may redeem the card of a code, when its holder has done so.
    pub(crate) fn use_limit_reached(&self, at: CodeAt) -> Option<u64> {
        let code = self.code(at);
        let card = (at.0, code.card);
        let limit = self.card(card).terms.use_limit?;
        let redeemed = self
            .account(at.0)
            .codes
            .redemptions_of(code.card, code.user);
        (u64::from(redeemed) >= limit && !crate::breaks::broken("limit-of-use-ignored"))
            .then_some(limit)
    }

    fn only_usable(&self, at: CodeAt) -> Result<(), WrongState> {
        let status = self.code_status(at);
        status.is_usable().then_some(()).ok_or(WrongState(status))
    }

    /// The merchant makes a code void; nobody is told.
    pub(crate) fn make_void(&mut self, at: CodeAt, reason: &str) -> Result<(), WrongState> {
        self.only_usable(at)?;
        self.move_on(at, CodeStatus::Unavailable)?;
        if let Some(reason) = some_text(reason) {
            self.account_mut(at.0).codes.note(at.1).reason = Some(reason);
        }
        Ok(())
    }

    /// The holder throws a code away.
    pub(crate) fn throw_away(&mut self, at: CodeAt) -> Result<(), WrongState> {
        self.move_on(at, CodeStatus::Delete)?;
        let event = self.code_of(at).deleted();
        self.emit(at.0, event);
        Ok(())
    }

    /// The holder looks at a code; the account hears of it when the card says so.
    pub(crate) fn view(&mut self, at: CodeAt) {
        self.count(at, Deed::View);
        let code = self.code(at);
        if self.card((at.0, code.card)).terms.pushes_views {
            let event = self.code_of(at);
            let event = event.viewed(code.outer_str.as_deref().unwrap_or_default());
            self.emit(at.0, event);
        }
    }

    /// The holder offers a code to a friend.
    pub(crate) fn offer(&mut self, at: CodeAt, friend: UserNo) -> Result<(), WrongState> {
        self.only_usable(at)?;
        self.move_on(at, CodeStatus::Gifting)?;
        let gift = Gift::new(friend, self.now());
        self.account_mut(at.0).codes.note(at.1).gift = Some(gift);
        self.expect_return(at, gift);
        let event = self.code_of(at).gifting(self.openid(friend, at.0), false);
        self.emit(at.0, event);
        Ok(())
    }

    /// Remembers that an offer ends by itself, and for whom it is until then.
    pub(super) fn expect_return(&mut self, at: CodeAt, gift: Gift) {
        self.due.insert((gift.until, at.0, Due::Return(at.1)));
        self.offered.insert((gift.to, gift.until, at.0, at.1));
    }

    /// Ends the offer of a code, if it is offered.
    fn end_offer(&mut self, at: CodeAt) -> Option<Gift> {
        let gift = self.account_mut(at.0).codes.take_gift(at.1)?;
        self.due.remove(&(gift.until, at.0, Due::Return(at.1)));
        self.offered.remove(&(gift.to, gift.until, at.0, at.1));
        Some(gift)
    }

    /// What friends offer a customer and nobody took yet, by when the offer ends; behind `after` where it
    /// is given.
    pub(crate) fn gifts_to(
        &self,
        user: UserNo,
        after: Option<(i64, CodeAt)>,
    ) -> impl Iterator<Item = (CodeAt, Gift)> {
        let first = (user, i64::MIN, AccountNo::MIN, CodeNo::MIN);
        let behind = after.map_or(Bound::Included(first), |(until, (account, code))| {
            Bound::Excluded((user, until, account, code))
        });
        let last = (user, i64::MAX, AccountNo::MAX, CodeNo::MAX);
        let offered = self.offered.range((behind, Bound::Included(last)));
        offered.filter_map(|&(_, _, account, code)| {
            let gift = self.account(account).codes.notes(code)?.gift?;
            Some(((account, code), gift))
        })
    }

    /// The friend takes what was offered: the giver's code is gone, the friend has one of their own.
    pub(crate) fn accept(&mut self, at: CodeAt) -> Result<CodeNo, WrongState> {
        let status = self.code_status(at);
        let gift = self.end_offer(at).ok_or(WrongState(status))?;
        self.move_on(at, CodeStatus::GiftSucc)?;
        self.count(at, Deed::Give);

        let account = self.account_mut(at.0);
        let given = account.codes.at(at.1).clone();
        let is_custom = account.card(given.card).terms.use_custom_code;
        // A custom code keeps its text until code/update.
        let text = if is_custom || crate::breaks::broken("gift-keeps-its-code") {
            given.code.clone()
        } else {
            account.draw_code()
        };
        let taken = Code {
            code: text,
            user: gift.to,
            status: CodeStatus::Normal,
            is_gift: true,
            first_dates: account.codes.dates(at.1),
            ..given.clone()
        };
        let number = account.codes.add(taken, is_custom);
        let friend = self.openid(given.user, at.0);
        let event = self.code_of((at.0, number)).accepted(friend, &given.code);
        self.emit(at.0, event);
        self.activate_by_itself((at.0, number));
        Ok(number)
    }

    /// Nobody took the gift.
    pub(super) fn gift_falls_due(&mut self, at: CodeAt, when: i64) {
        let Some(gift) = self.end_offer(at) else {
            return;
        };
        if crate::breaks::broken("gift-never-returns") {
            return;
        }
        if self.move_on(at, CodeStatus::GiftTimeout).is_ok() {
            let event = self.code_of(at).gifting(self.openid(gift.to, at.0), true);
            self.emit_at(at.0, event, when);
        }
    }
}

fn some_text(text: &str) -> Option<Box<str>> {
    Some(text).filter(|text| !text.is_empty()).map(Into::into)
}

#[cfg(test)]
mod tests;
