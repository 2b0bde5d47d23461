//! The elements of a push: one level of names and texts, from XML or JSON.

use std::fmt;

use quick_xml::{
    Reader,
    escape::resolve_xml_entity,
    events::{BytesRef, Event},
};
use serde_json::{Map, Value};

use super::CallbackError;

/// Elements within elements; a card's push has one level below its root.
const MAX_DEPTH: usize = 16;
/// Elements below the root; a card's push has about twenty.
const MAX_ELEMENTS: usize = 256;

/// The elements of a push, in the order in which they came.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Elements(Vec<(String, String)>);

impl Elements {
    /// The text of the first element of this name, without the blanks around it.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// The texts of all elements of this name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.iter()
            .filter(move |(known, _)| *known == name)
            .map(|(_, text)| text)
    }

    /// All names and texts.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// Reads XML, or JSON when it begins with a brace.
    pub(super) fn parse(text: &str) -> Result<Self, CallbackError> {
        let text = text.trim_start_matches('\u{feff}').trim();
        let elements = if text.starts_with('{') {
            from_json(text)?
        } else {
            from_xml(text)?
        };
        if elements.len() > MAX_ELEMENTS {
            return Err(CallbackError::Unreadable("it has too many elements"));
        }
        Ok(Self(elements))
    }
}

impl fmt::Debug for Elements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A card's code stands among the texts.
        f.debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

fn from_json(text: &str) -> Result<Vec<(String, String)>, CallbackError> {
    let members: Map<String, Value> = serde_json::from_str(text)
        .map_err(|_| CallbackError::Unreadable("it is no object in JSON"))?;
    let text = |value| match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    Ok(members
        .into_iter()
        .map(|(name, value)| (name, text(value)))
        .collect())
}

const NO_XML: CallbackError = CallbackError::Unreadable("it is no XML");

/// Reads event by event: nothing is expanded, and what nests too deep is left at once.
fn from_xml(text: &str) -> Result<Vec<(String, String)>, CallbackError> {
    let mut reader = Reader::from_str(text);
    let mut elements: Vec<(String, String)> = Vec::new();
    let (mut depth, mut is_over) = (0, false);
    loop {
        match reader.read_event().map_err(|_| NO_XML)? {
            Event::Start(tag) => {
                open(&mut elements, depth, is_over, tag.local_name().as_ref())?;
                depth += 1;
            }
            Event::Empty(tag) => {
                open(&mut elements, depth, is_over, tag.local_name().as_ref())?;
                is_over |= depth == 0;
            }
            Event::End(_) => {
                depth -= 1;
                is_over |= depth == 0;
            }
            Event::Text(text) => add(&mut elements, depth, &text)?,
            Event::CData(text) => add(&mut elements, depth, &text)?,
            Event::GeneralRef(entity) => add(&mut elements, depth, &resolved(&entity)?)?,
            Event::DocType(_) => {
                return Err(CallbackError::Unreadable("it declares a document type"));
            }
            Event::Eof if is_over => break,
            Event::Eof => return Err(NO_XML),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
        }
    }
    for (_, text) in &mut elements {
        text.truncate(text.trim_end().len());
        text.drain(..text.len() - text.trim_start().len());
    }
    Ok(elements)
}

fn open(
    elements: &mut Vec<(String, String)>,
    depth: usize,
    is_over: bool,
    name: &str,
) -> Result<(), CallbackError> {
    match depth {
        0 if is_over || name != "xml" => Err(NO_XML),
        1 => {
            elements.push((name.to_owned(), String::new()));
            Ok(())
        }
        MAX_DEPTH.. => Err(CallbackError::Unreadable("its elements nest too deep")),
        _ => Ok(()),
    }
}

/// Adds text to the element it stands in, however deep; between elements it can only be blank.
fn add(elements: &mut [(String, String)], depth: usize, text: &str) -> Result<(), CallbackError> {
    match elements.last_mut() {
        Some((_, element)) if depth > 1 => element.push_str(text),
        _ if text.trim().is_empty() => {}
        _ => return Err(NO_XML),
    }
    Ok(())
}

/// The five entities of XML and numbered characters; there are no others.
fn resolved(entity: &BytesRef<'_>) -> Result<String, CallbackError> {
    if let Some(character) = entity.resolve_char_ref().map_err(|_| NO_XML)? {
        return Ok(character.into());
    }
    let known = resolve_xml_entity(entity);
    known
        .map(str::to_owned)
        .ok_or(CallbackError::Unreadable("it has an entity of its own"))
}
