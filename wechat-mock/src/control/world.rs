//! The whole world: out, in, and back to its beginning.

use axum::{Json, extract::State};
use serde_json::Value;

use super::{Fault, body::JsonBody, done};
use crate::{mock::Mock, world::World};

pub(super) async fn show(State(mock): State<Mock>) -> Json<Value> {
    Json(mock.world.lock().export())
}

pub(super) async fn put(
    State(mock): State<Mock>,
    JsonBody(file): JsonBody<Value>,
) -> Result<Json<Value>, Fault> {
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
    Ok(done())
}

pub(super) async fn reset(State(mock): State<Mock>) -> Json<Value> {
    mock.reset();
    done()
}
