//! The rows of cards' nodes, type by type, and the way from a value to its rows.

use std::{collections::HashMap, sync::LazyLock};

use serde_json::{Map, Value};

use super::{
    keys::Keys,
    row::FieldRow,
    table::{
        CREATE_ROWS, Inside, Row, UPDATE_ROWS, card_types, inside as inside_node, inside_create,
        inside_update,
    },
};

/// The rows of the node of one card type, in the order of the table.
#[derive(Debug, Default)]
pub(in crate::api) struct NodeRows {
    rows: Vec<Row>,
    /// Those whose field must be there, always or under a condition.
    required: Vec<usize>,
    steps: Keys<Step>,
}

/// What stands at a key: its rows, and the keys below it.
#[derive(Debug, Default)]
struct Step {
    rows: Vec<usize>,
    below: Keys<Self>,
}

/// The rows of the node of a card type, such as `general_coupon`.
pub(in crate::api) fn rows_of_create(node: &str) -> &'static NodeRows {
    static ROWS: LazyLock<HashMap<String, NodeRows>> =
        LazyLock::new(|| rows_by_node(&CREATE_ROWS, inside_create));
    ROWS.get(node).unwrap_or_else(NodeRows::none)
}

/// The same of what card/update takes.
pub(in crate::api) fn rows_of_update(node: &str) -> &'static NodeRows {
    static ROWS: LazyLock<HashMap<String, NodeRows>> =
        LazyLock::new(|| rows_by_node(&UPDATE_ROWS, inside_update));
    ROWS.get(node).unwrap_or_else(NodeRows::none)
}

/// Whether card/create takes a field, by its path inside the node of a card type.
pub(super) fn create_has(card_type: &str, path: &str) -> bool {
    let rows = rows_of_create(&card_type.to_ascii_lowercase());
    rows.all()
        .iter()
        .any(|row| row.path == path && !row.field.is_never_sent())
}

fn rows_by_node(rows: &'static [FieldRow], inside: Inside) -> HashMap<String, NodeRows> {
    let of_node = |card_type: &'static str| {
        let is_meant = |field: &&FieldRow| {
            let mut others = rows.iter().filter(|other| other.path == field.path);
            field.is_of(card_type) || !others.any(|other| other.is_of(card_type))
        };
        let rows = rows.iter().filter(is_meant);
        let node = card_type.to_ascii_lowercase();
        let own = |path| inside_node(&node, path).unwrap_or(path);
        let rows = rows.filter_map(|field| Some(Row::new(field, inside(card_type, field)?, own)));
        let rows = NodeRows::new(rows.collect());
        (node, rows)
    };
    card_types().map(of_node).collect()
}

impl NodeRows {
    fn new(rows: Vec<Row>) -> Self {
        let mut steps = Keys::<Step>::default();
        for (number, row) in rows.iter().enumerate() {
            let mut names = row.names.iter();
            let Some(first) = names.next() else { continue };
            let step = names.fold(steps.entry(first), |step, name| step.below.entry(name));
            step.rows.push(number);
        }
        let required = rows.iter().enumerate();
        let required = required.filter(|(_, row)| row.field.can_be_missing());
        Self {
            required: required.map(|(number, _)| number).collect(),
            rows,
            steps,
        }
    }

    /// Of what is no type of cards.
    fn none() -> &'static Self {
        static NONE: LazyLock<NodeRows> = LazyLock::new(NodeRows::default);
        &NONE
    }

    pub(in crate::api) fn all(&self) -> &[Row] {
        &self.rows
    }

    /// Those whose field must be there, always or under a condition.
    pub(in crate::api) fn required(&self) -> impl Iterator<Item = &Row> {
        self.required.iter().map(|number| &self.rows[*number])
    }

    /// The values of a node that have rows, in the order of the rows; lists are looked through. Null
    /// stands for nothing.
    pub(in crate::api) fn values<'v>(
        &self,
        node: &'v Map<String, Value>,
    ) -> impl Iterator<Item = (&Row, &'v Value)> {
        let mut found = Vec::with_capacity(64);
        collect(&self.steps, node, &mut found);
        // It keeps the order of a list's entries.
        found.sort_by_key(|(number, _)| *number);
        found
            .into_iter()
            .map(|(number, value)| (&self.rows[number], value))
    }
}

fn collect<'v>(
    steps: &Keys<Step>,
    members: &'v Map<String, Value>,
    found: &mut Vec<(usize, &'v Value)>,
) {
    for (key, value) in members {
        let Some((_, step)) = steps.get(key).filter(|_| !value.is_null()) else {
            continue;
        };
        found.extend(step.rows.iter().map(|number| (*number, value)));
        if step.below.is_empty() {
            continue;
        }
        match value {
            Value::Object(members) => collect(&step.below, members, found),
            Value::Array(entries) => {
                for members in entries.iter().filter_map(Value::as_object) {
                    collect(&step.below, members, found);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}
