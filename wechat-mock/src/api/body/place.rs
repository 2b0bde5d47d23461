//! Where in a body something is wrong, and what WeChat quotes of it.

use serde::{Deserialize, de::IgnoredAny};
use serde_json::Deserializer;

use crate::refusal::Place;

/// Characters of the body that a tail quotes; how many WeChat quotes was not captured.
const QUOTED: usize = 80;

/// The tail of a 47001: `Error before`, and the text from the fault on.
///
/// [`None`] when the body is no text, or has nothing at that place.
pub(crate) fn error_before(body: &[u8], place: &Place) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let start = match place {
        Place::Byte(at) => (0..=*at).rev().find(|at| text.is_char_boundary(*at))?,
        Place::Path(path) => offset_of(text, path)?,
    };
    let quoted: String = text[start..].chars().take(QUOTED).collect();
    (!quoted.is_empty()).then(|| format!("Error before {quoted}"))
}

/// Where the value at a path starts, in a text that is JSON.
pub(crate) fn offset_of(text: &str, path: &str) -> Option<usize> {
    let start = after_blanks(text, 0);
    below(text, start, path)
        .or_else(|| below(text, card_node(text, start)?, path))
        // card/update names no card_type: the node is the member that has the path.
        .or_else(|| Children::of(text, start).find_map(|(_, value)| below(text, value, path)))
}

/// Where the node that describes a card starts.
fn card_node(text: &str, start: usize) -> Option<usize> {
    let card_type = below(text, start, "card.card_type")?;
    let (name, _) = read::<String>(text, card_type)?;
    below(text, start, &format!("card.{}", name.to_ascii_lowercase()))
}

/// Where the value at `path` starts, below the value at `start`.
fn below(text: &str, start: usize, path: &str) -> Option<usize> {
    let mut steps = path.split(['.', '[']).filter(|step| !step.is_empty());
    steps.try_fold(start, |start, step| match step.strip_suffix(']') {
        Some(index) => Children::of(text, start)
            .nth(index.parse().ok()?)
            .map(|(_, value)| value),
        None => Children::of(text, start)
            .filter(|(key, _)| key.as_deref() == Some(step))
            .last()
            .map(|(_, value)| value),
    })
}

/// The members of an object or entries of a list: the key, and where the value starts.
struct Children<'t> {
    text: &'t str,
    at: usize,
    has_keys: bool,
}

impl<'t> Children<'t> {
    /// Those of the value at `at`; none when it is neither object nor list.
    fn of(text: &'t str, at: usize) -> Self {
        let opening = text.as_bytes().get(at);
        let at = match opening {
            Some(b'{' | b'[') => at + 1,
            _ => text.len(),
        };
        Self {
            text,
            at,
            has_keys: opening == Some(&b'{'),
        }
    }
}

impl Iterator for Children<'_> {
    type Item = (Option<String>, usize);

    fn next(&mut self) -> Option<Self::Item> {
        let mut at = after_blanks(self.text, self.at);
        let mut key = None;
        if self.has_keys {
            let (name, end) = read(self.text, at)?;
            key = Some(name);
            let colon = after_blanks(self.text, end);
            at = after_blanks(self.text, colon + 1);
        }
        let (IgnoredAny, end) = read(self.text, at)?;
        // Behind the comma; behind a closing bracket nothing can be read.
        let comma = after_blanks(self.text, end);
        let is_last = self.text.as_bytes().get(comma) != Some(&b',');
        self.at = if is_last { self.text.len() } else { comma + 1 };
        Some((key, at))
    }
}

/// Reads one value that starts at `at`, and where it ends.
fn read<'t, T: Deserialize<'t>>(text: &'t str, at: usize) -> Option<(T, usize)> {
    let mut values = Deserializer::from_str(text.get(at..)?).into_iter::<T>();
    let value = values.next()?.ok()?;
    Some((value, at + values.byte_offset()))
}

fn after_blanks(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    text.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tail(text: &str, path: &str) -> Option<String> {
        error_before(text.as_bytes(), &Place::Path(path.to_owned()))
    }

    #[test]
    fn a_value_is_found_by_its_path() {
        let text = r#" { "a" : 1, "b":[ {"c":"x"} , {"c" : [2]}], "a":{"\u0064":true } }"#;
        assert_eq!(
            tail(text, "b[1].c").unwrap(),
            r#"Error before [2]}], "a":{"\u0064":true } }"#
        );
        // The last of two, as the reader takes it; a key may be written with escapes.
        assert_eq!(tail(text, "a.d").unwrap(), "Error before true } }");
        for path in ["c", "b[2]", "b.c", "b[x]", "a.d.e", "a[0].x"] {
            assert_eq!(tail(text, path), None, "{path}");
        }
    }

    #[test]
    fn a_field_of_a_card_is_found_in_the_node_of_its_type() {
        let text = r#"{"card":{"card_type":"CASH","cash":{"base_info":{"title":5}}}}"#;
        assert_eq!(tail(text, "base_info.title").unwrap(), "Error before 5}}}}");
        assert_eq!(
            tail(text, "card.card_type").unwrap(),
            r#"Error before "CASH","cash":{"base_info":{"title":5}}}}"#
        );
    }

    #[test]
    fn a_text_that_is_no_json_has_no_values() {
        for text in ["", "{", "{\"a\"", "{\"a\":", "[1", "x", "{\"a\" 1}"] {
            assert_eq!(tail(text, "a.b"), None, "{text}");
        }
    }
}
