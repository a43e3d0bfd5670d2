//! Makes one attempt at a delivery. The claim was committed before, the outcome is recorded after: a crash between the
//! two repeats one mail at most, under the same `Message-ID`.

use std::sync::Arc;

use kit::{Ambient, Failure, SealingKey, Timestamp};

use crate::domain::mail::code_mail;
use crate::domain::{Channel, Delivery, Mail, Outcome};
use crate::ports::{Deliveries, Mailer};

/// What delivering needs.
#[derive(Clone)]
pub struct Delivering {
    pub deliveries: Arc<dyn Deliveries>,
    pub mailer: Arc<dyn Mailer>,
    /// Shared with user, which seals what is opened here.
    pub codes: SealingKey,
    pub ambient: Ambient,
}

/// Sends a claimed delivery and records how that ended.
pub async fn deliver(with: &Delivering, delivery: &Delivery) -> Result<Outcome, Failure> {
    let outcome = attempt(with, delivery).await;
    with.deliveries.record(delivery.id, outcome, with.ambient.now()).await?;
    Ok(outcome)
}

async fn attempt(with: &Delivering, delivery: &Delivery) -> Outcome {
    let at = with.ambient.now();
    let sent = match delivery.channel {
        _ if delivery.is_expired(at) => return Outcome::Expired,
        Channel::Sms => Err(Failure::of(kit::ErrorCode::NoGateway)),
        Channel::Email => send(with, delivery, at).await,
    };
    match sent {
        Ok(()) => {
            tracing::info!(delivery.id = %delivery.id, kind = delivery.kind.as_str(), "delivered message {}", delivery.id);
            Outcome::Sent
        }
        Err(failure) => missed(delivery, &failure, with.ambient.now()),
    }
}

async fn send(with: &Delivering, delivery: &Delivery, at: Timestamp) -> Result<(), Failure> {
    let mail = compose(&with.codes, delivery, at)?;
    with.mailer.send(&mail).await
}

fn compose(codes: &SealingKey, delivery: &Delivery, at: Timestamp) -> Result<Mail, Failure> {
    let context = delivery.cause.to_string();
    let code = codes.open(context.as_bytes(), &delivery.sealed_code).map_err(Failure::internal)?;
    let code = String::from_utf8(code).map_err(|_| Failure::internal("a sealed code is no text"))?;
    Ok(code_mail(delivery, &code, at))
}

fn missed(delivery: &Delivery, failure: &Failure, at: Timestamp) -> Outcome {
    let outcome = delivery.after(failure, at);
    let (id, attempts) = (delivery.id, delivery.attempts);
    if let Outcome::Retry { at } = outcome {
        tracing::warn!(delivery.id = %id, attempts, %failure, "message {id} has to wait until {at}");
    } else {
        tracing::error!(delivery.id = %id, attempts, %failure, "gave message {id} up");
    }
    outcome
}
