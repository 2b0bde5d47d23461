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
pub(super) enum ProxyTarget {
    /// The mock itself.
    Own,
    /// A tunnel to one of WeChat's hosts.
    Tunnel,
    /// One of WeChat's hosts over TLS, asked for by its whole URL.
    Https,
    /// One of WeChat's hosts without TLS.
    PlainHttp,
    /// Somebody else.
    Foreign,
}

impl ProxyTarget {
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
        } else if target.scheme() == Some(&Scheme::HTTPS) {
            // Some clients hand the whole URL to their proxy, and leave TLS to it.
            if is_weixin && authority.port_u16().unwrap_or(443) == 443 {
                return Self::Https;
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
        "wechat-mock is no open proxy: it answers for {}, and nothing else. What came was {} {}. \
         Keep other hosts away from it with NO_PROXY.\n",
        HOSTS.join(", "),
        request.method(),
        shortened(&target),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(method: &str, url: &str) -> ProxyTarget {
        let here = "127.0.0.1:7420".parse().unwrap();
        ProxyTarget::of(&method.parse().unwrap(), &url.parse().unwrap(), here)
    }

    #[test]
    fn a_tunnel_leads_to_port_443_of_wechats_hosts_alone() {
        for host in HOSTS {
            assert_eq!(
                target("CONNECT", &format!("{host}:443")),
                ProxyTarget::Tunnel
            );
            assert_eq!(
                target("CONNECT", &format!("{host}:80")),
                ProxyTarget::Foreign
            );
        }
        assert_eq!(
            target("CONNECT", "API.weixin.qq.com:443"),
            ProxyTarget::Tunnel
        );
        for url in [
            "api.weixin.qq.com",
            "example.com:443",
            "weixin.qq.com:443",
            "evil-api.weixin.qq.com:443",
            "api.weixin.qq.com.example.com:443",
            "user@example.com:443",
            "127.0.0.1:7420",
            "/",
        ] {
            assert_eq!(target("CONNECT", url), ProxyTarget::Foreign, "{url}");
        }
    }

    #[test]
    fn a_request_for_a_whole_url_names_the_mock_or_one_of_wechats_hosts() {
        for url in [
            "/cgi-bin/token",
            "*",
            "http://127.0.0.1:7420/cgi-bin/token",
            "http://localhost:7420/",
            "http://[::1]:7420/",
        ] {
            assert_eq!(target("GET", url), ProxyTarget::Own, "{url}");
        }
        for url in [
            "http://api.weixin.qq.com/cgi-bin/token",
            "http://MP.weixin.qq.com:80/",
        ] {
            assert_eq!(target("GET", url), ProxyTarget::PlainHttp, "{url}");
        }
        for url in [
            "https://api.weixin.qq.com/cgi-bin/token",
            "https://mmbiz.qpic.cn:443/mmbiz_jpg/a/0",
        ] {
            assert_eq!(target("GET", url), ProxyTarget::Https, "{url}");
        }
        for url in [
            "http://example.com/",
            "http://example.com:7420/",
            "http://127.0.0.1:80/",
            "http://10.0.0.1:7420/",
            "http://api.weixin.qq.com:8080/",
            "https://api.weixin.qq.com:80/",
            "https://example.com/",
            "https://127.0.0.1:7420/",
        ] {
            assert_eq!(target("GET", url), ProxyTarget::Foreign, "{url}");
        }
    }
}
