use super::*;

#[test]
fn only_so_many_login_codes_are_remembered() {
    let mut world = World::starter(1);
    let first = world.login(0, 1);
    let second = world.login(0, 1);
    for _ in 1..LOGINS {
        world.login(0, 1);
    }
    assert_eq!(world.logins.len(), LOGINS);
    assert!(world.login_code_mut(&first).is_none());
    assert!(world.login_code_mut(&second).is_some());
}
