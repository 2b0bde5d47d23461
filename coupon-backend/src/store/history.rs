//! Who did what, when and why: rows are added in the transaction that changes the ledger.

use sqlx::AnyConnection;

use super::{DbError, Page, Store, new_id};

/// Who changed something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// A customer's page.
    Customer,
    /// The shop: a till or an admin.
    Staff,
    /// A push of WeChat's.
    Wechat,
    /// The comparison of the ledger with WeChat.
    Reconciler,
    /// This service by itself.
    System,
}

impl Who {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Staff => "staff",
            Self::Wechat => "wechat",
            Self::Reconciler => "reconciler",
            Self::System => "system",
        }
    }
}

/// Whose clock told the time of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClockSource {
    Ours,
    Wechat,
}

/// What was changed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Subject<'a> {
    /// The claim with this id.
    Claim(&'a str),
    /// The coupon with this id.
    Coupon(&'a str),
}

/// Who asked for a change, and in which call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Actor<'a> {
    pub(crate) who: Who,
    /// The call's request id, or the push's id.
    pub(crate) request_id: Option<&'a str>,
}

/// One change.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change<'a> {
    pub(crate) subject: Subject<'a>,
    pub(crate) actor: Actor<'a>,
    /// What happened, such as `redeemed`.
    pub(crate) what: &'a str,
    /// What told us, such as `code_get` or an event of WeChat's.
    pub(crate) why: Option<&'a str>,
    /// Seconds since 1970, by `clock`.
    pub(crate) at: i64,
    pub(crate) clock: ClockSource,
}

/// A change as a list shows it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct HistoryRow {
    pub(crate) id: String,
    /// The card of the code.
    pub(crate) card_id: String,
    pub(crate) who: String,
    pub(crate) what: String,
    pub(crate) why: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) at: i64,
    pub(crate) clock: String,
}

impl Store {
    /// What happened to a code, newest first; a code of the shop's own may be one of several cards.
    pub(crate) async fn history_of_code(
        &self,
        code: &str,
        page: &Page,
    ) -> Result<Vec<HistoryRow>, DbError> {
        sqlx::query_as(
            "SELECT history.id, claims.card_id, history.who, history.what, history.why, \
             history.request_id, history.at, history.clock \
             FROM claims JOIN history ON history.subject_id = claims.id \
             WHERE claims.code = ? AND history.id < ? ORDER BY history.id DESC LIMIT ?",
        )
        .bind(code)
        .bind(page.after())
        .bind(page.rows())
        .fetch_all(&self.pool)
        .await
        .map_err(|error| self.sort(error))
    }
}

/// Adds a change.
pub(super) async fn add(ledger: &mut AnyConnection, change: Change<'_>) -> Result<(), sqlx::Error> {
    add_all(ledger, &[change]).await
}

/// Adds changes in one statement.
pub(super) async fn add_all(
    ledger: &mut AnyConnection,
    changes: &[Change<'_>],
) -> Result<(), sqlx::Error> {
    let values = vec!["(?, ?, ?, ?, ?, ?, ?, ?, ?)"; changes.len()].join(", ");
    let sql = format!(
        "INSERT INTO history (id, subject_kind, subject_id, who, what, why, request_id, at, clock) \
         VALUES {values}"
    );
    let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
    for change in changes {
        let (kind, id) = match change.subject {
            Subject::Claim(id) => ("claim", id),
            Subject::Coupon(id) => ("coupon", id),
        };
        query = query
            .bind(new_id())
            .bind(kind)
            .bind(id)
            .bind(change.actor.who.as_str())
            .bind(change.what)
            .bind(change.why)
            .bind(change.actor.request_id)
            .bind(change.at)
            .bind(match change.clock {
                ClockSource::Ours => "ours",
                ClockSource::Wechat => "wechat",
            });
    }
    query.execute(ledger).await.map(drop)
}
