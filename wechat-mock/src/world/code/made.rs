//! Where the codes stand that WeChat made.

use std::collections::HashMap;

use super::CodeNo;

/// Codes by their text.
///
/// A code of twelve digits, as WeChat makes them, is kept as a number: of a million texts each would cost
/// as much again as the code.
#[derive(Clone, Debug, Default)]
pub(super) struct Made {
    digits: HashMap<u64, CodeNo>,
    /// What a world file has besides.
    others: HashMap<Box<str>, CodeNo>,
}

impl Made {
    pub(super) fn get(&self, text: &str) -> Option<CodeNo> {
        match twelve_digits(text) {
            Some(digits) => self.digits.get(&digits).copied(),
            None => self.others.get(text).copied(),
        }
    }

    pub(super) fn insert(&mut self, text: &str, number: CodeNo) {
        match twelve_digits(text) {
            Some(digits) => self.digits.insert(digits, number),
            None => self.others.insert(text.into(), number),
        };
    }

    pub(super) fn remove(&mut self, text: &str) {
        match twelve_digits(text) {
            Some(digits) => self.digits.remove(&digits),
            None => self.others.remove(text),
        };
    }
}

/// The number of a text of twelve digits; no other text has the same.
fn twelve_digits(text: &str) -> Option<u64> {
    let is_code = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_code.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_are_the_same_number_are_different_codes() {
        let texts = [
            "000000000001",
            "1",
            "0000000000001",
            "+00000000001",
            "00000000000a",
            "100000000000",
        ];
        let mut made = Made::default();
        for (text, number) in texts.into_iter().zip(0..) {
            assert_eq!(made.get(text), None);
            made.insert(text, number);
        }
        for (text, number) in texts.into_iter().zip(0..) {
            assert_eq!(made.get(text), Some(number), "{text}");
            made.remove(text);
            assert_eq!(made.get(text), None);
        }
    }
}
