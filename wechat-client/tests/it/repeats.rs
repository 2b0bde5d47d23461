//! Which calls are made again, and how often.

use fixtures::exchange;
use serde_json::Value;

use crate::{
    calls::{make, names},
    support::{answer, answer_as, answer_first, calls, client, refusal, server, token, token_of},
};

/// Calls that change nothing; every other is made once, whatever becomes of it.
const READS: &[&str] = &[
    "/cgi-bin/getcallbackip",
    "/cgi-bin/openapi/quota/get",
    "/cgi-bin/openapi/rid/get",
    "/card/batchget",
    "/card/code/checkcode",
    "/card/code/get",
    "/card/code/getdepositcount",
    "/card/getapplyprotocol",
    "/card/membercard/activate/geturl",
    "/card/membercard/activatetempinfo/get",
    "/card/membercard/userinfo/get",
    "/card/mpnews/gethtml",
    "/card/paygiftcard/batchget",
    "/card/paygiftcard/getbyid",
    "/card/paygiftmembercard/get",
    "/card/storewxa/get",
    "/card/submerchant/batchget",
    "/card/submerchant/get",
    "/card/user/getcardlist",
    "/datacube/getcardbizuininfo",
    "/datacube/getcardcardinfo",
    "/datacube/getcardmembercarddetail",
    "/datacube/getcardmembercardinfo",
];

fn path(exchange: &Value) -> &str {
    exchange["request"]["path"].as_str().unwrap()
}

#[tokio::test]
async fn a_busy_wechat_is_asked_again_by_reads_alone() {
    for name in names() {
        let exchange = exchange(name);
        let server = server().await;
        answer(&server, path(&exchange), &refusal(-1)).await;
        let made = make(&client(&server), name).await;
        assert!(made.unwrap_err().is_outage(), "{name}");
        let expected = if READS.contains(&path(&exchange)) {
            3
        } else {
            1
        };
        let times = calls(&server, path(&exchange)).await.len();
        assert_eq!(times, expected, "{name}");
    }
}

#[tokio::test]
async fn a_stale_token_is_replaced_once_for_every_call() {
    for name in names() {
        let exchange = exchange(name);
        let server = wiremock::MockServer::start().await;
        answer_first(&server, "/cgi-bin/stable_token", 1, &token("stale")).await;
        answer(&server, "/cgi-bin/stable_token", &token("fresh")).await;
        answer_first(&server, path(&exchange), 1, &refusal(40001)).await;
        answer_as(&server, &exchange).await;
        let _made = make(&client(&server), name).await;
        let calls = calls(&server, path(&exchange)).await;
        let tokens: Vec<String> = calls.iter().map(token_of).collect();
        assert_eq!(tokens, ["stale", "fresh"], "{name}");
        assert_eq!(calls[0].body, calls[1].body, "{name}");
    }
}
