//! The cases, by the part of WeChat they are about.

use crate::Case;

mod account;
mod card;
mod claim;
mod code;
mod exchange;
mod life;
mod media;
mod member;
mod merchant;
mod phone;
mod quota;
mod stats;
mod token;
mod wire;

pub(crate) const ALL: [&[Case]; 14] = [
    exchange::CASES,
    wire::CASES,
    token::CASES,
    account::CASES,
    quota::CASES,
    media::CASES,
    card::CASES,
    life::CASES,
    claim::CASES,
    phone::CASES,
    code::CASES,
    member::CASES,
    merchant::CASES,
    stats::CASES,
];
