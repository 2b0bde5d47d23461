//! The whole of a body, as far as anybody at WeChat reads it.

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;

/// Bytes of a body that are read; the largest upload is 10 MiB, and its envelope needs some more.
pub(crate) const MAX_BODY: usize = 10 * 1024 * 1024 + 64 * 1024;
/// Bytes after which a caller is no longer listened to.
const MAX_DRAINED: usize = 16 * MAX_BODY;

/// The body, or nothing when it is larger than anything WeChat takes or breaks off.
///
/// What is too much is read and thrown away: whoever is still sending when the answer comes and the
/// connection closes sees a broken connection in place of the answer.
pub(crate) async fn read_whole(body: Body) -> Option<Bytes> {
    let mut stream = body.into_data_stream();
    // Most bodies come in one part, which is taken as it is.
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    let mut length = 0;
    while let Some(part) = stream.next().await {
        let part = part.ok()?;
        length += part.len();
        if length == part.len() {
            first = part;
            continue;
        }
        if !first.is_empty() {
            whole.extend_from_slice(&first);
            first = Bytes::new();
        }
        if length <= MAX_BODY {
            whole.extend_from_slice(&part);
        } else if length > MAX_DRAINED {
            break;
        } else {
            whole = BytesMut::new();
        }
    }
    let read = if whole.is_empty() {
        first
    } else {
        whole.freeze()
    };
    (length <= MAX_BODY).then_some(read)
}
