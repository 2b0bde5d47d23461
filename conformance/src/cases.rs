//! The cases, by the part of WeChat they are about.

use crate::Case;

mod account;
mod card;
mod claim;
mod code;
mod exchange;
mod life;
mod media;
mod quota;
mod token;
mod wire;

pub(crate) const ALL: [&[Case]; 10] = [
    exchange::CASES,
    wire::CASES,
    token::CASES,
    account::CASES,
    quota::CASES,
    media::CASES,
    card::CASES,
    life::CASES,
    claim::CASES,
    code::CASES,
];
