//! What every call works with.

use std::{sync::Arc, time::Duration};

use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tokio::sync::{Mutex, Notify};
use tokio_util::task::TaskTracker;
use wechat_client::callback::Callback;

use crate::{
    Clock, Config,
    operations::owner::Owner,
    reachability::Reachability,
    store::{Store, sessions::TokenHash},
    wechat::Wechat,
    wechat_time::WechatTime,
};

/// The ledger, WeChat, the clock; clones share them.
#[derive(Clone, Debug)]
pub(crate) struct AppState {
    pub(crate) store: Store,
    pub(crate) wechat: Wechat,
    /// Whether WeChat answered lately.
    pub(crate) reachability: Reachability,
    pub(crate) clock: Arc<dyn Clock>,
    /// What WeChat pushes is opened by it.
    pub(crate) callback: Callback,
    /// Whether what it pushes is of this time.
    pub(crate) wechat_time: WechatTime,
    /// Wakes who acts upon pushes.
    pub(crate) pushed: Arc<Notify>,
    /// Who this process is among those that share the ledger.
    pub(crate) owner: Owner,
    /// Work that outlives the call that began it; the end of the program waits for it.
    pub(crate) tasks: TaskTracker,
    pub(crate) admin_token: AdminToken,
    /// Seconds that a login lasts.
    pub(crate) session_ttl: i64,
    /// How often ledger and WeChat are brought together.
    pub(crate) reconcile_every: Duration,
    /// Held while this process does that.
    pub(crate) reconciling: Arc<Mutex<()>>,
}

impl AppState {
    pub(crate) fn new(
        config: &Config,
        store: Store,
        wechat: Wechat,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            store,
            wechat,
            reachability: Reachability::default(),
            clock,
            callback: Callback::with_mode(
                config.callback_token.expose_secret().into(),
                config.callback_aes_key.clone(),
                config.official_account.app_id.as_str().into(),
                config.callback_mode,
            ),
            wechat_time: WechatTime::new(config.callback_window),
            pushed: Arc::default(),
            owner: Owner::new(),
            tasks: TaskTracker::new(),
            admin_token: AdminToken::new(config.admin_token.expose_secret()),
            session_ttl: config.session_ttl,
            reconcile_every: config.reconcile_every,
            reconciling: Arc::default(),
        }
    }

    pub(crate) async fn close(&self) {
        self.store.close().await;
    }
}

/// SHA-256 of the admin's token: of one length, whatever came, so that comparing tells nothing.
#[derive(Clone)]
pub(crate) struct AdminToken([u8; 32]);

impl AdminToken {
    pub(crate) fn new(token: &str) -> Self {
        Self(hash(token))
    }

    /// Whether a token is the admin's, without telling by the time it takes.
    pub(crate) fn is(&self, token: &str) -> bool {
        self.0.ct_eq(&hash(token)).into()
    }
}

impl std::fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AdminToken([redacted])")
    }
}

/// What the ledger keeps of a token.
pub(crate) fn hash(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}
