//! The program: options and exit statuses.

use std::process::{Command, Output};

use wechat_mock::MockWechat;

fn conformance(arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_conformance");
    Command::new(program).args(arguments).output().unwrap()
}

fn status(arguments: &[&str]) -> Option<i32> {
    conformance(arguments).status.code()
}

#[test]
fn exit_statuses_say_how_it_went() {
    assert_eq!(status(&["--only", "C-TOK-001"]), Some(0));
    assert_eq!(status(&["--only", "C-TOK-001", "--strict"]), Some(0));
    for of_member in [
        ["--target", "backend", "--only", "CB-ACC"],
        ["--target", "client", "--only", "CL-WIR"],
    ] {
        assert_eq!(status(&of_member), Some(0), "{of_member:?}");
    }
    for refused in [
        &["--only", "nothing"][..],
        &["--url", "http://127.0.0.1:9"],
        &["--target", "backend", "--url", "http://127.0.0.1:9"],
        &[
            "--target",
            "backend",
            "--url",
            "http://127.0.0.1:9",
            "--admin-token",
            "t",
        ],
        &["--target", "backend", "--mock", "http://127.0.0.1:9"],
        &["--target", "client", "--url", "http://127.0.0.1:9"],
        &["--target", "client", "--only", "C-TOK-001"],
        &["--target", "wechat"],
        &["--arrange", "none"],
        &["--no-such-option"],
        &["--interop", "nowhere.json"],
        &["--report", "unused", "--interop", "nowhere.json"],
        &[
            "--target",
            "client",
            "--report",
            "unused",
            "--interop",
            "nowhere.json",
        ],
    ] {
        assert_eq!(status(refused), Some(2), "{refused:?}");
    }
}

#[test]
fn cases_of_a_folder_are_run_and_a_broken_one_is_told_with_its_curl() {
    let folder = tempfile::tempdir().unwrap();
    let case = r#"[{"id": "C-OWN-1", "level": "MUST", "grade": "E", "source": "a test", "date": "",
        "title": {"en": "No such number.", "zh": "没有这个数。"}, "layer": "L1",
        "steps": [{"call": {"method": "GET", "path": "/card/getcolors"}, "expect": {"has": {"errcode": 7}}}]}]"#;
    std::fs::write(folder.path().join("own.json"), case).unwrap();
    let told = conformance(&["--cases", folder.path().to_str().unwrap()]);
    let text = String::from_utf8(told.stdout).unwrap();
    assert_eq!(told.status.code(), Some(1), "{text}");
    assert!(text.contains("curl -sS -X GET"), "{text}");
    assert!(text.contains("access_token={{access_token}}"), "{text}");
    assert!(text.contains("0 PASS, 1 FAIL"), "{text}");
}

#[test]
fn cases_are_listed_by_level_and_area() {
    let listed = conformance(&["--list", "--level", "should"]);
    let text = String::from_utf8(listed.stdout).unwrap();
    assert!(text.lines().count() > 20);
    assert!(text.lines().all(|line| line.contains(" SHOULD ")), "{text}");
    let of_area = conformance(&["--list", "--only", "tokens"]);
    assert!(
        String::from_utf8(of_area.stdout)
            .unwrap()
            .contains("C-TOK-001")
    );
}

#[test]
fn a_control_token_is_sent() {
    let mock = MockWechat::builder()
        .control_token("t0ken")
        .start_blocking();
    let url = mock.url();
    let with = ["--url", &url, "--only", "C-TOK-001"];
    let without = status(&with);
    let with = [&with[..], &["--control-token", "t0ken"]].concat();
    assert_eq!(status(&with), Some(0));
    // On loopback a mock may answer without its token, too.
    assert!(matches!(without, Some(0 | 2)));
}
