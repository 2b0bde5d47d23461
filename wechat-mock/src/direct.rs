//! The mock without a port: what the benches count the instructions of.

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

use crate::{mock::Mock, server, world::World};

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
