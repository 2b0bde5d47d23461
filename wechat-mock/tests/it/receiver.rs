//! A shop's server that is pushed to, and answers as it is told.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::to_bytes,
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, mpsc},
    task::JoinSet,
};

/// What it answers to one request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    Text(String),
    Status(u16),
    /// `success`, once [`Receiver::release`] lets it.
    Held,
    /// Nothing at all.
    Silence,
}

impl Reply {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// What came.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) method: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Received {
    pub(crate) fn query(&self, name: &str) -> &str {
        let found = self.query.iter().find(|(known, _)| known == name);
        &found.unwrap_or_else(|| panic!("no {name}")).1
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

struct Shop {
    replies: Mutex<VecDeque<Reply>>,
    came: mpsc::UnboundedSender<Received>,
    hung_up: mpsc::UnboundedSender<()>,
    gate: Semaphore,
}

pub(crate) struct Receiver {
    pub(crate) url: String,
    shop: Arc<Shop>,
    came: mpsc::UnboundedReceiver<Received>,
    hung_up: mpsc::UnboundedReceiver<()>,
    _server: JoinSet<()>,
}

impl Receiver {
    /// One that answers `success`, after `replies`; a GET gets its echostr back.
    pub(crate) async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let (came_in, came) = mpsc::unbounded_channel();
        let (gone, hung_up) = mpsc::unbounded_channel();
        let shop = Arc::new(Shop {
            replies: Mutex::new(replies.into_iter().collect()),
            came: came_in,
            hung_up: gone,
            gate: Semaphore::new(0),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/wechat", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(shop.clone());
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            url,
            shop,
            came,
            hung_up,
            _server: server,
        }
    }

    /// What comes next.
    pub(crate) async fn next(&mut self) -> Received {
        self.came.recv().await.unwrap()
    }

    /// What has come, without waiting.
    pub(crate) fn all(&mut self) -> Vec<Received> {
        std::iter::from_fn(|| self.came.try_recv().ok()).collect()
    }

    pub(crate) fn then(&self, replies: impl IntoIterator<Item = Reply>) {
        self.shop.replies.lock().unwrap().extend(replies);
    }

    /// Lets one held answer go.
    pub(crate) fn release(&self) {
        self.shop.gate.add_permits(1);
    }

    /// Resolves when somebody has hung up on silence.
    pub(crate) async fn hung_up(&mut self) {
        self.hung_up.recv().await.unwrap();
    }
}

/// A URL that nobody answers at: no system gives the port of the discard service to a program that asks
/// for any, and no other test can get it meanwhile.
pub(crate) const NOBODY: &str = "http://127.0.0.1:9/wechat";

async fn answer(State(shop): State<Arc<Shop>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let query = parts.uri.query().unwrap_or_default();
    let query: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let echostr = query.iter().find(|(name, _)| name == "echostr");
    let default = echostr.map_or("success", |(_, echostr)| echostr).to_owned();
    shop.came
        .send(Received {
            method: parts.method.to_string(),
            query,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        })
        .unwrap();
    let reply = shop.replies.lock().unwrap().pop_front();
    match reply.unwrap_or(Reply::Text(default)) {
        Reply::Text(text) => text.into_response(),
        Reply::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Reply::Held => {
            shop.gate.acquire().await.unwrap().forget();
            "success".into_response()
        }
        Reply::Silence => {
            let _hung_up = HungUp(shop.hung_up.clone());
            std::future::pending().await
        }
    }
}

struct HungUp(mpsc::UnboundedSender<()>);

impl Drop for HungUp {
    fn drop(&mut self) {
        let _nobody_listens = self.0.send(());
    }
}
