#![doc = include_str!("../README.md")]

#[cfg(feature = "intercept")]
use std::net::SocketAddr;

mod api;
#[cfg(feature = "breaks")]
#[doc(hidden)]
pub mod breaks;
#[cfg(not(feature = "breaks"))]
mod breaks;
mod broadcast;
mod builder;
mod cdn;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "console")]
mod console;
mod control;
mod diagnosis;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod direct;
mod expect;
mod explain;
mod facts;
mod faults;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod handles;
mod intercept;
mod journal;
mod marks;
mod mock;
mod msgcrypt;
mod nearest;
mod paging;
mod postman;
mod push;
mod refusal;
mod seal;
mod server;
mod shared;
pub mod sign;
mod switches;
mod visits;
mod wallet;
mod world;

pub use api::paths;
pub use builder::{Builder, StartError};
pub use faults::{Fault, FaultKind};
pub use handles::{
    Account, AccountProfile, AccountRow, Accounts, Activated, AddCardOutcome, AddedCard, Callback,
    CallbackCheck, CardExt, CardMessage, CardReview, CardRow, Cards, ChooseCardOutcome, Clock,
    CodeRow, ControlError, Credentials, EventRow, EventState, Events, Expectation,
    ExpectationBuilder, Explanation, FaultRow, Faults, GiftRow, Journal, JournalRow, LivingTicket,
    LivingToken, Mistake, OpenCardOutcome, QuotaRow, Seconds, SelfRedemption, Sentence, Sex,
    SignatureCheck, Signatures, Sku, StarterRow, StreamMessage, SubMerchantRow, Subscription,
    SwitchRow, Switches, Times, Try, User, UserProfile, UserRow, Users, WalletEntry, WorldHandle,
};
pub use switches::SwitchError;
pub use world::file::WorldError;

use mock::Mock;
use server::Running;
use world::profile::AccountKind;

/// A mock in this process, with a world and a port of its own.
///
/// Dropping it closes the port. Several can run side by side.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let mock = wechat_mock::MockWechat::start().await;
///
/// let login_code = mock.user("alice").login(&mock.mini_program().appid);
/// assert_eq!(login_code.unwrap().len(), 32);
/// # }
/// ```
pub struct MockWechat {
    mock: Mock,
    running: Running,
}

impl std::fmt::Debug for MockWechat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The world is large and full of secrets.
        f.debug_struct("MockWechat")
            .field("url", &self.url())
            .finish_non_exhaustive()
    }
}

impl MockWechat {
    /// Starts a mock with the starter world on a free port of 127.0.0.1.
    ///
    /// # Panics
    ///
    /// When this machine has no port or thread left.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// The same for a plain `#[test]`, without a runtime.
    ///
    /// # Panics
    ///
    /// When this machine has no port or thread left.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// assert!(mock.url().starts_with("http://127.0.0.1:"));
    /// ```
    pub fn start_blocking() -> Self {
        Self::builder().start_blocking()
    }

    /// A mock with a world, seed or address of your own.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Where it answers, such as `http://127.0.0.1:40123`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.running.address)
    }

    /// What the control API asks for, when the mock listens beyond its own machine.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// // Only this machine can reach it.
    /// assert_eq!(mock.control_token(), None);
    /// ```
    pub fn control_token(&self) -> Option<&str> {
        self.mock.control_token.as_deref()
    }

    /// The certificate of the CA that vouches for WeChat's hosts, as PEM; [`None`] without
    /// [`Builder::intercept`] and [`Builder::tls`].
    ///
    /// It is another one for every mock.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::builder().intercept().start_blocking();
    /// assert!(mock.ca_pem().unwrap().ends_with("-----END CERTIFICATE-----\n"));
    /// ```
    #[cfg(feature = "intercept")]
    pub fn ca_pem(&self) -> Option<&str> {
        let intercept = self.mock.intercept.as_ref()?;
        Some(intercept.ca_pem())
    }

    /// Where WeChat's hosts are answered for with TLS; [`None`] without [`Builder::tls`].
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// assert_eq!(mock.tls_address(), None);
    /// ```
    #[cfg(feature = "intercept")]
    pub fn tls_address(&self) -> Option<SocketAddr> {
        self.running.tls_address
    }

    /// The first Official Account with the card right; `oa` in the starter world.
    ///
    /// # Panics
    ///
    /// When the world has none.
    pub fn official_account(&self) -> Account {
        self.first(AccountKind::OfficialAccount)
            .expect("the world has an Official Account with the card right")
    }

    /// The first mini-program; `mp` in the starter world.
    ///
    /// # Panics
    ///
    /// When the world has none.
    pub fn mini_program(&self) -> Account {
        self.first(AccountKind::MiniProgram)
            .expect("the world has a mini-program")
    }

    fn first(&self, kind: AccountKind) -> Option<Account> {
        let world = self.mock.world.lock();
        let mut profiles = world.accounts().iter().map(|account| &account.profile);
        profiles
            .find(|profile| {
                profile.kind == kind && (kind == AccountKind::MiniProgram || profile.card_right)
            })
            .map(Account::of)
    }

    /// The account called `name`, such as `stranger`.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// assert_eq!(mock.account("oa"), Some(mock.official_account()));
    /// assert_eq!(mock.account("nobody"), None);
    /// ```
    pub fn account(&self, name: &str) -> Option<Account> {
        let world = self.mock.world.lock();
        let mut profiles = world.accounts().iter().map(|account| &account.profile);
        profiles
            .find(|profile| profile.name == name)
            .map(Account::of)
    }

    /// The customer called `name`, with their phone; what they do is refused when there is no such user.
    pub fn user(&self, name: &str) -> User {
        User::new(&self.mock, name)
    }

    /// The clock that tokens, tickets, reviews and dates follow.
    pub fn clock(&self) -> Clock {
        Clock::new(&self.mock)
    }

    /// What goes wrong on demand.
    pub fn faults(&self) -> Faults {
        Faults::new(&self.mock)
    }

    /// What happened, and what became of telling the accounts' callbacks.
    pub fn events(&self) -> Events {
        Events::new(&self.mock)
    }

    /// An expectation of the calls that will come, in the making; see [`ExpectationBuilder`].
    ///
    /// What is expected is checked by [`Self::verify`], and when the mock is dropped: then an expectation
    /// that is not met panics, unless the thread is panicking already.
    ///
    /// # Examples
    ///
    /// ```should_panic
    /// # fn main() -> Result<(), wechat_mock::ControlError> {
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// mock.expect().on("/card/code/consume").times(1)?;
    /// drop(mock); // expected exactly 1 call of /card/code/consume, none came
    /// # Ok(())
    /// # }
    /// ```
    pub fn expect(&self) -> ExpectationBuilder {
        ExpectationBuilder::new(&self.mock)
    }

    /// Lets [`Self::verify`] pass over the refusals and the advice of one rule, such as `WX-COD-006`, that a
    /// test provokes on purpose; `WX-FLT-001` is the rule of a [`FaultKind::Errcode`].
    ///
    /// [`ExpectationBuilder::errcode`] is stricter: it names the call, and wants it to come.
    ///
    /// # Errors
    ///
    /// 422 when there is no such rule; the message names the nearest.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// mock.forgive("WX-COD-006")?;
    /// assert_eq!(mock.forgive("WX-COD-0006").unwrap_err().status, 422);
    /// # Ok::<(), wechat_mock::ControlError>(())
    /// ```
    pub fn forgive(&self, rule: &str) -> Result<(), ControlError> {
        handles::forgive(&self.mock, rule)
    }

    /// Sees to it that no call was refused, none merely got away with something, no fault was put into
    /// force in vain, and everything expected came.
    ///
    /// A test whose code should do everything right ends with this. Claims on the phone do not
    /// count: their outcome is in the test's hands. Nor do refusals that [`Self::forgive`] names, or an
    /// [`errcode`](ExpectationBuilder::errcode) that is expected.
    ///
    /// # Panics
    ///
    /// When the journal has a refusal or an advice, a fault never happened, or an expectation is not
    /// met; the message lists each refusal with its rule and fix, and the calls that came.
    ///
    /// # Examples
    ///
    /// ```should_panic
    /// use wechat_mock::{Fault, FaultKind, MockWechat};
    ///
    /// let mock = MockWechat::start_blocking();
    /// mock.faults().add(Fault::new(FaultKind::Reset).on("/card/create")).unwrap();
    /// mock.verify(); // nobody made a card
    /// ```
    pub fn verify(&self) {
        let mut problems = self.journal().problems();
        problems.retain(|problem| !handles::is_on_purpose(&self.mock, problem));
        let mut lines: Vec<String> = problems.iter().map(Explanation::to_string).collect();
        let unused = self.mock.faults.lock().unused();
        lines.extend(
            unused
                .iter()
                .map(|fault| format!("this fault never happened: {fault}")),
        );
        lines.extend(handles::unmet(&self.mock));
        assert!(
            lines.is_empty(),
            "WeChat would have something to say:\n{}",
            lines.join("\n")
        );
    }

    /// Official Accounts and mini-programs.
    pub fn accounts(&self) -> Accounts {
        Accounts::new(&self.mock)
    }

    /// The customers of the world.
    pub fn users(&self) -> Users {
        Users::new(&self.mock)
    }

    /// Cards, their codes, and the reviewer of cards.
    pub fn cards(&self) -> Cards {
        Cards::new(&self.mock)
    }

    /// Where WeChat is lax or unknown, and how the mock decides.
    pub fn switches(&self) -> Switches {
        Switches::new(&self.mock)
    }

    /// What signatures should be, and what is wrong with those at hand.
    pub fn signatures(&self) -> Signatures {
        Signatures::new(&self.mock)
    }

    /// What happens from now on, as it happens: calls, claims, events, the clock and changes.
    ///
    /// It is what `GET /_mock/v1/stream` sends, without a connection.
    ///
    /// # Errors
    ///
    /// 503 when a hundred listen already, here or at the stream.
    pub fn subscribe(&self) -> Result<Subscription, ControlError> {
        Subscription::new(&self.mock)
    }

    /// The whole world: out, in, and back to its beginning.
    pub fn world(&self) -> WorldHandle {
        WorldHandle::new(&self.mock)
    }

    /// What was called, and why it was refused.
    pub fn journal(&self) -> Journal {
        Journal::new(&self.mock)
    }
}

impl Drop for MockWechat {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        if let Some(unmet) = handles::unmet(&self.mock) {
            panic!("not everything came as expected:\n{unmet}");
        }
    }
}
