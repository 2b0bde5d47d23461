//! Who delivers the pushes: one after the other to each account, all accounts at the same time.

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderValue, Method, Request, header},
};
use tokio::{task::JoinSet, time::Instant};

use crate::{
    mock::Mock,
    push::{
        End, Walk,
        http::{Answer, NoAnswer, exchange},
        lane::{Errand, Job},
        letter::{Parcel, Stamp, is_taken, verification},
        log::{State, Try},
    },
    switches::Switch,
    world::{World, callback::Callback, ids::Ids},
};

/// Tries of a push, one right after the other.
const TRIES: u64 = 3;
/// How often the mock's clock is looked at while something waits for it.
const GLANCE: Duration = Duration::from_secs(1);

/// `user_get_card` has a schedule of its own: tries, and seconds between them.
const GET_CARD: &str = "user_get_card";
const AFTER_A_WRONG_ANSWER: (u64, i64) = (3, 300);
/// The tenth comes 24 hours after the first.
const AFTER_NO_ANSWER: (u64, i64) = (10, 9_600);

/// Delivers what is to be told, until it is dropped.
pub(crate) async fn work(mock: Mock) {
    let mut walks = JoinSet::new();
    loop {
        let lanes = mock.pushes.lock().start_walks();
        for walk in lanes {
            let (era, mock) = (walk.era.clone(), mock.clone());
            walks.spawn(async move { era.run_until_cancelled(go(&mock, &walk)).await });
        }
        while walks.try_join_next().is_some() {}
        tokio::select! {
            () = mock.pushes.work() => {}
            () = glance(&mock) => {}
        }
    }
}

/// Lets what waits for the mock's clock fall due, as any request does.
async fn glance(mock: &Mock) {
    if !mock.pushes.lock().is_waiting() {
        return std::future::pending().await;
    }
    tokio::time::sleep(GLANCE).await;
    drop(mock.world.lock());
}

/// Walks the lane of one account to its end.
async fn go(mock: &Mock, walk: &Walk) {
    while let Some(not_before) = mock.pushes.look_ahead(walk) {
        tokio::time::sleep_until(Instant::from_std(not_before)).await;
        let next = mock.pushes.lock_for(walk);
        let next = next.and_then(|mut pushes| pushes.take(walk));
        if let Some(job) = next {
            let end = tell(mock, walk, &job).await;
            let now = mock.world.lock().now();
            mock.pushes.end(walk, job.number, end, now);
        }
    }
}

/// Tells an account of one event, twice when disorder says so.
async fn tell(mock: &Mock, walk: &Walk, job: &Job) -> End {
    let end = try_in_turn(mock, walk, job).await;
    if job.is_doubled && end == End::Over(State::Delivered) {
        let mut again = *job;
        again.is_badly_signed = false;
        try_in_turn(mock, walk, &again).await;
    }
    end
}

async fn try_in_turn(mock: &Mock, walk: &Walk, job: &Job) -> End {
    for turn in 0..TRIES {
        let is_badly_signed = job.is_badly_signed && turn == 0;
        let Some(tried) = try_once(mock, walk, job.number, is_badly_signed).await else {
            // The callback or the account is gone, or the log has forgotten the event.
            return End::Over(State::NoCallback);
        };
        if tried.is_taken {
            return End::Over(State::Delivered);
        }
        if tried.is_scheduled && job.errand != Errand::Resend {
            return tried.end(job.errand);
        }
    }
    End::Over(State::Failed)
}

/// A try, as far as the next one depends on it.
struct Tried {
    is_taken: bool,
    /// It is one of `user_get_card`'s longer schedule.
    is_scheduled: bool,
    is_answered: bool,
    /// Seconds since 1970 on the mock's clock.
    at: i64,
    /// How many tries there were, this one counted.
    count: u64,
}

impl Tried {
    /// When it is tried again, counted from when this try was due.
    fn end(&self, errand: Errand) -> End {
        let (tries, pause) = if self.is_answered {
            AFTER_A_WRONG_ANSWER
        } else {
            AFTER_NO_ANSWER
        };
        if self.count >= tries {
            return End::Over(State::Failed);
        }
        let was_due = match errand {
            Errand::Due(due) => due,
            Errand::First | Errand::Resend => self.at,
        };
        End::Again(was_due.saturating_add(pause))
    }
}

/// What a try needs to know of the account at its moment.
struct Address {
    callback: Callback,
    /// Seconds since 1970 on the mock's clock.
    now: i64,
    /// What pushes draw depends on their numbers alone, and changes no other draw.
    ids: Ids,
    /// `user_get_card` has its own schedule.
    is_long: bool,
}

impl Address {
    fn of(world: &World, appid: &str) -> Option<Self> {
        let account = world.account(world.account_no(appid)?);
        Some(Self {
            callback: account.profile.callback.clone()?,
            now: world.now(),
            ids: account.ids.clone(),
            is_long: world.switches.is(Switch::GetCardRetries, "long"),
        })
    }
}

async fn try_once(mock: &Mock, walk: &Walk, number: u64, is_badly_signed: bool) -> Option<Tried> {
    let address = Address::of(&mock.world.lock(), &walk.appid)?;
    let told = mock
        .pushes
        .lock_for(walk)?
        .told(number, &address.callback)?;
    let draw = address
        .ids
        .fixed(&format!("event {number}: try {}", told.tried));
    let stamp = Stamp {
        now: address.now,
        draw,
        is_badly_signed,
    };
    let parcel = told
        .letter
        .post(&address.callback, told.format, &walk.appid, stamp);
    let came = exchange(post(parcel), mock.pushes.timeout).await;
    let is_taken = came.as_ref().is_ok_and(|answer| {
        answer.status == 200 && is_taken(&answer.body, &address.callback, &walk.appid)
    });
    let tried = Tried {
        is_taken,
        is_scheduled: address.is_long && told.letter.event.name == GET_CARD,
        is_answered: came.is_ok(),
        at: address.now,
        count: told.tried + 1,
    };
    let kept = Try {
        at: address.now,
        is_badly_signed,
        came,
        is_taken,
    };
    mock.pushes.lock_for(walk)?.keep(number, kept);
    Some(tried)
}

fn post(parcel: Parcel) -> Request<Body> {
    let mut request = as_wechat(Method::POST, &parcel.url, Body::from(parcel.body));
    let content_type = HeaderValue::from_static(parcel.content_type);
    request
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    request
}

/// A request with the headers that were seen in logs.
fn as_wechat(method: Method, url: &str, body: Body) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(url)
        .header(header::USER_AGENT, "Mozilla/4.0")
        .header(header::PRAGMA, "no-cache")
        .body(body)
        .expect("the URL of a callback was checked, and its query is encoded")
}

/// Makes WeChat's check of an account's callback: why it fails, when it does. [`None`] when there is
/// no callback.
pub(crate) async fn check_callback(mock: &Mock, appid: &str) -> Option<Result<(), String>> {
    let address = Address::of(&mock.world.lock(), appid)?;
    let number = mock.pushes.lock().next_check();
    let stamp = Stamp {
        now: address.now,
        draw: address
            .ids
            .fixed(&format!("check {number} of the callback")),
        is_badly_signed: false,
    };
    let (url, echostr) = verification(&address.callback, stamp);
    let request = as_wechat(Method::GET, &url, Body::empty());
    let came = exchange(request, mock.pushes.timeout).await;
    Some(judge(came, &echostr, mock.pushes.timeout))
}

fn judge(came: Result<Answer, NoAnswer>, echostr: &str, timeout: Duration) -> Result<(), String> {
    match came {
        Ok(answer) if answer.status != 200 => Err(format!("status {}, not 200", answer.status)),
        Ok(answer) if answer.body != echostr => Err(format!(
            "the answer is not the echostr, with nothing around it: {:?}, not {echostr:?}",
            answer.body
        )),
        Ok(_) => Ok(()),
        Err(NoAnswer::Timeout) => Err(format!("no answer within {} ms", timeout.as_millis())),
        Err(NoAnswer::Refused) => Err("the connection was refused".to_owned()),
        Err(NoAnswer::Broken(error)) => Err(format!("no answer: {error}")),
    }
}
