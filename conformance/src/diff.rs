//! Sends the same calls to WeChat and to a mock, and lists what differs.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    case::Case,
    matching::without_traces,
    outcome::Outcome,
    run::{Target, Verdict, run},
    traffic::{Called, Exchange},
};

/// One point in which a mock answers otherwise than WeChat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The case whose call it is.
    pub case: String,
    /// Which call of the case, the first is 1.
    pub call: usize,
    /// Method and path.
    pub path: String,
    /// `status`, `content type`, `errcode`, `errmsg`, `keys`, `order of keys`, `calls` or `outcome`.
    pub what: &'static str,
    /// As WeChat has it.
    pub wechat: String,
    /// As the mock has it.
    pub mock: String,
}

/// Plays cases on both targets, and gives the differences and what came of the cases at WeChat.
///
/// Both targets are to be [without judging](Target::without_judging). Cases that are not played at WeChat
/// are not played at the mock either.
pub async fn between(
    wechat: Arc<Target>,
    mock: Target,
    cases: Vec<&'static Case>,
) -> (Vec<Difference>, Vec<Verdict>) {
    let real = run(wechat, cases, |_| {}).await;
    let played = real.iter().filter(|one| one.outcome != Outcome::Skip);
    let cases: Vec<&'static Case> = played.clone().map(|one| one.case).collect();
    let mocked = run(Arc::new(mock), cases, |_| {}).await;
    let mut found = Vec::new();
    for (wechat, mock) in played.zip(&mocked) {
        of_case(wechat, mock, &mut found);
    }
    (found, real)
}

fn of_case(wechat: &Verdict, mock: &Verdict, found: &mut Vec<Difference>) {
    let mut tell = |call: usize, path: &str, what, wechat_has: String, mock_has: String| {
        if wechat_has != mock_has {
            found.push(Difference {
                case: wechat.case.id.clone(),
                call,
                path: path.to_owned(),
                what,
                wechat: wechat_has,
                mock: mock_has,
            });
        }
    };
    let ends = |verdict: &Verdict| verdict.reason.clone().unwrap_or_default();
    tell(0, "", "outcome", ends(wechat), ends(mock));
    let (real, mocked) = (calls(wechat), calls(mock));
    let count = |calls: &[_]| calls.len().to_string();
    tell(0, "", "calls", count(&real), count(&mocked));
    for (at, ((real, status), (mocked, mock_status))) in real.iter().zip(&mocked).enumerate() {
        let path = real.path.split('?').next().unwrap_or_default();
        let path = format!("{} {path}", real.method);
        let mut tell = |what, real: String, mock: String| tell(at + 1, &path, what, real, mock);
        tell("status", status.to_string(), mock_status.to_string());
        tell(
            "content type",
            real.content_type.clone(),
            mocked.content_type.clone(),
        );
        let (real, mocked) = (json_of(real), json_of(mocked));
        for member in ["errcode", "errmsg"] {
            let text = |value: &Value| without_traces(&value[member].to_string());
            tell(member, text(&real), text(&mocked));
        }
        let (real, mocked) = (keys(&real), keys(&mocked));
        let sorted = |keys: &[String]| {
            let mut keys = keys.to_vec();
            keys.sort();
            keys.join(" ")
        };
        if sorted(&real) == sorted(&mocked) {
            tell("order of keys", real.join(" "), mocked.join(" "));
        } else {
            tell("keys", real.join(" "), mocked.join(" "));
        }
    }
}

fn calls(verdict: &Verdict) -> Vec<(&Called, u16)> {
    let of = |exchange: &'_ Exchange| exchange.status;
    let traffic = verdict.traffic.iter();
    traffic
        .filter_map(|exchange| Some((exchange.call.as_ref()?, of(exchange))))
        .collect()
}

fn json_of(call: &Called) -> Value {
    serde_json::from_str(&call.answer).unwrap_or_else(|_| json!({}))
}

/// Pointers to all members in their order; of a list the first entry stands for all.
fn keys(answer: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting = vec![(String::new(), answer)];
    while let Some((at, value)) = waiting.pop() {
        match value {
            Value::Object(members) => {
                let paths = members
                    .iter()
                    .map(|(key, member)| (format!("{at}/{key}"), member));
                let paths: Vec<_> = paths.collect();
                found.extend(paths.iter().map(|(path, _)| path.clone()));
                waiting.extend(paths.into_iter().rev());
            }
            Value::Array(entries) => {
                waiting.extend(entries.first().map(|first| (format!("{at}/0"), first)));
            }
            _ => {}
        }
    }
    found
}

/// The list of differences as Markdown.
pub fn told(differences: &[Difference]) -> String {
    let mut parts = vec![format!(
        "# WeChat and the mock\n\n{} differences.\n",
        differences.len()
    )];
    if !differences.is_empty() {
        let head =
            "\n| case | call | path | what | WeChat | the mock |\n|---|---|---|---|---|---|\n";
        parts.push(head.to_owned());
    }
    let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ");
    for one in differences {
        let row = [
            one.case.clone(),
            one.call.to_string(),
            one.path.clone(),
            one.what.to_owned(),
            cell(&one.wechat),
            cell(&one.mock),
        ];
        parts.push(format!("| {} |\n", row.join(" | ")));
    }
    parts.concat()
}
