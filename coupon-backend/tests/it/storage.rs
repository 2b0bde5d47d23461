//! Storage that fails and recovers.

use std::process::Command as Sync;

use serde_json::{Value, json};
use tokio::process::Command;

use crate::{
    killed::Program,
    support::{ADMIN, Shop},
};

const CONSUME: &str = "/card/code/consume";

async fn ready(service: &crate::support::Instance) -> (u16, Value) {
    let answer = service.call("GET", "/readyz", "", &Value::Null).await;
    (answer.status, answer.json()["database"].clone())
}

/// The largest file that a process may write, in bytes.
#[cfg(target_os = "linux")]
fn limit_files(program: &Program, bytes: &str) {
    let limit = format!("--fsize={bytes}:unlimited");
    let set = Sync::new("prlimit")
        .args(["--pid", &program.id(), &limit])
        .status();
    assert!(set.unwrap().success());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn after_a_full_disk_the_service_is_well_as_soon_as_the_disk_is() {
    let mut shop = Shop::open().await;
    let (id, card_id) = shop
        .coupon_with(|draft| draft["limit_per_user"] = json!(20))
        .await;
    let mut codes = Vec::new();
    for _ in 0..13 {
        codes.push(shop.claimed_of("alice", &id, &card_id).await.code);
    }
    shop.service.end().await;
    let mut command = Command::new("sh");
    // A write beyond the limit is an error, as on a full disk, and no signal.
    command.args([
        "-c",
        "trap '' XFSZ; exec \"$0\"",
        env!("CARGO_BIN_EXE_coupon-backend"),
    ]);
    let program = Program::run(command, &shop.settings()).await;
    assert_eq!(ready(&program.service).await, (200, json!("ok")));

    limit_files(&program, "4096");
    for code in &codes[..12] {
        let path = format!("/admin/v1/codes/{code}/redeem");
        let refused = program
            .service
            .call("POST", &path, ADMIN, &Value::Null)
            .await;
        assert_eq!(
            refused.error(),
            (503, "unavailable".to_owned()),
            "{}",
            refused.text
        );
        assert!(refused.headers.contains_key("retry-after"));
    }
    assert_eq!(ready(&program.service).await, (503, json!("down")));
    assert_eq!(shop.calls(CONSUME), 0);

    limit_files(&program, "unlimited");
    for code in &codes {
        let path = format!("/admin/v1/codes/{code}/redeem");
        let redeemed = program
            .service
            .call("POST", &path, ADMIN, &Value::Null)
            .await;
        assert_eq!(redeemed.status, 200, "{}", redeemed.text);
    }
    assert_eq!(ready(&program.service).await, (200, json!("ok")));
}

#[tokio::test]
async fn a_lock_that_another_program_holds_is_passing() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    let ledger = shop.ledger().await;
    let lock = ledger.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let busy = shop.redeem(&claimed.code).await;
    assert_eq!(busy.error(), (503, "unavailable".to_owned()));
    assert!(busy.headers.contains_key("retry-after"));
    assert_eq!(ready(&shop.service).await, (503, json!("down")));
    lock.rollback().await.unwrap();
    assert_eq!(shop.redeem(&claimed.code).await.status, 200);
    assert_eq!(ready(&shop.service).await, (200, json!("ok")));
}

#[tokio::test]
async fn twenty_redemptions_at_once_all_succeed() {
    let shop = Shop::open().await;
    let (id, card_id) = shop
        .coupon_with(|draft| draft["limit_per_user"] = json!(20))
        .await;
    let mut codes = Vec::new();
    for _ in 0..20 {
        codes.push(shop.claimed_of("alice", &id, &card_id).await.code);
    }
    let redeemed = codes
        .iter()
        .map(|code| crate::support::send(shop.service.keyed_redeem(code, code)));
    for answer in futures_util::future::join_all(redeemed).await {
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
}

#[tokio::test]
async fn a_ledger_that_was_moved_away_is_noticed() {
    let shop = Shop::open().await;
    assert_eq!(ready(&shop.service).await, (200, json!("ok")));
    let file = shop.ledger_file();
    let moved = file.with_extension("moved");
    std::fs::rename(&file, &moved).unwrap();
    assert_eq!(ready(&shop.service).await, (503, json!("down")));
    std::fs::rename(&moved, &file).unwrap();
    assert_eq!(ready(&shop.service).await, (200, json!("ok")));
}

#[test]
fn a_ledger_that_cannot_be_had_is_refused_with_its_path_and_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("c.db");
    std::fs::write(folder.path().join("there.db"), "").unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    for (url, place, remedy) in [
        (
            format!("sqlite://{}", file.display()),
            path("c.db"),
            "mode=rwc",
        ),
        (
            format!("sqlite://{}?mode=rwc", path("none/c.db")),
            path("none"),
            "make it",
        ),
        (
            format!("sqlite://{}?mode=ro", path("there.db")),
            path("there.db"),
            "mode=rwc",
        ),
    ] {
        let output = Sync::new(env!("CARGO_BIN_EXE_coupon-backend"))
            .arg("migrate")
            .env_clear()
            .env("COUPON_DATABASE_URL", &url)
            .env("COUPON_ADMIN_TOKEN", "hush")
            .env("WECHAT_OA_APPID", "wx00000000000000a0")
            .env("WECHAT_OA_SECRET", "hush")
            .env("WECHAT_MP_APPID", "wx00000000000000b0")
            .env("WECHAT_MP_SECRET", "hush")
            .env("WECHAT_CALLBACK_TOKEN", "hush")
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(&place) && said.contains(remedy), "{said}");
    }
}
