//! Whether WeChat answers this service: asked seldom, however often somebody wants to know, and the
//! background task that keeps token and ticket fresh.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use wechat_client::{Client, ErrCode, Error};

use crate::state::AppState;

/// How often token and ticket are looked after.
const REFRESH: Duration = Duration::from_mins(1);
/// How long WeChat's yes is believed.
const YES: Duration = Duration::from_secs(10);
/// How long it is believed that WeChat was not there.
const AWAY: Duration = Duration::from_secs(5);
/// How long a refusal is remembered: of the appid, the secret, or this host's address. Anybody can
/// ask whether the service is ready, and calls for tokens are few a day.
const REFUSED: Duration = Duration::from_mins(1);

/// What WeChat said last; clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reachability {
    last: Arc<Mutex<Option<Verdict>>>,
    /// Held while WeChat is asked, so that one question serves all who want to know.
    asking: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Clone, Copy, Debug)]
struct Verdict {
    is_up: bool,
    until: Instant,
}

impl Verdict {
    fn of(answer: Result<(), &Error>) -> Self {
        let (is_up, lasts) = match answer {
            Ok(()) => (true, YES),
            // The token was good, and the quota is of this call alone.
            Err(error)
                if matches!(
                    error.errcode(),
                    Some(ErrCode::QUOTA | ErrCode::TOO_FREQUENT)
                ) && matches!(error, Error::Api { .. }) =>
            {
                (true, REFUSED)
            }
            Err(error) if error.errcode().is_some() && !error.is_outage() => (false, REFUSED),
            Err(_) => (false, AWAY),
        };
        Self {
            is_up,
            until: Instant::now() + lasts,
        }
    }
}

impl Reachability {
    fn known(&self) -> Option<bool> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.filter(|verdict| verdict.until > Instant::now())
            .map(|verdict| verdict.is_up)
    }

    fn note(&self, answer: Result<(), &Error>) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Verdict::of(answer));
    }

    /// Whether WeChat answers, by a call that needs the token and costs nothing else. Who does not
    /// want to wait can go away: the question is asked to its end.
    pub(crate) async fn ask(&self, client: &Client) -> bool {
        if let Some(is_up) = self.known() {
            return is_up;
        }
        let (this, client) = (self.clone(), client.clone());
        let asking = tokio::spawn(async move {
            let _alone = this.asking.clone().lock_owned().await;
            if let Some(is_up) = this.known() {
                return is_up;
            }
            let answer = client.colors().await.map(drop);
            this.note(answer.as_ref().copied());
            if let Err(error) = &answer {
                tracing::warn!(%error, "WeChat does not answer, or refuses");
            }
            answer.is_ok() || this.known() == Some(true)
        });
        asking.await.unwrap_or(false)
    }
}

/// Refreshes token and ticket ahead of their end, until `stop`.
pub(crate) async fn watch(state: AppState, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = state.wechat.cards.refresh_ahead().await {
            state.reachability.note(Err(&error));
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::warn!(%error, cause, "token and ticket could not be refreshed ahead of time");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(REFRESH) => {}
        }
    }
}
