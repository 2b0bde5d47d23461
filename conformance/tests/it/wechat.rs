//! Runs against WeChat, which a mock plays here: what they call, make, leave behind and write down.

use std::{
    collections::BTreeSet,
    path::Path,
    process::{Command, Output},
    sync::Arc,
};

use conformance::{
    Case, Cleaned, Layer, Limits, Outcome, PREFIX, Target, Verdict, cases, diff, record, run,
};
use serde_json::Value;
use wechat_mock::MockWechat;

/// A mock that plays WeChat, with one account.
struct Played {
    mock: MockWechat,
    appid: String,
    secret: String,
}

impl Played {
    async fn start() -> Self {
        Self::of(MockWechat::start().await)
    }

    fn of(mock: MockWechat) -> Self {
        let account = mock.official_account();
        Self {
            appid: account.appid.clone(),
            secret: account.secret.clone(),
            mock,
        }
    }

    fn target(&self, limits: Limits) -> Target {
        Target::wechat(&self.mock.url(), &self.appid, &self.secret, None, limits).unwrap()
    }

    async fn run(&self, limits: Limits) -> (Vec<Verdict>, Cleaned) {
        let target = Arc::new(self.target(limits));
        let verdicts = run(target.clone(), cases().iter().collect(), |_| {}).await;
        let cleaned = target.clean().await;
        (verdicts, cleaned)
    }

    fn called(&self) -> Vec<(String, i64)> {
        let rows = self.mock.journal().rows();
        rows.into_iter()
            .map(|row| (row.path, row.errcode))
            .collect()
    }

    /// The cards that were made and not deleted, by the journal.
    fn left(&self) -> BTreeSet<String> {
        let journal = self.mock.journal();
        let accepted = |path: &str| {
            let rows = journal.of_path(path).into_iter();
            rows.filter(|row| row.errcode == 0).collect::<Vec<_>>()
        };
        let id = |value: &Value| value["card_id"].as_str().unwrap().to_owned();
        let mut cards: BTreeSet<String> = accepted("/card/create")
            .iter()
            .map(|row| id(row.reply()))
            .collect();
        assert!(!cards.is_empty(), "no card was made");
        for row in accepted("/card/delete") {
            assert!(cards.remove(&id(row.request())));
        }
        cards
    }

    fn program(&self, arguments: &[&str], with_secret: bool) -> Output {
        self.command(arguments, with_secret).output().unwrap()
    }

    fn command(&self, arguments: &[&str], with_secret: bool) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_conformance"));
        command
            .args(arguments)
            .env("WECHAT_API_BASE", self.mock.url())
            .env("WECHAT_OA_APPID", &self.appid)
            .env_remove("WECHAT_OA_SECRET");
        if with_secret {
            command.env("WECHAT_OA_SECRET", &self.secret);
        }
        command
    }
}

const PLENTY: Limits = Limits {
    allow_writes: false,
    most_calls: 100_000,
    most_calls_per_path: 100_000,
};

const WRITING: Limits = Limits {
    allow_writes: true,
    ..PLENTY
};

#[tokio::test]
async fn a_run_that_only_reads_makes_no_writing_call() {
    let wechat = Played::start().await;
    let (verdicts, cleaned) = wechat.run(PLENTY).await;
    let reading = [
        "batchget",
        "get",
        "getcolors",
        "getbyid",
        "geturl",
        "getcardlist",
        "getdepositcount",
        "checkcode",
        "decrypt",
        "getapplyprotocol",
        "gethtml",
        "getticket",
        "jscode2session",
        "getcallbackip",
        "get_api_domain_ip",
        "getcardbizuininfo",
        "getcardcardinfo",
        "getcardmembercardinfo",
        "getcardmembercarddetail",
        "token",
        "stable_token",
    ];
    let called = wechat.called();
    for (path, _) in &called {
        let last = path.rsplit('/').next().unwrap();
        assert!(reading.contains(&last), "{path}");
    }
    let tokens = called
        .iter()
        .filter(|(path, errcode)| path.ends_with("token") && *errcode == 0);
    assert_eq!(tokens.count(), 1, "the token is fetched once");
    assert_eq!((cleaned.calls, cleaned.made), (called.len(), 0));
    let of = |outcome| verdicts.iter().filter(move |one| one.outcome == outcome);
    assert!(
        of(Outcome::Pass).count() > 30,
        "{}",
        of(Outcome::Pass).count()
    );
    assert_eq!(
        of(Outcome::Pass).count() + of(Outcome::Skip).count(),
        cases().len()
    );
    assert!(of(Outcome::Pass).all(|one| one.case.layer == Layer::L1));
}

#[tokio::test]
async fn what_a_run_makes_has_the_prefix_and_is_deleted() {
    let wechat = Played::start().await;
    let (verdicts, cleaned) = wechat.run(WRITING).await;
    let broken = verdicts.iter().filter(|one| one.outcome.is_broken());
    let broken: Vec<_> = broken.map(|one| (&one.case.id, &one.reason)).collect();
    assert!(broken.is_empty(), "{broken:?}");
    assert!(cleaned.made > 60, "{cleaned:?}");
    assert!(cleaned.left.is_empty() && cleaned.lost == 0, "{cleaned:?}");
    assert_eq!(wechat.left(), BTreeSet::new());
    let journal = wechat.mock.journal();
    let mut made = 0;
    for row in journal.of_path("/card/create") {
        if row.errcode == 0 {
            made += 1;
            let sent = row.request().to_string();
            assert!(sent.contains(PREFIX), "{sent}");
        }
    }
    assert_eq!(made, cleaned.made);
}

#[tokio::test]
async fn the_quota_guard_stops_before_the_call_that_is_one_too_many() {
    let wechat = Played::start().await;
    let limits = Limits {
        most_calls: 25,
        ..WRITING
    };
    let (verdicts, cleaned) = wechat.run(limits).await;
    let why = cleaned.stopped.clone().unwrap();
    assert!(why.contains("at most 25 calls"), "{why}");
    assert!(cleaned.made > 0 && cleaned.calls <= 25, "{cleaned:?}");
    assert_eq!(wechat.called().len(), cleaned.calls);
    assert_eq!(wechat.left(), BTreeSet::new());
    let stopped = verdicts
        .iter()
        .filter(|one| one.outcome == Outcome::Skip && one.reason.as_deref() == Some(why.as_str()));
    assert!(stopped.count() > 100);

    let wechat = Played::start().await;
    let limits = Limits {
        most_calls_per_path: 3,
        ..PLENTY
    };
    let (_, cleaned) = wechat.run(limits).await;
    assert_eq!(cleaned.stopped, None);
    let called = wechat.called();
    let paths: BTreeSet<&String> = called.iter().map(|(path, _)| path).collect();
    for path in paths {
        let count = called.iter().filter(|(one, _)| one == path).count();
        assert!(count <= 3, "{path}: {count}");
    }
}

#[tokio::test]
async fn a_run_that_is_stopped_deletes_what_it_has_made() {
    let wechat = Played::start().await;
    let target = Arc::new(wechat.target(WRITING));
    let stopping = target.clone();
    let making: Vec<&Case> = cases()
        .iter()
        .filter(|case| case.area == "card_get")
        .collect();
    let verdicts = run(target.clone(), making, move |verdict| {
        if verdict.outcome == Outcome::Pass {
            stopping.stop("interrupted");
        }
    })
    .await;
    let cleaned = target.clean().await;
    assert!(cleaned.made > 0 && cleaned.left.is_empty(), "{cleaned:?}");
    assert_eq!(wechat.left(), BTreeSet::new());
    let last = verdicts.last().unwrap();
    assert_eq!(last.reason.as_deref(), Some("interrupted"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_secret_is_written_and_captures_are_recorded() {
    let wechat = Played::start().await;
    let folder = tempfile::tempdir().unwrap();
    let (reports, captures) = (folder.path().join("r"), folder.path().join("c"));
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let told = wechat.program(
        &[
            "--target",
            "wechat",
            "--i-mean-it",
            "--report",
            &text(&reports),
        ],
        true,
    );
    assert_eq!(told.status.code(), Some(0), "{told:?}");
    let recorded = wechat.program(&["record", "--i-mean-it", "--out", &text(&captures)], true);
    assert_eq!(recorded.status.code(), Some(0), "{recorded:?}");

    let world = reqwest::get(format!("{}/_mock/v1/world", wechat.mock.url()));
    let world: Value = serde_json::from_str(&world.await.unwrap().text().await.unwrap()).unwrap();
    let known = world.to_string();
    let mut written: Vec<String> = [&told, &recorded]
        .iter()
        .flat_map(|output| [&output.stdout, &output.stderr])
        .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
        .collect();
    for file in [&reports, &captures]
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).unwrap())
    {
        written.push(std::fs::read_to_string(file.unwrap().path()).unwrap());
    }
    assert!(written.len() > 10, "{}", written.len());
    for text in &written {
        assert!(!text.contains(&wechat.secret), "the secret is written");
        assert!(!text.contains(&wechat.appid), "the appid is written");
        // Every long word that the world of WeChat knows as a token or ticket.
        for word in
            text.split(|letter: char| !(letter.is_ascii_alphanumeric() || "_-".contains(letter)))
        {
            assert!(word.len() < 60 || !known.contains(word), "{word}");
        }
    }
    let tokens = std::fs::read_to_string(captures.join("tokens.json")).unwrap();
    let tokens: Value = serde_json::from_str(&tokens).unwrap();
    assert_eq!(tokens["recorder"]["version"], env!("CARGO_PKG_VERSION"));
    let capture = &tokens["captures"][0];
    assert_eq!(capture["grade"], "A");
    assert_eq!(capture["date"].as_str().unwrap().len(), 10);
    assert!(
        capture["steps"][0]["answer"]["errcode"].is_i64(),
        "{capture}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn wechat_is_called_with_credentials_and_only_when_it_is_meant() {
    let wechat = Played::start().await;
    let without_a_word = wechat.program(&["--target", "wechat"], true);
    let without_secret = wechat.program(&["--target", "wechat", "--i-mean-it"], false);
    for refused in [without_a_word, without_secret] {
        assert_eq!(refused.status.code(), Some(2));
    }
    assert!(wechat.called().is_empty());
    let stopped = wechat.program(
        &["--target", "wechat", "--i-mean-it", "--most-calls", "5"],
        true,
    );
    assert_eq!(stopped.status.code(), Some(1));
    let text = String::from_utf8(stopped.stderr).unwrap();
    assert!(text.contains("stops the run before call 6"), "{text}");
    assert_eq!(wechat.called().len(), 5);
}

#[tokio::test]
async fn a_switch_that_stands_otherwise_is_a_difference() {
    let chosen = || -> Vec<&Case> {
        cases()
            .iter()
            .filter(|case| case.area == "card_get" || case.id == "C-K9-s2")
            .collect()
    };
    let target = |wechat: &Played| Arc::new(wechat.target(WRITING).without_judging());
    let mock = || async { Target::in_process(false).await.unwrap().without_judging() };

    let same = Played::start().await;
    let (found, verdicts) = diff::between(target(&same), mock().await, chosen()).await;
    assert_eq!(
        diff::told(&found),
        "# WeChat and the mock\n\n0 differences.\n"
    );
    assert!(verdicts.iter().any(|one| !one.traffic.is_empty()));

    let other = MockWechat::builder()
        .switch("numeric_string", "refuse")
        .start()
        .await;
    let other = Played::of(other);
    let (found, _) = diff::between(target(&other), mock().await, chosen()).await;
    let of_case: Vec<&str> = found
        .iter()
        .filter(|one| one.case == "C-K9-s2" && one.what == "errcode")
        .map(|one| one.wechat.as_str())
        .collect();
    assert_eq!(of_case.first(), Some(&"47001"), "{found:?}");
    assert!(diff::told(&found).contains("| C-K9-s2 | 1 | POST /card/create | errcode | 47001 |"));
}

#[tokio::test]
async fn what_is_recorded_has_no_trace_of_the_moment() {
    let wechat = Played::start().await;
    let (verdicts, _) = wechat.run(PLENTY).await;
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let (again, _) = Played::start().await.run(PLENTY).await;
    assert_eq!(verdicts.len(), again.len());
    for (folder, verdicts) in folders.iter().zip([&verdicts, &again]) {
        let count = record(folder.path(), verdicts, "a mock", "2026-11-26").unwrap();
        assert!(count > 30, "{count}");
    }
    let [first, second] =
        folders.map(|folder| std::fs::read_to_string(folder.path().join("tokens.json")).unwrap());
    assert_eq!(first, second);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_program_deletes_what_it_has_made() {
    let wechat = Played::start().await;
    let arguments = ["--target", "wechat", "--i-mean-it", "--allow-writes"];
    let mut command = wechat.command(&arguments, true);
    command.stdout(std::process::Stdio::null());
    let program = command
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let is_made = || {
        let rows = wechat.mock.journal().of_path("/card/create");
        rows.iter().any(|row| row.errcode == 0)
    };
    let mut glances = 0;
    while !is_made() {
        glances += 1;
        assert!(glances < 3000, "no card is made");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let id = program.id().to_string();
    let sent = Command::new("kill").args(["-INT", &id]).status().unwrap();
    assert!(sent.success());
    let ended = program.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    let text = String::from_utf8(ended.stderr).unwrap();
    assert!(text.contains("the run was interrupted"), "{text}");
    assert_eq!(wechat.left(), BTreeSet::new());
}
