//! An upload: the one file of a multipart body.

use std::convert::Infallible;

use axum::http::header::CONTENT_DISPOSITION;
use bytes::Bytes;
use futures_util::stream;
use multer::Multipart;

use crate::refusal::Refusal;

/// The file of a multipart body.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub(crate) file_name: String,
    pub(crate) bytes: Bytes,
}

/// Reads the first file of a multipart body; what its part is called does not matter.
///
/// A part is a file when it has a quoted `filename` that is not empty; any other is looked over, and
/// a body without a file is 41005. `filename*` and a `filename` without quotes make no file.
/// Source: error reports of client libraries, 2015 to 2024.
pub(crate) async fn read_upload(content_type: &str, body: Bytes) -> Result<Upload, Refusal> {
    let boundary = boundary(content_type, &body)?;
    let whole = stream::once(async { Ok::<_, Infallible>(body) });
    let mut parts = Multipart::new(whole, boundary);
    loop {
        let part = match parts.next_field().await {
            Ok(Some(part)) => part,
            Ok(None) => return Err(no_file("no part with a filename in quotes")),
            Err(_) => return Err(no_file("a body that does not keep to its boundary")),
        };
        let disposition = part.headers().get(CONTENT_DISPOSITION);
        let file_name =
            disposition.and_then(|disposition| quoted(disposition.as_bytes(), "filename"));
        let Some(file_name) = file_name else {
            continue;
        };
        let bytes = part
            .bytes()
            .await
            .map_err(|_| no_file("a part that is cut off"))?;
        if bytes.is_empty() {
            return Err(Refusal::new("WX-MED-002")
                .expected("a file")
                .received("a part without bytes"));
        }
        return Ok(Upload { file_name, bytes });
    }
}

fn no_file(received: &str) -> Refusal {
    Refusal::new("WX-MED-001")
        .expected("multipart/form-data with a part that has a filename in quotes")
        .received(received)
}

/// The boundary of a form: the raw rest of the header, or, where the header has none, the first line
/// of the body.
///
/// Quotes and further parameters are taken as part of it, as WeChat was seen to do.
fn boundary(content_type: &str, body: &[u8]) -> Result<String, Refusal> {
    const NAME: &str = "boundary=";
    let kind = content_type.split(';').next().unwrap_or_default();
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return Err(no_file("another Content-Type than multipart/form-data"));
    }
    // Lowering ASCII letters moves no byte.
    let lower = content_type.to_ascii_lowercase();
    let Some(at) = lower.find(NAME) else {
        return first_line(body)
            .ok_or_else(|| no_file("no boundary in Content-Type, and none in the first line"));
    };
    let boundary = content_type[at + NAME.len()..].trim();
    if boundary.is_empty() {
        return Err(no_file("an empty boundary in Content-Type"));
    }
    if boundary.contains(['"', ';']) {
        // The body cannot hold it but on purpose; the words say what is wrong with it.
        let is_in_body = body
            .windows(boundary.len())
            .any(|piece| piece == boundary.as_bytes());
        if !is_in_body {
            return Err(no_file(
                "a boundary in quotes, or with more behind it: WeChat takes the raw rest of Content-Type",
            ));
        }
    }
    Ok(boundary.to_owned())
}

/// The boundary with which a body begins.
fn first_line(body: &[u8]) -> Option<String> {
    let end = body.iter().position(|byte| *byte == b'\r')?;
    let boundary = body[..end].strip_prefix(b"--")?;
    let boundary = std::str::from_utf8(boundary).ok()?;
    (!boundary.is_empty() && body[end..].starts_with(b"\r\n")).then(|| boundary.to_owned())
}

/// A quoted parameter of a header such as `form-data; name="a"; filename="b.jpg"`; an empty one, or
/// one without quotes, counts as absent.
///
/// Bytes beyond ASCII may stand in it, raw, as browsers and curl send them; what is no UTF-8, such as
/// GBK, is a name all the same.
fn quoted(header: &[u8], name: &str) -> Option<String> {
    let mut rest = after(header, b';');
    while !rest.is_empty() {
        let key_end = rest.iter().position(|byte| matches!(byte, b'=' | b';'));
        let (key, behind) = rest.split_at(key_end.unwrap_or(rest.len()));
        let mut is_quoted = false;
        let value;
        (value, rest) = match behind.strip_prefix(b"=") {
            Some(behind) => {
                let behind = behind.trim_ascii_start();
                is_quoted = behind.starts_with(b"\"");
                read_value(behind)
            }
            None => (Vec::new(), after(behind, b';')),
        };
        let is_named = key.trim_ascii().eq_ignore_ascii_case(name.as_bytes());
        if is_named && is_quoted && !value.is_empty() {
            return Some(String::from_utf8_lossy(&value).into_owned());
        }
    }
    None
}

/// The value at the start of `text`, plain or quoted, and what stands behind its semicolon.
fn read_value(text: &[u8]) -> (Vec<u8>, &[u8]) {
    let Some(quoted) = text.strip_prefix(b"\"") else {
        let end = text.iter().position(|byte| *byte == b';');
        let (value, rest) = text.split_at(end.unwrap_or(text.len()));
        return (value.trim_ascii().to_vec(), after(rest, b';'));
    };
    let mut value = Vec::new();
    let mut rest = quoted;
    while let [byte, behind @ ..] = rest {
        rest = behind;
        match (byte, behind) {
            (b'"', _) => break,
            // A backslash before anything else is one: old browsers send `C:\logo.jpg`.
            (b'\\', [escaped @ (b'"' | b'\\'), behind @ ..]) => {
                value.push(*escaped);
                rest = behind;
            }
            _ => value.push(*byte),
        }
    }
    (value, after(rest, b';'))
}

/// What stands behind the first `byte`; nothing when there is none.
fn after(text: &[u8], byte: u8) -> &[u8] {
    text.iter()
        .position(|known| *known == byte)
        .map_or(&[], |at| &text[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_parameter_is_read() {
        for (header, name) in [
            ("form-data; name=\"buffer\"; filename=\"a.jpg\"", "a.jpg"),
            ("form-data; filename=\"a.jpg\"; name=buffer", "a.jpg"),
            ("form-data;FileName = \"a b;c.jpg\" ;x=y", "a b;c.jpg"),
            (
                "form-data; filename=\"say \\\"hi\\\".jpg\"",
                "say \"hi\".jpg",
            ),
            ("form-data; filename=\"C:\\logo.jpg\"", "C:\\logo.jpg"),
            ("form-data; filename=\"店面.jpg\"", "店面.jpg"),
            ("form-data; filename*=UTF-8''b; filename=\"a.jpg\"", "a.jpg"),
            ("form-data; flag; filename=\"a.jpg\"", "a.jpg"),
            ("form-data; filename=b.jpg; filename=\"a.jpg\"", "a.jpg"),
            ("form-data; filename=\"not closed", "not closed"),
        ] {
            let found = quoted(header.as_bytes(), "filename");
            assert_eq!(found.as_deref(), Some(name), "{header}");
        }
        for header in [
            "",
            "form-data",
            "filename=\"a.jpg\"",
            "form-data; filename",
            "form-data; filename=",
            "form-data; filename=a.jpg",
            "form-data; filename=\"\"",
            "form-data; filename*=UTF-8''a.jpg",
            "form-data; filename*=\"a.jpg\"",
            "form-data; name=\"a; filename=b.jpg\"",
            "form-data; name=\"a filename=b.jpg",
        ] {
            assert_eq!(quoted(header.as_bytes(), "filename"), None, "{header}");
        }
        let gbk = b"form-data; filename=\"\xb5\xea.jpg\"";
        assert!(quoted(gbk, "filename").is_some());
    }

    #[test]
    fn a_boundary_is_the_raw_rest_of_the_header() {
        let body = b"--first\r\n--\"x y\"--x; charset=utf-8";
        for (content_type, found) in [
            ("multipart/form-data; boundary=x", Some("x")),
            ("Multipart/Form-Data;boundary=\"x y\"", Some("\"x y\"")),
            ("multipart/form-data; boundary=\"x\"", None),
            (
                "multipart/form-data; charset=utf-8; Boundary=--x=",
                Some("--x="),
            ),
            (
                "multipart/form-data; boundary=x; charset=utf-8",
                Some("x; charset=utf-8"),
            ),
            ("multipart/form-data; boundary=x; other=y", None),
            ("multipart/form-data; boundary=", None),
            ("multipart/form-data; boundary=\"\"", None),
            ("multipart/form-data", Some("first")),
            ("multipart/form-data; charset=gbk", Some("first")),
            ("multipart/mixed; boundary=x", None),
            ("application/json; boundary=x", None),
            ("", None),
        ] {
            let read = boundary(content_type, body).ok();
            assert_eq!(read.as_deref(), found, "{content_type}");
        }
        for body in [&b""[..], b"first\r\n", b"--\r\n", b"--first", b"--first\n"] {
            assert!(boundary("multipart/form-data", body).is_err());
        }
    }
}
