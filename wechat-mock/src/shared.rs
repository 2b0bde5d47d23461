//! The world behind its lock, and what leaves it when the lock is given back.

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{push::SharedPushes, world::World};

/// The world that every request shares.
#[derive(Clone, Debug)]
pub(crate) struct SharedWorld {
    world: Arc<Mutex<World>>,
    pushes: SharedPushes,
}

impl SharedWorld {
    pub(crate) fn new(world: World, pushes: SharedPushes) -> Self {
        Self {
            world: Arc::new(Mutex::new(world)),
            pushes,
        }
    }

    /// Locks the world for one request, which is thereby atomic, and lets what fell due happen.
    ///
    /// What happened until the guard is dropped goes to the pushes then. The guard must not live
    /// across an `.await`, nor be taken while the pushes are locked.
    pub(crate) fn lock(&self) -> WorldGuard<'_> {
        // A panic in one request must not take the others with it.
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.settle();
        WorldGuard {
            world,
            pushes: &self.pushes,
        }
    }
}

/// The world, while it is one request's.
#[derive(Debug)]
pub(crate) struct WorldGuard<'a> {
    world: MutexGuard<'a, World>,
    pushes: &'a SharedPushes,
}

impl WorldGuard<'_> {
    /// Gives what has happened to the pushes now; the numbers of the events, the last one's last.
    pub(crate) fn hand_over(&mut self) -> Vec<u64> {
        self.pushes.collect(&mut self.world)
    }
}

impl Deref for WorldGuard<'_> {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl DerefMut for WorldGuard<'_> {
    fn deref_mut(&mut self) -> &mut World {
        &mut self.world
    }
}

impl Drop for WorldGuard<'_> {
    fn drop(&mut self) {
        self.hand_over();
    }
}
