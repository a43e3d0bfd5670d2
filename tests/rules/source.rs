//! Rust as far as the rules need it: lines without comments and texts, without test modules, and the paths that they name.

/// A line that is compiled into the program, by its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub number: usize,
    pub code: String,
}

/// All lines, without comments and texts.
pub fn code(text: &str) -> Vec<Line> {
    let mut inside = None;
    let lines = text.lines().enumerate();
    lines.map(|(at, line)| Line { number: at + 1, code: strip(line, &mut inside) }).collect()
}

/// The same without what only tests see: `#[cfg(test)]` and the item behind it. Formatted code is taken for granted: an
/// item ends where a line closes it at its own indentation.
pub fn shipped(text: &str) -> Vec<Line> {
    let lines = code(text);
    let mut kept = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if lines[at].code.trim_start().starts_with("#[cfg(test)]") {
            at = end_of_item(&lines, at + 1) + 1;
        } else {
            kept.push(lines[at].clone());
            at += 1;
        }
    }
    kept
}

fn end_of_item(lines: &[Line], start: usize) -> usize {
    let Some(first) = (start..lines.len()).find(|at| !lines[*at].code.trim_start().starts_with('#')) else {
        return start;
    };
    let indentation = |code: &str| code.len() - code.trim_start().len();
    let own = indentation(&lines[first].code);
    let ends = |line: &Line| {
        let code = line.code.trim_end();
        indentation(code) == own && (code.ends_with('}') || code.ends_with(';')) && !code.trim().is_empty()
    };
    (first..lines.len()).find(|at| ends(&lines[*at])).unwrap_or(lines.len() - 1)
}

/// What goes on into the next line.
enum Inside {
    Text,
    /// With the number of `#` that end it.
    Raw(usize),
    Comment,
}

/// A line without comments, and with nothing in its texts.
fn strip(line: &str, inside: &mut Option<Inside>) -> String {
    let mut kept = String::new();
    let mut rest = line;
    while !rest.is_empty() {
        rest = match inside {
            Some(Inside::Comment) => close(rest, "*/", inside),
            Some(Inside::Raw(hashes)) => {
                let end = format!("\"{}", "#".repeat(*hashes));
                close(rest, &end, inside)
            }
            Some(Inside::Text) => match rest.find(['\\', '"']) {
                Some(at) if rest[at..].starts_with('\\') => rest.get(at + 2..).unwrap_or(""),
                Some(at) => {
                    *inside = None;
                    &rest[at + 1..]
                }
                None => "",
            },
            None => open(rest, &mut kept, inside),
        };
    }
    kept
}

fn close<'a>(rest: &'a str, end: &str, inside: &mut Option<Inside>) -> &'a str {
    let Some(at) = rest.find(end) else { return "" };
    *inside = None;
    &rest[at + end.len()..]
}

fn open<'a>(rest: &'a str, kept: &mut String, inside: &mut Option<Inside>) -> &'a str {
    if rest.starts_with("//") {
        return "";
    }
    if let Some(rest) = rest.strip_prefix("/*") {
        *inside = Some(Inside::Comment);
        return rest;
    }
    // A quotation mark as a character opens no text.
    for character in ["'\"'", "'\\\"'", "b'\"'"] {
        if let Some(rest) = rest.strip_prefix(character) {
            return rest;
        }
    }
    if let Some(raw) = rest.strip_prefix('r').filter(|_| !kept.ends_with(|c: char| c.is_alphanumeric() || c == '_')) {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if let Some(rest) = raw[hashes..].strip_prefix('"') {
            *inside = Some(Inside::Raw(hashes));
            return rest;
        }
    }
    if let Some(rest) = rest.strip_prefix('"') {
        *inside = Some(Inside::Text);
        return rest;
    }
    let mut characters = rest.chars();
    kept.extend(characters.next());
    characters.as_str()
}

/// Every path with a `::` in it and where it stands: groups of `use` are spread, so that each is whole.
pub fn paths(lines: &[Line]) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let start = lines[at].number;
        let mut text = lines[at].code.clone();
        if is_use(&text) {
            while !text.contains(';') && at + 1 < lines.len() {
                at += 1;
                text.push(' ');
                text.push_str(&lines[at].code);
            }
            let tree = text.split_once("use ").map_or("", |(_, tree)| tree).split(';').next().unwrap_or_default();
            spread(tree, &[], &mut |path| found.push((start, path)));
        } else {
            let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
            let words = text.split(|c: char| !is_part(c)).filter(|word| word.contains("::"));
            found.extend(words.map(|word| (start, segments(word))));
        }
        at += 1;
    }
    found
}

fn is_use(code: &str) -> bool {
    let code = code.trim_start();
    let public = code.strip_prefix("pub").map(str::trim_start);
    let rest = match public {
        Some(rest) => {
            rest.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or(rest, |(_, rest)| rest.trim_start())
        }
        None => code,
    };
    rest.starts_with("use ")
}

fn segments(path: &str) -> Vec<String> {
    path.split("::").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// `a::{b, c::{d, e}}` is `a::b`, `a::c::d` and `a::c::e`.
fn spread(tree: &str, before: &[String], give: &mut impl FnMut(Vec<String>)) {
    let tree = tree.trim();
    if let Some((head, group)) = tree.split_once('{') {
        let before = [before, &segments(head)].concat();
        let group = group.trim_end().strip_suffix('}').unwrap_or(group);
        for part in parts(group) {
            spread(part, &before, give);
        }
    } else if !tree.is_empty() {
        let path = tree.split(" as ").next().unwrap_or(tree);
        give([before, &segments(path)].concat());
    }
}

/// Splits at commas that stand in no inner group.
fn parts(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&group[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(text: &str) -> Vec<String> {
        code(text).into_iter().map(|line| line.code.trim_end().to_owned()).collect()
    }

    #[test]
    fn comments_and_texts_are_gone_and_the_rest_stays() {
        assert_eq!(stripped("let a = \"x::y // z\"; // b::c"), ["let a = ;"]);
        assert_eq!(stripped("a /* b\nc */ d"), ["a", " d"]);
        assert_eq!(stripped("let a = r#\"x \" y\"#; b"), ["let a = ; b"]);
        assert_eq!(stripped("let a = \"x \\\" y\n z\"; b"), ["let a =", "; b"]);
        assert_eq!(stripped("if c == '\"' { b } // d"), ["if c ==  { b }"]);
        assert_eq!(stripped("var\"x\""), ["var"]);
    }

    #[test]
    fn what_only_tests_see_is_left_out() {
        let text = "use a::b;\n#[cfg(test)]\nmod tests {\n    use c::d;\n}\nfn e() {}\n    #[cfg(test)]\n    fn f() {\n        g();\n    }\nh();";
        let kept: Vec<usize> = shipped(text).into_iter().map(|line| line.number).collect();
        assert_eq!(kept, [1, 6, 11]);
        assert_eq!(shipped("#[cfg(test)]\nmod tests;\nuse a;").len(), 1);
    }

    #[test]
    fn paths_are_spread_over_lines_and_groups() {
        let text = "pub(crate) use a::{\n    b,\n    c::{d as e, self},\n};\nlet x: f::g<h::I> = j::k();";
        let found: Vec<(usize, String)> =
            paths(&code(text)).into_iter().map(|(at, path)| (at, path.join("::"))).collect();
        let expected = [(1, "a::b"), (1, "a::c::d"), (1, "a::c::self"), (5, "f::g"), (5, "h::I"), (5, "j::k")];
        assert_eq!(found, expected.map(|(at, path)| (at, path.to_owned())));
    }
}
