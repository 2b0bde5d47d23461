//! The whole world: out, in, and back to its beginning.

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Fault,
    body::{JsonBody, OptionalBody},
    done,
};
use crate::{
    api::call::shortened,
    mock::Mock,
    world::{
        World,
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

pub(super) async fn show(State(mock): State<Mock>) -> Json<Value> {
    Json(mock.world.lock().export())
}

pub(super) async fn put(
    State(mock): State<Mock>,
    JsonBody(file): JsonBody<Value>,
) -> Result<Json<Value>, Fault> {
    replace(&mock, file)?;
    Ok(done())
}

/// Another world in place of the one at hand.
pub(crate) fn replace(mock: &Mock, file: Value) -> Result<(), Fault> {
    let (seed, switches) = {
        let world = mock.world.lock();
        (world.seed, world.switches)
    };
    let names_switches = file.get("switches").is_some();
    let mut world = World::import(file, seed)?;
    // A small world that a test puts in must not make a strict mock lax.
    if !names_switches {
        world.switches = switches;
    }
    mock.replace(world);
    Ok(())
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
