//! All claims as CSV, page by page from the ledger, so that no list is too long.
//!
//! Source on formulas: OWASP, "CSV Injection".

use axum::{body::Body, http::header, response::IntoResponse};
use bytes::Bytes;
use csv::WriterBuilder;
use futures_util::stream;

use super::AppState;
use crate::{
    claim::last_four,
    clock::rfc3339,
    store::{Page, claims::ClaimRow},
};

const HEAD: [&str; 10] = [
    "code",
    "card_id",
    "status",
    "customer",
    "valid_from",
    "valid_to",
    "claimed_at",
    "redeemed_at",
    "staff",
    "terminal",
];
/// Excel takes a CSV for UTF-8 only when it begins so.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// Rows that are read at a time.
const AT_A_TIME: u32 = 500;

/// Where the export stands.
enum Next {
    Head,
    After(Option<String>),
    End,
}

/// The whole list, newest first.
pub(super) fn claims(state: AppState) -> impl IntoResponse {
    let now = state.clock.now();
    let parts = stream::unfold((state, Next::Head), move |(state, next)| async move {
        let after = match next {
            Next::Head => {
                let head = lines(std::iter::once(HEAD.map(str::to_owned).to_vec()));
                let head = head.map(|head| [BYTE_ORDER_MARK, &head].concat().into());
                return Some((head, (state, Next::After(None))));
            }
            Next::After(after) => after,
            Next::End => return None,
        };
        let page = Page {
            limit: AT_A_TIME,
            after,
        };
        match state.store.claims(&page).await {
            Ok(rows) => {
                // One row more than the limit came along; it is the first of the next part, too.
                let shown = rows.iter().take(AT_A_TIME as usize);
                let next = match shown.clone().next_back() {
                    Some(last) if rows.len() > AT_A_TIME as usize => {
                        Next::After(Some(last.id.clone()))
                    }
                    _ => Next::End,
                };
                Some((lines(shown.map(|row| line(row, now))), (state, next)))
            }
            Err(error) => {
                tracing::error!(%error, "the export broke off");
                Some((Err(error.into()), (state, Next::End)))
            }
        }
    });
    (
        [(header::CONTENT_TYPE, "text/csv; charset=utf-8")],
        Body::from_stream(parts),
    )
}

type Part = Result<Bytes, Box<dyn std::error::Error + Send + Sync>>;

fn lines(rows: impl Iterator<Item = Vec<String>>) -> Part {
    let mut writer = WriterBuilder::new().from_writer(Vec::new());
    for row in rows {
        writer.write_record(&row)?;
    }
    Ok(writer
        .into_inner()
        .map_err(csv::IntoInnerError::into_error)?
        .into())
}

fn line(row: &ClaimRow, now: i64) -> Vec<String> {
    let text = |value: &Option<String>| cell(value.as_deref().unwrap_or_default());
    vec![
        last_four(&row.code),
        row.card_id.clone(),
        row.status_at(now).as_str().to_owned(),
        text(&row.customer_id),
        rfc3339(row.begins_at),
        rfc3339(row.ends_at),
        rfc3339(row.claimed_at),
        row.redeemed_at.map(rfc3339).unwrap_or_default(),
        text(&row.staff),
        text(&row.terminal),
    ]
}

/// A text that a spreadsheet will not take for a formula. Under a Chinese or Japanese keyboard the
/// signs are full-width, and spreadsheets read those alike; what is blank before them is skipped.
fn cell(text: &str) -> String {
    let is_blank = |c: char| c.is_whitespace() || c.is_control() || INVISIBLE.contains(&c);
    let first = text.trim_start_matches(is_blank).chars().next();
    let begins_as_formula = first.is_some_and(|first| FORMULA.contains(&first));
    if begins_as_formula || text.starts_with(['\t', '\r', '\n']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// What a formula begins with, half-width and full-width.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '|', '＝', '＋', '－', '＠', '﹢', '−'];
/// What is nothing to the eye, and no whitespace to Unicode.
const INVISIBLE: [char; 5] = ['\u{feff}', '\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}'];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_becomes_a_text() {
        for sign in ["=", "+", "-", "@", "＝", "＋", "－", "＠"] {
            for before in ["", " ", "\u{3000}", "\t", "\r\n", "\u{feff}", "\u{200b}"] {
                let text = format!("{before}{sign}1+1");
                assert_eq!(cell(&text), format!("'{text}"), "{text:?}");
            }
        }
        for text in ["店员甲", "A=1", "2号收银台", "王 - 李", ""] {
            assert_eq!(cell(text), text);
        }
    }
}
