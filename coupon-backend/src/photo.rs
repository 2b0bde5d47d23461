//! Pictures that customers will see: without what a camera wrote into them, and upright.
//!
//! WeChat shows an upload to everybody, byte for byte. A photo of a telephone names the place where it
//! was taken, and lies on its side unless whoever shows it heeds its orientation.
//!
//! Source: Exif 2.32 on orientation and places; PNG third edition on its chunks; ITU-T T.81 on JPEG's
//! segments.

use std::io::Cursor;

use bytes::Bytes;
use image::{
    DynamicImage, ImageDecoder, ImageReader, Limits, codecs::jpeg::JpegEncoder,
    metadata::Orientation,
};
use img_parts::{
    jpeg::{Jpeg, markers},
    png::Png,
};

use crate::failure::Failure;

/// Bytes that a picture may take when it is unpacked: some 6000 by 4000 points.
const UNPACKED: u64 = 100 * 1024 * 1024;
/// Qualities that are tried, until the turned picture is within its limit.
const QUALITIES: [u8; 4] = [90, 80, 65, 50];
/// What an APP2 segment with a colour profile begins with.
const COLOR_PROFILE: &[u8] = b"ICC_PROFILE\0";
/// Chunks of a PNG that say how it looks; all others are texts, times and places.
const CHUNKS: [&[u8; 4]; 14] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"cICP",
    b"sBIT", b"bKGD", b"pHYs", b"hIST",
];

/// The picture as everybody may see it, of at most `limit` bytes.
///
/// What is no picture that can be taken apart stays as it is: WeChat judges it.
pub(crate) async fn for_everybody(bytes: Bytes, limit: usize) -> Result<Bytes, Failure> {
    // Unpacking takes some tenths of a second.
    let working = tokio::task::spawn_blocking(move || upright(&bytes, limit).unwrap_or(bytes));
    working.await.map_err(|_panicked| Failure::Internal)
}

/// None when it is no picture that can be taken apart.
fn upright(bytes: &Bytes, limit: usize) -> Option<Bytes> {
    if let Ok(png) = Png::from_bytes(bytes.clone()) {
        return Some(turned(bytes, limit).unwrap_or_else(|| bare_png(png)));
    }
    let jpeg = Jpeg::from_bytes(bytes.clone()).ok()?;
    Some(turned(bytes, limit).unwrap_or_else(|| bare_jpeg(jpeg)))
}

fn bare_jpeg(mut jpeg: Jpeg) -> Bytes {
    jpeg.segments_mut()
        .retain(|segment| match segment.marker() {
            markers::APP2 => segment.contents().starts_with(COLOR_PROFILE),
            // The first has the density, the other how colours are coded.
            markers::APP0 | markers::APP14 => true,
            marker => !(markers::APP0..=markers::APP15).contains(&marker) && marker != markers::COM,
        });
    jpeg.encoder().bytes()
}

fn bare_png(mut png: Png) -> Bytes {
    png.chunks_mut()
        .retain(|chunk| CHUNKS.contains(&&chunk.kind()));
    png.encoder().bytes()
}

/// The picture packed anew, when it has to be turned.
fn turned(bytes: &Bytes, limit: usize) -> Option<Bytes> {
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .ok()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(UNPACKED);
    reader.limits(limits);
    let format = reader.format()?;
    let mut decoder = reader.into_decoder().ok()?;
    let orientation = decoder.orientation().ok()?;
    if orientation == Orientation::NoTransforms {
        return None;
    }
    let mut picture = DynamicImage::from_decoder(decoder).ok()?;
    picture.apply_orientation(orientation);
    if format == image::ImageFormat::Png {
        let mut packed = Vec::new();
        picture
            .write_to(&mut Cursor::new(&mut packed), format)
            .ok()?;
        return Some(packed.into());
    }
    let picture = picture.into_rgb8();
    QUALITIES.into_iter().find_map(|quality| {
        let mut packed = Vec::new();
        let encoder = JpegEncoder::new_with_quality(&mut packed, quality);
        picture.write_with_encoder(encoder).ok()?;
        (packed.len() <= limit).then(|| packed.into())
    })
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};
    use img_parts::ImageEXIF;

    use super::*;

    /// Blue above, yellow below; wider than high.
    fn picture() -> DynamicImage {
        DynamicImage::ImageRgb8(RgbImage::from_fn(48, 32, |_, y| {
            if y < 16 {
                Rgb([0, 0, 255])
            } else {
                Rgb([255, 255, 0])
            }
        }))
    }

    fn packed(format: image::ImageFormat) -> Bytes {
        let mut bytes = Vec::new();
        let written = picture().write_to(&mut Cursor::new(&mut bytes), format);
        written.unwrap();
        bytes.into()
    }

    /// Exif with an orientation and a place, little-endian: one directory of two entries.
    fn exif(orientation: u8) -> Vec<u8> {
        let mut bytes = b"II*\0\x08\0\0\0\x02\0".to_vec();
        bytes.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]);
        bytes.extend([0x25, 0x88, 4, 0, 1, 0, 0, 0, 38, 0, 0, 0]);
        bytes.extend([0; 4]);
        bytes.extend(b"GPS-31.2304N-121.4737E");
        bytes
    }

    fn holds(bytes: &[u8], text: &[u8]) -> bool {
        bytes.windows(text.len()).any(|part| part == text)
    }

    #[test]
    fn what_a_camera_wrote_is_gone_and_the_picture_stays() {
        for orientation in 1..=8 {
            let mut jpeg = Jpeg::from_bytes(packed(image::ImageFormat::Jpeg)).unwrap();
            jpeg.set_exif(Some(exif(orientation).into()));
            let segment = |marker, text: &'static [u8]| {
                img_parts::jpeg::JpegSegment::new_with_contents(marker, text.into())
            };
            let segments = jpeg.segments_mut();
            segments.insert(
                1,
                segment(markers::APP1, b"http://ns.adobe.com/xap/1.0/\0GPS-xmp"),
            );
            segments.insert(1, segment(markers::APP13, b"Photoshop 3.0\0GPS-iptc"));
            segments.insert(1, segment(markers::COM, b"GPS-comment"));
            let jpeg = jpeg.encoder().bytes();
            let mut png = Png::from_bytes(packed(image::ImageFormat::Png)).unwrap();
            png.set_exif(Some(exif(orientation).into()));
            let chunk =
                img_parts::png::PngChunk::new(*b"tEXt", b"Place\0GPS-text".as_slice().into());
            png.chunks_mut().insert(1, chunk);
            let png = png.encoder().bytes();

            for (name, bytes) in [("jpeg", jpeg), ("png", png)] {
                assert!(holds(&bytes, b"GPS"), "{name}: the test has what is to go");
                let bare = upright(&bytes, 1024 * 1024).unwrap();
                assert!(!holds(&bare, b"GPS"), "{name} {orientation}");
                assert!(!holds(&bare, b"Exif\0"), "{name} {orientation}");
                let shown = image::load_from_memory(&bare).unwrap();
                let mut wanted = picture();
                wanted.apply_orientation(Orientation::from_exif(orientation).unwrap());
                let (shown, wanted) = (shown.into_rgb8(), wanted.into_rgb8());
                assert_eq!(
                    shown.dimensions(),
                    wanted.dimensions(),
                    "{name} {orientation}"
                );
                for (x, y) in [(4, 4), (shown.width() - 5, shown.height() - 5)] {
                    let (is, should) = (shown.get_pixel(x, y), wanted.get_pixel(x, y));
                    let off = (0..3).map(|i| is[i].abs_diff(should[i])).max();
                    assert!(
                        off < Some(40),
                        "{name} {orientation} {x},{y}: {is:?} {should:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_picture_without_additions_stays_byte_for_byte() {
        for format in [image::ImageFormat::Jpeg, image::ImageFormat::Png] {
            let bytes = packed(format);
            assert_eq!(upright(&bytes, 1024 * 1024).unwrap(), bytes);
        }
    }

    #[test]
    fn what_is_no_picture_is_left_to_wechat() {
        for bytes in [
            &b""[..],
            b"\xff\xd8\xff",
            b"\x89PNG\r\n\x1a\n",
            b"GIF89a",
            b"\xff\xd8\xff\xe1\xff\xffcut",
        ] {
            let bytes = Bytes::from_static(bytes);
            let left = upright(&bytes, 1024).unwrap_or_else(|| bytes.clone());
            assert_eq!(left, bytes);
        }
    }
}
