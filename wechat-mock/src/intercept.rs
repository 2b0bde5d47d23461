//! WeChat's hosts, for which the mock answers when clients have them written into them.

#[cfg(feature = "intercept")]
mod tls;

#[cfg(feature = "intercept")]
pub(crate) use tls::Intercept;

/// The hosts of the card platform's calls, its regional ones, the console's, and those of pictures and
/// videos.
pub(crate) const HOSTS: [&str; 9] = [
    "api.weixin.qq.com",
    "api2.weixin.qq.com",
    "sh.api.weixin.qq.com",
    "sz.api.weixin.qq.com",
    "hk.api.weixin.qq.com",
    "file.api.weixin.qq.com",
    "mp.weixin.qq.com",
    FILE_HOSTS[0],
    FILE_HOSTS[1],
];

/// The hosts of pictures and videos; they serve files alone, with TLS or without.
const FILE_HOSTS: [&str; 2] = ["mmbiz.qpic.cn", "vweixinf.tc.qq.com"];

pub(crate) fn serves_files(host: &str) -> bool {
    FILE_HOSTS
        .iter()
        .any(|known| known.eq_ignore_ascii_case(host))
}

pub(crate) fn is_intercepted(host: &str) -> bool {
    HOSTS.iter().any(|known| known.eq_ignore_ascii_case(host))
}

/// A build without TLS intercepts nothing.
#[cfg(not(feature = "intercept"))]
#[derive(Clone, Debug)]
pub(crate) enum Intercept {}

#[cfg(not(feature = "intercept"))]
impl Intercept {
    pub(crate) fn ca_pem(&self) -> &str {
        match *self {}
    }

    #[expect(
        clippy::unused_async,
        reason = "with TLS there is a handshake to wait for"
    )]
    pub(crate) async fn accept<S>(&self, _stream: S) -> std::io::Result<S> {
        match *self {}
    }
}
