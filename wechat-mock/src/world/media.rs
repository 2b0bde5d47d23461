//! Pictures and temporary media.

use std::collections::{HashMap, VecDeque};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{clock, ids::Ids};

/// Seconds for which temporary media are kept: three days.
pub(crate) const MEDIA_LIFE: i64 = 3 * 86_400;
/// Bytes of temporary media, and of pictures, kept per account; beyond that the oldest go.
const MEDIA_BYTES: usize = 64 * 1024 * 1024;
/// Pictures remembered per account.
const IMAGES: usize = 10_000;
/// Temporary media kept per account, however small they are.
const MEDIA: usize = 10_000;
/// WeChat's picture host; under the mock the same paths are on its own address.
const HOST: &str = "http://mmbiz.qpic.cn";
/// A host of WeChat's videos.
const VIDEO_HOST: &str = "http://vweixinf.tc.qq.com";

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

    /// Whether a file is a photograph as newer phones store it, which WeChat takes for no picture.
    pub(crate) fn is_heif(bytes: &[u8]) -> bool {
        let brand = bytes.get(4..12).unwrap_or_default();
        [
            "heic", "heix", "heim", "heis", "hevc", "mif1", "msf1", "avif",
        ]
        .iter()
        .any(|known| brand == format!("ftyp{known}").as_bytes())
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

/// One picture that `uploadimg` took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Image {
    /// On WeChat's picture host.
    url: String,
    pub(crate) kind: FileKind,
    /// Nothing, once newer pictures needed the room.
    #[serde(with = "as_base64")]
    pub(crate) bytes: Bytes,
}

/// The pictures of one account, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "VecDeque<Image>", into = "VecDeque<Image>")]
pub(crate) struct Images {
    kept: VecDeque<Image>,
    /// Which picture has a name, counted from the first that ever was.
    by_name: HashMap<String, u64>,
    /// Pictures that were forgotten.
    forgotten: u64,
    /// How many of those kept have no bytes any more.
    emptied: usize,
    bytes: usize,
}

impl Images {
    /// A URL on WeChat's picture host for a new picture.
    pub(crate) fn add(&mut self, kind: FileKind, bytes: Bytes, ids: &mut Ids) -> String {
        // With 90 characters the whole stays under the 128 bytes that card fields allow.
        let url = format!(
            "{HOST}/mmbiz_{}/{}/0",
            kind.extension(),
            ids.draw().base64url(90)
        );
        self.push(Image {
            url: url.clone(),
            kind,
            bytes,
        });
        url
    }

    fn push(&mut self, image: Image) {
        if self.kept.len() >= IMAGES
            && let Some(oldest) = self.kept.pop_front()
        {
            self.by_name.remove(name_of(&oldest.url));
            self.bytes -= oldest.bytes.len();
            self.forgotten += 1;
            self.emptied = self.emptied.saturating_sub(1);
        }
        let number = self.forgotten + self.kept.len() as u64;
        self.by_name.insert(name_of(&image.url).to_owned(), number);
        self.bytes += image.bytes.len();
        self.kept.push_back(image);
        while self.bytes > MEDIA_BYTES && self.emptied + 1 < self.kept.len() {
            let oldest = &mut self.kept[self.emptied];
            self.bytes -= std::mem::take(&mut oldest.bytes).len();
            self.emptied += 1;
        }
    }

    /// A picture by the long part of its URL.
    pub(crate) fn find(&self, name: &str) -> Option<&Image> {
        let number = self.by_name.get(name)? - self.forgotten;
        self.kept.get(usize::try_from(number).ok()?)
    }

    /// Whether a URL is one of this account's; scheme and query do not matter.
    pub(crate) fn contains(&self, url: &str) -> bool {
        let bare = url.split('?').next().unwrap_or(url);
        let bare = bare.trim_start_matches("https").trim_start_matches("http");
        self.find(name_of(url))
            .is_some_and(|image| image.url.trim_start_matches("http") == bare)
    }
}

/// The long part of a picture's URL.
fn name_of(url: &str) -> &str {
    url.rsplit('/').nth(1).unwrap_or_default()
}

impl From<VecDeque<Image>> for Images {
    fn from(kept: VecDeque<Image>) -> Self {
        let mut images = Self::default();
        for image in kept {
            images.push(image);
        }
        images
    }
}

impl From<Images> for VecDeque<Image> {
    fn from(images: Images) -> Self {
        images.kept
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
    /// Where a video can be had; what WeChat's own host is called there was not captured.
    pub(crate) fn video_url(&self) -> String {
        format!("{VIDEO_HOST}/mock_video/{}", self.media_id)
    }

    pub(crate) fn is_kept(&self, now: i64) -> bool {
        now < self.created_at + MEDIA_LIFE || crate::breaks::broken("media-for-ever")
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
        if self.0.len() > MEDIA {
            self.0.pop_front();
        }
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
        let mut ids = Ids::new(1, "wx", 0);
        let url = Images::default().add(FileKind::Png, Bytes::new(), &mut ids);
        assert!(url.len() <= 128, "{}", url.len());
        assert!(url.starts_with("http://mmbiz.qpic.cn/mmbiz_png/"));
    }

    #[test]
    fn a_picture_is_known_by_its_url_however_it_is_written() {
        let (mut images, mut ids) = (Images::default(), Ids::new(1, "wx", 0));
        let url = images.add(FileKind::Png, Bytes::from_static(b"x"), &mut ids);
        let secure = url.replace("http:", "https:");
        for known in [&url, &secure, &format!("{url}?wx_fmt=png")] {
            assert!(images.contains(known), "{known}");
        }
        for other in [
            url.replace("mmbiz_png", "mmbiz_jpg"),
            url.replace("mmbiz.qpic.cn", "example.com"),
            url[..url.len() - 2].to_owned(),
            String::new(),
        ] {
            assert!(!images.contains(&other), "{other}");
        }
        let again = Images::from(VecDeque::from(images.clone()));
        assert_eq!(again, images);
    }

    #[test]
    fn pictures_lose_their_bytes_before_they_are_forgotten() {
        let (mut images, mut ids) = (Images::default(), Ids::new(1, "wx", 0));
        let big = Bytes::from(vec![0; MEDIA_BYTES / 2 + 1]);
        let first = images.add(FileKind::Jpeg, big.clone(), &mut ids);
        let second = images.add(FileKind::Jpeg, big, &mut ids);
        assert!(images.contains(&first));
        assert!(images.find(name_of(&first)).unwrap().bytes.is_empty());
        assert!(!images.find(name_of(&second)).unwrap().bytes.is_empty());

        for _ in 0..IMAGES - 1 {
            images.add(FileKind::Jpeg, Bytes::new(), &mut ids);
        }
        assert!(!images.contains(&first));
        assert!(images.contains(&second));
        images.add(FileKind::Jpeg, Bytes::new(), &mut ids);
        assert!(!images.contains(&second));
    }

    #[test]
    fn the_shelf_forgets_the_oldest_when_it_is_full() {
        let (mut shelf, mut ids) = (MediaShelf::default(), Ids::new(1, "wx", 0));
        let big = Bytes::from(vec![0; MEDIA_BYTES / 2 + 1]);
        let first = shelf.add(FileKind::Jpeg, big.clone(), 0, &mut ids);
        let second = shelf.add(FileKind::Jpeg, big, 0, &mut ids);
        assert!(shelf.find(&first).is_none());
        assert!(shelf.find(&second).is_some());

        for _ in 0..MEDIA {
            shelf.add(FileKind::Jpeg, Bytes::new(), 0, &mut ids);
        }
        assert!(shelf.find(&second).is_none());
        assert_eq!(shelf.0.len(), MEDIA);
    }
}
