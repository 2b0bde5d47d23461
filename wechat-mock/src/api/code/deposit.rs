//! `/card/code/deposit`, `getdepositcount` and `checkcode`: codes that the merchant puts in.

use serde_json::json;

use crate::{
    api::{Context, card, reply::Reply},
    refusal::Refusal,
    world::card::is_custom_code,
};

/// POST `/card/code/deposit`.
pub(in crate::api) fn deposit(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = card::suited_card(context)?;
    let codes = codes(context)?;
    let mut sorted = codes.clone();
    sorted.sort_unstable();
    if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(Refusal::new("WX-COD-029")
            .expected("each code once")
            .received(pair[0]));
    }
    let account = context.world.account_mut(at.0);
    let (mut added, mut known, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for code in codes {
        let list = if !is_custom_code(code) && !crate::breaks::broken("deposit-fails-nothing") {
            &mut failed
        } else if account.bring_code(at.1, code)
            || crate::breaks::broken("deposit-takes-codes-twice")
        {
            &mut added
        } else {
            &mut known
        };
        list.push(code);
    }
    Ok(Reply::card(json!({
        "succ_code": added, "duplicate_code": known, "fail_code": failed,
    })))
}

/// POST `/card/code/getdepositcount`: how many were ever put in.
pub(in crate::api) fn count(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = card::suited_card(context)?;
    let count = context.world.card(at).deposit.count();
    let count = count + u64::from(crate::breaks::broken("getdepositcount-off-by-one"));
    Ok(Reply::card(json!({"count": count})))
}

/// POST `/card/code/checkcode`: which of the codes are there.
pub(in crate::api) fn check(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = card::suited_card(context)?;
    let deposit = &context.world.card(at).deposit;
    let (there, not_there): (Vec<&str>, Vec<&str>) =
        codes(context)?.into_iter().partition(|code| {
            deposit.holds(code) != crate::breaks::broken("checkcode-the-wrong-way-round")
        });
    Ok(Reply::card(
        json!({"exist_code": there, "not_exist_code": not_there}),
    ))
}

/// The codes of the body, none of them empty; how many there may be is in the schema.
fn codes<'a>(context: &Context<'a>) -> Result<Vec<&'a str>, Refusal> {
    let codes = context.call.fields()?.texts("code");
    if codes.contains(&"") {
        return Err(Refusal::new("WX-COD-028")
            .expected("codes that are not empty")
            .received("an empty one"));
    }
    Ok(codes)
}
