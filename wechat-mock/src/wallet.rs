//! The customer's WeChat: `wx.addCard`, as the phone carries it out.
//!
//! A claim is refused in this order: signature, unknown or foreign card, state of the card,
//! attributes, repeated nonce, dates, stock, limit per user, openid. The order is our choice; WeChat
//! shows one text on the phone whatever the reason.

use serde_json::{Map, Value, json};

use crate::{
    api::call::{kind, shortened},
    explain, facts,
    refusal::Advice,
    sign::{
        Signed,
        diagnose::{Evidence, OtherSecret},
    },
    world::{
        AccountNo, World,
        card::{CardStatus, whole},
        clock::LATEST,
        code::{CardNo, Code, UserNo},
        ticket::TicketKind,
    },
};

/// One entry of `cardList`.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) card_id: String,
    /// Any JSON value: the phone, not the control API, refuses what is no string.
    pub(crate) card_ext: Value,
}

/// Who claims, and where the page runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claimant {
    pub(crate) user: UserNo,
    /// The mini-program or Official Account whose page called `wx.addCard`.
    pub(crate) page: AccountNo,
}

/// Why the phone did not take a card.
#[derive(Clone, Debug)]
struct Rejection {
    rule: &'static str,
    expected: String,
    received: String,
    /// The sums and the likely mistake, for a wrong signature.
    signature: Option<Box<Sums>>,
}

/// The values of a signature that was refused, kept until the world is unlocked.
#[derive(Clone, Debug)]
struct Sums {
    api_ticket: String,
    card_id: String,
    ext: Ext,
    others: Vec<OtherSecret>,
}

impl Rejection {
    fn new(rule: &'static str, expected: impl Into<String>, received: impl Into<String>) -> Self {
        Self {
            rule,
            expected: expected.into(),
            received: received.into(),
            signature: None,
        }
    }

    fn phone_text(&self) -> &'static str {
        facts::rule(self.rule)["phone_text"]
            .as_str()
            .unwrap_or_default()
    }

    fn add_to(&self, record: &mut Value) {
        explain::add_rule(record, self.rule, self.rule, &self.expected, &self.received);
        let Some(sums) = &self.signature else {
            return;
        };
        let described = Evidence {
            signed: sums.ext.signed(&sums.api_ticket, &sums.card_id),
            received: &sums.ext.signature,
            unsigned: sums.ext.unsigned.iter().map(String::as_str).collect(),
            others: sums.others.clone(),
        }
        .describe();
        record["mistake"] = described["mistake"].clone();
        if described["mistake"]["id"] != "other" {
            record["fix"] = described["mistake"]["fix"].clone();
        }
        record["signature"] = described;
    }
}

/// What came of one entry.
#[derive(Clone, Debug)]
struct Taken {
    encrypted_code: String,
    advice: Vec<Advice>,
}

/// The outcome of a whole call of `wx.addCard`.
#[derive(Debug)]
pub(crate) struct Claim {
    at: i64,
    user: String,
    appid: String,
    items: Vec<(Item, Result<Taken, Rejection>)>,
}

impl Claim {
    /// Carries out `wx.addCard` on the locked world.
    pub(crate) fn carry_out(world: &mut World, claimant: Claimant, items: Vec<Item>) -> Self {
        let items = items
            .into_iter()
            .map(|item| {
                let taken = take(world, claimant, &item);
                (item, taken)
            })
            .collect();
        Self {
            at: world.now(),
            user: world.user(claimant.user).name.clone(),
            appid: world.account(claimant.page).profile.appid.clone(),
            items,
        }
    }

    fn first_rejection(&self) -> Option<&Rejection> {
        self.items
            .iter()
            .find_map(|(_, taken)| taken.as_ref().err())
    }

    /// What `wx.addCard` hands the page: its success object, or its fail object when nothing was taken.
    pub(crate) fn answer(&self) -> Value {
        let is_taken = self.items.iter().any(|(_, taken)| taken.is_ok());
        if !is_taken {
            let text = self.first_rejection().map_or("", Rejection::phone_text);
            return json!({"errMsg": format!("addCard:fail ({text})")});
        }
        let cards: Vec<Value> = self
            .items
            .iter()
            .map(|(item, taken)| {
                let code = taken.as_ref().map_or("", |taken| &taken.encrypted_code);
                json!({
                    "code": code,
                    "cardId": item.card_id,
                    "cardExt": item.card_ext,
                    "isSuccess": taken.is_ok(),
                })
            })
            .collect();
        json!({"errMsg": "addCard:ok", "cardList": cards})
    }

    /// The record behind `explain`: the first rejection up front, then every card by itself.
    pub(crate) fn record(&self, id: &str) -> Value {
        let mut record = json!({
            "id": id,
            "at": self.at,
            "call": "wx.addCard",
            "user": self.user,
            "appid": self.appid,
            "outcome": if self.first_rejection().is_some() { "refused" } else { "done" },
            "errMsg": self.answer()["errMsg"],
        });
        if let Some(rejection) = self.first_rejection() {
            rejection.add_to(&mut record);
        }
        record["cards"] = self.items.iter().map(card_record).collect();
        record
    }
}

fn card_record((item, taken): &(Item, Result<Taken, Rejection>)) -> Value {
    let mut record = json!({"cardId": item.card_id, "isSuccess": taken.is_ok()});
    match taken {
        Ok(taken) => record["advice"] = taken.advice.iter().map(explain::advice).collect(),
        Err(rejection) => {
            record["rule"] = json!(rejection.rule);
            record["phone_text"] = json!(rejection.phone_text());
        }
    }
    record
}

/// The values of cardExt, as text.
#[derive(Clone, Debug, Default)]
struct Ext {
    timestamp: String,
    nonce_str: String,
    code: String,
    openid: String,
    signature: String,
    outer_str: String,
    fixed_begin: Option<i64>,
    /// `outer_str` and `fixed_begintimestamp`: in cardExt, but not in the sum.
    unsigned: Vec<String>,
    timestamp_is_number: bool,
}

impl Ext {
    fn read(value: &Value) -> Result<Self, Rejection> {
        let Value::String(text) = value else {
            return Err(Rejection::new("WX-SIG-004", "a JSON string", kind(value)));
        };
        let expected = "an object with timestamp and signature";
        let Ok(Value::Object(members)) = serde_json::from_str::<Value>(text) else {
            let received = format!("{}, which is no JSON object", shortened(text));
            return Err(Rejection::new("WX-SIG-005", expected, received));
        };
        let ext = Self {
            timestamp: as_text(&members, "timestamp"),
            nonce_str: as_text(&members, "nonce_str"),
            code: as_text(&members, "code"),
            openid: as_text(&members, "openid"),
            signature: as_text(&members, "signature"),
            outer_str: as_text(&members, "outer_str"),
            fixed_begin: members.get("fixed_begintimestamp").and_then(whole),
            unsigned: ["outer_str", "fixed_begintimestamp"]
                .iter()
                .map(|key| as_text(&members, key))
                .filter(|text| !text.is_empty())
                .collect(),
            timestamp_is_number: members.get("timestamp").is_some_and(Value::is_number),
        };
        for (name, text) in [("timestamp", &ext.timestamp), ("signature", &ext.signature)] {
            if text.is_empty() {
                return Err(Rejection::new("WX-SIG-005", expected, format!("no {name}")));
            }
        }
        Ok(ext)
    }

    fn signed<'a>(&'a self, api_ticket: &'a str, card_id: &'a str) -> Signed<'a> {
        Signed {
            api_ticket,
            timestamp: &self.timestamp,
            card_id,
            nonce_str: &self.nonce_str,
            code: &self.code,
            openid: &self.openid,
        }
    }

    fn advice(&self) -> Vec<Advice> {
        let mut advice = Vec::new();
        if self.timestamp_is_number {
            advice.push(Advice::new("WX-ADV-003", "cardExt.timestamp"));
        }
        if self.nonce_str.is_empty() {
            advice.push(Advice::new("WX-ADV-004", "cardExt.nonce_str"));
        }
        advice
    }
}

/// A value as the text that would be signed; what is neither text nor number counts as absent.
fn as_text(members: &Map<String, Value>, key: &str) -> String {
    match members.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// Puts one card into the wallet, or says why not; nothing changes unless it is taken.
fn take(world: &mut World, claimant: Claimant, item: &Item) -> Result<Taken, Rejection> {
    let ext = Ext::read(&item.card_ext)?;
    let known = world.card_no(&item.card_id);
    check_signature(world, claimant, item, &ext, known)?;
    let at = known.ok_or_else(|| {
        let received = shortened(&item.card_id).into_owned();
        Rejection::new("WX-CLM-001", "a card of this world", received)
    })?;
    check_family(world, claimant, at.0)?;
    check_state(world, at)?;
    check_attributes(world, at, &ext)?;
    check_pair(world, at, &ext)?;
    check_dates(world, at)?;
    check_stock(world, at, &ext)?;
    check_limit(world, claimant, at)?;
    check_openid(world, claimant, at.0, &ext)?;
    Ok(hand_out(world, claimant, at, &ext))
}

/// Rebuilds the sum from the ticket of the card's own account.
fn check_signature(
    world: &World,
    claimant: Claimant,
    item: &Item,
    ext: &Ext,
    known: Option<(AccountNo, CardNo)>,
) -> Result<(), Rejection> {
    let owner = known.map_or_else(
        || official_account_beside(world, claimant.page),
        |at| Some(at.0),
    );
    // A page of which no Official Account is known has nobody's ticket to be held against.
    let Some(owner) = owner else {
        return Ok(());
    };
    let now = world.now();
    let account = world.account(owner);
    let Some(latest) = account.tickets.of(TicketKind::Card).last() else {
        let expected = format!("a wx_card ticket of {}", account.profile.name);
        let received = "none was ever fetched";
        return Err(Rejection {
            signature: Some(Box::new(sums(world, owner, "", item, ext))),
            ..Rejection::new("WX-SIG-003", expected, received)
        });
    };
    let is_right = ext.signed(&latest.value, &item.card_id).signature() == ext.signature;
    let (rule, received) = match (is_right, latest.is_alive(now)) {
        (true, true) => return Ok(()),
        (true, false) => (
            "WX-SIG-002",
            format!("a ticket issued {} s ago", now - latest.issued_at),
        ),
        (false, _) => ("WX-SIG-001", shortened(&ext.signature).into_owned()),
    };
    let expected = if is_right {
        "a living ticket".to_owned()
    } else {
        ext.signed(&latest.value, &item.card_id).signature()
    };
    Err(Rejection {
        signature: (!is_right).then(|| Box::new(sums(world, owner, &latest.value, item, ext))),
        ..Rejection::new(rule, expected, received)
    })
}

/// The Official Account under the same Open Platform account as a page.
fn official_account_beside(world: &World, page: AccountNo) -> Option<AccountNo> {
    let platform = &world.account(page).profile.open_platform;
    world
        .accounts()
        .iter()
        .position(|account| account.is_official() && account.profile.open_platform == *platform)
}

/// What is needed to tell the mistake later, when the world is unlocked.
fn sums(world: &World, owner: AccountNo, ticket: &str, item: &Item, ext: &Ext) -> Sums {
    let mut others = Vec::new();
    let mut add = |mistake: &'static str, value: &str| {
        if value != ticket {
            others.push(OtherSecret {
                mistake,
                value: value.to_owned(),
            });
        }
    };
    for (number, account) in world.accounts().iter().enumerate() {
        let is_own = number == owner;
        for ticket in account.tickets.of(TicketKind::Page) {
            add("jsapi_ticket", &ticket.value);
        }
        for ticket in account.tickets.of(TicketKind::Card) {
            let mistake = if is_own {
                "expired_ticket"
            } else {
                "foreign_ticket"
            };
            add(mistake, &ticket.value);
        }
        add("app_secret", &account.profile.secret);
        for token in &account.tokens.issued {
            add("access_token", &token.value);
        }
    }
    Sums {
        api_ticket: ticket.to_owned(),
        card_id: item.card_id.clone(),
        ext: ext.clone(),
        others,
    }
}

fn check_family(world: &World, claimant: Claimant, owner: AccountNo) -> Result<(), Rejection> {
    let (page, owner) = (world.account(claimant.page), world.account(owner));
    if page.profile.open_platform == owner.profile.open_platform {
        return Ok(());
    }
    Err(Rejection::new(
        "WX-CLM-002",
        format!("a card of an account under {}", page.profile.open_platform),
        format!(
            "a card of {}, under {}",
            owner.profile.name, owner.profile.open_platform
        ),
    ))
}

fn check_state(world: &World, at: (AccountNo, CardNo)) -> Result<(), Rejection> {
    let (rule, received) = match world.card(at).status {
        CardStatus::VerifyOk => return Ok(()),
        CardStatus::NotVerify => ("WX-CLM-003", "CARD_STATUS_NOT_VERIFY"),
        CardStatus::VerifyFail => ("WX-CLM-004", "CARD_STATUS_VERIFY_FAIL"),
    };
    Err(Rejection::new(rule, "CARD_STATUS_VERIFY_OK", received))
}

fn check_attributes(world: &World, at: (AccountNo, CardNo), ext: &Ext) -> Result<(), Rejection> {
    let terms = world.card(at).terms;
    let wants_code = terms.use_custom_code && !terms.deposit;
    match (wants_code, ext.code.is_empty()) {
        (false, false) => {
            return Err(Rejection::new("WX-CLM-005", "no code", "code"));
        }
        (true, true) => return Err(Rejection::new("WX-CLM-006", "code", "no code")),
        (true, false) if !is_custom_code(&ext.code) => {
            let received = shortened(&ext.code).into_owned();
            return Err(Rejection::new(
                "WX-CLM-007",
                "at most 20 plain characters",
                received,
            ));
        }
        _ => {}
    }
    match (terms.bind_openid, ext.openid.is_empty()) {
        (false, false) => return Err(Rejection::new("WX-CLM-008", "no openid", "openid")),
        (true, true) => return Err(Rejection::new("WX-CLM-009", "openid", "no openid")),
        _ => {}
    }
    let is_seconds = ext.timestamp.len() <= 10
        && ext
            .timestamp
            .parse::<i64>()
            .is_ok_and(|time| (0..=LATEST).contains(&time));
    if !is_seconds {
        let received = shortened(&ext.timestamp).into_owned();
        return Err(Rejection::new("WX-CLM-016", "ten digits", received));
    }
    if ext.nonce_str.chars().count() > 32 {
        let received = format!("{} characters", ext.nonce_str.chars().count());
        return Err(Rejection::new(
            "WX-CLM-017",
            "at most 32 characters",
            received,
        ));
    }
    Ok(())
}

fn is_custom_code(code: &str) -> bool {
    code.len() <= 20
        && code
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn check_pair(world: &World, at: (AccountNo, CardNo), ext: &Ext) -> Result<(), Rejection> {
    if world.card(at).has_used(&ext.timestamp, &ext.nonce_str) {
        return Err(Rejection::new(
            "WX-CLM-010",
            "a pair of timestamp and nonce_str that was not claimed with",
            format!("{} and {}", ext.timestamp, shortened(&ext.nonce_str)),
        ));
    }
    Ok(())
}

fn check_dates(world: &World, at: (AccountNo, CardNo)) -> Result<(), Rejection> {
    let now = world.now();
    match world.card(at).terms.dates.last_claim() {
        Some(last) if now > last => Err(Rejection::new(
            "WX-CLM-011",
            format!("a claim until {last}"),
            format!("a claim at {now}"),
        )),
        _ => Ok(()),
    }
}

fn check_stock(world: &World, at: (AccountNo, CardNo), ext: &Ext) -> Result<(), Rejection> {
    let card = world.card(at);
    if card.quantity == 0 {
        let received = format!("0 of {}", card.total_quantity);
        return Err(Rejection::new("WX-CLM-012", "stock above 0", received));
    }
    let codes = &world.account(at.0).codes;
    if card.terms.use_custom_code && codes.is_taken(&ext.code, Some(at.1)) {
        return Err(Rejection::new(
            "WX-CLM-015",
            "a new code",
            "a code that was given out",
        ));
    }
    Ok(())
}

fn check_limit(
    world: &World,
    claimant: Claimant,
    at: (AccountNo, CardNo),
) -> Result<(), Rejection> {
    let limit = world.card(at).terms.get_limit;
    let claims = world.account(at.0).codes.claims_of(at.1, claimant.user);
    if claims < limit {
        return Ok(());
    }
    Err(Rejection::new(
        "WX-CLM-013",
        format!("at most {limit} of this card"),
        format!("{} has claimed {claims}", world.user(claimant.user).name),
    ))
}

fn check_openid(
    world: &World,
    claimant: Claimant,
    owner: AccountNo,
    ext: &Ext,
) -> Result<(), Rejection> {
    let own = world.openid(claimant.user, owner);
    if ext.openid.is_empty() || ext.openid == own {
        return Ok(());
    }
    let is_page_openid = world.openid(claimant.user, claimant.page) == ext.openid;
    let received = if is_page_openid {
        "the openid at the mini-program"
    } else {
        "the openid of somebody else"
    };
    Err(Rejection::new("WX-CLM-014", own, received))
}

/// Takes from the stock, makes the code, and writes both down.
fn hand_out(world: &mut World, claimant: Claimant, at: (AccountNo, CardNo), ext: &Ext) -> Taken {
    let now = world.now();
    let account = world.account_mut(at.0);
    let card = &mut account.cards[at.1 as usize];
    card.take(&ext.timestamp, &ext.nonce_str);
    let (begin_time, end_time) = card.terms.dates.of_claim(now, ext.fixed_begin);
    let is_custom = card.terms.use_custom_code;
    let code = if is_custom {
        ext.code.clone()
    } else {
        loop {
            let code = account.ids.draw().digits(12);
            if !account.codes.is_taken(&code, None) {
                break code;
            }
        }
    };
    let encrypted_code = account.seal_key().seal(&code);
    account.codes.add(
        Code {
            code: code.into(),
            card: at.1,
            user: claimant.user,
            status: crate::world::code::CodeStatus::Normal,
            begin_time,
            end_time,
            outer_str: Some(ext.outer_str.as_str())
                .filter(|text| !text.is_empty())
                .map(Into::into),
        },
        is_custom,
    );
    Taken {
        encrypted_code,
        advice: ext.advice(),
    }
}

/// What a user holds at all accounts, in the order of the claims at each.
pub(crate) fn wallet(world: &World, user: UserNo) -> Vec<Value> {
    let now = world.now();
    let of_account = |number: AccountNo| {
        let account = world.account(number);
        account.codes.held_by(user).map(move |code| {
            let card = world.card((number, code.card));
            json!({
                "code": code.code,
                "encrypt_code": account.seal_key().seal(&code.code),
                "card_id": card.card_id,
                "title": card.node["base_info"]["title"],
                "appid": account.profile.appid,
                "status": code.user_card_status(now).as_str(),
                "begin_time": code.begin_time,
                "end_time": code.end_time,
                "outer_str": code.outer_str,
            })
        })
    };
    (0..world.accounts().len()).flat_map(of_account).collect()
}
