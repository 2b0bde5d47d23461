//! What somebody meant who wrote a name that is none.

use crate::{api::call::shortened, facts};

/// What is wrong with a path that the mock does not answer, with the nearest that it does.
pub(crate) fn unknown_path(path: &str) -> Option<String> {
    let nearest = nearest(path, crate::paths())?;
    Some(format!(
        "{} is no path that this mock answers; the nearest is {nearest}",
        shortened(path)
    ))
}

/// What is wrong with the id of a rule that no refusal has, with the nearest that one has.
pub(crate) fn unknown_rule(id: &str) -> Option<String> {
    let nearest = nearest(id, facts::rule_ids())?;
    Some(format!(
        "{} is no rule; the nearest is {nearest}",
        shortened(id)
    ))
}

/// The nearest of the known texts; nothing when the text itself is known.
fn nearest<'a>(text: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let nearest = known.min_by_key(|known| distance(text, known))?;
    (nearest != text).then_some(nearest)
}

/// How many bytes have to be put in, left out or changed to make one text of another.
fn distance(from: &str, to: &str) -> usize {
    let to = to.as_bytes();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    // No path is longer than some 40 bytes.
    for (line, byte) in from.bytes().take(200).enumerate() {
        let mut corner = row[0];
        row[0] = line + 1;
        for (column, other) in to.iter().enumerate() {
            let changed = corner + usize::from(byte != *other);
            corner = row[column + 1];
            row[column + 1] = changed.min(corner + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}
