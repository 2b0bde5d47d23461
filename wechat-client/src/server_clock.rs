//! What time it is at WeChat, by the `Date` of its answers.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use reqwest::header::{DATE, HeaderMap};

/// The last `Date` that came, and when by the clock that nobody sets. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServerClock(Arc<Mutex<Option<(i64, Instant)>>>);

impl ServerClock {
    /// Notes the time in the head of an answer, in seconds since 1970, and gives it.
    pub(crate) fn note(&self, head: &HeaderMap) -> Option<i64> {
        let date = head.get(DATE)?.to_str().ok()?;
        let seconds = seconds(httpdate::parse_http_date(date).ok()?)?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((seconds, Instant::now()));
        Some(seconds)
    }

    /// Seconds since 1970 at WeChat; none before an answer came.
    pub(crate) fn now(&self) -> Option<i64> {
        let (seconds, since) = (*self.0.lock().unwrap_or_else(PoisonError::into_inner))?;
        let passed = i64::try_from(since.elapsed().as_secs()).ok()?;
        seconds.checked_add(passed)
    }
}

fn seconds(time: SystemTime) -> Option<i64> {
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn the_time_is_that_of_the_last_answer_that_had_one() {
        let clock = ServerClock::default();
        assert_eq!(clock.now(), None);
        let mut head = HeaderMap::new();
        assert_eq!(clock.note(&head), None);
        head.insert(
            DATE,
            HeaderValue::from_static("Wed, 15 Nov 2023 06:13:20 GMT"),
        );
        assert_eq!(clock.note(&head), Some(1_700_028_800));
        head.insert(DATE, HeaderValue::from_static("yesterday"));
        assert_eq!(clock.note(&head), None);
        let now = clock.now().unwrap();
        assert!((1_700_028_800..1_700_028_900).contains(&now), "{now}");
    }
}
