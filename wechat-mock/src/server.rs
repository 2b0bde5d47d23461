//! The three faces on one port, and how the port is opened and closed.

use std::{
    net::{SocketAddr, TcpListener},
    thread::JoinHandle,
    time::Duration,
};

#[cfg(not(feature = "console"))]
use axum::routing::any;
use axum::{Router, middleware, routing::get};
use tokio::task::JoinSet;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

mod connection;
mod gate;

use gate::Gate;

#[cfg(feature = "console")]
use crate::console;
use crate::{
    api, cdn,
    control::{
        self,
        access::{self, Access},
    },
    mock::Mock,
    postman,
};

/// Seconds that calls under way are given when the program ends.
const DRAIN: Duration = Duration::from_secs(5);
/// Threads that answer calls to a mock in process: bodies are read side by side, and one call at a time has
/// the world.
const WORKERS: usize = 2;
/// The pause after a connection that could not be taken, when the system has none to give.
const BREATH: Duration = Duration::from_millis(50);

/// All faces of the mock, which listens on `here`.
pub(crate) fn router(mock: Mock, here: SocketAddr) -> Router {
    let access = Access::new(&mock, here);
    let own = Router::new()
        .nest("/_mock/v1", control::router(mock.clone(), access.clone()))
        .route(
            "/_mock/ca.pem",
            get(control::ca_pem).fallback(control::method_not_allowed),
        )
        .merge(pages())
        .layer(middleware::from_fn_with_state(access, access::check_page))
        .layer(middleware::map_response(control::harden_answer));
    let open = Router::new().merge(own).merge(cdn::router());
    #[cfg(feature = "console")]
    let open = open.merge(console::open_router());
    open.fallback(api::answer).with_state(mock)
}

/// What stands under `/_mock` beside the control API.
fn pages() -> Router<Mock> {
    #[cfg(feature = "console")]
    return console::router();
    #[cfg(not(feature = "console"))]
    Router::new()
        .route("/_mock", any(control::not_found))
        .route("/_mock/{*rest}", any(control::not_found))
}

/// What stands behind WeChat's hosts: nothing but WeChat's paths.
fn weixin_router(mock: Mock) -> Router {
    Router::new().fallback(api::answer).with_state(mock)
}

/// What stands behind WeChat's hosts for pictures and videos.
fn files_router(mock: Mock) -> Router {
    cdn::router().with_state(mock)
}

/// A connection on the port of WeChat's hosts with TLS, where there is one.
async fn accept(
    listener: Option<&tokio::net::TcpListener>,
) -> std::io::Result<(tokio::net::TcpStream, SocketAddr)> {
    match listener {
        Some(listener) => listener.accept().await,
        None => std::future::pending().await,
    }
}

/// Answers on `listener`, and with TLS for WeChat's hosts on `tls`, until `stop`; then gives calls under
/// way [`DRAIN`] to end.
pub(crate) async fn serve(
    mock: Mock,
    listener: tokio::net::TcpListener,
    tls: Option<tokio::net::TcpListener>,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let gate = Gate::new(&mock, listener.local_addr()?);
    // Dropped with the server: what is not told by then is not told.
    let mut postman = JoinSet::new();
    postman.spawn(postman::work(mock.clone()));
    let connections = TaskTracker::new();
    loop {
        let (accepted, is_tls) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => (accepted, false),
            accepted = accept(tls.as_ref()) => (accepted, true),
        };
        match accepted {
            Ok((stream, peer)) => {
                let (gate, stop) = (gate.clone(), stop.clone());
                if is_tls {
                    connections.spawn(connection::serve_tls(stream, peer, gate, stop));
                } else {
                    connections.spawn(connection::serve(stream, peer, gate, stop));
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
    drop((listener, tls));
    connections.close();
    // Whoever has not ended by then is cut off.
    let _cut_off = tokio::time::timeout(DRAIN, connections.wait()).await;
    Ok(())
}

/// A mock that runs on threads of its own; dropping it closes the port.
///
/// They have a runtime of their own, so that neither a blocked test nor a test that has ended
/// keeps the port open.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    /// Where WeChat's hosts are answered for with TLS.
    #[cfg(feature = "intercept")]
    pub(crate) tls_address: Option<SocketAddr>,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// Starts answering on bound listeners.
    pub(crate) fn start(
        mock: Mock,
        listener: TcpListener,
        tls: Option<TcpListener>,
    ) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        #[cfg(feature = "intercept")]
        let tls_address = tls.as_ref().map(TcpListener::local_addr).transpose()?;
        if let Some(tls) = &tls {
            tls.set_nonblocking(true)?;
        }
        let name = format!("wechat-mock {}", address.port());
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .thread_name(&name)
            .enable_io()
            .enable_time()
            .build()?;
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let thread = std::thread::Builder::new().name(name).spawn(move || {
            runtime.block_on(async move {
                let listeners = tokio::net::TcpListener::from_std(listener).and_then(|http| {
                    let tls = tls.map(tokio::net::TcpListener::from_std);
                    Ok((http, tls.transpose()?))
                });
                let (listener, tls) = match listeners {
                    Ok(listeners) => listeners,
                    Err(error) => {
                        tracing::error!(%error, "the listener cannot be used");
                        return;
                    }
                };
                // Nobody waits for calls under way: whoever made them has dropped the mock.
                tokio::select! {
                    () = stopped.cancelled() => {}
                    ended = serve(mock, listener, tls, CancellationToken::new()) => {
                        if let Err(error) = ended {
                            tracing::error!(%error, "the mock stopped");
                        }
                    }
                }
            });
        })?;
        Ok(Self {
            address,
            #[cfg(feature = "intercept")]
            tls_address,
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
