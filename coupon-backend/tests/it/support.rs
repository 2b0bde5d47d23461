//! A service with its own ledger and its own mock.

use std::collections::HashMap;

use coupon_backend::{Config, TestClock};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use wechat_mock::{AddCardOutcome, MockWechat};

mod instance;

pub(crate) use instance::{Answer, Instance, send};

pub(crate) const ADMIN: &str = "admin-token-of-the-tests";
/// 2026-12-23T04:26:40Z.
pub(crate) const NOW: i64 = 1_798_000_000;
pub(crate) const DAY: i64 = 86_400;
/// Names the MySQL server on which the ledgers are made; without it they are SQLite's files.
pub(crate) const LEDGER_SERVER: &str = "TEST_LEDGER_SERVER";
pub(crate) const CALLBACK_TOKEN: &str = "callbackToken";
/// Its last two bits mean nothing.
pub(crate) const CALLBACK_KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

pub(crate) fn settings(
    mock: &MockWechat,
    api_base: &str,
    ledger: &str,
) -> HashMap<&'static str, String> {
    let (oa, mp) = (mock.official_account(), mock.mini_program());
    HashMap::from([
        ("COUPON_LISTEN", "127.0.0.1:0".to_owned()),
        ("COUPON_DATABASE_URL", ledger.to_owned()),
        ("COUPON_ADMIN_TOKEN", ADMIN.to_owned()),
        ("WECHAT_API_BASE", api_base.to_owned()),
        ("WECHAT_OA_APPID", oa.appid),
        ("WECHAT_OA_SECRET", oa.secret),
        ("WECHAT_MP_APPID", mp.appid),
        ("WECHAT_MP_SECRET", mp.secret),
        ("WECHAT_CALLBACK_TOKEN", CALLBACK_TOKEN.to_owned()),
        ("WECHAT_CALLBACK_AES_KEY", CALLBACK_KEY.to_owned()),
        // Most tests push in clear, at one moment, and set the clocks at will.
        ("WECHAT_CALLBACK_MODE", "plain".to_owned()),
        ("WECHAT_CALLBACK_WINDOW", "31622400".to_owned()),
    ])
}

/// A shop: a mock, a ledger, and a service between them.
pub(crate) struct Shop {
    pub(crate) mock: MockWechat,
    pub(crate) clock: TestClock,
    pub(crate) service: Instance,
    api_base: String,
    ledger: String,
    folder: tempfile::TempDir,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        let mock = MockWechat::start().await;
        let api_base = mock.url();
        Self::open_at(mock, api_base).await
    }

    /// A shop whose service reaches the mock by another address.
    pub(crate) async fn open_at(mock: MockWechat, api_base: String) -> Self {
        mock.clock().freeze();
        mock.clock().set(NOW).unwrap();
        let mut shop = Self::unopened(mock, api_base).await;
        shop.service = shop.instance_with(&shop.settings()).await;
        shop
    }

    /// A shop whose services are still to be started, and whose mock has the time of day.
    pub(crate) async fn unopened(mock: MockWechat, api_base: String) -> Self {
        let ledger = match std::env::var(LEDGER_SERVER) {
            Ok(server) => new_database(&server).await,
            Err(_) => String::new(),
        };
        Self::on(mock, api_base, ledger)
    }

    /// The same on a database that is there; without a URL it is a file.
    pub(crate) fn on(mock: MockWechat, api_base: String, mut ledger: String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        if ledger.is_empty() {
            ledger = format!("sqlite://{}?mode=rwc", ledger_in(&folder).display());
        }
        Self {
            service: Instance::at("http://127.0.0.1:9".to_owned()),
            mock,
            clock: TestClock::at(NOW),
            api_base,
            ledger,
            folder,
        }
    }

    /// Another instance on the same ledger.
    pub(crate) async fn second_instance(&self) -> Instance {
        self.instance_without("").await
    }

    /// Another instance, one of whose settings is missing.
    pub(crate) async fn instance_without(&self, setting: &str) -> Instance {
        let mut settings = settings(&self.mock, &self.api_base, &self.ledger);
        settings.remove(setting);
        let config = Config::read(|name| settings.get(name).map(Into::into), None).unwrap();
        Instance::start(config, self.clock.clone()).await
    }

    /// An instance with other settings.
    pub(crate) async fn instance_with(&self, settings: &HashMap<&'static str, String>) -> Instance {
        let config = Config::read(|name| settings.get(name).map(Into::into), None).unwrap();
        Instance::start(config, self.clock.clone()).await
    }

    /// How many operations the ledger holds that redeem.
    pub(crate) async fn operations(&self) -> i64 {
        let row: (i64,) = sqlx::query_as("SELECT COUNT(*) FROM operations WHERE kind = 'redeem'")
            .fetch_one(&self.ledger().await)
            .await
            .unwrap();
        row.0
    }

    /// Leaves the redemption of a code behind as an owner does that was lost in the middle of it: a
    /// redemption that was let go is set running again.
    pub(crate) async fn leave_running(&self, code: &str, key: &str, lease_until: i64) {
        self.mock
            .faults()
            .add(
                wechat_mock::Fault::new(wechat_mock::FaultKind::Errcode(-1))
                    .on("/card/code/consume")
                    .times(1),
            )
            .unwrap();
        assert_eq!(send(self.service.keyed_redeem(code, key)).await.status, 503);
        let ledger = self.ledger().await;
        sqlx::query(
            "UPDATE operations SET state = 'running', owner = 'elsewhere:1:1:x', lease_until = ?, \
             try_ended_at = NULL WHERE idem_key = ?",
        )
        .bind(lease_until)
        .bind(key)
        .execute(&ledger)
        .await
        .unwrap();
        sqlx::query("UPDATE claims SET operation_id = (SELECT id FROM operations WHERE idem_key = ?) WHERE code = ?")
            .bind(key)
            .bind(code)
            .execute(&ledger)
            .await
            .unwrap();
    }

    /// WeChat says how a code stands once more, and then no more: before a redemption, not after it.
    pub(crate) fn forget_codes_after_one(&self) {
        use wechat_mock::{Fault, FaultKind};

        let path = "/card/code/get";
        // The oldest fault in force is the one that happens.
        let harmless = Fault::new(FaultKind::DelayMs(0)).on(path).times(1);
        self.mock.faults().add(harmless).unwrap();
        let busy = Fault::new(FaultKind::Errcode(-1)).on(path);
        self.mock.faults().add(busy).unwrap();
    }

    /// The settings of this shop's service.
    pub(crate) fn settings(&self) -> HashMap<&'static str, String> {
        settings(&self.mock, &self.api_base, &self.ledger)
    }

    /// Where the ledger's file is.
    pub(crate) fn ledger_file(&self) -> std::path::PathBuf {
        ledger_in(&self.folder)
    }

    pub(crate) fn ledger_url(&self) -> &str {
        &self.ledger
    }

    /// Whether the ledger is on a MySQL server.
    pub(crate) fn is_on_a_server(&self) -> bool {
        self.ledger.starts_with("mysql:")
    }

    /// The ledger itself, past the service.
    pub(crate) async fn ledger(&self) -> sqlx::AnyPool {
        sqlx::any::install_default_drivers();
        sqlx::AnyPool::connect(&self.ledger).await.unwrap()
    }

    /// Moves both clocks.
    pub(crate) fn advance(&self, seconds: i64) {
        self.clock.advance(seconds);
        self.mock.clock().advance(seconds).unwrap();
    }

    pub(crate) async fn admin(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.service.call(method, path, ADMIN, body).await
    }

    pub(crate) async fn login(&self, name: &str) -> String {
        let js_code = self
            .mock
            .user(name)
            .login(&self.mock.mini_program().appid)
            .unwrap();
        let body = json!({"js_code": js_code});
        let answer = self.service.call("POST", "/v1/login", "", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.get("session_token")
    }

    pub(crate) async fn upload(&self, path: &str, bytes: Vec<u8>) -> Answer {
        let form = Form::new().part("file", Part::bytes(bytes).file_name("图片.jpg"));
        send(self.service.request("POST", path, ADMIN).multipart(form)).await
    }

    pub(crate) async fn logo(&self) -> String {
        let answer = self
            .upload("/admin/v1/logos", fixtures::image("logo.jpg").to_vec())
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.get("url")
    }

    /// A draft that WeChat takes.
    pub(crate) async fn draft(&self) -> Value {
        draft(&self.logo().await)
    }

    /// A coupon made from a changed draft: its id and its card.
    pub(crate) async fn coupon_with(&self, change: impl FnOnce(&mut Value)) -> (String, String) {
        let mut draft = self.draft().await;
        change(&mut draft);
        let answer = self.admin("POST", "/admin/v1/coupons", &draft).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        (answer.get("id"), answer.get("card_id"))
    }

    pub(crate) async fn coupon(&self) -> (String, String) {
        self.coupon_with(|_| {}).await
    }

    pub(crate) async fn card_ext(&self, id: &str, session: &str) -> Answer {
        let path = format!("/v1/coupons/{id}/card-ext");
        self.service
            .call("POST", &path, session, &Value::Null)
            .await
    }

    /// What the customer's WeChat does with what the service signed.
    pub(crate) async fn add_card(&self, name: &str, id: &str, session: &str) -> AddCardOutcome {
        let signed = self.card_ext(id, session).await;
        assert_eq!(signed.status, 200, "{}", signed.text);
        let page = self.mock.mini_program().appid;
        let (card_id, ext) = (signed.get("cardId"), signed.get("cardExt"));
        self.mock.user(name).add_card(&page, &card_id, ext).unwrap()
    }

    pub(crate) async fn claim(&self, session: &str, card_id: &str, encrypted: &str) -> Answer {
        let body = json!({"card_id": card_id, "encrypt_code": encrypted});
        self.service
            .call("POST", "/v1/claims", session, &body)
            .await
    }

    /// A claimed coupon of a customer's.
    pub(crate) async fn claimed(&self, name: &str) -> Claimed {
        let (id, card_id) = self.coupon().await;
        self.claimed_of(name, &id, &card_id).await
    }

    pub(crate) async fn claimed_of(&self, name: &str, id: &str, card_id: &str) -> Claimed {
        let session = self.login(name).await;
        let outcome = self.add_card(name, id, &session).await;
        let encrypted = outcome
            .encrypted_code()
            .unwrap_or_else(|| panic!("{outcome:?}"))
            .to_owned();
        let answer = self.claim(&session, card_id, &encrypted).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        Claimed {
            session,
            card_id: card_id.to_owned(),
            encrypted,
            code: answer.get("code"),
        }
    }

    pub(crate) async fn redeem(&self, code: &str) -> Answer {
        let path = format!("/admin/v1/codes/{code}/redeem");
        self.admin("POST", &path, &Value::Null).await
    }

    /// What another program of the shop does at WeChat, by the API.
    pub(crate) async fn elsewhere(&self, path: &str, body: &Value) -> Value {
        let oa = self.mock.official_account();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let base = self.mock.url();
        let token = format!(
            "{base}/cgi-bin/token?grant_type=client_credential&appid={}&secret={}",
            oa.appid, oa.secret
        );
        let token: Value = http.get(token).send().await.unwrap().json().await.unwrap();
        let token = token["access_token"].as_str().unwrap();
        let url = format!("{base}{path}?access_token={token}");
        let answer = http.post(url).body(body.to_string()).send().await.unwrap();
        answer.json().await.unwrap()
    }

    /// Lets the mock's cards wait for a reviewer.
    pub(crate) async fn review_by_hand(&self) {
        let path = format!("/_mock/v1/accounts/{}", self.mock.official_account().appid);
        let body = json!({"review": "manual"});
        assert_eq!(self.control("PATCH", &path, &body).await, 200);
    }

    /// The reviewer passes a card.
    pub(crate) async fn pass_review(&self, card_id: &str) {
        let path = format!("/_mock/v1/cards/{card_id}/review");
        assert_eq!(
            self.control("POST", &path, &json!({"pass": true})).await,
            200
        );
    }

    /// A call of the mock's control API; its status.
    pub(crate) async fn control(&self, method: &str, path: &str, body: &Value) -> u16 {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("{}{path}", self.mock.url());
        let request = http.request(method.parse().unwrap(), url);
        let answer = request.body(body.to_string()).send().await.unwrap();
        answer.status().as_u16()
    }

    /// A ledger of its own beside the shop's.
    pub(crate) fn other_ledger(&self) -> String {
        format!(
            "sqlite://{}?mode=rwc",
            self.folder.path().join("other.db").display()
        )
    }

    /// The coupon as the admin sees it.
    pub(crate) async fn one_coupon(&self, id: &str) -> Value {
        let path = format!("/admin/v1/coupons/{id}");
        self.admin("GET", &path, &Value::Null).await.json()
    }

    /// How often WeChat was called at a path.
    pub(crate) fn calls(&self, path: &str) -> usize {
        self.mock.journal().of_path(path).len()
    }
}

fn ledger_in(folder: &tempfile::TempDir) -> std::path::PathBuf {
    folder.path().join("账本.db")
}

/// A database of its own on a MySQL server, whose URL names none: `mysql://root@127.0.0.1:3306`.
pub(crate) async fn new_database(server: &str) -> String {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).unwrap();
    let name = format!("coupons_{}", hex::encode(bytes));
    let pool = sqlx::MySqlPool::connect(server).await.unwrap();
    let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
    sqlx::query(create).execute(&pool).await.unwrap();
    pool.close().await;
    format!("{}/{name}", server.trim_end_matches('/'))
}

pub(crate) struct Claimed {
    pub(crate) session: String,
    pub(crate) card_id: String,
    pub(crate) encrypted: String,
    pub(crate) code: String,
}

/// A draft with a logo, valid for 30 days from [`NOW`].
pub(crate) fn draft(logo: &str) -> Value {
    json!({
        "kind": "general_coupon",
        "title": "满百减二十",
        "brand_name": "星河小馆",
        "logo_url": logo,
        "color": "Color010",
        "code_type": "qrcode",
        "notice": "结账前请出示券码",
        "description": "每桌限用一张",
        "detail": "买单立减二十元",
        "valid": {"from": "2026-12-23T12:26:40+08:00", "to": "2027-01-22T12:26:40+08:00"},
        "stock": 100,
        "limit_per_user": 2,
    })
}
