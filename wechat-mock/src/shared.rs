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
    /// Entries of the world's lists that were looked at, in all calls so far.
    #[cfg(feature = "fuzzing")]
    visits: Arc<std::sync::atomic::AtomicU64>,
}

impl SharedWorld {
    pub(crate) fn new(world: World, pushes: SharedPushes) -> Self {
        Self {
            world: Arc::new(Mutex::new(world)),
            pushes,
            #[cfg(feature = "fuzzing")]
            visits: Arc::default(),
        }
    }

    /// Locks the world for one request, which is thereby atomic, and lets what fell due happen.
    ///
    /// What happened until the guard is dropped goes to the pushes then. The guard must not live
    /// across an `.await`, nor be taken while the pushes are locked.
    pub(crate) fn lock(&self) -> WorldGuard<'_> {
        // A panic in one request must not take the others with it.
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        #[cfg(feature = "fuzzing")]
        let visits = Visits {
            before: crate::visits::so_far(),
            sum: &self.visits,
        };
        world.settle();
        WorldGuard {
            world,
            pushes: &self.pushes,
            #[cfg(feature = "fuzzing")]
            visits,
        }
    }

    /// How many entries of the world's lists were looked at, in all calls so far.
    #[cfg(feature = "fuzzing")]
    pub(crate) fn visits(&self) -> u64 {
        self.visits.load(std::sync::atomic::Ordering::Relaxed)
    }
}

/// The world, while it is one request's.
#[derive(Debug)]
pub(crate) struct WorldGuard<'a> {
    world: MutexGuard<'a, World>,
    pushes: &'a SharedPushes,
    #[cfg(feature = "fuzzing")]
    visits: Visits<'a>,
}

/// What this thread looks at while it has the world.
#[cfg(feature = "fuzzing")]
#[derive(Debug)]
struct Visits<'a> {
    before: u64,
    sum: &'a std::sync::atomic::AtomicU64,
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
        #[cfg(feature = "fuzzing")]
        self.visits.sum.fetch_add(
            crate::visits::so_far() - self.visits.before,
            std::sync::atomic::Ordering::Relaxed,
        );
    }
}
