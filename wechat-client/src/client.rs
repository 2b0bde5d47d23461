//! The client of an Official Account, and how it keeps its token and ticket.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::sync::Mutex;

use crate::{
    AccessToken, AddCardItem, AppId, AppSecret, CardExt, CardExtRequest, CardId, CardTicket, Clock,
    Credential, CredentialKey, CredentialKind, CredentialStore, Error, MemoryStore, Nonce,
    RetryPolicy, SystemClock, Timestamp,
    transport::{Call, FILE, Form, JSON, Timing, Transport, WECHAT, from_json},
};

/// A token is given up so many seconds before its end.
const TOKEN_MARGIN: i64 = 120;
/// Seconds a ticket lives from its first issue, whatever WeChat answers later.
const TICKET_LIFE: i64 = 7200;
/// A ticket is given up so many seconds before its end: the customer has to tap, too.
const TICKET_MARGIN: i64 = 60;
/// After so many seconds WeChat is asked whether the ticket is still this one.
const TICKET_CHECK: i64 = 600;

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
    /// Held while a credential is fetched, so that one fetch serves all who wait.
    token: Mutex<Option<Credential>>,
    ticket: Mutex<Option<Credential>>,
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
            token: Mutex::new(None),
            ticket: Mutex::new(None),
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
    /// As any call; a ticket that is known to live is given out even while WeChat is away.
    pub async fn card_ticket(&self) -> Result<CardTicket, Error> {
        let inner = &self.0;
        inner.transport.in_time(GET_TICKET, inner.ticket()).await
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

const STABLE_TOKEN: &str = "/cgi-bin/stable_token";
const GET_TICKET: &str = "/cgi-bin/ticket/getticket";

/// What `/cgi-bin/stable_token` takes.
#[derive(Serialize)]
struct TokenRequest<'a> {
    grant_type: &'static str,
    appid: &'a AppId,
    secret: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    force_refresh: bool,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    expires_in: i64,
}

#[derive(Deserialize)]
struct TicketAnswer {
    ticket: String,
}

impl Inner {
    /// Makes a call with the token; a token that WeChat refuses is replaced, once.
    async fn with_token<T>(&self, call: &Call, form: Form<T>) -> Result<T, Error> {
        let endpoint = call.endpoint;
        let operation = async {
            let token = self.token(None).await?;
            let signed = call.clone().query("access_token", token.expose());
            match self.transport.tried(&signed, form).await {
                Err(error) if error.errcode().is_some_and(crate::ErrCode::is_stale_token) => {
                    tracing::debug!(endpoint, %error, "the token is stale");
                    let token = self.token(Some(&token)).await?;
                    let signed = call.clone().query("access_token", token.expose());
                    self.transport.tried(&signed, form).await
                }
                answer => answer,
            }
        };
        self.transport.in_time(endpoint, operation).await
    }

    fn key(&self, kind: CredentialKind) -> CredentialKey {
        CredentialKey {
            app_id: self.app_id.clone(),
            kind,
        }
    }

    /// The token: ours, else the one another instance keeps in the store, else a new one.
    async fn token(&self, refused: Option<&AccessToken>) -> Result<AccessToken, Error> {
        let mut ours = self.token.lock().await;
        let now = self.clock.now();
        let is_good = |kept: &Credential| {
            kept.expires_at - now > TOKEN_MARGIN
                && refused.is_none_or(|refused| refused.expose() != kept.expose())
        };
        if let Some(kept) = ours.as_ref().filter(|kept| is_good(kept)) {
            return Ok(kept.expose().into());
        }
        let key = self.key(CredentialKind::AccessToken);
        if let Some(kept) = self.store.load(&key).await.map_err(Error::Store)?
            && is_good(&kept)
        {
            let token = kept.expose().into();
            *ours = Some(kept);
            return Ok(token);
        }
        let fresh = self.fetch_token(refused).await?;
        let kept = Credential::new(fresh.access_token, now + fresh.expires_in, now, now);
        self.store.save(&key, &kept).await.map_err(Error::Store)?;
        let token = kept.expose().into();
        *ours = Some(kept);
        Ok(token)
    }

    /// Asks for the stable token; only when that is the very one that was refused, for another.
    async fn fetch_token(&self, refused: Option<&AccessToken>) -> Result<TokenAnswer, Error> {
        let answer = self.ask_token(false).await?;
        match refused {
            // Forced refreshes are few a day, and end the token for everybody.
            Some(refused) if refused.expose() == answer.access_token => self.ask_token(true).await,
            _ => Ok(answer),
        }
    }

    async fn ask_token(&self, force_refresh: bool) -> Result<TokenAnswer, Error> {
        let request = TokenRequest {
            grant_type: "client_credential",
            appid: &self.app_id,
            secret: self.secret.expose(),
            force_refresh,
        };
        self.transport
            .json(&Call::ask(STABLE_TOKEN, &request))
            .await
    }

    async fn ticket(&self) -> Result<CardTicket, Error> {
        let mut ours = self.ticket.lock().await;
        let now = self.clock.now();
        let is_fresh = |kept: &Credential| {
            kept.expires_at - now > TICKET_MARGIN && now - kept.checked_at < TICKET_CHECK
        };
        if let Some(kept) = ours.as_ref().filter(|kept| is_fresh(kept)) {
            return Ok(kept.expose().into());
        }
        let key = self.key(CredentialKind::CardTicket);
        if let Some(kept) = self.store.load(&key).await.map_err(Error::Store)? {
            let is_newer = ours
                .as_ref()
                .is_none_or(|ours| ours.checked_at <= kept.checked_at);
            if is_newer {
                *ours = Some(kept);
            }
        }
        if let Some(kept) = ours.as_ref().filter(|kept| is_fresh(kept)) {
            return Ok(kept.expose().into());
        }
        let call = Call::get(GET_TICKET).query("type", "wx_card");
        let answer = self.with_token(&call, JSON).await;
        let answer = answer.and_then(|(value, status)| from_json(GET_TICKET, status, value));
        match answer {
            Ok(TicketAnswer { ticket }) => {
                let kept = seen(ticket, ours.as_ref(), now);
                self.store.save(&key, &kept).await.map_err(Error::Store)?;
                let ticket = kept.expose().into();
                *ours = Some(kept);
                Ok(ticket)
            }
            Err(error) => match ours.as_ref().filter(|kept| kept.expires_at > now) {
                Some(kept) if error.is_outage() => {
                    tracing::warn!(%error, "WeChat is away; the ticket lives on");
                    Ok(kept.expose().into())
                }
                _ => Err(error),
            },
        }
    }
}

/// A ticket as WeChat just gave it. WeChat always answers the whole life, however old the ticket is,
/// so its end counts from when it was first seen.
fn seen(ticket: String, former: Option<&Credential>, now: i64) -> Credential {
    let first_seen = former
        .filter(|former| former.expose() == ticket)
        .map_or(now, |former| former.first_seen);
    Credential::new(ticket, first_seen + TICKET_LIFE, first_seen, now)
}
