//! One connection: HTTP/1.1, and the ways in which a fault can break it.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::body::Body;
use hyper::{body::Incoming, server::conn::http1, service::service_fn, upgrade::OnUpgrade};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_util::sync::CancellationToken;

use super::gate::Gate;
use crate::marks::{Broken, Connection, Peer};

/// How long a caller may take to say what it wants.
const HEAD: Duration = Duration::from_secs(30);
/// How long a caller in a tunnel may take to shake hands.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// The connection was broken on purpose.
#[derive(Debug, thiserror::Error)]
#[error("broken on purpose")]
struct OnPurpose;

/// Serves one connection until it ends, or, after `stop`, until the call under way has.
pub(super) async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    gate: Gate,
    stop: CancellationToken,
) {
    let (wire, line) = open(stream, peer, stop);
    if let Some(upgrade) = converse(wire, &gate, &line).await {
        let stream = async { upgrade.await.map(TokioIo::new).map_err(io::Error::other) };
        serve_weixin(stream, &gate, &line).await;
    }
}

/// Serves one connection that begins with TLS, as one of WeChat's hosts.
pub(super) async fn serve_tls(
    stream: TcpStream,
    peer: SocketAddr,
    gate: Gate,
    stop: CancellationToken,
) {
    let (wire, line) = open(stream, peer, stop);
    serve_weixin(async { Ok(wire) }, &gate, &line).await;
}

fn open(stream: TcpStream, peer: SocketAddr, stop: CancellationToken) -> (Wire, Line) {
    // An answer of two packets would wait for the caller's acknowledgement in between.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection that cannot be told not to wait");
    }
    let line = Line {
        peer: Peer(peer.ip()),
        reset: Arc::default(),
        ends: Connection {
            cut: CancellationToken::new(),
            stop,
        },
    };
    let wire = Wire {
        stream,
        reset: line.reset.clone(),
    };
    (wire, line)
}

/// What is known of a connection, however deep a tunnel in it goes.
struct Line {
    peer: Peer,
    /// How a fault tells the wire.
    reset: Arc<AtomicBool>,
    ends: Connection,
}

/// Takes a client in with TLS, and answers it as one of WeChat's hosts.
async fn serve_weixin<S>(stream: impl Future<Output = io::Result<S>>, gate: &Gate, line: &Line)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Some((intercept, inside)) = gate.weixin() else {
        return;
    };
    let shake_hands = async { intercept.accept(stream.await?).await };
    let shaken = tokio::select! {
        shaken = tokio::time::timeout(HANDSHAKE, shake_hands) => shaken,
        () = line.ends.stop.cancelled() => return,
    };
    match shaken.unwrap_or_else(|late| Err(late.into())) {
        Ok(stream) => {
            converse(stream, inside, line).await;
        }
        Err(error) => tracing::debug!(%error, "a client that did not finish its handshake"),
    }
}

/// Speaks HTTP on a stream, until it ends or becomes a tunnel.
async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    gate: &Gate,
    line: &Line,
) -> Option<OnUpgrade> {
    let tunnel = Arc::new(OnceLock::new());
    let service = service_fn(|mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(line.peer);
        request.extensions_mut().insert(line.ends.clone());
        let (gate, reset, tunnel) = (gate.clone(), line.reset.clone(), tunnel.clone());
        async move {
            let mut response = gate.answer(request.map(Body::new)).await;
            if let Some(upgrade) = response.extensions_mut().remove() {
                // A connection becomes a tunnel once.
                let _first: Result<(), OnUpgrade> = tunnel.set(upgrade);
            }
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
        // As WeChat writes them.
        .title_case_headers(true)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(connection);
    let finished = async {
        tokio::select! {
            ended = connection.as_mut() => ended,
            () = line.ends.stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        }
    };
    let ended = tokio::select! {
        ended = finished => ended,
        () = line.ends.cut.cancelled() => {
            tracing::debug!("a connection was cut: it is read too slowly");
            return None;
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
    tunnel.get().cloned()
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
