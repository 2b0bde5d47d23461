//! The client of an Official Account, and how it keeps its token and ticket.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use serde::de::DeserializeOwned;

mod refresh;

use refresh::{GET_TICKET, Kept, STABLE_TOKEN, new_holder};

use crate::{
    AccessToken, AddCardItem, AppId, AppSecret, CardExt, CardExtRequest, CardId, CardTicket, Clock,
    CredentialKind, CredentialStore, Error, MemoryStore, Nonce, RetryPolicy, SystemClock,
    Timestamp,
    transport::{Call, FILE, Form, JSON, Timing, Transport, WECHAT, from_json},
};

/// Calls WeChat's card platform for one Official Account.
///
/// Clones share the token, the ticket and the connections.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    app_id: AppId,
    secret: AppSecret,
    transport: Transport,
    store: Arc<dyn CredentialStore>,
    clock: Arc<dyn Clock>,
    /// What this client calls itself when it takes a lease of the store.
    holder: String,
    token: Kept,
    ticket: Kept,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("app_id", &self.0.app_id)
            .finish_non_exhaustive()
    }
}

/// Why no client can be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The base is no URL of http or https without a query.
    #[error("the API base is no plain http or https URL")]
    ApiBase,
    /// There is no TLS.
    #[error("no HTTP client can be made")]
    Http(#[source] reqwest::Error),
}

/// How to reach WeChat for an Official Account.
#[derive(Clone, Debug)]
pub struct ClientBuilder {
    app_id: AppId,
    secret: AppSecret,
    base: String,
    timing: Timing,
    store: Arc<dyn CredentialStore>,
    clock: Arc<dyn Clock>,
}

impl ClientBuilder {
    /// Where WeChat answers; a stand-in's URL in tests. By default `https://api.weixin.qq.com`.
    #[must_use]
    pub fn api_base(mut self, base: &str) -> Self {
        base.clone_into(&mut self.base);
        self
    }

    /// How long to wait for one answer; 5 seconds by default.
    #[must_use]
    pub fn try_timeout(mut self, limit: Duration) -> Self {
        self.timing.each_try = limit;
        self
    }

    /// How long a call may take in all, with its token and every try; 15 seconds by default.
    #[must_use]
    pub fn total_timeout(mut self, limit: Duration) -> Self {
        self.timing.in_all = limit;
        self
    }

    /// When a repeatable call is made again.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.timing.retry = policy;
        self
    }

    /// Where token and ticket are kept; in this process by default.
    #[must_use]
    pub fn credentials(mut self, store: Arc<dyn CredentialStore>) -> Self {
        self.store = store;
        self
    }

    /// The clock that expiry and signatures follow.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The client.
    ///
    /// # Errors
    ///
    /// [`BuildError`] when the base is no URL or there is no TLS.
    pub fn build(self) -> Result<Client, BuildError> {
        Ok(Client(Arc::new(Inner {
            transport: Transport::new(&self.base, self.timing)?,
            app_id: self.app_id,
            secret: self.secret,
            store: self.store,
            clock: self.clock,
            holder: new_holder(),
            token: Kept::new(CredentialKind::AccessToken),
            ticket: Kept::new(CredentialKind::CardTicket),
        })))
    }
}

impl Client {
    /// A client for the Official Account with this appid and secret.
    pub fn builder(app_id: AppId, secret: AppSecret) -> ClientBuilder {
        ClientBuilder {
            app_id,
            secret,
            base: WECHAT.to_owned(),
            timing: Timing::default(),
            store: Arc::new(MemoryStore::default()),
            clock: Arc::new(SystemClock),
        }
    }

    /// A living access token, for calls that this crate does not have. It must not leave the backend.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] when appid or secret are wrong, or the caller's address is not on the list.
    pub async fn access_token(&self) -> Result<AccessToken, Error> {
        let inner = &self.0;
        let token = inner.token(None);
        inner.transport.in_time(STABLE_TOKEN, token).await
    }

    /// A living card ticket. Within its life no call is made, but for a look every ten minutes.
    ///
    /// # Errors
    ///
    /// As any call; a ticket that is known to live is given out even while WeChat is away or hangs.
    pub async fn card_ticket(&self) -> Result<CardTicket, Error> {
        let inner = &self.0;
        inner.transport.in_time(GET_TICKET, inner.ticket()).await
    }

    /// Refreshes the token and the ticket when they end within five minutes or have to be looked at.
    ///
    /// A service calls it every minute in the background, so that no call has to wait for a refresh.
    /// While another instance with the same store refreshes, nothing is done.
    ///
    /// # Errors
    ///
    /// As any call; what is still alive stays in use.
    pub async fn refresh_ahead(&self) -> Result<(), Error> {
        let inner = &self.0;
        inner
            .transport
            .in_time(GET_TICKET, inner.refresh_ahead())
            .await
    }

    /// Signs one claim now: what the page hands to `wx.addCard`.
    ///
    /// # Errors
    ///
    /// As [`Self::card_ticket`].
    ///
    /// # Panics
    ///
    /// When the clock stands before 2001 or after 2106.
    pub async fn add_card_item(
        &self,
        card_id: &CardId,
        outer_str: Option<&str>,
    ) -> Result<AddCardItem, Error> {
        let ticket = self.card_ticket().await?;
        let timestamp = Timestamp::from_seconds(self.0.clock.now())
            .expect("the clock shows a time of this century");
        let ext = CardExt::sign(
            &ticket,
            CardExtRequest {
                card_id,
                timestamp,
                nonce: Nonce::random(),
                code: None,
                openid: None,
                outer_str,
                fixed_begin: None,
            },
        );
        Ok(AddCardItem::new(card_id.clone(), &ext))
    }

    /// What time it is at WeChat, in seconds since 1970, by the `Date` of its last answer and the time
    /// since then; none before there was one. It does not depend on this machine's clock.
    pub fn server_now(&self) -> Option<i64> {
        self.0.transport.server_clock.now()
    }

    /// Asks what time it is at WeChat. Needs no token and counts towards no quota.
    ///
    /// # Errors
    ///
    /// [`Error::NoAnswer`], or [`Error::Unreadable`] when the answer names no time.
    pub async fn ask_server_time(&self) -> Result<i64, Error> {
        self.0.transport.ask_time().await
    }

    pub(crate) fn app_id(&self) -> &AppId {
        &self.0.app_id
    }

    /// Makes a call with the token and reads its answer.
    pub(crate) async fn call<T: DeserializeOwned>(&self, call: Call) -> Result<T, Error> {
        let (value, status) = self.0.with_token(&call, JSON).await?;
        from_json(call.endpoint, status, value)
    }

    /// Makes a call with the token whose answer says no more than `ok`.
    pub(crate) async fn done(&self, call: Call) -> Result<(), Error> {
        self.0.with_token(&call, JSON).await?;
        Ok(())
    }

    /// Makes a call with the token whose answer is a file.
    pub(crate) async fn call_for_file(&self, call: Call) -> Result<Bytes, Error> {
        self.0.with_token(&call, FILE).await
    }
}

impl Inner {
    /// Makes a call with the token; a token that WeChat refuses is replaced, once.
    async fn with_token<T>(self: &Arc<Self>, call: &Call, form: Form<T>) -> Result<T, Error> {
        let endpoint = call.endpoint;
        // A call that is late with nothing sent surely did nothing.
        let is_sent = AtomicBool::new(false);
        let operation = async {
            let token = self.token(None).await.map_err(|error| Error::NoToken {
                endpoint,
                source: Box::new(error),
            })?;
            let signed = call.clone().query("access_token", token.expose());
            is_sent.store(true, Ordering::Relaxed);
            match self.transport.tried(&signed, form).await {
                Err(error) if error.errcode().is_some_and(crate::ErrCode::is_stale_token) => {
                    tracing::debug!(endpoint, %error, "the token is stale");
                    is_sent.store(false, Ordering::Relaxed);
                    let token = self.token(Some(token)).await;
                    let token = token.map_err(|error| Error::NoToken {
                        endpoint,
                        source: Box::new(error),
                    })?;
                    let signed = call.clone().query("access_token", token.expose());
                    is_sent.store(true, Ordering::Relaxed);
                    self.transport.tried(&signed, form).await
                }
                answer => answer,
            }
        };
        match self.transport.in_time(endpoint, operation).await {
            Err(Error::NoAnswer { source, .. }) if !is_sent.load(Ordering::Relaxed) => {
                Err(Error::Unreached { endpoint, source })
            }
            answer => answer,
        }
    }
}
