use super::*;

#[test]
fn the_starter_world_survives_export_and_import() {
    let world = World::starter(7);
    let exported = world.export();
    let again = World::import(exported.clone(), 99).unwrap();

    assert_eq!(again.export(), exported);
    let text = serde_json::to_vec(&world.written()).unwrap();
    let (head, read) = World::import_text(&text, 99).unwrap();
    assert_eq!(read.export(), exported);
    assert!(head.switches.is_some());
    assert_eq!(world.users().len(), 3);
    assert_eq!(world.users()[0].openids.len(), 3);
}

#[test]
fn a_file_names_what_is_wrong_with_it_and_where() {
    let cases = [
        (json!({"version": 0}), "version"),
        (json!({"colour": "red"}), "colour"),
        (json!({"switches": {"colour": "red"}}), "switches"),
        (json!({"accounts": [{"appid": "nonsense"}]}), "accounts[0]"),
        (json!({"accounts": [{"kind": "bank"}]}), "accounts[0].kind"),
        (json!({"users": [{"name": "a"}, {"name": "a"}]}), "users[1]"),
        (
            json!({"accounts": [{"state": {"codes": 3}}]}),
            "accounts[0].state.codes",
        ),
        (json!({"accounts": [[]]}), "accounts[0]"),
        (json!({"accounts": [{"state": []}]}), "accounts[0].state"),
        (
            json!({"accounts": [{"state": {"cards": [{"cells": 1}]}}]}),
            "cards[0]",
        ),
        (json!([2]), "."),
        (json!("a world"), "."),
    ];
    for (file, at) in cases {
        let TextError::World(of_text) =
            World::import_text(file.to_string().as_bytes(), 1).unwrap_err()
        else {
            panic!("{file} is JSON");
        };
        let fault = World::import(file, 1).unwrap_err();
        assert!(fault.at.contains(at), "{fault}");
        assert_eq!(of_text, fault);
    }
}

#[test]
fn an_openid_and_a_card_id_of_one_account_share_five_characters() {
    let mut world = World::starter(7);
    let openid = world.openid(0, 0).to_owned();
    let card_id = world.account_mut(0).draw_card_id();

    assert_eq!((openid.len(), card_id.len()), (28, 28));
    assert_eq!(openid[1..6], card_id[1..6]);
    assert_ne!(world.openid(0, 1)[1..6], openid[1..6]);
}
