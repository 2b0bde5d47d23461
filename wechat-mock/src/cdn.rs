//! WeChat's hosts for pictures and videos: what was uploaded, under the paths of the URLs given out.
//!
//! The URLs name WeChat's host, as they must; a page that shows a card of the mock puts the mock's
//! address in its place. WeChat serves its own pages alone; here whoever asks is served.

use axum::{
    Router,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

use bytes::Bytes;

use crate::{mock::Mock, world::media::FileKind};

/// The folders that URLs of pictures were seen to have.
const FOLDERS: [&str; 7] = [
    "mmbiz",
    "mmbiz_jpg",
    "mmbiz_png",
    "mmbiz_gif",
    "sz_mmbiz",
    "sz_mmbiz_jpg",
    "sz_mmbiz_png",
];

pub(crate) fn router() -> Router<Mock> {
    let mut router = Router::new();
    for folder in FOLDERS {
        router = router.route(&format!("/{folder}/{{name}}/{{size}}"), get(picture));
    }
    router.route("/mock_video/{media_id}", get(video))
}

async fn video(State(mock): State<Mock>, Path(media_id): Path<String>) -> Response {
    let world = mock.world.lock();
    let now = world.now();
    let mut accounts = world.accounts().iter();
    let found = accounts
        .find_map(|account| account.media.find(&media_id))
        .filter(|media| media.is_kept(now));
    match found {
        Some(media) => shown(media.kind, &media.bytes),
        None => (StatusCode::NOT_FOUND, "no such video").into_response(),
    }
}

fn shown(kind: FileKind, bytes: &Bytes) -> Response {
    ([(header::CONTENT_TYPE, kind.content_type())], bytes.clone()).into_response()
}

async fn picture(State(mock): State<Mock>, Path((name, _)): Path<(String, String)>) -> Response {
    let world = mock.world.lock();
    let mut accounts = world.accounts().iter();
    let found = accounts
        .find_map(|account| account.images.find(&name))
        .filter(|image| !image.bytes.is_empty());
    match found {
        Some(image) => shown(image.kind, &image.bytes),
        None => (StatusCode::NOT_FOUND, "no such picture").into_response(),
    }
}
