//! What was found, as lines for people or as one document for programs.

use std::fmt::Write as _;

use serde::Serialize;

use super::finding::{Finding, Level};

/// The whole of it. Its fields are kept: programs read them.
#[derive(Serialize)]
pub struct Report<'f> {
    /// What would be started with this configuration.
    command: &'f str,
    /// The worst of all findings.
    level: Level,
    counts: Counts,
    findings: Vec<Line<'f>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub ok: usize,
    pub warning: usize,
    pub wrong: usize,
}

#[derive(Serialize)]
struct Line<'f> {
    id: &'f str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'f str>,
    level: Level,
    told: &'f str,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<&'f str>,
}

impl<'f> From<&'f Finding> for Line<'f> {
    fn from(finding: &'f Finding) -> Self {
        Self {
            id: finding.check.id,
            subject: finding.subject.as_deref(),
            level: finding.level,
            told: &finding.told,
            advice: finding.advice.as_deref(),
        }
    }
}

impl Counts {
    pub fn of(findings: &[Finding]) -> Self {
        let count = |level| findings.iter().filter(|finding| finding.level == level).count();
        Self { ok: count(Level::Ok), warning: count(Level::Warning), wrong: count(Level::Wrong) }
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let warnings = if self.warning == 1 { "1 warning".to_owned() } else { format!("{} warnings", self.warning) };
        write!(f, "{} ok, {warnings}, {} wrong", self.ok, self.wrong)
    }
}

pub fn json(command: &str, findings: &[Finding]) -> serde_json::Result<String> {
    serde_json::to_string_pretty(&Report {
        command,
        level: findings.iter().map(|finding| finding.level).max().unwrap_or(Level::Ok),
        counts: Counts::of(findings),
        findings: findings.iter().map(Line::from).collect(),
    })
}

/// Grouped and aligned: level, what, the sentence; below it what to do.
pub fn text(command: &str, findings: &[Finding], colours: bool) -> String {
    let what = |finding: &Finding| match &finding.subject {
        Some(subject) => format!("{} {subject}", finding.check.name()),
        None => finding.check.name().to_owned(),
    };
    // One long path must not push all others aside.
    let width = findings.iter().map(|finding| what(finding).chars().count()).filter(|width| *width <= 32).max();
    let width = width.unwrap_or(0);
    let mut text = format!("checked for: {command}\n");
    let mut group = "";
    for finding in findings {
        if finding.check.group() != group {
            group = finding.check.group();
            let _ = write!(text, "\n{group}\n");
        }
        let _ = writeln!(text, "  {}  {:width$}  {}", level(finding.level, colours), what(finding), finding.told);
        if let Some(advice) = &finding.advice {
            let _ = writeln!(text, "  {:7}  {:width$}  -> {advice}", "", "");
        }
    }
    let _ = write!(text, "\n{}\n", Counts::of(findings));
    text
}

fn level(level: Level, colours: bool) -> String {
    let (word, colour) = match level {
        Level::Ok => ("ok", 32),
        Level::Warning => ("warning", 33),
        Level::Wrong => ("WRONG", 31),
    };
    if colours { format!("\u{1b}[{colour}m{word:7}\u{1b}[0m") } else { format!("{word:7}") }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Check;
    use super::*;

    fn findings() -> Vec<Finding> {
        let (port, lock) = (Check::new("config.ports", "x"), Check::new("data.lock", "x"));
        vec![
            port.ok("20000 to 29999"),
            port.warning("overlaps", "set site.ports"),
            lock.wrong("gone", "make it").about("user.db"),
        ]
    }

    #[test]
    fn people_get_aligned_lines_in_groups() {
        let expected = "checked for: berthd up\n\
            \nconfig\n  ok       ports         20000 to 29999\n  warning  ports         overlaps\n                         -> set site.ports\n\
            \ndata\n  WRONG    lock user.db  gone\n                         -> make it\n\
            \n1 ok, 1 warning, 1 wrong\n";
        assert_eq!(text("berthd up", &findings(), false), expected);
        assert!(text("berthd up", &findings(), true).contains("\u{1b}[31mWRONG"));
    }

    #[test]
    fn programs_get_one_document_with_stable_names() {
        let document: serde_json::Value = serde_json::from_str(&json("berthd up", &findings()).unwrap()).unwrap();
        let expected = serde_json::json!({
            "command": "berthd up",
            "level": "wrong",
            "counts": { "ok": 1, "warning": 1, "wrong": 1 },
            "findings": [
                { "id": "config.ports", "level": "ok", "told": "20000 to 29999" },
                { "id": "config.ports", "level": "warning", "told": "overlaps", "advice": "set site.ports" },
                { "id": "data.lock", "subject": "user.db", "level": "wrong", "told": "gone", "advice": "make it" },
            ]
        });
        assert_eq!(document, expected);
    }
}
