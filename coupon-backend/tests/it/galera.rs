//! Four instances spread over the three nodes of a Galera cluster, one instance and one node of which
//! are killed under load.
//!
//! Run where `TEST_GALERA_URLS` names the nodes (`mysql://root@127.0.0.1:7441,…`) and
//! `TEST_GALERA_FOLDER` the folder that `.ci/galera start` was given; else the test says that it was
//! not run, and fails where `COUPON_REQUIRE_GALERA=1`.

use std::path::Path;

use tokio::process::Command;
use wechat_mock::MockWechat;

use crate::{
    chance::Chance,
    mariadb::say,
    races::{Fleet, redeem_all},
    support::{Shop, new_database},
};

async fn galera(action: &str, folder: &str) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.ci/galera");
    let ended = Command::new("bash")
        .arg(script)
        .args([action, "3", folder])
        .status()
        .await
        .unwrap();
    assert!(ended.success(), "{action}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_and_a_galera_node_are_killed_under_load_or_it_says_why_not() {
    let named = |name| std::env::var(name).ok();
    let (Some(urls), Some(folder)) = (named("TEST_GALERA_URLS"), named("TEST_GALERA_FOLDER"))
    else {
        say("not run on Galera: no TEST_GALERA_URLS, no TEST_GALERA_FOLDER");
        assert_eq!(named("COUPON_REQUIRE_GALERA"), None);
        return;
    };
    let nodes: Vec<&str> = urls.split(',').collect();
    assert_eq!(nodes.len(), 3, "{urls}");
    let seed = Chance::seed("RACE_SEED");
    println!("RACE_SEED={seed}");
    let ledger = new_database(nodes[0]).await;
    let (_, database) = ledger.rsplit_once('/').unwrap();
    let mock = MockWechat::builder().seed(seed).start().await;
    let api_base = mock.url();
    let shop = Shop::on(mock, api_base, ledger.clone());
    let settings: Vec<_> = [0, 1, 2, 1]
        .map(|node| {
            let mut settings = shop.settings();
            settings.insert("COUPON_DATABASE_URL", format!("{}/{database}", nodes[node]));
            settings
        })
        .into();
    let mut fleet = Fleet::start_with(shop, &settings).await;
    let codes = fleet.claimed(100).await;
    let services = fleet.services();
    let victim = &mut fleet.programs[3].child;
    let answers = redeem_all(&services, &codes, 10, async |done| match done {
        200 => galera("kill", &folder).await,
        400 => victim.start_kill().unwrap(),
        _ => {}
    })
    .await;
    fleet.programs.pop();
    fleet.each_code_was_redeemed_once(&codes, &answers).await;
    for path in ["/cgi-bin/stable_token", "/cgi-bin/ticket/getticket"] {
        assert_eq!(fleet.shop.calls(path), 1, "{path}");
    }
    galera("join", &folder).await;
    // The node that came back has the same ledger.
    let url = format!("{}/{database}", nodes[2]);
    let node = sqlx::AnyPool::connect(&url).await.unwrap();
    let redeemed: (i64,) = sqlx::query_as("SELECT COUNT(*) FROM claims WHERE status = 'redeemed'")
        .fetch_one(&node)
        .await
        .unwrap();
    assert_eq!(redeemed.0, 100);
}
