//! Bodies: JSON and uploads, read from their bytes alone.

mod json;
mod multipart;
mod place;
mod whole;

pub(crate) use json::{read_json, with_escapes_kept};
pub(crate) use multipart::{Upload, read_upload};
pub(crate) use place::error_before;
#[cfg(feature = "fuzzing")]
pub(crate) use place::offset_of;
pub(crate) use whole::{MAX_BODY, read_whole};
