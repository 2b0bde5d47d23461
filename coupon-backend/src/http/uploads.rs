//! POST `/admin/v1/logos` and `/admin/v1/photos`.

use std::time::Duration;

use axum::{
    Json,
    extract::{FromRequest, Multipart, Request, State},
    http::header,
};
use bytes::{Bytes, BytesMut};
use serde_json::{Value, json};
use wechat_client::{ImageFile, MediaKind};

use super::{AppState, auth::Admin, body::check_encoding, error::Failure};
use crate::{clock::rfc3339, photo};

const MIB: usize = 1024 * 1024;
/// Bytes of a logo.
const LOGO: usize = MIB;
/// Bytes of a photo.
const PHOTO: usize = 2 * MIB;
/// What comes beyond the limit is read and thrown away up to this.
const MAX_DRAINED: usize = 16 * MIB;
/// Seconds for which WeChat keeps a temporary file.
const KEPT: i64 = 3 * 24 * 3600;
/// How long an upload may take.
const IN_TIME: Duration = Duration::from_secs(10);

pub(super) async fn logo(
    _: Admin,
    State(state): State<AppState>,
    request: Request,
) -> Result<Json<Value>, Failure> {
    let picture = picture(request, LOGO).await?;
    let url = state.wechat.cards.upload_image(picture).await?;
    Ok(Json(json!({"url": url})))
}

pub(super) async fn photo(
    _: Admin,
    State(state): State<AppState>,
    request: Request,
) -> Result<Json<Value>, Failure> {
    let picture = picture(request, PHOTO).await?;
    let media = state
        .wechat
        .cards
        .upload_media(MediaKind::Image, picture)
        .await?;
    let expires_at = rfc3339(media.created_at + KEPT);
    Ok(Json(
        json!({"media_id": media.media_id, "expires_at": expires_at}),
    ))
}

/// The JPEG or PNG in the form's field `file`.
async fn picture(request: Request, limit: usize) -> Result<ImageFile, Failure> {
    let reading = tokio::time::timeout(IN_TIME, read_file(request, limit));
    let bytes = reading.await.unwrap_or(Err(Failure::SlowBody))?;
    let bytes = photo::for_everybody(bytes, limit).await?;
    // The name is ours: nobody reads it, and what a browser sends is no safe text for a header.
    let file_name = match bytes.as_ref() {
        [0xff, 0xd8, 0xff, ..] => "picture.jpg",
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => "picture.png",
        _ => return Err(Failure::field("file", "must be a JPEG or PNG picture")),
    };
    Ok(ImageFile {
        file_name: file_name.to_owned(),
        bytes,
    })
}

async fn read_file(request: Request, limit: usize) -> Result<Bytes, Failure> {
    check_encoding(request.headers())?;
    let unreadable = || Failure::field("file", "must be sent as a multipart form");
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > MAX_DRAINED) {
        return Err(Failure::TooLarge(limit));
    }
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|_| unreadable())?;
    let mut file = None;
    let mut length = 0;
    // Read to its end, whatever comes: a caller who is still sending would not see the answer.
    while let Some(mut field) = form.next_field().await.map_err(|_| unreadable())? {
        let is_file = field.name() == Some("file") && file.is_none();
        let mut kept = BytesMut::new();
        let mut of_field = 0;
        while let Some(part) = field.chunk().await.map_err(|_| unreadable())? {
            length += part.len();
            of_field += part.len();
            if length > MAX_DRAINED {
                return Err(Failure::TooLarge(limit));
            }
            if is_file && of_field <= limit {
                kept.extend_from_slice(&part);
            }
        }
        if is_file {
            file = Some((kept.freeze(), of_field));
        }
    }
    match file {
        Some((_, length)) if length > limit => Err(Failure::TooLarge(limit)),
        Some((bytes, _)) => Ok(bytes),
        None => Err(Failure::field("file", "is required")),
    }
}
