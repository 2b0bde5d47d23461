//! The switches: how they stand, and turning them.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Fault, body::JsonBody};
use crate::{mock::Mock, switches::Switches, world::World};

/// What PATCH takes: `{"nonce": "required"}`, or rows as GET shows them.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Turned {
    Rows { switches: Vec<Row> },
    Named(BTreeMap<String, String>),
}

/// One switch; what else GET shows of it is not looked at.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
pub(crate) struct Row {
    name: String,
    value: String,
}

pub(super) async fn list(State(mock): State<Mock>) -> Json<Value> {
    show(mock.world.lock().switches)
}

pub(super) async fn change(
    State(mock): State<Mock>,
    JsonBody(turned): JsonBody<Turned>,
) -> Result<Json<Value>, Fault> {
    let named: Vec<(String, String)> = match turned {
        Turned::Named(named) => named.into_iter().collect(),
        Turned::Rows { switches } => switches
            .into_iter()
            .map(|row| (row.name, row.value))
            .collect(),
    };
    turn(&mut mock.world.lock(), named).map(show)
}

/// Turns switches, all or none; how they stand then.
pub(crate) fn turn(world: &mut World, named: Vec<(String, String)>) -> Result<Switches, Fault> {
    // All or none: a call that is refused has turned nothing.
    let mut switches = world.switches;
    for (name, value) in named {
        switches
            .set(&name, &value)
            .map_err(|fault| Fault::bad_value(name, fault.to_string()))?;
    }
    world.switches = switches;
    Ok(switches)
}

fn show(switches: Switches) -> Json<Value> {
    Json(json!({"switches": switches.show()}))
}
