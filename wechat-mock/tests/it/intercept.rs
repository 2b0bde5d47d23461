//! Clients with WeChat's host written into them, by way of the mock as a proxy.

use std::{
    error::Error,
    io::{self, ErrorKind, Read, Write},
    net::TcpStream,
};

use reqwest::{Certificate, Client, Proxy};
use serde_json::{Value, json};
use wechat_mock::{Fault, FaultKind, MockWechat};

use crate::support::{Answer, TestMock};

const TOKEN: &str = "/cgi-bin/token?grant_type=client_credential&appid=wx00000000000000a0&secret=000000000000000000000000000000a0";
const COLORS: &str = "/card/getcolors";

async fn intercepting() -> TestMock {
    TestMock::start_with(MockWechat::builder().intercept()).await
}

/// A client that goes through `mock` and trusts nothing but `ca_pem`.
fn client(mock: &MockWechat, ca_pem: &str) -> Client {
    let ca = Certificate::from_pem(ca_pem.as_bytes()).unwrap();
    Client::builder()
        .proxy(Proxy::all(mock.url()).unwrap())
        .tls_certs_only([ca])
        .build()
        .unwrap()
}

fn trusting_client(mock: &MockWechat) -> Client {
    client(mock, mock.ca_pem().unwrap())
}

/// What comes back for bytes as they are.
fn spoken(mock: &MockWechat, request: &str) -> String {
    let address = mock.url().replace("http://", "");
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn connect(mock: &MockWechat, target: &str) -> String {
    let head = format!("CONNECT {target} HTTP/1.1\r\nhost: {target}\r\nconnection: close\r\n\r\n");
    spoken(mock, &head)
}

async fn reachable(test: &TestMock) -> bool {
    test.get("/_mock/v1/health").await.status == 200
}

#[tokio::test]
async fn a_client_that_knows_only_wechats_hosts_gets_its_answers() {
    let test = intercepting().await;
    let client = trusting_client(&test.mock);
    for host in [
        "api.weixin.qq.com",
        "api2.weixin.qq.com",
        "file.api.weixin.qq.com",
        "mp.weixin.qq.com",
        "sh.api.weixin.qq.com",
        "sz.api.weixin.qq.com",
        "hk.api.weixin.qq.com",
    ] {
        let request = client.get(format!("https://{host}{TOKEN}"));
        let token = test.send(request).await.json()["access_token"].clone();
        let request = client.get(format!(
            "https://{host}{COLORS}?access_token={}",
            token.as_str().unwrap()
        ));
        assert_eq!(test.send(request).await.errcode(), 0, "{host}");
    }
    // One token is the test's own, which came without the proxy.
    assert_eq!(test.mock.journal().of_path("/cgi-bin/token").len(), 8);
    assert_eq!(test.mock.journal().of_path(COLORS).len(), 7);
}

#[tokio::test]
async fn an_upload_goes_through_the_tunnel() {
    let test = intercepting().await;
    let client = trusting_client(&test.mock);
    let url = format!(
        "https://api.weixin.qq.com{}",
        test.signed_in("/cgi-bin/media/uploadimg")
    );
    let logo =
        reqwest::multipart::Part::bytes(fixtures::image("logo.jpg").to_vec()).file_name("logo.jpg");
    let form = reqwest::multipart::Form::new().part("buffer", logo);
    let answer = test.send(client.post(url).multipart(form)).await;
    assert!(answer.json()["url"].is_string(), "{}", answer.text());
}

#[tokio::test]
async fn only_who_trusts_this_mocks_ca_is_served() {
    let (test, other) = (intercepting().await, intercepting().await);
    assert_ne!(test.mock.ca_pem(), other.mock.ca_pem());
    let stranger = client(&test.mock, other.mock.ca_pem().unwrap());
    let refused = stranger.get(format!("https://api.weixin.qq.com{TOKEN}"));
    assert!(refused.send().await.unwrap_err().is_connect());
    assert!(reachable(&test).await);
}

#[tokio::test]
async fn the_ca_is_given_out_as_pem_and_without_its_key() {
    let test = intercepting().await;
    let answer = test.get("/_mock/ca.pem").await;
    assert_eq!(
        (answer.status, answer.content_type.as_str()),
        (200, "application/x-pem-file")
    );
    assert_eq!(Some(answer.text()), test.mock.ca_pem());
    assert!(answer.text().starts_with("-----BEGIN CERTIFICATE-----"));
    assert!(!answer.text().contains("KEY"));
}

#[tokio::test]
async fn no_tunnel_leads_elsewhere() {
    let test = intercepting().await;
    for target in ["example.com:443", "api.weixin.qq.com:80", "127.0.0.1:443"] {
        let answer = connect(&test.mock, target);
        assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
        assert!(
            answer.contains("no open proxy") && answer.contains(target),
            "{answer}"
        );
    }
    let answer = spoken(
        &test.mock,
        "GET http://example.com/ HTTP/1.1\r\nhost: example.com\r\nconnection: close\r\n\r\n",
    );
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    assert!(test.mock.journal().of_path("/").is_empty());
}

#[tokio::test]
async fn wechats_hosts_are_not_called_by_plain_http() {
    let test = intercepting().await;
    let client = trusting_client(&test.mock);
    let refused = test
        .send(client.get(format!("http://api.weixin.qq.com{TOKEN}")))
        .await;
    insta::assert_snapshot!(refused.shown(), @r#"
    200 application/json; encoding=utf-8
    {"errcode":43003,"errmsg":"require https rid: TRACE"}
    "#);
    assert_eq!(test.rule(&refused), "WX-WIRE-020");
    // The control API is not WeChat's.
    let control = test
        .send(client.get("http://api.weixin.qq.com/_mock/v1/health"))
        .await;
    assert_eq!(control.errcode(), 43003);
}

#[tokio::test]
async fn whoever_sends_everything_through_the_proxy_still_reaches_the_mock_itself() {
    let test = intercepting().await;
    let client = trusting_client(&test.mock);
    let health = test
        .send(client.get(format!("{}/_mock/v1/health", test.mock.url())))
        .await;
    assert_eq!(
        (health.status, health.json()),
        (200, json!({"status": "ok"}))
    );
}

#[tokio::test]
async fn the_control_api_is_not_inside_the_tunnel() {
    let test = intercepting().await;
    let client = trusting_client(&test.mock);
    for path in ["/_mock/v1/health", "/_mock/ca.pem"] {
        let answer = test
            .send(client.get(format!("https://api.weixin.qq.com{path}")))
            .await;
        assert_eq!((answer.status, answer.errcode()), (200, 40066), "{path}");
    }
}

#[tokio::test]
async fn faults_befall_calls_inside_the_tunnel() {
    let test = intercepting().await;
    let client = trusting_client(&test.mock);
    let url = format!("https://api.weixin.qq.com{}", test.signed_in(COLORS));
    let call = async || -> Result<Answer, reqwest::Error> {
        let response = client.get(&url).send().await?;
        let status = response.status().as_u16();
        Ok(Answer {
            status,
            content_type: String::new(),
            body: response.bytes().await?.to_vec(),
        })
    };
    for kind in [
        FaultKind::Reset,
        FaultKind::LostAnswer,
        FaultKind::Truncate(10),
    ] {
        test.mock
            .faults()
            .add(Fault::new(kind).on(COLORS).times(1))
            .unwrap();
        let broken = call().await.unwrap_err();
        let was_reset = io_error(&broken) == Some(ErrorKind::ConnectionReset);
        assert_eq!(was_reset, kind == FaultKind::Reset, "{kind:?}: {broken:?}");
        assert_eq!(call().await.unwrap().errcode(), 0);
    }
    let faults: Vec<Value> = test
        .mock
        .journal()
        .of_path(COLORS)
        .iter()
        .map(|row| row["fault"].clone())
        .collect();
    assert_eq!(
        faults,
        [
            json!({"reset": true}),
            Value::Null,
            json!({"lost_answer": true}),
            Value::Null,
            json!({"truncate": 10}),
            Value::Null
        ]
    );
}

/// The kind of the system's error at the bottom of another.
fn io_error(error: &(dyn Error + 'static)) -> Option<ErrorKind> {
    let deeper = error.source().and_then(io_error);
    deeper.or_else(|| error.downcast_ref().map(io::Error::kind))
}

#[tokio::test]
async fn garbage_in_a_tunnel_disturbs_nobody() {
    let test = intercepting().await;
    for garbage in [
        "no hello of a TLS client\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "\u{16}\u{3}\u{1}",
    ] {
        let address = test.mock.url().replace("http://", "");
        let mut stream = TcpStream::connect(address).unwrap();
        write!(
            stream,
            "CONNECT api.weixin.qq.com:443 HTTP/1.1\r\n\r\n{garbage}"
        )
        .unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        // The mock may reset the connection after what it did not understand.
        let _ended = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        assert!(
            answer.starts_with("HTTP/1.1 200 Connection Established\r\n"),
            "{answer}"
        );
        assert!(reachable(&test).await);
    }
}

#[tokio::test]
async fn a_mock_that_intercepts_nothing_is_no_proxy() {
    let test = TestMock::start().await;
    assert_eq!(test.mock.ca_pem(), None);
    let answer = connect(&test.mock, "api.weixin.qq.com:443");
    assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
    assert!(answer.contains("--intercept"), "{answer}");

    let ca = test.get("/_mock/ca.pem").await;
    assert_eq!(
        (ca.status, &ca.json()["error"]["code"]),
        (404, &json!("not_found"))
    );
    let other_method = test.request("POST", "/_mock/ca.pem");
    assert_eq!(test.send(other_method).await.status, 405);
}

#[tokio::test]
async fn a_whole_https_url_is_answered_as_in_a_tunnel() {
    let test = intercepting().await;
    let colors = test.signed_in(COLORS);
    for host in [
        "api.weixin.qq.com",
        "API.weixin.qq.com:443",
        "api2.weixin.qq.com",
    ] {
        let request = format!(
            "GET https://{host}{colors} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
        );
        let answer = spoken(&test.mock, &request);
        assert!(answer.contains("\"errcode\":0"), "{answer}");
    }
    // Behind WeChat's hosts there is no control API, and nobody else is reached.
    for (url, status) in [
        ("https://api.weixin.qq.com/_mock/v1/world", "200"),
        ("https://example.com/", "403"),
        ("https://api.weixin.qq.com:8443/", "403"),
    ] {
        let request = format!("GET {url} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        let answer = spoken(&test.mock, &request);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{answer}"
        );
        assert!(!answer.contains("accounts"), "{answer}");
    }
}

#[tokio::test]
async fn files_are_fetched_over_plain_http_and_nothing_else_is() {
    let test = intercepting().await;
    let client = Client::builder()
        .proxy(Proxy::all(test.mock.url()).unwrap())
        .build()
        .unwrap();
    let photo = fixtures::image("shop-front.jpg");
    let uploaded = test
        .upload("/cgi-bin/media/upload?type=image", "a.jpg", photo.to_vec())
        .await
        .json();
    let path = format!(
        "/cgi-bin/media/get?media_id={}",
        uploaded["media_id"].as_str().unwrap()
    );
    let url = format!("http://api.weixin.qq.com{}", test.signed_in(&path));
    assert!(test.send(client.get(url)).await.body == photo);
    let url = format!("http://api.weixin.qq.com{}", test.signed_in(COLORS));
    assert_eq!(test.send(client.get(url)).await.errcode(), 43003);
}

#[tokio::test]
async fn pictures_and_videos_are_served_under_their_own_hosts() {
    let test = intercepting().await;
    let client = trusting_client(&test.mock);
    let picture = test.image_url().await;
    let mp4 = b"\0\0\0\x20ftypisom and so on".to_vec();
    let video = test
        .upload("/cgi-bin/media/upload?type=video", "a.mp4", mp4.clone())
        .await
        .json();
    let path = format!(
        "/cgi-bin/media/get?media_id={}",
        video["media_id"].as_str().unwrap()
    );
    let video = test.ask(&path).await.json()["video_url"]
        .as_str()
        .unwrap()
        .to_owned();
    for (url, bytes) in [(&picture, fixtures::image("logo.jpg")), (&video, &mp4[..])] {
        for url in [url.clone(), url.replace("http://", "https://")] {
            assert!(test.send(client.get(&url)).await.body == bytes, "{url}");
        }
    }
    for url in [
        "https://mmbiz.qpic.cn/cgi-bin/token",
        "http://mmbiz.qpic.cn/_mock/v1/world",
        "https://mmbiz.qpic.cn/mmbiz_jpg/unknown/0",
    ] {
        assert_eq!(test.send(client.get(url)).await.status, 404, "{url}");
    }
}

#[tokio::test]
async fn a_client_that_knows_no_proxy_is_answered_with_tls() {
    let builder = MockWechat::builder().tls(([127, 0, 0, 1], 0).into());
    let test = TestMock::start_with(builder).await;
    let address = test.mock.tls_address().unwrap();
    let ca = Certificate::from_pem(test.mock.ca_pem().unwrap().as_bytes()).unwrap();
    let mut client = Client::builder().no_proxy().tls_certs_only([ca]);
    let hosts = ["api.weixin.qq.com", "hk.api.weixin.qq.com", "mmbiz.qpic.cn"];
    for host in hosts {
        // As a line in the hosts file does.
        client = client.resolve(host, address);
    }
    let client = client.build().unwrap();
    for host in &hosts[..2] {
        let url = format!(
            "https://{host}:{}{}",
            address.port(),
            test.signed_in(COLORS)
        );
        assert_eq!(test.send(client.get(url)).await.errcode(), 0, "{host}");
    }
    let picture = test.image_url().await;
    let host = format!("https://mmbiz.qpic.cn:{}", address.port());
    let picture = picture.replace("http://mmbiz.qpic.cn", &host);
    let answer = test.send(client.get(picture)).await;
    assert!(answer.body == fixtures::image("logo.jpg"));

    // There is no control API, and without --intercept no proxy.
    let url = format!(
        "https://api.weixin.qq.com:{}/_mock/v1/world",
        address.port()
    );
    assert_eq!(test.send(client.get(url)).await.errcode(), 40066);
    assert!(connect(&test.mock, "api.weixin.qq.com:443").starts_with("HTTP/1.1 405"));
    // A fault breaks these connections like others.
    test.mock
        .faults()
        .add(Fault::new(FaultKind::Reset).on(COLORS).times(1))
        .unwrap();
    let url = format!(
        "https://api.weixin.qq.com:{}{}",
        address.port(),
        test.signed_in(COLORS)
    );
    assert!(client.get(&url).send().await.is_err());
    assert_eq!(test.send(client.get(&url)).await.errcode(), 0);
}
