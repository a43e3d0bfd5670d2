//! Standard output: results only. Where its reader goes away, as `head` does, the command ends quietly.

use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _};

use serde::Serialize;

use crate::failure::{Exit, Failure};

#[derive(Clone, Copy, Debug)]
pub struct Output {
    pub json: bool,
}

impl Output {
    /// The platform's answer to programs, `text` to people.
    pub fn result<D: Display>(self, answer: &impl Serialize, text: impl FnOnce() -> D) -> Result<(), Failure> {
        if self.json { Self::json(answer) } else { Self::line(text()) }
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

    /// Whether somebody watches who would like to see progress.
    pub fn is_watched(self) -> bool {
        !self.json && std::io::stderr().is_terminal()
    }
}
