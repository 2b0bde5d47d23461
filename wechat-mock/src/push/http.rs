//! One request over one connection: no redirects, no proxies, no connection kept.

use std::{io::ErrorKind, time::Duration};

use axum::{
    body::Body,
    http::{Request, Uri},
};
use futures_util::StreamExt;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::JoinSet};

/// Bytes of an answer that are read: a sealed reply to the customer has some thousand.
const ANSWER: usize = 64 * 1024;
/// Bytes of an answer that are kept.
const KEPT: usize = 1024;

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Cut at [`ANSWER`] bytes.
    pub(crate) body: String,
}

impl Answer {
    /// The same, as it is kept in the log.
    pub(crate) fn cut(mut self) -> Self {
        let end = (0..=KEPT.min(self.body.len()))
            .rev()
            .find(|at| self.body.is_char_boundary(*at));
        self.body.truncate(end.unwrap_or(0));
        self
    }
}

/// Why nothing did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    Timeout,
    Refused,
    /// The connection broke, or what came was no HTTP; what the system said.
    Broken(String),
}

/// Sends a request whose URI is whole, and reads the answer, all within `timeout`.
pub(crate) async fn exchange(
    request: Request<Body>,
    timeout: Duration,
) -> Result<Answer, NoAnswer> {
    tokio::time::timeout(timeout, converse(request))
        .await
        .unwrap_or(Err(NoAnswer::Timeout))
}

async fn converse(mut request: Request<Body>) -> Result<Answer, NoAnswer> {
    let authority = request.uri().authority().map_or("", |host| host.as_str());
    let address = match request.uri().port() {
        Some(_) => authority.to_owned(),
        None => format!("{authority}:80"),
    };
    let host = authority.parse().map_err(broken)?;
    request.headers_mut().insert("host", host);
    // A server is asked for the path alone; proxies want the whole of it.
    let path = request
        .uri()
        .path_and_query()
        .map_or("/", |path| path.as_str());
    *request.uri_mut() = path.parse::<Uri>().map_err(broken)?;

    let stream = TcpStream::connect(address).await.map_err(|error| {
        if error.kind() == ErrorKind::ConnectionRefused {
            return NoAnswer::Refused;
        }
        broken(error)
    })?;
    let (mut sender, connection) = http1::Builder::new()
        .title_case_headers(true)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(broken)?;
    // Dropped, and with it the connection, when the answer is there or late.
    let mut connections = JoinSet::new();
    connections.spawn(connection);
    let response = sender.send_request(request).await.map_err(broken)?;
    let status = response.status().as_u16();
    let mut parts = Body::new(response.into_body()).into_data_stream();
    let mut body = Vec::new();
    while body.len() < ANSWER
        && let Some(part) = parts.next().await
    {
        body.extend_from_slice(&part.map_err(broken)?);
    }
    body.truncate(ANSWER);
    Ok(Answer {
        status,
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}

fn broken(error: impl std::error::Error) -> NoAnswer {
    NoAnswer::Broken(error.to_string())
}
