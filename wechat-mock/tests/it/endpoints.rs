//! Every call of the card platform is answered, or is on the README's list of what is left out.

use std::collections::BTreeSet;

use serde_json::json;

use crate::support::TestMock;

#[tokio::test]
async fn every_call_is_answered_or_left_out_for_a_reason() {
    let test = TestMock::start().await;
    let answered: BTreeSet<&str> = wechat_mock::paths().collect();
    let readme = include_str!("../../README.md");
    for row in fixtures::endpoints().as_array().unwrap() {
        let path = row["path"].as_str().unwrap();
        let Some(why) = row["left_out"].as_str() else {
            assert!(
                answered.contains(path),
                "{path} is neither answered nor left out"
            );
            continue;
        };
        assert!(!answered.contains(path), "{path} is answered, not left out");
        let mut lines = readme.lines();
        let is_listed = lines.any(|line| {
            line.contains(&format!("`{path}`")) && line.ends_with(&format!("| {why} |"))
        });
        assert!(is_listed, "README.md does not say of {path}: {why}");
        assert_eq!(test.post(path, &json!({})).await.errcode(), 40066, "{path}");
    }
}
