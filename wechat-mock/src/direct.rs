//! The mock without a port, and the encryption of codes and pushes: what the benches measure.

use std::net::SocketAddr;

use axum::{
    Router,
    body::Body,
    http::{Method, Request, Uri},
};
use bytes::{Bytes, BytesMut};
use futures_util::{FutureExt, StreamExt};
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;

use crate::{
    MockWechat,
    mock::Mock,
    msgcrypt::{MessageKey, SALT},
    seal::SealKey,
    server,
    world::World,
};

/// A mock with the starter world that is asked without a network.
#[derive(Debug)]
pub struct Direct(TowerToHyperService<Router>);

impl Direct {
    /// The seed is always the same.
    pub fn start() -> Self {
        let mock = Mock::new(World::starter(crate::builder::SEED), None);
        let here = SocketAddr::from(([127, 0, 0, 1], 7420));
        Self(TowerToHyperService::new(server::router(mock, here)))
    }

    /// Answers one request: the status and the body.
    ///
    /// # Panics
    ///
    /// When the answer has to wait for something, which no call does that is measured.
    pub fn ask(
        &self,
        method: Method,
        uri: Uri,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> (u16, Bytes) {
        let mut request = Request::builder()
            .method(method)
            .uri(uri)
            .header("host", "127.0.0.1:7420");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body)).expect("a request");
        let answered = self.0.call(request).now_or_never();
        let response = match answered.expect("nothing is waited for") {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let status = response.status().as_u16();
        let mut parts = response.into_body().into_data_stream();
        let mut whole = BytesMut::new();
        while let Some(part) = parts.next().now_or_never().expect("a body that is there") {
            whole.extend_from_slice(&part.expect("a body that is whole"));
        }
        (status, whole.freeze())
    }
}

/// How many entries of a mock's world were looked at in all calls so far: cards, codes, users and what
/// leads to them.
pub fn visits(mock: &MockWechat) -> u64 {
    mock.mock.world.visits()
}

/// The keys of an account, for codes and for pushes.
#[derive(Clone)]
pub struct Keys {
    code: SealKey,
    push: MessageKey,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

impl Keys {
    const APPID: &str = "wx00000000000000a0";

    /// The same keys every time; `aes_key` is an `EncodingAESKey`.
    ///
    /// # Panics
    ///
    /// When `aes_key` is none.
    pub fn new(aes_key: &str) -> Self {
        Self {
            code: SealKey::new([7; 32], [9; 20]),
            push: MessageKey::read(aes_key).expect("43 characters of base64"),
        }
    }

    /// Encrypts a code.
    pub fn seal_code(&self, code: &str) -> String {
        self.code.seal(code)
    }

    /// Decrypts what [`Self::seal_code`] made.
    pub fn open_code(&self, text: &str) -> Option<String> {
        self.code.open(text).ok()
    }

    /// Encrypts a push.
    pub fn seal_push(&self, message: &str) -> String {
        self.push.seal([3; SALT], message, Self::APPID)
    }

    /// Decrypts what [`Self::seal_push`] made.
    pub fn open_push(&self, text: &str) -> Option<String> {
        self.push.open(text, Self::APPID)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_open_what_they_sealed_and_nothing_else() {
        let keys = Keys::new("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG");
        let code = keys.seal_code("018255396048");
        assert_eq!(code.len(), 44);
        assert_eq!(keys.open_code(&code).as_deref(), Some("018255396048"));
        assert_eq!(keys.open_code("018255396048"), None);

        let push = keys.seal_push("<xml></xml>");
        assert_eq!(keys.open_push(&push).as_deref(), Some("<xml></xml>"));
        assert_eq!(keys.open_push(&code), None);
    }
}
