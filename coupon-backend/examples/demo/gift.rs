//! A gift, told by WeChat's pushes alone, and a push that comes twice.

use anyhow::{Context, ensure};
use serde_json::json;
use wechat_mock::{EventRow, EventState};

use crate::{
    servers::{ADMIN_TOKEN, Servers},
    story::{Claimed, text},
    tell::{both, held, sent, short, step},
};

/// Steps 11 to 13; every one that does not hold is an error.
pub(crate) async fn walk(servers: &Servers, claimed: &Claimed) -> anyhow::Result<()> {
    let alice = login(servers, "alice").await?;
    let bob = login(servers, "bob").await?;
    let code = claim(servers, claimed, &alice).await.context("step 11")?;
    give(servers, &code, &alice, &bob)
        .await
        .context("step 12")?;
    again(servers, &code, &alice).await.context("step 13")
}

async fn login(servers: &Servers, name: &str) -> anyhow::Result<String> {
    let appid = servers.mock.mini_program().appid;
    let body = json!({"js_code": servers.mock.user(name).login(&appid)?});
    let answer = servers.call("POST", "/v1/login", "", Some(&body)).await?;
    text(&answer.expect(200)?, "session_token")
}

/// What a customer's list says of a code.
async fn status(servers: &Servers, session: &str, code: &str) -> anyhow::Result<String> {
    let answer = servers.call("GET", "/v1/claims", session, None).await?;
    let claims = answer.expect(200)?;
    let mut claims = claims["claims"].as_array().into_iter().flatten();
    let claim = claims.find(|claim| claim["code"] == code);
    claim.map_or(Ok("nothing".to_owned()), |claim| text(claim, "status"))
}

/// The newest push of a kind, with its last try.
fn pushed(servers: &Servers, event: &str) -> anyhow::Result<EventRow> {
    let newest = servers.mock.events().of(event).pop();
    let newest = newest.with_context(|| format!("no {event} was pushed"))?;
    let came = format!("{}, {}", newest.id, text(newest.raw(), "state")?);
    sent("WeChat → backend", &format!("push {event}, sealed"), &came);
    ensure!(newest.state == EventState::Delivered, "{newest:?}");
    Ok(newest)
}

async fn claim(servers: &Servers, claimed: &Claimed, alice: &str) -> anyhow::Result<String> {
    step(
        11,
        &both(
            "alice claims another one and closes the page; a push tells the backend all the same",
            "alice 又领一张后关闭页面；后端仍通过推送得知",
        ),
    );
    let path = format!("/v1/coupons/{}/card-ext", claimed.id);
    let answer = servers
        .call("POST", &path, alice, None)
        .await?
        .expect(200)?;
    let appid = servers.mock.mini_program().appid;
    let phone = servers.mock.user("alice");
    let ext = text(&answer, "cardExt")?;
    let outcome = phone.add_card(&appid, &claimed.card_id, ext.as_str())?;
    sent("alice → WeChat app", "wx.addCard", outcome.err_msg());
    ensure!(outcome.is_success(), "{}", outcome.explain());
    servers.settled().await?;
    pushed(servers, "user_get_card")?;
    let wallet = phone.wallet()?;
    let code = wallet.last().context("an empty wallet")?.code.clone();
    let seen = status(servers, alice, &code).await?;
    sent(
        "alice → backend",
        "GET /v1/claims",
        &format!("code {}, {seen}", short(&code)),
    );
    ensure!(seen == "claimed", "the claim is alice's, it is {seen}");
    held(&both(
        "the claim is in alice's list",
        "这张券已出现在 alice 的列表里",
    ));
    Ok(code)
}

async fn give(servers: &Servers, code: &str, alice: &str, bob: &str) -> anyhow::Result<()> {
    step(
        12,
        &both(
            "alice gives it to bob, who gets a code of his own",
            "alice 转赠给 bob，bob 得到新的 code",
        ),
    );
    servers.mock.user("alice").gift(code, "bob")?;
    let new = servers.mock.user("bob").accept(code)?;
    sent("alice → WeChat app", "gift to bob", "");
    sent(
        "bob → WeChat app",
        "accept",
        &format!("code {}", short(&new)),
    );
    servers.settled().await?;
    pushed(servers, "user_gifting_card")?;
    pushed(servers, "user_get_card")?;
    let (given, got) = (
        status(servers, alice, code).await?,
        status(servers, bob, &new).await?,
    );
    sent("alice → backend", "GET /v1/claims", &given);
    sent("bob → backend", "GET /v1/claims", &got);
    ensure!(given == "gifted" && got == "claimed", "{given}, {got}");
    held(&both(
        "alice's is gifted, bob's is claimed",
        "alice 的已转赠，bob 的已领取",
    ));
    Ok(())
}

async fn again(servers: &Servers, code: &str, alice: &str) -> anyhow::Result<()> {
    step(
        13,
        &both(
            "the push of the claim comes once more, late; the ledger does not change",
            "领取的推送迟到又来一次；账本不变",
        ),
    );
    let ledger = async || {
        let claims = servers
            .call("GET", "/admin/v1/claims", ADMIN_TOKEN, None)
            .await?;
        let pushes = servers
            .call("GET", "/admin/v1/pushes", ADMIN_TOKEN, None)
            .await?;
        Ok::<_, anyhow::Error>([claims.expect(200)?, pushes.expect(200)?])
    };
    let before = ledger().await?;
    let mut claims = servers.mock.events().of("user_get_card").into_iter();
    let first = claims
        .find(|event| event["code"] == code)
        .context("the push of the claim")?;
    let resent = servers.mock.events().resend(&first.id).await?;
    let came = format!("{}, again {}", resent.id, text(resent.raw(), "state")?);
    sent("WeChat → backend", "push user_get_card, sealed anew", &came);
    servers.settled().await?;
    ensure!(before == ledger().await?, "a duplicate changed the ledger");
    let given = status(servers, alice, code).await?;
    sent(
        "alice → backend",
        "GET /v1/claims",
        &format!("still {given}"),
    );
    ensure!(given == "gifted", "{given}");
    held(&both("nothing was booked twice", "没有重复入账"));
    Ok(())
}
