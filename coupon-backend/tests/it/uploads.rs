//! Logos and photos.

use reqwest::multipart::{Form, Part};

use crate::support::{ADMIN, Shop, send};

const MIB: usize = 1024 * 1024;

/// A picture of so many bytes.
fn picture(bytes: usize) -> Vec<u8> {
    let mut picture = fixtures::image("logo.jpg").to_vec();
    picture.resize(bytes, 0);
    picture
}

#[tokio::test]
async fn a_logo_has_at_most_a_mebibyte_and_a_photo_two() {
    let shop = Shop::open().await;
    for (path, limit) in [("/admin/v1/logos", MIB), ("/admin/v1/photos", 2 * MIB)] {
        let fits = shop.upload(path, picture(limit)).await;
        assert_eq!(fits.status, 200, "{path}: {}", fits.text);
        let over = shop.upload(path, picture(limit + 1)).await;
        assert_eq!(over.error(), (413, "too_large".to_owned()), "{path}");
        let far_over = shop.upload(path, picture(8 * MIB)).await;
        assert_eq!(far_over.error(), (413, "too_large".to_owned()), "{path}");
    }
}

#[tokio::test]
async fn pictures_are_known_by_their_bytes() {
    let shop = Shop::open().await;
    let png = shop
        .upload("/admin/v1/logos", fixtures::image("cover.png").to_vec())
        .await;
    assert_eq!(png.status, 200, "{}", png.text);
    for bytes in [b"GIF89a".to_vec(), b"text".to_vec(), Vec::new()] {
        let answer = shop.upload("/admin/v1/logos", bytes).await;
        assert_eq!(
            (answer.status, answer.fields()),
            (422, vec!["file".to_owned()])
        );
    }
    assert_eq!(shop.calls("/cgi-bin/media/uploadimg"), 1);
}

#[tokio::test]
async fn a_body_without_the_file_is_told_so() {
    let shop = Shop::open().await;
    let post = || shop.service.request("POST", "/admin/v1/logos", ADMIN);
    let other = Form::new().part("picture", Part::bytes(picture(100)));
    for request in [
        post(),
        post().body("{}"),
        post()
            .header("content-type", "multipart/form-data; boundary=x")
            .body("--x\r\nbroken"),
        post().multipart(other),
    ] {
        let answer = send(request).await;
        assert_eq!(
            (answer.status, answer.fields()),
            (422, vec!["file".to_owned()])
        );
    }
}
