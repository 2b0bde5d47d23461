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
        End, SharedPushes, Walk,
        http::{Answer, NoAnswer, exchange},
        lane::{Errand, Job},
        letter::{Parcel, Stamp, Taken, is_taken, verification},
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
        while let Some(ended) = walks.try_join_next() {
            if let Err(error) = ended {
                tracing::error!(%error, "the delivery of a push panicked");
            }
        }
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
    let mut in_hand = InHand::new(&mock.pushes, walk);
    while let Some(not_before) = mock.pushes.look_ahead(walk) {
        tokio::time::sleep_until(Instant::from_std(not_before)).await;
        let next = mock.pushes.lock_for(walk);
        let next = next.and_then(|mut pushes| pushes.take(walk));
        if let Some(job) = next {
            in_hand.take(job.number);
            let end = tell(mock, walk, &job).await;
            let now = mock.world.lock().now();
            in_hand.put_down();
            mock.pushes.end(walk, job.number, end, now);
        }
    }
    in_hand.is_finished = true;
}

/// A queue that is being worked. Dropped by a panic, it frees the queue for others and ends the push
/// that was under way as failed; nobody waits for it for ever.
struct InHand<'a> {
    pushes: &'a SharedPushes,
    walk: &'a Walk,
    number: Option<u64>,
    is_finished: bool,
}

impl<'a> InHand<'a> {
    fn new(pushes: &'a SharedPushes, walk: &'a Walk) -> Self {
        Self {
            pushes,
            walk,
            number: None,
            is_finished: false,
        }
    }

    fn take(&mut self, number: u64) {
        self.number = Some(number);
    }

    fn put_down(&mut self) {
        self.number = None;
    }
}

impl Drop for InHand<'_> {
    fn drop(&mut self) {
        if !self.is_finished {
            self.pushes.give_back(self.walk, self.number);
        }
    }
}

/// Tells an account of one event, twice when disorder says so.
async fn tell(mock: &Mock, walk: &Walk, job: &Job) -> End {
    let end = try_in_turn(mock, walk, job).await;
    if (job.is_doubled || crate::breaks::broken("push-sent-twice"))
        && end == End::Over(State::Delivered)
    {
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
        if tried.is_taken || crate::breaks::broken("push-not-tried-again") {
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
    /// What WeChat takes beside `success`.
    taken: Taken,
}

impl Address {
    fn of(world: &World, appid: &str) -> Option<Self> {
        let account = world.account(world.account_no(appid)?);
        Some(Self {
            callback: account.profile.callback.clone()?,
            now: world.now(),
            ids: account.ids.clone(),
            is_long: world.switches.is(Switch::GetCardRetries, "long"),
            taken: if world.switches.is(Switch::PassiveReply, "delivered") {
                Taken::Replies
            } else if world.switches.is(Switch::PassiveReply, "anything") {
                Taken::Anything
            } else {
                Taken::Success
            },
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
    let came = send(post(parcel), mock.pushes.timeout).await;
    let is_taken = came.as_ref().is_ok_and(|answer| {
        let taken = address.taken;
        (answer.status == 200 || crate::breaks::broken("push-taken-whatever-the-status"))
            && is_taken(&answer.body, &address.callback, &walk.appid, taken)
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
        came: came.map(Answer::cut),
        is_taken,
    };
    mock.pushes.lock_for(walk)?.keep(number, kept);
    Some(tried)
}

fn post(parcel: Parcel) -> axum::http::Result<Request<Body>> {
    let mut request = as_wechat(Method::POST, &parcel.url, Body::from(parcel.body))?;
    let content_type = HeaderValue::from_static(parcel.content_type);
    request
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    Ok(request)
}

/// Sends what could be built; an account's world may hold a URL that no request can have.
async fn send(
    request: axum::http::Result<Request<Body>>,
    timeout: Duration,
) -> Result<Answer, NoAnswer> {
    match request {
        Ok(request) => exchange(request, timeout).await,
        Err(error) => Err(NoAnswer::Broken(error.to_string())),
    }
}

/// A request with the headers that were seen in logs.
fn as_wechat(method: Method, url: &str, body: Body) -> axum::http::Result<Request<Body>> {
    Request::builder()
        .method(method)
        .uri(url)
        .header(header::USER_AGENT, "Mozilla/4.0")
        .header(header::PRAGMA, "no-cache")
        .body(body)
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
    let came = send(request, mock.pushes.timeout).await;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::event::Event;

    #[tokio::test]
    async fn a_panic_frees_the_queue_and_ends_the_push_that_was_under_way() {
        let mut world = World::starter(1);
        let callback = serde_json::json!({"url": "http://127.0.0.1:9/x", "token": "token1"});
        world.account_mut(0).profile.callback = serde_json::from_value(callback).unwrap();
        let mock = Mock::new(world, None);
        let mut world = mock.world.lock();
        for _ in 0..2 {
            world.emit(0, Event::new("user_del_card", "o1"));
        }
        let numbers = world.hand_over();
        drop(world);

        let walk = mock.pushes.lock().start_walks().remove(0);
        assert!(mock.pushes.lock().start_walks().is_empty());
        let (pushes, of_task) = (mock.pushes.clone(), walk.clone());
        let task = tokio::spawn(async move {
            let mut in_hand = InHand::new(&pushes, &of_task);
            let job = pushes.lock().take(&of_task).unwrap();
            in_hand.take(job.number);
            panic!("on purpose");
        });
        assert!(task.await.unwrap_err().is_panic());

        // The first has failed, and somebody else works on at the second.
        mock.pushes.over(&numbers[..1]).await;
        let shown = mock
            .pushes
            .lock()
            .show(&crate::push::log::Filter::default());
        assert_eq!(
            (&shown[0]["state"], &shown[1]["state"]),
            (&"failed".into(), &"pending".into())
        );
        assert_eq!(mock.pushes.lock().start_walks().len(), 1);
    }
}
