//! The program: ready line, taken port, signals, `sign` and `world`.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Output, Stdio},
};

use wechat_mock::sign::Signed;

mod log;

const PROGRAM: &str = env!("CARGO_BIN_EXE_wechat-mock");

fn run(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A program that serves, ended when dropped.
struct Serving {
    child: Child,
    address: String,
}

impl Serving {
    fn start(arguments: &[&str]) -> Self {
        Self::start_with(arguments, &[])
    }

    /// The same with variables of the environment.
    fn start_with(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(PROGRAM)
            .arg("serve")
            .args(arguments)
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let address = line
            .trim_end()
            .strip_prefix("wechat-mock ready http://")
            .unwrap_or_else(|| panic!("no ready line: {line:?}"))
            .to_owned();
        Self { child, address }
    }

    fn get(&self, path: &str) -> String {
        self.get_with(path, "")
    }

    /// The same with further lines in the head.
    fn get_with(&self, path: &str, head: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n{head}\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn post(&self, path: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn stop(mut self, signal: &str) -> (Option<i32>, String) {
        let done = Command::new("kill")
            .arg(signal)
            .arg(self.child.id().to_string())
            .status();
        assert!(done.unwrap().success());
        let status = self.child.wait().unwrap();
        let mut log = String::new();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut log)
            .unwrap();
        (status.code(), log)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended already.
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}

#[test]
fn it_answers_when_it_says_so_and_ends_cleanly() {
    for signal in ["-INT", "-TERM"] {
        let mock = Serving::start(&["--listen", "127.0.0.1:0"]);
        assert!(
            mock.get("/_mock/v1/health")
                .ends_with("{\"status\":\"ok\"}")
        );
        assert_eq!(mock.stop(signal).0, Some(0));
    }
}

#[test]
fn a_taken_port_is_named_and_what_to_do() {
    let mock = Serving::start(&["--listen", "127.0.0.1:0"]);
    let second = run(&["serve", "--listen", &mock.address]);
    assert_eq!(second.status.code(), Some(1));
    assert!(second.stdout.is_empty());
    let said = text(&second.stderr);
    assert!(
        said.contains(&mock.address) && said.contains("--listen"),
        "{said}"
    );
}

#[test]
fn the_starter_world_is_printed_and_taken_again() {
    let world = run(&["world"]);
    let json: serde_json::Value = serde_json::from_slice(&world.stdout).unwrap();
    assert_eq!(json["accounts"][0]["appid"], "wx00000000000000a0");

    let folder = std::env::temp_dir().join(format!("wechat-mock-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("世界.json");
    std::fs::write(&file, &world.stdout).unwrap();
    let mock = Serving::start(&["--listen", "127.0.0.1:0", "--world", file.to_str().unwrap()]);
    assert!(mock.get("/_mock/v1/users/carol").contains("carol"));

    std::fs::write(&file, "{\"users\": 3}").unwrap();
    let bad = run(&["serve", "--world", file.to_str().unwrap()]);
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(bad.status.code(), Some(1));
    assert!(text(&bad.stderr).contains("users"), "{}", text(&bad.stderr));
    let missing = run(&["serve", "--world", "/nowhere/world.json"]);
    assert_eq!(missing.status.code(), Some(1));
}

#[test]
fn switches_are_listed_and_turned_on_the_command_line() {
    let listed = text(&run(&["switches"]).stdout);
    assert!(listed.contains("nonce=optional\n"), "{listed}");
    assert!(listed.contains("values: optional, required; strict: required"));

    let serving = Serving::start(&[
        "--listen",
        "127.0.0.1:0",
        "--strict",
        "--switch",
        "nonce=optional",
    ]);
    let answer = serving.get("/_mock/v1/switches");
    assert!(answer.contains(r#""name":"nonce","value":"optional""#));
    assert!(answer.contains(r#""name":"foreign_image","value":"refuse""#));

    for wrong in ["zeal=high", "nonce=maybe", "nonce"] {
        let refused = run(&["serve", "--switch", wrong]);
        assert_eq!(refused.status.code(), Some(2), "{wrong}");
        assert!(!text(&refused.stderr).is_empty());
    }
}

#[cfg(feature = "intercept")]
#[tokio::test]
async fn the_certificate_of_the_ca_is_written_before_the_mock_is_ready() {
    let folder = std::env::temp_dir().join(format!("wechat-mock-ca-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("ca.pem");
    let path = file.to_str().unwrap();
    let start = ["--listen", "127.0.0.1:0", "--intercept", "--ca-out", path];
    let serving = Serving::start(&start);

    let ca = reqwest::Certificate::from_pem(&std::fs::read(&file).unwrap()).unwrap();
    let client = reqwest::Client::builder()
        .proxy(reqwest::Proxy::all(format!("http://{}", serving.address)).unwrap())
        .tls_certs_only([ca])
        .build()
        .unwrap();
    let answer = client
        .get("https://api.weixin.qq.com/card/getcolors")
        .send();
    let answer = answer.await.unwrap().text().await.unwrap();
    assert!(answer.contains("41001"), "{answer}");
    // The client still holds the tunnel open.
    assert_eq!(serving.stop("-TERM").0, Some(0));

    std::fs::remove_dir_all(&folder).unwrap();
    let unwritable = run(&[&["serve"], &start[..]].concat());
    assert_eq!(unwritable.status.code(), Some(1));
    assert!(unwritable.stdout.is_empty(), "it is not ready");
    let said = text(&unwritable.stderr);
    assert!(
        said.contains("cannot write") && said.contains(path),
        "{said}"
    );
    let without = run(&["serve", "--ca-out", path]);
    assert_eq!(without.status.code(), Some(2));
}

#[test]
fn the_command_line_knows_the_mistakes_of_the_phone() {
    let wrong = |signed: Signed<'_>, options: &[&str]| {
        let ext = serde_json::json!({
            "timestamp": "1404896688",
            "nonce_str": "123",
            "signature": signed.signature(),
        });
        let ext = ext.to_string();
        let arguments = [
            "sign",
            "--api-ticket",
            "ticket",
            "--card-id",
            "card",
            "--card-ext",
            &ext,
        ];
        let checked = run(&[&arguments[..], options].concat());
        assert_eq!(checked.status.code(), Some(1));
        text(&checked.stdout)
    };
    let right = Signed {
        api_ticket: "ticket",
        timestamp: "1404896688",
        card_id: "card",
        nonce_str: "123",
        code: "",
        openid: "",
    };
    for (mistake, signed, options) in [
        (
            "jsapi_ticket",
            Signed {
                api_ticket: "page",
                ..right
            },
            ["--jsapi-ticket", "page"],
        ),
        (
            "app_secret",
            Signed {
                api_ticket: "s",
                ..right
            },
            ["--app-secret", "s"],
        ),
        (
            "access_token",
            Signed {
                api_ticket: "t",
                ..right
            },
            ["--access-token", "t"],
        ),
        (
            "openid_not_in_card_ext",
            Signed {
                openid: "o",
                ..right
            },
            ["--other-openid", "o"],
        ),
    ] {
        let said = wrong(signed, &options);
        let known = fixtures::signature_mistakes().as_array().unwrap();
        let row = known.iter().find(|row| row["id"] == mistake).unwrap();
        for text in [&row["mistake"]["en"], &row["fix"]["zh"]] {
            assert!(said.contains(text.as_str().unwrap()), "{said}");
        }
    }
    let said = wrong(
        Signed {
            timestamp: "1404896690",
            ..right
        },
        &[],
    );
    assert!(said.contains("seconds apart"), "{said}");

    let twice = serde_json::json!("{\"timestamp\":\"1404896688\"}").to_string();
    let twice = run(&[
        "sign",
        "--api-ticket",
        "ticket",
        "--card-id",
        "card",
        "--card-ext",
        &twice,
    ]);
    assert_eq!(twice.status.code(), Some(1));
    assert!(text(&twice.stdout).contains("JSON twice"));
}

#[test]
fn a_signature_is_checked_on_the_command_line() {
    let signed = Signed {
        api_ticket: "ojZ8YtyVyr30HheH3CM73y7h4jJE",
        timestamp: "1404896688",
        card_id: "pjZ8Yt1XGILfi-FUsewpnnolGgZk",
        nonce_str: "123",
        code: "1434008071",
        openid: "",
    };
    let arguments = [
        "sign",
        "--api-ticket",
        signed.api_ticket,
        "--card-id",
        signed.card_id,
        "--timestamp",
        signed.timestamp,
        "--nonce-str",
        signed.nonce_str,
        "--code",
        signed.code,
    ];
    let with = |signature: &str| run(&[&arguments[..], &["--signature", signature]].concat());

    // The official example.
    let right = with("f137ab68b7f8112d20ee528ab6074564e2796250");
    assert_eq!(right.status.code(), Some(0), "{}", text(&right.stdout));

    let without_nonce = Signed {
        nonce_str: "",
        ..signed
    }
    .signature();
    let wrong = with(&without_nonce);
    assert_eq!(wrong.status.code(), Some(1));
    insta::assert_snapshot!("sign_wrong", text(&wrong.stdout));

    let only_computed = run(&arguments);
    assert_eq!(only_computed.status.code(), Some(0));
    assert!(text(&only_computed.stdout).contains("f137ab68b7f8112d20ee528ab6074564e2796250"));

    let ext = format!(
        "{{\"timestamp\":\"1404896688\",\"nonce_str\":\"123\",\"code\":\"1434008071\",\"signature\":\"{without_nonce}\"}}"
    );
    let by_ext = run(&[
        "sign",
        "--api-ticket",
        signed.api_ticket,
        "--card-id",
        signed.card_id,
        "--card-ext",
        &ext,
    ]);
    assert_eq!(text(&by_ext.stdout), text(&wrong.stdout));
    assert_eq!(
        run(&[
            "sign",
            "--api-ticket",
            "t",
            "--card-id",
            "c",
            "--card-ext",
            "{"
        ])
        .status
        .code(),
        Some(1)
    );
    assert_eq!(run(&["sign"]).status.code(), Some(2));
}

#[test]
fn the_control_token_comes_from_a_file_or_the_environment_and_is_not_printed() {
    let folder = std::env::temp_dir().join(format!("wechat-mock-token-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("token");
    let path = file.to_str().unwrap();
    std::fs::write(&file, "token-of-the-file\n").unwrap();
    let variable = ("WECHAT_MOCK_CONTROL_TOKEN", "token-of-the-environment");
    for (options, variables, token) in [
        (
            vec!["--control-token-file", path],
            vec![],
            "token-of-the-file",
        ),
        (vec![], vec![variable], "token-of-the-environment"),
        (
            vec!["--control-token-file", path],
            vec![variable],
            "token-of-the-file",
        ),
    ] {
        let options = [&["--listen", "127.0.0.1:0"], &options[..]].concat();
        let mock = Serving::start_with(&options, &variables);
        let health = "/_mock/v1/health";
        assert!(mock.get(health).starts_with("HTTP/1.1 401"));
        let bearer = format!("authorization: Bearer {token}\r\n");
        assert!(mock.get_with(health, &bearer).starts_with("HTTP/1.1 200"));
        let (_, log) = mock.stop("-TERM");
        assert!(!log.contains(token), "{log}");
    }

    for wrong in ["", "short", "with a blank in it"] {
        std::fs::write(&file, wrong).unwrap();
        let refused = run(&[
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--control-token-file",
            path,
        ]);
        assert_eq!(refused.status.code(), Some(1), "{wrong}");
        assert!(text(&refused.stderr).contains("8 to 256"));
    }
    std::fs::remove_dir_all(&folder).unwrap();
    let missing = run(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--control-token-file",
        path,
    ]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(text(&missing.stderr).contains(path));
    let origin = run(&["serve", "--allow-origin", "*"]);
    assert_eq!(origin.status.code(), Some(2));
}
