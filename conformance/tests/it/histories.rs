//! Generated histories of a mock and a backend together.
//!
//! `HISTORY_CASES` (20) and `HISTORY_SEED` say how many and which; one that fails is shrunk to the
//! shortest that still does, and printed with its script.

use conformance::Histories;

#[test]
#[expect(
    clippy::print_stdout,
    reason = "a run says what repeats it, and what happened in it"
)]
fn whatever_happens_mock_and_backend_agree() {
    let histories = Histories::of_environment(20).unwrap();
    println!("{histories}");
    let told = histories
        .run()
        .unwrap_or_else(|failure| panic!("{failure}"));
    println!("{told}");
    // A history in which nothing goes well would break nothing.
    for call in [
        "POST /admin/v1/coupons 201",
        "POST /v1/claims 200",
        "POST /admin/v1/codes/…/redeem 200",
    ] {
        assert!(told.answers.get(call) > Some(&0), "{call}: {told:?}");
    }
}
