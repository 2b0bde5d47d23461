//! Switches: each point where WeChat is laxer than its documents, or where nobody knows.
//!
//! The default is what WeChat was seen to do; the strict side is the one that finds more mistakes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The names, in the order of [`TABLE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Switch {
    CardTimestampNumber,
    CardExtTimestampNumber,
    Nonce,
    RepeatedTimestamp,
    ForeignImage,
    UnknownKey,
    NumericString,
    NullScalar,
    NumberForText,
    WholeFraction,
    EmptySubMerchant,
    Fraction,
    UnicodeEscape,
    FieldOfOtherType,
    UnlinkedMiniProgram,
    UnknownStore,
    FriendCoupons,
    LinkWithoutMiniProgram,
    FixedTermZero,
    UnknownCodeType,
    SpecialTicketFields,
    GetLimitDefault,
    Retirement,
    TokenGrace,
    DeadToken,
    MalformedToken,
    TicketExpiresIn,
    UploadErrcode,
    SessionErrcode,
    LoginOfOfficialAccount,
    UnknownMediaContent,
    SubMerchantErrcode,
    PaycellIsOpen,
    MediaImageLimit,
    OversizedMedia,
    UnknownCode,
    PercentEncryptCode,
    AbstractBytes,
    UpdateUrlNameBytes,
    TicketTextLength,
    StatsCardType,
    DeletedCard,
    ErrmsgTail,
    ContentType,
    GetCardRetries,
    PassiveReply,
    EmptyFormUrl,
    SexSpelling,
}

struct Row {
    switch: Switch,
    name: &'static str,
    /// The first is the default.
    values: &'static [&'static str],
    strict: &'static str,
    meaning: &'static str,
}

/// One line a switch.
#[rustfmt::skip]
const TABLE: &[Row] = &[
    Row { switch: Switch::CardTimestampNumber, name: "card_timestamp_number", values: &["advice", "refuse"], strict: "refuse", meaning: "A card's `begin_timestamp` or `end_timestamp` that is a number is taken with an advice, or refused with 47001." },
    Row { switch: Switch::CardExtTimestampNumber, name: "card_ext_timestamp_number", values: &["advice", "refuse"], strict: "refuse", meaning: "A timestamp in `cardExt` that is a number is taken with an advice, or the phone refuses the claim." },
    Row { switch: Switch::Nonce, name: "nonce", values: &["optional", "required"], strict: "required", meaning: "A `cardExt` without `nonce_str` is taken with an advice, or the phone refuses the claim." },
    Row { switch: Switch::RepeatedTimestamp, name: "repeated_timestamp", values: &["accept", "refuse"], strict: "refuse", meaning: "A second claim of a card with the same timestamp and no `nonce_str` is taken, or refused as a repeated pair." },
    Row { switch: Switch::ForeignImage, name: "foreign_image", values: &["advice", "refuse"], strict: "refuse", meaning: "A picture on mmbiz.qpic.cn that this account did not upload is taken with an advice, or refused with 40141." },
    Row { switch: Switch::UnknownKey, name: "unknown_key", values: &["refuse", "ignore"], strict: "refuse", meaning: "A key that a call does not know is refused with 47001, or ignored." },
    Row { switch: Switch::NumericString, name: "numeric_string", values: &["accept", "refuse"], strict: "refuse", meaning: "Digits in a string are taken with an advice where a number is wanted, or refused with 47001; times are strings either way." },
    Row { switch: Switch::NullScalar, name: "null_scalar", values: &["tolerate", "refuse"], strict: "refuse", meaning: "A null counts as absent, whatever is wanted, or is refused with 47001." },
    Row { switch: Switch::NumberForText, name: "number_for_text", values: &["accept", "refuse"], strict: "refuse", meaning: "A number where a text is wanted counts as its text, with an advice, or is refused with 47001." },
    Row { switch: Switch::WholeFraction, name: "whole_fraction", values: &["accept", "refuse"], strict: "refuse", meaning: "A whole number that is written with a fraction, such as 100.0, is taken, or refused with 47001." },
    Row { switch: Switch::EmptySubMerchant, name: "empty_sub_merchant", values: &["accept", "refuse"], strict: "refuse", meaning: "A `sub_merchant_info` without `merchant_id` counts as none, or is refused with 41011." },
    Row { switch: Switch::Fraction, name: "fraction", values: &["47001", "40079"], strict: "47001", meaning: "What a time with a fraction, such as 1587744000.5, is refused with." },
    Row { switch: Switch::UnicodeEscape, name: "unicode_escape", values: &["accept", "literal", "refuse"], strict: "refuse", meaning: "A \\uXXXX in the body of a `/card/` call is read as its character, kept letter by letter, or refused with 47002." },
    Row { switch: Switch::FieldOfOtherType, name: "field_of_other_type", values: &["advice", "refuse"], strict: "refuse", meaning: "A field of `base_info` or `advanced_info` that the card's type does not have is taken with an advice, or refused with 47001." },
    Row { switch: Switch::UnlinkedMiniProgram, name: "unlinked_mini_program", values: &["advice", "refuse"], strict: "refuse", meaning: "A mini-program that is not in the mock's world counts as one that is not linked to the account: it is taken with an advice, or refused with 40168." },
    Row { switch: Switch::UnknownStore, name: "unknown_store", values: &["40072", "40098"], strict: "40072", meaning: "What a store that the account does not have is refused with: two numbers are listed." },
    Row { switch: Switch::FriendCoupons, name: "friend_coupons", values: &["retired", "open"], strict: "retired", meaning: "Coupons shared among friends are refused with 73205, as today, or made, with 40158 for custom codes." },
    Row { switch: Switch::LinkWithoutMiniProgram, name: "link_without_mini_program", values: &["refuse", "accept"], strict: "refuse", meaning: "A card with a web link and no mini-program beside it is refused with 73211, as since December 2019, or taken." },
    Row { switch: Switch::FixedTermZero, name: "fixed_term_zero", values: &["refuse", "accept"], strict: "refuse", meaning: "`fixed_term` 0 is refused with 40079, as documented, or means the day of the claim alone." },
    Row { switch: Switch::UnknownCodeType, name: "unknown_code_type", values: &["73213", "40072"], strict: "73213", meaning: "What an unknown `code_type` is refused with: the code table has one number, the card error page another." },
    Row { switch: Switch::SpecialTicketFields, name: "special_ticket_fields", values: &["required", "optional"], strict: "required", meaning: "Details of movie tickets, and times and air model of boarding passes, are required as in today's edition, or optional as in older ones." },
    Row { switch: Switch::GetLimitDefault, name: "get_limit_default", values: &["50", "quantity"], strict: "50", meaning: "How many one customer may claim when the card does not say: 50, or as many as the stock, as before 2016." },
    Row { switch: Switch::Retirement, name: "retirement", values: &["off", "48001", "48009"], strict: "off", meaning: "`card/create` for coupons works, or answers what an account may get whose coupon right was withdrawn; member cards work either way." },
    Row { switch: Switch::TokenGrace, name: "token_grace", values: &["on", "off"], strict: "off", meaning: "A replaced token of `/cgi-bin/token` lives on for the account's `token_grace`, or dies at once." },
    Row { switch: Switch::DeadToken, name: "dead_token", values: &["42001", "40001"], strict: "40001", meaning: "What a token past its 7200 seconds is refused with: the documents say 42001, practice is often 40001." },
    Row { switch: Switch::MalformedToken, name: "malformed_token", values: &["40001", "40014"], strict: "40001", meaning: "What a text that cannot be a token is refused with: practice says 40001, the documents 40014." },
    Row { switch: Switch::TicketExpiresIn, name: "ticket_expires_in", values: &["full", "remaining"], strict: "full", meaning: "`expires_in` of a ticket is always 7200, as captured, or what is left of its life." },
    Row { switch: Switch::UploadErrcode, name: "upload_errcode", values: &["absent", "present"], strict: "absent", meaning: "A successful upload is answered without `errcode`, as captured, or with `errcode` 0 and `errmsg` ok, as documented." },
    Row { switch: Switch::SessionErrcode, name: "session_errcode", values: &["absent", "present"], strict: "absent", meaning: "A successful `jscode2session` is answered without `errcode`, as captured, or with `errcode` 0 and `errmsg` ok, as documented." },
    Row { switch: Switch::LoginOfOfficialAccount, name: "login_of_official_account", values: &["40029", "40013"], strict: "40029", meaning: "What a login with appid and secret of an Official Account is refused with: captured as a wrong code; by its appid it would be 40013." },
    Row { switch: Switch::UnknownMediaContent, name: "unknown_media_content", values: &["40005", "40113"], strict: "40005", meaning: "What a HEIC photograph named like a picture is refused with by `media/upload`: as bytes of another type, or with the number that was captured at another upload." },
    Row { switch: Switch::SubMerchantErrcode, name: "sub_merchant_errcode", values: &["present", "absent"], strict: "absent", meaning: "Answers about sub-merchants begin with `errcode` and `errmsg`, as all of `/card/`, or have none, as the samples of their pages." },
    Row { switch: Switch::PaycellIsOpen, name: "paycell_is_open", values: &["required", "optional"], strict: "required", meaning: "`is_open` of `card/paycell/set` is required as in the newest table, or true when it is left out, as in that of 2016." },
    Row { switch: Switch::MediaImageLimit, name: "media_image_limit", values: &["10MB", "2MB"], strict: "2MB", meaning: "How large a picture `media/upload` takes: one page says both." },
    Row { switch: Switch::OversizedMedia, name: "oversized_media", values: &["by_type", "40006", "45001"], strict: "by_type", meaning: "What a file too large for its type is refused with by `media/upload`: 40009 to 40012 by type, or one number for all." },
    Row { switch: Switch::UnknownCode, name: "unknown_code", values: &["40056", "40116"], strict: "40056", meaning: "What an unknown code is refused with: 40056 was captured, 40116 is listed too." },
    Row { switch: Switch::PercentEncryptCode, name: "percent_encrypt_code", values: &["garbage", "40075"], strict: "40075", meaning: "An `encrypt_code` whose `=` is still `%3D` is answered with the right digits followed by bytes that are no UTF-8, as captured in 2021, or refused." },
    Row { switch: Switch::AbstractBytes, name: "abstract_bytes", values: &["open", "24"], strict: "24", meaning: "How long `advanced_info.abstract.abstract` may be: the page's own sample has 57 bytes, its table says string(24)." },
    Row { switch: Switch::UpdateUrlNameBytes, name: "update_url_name_bytes", values: &["15", "16"], strict: "15", meaning: "How long `custom_url_name` and `promotion_url_name` of a member card may be in `card/update`: as in `card/create`, or as the update table of 2017 says." },
    Row { switch: Switch::TicketTextLength, name: "ticket_text_length", values: &["open", "judged"], strict: "judged", meaning: "Whether the texts of a boarding pass and a film ticket are held to the lengths of the table, with 45021; the page's own sample is longer." },
    Row { switch: Switch::StatsCardType, name: "stats_card_type", values: &["captured", "page"], strict: "captured", meaning: "The numbers of card types in the statistics: as WeChat was seen to print them (`GENERAL_COUPON` 0, `GROUPON` 1, `MEMBER_CARD` 10 …), or as its page has them (DISCOUNT 0, CASH 1 …)." },
    Row { switch: Switch::DeletedCard, name: "deleted_card", values: &["shown", "40078"], strict: "40078", meaning: "`card/get` shows a deleted card with `CARD_STATUS_DELETE`, as the page lists the status, or refuses it." },
    Row { switch: Switch::ErrmsgTail, name: "errmsg_tail", values: &["native", "mixed", "rid"], strict: "native", meaning: "The tail of `errmsg` on `/card/`: a hint; a hint and a rid; a rid alone. Other paths end with a rid always." },
    Row { switch: Switch::ContentType, name: "content_type", values: &["encoding", "charset"], strict: "encoding", meaning: "JSON replies say encoding=utf-8, as captured until 2020, or charset=utf-8." },
    Row { switch: Switch::GetCardRetries, name: "get_card_retries", values: &["short", "long"], strict: "short", meaning: "A `user_get_card` that was not taken is tried like any push, or by the schedule of its own, on the mock's clock: 3 tries five minutes apart after a wrong answer, 10 within 24 hours while nobody answers." },
    Row { switch: Switch::PassiveReply, name: "passive_reply", values: &["delivered", "wrong_body", "anything"], strict: "wrong_body", meaning: "A receiver that answers a push with a reply to the customer, in clear or sealed, has taken it, or has given a wrong answer; or any text with status 200 will do, as the page speaks of repeats for silence alone." },
    Row { switch: Switch::EmptyFormUrl, name: "empty_form_url", values: &["accept", "refuse"], strict: "refuse", meaning: "An empty `url` in `activateuserform/set` counts as none, or is refused with 47001." },
    Row { switch: Switch::SexSpelling, name: "sex_spelling", values: &["FEMAIL", "FEMALE"], strict: "FEMAIL", meaning: "How `membercard/userinfo/get` spells the sex of a woman: as captured, or as its page does." },
];

/// How all switches stand: the place of each one's value among its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    try_from = "BTreeMap<String, String>",
    into = "BTreeMap<String, String>"
)]
pub(crate) struct Switches([u8; TABLE.len()]);

impl Default for Switches {
    /// All at their first value.
    fn default() -> Self {
        Self([0; TABLE.len()])
    }
}

impl Row {
    fn place(&self, value: &str) -> Option<u8> {
        let place = self.values.iter().position(|known| *known == value)?;
        u8::try_from(place).ok()
    }

    fn value(&self, place: u8) -> &'static str {
        self.values[usize::from(place)]
    }
}

/// A name or value that no switch has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SwitchError {
    /// No switch is called so.
    #[error("no switch is called {0}; wechat-mock switches lists them")]
    Name(String),
    /// The switch has other values.
    #[error("{name} is one of {values}, not {value}", values = .values.join(", "))]
    Value {
        /// The switch.
        name: &'static str,
        /// What was asked for.
        value: String,
        /// What it takes.
        values: &'static [&'static str],
    },
}

impl Switches {
    /// Whether a switch stands at a value.
    ///
    /// # Panics
    ///
    /// When the switch has no such value: it would never be asked for.
    pub(crate) fn is(&self, switch: Switch, value: &str) -> bool {
        let row = &TABLE[switch as usize];
        let place = row.place(value);
        assert!(place.is_some(), "{} is never {value}", row.name);
        place == Some(self.0[switch as usize])
    }

    /// Whether the switch of a name stands at a value; no other name stands at any.
    pub(crate) fn stands(&self, name: &str, value: &str) -> bool {
        let row = TABLE.iter().find(|row| row.name == name);
        row.is_some_and(|row| row.value(self.0[row.switch as usize]) == value)
    }

    /// A switch whose values are numbers.
    pub(crate) fn errcode(&self, switch: Switch) -> Option<i64> {
        let value = TABLE[switch as usize].value(self.0[switch as usize]);
        value.parse().ok()
    }

    /// Sets one switch.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<(), SwitchError> {
        let row = TABLE
            .iter()
            .find(|row| row.name == name)
            .ok_or_else(|| SwitchError::Name(name.to_owned()))?;
        self.0[row.switch as usize] = row.place(value).ok_or_else(|| SwitchError::Value {
            name: row.name,
            value: value.to_owned(),
            values: row.values,
        })?;
        Ok(())
    }

    /// Sets all switches to their strict side.
    pub(crate) fn be_strict(&mut self) {
        for (place, row) in self.0.iter_mut().zip(TABLE) {
            *place = row.place(row.strict).unwrap_or_default();
        }
    }

    /// One row a switch: how it stands, how it could stand, and what that means.
    pub(crate) fn show(&self) -> Value {
        let rows = TABLE.iter().zip(self.0).map(|(row, place)| {
            json!({
                "name": row.name,
                "value": row.value(place),
                "default": row.values[0],
                "strict": row.strict,
                "values": row.values,
                "meaning": row.meaning,
            })
        });
        rows.collect()
    }
}

impl TryFrom<BTreeMap<String, String>> for Switches {
    type Error = SwitchError;

    fn try_from(named: BTreeMap<String, String>) -> Result<Self, SwitchError> {
        let mut switches = Self::default();
        for (name, value) in named {
            switches.set(&name, &value)?;
        }
        Ok(switches)
    }
}

impl From<Switches> for BTreeMap<String, String> {
    fn from(switches: Switches) -> Self {
        let named = TABLE.iter().zip(switches.0);
        named
            .map(|(row, place)| (row.name.to_owned(), row.value(place).to_owned()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_names() {
        for (number, row) in TABLE.iter().enumerate() {
            assert_eq!(row.switch as usize, number, "{}", row.name);
            assert!(row.values.contains(&row.strict), "{}", row.name);
            assert!(row.values.len() > 1, "{}", row.name);
        }
    }

    #[test]
    fn the_readme_lists_every_switch_as_it_is() {
        let readme = include_str!("../README.md");
        for row in TABLE {
            let line = format!(
                "| `{}` | {} | `{}` | {} |",
                row.name,
                quoted(row.values),
                row.strict,
                row.meaning
            );
            assert!(readme.contains(&line), "README.md wants this line:\n{line}");
        }
    }

    fn quoted(values: &[&str]) -> String {
        let quoted: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
        quoted.join(", ")
    }

    #[test]
    fn a_wrong_name_or_value_is_named() {
        let mut switches = Switches::default();
        let unknown = switches.set("colour", "red").unwrap_err();
        assert!(unknown.to_string().contains("colour"));
        let value = switches.set("nonce", "maybe").unwrap_err();
        assert!(value.to_string().contains("optional, required"), "{value}");
        assert_eq!(switches, Switches::default());
    }

    #[test]
    fn switches_survive_a_file() {
        let mut switches = Switches::default();
        switches.be_strict();
        let file = serde_json::to_value(switches).unwrap();
        assert_eq!(serde_json::from_value::<Switches>(file).unwrap(), switches);
    }
}
