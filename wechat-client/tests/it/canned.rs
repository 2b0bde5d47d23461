//! A server that answers bytes, whatever is asked.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// What a connection gets.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    /// Closed without a word.
    Nothing,
    /// These bytes, then closed.
    Bytes(&'static [u8]),
    /// Held open, and never answered.
    Silence,
}

/// Answers every connection in the same way; gives the URL.
pub(crate) async fn serve(answer: Answer) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut silent = Vec::new();
        while let Ok((mut connection, _)) = listener.accept().await {
            let mut request = vec![0; 64 * 1024];
            // What is asked does not matter, but it must have come.
            let _asked = connection.read(&mut request).await;
            match answer {
                Answer::Nothing => {}
                Answer::Bytes(bytes) => {
                    let _told = connection.write_all(bytes).await;
                }
                Answer::Silence => silent.push(connection),
            }
        }
    });
    url
}

/// A URL that nobody answers at: no system gives the port of the discard service to a program that asks
/// for any, and no other test can get it meanwhile.
pub(crate) const NOBODY: &str = "http://127.0.0.1:9";
