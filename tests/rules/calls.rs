//! Calls that have one place: the clock and chance come in as arguments, and tests wait for states, not for time.

use super::layers::is_for_tests;
use super::source::{self, code, shipped};
use super::{Finding, Tree};

/// What is called, where it may be, and why nowhere else.
struct Rule {
    call: &'static [&'static str],
    only_in: &'static [&'static str],
    why: &'static str,
}

const RULES: [Rule; 4] = [
    Rule {
        call: &["SystemTime::now", "Utc::now", "Local::now"],
        only_in: &["crates/kit/src/ambient.rs"],
        why: "time comes in as an argument: ask the Ambient",
    },
    Rule {
        call: &["rand::rng", "rand::thread_rng", "rand::random", "getrandom::fill", "Uuid::now_v7", "Uuid::new_v4"],
        only_in: &["crates/kit/src/ambient.rs"],
        why: "chance comes in as an argument: ask the Ambient",
    },
    Rule { call: &["thread::sleep"], only_in: &[], why: "a thread that sleeps serves nobody: wait on the runtime" },
    Rule {
        call: &["process::exit"],
        only_in: &["berthd/src/main.rs", "cli/src/main.rs"],
        why: "only a program's own main ends it",
    },
];

/// Where tests may let time pass: between two looks at a state.
const LOOKS: &str = "crates/testkit/src/until.rs";

/// Calls outside the one place that they have, tests included.
pub fn misplaced(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust() {
        for (line, path) in source::paths(&code(&file.text)) {
            let path = path.join("::");
            let broken =
                RULES.iter().find(|rule| calls(&path, rule.call) && !rule.only_in.contains(&file.path.as_str()));
            findings.extend(broken.map(|rule| file.finding(line, format!("`{path}`: {}", rule.why))));
        }
    }
    findings
}

/// Sleeps in tests: they wait for states.
pub fn sleeps(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust().filter(|file| file.path != LOOKS) {
        let program = if is_for_tests(&file.path) { Vec::new() } else { shipped(&file.text) };
        let kept: Vec<usize> = program.into_iter().map(|line| line.number).collect();
        let tested: Vec<_> = code(&file.text).into_iter().filter(|line| !kept.contains(&line.number)).collect();
        let sleeps = source::paths(&tested).into_iter().filter(|(_, path)| calls(&path.join("::"), &["time::sleep"]));
        findings.extend(sleeps.map(|(line, _)| file.finding(line, "tests wait for a state with a deadline: `until`")));
    }
    findings
}

/// Whether a path ends in one of these, by whole names.
fn calls(path: &str, names: &[&str]) -> bool {
    names.iter().any(|name| path == *name || path.ends_with(&format!("::{name}")))
}

#[cfg(test)]
mod tests {
    use super::super::{made_up, places};
    use super::*;

    #[test]
    fn a_call_outside_its_place_is_found_in_tests_too() {
        let tree = made_up(&[
            ("crates/kit/src/ambient.rs", "let now = chrono::Utc::now();\n"),
            ("crates/wire/src/a.rs", "let now = chrono::Utc::now();\n// Utc::now\nuse std::thread::{sleep, spawn};\n"),
            ("cli/src/main.rs", "std::process::exit(1);\n"),
            ("cli/src/a.rs", "std::process::exit(1);\nlet x = \"Utc::now\";\n"),
            ("cli/tests/a.rs", "std::thread::sleep(x);\nmy_thread::sleep();\n"),
        ]);
        assert_eq!(
            places(&misplaced(&tree)),
            ["crates/wire/src/a.rs:1", "crates/wire/src/a.rs:3", "cli/src/a.rs:1", "cli/tests/a.rs:1"]
        );
    }

    #[test]
    fn a_sleep_in_a_test_is_found_and_one_in_the_program_is_not() {
        let text = "async fn f() {\n    tokio::time::sleep(x).await;\n}\n#[cfg(test)]\nmod tests {\n    fn g() {\n        tokio::time::sleep(x);\n    }\n}\n";
        let tree = made_up(&[
            ("crates/wire/src/a.rs", text),
            ("crates/testkit/src/until.rs", "tokio::time::sleep(x);\n"),
            ("cli/tests/a.rs", "\ntokio::time::sleep(x);\n"),
        ]);
        assert_eq!(places(&sleeps(&tree)), ["crates/wire/src/a.rs:7", "cli/tests/a.rs:2"]);
    }
}
