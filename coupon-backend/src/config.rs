//! The configuration: read once, all its faults reported at once.

mod read;

use std::{ffi::OsString, fmt, net::SocketAddr, path::Path, time::Duration};

use secrecy::SecretString;
use wechat_client::callback::{EncodingAesKey, Mode};

use read::Reader;

/// The names that may stand in the environment and in the file.
pub(crate) const NAMES: [&str; 15] = [
    "COUPON_LISTEN",
    "COUPON_DATABASE_URL",
    "COUPON_ADMIN_TOKEN",
    "COUPON_SESSION_TTL",
    "COUPON_RECONCILE_EVERY",
    "WECHAT_API_BASE",
    "WECHAT_TIMEOUT_MS",
    "WECHAT_OA_APPID",
    "WECHAT_OA_SECRET",
    "WECHAT_MP_APPID",
    "WECHAT_MP_SECRET",
    "WECHAT_CALLBACK_TOKEN",
    "WECHAT_CALLBACK_AES_KEY",
    "WECHAT_CALLBACK_MODE",
    "WECHAT_CALLBACK_WINDOW",
];

/// One app at WeChat: an Official Account or a mini-program.
#[derive(Clone, Debug)]
pub(crate) struct AppKey {
    pub(crate) app_id: String,
    pub(crate) secret: SecretString,
}

/// Everything that can be set from outside.
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) listen: SocketAddr,
    pub(crate) database_url: String,
    pub(crate) admin_token: SecretString,
    /// Seconds that a login lasts.
    pub(crate) session_ttl: i64,
    /// How often ledger and WeChat are brought together.
    pub(crate) reconcile_every: Duration,
    pub(crate) api_base: String,
    /// How long one answer of WeChat may take.
    pub(crate) wechat_timeout: Duration,
    pub(crate) official_account: AppKey,
    pub(crate) mini_program: AppKey,
    pub(crate) callback_token: SecretString,
    /// Without it sealed pushes are refused.
    pub(crate) callback_aes_key: Option<EncodingAesKey>,
    /// How WeChat pushes; by default sealed when there is a key.
    pub(crate) callback_mode: Mode,
    /// Seconds by which the time of a push's signature may be off.
    pub(crate) callback_window: i64,
}

/// All that is wrong with a configuration, a line each, without the values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    faults: Vec<String>,
}

impl ConfigError {
    /// The faults, one sentence each.
    pub fn faults(&self) -> &[String] {
        &self.faults
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration has {} fault(s)", self.faults.len())?;
        for fault in &self.faults {
            write!(f, "\n  {fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads the process's environment, and under it the TOML file.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with either of them.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let text = file.map(std::fs::read_to_string).transpose();
        let text = text.map_err(|error| ConfigError {
            faults: vec![format!("the configuration file cannot be read: {error}")],
        })?;
        Self::read(|name| std::env::var_os(name), text.as_deref())
    }

    /// Reads the configuration from `environment` and, for what that does not say, from the text
    /// of a TOML file whose keys have the same names.
    ///
    /// ```
    /// use coupon_backend::Config;
    ///
    /// let error = Config::read(|_| None, Some("COUPON_LISTN = '127.0.0.1:80'")).unwrap_err();
    /// let text = error.to_string();
    /// assert!(text.contains("COUPON_LISTN"), "the misspelt key");
    /// assert!(text.contains("COUPON_ADMIN_TOKEN"), "and what is missing");
    /// ```
    ///
    /// # Errors
    ///
    /// Everything that is wrong, at once, without any value that might be secret.
    pub fn read(
        environment: impl Fn(&str) -> Option<OsString>,
        file: Option<&str>,
    ) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(environment, file);
        let listen = reader.listen();
        let database_url = reader.database_url();
        let admin_token = reader.token("COUPON_ADMIN_TOKEN");
        let session_ttl = reader.session_ttl();
        let reconcile_every = reader.reconcile_every();
        let api_base = reader.api_base();
        let wechat_timeout = reader.wechat_timeout();
        let official_account = reader.app("WECHAT_OA_APPID", "WECHAT_OA_SECRET");
        let mini_program = reader.app("WECHAT_MP_APPID", "WECHAT_MP_SECRET");
        let callback_token = reader.token("WECHAT_CALLBACK_TOKEN");
        let callback_aes_key = reader.aes_key();
        let callback_mode = reader.callback_mode(callback_aes_key.is_some());
        let callback_window = reader.callback_window();
        if let (Some(account), Some(program)) = (&official_account, &mini_program)
            && account.app_id == program.app_id
        {
            reader.fault(
                "WECHAT_MP_APPID",
                "is the Official Account's; a mini-program has an appid of its own",
            );
        }
        let faults = reader.into_faults();
        match (
            listen,
            database_url,
            admin_token,
            session_ttl.zip(reconcile_every),
            callback_mode.zip(callback_window),
            api_base.zip(wechat_timeout),
            official_account,
            mini_program,
            callback_token,
        ) {
            (
                Some(listen),
                Some(database_url),
                Some(admin_token),
                Some((session_ttl, reconcile_every)),
                Some((callback_mode, callback_window)),
                Some((api_base, wechat_timeout)),
                Some(official_account),
                Some(mini_program),
                Some(callback_token),
            ) if faults.is_empty() => Ok(Self {
                listen,
                database_url,
                admin_token,
                session_ttl,
                reconcile_every,
                api_base,
                wechat_timeout,
                official_account,
                mini_program,
                callback_token,
                callback_aes_key,
                callback_mode,
                callback_window,
            }),
            _ => Err(ConfigError { faults }),
        }
    }

    /// The address to answer on.
    pub fn listen(&self) -> SocketAddr {
        self.listen
    }
}
