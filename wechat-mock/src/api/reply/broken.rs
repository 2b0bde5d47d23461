//! Answers as named breaks have them, on all paths alike. For tests alone: see `crate::breaks`.

use serde_json::{Map, Value};

use super::{Wire, escaped};
use crate::breaks::broken_of;

impl Wire {
    /// The answer of a call, as the break in force has it; that of an unknown path stays as it is.
    pub(crate) fn broken_on(self, path: Option<&str>) -> Self {
        let Some(path) = path else {
            return self;
        };
        let Ok(Value::Object(mut body)) = serde_json::from_slice(&self.body) else {
            return self;
        };
        let is_refused = body.get("errcode").is_some_and(|errcode| *errcode != 0);
        if is_refused && broken_of("errcode-of", path) {
            body["errcode"] = Value::from(body["errcode"].as_i64().unwrap_or_default() + 1);
        } else if is_refused && broken_of("errmsg-of", path) {
            body["errmsg"] =
                Value::from(format!("!{}", body["errmsg"].as_str().unwrap_or_default()));
        } else if !is_refused && broken_of("key-missing-of", path) {
            drop_last(&mut body);
        } else if let Some(inner) = last_object(&mut body)
            && !is_refused
            && broken_of("inner-key-missing-of", path)
        {
            drop_last(inner);
        } else {
            return self;
        }
        Self {
            body: escaped(&Value::Object(body)),
            ..self
        }
    }
}

fn drop_last(members: &mut Map<String, Value>) {
    let last = members.keys().next_back().cloned();
    last.map(|key| members.remove(&key));
}

/// The last object that is a member, or an entry of a list that is one.
fn last_object(members: &mut Map<String, Value>) -> Option<&mut Map<String, Value>> {
    let mut objects = members.values_mut().filter_map(|value| match value {
        Value::Array(entries) => entries.last_mut()?.as_object_mut(),
        other => other.as_object_mut(),
    });
    objects.next_back()
}
