//! A letter laid out: plain text of 72 columns and HTML for mail, one short text for a telephone.

mod html;
mod plain;
#[cfg(test)]
mod tests;

use kit::Timestamp;

use super::letter::Letter;
use super::text;

/// A mail as it is handed to a mailer; headers and encoding are the mailer's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The same for every repetition.
    pub id: String,
    pub to: String,
    pub subject: String,
    pub plain: String,
    pub html: String,
    /// When it was asked for.
    pub at: Timestamp,
}

/// A text message as it is handed to a gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The same for every repetition.
    pub id: String,
    /// International, `+` and digits.
    pub to: String,
    /// At most 160 characters.
    pub text: String,
}

/// Who a message goes to, and as what.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    pub id: &'a str,
    pub to: &'a str,
    pub first_name: &'a str,
    pub at: Timestamp,
}

pub fn mail(envelope: Envelope<'_>, letter: &Letter) -> Mail {
    let name = text::name(envelope.first_name);
    Mail {
        id: envelope.id.to_owned(),
        to: envelope.to.to_owned(),
        subject: letter.subject.clone(),
        plain: plain::render(&name, letter),
        html: html::render(&name, letter),
        at: envelope.at,
    }
}

pub fn short(envelope: Envelope<'_>, letter: &Letter) -> Text {
    Text { id: envelope.id.to_owned(), to: envelope.to.to_owned(), text: text::cut(&letter.short, 160) }
}
