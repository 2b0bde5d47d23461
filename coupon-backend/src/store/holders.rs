//! Openids of the Official Account that hold codes of ours, and what else they hold.

use std::collections::BTreeSet;

use sqlx::AnyConnection;

use super::{
    DbError, Store,
    apply_push::{bind_to_holder, known_holder},
    claims::{self, NewClaim, ToRecord},
    history::{Actor, Who},
    marks::Marked,
    transaction::transaction,
};

/// Remembers an openid that holds a code.
pub(super) async fn know_openid(
    ledger: &mut AnyConnection,
    openid: &str,
) -> Result<(), sqlx::Error> {
    know_openids(ledger, &BTreeSet::from([openid])).await
}

/// Remembers openids that hold codes, to ask WeChat now and then what else they hold.
pub(super) async fn know_openids(
    ledger: &mut AnyConnection,
    openids: &BTreeSet<&str>,
) -> Result<(), sqlx::Error> {
    let mut unknown = openids.clone();
    unknown.remove("");
    if unknown.is_empty() {
        return Ok(());
    }
    let places = vec!["?"; unknown.len()].join(", ");
    let sql = format!("SELECT openid FROM known_openids WHERE openid IN ({places})");
    let mut query = sqlx::query_as(sqlx::AssertSqlSafe(sql));
    for openid in &unknown {
        query = query.bind(*openid);
    }
    let known: Vec<(String,)> = query.fetch_all(&mut *ledger).await?;
    for (openid,) in &known {
        unknown.remove(openid.as_str());
    }
    for openid in unknown {
        let inserted = sqlx::query("INSERT INTO known_openids (openid) VALUES (?)")
            .bind(openid)
            .execute(&mut *ledger)
            .await;
        match inserted {
            // Another code of the same person's was written down at this very moment.
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {}
            inserted => inserted.map(drop)?,
        }
    }
    Ok(())
}

impl Store {
    /// Openids of the Official Account of which WeChat was not asked since a time what they hold, the
    /// longest ago first.
    pub(crate) async fn openids_to_ask(
        &self,
        before: i64,
        now: i64,
        limit: i64,
    ) -> Result<Vec<String>, DbError> {
        let rows = Marked {
            columns: "openid",
            table: "known_openids",
            mark: "asked_at",
            condition: "",
            key: "openid",
        };
        let rows: Vec<(String,)> = self.due(rows, before, now, limit).await?;
        Ok(rows.into_iter().map(|(openid,)| openid).collect())
    }

    pub(crate) async fn openid_was_asked(&self, openid: &str, now: i64) -> Result<(), DbError> {
        transaction!(self, |ledger| {
            sqlx::query("UPDATE known_openids SET asked_at = ? WHERE openid = ?")
                .bind(now)
                .bind(openid)
                .execute(ledger)
                .await
                .map(drop)
        })
    }

    pub(crate) async fn has_claim(&self, code: &str, card_id: &str) -> Result<bool, DbError> {
        let row: Option<(String,)> =
            sqlx::query_as("SELECT id FROM claims WHERE code = ? AND card_id = ?")
                .bind(code)
                .bind(card_id)
                .fetch_optional(&self.pool)
                .await
                .map_err(|error| self.sort(error))?;
        Ok(row.is_some())
    }

    /// Writes down a code that a customer holds, and whose it is where that is known of the openid.
    pub(crate) async fn adopt_claim(&self, claim: &NewClaim, now: i64) -> Result<String, DbError> {
        let actor = Actor {
            who: Who::Reconciler,
            request_id: None,
        };
        transaction!(self, |ledger| {
            let code = ToRecord {
                claim,
                claimer: None,
                actor,
                now,
            };
            let recorded = claims::record_code(&mut *ledger, code).await?;
            let row = recorded.row;
            if let Some(unionid) = known_holder(&mut *ledger, &claim.openid).await? {
                bind_to_holder(ledger, &claim.openid, &unionid).await?;
            }
            Ok(row.id)
        })
    }
}
