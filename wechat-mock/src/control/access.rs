//! Who may call the control API: which web pages, and who has its token.
//!
//! A browser sends a request to this machine for any page that asks for it. The control API therefore
//! looks at `Origin`, which names the page, and at `Host`, which a page of a foreign name keeps even
//! when that name has been made to lead here (DNS rebinding).

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header,
        uri::{Authority, Scheme},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};

use super::Fault;
use crate::{api::call::shortened, mock::Mock};

/// Seconds for which a browser may remember what a page is allowed.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");
const REQUESTED_NETWORK: HeaderName =
    HeaderName::from_static("access-control-request-private-network");
const ALLOWED_NETWORK: HeaderName = HeaderName::from_static("access-control-allow-private-network");

/// The origin of a web page, such as `http://localhost:5173`, as browsers write it: in lower case and
/// without a slash at the end. What it is not, when it is none.
pub(crate) fn read_origin(text: &str) -> Result<String, String> {
    const WANTED: &str =
        "wanted: scheme://host or scheme://host:port, such as http://localhost:5173";
    let origin = text.trim_end_matches('/').to_ascii_lowercase();
    let uri: Uri = origin.parse().map_err(|_| WANTED.to_owned())?;
    let is_bare = uri.path() == "/" && uri.query().is_none() && !origin.contains('@');
    if uri.scheme().is_none() || uri.authority().is_none() || !is_bare || origin.contains('*') {
        return Err(WANTED.to_owned());
    }
    Ok(origin)
}

/// What the checks go by.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    mock: Mock,
    /// Where the mock listens.
    here: SocketAddr,
}

impl Access {
    pub(crate) fn new(mock: &Mock, here: SocketAddr) -> Self {
        Self {
            mock: mock.clone(),
            here,
        }
    }

    /// The origin of a page that is foreign and allowed; nothing for the mock's own pages and for
    /// programs.
    fn page(&self, request: &Request) -> Result<Option<HeaderValue>, Fault> {
        let headers = request.headers();
        self.check_hosts(request.uri(), headers)?;
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let Some(origin) = origins.next() else {
            return Ok(None);
        };
        let text = origin.to_str().unwrap_or_default().to_ascii_lowercase();
        let allowed = &self.mock.allowed_origins;
        if origins.next().is_some() {
            return Err(forbidden("the call names more than one Origin".to_owned()));
        }
        if self.is_own_page(&text, headers) {
            return Ok(None);
        }
        if allowed.contains(&text) {
            return Ok(Some(origin.clone()));
        }
        Err(forbidden(format!(
            "the call comes from a web page of {}, which is not the mock's own: start the mock with \
             --allow-origin {} if that page is yours",
            shortened(&text),
            shortened(&text)
        )))
    }

    fn is_own_page(&self, origin: &str, headers: &HeaderMap) -> bool {
        let Ok(uri) = origin.parse::<Uri>() else {
            return false;
        };
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return false;
        };
        let is_here = *scheme == Scheme::HTTP
            && authority.port_u16().unwrap_or(80) == self.here.port()
            && self.is_own_host(authority);
        // Behind a token the mock's names are many, and a page of one of them is its own.
        let host = headers.get(header::HOST);
        let is_same = host.is_some_and(|host| authority.as_str().as_bytes() == host.as_bytes());
        is_here || (self.mock.control_token.is_some() && is_same)
    }

    /// With a token the name under which the mock is reached does not matter: no foreign page has it.
    fn check_hosts(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Fault> {
        if self.mock.control_token.is_some() {
            return Ok(());
        }
        if let Some(authority) = uri.authority() {
            self.check_host(authority.as_str())?;
        }
        headers
            .get_all(header::HOST)
            .iter()
            .try_for_each(|host| self.check_host(host.to_str().unwrap_or_default()))
    }

    fn check_host(&self, host: &str) -> Result<(), Fault> {
        let allowed = &self.mock.allowed_origins;
        let is_allowed = allowed
            .iter()
            .filter_map(|origin| origin.split_once("://"))
            .any(|(_, known)| known.eq_ignore_ascii_case(host));
        let authority: Result<Authority, _> = host.parse();
        if is_allowed || authority.is_ok_and(|authority| self.is_own_host(&authority)) {
            return Ok(());
        }
        Err(forbidden(format!(
            "the call is for the host {}, which is not the mock's own: call 127.0.0.1, localhost or \
             [::1], or start the mock with --allow-origin http://{}",
            shortened(host),
            shortened(host)
        )))
    }

    fn is_own_host(&self, authority: &Authority) -> bool {
        is_own(authority, self.here.ip())
    }

    fn check_token(&self, headers: &HeaderMap) -> Result<(), Fault> {
        let Some(token) = &self.mock.control_token else {
            return Ok(());
        };
        let shown = headers.get(header::AUTHORIZATION);
        let shown = shown
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "));
        // Of hashes nobody learns by the time how much was right.
        let hash = |text: &str| Sha256::digest(text.as_bytes());
        if shown.is_some_and(|shown| hash(shown) == hash(token)) {
            return Ok(());
        }
        Err(Fault::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "this mock asks for its control token: send it as Authorization: Bearer (it was printed at \
             start, or given by WECHAT_MOCK_CONTROL_TOKEN or --control-token-file)",
        ))
    }
}

/// Whether a host is an address of the mock's, which listens on `here`, as far as it knows them.
pub(crate) fn is_own(authority: &Authority, here: IpAddr) -> bool {
    let host = authority.host();
    if host.eq_ignore_ascii_case("localhost") {
        return true;
    }
    let address: Result<IpAddr, _> = host.trim_matches(['[', ']']).parse();
    address.is_ok_and(|address| address.is_loopback() || address == here || here.is_unspecified())
}

fn forbidden(message: String) -> Fault {
    Fault::new(StatusCode::FORBIDDEN, "foreign_page", message)
}

/// Refuses what a foreign page asks for, and answers the browser of a page that is allowed.
pub(crate) async fn check_page(
    State(access): State<Access>,
    request: Request,
    next: Next,
) -> Response {
    let page = match access.page(&request) {
        Ok(page) => page,
        Err(fault) => return fault.into_response(),
    };
    let Some(origin) = page else {
        return next.run(request).await;
    };
    let headers = request.headers();
    let is_preflight = request.method() == Method::OPTIONS
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if is_preflight {
        preflight(headers)
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    response
}

/// What a browser asks before it sends a call of a page.
fn preflight(asked: &HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (
            header::ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE"),
        ),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("authorization, content-type"),
        ),
        (header::ACCESS_CONTROL_MAX_AGE, MAX_AGE),
    ] {
        headers.insert(name, value);
    }
    if asked.contains_key(REQUESTED_NETWORK) {
        headers.insert(ALLOWED_NETWORK, HeaderValue::from_static("true"));
    }
    response
}

/// Asks for the token, when the mock has one.
pub(crate) async fn check_token(
    State(access): State<Access>,
    request: Request,
    next: Next,
) -> Response {
    match access.check_token(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(fault) => fault.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_a_scheme_and_a_host() {
        for (text, origin) in [
            ("http://localhost:5173", "http://localhost:5173"),
            ("HTTPS://Shop.Example/", "https://shop.example"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(read_origin(text).as_deref(), Ok(origin));
        }
        for text in [
            "",
            "*",
            "null",
            "localhost:5173",
            "http://",
            "http://*.example",
            "http://a.example/page",
            "http://a.example?b",
            "http://a@b.example",
            "/page",
        ] {
            assert!(read_origin(text).is_err(), "{text}");
        }
    }
}
