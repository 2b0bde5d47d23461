//! Three mistakes, refused as WeChat refuses them, and explained as it never does.

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use wechat_client::card_signature;

use crate::{
    servers::Servers,
    story::{Claimed, text},
    tell::{Both, both, refused, say},
};

pub(crate) async fn show(servers: &Servers, claimed: &Claimed) -> anyhow::Result<()> {
    say(&both(
        "\nthree mistakes, as WeChat refuses them and as the mock explains them",
        "\n三个常见错误：微信怎样拒绝，模拟服务怎样解释",
    ));
    jsapi_ticket(servers, claimed).await.context("mistake 1")?;
    reused_nonce(servers, claimed).context("mistake 2")?;
    milliseconds(servers).await.context("mistake 3")
}

/// Tells what WeChat says and what the mock knows, and holds it to the rule that was broken.
fn explained(title: &Both, said: &str, record: &Value, rule: &str) -> anyhow::Result<()> {
    let in_both = |key: &str| {
        let words = &record[key];
        anyhow::Ok(both(text(words, "en")?, text(words, "zh")?))
    };
    let received = text(record, "received")?;
    refused(
        title,
        said,
        rule,
        &in_both("mistake")?,
        &received,
        &in_both("fix")?,
    );
    ensure!(record["rule"] == rule, "the rule is {rule}: {record}");
    Ok(())
}

/// A token of the Official Account's, by hand.
async fn token(servers: &Servers) -> anyhow::Result<String> {
    let oa = servers.mock.official_account();
    let path = format!(
        "/cgi-bin/token?grant_type=client_credential&appid={}&secret={}",
        oa.appid, oa.secret
    );
    text(&servers.wechat(&path, None).await?, "access_token")
}

async fn jsapi_ticket(servers: &Servers, claimed: &Claimed) -> anyhow::Result<()> {
    let path = format!(
        "/cgi-bin/ticket/getticket?type=jsapi&access_token={}",
        token(servers).await?
    );
    let ticket = text(&servers.wechat(&path, None).await?, "ticket")?;
    let (timestamp, nonce) = (servers.mock.clock().now().to_string(), "demo");
    let signature = card_signature([ticket.as_str(), &timestamp, &claimed.card_id, nonce]);
    let ext = json!({"timestamp": timestamp, "nonce_str": nonce, "signature": signature});
    let outcome = carol(servers, claimed, &ext.to_string())?;
    let record = outcome.explain();
    ensure!(record["mistake"]["id"] == "jsapi_ticket", "{record}");
    explained(
        &both(
            "signed with the page's ticket (jsapi)",
            "用了网页的 jsapi_ticket 签名",
        ),
        outcome.err_msg(),
        record.raw(),
        "WX-SIG-001",
    )
}

fn reused_nonce(servers: &Servers, claimed: &Claimed) -> anyhow::Result<()> {
    let outcome = carol(servers, claimed, &claimed.used_ext)?;
    let said = outcome.err_msg();
    explained(
        &both(
            "a nonce that was claimed with before",
            "重复使用同一个 nonce_str",
        ),
        said,
        outcome.explain().raw(),
        "WX-CLM-010",
    )
}

async fn milliseconds(servers: &Servers) -> anyhow::Result<()> {
    let now = servers.mock.clock().now();
    let url = "http://mmbiz.qpic.cn/mmbiz_jpg/logo/0";
    let mut card = fixtures::seed_card_with(url, url, now, now + 86_400);
    card["card"]["general_coupon"]["base_info"]["date_info"]["begin_timestamp"] =
        json!(format!("{now}000"));
    let path = format!("/card/create?access_token={}", token(servers).await?);
    let answer = servers.wechat(&path, Some(&card)).await?;
    ensure!(answer["errcode"] == 40079, "{answer}");
    let errmsg = text(&answer, "errmsg")?;
    let hint = errmsg.split(['[', ']']).nth(1).context("a hint")?;
    let record = servers.mock.journal().explain(hint).context("a record")?;
    let said = format!("{} {errmsg}", answer["errcode"]);
    explained(
        &both("a begin in milliseconds", "开始时间用了毫秒"),
        &said,
        record.raw(),
        "WX-CRD-012",
    )
}

fn carol(
    servers: &Servers,
    claimed: &Claimed,
    ext: &str,
) -> anyhow::Result<wechat_mock::AddCardOutcome> {
    let page = servers.mock.mini_program().appid;
    let phone = servers.mock.user("carol");
    Ok(phone.add_card(&page, &claimed.card_id, ext)?)
}
