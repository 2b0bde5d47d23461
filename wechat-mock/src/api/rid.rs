//! POST `/cgi-bin/openapi/rid/get`: the call behind a rid.

use serde_json::json;

use super::{Context, call::shortened, reply::Reply};
use crate::refusal::Refusal;

/// Seconds for which a rid can be looked up: seven days.
const LOOKED_UP: i64 = 7 * 86_400;

pub(super) fn get(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let rid = context.call.fields()?.required_text("rid");
    if !is_rid(rid) {
        return Err(Refusal::new("WX-RID-002")
            .expected("three groups of eight hex digits")
            .received(shortened(rid)));
    }
    let journal = context.journal.lock();
    let row = journal.of_rid(rid).ok_or_else(|| {
        Refusal::new("WX-RID-001")
            .expected("a rid in this mock's journal")
            .received(rid)
    })?;
    let own = &context.world.account(context.own_number()).profile;
    if row.appid.as_deref().is_some_and(|appid| appid != own.appid) {
        return Err(Refusal::new("WX-RID-003")
            .expected(format!("a call of {}", own.name))
            .received("a call of another account"));
    }
    let age = context.world.now() - row.at;
    if age > LOOKED_UP {
        return Err(Refusal::new("WX-RID-004")
            .expected(format!("a call at most {LOOKED_UP} s ago"))
            .received(format!("a call {age} s ago")));
    }
    Ok(Reply::card(json!({"request": row.as_wechat_shows_it()})))
}

fn is_rid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let is_group = |group: &&str| {
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        group.len() == 8 && group.bytes().all(is_hex)
    };
    groups.len() == 3 && groups.iter().all(is_group)
}

#[cfg(test)]
mod tests {
    use super::is_rid;

    #[test]
    fn a_rid_has_three_groups_of_eight_hex_digits() {
        assert!(is_rid("6aac0064-355b48ab-4c5b487e"));
        for text in [
            "",
            "6aac0064-355b48ab",
            "6AAC0064-355b48ab-4c5b487e",
            "6aac0064-355b48ab-4c5b487e-",
        ] {
            assert!(!is_rid(text), "{text}");
        }
    }
}
