//! The backend as a target: its own paths, and the customers whom the mock plays.

use std::{sync::Arc, time::Instant};

use reqwest::Client;
use serde_json::Value;
use tokio::sync::{OnceCell, RwLock};

use crate::{
    arrange::{Action, ArrangeError, ControlApi, Nobody},
    case::{Case, ExpectedFailure, Layer, expected_failures},
    http::client,
    run::{Verdict, WORKERS, concluded, run_each},
    scene::Stop,
};

mod play;
mod scene;
mod start;
mod step;

use play::{Played, play};
pub(crate) use scene::Shop;
pub(crate) use start::Started;

/// What it is called in the list of known failures.
const KIND: &str = "backend";

/// How a backend behind a URL is used.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct BackendOptions {
    /// The admin token.
    pub admin_token: String,
    /// Where the mock answers that the backend calls in WeChat's place.
    pub mock: Option<String>,
    /// The token that the control API of the mock asks for.
    pub control_token: Option<String>,
    /// Nobody else uses backend and mock: faults may be injected, accounts changed.
    pub exclusive: bool,
    /// The appid of the Official Account; else that of the mock's account `oa`.
    pub oa: Option<String>,
    /// The appid of the mini-program; else that of the mock's account `mp`.
    pub mp: Option<String>,
}

impl BackendOptions {
    /// With an admin token.
    pub fn new(admin_token: &str) -> Self {
        Self {
            admin_token: admin_token.to_owned(),
            ..Self::default()
        }
    }

    /// With the mock that the backend calls.
    #[must_use]
    pub fn with_mock(self, url: &str) -> Self {
        Self {
            mock: Some(url.to_owned()),
            ..self
        }
    }

    /// Nobody else uses backend and mock.
    #[must_use]
    pub fn exclusive(self) -> Self {
        Self {
            exclusive: true,
            ..self
        }
    }
}

/// A backend that is held to account.
pub struct Backend {
    /// The one behind a URL.
    shop: Option<Shop>,
    /// Without a URL: the one that all cases use that change nothing for others.
    shared: OnceCell<Started>,
    is_exclusive: bool,
    /// Held for writing by a case that changes what others use.
    quiet: RwLock<()>,
    known: Vec<ExpectedFailure>,
}

impl Backend {
    /// A mock and a backend in this process, started when the first case needs them. Cases that change
    /// what others use have others for themselves.
    pub fn in_process() -> Self {
        Self {
            shop: None,
            shared: OnceCell::new(),
            is_exclusive: true,
            quiet: RwLock::default(),
            known: expected_failures().to_vec(),
        }
    }

    /// A backend behind a URL.
    ///
    /// # Errors
    ///
    /// An [`ArrangeError`] when it does not answer, when its admin token is another, or when the
    /// mock does not answer or has no such accounts.
    pub async fn at(url: &str, options: BackendOptions) -> Result<Self, ArrangeError> {
        let http = http()?;
        let url = url.trim_end_matches('/').to_owned();
        check_token(&http, &url, &options.admin_token).await?;
        let mut shop = Shop {
            url,
            http: http.clone(),
            arranger: Arc::new(Nobody),
            admin_token: options.admin_token,
            oa: String::new(),
            mp: String::new(),
            callback_token: None,
        };
        if let Some(mock) = &options.mock {
            let control = ControlApi::new(mock, options.control_token, http);
            let accounts = control.accounts().await?;
            let oa = account(&accounts, options.oa.as_deref(), "oa")?;
            let callback = &oa["callback"];
            if callback["mode"] == "plain" {
                shop.callback_token = callback["token"].as_str().map(str::to_owned);
            }
            shop.oa = appid_of(oa);
            shop.mp = appid_of(account(&accounts, options.mp.as_deref(), "mp")?);
            shop.arranger = Arc::new(control);
        }
        Ok(Self {
            shop: Some(shop),
            is_exclusive: options.exclusive,
            ..Self::in_process()
        })
    }

    /// Runs cases, several at once; what comes back is in the order of the cases.
    ///
    /// `seen` is told of each as it ends.
    pub async fn run_all(
        self: Arc<Self>,
        cases: Vec<&'static Case>,
        seen: impl Fn(&Verdict) + Send + Sync + 'static,
    ) -> Vec<Verdict> {
        let one = move |case| {
            let backend = self.clone();
            async move { backend.run(case).await }
        };
        run_each(cases, WORKERS, one, seen).await
    }

    /// Runs one case.
    pub async fn run(&self, case: &'static Case) -> Verdict {
        let begun = Instant::now();
        let played = match self.unmet(case) {
            Some(why) => Played::stopped(Stop::Skipped(why)),
            None => self.played(case).await,
        };
        let (outcome, reason) = concluded(&self.known, KIND, case, played.stop);
        Verdict {
            case,
            outcome,
            reason,
            traffic: played.traffic,
            milliseconds: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }

    async fn played(&self, case: &Case) -> Played {
        let Some(shop) = &self.shop else {
            let played = if changes_what_others_use(case) {
                played_alone(case).await
            } else {
                let shared = self.shared.get_or_try_init(Started::new).await;
                match shared {
                    Ok(started) => Ok(play(case, started.shop.clone()).await),
                    Err(error) => Err(error),
                }
            };
            return played.unwrap_or_else(|error| Played::stopped(error.into()));
        };
        if changes_what_others_use(case) {
            let _alone = self.quiet.write().await;
            play(case, shop.clone()).await
        } else {
            let _others = self.quiet.read().await;
            play(case, shop.clone()).await
        }
    }

    /// Why a case says nothing about this backend.
    fn unmet(&self, case: &Case) -> Option<String> {
        let shop = self.shop.as_ref()?;
        let has_mock = shop.arranger.can(&Action::ReadClock);
        if case.layer != Layer::L1 && !has_mock {
            let why = "nobody plays the customer; --mock names the mock that the backend calls";
            return Some(why.to_owned());
        }
        if changes_what_others_use(case) && !self.is_exclusive {
            let why = "it changes what others use of the mock; --exclusive runs it";
            return Some(why.to_owned());
        }
        if case.needs.receiver && shop.callback_token.is_none() {
            let why = "the mock does not push to the backend, or not in plain mode";
            return Some(why.to_owned());
        }
        None
    }
}

/// Plays a case on a mock and a backend that nobody else uses.
async fn played_alone(case: &Case) -> Result<Played, ArrangeError> {
    let mut started = Started::new().await?;
    let played = play(case, started.shop.clone()).await;
    started.end().await;
    Ok(played)
}

fn changes_what_others_use(case: &Case) -> bool {
    let mut actions = case.actions().into_iter();
    actions.any(|action| {
        matches!(
            action,
            Action::Fault { .. }
                | Action::ChangeAccount { .. }
                | Action::AdvanceClock { .. }
                | Action::SetClock { .. }
        )
    })
}

async fn check_token(http: &Client, url: &str, token: &str) -> Result<(), ArrangeError> {
    let asked = http
        .get(format!("{url}/admin/v1/coupons?limit=1"))
        .bearer_auth(token)
        .send()
        .await;
    let answer = asked.map_err(|error| ArrangeError::Failed(error.without_url().to_string()))?;
    if answer.status().is_success() {
        return Ok(());
    }
    Err(ArrangeError::Failed(format!(
        "GET /admin/v1/coupons with the admin token answered {}",
        answer.status()
    )))
}

/// An account of the mock, by its appid or else by its name.
fn account<'a>(
    accounts: &'a Value,
    appid: Option<&str>,
    name: &str,
) -> Result<&'a Value, ArrangeError> {
    let mut rows = accounts["accounts"].as_array().into_iter().flatten();
    let found = rows.find(|row| match appid {
        Some(appid) => row["appid"] == appid,
        None => row["name"] == name,
    });
    found.ok_or_else(|| {
        let wanted = appid.unwrap_or(name);
        ArrangeError::Failed(format!("the mock has no account {wanted}"))
    })
}

fn appid_of(account: &Value) -> String {
    account["appid"].as_str().unwrap_or_default().to_owned()
}

fn http() -> Result<Client, ArrangeError> {
    client()
        .build()
        .map_err(|error| ArrangeError::Failed(error.to_string()))
}
