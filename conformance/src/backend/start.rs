//! A mock and a backend in this process, for one case or one history.

use std::{collections::HashMap, sync::Arc};

use coupon_backend::{App, Clock, Config, SystemClock};
use serde_json::{Map, json};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use wechat_mock::MockWechat;

use super::{http, scene::Shop};
use crate::arrange::{Action, ArrangeError, Arranger, ControlApi};

const ADMIN_TOKEN: &str = "admin-token-of-the-suite";
const CALLBACK_TOKEN: &str = "callbackToken";

/// Both, and the folder in which the ledger lies; they end with it.
pub(crate) struct Started {
    pub(crate) shop: Shop,
    ending: CancellationToken,
    serving: Option<JoinHandle<std::io::Result<()>>>,
    mock: MockWechat,
    _folder: tempfile::TempDir,
}

impl Started {
    pub(super) async fn new() -> Result<Self, ArrangeError> {
        let mock = MockWechat::start().await;
        Self::with(mock, Arc::new(SystemClock), []).await
    }

    /// A backend of that mock, with a clock and further settings.
    pub(crate) async fn with<const MORE: usize>(
        mock: MockWechat,
        clock: Arc<dyn Clock>,
        more: [(&'static str, String); MORE],
    ) -> Result<Self, ArrangeError> {
        let failed = |what: &str, error: String| ArrangeError::Failed(format!("{what}: {error}"));
        let folder = tempfile::tempdir().map_err(|error| failed("a folder", error.to_string()))?;
        let (oa, mp) = (mock.official_account(), mock.mini_program());
        let ledger = folder.path().join("coupons.db");
        let mut settings = HashMap::from([
            ("COUPON_LISTEN", "127.0.0.1:0".to_owned()),
            (
                "COUPON_DATABASE_URL",
                format!("sqlite://{}?mode=rwc", ledger.display()),
            ),
            ("COUPON_ADMIN_TOKEN", ADMIN_TOKEN.to_owned()),
            ("WECHAT_API_BASE", mock.url()),
            ("WECHAT_OA_APPID", oa.appid.clone()),
            ("WECHAT_OA_SECRET", oa.secret),
            ("WECHAT_MP_APPID", mp.appid.clone()),
            ("WECHAT_MP_SECRET", mp.secret),
            ("WECHAT_CALLBACK_TOKEN", CALLBACK_TOKEN.to_owned()),
            ("WECHAT_CALLBACK_MODE", "plain".to_owned()),
        ]);
        settings.extend(more);
        let config = Config::read(|name| settings.get(name).map(Into::into), None)
            .map_err(|error| failed("the settings", error.to_string()))?;
        let app = App::build(config, clock)
            .await
            .map_err(|error| failed("the backend", error.to_string()))?;
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.map_err(|error| failed("a port", error.to_string()))?;
        let address = listener.local_addr();
        let address = address.map_err(|error| failed("a port", error.to_string()))?;
        let url = format!("http://{address}");
        let ending = CancellationToken::new();
        let serving = tokio::spawn(app.serve(listener, ending.clone()));

        let http = http()?;
        let control = ControlApi::new(&mock.url(), None, http.clone());
        let callback = json!({
            "url": format!("{url}/wechat/callback"), "token": CALLBACK_TOKEN, "mode": "plain",
        });
        let with = Map::from_iter([("callback".to_owned(), callback)]);
        let account = oa.appid.clone();
        control
            .carry_out(Action::ChangeAccount { account, with })
            .await?;
        let shop = Shop {
            url,
            http,
            arranger: Arc::new(control),
            admin_token: ADMIN_TOKEN.to_owned(),
            oa: oa.appid,
            mp: mp.appid,
            callback_token: Some(CALLBACK_TOKEN.to_owned()),
        };
        Ok(Self {
            shop,
            ending,
            serving: Some(serving),
            mock,
            _folder: folder,
        })
    }

    /// Where the mock answers.
    pub(crate) fn mock_url(&self) -> String {
        self.mock.url()
    }

    /// Ends the backend, and waits until it has.
    pub(crate) async fn end(&mut self) {
        self.ending.cancel();
        if let Some(serving) = self.serving.take() {
            let _ended = serving.await;
        }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        self.ending.cancel();
    }
}
