//! A history as a shell script: one curl line per call.

use serde_json::Value;

use super::{
    stage::{Exchange, START, Side},
    step::{Step, TIMEOUT},
};
use crate::traffic::quoted;

/// Longest answer that is shown, in characters.
const SHOWN: usize = 300;

/// Members of answers that later calls repeat, and how their variables are called.
const KEPT: [(&str, &str); 8] = [
    ("id", "ID"),
    ("card_id", "CARD"),
    ("cardId", "CARD"),
    ("session_token", "SESSION"),
    ("code", "CODE"),
    ("url", "URL"),
    ("secret", "SECRET"),
    ("cardExt", "EXT"),
];

/// Calls that only look.
const LOOKS: [&str; 3] = [
    "/_mock/v1/world",
    "/_mock/v1/events?",
    "/admin/v1/pushes?state=pending",
];

/// Runs in a POSIX shell with curl and jq, against a mock and a backend that were started anew. What
/// differs from run to run is taken from the answers.
pub(super) fn script(steps: &[Step], traffic: &[Exchange]) -> String {
    let mut lines = vec![
        "#!/bin/sh".to_owned(),
        "# Against a new mock, whose clock is set first:".to_owned(),
        "MOCK=${MOCK:-http://127.0.0.1:7420} BACKEND=${BACKEND:-http://127.0.0.1:7430}".to_owned(),
        format!(
            "curl -sS \"$MOCK/_mock/v1/clock\" --data-binary '{{\"freeze\":true,\"set\":{START}}}'; echo"
        ),
        "# and a new backend, started after that, to which the mock's pushes come (callback)."
            .to_owned(),
        "# Its time has to be that of the mock, also when that is moved (faketime, say)."
            .to_owned(),
        format!("# WECHAT_TIMEOUT_MS={TIMEOUT}"),
        "ADMIN=${COUPON_ADMIN_TOKEN:?}".to_owned(),
    ];
    let mut variables = Variables::default();
    let mut step = None;
    let acting = traffic.iter().enumerate().filter(|(_, exchange)| {
        let path = exchange.request.path.as_str();
        exchange.request.method != "GET" || !LOOKS.iter().any(|look| path.starts_with(look))
    });
    for (number, exchange) in acting {
        if step != Some(exchange.step) {
            step = Some(exchange.step);
            lines.push(heading(exchange.step, steps));
        }
        lines.push(line(number, exchange, &mut variables));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn heading(step: usize, steps: &[Step]) -> String {
    match step.checked_sub(1).map(|at| steps.get(at)) {
        None => "\n# beginning".to_owned(),
        Some(None) => "\n# end: all is compared".to_owned(),
        Some(Some(Step(acts))) if acts.len() == 1 => format!("\n# step {step}: {acts:?}"),
        Some(Some(Step(acts))) => {
            format!("\n# step {step}, all at once (in the shell: one after the other): {acts:?}")
        }
    }
}

fn line(number: usize, exchange: &Exchange, variables: &mut Variables) -> String {
    let request = &exchange.request;
    let side = match exchange.side {
        Side::Backend => "$BACKEND",
        Side::Mock => "$MOCK",
    };
    let mut words = vec![format!(
        "curl -sS -X {} \"{side}\"{}",
        request.method,
        variables.quoted(&request.path)
    )];
    for (name, value) in &request.headers {
        if name == "Authorization" && exchange.request.path.starts_with("/admin/") {
            words.push("-H \"Authorization: Bearer $ADMIN\"".to_owned());
        } else if request.shown.is_none() || name != "Content-Type" {
            words.push(format!(
                "-H {}",
                variables.quoted(&format!("{name}: {value}"))
            ));
        }
    }
    if let Some(shown) = &request.shown {
        words.push(format!("-F {}", quoted(shown)));
    } else if !request.body.is_empty() {
        let body = String::from_utf8_lossy(&request.body);
        words.push(format!("--data-binary {}", variables.quoted(&body)));
    }
    let call = words.join(" ");
    let Some((status, text)) = &exchange.answer else {
        return format!("{call} # no answer");
    };
    let shown: String = text.chars().take(SHOWN).collect();
    let shown = shown.replace(['\n', '\r'], " ");
    let known = serde_json::from_str(text).unwrap_or(Value::Null);
    let names = variables.keep(&known);
    if names.is_empty() {
        return format!("{call}; echo # {status} {shown}");
    }
    let taken = names.into_iter().map(|(name, path)| {
        // A text inside a text stays as JSON.
        let raw = if name.starts_with("EXT") { "" } else { "-r " };
        format!("{name}=$(printf %s \"$R{number}\" | jq {raw}'{path}')")
    });
    let taken: Vec<String> = taken.collect();
    format!(
        "R{number}=$({call}); printf '%s\\n' \"$R{number}\"; {} # {status} {shown}",
        taken.join("; ")
    )
}

/// What answers gave, and the variables that hold it.
#[derive(Debug, Default)]
struct Variables(Vec<(String, String)>);

impl Variables {
    /// Names and jq paths of what is new in an answer.
    fn keep(&mut self, answer: &Value) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut waiting = vec![(String::new(), answer)];
        while let Some((path, value)) = waiting.pop() {
            match value {
                Value::Object(members) => {
                    for (name, member) in members {
                        let path = format!("{path}.{name}");
                        self.keep_member(name, member, &path, &mut found);
                        waiting.push((path, member));
                    }
                }
                Value::Array(items) => {
                    let items = items.iter().enumerate();
                    waiting.extend(items.map(|(at, item)| (format!("{path}[{at}]"), item)));
                }
                _ => {}
            }
        }
        found
    }

    fn keep_member(
        &mut self,
        name: &str,
        member: &Value,
        path: &str,
        found: &mut Vec<(String, String)>,
    ) {
        let of_kept = KEPT.iter().find(|(kept, _)| *kept == name);
        let (Some((_, prefix)), Some(text)) = (of_kept, member.as_str()) else {
            return;
        };
        // What is short is a word of the protocol.
        if text.len() < 10
            || text.contains("_mock")
            || path.starts_with(".error")
            || path.starts_with(".explain")
        {
            return;
        }
        let literal = match *prefix {
            "EXT" => member.to_string(),
            _ => text.to_owned(),
        };
        if self.0.iter().all(|(known, _)| *known != literal) {
            let name = format!("{prefix}{}", self.0.len() + 1);
            self.0.push((literal, name.clone()));
            found.push((name, path.to_owned()));
        }
    }

    /// A text as one word of a shell, its known values replaced by their variables.
    fn quoted(&self, text: &str) -> String {
        let mut word = quoted(text);
        for (literal, name) in &self.0 {
            word = word.replace(literal, &format!("'\"${name}\"'"));
        }
        word
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_an_answer_gave_is_taken_from_it_by_later_calls() {
        let mut variables = Variables::default();
        let ext = json!({"cardId": "p0000000001", "cardExt": "{\"nonce_str\":\"1\"}"});
        let kept = variables.keep(&ext);
        let names: Vec<&str> = kept.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["CARD1", "EXT2"]);
        assert!(variables.keep(&ext).is_empty());
        let body = json!({"cardId": "p0000000001", "cardExt": "{\"nonce_str\":\"1\"}"}).to_string();
        assert_eq!(
            variables.quoted(&body),
            r#"'{"cardId":"'"$CARD1"'","cardExt":'"$EXT2"'}'"#
        );
    }
}
