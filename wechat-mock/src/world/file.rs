//! The world as one readable JSON: import and `--world` take what export writes.

use serde::Deserialize;
use serde_json::{Value, error::Category, json};

use super::{
    World,
    card::{Card, LONGEST_CODE},
    code::{CardNo, Code, CodeStatus, Gift, Mark, Notes},
    ids::Ids,
    profile::ProfileDraft,
};

mod rows;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use rows::Head;
use rows::{AccountFile, AccountState, CodeRecord, MessageRecord, Named, Until, WorldFile};

/// The version of the format; a file of another one is refused.
const VERSION: u32 = 2;

/// Openids that a world file may ask for; a debug build makes as many in some seconds.
const OPENIDS: usize = 300_000;

/// Why a world cannot be read.
///
/// # Examples
///
/// ```
/// use wechat_mock::{MockWechat, StartError};
///
/// let world = serde_json::json!({"accounts": [{"name": "shop", "apid": "wx"}]});
/// let Err(StartError::World(error)) = MockWechat::builder().world(world).try_start_blocking() else {
///     panic!("no account has an apid");
/// };
/// assert!(error.at.starts_with("accounts[0]"), "{error}");
/// assert!(error.message.contains("apid"), "{error}");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {message}")]
pub struct WorldError {
    /// Where in the file, such as `accounts[0].state.codes[3]`.
    pub at: String,
    /// What is wrong there.
    pub message: String,
}

impl WorldError {
    fn new(at: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            at: at.into(),
            message: message.into(),
        }
    }
}

/// Why a text is no world.
#[derive(Debug)]
pub(crate) enum TextError {
    /// It is no JSON.
    NoJson(serde_json::Error),
    World(WorldError),
}

impl World {
    /// The starter world: the accounts `oa`, `mp` and `stranger`, the users alice, bob and carol.
    pub(crate) fn starter(seed: u64) -> Self {
        let file = json!({
            "accounts": [
                {
                    "name": "oa", "kind": "official_account",
                    "appid": "wx00000000000000a0", "secret": "000000000000000000000000000000a0",
                    "original_id": "gh_0000000000a0", "card_right": true, "open_platform": "open-1",
                },
                {
                    "name": "mp", "kind": "mini_program",
                    "appid": "wx00000000000000b0", "secret": "000000000000000000000000000000b0",
                    "original_id": "gh_0000000000b0", "open_platform": "open-1",
                },
                {
                    "name": "stranger", "kind": "official_account",
                    "appid": "wx00000000000000c0", "secret": "000000000000000000000000000000c0",
                    "original_id": "gh_0000000000c0", "card_right": false, "open_platform": "open-2",
                },
            ],
            "users": [{"name": "alice"}, {"name": "bob"}, {"name": "carol"}],
        });
        Self::import(file, seed).expect("the starter world is well formed")
    }

    /// Reads a world; `seed` counts when the file names none.
    pub(crate) fn import(file: Value, seed: u64) -> Result<Self, WorldError> {
        let version = match &file {
            Value::Object(members) => members.get("version").cloned().unwrap_or_default(),
            _ => return Err(no_world()),
        };
        check_version(&version)?;
        Self::of_file(read("", file)?, seed)
    }

    /// The same from a text, without a tree of the whole; with what the text says of itself.
    pub(crate) fn import_text(text: &[u8], seed: u64) -> Result<(Head, Self), TextError> {
        let Named(head): Named<Head> =
            serde_json::from_slice(text).map_err(|error| match error.classify() {
                Category::Data => TextError::World(no_world()),
                _ => TextError::NoJson(error),
            })?;
        check_version(&head.version).map_err(TextError::World)?;
        let mut reader = serde_json::Deserializer::from_slice(text);
        let file = serde_path_to_error::deserialize(&mut reader).map_err(|fault| {
            let error = fault.inner();
            let place = format!(" at line {} column {}", error.line(), error.column());
            let message = error.to_string();
            let message = message.strip_suffix(&place).unwrap_or(&message);
            TextError::World(WorldError::new(fault.path().to_string(), message))
        })?;
        let world = Self::of_file(file, seed).map_err(TextError::World)?;
        Ok((head, world))
    }

    fn of_file(file: WorldFile, seed: u64) -> Result<Self, WorldError> {
        let seed = file.seed.unwrap_or(seed);
        let mut world = Self::empty(seed);
        world.clock = file.clock;
        world.switches = file.switches;
        world.ids = Ids::new(seed, "world", file.drawn);
        world.logins = file.logins.into();

        let mut states = Vec::new();
        for (number, account) in file.accounts.into_iter().enumerate() {
            let at = format!("accounts[{number}]");
            let AccountFile { profile, state } = account;
            let draft: ProfileDraft = read(&at, profile)?;
            draft
                .check()
                .map_err(|fault| WorldError::new(&at, fault.to_string()))?;
            let profile = draft.complete(&mut world.ids.fixed(&at));
            world
                .insert_account(profile, state.drawn)
                .map_err(|fault| WorldError::new(&at, fault.to_string()))?;
            states.push((at, state));
        }
        if file.users.len().saturating_mul(states.len().max(1)) > OPENIDS {
            let message = format!("at most {OPENIDS} openids: users times accounts");
            return Err(WorldError::new("users", message));
        }
        for (number, user) in file.users.into_iter().enumerate() {
            world
                .add_user(user)
                .map_err(|fault| WorldError::new(format!("users[{number}]"), fault.to_string()))?;
        }
        for (number, (at, state)) in states.into_iter().enumerate() {
            world.import_state(number, &at, state)?;
        }
        world.check_logins()?;
        for (number, record) in file.messages.into_iter().enumerate() {
            world.import_message(record).map_err(|field| {
                WorldError::new(format!("messages[{number}].{field}"), "unknown")
            })?;
        }
        if world.accounts.is_empty() {
            let message = "missing: a world has at least one account, such as {\"name\": \"my shop\"}; \
                           `wechat-mock world` prints a whole one";
            return Err(WorldError::new("accounts", message));
        }
        Ok(world)
    }

    /// Adds a message, or names the field that is unknown.
    fn import_message(&mut self, record: MessageRecord) -> Result<(), &'static str> {
        let user = self.user_no(&record.user).ok_or("user")?;
        let account = self.account_no(&record.message.appid).ok_or("appid")?;
        let card = self.card_no(&record.message.card_id).ok_or("card_id")?;
        if card.0 != account {
            return Err("card_id");
        }
        self.keep_message(user, record.message);
        Ok(())
    }

    fn check_logins(&self) -> Result<(), WorldError> {
        for (number, login) in self.logins.iter().enumerate() {
            for (field, is_known) in [
                ("user", self.by_name.contains_key(&login.user)),
                ("appid", self.by_appid.contains_key(&login.appid)),
            ] {
                if !is_known {
                    let at = format!("logins[{number}].{field}");
                    return Err(WorldError::new(at, "unknown"));
                }
            }
        }
        Ok(())
    }

    fn import_state(
        &mut self,
        number: usize,
        at: &str,
        state: AccountState,
    ) -> Result<(), WorldError> {
        let account = &mut self.accounts[number];
        account.usage = state.usage;
        account.tokens = state.tokens;
        account.tickets = state.tickets;
        account.images = state.images;
        account.media = state.media;
        account.members = state.members;
        for (index, token) in account.tokens.issued.iter().enumerate() {
            if self.by_token.insert(token.value.clone(), number).is_some() {
                let at = format!("{at}.state.tokens.issued[{index}]");
                return Err(WorldError::new(at, "this token stands twice"));
            }
        }
        for (index, record) in state.cards.into_iter().enumerate() {
            let at = format!("{at}.state.cards[{index}]");
            let card = Card::restore(record)
                .map_err(|(field, message)| WorldError::new(format!("{at}.{field}"), message))?;
            if self.by_card.contains_key(&card.card_id) {
                return Err(WorldError::new(at, "this card_id stands twice"));
            }
            self.insert_card(number, card);
        }
        for (index, record) in state.codes.into_iter().enumerate() {
            self.import_code(number, record)
                .map_err(|(field, message)| {
                    WorldError::new(format!("{at}.state.codes[{index}].{field}"), message)
                })?;
        }
        self.check_deposits(number).map_err(|index| {
            let at = format!("{at}.state.cards[{index}].deposit");
            WorldError::new(at, "a code that a customer holds is still to be handed out")
        })?;
        for (index, entry) in state.ledger.iter().enumerate() {
            self.import_entry(number, entry)
                .map_err(|(field, message)| {
                    WorldError::new(format!("{at}.state.ledger[{index}].{field}"), message)
                })?;
        }
        for (index, name) in state.testers.iter().enumerate() {
            let tester = self.user_no(name).ok_or_else(|| {
                WorldError::new(format!("{at}.state.testers[{index}]"), "unknown")
            })?;
            self.accounts[number].testers.insert(tester);
        }
        let is_own = |card_id: &str| self.card_no(card_id).is_some_and(|at| at.0 == number);
        for (index, qr) in state.qrs.iter().enumerate() {
            if let Some(card) = qr.cards.iter().position(|card| !is_own(&card.card_id)) {
                let at = format!("{at}.state.qrs[{index}].cards[{card}].card_id");
                return Err(WorldError::new(at, "no card of this account"));
            }
        }
        for (index, rule) in state.gift_rules.iter().enumerate() {
            if !is_own(&rule.card_id) {
                let at = format!("{at}.state.gift_rules[{index}].card_id");
                return Err(WorldError::new(at, "no card of this account"));
            }
        }
        for qr in state.qrs {
            self.add_qr(number, qr);
        }
        let account = &mut self.accounts[number];
        account.gift_rules = state.gift_rules;
        account.pages = state.pages;
        Ok(())
    }

    /// Looks whether no code is living and still to be handed out; else the place of the card.
    fn check_deposits(&self, number: usize) -> Result<(), usize> {
        let account = &self.accounts[number];
        for (index, card) in account.cards.iter().enumerate() {
            let card_no = CardNo::try_from(index).map_err(|_| index)?;
            let mut waiting = card.deposit.waiting();
            if waiting.any(|code| account.codes.is_taken(code, Some(card_no))) {
                return Err(index);
            }
        }
        Ok(())
    }

    /// Adds a code, or says which of its fields is wrong and why.
    fn import_code(
        &mut self,
        number: usize,
        record: CodeRecord,
    ) -> Result<(), (&'static str, &'static str)> {
        let (owner, card_no) = self
            .card_no(&record.card_id)
            .ok_or(("card_id", "unknown"))?;
        if owner != number {
            return Err(("card_id", "the card is another account's"));
        }
        let former = record.former.as_deref().unwrap_or_default();
        for (field, text) in [("code", record.code.as_str()), ("former", former)] {
            if text.len() > LONGEST_CODE {
                return Err((field, "at most 20 characters"));
            }
        }
        if (record.status == CodeStatus::Gifting) != record.gift.is_some() {
            return Err(("gift", "there when the status is GIFTING, and never else"));
        }
        let user = self.user_no(&record.user).ok_or(("user", "unknown"))?;
        let until = |field, until: Option<Until>| {
            let known = |Until { user, until }| Some((self.user_no(&user)?, until));
            let known = until.map(|until| known(until).ok_or((field, "an unknown user")));
            known.transpose()
        };
        let notes = Notes {
            mark: until("mark", record.mark)?.map(|(user, until)| Mark { user, until }),
            gift: until("gift", record.gift)?.map(|(to, until)| Gift { to, until }),
            reason: record.reason.map(Into::into),
            former: record.former.map(Into::into),
            details: record.details,
        };
        let account = &mut self.accounts[number];
        let custom_of = account.custom_of(card_no);
        let is_gone = record.status == CodeStatus::GiftSucc;
        if !is_gone && account.codes.is_taken(&record.code, custom_of) {
            return Err(("code", "this code stands twice"));
        }
        let code_no = account.codes.add(
            Code {
                code: record.code.into(),
                card: card_no,
                user,
                status: record.status,
                is_gift: record.is_gift,
                first_dates: (record.begin_time, record.end_time),
                outer_str: record.outer_str.map(Into::into),
            },
            custom_of.is_some(),
        );
        if let Some(gift) = notes.gift {
            self.expect_return((number, code_no), gift);
        }
        let account = &mut self.accounts[number];
        account.codes.set_notes(code_no, notes);
        if let Some(member) = record.member {
            account.members.restore(code_no, member);
        }
        Ok(())
    }
}

fn no_world() -> WorldError {
    let message = "a world is a JSON object, as GET /_mock/v1/world writes it";
    WorldError::new(".", message)
}

/// Refuses a file of another version, before anything in it that this version does not know.
fn check_version(version: &Value) -> Result<(), WorldError> {
    if version.is_null() || *version == VERSION {
        return Ok(());
    }
    Err(WorldError::new(
        "version",
        format!(
            "this is version {version}, and this mock reads version {VERSION}; \
             export the world again with the mock that runs it"
        ),
    ))
}

fn read<T: for<'de> Deserialize<'de>>(at: &str, value: Value) -> Result<T, WorldError> {
    serde_path_to_error::deserialize(value).map_err(|fault| {
        let path = fault.path().to_string();
        let at = match (at, path.as_str()) {
            ("", path) => path.to_owned(),
            (at, ".") => at.to_owned(),
            (at, path) => format!("{at}.{path}"),
        };
        WorldError::new(at, fault.into_inner().to_string())
    })
}
