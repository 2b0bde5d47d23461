//! QR codes that cards are claimed with, and landing pages.

use serde::{Deserialize, Serialize};

use super::{AccountNo, World, clock};

/// What one QR code leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Qr {
    pub(crate) ticket: String,
    /// What the picture holds.
    pub(crate) url: String,
    #[serde(deserialize_with = "clock::time")]
    pub(crate) expires_at: i64,
    pub(crate) cards: Vec<QrCard>,
}

/// A card that a QR code offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct QrCard {
    pub(crate) card_id: String,
    #[serde(default)]
    pub(crate) code: Option<String>,
    /// The only one who may claim with it.
    #[serde(default)]
    pub(crate) openid: Option<String>,
    #[serde(default)]
    pub(crate) is_unique_code: bool,
    #[serde(default)]
    pub(crate) outer_str: String,
    #[serde(default)]
    pub(crate) outer_id: i64,
    /// It was claimed with.
    #[serde(default)]
    pub(crate) is_used: bool,
}

impl QrCard {
    /// Whether it can be claimed with once alone.
    pub(crate) fn is_for_one(&self) -> bool {
        self.is_unique_code || self.code.is_some() || self.openid.is_some()
    }
}

/// A page of WeChat's that offers cards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LandingPage {
    pub(crate) url: String,
    pub(crate) banner: String,
    pub(crate) page_title: String,
    pub(crate) can_share: bool,
    pub(crate) scene: String,
    pub(crate) cards: Vec<PageCard>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageCard {
    pub(crate) card_id: String,
    pub(crate) thumb_url: String,
}

impl World {
    /// Adds a QR code to an account.
    pub(crate) fn add_qr(&mut self, account: AccountNo, qr: Qr) {
        let at = (account, self.accounts[account].qrs.len());
        // A world file may have one twice; the first is meant.
        self.qrs_by_ticket.entry(qr.ticket.clone()).or_insert(at);
        self.qrs_by_url.entry(qr.url.clone()).or_insert(at);
        self.accounts[account].qrs.push(qr);
    }

    /// The QR code that has a ticket, with its account.
    pub(crate) fn qr_of_ticket(&self, ticket: &str) -> Option<(AccountNo, usize)> {
        self.qrs_by_ticket.get(ticket).copied()
    }

    /// The QR code that holds a url, with its account.
    pub(crate) fn qr_of_url(&self, url: &str) -> Option<(AccountNo, usize)> {
        self.qrs_by_url.get(url).copied()
    }
}
