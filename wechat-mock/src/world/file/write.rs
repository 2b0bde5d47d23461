//! Writes the world as one JSON: row by row, so that no tree of a large world is ever in memory.

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;

use super::{CodeRecord, MessageRecord, Until, VERSION};
use crate::world::{
    AccountNo, World,
    card::Card,
    code::{Code, CodeNo, UserNo},
    profile::Profile,
};

impl World {
    /// The world as JSON; [`Self::import`] of it gives the same world.
    pub(crate) fn export(&self) -> Value {
        serde_json::to_value(Written(self)).expect("a world can be written")
    }

    /// The same as text, to be written row by row.
    pub(crate) fn written(&self) -> impl Serialize {
        Written(self)
    }

    pub(super) fn name(&self, user: UserNo) -> String {
        self.user(user).name.clone()
    }

    fn export_messages(&self) -> impl Iterator<Item = MessageRecord> {
        let users = (0..).take(self.users.len());
        let all = users.flat_map(|user| self.messages_of(user).map(move |one| (user, one)));
        all.map(|(user, message)| MessageRecord {
            user: self.name(user),
            message: message.clone(),
        })
    }

    fn export_code(&self, number: AccountNo, code: &Code, at: CodeNo) -> CodeRecord {
        let account = &self.accounts[number];
        let notes = account.codes.notes(at).cloned().unwrap_or_default();
        let until = |user, until| Until {
            user: self.name(user),
            until,
        };
        let (begin_time, end_time) = account.codes.dates(at);
        CodeRecord {
            code: code.code.to_string(),
            card_id: account.card(code.card).card_id.clone(),
            user: self.name(code.user),
            status: code.status,
            begin_time,
            end_time,
            outer_str: code.outer_str.as_deref().map(str::to_owned),
            is_gift: code.is_gift,
            mark: notes.mark.map(|mark| until(mark.user, mark.until)),
            gift: notes.gift.map(|gift| until(gift.to, gift.until)),
            reason: notes.reason.map(Into::into),
            former: notes.former.map(Into::into),
            details: notes.details,
            member: account.members.of_code(at).cloned(),
        }
    }
}

/// A world, as it is written.
struct Written<'w>(&'w World);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let world = self.0;
        let mut members = serializer.serialize_map(None)?;
        members.serialize_entry("version", &VERSION)?;
        members.serialize_entry("seed", &world.seed)?;
        members.serialize_entry("drawn", &world.ids.drawn())?;
        members.serialize_entry("clock", &world.clock)?;
        members.serialize_entry("switches", &world.switches)?;
        let accounts =
            || (0..world.accounts.len()).map(|number| WrittenAccount::new(world, number));
        members.serialize_entry("accounts", &Rows(accounts))?;
        members.serialize_entry("users", &world.users)?;
        members.serialize_entry("logins", &world.logins)?;
        members.serialize_entry("messages", &Rows(|| world.export_messages()))?;
        members.end()
    }
}

/// An account: its profile, and beside that its state.
#[derive(Serialize)]
struct WrittenAccount<'w> {
    #[serde(flatten)]
    profile: &'w Profile,
    state: WrittenState<'w>,
}

impl<'w> WrittenAccount<'w> {
    fn new(world: &'w World, number: AccountNo) -> Self {
        let account = &world.accounts[number];
        Self {
            profile: &account.profile,
            state: WrittenState { world, number },
        }
    }
}

struct WrittenState<'w> {
    world: &'w World,
    number: AccountNo,
}

impl Serialize for WrittenState<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { world, number } = *self;
        let account = &world.accounts[number];
        let codes = || {
            let codes = account.codes.all().iter().zip(0..);
            codes.map(|(code, at)| world.export_code(number, code, at))
        };
        let testers = || account.testers.iter().map(|user| world.name(*user));
        let mut members = serializer.serialize_map(None)?;
        members.serialize_entry("drawn", &account.ids.drawn())?;
        members.serialize_entry("usage", &account.usage)?;
        members.serialize_entry("tokens", &account.tokens)?;
        members.serialize_entry("tickets", &account.tickets)?;
        members.serialize_entry("cards", &Rows(|| account.cards.iter().map(Card::record)))?;
        members.serialize_entry("codes", &Rows(codes))?;
        members.serialize_entry("members", &account.members)?;
        members.serialize_entry("gift_rules", &account.gift_rules)?;
        members.serialize_entry("ledger", &world.export_ledger(number))?;
        members.serialize_entry("testers", &Rows(testers))?;
        members.serialize_entry("qrs", &account.qrs)?;
        members.serialize_entry("pages", &account.pages)?;
        members.serialize_entry("images", &account.images)?;
        members.serialize_entry("media", &account.media)?;
        members.end()
    }
}

/// A list whose rows are made one by one.
struct Rows<F>(F);

impl<F, I> Serialize for Rows<F>
where
    F: Fn() -> I,
    I: Iterator<Item: Serialize>,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}
