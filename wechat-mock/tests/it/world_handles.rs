//! Everything that the control API does to the world, without HTTP.

use serde_json::{Value, json};
use wechat_mock::{
    AccountProfile, AccountRow, Accounts, Callback, CardReview, CardRow, Cards, CodeRow,
    Expectation, Explanation, MockWechat, Sex, StarterRow, SwitchRow, Switches, UserProfile,
    UserRow, Users, WorldHandle,
};

use crate::{receiver::Receiver, support::TestMock};

fn can_go_anywhere<T: Clone + Send + Sync + 'static>() {}

#[test]
fn handles_can_go_anywhere() {
    can_go_anywhere::<(Accounts, Users, Cards, Switches, WorldHandle, Expectation)>();
}

/// What the control API answers to a GET.
async fn shown(test: &TestMock, path: &str) -> Value {
    test.control("GET", path, &Value::Null).await.json()
}

fn raws<'a>(rows: impl Iterator<Item = &'a Value>) -> Value {
    rows.cloned().collect()
}

#[tokio::test]
async fn rows_are_what_the_control_api_shows() {
    let test = TestMock::start().await;
    test.mock.world().reset_to("shop").unwrap();
    let (mock, appid) = (&test.mock, test.mock.official_account().appid);
    let (accounts, users) = (mock.accounts().list(), mock.users().list());
    let (cards, switches) = (mock.cards().list(), mock.switches().list());
    let codes = mock.cards().codes(&cards[0].card_id).unwrap();
    let claims = mock.journal().claims();
    for (path, member, rows) in [
        (
            "accounts",
            "accounts",
            raws(accounts.iter().map(AccountRow::raw)),
        ),
        ("users", "users", raws(users.iter().map(UserRow::raw))),
        ("cards", "cards", raws(cards.iter().map(CardRow::raw))),
        (
            "switches",
            "switches",
            raws(switches.iter().map(SwitchRow::raw)),
        ),
        (
            "worlds",
            "worlds",
            raws(mock.world().starters().iter().map(StarterRow::raw)),
        ),
        (
            "claims",
            "claims",
            raws(claims.iter().map(Explanation::raw)),
        ),
        (
            &format!("cards/{}/codes", cards[0].card_id),
            "codes",
            raws(codes.iter().map(CodeRow::raw)),
        ),
    ] {
        assert_eq!(shown(&test, path).await[member], rows, "{path}");
    }
    let path = format!("accounts/{appid}/credentials");
    let credentials = mock.accounts().credentials(&appid).unwrap();
    assert_eq!(shown(&test, &path).await, *credentials.raw());
    let card = mock.cards().get(&cards[0].card_id).unwrap();
    let path = format!("cards/{}", card.card_id);
    assert_eq!(shown(&test, &path).await, *card.raw());
    assert_eq!(mock.cards().of(&appid).unwrap(), cards);
    assert_eq!(shown(&test, "world").await, mock.world().export());
}

#[tokio::test]
async fn accounts_come_and_change() {
    let test = TestMock::start().await;
    let accounts = test.mock.accounts();
    let shop = AccountProfile::official_account("my-shop")
        .appid("wx0123456789abcdef")
        .secret(&"a".repeat(32))
        .open_platform("mine")
        .token_grace(60)
        .quota("/card/create", 3)
        .ip_whitelist(&["10.0.0.1".parse().unwrap()])
        .card_right(false);
    let shop = accounts.add(shop).unwrap();
    assert_eq!(
        (shop.name.as_str(), shop.kind.as_str()),
        ("my-shop", "official_account")
    );
    assert_eq!(
        (shop.appid.as_str(), shop.card_right),
        ("wx0123456789abcdef", false)
    );
    assert_eq!(shop.secret(), "a".repeat(32));
    assert_eq!(shop.open_platform, "mine");
    assert_eq!(shop["token_grace"], 60);
    assert_eq!(shop["quotas"], json!({"/card/create": 3}));
    assert_eq!(shop["ip_whitelist"], json!(["10.0.0.1"]));

    let wait = CardReview::After(std::time::Duration::from_millis(1500));
    for (review, as_shown) in [
        (CardReview::Manual, json!("manual")),
        (wait, json!({"after": 2})),
        (CardReview::Auto, json!("auto")),
    ] {
        let profile = AccountProfile::default().review(review).name("renamed");
        let changed = accounts.change(&shop.appid, profile).unwrap();
        assert_eq!(
            (changed.name.as_str(), &changed["review"]),
            ("renamed", &as_shown)
        );
    }
    for (refused, status, field) in [
        (accounts.change("wx0", AccountProfile::default()), 404, None),
        (
            accounts.add(AccountProfile::default().appid(&shop.appid)),
            409,
            Some("appid"),
        ),
        (
            accounts.add(AccountProfile::default().appid("wx0")),
            422,
            Some("appid"),
        ),
        (
            accounts.add(AccountProfile::default().set("colour", 1)),
            422,
            Some("colour"),
        ),
        (
            accounts.change(&shop.appid, AccountProfile::mini_program("x")),
            422,
            Some("kind"),
        ),
    ] {
        let error = refused.unwrap_err();
        assert_eq!(
            (error.status, error.field.as_deref()),
            (status, field),
            "{error}"
        );
    }
    let told = format!("{:?}", AccountProfile::default().secret("s3cret"));
    assert!(
        !told.contains("s3cret") && told.contains("secret"),
        "{told}"
    );
}

#[tokio::test]
async fn customers_come_and_change() {
    let test = TestMock::start().await;
    let (users, page) = (test.mock.users(), test.mock.mini_program().appid);
    let openid = "o".repeat(28);
    let profile = UserProfile::default()
        .sex(Sex::Female)
        .openid(&page, &openid);
    let dora = users.add("dora", profile.unionid("u-dora")).unwrap();
    assert_eq!(dora.openid(&page).unwrap(), openid);
    let row = users.list().pop().unwrap();
    assert_eq!(
        (row.name.as_str(), row.unionid.as_str(), row.sex),
        ("dora", "u-dora", Sex::Female)
    );
    assert!(!row.blocked);
    let changed = users.change(
        "dora",
        UserProfile::default().blocked(true).sex(Sex::Unknown),
    );
    let changed = changed.unwrap();
    assert_eq!((changed.blocked, changed.sex), (true, Sex::Unknown));
    assert_eq!(changed.openids[&page], openid);

    assert_eq!(
        users
            .add("dora", UserProfile::default())
            .unwrap_err()
            .status,
        409
    );
    assert_eq!(
        users
            .change("nobody", UserProfile::default())
            .unwrap_err()
            .status,
        404
    );
    let taken = users.change("alice", UserProfile::default().openid(&page, &openid));
    assert_eq!(taken.unwrap_err().status, 409);
}

#[tokio::test]
async fn a_test_is_the_reviewer_of_cards() {
    let test = TestMock::start().await;
    let (accounts, cards) = (test.mock.accounts(), test.mock.cards());
    let appid = test.mock.official_account().appid;
    let manual = AccountProfile::default().review(CardReview::Manual);
    accounts.change(&appid, manual).unwrap();
    let (good, bad) = (test.create().await, test.create().await);
    assert_eq!(cards.get(&good).unwrap().status, "CARD_STATUS_NOT_VERIFY");

    assert_eq!(
        cards.approve(&good).unwrap().status,
        "CARD_STATUS_VERIFY_OK"
    );
    let refused = cards.refuse(&bad, "not your logo").unwrap();
    assert_eq!(refused.status, "CARD_STATUS_VERIFY_FAIL");
    assert_eq!(refused.state_reason.as_deref(), Some("not your logo"));
    for decided in [&good, &bad] {
        assert_eq!(cards.approve(decided).unwrap_err().status, 409);
    }
    let told: Vec<String> = test
        .mock
        .events()
        .list()
        .into_iter()
        .map(|event| event.event)
        .collect();
    assert_eq!(told, ["card_pass_check", "card_not_pass_check"]);
}

#[tokio::test]
async fn a_callback_is_set_and_checked() {
    let test = TestMock::start().await;
    let (accounts, appid) = (test.mock.accounts(), test.mock.official_account().appid);
    let receiver = Receiver::start([]).await;
    let callback = Callback::new(&receiver.url, "token123");
    accounts
        .change(&appid, AccountProfile::default().callback(callback))
        .unwrap();
    test.mock
        .events()
        .trigger(&appid, "user_view_card", "alice", json!({}))
        .unwrap();
    test.mock.events().settled().await;
    assert_eq!(test.mock.events().list()[0].tries.len(), 1);
    assert!(accounts.verify_callback(&appid).await.unwrap().is_ok());

    let nowhere = Callback::new("http://127.0.0.1:1/wechat", "token123");
    accounts
        .change(&appid, AccountProfile::default().callback(nowhere))
        .unwrap();
    let check = accounts.verify_callback(&appid).await.unwrap();
    assert!(!check.is_ok(), "{check:?}");
    let nothing = AccountProfile::default().no_callback();
    assert!(accounts.change(&appid, nothing).unwrap()["callback"].is_null());
    assert_eq!(
        accounts.verify_callback(&appid).await.unwrap_err().status,
        409
    );

    let bad = Callback::new("http://127.0.0.1:1/wechat", "with-a-dash");
    let refused = accounts.change(&appid, AccountProfile::default().callback(bad));
    assert_eq!(
        refused.unwrap_err().field.as_deref(),
        Some("callback.token")
    );
}

#[tokio::test]
async fn switches_are_set_all_or_none() {
    let test = TestMock::start().await;
    let switches = test.mock.switches();
    let before = switches.list();
    let refused = switches.set_all([("nonce", "required"), ("nonce", "maybe")]);
    assert_eq!(refused.unwrap_err().field.as_deref(), Some("nonce"));
    assert_eq!(switches.list(), before);
    switches.set("nonce", "required").unwrap();
    let nonce = switches
        .list()
        .into_iter()
        .find(|switch| switch.name == "nonce");
    assert_eq!(nonce.unwrap().value, "required");
    assert_eq!(switches.set("colour", "red").unwrap_err().status, 422);
}

#[tokio::test]
async fn a_world_goes_out_and_comes_back() {
    let test = TestMock::start().await;
    let card_id = test.create().await;
    let saved = test.mock.world().export();
    test.mock.expect().on("/card/create").times(1).unwrap();
    test.mock.world().reset();
    assert!(test.mock.cards().list().is_empty());
    assert!(test.mock.journal().rows().is_empty());

    test.mock.world().import(saved.clone()).unwrap();
    assert_eq!(test.mock.cards().get(&card_id).unwrap().card_id, card_id);
    let other = MockWechat::builder().world(saved).start().await;
    assert_eq!(other.cards().list(), test.mock.cards().list());
    assert_eq!(
        test.mock
            .world()
            .reset_to("shed")
            .unwrap_err()
            .field
            .as_deref(),
        Some("world")
    );
    assert_eq!(test.mock.world().import(json!([])).unwrap_err().status, 422);
    // The reset took the expectation along.
    test.mock.verify();
}

#[tokio::test]
async fn one_fault_is_taken_back() {
    use wechat_mock::{Fault, FaultKind};
    let test = TestMock::start().await;
    let faults = test.mock.faults();
    let first = faults.add(Fault::new(FaultKind::Errcode(-1))).unwrap();
    let second = faults.add(Fault::new(FaultKind::Garbage)).unwrap();
    faults.remove(first.id).unwrap();
    assert_eq!(faults.list(), std::slice::from_ref(&second));
    assert_eq!(faults.remove(first.id).unwrap_err().status, 404);
    let path = format!("faults/{}", second.id);
    for status in [200, 404] {
        assert_eq!(
            test.control("DELETE", &path, &Value::Null).await.status,
            status
        );
    }
    assert_eq!(
        test.control("DELETE", "faults/x", &Value::Null)
            .await
            .status,
        404
    );
    assert_eq!(test.ask("/card/getcolors").await.errcode(), 0);
}
