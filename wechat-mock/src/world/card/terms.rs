//! What claims and codes depend on, read once from a card's JSON.

use serde_json::Value;

use super::{node::Node, whole};
use crate::world::clock;

const DAY: i64 = 86_400;

/// When a code of the card can be redeemed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dates {
    /// Seconds since 1970, the same for all codes.
    Range { begin: i64, end: i64 },
    /// Days, counted from the claim; `end` is a common last moment.
    Term {
        days: i64,
        starts_after: i64,
        end: Option<i64>,
    },
    /// Member cards alone.
    Permanent,
}

impl Dates {
    /// Reads `date_info` as create takes it; [`None`] when its keys do not make dates.
    pub(crate) fn read(info: &Value) -> Option<Self> {
        let number = |key: &str| whole(&info[key]);
        let kind = &info["type"];
        if kind == "DATE_TYPE_FIX_TIME_RANGE" || whole(kind) == Some(1) {
            Some(Self::Range {
                begin: number("begin_timestamp")?,
                end: number("end_timestamp")?,
            })
        } else if kind == "DATE_TYPE_FIX_TERM" || whole(kind) == Some(2) {
            Some(Self::Term {
                days: number("fixed_term")?,
                starts_after: number("fixed_begin_term")?,
                // Beside a begin it belongs to the other type, and is ignored; libraries send zeros.
                end: number("end_timestamp")
                    .filter(|end| *end != 0 && number("begin_timestamp").unwrap_or(0) == 0),
            })
        } else {
            (kind == "DATE_TYPE_PERMANENT").then_some(Self::Permanent)
        }
    }

    /// The moment after which nobody can claim any more.
    pub(crate) fn last_claim(self) -> Option<i64> {
        match self {
            Self::Range { end, .. } => Some(end),
            Self::Term { end, .. } => end,
            Self::Permanent => None,
        }
    }

    /// First and last second of a code claimed at `now`; `begin` overrides the first for a term.
    pub(crate) fn of_claim(self, now: i64, begin: Option<i64>) -> (i64, i64) {
        match self {
            Self::Range { begin, end } => (begin, end),
            Self::Term {
                days,
                starts_after,
                end,
            } => {
                let begin = begin.unwrap_or_else(|| {
                    now.saturating_add(
                        (starts_after
                            + i64::from(crate::breaks::broken("begin-of-term-off-by-a-day")))
                        .saturating_mul(DAY),
                    )
                });
                let last = match days {
                    // Taken by a switch alone: the day of the claim.
                    0 => clock::end_of_day(begin),
                    days => begin.saturating_add(
                        (days - i64::from(crate::breaks::broken("end-of-term-off-by-a-day")))
                            .saturating_mul(DAY),
                    ),
                };
                (begin, end.map_or(last, |end| last.min(end)))
            }
            // As code/get was seen to show it.
            Self::Permanent => (0, clock::LATEST),
        }
    }
}

/// The attributes that calls look at, so that none has to read the card's JSON again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of WeChat's own"
)]
pub(crate) struct Terms {
    pub(crate) dates: Dates,
    pub(crate) use_custom_code: bool,
    /// Codes are imported; cardExt carries none.
    pub(crate) deposit: bool,
    pub(crate) bind_openid: bool,
    pub(crate) get_limit: u32,
    /// How often one customer may redeem it.
    pub(crate) use_limit: Option<u64>,
    pub(crate) can_give_friend: bool,
    /// Whether the account hears of it when a holder looks at the card.
    pub(crate) pushes_views: bool,
    /// The stock with which it was made.
    pub(crate) first_stock: u64,
    /// The first store that the card names, 0 when it names none.
    pub(crate) first_store: i64,
    /// Whether it can be used at a store of the account.
    pub(crate) has_store: bool,
    /// Whether it has a button in the middle.
    pub(crate) has_centre: bool,
    pub(crate) auto_activate: bool,
    pub(crate) wx_activate: bool,
    pub(crate) supply_bonus: bool,
    pub(crate) supply_balance: bool,
    pub(crate) has_activate_url: bool,
    /// How many of `custom_field1` to `custom_field3` a member card has.
    pub(crate) custom_fields: u8,
    pub(crate) is_of_sub_merchant: bool,
}

impl Terms {
    /// Reads them; [`None`] when the JSON holds no dates.
    pub(crate) fn read(node: &Value) -> Option<Self> {
        let dates = Dates::read(&node["base_info"]["date_info"])?;
        Some(Self::with_dates(node, dates))
    }

    /// Reads all but the dates.
    pub(crate) fn with_dates(node: &Value, dates: Dates) -> Self {
        let mut terms = Self::of_nothing(dates);
        for (key, value) in node.as_object().into_iter().flatten() {
            match key.as_str() {
                "base_info" => terms.read_base_info(value),
                "auto_activate" => terms.auto_activate = *value == true,
                "wx_activate" => terms.wx_activate = *value == true,
                "supply_bonus" => terms.supply_bonus = *value == true,
                "supply_balance" => terms.supply_balance = *value == true,
                "activate_url" => terms.has_activate_url = is_text(value),
                "custom_field1" | "custom_field2" | "custom_field3" => {
                    terms.custom_fields += u8::from(value.is_object());
                }
                _ => {}
            }
        }
        terms
    }

    /// Those of a card whose JSON says nothing else.
    fn of_nothing(dates: Dates) -> Self {
        Self {
            dates,
            use_custom_code: false,
            deposit: false,
            bind_openid: false,
            get_limit: 50,
            use_limit: None,
            can_give_friend: true,
            pushes_views: false,
            first_stock: 0,
            first_store: 0,
            has_store: false,
            has_centre: false,
            auto_activate: false,
            wx_activate: false,
            supply_bonus: false,
            supply_balance: false,
            has_activate_url: false,
            custom_fields: 0,
            is_of_sub_merchant: false,
        }
    }

    fn read_base_info(&mut self, base_info: &Value) {
        let natural = |value: &Value| whole(value).and_then(|number| u64::try_from(number).ok());
        for (key, value) in base_info.as_object().into_iter().flatten() {
            match key.as_str() {
                "use_custom_code" => self.use_custom_code = *value == true,
                "get_custom_code_mode" => self.deposit = value == "GET_CUSTOM_CODE_MODE_DEPOSIT",
                "bind_openid" => self.bind_openid = *value == true,
                "get_limit" => {
                    let limit = natural(value).and_then(|limit| limit.try_into().ok());
                    self.get_limit = limit.unwrap_or(self.get_limit);
                }
                "use_limit" => self.use_limit = natural(value),
                // True unless create said otherwise.
                "can_give_friend" => self.can_give_friend = value.as_bool().unwrap_or(true),
                "need_push_on_view" => self.pushes_views = *value == true,
                "sku" => self.first_stock = natural(&value["quantity"]).unwrap_or_default(),
                "location_id_list" => {
                    self.first_store = whole(&value[0]).unwrap_or(0);
                    self.has_store |= value.as_array().is_some_and(|list| !list.is_empty());
                }
                "use_all_locations" => self.has_store |= *value == true,
                "center_title" | "center_sub_title" | "center_url" => {
                    self.has_centre |= is_text(value);
                }
                "sub_merchant_info" => self.is_of_sub_merchant = value.is_object(),
                _ => {}
            }
        }
    }
}

/// What a card says: its JSON, and what calls look at in it.
#[derive(Clone, Debug)]
pub(crate) struct Description {
    pub(super) node: Node,
    pub(super) terms: Terms,
}

impl Description {
    /// [`None`] when the JSON holds no dates.
    pub(crate) fn read(node: &Value) -> Option<Self> {
        Some(Self::with_terms(node, Terms::read(node)?))
    }

    /// The same with terms that were read already.
    pub(crate) fn with_terms(node: &Value, terms: Terms) -> Self {
        Self {
            terms,
            node: Node::new(node),
        }
    }

    /// What calls look at in the card.
    pub(crate) const fn terms(&self) -> Terms {
        self.terms
    }
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn dates_are_read_in_all_forms_that_create_takes() {
        let range = Dates::Range { begin: 10, end: 20 };
        for info in [
            json!({"type": "DATE_TYPE_FIX_TIME_RANGE", "begin_timestamp": 10, "end_timestamp": 20}),
            json!({"type": "DATE_TYPE_FIX_TIME_RANGE", "begin_timestamp": "10", "end_timestamp": "20"}),
            json!({"type": 1, "begin_timestamp": 10, "end_timestamp": 20}),
        ] {
            assert_eq!(Dates::read(&info), Some(range), "{info}");
        }
        let info = json!({"type": "DATE_TYPE_FIX_TERM", "fixed_term": 15, "fixed_begin_term": 0});
        assert_eq!(
            Dates::read(&info),
            Some(Dates::Term {
                days: 15,
                starts_after: 0,
                end: None
            })
        );
        assert_eq!(
            Dates::read(&json!({"type": "DATE_TYPE_FIX_TIME_RANGE"})),
            None
        );
    }

    #[test]
    fn a_term_counts_from_the_claim() {
        let dates = Dates::Term {
            days: 2,
            starts_after: 1,
            end: None,
        };
        assert_eq!(dates.of_claim(1000, None), (1000 + DAY, 1000 + 3 * DAY));
        assert_eq!(dates.of_claim(1000, Some(5000)), (5000, 5000 + 2 * DAY));

        let common_end = Dates::Term {
            days: 2,
            starts_after: 0,
            end: Some(1000 + DAY),
        };
        assert_eq!(common_end.of_claim(1000, None), (1000, 1000 + DAY));
    }
}
