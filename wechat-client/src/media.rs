//! Uploads: pictures for cards, and temporary files.

use std::fmt;

use bytes::Bytes;
use reqwest::multipart::Part;
use serde::Deserialize;

use crate::{Client, Error, MediaId, transport::Call};

/// A file to be uploaded.
#[derive(Clone)]
pub struct ImageFile {
    /// Its name; WeChat shows it nowhere, but wants one.
    pub file_name: String,
    /// What is in it; WeChat judges the kind by these bytes.
    pub bytes: Bytes,
}

impl ImageFile {
    /// One part of a form, with a file name.
    pub(crate) fn part(&self) -> Part {
        let kind = match self.bytes.as_ref() {
            [0xff, 0xd8, 0xff, ..] => "image/jpeg",
            [0x89, b'P', b'N', b'G', ..] => "image/png",
            [b'G', b'I', b'F', b'8', ..] => "image/gif",
            _ => "application/octet-stream",
        };
        let length = u64::try_from(self.bytes.len()).unwrap_or(u64::MAX);
        Part::stream_with_length(self.bytes.clone(), length)
            .file_name(self.file_name.clone())
            .mime_str(kind)
            .expect("a fixed kind of file")
    }
}

impl fmt::Debug for ImageFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImageFile")
            .field("file_name", &self.file_name)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

/// What a temporary file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaKind {
    /// A picture of at most 10 MiB.
    Image,
    /// AMR or MP3 of at most 2 MiB.
    Voice,
    /// MP4 of at most 10 MiB.
    Video,
    /// A JPEG of at most 64 KiB.
    Thumb,
}

impl MediaKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Voice => "voice",
            Self::Video => "video",
            Self::Thumb => "thumb",
        }
    }
}

/// A temporary file at WeChat.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Media {
    /// Its id; it is no URL, and no use in a card.
    #[serde(alias = "thumb_media_id")]
    pub media_id: MediaId,
    /// When it was uploaded, in seconds since 1970; it is kept for three days from then.
    pub created_at: i64,
}

impl Client {
    /// Uploads a picture for cards: JPEG or PNG of at most 1 MiB. Gives its URL on WeChat's CDN,
    /// the only kind of URL that a card takes.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] with [`crate::ErrCode::INVALID_IMAGE_SIZE`] when it is too large; after
    /// [`Error::NoAnswer`] it may be uploaded all the same.
    pub async fn upload_image(&self, file: ImageFile) -> Result<String, Error> {
        #[derive(Deserialize)]
        struct Answer {
            url: String,
        }

        let call = Call::upload("/cgi-bin/media/uploadimg", file);
        let answer: Answer = self.call(call).await?;
        Ok(answer.url)
    }

    /// Uploads a temporary file.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] when its bytes are not of the kind, or too many.
    pub async fn upload_media(&self, kind: MediaKind, file: ImageFile) -> Result<Media, Error> {
        let call = Call::upload("/cgi-bin/media/upload", file).query("type", kind.as_str());
        self.call(call).await
    }

    /// The bytes of a temporary file.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] when the id is unknown or the file older than three days.
    pub async fn media(&self, media_id: &MediaId) -> Result<Bytes, Error> {
        let call = Call::get("/cgi-bin/media/get").query("media_id", media_id.as_str());
        self.call_for_file(call).await
    }
}
