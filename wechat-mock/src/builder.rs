//! How to start a mock, and why it does not start.

use std::{
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use crate::{
    MockWechat, SwitchError, WorldError, control::access, mock::Mock, server::Running, world::World,
};

/// The seed of a mock that is given none: tests see the same ids in every run.
pub(crate) const SEED: u64 = 1;

/// How to start a mock.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// let builder = wechat_mock::MockWechat::builder().seed(7).listen("127.0.0.1:0".parse().unwrap());
/// let mock = builder.push_timeout(Duration::from_millis(200)).start_blocking();
/// assert!(!mock.url().ends_with(":0"));
/// ```
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
    pub(crate) fn new() -> Self {
        Self {
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

    /// With the same seed and the same calls in the same order, every id, token, ticket and code is
    /// the same. A world file that names a seed wins.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// A world in place of the starter world: what `GET /_mock/v1/world` exports.
    ///
    /// # Examples
    ///
    /// ```
    /// use wechat_mock::MockWechat;
    ///
    /// let world = MockWechat::start_blocking().world().export();
    /// let again = MockWechat::builder().world(world.clone()).start_blocking();
    /// assert_eq!(again.world().export(), world);
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use wechat_mock::{MockWechat, StartError};
    ///
    /// let builder = MockWechat::builder().allow_origin("http://localhost:5173");
    /// assert!(builder.try_start_blocking().is_ok());
    /// let no_origin = MockWechat::builder().allow_origin("localhost").try_start_blocking();
    /// assert!(matches!(no_origin, Err(StartError::Origin { .. })));
    /// ```
    #[must_use]
    pub fn allow_origin(mut self, origin: &str) -> Self {
        self.allowed_origins.push(origin.to_owned());
        self
    }

    /// What the control API asks for, as `Authorization: Bearer`, in place of nothing or, on an
    /// address that others can reach, of a token made at the start.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::builder().control_token("secret").start_blocking();
    /// assert_eq!(mock.control_token(), Some("secret"));
    /// ```
    #[must_use]
    pub fn control_token(mut self, token: &str) -> Self {
        self.control_token = Some(token.to_owned());
        self
    }

    /// Answers for WeChat's hosts too: the mock's port is a proxy for them, by CONNECT and TLS.
    ///
    /// Whoever calls them has to trust the CA of [`MockWechat::ca_pem`]. Other hosts are refused.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::builder().intercept().start_blocking();
    /// let ca = mock.ca_pem().expect("a mock that answers for WeChat's hosts has a CA");
    /// assert!(ca.starts_with("-----BEGIN CERTIFICATE-----"));
    /// assert_eq!(wechat_mock::MockWechat::start_blocking().ca_pem(), None);
    /// ```
    #[cfg(feature = "intercept")]
    #[must_use]
    pub fn intercept(mut self) -> Self {
        self.is_intercepting = true;
        self
    }

    /// Listens on `address` with TLS as well, as WeChat's hosts, for clients that know no proxy: a line
    /// in the hosts file, or a resolver of their own, leads them there. They have to trust the CA of
    /// [`MockWechat::ca_pem`]; there are WeChat's paths alone, and no control API.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::builder().tls(([127, 0, 0, 1], 0).into()).start_blocking();
    /// let address = mock.tls_address().expect("it listens with TLS");
    /// assert!(address.ip().is_loopback() && mock.ca_pem().is_some());
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let mock = wechat_mock::MockWechat::builder().seed(7).start().await;
    /// assert!(mock.url().starts_with("http://127.0.0.1:"));
    /// # }
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wechat_mock::{MockWechat, StartError};
    ///
    /// let builder = MockWechat::builder().world(serde_json::json!({"accounts": "none"}));
    /// assert!(matches!(builder.try_start().await, Err(StartError::World(_))));
    /// # }
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use wechat_mock::{MockWechat, StartError};
    ///
    /// let misspelt = MockWechat::builder().switch("nonces", "required").try_start_blocking();
    /// assert!(matches!(misspelt, Err(StartError::Switch(_))));
    /// ```
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
pub(crate) fn control_token(listen: SocketAddr) -> Option<String> {
    if listen.ip().is_loopback() {
        return None;
    }
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system gives randomness");
    Some(hex::encode(bytes))
}

/// Why a mock does not start.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use wechat_mock::{MockWechat, StartError};
///
/// let world = serde_json::json!({"version": 0});
/// let error = MockWechat::builder().world(world).try_start().await.unwrap_err();
/// assert!(matches!(error, StartError::World(_)));
/// # }
/// ```
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
