//! Requests as the cases have them, and their answers as they came.

use std::time::Duration;

use reqwest::{Client, ClientBuilder, Method, Proxy};
use serde_json::{Map, Value};

use crate::step::Upload;

/// Longest wait for one answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// One request, ready to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// What a reader sees of the body, when it is no text.
    pub(crate) shown: Option<String>,
}

/// An answer as it came.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    /// By their names in small letters.
    pub(crate) headers: Map<String, Value>,
    pub(crate) text: String,
}

impl Answer {
    /// The answer, read as clients of WeChat must: control characters may stand bare inside texts.
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_str(&self.text).ok().or_else(|| {
            let escaped = self.text.replace(['\n', '\r', '\t'], " ");
            serde_json::from_str(&escaped).ok()
        })
    }
}

/// What all clients of the suite have in common.
pub(crate) fn client() -> ClientBuilder {
    Client::builder()
        .timeout(PATIENCE)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
}

/// Asks the target, or WeChat's own host with the target as the proxy.
pub(crate) async fn send(
    http: &Client,
    url: &str,
    by_proxy: bool,
    request: &Request,
) -> Result<Answer, reqwest::Error> {
    let method = Method::from_bytes(request.method.as_bytes()).unwrap_or(Method::POST);
    let mut sent = if by_proxy {
        let http = client().proxy(Proxy::http(url)?).build()?;
        http.request(method, format!("http://api.weixin.qq.com{}", request.path))
    } else {
        http.request(method, format!("{url}{}", request.path))
    };
    for (name, value) in &request.headers {
        sent = sent.header(name, value);
    }
    if request.method != "GET" {
        sent = sent.body(request.body.clone());
    }
    let answer = sent.send().await.map_err(reqwest::Error::without_url)?;
    let headers: Map<String, Value> = answer
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().into()))
        .collect();
    Ok(Answer {
        status: answer.status().as_u16(),
        content_type: headers
            .get("content-type")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        headers,
        text: String::from_utf8_lossy(&answer.bytes().await?).into_owned(),
    })
}

impl Upload {
    /// The logo of `fixtures`, in a field of this name.
    pub(crate) fn logo(field: &str) -> Self {
        Self {
            field: field.to_owned(),
            filename: Some("logo.jpg".to_owned()),
            content_type: Some("image/jpeg".to_owned()),
            content: Some("logo.jpg".to_owned()),
            ..Self::default()
        }
    }

    /// Content type and body.
    ///
    /// # Errors
    ///
    /// When the data is wrong.
    pub(crate) fn encode(&self) -> Result<(String, Vec<u8>), String> {
        let boundary = self.boundary.as_deref().unwrap_or("X");
        let filename = match &self.filename {
            Some(name) => format!("; filename=\"{name}\""),
            None => String::new(),
        };
        let mut file = match (&self.content, &self.hex) {
            (Some(name), None) => fixtures::image(name).to_vec(),
            (None, Some(digits)) => hex::decode(digits).map_err(|error| error.to_string())?,
            _ => return Err("a file has content or hex".to_owned()),
        };
        if let Some(bytes) = self.bytes {
            file.resize(bytes, 0);
        }
        let content_type = self
            .content_type
            .as_deref()
            .unwrap_or("application/octet-stream");
        let mut body = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"{filename}\r\n\
             Content-Type: {content_type}\r\n\r\n",
            self.field
        )
        .into_bytes();
        body.extend(file);
        body.extend(format!("\r\n--{boundary}--\r\n").bytes());
        let header = match &self.content_type_header {
            Some(literal) => literal.clone(),
            None => format!("multipart/form-data; boundary={boundary}"),
        };
        Ok((header, body))
    }

    /// What a reader sees of it: the argument of curl's `-F`.
    pub(crate) fn shown(&self) -> String {
        let name = self.filename.as_deref().unwrap_or("file");
        format!("{}=@{name}", self.field)
    }
}
