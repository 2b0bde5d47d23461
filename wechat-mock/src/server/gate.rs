//! What a request meets before the routers: whether it is one to a proxy.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
};
use hyper::{ext::ReasonPhrase, service::Service};
use hyper_util::service::TowerToHyperService;

mod wish;

use super::{router, weixin_router};
use crate::{intercept::Intercept, marks::PlainHttp, mock::Mock};
use wish::Wish;

/// To whom asks for a tunnel where none begins.
const NO_PROXY: &str = "This is wechat-mock, and no proxy: it answers CONNECT for WeChat's hosts when started with --intercept.\n";

/// Who answers the requests of a connection.
#[derive(Clone)]
pub(super) struct Gate {
    router: TowerToHyperService<Router>,
    proxy: Option<Arc<Proxy>>,
}

/// What answers for WeChat's hosts.
struct Proxy {
    intercept: Intercept,
    /// Where the mock listens.
    here: SocketAddr,
    /// Leads to WeChat's paths alone, and into no further tunnel.
    weixin: Gate,
}

impl Gate {
    /// Leads to all faces of the mock, which listens on `here`.
    pub(super) fn new(mock: &Mock, here: SocketAddr) -> Self {
        let proxy = mock.intercept.clone().map(|intercept| {
            Arc::new(Proxy {
                intercept,
                here,
                weixin: Self {
                    router: TowerToHyperService::new(weixin_router(mock.clone())),
                    proxy: None,
                },
            })
        });
        Self {
            router: TowerToHyperService::new(router(mock.clone(), here)),
            proxy,
        }
    }

    /// Answers one request; a response with an [`OnUpgrade`](hyper::upgrade::OnUpgrade) begins a tunnel.
    pub(super) async fn answer(&self, mut request: Request) -> Response {
        let Some(proxy) = &self.proxy else {
            if request.method() == Method::CONNECT {
                return (StatusCode::METHOD_NOT_ALLOWED, NO_PROXY).into_response();
            }
            return self.route(request).await;
        };
        match Wish::of(request.method(), request.uri(), proxy.here) {
            Wish::Own => self.route(request).await,
            Wish::Tunnel => established(request),
            Wish::PlainHttp => {
                request.extensions_mut().insert(PlainHttp);
                proxy.weixin.route(request).await
            }
            Wish::Foreign => (StatusCode::FORBIDDEN, wish::refusal(&request)).into_response(),
        }
    }

    async fn route(&self, request: Request) -> Response {
        // A router refuses nothing: even its errors are answers.
        match self.router.call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    /// How a client in a tunnel is taken in, and who answers it there.
    pub(super) fn tunnel(&self) -> Option<(&Intercept, &Self)> {
        let proxy = self.proxy.as_ref()?;
        Some((&proxy.intercept, &proxy.weixin))
    }
}

/// Lets a tunnel begin.
fn established(request: Request) -> Response {
    let mut response = Response::new(Body::empty());
    let extensions = response.extensions_mut();
    extensions.insert(ReasonPhrase::from_static(b"Connection Established"));
    extensions.insert(hyper::upgrade::on(request));
    response
}
