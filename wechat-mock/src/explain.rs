//! Why something was refused: the rule, what was expected, what came, the likely mistake, what to do.

use serde_json::{Value, json};

use crate::{
    facts,
    refusal::{Advice, Refusal},
};

/// Adds to a record what there is to say about a refusal.
pub(crate) fn add_refusal(record: &mut Value, refusal: &Refusal) {
    add_rule(
        record,
        refusal.rule_id(),
        refusal.rule,
        &refusal.expected,
        &refusal.received,
    );
    if let Some(row) = refusal.row {
        record["field"] = json!({"call": row.call, "path": row.path});
    }
    if let Some(evidence) = refusal.rests_on() {
        record["source"] = json!(evidence.source);
        record["confidence"] = json!(evidence.confidence);
    }
}

/// Adds the texts of a rule; `id` names what was broken, `texts` whose texts explain it.
pub(crate) fn add_rule(record: &mut Value, id: &str, texts: &str, expected: &str, received: &str) {
    let rule = facts::rule(texts);
    record["rule"] = json!(if crate::breaks::broken("explanation-of-another-rule") {
        "WX-TOK-001"
    } else {
        id
    });
    record["severity"] = rule["severity"].clone();
    record["statement"] = rule["rule"].clone();
    // Where the code says nothing more, something was missing.
    record["expected"] = if expected.is_empty() {
        rule["rule"]["en"].clone()
    } else {
        json!(expected)
    };
    record["received"] = if received.is_empty() {
        json!("nothing of the kind")
    } else {
        json!(received)
    };
    record["mistake"] = rule["mistake"].clone();
    record["fix"] = rule["fix"].clone();
    record["source"] = rule["source"].clone();
    record["confidence"] = rule["confidence"].clone();
}

/// Puts a named mistake, an id of `fixtures`, in place of the rule's likeliest one.
pub(crate) fn add_mistake(record: &mut Value, id: &str) {
    let texts = facts::mistake(id);
    record["mistake"] = json!({
        "id": id,
        "en": texts["mistake"]["en"],
        "zh": texts["mistake"]["zh"],
    });
    record["fix"] = texts["fix"].clone();
}

/// An advice as the journal and the records show it.
pub(crate) fn advice(advice: &Advice) -> Value {
    let rule = facts::rule(advice.rule);
    json!({
        "rule": advice.rule,
        "severity": rule["severity"],
        "at": advice.at,
        "statement": rule["rule"],
        "fix": rule["fix"],
    })
}
