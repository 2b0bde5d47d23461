//! Reads what a call brings, before the world is locked.

use bytes::Bytes;

use super::{
    Endpoint, Takes,
    body::{MAX_BODY, read_json, read_upload, with_escapes_kept},
    call::Content,
    card::Draft,
    family,
    reply::Family,
    schema::{Body, read_body},
};
use crate::{
    refusal::Refusal,
    switches::{Switch, Switches},
};

/// The card that a call is about to make, judged before the world is locked: the world goes on
/// meanwhile.
pub(super) fn draft_of(
    endpoint: Option<&Endpoint>,
    content: &Content,
    switches: Switches,
) -> Option<Result<Draft, Refusal>> {
    match (endpoint, content) {
        (Some(endpoint), Content::Json(Ok(body))) if endpoint.takes == Takes::Card => {
            Some(Draft::read(&body.members, switches))
        }
        _ => None,
    }
}

pub(super) async fn read_content(
    endpoint: &Endpoint,
    content_type: &str,
    body: Option<&Bytes>,
    switches: Switches,
) -> Content {
    match (endpoint.takes, body) {
        (Takes::Nothing, _) => Content::Ignored,
        (Takes::Json | Takes::Card, Some(body)) => {
            Content::Json(read_fields(endpoint.path, body, switches))
        }
        (Takes::Json | Takes::Card, None) => Content::Json(Err(Refusal::new("WX-WIRE-010")
            .expected(format!("at most {MAX_BODY} bytes"))
            .received("more, or a body that broke off"))),
        (Takes::Upload, Some(body)) => {
            Content::Upload(read_upload(content_type, body.clone()).await)
        }
        (Takes::Upload, None) => Content::Upload(Err(Refusal::new("WX-MED-008")
            .expected(format!("at most {MAX_BODY} bytes"))
            .received("more, or a body that broke off"))),
    }
}

/// Reads a JSON body by the schema of its call.
///
/// What becomes of `\uXXXX` in a card's body, which nobody has captured, is a switch.
fn read_fields(path: &str, body: &[u8], switches: Switches) -> Result<Body, Refusal> {
    let keeps_escapes = !switches.is(Switch::UnicodeEscape, "accept");
    if family(path) == Family::Card
        && keeps_escapes
        && let Some(kept) = with_escapes_kept(body)
    {
        let read = read_body(path, &kept, switches);
        // A body that is no JSON is refused for that.
        if read_json(body).is_err() || switches.is(Switch::UnicodeEscape, "literal") {
            return read;
        }
        return Err(Refusal::new("WX-WIRE-011")
            .expected("characters as raw UTF-8")
            .received("\\uXXXX"));
    }
    read_body(path, body, switches)
}
