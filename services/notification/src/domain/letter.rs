//! What a message says, before it is laid out for a text client, a graphical one or a telephone.

use std::time::Duration;

use kit::Timestamp;

use super::facts::Facts;
use super::kind::Kind;
use super::wording;

/// A message's content. Everything in it is already one line each and without controls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    pub subject: String,
    pub blocks: Vec<Block>,
    /// The whole of it for a telephone, in at most 160 characters.
    pub short: String,
}

/// A piece of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    Text(String),
    /// A code, to be read off.
    Code(String),
    /// Names with what they are.
    Facts(Vec<(&'static str, String)>),
    /// Lines as a program wrote them, or as one reads them.
    Verbatim(Vec<String>),
    Link {
        label: &'static str,
        url: String,
    },
    /// For whom the rest is not meant.
    Small(String),
}

/// What a message is written from.
#[derive(Clone, Copy, Debug)]
pub struct Material<'a> {
    pub facts: &'a Facts,
    /// Empty for what is no code.
    pub code: &'a str,
    /// How long a code is still good for.
    pub valid_for: Duration,
    pub occurred_at: Timestamp,
    /// The last lines of a failed allocation's log.
    pub log: &'a [String],
    /// Where people reach the platform with a browser.
    pub public_url: Option<&'a str>,
}

impl Letter {
    pub fn write(kind: Kind, material: &Material<'_>) -> Self {
        wording::letter(kind, material)
    }
}
