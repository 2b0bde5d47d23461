//! What WeChat answers when it does not do what it was asked, and why.

use crate::{api::body::Place, facts};

/// A call that breaks a rule.
///
/// The wire carries the number and WeChat's wording alone; the rest is for `explain`.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) errcode: i64,
    /// The rule whose texts explain it, an id of `fixtures::rules`.
    pub(crate) rule: &'static str,
    /// The row of the field table that was broken, when it was one.
    pub(crate) field: Option<&'static str>,
    pub(crate) expected: String,
    pub(crate) received: String,
    /// What WeChat writes behind the hint.
    pub(crate) tail: String,
    /// Where in the body it is, when that is known; in a box, so that refusals stay small.
    pub(crate) at: Option<Box<Place>>,
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
            field: None,
            expected: String::new(),
            received: String::new(),
            tail: String::new(),
            at: None,
        }
    }

    /// What would have been right.
    pub(crate) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = expected.into();
        self
    }

    /// What came instead, without secrets.
    pub(crate) fn received(mut self, received: impl Into<String>) -> Self {
        self.received = received.into();
        self
    }

    pub(crate) fn field(mut self, rule: &'static str) -> Self {
        self.field = Some(rule);
        self
    }

    pub(crate) fn tail(mut self, tail: impl Into<String>) -> Self {
        self.tail = tail.into();
        self
    }

    pub(crate) fn at(mut self, place: Place) -> Self {
        self.at = Some(Box::new(place));
        self
    }

    /// WeChat's wording of it, without hint or rid.
    pub(crate) fn errmsg(&self) -> &'static str {
        facts::errmsg(self.errcode)
    }

    /// The id that names what was broken: the field's own when there is one.
    pub(crate) fn rule_id(&self) -> &'static str {
        self.field.unwrap_or(self.rule)
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
