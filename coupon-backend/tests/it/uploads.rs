//! Logos and photos.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

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

/// The status of the answer to a call that sends its whole body before it reads, as many clients do.
fn status_after_all(url: &str, head: &str, length: usize) -> String {
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    let head = format!(
        "{head} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\ncontent-length: {length}\r\n"
    );
    let head = format!("{head}authorization: Bearer wrong\r\ncontent-type: image/jpeg\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let piece = vec![b'x'; 64 * 1024];
    let mut sent = 0;
    while sent < length {
        let next = piece.len().min(length - sent);
        stream
            .write_all(&piece[..next])
            .expect("everything can be sent");
        sent += next;
    }
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .expect("the answer can be read");
    answer.split(' ').nth(1).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_readable_by_who_is_still_sending() {
    let shop = Shop::open().await;
    let url = shop.service.url().to_owned();
    tokio::task::spawn_blocking(move || {
        for length in [2 * MIB, 10 * MIB] {
            for (head, status) in [
                ("POST /admin/v1/logos", "401"),
                ("POST /admin/v1/photos", "401"),
                ("POST /admin/v1/coupons", "401"),
                ("POST /v1/claims", "401"),
                ("POST /nowhere", "404"),
                ("PUT /admin/v1/logos", "405"),
                ("POST /v1/login", "413"),
            ] {
                assert_eq!(
                    status_after_all(&url, head, length),
                    status,
                    "{head} {length}"
                );
            }
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_photo_goes_out_without_what_the_camera_wrote() {
    let shop = Shop::open().await;
    let jpeg = fixtures::image("logo.jpg");
    // After the first two bytes, a segment of Exif.
    let exif = b"\xff\xe1\x00\x1eExif\0\0II*\0\x08\0\0\0\0\0GPS-31N121E";
    let exif = [
        &exif[..2],
        &u16::try_from(exif.len() - 2).unwrap().to_be_bytes(),
        &exif[4..],
    ]
    .concat();
    let photo = [&jpeg[..2], &exif, &jpeg[2..]].concat();
    let answer = shop.upload("/admin/v1/logos", photo).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let path = answer.get("url");
    let path = path.split("mmbiz.qpic.cn").nth(1).unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let shown = http
        .get(format!("{}{path}", shop.mock.url()))
        .send()
        .await
        .unwrap();
    assert_eq!(shown.status(), 200, "{path}");
    let shown = shown.bytes().await.unwrap();
    assert!(shown.starts_with(&[0xff, 0xd8, 0xff]));
    assert!(!shown.windows(3).any(|part| part == b"GPS"));
}

#[tokio::test]
async fn a_compressed_body_is_refused_by_that_name() {
    let shop = Shop::open().await;
    for path in [
        "/admin/v1/coupons",
        "/admin/v1/logos",
        "/admin/v1/codes/123456/redeem",
    ] {
        let request = shop.service.request("POST", path, ADMIN);
        let request = request
            .header("content-encoding", "gzip")
            .body(vec![0x1f, 0x8b, 8]);
        let answer = send(request).await;
        assert_eq!(
            answer.error(),
            (415, "unsupported_encoding".to_owned()),
            "{path}"
        );
    }
}
