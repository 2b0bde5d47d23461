#![doc = include_str!("../README.md")]

pub mod callback;
pub mod card;
mod client;
mod code;
mod credentials;
mod error;
mod ids;
mod media;
pub mod member;
pub mod merchant;
mod mini_program;
mod paging;
pub mod pay_gift;
mod quota;
mod retry;
mod secret;
mod server_clock;
mod sign;
pub mod stats;
mod time;
mod transport;
mod wallet;
mod wire;

pub use card::{CardDetail, CardStatus, NamedColor};
pub use client::{BuildError, Client, ClientBuilder};
pub use code::{
    BoardingPass, CheckConsume, CheckedCodes, CodeDetail, CodeRef, Consumed, ImportStopped,
    Imported, Mark, MeetingSeat, MovieSeat, UserCardStatus,
};
pub use credentials::{
    BoxFuture, Credential, CredentialKey, CredentialKind, CredentialStore, MemoryStore, StoreError,
    Stored,
};
pub use error::{ApiError, Effect, ErrCode, Error};
pub use ids::{
    ActivateTicket, AppId, CardCode, CardId, EncryptedCode, JsCode, MchId, MediaId, MerchantId,
    OpenId, PageId, PoiId, RuleId, UnionId,
};
pub use media::{ImageFile, Media, MediaKind};
pub use mini_program::{MiniProgram, MiniProgramBuilder, MiniSession};
pub use paging::Paged;
pub use quota::{Quota, SeenCall};
pub use retry::RetryPolicy;
pub use secret::{AccessToken, AppSecret, CardTicket, SessionKey};
pub use sign::{AddCardItem, CardExt, CardExtRequest, Nonce, NonceError, card_signature};
pub use time::{Clock, Fen, SystemClock, Timestamp, TimestampError};
pub use wallet::{UserCard, UserCards};
