//! Reads a JSON text into a tree, in one pass; what is wrong with a text says `json`.

use std::borrow::Cow;

use super::tree::{Kind, Member, Node};

/// Reads a text that is one JSON value; [`None`] when it is none, or has more than `levels` levels of
/// lists and objects.
///
/// Takes and refuses what `serde_json` does: a test and a fuzz target hold the two together.
pub(super) fn parse(text: &str, levels: usize) -> Option<Node<'_>> {
    let mut parser = Parser {
        text,
        bytes: text.as_bytes(),
        at: 0,
    };
    let value = parser.value(levels)?;
    parser.skip_blanks();
    (parser.at == text.len()).then_some(value)
}

struct Parser<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// Goes past a byte, when it is the next one.
    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn value(&mut self, levels: usize) -> Option<Node<'t>> {
        self.skip_blanks();
        let at = self.at;
        let kind = match self.peek()? {
            b'{' => Kind::Object(self.object(levels.checked_sub(1)?)?),
            b'[' => Kind::List(self.list(levels.checked_sub(1)?)?),
            b'"' => Kind::Text(self.string()?),
            b't' => self.word("true", Kind::Flag(true))?,
            b'f' => self.word("false", Kind::Flag(false))?,
            b'n' => self.word("null", Kind::Null)?,
            _ => Kind::Number(self.number()?),
        };
        Some(Node { at, kind })
    }

    fn word(&mut self, word: &str, kind: Kind<'t>) -> Option<Kind<'t>> {
        let is_there = self.bytes[self.at..].starts_with(word.as_bytes());
        is_there.then(|| {
            self.at += word.len();
            kind
        })
    }

    fn object(&mut self, levels: usize) -> Option<Vec<Member<'t>>> {
        let mut members = Vec::new();
        self.at += 1;
        self.skip_blanks();
        if self.take(b'}').is_some() {
            return Some(members);
        }
        loop {
            self.skip_blanks();
            let key = (self.peek()? == b'"').then(|| self.string())??;
            let key_end = self.at - 1;
            self.skip_blanks();
            self.take(b':')?;
            let value = self.value(levels)?;
            members.push(Member {
                key,
                key_end,
                value,
            });
            self.skip_blanks();
            if self.take(b',').is_none() {
                self.take(b'}')?;
                return Some(members);
            }
        }
    }

    fn list(&mut self, levels: usize) -> Option<Vec<Node<'t>>> {
        let mut entries = Vec::new();
        self.at += 1;
        self.skip_blanks();
        if self.take(b']').is_some() {
            return Some(entries);
        }
        loop {
            entries.push(self.value(levels)?);
            self.skip_blanks();
            if self.take(b',').is_none() {
                self.take(b']')?;
                return Some(entries);
            }
        }
    }

    /// The string whose opening quote is next.
    fn string(&mut self) -> Option<Cow<'t, str>> {
        let start = self.at;
        self.at += 1;
        let mut has_escapes = false;
        loop {
            match self.peek()? {
                b'"' => break,
                b'\\' => {
                    has_escapes = true;
                    self.at += 2;
                }
                0..=0x1f => return None,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        if has_escapes {
            // The escapes themselves, pairs of surrogates among them, are serde_json's matter.
            let text: String = serde_json::from_str(self.text.get(start..self.at)?).ok()?;
            Some(Cow::Owned(text))
        } else {
            self.text.get(start + 1..self.at - 1).map(Cow::Borrowed)
        }
    }

    fn number(&mut self) -> Option<&'t str> {
        let start = self.at;
        let _ = self.take(b'-');
        if self.take(b'0').is_none() {
            self.digits()?;
        }
        let whole_end = self.at;
        if self.take(b'.').is_some() {
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        let number = &self.text[start..self.at];
        // Below 300 digits no number is too large that has no exponent.
        let may_be_too_large = self.at != whole_end || number.len() > 300;
        let is_finite = !may_be_too_large || number.parse::<f64>().is_ok_and(f64::is_finite);
        is_finite.then_some(number)
    }

    /// One or more digits.
    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    /// What `serde_json` makes of a text of any depth that it takes.
    fn reference(text: &str) -> Option<Value> {
        serde_json::from_str(text).ok()
    }

    #[test]
    fn keys_and_values_stand_where_the_tree_says() {
        let text = r#" { "a" : [1, {"b\u0063":"x"}], "a": -0.5e1 }"#;
        let tree = parse(text, 9).unwrap();
        assert_eq!(&text[tree.at..][..1], "{");
        let [first, second] = tree.members() else {
            panic!("{tree:?}")
        };
        assert_eq!(&text[first.key_end..][..3], "\" :");
        assert_eq!(&text[second.value.at..][..6], "-0.5e1");
        let Kind::List(entries) = &first.value.kind else {
            panic!("{first:?}")
        };
        assert_eq!(&text[entries[1].at..][..3], "{\"b");
        let inner = &entries[1].members()[0];
        assert_eq!((&*inner.key, &text[inner.key_end..][..3]), ("bc", "\":\""));
        assert!(matches!(
            tree.member("a").unwrap().value.kind,
            Kind::Number("-0.5e1")
        ));
    }

    #[test]
    fn levels_are_counted_from_the_outermost() {
        assert!(parse("[[]]", 2).is_some());
        assert!(parse("[[]]", 1).is_none());
        assert!(parse("[1,[],{}]", 2).is_some());
        assert!(parse("1", 0).is_some());
    }

    fn piece() -> impl Strategy<Value = String> {
        let pieces = [
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\"a\"",
            "\"a\":",
            "null",
            "true",
            "false",
            "nul",
            "0",
            "-",
            "1",
            "01",
            ".5",
            "1.5",
            "1.",
            "e3",
            "1e999",
            "1E-999",
            "-0",
            " ",
            "\n",
            "\t",
            "\\",
            "\\n",
            "\\u0041",
            "\\ud83d\\ude00",
            "\\ud800",
            "满",
            "\u{feff}",
            "\u{1}",
            "\u{b}",
        ];
        prop_oneof![
            8 => proptest::sample::select(pieces.to_vec()).prop_map(str::to_owned),
            1 => any::<char>().prop_map(String::from),
        ]
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::vec((any::<String>(), inner), 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_serde_json_takes_is_taken_and_nothing_else(pieces in proptest::collection::vec(piece(), 0..12)) {
            let text = pieces.concat();
            let read = parse(&text, 100).map(|tree| tree.to_value());
            prop_assert_eq!(read, reference(&text));
        }

        #[test]
        fn a_value_that_was_written_is_read(value in value(), pretty in any::<bool>()) {
            let text = if pretty { format!("{value:#}") } else { value.to_string() };
            let read = parse(&text, 100).map(|tree| tree.to_value());
            prop_assert_eq!(read, reference(&text));
        }
    }
}
