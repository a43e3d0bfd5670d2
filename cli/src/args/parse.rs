//! Values of the command line that have a form of their own.

use clap::builder::{PossibleValue, PossibleValuesParser, RangedU64ValueParser};
use kit::{Cpu, Scope, Span, Timestamp};

/// A point in time as people name it: `2026-01-31T09:30:00Z`, or `24h` for a day ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    At(Timestamp),
    Ago(Span),
}

impl Moment {
    pub fn before(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Ago(span) => now.minus(span.get()),
        }
    }
}

pub fn moment(text: &str) -> Result<Moment, String> {
    let at = text.parse().map(Moment::At).ok();
    let ago = || text.parse().map(Moment::Ago).ok();
    at.or_else(ago).ok_or_else(|| "a time is written 2026-01-31T09:30:00Z, or 24h for a day ago".to_owned())
}

pub fn property(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("a property is written NAME=VALUE, for example password=secret".to_owned()),
    }
}

pub fn cpu(text: &str) -> Result<Cpu, String> {
    let cores = text.parse().ok().and_then(Cpu::from_cores);
    cores.ok_or_else(|| "cpu is a number of cores above 0, for example 0.5".to_owned())
}

pub fn on_or_off(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("say `on` or `off`".to_owned()),
    }
}

/// An id, which becomes a piece of a path: nothing in it may lead elsewhere.
pub fn id(text: &str) -> Result<String, String> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let is_id = !text.is_empty() && text.bytes().all(plain);
    if is_id { Ok(text.to_owned()) } else { Err("an id is letters, digits, - and _".to_owned()) }
}

/// An id, or a mail address, which never becomes a piece of a path.
pub fn email_or_id(text: &str) -> Result<String, String> {
    if text.contains('@') {
        Ok(text.to_owned())
    } else {
        id(text).map_err(|told| format!("{told}; an address has an @"))
    }
}

/// A context's name; it stands in a file and on command lines.
pub fn label(text: &str) -> Result<String, String> {
    if kit::id::is_label(text) { Ok(text.to_owned()) } else { Err("a name is 1 to 63 of a-z, 0-9 and -".to_owned()) }
}

/// How many at most: none at all is no list.
pub fn most() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..)
}

pub fn scopes() -> PossibleValuesParser {
    PossibleValuesParser::new(Scope::ALL.iter().map(|scope| PossibleValue::new(scope.as_str()).help(scope.meaning())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_no_path_in_it_and_an_address_has_an_at() {
        assert!(email_or_id("ada@example.org").is_ok() && email_or_id("0190b1d6-7f3a").is_ok());
        assert!(email_or_id("../me").is_err() && email_or_id("ada example").is_err());
    }

    #[test]
    fn a_moment_is_a_time_or_a_while_ago() {
        let now: Timestamp = "2026-01-02T00:00:00Z".parse().unwrap();
        let day_before: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(moment("24h").unwrap().before(now), day_before);
        assert_eq!(moment("2026-01-01T00:00:00Z").unwrap().before(now), day_before);
        assert!(moment("yesterday").is_err());
    }
}
