//! What WeChat answers when it does not do what it was asked, and why.

use crate::{api::schema::FieldRow, facts};

/// What the number of a refusal rests on, where that is not the source of its rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Evidence {
    pub(crate) source: &'static str,
    pub(crate) confidence: &'static str,
}

/// A call that breaks a rule.
///
/// The wire carries the number and WeChat's wording alone; the rest is for `explain`.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) errcode: i64,
    /// The rule whose texts explain it, an id of `fixtures::rules`.
    pub(crate) rule: &'static str,
    /// The row of a schema that was broken, when it was one.
    pub(crate) row: Option<&'static FieldRow>,
    /// What the row of another table rests on, when that was broken.
    evidence: Option<&'static Evidence>,
    pub(crate) expected: Box<str>,
    pub(crate) received: Box<str>,
    /// What WeChat writes behind the hint.
    pub(crate) tail: Box<str>,
    /// WeChat's wording, where it holds something of the call.
    wording: Option<Box<str>>,
    /// The byte of the body at which reading stopped, when it did.
    pub(crate) at: Option<usize>,
}

impl Refusal {
    /// The breach of a rule that has a number.
    ///
    /// # Panics
    ///
    /// When there is no such rule, or it has no number.
    pub(crate) fn new(rule: &'static str) -> Self {
        let errcode = facts::rule(rule)["errcode"]
            .as_i64()
            .unwrap_or_else(|| panic!("rule {rule} has no number"));
        Self::numbered(rule, errcode)
    }

    /// The breach of a rule whose number depends on the field.
    pub(crate) fn numbered(rule: &'static str, errcode: i64) -> Self {
        Self {
            errcode,
            rule,
            row: None,
            evidence: None,
            expected: Box::default(),
            received: Box::default(),
            tail: Box::default(),
            wording: None,
            at: None,
        }
    }

    /// What would have been right.
    pub(crate) fn expected(mut self, expected: impl Into<Box<str>>) -> Self {
        self.expected = expected.into();
        self
    }

    /// What came instead, without secrets.
    pub(crate) fn received(mut self, received: impl Into<Box<str>>) -> Self {
        self.received = received.into();
        self
    }

    /// The row of a schema that was broken.
    pub(crate) fn row(mut self, row: &'static FieldRow) -> Self {
        self.row = Some(row);
        self
    }

    /// What the number rests on.
    pub(crate) fn evidence(mut self, evidence: &'static Evidence) -> Self {
        self.evidence = Some(evidence);
        self
    }

    pub(crate) fn tail(mut self, tail: impl Into<Box<str>>) -> Self {
        self.tail = tail.into();
        self
    }

    /// WeChat's wording, where it holds something of the call.
    pub(crate) fn wording(mut self, wording: impl Into<Box<str>>) -> Self {
        self.wording = Some(wording.into());
        self
    }

    /// The byte of the body at which reading stopped.
    pub(crate) fn at(mut self, byte: usize) -> Self {
        self.at = Some(byte);
        self
    }

    /// The same with every text cut at `bytes`, in memory of its own.
    pub(crate) fn cut(self, bytes: usize) -> Self {
        let cut = |text: Box<str>| {
            if text.len() > bytes {
                cut_text(&text, bytes).into()
            } else {
                text
            }
        };
        Self {
            expected: cut(self.expected),
            received: cut(self.received),
            tail: cut(self.tail),
            wording: self.wording.map(cut),
            // Where it was is of use while the answer is made, and not afterwards.
            at: None,
            ..self
        }
    }

    /// Bytes of its texts.
    pub(crate) fn size(&self) -> usize {
        let wording = self.wording.as_ref().map_or(0, |wording| wording.len());
        self.expected.len() + self.received.len() + self.tail.len() + wording
    }

    /// WeChat's wording of it, without hint or rid.
    pub(crate) fn errmsg(&self) -> &str {
        let documented = || facts::errmsg(self.errcode);
        self.wording.as_deref().unwrap_or_else(documented)
    }

    /// What the number rests on, where that is not the source of its rule.
    pub(crate) fn rests_on(&self) -> Option<Evidence> {
        let of_row = self.row.map(|row| Evidence {
            source: row.source,
            confidence: row.confidence,
        });
        of_row.or(self.evidence.copied())
    }

    /// The id that names what was broken: the field's own when there is one.
    pub(crate) fn rule_id(&self) -> &'static str {
        self.row.and_then(|row| row.rule).unwrap_or(self.rule)
    }
}

/// Something that was taken though the documentation has it otherwise.
#[derive(Clone, Debug)]
pub(crate) struct Advice {
    /// An id of `fixtures::rules`.
    pub(crate) rule: &'static str,
    /// Where, such as a field's path.
    pub(crate) at: String,
}

impl Advice {
    pub(crate) fn new(rule: &'static str, at: impl Into<String>) -> Self {
        Self {
            rule,
            at: at.into(),
        }
    }
}

/// At most `bytes` of a text, and a mark where more was cut off.
pub(crate) fn cut_text(text: &str, bytes: usize) -> String {
    if text.len() <= bytes {
        return text.to_owned();
    }
    let end = (0..=bytes).rev().find(|at| text.is_char_boundary(*at));
    format!("{}…", &text[..end.unwrap_or(0)])
}
