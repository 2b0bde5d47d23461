//! What a request meets before the routers: whether it is one to a proxy.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use hyper::{ext::ReasonPhrase, service::Service};
use hyper_util::service::TowerToHyperService;

mod proxy_target;

use super::{files_router, router, weixin_router};
use crate::{
    intercept::{Intercept, serves_files},
    marks::PlainHttp,
    mock::Mock,
};
use proxy_target::ProxyTarget;

/// To whom asks for a tunnel where none begins.
const NO_PROXY: &str = "This is wechat-mock, and no proxy: it answers CONNECT for WeChat's hosts when started with --intercept.\n";

/// Who answers the requests of a connection.
#[derive(Clone)]
pub(super) struct Gate {
    router: TowerToHyperService<Router>,
    /// What answers for the hosts of pictures and videos, where other hosts are answered for.
    files: Option<TowerToHyperService<Router>>,
    weixin: Option<Arc<Weixin>>,
}

/// What answers for WeChat's hosts.
struct Weixin {
    intercept: Intercept,
    /// Where the mock listens.
    here: SocketAddr,
    /// Whether the mock's port is a proxy for them.
    is_proxy: bool,
    /// Leads to WeChat's paths alone, and into no further tunnel.
    gate: Gate,
}

impl Gate {
    /// Leads to all faces of the mock, which listens on `here`.
    pub(super) fn new(mock: &Mock, here: SocketAddr) -> Self {
        let weixin = mock.intercept.clone().map(|intercept| {
            Arc::new(Weixin {
                intercept,
                here,
                is_proxy: mock.is_proxy,
                gate: Self {
                    router: TowerToHyperService::new(weixin_router(mock.clone())),
                    files: Some(TowerToHyperService::new(files_router(mock.clone()))),
                    weixin: None,
                },
            })
        });
        Self {
            router: TowerToHyperService::new(router(mock.clone(), here)),
            files: None,
            weixin,
        }
    }

    /// Answers one request; a response with an [`OnUpgrade`](hyper::upgrade::OnUpgrade) begins a tunnel.
    pub(super) async fn answer(&self, mut request: Request) -> Response {
        let Some(weixin) = self.weixin.as_ref().filter(|weixin| weixin.is_proxy) else {
            if request.method() == Method::CONNECT {
                return (StatusCode::METHOD_NOT_ALLOWED, NO_PROXY).into_response();
            }
            return self.route(request).await;
        };
        match ProxyTarget::of(request.method(), request.uri(), weixin.here) {
            ProxyTarget::Own => self.route(request).await,
            ProxyTarget::Tunnel => established(request),
            ProxyTarget::Https => weixin.gate.route(request).await,
            ProxyTarget::PlainHttp => {
                request.extensions_mut().insert(PlainHttp);
                weixin.gate.route(request).await
            }
            ProxyTarget::Foreign => {
                (StatusCode::FORBIDDEN, proxy_target::refusal(&request)).into_response()
            }
        }
    }

    async fn route(&self, request: Request) -> Response {
        // A router refuses nothing: even its errors are answers.
        let router = match &self.files {
            Some(files) if is_for_files(&request) => files,
            _ => &self.router,
        };
        match router.call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    /// How a client that speaks TLS with one of WeChat's hosts is taken in, and who answers it there.
    pub(super) fn weixin(&self) -> Option<(&Intercept, &Self)> {
        let weixin = self.weixin.as_ref()?;
        Some((&weixin.intercept, &weixin.gate))
    }
}

/// Whether a request is for a host of pictures or videos.
fn is_for_files(request: &Request) -> bool {
    if let Some(authority) = request.uri().authority() {
        return serves_files(authority.host());
    }
    let host = request.headers().get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    serves_files(host.split(':').next().unwrap_or_default())
}

/// Lets a tunnel begin.
fn established(request: Request) -> Response {
    let mut response = Response::new(Body::empty());
    let extensions = response.extensions_mut();
    extensions.insert(ReasonPhrase::from_static(b"Connection Established"));
    extensions.insert(hyper::upgrade::on(request));
    response
}
