//! What the program says on standard error, and what it keeps to itself.

use super::Serving;

/// What a mock says on standard error about a few refusals, with a token and a secret in them.
fn log_of_refusals(options: &[&str], variables: &[(&str, &str)]) -> String {
    let mut all = vec![("LC_ALL", ""), ("LC_MESSAGES", ""), ("LANG", "en_US.UTF-8")];
    all.push(("RUST_LOG", "warn,wechat_mock::cli=info"));
    all.extend(variables);
    let mock = Serving::start_with(&[&["--listen", "127.0.0.1:0"], options].concat(), &all);
    let secrets = "access_token=SECRET-TOKEN&secret=SECRET-SECRET";
    mock.get(&format!("/card/getcolors?{secrets}"));
    mock.get("/card/getcolors");
    mock.get(&format!(
        "/cgi-bin/token?grant_type=client_credential&appid=wx00000000000000a0&{secrets}"
    ));
    mock.get(&format!("/card/nonsense&{secrets}"));
    let claim =
        "{\"appid\":\"wx00000000000000b0\",\"cardList\":[{\"cardId\":\"p1\",\"cardExt\":\"{}\"}]}";
    mock.post("/_mock/v1/users/alice/add-card", claim);
    let (status, log) = mock.stop("-TERM");
    assert_eq!(status, Some(0));
    assert!(!log.contains("SECRET"), "{log}");
    assert!(!log.contains('\u{1b}'), "{log}");
    log
}

#[test]
fn each_refusal_is_a_line_on_standard_error() {
    let log = log_of_refusals(&[], &[]);
    let lines: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("refused:"))
        .collect();
    let expected = [
        ["GET /card/getcolors", "40001 WX-TOK-002", "explain/call-1"],
        ["GET /card/getcolors", "41001 WX-TOK-001", "explain/call-2"],
        [
            " - GET /cgi-bin/token",
            "40125 WX-TOK-011",
            "explain/call-3",
        ],
        ["GET /card/…", "40066 WX-WIRE-001", "explain/call-4"],
        [" mp wx.addCard", "WX-SIG-005", "explain/claim-1"],
    ];
    assert_eq!(lines.len(), expected.len(), "{log}");
    for (line, parts) in lines.iter().zip(expected) {
        for part in parts {
            assert!(line.contains(part), "{part} in {line}");
        }
        assert!(line.contains("More: http://127.0.0.1:"), "{line}");
    }
    let rules = fixtures::rules().as_array().unwrap();
    let rule = rules
        .iter()
        .find(|rule| rule["id"] == "WX-TOK-001")
        .unwrap();
    assert!(lines[1].contains(rule["mistake"]["en"].as_str().unwrap()));

    for (options, variables) in [
        (&["--lang", "zh"][..], &[][..]),
        (&[], &[("LANG", "zh_CN.UTF-8")]),
        (&[], &[("LC_ALL", "zh_TW")]),
    ] {
        let log = log_of_refusals(options, variables);
        let lines = log.lines().filter(|line| line.contains("被拒绝："));
        assert_eq!(lines.count(), 5, "{log}");
        assert!(log.contains(rule["mistake"]["zh"].as_str().unwrap()));
    }
    let english = log_of_refusals(&["--lang", "en"], &[("LANG", "zh_CN.UTF-8")]);
    assert!(english.contains("refused:"));
}

#[test]
fn a_quiet_mock_says_nothing_and_whoever_asks_sees_every_call() {
    let quiet = log_of_refusals(&["--quiet"], &[]);
    assert!(
        !quiet.contains("refused") && !quiet.contains("WX-"),
        "{quiet}"
    );

    let all = log_of_refusals(&["--quiet"], &[("RUST_LOG", "info")]);
    let calls: Vec<&str> = all
        .lines()
        .filter(|line| line.contains("wechat_mock::calls"))
        .collect();
    assert_eq!(calls.len(), 4, "{all}");
    assert!(calls[0].contains("/card/getcolors") && calls[0].contains("40001"));
}

#[test]
fn a_mock_whose_log_nobody_reads_goes_on_answering() {
    let mock = Serving::start_with(&["--listen", "127.0.0.1:0"], &[("LANG", "en")]);
    // More lines than a pipe and the queue before it can hold.
    for _ in 0..3_000 {
        assert!(mock.get("/card/getcolors").contains("41001"));
    }
    // It is not stopped in order: the pipe is full, and the last lines wait for a reader.
}
