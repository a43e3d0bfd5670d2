//! That a webhook was turned off by the platform, which its owner cannot see from outside.

use super::{open, text, told};
use crate::domain::letter::{Block, Letter, Material};
use crate::domain::text::moment;
use crate::domain::webhook::Verdict;

pub fn disabled(material: &Material<'_>) -> Letter {
    let url = told(material.facts, "url").unwrap_or_default();
    let why = match Verdict::parse(material.facts.detail("reason")) {
        Some(Verdict::Gone) => "Its receiver answered that it is gone for good (HTTP 410).",
        Some(Verdict::Failing) | None => "For five days no delivery to it succeeded.",
    };
    let mut blocks = vec![
        text("One of your webhooks is turned off."),
        Block::Facts(vec![("Receiver", url), ("Reason", why.to_owned()), ("When", moment(material.occurred_at))]),
        text("Events of the time in between are not sent later. Turn it on again once the receiver answers."),
    ];
    blocks.extend(open(material));
    Letter {
        subject: "A webhook of yours is turned off".to_owned(),
        blocks,
        short: format!("Berth: one of your webhooks is turned off. {why}"),
    }
}
