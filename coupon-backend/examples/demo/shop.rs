//! The demo shop: its built pages, and the way from them to the backend.

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::any,
};
use include_dir::{Dir, include_dir};
use serde_json::{Value, json};

/// The pages as `npm run build:h5` left them.
static PAGES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../wechat-mock/demo-shop/dist/h5");
/// Bytes of a call at most: the backend's largest is a photo of 2 MiB.
const MOST: usize = 20 * 1024 * 1024;

#[derive(Clone)]
struct Shop {
    backend: String,
    http: reqwest::Client,
    /// What the pages read before anything else.
    config: Value,
}

/// The pages, with `/api/…` passed on to the backend, so that one origin serves both.
pub(crate) fn router(
    backend: &str,
    mock: &str,
    mp_appid: &str,
    oa_appid: &str,
) -> reqwest::Result<Router> {
    let shop = Shop {
        backend: backend.to_owned(),
        http: reqwest::Client::builder().no_proxy().build()?,
        config: json!({
            "backend": "/api", "mock": mock, "mp_appid": mp_appid, "oa_appid": oa_appid,
            "user": "alice",
        }),
    };
    Ok(Router::new()
        .route("/api/{*path}", any(pass_on))
        .fallback(page)
        .with_state(shop))
}

async fn page(State(shop): State<Shop>, request: Request) -> Response {
    let path = match request.uri().path().trim_start_matches('/') {
        "" => "index.html",
        path => path,
    };
    if path == "config.json" {
        return axum::Json(shop.config).into_response();
    }
    let Some(file) = PAGES.get_file(path) else {
        return (StatusCode::NOT_FOUND, "no such page").into_response();
    };
    let kind = match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    };
    ([(header::CONTENT_TYPE, kind)], file.contents()).into_response()
}

async fn pass_on(State(shop): State<Shop>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("", |path| path.as_str());
    let path = path.strip_prefix("/api").unwrap_or(path);
    let Ok(body) = to_bytes(body, MOST).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let mut passed = shop
        .http
        .request(parts.method, format!("{}{path}", shop.backend))
        .body(body);
    for name in [
        header::AUTHORIZATION,
        header::CONTENT_TYPE,
        header::ACCEPT,
        header::HeaderName::from_static("idempotency-key"),
    ] {
        if let Some(value) = parts.headers.get(&name) {
            passed = passed.header(name, value);
        }
    }
    let Ok(answer) = passed.send().await else {
        return (StatusCode::BAD_GATEWAY, "the backend does not answer").into_response();
    };
    let status = answer.status();
    let kind = answer.headers().get(header::CONTENT_TYPE).cloned();
    let bytes = answer.bytes().await.unwrap_or_default();
    let mut response = (status, Body::from(bytes)).into_response();
    let kind = kind.unwrap_or(HeaderValue::from_static("application/json"));
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
