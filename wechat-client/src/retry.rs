//! How often, and after what pause, a call is made again.

use std::time::Duration;

/// When a call that can be repeated is made again.
///
/// Only calls that change nothing, or the same thing twice, are repeated: creating a card,
/// consuming a code and uploads never are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Tries in all; 1 means that nothing is repeated.
    pub attempts: u32,
    /// The pause before the second try; it doubles from try to try.
    pub base: Duration,
    /// The longest pause.
    pub cap: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 3,
            base: Duration::from_millis(200),
            cap: Duration::from_secs(2),
        }
    }
}

impl RetryPolicy {
    /// Nothing is repeated.
    pub const NEVER: Self = Self {
        attempts: 1,
        base: Duration::ZERO,
        cap: Duration::ZERO,
    };

    /// The pause after so many tries, spread over its second half by `random` (0 to 255).
    pub(crate) fn pause(&self, tries: u32, random: u8) -> Duration {
        let doubled = 2_u32.saturating_pow(tries.saturating_sub(1));
        let whole = self.base.saturating_mul(doubled).min(self.cap);
        whole / 2 + whole / 2 * u32::from(random) / 255
    }
}

/// A random byte; when there is none, callers are not spread.
pub(crate) fn random_byte() -> u8 {
    let mut byte = [u8::MAX];
    let _unspread = getrandom::fill(&mut byte);
    byte[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_cap_and_are_spread() {
        let policy = RetryPolicy::default();
        let millis = |tries, random| policy.pause(tries, random).as_millis();
        assert_eq!((millis(1, 0), millis(1, 255)), (100, 200));
        assert_eq!(millis(2, 255), 400);
        assert_eq!(millis(30, 255), 2000);
    }
}
