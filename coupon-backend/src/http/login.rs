//! POST `/v1/login`: a session for what `wx.login` gave the page.

use axum::{Json as Answer, extract::State};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use wechat_client::{ErrCode, JsCode, UnionId};

use super::{AppState, body::Json, error::Failure};
use crate::{clock::rfc3339, state::hash};

/// Bytes of a login code at most; WeChat's have 32.
const JS_CODE: usize = 128;

pub(super) async fn login(
    State(state): State<AppState>,
    body: Json,
) -> Result<Answer<Value>, Failure> {
    let js_code = body.fields(|fields| fields.required_text("js_code", JS_CODE))?;
    let session = state
        .wechat
        .logins
        .code_to_session(&JsCode::from(js_code))
        .await;
    let session = session.map_err(|error| match error.errcode() {
        Some(ErrCode::INVALID_JS_CODE | ErrCode::JS_CODE_USED | ErrCode::JS_CODE_BLOCKED) => {
            Failure::BadLogin
        }
        _ => error.into(),
    })?;

    let token = new_token()?;
    let now = state.clock.now();
    let expires_at = now + state.session_ttl;
    let unionid = session.unionid.as_ref().map(UnionId::as_str);
    state
        .store
        .log_in(
            unionid,
            session.openid.as_str(),
            &hash(&token),
            now,
            expires_at,
        )
        .await?;
    Ok(Answer(
        json!({"session_token": token, "expires_at": rfc3339(expires_at)}),
    ))
}

/// 32 bytes that nobody can guess.
fn new_token() -> Result<String, Failure> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| Failure::Internal)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
