//! A gateway in front of the mock that loses answers.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use tokio::net::TcpListener;

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// WeChat does it, and the answer is lost behind an error page.
    AnswerLost,
    /// WeChat never hears of it.
    NeverArrives,
}

/// The fates of the next calls, by path.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan(Arc<Mutex<HashMap<String, Vec<Fate>>>>);

impl Plan {
    pub(crate) fn next(&self, path: &str, fates: &[Fate]) {
        let mut plan = self.0.lock().unwrap();
        plan.insert(path.to_owned(), fates.to_vec());
    }

    fn take(&self, path: &str) -> Option<Fate> {
        let mut plan = self.0.lock().unwrap();
        let fates = plan.get_mut(path).filter(|fates| !fates.is_empty())?;
        Some(fates.remove(0))
    }
}

#[derive(Clone)]
struct Gateway {
    plan: Plan,
    behind: String,
    http: reqwest::Client,
}

/// Starts a gateway; gives its URL and its plan.
pub(crate) async fn start(behind: &str) -> (String, Plan) {
    let plan = Plan::default();
    let gateway = Gateway {
        plan: plan.clone(),
        behind: behind.to_owned(),
        http: reqwest::Client::builder().no_proxy().build().unwrap(),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(pass).with_state(gateway);
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, plan)
}

async fn pass(State(gateway): State<Gateway>, request: Request) -> Response {
    let fate = gateway.plan.take(request.uri().path());
    let lost = (StatusCode::BAD_GATEWAY, "<html>Bad Gateway</html>").into_response();
    if fate == Some(Fate::NeverArrives) {
        return lost;
    }
    let url = format!("{}{}", gateway.behind, request.uri());
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let call = gateway
        .http
        .request(parts.method, url)
        .headers(parts.headers)
        .body(body);
    let answer = call.send().await.unwrap();
    if fate == Some(Fate::AnswerLost) {
        return lost;
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = answer.status();
    *response.body_mut() = Body::from(answer.bytes().await.unwrap());
    response
}
