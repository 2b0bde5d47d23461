//! What was seen, claimed and redeemed, day by day.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{
    CardId, Client, Error, Fen,
    transport::Call,
    wire::{flag, maybe_text, maybe_whole, whole},
};

/// Days that one call tells of.
const DAYS: usize = 62;

/// A day of the calendar, in WeChat's time zone, that of Beijing: `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    year: u16,
    month: u8,
    day: u8,
}

/// What is no day of the calendar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text} is no day of the form YYYY-MM-DD")]
pub struct DayError {
    text: String,
}

impl Day {
    /// A day of the years 1970 to 9999.
    ///
    /// # Errors
    ///
    /// [`DayError`] when the calendar has none such.
    pub fn new(year: u16, month: u8, day: u8) -> Result<Self, DayError> {
        let this = Self { year, month, day };
        if (1970..=9999).contains(&year) && (1..=this.days_in_month()).contains(&day) {
            Ok(this)
        } else {
            Err(DayError {
                text: this.to_string(),
            })
        }
    }

    fn days_in_month(self) -> u8 {
        let is_leap_year = self.year.is_multiple_of(4)
            && (!self.year.is_multiple_of(100) || self.year.is_multiple_of(400));
        match self.month {
            2 if is_leap_year => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => 0,
        }
    }

    /// Days since a day long ago: the year is taken to begin in March, so that leap days end it.
    fn number(self) -> u32 {
        let (year, month) = if self.month < 3 {
            (u32::from(self.year) - 1, u32::from(self.month) + 9)
        } else {
            (u32::from(self.year), u32::from(self.month) - 3)
        };
        let leap_days = year / 4 - year / 100 + year / 400;
        365 * year + leap_days + (153 * month + 2) / 5 + u32::from(self.day)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl FromStr for Day {
    type Err = DayError;

    fn from_str(text: &str) -> Result<Self, DayError> {
        let read = || {
            let mut parts = text.split('-');
            let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
            Self::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
        };
        read()
            // Neither signs nor missing zeros, nor a fourth part.
            .filter(|day| day.to_string() == text)
            .ok_or_else(|| DayError {
                text: text.to_owned(),
            })
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// The days to be told of: at most 62, of which yesterday is the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Days {
    /// The first.
    #[serde(rename = "begin_date")]
    pub first: Day,
    /// The last.
    #[serde(rename = "end_date")]
    pub last: Day,
}

impl Days {
    fn check(self, endpoint: &'static str) -> Result<(), Error> {
        let number = (self.last.number() + 1).saturating_sub(self.first.number());
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        Error::unless_within(endpoint, "days", number, 1..=DAYS)
    }
}

/// Whose cards are told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MadeBy {
    /// Those made at the web console.
    Console,
    /// Those made by calls.
    Api,
}

/// WeChat's `cond_source`.
impl Serialize for MadeBy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(match self {
            Self::Console => 0,
            Self::Api => 1,
        })
    }
}

/// A row of numbers; a number that WeChat leaves out is 0.
macro_rules! row {
    ($(#[$doc:meta])* $name:ident { $($fields:tt)* } $($(#[$about:meta])* $count:ident,)*) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
        pub struct $name {
            $($fields)*
            $(
                $(#[$about])*
                #[serde(default, deserialize_with = "whole")]
                pub $count: u64,
            )*
        }
    };
}

/// One day of all coupons.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct DayTotals {
    /// The day.
    pub ref_date: Day,
    /// Its numbers.
    #[serde(flatten)]
    pub counts: CouponCounts,
}

/// One day of one coupon.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CardDay {
    /// The day.
    pub ref_date: Day,
    /// The kind of card.
    pub card_id: CardId,
    /// Its type as WeChat was seen to number them: 0 general coupon, 1 groupon, 2 discount, 3 gift, 4 cash,
    /// 10 member card, 21 scenic ticket, 22 movie ticket. The official page numbers coupons otherwise:
    /// 0 discount, 1 cash, 2 gift, 3 general coupon, 4 groupon.
    #[serde(default, deserialize_with = "whole")]
    pub card_type: i64,
    /// Whether it is paid for.
    #[serde(default, deserialize_with = "flag")]
    pub is_pay: bool,
    /// WeChat's number for the kind of merchant; the page has it, and WeChat was seen to leave it out.
    #[serde(default, deserialize_with = "maybe_whole")]
    pub merchanttype: Option<i64>,
    /// How often it was redeemed by others than the customer on their own phone.
    #[serde(default, deserialize_with = "whole")]
    pub verify_noself_cnt: u64,
    /// By how many users.
    #[serde(default, deserialize_with = "whole")]
    pub verify_noself_user: u64,
    /// Whether it is shared among friends.
    #[serde(default, rename = "isfriendscard", deserialize_with = "flag")]
    pub is_friends_card: bool,
    /// Its numbers.
    #[serde(flatten)]
    pub counts: CouponCounts,
}

row! {
    /// What became of coupons.
    CouponCounts {}
    /// How often they were seen.
    view_cnt,
    /// By how many users.
    view_user,
    /// How often they were claimed.
    receive_cnt,
    /// By how many users.
    receive_user,
    /// How often they were redeemed.
    verify_cnt,
    /// By how many users.
    verify_user,
    /// How often they were given away.
    given_cnt,
    /// By how many users.
    given_user,
    /// How many ran out.
    expire_cnt,
    /// Of how many users.
    expire_user,
}
row! {
    /// One day of all member cards.
    MemberTotals {
        /// The day.
        pub ref_date: Day,
    }
    /// How often they were seen.
    view_cnt,
    /// By how many users.
    view_user,
    /// How often they were claimed.
    receive_cnt,
    /// By how many users.
    receive_user,
    /// How many users opened one.
    active_user,
    /// How often they were redeemed.
    verify_cnt,
    /// By how many users.
    verify_user,
    /// Members in all.
    total_user,
    /// Users who ever claimed one.
    total_receive_user,
}
row! {
    /// One day of one member card.
    MemberCardDay {
        /// The day.
        pub ref_date: Day,
        /// WeChat's number for the kind of merchant.
        #[serde(default, deserialize_with = "whole")]
        pub merchanttype: i64,
        /// The kind of card.
        #[serde(rename = "cardid")]
        pub card_id: CardId,
        /// The sub-merchant it was made for.
        #[serde(default, rename = "submerchantid", deserialize_with = "maybe_text")]
        pub sub_merchant_id: Option<String>,
        /// What its members would have paid.
        #[serde(default, rename = "payOriginalFee", deserialize_with = "whole")]
        pub pay_original_fee: Fen,
        /// What they paid.
        #[serde(default, deserialize_with = "whole")]
        pub fee: Fen,
    }
    /// How often it was seen.
    view_cnt,
    /// By how many users.
    view_user,
    /// How often it was claimed.
    receive_cnt,
    /// By how many users.
    receive_user,
    /// How often it was redeemed.
    verify_cnt,
    /// By how many users.
    verify_user,
    /// How often it was opened.
    active_cnt,
    /// By how many users.
    active_user,
    /// Members in all.
    total_user,
    /// Members who are new.
    new_user,
}

#[derive(Serialize)]
struct Request<'a> {
    #[serde(flatten)]
    days: Days,
    #[serde(skip_serializing_if = "Option::is_none")]
    cond_source: Option<MadeBy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    card_id: Option<&'a CardId>,
}

impl Client {
    async fn rows<T: serde::de::DeserializeOwned>(
        &self,
        endpoint: &'static str,
        request: Request<'_>,
    ) -> Result<Vec<T>, Error> {
        #[derive(Deserialize)]
        struct Answer<T> {
            list: Vec<T>,
        }

        request.days.check(endpoint)?;
        let answer: Answer<T> = self.call(Call::ask(endpoint, &request)).await?;
        Ok(answer.list)
    }

    /// All coupons of the account, a row per day.
    ///
    /// Source: official page on card statistics; models of public clients.
    ///
    /// # Errors
    ///
    /// [`Error::NotSent`] for no day, or for more than 62. [`Error::Api`] with
    /// [`crate::ErrCode::INVALID_DATE_RANGE`] when the last is not over yet.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(client: &wechat_client::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use wechat_client::stats::{Days, MadeBy};
    ///
    /// let june = Days {
    ///     first: "2026-06-01".parse()?,
    ///     last: "2026-06-30".parse()?,
    /// };
    /// for day in client.day_totals(june, MadeBy::Api).await? {
    ///     println!("{}: {} redeemed", day.ref_date, day.counts.verify_cnt);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn day_totals(&self, days: Days, made_by: MadeBy) -> Result<Vec<DayTotals>, Error> {
        let request = Request {
            days,
            cond_source: Some(made_by),
            card_id: None,
        };
        self.rows("/datacube/getcardbizuininfo", request).await
    }

    /// One coupon, or every one of the account, a row per day and coupon.
    ///
    /// Source: as [`Self::day_totals`].
    ///
    /// # Errors
    ///
    /// As [`Self::day_totals`].
    pub async fn card_days(
        &self,
        days: Days,
        made_by: MadeBy,
        card_id: Option<&CardId>,
    ) -> Result<Vec<CardDay>, Error> {
        let request = Request {
            days,
            cond_source: Some(made_by),
            card_id,
        };
        self.rows("/datacube/getcardcardinfo", request).await
    }

    /// All member cards of the account, a row per day.
    ///
    /// Source: as [`Self::day_totals`].
    ///
    /// # Errors
    ///
    /// As [`Self::day_totals`].
    pub async fn member_totals(
        &self,
        days: Days,
        made_by: MadeBy,
    ) -> Result<Vec<MemberTotals>, Error> {
        let request = Request {
            days,
            cond_source: Some(made_by),
            card_id: None,
        };
        self.rows("/datacube/getcardmembercardinfo", request).await
    }

    /// One member card, a row per day.
    ///
    /// Source: as [`Self::day_totals`].
    ///
    /// # Errors
    ///
    /// As [`Self::day_totals`].
    pub async fn member_card_days(
        &self,
        days: Days,
        card_id: &CardId,
    ) -> Result<Vec<MemberCardDay>, Error> {
        let request = Request {
            days,
            cond_source: None,
            card_id: Some(card_id),
        };
        self.rows("/datacube/getcardmembercarddetail", request)
            .await
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn only_days_of_the_calendar_are_days() {
        for text in ["2024-02-29", "2000-02-29", "1970-01-01", "2026-12-31"] {
            assert_eq!(day(text).to_string(), text);
        }
        for text in [
            "2023-02-29",
            "2100-02-29",
            "2026-00-01",
            "2026-13-01",
            "2026-04-31",
            "2026-1-01",
            "20260101",
            "2026-01-01-01",
            "+026-01-01",
            "2026-01-00",
            "",
            "2026/01/01",
            "1969-12-31",
        ] {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
    }

    #[test]
    fn days_are_counted_over_months_and_leap_days() {
        let between = |first, last| day(last).number() - day(first).number();
        assert_eq!(between("2024-02-28", "2024-03-01"), 2);
        assert_eq!(between("2023-02-28", "2023-03-01"), 1);
        assert_eq!(between("2026-12-31", "2027-01-01"), 1);
        assert_eq!(between("2000-01-01", "2001-01-01"), 366);
        assert_eq!(between("1970-01-01", "2026-11-25"), 20_782);
    }

    #[test]
    fn a_day_of_a_coupon_is_read_as_captured_and_as_documented() {
        let captured = r#"{"ref_date":"2026-12-23","card_id":"p","card_type":1,"is_pay":0,
            "verify_noself_cnt":2,"verify_noself_user":"1","isfriendscard":1}"#;
        let captured: CardDay = serde_json::from_str(captured).unwrap();
        assert_eq!((captured.card_type, captured.merchanttype), (1, None));
        let by_others = (captured.verify_noself_cnt, captured.verify_noself_user);
        assert_eq!((by_others, captured.is_friends_card), ((2, 1), true));

        let documented =
            r#"{"ref_date":"2026-12-23","card_id":"p","card_type":4,"is_pay":0,"merchanttype":3}"#;
        let documented: CardDay = serde_json::from_str(documented).unwrap();
        assert_eq!(
            (documented.card_type, documented.merchanttype),
            (4, Some(3))
        );
        let by_others = (documented.verify_noself_cnt, documented.verify_noself_user);
        assert_eq!((by_others, documented.is_friends_card), ((0, 0), false));
    }

    proptest! {
        #[test]
        fn every_day_is_followed_by_the_next(year in 1970..9999_u16, month in 1..=12_u8, date in 1..=31_u8) {
            let Ok(day) = Day::new(year, month, date) else { return Ok(()) };
            let next = Day::new(year, month, date + 1)
                .or_else(|_| Day::new(year, month + 1, 1))
                .or_else(|_| Day::new(year + 1, 1, 1))
                .unwrap();
            prop_assert_eq!(day.number() + 1, next.number());
            prop_assert!(day < next);
            prop_assert_eq!(day.to_string().parse(), Ok(day));
        }
    }
}
