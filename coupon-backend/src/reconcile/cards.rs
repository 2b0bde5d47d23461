//! Coupons and their cards: status, stock and dates; and cards whose create was lost.

use serde_json::{Value, json};
use wechat_client::{CardDetail, CardId, CardStatus, Error};

use super::{Cause, Round};
use crate::{
    clock::rfc3339,
    coupon::{Draft, Status},
    operations::{
        change::is_gone,
        create::{Settled, created_at, is_of, settle},
        state::{IN_FLIGHT, State, is_past_flight},
        stock::{remaining, total},
    },
    store::{
        DbError,
        coupons::CouponRow,
        operations::OperationRow,
        reconcile::{Drift, SeenCard},
    },
};

/// Seconds for which the operations are kept that a card can be matched with.
const CREATES: i64 = 7 * 24 * 3600;
/// Without a create in so many seconds the timer's rounds do not look for lost cards.
const RECENT: i64 = 3600;
/// Seconds by which WeChat's clock may differ from ours.
const CLOCK_TOLERANCE: i64 = 60;
/// Cards of the account that are looked at in one round.
const CARDS: u32 = 50;

impl Round<'_> {
    pub(super) async fn coupons(&mut self) -> Result<(), DbError> {
        let (limit, _) = self.cause.limits();
        let now = self.state.clock.now();
        for coupon in self.state.store.coupons_to_check(now, now, limit).await? {
            if self.is_over() {
                break;
            }
            self.coupon(&coupon).await?;
        }
        Ok(())
    }

    async fn coupon(&mut self, coupon: &CouponRow) -> Result<(), DbError> {
        let Some(card_id) = &coupon.card_id else {
            return Ok(());
        };
        let store = &self.state.store;
        self.row.asked += 1;
        let answer = self.state.wechat.cards.card(&card_id.as_str().into()).await;
        let now = self.state.clock.now();
        let seen = match seen_card(coupon, answer, now) {
            Ok(seen) => seen,
            Err(error) => {
                store.put_coupon_last(&coupon.id, now).await?;
                self.failed(&error);
                return Ok(());
            }
        };
        self.silent = 0;
        let drifts = store
            .note_card(Some(&self.row.id), coupon, &seen, now)
            .await?;
        self.row.changed += i64::try_from(drifts.len()).unwrap_or(0);
        if drifts.iter().any(|drift| drift.what == "valid") {
            while store.recheck_claims(card_id).await? {}
        }
        Ok(())
    }

    /// Takes back cards that were made by creates of ours and that no coupon has: their answers were
    /// lost, and they came to be after it was given up, or twice.
    pub(super) async fn orphans(&mut self) -> Result<(), DbError> {
        let now = self.state.clock.now();
        let creates = self.state.store.creates_since(now - CREATES).await?;
        let lost: Vec<_> = creates.iter().filter_map(Lost::of).collect();
        // Of a create that has not ended, a card may be there whose coupon does not know it yet.
        if lost.is_empty() || !self.are_all_over(&creates) || self.is_over() {
            return Ok(());
        }
        let is_recent = |row: &OperationRow| row.try_ended_at(now) >= now - RECENT;
        if self.cause == Cause::Timer && !creates.iter().any(is_recent) {
            return Ok(());
        }
        let mut cards = self.state.wechat.cards.cards(&[]);
        let mut looks = 0;
        while !self.is_over() && looks < CARDS {
            let card_id = match cards.try_next().await {
                Ok(Some(card_id)) => card_id,
                Ok(None) => break,
                Err(error) => {
                    self.failed(&error);
                    break;
                }
            };
            let id = card_id.as_str();
            let store = &self.state.store;
            if store.has_card(id).await? || store.is_foreign_card(id).await? {
                continue;
            }
            looks += 1;
            self.row.asked += 1;
            match self.state.wechat.cards.card(&card_id).await {
                Ok(card) if lost.iter().any(|lost| lost.made(&card)) => {
                    self.take_back(&card_id).await?;
                }
                Ok(_) => store.add_foreign_card(id, now).await?,
                Err(error) if !error.is_outage() => store.add_foreign_card(id, now).await?,
                Err(error) => self.failed(&error),
            }
        }
        Ok(())
    }

    fn are_all_over(&self, creates: &[OperationRow]) -> bool {
        let now = self.state.clock.now();
        creates.iter().all(|row| {
            let is_over = !matches!(row.state, State::Running | State::Unknown);
            is_over && is_past_flight(Some(row.try_ended_at(now)), now)
        })
    }

    async fn take_back(&mut self, card_id: &CardId) -> Result<(), DbError> {
        let store = &self.state.store;
        // A create that began meanwhile may be just about to write its card down.
        let now = self.state.clock.now();
        let creates = store.creates_since(now - CREATES).await?;
        if !self.are_all_over(&creates) || store.has_card(card_id.as_str()).await? {
            return Ok(());
        }
        match self.state.wechat.cards.delete_card(card_id).await {
            Ok(()) => {
                self.row.changed += 1;
                let became = Some("withdrawn".to_owned());
                let drift = Drift::new("card", card_id.as_str(), "orphan", None, became);
                store.note_drift(&self.row.id, &drift).await
            }
            Err(error) => {
                self.failed(&error);
                Ok(())
            }
        }
    }

    /// Coupons whose create nobody knows of any more: their card is found, or they stay unknown.
    pub(super) async fn coupons_without_card(&mut self) -> Result<(), DbError> {
        if self.cause == Cause::Timer {
            return Ok(());
        }
        let (limit, _) = self.cause.limits();
        for coupon in self.state.store.coupons_without_card(limit).await? {
            if self.is_over() {
                break;
            }
            self.row.asked += 1;
            match settle(self.state, &coupon).await? {
                Ok(Settled::Card(card_id)) => {
                    self.row.changed += 1;
                    let became = Some(card_id.as_str().to_owned());
                    let drift = Drift::new("coupon", &coupon.id, "card", None, became);
                    self.state.store.note_drift(&self.row.id, &drift).await?;
                }
                Ok(Settled::Never | Settled::NotYet) => {}
                Err(error) => self.failed(&error),
            }
        }
        Ok(())
    }
}

/// A create of which a card may be that no coupon has.
struct Lost {
    wanted: Value,
    since: i64,
    until: i64,
}

impl Lost {
    fn of(row: &OperationRow) -> Option<Self> {
        let parsed: Value = serde_json::from_str(&row.request).ok()?;
        let draft = Draft::parse(&parsed, 0).ok()?;
        Some(Self {
            wanted: json!(draft.card()),
            since: row.try_began_at?,
            until: row.try_ended_at? + IN_FLIGHT + CLOCK_TOLERANCE,
        })
    }

    fn made(&self, card: &CardDetail) -> bool {
        card.status != CardStatus::UserDelete
            && is_of(&self.wanted, &card.raw, self.since)
            && created_at(&card.raw).is_some_and(|at| at <= self.until)
    }
}

/// How a coupon's card stands by an answer of `/card/get`.
pub(crate) fn seen_card(
    coupon: &CouponRow,
    answer: Result<CardDetail, Error>,
    now: i64,
) -> Result<SeenCard, Error> {
    let gone = SeenCard {
        status: Status::Withdrawn,
        stock: None,
        dates: None,
    };
    match answer {
        Ok(card) => {
            let status = match Status::from(&card.status) {
                Status::Withdrawn => return Ok(gone),
                // The answer may be older than a push of the last minute.
                Status::InReview if (coupon.reviewed_at - now).abs() < CLOCK_TOLERANCE => {
                    coupon.status()
                }
                status => status,
            };
            Ok(SeenCard {
                status,
                stock: Some((remaining(&card), total(&card))),
                dates: other_dates(coupon, &card.raw),
            })
        }
        Err(error) if is_gone(&error) => Ok(gone),
        Err(error) => Err(error),
    }
}

/// The end and the draft with WeChat's dates, where those are others than the draft's.
fn other_dates(coupon: &CouponRow, raw: &Value) -> Option<(Option<i64>, String)> {
    let mut draft: Value = serde_json::from_str(&coupon.draft).ok()?;
    let kind = raw["card_type"].as_str()?.to_lowercase();
    let dates = &raw[&kind]["base_info"]["date_info"];
    let number = |name: &str| {
        let value = &dates[name];
        value.as_i64().or_else(|| value.as_str()?.parse().ok())
    };
    let valid = match dates["type"].as_str()? {
        "DATE_TYPE_FIX_TIME_RANGE" => {
            let (from, to) = (number("begin_timestamp")?, number("end_timestamp")?);
            json!({"from": rfc3339(from), "to": rfc3339(to)})
        }
        "DATE_TYPE_FIX_TERM" => json!({
            "days": number("fixed_term")?,
            "starts_after_days": number("fixed_begin_term").unwrap_or(0),
        }),
        // Dates that no draft of ours has.
        _ => return None,
    };
    if draft["valid"] == valid {
        return None;
    }
    draft["valid"] = valid;
    let ends_at = number("end_timestamp").filter(|at| *at > 0);
    let is_range = draft["valid"]["to"].is_string();
    Some((ends_at.filter(|_| is_range), draft.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coupon(valid: &Value) -> CouponRow {
        CouponRow {
            id: "1".to_owned(),
            card_id: Some("p1".to_owned()),
            status: "approved".to_owned(),
            draft: json!({"title": "满百减二十", "valid": valid}).to_string(),
            ends_at: None,
            created_at: 0,
            refuse_reason: None,
            remaining: None,
            total: None,
            operation_id: None,
            reviewed_at: 0,
        }
    }

    fn card(dates: &Value) -> Value {
        json!({"card_type": "GIFT", "gift": {"base_info": {"date_info": dates}}})
    }

    #[test]
    fn dates_are_other_only_when_they_mean_something_else() {
        let range = coupon(&json!({"from": "2026-12-01T00:00:00Z", "to": "2026-12-02T00:00:00Z"}));
        let dates = |end: i64| {
            card(&json!({
                "type": "DATE_TYPE_FIX_TIME_RANGE",
                "begin_timestamp": 1_796_083_200, "end_timestamp": end,
            }))
        };
        assert_eq!(other_dates(&range, &dates(1_796_169_600)), None);
        let (ends_at, draft) = other_dates(&range, &dates(1_796_256_000)).unwrap();
        assert_eq!(ends_at, Some(1_796_256_000));
        let draft: Value = serde_json::from_str(&draft).unwrap();
        assert_eq!(draft["valid"]["to"], "2026-12-03T00:00:00Z");
        assert_eq!(draft["title"], "满百减二十");

        let days = coupon(&json!({"days": 3, "starts_after_days": 0}));
        let term = |days: &Value| card(&json!({"type": "DATE_TYPE_FIX_TERM", "fixed_term": days}));
        assert_eq!(other_dates(&days, &term(&json!("3"))), None);
        let (ends_at, _) = other_dates(&days, &term(&json!(5))).unwrap();
        assert_eq!(ends_at, None, "it counts from the claim");
        assert_eq!(
            other_dates(&days, &card(&json!({"type": "DATE_TYPE_PERMANENT"}))),
            None
        );
    }
}
