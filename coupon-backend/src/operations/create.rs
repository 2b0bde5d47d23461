//! Makes a coupon's card at WeChat, once.

use std::time::Duration;

use serde_json::{Value, json};
use wechat_client::{CardId, Error};

use super::{
    Answer, Call, Mode, Work, actor,
    effect::{self, Effect as Failed},
    execute, settled,
    state::{Kind, State, is_past_flight},
    stock::{remaining, total},
    unknown, work_of,
};
use crate::{
    coupon::{Draft, Status},
    failure::Failure,
    state::AppState,
    store::{
        DbError,
        coupons::{CouponRow, Ended, Made},
        new_id,
        operations::{NewOperation, OperationRow, Run, Settlement, Slot},
    },
};

/// How long the new card's status is waited for; it is asked for again later.
const STATUS: Duration = Duration::from_secs(2);
/// Seconds by which WeChat's clock may be behind ours when it dates a card.
const CLOCK_TOLERANCE: i64 = 60;

/// Makes a coupon from a draft. None when another call took the key, or the row, meanwhile.
pub(crate) async fn submit(
    state: &AppState,
    call: &Call,
    again: Option<&OperationRow>,
    draft: &Draft,
) -> Result<Option<Answer>, Failure> {
    let text = json!(draft).to_string();
    let operation = NewOperation {
        idem_key: call.key.clone(),
        fingerprint: call.fingerprint,
        kind: Kind::Create,
        subject: new_id(),
        request: text.clone(),
        request_id: call.request_id.clone(),
        first_look: None,
    };
    let slot = again.map_or(Slot::New, Slot::Again);
    let now = state.clock.now();
    let begun = state
        .store
        .begin_create(slot, &operation, &text, draft.ends_at(), &state.owner, now)
        .await?;
    let Some(run) = begun else {
        return Ok(None);
    };
    let work = Work {
        kind: Kind::Create,
        subject: operation.subject,
        request: text,
    };
    execute(state, run, work, Mode::Asked).await.map(Some)
}

/// How a run ends.
enum End {
    Made {
        card_id: CardId,
        status: Status,
        stock: Option<(i64, i64)>,
        why: &'static str,
    },
    /// Surely no card was made.
    NotMade(Failure),
    NotKnown(Failure),
}

impl End {
    fn adopted(card_id: CardId, status: Status) -> Self {
        Self::Made {
            card_id,
            status,
            stock: None,
            why: "adopted",
        }
    }
}

/// Does the work of a run. None when another process has taken it over.
pub(super) async fn drive(
    state: &AppState,
    mut run: Run,
    work: &Work,
    mode: Mode,
) -> Result<Option<Answer>, DbError> {
    let parsed: Value = serde_json::from_str(&work.request).unwrap_or_default();
    // It was judged when it came; its times may have passed since.
    let Ok(draft) = Draft::parse(&parsed, 0) else {
        let end = End::NotKnown(Failure::Internal);
        return write(state, &run, work, mode, end).await;
    };
    if run.may_have_acted {
        let (end, is_sure) = match adopt(state, &draft, run.began_at, Some(&run.id)).await? {
            Ok(Adoptable::Card(card_id, status)) => (End::adopted(card_id, status), true),
            Ok(Adoptable::Nothing) if is_past_flight(run.ended_at, state.clock.now()) => {
                (End::NotMade(Failure::WechatUnknown), false)
            }
            Ok(Adoptable::Nothing | Adoptable::NotYet) => {
                (End::NotKnown(Failure::WechatUnknown), true)
            }
            Err(error) => (End::NotKnown(error.into()), true),
        };
        if is_sure || mode == Mode::Unasked {
            return write(state, &run, work, mode, end).await;
        }
        if !state.store.begin_try(&mut run, state.clock.now()).await? {
            return Ok(None);
        }
    }
    let end = create(state, &draft, &run).await?;
    run.ended_at = Some(state.clock.now());
    write(state, &run, work, mode, end).await
}

async fn create(state: &AppState, draft: &Draft, run: &Run) -> Result<End, DbError> {
    let error = match state.wechat.cards.create_card(&draft.card()).await {
        Ok(card_id) => {
            let (status, stock) = status_of(state, &card_id).await;
            let why = "create";
            return Ok(End::Made {
                card_id,
                status,
                stock,
                why,
            });
        }
        Err(error) => error,
    };
    Ok(match effect::of(&error) {
        Failed::Nothing => End::NotMade(error.into()),
        Failed::Lost => End::NotKnown(error.into()),
        // WeChat is done with it, one way or the other: what it has is what there is.
        Failed::Unclear => match adopt(state, draft, run.began_at, Some(&run.id)).await? {
            Ok(Adoptable::Card(card_id, status)) => End::adopted(card_id, status),
            Ok(Adoptable::Nothing) => End::NotMade(error.into()),
            Ok(Adoptable::NotYet) | Err(_) => End::NotKnown(error.into()),
        },
    })
}

/// How the create of a coupon without a card came out.
pub(crate) enum Settled {
    /// It has this card.
    Card(CardId),
    /// It surely never got one.
    Never,
    /// Somebody works on it, or its card may still come into being.
    NotYet,
}

/// Finds out what became of the create of a coupon that has no card.
pub(crate) async fn settle(
    state: &AppState,
    coupon: &CouponRow,
) -> Result<Result<Settled, Error>, DbError> {
    let now = state.clock.now();
    if let Some(row) = state.store.create_of(&coupon.id).await?
        && matches!(row.state, State::Running | State::Unknown)
    {
        if row.state == State::Running && !state.owner.has_abandoned(&row, now) {
            return Ok(Ok(Settled::NotYet));
        }
        let run = state
            .store
            .take_over(&row, state.owner.as_str(), now)
            .await?;
        if let Some(run) = run {
            drive(state, run, &work_of(&row), Mode::Unasked).await?;
        }
        return Ok(Ok(match state.store.coupon(&coupon.id).await? {
            None => Settled::Never,
            Some(CouponRow {
                card_id: Some(card_id),
                ..
            }) => Settled::Card(card_id.as_str().into()),
            Some(_) => Settled::NotYet,
        }));
    }
    // Its operation is not there any more, or never was.
    let parsed: Value = serde_json::from_str(&coupon.draft).unwrap_or_default();
    let Ok(draft) = Draft::parse(&parsed, 0) else {
        return Ok(Ok(Settled::NotYet));
    };
    match adopt(state, &draft, coupon.created_at, None).await? {
        Err(error) => Ok(Err(error)),
        Ok(Adoptable::Card(card_id, status)) => {
            let id = card_id.as_str();
            let given = state.store.give_card(&coupon.id, id, status, now).await?;
            Ok(Ok(if given {
                Settled::Card(card_id)
            } else {
                Settled::NotYet
            }))
        }
        Ok(Adoptable::Nothing) if is_past_flight(Some(coupon.created_at), now) => {
            Ok(Ok(Settled::Never))
        }
        Ok(Adoptable::Nothing | Adoptable::NotYet) => Ok(Ok(Settled::NotYet)),
    }
}

/// How a new card stands, should WeChat say so quickly.
async fn status_of(state: &AppState, card_id: &CardId) -> (Status, Option<(i64, i64)>) {
    let asked = tokio::time::timeout(STATUS, state.wechat.cards.card(card_id)).await;
    match asked {
        Ok(Ok(card)) => (
            Status::from(&card.status),
            Some((remaining(&card), total(&card))),
        ),
        _ => (Status::InReview, None),
    }
}

/// What WeChat has that may be of a create.
enum Adoptable {
    Card(CardId, Status),
    Nothing,
    /// A card is there that another create may be about to write down.
    NotYet,
}

/// Looks for a card that WeChat made of a draft since a time and that no coupon has; `own` is the
/// operation on whose behalf it is looked for.
async fn adopt(
    state: &AppState,
    draft: &Draft,
    since: i64,
    own: Option<&str>,
) -> Result<Result<Adoptable, Error>, DbError> {
    let wanted = json!(draft.card());
    let mut cards = state.wechat.cards.cards(&[]);
    loop {
        let card_id = match cards.try_next().await {
            Ok(Some(card_id)) => card_id,
            Ok(None) => return Ok(Ok(Adoptable::Nothing)),
            Err(error) => return Ok(Err(error)),
        };
        if state.store.has_card(card_id.as_str()).await? {
            continue;
        }
        match state.wechat.cards.card(&card_id).await {
            Ok(card) if is_of(&wanted, &card.raw, since) => {
                if is_awaited(state, &card.raw, own).await? {
                    return Ok(Ok(Adoptable::NotYet));
                }
                // Whoever made it may have ended just before that was looked up.
                if !state.store.has_card(card_id.as_str()).await? {
                    return Ok(Ok(Adoptable::Card(card_id, Status::from(&card.status))));
                }
            }
            // Deleted meanwhile, or of a kind that we do not make.
            Ok(_) => {}
            Err(error) if error.errcode().is_some() && !error.is_outage() => {}
            Err(error) => return Ok(Err(error)),
        }
    }
}

/// Whether another create runs that may have made a card, and has not written it down yet.
async fn is_awaited(state: &AppState, shown: &Value, own: Option<&str>) -> Result<bool, DbError> {
    let now = state.clock.now();
    let running = state.store.running_creates().await?;
    Ok(running.iter().any(|row| {
        let parsed: Value = serde_json::from_str(&row.request).unwrap_or_default();
        Some(row.id.as_str()) != own
            && !state.owner.has_abandoned(row, now)
            && Draft::parse(&parsed, 0).is_ok_and(|draft| {
                is_of(&json!(draft.card()), shown, row.try_began_at.unwrap_or(0))
            })
    }))
}

/// Whether a card as `/card/get` shows it was made of what `/card/create` was sent, since a time.
pub(crate) fn is_of(sent: &Value, shown: &Value, since: i64) -> bool {
    let shown = if shown["card"].is_object() {
        &shown["card"]
    } else {
        shown
    };
    let Some(kind) = sent["card_type"].as_str() else {
        return false;
    };
    if shown["card_type"] != kind {
        return false;
    }
    let part = kind.to_lowercase();
    let (sent, shown) = (&sent[&part], &shown[&part]);
    let (base, shown_base) = (&sent["base_info"], &shown["base_info"]);
    let created_at = whole(&shown_base["create_time"]);
    let same = |name: &str| base[name] == shown_base[name];
    let same_own = |name: &str| sent[name].is_null() || plain(&sent[name]) == plain(&shown[name]);
    created_at.is_some_and(|at| at + CLOCK_TOLERANCE >= since)
        && [
            "title",
            "brand_name",
            "notice",
            "description",
            "code_type",
            "logo_url",
        ]
        .into_iter()
        .all(same)
        && [
            "default_detail",
            "deal_detail",
            "gift",
            "discount",
            "least_cost",
            "reduce_cost",
        ]
        .into_iter()
        .all(same_own)
        && has_same_dates(&base["date_info"], &shown_base["date_info"])
        && whole(&base["get_limit"]) == whole(&shown_base["get_limit"])
        && whole(&base["sku"]["quantity"]) == whole(&shown_base["sku"]["total_quantity"])
}

fn has_same_dates(sent: &Value, shown: &Value) -> bool {
    [
        "begin_timestamp",
        "end_timestamp",
        "fixed_term",
        "fixed_begin_term",
    ]
    .into_iter()
    .filter_map(|name| Some((name, whole(&sent[name])?)))
    // What is not shown is 0.
    .all(|(name, value)| whole(&shown[name]).unwrap_or(0) == value)
}

/// When WeChat says that it made a card, as `/card/get` shows it.
pub(crate) fn created_at(shown: &Value) -> Option<i64> {
    let kind = shown["card_type"].as_str()?.to_lowercase();
    whole(&shown[&kind]["base_info"]["create_time"])
}

/// A number, which WeChat also shows as text.
fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// Writes the end down, effect and answer together.
async fn write(
    state: &AppState,
    run: &Run,
    work: &Work,
    mode: Mode,
    end: End,
) -> Result<Option<Answer>, DbError> {
    let now = state.clock.now();
    let ended_at = run.ended_at.unwrap_or(now);
    let (settlement, effect) = match &end {
        End::Made {
            card_id,
            status,
            stock,
            why,
        } => {
            let body = json!({"id": work.subject, "card_id": card_id, "status": status.as_str()});
            let answer = Settlement {
                state: State::Done,
                status: 201,
                body: body.to_string(),
                ended_at: Some(ended_at),
                due_at: 0,
            };
            let card_id = card_id.as_str();
            (
                answer,
                Made::Card {
                    card_id,
                    status: *status,
                    stock: *stock,
                    why,
                },
            )
        }
        End::NotMade(failure) => (settled(failure, run, Some(ended_at)), Made::Nothing),
        End::NotKnown(failure) => (unknown(failure, run, ended_at, now), Made::Unknown),
    };
    let by = actor(run, mode);
    let store = &state.store;
    let ended = store
        .end_create(run, &work.subject, effect, by, &settlement, now)
        .await?;
    match ended {
        Ended::NotHeld => Ok(None),
        Ended::Written => {
            if matches!(end, End::Made { .. }) {
                state.pushed.notify_one();
            }
            Ok(Some(settlement.into()))
        }
        Ended::CardTaken => {
            // Another create of such a draft has adopted it: what became of ours is looked up later.
            let settlement = unknown(&Failure::WechatUnknown, run, ended_at, now);
            let ended = store
                .end_create(run, &work.subject, Made::Unknown, by, &settlement, now)
                .await?;
            Ok((ended == Ended::Written).then(|| settlement.into()))
        }
    }
}
