//! The console and the scripts for pages, as files that are embedded in the program.
//!
//! They hold nothing of the world, so nobody is asked for a token; what they show comes from the
//! control API, which asks for it.

use std::{collections::HashMap, sync::LazyLock};

use axum::{
    Router,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use include_dir::{Dir, include_dir};
use sha2::{Digest, Sha256};

use crate::{api, control, mock::Mock};

static DIST: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/console/dist");

const HOME: &str = "/_mock/";

/// What the console's pages may load: their own files and pictures of the mock, nothing inline.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; manifest-src 'self'; \
     worker-src 'self'; frame-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'self'",
);
/// Asked for again at every load; the same file is not sent twice.
const CACHING: HeaderValue = HeaderValue::from_static("no-cache");

/// One embedded file.
struct Asset {
    bytes: &'static [u8],
    content_type: HeaderValue,
    etag: HeaderValue,
}

impl Asset {
    fn new(path: &str, bytes: &'static [u8]) -> Self {
        let etag = format!("\"{}\"", hex::encode(&Sha256::digest(bytes)[..16]));
        Self {
            bytes,
            content_type: HeaderValue::from_static(content_type(path)),
            etag: HeaderValue::from_str(&etag).expect("hex digits in quotes"),
        }
    }

    fn answer(&self, asked: &HeaderMap) -> Response {
        let headers = [
            (header::CONTENT_TYPE, self.content_type.clone()),
            (header::ETAG, self.etag.clone()),
            (header::CACHE_CONTROL, CACHING),
            (header::CONTENT_SECURITY_POLICY, POLICY),
        ];
        let known = asked.get(header::IF_NONE_MATCH);
        if known == Some(&self.etag) {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        (headers, self.bytes).into_response()
    }
}

/// The console's files by their path below `/_mock/`.
static ASSETS: LazyLock<HashMap<&str, Asset>> = LazyLock::new(|| {
    let mut assets = HashMap::new();
    let mut folders = vec![&DIST];
    while let Some(folder) = folders.pop() {
        folders.extend(folder.dirs());
        for file in folder.files() {
            // What is no UTF-8 has no address either.
            if let Some(path) = file.path().to_str() {
                assets.insert(path, Asset::new(path, file.contents()));
            }
        }
    }
    assets
});

static WX_JS: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("wx.js", include_bytes!("../wx/wx.js")));
static WX_TYPES: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("wx-mock.d.ts", include_bytes!("../wx/wx-mock.d.ts")));

/// The content type of a file, by the end of its name.
fn content_type(path: &str) -> &'static str {
    let end = path.rsplit('.').next().unwrap_or_default();
    match end {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" | "webmanifest" => "application/json; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "woff" => "font/woff",
        "ts" | "txt" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// The console itself; its pages are the mock's own.
pub(crate) fn router() -> Router<Mock> {
    Router::new()
        .route("/_mock", get(to_console).fallback(control::not_found))
        .route(HOME, get(home).fallback(control::not_found))
        .route(
            "/_mock/openapi.json",
            get(control::openapi::show).fallback(control::not_found),
        )
        .route("/_mock/{*path}", get(file).fallback(control::not_found))
}

/// Scripts that any page may load, and the address that people type in.
pub(crate) fn open_router() -> Router<Mock> {
    Router::new()
        .route("/", any(root))
        .route("/_mock/wx.js", get(wx_js))
        .route("/_mock/wx-mock.d.ts", get(wx_types))
        .method_not_allowed_fallback(control::method_not_allowed)
}

async fn home(headers: HeaderMap) -> Response {
    show("index.html", &headers)
}

async fn file(Path(path): Path<String>, headers: HeaderMap) -> Response {
    show(&path, &headers)
}

fn show(path: &str, headers: &HeaderMap) -> Response {
    match ASSETS.get(path) {
        Some(asset) => asset.answer(headers),
        None => control::no_such_path().into_response(),
    }
}

async fn wx_js(headers: HeaderMap) -> Response {
    for_any_page(WX_JS.answer(&headers))
}

async fn wx_types(headers: HeaderMap) -> Response {
    for_any_page(WX_TYPES.answer(&headers))
}

/// Lets a page of any origin load a file: as a script, as a module, or by `fetch`.
fn for_any_page(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    control::harden(headers, "cross-origin");
    response
}

async fn to_console() -> Response {
    (StatusCode::FOUND, [(header::LOCATION, HOME)]).into_response()
}

/// `/`: a browser is led to the console, everybody else gets WeChat's answer.
async fn root(mock: State<Mock>, request: Request) -> Response {
    let is_browser = [Method::GET, Method::HEAD].contains(request.method())
        && request
            .headers()
            .get_all(header::ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .any(|value| value.to_ascii_lowercase().contains("text/html"));
    if is_browser {
        return to_console().await;
    }
    api::answer(mock, request).await
}
