//! What an account hears of: the events that WeChat pushes.
//!
//! The world says what happened; who is told, how and how often is not its business.

/// One element of a push, after the five that all events have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    /// In CDATA.
    Text(String),
    /// A bare number.
    Number(i64),
}

/// Something that happened to a card, to be told to its account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// WeChat's name of it, such as `user_get_card`.
    pub(crate) name: String,
    /// The openid at the account of whoever did it; WeChat's own when nobody did.
    pub(crate) from_user: String,
    /// In WeChat's order.
    pub(crate) elements: Vec<(String, Element)>,
}

impl Event {
    pub(crate) fn new(name: &str, from_user: &str) -> Self {
        Self {
            name: name.to_owned(),
            from_user: from_user.to_owned(),
            elements: Vec::new(),
        }
    }

    /// Adds an element in CDATA.
    pub(crate) fn text(self, name: &str, text: impl Into<String>) -> Self {
        self.with(name, Element::Text(text.into()))
    }

    /// Adds a bare number.
    pub(crate) fn number(self, name: &str, number: i64) -> Self {
        self.with(name, Element::Number(number))
    }

    fn with(mut self, name: &str, element: Element) -> Self {
        self.elements.push((name.to_owned(), element));
        self
    }
}

/// An event with its account and its moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Happened {
    /// Whose event it is.
    pub(crate) account: super::AccountNo,
    /// Seconds since 1970 on the mock's clock.
    pub(crate) at: i64,
    pub(crate) event: Event,
}
