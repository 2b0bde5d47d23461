//! The rows of a world file.

use std::{collections::VecDeque, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{IgnoredAny, MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::{Map, Value};

use crate::{
    switches::Switches,
    visits::Table,
    world::{
        UserDraft,
        card::CardRecord,
        clock::{self, Clock},
        code::CodeStatus,
        gift_rule::GiftRule,
        ids::Ids,
        is_false, ledger,
        login::LoginCode,
        media::{Images, MediaShelf},
        member::{Member, Members},
        message::CardMessage,
        qr::{LandingPage, Qr},
        quota::Usage,
        ticket::Tickets,
        token::Tokens,
    },
};

/// What a file says of itself, ahead of all else.
#[derive(Debug, Deserialize)]
pub(crate) struct Head {
    #[serde(default)]
    pub(super) version: Value,
    /// There when the file says how the switches stand.
    pub(crate) switches: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WorldFile {
    #[serde(default, rename = "version")]
    pub(super) _version: IgnoredAny,
    #[serde(default)]
    pub(super) seed: Option<u64>,
    #[serde(default, deserialize_with = "Ids::read_drawn")]
    pub(super) drawn: u64,
    #[serde(default)]
    pub(super) clock: Clock,
    #[serde(default)]
    pub(super) switches: Switches,
    #[serde(default)]
    pub(super) accounts: Vec<AccountFile>,
    #[serde(default)]
    pub(super) users: Vec<UserDraft>,
    #[serde(default)]
    pub(super) logins: VecDeque<LoginCode>,
    #[serde(default)]
    pub(super) messages: Vec<MessageRecord>,
}

/// A message, and whose it is.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MessageRecord {
    pub(super) user: String,
    pub(super) message: CardMessage,
}

/// An account: its profile, which is read once its place is known, and its state.
pub(super) struct AccountFile {
    pub(super) profile: Value,
    pub(super) state: AccountState,
}

impl<'de> Deserialize<'de> for AccountFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = AccountFile;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<AccountFile, A::Error> {
                let (mut profile, mut state) = (Map::new(), AccountState::default());
                while let Some(key) = map.next_key::<String>()? {
                    if key == "state" {
                        state = map.next_value::<Named<_>>()?.0;
                    } else {
                        profile.insert(key, map.next_value()?);
                    }
                }
                Ok(AccountFile {
                    profile: Value::Object(profile),
                    state,
                })
            }
        }

        deserializer.deserialize_map(Members)
    }
}

/// What is read from an object alone: a struct could be read from a list too, by position, and a world is
/// written with names.
pub(super) struct Named<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }

        deserializer.deserialize_map(Members(PhantomData)).map(Self)
    }
}

/// What an account has beyond its profile.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct AccountState {
    #[serde(deserialize_with = "Ids::read_drawn")]
    pub(super) drawn: u64,
    pub(super) usage: Usage,
    pub(super) tokens: Tokens,
    pub(super) tickets: Tickets,
    pub(super) cards: Vec<CardRecord>,
    pub(super) codes: Vec<CodeRecord>,
    pub(super) members: Members,
    pub(super) gift_rules: Vec<GiftRule>,
    pub(super) ledger: Vec<ledger::Entry>,
    pub(super) testers: Vec<String>,
    pub(super) qrs: Vec<Qr>,
    pub(super) pages: Table<LandingPage>,
    pub(super) images: Images,
    pub(super) media: MediaShelf,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CodeRecord {
    pub(super) code: String,
    pub(super) card_id: String,
    pub(super) user: String,
    pub(super) status: CodeStatus,
    pub(super) begin_time: i64,
    pub(super) end_time: i64,
    #[serde(default)]
    pub(super) outer_str: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) is_gift: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) mark: Option<Until>,
    /// There when the status is GIFTING, and never else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) gift: Option<Until>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) former: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) details: Option<Value>,
    /// What a member card has made of its holder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) member: Option<Member>,
}

/// Whom a code is held for or offered to, and until when.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Until {
    pub(super) user: String,
    #[serde(deserialize_with = "clock::time")]
    pub(super) until: i64,
}
