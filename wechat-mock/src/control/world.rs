//! The whole world: out, in, and back to its beginning.

use std::{convert::Infallible, io};

use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderValue, header},
    response::Response,
};
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Fault,
    body::{OptionalBody, Text, no_json},
    done,
};
use crate::{
    api::call::shortened,
    mock::Mock,
    world::{
        World,
        file::TextError,
        starters::{STARTERS, Starter},
    },
};

/// Where a reset goes back to.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Reset {
    /// The name of a world in the program, as GET `worlds` lists them; the world it began with when left
    /// out.
    world: Option<String>,
}

/// Bytes of a world that are written at a time.
const PIECE: usize = 64 * 1024;

/// What was written of a world, in pieces that are let go one by one as they are sent.
#[derive(Default)]
struct Pieces {
    whole: Vec<Bytes>,
    last: BytesMut,
    length: usize,
}

impl io::Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.last.len() + bytes.len() > PIECE {
            let full = std::mem::replace(&mut self.last, BytesMut::with_capacity(PIECE));
            self.whole.push(full.freeze());
        }
        self.last.extend_from_slice(bytes);
        self.length += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(super) async fn show(State(mock): State<Mock>) -> Response {
    let mut pieces = Pieces::default();
    serde_json::to_writer(&mut pieces, &mock.world.lock().written())
        .expect("memory takes what is written");
    let length = pieces.length;
    pieces.whole.push(pieces.last.freeze());
    let body = pieces.whole.into_iter().map(Ok::<_, Infallible>);
    let mut response = Response::new(Body::from_stream(stream::iter(body)));
    let headers = response.headers_mut();
    let json = HeaderValue::from_static("application/json");
    headers.insert(header::CONTENT_TYPE, json);
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    response
}

pub(super) async fn put(State(mock): State<Mock>, Text(file): Text) -> Result<Json<Value>, Fault> {
    let seed = mock.world.lock().seed;
    let (head, world) = World::import_text(&file, seed).map_err(|error| match error {
        TextError::NoJson(error) => no_json(&error),
        TextError::World(error) => error.into(),
    })?;
    put_in_place(&mock, world, head.switches.is_some());
    Ok(done())
}

/// Another world in place of the one at hand.
pub(crate) fn replace(mock: &Mock, file: Value) -> Result<(), Fault> {
    let seed = mock.world.lock().seed;
    let names_switches = file.get("switches").is_some();
    let world = World::import(file, seed)?;
    put_in_place(mock, world, names_switches);
    Ok(())
}

fn put_in_place(mock: &Mock, mut world: World, names_switches: bool) {
    // A small world that a test puts in must not make a strict mock lax.
    if !names_switches {
        world.switches = mock.world.lock().switches;
    }
    mock.replace(world);
}

pub(super) async fn reset(
    State(mock): State<Mock>,
    OptionalBody(reset): OptionalBody<Reset>,
) -> Result<Json<Value>, Fault> {
    match reset.world {
        None => mock.reset(),
        Some(name) => reset_to(&mock, &name)?,
    }
    Ok(done())
}

/// Back to a world that is in the program.
pub(crate) fn reset_to(mock: &Mock, name: &str) -> Result<(), Fault> {
    let starter = Starter::named(name).ok_or_else(|| {
        let known: Vec<&str> = STARTERS.iter().map(|starter| starter.name).collect();
        let message = format!("{} is none of {}", shortened(name), known.join(", "));
        Fault::bad_value("world", message)
    })?;
    mock.reset_to(starter);
    Ok(())
}

pub(super) async fn list() -> Json<Value> {
    Json(json!({"worlds": worlds()}))
}

/// The worlds that are in the program.
pub(crate) fn worlds() -> Vec<Value> {
    let both = |[en, zh]: [&str; 2]| json!({"en": en, "zh": zh});
    let worlds = STARTERS.iter().map(|starter| {
        json!({
            "name": starter.name,
            "title": both(starter.title),
            "about": both(starter.about),
        })
    });
    worlds.collect()
}
