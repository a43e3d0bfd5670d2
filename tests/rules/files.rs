//! Rules on files as wholes: how long they may be, how they begin, and what scripts are.

use super::{File, Finding, Tree, has_extension};

/// More lines than this nobody reads in one go.
const LONGEST: usize = 400;
/// Files that may be longer: a list that may only shrink.
pub const ALLOWED: &str = "tests/allowed/long_files.txt";

/// Files that are too long and not on the list, and lines of the list that are not needed any more.
pub fn long(tree: &Tree) -> Vec<Finding> {
    let length = |file: &File| file.text.lines().count();
    let list = tree.find(ALLOWED).map_or("", |file| &file.text);
    let listed: Vec<(usize, &str)> = list.lines().enumerate().map(|(at, line)| (at + 1, line.trim())).collect();
    let listed: Vec<_> = listed.into_iter().filter(|(_, line)| !line.is_empty() && !line.starts_with('#')).collect();
    let too_long =
        tree.rust().filter(|file| length(file) > LONGEST && listed.iter().all(|(_, path)| *path != file.path));
    let mut findings: Vec<Finding> = too_long
        .map(|file| file.finding(LONGEST + 1, format!("{} lines: {LONGEST} are the most", length(file))))
        .collect();
    for (line, path) in listed {
        let told = match tree.find(path) {
            None => format!("{path} is not there any more: take it off the list"),
            Some(file) if length(file) <= LONGEST => format!("{path} is short again: take it off the list"),
            Some(_) => continue,
        };
        findings.push(Finding { path: ALLOWED.to_owned(), line, told });
    }
    findings
}

/// Rust files that do not begin by saying why they exist.
pub fn unopened(tree: &Tree) -> Vec<Finding> {
    let opened = |file: &&File| file.text.lines().next().is_some_and(|line| line.starts_with("//! "));
    tree.rust()
        .filter(|file| !opened(file))
        .map(|file| file.finding(1, "begin with `//!` and why this file exists"))
        .collect()
}

/// Scripts that cannot be run or do not say what they are for.
pub fn scripts(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.0.iter().filter(|file| has_extension(&file.path, "sh") || file.text.starts_with("#!/")) {
        if !file.executable {
            findings.push(file.finding(1, "a script is executable"));
        }
        if !explains_itself(&file.text) {
            findings.push(file.finding(2, "a script begins with a comment on what it is for"));
        }
    }
    findings
}

/// A comment of some words in the first three lines, behind `#!` and what is for a linter.
fn explains_itself(text: &str) -> bool {
    let comment =
        |line: &str| line.strip_prefix("//").or_else(|| line.strip_prefix('#')).map(str::trim).map(str::to_owned);
    let comments = text.lines().take(3).filter(|line| !line.starts_with("#!")).filter_map(comment);
    comments.filter(|line| !line.starts_with("shellcheck")).any(|line| line.split_whitespace().count() >= 3)
}

#[cfg(test)]
mod tests {
    use super::super::{made_up, places};
    use super::*;

    #[test]
    fn a_long_file_is_found_and_the_list_may_only_shrink() {
        let (short, long) = ("x\n".repeat(LONGEST), "x\n".repeat(LONGEST + 1));
        let list = "# why\na/long.rs\na/short.rs\na/gone.rs\n";
        let tree = made_up(&[("a/long.rs", &long), ("a/short.rs", &short), ("a/other.rs", &long), (ALLOWED, list)]);
        let expected = ["a/other.rs:401", "tests/allowed/long_files.txt:3", "tests/allowed/long_files.txt:4"];
        assert_eq!(places(&super::long(&tree)), expected);
    }

    #[test]
    fn a_file_that_does_not_say_what_it_is_is_found() {
        let tree = made_up(&[
            ("a.rs", "//! Why.\n"),
            ("b.rs", "use x;\n"),
            ("c.rs", ""),
            ("d.md", "no"),
            ("e.rs", "\n//! Late.\n"),
        ]);
        assert_eq!(places(&unopened(&tree)), ["b.rs:1", "c.rs:1", "e.rs:1"]);
    }

    #[test]
    fn a_script_that_cannot_run_or_is_unexplained_is_found() {
        let mut tree = made_up(&[
            ("a.sh", "#!/usr/bin/env bash\n# What it is for.\nls\n"),
            ("b.sh", "#!/usr/bin/env bash\nls\n"),
            ("c", "#!/usr/bin/env node\n// What it is for.\n"),
            ("lib.sh", "# shellcheck shell=bash\n# What it is for.\n"),
            ("d.sh", "# shellcheck shell=bash\nls\n"),
        ]);
        for file in &mut tree.0 {
            file.executable = file.path != "c";
        }
        assert_eq!(places(&scripts(&tree)), ["b.sh:2", "c:1", "d.sh:2"]);
    }
}
