//! The one state behind all three faces of the mock.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

pub(crate) mod account;
pub(crate) mod callback;
pub(crate) mod card;
pub(crate) mod clock;
pub(crate) mod code;
pub(crate) mod date;
pub(crate) mod event;
pub(crate) mod field;
pub(crate) mod file;
pub(crate) mod gift_rule;
pub(crate) mod happening;
pub(crate) mod ids;
pub(crate) mod ledger;
pub(crate) mod life;
pub(crate) mod login;
pub(crate) mod media;
pub(crate) mod member;
pub(crate) mod merchant;
pub(crate) mod message;
pub(crate) mod profile;
pub(crate) mod qr;
pub(crate) mod quota;
pub(crate) mod restrictions;
pub(crate) mod starters;
pub(crate) mod ticket;
pub(crate) mod token;

use account::Account;
use card::Card;
use clock::Clock;
use code::{CardNo, CodeNo, UserNo};
use event::{Event, Happened};
use field::{BadField, OPENID, check_name, is_openid};
use ids::Ids;
use login::Logins;
use message::Messages;
use profile::{Profile, ProfileDraft};
use token::{Issued, Token};

use crate::{
    switches::{SwitchError, Switches},
    visits::{Index, Table},
};

/// An account by its place among the world's accounts.
pub(crate) type AccountNo = usize;

/// A customer, with an identity at every account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct User {
    pub(crate) name: String,
    /// The same for all accounts of one Open Platform account.
    pub(crate) unionid: String,
    /// One openid per appid.
    pub(crate) openids: BTreeMap<String, String>,
    /// What the customer's profile says; `userinfo/get` shows it.
    #[serde(default)]
    pub(crate) sex: Sex,
    /// WeChat takes the user for dangerous and lets nobody log them in.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) blocked: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands the field over by reference"
)]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// The sex in a customer's profile.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Sex {
    Male,
    Female,
    /// The customer does not say.
    #[default]
    Unknown,
}

/// A customer as the control API and the world file take them: the name is enough.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserDraft {
    pub(crate) name: String,
    pub(crate) unionid: Option<String>,
    #[serde(default)]
    pub(crate) openids: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) sex: Sex,
    #[serde(default)]
    pub(crate) blocked: bool,
}

/// What the control API changes of a customer: what is left out stays.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserChange {
    pub(crate) unionid: Option<String>,
    /// By appid; accounts that are not named keep theirs.
    #[serde(default)]
    pub(crate) openids: BTreeMap<String, String>,
    pub(crate) sex: Option<Sex>,
    pub(crate) blocked: Option<bool>,
}

/// Why something cannot be added to the world.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CannotAdd {
    #[error(transparent)]
    BadField(#[from] BadField),
    #[error("{field}: {value} is taken")]
    Taken { field: &'static str, value: String },
}

/// Something that happens by itself, unless somebody was faster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// A card passes its review.
    Review(CardNo),
    /// A gift that nobody took comes back.
    Return(CodeNo),
}

#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) clock: Clock,
    pub(crate) switches: Switches,
    /// Draws what belongs to no account: unionids, invented accounts.
    ids: Ids,
    accounts: Vec<Account>,
    by_appid: HashMap<String, AccountNo>,
    by_token: HashMap<String, AccountNo>,
    by_card: HashMap<String, (AccountNo, CardNo)>,
    users: Table<User>,
    by_name: HashMap<String, UserNo>,
    /// Each openid of an account is one user's.
    openids: HashMap<(AccountNo, String), UserNo>,
    logins: Logins,
    messages: Messages,
    /// The QR codes of all accounts, by ticket and by url: each leads to the account and its place there.
    qrs_by_ticket: HashMap<String, (AccountNo, usize)>,
    qrs_by_url: HashMap<String, (AccountNo, usize)>,
    /// Gifts that nobody took yet: to whom, until when, and which code.
    offered: Index<(UserNo, i64, AccountNo, CodeNo)>,
    /// What happens by itself, by the time at which it does.
    due: BTreeSet<(i64, AccountNo, Due)>,
    /// What has happened since somebody last looked, oldest first.
    happened: Vec<Happened>,
}

impl World {
    /// A world without accounts and users.
    pub(crate) fn empty(seed: u64) -> Self {
        Self {
            seed,
            clock: Clock::default(),
            switches: Switches::default(),
            ids: Ids::new(seed, "world", 0),
            accounts: Vec::new(),
            by_appid: HashMap::new(),
            by_token: HashMap::new(),
            by_card: HashMap::new(),
            users: Table::default(),
            by_name: HashMap::new(),
            openids: HashMap::new(),
            logins: Logins::default(),
            messages: Messages::default(),
            qrs_by_ticket: HashMap::new(),
            qrs_by_url: HashMap::new(),
            offered: Index::default(),
            due: BTreeSet::new(),
            happened: Vec::new(),
        }
    }

    /// Turns the switches: all to their strict side when asked to, then each that is named.
    pub(crate) fn turn(
        &mut self,
        is_strict: bool,
        named: &[(String, String)],
    ) -> Result<(), SwitchError> {
        if is_strict {
            self.switches.be_strict();
        }
        let mut named = named.iter();
        named.try_for_each(|(name, value)| self.switches.set(name, value))
    }

    /// Seconds since 1970 on the mock's clock.
    pub(crate) fn now(&self) -> i64 {
        if crate::breaks::broken("clock-ignored") {
            return clock::real_now();
        }
        self.clock.now()
    }

    /// Lets happen what fell due: reviews that end by themselves, gifts that nobody took.
    pub(crate) fn settle(&mut self) {
        if self.due.is_empty() || crate::breaks::broken("nothing-falls-due") {
            return;
        }
        let now = self.now();
        while let Some(due) = self.due.first().copied().filter(|due| due.0 <= now) {
            self.due.remove(&due);
            let (at, account, what) = due;
            match what {
                Due::Review(card) => self.review_falls_due((account, card), at),
                Due::Return(code) => self.gift_falls_due((account, code), at),
            }
        }
    }

    /// Says that something happened to a card of an account.
    pub(crate) fn emit(&mut self, account: AccountNo, event: Event) {
        let at = self.now();
        self.emit_at(account, event, at);
    }

    /// The same, for what happened at `at`, before anybody looked.
    fn emit_at(&mut self, account: AccountNo, event: Event, at: i64) {
        self.happened.push(Happened { account, at, event });
    }

    /// What has happened since this was last asked.
    pub(crate) fn take_happened(&mut self) -> Vec<Happened> {
        std::mem::take(&mut self.happened)
    }

    pub(crate) fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    pub(crate) fn account(&self, number: AccountNo) -> &Account {
        &self.accounts[number]
    }

    pub(crate) fn account_mut(&mut self, number: AccountNo) -> &mut Account {
        &mut self.accounts[number]
    }

    pub(crate) fn account_no(&self, appid: &str) -> Option<AccountNo> {
        self.by_appid.get(appid).copied()
    }

    /// Adds an account; every user gets an openid there.
    pub(crate) fn add_account(&mut self, draft: ProfileDraft) -> Result<AccountNo, CannotAdd> {
        draft.check()?;
        let profile = draft.complete(&mut self.ids.draw());
        self.insert_account(profile, 0)
    }

    fn insert_account(&mut self, profile: Profile, drawn: u64) -> Result<AccountNo, CannotAdd> {
        if self.by_appid.contains_key(&profile.appid) {
            return Err(CannotAdd::Taken {
                field: "appid",
                value: profile.appid,
            });
        }
        let account = Account::new(profile, self.seed, drawn);
        let appid = account.profile.appid.clone();
        let number = self.accounts.len();
        for (user, user_no) in self.users.iter_mut().zip(0..) {
            let openid = account.openid_of(&user.name);
            self.openids.insert((number, openid.clone()), user_no);
            user.openids.insert(appid.clone(), openid);
        }
        self.by_appid.insert(appid, number);
        self.accounts.push(account);
        Ok(number)
    }

    pub(crate) fn users(&self) -> &Table<User> {
        &self.users
    }

    pub(crate) fn user_no(&self, name: &str) -> Option<UserNo> {
        self.by_name.get(name).copied()
    }

    pub(crate) fn user(&self, number: UserNo) -> &User {
        &self.users[number as usize]
    }

    /// Adds a customer with an openid at every account.
    pub(crate) fn add_user(&mut self, draft: UserDraft) -> Result<UserNo, CannotAdd> {
        check_name(&draft.name)?;
        if draft
            .unionid
            .as_ref()
            .is_some_and(|unionid| !is_openid(unionid))
        {
            return Err(BadField::new("unionid", OPENID).into());
        }
        self.check_openids(&draft.openids, None)?;
        let unionid = draft.unionid.unwrap_or_else(|| {
            let mut draw = self.ids.fixed(&format!("unionid of {}", draft.name));
            format!("o{}", draw.base64url(27))
        });
        self.insert_user(User {
            name: draft.name,
            unionid,
            openids: draft.openids,
            sex: draft.sex,
            blocked: draft.blocked,
        })
    }

    /// Whether openids are of accounts that are there, and nobody else's than `of`'s.
    fn check_openids(
        &self,
        openids: &BTreeMap<String, String>,
        of: Option<UserNo>,
    ) -> Result<(), CannotAdd> {
        for (appid, openid) in openids {
            if !is_openid(openid) {
                return Err(BadField::new("openids", OPENID).into());
            }
            let Some(account) = self.account_no(appid) else {
                let message = format!("no account has the appid {appid}");
                return Err(BadField::new("openids", message).into());
            };
            let owner = self.of_openid(openid, account);
            if owner.is_some() && owner != of {
                return Err(CannotAdd::Taken {
                    field: "openids",
                    value: openid.clone(),
                });
            }
        }
        Ok(())
    }

    /// Changes a customer; nothing changes unless all of it can.
    pub(crate) fn change_user(
        &mut self,
        number: UserNo,
        change: UserChange,
    ) -> Result<(), CannotAdd> {
        let unionid = change.unionid.as_ref();
        if unionid.is_some_and(|unionid| !is_openid(unionid)) {
            return Err(BadField::new("unionid", OPENID).into());
        }
        self.check_openids(&change.openids, Some(number))?;
        for (appid, openid) in change.openids {
            let account = self.by_appid[&appid];
            let user = &mut self.users[number as usize];
            if let Some(former) = user.openids.insert(appid, openid.clone()) {
                self.openids.remove(&(account, former));
            }
            self.openids.insert((account, openid), number);
        }
        let user = &mut self.users[number as usize];
        if let Some(unionid) = change.unionid {
            user.unionid = unionid;
        }
        user.sex = change.sex.unwrap_or(user.sex);
        user.blocked = change.blocked.unwrap_or(user.blocked);
        Ok(())
    }

    fn insert_user(&mut self, mut user: User) -> Result<UserNo, CannotAdd> {
        if self.by_name.contains_key(&user.name) {
            return Err(CannotAdd::Taken {
                field: "name",
                value: user.name,
            });
        }
        let number = UserNo::try_from(self.users.len()).expect("fewer than 2^32 users");
        for (account_no, account) in self.accounts.iter().enumerate() {
            let openid = user.openids.entry(account.profile.appid.clone());
            let openid = openid.or_insert_with(|| {
                // Another user may have asked for the one that this user would be given.
                let is_free =
                    |openid: &String| !self.openids.contains_key(&(account_no, openid.clone()));
                // A name has no line feed, so that no other name leads to the same text.
                (0..=u64::MAX)
                    .map(|turn| match turn {
                        0 => account.openid_of(&user.name),
                        _ => account.openid_of(&format!("{}\n{turn}", user.name)),
                    })
                    .find(is_free)
                    .expect("fewer users than openids")
            });
            self.openids.insert((account_no, openid.clone()), number);
        }
        self.by_name.insert(user.name.clone(), number);
        self.users.push(user);
        Ok(number)
    }

    /// A user's openid at an account.
    pub(crate) fn openid(&self, user: UserNo, account: AccountNo) -> &str {
        let account = if crate::breaks::broken("openid-of-the-holder-wrong") {
            0
        } else {
            account
        };
        let appid = &self.accounts[account].profile.appid;
        &self.users[user as usize].openids[appid]
    }

    /// Whose openid at an account this is.
    pub(crate) fn of_openid(&self, openid: &str, account: AccountNo) -> Option<UserNo> {
        self.openids.get(&(account, openid.to_owned())).copied()
    }

    /// The account a token was given to, and the token.
    pub(crate) fn token(&self, value: &str) -> Option<(AccountNo, &Token)> {
        let number = *self.by_token.get(value)?;
        Some((number, self.accounts[number].tokens.find(value)?))
    }

    /// Remembers whose token was just issued.
    pub(crate) fn index_token(&mut self, account: AccountNo, issued: &Issued) {
        if let Some(forgotten) = &issued.forgotten {
            self.by_token.remove(forgotten);
        }
        self.by_token.insert(issued.value.clone(), account);
    }

    /// Where a card stands.
    pub(crate) fn card_no(&self, card_id: &str) -> Option<(AccountNo, CardNo)> {
        self.by_card.get(card_id).copied()
    }

    pub(crate) fn card(&self, at: (AccountNo, CardNo)) -> &Card {
        &self.accounts[at.0].cards[at.1 as usize]
    }

    pub(crate) fn card_mut(&mut self, at: (AccountNo, CardNo)) -> &mut Card {
        &mut self.accounts[at.0].cards[at.1 as usize]
    }

    /// Adds a new card and starts its review.
    pub(crate) fn add_card(&mut self, number: AccountNo, card: Card) {
        let at = self.insert_card(number, card);
        self.start_review(at);
    }

    fn insert_card(&mut self, number: AccountNo, card: Card) -> (AccountNo, CardNo) {
        let account = &mut self.accounts[number];
        let card_no = CardNo::try_from(account.cards.len()).expect("fewer than 2^32 cards");
        if let Some(due) = card.review_due {
            self.due.insert((due, number, Due::Review(card_no)));
        }
        self.by_card.insert(card.card_id.clone(), (number, card_no));
        account.cards.push(card);
        (number, card_no)
    }
}
