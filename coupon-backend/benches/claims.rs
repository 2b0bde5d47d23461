//! Claims per second beside the bare commits per second of the same database.
//!
//! `cargo bench -p coupon-backend --bench claims`; on SQLite, and on the server of
//! `TEST_DATABASE_URL` (`mysql://root@127.0.0.1:3306`) where that is set. A claim is a call over HTTP
//! that decrypts its code at the mock and has its durable row when it is answered.

use std::{collections::HashMap, io::Write, sync::Arc, time::Instant};

use anyhow::{Context, ensure};
use coupon_backend::{App, Config, SystemClock};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use sqlx::{Connection, Executor};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use wechat_mock::MockWechat;

/// Claims that are measured, and callers at a time.
const CLAIMS: usize = 3000;
const CALLERS: usize = 16;
/// Bare commits that are measured.
const COMMITS: usize = 3000;
/// Rounds of both, one after the other; the best of each counts, as others use the machine, too.
const ROUNDS: usize = 3;
const USERS: [&str; 3] = ["alice", "bob", "carol"];
/// Codes of one coupon that a customer can have.
const LIMIT: usize = 50;
const ADMIN: &str = "admin-token-of-the-bench";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let sqlite = format!("sqlite://{}?mode=rwc", folder.path().join("c.db").display());
    let bare = format!("sqlite://{}?mode=rwc", folder.path().join("b.db").display());
    measure("SQLite", &sqlite, &bare).await?;
    if let Ok(server) = std::env::var("TEST_DATABASE_URL") {
        let ledger = new_database(&server).await?;
        measure("MariaDB", &ledger, &ledger).await?;
    }
    Ok(())
}

async fn new_database(server: &str) -> anyhow::Result<String> {
    let name = format!("bench_{}", std::process::id());
    let mut connection = sqlx::MySqlConnection::connect(server).await?;
    let sql = format!("DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name}");
    connection
        .execute(sqlx::raw_sql(sqlx::AssertSqlSafe(sql)))
        .await?;
    Ok(format!("{}/{name}", server.trim_end_matches('/')))
}

async fn measure(name: &str, ledger: &str, bare: &str) -> anyhow::Result<()> {
    let shop = Shop::open(ledger).await?;
    let (mut claims, mut commits) = (0.0_f64, 0.0_f64);
    for _ in 0..ROUNDS {
        commits = commits.max(bare_commits(bare).await?);
        claims = claims.max(shop.claims().await?);
    }
    let ratio = claims / commits;
    writeln!(
        std::io::stdout(),
        "{name}: {claims:.0} claims/s, {commits:.0} bare commits/s, {ratio:.2}"
    )?;
    Ok(())
}

/// Commits per second of one row each, as durable as the ledger's: SQLite has one writer at its best,
/// a server has as many as there are callers.
async fn bare_commits(url: &str) -> anyhow::Result<f64> {
    sqlx::any::install_default_drivers();
    let is_sqlite = url.starts_with("sqlite:");
    let writers = if is_sqlite { 1 } else { CALLERS };
    let mut connections = Vec::new();
    for _ in 0..writers {
        let mut connection = sqlx::AnyConnection::connect(url).await?;
        if is_sqlite {
            let durable = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL";
            connection.execute(sqlx::raw_sql(durable)).await?;
        }
        connection
            .execute(sqlx::raw_sql(
                "CREATE TABLE IF NOT EXISTS bare (id VARCHAR(32) NOT NULL PRIMARY KEY, data TEXT NOT NULL)",
            ))
            .await?;
        connections.push(connection);
    }
    let began = Instant::now();
    let writing = connections.into_iter().map(|mut connection| async move {
        for _ in 0..COMMITS / writers {
            sqlx::query("INSERT INTO bare (id, data) VALUES (?, ?)")
                .bind(uuid::Uuid::now_v7().simple().to_string())
                .bind("x".repeat(200))
                .execute(&mut connection)
                .await?;
        }
        anyhow::Ok(())
    });
    futures_util::future::try_join_all(writing).await?;
    Ok(rate(COMMITS / writers * writers, began))
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand")]
fn rate(count: usize, began: Instant) -> f64 {
    count as f64 / began.elapsed().as_secs_f64()
}

/// A mock, a service, and customers.
struct Shop {
    mock: MockWechat,
    url: String,
    http: reqwest::Client,
    draft: Value,
    sessions: Vec<String>,
    _stop: tokio_util::sync::DropGuard,
}

impl Shop {
    async fn open(ledger: &str) -> anyhow::Result<Self> {
        let mock = MockWechat::start().await;
        let (oa, mp) = (mock.official_account(), mock.mini_program());
        let settings = HashMap::from([
            ("COUPON_LISTEN", "127.0.0.1:0".to_owned()),
            ("COUPON_DATABASE_URL", ledger.to_owned()),
            ("COUPON_ADMIN_TOKEN", ADMIN.to_owned()),
            ("WECHAT_API_BASE", mock.url()),
            ("WECHAT_OA_APPID", oa.appid),
            ("WECHAT_OA_SECRET", oa.secret),
            ("WECHAT_MP_APPID", mp.appid.clone()),
            ("WECHAT_MP_SECRET", mp.secret),
            ("WECHAT_CALLBACK_TOKEN", "callbackToken".to_owned()),
        ]);
        let config = Config::read(|name| settings.get(name).map(Into::into), None)?;
        let service = App::build(config, Arc::new(SystemClock)).await?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let stop = CancellationToken::new();
        tokio::spawn(service.serve(listener, stop.clone()));
        let mut opened = Self {
            url,
            http: reqwest::Client::builder().no_proxy().build()?,
            draft: Value::Null,
            sessions: Vec::new(),
            _stop: stop.drop_guard(),
            mock,
        };
        let picture = reqwest::multipart::Part::bytes(fixtures::image("logo.jpg").to_vec())
            .file_name("logo.jpg");
        let form = reqwest::multipart::Form::new().part("file", picture);
        let logo = opened
            .http
            .post(format!("{}/admin/v1/logos", opened.url))
            .bearer_auth(ADMIN);
        let logo: Value = logo.multipart(form).send().await?.json().await?;
        opened.draft = json!({
            "kind": "general_coupon", "title": "满百减二十", "brand_name": "星河小馆",
            "logo_url": logo["url"], "color": "Color010", "code_type": "qrcode",
            "notice": "结账前请出示券码", "description": "每桌限用一张", "detail": "买单立减二十元",
            "valid": {"days": 30, "starts_after_days": 0}, "stock": 1_000_000,
            "limit_per_user": LIMIT,
        });
        for user in USERS {
            let js_code = opened.mock.user(user).login(&mp.appid)?;
            let login = json!({"js_code": js_code});
            let login = opened.post("/v1/login", "", &login).await?;
            opened.sessions.push(text(&login, "session_token")?);
        }
        Ok(opened)
    }

    async fn post(&self, path: &str, token: &str, body: &Value) -> anyhow::Result<Value> {
        let request = self.http.post(format!("{}{path}", self.url));
        let request = request.bearer_auth(token).body(body.to_string());
        let response = request.send().await?;
        let status = response.status();
        let answer: Value = response.json().await?;
        ensure!(status.is_success(), "{path}: {status} {answer}");
        Ok(answer)
    }

    /// Claims per second.
    async fn claims(&self) -> anyhow::Result<f64> {
        let page = self.mock.mini_program().appid;
        let (mut path, mut card_id) = (String::new(), String::new());
        let mut claims = Vec::new();
        for number in 0..CLAIMS {
            if number % (USERS.len() * LIMIT) == 0 {
                let made = self.post("/admin/v1/coupons", ADMIN, &self.draft).await?;
                path = format!("/v1/coupons/{}/card-ext", text(&made, "id")?);
                card_id = text(&made, "card_id")?;
            }
            let user = number % USERS.len();
            let session = &self.sessions[user];
            let signed = self.post(&path, session, &Value::Null).await?;
            let phone = self.mock.user(USERS[user]);
            let taken = phone.add_card(&page, &card_id, text(&signed, "cardExt")?)?;
            let encrypted = taken.encrypted_code().context("no code")?;
            claims.push((
                session,
                json!({"card_id": card_id, "encrypt_code": encrypted}),
            ));
        }
        let began = Instant::now();
        stream::iter(claims)
            .map(async |(session, body)| self.post("/v1/claims", session, &body).await)
            .buffer_unordered(CALLERS)
            .try_for_each(async |_| Ok(()))
            .await?;
        Ok(rate(CLAIMS, began))
    }
}

fn text(answer: &Value, key: &str) -> anyhow::Result<String> {
    let text = answer[key].as_str();
    text.map(str::to_owned)
        .with_context(|| format!("no {key} in {answer}"))
}
