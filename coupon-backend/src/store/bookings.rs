//! Claims are booked: on SQLite, those that come while one commit is made share the next.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sqlx::AnyConnection;
use tokio::sync::oneshot;

use super::{
    DbError, Store,
    claims::{ClaimRow, Claimer, EncryptHash, NewClaim, Source, ToRecord, insert, record_code},
    history::{self, Actor, Change, ClockSource, Subject, Who},
    transaction::transaction,
};

/// Claims that share a commit, at most.
const BATCH: usize = 32;

/// A claim to be booked.
#[derive(Clone)]
pub(crate) struct Booking {
    pub(crate) claim: Source,
    pub(crate) customer_id: String,
    pub(crate) hash: EncryptHash,
    pub(crate) request_id: String,
    /// Seconds since 1970.
    pub(crate) now: i64,
}

impl Booking {
    fn actor(&self) -> Actor<'_> {
        Actor {
            who: Who::Customer,
            request_id: Some(&self.request_id),
        }
    }

    fn to_record<'a>(&'a self, claim: &'a NewClaim) -> ToRecord<'a> {
        ToRecord {
            claim,
            claimer: Some(Claimer {
                customer_id: &self.customer_id,
                hash: &self.hash,
            }),
            actor: self.actor(),
            now: self.now,
        }
    }
}

/// Whose a code is, after somebody claimed it.
#[derive(Clone)]
pub(crate) enum Owned {
    /// The claimer's.
    Bound(Box<ClaimRow>),
    /// Another customer's.
    OwnedByOther,
}

/// Claims that wait for the next commit; clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Bookings(Arc<Mutex<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    claims: Vec<Caller>,
    /// A task is at work, and takes these next.
    has_writer: bool,
}

/// A claim, and who waits for it.
struct Caller {
    booking: Booking,
    reply: oneshot::Sender<Result<Owned, DbError>>,
}

impl std::fmt::Debug for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A code is worth money.
        f.write_str("Caller")
    }
}

impl Bookings {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Nothing is left half-way in it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a claim; true when nobody is there to write it.
    fn add(&self, caller: Caller) -> bool {
        let mut waiting = self.waiting();
        waiting.claims.push(caller);
        !mem::replace(&mut waiting.has_writer, true)
    }

    /// The claims that are next, of callers who still wait.
    fn next(&self) -> Vec<Caller> {
        let mut waiting = self.waiting();
        waiting.claims.retain(|caller| !caller.reply.is_closed());
        let count = waiting.claims.len().min(BATCH);
        let next = waiting.claims.drain(..count).collect();
        // Under the same lock: whoever comes after the last one finds that nobody writes.
        waiting.has_writer = count > 0;
        next
    }
}

/// Lets go of all who wait when the task that writes ends before its time.
struct Writer(Bookings);

impl Drop for Writer {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut waiting = self.0.waiting();
            waiting.has_writer = false;
            waiting.claims.clear();
        }
    }
}

impl Store {
    /// Books a claim: writes the code down where it is new, and binds it to the customer unless it is
    /// another's. Whose it is by WeChat's word, else the first who claims it, keeps it. It is
    /// committed when this returns.
    pub(crate) async fn book_claim(&self, booking: Booking) -> Result<Owned, DbError> {
        let Some(bookings) = &self.bookings else {
            // A server commits for many connections at once by itself.
            return self.book_one(&booking).await;
        };
        let (reply, booked) = oneshot::channel();
        if bookings.add(Caller { booking, reply }) {
            // A task of its own: a caller that goes away takes no other's claim along.
            tokio::spawn(self.clone().write_bookings(Writer(bookings.clone())));
        }
        booked.await.unwrap_or(Err(DbError::Queue))
    }

    async fn write_bookings(self, writer: Writer) {
        loop {
            let next = writer.0.next();
            if next.is_empty() {
                return;
            }
            let (bookings, replies): (Vec<_>, Vec<_>) = next
                .into_iter()
                .map(|caller| (caller.booking, caller.reply))
                .unzip();
            let booked = match self.book_together(&bookings).await {
                Ok(owned) => owned.into_iter().map(Ok).collect(),
                Err(error @ DbError::Failed(_)) if bookings.len() > 1 => {
                    tracing::warn!(%error, "claims could not be booked together");
                    // One of them may be to blame: each by itself.
                    let mut booked = Vec::with_capacity(bookings.len());
                    for booking in &bookings {
                        booked.push(self.book_one(booking).await);
                    }
                    booked
                }
                Err(error) => vec![Err(error); bookings.len()],
            };
            for (reply, booked) in replies.into_iter().zip(booked) {
                // Who asked may have gone by now; the claim is booked all the same.
                let _gone = reply.send(booked);
            }
        }
    }

    /// Books claims in one commit, all or none, and tells whose each is.
    async fn book_together(&self, bookings: &[Booking]) -> Result<Vec<Owned>, DbError> {
        transaction!(self, |ledger| {
            let mut owned = vec![None; bookings.len()];
            insert_new(&mut *ledger, bookings, &mut owned).await?;
            for (booking, owned) in bookings.iter().zip(&mut owned) {
                if owned.is_none() {
                    *owned = Some(book(&mut *ledger, booking).await?);
                }
            }
            Ok(owned.into_iter().flatten().collect())
        })
    }

    async fn book_one(&self, booking: &Booking) -> Result<Owned, DbError> {
        transaction!(self, |ledger| { book(ledger, booking).await })
    }
}

/// Writes the new codes down in one statement; none when one of them stands there already.
async fn insert_new(
    ledger: &mut AnyConnection,
    bookings: &[Booking],
    owned: &mut [Option<Owned>],
) -> Result<(), sqlx::Error> {
    let (places, codes): (Vec<_>, Vec<_>) = bookings
        .iter()
        .enumerate()
        .filter_map(|(place, booking)| match &booking.claim {
            Source::New(new) => Some((place, booking.to_record(new))),
            Source::Known(_) => None,
        })
        .unzip();
    if codes.is_empty() {
        return Ok(());
    }
    match insert(ledger, &codes).await {
        Ok(rows) => {
            for (place, row) in places.into_iter().zip(rows) {
                owned[place] = Some(Owned::Bound(Box::new(row)));
            }
            Ok(())
        }
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(()),
        Err(error) => Err(error),
    }
}

async fn book(ledger: &mut AnyConnection, booking: &Booking) -> Result<Owned, sqlx::Error> {
    let row = match &booking.claim {
        Source::Known(row) => ClaimRow::clone(row),
        Source::New(new) => {
            let recorded = record_code(&mut *ledger, booking.to_record(new)).await?;
            if recorded.is_new {
                return Ok(Owned::Bound(Box::new(recorded.row)));
            }
            recorded.row
        }
    };
    let bound = sqlx::query(
        "UPDATE claims SET customer_id = ?, encrypt_hash = ? \
         WHERE id = ? AND (customer_id IS NULL OR customer_id = ?) AND NOT EXISTS \
         (SELECT 1 FROM customers WHERE customers.id = ? AND customers.unionid <> claims.unionid)",
    )
    .bind(&booking.customer_id)
    .bind(booking.hash.as_slice())
    .bind(&row.id)
    .bind(&booking.customer_id)
    .bind(&booking.customer_id)
    .execute(&mut *ledger)
    .await?;
    if bound.rows_affected() == 0 {
        return Ok(Owned::OwnedByOther);
    }
    if row.customer_id.is_none() {
        let change = Change {
            subject: Subject::Claim(&row.id),
            actor: booking.actor(),
            what: "bound",
            why: Some(&booking.customer_id),
            at: booking.now,
            clock: ClockSource::Ours,
        };
        history::add(ledger, change).await?;
    }
    Ok(Owned::Bound(Box::new(row)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::task::JoinHandle;

    use super::*;
    use crate::claim::ClaimStatus;

    async fn store(folder: &tempfile::TempDir) -> Store {
        let file = folder.path().join("ledger.db");
        let url = format!("sqlite://{}?mode=rwc", file.display());
        let store = Store::open(&url).await.unwrap();
        let coupon = "INSERT INTO coupons (id, card_id, status, draft, created_at) \
                      VALUES ('coupon', 'card', 'approved', '{}', 0)";
        sqlx::query(coupon).execute(&store.pool).await.unwrap();
        for customer in ["alice", "bob", "carol", "dave"] {
            sqlx::query("INSERT INTO customers (id, created_at) VALUES (?, 0)")
                .bind(customer)
                .execute(&store.pool)
                .await
                .unwrap();
        }
        store
    }

    fn booking(code: &str, customer: &str) -> Booking {
        let claim = NewClaim {
            card_id: "card".to_owned(),
            code: code.to_owned(),
            status: ClaimStatus::Claimed,
            openid: format!("openid of {customer}"),
            begins_at: 0,
            ends_at: 9,
        };
        let mut hash = [0; 32];
        hash[..code.len()].copy_from_slice(code.as_bytes());
        Booking {
            claim: Source::New(claim),
            customer_id: customer.to_owned(),
            hash,
            request_id: format!("{code} by {customer}"),
            now: 5,
        }
    }

    fn book(store: &Store, booking: Booking) -> JoinHandle<Result<Owned, DbError>> {
        let store = store.clone();
        tokio::spawn(async move { store.book_claim(booking).await })
    }

    /// Waits until the writer is at work and so many claims wait for it.
    async fn waiting(store: &Store, count: usize) {
        let is_so = || {
            let waiting = store.bookings.as_ref().unwrap().waiting();
            waiting.has_writer && waiting.claims.len() == count
        };
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    async fn rows(store: &Store, sql: &'static str) -> Vec<String> {
        let rows: Vec<(String,)> = sqlx::query_as(sql).fetch_all(&store.pool).await.unwrap();
        rows.into_iter().map(|(text,)| text).collect()
    }

    #[tokio::test]
    async fn claims_that_share_a_commit_are_judged_one_by_one() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder).await;
        assert!(matches!(
            store.book_claim(booking("01", "alice")).await.unwrap(),
            Owned::Bound(_)
        ));
        let known = store.claim_of_code("01").await.unwrap().unwrap();
        // Nobody can write, so that what follows comes together.
        let turn = store.begin().await.unwrap();
        let first = book(&store, booking("02", "alice"));
        waiting(&store, 0).await;
        let mut others = Vec::new();
        for (code, customer) in [
            ("02", "bob"),
            ("03", "bob"),
            ("03", "alice"),
            ("03", "bob"),
            ("04", "carol"),
            ("05", "dave"),
        ] {
            others.push(book(&store, booking(code, customer)));
            waiting(&store, others.len()).await;
        }
        let again = Booking {
            claim: Source::Known(Box::new(known)),
            ..booking("01", "bob")
        };
        others.push(book(&store, again));
        waiting(&store, others.len()).await;
        // One who goes away before the writer comes to it.
        others.remove(5).abort();
        turn.take_back().await.unwrap();

        assert!(matches!(first.await.unwrap().unwrap(), Owned::Bound(_)));
        let mut bound = Vec::new();
        for other in others {
            bound.push(match other.await.unwrap().unwrap() {
                Owned::Bound(row) => row.customer_id,
                Owned::OwnedByOther => Some("another".to_owned()),
            });
        }
        let of = |name: &str| Some(name.to_owned());
        assert_eq!(
            bound,
            [
                of("another"),
                of("bob"),
                of("another"),
                of("bob"),
                of("carol"),
                of("another"),
            ]
        );
        assert_eq!(
            rows(
                &store,
                "SELECT code || ' ' || customer_id FROM claims ORDER BY code"
            )
            .await,
            ["01 alice", "02 alice", "03 bob", "04 carol"]
        );
        assert_eq!(
            rows(
                &store,
                "SELECT request_id || ' ' || what FROM history ORDER BY request_id, what"
            )
            .await,
            ["01 by alice", "02 by alice", "03 by bob", "04 by carol"]
                .into_iter()
                .flat_map(|call| [format!("{call} bound"), format!("{call} claimed")])
                .collect::<Vec<_>>()
        );
        assert_eq!(
            rows(&store, "SELECT openid FROM known_openids ORDER BY openid").await,
            ["openid of alice", "openid of bob", "openid of carol"]
        );
    }

    #[tokio::test]
    async fn many_claims_at_once_are_all_booked() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder).await;
        let codes: Vec<String> = (0..=3 * BATCH).map(|n| format!("{n:04}")).collect();
        let turn = store.begin().await.unwrap();
        let mut tasks = vec![book(&store, booking(&codes[0], "alice"))];
        waiting(&store, 0).await;
        for code in &codes[1..] {
            tasks.push(book(&store, booking(code, "alice")));
        }
        waiting(&store, codes.len() - 1).await;
        turn.take_back().await.unwrap();
        for task in tasks {
            assert!(matches!(task.await.unwrap().unwrap(), Owned::Bound(_)));
        }
        assert_eq!(
            rows(&store, "SELECT code FROM claims ORDER BY code").await,
            codes
        );
        assert!(!store.bookings.as_ref().unwrap().waiting().has_writer);
    }

    #[tokio::test]
    async fn one_that_cannot_be_written_takes_no_other_along() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder).await;
        sqlx::raw_sql(
            "CREATE TRIGGER refuses BEFORE INSERT ON claims WHEN NEW.code = '02' \
             BEGIN SELECT RAISE(ABORT, 'not this one'); END",
        )
        .execute(&store.pool)
        .await
        .unwrap();
        let turn = store.begin().await.unwrap();
        let first = book(&store, booking("00", "alice"));
        waiting(&store, 0).await;
        let tasks = ["01", "02", "03"].map(|code| book(&store, booking(code, "alice")));
        waiting(&store, 3).await;
        turn.take_back().await.unwrap();
        first.await.unwrap().unwrap();
        let mut booked = Vec::new();
        for task in tasks {
            booked.push(task.await.unwrap().is_ok());
        }
        assert_eq!(booked, [true, false, true]);
        assert_eq!(
            rows(&store, "SELECT code FROM claims ORDER BY code").await,
            ["00", "01", "03"]
        );
    }
}
