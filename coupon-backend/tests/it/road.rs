//! The way from a service to WeChat, on which bytes take their time and arrive also after the death
//! of who sent them.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::JoinHandle,
};

use crate::chance::Chance;

/// A relay between a service and the mock, ended when dropped.
pub(crate) struct Road {
    url: String,
    delays: Arc<Delays>,
    relaying: JoinHandle<()>,
}

/// The longest delay of a piece of bytes on its way there, and on its way back, in milliseconds.
#[derive(Default)]
struct Delays {
    there: AtomicU64,
    back: AtomicU64,
}

impl Road {
    /// A relay to the server at `url`.
    pub(crate) async fn to(url: &str, seed: u64) -> Self {
        let server: SocketAddr = url.trim_start_matches("http://").parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let delays = Arc::new(Delays::default());
        let of_task = delays.clone();
        let relaying = tokio::spawn(async move {
            let mut chance = Chance::new(seed);
            while let Ok((stream, _)) = listener.accept().await {
                let seeds = (chance.next(), chance.next());
                tokio::spawn(relay(stream, server, of_task.clone(), seeds));
            }
        });
        Self {
            url,
            delays,
            relaying,
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Sets how long bytes take at most, in milliseconds each way.
    pub(crate) fn delay(&self, there: u64, back: u64) {
        self.delays.there.store(there, Ordering::Relaxed);
        self.delays.back.store(back, Ordering::Relaxed);
    }
}

impl Drop for Road {
    fn drop(&mut self) {
        self.relaying.abort();
    }
}

async fn relay(client: TcpStream, server: SocketAddr, delays: Arc<Delays>, seeds: (u64, u64)) {
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    for stream in [&client, &server] {
        // Without it the test is merely slower.
        let _slower = stream.set_nodelay(true);
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let back = delays.clone();
    let answers = tokio::spawn(async move {
        carry(from_server, to_client, &back.back, seeds.1).await;
    });
    // Kept until the answers have ended: what was sent arrives, though its sender is gone.
    let server = carry(from_client, to_server, &delays.there, seeds.0).await;
    // The server closes an idle connection never; it is given time for an answer.
    let _late = tokio::time::timeout(Duration::from_secs(1), answers).await;
    drop(server);
}

async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    longest: &AtomicU64,
    seed: u64,
) -> OwnedWriteHalf {
    let mut chance = Chance::new(seed);
    let mut piece = vec![0; 64 * 1024];
    loop {
        let Ok(read @ 1..) = from.read(&mut piece).await else {
            return to;
        };
        let longest = longest.load(Ordering::Relaxed);
        if longest > 0 {
            let delay = chance.next() % (longest + 1);
            tokio::time::sleep(Duration::from_millis(delay)).await;
        }
        if to.write_all(&piece[..read]).await.is_err() {
            return to;
        }
    }
}
