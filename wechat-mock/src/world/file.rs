//! The world as one readable JSON: what export writes, import and `--world` take.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Due, LoginCode, UserDraft, World,
    card::{Card, CardRecord, LONGEST_CODE},
    clock::{self, Clock},
    code::{CardNo, Code, CodeNo, CodeStatus, Gift, Mark, Notes, UserNo},
    gift_rule::GiftRule,
    ids::Ids,
    is_false, ledger,
    media::{Images, MediaShelf},
    member::{Member, Members},
    message::CardMessage,
    profile::ProfileDraft,
    qr::{LandingPage, Qr},
    quota::Usage,
    ticket::Tickets,
    token::Tokens,
};
use crate::switches::Switches;

/// The version of the format; a file of another one is refused.
const VERSION: u32 = 2;

/// Openids that a world file may ask for; a debug build makes as many in some seconds.
const OPENIDS: usize = 300_000;

/// Why a world cannot be read.
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WorldFile {
    #[serde(default)]
    seed: Option<u64>,
    #[serde(default, deserialize_with = "Ids::read_drawn")]
    drawn: u64,
    #[serde(default)]
    clock: Clock,
    #[serde(default)]
    switches: Switches,
    #[serde(default)]
    accounts: Vec<Value>,
    #[serde(default)]
    users: Vec<UserDraft>,
    #[serde(default)]
    logins: VecDeque<LoginCode>,
    #[serde(default)]
    messages: Vec<MessageRecord>,
}

/// A message, and whose it is.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MessageRecord {
    user: String,
    message: CardMessage,
}

/// What an account has beyond its profile.
#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct AccountState {
    #[serde(deserialize_with = "Ids::read_drawn")]
    drawn: u64,
    usage: Usage,
    tokens: Tokens,
    tickets: Tickets,
    cards: Vec<CardRecord>,
    codes: Vec<CodeRecord>,
    members: Members,
    gift_rules: Vec<GiftRule>,
    ledger: Vec<ledger::Entry>,
    testers: Vec<String>,
    qrs: Vec<Qr>,
    pages: Vec<LandingPage>,
    images: Images,
    media: MediaShelf,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeRecord {
    code: String,
    card_id: String,
    user: String,
    status: CodeStatus,
    begin_time: i64,
    end_time: i64,
    #[serde(default)]
    outer_str: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    is_gift: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mark: Option<Until>,
    /// There when the status is GIFTING, and never else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gift: Option<Until>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    former: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    details: Option<Value>,
    /// What a member card has made of its holder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    member: Option<Member>,
}

/// Whom a code is held for or offered to, and until when.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Until {
    user: String,
    #[serde(deserialize_with = "clock::time")]
    until: i64,
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
    pub(crate) fn import(mut file: Value, seed: u64) -> Result<Self, WorldError> {
        take_version(&mut file)?;
        let file: WorldFile = read("", file)?;
        let seed = file.seed.unwrap_or(seed);
        let mut world = Self::empty(seed);
        world.clock = file.clock;
        world.switches = file.switches;
        world.ids = Ids::new(seed, "world", file.drawn);
        world.logins = file.logins;

        let mut states = Vec::new();
        for (number, account) in file.accounts.into_iter().enumerate() {
            let at = format!("accounts[{number}]");
            let (draft, state) = split_account(&at, account)?;
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

    fn export_messages(&self) -> Vec<MessageRecord> {
        let all = self.messages.iter();
        let all = all.flat_map(|(user, messages)| messages.iter().map(move |one| (*user, one)));
        all.map(|(user, message)| MessageRecord {
            user: self.name(user),
            message: message.clone(),
        })
        .collect()
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
        let account = &mut self.accounts[number];
        account.gift_rules = state.gift_rules;
        account.qrs = state.qrs;
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
                begin_time: record.begin_time,
                end_time: record.end_time,
                outer_str: record.outer_str.map(Into::into),
            },
            custom_of.is_some(),
        );
        if let Some(gift) = notes.gift {
            self.due.insert((gift.until, number, Due::Return(code_no)));
        }
        let account = &mut self.accounts[number];
        account.codes.set_notes(code_no, notes);
        if let Some(member) = record.member {
            account.members.restore(code_no, member);
        }
        Ok(())
    }

    /// Writes the world; [`Self::import`] of it gives the same world.
    pub(crate) fn export(&self) -> Value {
        let accounts: Vec<Value> = (0..self.accounts.len())
            .map(|number| self.export_account(number))
            .collect();
        json!({
            "version": VERSION,
            "seed": self.seed,
            "drawn": self.ids.drawn(),
            "clock": self.clock,
            "switches": self.switches,
            "accounts": accounts,
            "users": self.users,
            "logins": self.logins,
            "messages": self.export_messages(),
        })
    }

    fn export_account(&self, number: usize) -> Value {
        let account = &self.accounts[number];
        let codes = account.codes.all().iter();
        let codes = codes
            .zip(0..)
            .map(|(code, at)| self.export_code(number, code, at));
        let testers = account.testers.iter().map(|user| self.name(*user));
        let mut exported = json!(account.profile);
        exported["state"] = json!(AccountState {
            drawn: account.ids.drawn(),
            usage: account.usage.clone(),
            tokens: account.tokens.clone(),
            tickets: account.tickets.clone(),
            cards: account.cards.iter().map(Card::record).collect(),
            codes: codes.collect(),
            members: account.members.clone(),
            gift_rules: account.gift_rules.clone(),
            ledger: self.export_ledger(number),
            testers: testers.collect(),
            qrs: account.qrs.clone(),
            pages: account.pages.clone(),
            images: account.images.clone(),
            media: account.media.clone(),
        });
        exported
    }

    fn name(&self, user: UserNo) -> String {
        self.user(user).name.clone()
    }

    fn export_code(&self, number: usize, code: &Code, at: CodeNo) -> CodeRecord {
        let account = &self.accounts[number];
        let notes = account.codes.notes(at).cloned().unwrap_or_default();
        let until = |user, until| Until {
            user: self.name(user),
            until,
        };
        CodeRecord {
            code: code.code.to_string(),
            card_id: account.card(code.card).card_id.clone(),
            user: self.name(code.user),
            status: code.status,
            begin_time: code.begin_time,
            end_time: code.end_time,
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

/// Refuses a file of another version, before anything in it that this version does not know.
fn take_version(file: &mut Value) -> Result<(), WorldError> {
    let Value::Object(members) = file else {
        let message = "a world is a JSON object, as GET /_mock/v1/world writes it";
        return Err(WorldError::new(".", message));
    };
    match members.remove("version") {
        None | Some(Value::Null) => Ok(()),
        Some(version) if version == VERSION => Ok(()),
        Some(other) => Err(WorldError::new(
            "version",
            format!(
                "this is version {other}, and this mock reads version {VERSION}; \
                 export the world again with the mock that runs it"
            ),
        )),
    }
}

/// Parts an account into its profile and its state.
fn split_account(at: &str, mut account: Value) -> Result<(ProfileDraft, AccountState), WorldError> {
    let state_at = format!("{at}.state");
    // A struct could be read from a list too, by position; a world is written with names.
    let no_object = |at: &str| WorldError::new(at, "not a JSON object");
    let members = account.as_object_mut().ok_or_else(|| no_object(at))?;
    let state = members.remove("state").unwrap_or_else(|| json!({}));
    if !state.is_object() {
        return Err(no_object(&state_at));
    }
    Ok((read(at, account)?, read(&state_at, state)?))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_starter_world_survives_export_and_import() {
        let world = World::starter(7);
        let exported = world.export();
        let again = World::import(exported.clone(), 99).unwrap();

        assert_eq!(again.export(), exported);
        assert_eq!(world.users().len(), 3);
        assert_eq!(world.users()[0].openids.len(), 3);
    }

    #[test]
    fn a_file_names_what_is_wrong_with_it_and_where() {
        let cases = [
            (json!({"version": 0}), "version"),
            (json!({"colour": "red"}), "colour"),
            (json!({"switches": {"colour": "red"}}), "switches"),
            (json!({"accounts": [{"appid": "nonsense"}]}), "accounts[0]"),
            (json!({"accounts": [{"kind": "bank"}]}), "accounts[0].kind"),
            (json!({"users": [{"name": "a"}, {"name": "a"}]}), "users[1]"),
            (
                json!({"accounts": [{"state": {"codes": 3}}]}),
                "accounts[0].state.codes",
            ),
        ];
        for (file, at) in cases {
            let fault = World::import(file, 1).unwrap_err();
            assert!(fault.at.contains(at), "{fault}");
        }
    }

    #[test]
    fn an_openid_and_a_card_id_of_one_account_share_five_characters() {
        let mut world = World::starter(7);
        let openid = world.openid(0, 0).to_owned();
        let card_id = world.account_mut(0).draw_card_id();

        assert_eq!((openid.len(), card_id.len()), (28, 28));
        assert_eq!(openid[1..6], card_id[1..6]);
        assert_ne!(world.openid(0, 1)[1..6], openid[1..6]);
    }
}
