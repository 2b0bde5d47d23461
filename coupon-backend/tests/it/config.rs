//! The configuration, and what is wrong with it.

use std::collections::HashMap;

use coupon_backend::{Config, ConfigError};

fn good() -> HashMap<&'static str, &'static str> {
    HashMap::from([
        ("COUPON_ADMIN_TOKEN", "hush-admin"),
        ("WECHAT_OA_APPID", "wx00000000000000a0"),
        ("WECHAT_OA_SECRET", "hush-oa"),
        ("WECHAT_MP_APPID", "wx00000000000000b0"),
        ("WECHAT_MP_SECRET", "hush-mp"),
        ("WECHAT_CALLBACK_TOKEN", "hush-callback"),
    ])
}

fn read(settings: &HashMap<&str, &str>, file: Option<&str>) -> Result<Config, ConfigError> {
    Config::read(|name| settings.get(name).map(Into::into), file)
}

fn with(name: &'static str, value: &'static str) -> Result<Config, ConfigError> {
    let mut settings = good();
    settings.insert(name, value);
    read(&settings, None)
}

#[test]
fn what_is_required_is_enough() {
    let config = read(&good(), None).unwrap();
    assert_eq!(config.listen().to_string(), "127.0.0.1:7430");
    let shown = format!("{config:?}");
    assert!(!shown.contains("hush"), "{shown}");
}

#[test]
fn all_that_is_missing_is_told_at_once() {
    let error = read(&HashMap::new(), None).unwrap_err();
    assert_eq!(error.faults().len(), good().len(), "{error}");
    for name in good().keys() {
        assert!(error.to_string().contains(name), "{name}: {error}");
    }
}

#[test]
fn a_faulty_value_is_named_and_not_shown() {
    for (name, value) in [
        ("COUPON_LISTEN", "hush:x"),
        ("COUPON_DATABASE_URL", "mysql://hush@db"),
        ("COUPON_DATABASE_URL", "postgres://hush@db/x"),
        ("COUPON_DATABASE_URL", "hush.db"),
        ("COUPON_DATABASE_URL", "sqlite::memory:"),
        ("COUPON_SESSION_TTL", "hush"),
        ("COUPON_SESSION_TTL", "0"),
        ("COUPON_RECONCILE_EVERY", "0"),
        ("COUPON_RECONCILE_EVERY", "hush"),
        ("COUPON_ADMIN_TOKEN", "hush with blanks"),
        ("WECHAT_API_BASE", "ftp://hush"),
        ("WECHAT_API_BASE", "http://hush?x=1"),
        ("WECHAT_CALLBACK_AES_KEY", "hush"),
        ("WECHAT_TIMEOUT_MS", "99"),
        ("WECHAT_TIMEOUT_MS", "4001"),
        ("WECHAT_TIMEOUT_MS", "hush"),
        ("WECHAT_MP_APPID", "wx00000000000000a0"),
    ] {
        let error = with(name, value).unwrap_err();
        assert_eq!(error.faults().len(), 1, "{error}");
        assert!(error.to_string().contains(name), "{error}");
        assert!(!error.to_string().contains("hush"), "{error}");
    }
    // 43 characters whose last one carries bits that mean nothing.
    assert!(
        with(
            "WECHAT_CALLBACK_AES_KEY",
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"
        )
        .is_ok()
    );
}

#[test]
fn the_file_serves_and_the_environment_wins() {
    let file = "COUPON_LISTEN = '127.0.0.1:1'\nCOUPON_SESSION_TTL = 60";
    assert_eq!(read(&good(), Some(file)).unwrap().listen().port(), 1);
    let mut settings = good();
    settings.insert("COUPON_LISTEN", "127.0.0.1:2");
    assert_eq!(read(&settings, Some(file)).unwrap().listen().port(), 2);

    let error = read(&good(), Some("COUPON_LISTN = 'x'")).unwrap_err();
    assert!(error.to_string().contains("COUPON_LISTN"), "{error}");
    let error = read(&good(), Some("a = 1\nWECHAT_OA_SECRET = hush\n")).unwrap_err();
    assert!(
        error.to_string().contains("line 2") && !error.to_string().contains("hush"),
        "{error}"
    );
}

#[test]
fn a_mysql_server_and_its_database_are_taken() {
    for url in ["mysql://user:hush@db:3306/coupons", "mariadb://db/coupons"] {
        with("COUPON_DATABASE_URL", url).unwrap();
    }
}
