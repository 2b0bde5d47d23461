//! One connection: HTTP/1.1, and the ways in which a fault can break it.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{Router, body::Body, response::Response};
use hyper::{body::Incoming, server::conn::http1, service::Service};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_util::sync::CancellationToken;

/// How long a caller may take to say what it wants.
const HEAD: Duration = Duration::from_secs(30);

/// Stands among the extensions of a response that must not be sent: the connection is closed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Broken {
    /// Closed in order, without a word.
    Closed,
    /// Reset, as by a firewall.
    Reset,
}

/// The connection was broken on purpose.
#[derive(Debug, thiserror::Error)]
#[error("broken on purpose")]
struct OnPurpose;

/// Serves one connection until it ends, or, after `stop`, until the call under way has.
pub(super) async fn serve(stream: TcpStream, router: Router, stop: CancellationToken) {
    // An answer of two packets would wait for the caller's acknowledgement in between.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection that cannot be told not to wait");
    }
    let reset = Arc::new(AtomicBool::new(false));
    let wire = Wire {
        stream,
        reset: reset.clone(),
    };
    let service = TowerToHyperService::new(router);
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let answer = service.call(request.map(Body::new));
        let reset = reset.clone();
        async move {
            // A router refuses nothing: even its errors are answers.
            let response: Response = match answer.await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            match response.extensions().get::<Broken>() {
                None => Ok(response),
                Some(broken) => {
                    reset.store(matches!(broken, Broken::Reset), Ordering::Relaxed);
                    Err(OnPurpose)
                }
            }
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(wire), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}

/// A stream that can be reset when it ends.
struct Wire {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.reset.load(Ordering::Relaxed)
            && let Err(error) = self.stream.set_zero_linger()
        {
            tracing::debug!(%error, "a connection is closed in place of being reset");
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // What is shut down in order can no longer be reset.
        if self.reset.load(Ordering::Relaxed) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
