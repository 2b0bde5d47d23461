//! Requests byte for byte, which no HTTP library would send in every shape that was captured.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

impl Reply {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Sends one request on a connection of its own.
pub(super) async fn send(
    host: &str,
    method: &str,
    target: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> Reply {
    let is_chunked = headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("transfer-encoding"));
    let mut request =
        format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for (name, value) in headers {
        request += &[name.as_str(), ": ", value, "\r\n"].concat();
    }
    if !is_chunked && method != "GET" {
        let length = body.len().to_string();
        request += &["Content-Length: ", &length, "\r\n"].concat();
    }
    request.push_str("\r\n");
    let mut bytes = request.into_bytes();
    if is_chunked {
        bytes.extend(format!("{:x}\r\n", body.len()).bytes());
        bytes.extend(body);
        bytes.extend(b"\r\n0\r\n\r\n");
    } else if method != "GET" {
        bytes.extend(body);
    }
    let mut stream = TcpStream::connect(host).await.unwrap();
    // A server that refuses early may close before it has read all.
    let _cut_off = stream.write_all(&bytes).await;
    let mut came = Vec::new();
    let _reset = stream.read_to_end(&mut came).await;
    let end = came
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .expect("a head comes back");
    let head = String::from_utf8_lossy(&came[..end]).into_owned();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    assert!(
        !head.to_ascii_lowercase().contains("transfer-encoding"),
        "replies have a length: {head}"
    );
    Reply {
        status,
        body: came[end + 4..].to_vec(),
    }
}
