//! Uploads and what comes back of them.

use serde_json::{Value, json};

use super::Page;
use crate::support::DAY;

const MB: usize = 1024 * 1024;
const GIF: &[u8] = b"GIF89a\x01\x00\x01\x00";

fn logo() -> Vec<u8> {
    fixtures::image("logo.jpg").to_vec()
}

fn of_size(head: &[u8], size: usize) -> Vec<u8> {
    let mut file = head.to_vec();
    file.resize(size, 0);
    file
}

pub(super) async fn uploadimg(page: &mut Page) {
    page.upload("a JPEG", "", "logo.jpg", logo()).await;
    let cover = fixtures::image("cover.png").to_vec();
    page.upload("a PNG without an extension", "", "封面", cover)
        .await;
    page.upload("a megabyte", "", "logo.jpg", of_size(&logo(), MB))
        .await;
    page.upload("a byte more", "", "logo.jpg", of_size(&logo(), MB + 1))
        .await;
    page.upload(
        "more than ten megabytes",
        "",
        "logo.jpg",
        of_size(&logo(), 11 * MB),
    )
    .await;
    page.upload("a GIF", "", "logo.gif", GIF.to_vec()).await;
    page.upload("words in a JPEG's name", "", "logo.jpg", b"words".to_vec())
        .await;
    page.upload("words", "", "logo.txt", b"words".to_vec())
        .await;
    page.upload("nothing", "", "logo.jpg", Vec::new()).await;
    for (what, content_type, body) in [
        ("no multipart", "application/json", "{}"),
        ("no boundary", "multipart/form-data", "--x\r\n"),
        (
            "an empty boundary",
            "multipart/form-data; boundary=",
            "--\r\n",
        ),
        (
            "no filename",
            "multipart/form-data; boundary=x",
            "--x\r\ncontent-disposition: form-data; name=\"media\"\r\n\r\ntext\r\n--x--\r\n",
        ),
    ] {
        let answer = page
            .test
            .post_text("/cgi-bin/media/uploadimg", content_type, body)
            .await;
        page.note(what, &answer);
    }
    page.behind_the_gateway("POST", "", "{}").await;
}

pub(super) async fn upload(page: &mut Page) {
    let mp4 = b"\0\0\0\x20ftypisom";
    for (what, name, file) in [
        ("image", "a.jpg", logo()),
        ("voice", "a.amr", of_size(b"#!AMR\n", 2 * MB)),
        ("video", "a.mp4", mp4.to_vec()),
        ("thumb", "a.jpg", of_size(&logo(), 64 * 1024)),
    ] {
        page.upload(what, &format!("?type={what}"), name, file)
            .await;
    }
    page.upload(
        "an image without an extension",
        "?type=image",
        "file",
        logo(),
    )
    .await;
    page.upload("no type", "", "logo.jpg", logo()).await;
    page.upload("an unknown type", "?type=picture", "logo.jpg", logo())
        .await;
    page.upload("an image as voice", "?type=voice", "logo.mp3", logo())
        .await;
    page.upload(
        "words as an image",
        "?type=image",
        "words.jpg",
        b"words".to_vec(),
    )
    .await;
    page.upload("words", "?type=image", "words.txt", b"words".to_vec())
        .await;
    page.upload("a GIF as an image", "?type=image", "a.gif", GIF.to_vec())
        .await;
    for (of, name, file) in [
        ("image", "a.jpg", of_size(&logo(), 10 * MB + 1)),
        ("voice", "a.amr", of_size(b"#!AMR\n", 2 * MB + 1)),
        ("video", "a.mp4", of_size(mp4, 10 * MB + 1)),
        ("thumb", "a.jpg", of_size(&logo(), 64 * 1024 + 1)),
    ] {
        let query = format!("?type={of}");
        page.upload(&format!("{of}, too large"), &query, name, file)
            .await;
    }
    page.turn("oversized_media", "40006").await;
    let large = of_size(&logo(), 64 * 1024 + 1);
    page.upload("oversized_media=40006", "?type=thumb", "a.jpg", large)
        .await;
    page.behind_the_gateway("POST", "?type=image", "{}").await;
}

pub(super) async fn get(page: &mut Page) {
    let answer = page
        .test
        .upload("/cgi-bin/media/upload?type=image", "logo.jpg", logo())
        .await;
    let media_id = answer.json()["media_id"].as_str().unwrap().to_owned();
    let query = format!("?media_id={media_id}");
    page.ask("a file", &query).await;
    page.ask("no media_id", "").await;
    page.ask("an unknown one", "?media_id=nonsense").await;
    page.behind_the_gateway("GET", &query, "").await;

    page.test.mock.clock().advance(3 * DAY).unwrap();
    page.test.token = page.test.token_of("oa").await;
    page.ask("a file of three days ago", &query).await;
    let world = page.test.control("GET", "world", &Value::Null).await.json();
    assert_ne!(world["accounts"][0]["state"]["media"], json!([]));
}
