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
/// Of a file whose name has the hash of its bytes: never asked for again.
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// The folder of those files.
const HASHED: &str = "assets/";

/// The codings in which a file may lie beside itself, the smallest first: what HTTP calls each, and how
/// the file's name ends.
const CODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// The bytes of a file in one coding.
struct Coded {
    bytes: &'static [u8],
    etag: HeaderValue,
    /// [`None`] for the file as it is.
    coding: Option<HeaderValue>,
}

impl Coded {
    fn new(bytes: &'static [u8], coding: Option<&'static str>) -> Self {
        let etag = format!("\"{}\"", hex::encode(&Sha256::digest(bytes)[..16]));
        Self {
            bytes,
            etag: HeaderValue::from_str(&etag).expect("hex digits in quotes"),
            coding: coding.map(HeaderValue::from_static),
        }
    }
}

/// One embedded file.
struct Asset {
    content_type: HeaderValue,
    caching: HeaderValue,
    plain: Coded,
    /// In the order of [`CODINGS`].
    coded: Vec<Coded>,
}

impl Asset {
    fn new(path: &str, bytes: &'static [u8]) -> Self {
        let is_hashed = path.starts_with(HASHED);
        Self {
            content_type: HeaderValue::from_static(content_type(path)),
            caching: if is_hashed { FOREVER } else { CACHING },
            plain: Coded::new(bytes, None),
            coded: Vec::new(),
        }
    }

    fn answer(&self, asked: &HeaderMap) -> Response {
        let mut coded = self.coded.iter();
        let coded = coded
            .find(|coded| takes(asked, coded.coding.as_ref()))
            .unwrap_or(&self.plain);
        let mut headers = HeaderMap::from_iter([
            (header::CONTENT_TYPE, self.content_type.clone()),
            (header::ETAG, coded.etag.clone()),
            (header::CACHE_CONTROL, self.caching.clone()),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::VARY, HeaderValue::from_static("accept-encoding")),
        ]);
        if asked.get(header::IF_NONE_MATCH) == Some(&coded.etag) {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        if let Some(coding) = &coded.coding {
            headers.insert(header::CONTENT_ENCODING, coding.clone());
        }
        (headers, coded.bytes).into_response()
    }
}

/// Whether a call names a coding among those it takes, and not with the weight 0.
fn takes(asked: &HeaderMap, coding: Option<&HeaderValue>) -> bool {
    let Some(coding) = coding.and_then(|coding| coding.to_str().ok()) else {
        return true;
    };
    let lists = asked.get_all(header::ACCEPT_ENCODING).iter();
    let mut items = lists
        .filter_map(|list| list.to_str().ok())
        .flat_map(|list| list.split(','));
    items.any(|item| {
        let (name, weight) = item.split_once(';').unwrap_or((item, ""));
        let weight = weight.trim().strip_prefix("q=").map(str::parse::<f32>);
        name.trim().eq_ignore_ascii_case(coding)
            && weight.is_none_or(|weight| weight.is_ok_and(|weight| weight > 0.0))
    })
}

/// The console's files by their path below `/_mock/`.
static ASSETS: LazyLock<HashMap<&str, Asset>> = LazyLock::new(|| {
    let mut assets = HashMap::new();
    let mut folders = vec![&DIST];
    while let Some(folder) = folders.pop() {
        folders.extend(folder.dirs());
        for file in folder.files() {
            // What is no UTF-8 has no address either.
            let Some(path) = file.path().to_str() else {
                continue;
            };
            if CODINGS.iter().any(|(_, end)| path.ends_with(end)) {
                continue;
            }
            let mut asset = Asset::new(path, file.contents());
            let coded = CODINGS.iter().filter_map(|(coding, end)| {
                let file = DIST.get_file(format!("{path}{end}"))?;
                Some(Coded::new(file.contents(), Some(coding)))
            });
            asset.coded = coded.collect();
            assets.insert(path, asset);
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
