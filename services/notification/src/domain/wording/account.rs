//! What happens to an account. Security mail says what happened, from where, and what to do if it was somebody else.

use super::{details, happened, open, text, told};
use crate::domain::letter::{Block, Letter, Material};
use crate::domain::text::moment;

/// Where an act came from, by the details that user gives.
const FROM: [(&str, &str); 2] = [("From", "address"), ("Program", "agent")];

pub fn welcome(material: &Material<'_>) -> Letter {
    let mut blocks = vec![
        text("Welcome to Berth. You pick a machine from the catalogue, and a moment later it runs for you alone."),
        text("Before that, confirm your e-mail address: the code for it comes in a mail of its own."),
    ];
    blocks.extend(open(material));
    let unasked = "If you did not sign up for Berth, ignore this mail: an account whose address is not confirmed goes by \
                   itself.";
    blocks.push(Block::Small(unasked.to_owned()));
    Letter {
        subject: "Welcome to Berth".to_owned(),
        blocks,
        short: "Welcome to Berth. Confirm your e-mail address with the code that comes by mail.".to_owned(),
    }
}

pub fn verified(material: &Material<'_>) -> Letter {
    let mut blocks = vec![text("Your e-mail address is confirmed. You can allocate machines now.")];
    blocks.extend(open(material));
    Letter {
        subject: "Your Berth address is confirmed".to_owned(),
        blocks,
        short: "Berth: your e-mail address is confirmed. You can allocate machines now.".to_owned(),
    }
}

pub fn new_login(material: &Material<'_>) -> Letter {
    let from = told(material.facts, "address").map_or_else(String::new, |address| format!(" from {address}"));
    Letter {
        subject: "New login to your Berth account".to_owned(),
        blocks: vec![
            text("Somebody logged in to your account."),
            happened(material, &FROM),
            text(
                "If that was you, there is nothing to do. If not, change your password at once, end the sessions that \
                 you do not know, and look through your API keys.",
            ),
        ],
        short: format!("Berth: new login to your account{from}. Not you? Change your password at once."),
    }
}

pub fn password_changed(material: &Material<'_>) -> Letter {
    Letter {
        subject: "Your Berth password was changed".to_owned(),
        blocks: vec![
            text("The password of your account was changed."),
            happened(material, &FROM),
            text(
                "If that was not you, reset it at once with a code to this address, then end the sessions and API keys \
                 that you do not know.",
            ),
        ],
        short: "Berth: your password was changed. Not you? Reset it at once with a code by mail.".to_owned(),
    }
}

pub fn email_changed(material: &Material<'_>) -> Letter {
    Letter {
        subject: "The address of your Berth account was changed".to_owned(),
        blocks: vec![
            text("Your account has another e-mail address now. Codes and messages go there from now on."),
            happened(material, &[("New address", "email"), FROM[0], FROM[1]]),
            text("If that was not you, tell whoever runs this Berth right away: only they can give it back to you."),
        ],
        short: "Berth: the e-mail address of your account was changed. Not you? Tell whoever runs Berth.".to_owned(),
    }
}

pub fn phone_proven(material: &Material<'_>) -> Letter {
    Letter {
        subject: "A telephone number of your Berth account is confirmed".to_owned(),
        blocks: vec![
            text("A telephone number was confirmed for your account. A code by text to it can reset your password."),
            happened(material, &[("Number ends in", "number"), FROM[0], FROM[1]]),
            text(
                "If that was not you, change your password at once, take the number out of your profile, and end the \
                 sessions and API keys that you do not know.",
            ),
        ],
        short: "Berth: a telephone number was confirmed for your account. Not you? Change your password at once."
            .to_owned(),
    }
}

/// What the key may do, for how long, and where it was made.
pub fn api_key_created(material: &Material<'_>) -> Letter {
    let end = told(material.facts, "expires_at").map(|text| text.parse().map_or(text, moment));
    let mut facts = details(material, &[("Name", "name"), ("Scopes", "scopes"), FROM[0], FROM[1]]);
    facts.push(("Valid", end.map_or_else(|| "until it is revoked".to_owned(), |end| format!("until {end}"))));
    Letter {
        subject: "A new API key for your Berth account".to_owned(),
        blocks: vec![
            text("An API key was made that acts for your account."),
            Block::Facts(facts),
            text("If that was not you, revoke the key and change your password at once."),
        ],
        short: format!(
            "Berth: a new API key was made for your account on {}. Not you? Revoke it at once.",
            moment(material.occurred_at)
        ),
    }
}

pub fn suspended() -> Letter {
    Letter {
        subject: "Your Berth account is suspended".to_owned(),
        blocks: vec![
            text(
                "An admin suspended your account. Its sessions and API keys are closed and its allocations stop; their \
                  data stays.",
            ),
            text("Ask whoever runs this Berth for the reason."),
        ],
        short: "Berth: an admin suspended your account. Its allocations stop; their data stays.".to_owned(),
    }
}

pub fn deleted() -> Letter {
    Letter {
        subject: "Your Berth account is deleted".to_owned(),
        blocks: vec![
            text("Your account is deleted: its allocations with their data, its keys, and what was stored of you."),
            text("Comments that you wrote stay, without your name. This is the last mail that you get from Berth."),
        ],
        short: "Berth: your account is deleted, with its allocations and their data.".to_owned(),
    }
}
