//! Secrets: they do not print themselves and are wiped when dropped.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(SecretString);

        impl $name {
            /// The secret itself; keep it out of logs, answers and URLs that are kept.
            pub fn expose(&self) -> &str {
                self.0.expose_secret()
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned().into())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "([redacted])"))
            }
        }
    };
}

secret! {
    /// An app's secret: 32 hex digits.
    AppSecret
}
secret! {
    /// What calls are made with; at most 512 bytes, good for 7200 seconds.
    AccessToken
}
secret! {
    /// The `api_ticket` of type `wx_card`, which card signatures are made with.
    ///
    /// It is not the `jsapi` ticket, which signs pages.
    CardTicket
}
secret! {
    /// What a mini-program's user data is encrypted with.
    SessionKey
}
secret! {
    /// What the signatures of an account's pushes are made with: 3 to 32 letters and digits.
    CallbackToken
}
secret! {
    /// What lets a customer redeem a card without staff.
    VerifyCode
}
