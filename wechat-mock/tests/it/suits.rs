//! Which card a call suits: every row of `fixtures/data/suits.json` refuses as it says, and a card of
//! which no row holds is not refused.
//!
//! Worlds are put in whole, so that also states can be had that no call leads to.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Answer, TestMock};

mod scene;

use scene::Scene;

fn rows() -> impl Iterator<Item = &'static Value> {
    fixtures::suits().as_array().unwrap().iter()
}

fn calls() -> BTreeSet<&'static str> {
    rows().map(|row| row["call"].as_str().unwrap()).collect()
}

/// The calls of the table that the mock answers.
fn answered() -> BTreeSet<&'static str> {
    let paths: BTreeSet<&str> = wechat_mock::paths().collect();
    calls().intersection(&paths).copied().collect()
}

/// Puts the world of a scene into a mock that has been used before.
async fn set(test: &mut TestMock, empty: &Value, scene: &Scene) {
    let world = scene.world(empty);
    let put = test.control("PUT", "world", &world).await;
    assert_eq!(put.status, 200, "{}\n{world:#}", put.text());
    test.token = test.token_of("oa").await;
}

async fn play(test: &mut TestMock, empty: &Value, scene: &Scene) -> Answer {
    set(test, empty, scene).await;
    let openid = test.openid("alice").await;
    test.post(scene.call, &scene.body(&openid)).await
}

async fn exported(test: &TestMock) -> Value {
    test.control("GET", "world", &Value::Null).await.json()
}

#[tokio::test]
async fn a_card_of_which_no_row_holds_is_not_refused() {
    let mut test = TestMock::start().await;
    let empty = exported(&test).await;
    for call in answered() {
        let answer = play(&mut test, &empty, &Scene::of(call)).await;
        assert_eq!(answer.errcode(), 0, "{call}: {}", answer.text());
    }
}

#[tokio::test]
async fn every_row_refuses_as_it_says() {
    let mut test = TestMock::start().await;
    let empty = exported(&test).await;
    let answered = answered();
    let mut reached = 0;
    for row in rows() {
        let call = row["call"].as_str().unwrap();
        if !answered.contains(call) {
            continue;
        }
        let scenes = Scene::of(call).in_which_holds(&row["when"]);
        assert!(!scenes.is_empty(), "no scene for {row}");
        for scene in scenes {
            let answer = play(&mut test, &empty, &scene).await;
            assert_eq!(
                json!(answer.errcode()),
                row["errcode"],
                "{row}\n{}",
                answer.text()
            );
            if let Some(errmsg) = row["errmsg"].as_str() {
                let start = format!("{errmsg} hint: [");
                let json = answer.json();
                assert!(
                    json["errmsg"].as_str().unwrap().starts_with(&start),
                    "{json}"
                );
            }
            let record = test.mock.journal().explain(&answer.trace()).unwrap();
            for column in ["rule", "source", "confidence"] {
                assert_eq!(record[column], row[column], "{column} of {row}\n{record:#}");
            }
        }
        reached += 1;
    }
    let others = rows().filter(|row| !answered.contains(row["call"].as_str().unwrap()));
    assert_eq!(reached + others.count(), rows().count());
    assert!(reached > 80, "{reached}");
}

/// Numbers as captures and pages have them, not read from the table.
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one list of numbers")]
async fn the_numbers_are_those_of_wechat() {
    let mut test = TestMock::start().await;
    let empty = exported(&test).await;
    for (call, when, errcode) in [
        (
            "/card/code/consume",
            json!({"card_type": ["MEMBER_CARD"]}),
            40071,
        ),
        (
            "/card/code/consume",
            json!({"code_status": ["CONSUMED"]}),
            40099,
        ),
        (
            "/card/code/consume",
            json!({"code_status": ["DELETE"]}),
            40127,
        ),
        ("/card/code/consume", json!({"began": false}), 40079),
        (
            "/card/code/get",
            json!({"code_status": ["CONSUMED"]}),
            40099,
        ),
        (
            "/card/membercard/activate/geturl",
            json!({"use_custom_code": true}),
            40158,
        ),
        (
            "/card/membercard/activate/geturl",
            json!({"card_type_not": ["MEMBER_CARD"]}),
            72003,
        ),
        (
            "/card/membercard/activateuserform/set",
            json!({"auto_activate": true}),
            45030,
        ),
        (
            "/card/membercard/activateuserform/set",
            json!({"has_activate_url": true}),
            45030,
        ),
        (
            "/card/membercard/activateuserform/set",
            json!({"wx_activate": false}),
            72026,
        ),
        (
            "/card/membercard/activate",
            json!({"member_active": true}),
            73214,
        ),
        ("/card/paycell/set", json!({"has_store": false}), 43017),
        ("/card/selfconsumecell/set", json!({"has_store": false}), 0),
        (
            "/card/update",
            json!({"pay_cell_open": true, "new_has_centre": true}),
            40145,
        ),
        (
            "/card/update",
            json!({"card_type": ["MEMBER_CARD"], "supply_bonus": true, "new_supply_bonus": false}),
            40135,
        ),
        (
            "/card/create",
            json!({"deposit": true, "use_custom_code": true, "quantity_not": [0]}),
            40136,
        ),
        (
            "/card/create",
            json!({"card_type": ["GENERAL_CARD"], "use_custom_code": true}),
            40150,
        ),
        (
            "/card/create",
            json!({"card_type": ["MEMBER_CARD"], "category_closed": true}),
            40071,
        ),
        (
            "/card/create",
            json!({"card_type": ["MEMBER_CARD"], "shown_fields": [4]}),
            40124,
        ),
        (
            "/card/qrcode/create",
            json!({"status": ["CARD_STATUS_DELETE"]}),
            40078,
        ),
        (
            "/card/qrcode/create",
            json!({"use_custom_code": true, "deposit": true, "given": ["code"]}),
            0,
        ),
        (
            "/card/qrcode/create",
            json!({"use_custom_code": false, "given": ["code"]}),
            40053,
        ),
        (
            "/card/modifystock",
            json!({"status": ["CARD_STATUS_DELETE"]}),
            40078,
        ),
        ("/card/get", json!({"status": ["CARD_STATUS_DELETE"]}), 0),
        (
            "/card/code/mark",
            json!({"marked_for_another": true}),
            40146,
        ),
    ] {
        for scene in Scene::of(call).in_which_holds(&when) {
            let answer = play(&mut test, &empty, &scene).await;
            assert_eq!(
                answer.errcode(),
                errcode,
                "{call} {when}: {}",
                answer.text()
            );
        }
    }
}

/// A refused call changes nothing.
#[tokio::test]
async fn a_refusal_leaves_the_world_as_it_was() {
    let mut test = TestMock::start().await;
    let empty = exported(&test).await;
    let answered = answered();
    for row in rows() {
        let call = row["call"].as_str().unwrap();
        if !answered.contains(call) {
            continue;
        }
        let scene = Scene::of(call).in_which_holds(&row["when"]).remove(0);
        set(&mut test, &empty, &scene).await;
        let openid = test.openid("alice").await;
        let before = exported(&test).await;
        let answer = test.post(scene.call, &scene.body(&openid)).await;
        assert_eq!(json!(answer.errcode()), row["errcode"]);
        let after = exported(&test).await;
        for part in [
            "cards",
            "codes",
            "members",
            "gift_rules",
            "pages",
            "qrs",
            "ledger",
        ] {
            let of = |world: &Value| world["accounts"][0]["state"][part].clone();
            assert_eq!(of(&before), of(&after), "{part} after {row}");
        }
    }
}

/// The table of README.md, a line a call: its refusals, by type of card and by everything else.
#[test]
fn the_readme_has_the_table() {
    let readme = include_str!("../../README.md");
    for call in calls() {
        let of_call = rows().filter(|row| row["call"] == call);
        let refusals: Vec<String> = of_call.map(in_words).collect();
        let line = format!("| `{call}` | {} |", refusals.join("; "));
        assert!(
            readme.lines().any(|known| known == line),
            "README.md lacks\n{line}"
        );
    }
}

/// One row, such as `72003: card_type not MEMBER_CARD`.
fn in_words(row: &Value) -> String {
    let conditions = row["when"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| {
            let texts = |value: &Value| match value {
                Value::Array(values) => {
                    let texts = values.iter().map(|one| one.to_string().replace('"', ""));
                    texts.collect::<Vec<_>>().join(" or ")
                }
                Value::Object(members) => {
                    let switch = members.iter().next().unwrap();
                    format!("{} {}", switch.0, switch.1.as_str().unwrap())
                }
                value => value.to_string().replace('"', ""),
            };
            match name.strip_suffix("_not") {
                Some(name) => format!("`{name} not {}`", texts(value)),
                None => format!("`{name} {}`", texts(value)),
            }
        });
    let conditions: Vec<String> = conditions.collect();
    format!("{}: {}", row["errcode"], conditions.join(", "))
}
