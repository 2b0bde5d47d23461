//! What can be done to a call on its way.

use proptest::{
    prelude::*,
    sample::{Index, select},
};
use serde_json::{Value, json};

use super::calls::{Body, Call};

/// One thing that is done to a call; places are chosen by an index into what is there.
#[derive(Clone, Debug)]
pub(super) enum Damage {
    Method(&'static str),
    Header(&'static str, &'static [u8]),
    QueryValue(Index, &'static str),
    QueryGone(Index),
    QueryTwice(Index),
    /// A value of a JSON body, the whole body included, becomes another.
    Value(Index, Value),
    Gone(Index),
    Renamed(Index, &'static str),
    Nested(Index, usize),
    Byte(Index, u8),
    Cut(Index),
    Inserted(Index, &'static str),
    Doubled(Index, Index),
    /// A run of digits becomes another text.
    Digits(Index, &'static str),
}

pub(super) fn damage() -> impl Strategy<Value = Damage> {
    let methods = vec![
        "GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "NONSENSE",
    ];
    let headers: Vec<(&str, &[u8])> = vec![
        ("content-type", b""),
        ("content-type", b"application/x-www-form-urlencoded"),
        ("content-type", b"multipart/form-data"),
        ("content-type", b"multipart/form-data; boundary="),
        ("content-type", b"multipart/form-data; boundary=\"\xff\""),
        ("content-type", b";;;=\"; boundary=x"),
        ("content-encoding", b"gzip"),
        ("accept", b"\x80"),
        ("authorization", b"Bearer"),
        ("x-forwarded-for", b"::::"),
    ];
    let texts = vec![
        "",
        "%",
        "%zz",
        "%ff%fe",
        "%00",
        "+",
        "a=b",
        "-1",
        "满",
        "'",
        "0000000000000",
    ];
    let values = vec![
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(1e308),
        json!(i64::MIN),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(4_294_967_295_u32),
        json!(""),
        json!("\0"),
        json!("-9223372036854775808"),
        json!("99999999999999999999"),
        json!("1.5"),
        json!("2099"),
        json!("满".repeat(4000)),
        json!([]),
        json!({}),
        json!([[[]]]),
        json!([{}, null, 1]),
        json!({"type": "DATE_TYPE_FIX_TERM", "fixed_term": 2_000_000_000, "fixed_begin_term": 2_000_000_000}),
        json!({"type": 1, "begin_timestamp": 0, "end_timestamp": 4_294_967_295_u32}),
    ];
    let keys = vec!["", "card_id", "code", "base_info", "type", ".", "[0]", "满"];
    let pieces = vec![
        "{",
        "\"",
        ",",
        "\\u0000",
        "\\ud800",
        "\0",
        "\u{feff}",
        "\r\n--x--\r\n",
        "\r\n\r\n",
    ];
    let digits = vec![
        "1e999",
        "-1e999",
        "1e-999",
        "01",
        "0x1",
        "NaN",
        "99999999999999999999",
    ];
    let at = any::<Index>;
    prop_oneof![
        1 => select(methods).prop_map(Damage::Method),
        1 => select(headers).prop_map(|(name, value)| Damage::Header(name, value)),
        2 => (at(), select(texts)).prop_map(|(at, text)| Damage::QueryValue(at, text)),
        1 => at().prop_map(Damage::QueryGone),
        1 => at().prop_map(Damage::QueryTwice),
        12 => (at(), select(values)).prop_map(|(at, value)| Damage::Value(at, value)),
        2 => at().prop_map(Damage::Gone),
        2 => (at(), select(keys)).prop_map(|(at, key)| Damage::Renamed(at, key)),
        1 => (at(), select(vec![5, 100, 200, 5000])).prop_map(|(at, depth)| Damage::Nested(at, depth)),
        2 => (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Byte(at, byte)),
        1 => at().prop_map(Damage::Cut),
        1 => (at(), select(pieces)).prop_map(|(at, piece)| Damage::Inserted(at, piece)),
        1 => (at(), at()).prop_map(|(from, to)| Damage::Doubled(from, to)),
        2 => (at(), select(digits)).prop_map(|(at, text)| Damage::Digits(at, text)),
    ]
}

impl Call {
    pub(super) fn damaged(mut self, damages: &[Damage]) -> Self {
        // Values first: once it is bytes, a body has none.
        let (values, rest): (Vec<&Damage>, Vec<&Damage>) =
            damages.iter().partition(|damage| damage.is_of_a_value());
        for damage in values.into_iter().chain(rest) {
            self.suffer(damage);
        }
        self
    }

    fn suffer(&mut self, damage: &Damage) {
        match damage {
            Damage::Method(method) => self.method = method,
            Damage::Header(name, value) if *name == "content-type" => {
                self.content_type = value.to_vec();
            }
            Damage::Header(..) => {}
            Damage::QueryValue(..) | Damage::QueryGone(_) | Damage::QueryTwice(_) => {
                self.suffer_in_query(damage);
            }
            _ if damage.is_of_a_value() => {
                if let Body::Json(body) = &mut self.body {
                    change_value(body, damage);
                }
            }
            _ => {
                let mut bytes = self.body.bytes();
                if !bytes.is_empty() {
                    change_bytes(&mut bytes, damage);
                }
                self.body = Body::Bytes(bytes);
            }
        }
    }

    fn suffer_in_query(&mut self, damage: &Damage) {
        let query = &mut self.query;
        if query.is_empty() {
            return;
        }
        match damage {
            Damage::QueryValue(at, text) => {
                let at = at.index(query.len());
                (*text).clone_into(&mut query[at].1);
            }
            Damage::QueryGone(at) => drop(query.remove(at.index(query.len()))),
            Damage::QueryTwice(at) => query.push(query[at.index(query.len())].clone()),
            _ => {}
        }
    }
}

impl Damage {
    fn is_of_a_value(&self) -> bool {
        matches!(
            self,
            Self::Value(..) | Self::Gone(_) | Self::Renamed(..) | Self::Nested(..)
        )
    }
}

/// The JSON pointers of a value and of all that is in it.
fn pointers(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                let key = key.replace('~', "~0").replace('/', "~1");
                pointers(member, format!("{at}/{key}"), found);
            }
        }
        Value::Array(entries) => {
            for (index, entry) in entries.iter().enumerate() {
                pointers(entry, format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
    found.push(at);
}

fn change_value(body: &mut Value, damage: &Damage) {
    let (Damage::Value(at, _) | Damage::Gone(at) | Damage::Renamed(at, _) | Damage::Nested(at, _)) =
        damage
    else {
        return;
    };
    let mut places = Vec::new();
    pointers(body, String::new(), &mut places);
    let place = at.get(&places);
    match damage {
        Damage::Value(_, value) => *body.pointer_mut(place).unwrap() = value.clone(),
        Damage::Nested(_, depth) => {
            // As text: a value this deep could not even be dropped.
            let value = body.pointer_mut(place).unwrap();
            *value = json!(format!("@{depth}@"));
        }
        _ => {
            let (parent, key) = place.rsplit_once('/').unwrap_or_default();
            let Some(Value::Object(members)) = body.pointer_mut(parent) else {
                return;
            };
            let removed = members.remove(key);
            if let (Damage::Renamed(_, name), Some(value)) = (damage, removed) {
                members.insert((*name).to_owned(), value);
            }
        }
    }
}

fn change_bytes(bytes: &mut Vec<u8>, damage: &Damage) {
    let length = bytes.len();
    match damage {
        Damage::Byte(at, byte) => bytes[at.index(length)] = *byte,
        Damage::Cut(at) => bytes.truncate(at.index(length)),
        Damage::Inserted(at, piece) => {
            let at = at.index(length);
            bytes.splice(at..at, piece.bytes());
        }
        Damage::Doubled(one, two) => {
            let (one, two) = (one.index(length), two.index(length));
            let piece = bytes[one.min(two)..one.max(two)].to_vec();
            bytes.splice(one..one, piece);
        }
        Damage::Digits(at, text) => {
            let starts: Vec<usize> = (0..length)
                .filter(|at| {
                    bytes[*at].is_ascii_digit() && (*at == 0 || !bytes[at - 1].is_ascii_digit())
                })
                .collect();
            if !starts.is_empty() {
                let start = *at.get(&starts);
                let run = bytes[start..]
                    .iter()
                    .take_while(|byte| byte.is_ascii_digit())
                    .count();
                bytes.splice(start..start + run, text.bytes());
            }
        }
        _ => {}
    }
}

/// Text in place of `@depth@`: lists in lists, which end or do not.
pub(super) fn nest(bytes: Vec<u8>) -> Vec<u8> {
    let Ok(mut text) = String::from_utf8(bytes.clone()) else {
        return bytes;
    };
    for depth in [5, 100, 200, 5000] {
        let nested = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        text = text.replace(&format!("\"@{depth}@\""), &nested);
    }
    text.into_bytes()
}
