//! Paths that pages name: what they point at is there.

use super::{File, Finding, Tree, has_extension};

/// What paths in pages begin with: the repository's rooms, those to come included, so that a room that goes is noticed.
const ROOMS: [&str; 24] = [
    ".ci",
    "benches",
    "berthd",
    "catalogue",
    "changelog.d",
    "cli",
    "crates",
    "docs",
    "images",
    "migrations",
    "monitoring",
    "nginx",
    "openapi",
    "packaging",
    "postman",
    "proto",
    "services",
    "stack",
    "tests",
    "web",
    "Makefile",
    "Cargo.toml",
    "LICENSE",
    "README.md",
];

/// Paths in backticks, and targets of links, that are nowhere in the tree.
pub fn dangling(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for page in tree.0.iter().filter(|file| is_page(file)) {
        for (at, line) in page.text.lines().enumerate() {
            let quoted =
                line.split('`').skip(1).step_by(2).filter(|text| is_path(text)).map(|text| (text, String::new()));
            let linked = links(line).map(|text| (text, directory_of(&page.path).to_owned()));
            for (text, base) in quoted.chain(linked) {
                if !exists(tree, &base, text) {
                    findings.push(page.finding(at + 1, format!("`{text}` is not there")));
                }
            }
        }
    }
    findings
}

fn is_page(file: &File) -> bool {
    let top = matches!(file.path.as_str(), "README.md" | "CONTRIBUTING.md" | "SECURITY.md");
    has_extension(&file.path, "md") && (top || file.path.starts_with("docs/") || file.path.starts_with("changelog.d/"))
}

fn is_path(text: &str) -> bool {
    let plain = |c: char| {
        c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '*' | '<' | '>' | '{' | '}' | ',' | ':' | '…')
    };
    let room = text.split('/').next().unwrap_or_default();
    !text.is_empty()
        && text.chars().all(plain)
        && ROOMS.contains(&room)
        && (text.contains('/') || text.contains('.') || text == "Makefile")
}

/// The relative targets of Markdown links.
fn links(line: &str) -> impl Iterator<Item = &str> {
    let targets = line.split("](").skip(1).filter_map(|rest| rest.split([')', '#', ' ']).next());
    targets.filter(|target| !target.is_empty() && !target.contains(':') && !target.starts_with('/'))
}

fn directory_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// Whether a path leads somewhere; from its first placeholder on it is not looked at, nor behind a line's number.
fn exists(tree: &Tree, base: &str, text: &str) -> bool {
    let text = text.split(':').next().unwrap_or_default();
    let fixed = match text.find(['<', '*', '{', '…']) {
        Some(at) => directory_of(&text[..at]),
        None => text.trim_end_matches('/'),
    };
    let mut parts: Vec<&str> = base.split('/').filter(|part| !part.is_empty()).collect();
    for part in fixed.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.is_empty() || tree.has(&parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::super::{made_up, places};
    use super::*;

    #[test]
    fn a_path_that_leads_nowhere_is_found() {
        let page = "See `stack/up.sh`, `stack/gone.sh` and `services/user/src/`.\n\
                    `application/json`, `GET /user`, `stack`, `docs/adr/<number>.md`, `services/<name>/src/lib.rs` are fine.\n\
                    `services/user/src/lib.rs:12` too, `web/<page>` is not.\n\
                    [one](adr/0001.md), [two](adr/0002.md), [three](../README.md), [four](https://example.org)\n";
        let tree = made_up(&[
            ("docs/architecture.md", page),
            ("docs/adr/0001.md", ""),
            ("README.md", "`Makefile` `tests/house.rs`"),
            ("Makefile", ""),
            ("stack/up.sh", ""),
            ("services/user/src/lib.rs", ""),
            ("other/notes.md", "`stack/gone.sh`"),
        ]);
        let expected = ["docs/architecture.md:1", "docs/architecture.md:3", "docs/architecture.md:4", "README.md:1"];
        assert_eq!(places(&dangling(&tree)), expected);
    }
}
