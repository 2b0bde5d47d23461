//! The envelope of an upload: boundaries, parts and their names.

use crate::support::{Answer, TestMock};

const TYPE: &str = "multipart/form-data; boundary=x";
const NAMED: &str = "Content-Disposition: form-data; name=\"media\"; filename=\"a.jpg\"";

/// One part behind the boundary `x`, with a picture in it.
fn part(header: &str) -> Vec<u8> {
    part_with(header.as_bytes(), fixtures::image("logo.jpg"))
}

fn part_with(header: &[u8], bytes: &[u8]) -> Vec<u8> {
    [b"--x\r\n", header, b"\r\n\r\n", bytes, b"\r\n"].concat()
}

fn end(mut parts: Vec<u8>) -> Vec<u8> {
    parts.extend_from_slice(b"--x--\r\n");
    parts
}

async fn upload(test: &TestMock, content_type: &str, body: Vec<u8>) -> Answer {
    let path = test.signed_in("/cgi-bin/media/uploadimg");
    let request = test.request("POST", &path);
    test.send(request.header("content-type", content_type).body(body))
        .await
}

#[tokio::test]
async fn a_part_with_a_filename_is_a_file_whatever_else_it_has() {
    let test = TestMock::start().await;
    for header in [
        NAMED,
        "content-disposition:form-data;name=\"buffer\";filename=\"a.jpg\"\r\nContent-Type: image/jpeg",
        "Content-Disposition: form-data; name=anything; filename=\"a.jpg\"",
        "Content-Disposition: form-data; filename=\"a.jpg\"",
        "Content-Disposition: form-data; name=\"media\"; filename=\"店面 照片.jpg\"",
        "Content-Disposition: form-data; name=\"media\"; filename=\"say \\\"hi\\\".jpg\"",
        "Content-Disposition: form-data; filename*=UTF-8''%E5%BA%97.jpg; filename=\"a.jpg\"",
        "X-First: 1\r\nContent-Disposition: attachment; filename=\"a.jpg\"",
    ] {
        let answer = upload(&test, TYPE, end(part(header))).await;
        assert!(
            answer.json()["url"].is_string(),
            "{header}: {}",
            answer.text()
        );
    }
    let gbk = b"Content-Disposition: form-data; name=\"media\"; filename=\"\xb5\xea.jpg\"";
    let body = end(part_with(gbk, fixtures::image("logo.jpg")));
    assert!(upload(&test, TYPE, body).await.json()["url"].is_string());
}

#[tokio::test]
async fn a_part_without_a_filename_is_no_file() {
    let test = TestMock::start().await;
    for header in [
        "Content-Disposition: form-data; name=\"media\"",
        "Content-Disposition: form-data; name=\"media\"; filename=\"\"",
        "Content-Disposition: form-data; name=\"media\"; filename*=UTF-8''%E5%BA%97.jpg",
        "Content-Disposition: form-data; name=media; filename=a.jpg",
        "Content-Disposition: form-data; name=media; filename=a.jpg; filename*=utf-8''a.jpg",
        "Content-Disposition: form-data; name=\"a; filename=b.jpg\"",
        "Content-Type: image/jpeg",
        "X-Nothing: 1",
    ] {
        let answer = upload(&test, TYPE, end(part(header))).await;
        assert_eq!(answer.errcode(), 41005, "{header}");
        assert_eq!(test.rule(&answer), "WX-MED-001", "{header}");
    }
}

#[tokio::test]
async fn the_boundary_is_the_raw_rest_of_the_header() {
    let test = TestMock::start().await;
    let body = end(part(NAMED));
    for content_type in [
        TYPE,
        "multipart/form-data;boundary=x",
        "Multipart/Form-Data; charset=utf-8; Boundary=x",
    ] {
        let answer = upload(&test, content_type, body.clone()).await;
        assert!(answer.json()["url"].is_string(), "{content_type}");
    }
    // Its quotes and what stands behind it belong to it, and then the body has another one.
    for content_type in [
        "multipart/form-data; boundary=\"x\"",
        "multipart/form-data; boundary=x; charset=utf-8",
        "multipart/form-data; boundary=x;",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=y",
        "multipart/mixed; boundary=x",
        "image/jpeg",
        "application/json",
        "nonsense; boundary=x",
    ] {
        let answer = upload(&test, content_type, body.clone()).await;
        assert_eq!(answer.errcode(), 41005, "{content_type}");
    }
}

#[tokio::test]
async fn a_boundary_that_the_header_lacks_is_the_first_line_of_the_body() {
    let test = TestMock::start().await;
    for content_type in [
        "multipart/form-data",
        "multipart/form-data; charset=ISO-8859-1",
        "MULTIPART/FORM-DATA;",
    ] {
        let answer = upload(&test, content_type, end(part(NAMED))).await;
        assert!(answer.json()["url"].is_string(), "{content_type}");
        for body in [&b""[..], b"--\r\n", b"--x", b"x\r\n", b"{}"] {
            let answer = upload(&test, content_type, body.to_vec()).await;
            assert_eq!(answer.errcode(), 41005, "{content_type}");
        }
        let late = [b"A preamble.\r\n".to_vec(), end(part(NAMED))].concat();
        assert_eq!(upload(&test, content_type, late).await.errcode(), 41005);
    }
}

#[tokio::test]
async fn a_body_that_does_not_keep_to_its_boundary_is_refused() {
    let test = TestMock::start().await;
    let whole = end(part(NAMED));
    for (what, body) in [
        ("nothing", Vec::new()),
        ("JSON", b"{}".to_vec()),
        ("no part at all", b"--x--\r\n".to_vec()),
        ("a part that is cut off", part(NAMED)[..200].to_vec()),
        ("a part that is not closed", part(NAMED)),
        (
            "headers that do not end",
            b"--x\r\nContent-Disposition: form".to_vec(),
        ),
        (
            "headers that are none",
            b"--x\r\n:::\r\n\r\na\r\n--x--\r\n".to_vec(),
        ),
        (
            "no line behind the boundary",
            b"--xx\r\n\r\na\r\n--x--\r\n".to_vec(),
        ),
        (
            "bare line feeds",
            String::from_utf8_lossy(&whole).replace("\r\n", "\n").into(),
        ),
    ] {
        let answer = upload(&test, TYPE, body).await;
        assert_eq!(answer.errcode(), 41005, "{what}");
    }
}

#[tokio::test]
async fn an_empty_file_has_a_number_of_its_own() {
    let test = TestMock::start().await;
    let answer = upload(&test, TYPE, end(part_with(NAMED.as_bytes(), b""))).await;
    assert_eq!(answer.errcode(), 44001);
    assert_eq!(test.rule(&answer), "WX-MED-002");
}

#[tokio::test]
async fn of_two_files_the_first_counts() {
    let test = TestMock::start().await;
    let picture = part(NAMED);
    let words = part_with(NAMED.as_bytes(), b"words");
    let note = part_with(b"Content-Disposition: form-data; name=\"note\"", b"words");

    let first = end([note.clone(), picture.clone(), words.clone(), note].concat());
    assert!(upload(&test, TYPE, first).await.json()["url"].is_string());
    let second = end([words, picture].concat());
    assert_eq!(upload(&test, TYPE, second).await.errcode(), 40137);
}

#[tokio::test]
async fn what_stands_before_and_behind_the_parts_does_not_matter() {
    let test = TestMock::start().await;
    let body = [
        b"This is a preamble.\r\n".to_vec(),
        end(part(NAMED)),
        b"This is an epilogue.\r\n--x\r\n".to_vec(),
    ]
    .concat();
    let answer = upload(&test, TYPE, body).await;
    assert!(answer.json()["url"].is_string(), "{}", answer.text());
}
