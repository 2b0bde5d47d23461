//! What the suite covers: every rule, every path.

use std::collections::BTreeSet;

use conformance::cases;

#[test]
fn every_rule_has_a_case() {
    let with_case: BTreeSet<&str> = cases().map(|case| case.id).collect();
    let rules = fixtures::rules().as_array().unwrap();
    let without: Vec<&str> = rules
        .iter()
        // The fact stands; why no call can break it is said in the data.
        .filter(|rule| rule["not_reproduced"].as_str().is_none_or(str::is_empty))
        .map(|rule| rule["id"].as_str().unwrap())
        .filter(|id| !with_case.contains(id))
        .collect();
    assert!(without.is_empty(), "{without:?}");
}

#[test]
fn no_case_stands_twice_and_each_says_what_it_is() {
    let mut seen = BTreeSet::new();
    for case in cases() {
        assert!(seen.insert(case.id), "{}", case.id);
        assert!(!case.statement().is_empty(), "{}", case.id);
    }
}
