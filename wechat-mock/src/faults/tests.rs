use super::*;

fn hits(fault: Fault, calls: usize) -> Vec<bool> {
    let faults = SharedFaults::new(7);
    faults.lock().add(fault);
    (0..calls)
        .map(|_| faults.lock().inject("/a", Some("wx1")).is_some())
        .collect()
}

#[test]
fn a_fault_befalls_so_many_calls_or_every_kth() {
    let fault = || Fault::new(FaultKind::Reset);
    assert_eq!(hits(fault().times(2), 4), [true, true, false, false]);
    assert_eq!(
        hits(fault().every(3), 6),
        [false, false, true, false, false, true]
    );
    assert_eq!(
        hits(fault().every(2).times(1), 5),
        [false, true, false, false, false]
    );
    assert_eq!(hits(fault().on("/b"), 2), [false, false]);
    assert_eq!(hits(fault().of("wx2"), 2), [false, false]);
    assert_eq!(hits(fault().on("/a").of("wx1"), 2), [true, true]);
}

#[test]
fn chance_comes_from_the_seed() {
    let draw = || hits(Fault::new(FaultKind::Reset).probability(0.5), 200);
    let first = draw();
    assert_eq!(first, draw());
    let hits = first.iter().filter(|hit| **hit).count();
    assert!((60..140).contains(&hits), "{hits}");
    assert!(!self::hits(Fault::new(FaultKind::Reset).probability(0.0), 50).contains(&true));
}

#[test]
fn of_two_faults_the_first_comes_first() {
    let faults = SharedFaults::new(7);
    faults
        .lock()
        .add(Fault::new(FaultKind::Errcode(-1)).times(1));
    faults.lock().add(Fault::new(FaultKind::Reset));
    assert_eq!(
        faults.lock().inject("/a", None),
        Some(FaultKind::Errcode(-1))
    );
    assert_eq!(faults.lock().inject("/a", None), Some(FaultKind::Reset));
}

#[test]
fn a_fault_that_has_run_out_is_shown_and_looked_at_no_more() {
    let faults = SharedFaults::new(7);
    assert!(!faults.is_any_in_force());
    faults.lock().add(Fault::new(FaultKind::Reset).times(1));
    assert!(faults.is_any_in_force());
    assert!(faults.lock().inject("/a", None).is_some());
    assert!(!faults.is_any_in_force());
    assert_eq!(faults.lock().show()[0]["done"], 1);

    for _ in 0..=SPENT {
        faults.lock().add(Fault::new(FaultKind::Reset).times(1));
        faults.lock().inject("/a", None);
    }
    let shown = faults.lock().show();
    assert_eq!((shown.len(), &shown[0]["id"]), (SPENT, &json!(3)));
}

#[test]
fn the_nearest_path_is_named() {
    for (path, nearest) in [
        ("card/code/decrypt", "/card/code/decrypt"),
        ("/card/code/decypt", "/card/code/decrypt"),
        ("/card/creat", "/card/create"),
        ("/cgi-bin/token/", "/cgi-bin/token"),
    ] {
        let fault = Fault::new(FaultKind::Reset).on(path);
        let (field, message) = fault.check().unwrap_err();
        assert_eq!(field, "path");
        assert!(message.ends_with(&format!("is {nearest}")), "{message}");
    }
    for path in crate::paths() {
        let fault = Fault::new(FaultKind::Reset).on(path);
        assert_eq!(fault.check(), Ok(()));
    }
    let long = "x".repeat(1 << 20);
    let fault = Fault::new(FaultKind::Reset).on(&long);
    assert!(fault.check().unwrap_err().1.len() < 400);
}
