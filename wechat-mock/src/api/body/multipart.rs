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
/// A part is a file when it has a `filename` that is not empty; any other is looked over, and a body
/// without a file is 41005. What WeChat makes of `filename*` was not captured: here it is no filename.
pub(crate) async fn read_upload(content_type: &str, body: Bytes) -> Result<Upload, Refusal> {
    let boundary = boundary(content_type)
        .ok_or_else(|| no_file("no multipart/form-data with a boundary in Content-Type"))?;
    let whole = stream::once(async { Ok::<_, Infallible>(body) });
    let mut parts = Multipart::new(whole, boundary);
    loop {
        let part = match parts.next_field().await {
            Ok(Some(part)) => part,
            Ok(None) => return Err(no_file("no part with a filename")),
            Err(_) => return Err(no_file("a body that does not keep to its boundary")),
        };
        let disposition = part.headers().get(CONTENT_DISPOSITION);
        let file_name =
            disposition.and_then(|disposition| parameter(disposition.as_bytes(), "filename"));
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
        .expected("multipart/form-data with a part that has a filename")
        .received(received)
}

fn boundary(content_type: &str) -> Option<String> {
    let (kind, _) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    parameter(content_type.as_bytes(), "boundary")
}

/// A parameter of a header such as `form-data; name="a"; filename="b.jpg"`; an empty one counts as
/// absent.
///
/// Bytes beyond ASCII may stand in it, raw, as browsers and curl send them; what is no UTF-8, such as
/// GBK, is a name all the same.
fn parameter(header: &[u8], name: &str) -> Option<String> {
    let mut rest = after(header, b';');
    while !rest.is_empty() {
        let key_end = rest.iter().position(|byte| matches!(byte, b'=' | b';'));
        let (key, behind) = rest.split_at(key_end.unwrap_or(rest.len()));
        let value;
        (value, rest) = match behind.strip_prefix(b"=") {
            Some(behind) => read_value(behind.trim_ascii_start()),
            None => (Vec::new(), after(behind, b';')),
        };
        if key.trim_ascii().eq_ignore_ascii_case(name.as_bytes()) && !value.is_empty() {
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
    fn a_parameter_is_read_plain_and_quoted() {
        for (header, name) in [
            ("form-data; name=\"buffer\"; filename=\"a.jpg\"", "a.jpg"),
            ("form-data; filename=a.jpg; name=buffer", "a.jpg"),
            ("form-data;FileName = \"a b;c.jpg\" ;x=y", "a b;c.jpg"),
            (
                "form-data; filename=\"say \\\"hi\\\".jpg\"",
                "say \"hi\".jpg",
            ),
            ("form-data; filename=\"C:\\logo.jpg\"", "C:\\logo.jpg"),
            ("form-data; filename=\"店面.jpg\"", "店面.jpg"),
            ("form-data; filename*=UTF-8''b; filename=\"a.jpg\"", "a.jpg"),
            ("form-data; flag; filename=a.jpg", "a.jpg"),
            ("form-data; filename=\"not closed", "not closed"),
        ] {
            let found = parameter(header.as_bytes(), "filename");
            assert_eq!(found.as_deref(), Some(name), "{header}");
        }
        for header in [
            "",
            "form-data",
            "filename=a.jpg",
            "form-data; filename",
            "form-data; filename=",
            "form-data; filename=\"\"",
            "form-data; filename*=UTF-8''a.jpg",
            "form-data; name=\"a; filename=b.jpg\"",
            "form-data; name=\"a filename=b.jpg",
        ] {
            assert_eq!(parameter(header.as_bytes(), "filename"), None, "{header}");
        }
        let gbk = b"form-data; filename=\"\xb5\xea.jpg\"";
        assert!(parameter(gbk, "filename").is_some());
    }

    #[test]
    fn a_boundary_is_that_of_a_form_and_not_empty() {
        for (content_type, found) in [
            ("multipart/form-data; boundary=x", Some("x")),
            ("Multipart/Form-Data;boundary=\"x y\"", Some("x y")),
            (
                "multipart/form-data; charset=utf-8; Boundary=--x=",
                Some("--x="),
            ),
            ("multipart/form-data; boundary=", None),
            ("multipart/form-data; boundary=\"\"", None),
            ("multipart/form-data", None),
            ("multipart/mixed; boundary=x", None),
            ("application/json; boundary=x", None),
            ("", None),
        ] {
            assert_eq!(boundary(content_type).as_deref(), found, "{content_type}");
        }
    }
}
