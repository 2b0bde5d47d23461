//! Customers and their logins.

use sqlx::AnyConnection;

use super::{
    DbError, Store,
    history::{self, Actor, Change, ClockSource, Subject, Who},
    new_id,
    transaction::transaction,
};

/// SHA-256 of a session token.
pub(crate) type TokenHash = [u8; 32];

impl Store {
    /// Notes a login: finds or makes the customer, and keeps the session.
    ///
    /// One person is one row: by unionid, or, while none is known, by the mini-program's openid. Two
    /// rows become one when WeChat tells that they are one person.
    pub(crate) async fn log_in(
        &self,
        unionid: Option<&str>,
        mp_openid: &str,
        token: &TokenHash,
        now: i64,
        expires_at: i64,
    ) -> Result<(), DbError> {
        let mut is_repeated = false;
        loop {
            let done = transaction!(self, |ledger| {
                let customer = customer(&mut *ledger, unionid, mp_openid, now).await?;
                sqlx::query(
                    "INSERT INTO sessions (token_hash, customer_id, expires_at) VALUES (?, ?, ?)",
                )
                .bind(token.as_slice())
                .bind(&customer)
                .bind(expires_at)
                .execute(ledger)
                .await
                .map(drop)
            });
            match done {
                // The same person logged in elsewhere at this very moment: now the row is there.
                Err(error) if error.is_duplicate() && !is_repeated => is_repeated = true,
                done => return done,
            }
        }
    }

    /// Removes some sessions that are over; false when there are no more.
    pub(crate) async fn remove_sessions(&self, now: i64) -> Result<bool, DbError> {
        let over: Vec<(Vec<u8>,)> = sqlx::query_as(
            "SELECT token_hash FROM sessions WHERE expires_at <= ? ORDER BY expires_at LIMIT 100",
        )
        .bind(now)
        .fetch_all(&self.pool)
        .await
        .map_err(|error| self.sort(error))?;
        if over.is_empty() {
            return Ok(false);
        }
        transaction!(self, |ledger| {
            for (hash,) in &over {
                sqlx::query("DELETE FROM sessions WHERE token_hash = ?")
                    .bind(hash.as_slice())
                    .execute(&mut *ledger)
                    .await?;
            }
            Ok(true)
        })
    }

    /// The customer whose session this is.
    pub(crate) async fn customer_of(
        &self,
        token: &TokenHash,
        now: i64,
    ) -> Result<Option<String>, DbError> {
        let row: Option<(String,)> = sqlx::query_as(
            "SELECT customer_id FROM sessions WHERE token_hash = ? AND expires_at > ?",
        )
        .bind(token.as_slice())
        .bind(now)
        .fetch_optional(&self.pool)
        .await
        .map_err(|error| self.sort(error))?;
        Ok(row.map(|(id,)| id))
    }
}

/// The customer, found or made.
///
/// The unionid counts before the openid. An openid that is another customer's by now is the same
/// person: who logged in before the mini-program was bound to the shop's Open Platform account.
async fn customer(
    ledger: &mut AnyConnection,
    unionid: Option<&str>,
    mp_openid: &str,
    now: i64,
) -> Result<String, sqlx::Error> {
    let by_unionid: Option<(String,)> = match unionid {
        Some(unionid) => {
            sqlx::query_as("SELECT id FROM customers WHERE unionid = ?")
                .bind(unionid)
                .fetch_optional(&mut *ledger)
                .await?
        }
        None => None,
    };
    let by_openid: Option<(String,)> =
        sqlx::query_as("SELECT customer_id FROM mp_openids WHERE openid = ?")
            .bind(mp_openid)
            .fetch_optional(&mut *ledger)
            .await?;
    let is_new_openid = by_openid.is_none();
    let id = match (by_unionid, by_openid) {
        (Some((id,)), Some((other,))) => {
            if id != other {
                merge(ledger, &other, &id, now).await?;
            }
            id
        }
        (Some((id,)), None) => id,
        (None, Some((id,))) => {
            sqlx::query("UPDATE customers SET unionid = COALESCE(?, unionid) WHERE id = ?")
                .bind(unionid)
                .bind(&id)
                .execute(&mut *ledger)
                .await?;
            id
        }
        (None, None) => {
            let id = new_id();
            sqlx::query("INSERT INTO customers (id, unionid, created_at) VALUES (?, ?, ?)")
                .bind(&id)
                .bind(unionid)
                .bind(now)
                .execute(&mut *ledger)
                .await?;
            id
        }
    };
    if is_new_openid {
        sqlx::query("INSERT INTO mp_openids (openid, customer_id) VALUES (?, ?)")
            .bind(mp_openid)
            .bind(&id)
            .execute(&mut *ledger)
            .await?;
    }
    // A claim that was under way while two became one may still have come to the other.
    let others: Vec<(String,)> =
        sqlx::query_as("SELECT id FROM merged_customers WHERE merged_into = ?")
            .bind(&id)
            .fetch_all(&mut *ledger)
            .await?;
    for (other,) in others {
        move_claims(ledger, &other, &id, now).await?;
    }
    if let Some(unionid) = unionid {
        // What WeChat pushed about this person before they came here.
        sqlx::query(
            "UPDATE claims SET customer_id = ? \
             WHERE unionid = ? AND (customer_id IS NULL OR customer_id <> ?)",
        )
        .bind(&id)
        .bind(unionid)
        .bind(&id)
        .execute(ledger)
        .await?;
    }
    Ok(id)
}

/// Makes two customers one: what the first has becomes the second's.
async fn merge(
    ledger: &mut AnyConnection,
    from: &str,
    into: &str,
    now: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO merged_customers (id, merged_into) VALUES (?, ?)")
        .bind(from)
        .bind(into)
        .execute(&mut *ledger)
        .await?;
    for sql in [
        // Who was one with the first is one with the second.
        "UPDATE merged_customers SET merged_into = ? WHERE merged_into = ?",
        "UPDATE mp_openids SET customer_id = ? WHERE customer_id = ?",
        "UPDATE sessions SET customer_id = ? WHERE customer_id = ?",
    ] {
        sqlx::query(sql)
            .bind(into)
            .bind(from)
            .execute(&mut *ledger)
            .await?;
    }
    // Nobody is found by it any more.
    sqlx::query("UPDATE customers SET unionid = NULL WHERE id = ?")
        .bind(from)
        .execute(&mut *ledger)
        .await?;
    move_claims(ledger, from, into, now).await
}

async fn move_claims(
    ledger: &mut AnyConnection,
    from: &str,
    into: &str,
    now: i64,
) -> Result<(), sqlx::Error> {
    let moved: Vec<(String,)> = sqlx::query_as("SELECT id FROM claims WHERE customer_id = ?")
        .bind(from)
        .fetch_all(&mut *ledger)
        .await?;
    for (claim,) in &moved {
        sqlx::query("UPDATE claims SET customer_id = ? WHERE id = ?")
            .bind(into)
            .bind(claim)
            .execute(&mut *ledger)
            .await?;
        let change = Change {
            subject: Subject::Claim(claim),
            actor: Actor {
                who: Who::Wechat,
                request_id: None,
            },
            what: "bound",
            why: Some(into),
            at: now,
            clock: ClockSource::Ours,
        };
        history::add(&mut *ledger, change).await?;
    }
    Ok(())
}
