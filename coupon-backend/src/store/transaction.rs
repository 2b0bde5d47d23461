//! Transactions that write: fair within the process, tried again after a conflict, never left open.

use std::{
    ops::{Deref, DerefMut},
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use sqlx::{Any, AnyConnection, pool::PoolConnection};
use tokio::sync::OwnedSemaphorePermit;

use super::{Store, error::DbError};

/// How long a writer waits for its turn among this process's writers.
const QUEUE: Duration = Duration::from_secs(15);
/// How long a writer tries when others, outside of this process, stand in the way.
const CONFLICTS: Duration = Duration::from_secs(4);
/// The first pause after a conflict; each is twice the one before.
const PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(320);

/// An open transaction. Dropped before its end, its connection is closed and not used again: what
/// the database has done with the transaction is not known then.
#[derive(Debug)]
pub(crate) struct Transaction {
    connection: Option<PoolConnection<Any>>,
    store: Store,
    /// The turn among this process's writers, given back last.
    _turn: Option<OwnedSemaphorePermit>,
}

impl Deref for Transaction {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        self.connection.as_ref().expect("taken at the end alone")
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        self.connection.as_mut().expect("taken at the end alone")
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if let Some(connection) = &mut self.connection {
            connection.close_on_drop();
        }
    }
}

impl Store {
    /// Begins a transaction that writes.
    pub(super) async fn begin(&self) -> Result<Transaction, DbError> {
        let turn = match &self.turns {
            None => None,
            Some(turns) => {
                let turn = tokio::time::timeout(QUEUE, turns.clone().acquire_owned()).await;
                // The semaphore is never closed.
                Some(
                    turn.map_err(|_| DbError::Queue)?
                        .map_err(|_| DbError::Queue)?,
                )
            }
        };
        let connection = self
            .pool
            .acquire()
            .await
            .map_err(|error| self.sort(error))?;
        let mut transaction = Transaction {
            connection: Some(connection),
            store: self.clone(),
            _turn: turn,
        };
        let began = sqlx::raw_sql(self.dialect.begin())
            .execute(&mut *transaction)
            .await;
        began.map_err(|error| self.sort(error))?;
        Ok(transaction)
    }
}

impl Transaction {
    /// Commits what was done, or takes it back.
    pub(super) async fn end<T>(mut self, done: Result<T, sqlx::Error>) -> Result<T, DbError> {
        let store = self.store.clone();
        let result = match done {
            Ok(value) => {
                let committed = sqlx::raw_sql("COMMIT").execute(&mut *self).await;
                committed.map(|_| value)
            }
            Err(error) => Err(error),
        };
        match result {
            Ok(value) => {
                // Well again: it goes back to the pool.
                drop(self.connection.take());
                store.storage_failed.store(false, Ordering::Relaxed);
                Ok(value)
            }
            Err(error) => {
                let error = store.sort(error);
                // A full disk or an I/O error has ended the transaction already, and only a
                // connection that can still take it back is in a known state.
                let is_known = !matches!(error, DbError::Unavailable(_))
                    && sqlx::raw_sql("ROLLBACK").execute(&mut *self).await.is_ok();
                if is_known {
                    drop(self.connection.take());
                }
                Err(error)
            }
        }
    }
}

impl Transaction {
    /// Takes back what was done, on purpose.
    pub(super) async fn take_back(mut self) -> Result<(), DbError> {
        let store = self.store.clone();
        let taken = sqlx::raw_sql("ROLLBACK").execute(&mut *self).await;
        taken.map_err(|error| store.sort(error))?;
        drop(self.connection.take());
        Ok(())
    }
}

/// Bounds how long a transaction is tried again.
#[derive(Debug)]
pub(super) struct Retries {
    began: Instant,
    pause: Duration,
}

impl Retries {
    pub(super) fn new() -> Self {
        Self {
            began: Instant::now(),
            pause: PAUSE,
        }
    }

    /// Waits a little and says whether to try again.
    pub(super) async fn again(&mut self, store: &Store, error: &DbError) -> bool {
        let is_conflict = matches!(error, DbError::Conflict(_));
        if is_conflict && self.began.elapsed() < CONFLICTS {
            // Between half of the pause and all of it, so that two do not meet again.
            let spread = f64::from(random_byte()) / 510.0;
            tokio::time::sleep(self.pause.mul_f64(0.5 + spread)).await;
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
            return true;
        }
        if error.is_passing() {
            store.storage_failed.store(true, Ordering::Relaxed);
        }
        false
    }
}

fn random_byte() -> u8 {
    let mut byte = [0];
    // Without randomness the pauses are merely all alike.
    let _fixed = getrandom::fill(&mut byte);
    byte[0]
}

/// Runs a block within one transaction, from its beginning again after a conflict.
///
/// `transaction!(store, |ledger| { … Ok(value) })`: the block has the type `Result<_, sqlx::Error>`
/// and may use `?`; `ledger` is a `&mut AnyConnection`.
macro_rules! transaction {
    ($store:expr, |$ledger:ident| $work:block) => {{
        let store: &$crate::store::Store = $store;
        let mut retries = $crate::store::transaction::Retries::new();
        loop {
            let outcome = match store.begin().await {
                Ok(mut open) => {
                    let done = async {
                        let $ledger: &mut sqlx::AnyConnection = &mut open;
                        $work
                    }
                    .await;
                    open.end(done).await
                }
                Err(error) => Err(error),
            };
            match outcome {
                Err(error) if retries.again(store, &error).await => {}
                outcome => break outcome,
            }
        }
    }};
}
pub(crate) use transaction;
