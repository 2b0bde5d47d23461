//! Days of the calendar as WeChat's statistics write them: `2026-12-23`.

use time::{Date, Month};

/// The Julian day of 1970-01-01.
const FIRST: i64 = 2_440_588;

/// The day that a text names, counted from 1970; [`None`] when it names none.
pub(crate) fn day_of(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let mut part = |digits: usize| {
        let part = parts.next()?;
        let fits = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| part.parse::<u16>().ok()).flatten()
    };
    let (year, month, day) = (part(4)?, part(2)?, part(2)?);
    if parts.next().is_some() {
        return None;
    }
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date = Date::from_calendar_date(year.into(), month, u8::try_from(day).ok()?).ok()?;
    Some(i64::from(date.to_julian_day()) - FIRST)
}

/// A day, counted from 1970, as text; a day that no calendar has is empty.
pub(crate) fn text_of(day: i64) -> String {
    let julian = i32::try_from(day.saturating_add(FIRST)).ok();
    let date = julian.and_then(|julian| Date::from_julian_day(julian).ok());
    date.map_or_else(String::new, |date| {
        let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
        format!("{year:04}-{month:02}-{day:02}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_as_it_is_written() {
        for (day, text) in [
            (0, "1970-01-01"),
            (19_782, "2024-02-29"),
            (20_810, "2026-12-23"),
        ] {
            assert_eq!(day_of(text), Some(day), "{text}");
            assert_eq!(text_of(day), text);
        }
    }

    #[test]
    fn other_texts_name_no_day() {
        for text in [
            "",
            "2026-12",
            "2026-2-3",
            "20261223",
            "2026-13-01",
            "2026-02-29",
            "2026-12-23-1",
            "2026/12/23",
            "+026-12-23",
        ] {
            assert_eq!(day_of(text), None, "{text}");
        }
    }
}
