//! Codes of the shop's own that WeChat hands out.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::{CardCode, CardId, Client, Error, transport::Call, wire::whole};

const DEPOSIT: &str = "/card/code/deposit";
/// Codes that one call takes.
const AT_ONCE: usize = 100;

/// What became of codes that were imported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Imported {
    /// Those that are new.
    #[serde(rename = "succ_code")]
    pub succeeded: Vec<CardCode>,
    /// Those that were there before, be it by an earlier try of this very import.
    #[serde(rename = "duplicate_code")]
    pub duplicate: Vec<CardCode>,
    /// Those that WeChat does not take.
    #[serde(rename = "fail_code")]
    pub failed: Vec<CardCode>,
}

/// An import of many codes that stopped on the way.
#[derive(Debug, thiserror::Error)]
#[error("the import stopped after {answered} codes")]
pub struct ImportStopped {
    /// What became of the codes that were answered.
    pub imported: Imported,
    /// So many of the codes, counted from the first, were answered; the next 100 may be imported.
    pub answered: usize,
    /// Why it stopped.
    pub source: Error,
}

/// Which codes were imported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct CheckedCodes {
    /// Those that are there.
    #[serde(rename = "exist_code")]
    pub existing: Vec<CardCode>,
    /// Those that are not.
    #[serde(rename = "not_exist_code")]
    pub missing: Vec<CardCode>,
}

#[derive(Serialize)]
struct Codes<'a> {
    card_id: &'a CardId,
    #[serde(rename = "code")]
    codes: &'a [CardCode],
}

/// Refuses codes that WeChat would refuse as a whole.
fn check(codes: &[CardCode]) -> Result<(), Error> {
    let mut seen = HashSet::new();
    for (at, code) in codes.iter().enumerate() {
        let fault = if code.as_str().is_empty() {
            "empty"
        } else if !seen.insert(code.as_str()) {
            "there before"
        } else {
            continue;
        };
        return Err(Error::NotSent {
            endpoint: DEPOSIT,
            reason: format!("code {at} is {fault}"),
        });
    }
    Ok(())
}

impl Client {
    /// Imports 1 to 100 codes of the shop's own, for a card that hands out imported codes.
    ///
    /// The card's stock does not grow by it: [`Client::modify_stock`] does that afterwards.
    ///
    /// Source: official page `Distributing_Coupons_Vouchers_and_Cards`; the answer by captured replies.
    ///
    /// # Errors
    ///
    /// [`Error::NotSent`] when there are too many or none, or one is empty or stands twice.
    /// [`Error::Api`] with [`crate::ErrCode::INVALID_CARD_ID`] when the card is none of this account's.
    /// After [`Error::NoAnswer`] or [`Error::Unreadable`] they may be imported; made again, the call
    /// answers them as [`Imported::duplicate`].
    pub async fn import_codes(
        &self,
        card_id: &CardId,
        codes: &[CardCode],
    ) -> Result<Imported, Error> {
        Error::unless_within(DEPOSIT, "codes", codes.len(), 1..=AT_ONCE)?;
        check(codes)?;
        self.call(Call::act(DEPOSIT, &Codes { card_id, codes }))
            .await
    }

    /// Imports any number of codes, 100 by 100.
    ///
    /// # Errors
    ///
    /// [`ImportStopped`] at the first call that fails as [`Self::import_codes`] does, with what was
    /// imported until then. Nothing is sent when any code is empty or stands twice.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(client: &wechat_client::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let codes: Vec<wechat_client::CardCode> =
    ///     (0..1000).map(|number| format!("SHOP{number:06}").into()).collect();
    /// let card_id = "pAbCdE0123456789abcdefghijkl".into();
    /// match client.import_all_codes(&card_id, &codes).await {
    ///     Ok(imported) => println!("{} are new", imported.succeeded.len()),
    ///     Err(stopped) => println!("go on with code {}", stopped.answered),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn import_all_codes(
        &self,
        card_id: &CardId,
        codes: &[CardCode],
    ) -> Result<Imported, ImportStopped> {
        let mut imported = Imported::default();
        let mut answered = 0;
        if let Err(source) = check(codes) {
            return Err(ImportStopped {
                imported,
                answered,
                source,
            });
        }
        for some in codes.chunks(AT_ONCE) {
            match self.import_codes(card_id, some).await {
                Ok(more) => {
                    answered += some.len();
                    imported.succeeded.extend(more.succeeded);
                    imported.duplicate.extend(more.duplicate);
                    imported.failed.extend(more.failed);
                }
                Err(source) => {
                    return Err(ImportStopped {
                        imported,
                        answered,
                        source,
                    });
                }
            }
        }
        Ok(imported)
    }

    /// How many codes were imported for a card.
    ///
    /// Source: official page `Distributing_Coupons_Vouchers_and_Cards`.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] with [`crate::ErrCode::INVALID_CARD_ID`] when it is none of this account's.
    pub async fn imported_codes(&self, card_id: &CardId) -> Result<u64, Error> {
        #[derive(Serialize)]
        struct Request<'a> {
            card_id: &'a CardId,
        }

        #[derive(Deserialize)]
        struct Answer {
            #[serde(deserialize_with = "whole")]
            count: u64,
        }

        let call = Call::ask("/card/code/getdepositcount", &Request { card_id });
        let answer: Answer = self.call(call).await?;
        Ok(answer.count)
    }

    /// Which of 1 to 100 codes were imported for a card.
    ///
    /// Source: official page `Distributing_Coupons_Vouchers_and_Cards`.
    ///
    /// # Errors
    ///
    /// [`Error::NotSent`] when there are too many or none; [`Error::Api`] with
    /// [`crate::ErrCode::INVALID_CARD_ID`] when the card is none of this account's.
    pub async fn check_codes(
        &self,
        card_id: &CardId,
        codes: &[CardCode],
    ) -> Result<CheckedCodes, Error> {
        let call = Call::ask("/card/code/checkcode", &Codes { card_id, codes });
        Error::unless_within(call.endpoint, "codes", codes.len(), 1..=AT_ONCE)?;
        self.call(call).await
    }
}
