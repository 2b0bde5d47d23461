//! A small generator of load: requests that were written ahead, over connections that stay open.

use std::{
    io,
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// One answer: its status and its body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// What a run measured.
#[derive(Debug)]
pub(crate) struct Run {
    /// Answers per second.
    pub(crate) rate: f64,
    /// How long each answer took, shortest first.
    pub(crate) latencies: Vec<Duration>,
}

impl Run {
    /// The time within which `share` (0 to 1) of the answers came.
    pub(crate) fn quantile(&self, share: f64) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "an index among some thousand"
        )]
        let at = (last as f64 * share).ceil() as usize;
        self.latencies[at.min(last)]
    }
}

/// A whole request as bytes; `path` with its query.
pub(crate) fn request(method: &str, path: &str, body: &str) -> Vec<u8> {
    let head = if method == "GET" {
        String::new()
    } else {
        format!(
            "content-type: application/json\r\ncontent-length: {}\r\n",
            body.len()
        )
    };
    format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{head}\r\n{body}").into_bytes()
}

/// One connection that stays open.
struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            read: Vec::with_capacity(16 * 1024),
        })
    }

    /// Sends a request; the status of its answer, whose body stands at the returned place of `read`.
    async fn send(&mut self, request: &[u8]) -> io::Result<(u16, std::ops::Range<usize>)> {
        self.stream.write_all(request).await?;
        self.read.clear();
        let bad = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
        let head = loop {
            if let Some(end) = find(&self.read, b"\r\n\r\n") {
                break end + 4;
            }
            self.fill().await?;
        };
        let text = std::str::from_utf8(&self.read[..head]).map_err(|_| bad("a head of bytes"))?;
        let status = text.get(9..12).and_then(|digits| digits.parse().ok());
        let length = text.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.parse::<usize>().ok())?
        });
        let status = status.ok_or_else(|| bad("no status"))?;
        let length = length.ok_or_else(|| bad("no content-length"))?;
        let end = head + length;
        while self.read.len() < end {
            self.fill().await?;
        }
        Ok((status, head..end))
    }

    async fn fill(&mut self) -> io::Result<()> {
        if self.stream.read_buf(&mut self.read).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// Sends one request over a connection of its own.
pub(crate) fn ask(address: SocketAddr, request: &[u8]) -> io::Result<Answer> {
    runtime()?.block_on(async {
        let mut connection = Connection::open(address).await?;
        let (status, body) = connection.send(request).await?;
        Ok(Answer {
            status,
            body: connection.read[body].to_vec(),
        })
    })
}

/// Sends `times` requests, one after another of `requests` and from the first again, over `callers`
/// connections; `is_right` looks at every answer.
///
/// # Errors
///
/// The first answer that is not right, or a connection that broke.
pub(crate) fn load(
    address: SocketAddr,
    requests: &[Vec<u8>],
    times: usize,
    callers: usize,
    is_right: fn(u16, &[u8]) -> bool,
) -> io::Result<Run> {
    runtime()?.block_on(async {
        let mut connections = Vec::with_capacity(callers);
        for _ in 0..callers {
            connections.push(Connection::open(address).await?);
        }
        let next = AtomicUsize::new(0);
        let begin = Instant::now();
        let each = connections.into_iter().map(|mut connection| {
            let next = &next;
            async move {
                let mut latencies = Vec::with_capacity(times / callers + 1);
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= times {
                        return Ok::<_, io::Error>(latencies);
                    }
                    let sent = Instant::now();
                    let request = &requests[at % requests.len()];
                    let (status, body) = connection.send(request).await?;
                    latencies.push(sent.elapsed());
                    let body = &connection.read[body];
                    if !is_right(status, body) {
                        let text = format!("{status} {}", String::from_utf8_lossy(body));
                        return Err(io::Error::other(text));
                    }
                }
            }
        });
        let all = futures_util::future::try_join_all(each).await?;
        let elapsed = begin.elapsed();
        let mut latencies = all.concat();
        latencies.sort_unstable();
        #[expect(clippy::cast_precision_loss, reason = "some thousand requests")]
        let rate = times as f64 / elapsed.as_secs_f64();
        Ok(Run { rate, latencies })
    })
}

fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
}
