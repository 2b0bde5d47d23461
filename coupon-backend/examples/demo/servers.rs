//! The mock and the backend, on their default ports or on free ones.

use std::{collections::HashMap, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context, bail, ensure};
use coupon_backend::{App, Clock, Config};
use reqwest::{
    RequestBuilder,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use wechat_mock::MockWechat;

use crate::{
    shop,
    tell::{both, say},
};

/// Nobody but this demo's backend takes it.
pub(crate) const ADMIN_TOKEN: &str = "demo-admin-token-for-this-machine-only";

/// What WeChat signs pushes with, 3 to 32 letters or digits.
const CALLBACK_TOKEN: &str = "demoCallbackToken";
/// What it seals them with: 43 characters.
const CALLBACK_KEY: &str = "demoOnlyDemoOnlyDemoOnlyDemoOnlyDemoOnlyDem";

pub(crate) struct Servers {
    pub(crate) mock: MockWechat,
    pub(crate) backend_url: String,
    /// Where the pages of the demo shop are.
    pub(crate) shop_url: String,
    http: reqwest::Client,
    stop: CancellationToken,
    backend: JoinHandle<anyhow::Result<()>>,
    shop: JoinHandle<anyhow::Result<()>>,
    /// Holds the ledger; it goes when the demo ends.
    _folder: tempfile::TempDir,
}

/// The mock's clock: whoever moves it moves the backend's time with it.
#[derive(Debug)]
struct MocksClock(wechat_mock::Clock);

impl Clock for MocksClock {
    fn now(&self) -> i64 {
        self.0.now()
    }
}

/// An answer of the backend's.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) json: Value,
}

impl Answer {
    /// The body, when the status is the one that the step needs.
    pub(crate) fn expect(self, status: u16) -> anyhow::Result<Value> {
        if self.status != status {
            bail!(
                "expected status {status}, came {}: {}",
                self.status,
                self.json
            );
        }
        Ok(self.json)
    }
}

impl Servers {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let counter = listen(
            SocketAddr::from(([127, 0, 0, 1], 7440)),
            "the shop",
            "示例商店",
        )
        .await?;
        let shop_url = format!("http://{}", counter.local_addr()?);
        let mock = start_mock(&shop_url).await?;
        let folder = tempfile::tempdir().context("no place for the ledger")?;
        let ledger = folder.path().join("coupons.db");
        let config = config(&mock, &format!("sqlite://{}?mode=rwc", ledger.display()))?;
        let listener = listen(config.listen(), "the backend", "后端").await?;
        let backend_url = format!("http://{}", listener.local_addr()?);
        let app = App::build(config, Arc::new(MocksClock(mock.clock()))).await?;
        let stop = CancellationToken::new();
        let serving = app.serve(listener, stop.clone());
        let (oa, mp) = (mock.official_account().appid, mock.mini_program().appid);
        let pages = shop::router(&backend_url, &mock.url(), &mp, &oa)?;
        let stopped = stop.clone().cancelled_owned();
        let showing = axum::serve(counter, pages).with_graceful_shutdown(stopped);
        let servers = Self {
            mock,
            backend_url,
            shop_url,
            http: reqwest::Client::builder().no_proxy().build()?,
            stop,
            backend: tokio::spawn(async move { serving.await.context("the backend stopped") }),
            shop: tokio::spawn(async move { showing.await.context("the shop stopped") }),
            _folder: folder,
        };
        servers.set_callback().await.context("the callback")?;
        Ok(servers)
    }

    /// Tells WeChat where to push to, as the shop does in its console; WeChat checks the URL.
    async fn set_callback(&self) -> anyhow::Result<()> {
        let account = format!(
            "{}/_mock/v1/accounts/{}",
            self.mock.url(),
            self.mock.official_account().appid
        );
        let callback = json!({"callback": {
            "url": format!("{}/wechat/callback", self.backend_url),
            "token": CALLBACK_TOKEN,
            "encoding_aes_key": CALLBACK_KEY,
            "mode": "safe",
        }});
        let change = self.http.patch(&account).body(callback.to_string());
        answer(change).await?.expect(200)?;
        let check = self.http.post(format!("{account}/verify-callback"));
        let checked = answer(check).await?.expect(200)?;
        ensure!(
            checked["ok"] == true,
            "WeChat's check of the URL: {checked}"
        );
        Ok(())
    }

    /// Waits until WeChat has pushed what happened, and the backend has acted upon it.
    pub(crate) async fn settled(&self) -> anyhow::Result<()> {
        self.mock.events().settled().await;
        for _ in 0..200 {
            let path = "/admin/v1/pushes?state=pending";
            let pending = self
                .call("GET", path, ADMIN_TOKEN, None)
                .await?
                .expect(200)?;
            if pending["pushes"].as_array().is_some_and(Vec::is_empty) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        bail!("the backend does not act upon what was pushed")
    }

    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.stop.cancel();
        self.backend.await.context("the backend panicked")??;
        // A browser may keep its connection open for long; nothing of it is worth waiting for.
        self.shop.abort();
        Ok(())
    }

    /// A call of the backend's.
    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        token: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Answer> {
        let request = self.request(method, path, token)?;
        let request = match body {
            Some(body) => request
                .header("content-type", "application/json")
                .body(body.to_string()),
            None => request,
        };
        answer(request).await
    }

    /// An upload to the backend.
    pub(crate) async fn upload(&self, path: &str, picture: &'static str) -> anyhow::Result<Answer> {
        let part = Part::bytes(fixtures::image(picture)).file_name(picture);
        let request = self.request("POST", path, ADMIN_TOKEN)?;
        answer(request.multipart(Form::new().part("file", part))).await
    }

    fn request(&self, method: &str, path: &str, token: &str) -> anyhow::Result<RequestBuilder> {
        let url = format!("{}{path}", self.backend_url);
        let request = self.http.request(method.parse()?, url);
        Ok(if token.is_empty() {
            request
        } else {
            request.bearer_auth(token)
        })
    }

    /// A call of WeChat's own, made without the backend.
    pub(crate) async fn wechat(&self, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let url = format!("{}{path}", self.mock.url());
        let request = match body {
            Some(body) => self.http.post(url).body(body.to_string()),
            None => self.http.get(url),
        };
        Ok(answer(request).await?.json)
    }
}

async fn answer(request: RequestBuilder) -> anyhow::Result<Answer> {
    let response = request.send().await.map_err(reqwest::Error::without_url)?;
    let status = response.status().as_u16();
    let text = response.text().await?;
    let json = serde_json::from_str(&text).with_context(|| format!("no JSON: {text}"))?;
    Ok(Answer { status, json })
}

async fn start_mock(shop_url: &str) -> anyhow::Result<MockWechat> {
    // The same in every run: what it prints can be compared.
    let builder = MockWechat::builder().seed(7420).allow_origin(shop_url);
    let usual = SocketAddr::from(([127, 0, 0, 1], 7420));
    if let Ok(mock) = builder.clone().listen(usual).try_start().await {
        return Ok(mock);
    }
    say(&both(
        "port 7420 is taken; the mock takes a free one",
        "端口 7420 已被占用，模拟服务改用空闲端口",
    ));
    Ok(builder.try_start().await?)
}

async fn listen(usual: SocketAddr, en: &str, zh: &str) -> anyhow::Result<TcpListener> {
    if let Ok(listener) = TcpListener::bind(usual).await {
        return Ok(listener);
    }
    let port = usual.port();
    say(&both(
        format!("port {port} is taken; {en} takes a free one"),
        format!("端口 {port} 已被占用，{zh}改用空闲端口"),
    ));
    TcpListener::bind("127.0.0.1:0")
        .await
        .context("no free port")
}

fn config(mock: &MockWechat, database_url: &str) -> anyhow::Result<Config> {
    let (oa, mp) = (mock.official_account(), mock.mini_program());
    let settings = HashMap::from([
        ("COUPON_DATABASE_URL", database_url.to_owned()),
        ("COUPON_ADMIN_TOKEN", ADMIN_TOKEN.to_owned()),
        ("WECHAT_API_BASE", mock.url()),
        ("WECHAT_OA_APPID", oa.appid),
        ("WECHAT_OA_SECRET", oa.secret),
        ("WECHAT_MP_APPID", mp.appid),
        ("WECHAT_MP_SECRET", mp.secret),
        ("WECHAT_CALLBACK_TOKEN", CALLBACK_TOKEN.to_owned()),
        ("WECHAT_CALLBACK_AES_KEY", CALLBACK_KEY.to_owned()),
    ]);
    let read = Config::read(|name| settings.get(name).map(Into::into), None);
    read.context("the demo's own settings")
}
