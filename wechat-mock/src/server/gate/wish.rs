//! What a request to a proxy asks for, as its method and target tell.

use std::net::SocketAddr;

use axum::{
    extract::Request,
    http::{Method, Uri, uri::Scheme},
};

use crate::{
    api::call::shortened,
    control::access::is_own,
    intercept::{HOSTS, is_intercepted},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// The mock itself.
    Own,
    /// A tunnel to one of WeChat's hosts.
    Tunnel,
    /// One of WeChat's hosts without TLS.
    PlainHttp,
    /// Somebody else.
    Foreign,
}

impl Wish {
    /// `here` is where the mock listens.
    pub(super) fn of(method: &Method, target: &Uri, here: SocketAddr) -> Self {
        let Some(authority) = target.authority() else {
            return if method == Method::CONNECT {
                Self::Foreign
            } else {
                Self::Own
            };
        };
        let is_weixin = is_intercepted(authority.host());
        if method == Method::CONNECT {
            if is_weixin && authority.port_u16() == Some(443) {
                return Self::Tunnel;
            }
        } else if target.scheme() == Some(&Scheme::HTTP) {
            let port = authority.port_u16().unwrap_or(80);
            if is_weixin && port == 80 {
                return Self::PlainHttp;
            }
            if port == here.port() && is_own(authority, here.ip()) {
                return Self::Own;
            }
        }
        Self::Foreign
    }
}

/// Why somebody else is not reached.
pub(super) fn refusal(request: &Request) -> String {
    let target = request.uri().to_string();
    format!(
        "wechat-mock is no open proxy: it takes CONNECT to port 443 of {}, and nothing else. What came was {} {}. \
         Keep other hosts away from it with NO_PROXY.\n",
        HOSTS.join(", "),
        request.method(),
        shortened(&target),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(method: &str, target: &str) -> Wish {
        let here = "127.0.0.1:7420".parse().unwrap();
        Wish::of(&method.parse().unwrap(), &target.parse().unwrap(), here)
    }

    #[test]
    fn a_tunnel_leads_to_port_443_of_wechats_hosts_alone() {
        for host in HOSTS {
            assert_eq!(wish("CONNECT", &format!("{host}:443")), Wish::Tunnel);
            assert_eq!(wish("CONNECT", &format!("{host}:80")), Wish::Foreign);
        }
        assert_eq!(wish("CONNECT", "API.weixin.qq.com:443"), Wish::Tunnel);
        for target in [
            "api.weixin.qq.com",
            "example.com:443",
            "weixin.qq.com:443",
            "evil-api.weixin.qq.com:443",
            "api.weixin.qq.com.example.com:443",
            "user@example.com:443",
            "127.0.0.1:7420",
            "/",
        ] {
            assert_eq!(wish("CONNECT", target), Wish::Foreign, "{target}");
        }
    }

    #[test]
    fn a_request_for_a_whole_url_names_the_mock_or_one_of_wechats_hosts() {
        for target in [
            "/cgi-bin/token",
            "*",
            "http://127.0.0.1:7420/cgi-bin/token",
            "http://localhost:7420/",
            "http://[::1]:7420/",
        ] {
            assert_eq!(wish("GET", target), Wish::Own, "{target}");
        }
        for target in [
            "http://api.weixin.qq.com/cgi-bin/token",
            "http://MP.weixin.qq.com:80/",
        ] {
            assert_eq!(wish("GET", target), Wish::PlainHttp, "{target}");
        }
        for target in [
            "http://example.com/",
            "http://example.com:7420/",
            "http://127.0.0.1:80/",
            "http://10.0.0.1:7420/",
            "http://api.weixin.qq.com:8080/",
            "https://api.weixin.qq.com/",
        ] {
            assert_eq!(wish("GET", target), Wish::Foreign, "{target}");
        }
    }
}
