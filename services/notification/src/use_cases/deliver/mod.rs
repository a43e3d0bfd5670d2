//! Makes one attempt at a delivery. The claim was committed before, the outcome is recorded after: a crash between the
//! two repeats one message at most, under the same `Message-ID` or `webhook-id`.

mod message;
mod webhook;

use std::sync::Arc;
use std::time::Duration;

use kit::{Ambient, ErrorCode, Failure, SealingKey, Timestamp};

use crate::domain::{Attempt, Channel, Delivery, Health, Outcome, Subject};
use crate::ports::{Contacts, Deliveries, Ended, Logs, Mailer, Preferences, SmsGateway, WebhookSender, Webhooks};

/// Between two tries to record how an attempt ended; each is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// Where a pause would be this long, more time has passed than a hold lasts.
const LAST_PAUSE: Duration = Duration::from_secs(10);

/// What delivering needs.
#[derive(Clone)]
pub struct Delivering {
    pub deliveries: Arc<dyn Deliveries>,
    pub contacts: Arc<dyn Contacts>,
    pub preferences: Arc<dyn Preferences>,
    pub webhooks: Arc<dyn Webhooks>,
    pub mailer: Arc<dyn Mailer>,
    /// `None` where the platform sends no texts.
    pub sms: Option<Arc<dyn SmsGateway>>,
    pub sender: Arc<dyn WebhookSender>,
    pub logs: Arc<dyn Logs>,
    /// Shared with user, which seals what is opened here.
    pub codes: SealingKey,
    /// Where people reach the platform with a browser.
    pub public_url: Option<String>,
    pub ambient: Ambient,
}

/// How far an attempt came.
struct Tried {
    result: Result<Done, Failure>,
    recipient: Option<String>,
    status: Option<u16>,
    health: Option<Health>,
}

enum Done {
    Sent,
    /// Nobody wants it, so that there was nothing to do.
    Unwanted,
}

impl From<Result<Done, Failure>> for Tried {
    fn from(result: Result<Done, Failure>) -> Self {
        Self { result, recipient: None, status: None, health: None }
    }
}

/// Sends a claimed delivery and records how that ended.
pub async fn deliver(with: &Delivering, delivery: &Delivery) -> Result<Outcome, Failure> {
    let ended = attempt(with, delivery).await;
    let outcome = ended.attempt.outcome;
    record(with, delivery, ended).await?;
    count(delivery.channel, outcome, 1);
    Ok(outcome)
}

/// For `/metrics`: what may end badly is there from the beginning, or its first time would not be seen as an increase.
pub fn counted_from_zero() {
    for channel in [Channel::Email, Channel::Sms, Channel::Webhook] {
        for outcome in [Outcome::Sent, Outcome::Dead(ErrorCode::Internal)] {
            count(channel, outcome, 0);
        }
    }
}

fn count(channel: Channel, outcome: Outcome, by: u64) {
    let (channel, outcome) = (channel.as_str(), outcome.as_str());
    metrics::counter!("berth_notification_deliveries_total", "channel" => channel, "outcome" => outcome).increment(by);
}

/// What went out must not go out again because the database was away when that was to be recorded: it is asked for as long
/// as the hold is kept, which ends this too. Recording twice is recording once.
async fn record(with: &Delivering, delivery: &Delivery, ended: Ended) -> Result<(), Failure> {
    let mut pause = FIRST_PAUSE;
    loop {
        match with.deliveries.record(delivery, ended.clone(), with.ambient.now()).await {
            Err(failure) if failure.code == ErrorCode::StoreUnavailable && pause < LAST_PAUSE => {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            other => return other,
        }
    }
}

async fn attempt(with: &Delivering, delivery: &Delivery) -> Ended {
    let at = with.ambient.now();
    if delivery.is_expired(at) {
        return Outcome::Expired.into();
    }
    let tried = match (delivery.webhook, delivery.subject) {
        (Some(webhook), Subject::Event(event)) => webhook::send(with, delivery, webhook, event, at).await,
        (None, Subject::Message(kind)) => message::send(with, delivery, kind, at).await,
        (_, subject) => Err(Failure::internal(format!("{subject} goes nowhere"))).into(),
    };
    let outcome = match tried.result {
        Ok(done) => ended(delivery, &done),
        Err(failure) => missed(with, delivery, &failure, with.ambient.now()),
    };
    let attempt = Attempt { outcome, recipient: tried.recipient, status: tried.status };
    Ended { attempt, health: tried.health }
}

fn ended(delivery: &Delivery, done: &Done) -> Outcome {
    match done {
        Done::Sent => {
            let (id, channel) = (delivery.id, delivery.channel.as_str());
            tracing::info!(delivery.id = %id, kind = delivery.subject.as_str(), channel, "delivered message {id}");
            Outcome::Sent
        }
        Done::Unwanted => Outcome::Skipped,
    }
}

fn missed(with: &Delivering, delivery: &Delivery, failure: &Failure, at: Timestamp) -> Outcome {
    let outcome = delivery.after(failure, at, with.ambient.below(100));
    let (id, attempts) = (delivery.id, delivery.attempts);
    if let Outcome::Retry { at } = outcome {
        tracing::warn!(delivery.id = %id, attempts, %failure, "message {id} has to wait until {at}");
    } else {
        tracing::error!(delivery.id = %id, attempts, %failure, "gave message {id} up");
    }
    outcome
}

#[cfg(test)]
mod tests {
    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;

    #[test]
    fn the_first_message_that_is_given_up_is_an_increase() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let shown = |act: &dyn Fn()| {
            metrics::with_local_recorder(&recorder, act);
            recorder.handle().render()
        };
        let line =
            |count: u8| format!("berth_notification_deliveries_total{{channel=\"email\",outcome=\"dead\"}} {count}\n");
        assert!(shown(&counted_from_zero).contains(&line(0)));
        assert!(shown(&|| count(Channel::Email, Outcome::Dead(ErrorCode::Internal), 1)).contains(&line(1)));
    }
}
