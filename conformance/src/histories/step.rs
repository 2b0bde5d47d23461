//! What happens in a history, as data: numbers choose among what is there at that moment.

use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};

/// The customers of the starter world.
pub(super) const NAMES: [&str; 3] = ["alice", "bob", "carol"];

/// Milliseconds for which the backend waits for WeChat, and after which an answer that hangs comes.
pub(super) const TIMEOUT: u64 = 400;
const HANG: u64 = 700;

/// The calls at WeChat in which something goes wrong: all that the backend makes.
const PATHS: [&str; 13] = [
    "/card/code/consume",
    "/card/code/get",
    "/card/code/decrypt",
    "/card/code/unavailable",
    "/card/create",
    "/card/get",
    "/card/batchget",
    "/card/modifystock",
    "/card/delete",
    "/card/user/getcardlist",
    "/cgi-bin/stable_token",
    "/cgi-bin/ticket/getticket",
    "/sns/jscode2session",
];

/// Switches that leave the contract as it is, each with the value that is not its default.
pub(super) const SWITCHES: [(&str, &str, &str); 9] = [
    ("content_type", "encoding", "charset"),
    ("errmsg_tail", "native", "rid"),
    ("ticket_expires_in", "full", "remaining"),
    ("dead_token", "42001", "40001"),
    ("malformed_token", "40001", "40014"),
    ("session_errcode", "absent", "present"),
    ("upload_errcode", "absent", "present"),
    ("token_grace", "on", "off"),
    ("deleted_card", "shown", "40078"),
];

/// How long a step of the clock is, in seconds: a moment, past a try, past a token's grace, past
/// tokens and tickets, past the short validity, past the long one.
const JUMPS: [i64; 6] = [1, 61, 301, 7_300, 4 * DAY, 11 * DAY];
pub(super) const DAY: i64 = 86_400;

/// What goes wrong in the next call of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    LostAnswer,
    Reset,
    Garbage,
    Truncate,
    Hang,
    Slow,
    Errcode(i64),
    Status(u16),
}

impl Wrong {
    /// The plan that the mock's control API takes.
    pub(super) fn plan(self, path: &str) -> Value {
        let (kind, value) = match self {
            Self::LostAnswer => ("lost_answer", json!(true)),
            Self::Reset => ("reset", json!(true)),
            Self::Garbage => ("garbage", json!(true)),
            Self::Truncate => ("truncate", json!(5)),
            Self::Hang => ("delay_ms", json!(HANG)),
            Self::Slow => ("delay_ms", json!(20)),
            Self::Errcode(errcode) => ("errcode", json!(errcode)),
            Self::Status(status) => ("http_status", json!(status)),
        };
        json!({"path": path, "times": 1, kind: value})
    }
}

/// Under which `Idempotency-Key` a till redeems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    None,
    /// One that nobody else uses.
    New,
    /// That of the code.
    OfCode,
}

/// One thing that somebody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// The admin makes a coupon of one of a few drafts.
    Create(usize),
    Stock {
        coupon: usize,
        delta: i64,
    },
    Withdraw(usize),
    Void(usize),
    /// A customer logs in anew.
    Login(usize),
    /// A customer takes a card; the page tells the backend, or is closed first.
    Claim {
        user: usize,
        coupon: usize,
        tells: bool,
    },
    /// An encrypted code is told again, by its holder or by another customer.
    Tell {
        which: usize,
        user: usize,
    },
    /// A customer looks at their coupons.
    List(usize),
    /// The holder of a code gives it to another customer, who takes it.
    Gift {
        code: usize,
        to: usize,
    },
    /// The holder of a code throws it away.
    Delete(usize),
    /// A till redeems a code.
    Redeem {
        code: usize,
        key: Key,
    },
    /// An earlier call with a key is made again.
    Repeat(usize),
    /// The reviewer looks at one of the cards that wait.
    Review {
        card: usize,
        pass: bool,
    },
    /// Cards wait for the reviewer from now on, or no more.
    ReviewByHand(bool),
    /// The next call of a path goes wrong.
    Fault(&'static str, Wrong),
    /// Nothing goes wrong any more.
    Heal,
    /// A switch is turned, or turned back.
    Switch {
        which: usize,
        is_other: bool,
    },
    /// Another program renews the token of the account, so that the backend's dies.
    RenewToken,
    /// A push is sent once more.
    Resend(usize),
    /// So many seconds go by.
    Clock(i64),
    /// Nothing is under way: all is compared; then the world is exported and imported, or not.
    Quiet {
        moves: bool,
    },
}

/// One act, or several at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step(pub(super) Vec<Act>);

/// Histories of 1 to 36 steps.
pub(super) fn histories() -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(steps(), 1..=18).prop_map(|steps| steps.concat())
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop_oneof![
        3 => step().prop_map(|step| vec![step]),
        2 => troubled(),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => call().prop_map(|act| Step(vec![act])),
        6 => proptest::collection::vec(call(), 2..5).prop_map(Step),
        2 => two_tills(),
        // The last of a stock, asked for by all at once.
        2 => (any::<usize>(), proptest::collection::vec(0..NAMES.len(), 3..6)).prop_map(rush),
        8 => console().prop_map(|act| Step(vec![act])),
    ]
}

/// A fault in a call of WeChat's that the next step makes.
fn troubled() -> impl Strategy<Value = Vec<Step>> {
    (
        any::<usize>(),
        0..NAMES.len(),
        0..TROUBLED,
        any::<usize>(),
        wrong(),
        key(),
    )
        .prop_map(|(which, user, kind, path, wrong, key)| {
            let delta = if which.is_multiple_of(3) { -1 } else { 2 };
            let (act, paths): (Act, &[&'static str]) = match kind {
                0 => (Act::Create(which % DRAFTS), &["/card/create", "/card/get"]),
                1 => (
                    Act::Stock {
                        coupon: which,
                        delta,
                    },
                    &["/card/modifystock", "/card/get"],
                ),
                2 => (Act::Withdraw(which), &["/card/delete", "/card/get"]),
                3 => (
                    Act::Void(which),
                    &["/card/code/unavailable", "/card/code/get"],
                ),
                4 => (Act::Login(user), &["/sns/jscode2session"]),
                5 | 6 => (
                    Act::Redeem { code: which, key },
                    &["/card/code/consume", "/card/code/get"],
                ),
                _ => {
                    let tells = true;
                    let claim = Act::Claim {
                        user,
                        coupon: which,
                        tells,
                    };
                    (claim, &["/card/code/decrypt", "/card/code/get"])
                }
            };
            let fault = Act::Fault(paths[path % paths.len()], wrong);
            // At times by two at once.
            let acts = if path.is_multiple_of(3) {
                vec![act, act]
            } else {
                vec![act]
            };
            vec![Step(vec![fault]), Step(acts)]
        })
}

/// How many kinds of acts [`troubled`] has.
const TROUBLED: usize = 8;

fn rush((coupon, users): (usize, Vec<usize>)) -> Step {
    let claim = |user| Act::Claim {
        user,
        coupon,
        tells: true,
    };
    Step(users.into_iter().map(claim).collect())
}

fn two_tills() -> impl Strategy<Value = Step> {
    (any::<usize>(), key(), key()).prop_map(|(code, first, second)| {
        let redeem = |key| Act::Redeem { code, key };
        Step(vec![redeem(first), redeem(second)])
    })
}

fn key() -> impl Strategy<Value = Key> {
    select(&[Key::None, Key::New, Key::OfCode, Key::OfCode][..])
}

/// What may happen beside other things.
fn call() -> impl Strategy<Value = Act> {
    let which = any::<usize>;
    let user = || 0..NAMES.len();
    let delta = select(&[-2_i64, -1, 1, 3][..]);
    prop_oneof![
        2 => (0..DRAFTS).prop_map(Act::Create),
        2 => (which(), delta).prop_map(|(coupon, delta)| Act::Stock { coupon, delta }),
        1 => which().prop_map(Act::Withdraw),
        1 => which().prop_map(Act::Void),
        1 => user().prop_map(Act::Login),
        8 => (user(), which(), prop::bool::weighted(0.8))
            .prop_map(|(user, coupon, tells)| Act::Claim { user, coupon, tells }),
        2 => (which(), user()).prop_map(|(which, user)| Act::Tell { which, user }),
        1 => user().prop_map(Act::List),
        2 => (which(), user()).prop_map(|(code, to)| Act::Gift { code, to }),
        1 => which().prop_map(Act::Delete),
        5 => (which(), key()).prop_map(|(code, key)| Act::Redeem { code, key }),
        3 => which().prop_map(Act::Repeat),
        2 => (which(), any::<bool>()).prop_map(|(card, pass)| Act::Review { card, pass }),
    ]
}

fn wrong() -> impl Strategy<Value = Wrong> {
    let all = [
        Wrong::LostAnswer,
        Wrong::LostAnswer,
        Wrong::Reset,
        Wrong::Garbage,
        Wrong::Truncate,
        Wrong::Hang,
        Wrong::Slow,
        Wrong::Errcode(-1),
        Wrong::Errcode(45_009),
        Wrong::Errcode(40_001),
        Wrong::Status(500),
        Wrong::Status(502),
    ];
    select(all.to_vec())
}

/// What happens alone.
fn console() -> impl Strategy<Value = Act> {
    prop_oneof![
        10 => (select(&PATHS[..]), wrong()).prop_map(|(path, wrong)| Act::Fault(path, wrong)),
        1 => Just(Act::Heal),
        1 => any::<bool>().prop_map(Act::ReviewByHand),
        2 => (0..SWITCHES.len(), any::<bool>())
            .prop_map(|(which, is_other)| Act::Switch { which, is_other }),
        1 => Just(Act::RenewToken),
        2 => any::<usize>().prop_map(Act::Resend),
        4 => select(&JUMPS[..]).prop_map(Act::Clock),
        1 => any::<bool>().prop_map(|moves| Act::Quiet { moves }),
    ]
}

/// How many drafts [`draft`] has.
const DRAFTS: usize = 4;

/// The draft that the customers know from the beginning.
pub(super) const FIRST: usize = DRAFTS;

/// A draft: small stocks, small limits, and times that end within a history.
pub(super) fn draft(which: usize, logo: &str) -> Value {
    let dates = json!({"from": "2026-12-23T04:00:00Z", "to": "2027-01-02T04:00:00Z"});
    let days = json!({"days": 3, "starts_after_days": 0});
    let (stock, limit, gives, valid) = match which {
        0 => (2, 1, false, dates),
        1 => (3, 2, true, dates),
        2 => (1, 3, true, days),
        3 => (4, 2, true, days),
        _ => (8, 4, true, dates),
    };
    json!({
        "kind": "general_coupon", "title": format!("券{which}"), "brand_name": "星河小馆",
        "logo_url": logo, "color": "Color010", "code_type": "qrcode", "notice": "结账前请出示券码",
        "description": "每桌限用一张", "detail": "买单立减二十元", "valid": valid,
        "stock": stock, "limit_per_user": limit, "can_give_friend": gives,
    })
}
