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
    let seed = mock.world.lock().seed;
    let world = World::import(file, seed)?;
    *mock.world.lock() = world;
    Ok(done())
}

pub(super) async fn reset(State(mock): State<Mock>) -> Json<Value> {
    mock.reset();
    done()
}
