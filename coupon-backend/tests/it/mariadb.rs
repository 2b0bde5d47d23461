//! The tests of the ledger once more, on a MariaDB server.
//!
//! The server is a container where a Docker engine answers that has the image `COUPON_MARIADB_IMAGE`
//! (`coupon-mariadb:local`, which `.ci/mariadb-image` builds), else the one of `TEST_DATABASE_URL`,
//! a URL without a database: `mysql://root@127.0.0.1:3306`. Where there is neither, the test says so;
//! with `COUPON_REQUIRE_MARIADB=1` it fails then. `TEST_ON_MARIADB=kills::,races::` runs these alone.

use std::{io::Write, process::Stdio};

use testcontainers::{
    ContainerAsync, GenericImage,
    core::{IntoContainerPort, WaitFor, client::docker_client_instance},
    runners::AsyncRunner,
};
use tokio::process::Command;

use crate::support::LEDGER_SERVER;

/// The modules whose tests use the ledger, as the test program filters them.
const OF_THE_LEDGER: [&str; 22] = [
    "access::",
    "callback::",
    "claims::",
    "clocks::",
    "coupons::",
    "disorder::",
    "flow::",
    "idempotency::",
    "killed::",
    "kills::",
    "model::",
    "operations::",
    "outages::",
    "pitfalls::",
    "plans::",
    "races::",
    "reconcile::",
    "redeem::",
    "stock::",
    "uploads::",
    "void::",
    "fleet::",
];

/// A server for tests, and what keeps it alive.
pub(crate) struct Server {
    pub(crate) url: String,
    _container: Option<ContainerAsync<GenericImage>>,
}

/// A MariaDB server, or why there is none.
async fn server() -> Result<Server, String> {
    let name = std::env::var("COUPON_MARIADB_IMAGE");
    let name = name.unwrap_or_else(|_| "coupon-mariadb:local".to_owned());
    let no_container = match container(&name).await {
        Ok(server) => return Ok(server),
        Err(why) => why,
    };
    std::env::var("TEST_DATABASE_URL")
        .map(|url| Server {
            url,
            _container: None,
        })
        .map_err(|_| format!("{no_container}, no TEST_DATABASE_URL"))
}

async fn container(name: &str) -> Result<Server, String> {
    let docker = docker_client_instance().await;
    let docker = docker.map_err(|_| "no engine".to_owned())?;
    docker.ping().await.map_err(|_| "no engine".to_owned())?;
    // Asked for first: a missing image would be looked for on the network.
    let image = docker.inspect_image(name).await;
    image.map_err(|_| format!("no image {name}"))?;

    let (image, tag) = name.rsplit_once(':').unwrap_or((name, "latest"));
    let container = GenericImage::new(image, tag)
        .with_exposed_port(3306.tcp())
        .with_wait_for(WaitFor::message_on_stderr("ready for connections"))
        .start()
        .await
        .unwrap();
    let port = container.get_host_port_ipv4(3306).await.unwrap();
    Ok(Server {
        url: format!("mysql://root@127.0.0.1:{port}"),
        _container: Some(container),
    })
}

/// Says something that is seen of a test that passes, too.
pub(crate) fn say(line: &str) {
    // Not captured, as what is printed by `eprintln!` is.
    let mut out = std::io::stderr();
    writeln!(out, "{line}").unwrap();
}

#[tokio::test]
async fn the_tests_of_the_ledger_hold_on_mariadb_or_it_says_why_not() {
    let server = match server().await {
        Ok(server) => server,
        Err(why) => {
            say(&format!("not run on MariaDB: {why}"));
            let is_required = std::env::var_os("COUPON_REQUIRE_MARIADB").is_some();
            assert!(!is_required, "not run on MariaDB: {why}");
            return;
        }
    };
    let some = std::env::var("TEST_ON_MARIADB").ok();
    let tests = some.as_deref().map(|some| some.split(',').collect());
    let output = Command::new(std::env::current_exe().unwrap())
        .args(tests.unwrap_or_else(|| OF_THE_LEDGER.to_vec()))
        .args(["--skip", "mariadb::"])
        .env(LEDGER_SERVER, &server.url)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let result = said.lines().rfind(|line| line.starts_with("test result:"));
    let result = result.unwrap_or("no test ran");
    say(&format!("on MariaDB: {result}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{errors}");
    assert!(
        !result.contains(" 0 passed") && result.contains(" passed"),
        "{said}"
    );
}
