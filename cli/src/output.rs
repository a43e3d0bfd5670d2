//! Standard output: results only. Where its reader goes away, as `head` does, the command ends quietly.

use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _};

use serde::Serialize;
use serde_json::{Value, json};

use crate::args::{Color, Global};
use crate::failure::{Exit, Failure};
use crate::render::{Paint, Tone};

#[derive(Clone, Copy, Debug)]
pub struct Output {
    pub json: bool,
    /// For results.
    pub paint: Paint,
    /// For what goes to standard error.
    aside: Paint,
}

impl Output {
    pub fn new(global: &Global) -> Self {
        let paint = |terminal: bool| Paint::new(global.color, terminal && takes_escapes());
        let (out, err) = (std::io::stdout().is_terminal(), std::io::stderr().is_terminal());
        Self { json: global.json, paint: paint(out && !global.json), aside: paint(err) }
    }

    /// The platform's answer to programs, `text` to people.
    pub fn result<D: Display>(self, answer: &impl Serialize, text: impl FnOnce() -> D) -> Result<(), Failure> {
        if self.json { Self::json(answer) } else { Self::line(text()) }
    }

    /// A list: where nothing is in it, people are told `none` on standard error, and get no head of an empty table.
    pub fn list<D: Display>(self, items: &[Value], none: &str, text: impl FnOnce() -> D) -> Result<(), Failure> {
        if items.is_empty() && !self.json {
            self.aside(none);
            return Ok(());
        }
        self.result(&json!({ "items": items }), text)
    }

    pub fn json(value: &impl Serialize) -> Result<(), Failure> {
        Self::line(serde_json::to_string(value).map_err(Failure::other)?)
    }

    /// One line, or more.
    pub fn line(text: impl Display) -> Result<(), Failure> {
        Self::bytes(format!("{}\n", text.to_string().trim_end_matches('\n')).as_bytes())
    }

    /// As it is, whatever was asked for.
    pub fn bytes(bytes: &[u8]) -> Result<(), Failure> {
        let mut out = std::io::stdout().lock();
        out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| match error.kind() {
            std::io::ErrorKind::BrokenPipe => Failure::local(Exit::OutputClosed, "output_closed", error),
            _ => Failure::other(format!("Standard output cannot be written: {error}.")),
        })
    }

    /// A word to people that is no result.
    pub fn aside(self, text: impl Display) {
        if !self.json {
            let _ = writeln!(std::io::stderr(), "{text}");
        }
    }

    /// The same, for what people should not overlook.
    pub fn warn(self, text: impl Display) {
        self.aside(self.aside.apply(Tone::Warning, &text.to_string()));
    }

    /// Why the command ends without a result, on standard error, where it does not mix with results.
    pub fn tell(self, failure: &Failure) {
        let text = match failure.exit {
            Exit::OutputClosed => return,
            _ if self.json => serde_json::to_string(&failure.problem).unwrap_or_default(),
            _ => format!("{} {}", self.aside.apply(Tone::Bad, "berth:"), failure.sentence()),
        };
        // Nobody is left to be told when standard error is closed.
        let _ = writeln!(std::io::stderr(), "{text}");
    }

    /// Whether somebody watches who would like to see progress.
    pub fn is_watched(self) -> bool {
        !self.json && takes_escapes() && std::io::stderr().is_terminal()
    }
}

/// A terminal that calls itself dumb prints escape sequences as they are.
fn takes_escapes() -> bool {
    std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

impl Paint {
    /// `terminal` tells whether there is one that could show colours.
    pub fn new(color: Color, terminal: bool) -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        match color {
            Color::Always => Self::Coloured,
            Color::Auto if terminal && !unwanted => Self::Coloured,
            Color::Auto | Color::Never => Self::Plain,
        }
    }
}
