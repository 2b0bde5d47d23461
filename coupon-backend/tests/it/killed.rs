//! The real program, ended in the middle of its work.

use std::{collections::HashMap, process::Stdio, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};
use wechat_mock::{Fault, FaultKind, MockWechat};

use crate::support::{ADMIN, Claimed, Instance, Shop, send};

const CONSUME: &str = "/card/code/consume";

/// The program on a shop's ledger.
pub(crate) struct Program {
    pub(crate) service: Instance,
    pub(crate) child: Child,
}

impl Program {
    pub(crate) async fn start(shop: &Shop) -> Self {
        Self::start_with(&shop.settings()).await
    }

    /// The program with settings of its own.
    pub(crate) async fn start_with(settings: &HashMap<&'static str, String>) -> Self {
        let program = env!("CARGO_BIN_EXE_coupon-backend");
        Self::run(Command::new(program), settings).await
    }

    pub(crate) async fn run(
        mut command: Command,
        settings: &HashMap<&'static str, String>,
    ) -> Self {
        let mut child = command
            .envs(settings)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).await.unwrap();
        let url = line.trim_end().strip_prefix("coupon-backend ready ");
        let url = url.unwrap_or_else(|| panic!("no ready line: {line:?}"));
        Self {
            service: Instance::at(url.to_owned()),
            child,
        }
    }

    pub(crate) fn id(&self) -> String {
        self.child.id().unwrap().to_string()
    }

    pub(crate) async fn signal(&self, signal: &str) {
        let status = Command::new("kill")
            .args([signal, &self.id()])
            .status()
            .await;
        assert!(status.unwrap().success());
    }
}

/// A shop with a claimed code, whose service has ended.
async fn closed_shop() -> (Shop, Claimed) {
    let mut shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    shop.service.end().await;
    (shop, claimed)
}

/// Waits until a condition holds.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..600 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it never came to be: {what}");
}

fn is_consumed(shop: &Shop) -> bool {
    shop.mock.user("alice").wallet().unwrap()[0]["status"] == "CONSUMED"
}

async fn status_of_claim(service: &Instance) -> String {
    let list = service
        .call("GET", "/admin/v1/claims", ADMIN, &Value::Null)
        .await
        .json();
    list["claims"][0]["status"].as_str().unwrap().to_owned()
}

/// Begins a redemption whose answer WeChat holds back, and waits until WeChat has done it.
async fn redeem_halfway(shop: &Shop, program: &Program, code: &str) -> tokio::task::JoinHandle<()> {
    let fault = Fault::new(FaultKind::LostAnswer).on(CONSUME).times(1);
    shop.mock.faults().add(fault).unwrap();
    // Asking takes its time, before and after it, so that the redemption is under way for a while.
    shop.mock
        .faults()
        .add(Fault::new(FaultKind::DelayMs(2000)).on("/card/code/get"))
        .unwrap();
    let request = program.service.keyed_redeem(code, "k");
    let caller = tokio::spawn(async move {
        // The program is killed on the way.
        let _answer = request.send().await;
    });
    until("WeChat redeemed it", async || is_consumed(shop)).await;
    caller
}

#[tokio::test]
async fn a_redemption_whose_process_was_killed_is_finished_by_the_repeat() {
    let (shop, claimed) = closed_shop().await;
    let mut first = Program::start(&shop).await;
    let caller = redeem_halfway(&shop, &first, &claimed.code).await;
    first.child.kill().await.unwrap();
    caller.await.unwrap();
    shop.mock.faults().clear();

    let second = Program::start(&shop).await;
    let repeat = send(second.service.keyed_redeem(&claimed.code, "k")).await;
    assert_eq!(
        (repeat.status, repeat.get("status")),
        (200, "redeemed".to_owned())
    );
    let again = send(second.service.keyed_redeem(&claimed.code, "k")).await;
    assert_eq!((again.status, &again.text), (200, &repeat.text));
    let other = send(second.service.keyed_redeem(&claimed.code, "other")).await;
    assert_eq!(other.error(), (409, "already_redeemed".to_owned()));
    assert_eq!(shop.calls(CONSUME), 1);
}

#[tokio::test]
async fn a_redemption_whose_process_was_killed_is_finished_when_nobody_asks() {
    let (shop, claimed) = closed_shop().await;
    let mut first = Program::start(&shop).await;
    let caller = redeem_halfway(&shop, &first, &claimed.code).await;
    first.child.kill().await.unwrap();
    caller.await.unwrap();
    shop.mock.faults().clear();

    let second = Program::start(&shop).await;
    until("the ledger has it", async || {
        status_of_claim(&second.service).await == "redeemed"
    })
    .await;
    assert_eq!(shop.calls(CONSUME), 1);
}

#[tokio::test]
async fn the_end_of_the_program_waits_for_work_that_outlived_its_caller() {
    let (shop, claimed) = closed_shop().await;
    let mut first = Program::start(&shop).await;
    let caller = redeem_halfway(&shop, &first, &claimed.code).await;
    caller.abort();
    first.signal("-TERM").await;
    assert_eq!(first.child.wait().await.unwrap().code(), Some(0));

    // The ledger has it before anybody else looks.
    let row: (String, String) = sqlx::query_as(
        "SELECT claims.status, operations.state FROM claims \
         JOIN operations ON operations.subject = claims.id WHERE claims.code = ?",
    )
    .bind(&claimed.code)
    .fetch_one(&shop.ledger().await)
    .await
    .unwrap();
    assert_eq!(row, ("redeemed".to_owned(), "done".to_owned()));
}

#[tokio::test]
async fn four_instances_started_together_on_an_empty_ledger_all_come_up() {
    let mock = MockWechat::start().await;
    let api_base = mock.url();
    let shop = Shop::unopened(mock, api_base).await;
    let starts = (0..4).map(|_| Program::start(&shop));
    for program in futures_util::future::join_all(starts).await {
        let ready = program
            .service
            .call("GET", "/readyz", "", &Value::Null)
            .await;
        assert_eq!(ready.json()["database"], "ok", "{}", ready.text);
    }
}
