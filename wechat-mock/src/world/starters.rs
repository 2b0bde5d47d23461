//! Worlds that are in the program, to begin with.

use bytes::Bytes;
use serde_json::Value;

use super::{
    AccountNo, World,
    card::{Card, CardType, Description},
    code::{CardNo, UserNo},
    life::{CardAt, Claimed, CodeAt, Redeemed},
    media::FileKind,
};

const DAY: i64 = 86_400;

/// A world that is in the program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Starter {
    pub(crate) name: &'static str,
    /// In English and Chinese.
    pub(crate) title: [&'static str; 2],
    pub(crate) about: [&'static str; 2],
    make: fn(u64) -> World,
}

/// All worlds that are in the program.
pub(crate) const STARTERS: [Starter; 3] = [
    Starter {
        name: "starter",
        title: ["Starter world", "初始环境"],
        about: [
            "An Official Account with the card right, a mini-program beside it, a stranger, and three users; no card yet.",
            "一个有卡券权限的公众号、一个同主体的小程序、一个无关的公众号和三个用户；还没有卡券。",
        ],
        make: World::starter,
    },
    Starter {
        name: "shop",
        title: ["A shop with a coupon", "一家已有优惠券的店"],
        about: [
            "The starter world with an approved coupon: alice holds a code, bob has redeemed his, carol has none.",
            "初始环境加一张审核通过的优惠券：alice 持有一张未使用的券，bob 的券已核销，carol 还没有领取。",
        ],
        make: shop,
    },
    Starter {
        name: "all-types",
        title: ["Every card type", "全部卡券类型"],
        about: [
            "The starter world with one approved card of each type that can be created.",
            "初始环境加上每种可创建类型的卡券各一张，均已审核通过。",
        ],
        make: all_types,
    },
];

impl Starter {
    /// The world of a name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        STARTERS.iter().find(|starter| starter.name == name)
    }

    /// The world as it begins: nobody is told of what happened before.
    pub(crate) fn make(&self, seed: u64) -> World {
        let mut world = (self.make)(seed);
        world.take_happened();
        world
    }
}

/// The Official Account with the card right.
const SHOP: AccountNo = 0;

/// The URL of a picture of `fixtures`, uploaded by the shop.
fn picture(world: &mut World, name: &str) -> String {
    let bytes = fixtures::image(name);
    let kind = FileKind::of(bytes).expect("the pictures of fixtures are pictures");
    let account = world.account_mut(SHOP);
    let bytes = Bytes::from_static(bytes);
    account.images.add(kind, bytes, &mut account.ids)
}

/// Adds a card to the shop, which approves at once.
fn add_card(world: &mut World, card_type: &str, node: &Value) -> CardAt {
    let now = world.now();
    let account = world.account_mut(SHOP);
    let card_id = account.draw_card_id();
    let number = CardNo::try_from(account.cards.len()).expect("a few cards");
    let card_type = CardType::read(card_type).expect("the types of fixtures are types");
    let description = Description::read(node).expect("the cards of fixtures have dates");
    world.add_card(SHOP, Card::new(card_id, card_type, description, now));
    (SHOP, number)
}

fn claim(world: &mut World, user: UserNo, card: CardAt) -> CodeAt {
    (SHOP, world.hand_out(user, card, Claimed::default()))
}

fn shop(seed: u64) -> World {
    let mut world = World::starter(seed);
    let (logo, cover) = (
        picture(&mut world, "logo.jpg"),
        picture(&mut world, "cover.png"),
    );
    let now = world.now();
    let mut body = fixtures::seed_card_with(&logo, &cover, now - DAY, now + 30 * DAY);
    let mut node = body["card"]["general_coupon"].take();
    node["base_info"]["can_give_friend"] = Value::Bool(true);
    let card = add_card(&mut world, "GENERAL_COUPON", &node);
    let [alice, bob] = ["alice", "bob"].map(|name| {
        let user = world.user_no(name);
        user.expect("a user of the starter world")
    });
    claim(&mut world, alice, card);
    let redeemed = claim(&mut world, bob, card);
    let how = Redeemed::ByApi { outer_str: "" };
    let is_redeemed = world.consume(redeemed, how).is_ok();
    assert!(is_redeemed, "a fresh code can be redeemed");
    world
}

fn all_types(seed: u64) -> World {
    let mut world = World::starter(seed);
    let logo = picture(&mut world, "logo.jpg");
    let now = world.now();
    for card_type in fixtures::card_types().as_array().into_iter().flatten() {
        let card_type = card_type.as_str().unwrap_or_default();
        let mut node = fixtures::capture_card(card_type);
        fill(&mut node, &logo, now);
        add_card(&mut world, card_type, &node);
    }
    world
}

/// The seconds of a place such as `{{NOW+3600}}`.
fn seconds_ahead(place: &str) -> Option<i64> {
    let ahead = place.strip_prefix("{{NOW")?.strip_suffix("}}")?;
    if ahead.is_empty() {
        return Some(0);
    }
    ahead.strip_prefix('+')?.parse().ok()
}

/// Fills in the places of a card of `fixtures`.
fn fill(value: &mut Value, logo: &str, now: i64) {
    match value {
        Value::String(text) if text == "{{LOGO}}" => logo.clone_into(text),
        Value::String(text) => {
            if let Some(ahead) = seconds_ahead(text) {
                *value = (now + ahead).into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, logo, now)),
        Value::Object(members) => members.values_mut().for_each(|item| fill(item, logo, now)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_starter_world_survives_export_and_import() {
        for starter in &STARTERS {
            let exported = starter.make(7).export();
            let again = World::import(exported.clone(), 9).unwrap();
            assert_eq!(again.export(), exported, "{}", starter.name);
            assert!(!exported.to_string().contains("{{"), "{}", starter.name);
        }
    }

    #[test]
    fn a_starter_world_tells_nobody_of_its_beginning() {
        for starter in &STARTERS {
            assert!(starter.make(7).take_happened().is_empty());
        }
    }
}
