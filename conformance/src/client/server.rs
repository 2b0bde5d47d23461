//! A server that answers literally, and keeps what it was asked.

use std::{collections::HashMap, sync::Arc};

use serde_json::{Map, Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Mutex,
    task::JoinHandle,
};

use super::{TOKEN, step::Canned};
use crate::http::{Answer, Request};

/// Longest request that is read.
const MOST: usize = 1024 * 1024;

/// One request and its answer.
#[derive(Clone, Debug)]
pub(super) struct Received {
    pub(super) request: Request,
    /// The path without its query.
    pub(super) path: String,
    pub(super) query: Map<String, Value>,
    /// Null without such a header.
    pub(super) content_type: Value,
    pub(super) answer: Answer,
}

#[derive(Debug, Default)]
struct State {
    answers: Vec<Canned>,
    /// How often each path was asked.
    asked: HashMap<String, usize>,
    received: Vec<Received>,
}

/// It ends when it is dropped.
#[derive(Debug)]
pub(super) struct Server {
    url: String,
    state: Arc<Mutex<State>>,
    serving: JoinHandle<()>,
}

impl Server {
    pub(super) async fn start(answers: Vec<Canned>) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let state = Arc::new(Mutex::new(State {
            answers,
            ..State::default()
        }));
        let shared = state.clone();
        let serving = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let state = shared.clone();
                tokio::spawn(async move {
                    // A client that goes away has its own case to fail.
                    let _gone = serve(connection, &state).await;
                });
            }
        });
        Ok(Self {
            url,
            state,
            serving,
        })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// What was asked, in the order in which it came.
    pub(super) async fn received(&self) -> Vec<Received> {
        self.state.lock().await.received.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Answers one request; the connection ends with it.
async fn serve(mut connection: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let Some(request) = read(&mut connection).await? else {
        return Ok(());
    };
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let query: Map<String, Value> = form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| (name.into_owned(), json!(value)))
        .collect();
    let content_type = request
        .headers
        .iter()
        .find(|(name, _)| name == "content-type");
    let content_type = json!(content_type.map(|(_, value)| value));
    let path = path.to_owned();

    let mut state = state.lock().await;
    let before = state.asked.entry(path.clone()).or_default();
    let turn = *before;
    *before += 1;
    let of_path: Vec<&Canned> = state
        .answers
        .iter()
        .filter(|canned| canned.path == path)
        .collect();
    let canned = match of_path.get(turn).or(of_path.last()) {
        Some(canned) => (*canned).clone(),
        None => unasked(&path),
    };
    let answer = Answer {
        status: canned.status,
        content_type: canned.content_type.clone(),
        headers: Map::new(),
        text: canned.body.clone(),
    };
    state.received.push(Received {
        request,
        path,
        query,
        content_type,
        answer,
    });
    drop(state);

    if canned.silent {
        return Ok(());
    }
    let date = canned.date.as_deref();
    let date = date.map_or_else(String::new, |date| format!("Date: {date}\r\n"));
    let head = format!(
        "HTTP/1.1 {} Literal\r\nContent-Type: {}\r\nContent-Length: {}\r\n{date}Connection: close\r\n\r\n",
        canned.status,
        canned.content_type,
        canned.body.len()
    );
    connection.write_all(head.as_bytes()).await?;
    let body = canned.body.as_bytes();
    let end = canned.cut.unwrap_or(body.len()).min(body.len());
    connection.write_all(&body[..end]).await?;
    connection.shutdown().await
}

/// The token that most cases do not state; anything else is not there.
fn unasked(path: &str) -> Canned {
    let is_token = path == TOKEN;
    Canned {
        path: path.to_owned(),
        status: if is_token { 200 } else { 404 },
        content_type: "application/json; encoding=utf-8".to_owned(),
        body: if is_token {
            r#"{"access_token":"token-1","expires_in":7200}"#.to_owned()
        } else {
            String::new()
        },
        date: None,
        cut: None,
        silent: false,
    }
}

/// A request with a length; nothing when the connection ends before it does.
async fn read(connection: &mut TcpStream) -> std::io::Result<Option<Request>> {
    let mut bytes = Vec::new();
    loop {
        let head_end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(at) = head_end {
            let head = String::from_utf8_lossy(&bytes[..at]).into_owned();
            let mut request = head_of(&head);
            let length = request
                .headers
                .iter()
                .find(|(name, _)| name == "content-length");
            let length = length.and_then(|(_, value)| value.parse().ok());
            let end = at + 4 + length.unwrap_or(0_usize);
            if bytes.len() >= end {
                request.body = bytes[at + 4..end].to_vec();
                return Ok(Some(request));
            }
        }
        if bytes.len() > MOST || connection.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    }
}

fn head_of(head: &str) -> Request {
    let mut lines = head.split("\r\n");
    let mut line = lines.next().unwrap_or_default().split(' ');
    let headers = lines.filter_map(|line| line.split_once(':'));
    Request {
        method: line.next().unwrap_or_default().to_owned(),
        path: line.next().unwrap_or_default().to_owned(),
        headers: headers
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect(),
        body: Vec::new(),
        shown: None,
    }
}
