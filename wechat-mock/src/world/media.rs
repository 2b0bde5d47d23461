//! Pictures and temporary media.

use std::collections::VecDeque;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{clock, ids::Ids};

/// Seconds for which temporary media are kept: three days.
pub(crate) const MEDIA_LIFE: i64 = 3 * 86_400;
/// Bytes of temporary media kept per account; beyond that the oldest go.
const MEDIA_BYTES: usize = 64 * 1024 * 1024;
/// Picture URLs remembered per account.
const IMAGES: usize = 10_000;

/// What a file is, told by its bytes and not by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FileKind {
    Jpeg,
    Png,
    Gif,
    Amr,
    Mp3,
    Mp4,
}

impl FileKind {
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        let kind = match bytes {
            [0xff, 0xd8, 0xff, ..] => Self::Jpeg,
            [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Self::Png,
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Self::Gif,
            [b'#', b'!', b'A', b'M', b'R', ..] => Self::Amr,
            [b'I', b'D', b'3', ..] | [0xff, 0xfb | 0xf3 | 0xf2, ..] => Self::Mp3,
            [_, _, _, _, b'f', b't', b'y', b'p', ..] => Self::Mp4,
            _ => return None,
        };
        Some(kind)
    }

    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::Amr => "audio/amr",
            Self::Mp3 => "audio/mp3",
            Self::Mp4 => "video/mp4",
        }
    }

    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Gif => "gif",
            Self::Amr => "amr",
            Self::Mp3 => "mp3",
            Self::Mp4 => "mp4",
        }
    }
}

/// The picture URLs that `uploadimg` gave out to one account, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Images(VecDeque<String>);

impl Images {
    /// A URL on WeChat's picture host for a new picture.
    pub(crate) fn add(&mut self, kind: FileKind, ids: &mut Ids) -> String {
        // With 90 characters the whole stays under the 128 bytes that card fields allow.
        let url = format!(
            "http://mmbiz.qpic.cn/mmbiz_{}/{}/0",
            kind.extension(),
            ids.draw().base64url(90)
        );
        if self.0.len() >= IMAGES {
            self.0.pop_front();
        }
        self.0.push_back(url.clone());
        url
    }

    pub(crate) fn contains(&self, url: &str) -> bool {
        self.0.iter().any(|known| known == url)
    }
}

/// One temporary file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Media {
    pub(crate) media_id: String,
    pub(crate) kind: FileKind,
    #[serde(deserialize_with = "clock::time")]
    pub(crate) created_at: i64,
    #[serde(with = "as_base64")]
    pub(crate) bytes: Bytes,
}

impl Media {
    pub(crate) fn is_kept(&self, now: i64) -> bool {
        now < self.created_at + MEDIA_LIFE
    }
}

/// The temporary media of one account, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct MediaShelf(VecDeque<Media>);

impl MediaShelf {
    pub(crate) fn add(&mut self, kind: FileKind, bytes: Bytes, now: i64, ids: &mut Ids) -> String {
        let media_id = ids.draw().base64url(64);
        self.0.push_back(Media {
            media_id: media_id.clone(),
            kind,
            created_at: now,
            bytes,
        });
        while self.0.len() > 1 && self.size() > MEDIA_BYTES {
            self.0.pop_front();
        }
        media_id
    }

    pub(crate) fn find(&self, media_id: &str) -> Option<&Media> {
        self.0.iter().find(|media| media.media_id == media_id)
    }

    fn size(&self) -> usize {
        self.0.iter().map(|media| media.bytes.len()).sum()
    }
}

mod as_base64 {
    use serde::{Deserializer, Serializer, de::Error};

    use super::{Bytes, Deserialize, Engine, STANDARD};

    pub(super) fn serialize<S: Serializer>(bytes: &Bytes, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Bytes, D::Error> {
        let text = String::deserialize(from)?;
        STANDARD
            .decode(text)
            .map(Bytes::from)
            .map_err(|fault| D::Error::custom(format!("not base64: {fault}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_their_bytes() {
        assert_eq!(
            FileKind::of(fixtures::image("logo.jpg")),
            Some(FileKind::Jpeg)
        );
        assert_eq!(
            FileKind::of(fixtures::image("cover.png")),
            Some(FileKind::Png)
        );
        assert_eq!(FileKind::of(b"GIF89a.."), Some(FileKind::Gif));
        assert_eq!(FileKind::of(b"plain text"), None);
        assert_eq!(FileKind::of(b""), None);
    }

    #[test]
    fn a_picture_url_fits_into_a_card() {
        let url = Images::default().add(FileKind::Png, &mut Ids::new(1, "wx", 0));
        assert!(url.len() <= 128, "{}", url.len());
        assert!(url.starts_with("http://mmbiz.qpic.cn/mmbiz_png/"));
    }

    #[test]
    fn the_shelf_forgets_the_oldest_when_it_is_full() {
        let (mut shelf, mut ids) = (MediaShelf::default(), Ids::new(1, "wx", 0));
        let big = Bytes::from(vec![0; MEDIA_BYTES / 2 + 1]);
        let first = shelf.add(FileKind::Jpeg, big.clone(), 0, &mut ids);
        let second = shelf.add(FileKind::Jpeg, big, 0, &mut ids);
        assert!(shelf.find(&first).is_none());
        assert!(shelf.find(&second).is_some());
    }
}
