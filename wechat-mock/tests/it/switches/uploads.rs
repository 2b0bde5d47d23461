//! Switches that are seen in the answers to uploads and logins.

use serde_json::Value;

use crate::support::TestMock;

/// A file of each type that is too large for it.
pub(super) async fn oversized(test: &TestMock) -> String {
    const MB: usize = 1024 * 1024;
    let logo = fixtures::image("logo.jpg");
    let mut seen = Vec::new();
    for (name, head, size) in [
        ("image.jpg", logo, 10 * MB + 1),
        ("voice.amr", &b"#!AMR\n"[..], 2 * MB + 1),
        ("video.mp4", &b"\0\0\0\x20ftypisom"[..], 10 * MB + 1),
        ("thumb.jpg", logo, 64 * 1024 + 1),
    ] {
        let mut file = head.to_vec();
        file.resize(size, 0);
        let path = format!("/cgi-bin/media/upload?type={}", &name[..5]);
        seen.push(test.upload(&path, name, file).await.errcode().to_string());
    }
    seen.join(" ")
}

pub(super) async fn probe(test: &TestMock, name: &str) -> String {
    let keys = |value: Value| {
        let keys: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        keys.join(", ")
    };
    let logo = fixtures::image("logo.jpg").to_vec();
    match name {
        "upload_errcode" => {
            let url = test
                .upload("/cgi-bin/media/uploadimg", "l.jpg", logo.clone())
                .await;
            let media = test
                .upload("/cgi-bin/media/upload?type=image", "l.jpg", logo)
                .await;
            format!("{}; {}", keys(url.json()), keys(media.json()))
        }
        "media_image_limit" => {
            let mut large = logo;
            large.resize(3 * 1024 * 1024, 0);
            let media = test
                .upload("/cgi-bin/media/upload?type=image", "l.jpg", large)
                .await;
            media.errcode().to_string()
        }
        _ => {
            let mp = test.mock.mini_program();
            let js_code = test.mock.user("alice").login(&mp.appid).unwrap();
            let session = test
                .get(&format!(
                    "/sns/jscode2session?appid={}&secret={}&js_code={js_code}&grant_type=authorization_code",
                    mp.appid, mp.secret
                ))
                .await;
            keys(session.json())
        }
    }
}
