//! What a test holds in its hands: accounts, customers, the clock, the journal.
//!
//! They do the same as the control API, without a call through the port.

use serde_json::{Value, json};

mod phone;

pub use phone::{CardMessage, ChooseCardOutcome, OpenCardOutcome, PhoneError};

use crate::{
    broadcast::Topic,
    control::{self, AddCard, ClockChange, Give, Login, Scan, SelfConsumption, Trigger, Which},
    faults::Fault,
    journal::Filter,
    mock::Mock,
    push::log,
    wallet,
    world::{World, profile::Profile},
};

/// What a program needs to know of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Account {
    /// What the world calls it, such as `oa`.
    pub name: String,
    /// `wx` and 16 hex digits.
    pub appid: String,
    /// The AppSecret: 32 hex digits, good for nothing but this mock.
    pub secret: String,
    /// `gh_` and 12 hex digits.
    pub original_id: String,
}

impl Account {
    pub(crate) fn of(profile: &Profile) -> Self {
        Self {
            name: profile.name.clone(),
            appid: profile.appid.clone(),
            secret: profile.secret.clone(),
            original_id: profile.original_id.clone(),
        }
    }
}

/// A customer and their phone.
#[derive(Clone, Debug)]
pub struct User<'a> {
    mock: &'a Mock,
    name: String,
}

impl<'a> User<'a> {
    pub(crate) fn new(mock: &'a Mock, name: &str) -> Self {
        Self {
            mock,
            name: name.to_owned(),
        }
    }

    /// What `wx.login` does in the mini-program `appid`: a login code, good once, for 300 seconds.
    ///
    /// # Panics
    ///
    /// When `appid` is no mini-program of this world.
    pub fn login(&self, appid: &str) -> String {
        let login = Login {
            appid: appid.to_owned(),
        };
        let code = login.carry_out(&mut self.mock.world.lock(), &self.name);
        code.unwrap_or_else(|fault| refused("wx.login", &fault))
    }

    /// What `wx.addCard` does with one card on the page of `appid`.
    ///
    /// `card_ext` is what the page passes as `cardExt`: the phone takes nothing but a JSON string.
    ///
    /// # Panics
    ///
    /// When `appid` is no account of this world.
    pub fn add_card(
        &self,
        appid: &str,
        card_id: &str,
        card_ext: impl Into<Value>,
    ) -> AddCardOutcome {
        let call = AddCard::one(appid, card_id, card_ext.into());
        let answer = call.carry_out(self.mock, &self.name);
        AddCardOutcome(answer.unwrap_or_else(|fault| refused("wx.addCard", &fault)))
    }

    /// Offers a code to a friend, who has a day of the mock's clock to take it.
    ///
    /// # Panics
    ///
    /// When this customer has no such code, it cannot be given, or nobody is called `to`.
    pub fn gift(&self, code: &str, to: &str) {
        let give = Give {
            to: to.to_owned(),
            card_id: None,
        };
        self.act("gift", |world, name| give.carry_out(world, name, code));
    }

    /// Takes what a friend offers under `code`; returns the code under which it is held from now on.
    ///
    /// # Panics
    ///
    /// When nobody offers this code to this customer.
    pub fn accept(&self, code: &str) -> String {
        let taken = self.act("accept", |world, name| {
            Which::default().accept(world, name, code)
        });
        taken["code"].as_str().unwrap_or_default().to_owned()
    }

    /// Throws a code away.
    ///
    /// # Panics
    ///
    /// When this customer has no such code, or it is used up.
    pub fn delete(&self, code: &str) {
        self.act("delete", |world, name| {
            Which::default().delete(world, name, code)
        });
    }

    /// Opens a code, as `wx.openCard` does.
    ///
    /// # Panics
    ///
    /// When this customer has no such code.
    pub fn view(&self, code: &str) {
        self.act("view", |world, name| {
            Which::default().view(world, name, code)
        });
    }

    /// Redeems a code without staff, by the cell that `/card/selfconsumecell/set` opens.
    ///
    /// # Panics
    ///
    /// When this customer has no such code, it cannot be redeemed, or the cell is closed or asks for more.
    pub fn consume(&self, code: &str) {
        self.act("consume", |world, name| {
            SelfConsumption::default().carry_out(world, name, code)
        });
    }

    /// Claims what the QR code behind `ticket` offers.
    ///
    /// # Panics
    ///
    /// When there is no such QR code, or it has ended.
    pub fn scan(&self, ticket: &str) -> AddCardOutcome {
        let scan = Scan {
            ticket: Some(ticket.to_owned()),
            url: None,
        };
        let answer = scan.carry_out(self.mock, &self.name);
        AddCardOutcome(answer.unwrap_or_else(|fault| refused("scan", &fault)))
    }

    fn act(
        &self,
        what: &str,
        act: impl FnOnce(&mut World, &str) -> Result<Value, control::Fault>,
    ) -> Value {
        let done = act(&mut self.mock.world.lock(), &self.name);
        done.unwrap_or_else(|fault| refused(what, &fault))
    }

    /// The cards this customer holds: code, `card_id`, title, status and dates of each.
    pub fn wallet(&self) -> Vec<Value> {
        let world = self.mock.world.lock();
        let user = world.user_no(&self.name);
        user.map_or_else(Vec::new, |user| wallet::wallet(&world, user))
    }
}

fn refused(what: &str, fault: &control::Fault) -> ! {
    panic!("{what}: {}", fault.message)
}

/// What a page is handed by `wx.addCard`, or comes of a scan, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct AddCardOutcome(Value);

impl AddCardOutcome {
    /// `addCard:ok`, or `addCard:fail (…)` with the text on the phone; `scan:…` for a scan.
    pub fn err_msg(&self) -> &str {
        self.0["errMsg"].as_str().unwrap_or_default()
    }

    /// Whether the card is in the wallet.
    pub fn is_success(&self) -> bool {
        self.0["cardList"][0]["isSuccess"] == true
    }

    /// The encrypted code of the card, when it is in the wallet.
    pub fn encrypted_code(&self) -> Option<&str> {
        self.0["cardList"][0]["code"]
            .as_str()
            .filter(|code| !code.is_empty())
    }

    /// Why it was refused: rule, expected, received, likely mistake, fix.
    pub fn explain(&self) -> &Value {
        &self.0["explain"]
    }

    /// All of it as the control API answers.
    pub fn as_json(&self) -> &Value {
        &self.0
    }
}

/// The mock's clock.
#[derive(Clone, Copy, Debug)]
pub struct Clock<'a>(&'a Mock);

impl<'a> Clock<'a> {
    pub(crate) fn new(mock: &'a Mock) -> Self {
        Self(mock)
    }

    /// Seconds since 1970.
    pub fn now(&self) -> i64 {
        self.0.world.lock().now()
    }

    /// Moves the time ahead by so many seconds; what fell due has happened on return.
    ///
    /// Pushes that fell due are on their way: [`Events::settled`] waits for them.
    ///
    /// # Panics
    ///
    /// When that is backwards, or beyond 2106.
    pub fn advance(&self, seconds: i64) {
        self.change(ClockChange {
            advance: Some(seconds),
            ..ClockChange::default()
        });
    }

    /// Sets the time, in seconds since 1970.
    ///
    /// # Panics
    ///
    /// When it is negative, or beyond 2106.
    pub fn set(&self, to: i64) {
        self.change(ClockChange {
            set: Some(to),
            ..ClockChange::default()
        });
    }

    /// Stops the time where it is.
    pub fn freeze(&self) {
        self.change(ClockChange {
            freeze: Some(true),
            ..ClockChange::default()
        });
    }

    /// Lets a stopped time run on.
    pub fn unfreeze(&self) {
        self.change(ClockChange {
            freeze: Some(false),
            ..ClockChange::default()
        });
    }

    fn change(self, change: ClockChange) {
        let mut world = self.0.world.lock();
        change
            .carry_out(&mut world)
            .unwrap_or_else(|fault| refused("the clock", &fault));
        let broadcast = &self.0.broadcast;
        broadcast.tell(Topic::Clock, || control::clock_standing(&world));
    }
}

/// The faults in force.
#[derive(Clone, Copy, Debug)]
pub struct Faults<'a>(&'a Mock);

impl<'a> Faults<'a> {
    pub(crate) fn new(mock: &'a Mock) -> Self {
        Self(mock)
    }

    /// Puts a fault into force; of several that fit a call, the first happens to it.
    ///
    /// # Panics
    ///
    /// When it is on a path that the mock does not answer: it would never happen.
    pub fn add(&self, fault: Fault) {
        if let Some(message) = fault.unknown_path() {
            panic!("a fault that would never happen: {message}");
        }
        self.0.faults.lock().add(fault);
    }

    /// All faults with `seen` (calls they could have befallen) and `done` (calls they befell).
    pub fn list(&self) -> Vec<Value> {
        self.0.faults.lock().show()
    }

    /// Ends all faults.
    pub fn clear(&self) {
        self.0.faults.lock().clear();
    }
}

/// What happened, and what became of telling it.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// # use serde_json::json;
/// let mock = wechat_mock::MockWechat::start().await;
/// let appid = mock.official_account().appid;
///
/// // With a callback set, this is a push; without one it is only written down.
/// let id = mock.events().trigger(&appid, "user_del_card", "alice", json!({"CardId": "pCard"}));
/// mock.events().settled().await;
///
/// let events = mock.events().of("user_del_card");
/// assert_eq!((&events[0]["id"], &events[0]["state"]), (&json!(id), &json!("no_callback")));
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Events<'a>(&'a Mock);

impl<'a> Events<'a> {
    pub(crate) fn new(mock: &'a Mock) -> Self {
        Self(mock)
    }

    /// All events, newest last, with their state and the tries to tell them.
    pub fn list(&self) -> Vec<Value> {
        self.0.pushes.lock().show(&log::Filter::default())
    }

    /// The events of one name, such as `user_get_card`, newest last.
    pub fn of(&self, event: &str) -> Vec<Value> {
        self.0.pushes.lock().show(&log::Filter {
            event: Some(event.to_owned()),
            ..log::Filter::default()
        })
    }

    /// Lets an event happen that nothing brought about, and names its id.
    ///
    /// `elements` is an object, or a list of `[name, value]`, with texts and whole numbers.
    ///
    /// # Panics
    ///
    /// When the world has no such account or user, or an element is neither text nor number.
    pub fn trigger(&self, appid: &str, event: &str, user: &str, elements: Value) -> String {
        let trigger = Trigger {
            appid: appid.to_owned(),
            event: event.to_owned(),
            openid: None,
            user: Some(user.to_owned()),
            elements,
        };
        let id = trigger.carry_out(self.0);
        id.unwrap_or_else(|fault| refused("the event", &fault))
    }

    /// Sends an event once more, with the same body under a new signature, and tells what became of
    /// it.
    ///
    /// # Panics
    ///
    /// When there is no such event, it is still being told, or its account has no callback.
    pub async fn resend(&self, id: &str) -> Value {
        let sent = control::send_again(self.0, id).await;
        sent.unwrap_or_else(|fault| refused("the event", &fault))
    }

    /// Resolves when no push is under way; what waits for the mock's clock is not.
    pub async fn settled(&self) {
        self.0.pushes.settled().await;
    }

    /// Forgets all events that are not pending.
    pub fn clear(&self) {
        self.0.pushes.lock().clear();
    }
}

/// The calls on WeChat's paths, and the reasons of refusals.
#[derive(Clone, Copy, Debug)]
pub struct Journal<'a>(&'a Mock);

impl<'a> Journal<'a> {
    pub(crate) fn new(mock: &'a Mock) -> Self {
        Self(mock)
    }

    /// All rows, newest last; secrets redacted.
    pub fn rows(&self) -> Vec<Value> {
        self.0.journal.lock().show(&Filter::default())
    }

    /// The rows of one path, newest last.
    pub fn of_path(&self, path: &str) -> Vec<Value> {
        self.0.journal.lock().show(&Filter {
            path: Some(path.to_owned()),
            ..Filter::default()
        })
    }

    /// The records of all calls that were refused or got an advice, oldest first.
    pub fn problems(&self) -> Vec<Value> {
        self.0.journal.lock().problems()
    }

    /// Forgets all rows.
    pub fn clear(&self) {
        self.0.journal.lock().clear();
    }

    /// Why a call or claim was refused; `id` is a rid, a hint, or an id of a row or claim.
    ///
    /// Null when nothing in the journal has that id.
    pub fn explain(&self, id: &str) -> Value {
        let record = self.0.journal.lock().explain(id);
        record.unwrap_or_else(|| json!(null))
    }
}

/// A record of the journal in a few words.
pub(crate) fn line(record: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let call = text(&record["call"]);
    if record["outcome"] == "refused" {
        return format!(
            "{call}: {} {} ({}): {}",
            record["errcode"],
            text(&record["errmsg"]),
            text(&record["rule"]),
            text(&record["fix"]["en"])
        );
    }
    let advice = record["advice"].as_array().into_iter().flatten();
    let advice: Vec<String> = advice
        .map(|advice| {
            let (rule, at) = (text(&advice["rule"]), text(&advice["at"]));
            format!("{rule} at {at}: {}", text(&advice["fix"]["en"]))
        })
        .collect();
    format!("{call}: {}", advice.join("; "))
}
