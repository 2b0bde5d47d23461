//! What reading a body of 10 MiB by the schema of its call costs, beside reading it as plain JSON.
//!
//! `cargo bench --package wechat-mock --bench bodies` prints a line a shape: the number that the call
//! answers, the median of both in milliseconds, and their ratio.
#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::{hint::black_box, time::Instant};

use serde_json::Value;
use wechat_mock::fuzzing::read_call;

const BYTES: usize = 10 * 1024 * 1024 - 1024;
const RUNS: usize = 7;

/// A body: `start`, as many of `part` as fit, `end`.
fn filled(start: &str, part: &str, end: &str) -> String {
    let times = (BYTES - start.len() - end.len()) / part.len();
    [start, &part.repeat(times), end].concat()
}

fn median(mut run: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..RUNS)
        .map(|_| {
            let begin = Instant::now();
            run();
            begin.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[RUNS / 2]
}

fn main() {
    let node = r#"{"card":{"card_type":"CASH","cash":{"base_info":{"#;
    let deep = format!("{}1{}", "[".repeat(90), "]".repeat(90));
    let shapes = [
        (
            "one long text",
            "/card/code/get",
            filled("{\"code\":\"", "x", "\"}"),
        ),
        (
            "a text of Chinese",
            "/card/code/get",
            filled("{\"code\":\"", "券", "\"}"),
        ),
        (
            "a text of escapes",
            "/card/code/get",
            filled("{\"code\":\"", "\\u5238\\n", "\"}"),
        ),
        (
            "blanks",
            "/card/code/get",
            filled("{", " \t\r\n", "\"code\":\"1\"}"),
        ),
        (
            "one key again and again",
            "/card/code/get",
            filled("{", "\"code\":\"1\",", "\"code\":\"1\"}"),
        ),
        (
            "keys that nobody knows",
            "/card/code/get",
            filled("{", "\"a\":1,", "\"code\":\"1\"}"),
        ),
        (
            "an unknown key at the end",
            "/card/code/checkcode",
            filled("{\"code\":[", "\"1\",", "\"1\"],\"a\":1}"),
        ),
        (
            "a list of texts",
            "/card/code/deposit",
            filled("{\"card_id\":\"p\",\"code\":[", "\"1\",", "\"1\"]}"),
        ),
        (
            "a list of numbers for texts",
            "/card/code/deposit",
            filled("{\"card_id\":\"p\",\"code\":[", "1,", "1]}"),
        ),
        (
            "a card with many stores",
            "/card/create",
            filled(&format!("{node}\"location_id_list\":["), "1,", "1]}}}}"),
        ),
        (
            "lists in lists",
            "/card/create",
            filled(
                &format!("{node}\"location_id_list\":["),
                &format!("{deep},"),
                "1]}}}}",
            ),
        ),
        (
            "objects in a list",
            "/card/create",
            filled(
                "{\"card\":{\"card_type\":\"CASH\",\"cash\":{\"advanced_info\":{\"text_image_list\":[",
                "{\"text\":\"a\"},",
                "{\"text\":\"a\"}]}}}}",
            ),
        ),
        (
            "what breaks off",
            "/card/code/get",
            filled("{\"code\":\"", "x", ""),
        ),
    ];
    println!(
        "{:<28} {:>7} {:>9} {:>9} {:>6}",
        "10 MiB of", "errcode", "call ms", "JSON ms", "ratio"
    );
    for (name, path, body) in shapes {
        let bytes = body.as_bytes();
        let call = median(|| {
            black_box(read_call(path, black_box(bytes)));
        });
        let plain = median(|| {
            black_box(serde_json::from_slice::<Value>(black_box(bytes)).is_ok());
        });
        let errcode = read_call(path, bytes);
        println!(
            "{name:<28} {errcode:>7} {call:>9.1} {plain:>9.1} {:>6.2}",
            call / plain
        );
    }
}
