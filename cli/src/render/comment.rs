//! Comments: who and when on one line, and what they said, with its own lines, below it.

use serde_json::Value;

use super::amount::age;
use super::table::plain;
use super::{Look, text};

pub fn comments(items: &[Value], look: Look) -> String {
    items.iter().map(|item| comment(item, look)).collect::<Vec<_>>().join("\n\n")
}

fn comment(item: &Value, look: Look) -> String {
    let written = item["created_at"].as_str().and_then(|at| at.parse().ok());
    let author = &item["author"];
    let mut words = vec![text(&author["name"])];
    words.extend((author["has_run"] == true).then(|| "has run it".to_owned()));
    words.extend(written.map(|at| format!("{} ago", age(look.now.since(at)))));
    words.extend((!item["edited_at"].is_null()).then(|| "edited".to_owned()));
    let head = format!("{}  {}", plain(&words.join(", ")), plain(&text(&item["id"])));
    let said = text(&item["text"]);
    let lines = said.lines().map(|line| format!("  {}", plain(line)));
    std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::render::Paint;

    #[test]
    fn a_comment_keeps_its_lines_and_steers_nothing() {
        let first = json!({"id": "c1", "author": {"name": "Ada L.", "has_run": true}, "text": "Fast.\nSmall.\u{1b}[2J",
            "created_at": "2026-01-01T00:00:00Z", "edited_at": "2026-01-01T00:00:30Z"});
        let second = json!({"id": "c2", "author": {"name": "deleted user", "has_run": false}, "text": "Odd.",
            "created_at": "2026-01-01T00:00:00Z", "edited_at": null});
        let look = Look { now: "2026-01-01T00:01:00Z".parse().unwrap(), paint: Paint::Plain };
        let expected =
            "Ada L., has run it, 1 min ago, edited  c1\n  Fast.\n  Small. [2J\n\ndeleted user, 1 min ago  c2\n  Odd.";
        assert_eq!(comments(&[first, second], look), expected);
    }
}
