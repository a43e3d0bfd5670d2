//! A message to a person: where it goes and what it says is found out when it is sent.

use kit::{Again, ErrorCode, Failure, Timestamp};

use super::{Delivering, Done, Tried};
use crate::domain::layout::{Envelope, mail, short};
use crate::domain::letter::Material;
use crate::domain::{Channel, Contact, Delivery, Kind, Letter};

/// How many lines of its log a failed allocation's mail ends with.
const LOG_LINES: u32 = 10;
/// So often a log that cannot be had is waited for; then the mail goes without it.
const LOG_ATTEMPTS: u32 = 4;

pub async fn send(with: &Delivering, delivery: &Delivery, kind: Kind, at: Timestamp) -> Tried {
    let (contact, to) = match recipient(with, delivery, kind).await {
        Ok((contact, Some(to))) => (contact, to),
        Ok((_, None)) => return Ok(Done::Unwanted).into(),
        Err(failure) => return Err(failure).into(),
    };
    let result = hand_over(with, delivery, kind, (contact.as_ref(), &to), at).await;
    Tried { recipient: Some(to), ..result.map(|()| Done::Sent).into() }
}

async fn recipient(
    with: &Delivering,
    delivery: &Delivery,
    kind: Kind,
) -> Result<(Option<Contact>, Option<String>), Failure> {
    let reached = with.contacts.reach(delivery.user).await?;
    let chosen = with.preferences.of(delivery.user).await?;
    let to = reached.recipient(delivery, kind, &chosen)?;
    Ok((reached.contact().cloned(), to))
}

async fn hand_over(
    with: &Delivering,
    delivery: &Delivery,
    kind: Kind,
    (contact, to): (Option<&Contact>, &str),
    at: Timestamp,
) -> Result<(), Failure> {
    let letter = write(with, delivery, kind, at).await?;
    let (id, first_name) = (delivery.id.to_string(), delivery.greeted(contact));
    let envelope = Envelope { id: &id, to, first_name, at: delivery.created_at };
    match (delivery.channel, &with.sms) {
        (Channel::Email, _) => with.mailer.send(&mail(envelope, &letter)).await,
        (Channel::Sms, Some(gateway)) => gateway.send(&short(envelope, &letter)).await,
        (Channel::Sms, None) => Err(Failure::of(ErrorCode::NoGateway)),
        (Channel::Webhook, _) => Err(Failure::internal("a person is no webhook")),
    }
}

async fn write(with: &Delivering, delivery: &Delivery, kind: Kind, at: Timestamp) -> Result<Letter, Failure> {
    let code = if kind.is_code() { open(with, delivery)? } else { String::new() };
    let log = if kind == Kind::AllocationFailed { log(with, delivery).await? } else { Vec::new() };
    let material = Material {
        facts: &delivery.facts,
        code: &code,
        valid_for: delivery.expires_at.since(at),
        occurred_at: delivery.occurred_at,
        log: &log,
        public_url: with.public_url.as_deref(),
    };
    Ok(Letter::write(kind, &material))
}

fn open(with: &Delivering, delivery: &Delivery) -> Result<String, Failure> {
    let context = delivery.cause.to_string();
    let code = with.codes.open(context.as_bytes(), &delivery.sealed_code).map_err(Failure::internal)?;
    String::from_utf8(code).map_err(|_| Failure::internal("a sealed code is no text"))
}

/// The last lines of a failed allocation, for its mail. That they cannot be had holds the mail up a few times only.
async fn log(with: &Delivering, delivery: &Delivery) -> Result<Vec<String>, Failure> {
    let Some(allocation) = delivery.facts.allocation().filter(|_| delivery.channel == Channel::Email) else {
        return Ok(Vec::new());
    };
    match with.logs.last_lines(&allocation.tenant_id, &allocation.id, LOG_LINES).await {
        Err(failure) if delivery.attempts < LOG_ATTEMPTS && failure.again() != Again::No => Err(failure),
        lines => Ok(lines.unwrap_or_default()),
    }
}
