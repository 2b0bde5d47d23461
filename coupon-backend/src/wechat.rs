//! WeChat, as this service reaches it: the Official Account's cards, the mini-program's logins.

use std::sync::Arc;

use secrecy::ExposeSecret;
use wechat_client::{BuildError, Client, MiniProgram};

use crate::{
    Clock, Config,
    clock::ClientClock,
    store::{Store, credentials::Credentials},
};

#[derive(Clone, Debug)]
pub(crate) struct Wechat {
    /// The Official Account, which owns the cards.
    pub(crate) cards: Client,
    /// The mini-program, in which customers log in.
    pub(crate) logins: MiniProgram,
}

impl Wechat {
    pub(crate) fn new(
        config: &Config,
        store: &Store,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, BuildError> {
        let account = &config.official_account;
        let cards = Client::builder(
            account.app_id.as_str().into(),
            account.secret.expose_secret().into(),
        )
        .api_base(&config.api_base)
        .try_timeout(config.wechat_timeout)
        // A redemption asks, acts and may ask again; should each be as slow as can be, it goes on after
        // its caller was answered.
        .total_timeout(config.wechat_timeout * 2)
        .credentials(Arc::new(Credentials::new(
            store.clone(),
            account.secret.expose_secret(),
        )))
        .clock(Arc::new(ClientClock(clock.clone())))
        .build()?;
        let program = &config.mini_program;
        let logins = MiniProgram::builder(
            program.app_id.as_str().into(),
            program.secret.expose_secret().into(),
        )
        .api_base(&config.api_base)
        .try_timeout(config.wechat_timeout)
        .build()?;
        Ok(Self { cards, logins })
    }
}
