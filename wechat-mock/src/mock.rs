//! What stands behind all faces: one world, one journal, the faults in force.

use std::sync::Arc;

use crate::{
    faults::SharedFaults,
    intercept::Intercept,
    journal::SharedJournal,
    world::{SharedWorld, World},
};

/// The state behind all faces: one world, one journal.
#[derive(Clone, Debug)]
pub(crate) struct Mock {
    pub(crate) world: SharedWorld,
    pub(crate) journal: SharedJournal,
    pub(crate) faults: SharedFaults,
    /// The world that a reset goes back to.
    origin: Arc<World>,
    /// What the control API asks for when others than this machine can reach it.
    pub(crate) control_token: Option<Arc<str>>,
    /// What answers for WeChat's hosts, when it is to.
    pub(crate) intercept: Option<Intercept>,
}

impl Mock {
    pub(crate) fn new(world: World, control_token: Option<String>) -> Self {
        Self {
            origin: Arc::new(world.clone()),
            faults: SharedFaults::new(world.seed),
            world: SharedWorld::new(world),
            journal: SharedJournal::default(),
            control_token: control_token.map(Into::into),
            intercept: None,
        }
    }

    /// The same, answering for WeChat's hosts too.
    #[cfg(feature = "intercept")]
    pub(crate) fn intercepting(self) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let intercept = Some(Intercept::new()?);
        Ok(Self { intercept, ..self })
    }

    /// Back to the world it began with; faults go, and the journal and its numbers begin anew.
    pub(crate) fn reset(&self) {
        *self.world.lock() = World::clone(&self.origin);
        self.journal.lock().reset();
        self.faults.lock().reset(self.origin.seed);
    }
}
