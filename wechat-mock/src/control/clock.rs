//! The mock's clock.

use std::time::Duration;

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Fault, body::JsonBody};
use crate::{
    broadcast::Topic,
    mock::Mock,
    world::{World, clock::LATEST},
};

/// How long a change waits for the pushes that fell due by it.
const PATIENCE: Duration = Duration::from_secs(30);

/// How to change the clock: set it, then move it ahead, then stop it or let it run.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClockChange {
    /// Seconds since 1970.
    pub(crate) set: Option<i64>,
    /// Seconds, 0 or more.
    pub(crate) advance: Option<i64>,
    pub(crate) freeze: Option<bool>,
}

impl ClockChange {
    /// Changes the clock, or leaves it as it was; what fell due has happened on return.
    pub(crate) fn carry_out(self, world: &mut World) -> Result<(), Fault> {
        let mut clock = world.clock;
        if let Some(to) = self.set
            && !clock.set(to)
        {
            return Err(Fault::bad_value(
                "set",
                format!("0 to {LATEST} seconds since 1970"),
            ));
        }
        if let Some(seconds) = self.advance
            && !clock.advance(seconds)
        {
            let message = format!("0 or more seconds, up to the time {LATEST}");
            return Err(Fault::bad_value("advance", message));
        }
        if let Some(freeze) = self.freeze {
            clock.freeze(freeze);
        }
        world.clock = clock;
        world.settle();
        Ok(())
    }
}

/// `{"now", "frozen"}`.
pub(crate) fn standing(world: &World) -> Value {
    json!({"now": world.now(), "frozen": world.clock.is_frozen()})
}

fn shown(world: &World) -> Json<Value> {
    Json(standing(world))
}

pub(super) async fn show(State(mock): State<Mock>) -> Json<Value> {
    shown(&mock.world.lock())
}

pub(super) async fn change(
    State(mock): State<Mock>,
    JsonBody(change): JsonBody<ClockChange>,
) -> Result<Json<Value>, Fault> {
    if change.set.is_none() && change.advance.is_none() && change.freeze.is_none() {
        return Err(Fault::bad_value("advance", "give advance, set or freeze"));
    }
    let (shown, due) = {
        let mut world = mock.world.lock();
        change.carry_out(&mut world)?;
        mock.broadcast.tell(Topic::Clock, || standing(&world));
        (shown(&world), world.hand_over())
    };
    // A receiver that hangs does not hold the clock up for long.
    let _told = tokio::time::timeout(PATIENCE, mock.pushes.over(&due)).await;
    Ok(shown)
}
