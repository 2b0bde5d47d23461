//! Numbers as bodies write them.

/// A whole number: digits, or digits whose fraction part is zero, such as `100.0000`.
pub(super) fn whole(number: &str) -> Option<i64> {
    if let Ok(whole) = number.parse() {
        return Some(whole);
    }
    if let Some((digits, fraction)) = number.split_once('.')
        && fraction.bytes().all(|digit| digit == b'0')
    {
        return digits.parse().ok();
    }
    // An exponent is rare: by way of a float, which holds all numbers below 2^53.
    let float: f64 = number.parse().ok()?;
    let is_whole = number.contains(['e', 'E']) && float.fract() == 0.0;
    (is_whole && float.abs() < 9e15).then(|| format!("{float:.0}").parse().ok())?
}

/// Whether a text is digits, perhaps with a minus sign before them, or a fraction part behind.
pub(super) fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_digits(whole) && is_digits(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_part_of_zero_makes_a_number_no_fraction() {
        for (number, expected) in [
            ("100", Some(100)),
            ("100.0000", Some(100)),
            ("-7.0", Some(-7)),
            ("0.0", Some(0)),
            ("-0", Some(0)),
            ("1e3", Some(1000)),
            ("1.5e1", Some(15)),
            ("9223372036854775807", Some(i64::MAX)),
            ("9223372036854775808", None),
            ("100.5", None),
            ("1e-3", None),
            ("1e300", None),
            ("", None),
            ("x", None),
        ] {
            assert_eq!(whole(number), expected, "{number}");
        }
    }

    #[test]
    fn a_decimal_has_digits_on_both_sides_of_its_point() {
        for text in ["0", "-1", "007", "1.50", "-0.0"] {
            assert!(is_decimal(text), "{text}");
        }
        for text in ["", "-", "+1", "1.", ".5", "1e3", " 1", "1,5", "1.5.0", "１"] {
            assert!(!is_decimal(text), "{text}");
        }
    }
}
