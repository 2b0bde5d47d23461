//! `GET /_mock/v1/stream`: what happens, as it happens, as server-sent events.

use std::{convert::Infallible, time::Duration};

use axum::{
    Extension,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream;
use tokio_util::sync::CancellationToken;

use super::Fault;
use crate::{
    broadcast::{Message, Reader},
    marks::Connection,
    mock::Mock,
};

/// After so long without a message there is a comment, so that a dead connection is noticed.
const SILENCE: Duration = Duration::from_secs(15);

/// A message as the stream has it.
fn event(message: &Message) -> Event {
    Event::default()
        .event(message.topic.name())
        .data(&*message.data)
}

/// What a stream is made from: its reader, and what ends it.
struct Source {
    reader: Reader,
    stop: CancellationToken,
}

async fn next(mut source: Source) -> Option<(Result<Event, Infallible>, Source)> {
    let message = tokio::select! {
        message = source.reader.next() => message?,
        () = source.stop.cancelled() => return None,
    };
    Some((Ok(event(&message)), source))
}

/// Listens from now on; `cut` is cancelled when the reader is too slow.
pub(crate) fn listen_to(mock: &Mock, cut: CancellationToken) -> Result<Reader, Fault> {
    mock.broadcast.listen(cut).map_err(|many| {
        let message = format!("{} listen to the stream already", many.0);
        Fault::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_readers", message)
    })
}

pub(super) async fn listen(
    State(mock): State<Mock>,
    connection: Option<Extension<Connection>>,
) -> Result<Response, Fault> {
    let Connection { cut, stop } = connection.map_or_else(Connection::default, |known| known.0);
    let reader = listen_to(&mock, cut)?;
    // The head leaves with it, before anything happens.
    let hello = stream::iter([Ok(Event::default().comment("listening"))]);
    let messages = stream::unfold(Source { reader, stop }, next);
    let messages = stream::StreamExt::chain(hello, messages);
    let mut response = Sse::new(messages)
        .keep_alive(KeepAlive::new().interval(SILENCE))
        .into_response();
    // Proxies such as nginx would collect it.
    let headers = response.headers_mut();
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// What a call that changes something is about, by the first piece of its path below `/_mock/v1/`.
///
/// Calls on the clock and the events tell of themselves.
fn reason(path: &str) -> Option<&'static str> {
    Some(match path.split('/').find(|piece| !piece.is_empty())? {
        "reset" => "reset",
        "world" => "import",
        "accounts" => "account",
        "users" => "user",
        "cards" => "card",
        "faults" => "fault",
        "switches" => "switch",
        "requests" => "requests",
        "events" => "events",
        _ => return None,
    })
}

/// Tells whoever listens of every control call that changed something.
pub(super) async fn tell_changes(
    State(mock): State<Mock>,
    request: Request,
    next: Next,
) -> Response {
    let is_reading = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
    // Nested below /_mock/v1, which the path here no longer has.
    let reason = if is_reading {
        None
    } else {
        reason(request.uri().path())
    };
    let response = next.run(request).await;
    if let Some(reason) = reason.filter(|_| response.status().is_success()) {
        mock.broadcast.tell_change(reason);
    }
    response
}
