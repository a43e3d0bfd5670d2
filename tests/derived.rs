//! Files that are derived from the code and committed all the same, because people and programs read them: each is what
//! the program says now. `make update` writes them anew.

use std::process::Command;

#[track_caller]
fn is_derived(file: &str, command: &str) {
    let committed = std::fs::read_to_string(berth_tests::repository().join(file)).unwrap_or_default();
    let output = Command::new(berth_tests::berthd()).arg(command).output().expect("berthd can be run");
    assert!(output.status.success(), "berthd {command}: {}", String::from_utf8_lossy(&output.stderr));
    let derived = String::from_utf8(output.stdout).expect("it is text");
    if let Some(at) = difference(&committed, &derived) {
        panic!("{file}:{at} is not what `berthd {command}` prints: run `make update` and look at what changed");
    }
}

/// The first line that differs.
fn difference(one: &str, other: &str) -> Option<usize> {
    if one == other {
        return None;
    }
    let same = one.lines().zip(other.lines()).take_while(|(one, other)| one == other).count();
    Some(same + 1)
}

#[test]
fn the_interface_is_the_committed_one() {
    is_derived("openapi/berth.json", "openapi");
}

#[test]
fn the_page_of_errors_is_the_committed_one() {
    is_derived("docs/errors.md", "errors");
}

#[test]
fn a_difference_is_found_by_its_line() {
    assert_eq!(difference("a\nb\n", "a\nb\n"), None);
    assert_eq!(difference("a\nb\n", "a\nc\n"), Some(2));
    assert_eq!(difference("a\n", "a\nb\n"), Some(2));
    assert_eq!(difference("a\n", "a"), Some(2));
}
