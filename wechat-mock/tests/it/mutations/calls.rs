//! A valid call of every path.

use serde_json::{Value, json};

use super::members::MemberThings;
use crate::support::TestMock;

/// The one path of the control API that reads what a page hands to the phone.
pub(super) const ADD_CARD: &str = "/_mock/v1/users/alice/add-card";

/// A call before it is sent.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) content_type: Vec<u8>,
    pub(super) body: Body,
}

#[derive(Clone, Debug)]
pub(super) enum Body {
    Json(Value),
    Bytes(Vec<u8>),
}

impl Body {
    pub(super) fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Json(value) => value.to_string().into_bytes(),
            Self::Bytes(bytes) => bytes.clone(),
        }
    }
}

/// What is left of the world for calls to be about.
pub(super) struct Things {
    card: Value,
    card_id: String,
    encrypted: String,
    code: String,
    media_id: String,
    js_code: String,
    ext: String,
    rid: String,
    members: MemberThings,
}

impl Things {
    pub(super) async fn make(test: &TestMock) -> Self {
        let (card_id, encrypted, code) = test.claimed("alice").await;
        let photo = fixtures::image("logo.jpg").to_vec();
        let media = test
            .upload("/cgi-bin/media/upload?type=image", "a.jpg", photo)
            .await;
        Self {
            card: test.seed_card().await,
            ext: test.card_ext(&card_id, "n-2").await,
            media_id: media.json()["media_id"].as_str().unwrap().to_owned(),
            js_code: test.mock.user("bob").login(&test.mock.mini_program().appid),
            rid: test.ask("/cgi-bin/media/get").await.trace(),
            members: MemberThings::make(test).await,
            card_id,
            encrypted,
            code,
        }
    }

    /// A valid call of every path.
    pub(super) fn calls(&self, test: &TestMock) -> Vec<Call> {
        let mut paths: Vec<&str> = wechat_mock::paths().collect();
        paths.push(ADD_CARD);
        paths
            .into_iter()
            .map(|path| self.call(test, path))
            .collect()
    }

    fn call(&self, test: &TestMock, path: &'static str) -> Call {
        let (oa, mp) = (test.mock.official_account(), test.mock.mini_program());
        let signed_in = || vec![("access_token", test.token.clone())];
        let with = |key, value: &str| [signed_in(), vec![(key, value.to_owned())]].concat();
        let (query, body) = match path {
            "/cgi-bin/token" => (
                vec![
                    ("grant_type", "client_credential".to_owned()),
                    ("appid", oa.appid),
                    ("secret", oa.secret),
                ],
                Value::Null,
            ),
            "/cgi-bin/stable_token" => (
                Vec::new(),
                json!({"grant_type": "client_credential", "appid": oa.appid, "secret": oa.secret, "force_refresh": false}),
            ),
            "/sns/jscode2session" => (
                vec![
                    ("appid", mp.appid),
                    ("secret", mp.secret),
                    ("js_code", self.js_code.clone()),
                    ("grant_type", "authorization_code".to_owned()),
                ],
                Value::Null,
            ),
            "/cgi-bin/ticket/getticket" => (with("type", "wx_card"), Value::Null),
            "/cgi-bin/media/uploadimg" => (signed_in(), Value::Null),
            "/cgi-bin/media/upload" => (with("type", "image"), Value::Null),
            "/cgi-bin/media/get" => (with("media_id", &self.media_id), Value::Null),
            "/cgi-bin/clear_quota" => (signed_in(), json!({"appid": oa.appid})),
            "/cgi-bin/clear_quota/v2" => (
                Vec::new(),
                json!({"appid": oa.appid, "appsecret": oa.secret}),
            ),
            "/cgi-bin/openapi/quota/get" | "/cgi-bin/openapi/quota/clear" => {
                (signed_in(), json!({"cgi_path": "/card/create"}))
            }
            "/cgi-bin/openapi/rid/get" => (signed_in(), json!({"rid": self.rid})),
            "/cgi-bin/getcallbackip" | "/cgi-bin/get_api_domain_ip" | "/card/getcolors" => {
                (signed_in(), Value::Null)
            }
            "/card/create" => (signed_in(), self.card.clone()),
            "/card/get" => (signed_in(), json!({"card_id": self.card_id})),
            "/card/code/decrypt" => (signed_in(), json!({"encrypt_code": self.encrypted})),
            "/card/code/get" | "/card/code/consume" => (
                signed_in(),
                json!({"code": self.code, "card_id": self.card_id, "check_consume": false}),
            ),
            ADD_CARD => (
                Vec::new(),
                json!({"appid": mp.appid, "cardList": [{"cardId": self.card_id, "cardExt": self.ext}]}),
            ),
            _ => match self.members.body(path) {
                Some(body) => (signed_in(), body),
                None => panic!("no valid call of {path} is known here"),
            },
        };
        let (content_type, body) = if path.contains("upload") {
            let head =
                "--x\r\nContent-Disposition: form-data; name=\"media\"; filename=\"a.jpg\"\r\n\r\n";
            let body = [
                head.as_bytes(),
                fixtures::image("logo.jpg"),
                b"\r\n--x--\r\n",
            ]
            .concat();
            ("multipart/form-data; boundary=x", Body::Bytes(body))
        } else if body.is_null() {
            ("", Body::Bytes(Vec::new()))
        } else {
            ("application/json", Body::Json(body))
        };
        let is_get = matches!(&body, Body::Bytes(bytes) if bytes.is_empty());
        Call {
            method: if is_get { "GET" } else { "POST" },
            path,
            query,
            content_type: content_type.into(),
            body,
        }
    }
}
