//! What the fuzz targets call, and the test that replays their corpus: the readers of bodies, held to
//! what must be true of any input.

use bytes::Bytes;
use futures_util::FutureExt;
use serde_json::{Deserializer, Value};

use crate::{
    api::{
        body::{Kind, Node, Upload, error_before, read_json, read_upload, with_escapes_kept},
        reply::{Family, Style, Wire},
        schema::read_body,
    },
    refusal::Refusal,
    switches::Switches,
};

/// Reads `body` as the call with this path does, with what a refusal quotes of it: the number, or 0.
pub fn read_call(path: &str, body: &[u8]) -> i64 {
    match read_body(path, body, Switches::default()) {
        Ok(_) => 0,
        Err(refusal) => {
            let quoted = refusal.at.and_then(|at| error_before(body, at));
            std::hint::black_box(quoted);
            refusal.errcode
        }
    }
}

/// Reads `body` as a JSON body.
///
/// # Panics
///
/// When what must be true is not.
pub fn json_body(body: &[u8]) {
    match read_json(body) {
        Ok(tree) => {
            let read = tree.to_value();
            let reference: Value = serde_json::from_slice(body).expect("serde_json takes it too");
            assert_eq!(read, reference, "it is what serde_json reads");
            let written = read.to_string();
            let again = read_json(written.as_bytes()).expect("what was written can be read");
            assert_eq!(again.to_value(), read, "what was written reads the same");
            if let Some(kept) = with_escapes_kept(body) {
                read_json(&kept).expect("with its escapes kept it is still JSON");
            }
            let text = std::str::from_utf8(body).expect("JSON is UTF-8");
            values_are_found(text, &tree);
            schemas_read(body);
        }
        Err(refusal) => {
            let errcode = if body.is_empty() { 44002 } else { 47001 };
            assert_eq!(refusal.errcode, errcode);
            quote_is_of(body, refusal);
        }
    }
}

/// Each value and each key stands where the tree says.
fn values_are_found(text: &str, node: &Node<'_>) {
    let mut found = Deserializer::from_str(&text[node.at..]).into_iter::<Value>();
    let found = found.next().expect("a value").expect("JSON");
    assert_eq!(found, node.to_value());
    if let Kind::List(entries) = &node.kind {
        for entry in entries {
            values_are_found(text, entry);
        }
    }
    for member in node.members() {
        assert_eq!(
            text.as_bytes()[member.key_end],
            b'"',
            "the closing quote of a key"
        );
        values_are_found(text, &member.value);
    }
}

/// Every call reads the body or refuses it with a place that can be quoted.
fn schemas_read(body: &[u8]) {
    for path in crate::api::paths() {
        if let Err(refusal) = read_body(path, body, Switches::default()) {
            assert!(refusal.at.is_none_or(|at| at < body.len()), "{path}");
        }
    }
}

/// What is quoted is a piece of the body, and leaves as JSON.
fn quote_is_of(body: &[u8], mut refusal: Refusal) {
    if let Some(place) = refusal.at {
        let tail = error_before(body, place).expect("a place has a text");
        let quoted = tail.strip_prefix("Error before ").expect("a tail");
        let text = std::str::from_utf8(body).expect("a text has places");
        let uncut = quoted
            .strip_suffix("...")
            .filter(|uncut| uncut.chars().count() == 115);
        let quoted = uncut.unwrap_or(quoted);
        assert!(text.contains(quoted) && (1..=115).contains(&quoted.chars().count()));
        refusal.tail = tail.into();
    }
    let style = Style {
        family: Family::Card,
        switches: Switches::default(),
        now: 0,
    };
    let wire = Wire::of_refusal(&refusal, false, style);
    let reply: Value = serde_json::from_slice(&wire.body).expect("a reply is JSON");
    let errmsg = reply["errmsg"].as_str().expect("errmsg is a text");
    assert!(errmsg.ends_with(&*refusal.tail));
}

/// Reads `input` as an upload: its first line is the Content-Type, the rest the body.
///
/// # Panics
///
/// When what must be true is not.
pub fn multipart_body(input: &[u8]) {
    let end = input.iter().position(|byte| *byte == b'\n');
    let (content_type, body) = input.split_at(end.unwrap_or(input.len()));
    let body = body.get(1..).unwrap_or_default();
    // A server hands on no other Content-Type than one of visible characters.
    let content_type = std::str::from_utf8(content_type).unwrap_or_default();

    match read(content_type, body.to_vec()) {
        Ok(upload) => {
            assert!(!upload.bytes.is_empty() && !upload.file_name.is_empty());
            assert!(
                body.windows(upload.bytes.len())
                    .any(|piece| piece == upload.bytes)
            );
            let (content_type, written) = write(&upload);
            let again = read(&content_type, written).expect("what was written can be read");
            assert_eq!(
                (again.file_name, again.bytes),
                (upload.file_name, upload.bytes)
            );
        }
        Err(refusal) => assert!([41005, 44001].contains(&refusal.errcode)),
    }
}

/// The whole body is there, so that the reader has nothing to wait for.
fn read(content_type: &str, body: Vec<u8>) -> Result<Upload, Refusal> {
    let upload = read_upload(content_type, Bytes::from(body));
    upload.now_or_never().expect("the reader comes to an end")
}

/// An upload as a body, behind a boundary that does not stand in it.
fn write(upload: &Upload) -> (String, Vec<u8>) {
    let mut boundary = "b".to_owned();
    while upload
        .bytes
        .windows(boundary.len())
        .any(|piece| piece == boundary.as_bytes())
    {
        boundary.push('b');
    }
    let name = upload.file_name.replace('\\', "\\\\").replace('"', "\\\"");
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"media\"; filename=\"{name}\"\r\n\r\n"
    );
    let end = format!("\r\n--{boundary}--\r\n");
    let written = [head.as_bytes(), &upload.bytes, end.as_bytes()].concat();
    (format!("multipart/form-data; boundary={boundary}"), written)
}
