//! The schemas of all JSON calls, built once from the data of `fixtures`.

use std::{collections::HashMap, sync::LazyLock};

use serde::Deserialize;
use serde_json::Value;

use super::{keys::Keys, row::FieldRow};

/// What one call reads of its body.
#[derive(Debug, Default)]
pub(crate) struct Schema {
    pub(super) root: Level,
    /// The rows in the order in which a missing field is named.
    pub(super) rows: Vec<Row>,
}

/// An object of a body: the keys that it can have.
#[derive(Debug, Default)]
pub(crate) struct Level {
    pub(super) members: Keys<Slot>,
    pub(crate) ignores_unknown_keys: bool,
    /// The type in capitals, where this is the node of a card; paths start anew in it.
    pub(crate) card_type: Option<&'static str>,
}

/// A key, and what may stand below it.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    /// The row; [`None`] for the objects around a card's own node.
    pub(crate) row: Option<&'static FieldRow>,
    /// Without members an object is taken as it is.
    pub(crate) below: Level,
}

/// A row with its path in steps; lists stand for their entries.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) field: &'static FieldRow,
    /// The path from the body on, or inside the card's own node.
    pub(crate) path: &'static str,
    pub(crate) names: Vec<&'static str>,
    /// The ways to the fields on which it depends whether this one must be there.
    pub(crate) conditions: Vec<Vec<&'static str>>,
}

impl Level {
    /// The slot at the end of a path, made where it is not yet.
    fn slot(&mut self, path: &'static str) -> &mut Slot {
        let (name, rest) = path.split_once('.').unwrap_or((path, ""));
        let slot = self.members.entry(name.trim_end_matches("[]"));
        if rest.is_empty() {
            slot
        } else {
            slot.below.slot(rest)
        }
    }

    /// Takes unknown keys at every level, as calls outside `/card/` do.
    fn ignore_unknown_keys(&mut self) {
        self.ignores_unknown_keys = true;
        for slot in self.members.values_mut() {
            slot.below.ignore_unknown_keys();
        }
    }

    fn add(&mut self, path: &'static str, field: &'static FieldRow) {
        let slot = self.slot(path);
        slot.row = Some(field);
        slot.below.ignores_unknown_keys = field.ignores_unknown_keys;
    }
}

impl Row {
    /// `inside` turns a path that the row names into one from the body, or from the card's own node.
    pub(super) fn new(
        field: &'static FieldRow,
        path: &'static str,
        inside: impl Fn(&'static str) -> &'static str,
    ) -> Self {
        let names = path.split('.').map(|name| name.trim_end_matches("[]"));
        let conditions = field.required.paths().iter();
        Self {
            field,
            path,
            names: names.collect(),
            conditions: conditions
                .map(|path| inside(path).split('.').collect())
                .collect(),
        }
    }
}

/// The schema of a call, by its path; [`None`] for a call that reads no JSON.
pub(crate) fn schema(path: &str) -> Option<&'static Schema> {
    match path {
        "/card/create" => Some(&CREATE),
        "/card/update" => Some(&UPDATE),
        path => CALLS.get(path),
    }
}

/// The path of a row inside the node of a card type, by its name in capitals; [`None`] for a row of
/// other types.
pub(super) type Inside = fn(&str, &'static FieldRow) -> Option<&'static str>;

/// The table of card/create has the name of the node in its paths.
pub(super) fn inside_create(card_type: &str, field: &'static FieldRow) -> Option<&'static str> {
    inside(&card_type.to_ascii_lowercase(), field.path)
}

/// The table of card/update has the types of each row beside it.
pub(super) fn inside_update(card_type: &str, field: &'static FieldRow) -> Option<&'static str> {
    field.is_of(card_type).then_some(field.path)
}

/// A path of the table inside the node of a card type; [`None`] for paths of other types.
pub(super) fn inside(node: &str, path: &'static str) -> Option<&'static str> {
    let (of, below) = path.split_once('.').unwrap_or((path, ""));
    if of == "base_info" || of == "advanced_info" {
        Some(path)
    } else {
        (of == node).then_some(below)
    }
}

pub(super) fn card_types() -> impl Iterator<Item = &'static str> {
    let types = fixtures::card_types().as_array().into_iter().flatten();
    types.filter_map(Value::as_str)
}

/// Reads rows; `source` and `confidence` stand for those of a row that has none of its own.
fn read_rows(
    rows: &'static Value,
    call: &'static str,
    source: &'static str,
    confidence: &'static str,
) -> Vec<FieldRow> {
    let rows = rows.as_array().into_iter().flatten();
    let read = |row: &'static Value| {
        let mut row = FieldRow::deserialize(row)
            .unwrap_or_else(|error| panic!("{call}: {row} cannot be read: {error}"));
        row.call = call;
        if row.source.is_empty() {
            row.source = source;
        }
        if row.confidence.is_empty() {
            row.confidence = confidence;
        }
        row
    };
    rows.map(read).collect()
}

pub(super) static CREATE_ROWS: LazyLock<Vec<FieldRow>> =
    LazyLock::new(|| read_rows(fixtures::card_fields(), "/card/create", "", ""));

pub(super) static UPDATE_ROWS: LazyLock<Vec<FieldRow>> =
    LazyLock::new(|| read_rows(fixtures::card_update_fields(), "/card/update", "", ""));

/// The text beside a card's own node; what a wrong one is answered with depends on the node.
static CARD_TYPE: LazyLock<FieldRow> = LazyLock::new(|| FieldRow {
    source: "official page Create_a_Coupon_Voucher_or_Card",
    ..FieldRow::text("/card/create", "card.card_type")
});

static CARD_ID: LazyLock<FieldRow> = LazyLock::new(|| FieldRow {
    source: "official page Managing_Coupons_Vouchers_and_Cards",
    ..FieldRow::text("/card/update", "card_id")
});

static CREATE: LazyLock<Schema> = LazyLock::new(|| {
    let mut root = Level::default();
    let card = &mut root.slot("card").below;
    card.add("card_type", &CARD_TYPE);
    add_nodes(card, &CREATE_ROWS, inside_create);
    Schema {
        root,
        rows: Vec::new(),
    }
});

static UPDATE: LazyLock<Schema> = LazyLock::new(|| {
    let mut root = Level::default();
    root.add("card_id", &CARD_ID);
    add_nodes(&mut root, &UPDATE_ROWS, inside_update);
    Schema {
        root,
        rows: Vec::new(),
    }
});

/// Adds the node of each card type, with the rows that it has.
fn add_nodes(level: &mut Level, rows: &'static [FieldRow], inside: Inside) {
    for card_type in card_types() {
        let mut node = Level {
            card_type: Some(card_type),
            ..Level::default()
        };
        for field in rows {
            // A path may have two rows, for different types.
            if let Some(path) = inside(card_type, field)
                && (field.is_of(card_type) || node.slot(path).row.is_none())
            {
                node.add(path, field);
            }
        }
        level.slot(card_type.to_ascii_lowercase().leak()).below = node;
    }
}

static CALLS: LazyLock<HashMap<&'static str, Schema>> = LazyLock::new(|| {
    fixtures::calls()
        .map(|call| {
            let text = |key: &str| call[key].as_str().unwrap_or_default();
            let path = text("path");
            let rows = read_rows(&call["fields"], path, text("source"), text("confidence"));
            let rows: &'static [FieldRow] = rows.leak();
            let mut root = Level {
                ignores_unknown_keys: call["ignores_unknown_keys"] == true,
                ..Level::default()
            };
            for field in rows {
                root.add(field.path, field);
            }
            if root.ignores_unknown_keys {
                root.ignore_unknown_keys();
            }
            let rows = rows
                .iter()
                .map(|field| Row::new(field, field.path, |path| path));
            (
                path,
                Schema {
                    root,
                    rows: rows.collect(),
                },
            )
        })
        .collect()
});
