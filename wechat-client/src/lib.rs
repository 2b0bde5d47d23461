#![doc = include_str!("../README.md")]

pub mod callback;
pub mod card;
mod client;
mod code;
mod credentials;
mod error;
mod ids;
mod media;
mod mini_program;
mod retry;
mod secret;
mod sign;
mod time;
mod transport;

pub use card::{CardDetail, CardStatus, NamedColor};
pub use client::{BuildError, Client, ClientBuilder};
pub use code::{CheckConsume, CodeDetail, Consumed, UserCardStatus};
pub use credentials::{
    BoxFuture, Credential, CredentialKey, CredentialKind, CredentialStore, MemoryStore, StoreError,
};
pub use error::{ApiError, ErrCode, Error};
pub use ids::{AppId, CardCode, CardId, EncryptedCode, JsCode, MediaId, OpenId, UnionId};
pub use media::{ImageFile, Media, MediaKind};
pub use mini_program::{MiniProgram, MiniProgramBuilder, MiniSession};
pub use retry::RetryPolicy;
pub use secret::{AccessToken, AppSecret, CardTicket, SessionKey};
pub use sign::{AddCardItem, CardExt, CardExtRequest, Nonce, NonceError, card_signature};
pub use time::{Clock, Fen, SystemClock, Timestamp, TimestampError};
