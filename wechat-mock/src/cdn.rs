//! WeChat's picture host: what `uploadimg` took, under the paths of the URLs it gave out.
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

use crate::mock::Mock;

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
    router
}

async fn picture(State(mock): State<Mock>, Path((name, _)): Path<(String, String)>) -> Response {
    let world = mock.world.lock();
    let mut accounts = world.accounts().iter();
    let found = accounts
        .find_map(|account| account.images.find(&name))
        .filter(|image| !image.bytes.is_empty());
    match found {
        Some(image) => (
            [(header::CONTENT_TYPE, image.kind.content_type())],
            image.bytes.clone(),
        )
            .into_response(),
        None => (StatusCode::NOT_FOUND, "no such picture").into_response(),
    }
}
