//! Redemptions: what must happen once.
//!
//! The intent and the code's being held are one commit, the effect and the answer another. A code is
//! held by one operation at a time: `claims.operation_id`.

use sqlx::AnyConnection;

use super::{
    DbError, Store,
    claims::{self, ClaimRow, Source, ToRecord, record_code, set_status},
    history::{self, Actor, Change, ClockSource, Subject},
    operations::{self, NewOperation, OperationRow, Run, Settlement, Slot},
    transaction::transaction,
};
use crate::{
    claim::ClaimStatus,
    operations::{
        owner::Owner,
        state::{Kind, Repeat, State, on_repeat},
    },
};

/// What became of the intent to redeem a code.
#[derive(Debug)]
pub(crate) enum Begun {
    /// The code is this run's.
    Run(Box<Run>, String),
    /// The key, or the operation's row, was taken by another call meanwhile.
    KeyTaken,
    /// It cannot be redeemed.
    Refused(RedeemRefusal),
}

/// What stands in the way of a redemption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RedeemRefusal {
    /// It was redeemed before.
    Redeemed,
    /// Another operation has it.
    Running,
    /// It can be redeemed as far as the ledger knows, and WeChat was not asked.
    NotLookedAt,
    /// It stands otherwise, as far as the ledger knows.
    Status(ClaimStatus),
}

/// How a run ended for the code.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Effect<'a> {
    /// It redeemed the code, for this till.
    Redeemed {
        staff: Option<&'a str>,
        terminal: Option<&'a str>,
        why: &'a str,
    },
    /// Somebody else redeemed the code.
    RedeemedElsewhere { why: &'a str },
    /// WeChat says that the code stands so; the run lets go of it.
    Status(ClaimStatus, &'a str),
    /// Nothing happened; the run lets go of it.
    Nothing,
    /// Nobody knows yet; the run keeps it.
    Unknown,
}

impl Store {
    /// Notes the intent to redeem a code, and takes the code for it.
    pub(crate) async fn begin_redemption(
        &self,
        slot: Slot<'_>,
        operation: &NewOperation,
        claim: &Source,
        actor: Actor<'_>,
        owner: &Owner,
        now: i64,
    ) -> Result<Begun, DbError> {
        transaction!(self, |ledger| {
            let claim_id = match claim {
                Source::Known(row) => row.id.clone(),
                Source::New(new) => {
                    let code = ToRecord {
                        claim: new,
                        claimer: None,
                        actor,
                        now,
                    };
                    let recorded = record_code(&mut *ledger, code).await?;
                    recorded.row.id
                }
            };
            let operation = NewOperation {
                subject: claim_id.clone(),
                ..operation.clone()
            };
            let begun =
                operations::begin(&mut *ledger, slot, &operation, owner.as_str(), now).await?;
            let Some(mut run) = begun else {
                return Ok(Begun::KeyTaken);
            };
            match hold(
                &mut *ledger,
                &claim_id,
                &mut run,
                operation.kind,
                owner,
                now,
            )
            .await?
            {
                None => Ok(Begun::Run(Box::new(run), claim_id)),
                Some(refusal) => {
                    // The row of a call that was made before stays as it was: nothing ran.
                    operations::put_back(ledger, slot, &run).await?;
                    Ok(Begun::Refused(refusal))
                }
            }
        })
    }

    /// Writes down how a run ended, what that means for the code, and the answer: all or nothing.
    /// False when the run is no longer held; then whoever has it says what counts.
    pub(crate) async fn end_redemption(
        &self,
        run: &Run,
        claim_id: &str,
        effect: Effect<'_>,
        actor: Actor<'_>,
        now: i64,
        answer: impl Fn(&ClaimRow) -> Settlement + Send + Sync,
    ) -> Result<Option<Settlement>, DbError> {
        transaction!(self, |ledger| {
            if !operations::is_held(&mut *ledger, run).await? {
                return Ok(None);
            }
            apply(&mut *ledger, run, claim_id, effect, actor, now).await?;
            let row = claims::find(&mut *ledger, claim_id).await?;
            let settlement = answer(&row);
            operations::settle(ledger, run, &settlement, now).await?;
            Ok(Some(settlement))
        })
    }
}

/// Takes a code for a run, from another operation too when nobody works on that one any more.
async fn hold(
    ledger: &mut AnyConnection,
    claim_id: &str,
    run: &mut Run,
    kind: Kind,
    owner: &Owner,
    now: i64,
) -> Result<Option<RedeemRefusal>, sqlx::Error> {
    let is_blind = kind == Kind::Redeem && run.first_look.is_none();
    if !is_blind {
        let held = sqlx::query(
            "UPDATE claims SET operation_id = ? WHERE id = ? AND operation_id IS NULL \
             AND status IN ('claimed', 'expired')",
        )
        .bind(&run.id)
        .bind(claim_id)
        .execute(&mut *ledger)
        .await?;
        if held.rows_affected() == 1 {
            return Ok(None);
        }
    }
    let claim = claims::find(&mut *ledger, claim_id).await?;
    let Some(holder) = &claim.operation_id else {
        return Ok(Some(match claim.status {
            ClaimStatus::Redeemed => RedeemRefusal::Redeemed,
            status if is_blind && status.is_redeemable() => RedeemRefusal::NotLookedAt,
            status => RedeemRefusal::Status(status),
        }));
    };
    // One that is done has let go of the code, or does so in this very moment: it keeps its answer.
    let other = operations::find(&mut *ledger, holder).await?;
    let other = other.filter(|other| other.state != State::Done);
    if other.is_none() && is_blind {
        return Ok(Some(RedeemRefusal::NotLookedAt));
    }
    if let Some(other) = &other
        && !supersede(&mut *ledger, other, kind, owner, now).await?
    {
        return Ok(Some(RedeemRefusal::Running));
    }
    let held = sqlx::query(
        "UPDATE claims SET operation_id = ? WHERE id = ? AND operation_id = ? \
         AND (? = 1 OR status IN ('claimed', 'expired'))",
    )
    .bind(&run.id)
    .bind(claim_id)
    .bind(holder)
    // What an operation may have done shows in the status, too.
    .bind(i64::from(other.is_some()))
    .execute(&mut *ledger)
    .await?;
    if held.rows_affected() == 0 {
        if let Some(other) = &other {
            give_back(ledger, other).await?;
        }
        return Ok(Some(RedeemRefusal::Running));
    }
    if let Some(other) = &other {
        inherit(ledger, run, other, now).await?;
    }
    Ok(None)
}

/// Ends an operation of the same kind that nobody works on. False when somebody does, or has just
/// begun to.
async fn supersede(
    ledger: &mut AnyConnection,
    other: &OperationRow,
    kind: Kind,
    owner: &Owner,
    now: i64,
) -> Result<bool, sqlx::Error> {
    let is_abandoned = owner.has_abandoned(other, now);
    // What another kind of operation may have done tells nothing about this one.
    let is_other_kind =
        other.kind != kind && matches!(other.state, State::Running | State::Unknown);
    if is_other_kind || on_repeat(other.state, is_abandoned) == Repeat::Join {
        return Ok(false);
    }
    let taken = sqlx::query(
        "UPDATE operations SET state = 'superseded', owner = NULL, epoch = epoch + 1, \
         updated_at = ? WHERE id = ? AND epoch = ? AND state = ?",
    )
    .bind(now)
    .bind(&other.id)
    .bind(other.epoch)
    .bind(other.state.as_str())
    .execute(ledger)
    .await?;
    Ok(taken.rows_affected() == 1)
}

/// What a superseded operation may have done counts as this run's: there is one success in all.
async fn inherit(
    ledger: &mut AnyConnection,
    run: &mut Run,
    other: &OperationRow,
    now: i64,
) -> Result<(), sqlx::Error> {
    let ended_at = other.try_ended_at(now);
    run.may_have_acted = true;
    run.began_at = other.try_began_at.unwrap_or(ended_at);
    run.ended_at = Some(ended_at);
    run.looked_at = other.looked_at.or(run.looked_at);
    sqlx::query(
        "UPDATE operations SET may_have_acted = 1, try_began_at = ?, try_ended_at = ?, \
         looked_at = ? WHERE id = ?",
    )
    .bind(run.began_at)
    .bind(run.ended_at)
    .bind(run.looked_at)
    .bind(&run.id)
    .execute(ledger)
    .await
    .map(drop)
}

/// Leaves an operation that was superseded in this transaction as it was.
async fn give_back(ledger: &mut AnyConnection, other: &OperationRow) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE operations SET state = ?, owner = ?, epoch = ? \
         WHERE id = ? AND epoch = ? AND state = 'superseded'",
    )
    .bind(other.state.as_str())
    .bind(&other.owner)
    .bind(other.epoch)
    .bind(&other.id)
    .bind(other.epoch + 1)
    .execute(ledger)
    .await
    .map(drop)
}

async fn apply(
    ledger: &mut AnyConnection,
    run: &Run,
    claim_id: &str,
    effect: Effect<'_>,
    actor: Actor<'_>,
    now: i64,
) -> Result<(), sqlx::Error> {
    let (why, (staff, terminal), redeemed_at) = match effect {
        Effect::Unknown => return Ok(()),
        Effect::Nothing => return let_go(ledger, run, claim_id).await,
        Effect::Status(status, why) => {
            let_go(&mut *ledger, run, claim_id).await?;
            return set_status(ledger, claim_id, status, why, actor, now).await;
        }
        // The time of the intent: an account of a day does not move when it is settled later.
        Effect::Redeemed {
            staff,
            terminal,
            why,
        } => (why, (staff, terminal), run.began_at),
        Effect::RedeemedElsewhere { why } => (why, (None, None), now),
    };
    let changed = sqlx::query(
        "UPDATE claims SET status = 'redeemed', operation_id = NULL, is_confirmed = ?, \
         redeemed_at = COALESCE(redeemed_at, consumed_at, ?), \
         staff = COALESCE(staff, ?), terminal = COALESCE(terminal, ?) \
         WHERE id = ? AND operation_id = ?",
    )
    .bind(i64::from(why != "push"))
    .bind(redeemed_at)
    .bind(staff)
    .bind(terminal)
    .bind(claim_id)
    .bind(&run.id)
    .execute(&mut *ledger)
    .await?;
    if changed.rows_affected() == 1 {
        let is_ours = matches!(effect, Effect::Redeemed { .. });
        let change = Change {
            subject: Subject::Claim(claim_id),
            actor,
            what: if is_ours {
                "redeemed"
            } else {
                "redeemed_elsewhere"
            },
            why: Some(why),
            at: now,
            clock: ClockSource::Ours,
        };
        history::add(ledger, change).await?;
    }
    Ok(())
}

async fn let_go(ledger: &mut AnyConnection, run: &Run, claim_id: &str) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE claims SET operation_id = NULL WHERE id = ? AND operation_id = ?")
        .bind(claim_id)
        .bind(&run.id)
        .execute(ledger)
        .await
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        operations::state::FirstLook,
        store::{claims::NewClaim, history::Who},
    };

    const BY: Actor<'_> = Actor {
        who: Who::Staff,
        request_id: None,
    };

    async fn begin(store: &Store, key: &str, claim: &Source, owner: &Owner) -> Begun {
        let operation = NewOperation {
            idem_key: Some(key.to_owned()),
            fingerprint: [0; 32],
            kind: Kind::Redeem,
            subject: String::new(),
            request: "{}".to_owned(),
            request_id: None,
            first_look: Some(FirstLook::Usable(5)),
        };
        let begun = store.begin_redemption(Slot::New, &operation, claim, BY, owner, 5);
        begun.await.unwrap()
    }

    /// On a server another call's end can be committed between two statements of this one: then the
    /// claim was read as that call's, and the call as done.
    #[tokio::test]
    async fn an_operation_that_is_done_keeps_its_answer_whoever_asks_for_its_code() {
        for (status, state, is_taken) in [
            ("redeemed", State::Done, false),
            ("claimed", State::Done, true),
            ("redeemed", State::Running, true),
            ("redeemed", State::Unknown, true),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let url = format!("sqlite://{}?mode=rwc", folder.path().join("l.db").display());
            let store = Store::open(&url).await.unwrap();
            sqlx::raw_sql(
                "INSERT INTO coupons (id, card_id, status, draft, created_at) \
                 VALUES ('coupon', 'card', 'approved', '{}', 0)",
            )
            .execute(&store.pool)
            .await
            .unwrap();
            let claim = Source::New(NewClaim {
                card_id: "card".to_owned(),
                code: "012".to_owned(),
                status: ClaimStatus::Claimed,
                openid: String::new(),
                begins_at: 0,
                ends_at: 9,
            });
            // Another process's, whose lease is over.
            let first = begin(&store, "first", &claim, &Owner::new()).await;
            let Begun::Run(run, _) = first else {
                panic!("{first:?}");
            };
            sqlx::query("UPDATE claims SET status = ?")
                .bind(status)
                .execute(&store.pool)
                .await
                .unwrap();
            sqlx::query(
                "UPDATE operations SET state = ?, lease_until = 0, answer_status = 200, answer_body = 'kept'",
            )
            .bind(state.as_str())
            .execute(&store.pool)
            .await
            .unwrap();

            let second = begin(&store, "second", &claim, &Owner::new()).await;

            let what = format!("{status} {state:?}: {second:?}");
            match second {
                Begun::Run(..) => assert!(is_taken, "{what}"),
                Begun::Refused(refusal) => {
                    assert_eq!(refusal, RedeemRefusal::Running, "{what}");
                    assert!(!is_taken, "{what}");
                }
                Begun::KeyTaken => panic!("{what}"),
            }
            let row = store.operation(&run.id).await.unwrap().unwrap();
            let left = if state == State::Done {
                State::Done
            } else {
                State::Superseded
            };
            assert_eq!(row.state, left, "{what}");
            assert_eq!(row.answer_body.as_deref(), Some("kept"), "{what}");
        }
    }
}
