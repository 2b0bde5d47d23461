#![doc = include_str!("../README.md")]

use std::{
    net::{SocketAddr, TcpListener},
    time::Duration,
};

mod api;
mod broadcast;
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
mod paging;
mod postman;
mod push;
mod refusal;
mod seal;
mod server;
mod shared;
pub mod sign;
mod switches;
mod wallet;
mod world;

pub use api::paths;
pub use faults::{Fault, FaultKind};
pub use handles::{
    Account, Activated, AddCardOutcome, AddedCard, CardExt, CardMessage, ChooseCardOutcome, Clock,
    ControlError, EventRow, EventState, Events, Explanation, FaultRow, Faults, Journal, JournalRow,
    Mistake, OpenCardOutcome, Seconds, Sentence, Try, User, WalletEntry,
};
pub use switches::SwitchError;
pub use world::file::WorldError;

use control::access;
use mock::Mock;
use server::Running;
use world::{World, profile::AccountKind};

/// The seed of a mock that is given none: tests see the same ids in every run.
const SEED: u64 = 1;

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
        Builder {
            seed: SEED,
            world: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            is_strict: false,
            switches: Vec::new(),
            push_timeout: None,
            allowed_origins: Vec::new(),
            control_token: None,
            #[cfg(feature = "intercept")]
            is_intercepting: false,
            #[cfg(feature = "intercept")]
            tls: None,
        }
    }

    /// Where it answers, such as `http://127.0.0.1:40123`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.running.address)
    }

    /// What the control API asks for, when the mock listens beyond its own machine.
    pub fn control_token(&self) -> Option<&str> {
        self.mock.control_token.as_deref()
    }

    /// The certificate of the CA that vouches for WeChat's hosts, as PEM; [`None`] without
    /// [`Builder::intercept`] and [`Builder::tls`].
    ///
    /// It is another one for every mock.
    #[cfg(feature = "intercept")]
    pub fn ca_pem(&self) -> Option<&str> {
        let intercept = self.mock.intercept.as_ref()?;
        Some(intercept.ca_pem())
    }

    /// Where WeChat's hosts are answered for with TLS; [`None`] without [`Builder::tls`].
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

    /// Sees to it that no call was refused, none merely got away with something, and no fault was put into
    /// force in vain.
    ///
    /// A test whose code should do everything right ends with this. Claims on the phone do not
    /// count: their outcome is in the test's hands.
    ///
    /// # Panics
    ///
    /// When the journal has a refusal or an advice, or a fault never happened; the message lists each
    /// refusal with its rule and fix.
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
        let problems = self.journal().problems();
        let mut lines: Vec<String> = problems.iter().map(Explanation::to_string).collect();
        let unused = self.mock.faults.lock().unused();
        lines.extend(
            unused
                .iter()
                .map(|fault| format!("this fault never happened: {fault}")),
        );
        assert!(
            lines.is_empty(),
            "WeChat would have something to say:\n{}",
            lines.join("\n")
        );
    }

    /// What was called, and why it was refused.
    pub fn journal(&self) -> Journal {
        Journal::new(&self.mock)
    }
}

/// How to start a mock.
#[derive(Clone)]
pub struct Builder {
    seed: u64,
    world: Option<serde_json::Value>,
    listen: SocketAddr,
    is_strict: bool,
    switches: Vec<(String, String)>,
    push_timeout: Option<Duration>,
    allowed_origins: Vec<String>,
    control_token: Option<String>,
    #[cfg(feature = "intercept")]
    is_intercepting: bool,
    #[cfg(feature = "intercept")]
    tls: Option<SocketAddr>,
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Neither the world nor the token of the control API.
        f.debug_struct("Builder")
            .field("seed", &self.seed)
            .field("listen", &self.listen)
            .field("is_strict", &self.is_strict)
            .field("switches", &self.switches)
            .finish_non_exhaustive()
    }
}

impl Builder {
    /// With the same seed and the same calls in the same order, every id, token, ticket and code is
    /// the same. A world file that names a seed wins.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// A world in place of the starter world: what `GET /_mock/v1/world` exports.
    #[must_use]
    pub fn world(mut self, world: serde_json::Value) -> Self {
        self.world = Some(world);
        self
    }

    /// An address in place of a free port of 127.0.0.1.
    #[must_use]
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Sets every switch to its strict side: what WeChat merely tolerates is refused.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.is_strict = true;
        self
    }

    /// Sets one switch, such as `("foreign_image", "refuse")`; it wins over [`Self::strict`] and
    /// over the world. The README lists them.
    #[must_use]
    pub fn switch(mut self, name: &str, value: &str) -> Self {
        self.switches.push((name.to_owned(), value.to_owned()));
        self
    }

    /// How long a callback may take, in place of WeChat's five seconds.
    #[must_use]
    pub fn push_timeout(mut self, timeout: Duration) -> Self {
        self.push_timeout = Some(timeout);
        self
    }

    /// Lets the web pages of `origin`, such as `http://localhost:5173`, call the control API; may be
    /// called more than once. Pages of the mock's own address always may.
    #[must_use]
    pub fn allow_origin(mut self, origin: &str) -> Self {
        self.allowed_origins.push(origin.to_owned());
        self
    }

    /// What the control API asks for, as `Authorization: Bearer`, in place of nothing or, on an
    /// address that others can reach, of a token made at the start.
    #[must_use]
    pub fn control_token(mut self, token: &str) -> Self {
        self.control_token = Some(token.to_owned());
        self
    }

    /// Answers for WeChat's hosts too: the mock's port is a proxy for them, by CONNECT and TLS.
    ///
    /// Whoever calls them has to trust the CA of [`MockWechat::ca_pem`]. Other hosts are refused.
    #[cfg(feature = "intercept")]
    #[must_use]
    pub fn intercept(mut self) -> Self {
        self.is_intercepting = true;
        self
    }

    /// Listens on `address` with TLS as well, as WeChat's hosts, for clients that know no proxy: a line
    /// in the hosts file, or a resolver of their own, leads them there. They have to trust the CA of
    /// [`MockWechat::ca_pem`]; there are WeChat's paths alone, and no control API.
    #[cfg(feature = "intercept")]
    #[must_use]
    pub fn tls(mut self, address: SocketAddr) -> Self {
        self.tls = Some(address);
        self
    }

    /// Starts the mock.
    ///
    /// # Panics
    ///
    /// When the address is taken or the world cannot be read; see [`Self::try_start`].
    #[expect(
        clippy::unused_async,
        reason = "callers await it, so that a start that has to wait changes nothing for them"
    )]
    pub async fn start(self) -> MockWechat {
        self.start_blocking()
    }

    /// The same for a plain `#[test]`, without a runtime.
    ///
    /// # Panics
    ///
    /// As [`Self::start`].
    ///
    /// # Examples
    ///
    /// ```
    /// let strict = wechat_mock::MockWechat::builder().strict().start_blocking();
    /// assert!(strict.journal().rows().is_empty());
    /// ```
    pub fn start_blocking(self) -> MockWechat {
        match self.try_start_blocking() {
            Ok(mock) => mock,
            Err(error) => panic!("the mock does not start: {error}"),
        }
    }

    /// Starts the mock, or says why not.
    ///
    /// # Errors
    ///
    /// [`StartError::World`] when the world cannot be read, [`StartError::Switch`] when a switch has
    /// another name or value, [`StartError::Origin`] when a page's origin is none,
    /// [`StartError::Listen`] when the address cannot be had,
    /// `StartError::Intercept` when no certificate can be made.
    #[expect(
        clippy::unused_async,
        reason = "callers await it, so that a start that has to wait changes nothing for them"
    )]
    pub async fn try_start(self) -> Result<MockWechat, StartError> {
        self.try_start_blocking()
    }

    /// The same for a plain `#[test]`, without a runtime.
    ///
    /// # Errors
    ///
    /// As [`Self::try_start`].
    pub fn try_start_blocking(self) -> Result<MockWechat, StartError> {
        let mut world = self.read_world()?;
        world.turn(self.is_strict, &self.switches)?;
        let token = self.control_token.clone();
        let token = token.or_else(|| control_token(self.listen));
        let mut mock = Mock::new(world, token);
        let origins = self.allowed_origins.iter().map(|origin| {
            access::read_origin(origin).map_err(|message| StartError::Origin {
                origin: origin.clone(),
                message,
            })
        });
        mock.allowed_origins = origins.collect::<Result<_, _>>()?;
        if let Some(timeout) = self.push_timeout {
            mock.pushes.timeout = timeout;
        }
        #[cfg(feature = "intercept")]
        let mock = if self.is_intercepting || self.tls.is_some() {
            mock.intercepting(self.is_intercepting)
                .map_err(StartError::Intercept)?
        } else {
            mock
        };
        let bind = |address| {
            TcpListener::bind(address).map_err(|source| StartError::Listen { address, source })
        };
        let listener = bind(self.listen)?;
        #[cfg(feature = "intercept")]
        let tls = self.tls.map(bind).transpose()?;
        #[cfg(not(feature = "intercept"))]
        let tls = None;
        let running =
            Running::start(mock.clone(), listener, tls).map_err(|source| StartError::Listen {
                address: self.listen,
                source,
            })?;
        Ok(MockWechat { mock, running })
    }

    fn read_world(&self) -> Result<World, WorldError> {
        match &self.world {
            Some(file) => World::import(file.clone(), self.seed),
            None => Ok(World::starter(self.seed)),
        }
    }
}

/// What the control API asks for when the mock can be reached from other machines.
fn control_token(listen: SocketAddr) -> Option<String> {
    if listen.ip().is_loopback() {
        return None;
    }
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system gives randomness");
    Some(hex::encode(bytes))
}

/// Why a mock does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The world cannot be read.
    #[error("the world cannot be read")]
    World(#[from] WorldError),
    /// No switch has this name or value.
    #[error("a switch cannot be set")]
    Switch(#[from] SwitchError),
    /// This is no origin of a web page.
    #[error("{origin} is no origin: {message}")]
    Origin {
        /// What was to be allowed.
        origin: String,
        /// What it should look like.
        message: String,
    },
    /// The address cannot be had.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// No certificate can be made for WeChat's hosts.
    #[cfg(feature = "intercept")]
    #[error("no certificate can be made for WeChat's hosts")]
    Intercept(#[source] Box<dyn std::error::Error + Send + Sync>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_that_others_can_reach_has_a_token() {
        for (address, has_token) in [
            ("127.0.0.1:7420", false),
            ("[::1]:0", false),
            ("0.0.0.0:7420", true),
            ("192.168.1.5:80", true),
        ] {
            let token = control_token(address.parse().unwrap());
            assert_eq!(token.is_some(), has_token, "{address}");
        }
    }
}
