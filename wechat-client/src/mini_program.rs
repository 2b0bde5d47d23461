//! A mini-program: who is logged in.

use std::time::Duration;

use serde::Deserialize;

use crate::{
    AppId, AppSecret, BuildError, Error, JsCode, OpenId, SessionKey, UnionId,
    transport::{Call, Timing, Transport, WECHAT},
};

/// Asks WeChat who stands behind a mini-program's login code.
///
/// Its appid and secret are the mini-program's, not the Official Account's, which owns the cards.
#[derive(Clone, Debug)]
pub struct MiniProgram {
    app_id: AppId,
    secret: AppSecret,
    transport: Transport,
}

/// How to reach WeChat for a mini-program.
#[derive(Clone, Debug)]
pub struct MiniProgramBuilder {
    app_id: AppId,
    secret: AppSecret,
    base: String,
    timing: Timing,
}

impl MiniProgramBuilder {
    /// Where WeChat answers; a stand-in's URL in tests. By default `https://api.weixin.qq.com`.
    #[must_use]
    pub fn api_base(mut self, base: &str) -> Self {
        base.clone_into(&mut self.base);
        self
    }

    /// How long to wait for an answer; 5 seconds by default.
    #[must_use]
    pub fn try_timeout(mut self, limit: Duration) -> Self {
        self.timing.each_try = limit;
        self
    }

    /// The client.
    ///
    /// # Errors
    ///
    /// [`BuildError`] when the base is no URL or there is no TLS.
    pub fn build(self) -> Result<MiniProgram, BuildError> {
        Ok(MiniProgram {
            transport: Transport::new(&self.base, self.timing)?,
            app_id: self.app_id,
            secret: self.secret,
        })
    }
}

/// Who is logged in.
#[derive(Clone, Debug)]
pub struct MiniSession {
    /// The customer at the mini-program; another than at the Official Account.
    pub openid: OpenId,
    /// The customer at all apps of the Open Platform account, when there is one.
    pub unionid: Option<UnionId>,
    /// The key of the customer's encrypted data; it must not leave the backend.
    pub session_key: SessionKey,
}

impl MiniProgram {
    /// A client for the mini-program with this appid and secret.
    pub fn builder(app_id: AppId, secret: AppSecret) -> MiniProgramBuilder {
        MiniProgramBuilder {
            app_id,
            secret,
            base: WECHAT.to_owned(),
            timing: Timing::default(),
        }
    }

    /// Who stands behind what `wx.login` gave the page. The code is burnt by it.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] with [`crate::ErrCode::INVALID_JS_CODE`], [`crate::ErrCode::JS_CODE_USED`] or
    /// [`crate::ErrCode::JS_CODE_BLOCKED`] when the code is no good.
    pub async fn code_to_session(&self, js_code: &JsCode) -> Result<MiniSession, Error> {
        #[derive(Deserialize)]
        struct Answer {
            openid: OpenId,
            unionid: Option<UnionId>,
            session_key: String,
        }

        let call = Call {
            // Asked again, WeChat would say that the code was used.
            is_repeatable: false,
            ..Call::get("/sns/jscode2session")
        }
        .query("appid", self.app_id.as_str())
        .query("secret", self.secret.expose())
        .query("js_code", js_code.as_str())
        .query("grant_type", "authorization_code");
        let answer: Answer = self.transport.json(&call).await?;
        Ok(MiniSession {
            openid: answer.openid,
            unionid: answer.unionid,
            session_key: answer.session_key.into(),
        })
    }
}
