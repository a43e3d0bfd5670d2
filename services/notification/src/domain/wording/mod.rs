//! What each kind of message says.

mod account;
mod allocation;
mod codes;
mod webhook;

use super::facts::Facts;
use super::kind::Kind;
use super::letter::{Block, Letter, Material};
use super::text::{line, moment};

pub fn letter(kind: Kind, material: &Material<'_>) -> Letter {
    match kind {
        Kind::VerifyCode | Kind::ResetCode | Kind::EmailCode => codes::letter(kind, material),
        Kind::Welcome => account::welcome(material),
        Kind::Verified => account::verified(material),
        Kind::NewLogin => account::new_login(material),
        Kind::PasswordChanged => account::password_changed(material),
        Kind::EmailChanged => account::email_changed(material),
        Kind::PhoneProven => account::phone_proven(material),
        Kind::ApiKeyCreated => account::api_key_created(material),
        Kind::AccountSuspended => account::suspended(),
        Kind::AccountDeleted => account::deleted(),
        Kind::AllocationRunning => allocation::running(material),
        Kind::AllocationFailed => allocation::failed(material),
        Kind::AllocationRemoved => allocation::removed(material),
        Kind::WebhookDisabled => webhook::disabled(material),
    }
}

fn text(sentence: impl Into<String>) -> Block {
    Block::Text(sentence.into())
}

/// The button that opens the platform, where it is known how people reach it.
fn open(material: &Material<'_>) -> Option<Block> {
    material.public_url.map(|url| Block::Link { label: "Open Berth", url: url.to_owned() })
}

/// When it happened, with those details that came along under these names.
fn happened(material: &Material<'_>, names: &[(&'static str, &str)]) -> Block {
    Block::Facts(details(material, names))
}

fn details(material: &Material<'_>, names: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let mut facts = vec![("When", moment(material.occurred_at))];
    facts.extend(names.iter().filter_map(|(label, name)| told(material.facts, name).map(|value| (*label, value))));
    facts
}

/// A detail as one line; `None` where there is none.
fn told(facts: &Facts, name: &str) -> Option<String> {
    Some(line(facts.detail(name))).filter(|value| !value.is_empty())
}
