//! The program: ready line, signals, a taken port, faulty settings.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
};

use coupon_backend::{Clock, SystemClock};

fn command(folder: &Path, listen: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_coupon-backend"));
    command
        .env_clear()
        .env("COUPON_LISTEN", listen)
        .env(
            "COUPON_DATABASE_URL",
            format!("sqlite://{}?mode=rwc", folder.join("c.db").display()),
        )
        .env("COUPON_ADMIN_TOKEN", "hush-admin")
        .env("WECHAT_API_BASE", "http://127.0.0.1:9")
        .env("WECHAT_OA_APPID", "wx00000000000000a0")
        .env("WECHAT_OA_SECRET", "hush-oa")
        .env("WECHAT_MP_APPID", "wx00000000000000b0")
        .env("WECHAT_MP_SECRET", "hush-mp")
        .env("WECHAT_CALLBACK_TOKEN", "hush-callback")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A program that serves, ended when dropped.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended already.
        let _ended = self.0.kill().and_then(|()| self.0.wait());
    }
}

fn start(command: &mut Command) -> (Serving, String) {
    let mut serving = Serving(command.spawn().unwrap());
    let mut line = String::new();
    let mut out = BufReader::new(serving.0.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    let address = line.trim_end().strip_prefix("coupon-backend ready http://");
    let address = address
        .unwrap_or_else(|| panic!("no ready line: {line:?}"))
        .to_owned();
    (serving, address)
}

fn get(address: &str, path: &str) -> String {
    send(address, "GET", path, "")
}

fn send(address: &str, method: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn it_answers_when_it_says_so_and_ends_cleanly() {
    let folder = tempfile::tempdir().unwrap();
    for signal in ["-INT", "-TERM"] {
        let (mut serving, address) = start(&mut command(folder.path(), "127.0.0.1:0"));
        assert!(get(&address, "/healthz").ends_with("{\"status\":\"ok\"}"));
        let id = serving.0.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
        assert_eq!(serving.0.wait().unwrap().code(), Some(0));
        let mut log = String::new();
        serving
            .0
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut log)
            .unwrap();
        assert!(!log.contains("hush"), "{log}");
    }
}

#[test]
fn no_code_signature_or_secret_of_a_push_is_logged() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut command = command(folder.path(), "127.0.0.1:0");
    command
        .env("RUST_LOG", "debug")
        .env("WECHAT_CALLBACK_AES_KEY", "a".repeat(43))
        .env("WECHAT_CALLBACK_MODE", "plain")
        .stderr(File::create(&log).unwrap());
    let (serving, address) = start(&mut command);
    let now = SystemClock.now().to_string();
    let right = wechat_client::card_signature(["hush-callback", &now, "2"]);
    let body = "<xml><CreateTime>1</CreateTime><Event>user_del_card</Event>\
                <CardId>pUnknown</CardId><UserCardCode>018255396048</UserCardCode></xml>";
    for (signature, status) in [(right.as_str(), 200), ("0123456789abcdef", 401)] {
        let path = format!("/wechat/callback?signature={signature}&timestamp={now}&nonce=2");
        let answer = send(&address, "POST", &path, body);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{answer}"
        );
    }
    drop(serving);
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("a call to the callback was refused"), "{log}");
    for secret in [
        "hush",
        "018255396048",
        &right,
        "0123456789abcdef",
        "aaaaaaaa",
    ] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

#[test]
fn a_second_instance_shares_the_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let (_one, first) = start(&mut command(folder.path(), "127.0.0.1:0"));
    let (_two, second) = start(&mut command(folder.path(), "127.0.0.1:0"));
    for address in [first, second] {
        assert!(get(&address, "/healthz").starts_with("HTTP/1.1 200"));
    }
}

#[test]
fn a_taken_port_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = command(folder.path(), &address).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains(&address) && said.contains("COUPON_LISTEN"),
        "{said}"
    );
}

#[test]
fn faulty_settings_are_told_all_at_once_without_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = command(folder.path(), "nowhere");
    command
        .env_remove("WECHAT_OA_APPID")
        .env("WECHAT_CALLBACK_AES_KEY", "hush");
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    for name in [
        "COUPON_LISTEN",
        "WECHAT_OA_APPID",
        "WECHAT_CALLBACK_AES_KEY",
    ] {
        assert!(said.contains(name), "{said}");
    }
    assert!(!said.contains("hush"), "{said}");
}
