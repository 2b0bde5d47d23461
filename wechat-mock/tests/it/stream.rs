//! The stream of what happens.

use std::time::Duration;

use reqwest::Response;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpSocket,
};
use wechat_mock::{Fault, FaultKind};

use crate::support::{NOW, TestMock};

/// Nothing that is awaited here takes so long.
const PATIENCE: Duration = Duration::from_secs(60);

struct Listener {
    response: Response,
    read: String,
}

impl Listener {
    async fn start(test: &TestMock) -> Self {
        let response = test
            .request("GET", "/_mock/v1/stream")
            .send()
            .await
            .unwrap();
        assert_eq!(response.status().as_u16(), 200);
        let content_type = response.headers()["content-type"].to_str().unwrap();
        assert_eq!(content_type, "text/event-stream");
        let mut listener = Self {
            response,
            read: String::new(),
        };
        // Something comes before anything happens, so that the caller knows that it listens.
        assert!(listener.frame().await.starts_with(':'));
        listener
    }

    async fn frame(&mut self) -> String {
        loop {
            if let Some(end) = self.read.find("\n\n") {
                let frame = self.read[..end].to_owned();
                self.read.drain(..end + 2);
                return frame;
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await;
            let chunk = chunk.expect("something is told").unwrap();
            let chunk = chunk.expect("the stream goes on");
            self.read.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The next event: its name, and what it holds.
    async fn next(&mut self) -> (String, Value) {
        loop {
            let frame = self.frame().await;
            if frame.starts_with(':') {
                continue;
            }
            let (name, data) = frame.split_once('\n').unwrap();
            let name = name.strip_prefix("event: ").unwrap().to_owned();
            let data = data.strip_prefix("data: ").unwrap();
            return (name, serde_json::from_str(data).unwrap());
        }
    }

    /// The next event of a name.
    async fn next_of(&mut self, name: &str) -> Value {
        loop {
            let (found, data) = self.next().await;
            if found == name {
                return data;
            }
        }
    }
}

async fn last(test: &TestMock, path: &str, name: &str) -> Value {
    let list = test.control("GET", path, &Value::Null).await.json();
    list[name].as_array().unwrap().last().unwrap().clone()
}

#[tokio::test]
async fn what_happens_is_told_as_its_list_has_it() {
    let test = TestMock::start().await;
    let card_id = test.create().await;
    let ext = test.card_ext(&card_id, "n").await;
    let mut listener = Listener::start(&test).await;

    test.ask("/card/creat").await;
    let (name, row) = listener.next().await;
    assert_eq!(name, "request");
    assert_eq!(row, last(&test, "requests", "requests").await);
    assert!(!row.to_string().contains(&test.token));

    let outcome = test.add_card("alice", &card_id, ext);
    assert!(outcome.is_success());
    let event = listener.next_of("event").await;
    assert_eq!(event, last(&test, "events", "events").await);
    assert_eq!(listener.next_of("claim").await, *outcome.explain().raw());
    let changed = ("world".to_owned(), json!({"reason": "user"}));
    assert_eq!(listener.next().await, changed);

    test.mock.clock().advance(5).unwrap();
    let (name, clock) = listener.next().await;
    assert_eq!(
        (name.as_str(), clock),
        ("clock", json!({"now": NOW + 5, "frozen": true}))
    );
    let body = json!({"advance": 1});
    test.control("POST", "clock", &body).await;
    assert_eq!(
        listener.next().await.1,
        json!({"now": NOW + 6, "frozen": true})
    );
}

#[tokio::test]
async fn every_change_is_told_with_its_reason() {
    let test = TestMock::start().await;
    let card_id = test.create().await;
    let code = test.claimed_of("alice", &card_id, "n").await;
    let mut listener = Listener::start(&test).await;
    let appid = test.mock.official_account().appid;
    let world = test.control("GET", "world", &Value::Null).await.json();
    for (method, path, body, reason) in [
        (
            "PATCH",
            format!("accounts/{appid}"),
            json!({"review": "manual"}),
            "account",
        ),
        ("POST", "users".to_owned(), json!({"name": "dave"}), "user"),
        (
            "POST",
            format!("users/alice/cards/{code}/view"),
            json!({}),
            "user",
        ),
        (
            "POST",
            "faults".to_owned(),
            json!({"errcode": -1, "times": 1}),
            "fault",
        ),
        ("DELETE", "faults".to_owned(), Value::Null, "fault"),
        (
            "PATCH",
            "switches".to_owned(),
            json!({"nonce": "required"}),
            "switch",
        ),
        ("DELETE", "requests".to_owned(), Value::Null, "requests"),
        ("DELETE", "events".to_owned(), Value::Null, "events"),
        ("PUT", "world".to_owned(), world, "import"),
        ("POST", "reset".to_owned(), Value::Null, "reset"),
    ] {
        let answer = test.control(method, &path, &body).await;
        assert!(answer.status < 300, "{method} {path}: {}", answer.text());
        assert_eq!(
            listener.next_of("world").await,
            json!({"reason": reason}),
            "{path}"
        );
    }
    // What was refused has changed nothing, nor has a look.
    test.control("POST", "users", &json!({"name": ""})).await;
    test.control("GET", "users", &Value::Null).await;
    test.control("POST", "clock", &json!({"advance": 1})).await;
    assert_eq!(listener.next().await.0, "clock");
}

/// What is told of one thing done, until the clock says that it is over; ids that count on are left out.
async fn told(test: &TestMock, listener: &mut Listener) -> Vec<(String, Value)> {
    test.mock.events().settled().await;
    test.mock.clock().advance(0).unwrap();
    let mut told = Vec::new();
    loop {
        let (name, data) = listener.next().await;
        match name.as_str() {
            "clock" => return told,
            "world" => told.push((name, data["reason"].clone())),
            "event" => told.push((name, data["event"].clone())),
            "claim" => told.push((name, data["call"].clone())),
            _ => told.push((name, data)),
        }
    }
}

#[tokio::test]
async fn what_a_rust_test_does_is_told_as_if_the_control_api_had_done_it() {
    let [by_http, by_handle] = [TestMock::start().await, TestMock::start().await];
    let (mut https, mut handles) = (Vec::new(), Vec::new());
    let mut listeners = Vec::new();
    let mut held = Vec::new();
    for test in [&by_http, &by_handle] {
        let card_id = test
            .create_with(|base| {
                base["can_give_friend"] = json!(true);
                base["get_limit"] = json!(9);
            })
            .await;
        let mut codes = Vec::new();
        for nonce in ["1", "2", "3"] {
            codes.push(test.claimed_of("alice", &card_id, nonce).await);
        }
        let cell = json!({"card_id": card_id, "is_open": true});
        let cell = test.post("/card/selfconsumecell/set", &cell).await;
        assert_eq!(cell.errcode(), 0, "{}", cell.text());
        let ext = test.card_ext(&card_id, "another").await;
        let qr = json!({"action_name": "QR_CARD", "action_info": {"card": {"card_id": card_id}}});
        let qr = test.post("/card/qrcode/create", &qr).await.json();
        let ticket = qr["ticket"].as_str().unwrap().to_owned();
        held.push((card_id, codes, ext, ticket));
        listeners.push(Listener::start(test).await);
    }
    let oa = by_http.mock.official_account().appid;
    let mp = by_http.mock.mini_program().appid;
    assert_eq!(held[0], held[1], "the two worlds are alike");
    let (card_id, codes, ext, ticket) = held.remove(0);

    let of_code = |user: &str, code: &str, what: &str| format!("users/{user}/cards/{code}/{what}");
    let list = json!([{"cardId": card_id, "cardExt": ext}]);
    let open = json!({"appid": mp, "cardList": [{"cardId": card_id, "code": codes[0]}]});
    let trigger = json!({"appid": oa, "event": "user_del_card", "user": "alice", "elements": {}});
    #[rustfmt::skip]
    let calls: Vec<(&str, String, Value)> = vec![
        ("POST", "users/alice/login".to_owned(), json!({"appid": mp})),
        ("POST", "users/bob/add-card".to_owned(), json!({"appid": mp, "cardList": list})),
        ("POST", "users/bob/add-card".to_owned(), json!({"appid": mp, "cardList": list, "cancel": true})),
        ("POST", "users/bob/scan".to_owned(), json!({"ticket": ticket})),
        ("POST", "users/alice/open-card".to_owned(), open),
        ("POST", of_code("alice", &codes[0], "view"), json!({})),
        ("POST", of_code("alice", &codes[0], "gift"), json!({"to": "bob"})),
        ("POST", of_code("bob", &codes[0], "accept"), json!({})),
        ("POST", of_code("alice", &codes[1], "consume"), json!({})),
        ("POST", of_code("alice", &codes[2], "delete"), json!({})),
        ("POST", of_code("alice", "000000000000", "delete"), json!({})),
        ("POST", "events/trigger".to_owned(), trigger),
        ("DELETE", "events".to_owned(), Value::Null),
        ("POST", "faults".to_owned(), json!({"errcode": -1})),
        ("DELETE", "faults".to_owned(), Value::Null),
        ("DELETE", "requests".to_owned(), Value::Null),
    ];
    for (method, path, body) in &calls {
        by_http.control(method, path, body).await;
        https.push((path.as_str(), told(&by_http, &mut listeners[0]).await));
    }

    let mock = &by_handle.mock;
    let [alice, bob] = ["alice", "bob"].map(|name| mock.user(name));
    #[rustfmt::skip]
    let steps: Vec<Box<dyn Fn() -> bool + '_>> = vec![
        Box::new(|| alice.login(&mp).is_ok()),
        Box::new(|| bob.add_card(&mp, &card_id, ext.clone()).is_ok()),
        Box::new(|| bob.cancel_add_card(&mp, &card_id, ext.clone()).is_ok()),
        Box::new(|| bob.scan(&ticket).is_ok()),
        Box::new(|| alice.open_card(&mp, &card_id, &codes[0]).is_ok()),
        Box::new(|| alice.view(&codes[0]).is_ok()),
        Box::new(|| alice.gift(&codes[0], "bob").is_ok()),
        Box::new(|| bob.accept(&codes[0]).is_ok()),
        Box::new(|| alice.consume(&codes[1]).is_ok()),
        Box::new(|| alice.delete(&codes[2]).is_ok()),
        Box::new(|| alice.delete("000000000000").is_err()),
        Box::new(|| mock.events().trigger(&oa, "user_del_card", "alice", json!({})).is_ok()),
        Box::new(|| { mock.events().clear(); true }),
        Box::new(|| mock.faults().add(Fault::new(FaultKind::Errcode(-1))).is_ok()),
        Box::new(|| { mock.faults().clear(); true }),
        Box::new(|| { mock.journal().clear(); true }),
    ];
    assert_eq!(steps.len(), calls.len());
    for (step, (_, path, _)) in steps.iter().zip(&calls) {
        assert!(step(), "{path}");
        handles.push((path.as_str(), told(&by_handle, &mut listeners[1]).await));
    }
    assert_eq!(handles, https);
    // Something is told of each but of what was refused.
    for (path, told) in &https {
        assert_eq!(told.is_empty(), path.contains("000000000000"), "{path}");
    }
}

#[tokio::test]
async fn a_card_that_wechats_calls_change_is_told_too() {
    let test = TestMock::start().await;
    let card_id = test.create().await;
    let mut listener = Listener::start(&test).await;
    test.post("/card/get", &json!({"card_id": card_id})).await;
    test.post(
        "/card/modifystock",
        &json!({"card_id": card_id, "increase_stock_value": 1}),
    )
    .await;
    assert_eq!(listener.next().await.0, "request");
    assert_eq!(listener.next().await.0, "request");
    assert_eq!(
        listener.next().await,
        ("world".to_owned(), json!({"reason": "card"}))
    );
}

#[tokio::test]
async fn an_event_is_told_again_with_each_try() {
    let test = TestMock::start().await;
    let appid = test.mock.official_account().appid;
    // Nobody listens at a port that was just given back.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/push", closed.local_addr().unwrap());
    drop(closed);
    let callback = json!({"callback": {"url": url, "token": "token123"}});
    test.control("PATCH", &format!("accounts/{appid}"), &callback)
        .await;
    let mut listener = Listener::start(&test).await;
    let body = json!({"appid": appid, "event": "user_del_card", "user": "alice"});
    let id = test.control("POST", "events/trigger", &body).await.json()["id"].clone();
    let mut tries = Vec::new();
    loop {
        let event = listener.next_of("event").await;
        assert_eq!(event["id"], id);
        tries.push(event["tries"].as_array().unwrap().len());
        if event["state"] == "failed" {
            assert_eq!(event, last(&test, "events", "events").await);
            break;
        }
    }
    assert!(
        tries.is_sorted() && tries.starts_with(&[0, 1]) && tries.ends_with(&[3, 3]),
        "{tries:?}"
    );
}

#[tokio::test]
async fn a_reader_that_does_not_read_is_cut_and_holds_nobody_up() {
    const CALLS: usize = 500;
    const LENGTH: usize = 60_000;
    let test = TestMock::start().await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let address = test.mock.url().replace("http://", "").parse().unwrap();
    let mut slow = socket.connect(address).await.unwrap();
    let head = "GET /_mock/v1/stream HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";
    slow.write_all(head.as_bytes()).await.unwrap();
    let mut begin = [0; 15];
    slow.read_exact(&mut begin).await.unwrap();
    assert_eq!(&begin, b"HTTP/1.1 200 OK");

    let body = "x".repeat(LENGTH);
    for _ in 0..CALLS {
        let answer = test.post_text("/card/get", "text/plain", &body).await;
        assert_eq!(answer.status, 200);
    }
    // The mock has hung up; what had left by then is still to be read.
    let mut received = 0;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = tokio::time::timeout(PATIENCE, slow.read(&mut buffer)).await;
        match read.expect("the connection was cut") {
            Ok(0) | Err(_) => break,
            Ok(read) => received += read,
        }
    }
    assert!(received < CALLS * LENGTH, "{received}");
    // Who listens from now on hears everything.
    let mut listener = Listener::start(&test).await;
    test.ask("/card/getcolors").await;
    assert_eq!(listener.next().await.1["path"], "/card/getcolors");
}
