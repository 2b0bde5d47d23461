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
        if self.is_reordered {
            return self.queue.iter().map(|job| job.not_before).min();
        }
        self.queue.front().map(|job| job.not_before)
    }

    /// The next job that may leave at `now`: the first, or of a reordered lane the newest.
    pub(super) fn take(&mut self, now: Instant) -> Option<Job> {
        if self.is_reordered {
            let newest = self.queue.iter().rposition(|job| job.not_before <= now)?;
            return self.queue.remove(newest);
        }
        let first = self.queue.front()?;
        if first.not_before > now {
            return None;
        }
        self.queue.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn lane(is_reordered: bool, start: Instant, delays: &[u64]) -> Lane {
        let mut lane = Lane {
            is_reordered,
            ..Lane::default()
        };
        for (delay, number) in delays.iter().zip(0..) {
            lane.add(Job {
                not_before: start + Duration::from_millis(*delay),
                ..Job::new(number, Errand::First)
            });
        }
        lane
    }

    fn taken(lane: &mut Lane, now: Instant) -> Vec<u64> {
        std::iter::from_fn(|| lane.take(now))
            .map(|job| job.number)
            .collect()
    }

    #[test]
    fn what_has_to_wait_waits_in_either_order() {
        let start = Instant::now();
        let after = |millis| start + Duration::from_millis(millis);
        for (is_reordered, first, then, last) in [
            (false, vec![0], vec![1], vec![2, 3]),
            (true, vec![0], vec![1], vec![3, 2]),
        ] {
            let mut lane = lane(is_reordered, start, &[10, 20, 30, 30]);
            assert_eq!(taken(&mut lane, start), [0_u64; 0]);
            assert_eq!(lane.not_before(), Some(after(10)));
            assert_eq!(taken(&mut lane, after(10)), first);
            assert_eq!(lane.not_before(), Some(after(20)));
            assert_eq!(taken(&mut lane, after(29)), then);
            assert_eq!(taken(&mut lane, after(30)), last);
            assert_eq!(lane.not_before(), None);
        }
    }

    #[test]
    fn a_resend_does_not_wait_for_what_is_delayed_in_a_reordered_lane() {
        let start = Instant::now();
        let mut lane = lane(true, start, &[600_000, 0]);
        assert_eq!(lane.not_before(), Some(start));
        assert_eq!(taken(&mut lane, start), [1]);
    }
}
