//! Which card a call suits: the rows of `fixtures`, of which the first that holds is the answer.

use std::{collections::HashMap, fmt, sync::LazyLock};

use serde::{Deserialize, de::value::StrDeserializer};
use serde_json::Value;

mod subject;

pub(super) use subject::Subject;

use super::Context;
use crate::{
    refusal::{Evidence, Refusal},
    world::life::{CardAt, CodeAt},
};

/// What a row asks of the card, the code, the call or the account; the data explain each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Attribute {
    CardType,
    Status,
    UseCustomCode,
    Deposit,
    BindOpenid,
    Quantity,
    InStock,
    HasStore,
    HasCentre,
    PayCellOpen,
    SelfConsumeCellOpen,
    AutoActivate,
    WxActivate,
    HasActivateUrl,
    SupplyBonus,
    ShownFields,
    CodeStatus,
    Began,
    UseLimitReached,
    MarkedForAnother,
    MemberActive,
    IsOpen,
    CheckConsume,
    IsUniqueCode,
    CustomCodeIsLegal,
    RuleType,
    Msgtype,
    CategoryClosed,
}

/// What an attribute is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found<'a> {
    Flag(bool),
    Number(i64),
    Text(&'a str),
}

/// One member of a row's `when`.
#[derive(Debug)]
enum Condition {
    /// The value is one of these, or none of these.
    Value {
        name: &'static str,
        attribute: Attribute,
        /// It is asked of the card as it would be after the call.
        is_new: bool,
        values: Vec<Found<'static>>,
        is_one: bool,
    },
    /// These fields stand beside the card, or none of them does.
    Given {
        fields: Vec<&'static str>,
        is_given: bool,
    },
    /// A switch of the mock stands so.
    Switch {
        name: &'static str,
        value: &'static str,
    },
}

#[derive(Debug)]
struct Row {
    when: Vec<Condition>,
    errcode: i64,
    rule: &'static str,
    /// The wording, where it is not that of the number.
    errmsg: Option<&'static str>,
    evidence: Evidence,
}

/// The rows of each call, in their order.
static ROWS: LazyLock<HashMap<&str, Vec<Row>>> = LazyLock::new(|| {
    let mut rows: HashMap<&str, Vec<Row>> = HashMap::new();
    for row in fixtures::suits().as_array().into_iter().flatten() {
        let call = text(&row["call"]);
        rows.entry(call).or_default().push(Row::read(row));
    }
    rows
});

/// Refuses the call on a card that it does not suit.
pub(super) fn check_card(context: &Context<'_>, at: CardAt) -> Result<(), Refusal> {
    Subject::card(context.world, at)
        .beside(context.call.given()?)
        .check(&context.call.path)
}

/// Refuses the call on a code that it does not suit, or whose card it does not suit.
pub(super) fn check_code(context: &Context<'_>, at: CodeAt) -> Result<(), Refusal> {
    Subject::code(context.world, at)
        .beside(context.call.given()?)
        .check(&context.call.path)
}

impl Subject<'_> {
    /// Refuses a call, named by its path, when a row of it holds.
    pub(super) fn check(&self, call: &str) -> Result<(), Refusal> {
        let mut rows = ROWS.get(call).into_iter().flatten();
        match rows.find(|row| row.holds(self)) {
            Some(row) if !crate::breaks::broken("suits-ignored") => Err(row.refusal(self)),
            Some(_) | None => Ok(()),
        }
    }
}

fn text(value: &'static Value) -> &'static str {
    value.as_str().expect("a text of the table")
}

fn texts(value: &'static Value) -> Vec<&'static str> {
    let list = value.as_array().expect("a list of the table");
    list.iter().map(text).collect()
}

impl Row {
    /// Reads a row of `fixtures`.
    ///
    /// # Panics
    ///
    /// When it asks something that is not known: the table is part of the program, and a test reads it all.
    fn read(row: &'static Value) -> Self {
        let when = row["when"].as_object().expect("`when` is an object");
        Self {
            when: when.iter().flat_map(Condition::read).collect(),
            errcode: row["errcode"].as_i64().expect("errcode is a number"),
            rule: text(&row["rule"]),
            errmsg: row["errmsg"].as_str(),
            evidence: Evidence {
                source: text(&row["source"]),
                confidence: text(&row["confidence"]),
            },
        }
    }

    fn holds(&self, subject: &Subject<'_>) -> bool {
        self.when.iter().all(|condition| condition.holds(subject))
    }

    /// The last condition is the one that the caller is told of first.
    fn refusal(&'static self, subject: &Subject<'_>) -> Refusal {
        let told = self.when.iter().filter(|one| !one.is_of_mock());
        let received: Vec<String> = told.clone().map(|one| one.received(subject)).collect();
        let expected = told.clone().next_back().map(|one| one.expected(subject));
        let refusal = Refusal::numbered(self.rule, self.errcode)
            .evidence(&self.evidence)
            .expected(expected.unwrap_or_default())
            .received(received.join(", "));
        match self.errmsg {
            Some(errmsg) => refusal.wording(errmsg),
            None => refusal,
        }
    }
}

impl Condition {
    /// One condition; of several switches each is one.
    fn read((name, value): (&'static String, &'static Value)) -> Vec<Self> {
        match name.as_str() {
            "given" | "not_given" => vec![Self::Given {
                fields: texts(value),
                is_given: name == "given",
            }],
            "switch" => {
                let switches = value.as_object().into_iter().flatten();
                let read = switches.map(|(name, value)| Self::Switch {
                    name,
                    value: text(value),
                });
                read.collect()
            }
            name => vec![Self::read_value(name, value)],
        }
    }

    fn read_value(name: &'static str, value: &'static Value) -> Self {
        let (name, is_one) = match name.strip_suffix("_not") {
            Some(name) => (name, false),
            None => (name, true),
        };
        let (plain, is_new) = match name.strip_prefix("new_") {
            Some(plain) => (plain, true),
            None => (name, false),
        };
        let attribute: StrDeserializer<'_, serde::de::value::Error> = StrDeserializer::new(plain);
        let values = match value {
            Value::Array(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        };
        Self::Value {
            name,
            attribute: Attribute::deserialize(attribute)
                .unwrap_or_else(|_| panic!("no attribute is called {plain}")),
            is_new,
            values: values.iter().map(Found::read).collect(),
            is_one,
        }
    }

    fn is_of_mock(&self) -> bool {
        matches!(self, Self::Switch { .. })
    }

    fn holds(&self, subject: &Subject<'_>) -> bool {
        match self {
            Self::Value {
                attribute,
                is_new,
                values,
                is_one,
                ..
            } => {
                // What the card does not have is none of the values.
                let found = subject.find(*attribute, *is_new);
                found.is_some_and(|found| values.contains(&found)) == *is_one
            }
            Self::Given { fields, is_given } => {
                let mut fields = fields.iter();
                fields.all(|field| subject.is_given(field) == *is_given)
            }
            Self::Switch { name, value } => subject.world.switches.stands(name, value),
        }
    }

    /// What would have been right.
    fn expected(&self, subject: &Subject<'_>) -> String {
        let (now, code) = (subject.world.now(), subject.code);
        match self {
            Self::Value {
                attribute: Attribute::Began,
                ..
            } => {
                let begin = code.map_or(now, |at| subject.world.dates(at).0);
                format!("a call from {begin} on")
            }
            Self::Value {
                attribute: Attribute::UseLimitReached,
                ..
            } => {
                let limit = code.and_then(|at| subject.world.use_limit_reached(at));
                let limit = limit.unwrap_or_default();
                format!("at most {limit} of this card by one customer")
            }
            Self::Value {
                name,
                values,
                is_one,
                ..
            } => match values.as_slice() {
                [Found::Flag(value)] => format!("{name} {}", *is_one != *value),
                values => {
                    let values: Vec<String> = values.iter().map(ToString::to_string).collect();
                    let values = values.join(", ");
                    let other_than = if *is_one { "other than " } else { "" };
                    format!("{name} {other_than}{values}")
                }
            },
            Self::Given { fields, is_given } => named(fields, !is_given),
            Self::Switch { name, value } => format!("{name} other than {value}"),
        }
    }

    /// What came.
    fn received(&self, subject: &Subject<'_>) -> String {
        match self {
            Self::Value {
                attribute: Attribute::Began,
                ..
            } => format!("a call at {}", subject.world.now()),
            Self::Value {
                name,
                attribute,
                is_new,
                ..
            } => match subject.find(*attribute, *is_new) {
                Some(found) => format!("{name} {found}"),
                None => format!("no {name}"),
            },
            Self::Given { fields, is_given } => named(fields, *is_given),
            Self::Switch { name, value } => format!("{name} {value}"),
        }
    }
}

fn named(fields: &[&str], is_given: bool) -> String {
    let fields = fields.join(", ");
    if is_given {
        fields
    } else {
        format!("no {fields}")
    }
}

impl Found<'static> {
    fn read(value: &'static Value) -> Self {
        match value {
            Value::Bool(flag) => Self::Flag(*flag),
            Value::Number(_) => Self::Number(value.as_i64().expect("a whole number")),
            value => Self::Text(text(value)),
        }
    }
}

impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => flag.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_can_be_read_and_names_a_rule() {
        let rows: usize = ROWS.values().map(Vec::len).sum();
        assert_eq!(rows, fixtures::suits().as_array().unwrap().len());
        for row in ROWS.values().flatten() {
            assert!(!row.when.is_empty(), "{row:?}");
            assert!(crate::facts::rule(row.rule)["errcode"].is_i64(), "{row:?}");
            for condition in &row.when {
                if let Condition::Switch { name, value } = condition {
                    let mut switches = crate::switches::Switches::default();
                    switches.set(name, value).unwrap();
                    assert!(switches.stands(name, value));
                }
            }
        }
    }
}
