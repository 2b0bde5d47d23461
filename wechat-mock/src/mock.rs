//! What stands behind all faces: one world, one journal, the faults in force.

use std::sync::Arc;

use crate::{
    faults::SharedFaults, intercept::Intercept, journal::SharedJournal, push::SharedPushes,
    shared::SharedWorld, world::World,
};

/// The state behind all faces: one world, one journal.
#[derive(Clone, Debug)]
pub(crate) struct Mock {
    pub(crate) world: SharedWorld,
    pub(crate) journal: SharedJournal,
    pub(crate) faults: SharedFaults,
    pub(crate) pushes: SharedPushes,
    /// The world that a reset goes back to.
    origin: Arc<World>,
    /// What the control API asks for, when others than this machine can reach it or somebody set it.
    pub(crate) control_token: Option<Arc<str>>,
    /// Web pages beside its own that may call the control API, as browsers write their origins.
    pub(crate) allowed_origins: Arc<[String]>,
    /// What answers for WeChat's hosts, when it is to.
    pub(crate) intercept: Option<Intercept>,
}

impl Mock {
    pub(crate) fn new(world: World, control_token: Option<String>) -> Self {
        let pushes = SharedPushes::new();
        Self {
            origin: Arc::new(world.clone()),
            faults: SharedFaults::new(world.seed),
            world: SharedWorld::new(world, pushes.clone()),
            pushes,
            journal: SharedJournal::default(),
            control_token: control_token.map(Into::into),
            allowed_origins: Arc::default(),
            intercept: None,
        }
    }

    /// The same, answering for WeChat's hosts too.
    #[cfg(feature = "intercept")]
    pub(crate) fn intercepting(self) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let intercept = Some(Intercept::new()?);
        Ok(Self { intercept, ..self })
    }

    /// Another world; what the old one had to tell is told no more.
    pub(crate) fn replace(&self, by: World) {
        let mut world = self.world.lock();
        *world = by;
        self.pushes.reset();
    }

    /// Back to the world it began with; faults go, and the journal and its numbers begin anew.
    pub(crate) fn reset(&self) {
        self.replace(World::clone(&self.origin));
        self.journal.lock().reset();
        self.faults.lock().reset(self.origin.seed);
    }
}
