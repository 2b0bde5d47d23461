//! What time it is at WeChat, by which its pushes are judged.
//!
//! Our own clock may be wrong, and what it would refuse then is lost. So a time that does not fit is
//! compared with the clock of WeChat's answers, asked for anew if need be, before it is refused.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::Mutex;

use crate::state::AppState;

/// How long WeChat may take to tell its time; it waits 5 seconds for the answer to its push.
const PATIENCE: Duration = Duration::from_secs(2);

/// Judges times that WeChat names. Clones share when it was last asked.
#[derive(Clone, Debug)]
pub(crate) struct WechatTime {
    /// Seconds by which a time may be off.
    window: i64,
    asked_at: Arc<Mutex<Option<Instant>>>,
}

impl WechatTime {
    pub(crate) fn new(window: i64) -> Self {
        Self {
            window,
            asked_at: Arc::default(),
        }
    }

    /// Whether `fits` holds at WeChat's time, given with the seconds by which one may be off.
    pub(crate) async fn fits(&self, state: &AppState, fits: impl Fn(i64, i64) -> bool) -> bool {
        let known = state.wechat.cards.server_now();
        if fits(known.unwrap_or_else(|| state.clock.now()), self.window) {
            return true;
        }
        // One question at a time, whose answer is for all who wait: anybody can send old queries.
        let came_at = Instant::now();
        let mut asked_at = self.asked_at.lock().await;
        if asked_at.is_none_or(|at| at < came_at) {
            let at = Instant::now();
            let asked = tokio::time::timeout(PATIENCE, state.wechat.cards.ask_server_time()).await;
            *asked_at = Some(at);
            if !matches!(asked, Ok(Ok(_))) {
                tracing::warn!("WeChat did not say what time it is there");
            }
        }
        let now = state.wechat.cards.server_now();
        fits(now.unwrap_or_else(|| state.clock.now()), self.window)
    }
}
