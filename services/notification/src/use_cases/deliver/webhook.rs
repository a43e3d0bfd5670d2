//! An event to a user's receiver, and what its answer means for the webhook.

use kit::{ErrorCode, Failure, Timestamp, WebhookId};

use super::{Delivering, Done, Tried};
use crate::domain::{Delivery, EventType, Health, Webhook};
use crate::ports::Call;

pub async fn send(
    with: &Delivering,
    delivery: &Delivery,
    webhook: WebhookId,
    event: EventType,
    at: Timestamp,
) -> Tried {
    let webhook = match with.webhooks.find(delivery.user, webhook).await {
        Ok(Some(webhook)) if webhook.active || event == EventType::WebhookTest => webhook,
        Ok(_) => return Ok(Done::Unwanted).into(),
        Err(failure) => return Err(failure).into(),
    };
    let answer = with.sender.send(&call(&webhook, delivery, event, at)).await;
    let status = answer.as_ref().ok().copied();
    let (result, health) = judged(answer);
    Tried { result, recipient: Some(webhook.origin().to_owned()), status, health }
}

fn call(webhook: &Webhook, delivery: &Delivery, event: EventType, at: Timestamp) -> Call {
    Call {
        url: webhook.url.clone(),
        id: delivery.id.to_string(),
        kind: event.as_str(),
        occurred_at: delivery.occurred_at,
        facts: delivery.facts.clone(),
        secrets: webhook.signing(at).into_iter().cloned().collect(),
        at,
    }
}

/// 2xx is taken. A redirect is a refusal, because where it leads was not checked. 410 ends the webhook. Anything else may
/// pass: a receiver that is being changed answers with all sorts of errors. What failed on our side says nothing of it.
fn judged(answer: Result<u16, Failure>) -> (Result<Done, Failure>, Option<Health>) {
    let refused = |status: u16| Failure::of(ErrorCode::WebhookRefused).operator(format!("HTTP {status}"));
    match answer {
        Ok(200..=299) => (Ok(Done::Sent), Some(Health::Well)),
        Ok(410) => (Err(refused(410)), Some(Health::Gone)),
        Ok(status @ 300..=399) => (Err(refused(status)), Some(Health::Failed)),
        Ok(status) => (Err(refused(status).retry_after(1)), Some(Health::Failed)),
        Err(failure) => {
            let theirs = matches!(failure.code, ErrorCode::WebhookUnreachable | ErrorCode::WebhookUrlForbidden);
            (Err(failure), theirs.then_some(Health::Failed))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kit::Again;

    #[test]
    fn answers_mean_what_their_status_says() {
        let table = [
            (200, true, Health::Well, false),
            (204, true, Health::Well, false),
            (301, false, Health::Failed, false),
            (404, false, Health::Failed, true),
            (410, false, Health::Gone, false),
            (429, false, Health::Failed, true),
            (500, false, Health::Failed, true),
        ];
        for (status, sent, expected, again) in table {
            let (result, health) = judged(Ok(status));
            assert_eq!((result.is_ok(), health), (sent, Some(expected)), "{status}");
            assert_eq!(result.err().is_some_and(|failure| failure.again() != Again::No), again, "{status}");
        }
    }

    #[test]
    fn what_fails_on_our_side_is_not_the_receivers_fault() {
        let health = |code| judged(Err(Failure::of(code))).1;
        for theirs in [ErrorCode::WebhookUnreachable, ErrorCode::WebhookUrlForbidden] {
            assert_eq!(health(theirs), Some(Health::Failed), "{theirs}");
        }
        for ours in [ErrorCode::PeerUnavailable, ErrorCode::Busy, ErrorCode::Internal] {
            assert_eq!(health(ours), None, "{ours}");
        }
    }
}
