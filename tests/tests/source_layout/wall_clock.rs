//! No test sets an upper bound to the wall clock: on a machine that does something else as well it fails by chance.

use crate::{files_below, read, relative, workspace};

#[test]
fn an_upper_bound_on_time_leaves_out_what_the_machine_was_short_of() {
    let (mut checked, mut found) = (0, Vec::new());
    for file in files_below(TOP.map(|name| workspace().join(name)).to_vec()) {
        let name = relative(&file);
        if EXEMPT.iter().any(|(exempt, _)| name.starts_with(exempt)) {
            continue;
        }
        let is_test = name.starts_with("tests/") || name.ends_with("/tests.rs") || name.contains("/tests/");
        let text = read(&file);
        let tests = if is_test { &*text } else { unit_tests(&text) };
        checked += usize::from(!tests.is_empty());
        found.extend(raw_bounds(tests).map(|bound| format!("{name}: {bound}")));
        if name.starts_with("tests/") {
            found.extend(moments(tests).map(|moment| format!("{name}: {moment}")));
        }
    }
    assert!(checked > 100, "only {checked} files with tests were found");
    assert!(
        found.is_empty(),
        "measure with postern_tests::Stopwatch, and compare with Elapsed::within or assert_within \
         (tests/src/stopwatch.rs):\n{}",
        found.join("\n")
    );
}

/// The end of a file, from its unit tests on.
fn unit_tests(text: &str) -> &str {
    text.find("#[cfg(test)]").map_or("", |at| &text[at..])
}

/// Comparisons of a time that has passed with a limit.
fn raw_bounds(text: &str) -> impl Iterator<Item = String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let after = |at: usize, what: &str| text[at + what.len()..].chars().take(40).collect::<String>();
    let mut found = Vec::new();
    for what in [ELAPSED, WALL] {
        for (at, _) in text.match_indices(what) {
            let rest = after(at, what);
            if rest.starts_with(" <") {
                found.push(format!("{what}{rest}"));
            }
        }
    }
    for (at, _) in text.match_indices(SINCE) {
        let rest = after(at, SINCE);
        if rest.split_once(')').is_some_and(|(_, rest)| rest.trim_start_matches(')').starts_with(" <")) {
            found.push(format!("{SINCE}{rest}"));
        }
    }
    found.into_iter()
}

/// Uses of the clock that are neither a stopwatch nor the deadline that a function takes.
fn moments(text: &str) -> impl Iterator<Item = &str> {
    let is_deadline = |line: &str| line.split(MOMENT).skip(1).all(|rest| rest.starts_with(" + "));
    text.lines().map(str::trim).filter(move |line| line.contains(MOMENT) && !is_deadline(line))
}

#[test]
fn a_raw_bound_is_told_from_a_stopwatch() {
    let bounds = |text: &str| raw_bounds(text).count();
    for raw in [
        "assert!(start.elapsed() < LIMIT);",
        "assert!(!x && start.elapsed()\n        <= LIMIT);",
        "start.elapsed().wall() < LIMIT",
        "at.duration_since(begun[0]) < LIMIT",
    ] {
        assert_eq!(bounds(raw), 1, "{raw}");
    }
    for fine in ["start.elapsed().within(LIMIT)", "start.elapsed() >= LIMIT", "let took = start.elapsed();"] {
        assert_eq!(bounds(fine), 0, "{fine}");
    }
    assert_eq!(moments("let start = Instant::now();\nassert!(Instant::now() < end);").count(), 2);
    assert_eq!(moments("Client::connect(socket, Instant::now() + LIMIT)").count(), 0);
    assert_eq!(unit_tests("fn product() {}\n#[cfg(test)]\nmod tests {}"), "#[cfg(test)]\nmod tests {}");
}

/// Folders that hold source.
const TOP: [&str; 7] = ["checkpassword", "cli", "crates", "daemon", "pam-module", "tests", "web"];
/// Files that may read the clock, and why.
const EXEMPT: &[(&str, &str)] = &[
    ("tests/src/stopwatch.rs", "is the stopwatch"),
    ("tests/src/bench", "measures speed"),
    ("tests/src/flood.rs", "measures speed"),
    ("tests/src/demo", "is no test"),
    ("tests/src/soak", "measures speed"),
    ("tests/tests/replay_concurrent/rush.rs", "tells which of two moments was the first"),
    ("tests/tests/source_layout/wall_clock.rs", "names what is forbidden"),
];
const ELAPSED: &str = "elapsed()";
const WALL: &str = "elapsed().wall()";
const SINCE: &str = "duration_since(";
const MOMENT: &str = "Instant::now()";
