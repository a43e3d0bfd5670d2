//! Codes. The code stands first in the subject, where a telephone's preview shows it.

use std::time::Duration;

use super::text;
use crate::domain::kind::Kind;
use crate::domain::letter::{Block, Letter, Material};

pub fn letter(kind: Kind, material: &Material<'_>) -> Letter {
    let (subject, purpose, unasked) = match kind {
        Kind::ResetCode => (
            "is your Berth password reset code",
            "Enter this code to choose a new password:",
            "If you did not ask for this, ignore this mail: your password stays as it is.",
        ),
        Kind::EmailCode => (
            "confirms your new Berth address",
            "Enter this code to use this address for your Berth account:",
            "If you did not ask for this, ignore this mail: without the code nothing changes.",
        ),
        _ => (
            "is your Berth code",
            "Enter this code to confirm your e-mail address:",
            "If you did not sign up for Berth, ignore this mail: without the code nothing happens.",
        ),
    };
    let (code, minutes) = (material.code, minutes(material.valid_for));
    let advice = format!("It works once, within {minutes}. Never tell it to anyone; Berth will not ask you for it.");
    Letter {
        subject: format!("{code} {subject}"),
        blocks: vec![text(purpose), Block::Code(code.to_owned()), text(advice), Block::Small(unasked.to_owned())],
        short: format!("{code} {subject}. It works once, within {minutes}. Never tell it to anyone."),
    }
}

fn minutes(left: Duration) -> String {
    match (left.as_secs() + 30) / 60 {
        0 | 1 => "a minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_told_in_minutes() {
        assert_eq!(minutes(Duration::from_secs(599)), "10 minutes");
        assert_eq!(minutes(Duration::from_secs(20)), "a minute");
    }
}
