//! What WeChat quotes of a body that it could not read.

/// Characters of the body that are quoted; of a longer rest the first so many, and `...` behind them.
///
/// Seen: dumps of 47001 whose excerpt is cut are 115 characters and `...`.
const QUOTED: usize = 115;

/// The tail of a 47001: `Error before`, and the body from a byte on.
///
/// [`None`] when the body is no text, or has nothing there.
pub(crate) fn error_before(body: &[u8], at: usize) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let start = (0..=at.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))?;
    let rest = &text[start..];
    if rest.is_empty() {
        return None;
    }
    let cut = rest.char_indices().nth(QUOTED).map(|(end, _)| end);
    Some(match cut {
        Some(end) => format!("Error before {}...", &rest[..end]),
        None => format!("Error before {rest}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rest_is_cut_when_it_has_more_than_115_characters() {
        for (length, is_cut) in [(1, false), (115, false), (116, true), (5000, true)] {
            let body = format!("{{{}", "满".repeat(length));
            let tail = error_before(body.as_bytes(), 1).unwrap();
            let dots = if is_cut { "..." } else { "" };
            assert_eq!(
                tail,
                format!("Error before {}{dots}", "满".repeat(length.min(115)))
            );
        }
    }

    #[test]
    fn nothing_is_quoted_of_the_end_or_of_bytes_that_are_no_text() {
        assert_eq!(error_before(b"{", 1), None);
        assert_eq!(error_before(b"{", 9), None);
        assert_eq!(error_before(b"{\xff", 0), None);
    }
}
