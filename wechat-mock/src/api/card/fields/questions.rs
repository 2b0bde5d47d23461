//! What the values of a card ask of the account, answered once the world is at hand.

use super::FieldRow;
use crate::{
    refusal::{Advice, Refusal},
    switches::{Switch, Switches},
    world::{account::Account, restrictions::Right},
};

/// A value that the body alone does not decide.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    /// Whether the account has a right.
    Right(Right),
    /// Whether a mini-program is linked to it, by its original id.
    MiniProgram(String),
    /// Whether it uploaded a picture, by its URL on WeChat's picture host.
    Picture(String),
}

/// What a field asks.
#[derive(Clone, Debug)]
struct Question {
    row: &'static FieldRow,
    asked: Asked,
}

/// What judging a card by itself came to: the questions before the first refusal, in the order of the
/// fields, and that refusal.
#[derive(Clone, Debug, Default)]
pub(in crate::api) struct Judged {
    questions: Vec<Question>,
    refusal: Option<Refusal>,
}

impl Judged {
    pub(super) fn ask(&mut self, row: &'static FieldRow, asked: Asked) {
        self.questions.push(Question { row, asked });
    }

    /// The same with what judging ended with.
    pub(super) fn ended(mut self, result: Result<(), Refusal>) -> Self {
        self.refusal = result.err();
        self
    }

    /// Whether the card is refused whatever the account.
    pub(in crate::api::card) fn is_refused(&self) -> bool {
        self.refusal.is_some()
    }

    /// Asks the account; the first refusal counts, its own or that of the card by itself. `accounts`
    /// are all of them, among them the mini-programs that a card can lead to.
    pub(in crate::api::card) fn check(
        &self,
        account: &Account,
        accounts: &[Account],
        switches: Switches,
        advice: &mut Vec<Advice>,
    ) -> Result<(), Refusal> {
        for Question { row, asked } in &self.questions {
            match asked {
                Asked::Right(right) => row.check_right(*right, account)?,
                Asked::MiniProgram(id) => row.check_linked(id, accounts, switches, advice)?,
                Asked::Picture(url) => row.check_own(url, account, switches, advice)?,
            }
        }
        match &self.refusal {
            Some(refusal) => Err(refusal.clone()),
            None => Ok(()),
        }
    }
}

impl FieldRow {
    fn check_right(&'static self, right: Right, account: &Account) -> Result<(), Refusal> {
        if !account.profile.restrictions.lacks(right) {
            return Ok(());
        }
        let rule = match right {
            Right::CustomCode => "WX-CRD-030",
            Right::Balance => "WX-CRD-031",
            Right::Bonus => "WX-CRD-032",
            Right::CustomUrl => "WX-CRD-033",
        };
        Err(Refusal::new(rule)
            .expected(format!("{}: an account with the right to it", self.path))
            .received(format!("{}, which lacks it", account.profile.name)))
    }

    /// Whom an account has linked is set in WeChat's console; here it is whoever is in the world.
    fn check_linked(
        &'static self,
        id: &str,
        accounts: &[Account],
        switches: Switches,
        advice: &mut Vec<Advice>,
    ) -> Result<(), Refusal> {
        let is_linked = |account: &Account| account.profile.original_id == id;
        if accounts.iter().any(is_linked) {
            return Ok(());
        }
        if switches.is(Switch::UnlinkedMiniProgram, "refuse") {
            let expected = "a mini-program linked to the account";
            return Err(self.wrong("WX-CRD-041", expected, &format!("{id}@app")));
        }
        advice.push(Advice::new("WX-ADV-022", self.path));
        Ok(())
    }

    /// A picture that this account did not upload gets an advice.
    fn check_own(
        &'static self,
        url: &str,
        account: &Account,
        switches: Switches,
        advice: &mut Vec<Advice>,
    ) -> Result<(), Refusal> {
        if account.images.contains(url) {
            return Ok(());
        }
        if switches.is(Switch::ForeignImage, "refuse") {
            return Err(self.no_picture(url, switches));
        }
        advice.push(Advice::new("WX-ADV-002", self.path));
        Ok(())
    }
}
