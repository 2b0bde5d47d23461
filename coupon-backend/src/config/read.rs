//! Reads one setting after the other and collects what is wrong with them.

use std::{collections::BTreeMap, ffi::OsString, net::SocketAddr, time::Duration};

use axum::http::Uri;
use secrecy::{ExposeSecret as _, SecretString};
use wechat_client::callback::{EncodingAesKey, Mode};

use super::{AppKey, NAMES};

/// Seven days.
const SESSION_TTL: i64 = 7 * 24 * 3600;
/// A year: a login that lasts longer is a slip of the pen.
const SESSION_TTL_MAX: i64 = 366 * 24 * 3600;

/// A minute.
const RECONCILE_EVERY: i64 = 60;
/// A day.
const RECONCILE_EVERY_MAX: i64 = 24 * 3600;

/// Milliseconds. Two calls in a row, each tried again, stay below the 20 seconds after which a caller
/// of ours must have an answer.
const WECHAT_TIMEOUT: i64 = 4000;
const WECHAT_TIMEOUT_LEAST: i64 = 100;

/// Ten minutes: a clock may be off, and a push may be on its way for some seconds.
const CALLBACK_WINDOW: i64 = 600;
/// A year: for a stand-in whose clock is set at will.
const CALLBACK_WINDOW_MAX: i64 = 366 * 24 * 3600;

pub(super) struct Reader<E> {
    environment: E,
    file: BTreeMap<String, String>,
    faults: Vec<String>,
}

impl<E: Fn(&str) -> Option<OsString>> Reader<E> {
    pub(super) fn new(environment: E, file: Option<&str>) -> Self {
        let mut reader = Self {
            environment,
            file: BTreeMap::new(),
            faults: Vec::new(),
        };
        if let Some(text) = file {
            reader.take_file(text);
        }
        reader
    }

    pub(super) fn fault(&mut self, name: &str, problem: &str) {
        self.faults.push(format!("{name} {problem}"));
    }

    pub(super) fn into_faults(self) -> Vec<String> {
        self.faults
    }

    fn take_file(&mut self, text: &str) {
        let table = match text.parse::<toml::Table>() {
            Ok(table) => table,
            Err(error) => {
                // The error's own text shows the line, and a secret may stand in it.
                let before = error.span().map_or("", |span| &text[..span.start]);
                let line = before.matches('\n').count() + 1;
                self.faults
                    .push(format!("the configuration file is no TOML at line {line}"));
                return;
            }
        };
        for (name, value) in table {
            if !NAMES.contains(&name.as_str()) {
                self.fault(&name, "in the configuration file is no setting");
                continue;
            }
            match value {
                toml::Value::String(text) => {
                    self.file.insert(name, text);
                }
                toml::Value::Integer(number) => {
                    self.file.insert(name, number.to_string());
                }
                _ => self.fault(&name, "in the configuration file is no text"),
            }
        }
    }

    /// The setting, if it is given; an empty one is not.
    fn given(&mut self, name: &'static str) -> Option<String> {
        let value = match (self.environment)(name) {
            Some(value) => {
                if let Ok(value) = value.into_string() {
                    value
                } else {
                    self.fault(name, "is no UTF-8");
                    return None;
                }
            }
            None => self.file.get(name)?.clone(),
        };
        (!value.is_empty()).then_some(value)
    }

    fn required(&mut self, name: &'static str) -> Option<String> {
        let faults = self.faults.len();
        let value = self.given(name);
        if value.is_none() && self.faults.len() == faults {
            self.fault(name, "is required");
        }
        value
    }

    /// A required text that travels in a header or a query: visible ASCII.
    fn visible(&mut self, name: &'static str) -> Option<String> {
        let value = self.required(name)?;
        if value.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Some(value);
        }
        self.fault(name, "has blanks or characters outside ASCII");
        None
    }

    pub(super) fn token(&mut self, name: &'static str) -> Option<SecretString> {
        self.visible(name).map(SecretString::from)
    }

    pub(super) fn app(&mut self, app_id: &'static str, secret: &'static str) -> Option<AppKey> {
        let app_id = self.visible(app_id);
        let secret = self.token(secret);
        Some(AppKey {
            app_id: app_id?,
            secret: secret?,
        })
    }

    pub(super) fn listen(&mut self) -> Option<SocketAddr> {
        let name = "COUPON_LISTEN";
        let value = self.given(name);
        let value = value.as_deref().unwrap_or("127.0.0.1:7430");
        let address = value.parse().ok();
        if address.is_none() {
            self.fault(name, "is no address and port, such as 127.0.0.1:7430");
        }
        address
    }

    pub(super) fn database_url(&mut self) -> Option<String> {
        let name = "COUPON_DATABASE_URL";
        let url = self
            .given(name)
            .unwrap_or_else(|| "sqlite://coupons.db?mode=rwc".to_owned());
        let problem = if url.starts_with("mysql:") || url.starts_with("mariadb:") {
            let is_whole = url.split_once("://").is_some_and(|(_, rest)| {
                rest.split(['?', '#']).next().is_some_and(|path| {
                    path.split_once('/')
                        .is_some_and(|(host, name)| !host.is_empty() && !name.is_empty())
                })
            });
            let known = url.replacen("mariadb:", "mysql:", 1);
            if is_whole && known.parse::<sqlx::mysql::MySqlConnectOptions>().is_ok() {
                return Some(url);
            }
            "is no URL of a MySQL server with its database, such as mysql://user:password@host/coupons"
        } else if !url.starts_with("sqlite:") {
            "is no sqlite:// or mysql:// URL"
        } else if url.contains(":memory:") || url.contains("mode=memory") {
            "names a database in memory, which every connection would have to itself"
        } else if url.parse::<sqlx::sqlite::SqliteConnectOptions>().is_err() {
            "is no URL that SQLite understands, such as sqlite://coupons.db?mode=rwc"
        } else {
            return Some(url);
        };
        self.fault(name, problem);
        None
    }

    pub(super) fn session_ttl(&mut self) -> Option<i64> {
        self.seconds("COUPON_SESSION_TTL", SESSION_TTL, SESSION_TTL_MAX)
    }

    pub(super) fn reconcile_every(&mut self) -> Option<Duration> {
        let seconds = self.seconds(
            "COUPON_RECONCILE_EVERY",
            RECONCILE_EVERY,
            RECONCILE_EVERY_MAX,
        );
        seconds.map(|seconds| Duration::from_secs(seconds.unsigned_abs()))
    }

    /// How long one answer of WeChat may take; a longer time than the usual one would be cut off.
    pub(super) fn wechat_timeout(&mut self) -> Option<Duration> {
        let name = "WECHAT_TIMEOUT_MS";
        let Some(value) = self.given(name) else {
            return Some(Duration::from_millis(WECHAT_TIMEOUT.unsigned_abs()));
        };
        let allowed = WECHAT_TIMEOUT_LEAST..=WECHAT_TIMEOUT;
        let timeout = value.parse().ok().filter(|ms| allowed.contains(ms));
        if timeout.is_none() {
            let problem = format!(
                "is no number of milliseconds from {WECHAT_TIMEOUT_LEAST} to {WECHAT_TIMEOUT}"
            );
            self.fault(name, &problem);
        }
        timeout.map(|ms: i64| Duration::from_millis(ms.unsigned_abs()))
    }

    pub(super) fn callback_window(&mut self) -> Option<i64> {
        self.seconds(
            "WECHAT_CALLBACK_WINDOW",
            CALLBACK_WINDOW,
            CALLBACK_WINDOW_MAX,
        )
    }

    /// A number of seconds from 1 to `most`.
    fn seconds(&mut self, name: &'static str, usual: i64, most: i64) -> Option<i64> {
        let Some(value) = self.given(name) else {
            return Some(usual);
        };
        let seconds = value
            .parse()
            .ok()
            .filter(|seconds| (1..=most).contains(seconds));
        if seconds.is_none() {
            self.fault(name, &format!("is no number of seconds from 1 to {most}"));
        }
        seconds
    }

    pub(super) fn api_base(&mut self) -> Option<String> {
        let name = "WECHAT_API_BASE";
        let value = self
            .given(name)
            .unwrap_or_else(|| "https://api.weixin.qq.com".to_owned());
        let well_formed = value.parse::<Uri>().is_ok_and(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https"))
                && uri.host().is_some_and(|host| !host.is_empty())
                && uri.query().is_none()
        });
        if !well_formed {
            self.fault(name, "is no http:// or https:// URL without a query");
            return None;
        }
        Some(value.trim_end_matches('/').to_owned())
    }

    pub(super) fn aes_key(&mut self) -> Option<EncodingAesKey> {
        let name = "WECHAT_CALLBACK_AES_KEY";
        let text = SecretString::from(self.given(name)?);
        let key = EncodingAesKey::parse(text.expose_secret()).ok();
        if key.is_none() {
            self.fault(name, "is not 43 characters of base64");
        }
        key
    }

    pub(super) fn callback_mode(&mut self, has_key: bool) -> Option<Mode> {
        let name = "WECHAT_CALLBACK_MODE";
        let mode = match self.given(name).as_deref() {
            None if has_key => return Some(Mode::Safe),
            None | Some("plain") => return Some(Mode::Plain),
            Some("compatible") => Mode::Compatible,
            Some("safe") => Mode::Safe,
            Some(_) => {
                self.fault(name, "is none of plain, compatible, safe");
                return None;
            }
        };
        if !has_key {
            self.fault(
                name,
                "seals pushes, and there is no WECHAT_CALLBACK_AES_KEY",
            );
            return None;
        }
        Some(mode)
    }
}
