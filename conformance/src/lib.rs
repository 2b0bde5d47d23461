#![doc = include_str!("../README.md")]

use std::pin::Pin;

use serde_json::{Value, json};

mod cases;
#[doc(hidden)]
pub mod program;
mod target;

pub use target::{Target, Violation};

use target::{Answer, Shop};

/// What a trial waits for.
type Trying<'a, T> = Pin<Box<dyn Future<Output = Result<T, Violation>> + Send + 'a>>;

/// How a case puts its rule to the test.
enum Trial {
    /// Breaks the rule by a call; the answer must carry the rule's number.
    Call(fn(&Shop) -> Trying<'_, Answer>),
    /// Breaks the rule by a change to the seed's card.
    Create(fn(&mut Value)),
    /// As [`Self::Create`]; the rule is one of the field table's, and each field has its number.
    Field(i64, fn(&mut Value)),
    /// Breaks the rule by a claim on the phone; it must show the rule's text.
    Claim(fn(&Shop) -> Trying<'_, Value>),
    /// Looks at more than one answer.
    Holds(fn(&Shop) -> Trying<'_, ()>),
    /// Makes the call of an exchange; the answer must have the shape of the recorded one.
    Exchange(fn(&Shop) -> Trying<'_, Answer>),
}

/// One rule, put to the test.
pub struct Case {
    /// The id of a rule, such as `WX-COD-006`, or the name of an exchange, such as `code/decrypt`.
    pub id: &'static str,
    /// Whether it moves the target's clock, which others may be using.
    pub moves_clock: bool,
    /// Whether the target has to be a proxy for WeChat's hosts, which not every one is.
    pub needs_proxy: bool,
    trial: Trial,
}

impl Case {
    const fn new(id: &'static str, trial: Trial) -> Self {
        Self {
            id,
            moves_clock: false,
            needs_proxy: false,
            trial,
        }
    }

    const fn moving_the_clock(id: &'static str, trial: Trial) -> Self {
        Self {
            moves_clock: true,
            ..Self::new(id, trial)
        }
    }

    const fn through_a_proxy(id: &'static str, trial: Trial) -> Self {
        Self {
            needs_proxy: true,
            ..Self::new(id, trial)
        }
    }

    /// What the case says in one English sentence.
    pub fn statement(&self) -> String {
        if let Some(rule) = rule(self.id) {
            rule["rule"]["en"].as_str().unwrap_or_default().to_owned()
        } else {
            let exchange = fixtures::exchange(self.id);
            let request = &exchange["request"];
            let text = |key: &str| request[key].as_str().unwrap_or_default();
            format!("{} {} answers as recorded.", text("method"), text("path"))
        }
    }

    /// Puts the rule to the test in a shop of its own.
    ///
    /// # Errors
    ///
    /// A [`Violation`] when the target breaks the rule, or cannot be asked.
    pub async fn run(&self, target: &Target) -> Result<(), Violation> {
        let switch = rule(self.id).map_or(&Value::Null, |rule| &rule["switch"]);
        if switch.is_null() || !target.owns_switches() {
            return self.try_out(target).await;
        }
        let before = target.switches().await?;
        target.turn(switch).await?;
        let tried = self.try_out(target).await;
        target.turn(&before).await?;
        tried
    }

    /// Why the case says nothing about a target, by how its switches stand: what differs because of a
    /// switch is no breach.
    ///
    /// `switches` is the list of the target's control API.
    fn unmet(&self, target: &Target, switches: &[Value]) -> Option<String> {
        let stands = |name: &str| switches.iter().find(|row| row["name"] == name);
        let wanted = rule(self.id).and_then(|rule| rule["switch"].as_object());
        let turned = wanted
            .into_iter()
            .flatten()
            .filter(|_| !target.owns_switches());
        for (name, value) in turned {
            let row = stands(name)?;
            if row["value"] != *value {
                return Some(format!(
                    "its switch {name} stands at {}, not at {value}",
                    row["value"]
                ));
            }
        }
        let assumed = ASSUMES.iter().filter(|(id, _)| *id == self.id);
        for (_, name) in assumed {
            let row = stands(name)?;
            if row["value"] != row["default"] {
                return Some(format!(
                    "its switch {name} stands at {}, not at the default {}",
                    row["value"], row["default"]
                ));
            }
        }
        None
    }

    async fn try_out(&self, target: &Target) -> Result<(), Violation> {
        let shop = target.shop().await?;
        match self.trial {
            Trial::Call(call) => self.is_refused(&shop, call(&shop).await?).await,
            Trial::Create(change) => {
                let answer = shop.create(change).await?;
                self.is_refused(&shop, answer).await
            }
            Trial::Field(errcode, change) => {
                let answer = shop.create(change).await?;
                expect(&answer, "errcode", &errcode, &answer.errcode())?;
                self.is_explained(&shop, &answer, "WX-FLD-").await
            }
            Trial::Claim(claim) => self.is_rejected(&claim(&shop).await?),
            Trial::Holds(holds) => holds(&shop).await,
            Trial::Exchange(call) => has_shape_of(self.id, &call(&shop).await?),
        }
    }

    async fn is_refused(&self, shop: &Shop, answer: Answer) -> Result<(), Violation> {
        let errcode = known_rule(self.id)?["errcode"].as_i64().unwrap_or(0);
        expect(&answer, "status", &200, &answer.status)?;
        expect(&answer, "errcode", &errcode, &answer.errcode())?;
        self.is_explained(shop, &answer, self.id).await
    }

    /// Whether the target's explanation names the rule: a number alone may have other reasons.
    async fn is_explained(
        &self,
        shop: &Shop,
        answer: &Answer,
        rule: &str,
    ) -> Result<(), Violation> {
        let trace = answer
            .trace()
            .ok_or_else(|| Violation::differs("errmsg", "a rid or hint", &answer.json["errmsg"]))?;
        let record = shop
            .target
            .control(&format!("explain/{trace}"), &Value::Null)
            .await?;
        let named = record["rule"].as_str().unwrap_or_default();
        if named.starts_with(rule) {
            Ok(())
        } else {
            Err(Violation::differs("the rule in explain", rule, named))
        }
    }

    fn is_rejected(&self, outcome: &Value) -> Result<(), Violation> {
        let text = known_rule(self.id)?["phone_text"]
            .as_str()
            .unwrap_or_default();
        let expected = json!(format!("addCard:fail ({text})"));
        if outcome["errMsg"] != expected {
            return Err(Violation::differs("errMsg", expected, &outcome["errMsg"]));
        }
        let named = &outcome["explain"]["rule"];
        if named != self.id {
            return Err(Violation::differs("the rule in explain", self.id, named));
        }
        Ok(())
    }
}

/// All cases, in the order of the flow.
pub fn cases() -> impl Iterator<Item = &'static Case> {
    cases::ALL.iter().flat_map(|cases| cases.iter())
}

/// Cases that hold while a switch stands at its default alone.
const ASSUMES: &[(&str, &str)] = &[
    ("WX-TOK-004", "dead_token"),
    ("WX-CRD-025", "field_of_other_type"),
    ("WX-CRD-026", "field_of_other_type"),
    ("WX-ADV-001", "card_timestamp_number"),
    ("WX-ADV-002", "foreign_image"),
    ("WX-ADV-003", "card_ext_timestamp_number"),
    ("WX-ADV-003", "nonce"),
    ("WX-ADV-004", "card_ext_timestamp_number"),
    ("WX-ADV-004", "nonce"),
    ("WX-ADV-010", "numeric_string"),
    ("WX-ADV-020", "field_of_other_type"),
    ("WX-ADV-022", "unlinked_mini_program"),
    ("WX-ADV-023", "number_for_text"),
    ("WX-ADV-024", "percent_encrypt_code"),
    ("WX-SIG-003", "nonce"),
    ("WX-MBR-009", "null_scalar"),
    ("WX-MBR-013", "null_scalar"),
    ("WX-MBR-014", "null_scalar"),
    ("merchant/submit", "sub_merchant_errcode"),
];

/// What came of one case.
#[derive(Debug)]
pub struct Verdict {
    /// The id of the case.
    pub id: &'static str,
    /// [`None`] when the rule is kept.
    pub violation: Option<Violation>,
    /// Why the case was not run, when it was not: the target's switches do not stand as it needs them.
    pub not_run: Option<String>,
}

/// Runs cases one after the other.
pub async fn run(target: &Target, cases: impl Iterator<Item = &'static Case>) -> Vec<Verdict> {
    // Who has no switches is held to all that holds by default.
    let switches = target.switches().await.unwrap_or_default();
    let switches = switches["switches"].as_array().cloned().unwrap_or_default();
    let mut verdicts = Vec::new();
    for case in cases {
        let not_run = case.unmet(target, &switches);
        let violation = match &not_run {
            None => case.run(target).await.err(),
            Some(_) => None,
        };
        verdicts.push(Verdict {
            id: case.id,
            violation,
            not_run,
        });
    }
    verdicts
}

fn rule(id: &str) -> Option<&'static Value> {
    let mut rules = fixtures::rules().as_array()?.iter();
    rules.find(|rule| rule["id"] == id)
}

fn known_rule(id: &str) -> Result<&'static Value, Violation> {
    rule(id).ok_or_else(|| Violation::Arrange(format!("no rule {id} in fixtures")))
}

fn expect<T: PartialEq + std::fmt::Display + ?Sized>(
    answer: &Answer,
    what: &str,
    expected: &T,
    received: &T,
) -> Result<(), Violation> {
    if expected == received {
        return Ok(());
    }
    let received = format!("{received} in {}", answer.json);
    Err(Violation::differs(what, expected, received))
}

/// Holds an answer against a recorded one: the same keys, each with a value of the same kind.
fn has_shape_of(name: &str, answer: &Answer) -> Result<(), Violation> {
    let reply = &fixtures::exchange(name)["reply"];
    let recorded = reply["content_type"].as_str().unwrap_or_default();
    expect(
        answer,
        "content type",
        recorded,
        answer.content_type.as_str(),
    )?;
    let recorded = reply["text"].as_str().unwrap_or_default();
    let recorded: Value = serde_json::from_str(recorded)
        .map_err(|fault| Violation::Arrange(format!("the exchange {name} is no JSON: {fault}")))?;
    match differs_at(&recorded, &answer.json, "$") {
        Some((at, expected, received)) => Err(Violation::differs(at, expected, received)),
        None => Ok(()),
    }
}

fn differs_at(recorded: &Value, came: &Value, at: &str) -> Option<(String, String, String)> {
    match (recorded, came) {
        (Value::Object(recorded), Value::Object(came)) => {
            recorded.iter().find_map(|(key, value)| {
                let at = format!("{at}.{key}");
                match came.get(key) {
                    Some(came) => differs_at(value, came, &at),
                    None => Some((at, "a value".to_owned(), "nothing".to_owned())),
                }
            })
        }
        (Value::Array(recorded), Value::Array(came)) => {
            let (first, came) = (recorded.first()?, came.first()?);
            differs_at(first, came, &format!("{at}[0]"))
        }
        _ if std::mem::discriminant(recorded) == std::mem::discriminant(came) => None,
        _ => Some((at.to_owned(), recorded.to_string(), came.to_string())),
    }
}
