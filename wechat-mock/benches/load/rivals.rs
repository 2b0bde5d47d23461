//! What the mock is measured beside: servers that read a body and answer a fixed one.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::mpsc,
    thread,
};

use axum::{Router, extract::State, http::header, response::IntoResponse};
use bytes::Bytes;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

/// Bare axum with one route for everything, on two threads of its own as the mock is.
pub(crate) fn axum(answer: Vec<u8>) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    thread::spawn(move || {
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            let router = Router::new()
                .fallback(fixed)
                .with_state(Bytes::from(answer));
            axum::serve(listener, router).await
        })
    });
    Ok(address)
}

async fn fixed(State(answer): State<Bytes>, _body: Bytes) -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "application/json; encoding=utf-8")],
        answer,
    )
}

/// wiremock with one answer for everything; it keeps no record of the calls.
pub(crate) fn wiremock(answer: Vec<u8>) -> io::Result<SocketAddr> {
    let runtime = runtime()?;
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        runtime.block_on(async move {
            let server = MockServer::builder()
                .disable_request_recording()
                .start()
                .await;
            let response = ResponseTemplate::new(200).set_body_raw(answer, "application/json");
            Mock::given(any())
                .respond_with(response)
                .mount(&server)
                .await;
            if tell.send(*server.address()).is_ok() {
                std::future::pending::<()>().await;
            }
        });
    });
    told.recv().map_err(io::Error::other)
}

fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
}
