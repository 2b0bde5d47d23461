//! What a connection and those who answer on it tell each other, among the extensions of requests and
//! responses.

use std::net::IpAddr;

use tokio_util::sync::CancellationToken;

/// Whose connection it is; stands among the extensions of every request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// How an answer that does not end by itself is ended; stands among the extensions of every request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connection {
    /// Cancelled by whoever answers: the connection is closed at once.
    pub(crate) cut: CancellationToken,
    /// Cancelled when the program ends: the answer is to end soon.
    pub(crate) stop: CancellationToken,
}

/// Stands among the extensions of a request that was sent to one of WeChat's hosts without TLS.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlainHttp;

/// Stands among the extensions of a response that must not be sent: the connection is closed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Broken {
    /// Closed in order, without a word.
    Closed,
    /// Reset, as by a firewall.
    Reset,
}
