//! The types of cards.

use std::{collections::HashMap, sync::LazyLock};

use serde_json::Value;

/// A type of card: WeChat's name of it, and of the node that describes such a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CardType {
    /// Such as `GENERAL_COUPON`.
    pub(crate) name: &'static str,
    /// The name in lower case.
    pub(crate) node: &'static str,
}

impl CardType {
    /// The type with this name; [`None`] when WeChat has none.
    pub(crate) fn read(name: &str) -> Option<Self> {
        static TYPES: LazyLock<HashMap<&str, CardType>> = LazyLock::new(|| {
            let names = fixtures::card_types().as_array().into_iter().flatten();
            let names = names.filter_map(Value::as_str);
            names
                .map(|name| {
                    let node = name.to_ascii_lowercase().leak();
                    (name, CardType { name, node })
                })
                .collect()
        });
        TYPES.get(name).copied()
    }
}
