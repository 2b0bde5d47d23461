#![doc = include_str!("../README.md")]

use std::{sync::Arc, time::Duration};

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

mod claim;
mod clock;
mod config;
mod coupon;
mod failure;
mod http;
mod intake;
mod operations;
mod photo;
#[doc(hidden)]
pub mod program;
mod reachability;
mod reconcile;
mod review;
mod state;
mod store;
mod wechat;
mod wechat_time;

pub use clock::{Clock, SystemClock, TestClock};
pub use config::{Config, ConfigError};

use state::AppState;
use store::Store;

/// How long calls under way are given when the service ends.
const DRAIN: Duration = Duration::from_secs(20);

/// The service, ready to answer.
#[derive(Debug)]
pub struct App {
    state: AppState,
}

/// Why the service cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The database cannot be opened or migrated.
    #[error("the database cannot be opened")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// There is no way to reach WeChat.
    #[error("WeChat's client cannot be made")]
    Wechat(#[from] wechat_client::BuildError),
}

/// Brings the schema of the configured database up to date.
///
/// Of several processes at once one does it, and the others wait.
///
/// # Errors
///
/// [`BuildError::Database`] when the database cannot be opened or migrated.
pub async fn migrate(config: &Config) -> Result<(), BuildError> {
    let store = open(config).await?;
    store.close().await;
    Ok(())
}

async fn open(config: &Config) -> Result<Store, BuildError> {
    Store::open(&config.database_url)
        .await
        .map_err(|error| BuildError::Database(error.into()))
}

impl App {
    /// Opens the ledger, bringing it up to date. WeChat need not be there.
    ///
    /// # Errors
    ///
    /// [`BuildError::Database`] when the ledger cannot be opened, [`BuildError::Wechat`] when the
    /// API base is no URL.
    pub async fn build(config: Config, clock: Arc<dyn Clock>) -> Result<Self, BuildError> {
        let store = open(&config).await?;
        let wechat = wechat::Wechat::new(&config, &store, &clock)?;
        Ok(Self {
            state: AppState::new(&config, store, wechat, clock),
        })
    }

    /// Answers on `listener` until `stop`; calls under way are given 20 seconds to end.
    ///
    /// # Errors
    ///
    /// When the listener fails.
    pub async fn serve(
        self,
        listener: TcpListener,
        stop: CancellationToken,
    ) -> std::io::Result<()> {
        let watching = [
            tokio::spawn(reachability::watch(self.state.clone(), stop.clone())),
            tokio::spawn(reconcile::watch(self.state.clone(), stop.clone())),
            tokio::spawn(intake::watch(self.state.clone(), stop.clone())),
            tokio::spawn(operations::worker::watch(self.state.clone(), stop.clone())),
        ];
        let listener = listener.tap_io(|connection| {
            // An answer of two packets would wait for the caller's acknowledgement in between.
            if let Err(error) = connection.set_nodelay(true) {
                tracing::debug!(%error, "a connection that cannot be told not to wait");
            }
        });
        let state = self.state.clone();
        let serving = axum::serve(listener, http::router(self.state))
            .with_graceful_shutdown(stop.clone().cancelled_owned());
        let ended = tokio::select! {
            ended = async {
                let ended = serving.into_future().await;
                // What runs may have outlived its caller.
                state.tasks.close();
                state.tasks.wait().await;
                ended
            } => ended,
            () = async { stop.cancelled().await; tokio::time::sleep(DRAIN).await } => Ok(()),
        };
        stop.cancel();
        // What they do can be done again at the next start.
        watching.iter().for_each(tokio::task::JoinHandle::abort);
        state.close().await;
        ended
    }
}
