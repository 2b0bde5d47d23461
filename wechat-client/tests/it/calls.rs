//! The calls of the exchanges, a file per family: each made as its exchange asks.

use std::fmt::Debug;

use wechat_client::{CardId, Client, Error, OpenId, Timestamp};

mod card;
mod code;
mod member;
mod merchant;
mod pay_gift;
mod quota;
mod stats;
mod wallet;

/// The first calls of the client are read in `exchanges.rs`.
const ELSEWHERE: &[&str] = &[
    "card/create",
    "card/get",
    "code/consume",
    "code/decrypt",
    "code/get",
    "login/",
    "media/",
    "ticket/",
    "token/",
    "wire/",
];

/// Whether the call of an exchange is made here.
pub(crate) fn is_made(name: &str) -> bool {
    !ELSEWHERE.iter().any(|first| name.starts_with(first))
}

/// The exchanges whose calls are made here.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    fixtures::exchange_names().filter(|name| is_made(name))
}

/// Makes the call of an exchange, and shows what was read.
pub(crate) async fn make(client: &Client, name: &str) -> Made {
    match name.split_once('/').unwrap().0 {
        "card" => card::make(client, name).await,
        "code" => code::make(client, name).await,
        "member" => member::make(client, name).await,
        "merchant" => merchant::make(client, name).await,
        "pay_gift" => pay_gift::make(client, name).await,
        "quota" => quota::make(client, name).await,
        "stats" => stats::make(client, name).await,
        "wallet" => wallet::make(client, name).await,
        _ => panic!("no call for {name}"),
    }
}

/// What was read, or how it was refused.
type Made = Result<String, Error>;

fn shown<T: Debug>(made: Result<T, Error>) -> Made {
    made.map(|value| format!("{value:#?}"))
}

fn card_id() -> CardId {
    "pFYHLvnyR6BTa5UuGeBhVADMdftA".into()
}

fn other_card() -> CardId {
    "pFYHLvkQ2m7sXb0cTnLr8WdYu3eE".into()
}

fn openid() -> OpenId {
    "oFYHLvnyR6BTa5UuGeBhVADMdftA".into()
}

fn time(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds).unwrap()
}
