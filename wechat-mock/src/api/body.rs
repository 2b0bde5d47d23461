//! Bodies: JSON and uploads, read from their bytes alone.

mod excerpt;
mod json;
mod multipart;
mod parser;
mod tree;
mod whole;

pub(crate) use excerpt::error_before;
pub(crate) use json::{read_json, with_escapes_kept};
pub(crate) use multipart::{Upload, read_upload};
pub(crate) use tree::{Kind, Member, Node};
pub(crate) use whole::{MAX_BODY, read_whole};
