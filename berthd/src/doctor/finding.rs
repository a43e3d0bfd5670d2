//! What a check says: how it stands, in one sentence, and what to do where it does not stand well.

use serde::Serialize;

/// How much what was found matters. Later is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Ok,
    /// Works, and will hurt some day.
    Warning,
    /// Does not work, or loses something.
    Wrong,
}

/// One thing that is looked at. Its id never changes: scripts ask for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check {
    /// `mysql.version`: the group, a dot, the thing.
    pub id: &'static str,
    /// What is well where it is well, as a sentence for the manual.
    pub title: &'static str,
}

/// What one check found about one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub check: Check,
    /// Which of several: a service, a file, a topic.
    pub subject: Option<String>,
    pub level: Level,
    /// One sentence.
    pub told: String,
    /// A command or a setting; none where all is well.
    pub advice: Option<String>,
}

impl Check {
    pub const fn new(id: &'static str, title: &'static str) -> Self {
        Self { id, title }
    }

    /// What its findings stand under.
    pub fn group(self) -> &'static str {
        self.id.split('.').next().unwrap_or(self.id)
    }

    /// The rest of its id.
    pub fn name(self) -> &'static str {
        self.id.split_once('.').map_or(self.id, |(_, name)| name)
    }

    pub fn ok(self, told: impl Into<String>) -> Finding {
        Finding { check: self, subject: None, level: Level::Ok, told: told.into(), advice: None }
    }

    pub fn warning(self, told: impl Into<String>, advice: impl Into<String>) -> Finding {
        Finding { level: Level::Warning, advice: Some(advice.into()), ..self.ok(told) }
    }

    pub fn wrong(self, told: impl Into<String>, advice: impl Into<String>) -> Finding {
        Finding { level: Level::Wrong, advice: Some(advice.into()), ..self.ok(told) }
    }
}

impl Finding {
    #[must_use]
    pub fn about(mut self, subject: impl std::fmt::Display) -> Self {
        self.subject = Some(subject.to_string());
        self
    }
}

/// A list for people: `a, b and c`.
pub fn listed<T: AsRef<str>>(items: &[T]) -> String {
    match items {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [rest @ .., last] => {
            let rest: Vec<&str> = rest.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", rest.join(", "), last.as_ref())
        }
    }
}

/// Bytes for people: `2.5 GiB`.
pub fn bytes(count: u64) -> String {
    let units = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
    match units.iter().find(|(_, shift)| count >> shift > 0) {
        Some((unit, shift)) => format!("{:.1} {unit}", count as f64 / f64::from(1_u32 << shift)),
        None => format!("{count} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_sizes_read_like_sentences() {
        assert_eq!(listed::<&str>(&[]), "");
        assert_eq!((listed(&["a"]), listed(&["a", "b", "c"])), ("a".into(), "a, b and c".into()));
        assert_eq!((bytes(999), bytes(2560 << 20)), ("999 bytes".into(), "2.5 GiB".into()));
    }

    #[test]
    fn what_is_worse_comes_later() {
        assert!(Level::Ok < Level::Warning && Level::Warning < Level::Wrong);
        let check = Check::new("mysql.version", "x");
        assert_eq!((check.group(), check.name()), ("mysql", "version"));
    }
}
