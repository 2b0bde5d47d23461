//! The three faces on one port, and how the port is opened and closed.

use std::{
    net::{SocketAddr, TcpListener},
    thread::JoinHandle,
    time::Duration,
};

use axum::{Router, routing::any, serve::ListenerExt};
use tokio_util::sync::CancellationToken;

use crate::{api, control, mock::Mock};

/// Seconds that calls under way are given when the program ends.
const DRAIN: Duration = Duration::from_secs(5);

/// All faces of the mock.
fn router(mock: Mock) -> Router {
    Router::new()
        .nest("/_mock/v1", control::router(&mock))
        .route("/_mock", any(control::not_found))
        .route("/_mock/{*rest}", any(control::not_found))
        .fallback(api::answer)
        .with_state(mock)
}

/// Answers on `listener` until `stop`, then gives calls under way [`DRAIN`] to end.
pub(crate) async fn serve(
    mock: Mock,
    listener: tokio::net::TcpListener,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let listener = listener.tap_io(|connection| {
        // An answer of two packets would wait for the caller's acknowledgement in between.
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "a connection that cannot be told not to wait");
        }
    });
    let stopped = stop.clone().cancelled_owned();
    let serving = axum::serve(listener, router(mock)).with_graceful_shutdown(stopped);
    tokio::select! {
        ended = serving.into_future() => ended,
        () = async { stop.cancelled().await; tokio::time::sleep(DRAIN).await } => Ok(()),
    }
}

/// A mock that runs on a thread of its own; dropping it closes the port.
///
/// The thread has a runtime of its own, so that neither a blocked test nor a test that has ended
/// keeps the port open.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// Starts answering on a bound listener.
    pub(crate) fn start(mock: Mock, listener: TcpListener) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let thread = std::thread::Builder::new()
            .name(format!("wechat-mock {}", address.port()))
            .spawn(move || {
                runtime.block_on(async move {
                    let listener = match tokio::net::TcpListener::from_std(listener) {
                        Ok(listener) => listener,
                        Err(error) => {
                            tracing::error!(%error, "the listener cannot be used");
                            return;
                        }
                    };
                    // Nobody waits for calls under way: whoever made them has dropped the mock.
                    tokio::select! {
                        () = stopped.cancelled() => {}
                        ended = serve(mock, listener, CancellationToken::new()) => {
                            if let Err(error) = ended {
                                tracing::error!(%error, "the mock stopped");
                            }
                        }
                    }
                });
            })?;
        Ok(Self {
            address,
            stop,
            thread: Some(thread),
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of the mock panicked");
        }
    }
}
