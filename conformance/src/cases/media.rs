//! Uploads.

use crate::{
    Case,
    Trial::Call,
    target::{Answer, DAY, Shop, Violation},
};

const KB: usize = 1024;
const MB: usize = 1024 * KB;

/// The bytes of a picture, and so many more that mean nothing.
fn large(picture: &str, more: usize) -> Vec<u8> {
    let mut bytes = fixtures::image(picture).to_vec();
    bytes.resize(bytes.len() + more, 0);
    bytes
}

async fn uploadimg(shop: &Shop, name: &str, bytes: &[u8]) -> Result<Answer, Violation> {
    shop.upload("/cgi-bin/media/uploadimg", name, bytes).await
}

async fn upload(shop: &Shop, kind: &str, bytes: &[u8]) -> Result<Answer, Violation> {
    let extension = match kind {
        "voice" => "amr",
        "video" => "mp4",
        _ => "jpg",
    };
    upload_as(shop, kind, &format!("a.{extension}"), bytes).await
}

async fn upload_as(shop: &Shop, kind: &str, name: &str, bytes: &[u8]) -> Result<Answer, Violation> {
    let path = format!("/cgi-bin/media/upload?type={kind}");
    shop.upload(&path, name, bytes).await
}

/// A temporary picture of the shop's.
pub(crate) async fn media_id(shop: &Shop) -> Result<String, Violation> {
    let photo = fixtures::image("shop-front.jpg");
    upload(shop, "image", photo).await?.text("media_id")
}

pub(crate) const CASES: &[Case] = &[
    Case::new(
        "WX-MED-001",
        Call(|shop| Box::pin(shop.post_text("/cgi-bin/media/uploadimg", "no multipart"))),
    ),
    Case::new(
        "WX-MED-002",
        Call(|shop| Box::pin(uploadimg(shop, "logo.jpg", b""))),
    ),
    Case::new(
        "WX-MED-003",
        Call(|shop| {
            Box::pin(async move { uploadimg(shop, "logo.jpg", &large("logo.jpg", MB)).await })
        }),
    ),
    Case::new(
        "WX-MED-004",
        Call(|shop| Box::pin(uploadimg(shop, "logo.jpg", b"no picture"))),
    ),
    Case::new(
        "WX-MED-005",
        Call(|shop| Box::pin(uploadimg(shop, "logo.txt", b"no picture"))),
    ),
    Case::new(
        "WX-MED-006",
        Call(|shop| Box::pin(upload(shop, "picture", fixtures::image("logo.jpg")))),
    ),
    Case::new(
        "WX-MED-007",
        Call(|shop| {
            Box::pin(upload_as(
                shop,
                "voice",
                "a.mp3",
                fixtures::image("logo.jpg"),
            ))
        }),
    ),
    Case::new(
        "WX-MED-008",
        Call(|shop| {
            Box::pin(async move { upload(shop, "image", &large("logo.jpg", 11 * MB)).await })
        }),
    ),
    Case::new(
        "WX-MED-009",
        Call(|shop| Box::pin(shop.ask("/cgi-bin/media/get"))),
    ),
    Case::new(
        "WX-MED-010",
        Call(|shop| Box::pin(shop.ask("/cgi-bin/media/get?media_id=nothing"))),
    ),
    Case::moving_the_clock(
        "WX-MED-011",
        Call(|shop| {
            Box::pin(async move {
                let media_id = media_id(shop).await?;
                shop.advance(3 * DAY).await?;
                let token = shop.token_of(&shop.oa).await?;
                let path = format!("/cgi-bin/media/get?media_id={media_id}&access_token={token}");
                shop.target.get(&path).await
            })
        }),
    ),
    Case::new(
        "WX-MED-012",
        Call(|shop| {
            Box::pin(async move { upload(shop, "thumb", &large("logo.jpg", 64 * KB)).await })
        }),
    ),
    Case::new(
        "WX-MED-013",
        Call(|shop| {
            Box::pin(async move {
                let mut voice = b"#!AMR\n".to_vec();
                voice.resize(2 * MB + 1, 0);
                upload(shop, "voice", &voice).await
            })
        }),
    ),
    Case::new(
        "WX-MED-014",
        Call(|shop| {
            Box::pin(async move {
                let mut video = b"\0\0\0\x18ftypmp42".to_vec();
                video.resize(10 * MB + 1, 0);
                upload(shop, "video", &video).await
            })
        }),
    ),
    Case::new(
        "WX-MED-015",
        Call(|shop| {
            Box::pin(upload_as(
                shop,
                "image",
                "phpAbCdEf",
                fixtures::image("logo.jpg"),
            ))
        }),
    ),
];
