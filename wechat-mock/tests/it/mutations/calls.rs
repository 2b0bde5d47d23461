//! A valid call of every path.

use std::collections::HashMap;

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
    openid: String,
    /// The ticket of a QR code, fit for a query.
    qr: String,
    deposit: String,
    /// A card that may go.
    spare: String,
    /// What calls are about that leave a code behind which others cannot use: card and code.
    codes: HashMap<&'static str, (String, String)>,
}

/// A code for every call that changes one.
async fn codes(test: &TestMock, card_id: &str) -> HashMap<&'static str, (String, String)> {
    let meeting = test
        .create_of("MEETING_TICKET", json!({"meeting_detail": "大会"}))
        .await;
    let movie = test
        .create_of("MOVIE_TICKET", json!({"detail": "片名"}))
        .await;
    let flight = json!({
        "from": "成都", "to": "广州", "flight": "CE123", "departure_time": "1798100000",
        "landing_time": "1798110000", "air_model": "空客A320",
    });
    let flight = test.create_of("BOARDING_PASS", flight).await;
    let custom = test.claimed_custom("carol", "0001").await;
    let mut codes = HashMap::from([("/card/code/update", (custom, "0001".to_owned()))]);
    for (path, user, card_id) in [
        ("/card/code/unavailable", "bob", card_id),
        ("/card/code/mark", "carol", card_id),
        ("/card/meetingticket/updateuser", "bob", &meeting),
        ("/card/movieticket/updateuser", "bob", &movie),
        ("/card/boardingpass/checkin", "bob", &flight),
    ] {
        let code = test.claimed_of(user, card_id, path).await;
        codes.insert(path, (card_id.to_owned(), code));
    }
    codes
}

impl Things {
    pub(super) async fn make(test: &TestMock) -> Self {
        let (card_id, encrypted, code) = test.claimed("alice").await;
        let photo = fixtures::image("logo.jpg").to_vec();
        let media = test
            .upload("/cgi-bin/media/upload?type=image", "a.jpg", photo)
            .await;
        let offer =
            json!({"action_name": "QR_CARD", "action_info": {"card": {"card_id": card_id}}});
        let qr = test.post("/card/qrcode/create", &offer).await.json();
        let shown = qr["show_qrcode_url"].as_str().unwrap();
        Self {
            card: test.seed_card().await,
            ext: test.card_ext(&card_id, "n-2").await,
            media_id: media.json()["media_id"].as_str().unwrap().to_owned(),
            js_code: test
                .mock
                .user("bob")
                .login(&test.mock.mini_program().appid)
                .unwrap(),
            rid: test.ask("/cgi-bin/media/get").await.trace(),
            members: MemberThings::make(test).await,
            openid: test.openid("alice").await,
            qr: shown.split_once("ticket=").unwrap().1.to_owned(),
            deposit: test.deposit_card().await,
            spare: test.create().await,
            codes: codes(test, &card_id).await,
            card_id,
            encrypted,
            code,
        }
    }

    /// The card that most calls are about.
    pub(super) fn card_id(&self) -> &str {
        &self.card_id
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

    /// The body of a call about a card or code that is there.
    fn later_call(&self, path: &str) -> Value {
        if let Some(body) = self.members.body(path) {
            return body;
        }
        let card_id = &self.card_id;
        let mut call = match path {
            "/card/batchget" => {
                json!({"offset": 0, "count": 50, "status_list": ["CARD_STATUS_VERIFY_OK"]})
            }
            "/card/update" => json!({"general_coupon": {"base_info": {"notice": "请出示"}}}),
            "/card/modifystock" => json!({"increase_stock_value": 1, "reduce_stock_value": 1}),
            "/card/delete" => return json!({"card_id": self.spare}),
            "/card/mpnews/gethtml" | "/card/code/getdepositcount" => json!({}),
            "/card/paycell/set" | "/card/selfconsumecell/set" => json!({"is_open": false}),
            "/card/testwhitelist/set" => json!({"openid": [self.openid], "username": ["bob"]}),
            "/card/qrcode/create" => json!({
                "action_name": "QR_CARD", "expire_seconds": 1800,
                "action_info": {"card": {"card_id": card_id, "outer_str": "shop-7"}},
            }),
            "/card/landingpage/create" => json!({
                "banner": "http://mmbiz.qpic.cn/a/0", "page_title": "页", "can_share": true,
                "scene": "SCENE_H5", "card_list": [{"card_id": card_id, "thumb_url": "x"}],
            }),
            "/card/code/update" => json!({"new_code": "0002"}),
            "/card/code/unavailable" => json!({"reason": "印错了"}),
            "/card/code/mark" => json!({"openid": self.openid, "is_mark": true}),
            "/card/code/deposit" | "/card/code/checkcode" => json!({"code": ["0001"]}),
            "/card/user/getcardlist" => json!({"openid": self.openid}),
            path if path.starts_with("/cgi-bin/message/") => return self.message(path),
            "/card/meetingticket/updateuser" => {
                json!({"zone": "A", "entrance": "1", "seat_number": "2"})
            }
            "/card/movieticket/updateuser" => json!({
                "ticket_class": "4D", "show_time": 1, "duration": 2, "seat_number": ["3"],
            }),
            "/card/boardingpass/checkin" => {
                json!({"passenger_name": "李雷", "class": "Y", "etkt_bnr": "99900000000000"})
            }
            _ => panic!("no valid call of {path} is known here"),
        };
        if let Some((card_id, code)) = self.codes.get(path) {
            call["card_id"] = json!(card_id);
            call["code"] = json!(code);
            return call;
        }
        let is_about_all = ["batchget", "testwhitelist", "qrcode", "landingpage"];
        if !is_about_all.iter().any(|name| path.contains(name)) {
            call["card_id"] = json!(card_id);
        }
        if path.ends_with("deposit") {
            call["card_id"] = json!(self.deposit);
        }
        call
    }

    /// The body of a message with a card.
    fn message(&self, path: &str) -> Value {
        let mut message = json!({
            "msgtype": "wxcard",
            "wxcard": {"card_id": self.card_id, "card_ext": "{\"outer_str\":\"m\"}"},
        });
        match path {
            "/cgi-bin/message/mass/sendall" => message["filter"] = json!({"is_to_all": true}),
            "/cgi-bin/message/mass/send" => message["touser"] = json!([self.openid, self.openid]),
            _ => message["touser"] = json!(self.openid),
        }
        message
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
            "/card/code/get" => (
                signed_in(),
                json!({"code": self.code, "card_id": self.card_id, "check_consume": false}),
            ),
            "/card/code/consume" => (
                signed_in(),
                json!({"code": self.code, "card_id": self.card_id}),
            ),
            ADD_CARD => (
                Vec::new(),
                json!({"appid": mp.appid, "cardList": [{"cardId": self.card_id, "cardExt": self.ext}]}),
            ),
            "/cgi-bin/showqrcode" => (vec![("ticket", self.qr.clone())], Value::Null),
            path => (signed_in(), self.later_call(path)),
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
