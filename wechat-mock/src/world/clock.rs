//! The mock's clock: real time until it is moved or frozen.

use std::{
    ops::RangeInclusive,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Deserializer, Serialize, de::Error};
use time::{OffsetDateTime, UtcOffset};

/// The latest time the clock can be set to: what fits WeChat's timestamps.
pub(crate) const LATEST: i64 = u32::MAX as i64;

/// The latest time in a world file: what falls due after [`LATEST`] by a grace or a review lies before it.
const FARTHEST: i64 = 9_999_999_999;

/// Seconds since 1970, as real time with an offset or as a frozen moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Clock {
    /// Added to real time, in seconds.
    #[serde(default, deserialize_with = "offset")]
    offset: i64,
    /// The moment at which time stands still.
    #[serde(default, deserialize_with = "moment")]
    frozen_at: Option<i64>,
}

impl Clock {
    /// Seconds since 1970, up to [`LATEST`], where the time stands still.
    pub(crate) fn now(&self) -> i64 {
        self.frozen_at
            .unwrap_or_else(|| (real_now() + self.offset).clamp(0, LATEST))
    }

    /// The time, where it is another than this machine's.
    pub(crate) fn moved_to(&self) -> Option<i64> {
        let is_real = self.offset == 0 && self.frozen_at.is_none();
        (!is_real).then(|| self.now())
    }

    pub(crate) fn is_frozen(&self) -> bool {
        self.frozen_at.is_some()
    }

    /// Sets the time; whether it runs on stays as it is. False when out of range.
    #[must_use]
    pub(crate) fn set(&mut self, to: i64) -> bool {
        if !(0..=LATEST).contains(&to) {
            return false;
        }
        match &mut self.frozen_at {
            Some(at) => *at = to,
            None => self.offset = to - real_now(),
        }
        true
    }

    /// Moves the time ahead. False when that is backwards or out of range.
    #[must_use]
    pub(crate) fn advance(&mut self, seconds: i64) -> bool {
        seconds >= 0
            && self
                .now()
                .checked_add(seconds)
                .is_some_and(|to| self.set(to))
    }

    /// Stops the time where it is, or lets it run on from there.
    pub(crate) fn freeze(&mut self, frozen: bool) {
        let now = self.now();
        if frozen {
            self.frozen_at = Some(now);
        } else if self.frozen_at.take().is_some() {
            self.offset = now - real_now();
        }
    }
}

/// Seconds by which clocks in China are ahead; quotas and days of the calendar turn there.
const CHINA: i32 = 8 * 3600;
const DAY: i64 = 86_400;

/// The day of the calendar in China, counted from 1970.
pub(crate) fn day(time: i64) -> i64 {
    time.saturating_add(i64::from(CHINA)).div_euclid(DAY)
}

/// The last second of a moment's day in China.
pub(crate) fn end_of_day(time: i64) -> i64 {
    let end = (day(time) + 1).saturating_mul(DAY);
    end.saturating_sub(i64::from(CHINA) + 1)
}

/// The month of the calendar in China, counted from year 0.
pub(crate) fn month(time: i64) -> i32 {
    let china = UtcOffset::from_whole_seconds(CHINA).expect("eight hours are an offset");
    let date = OffsetDateTime::from_unix_timestamp(time)
        .expect("the clock keeps to WeChat's timestamps")
        .to_offset(china);
    date.year() * 12 + i32::from(u8::from(date.month()))
}

/// A time of a world file: so bounded that no sum of it with a term runs over.
pub(crate) fn time<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    within(from, 0..=FARTHEST)
}

/// A time of a world file that may be missing.
pub(crate) fn optional_time<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    let time = Option::<i64>::deserialize(from)?;
    time.map(|time| check(time, 0..=FARTHEST)).transpose()
}

fn offset<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    within(from, -LATEST..=LATEST)
}

fn moment<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    let moment = Option::<i64>::deserialize(from)?;
    moment.map(|moment| check(moment, 0..=LATEST)).transpose()
}

fn within<'de, D: Deserializer<'de>>(from: D, range: RangeInclusive<i64>) -> Result<i64, D::Error> {
    check(i64::deserialize(from)?, range)
}

fn check<E: Error>(seconds: i64, range: RangeInclusive<i64>) -> Result<i64, E> {
    if range.contains(&seconds) {
        return Ok(seconds);
    }
    let (first, last) = range.into_inner();
    Err(E::custom(format!(
        "{seconds} is not in {first} to {last} seconds"
    )))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the mock reads real time"
)]
pub(crate) fn real_now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(LATEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frozen_clock_moves_only_when_told() {
        let mut clock = Clock::default();
        clock.freeze(true);
        assert!(clock.set(1_700_000_000));
        assert!(clock.advance(60));
        assert_eq!(clock.now(), 1_700_000_060);

        clock.freeze(false);
        assert!(!clock.is_frozen());
        assert!((1_700_000_060..1_700_000_070).contains(&clock.now()));
    }

    #[test]
    fn the_clock_refuses_to_run_backwards_or_out_of_range() {
        let mut clock = Clock::default();
        assert!(!clock.advance(-1));
        assert!(!clock.advance(i64::MAX));
        assert!(!clock.set(-1));
        assert!(!clock.set(LATEST + 1));
    }

    #[test]
    fn months_follow_the_calendar() {
        // 2024-02-29, 2024-03-01, 2024-12-31 and 2025-01-01, at noon UTC.
        for (before, after) in [
            (1_709_208_000, 1_709_294_400),
            (1_735_646_400, 1_735_732_800),
        ] {
            assert_eq!(month(before) + 1, month(after));
        }
    }
}
