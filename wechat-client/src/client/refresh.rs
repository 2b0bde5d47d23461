//! How the token and the ticket are kept, shared with other instances, and refreshed.
//!
//! What is kept in this process is used first, then what the store has. WeChat is asked by one task
//! of one instance: tasks of this process wait for one another, instances take the store's lease.
//! A refresh runs to its end even when the caller who began it goes away.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::task::{JoinError, JoinHandle};

use super::Inner;
use crate::{
    AccessToken, AppId, CardTicket, Credential, CredentialKey, CredentialKind, Error, Stored,
    transport::{Call, JSON, from_json},
};

pub(super) const STABLE_TOKEN: &str = "/cgi-bin/stable_token";
pub(super) const GET_TICKET: &str = "/cgi-bin/ticket/getticket";

/// A token is given up so many seconds before its end.
const TOKEN_MARGIN: i64 = 120;
/// In the background a credential is refreshed so many seconds before its end.
const AHEAD: i64 = 300;
/// Seconds a ticket lives from its first issue, whatever WeChat answers later.
const TICKET_LIFE: i64 = 7200;
/// A ticket is given up so many seconds before its end: the customer has to tap, too.
const TICKET_MARGIN: i64 = 60;
/// After so many seconds WeChat is asked whether the ticket is still this one.
const TICKET_CHECK: i64 = 600;
/// Seconds by which clocks of several hosts may differ. What was noted later than that in the future
/// was noted by a clock that was wrong.
const CLOCK_SKEW: i64 = 60;
/// How long the user of a living ticket waits for the look at whether it is still the right one.
const LOOK: Duration = Duration::from_millis(250);
/// How often the store is looked at while another instance refreshes.
const POLL: Duration = Duration::from_millis(50);

/// A credential in this process.
pub(super) struct Kept {
    kind: CredentialKind,
    stored: Mutex<Option<Stored>>,
    /// Held while it is refreshed, so that one refresh serves all who wait.
    refreshing: Arc<tokio::sync::Mutex<()>>,
}

impl Kept {
    pub(super) fn new(kind: CredentialKind) -> Self {
        Self {
            kind,
            stored: Mutex::default(),
            refreshing: Arc::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Stored>> {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, is_wanted: impl FnOnce(&Credential) -> bool) -> Option<Stored> {
        self.lock()
            .clone()
            .filter(|stored| is_wanted(&stored.credential))
    }

    fn set(&self, stored: Stored) {
        *self.lock() = Some(stored);
    }
}

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

/// A name that no other client has.
pub(super) fn new_holder() -> String {
    let mut random = [0; 16];
    getrandom::fill(&mut random).expect("the system has randomness");
    hex::encode(random)
}

impl Inner {
    fn key(&self, kept: &Kept) -> CredentialKey {
        CredentialKey {
            app_id: self.app_id.clone(),
            kind: kept.kind,
        }
    }

    /// The token: ours, else the one another instance keeps in the store, else a new one.
    pub(super) async fn token(
        self: &Arc<Self>,
        refused: Option<AccessToken>,
    ) -> Result<AccessToken, Error> {
        self.token_within(refused, TOKEN_MARGIN).await
    }

    async fn token_within(
        self: &Arc<Self>,
        refused: Option<AccessToken>,
        margin: i64,
    ) -> Result<AccessToken, Error> {
        let now = self.clock.now();
        let is_good = |kept: &Credential| is_good_token(kept, refused.as_ref(), margin, now);
        if let Some(good) = self.token.get(is_good) {
            return Ok(good.credential.expose().into());
        }
        let inner = self.clone();
        let refreshing = tokio::spawn(async move {
            let _alone = inner.token.refreshing.clone().lock_owned().await;
            let refresh = inner.renewed_token(refused.as_ref(), margin);
            inner.transport.in_time(STABLE_TOKEN, refresh).await
        });
        joined(refreshing.await)
    }

    async fn renewed_token(
        &self,
        refused: Option<&AccessToken>,
        margin: i64,
    ) -> Result<AccessToken, Error> {
        let key = self.key(&self.token);
        let is_good = |kept: &Credential| is_good_token(kept, refused, margin, self.clock.now());
        let is_alive = |kept: &Credential| is_good_token(kept, refused, 0, self.clock.now());
        // Somebody may have refreshed it while we waited for our turn.
        if let Some(good) = self.token.get(is_good) {
            return Ok(good.credential.expose().into());
        }
        let found = self.lease(&self.token, &key, is_good, is_alive).await?;
        let version = match found {
            Found::Usable(stored) => return Ok(stored.credential.expose().into()),
            Found::Leased(version) => version,
        };
        let fresh = self.fetch_token(refused).await;
        let saved = match fresh {
            Ok(fresh) => {
                let now = self.clock.now();
                let fresh = Credential::new(fresh.access_token, now + fresh.expires_in, now, now);
                Ok(self.save(&self.token, &key, version, fresh, is_good).await)
            }
            Err(error) => Err(error),
        };
        self.release(&key).await;
        saved.map(|token| token.expose().into())
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

    /// The ticket. One that is alive is given out whatever WeChat does; when it is time for a look at
    /// whether it is still the right one, that look is waited for shortly.
    pub(super) async fn ticket(self: &Arc<Self>) -> Result<CardTicket, Error> {
        let now = self.clock.now();
        if let Some(fresh) = self.ticket.get(|kept| is_fresh_ticket(kept, now)) {
            return Ok(fresh.credential.expose().into());
        }
        let loading = self.load_ticket().await;
        if let Some(fresh) = self.ticket.get(|kept| is_fresh_ticket(kept, now)) {
            return Ok(fresh.credential.expose().into());
        }
        let Some(living) = self.ticket.get(|kept| is_alive(kept, now)) else {
            loading?;
            return joined(self.refresh_ticket().await);
        };
        let living = Ok(living.credential.expose().into());
        // Somebody is looking already: the ticket is used at once.
        if self.ticket.refreshing.try_lock().is_err() {
            return living;
        }
        match tokio::time::timeout(LOOK, self.refresh_ticket()).await {
            Ok(Ok(Ok(ticket))) => Ok(ticket),
            Ok(Ok(Err(error))) if error.is_outage() => {
                tracing::warn!(%error, "WeChat is away; the ticket lives on");
                living
            }
            Ok(refused) => joined(refused),
            Err(_elapsed) => {
                tracing::warn!("WeChat does not answer; the ticket lives on");
                living
            }
        }
    }

    /// Takes over what another instance has stored, when it is newer than ours.
    async fn load_ticket(&self) -> Result<(), Error> {
        let key = self.key(&self.ticket);
        let stored = self.store.load(&key).await.map_err(Error::Store)?;
        let mut ours = self.ticket.lock();
        if let Some(stored) = stored
            && ours
                .as_ref()
                .is_none_or(|ours| ours.version <= stored.version)
        {
            *ours = Some(stored);
        }
        Ok(())
    }

    fn refresh_ticket(self: &Arc<Self>) -> JoinHandle<Result<CardTicket, Error>> {
        let inner = self.clone();
        tokio::spawn(async move {
            let _alone = inner.ticket.refreshing.clone().lock_owned().await;
            let refresh = inner.renewed_ticket();
            inner.transport.in_time(GET_TICKET, refresh).await
        })
    }

    async fn renewed_ticket(self: &Arc<Self>) -> Result<CardTicket, Error> {
        let key = self.key(&self.ticket);
        let is_fresh = |kept: &Credential| is_fresh_ticket(kept, self.clock.now());
        let is_alive = |kept: &Credential| is_alive(kept, self.clock.now());
        if let Some(fresh) = self.ticket.get(is_fresh) {
            return Ok(fresh.credential.expose().into());
        }
        let found = self.lease(&self.ticket, &key, is_fresh, is_alive).await?;
        let version = match found {
            Found::Usable(stored) => return Ok(stored.credential.expose().into()),
            Found::Leased(version) => version,
        };
        let call = Call::get(GET_TICKET).query("type", "wx_card");
        let answer = Box::pin(self.with_token(&call, JSON)).await;
        let answer = answer.and_then(|(value, status)| from_json(GET_TICKET, status, value));
        let saved = match answer {
            Ok(TicketAnswer { ticket }) => {
                let former = self.ticket.get(|_| true).map(|stored| stored.credential);
                let fresh = seen(ticket, former.as_ref(), self.clock.now());
                Ok(self
                    .save(&self.ticket, &key, version, fresh, is_fresh)
                    .await)
            }
            Err(error) => Err(error),
        };
        self.release(&key).await;
        saved.map(|ticket| ticket.expose().into())
    }

    pub(super) async fn refresh_ahead(self: &Arc<Self>) -> Result<(), Error> {
        self.token_within(None, AHEAD).await?;
        let now = self.clock.now();
        if self.ticket.get(|kept| is_fresh_ticket(kept, now)).is_none() {
            joined(self.refresh_ticket().await)?;
        }
        Ok(())
    }

    /// Takes the store's lease, or waits until another instance has refreshed the credential.
    ///
    /// While it is alive nobody waits for the other instance.
    async fn lease(
        &self,
        kept: &Kept,
        key: &CredentialKey,
        is_good: impl Fn(&Credential) -> bool,
        is_alive: impl Fn(&Credential) -> bool,
    ) -> Result<Found, Error> {
        let seconds = self.transport.timing.in_all.as_secs() + 1;
        let seconds = u32::try_from(seconds).unwrap_or(u32::MAX);
        loop {
            let is_ours = self.store.try_lease(key, &self.holder, seconds).await;
            let is_ours = is_ours.map_err(Error::Store)?;
            // Read after the lease was taken, or nobody knows what was saved in between.
            let stored = self.store.load(key).await.map_err(Error::Store)?;
            if let Some(stored) = &stored
                && (is_good(&stored.credential) || (!is_ours && is_alive(&stored.credential)))
            {
                kept.set(stored.clone());
                if is_ours {
                    self.release(key).await;
                }
                return Ok(Found::Usable(stored.clone()));
            }
            if is_ours {
                let version = stored.as_ref().map_or(0, |stored| stored.version);
                if let Some(stored) = stored {
                    kept.set(stored);
                }
                return Ok(Found::Leased(version));
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Keeps a fresh credential here and in the store; it serves even when the store fails.
    async fn save(
        &self,
        kept: &Kept,
        key: &CredentialKey,
        version: u64,
        fresh: Credential,
        is_good: impl Fn(&Credential) -> bool,
    ) -> Credential {
        match self.store.compare_and_save(key, version, &fresh).await {
            Ok(true) => {}
            Ok(false) => {
                // Our lease ran out and somebody was faster: what they saved is as new as ours.
                if let Ok(Some(theirs)) = self.store.load(key).await
                    && is_good(&theirs.credential)
                {
                    kept.set(theirs.clone());
                    return theirs.credential;
                }
            }
            Err(error) => {
                tracing::warn!(%error, kind = kept.kind.as_str(), "a credential could not be stored");
            }
        }
        kept.set(Stored {
            credential: fresh.clone(),
            version: version + 1,
        });
        fresh
    }

    async fn release(&self, key: &CredentialKey) {
        if let Err(error) = self.store.release_lease(key, &self.holder).await {
            tracing::warn!(%error, "a lease could not be given back; it ends by itself");
        }
    }
}

/// What was found on the way to a refresh.
enum Found {
    /// A credential that will do.
    Usable(Stored),
    /// The right to refresh what has this version.
    Leased(u64),
}

/// The answer of a task; it is never aborted, but its runtime may end.
fn joined<T>(joined: Result<Result<T, Error>, JoinError>) -> Result<T, Error> {
    joined.unwrap_or_else(|error| match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(error) => Err(Error::NoAnswer {
            endpoint: STABLE_TOKEN,
            source: error.into(),
        }),
    })
}

fn is_good_token(kept: &Credential, refused: Option<&AccessToken>, margin: i64, now: i64) -> bool {
    is_alive(kept, now)
        && kept.expires_at - now > margin
        && refused.is_none_or(|refused| refused.expose() != kept.expose())
}

fn is_fresh_ticket(kept: &Credential, now: i64) -> bool {
    is_alive(kept, now)
        && kept.expires_at - now > TICKET_MARGIN
        && now - kept.checked_at < TICKET_CHECK
}

/// Whether it has not ended, by a clock that was right when it was noted.
fn is_alive(kept: &Credential, now: i64) -> bool {
    kept.expires_at > now && kept.first_seen.max(kept.checked_at) <= now + CLOCK_SKEW
}

/// A ticket as WeChat just gave it. WeChat always answers the whole life, however old the ticket is,
/// so its end counts from when it was first seen.
fn seen(ticket: String, former: Option<&Credential>, now: i64) -> Credential {
    let first_seen = former
        .filter(|former| former.expose() == ticket)
        .map_or(now, |former| former.first_seen.min(now));
    let mut expires_at = first_seen + TICKET_LIFE;
    if expires_at <= now {
        // WeChat still gives it out, so our note of its first sight is from a clock that was wrong.
        expires_at = now + TICKET_CHECK;
    }
    Credential::new(ticket, expires_at, first_seen, now)
}
