//! Reads a JSON body by the schema of its call: once, from the outermost key on, as WeChat does.
//!
//! A key that the schema does not have stops the reading; a key that it has is read leniently. What
//! comes out is normalised: absent or of the field's kind. It is pure: it needs no world and no lock.
//! The rules follow captured answers to wrong bodies (`fixtures/data/captures`).

use serde_json::{Map, Value};

mod fields;
mod keys;
mod nodes;
mod number;
mod path;
mod required;
mod row;
mod table;
#[cfg(test)]
mod tests;
mod values;
mod walk;

pub(in crate::api) use fields::Fields;
pub(in crate::api) use nodes::{NodeRows, rows_of_create, rows_of_update};
pub(in crate::api) use path::Path;
#[cfg(test)]
pub(in crate::api) use path::WRITTEN;
use required::missing;
pub(in crate::api) use required::{first, lacks};
pub(crate) use row::{FieldRow, Kind};
pub(in crate::api) use row::{Form, Required, Update};
pub(in crate::api) use table::Row;

use super::body::{self, Node, read_json};
use crate::{
    refusal::{Advice, Refusal},
    switches::Switches,
};

/// What goes into the query, or nowhere. Beside the fields of a body they are passed over with an advice:
/// our choice, as no published answer shows such a body.
const SECRETS: [&str; 3] = ["access_token", "secret", "appsecret"];

/// A body that was read.
#[derive(Clone, Debug)]
pub(crate) struct Body {
    /// What the call reads of it, each value of its field's kind.
    pub(crate) members: Map<String, Value>,
    /// What was taken though the documents have it otherwise.
    pub(crate) advice: Vec<Advice>,
    /// Keys of the body that have no place in one: they name a secret.
    pub(crate) secrets: Vec<&'static str>,
    /// A field that is missing or has a wrong value: for calls that look at nothing before it.
    pub(crate) breach: Option<Refusal>,
}

/// Reads the body of the call with a path.
pub(crate) fn read_body(path: &str, body: &[u8], switches: Switches) -> Result<Body, Refusal> {
    let tree = read_json(body)?;
    read_tree(path, &tree, switches)
}

/// Reads a tree by the schema of a call; a call without one takes what came.
pub(in crate::api) fn read_tree(
    path: &str,
    tree: &Node<'_>,
    switches: Switches,
) -> Result<Body, Refusal> {
    let secrets = SECRETS.into_iter();
    let secrets = secrets.filter(|key| tree.member(key).is_some()).collect();
    let Some(schema) = table::schema(path) else {
        return Ok(Body {
            members: tree.to_map(),
            advice: Vec::new(),
            secrets,
            breach: None,
        });
    };
    let mut walk = walk::Walk::new(path, switches);
    let members = walk.body(&schema.root, tree)?;
    let breach = match schema.missing(&members) {
        Some(row) => Some(missing(row)),
        None => schema
            .check(&members, switches)
            .err()
            .map(|breach| placed(breach, tree)),
    };
    Ok(Body {
        breach,
        members,
        advice: walk.advice,
        secrets,
    })
}

/// A wrong value, with its place where WeChat says it.
fn placed(refusal: Refusal, tree: &Node<'_>) -> Refusal {
    let row = refusal.row.filter(|_| refusal.errcode == 47001);
    match row.and_then(|row| key_end(tree, &row.path.split('.').collect::<Vec<_>>())) {
        Some(at) => refusal.at(at),
        None => refusal,
    }
}

/// Where the key at the end of a path ends; of the entries of a list the first counts that has it.
fn key_end(node: &Node<'_>, names: &[&str]) -> Option<usize> {
    let (name, rest) = names.split_first()?;
    let member = node.member(name.trim_end_matches("[]"))?;
    if rest.is_empty() {
        return Some(member.key_end);
    }
    match &member.value.kind {
        body::Kind::List(entries) => entries.iter().find_map(|entry| key_end(entry, rest)),
        _ => key_end(&member.value, rest),
    }
}
