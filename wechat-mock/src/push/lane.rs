//! What one account is to be told, one after the other.

use std::{collections::VecDeque, time::Instant};

use super::log::EVENTS;

/// Why a job stands in a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Errand {
    /// It happened.
    First,
    /// By the longer schedule; it fell due then, on the mock's clock.
    Due(i64),
    /// Somebody asked for it.
    Resend,
}

/// One event that is to be told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Job {
    pub(crate) number: u64,
    pub(crate) errand: Errand,
    pub(super) not_before: Instant,
    /// It is told once more.
    pub(crate) is_doubled: bool,
    /// The first try has a wrong signature.
    pub(crate) is_badly_signed: bool,
}

impl Job {
    /// A job without disorder, to be done at once.
    pub(super) fn new(number: u64, errand: Errand) -> Self {
        Self {
            number,
            errand,
            not_before: Instant::now(),
            is_doubled: false,
            is_badly_signed: false,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Lane {
    queue: VecDeque<Job>,
    /// Somebody walks it.
    pub(super) is_walked: bool,
    /// The newest leaves first.
    pub(super) is_reordered: bool,
}

impl Lane {
    pub(super) fn add(&mut self, job: Job) {
        // What the log has forgotten is not told any more.
        if self.queue.len() >= EVENTS {
            self.queue.pop_front();
        }
        self.queue.push_back(job);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// When the next job may leave.
    pub(super) fn not_before(&self) -> Option<Instant> {
        self.queue.front().map(|job| job.not_before)
    }

    pub(super) fn take(&mut self) -> Option<Job> {
        if self.is_reordered {
            self.queue.pop_back()
        } else {
            self.queue.pop_front()
        }
    }
}
