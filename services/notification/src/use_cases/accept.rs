//! Takes events in. Nothing is sent here: a row is the intent, the delivery tasks look for themselves.

use kit::Failure;

use crate::ports::{Batch, Inbox};

/// Keeps what a batch of events comes to, and what of it could not be read. Returns how many deliveries are new.
pub async fn accept(inbox: &dyn Inbox, consumer: &'static str, batch: Batch) -> Result<u64, Failure> {
    for letter in &batch.unreadable {
        let (event, reason) = (letter.record.event.id, &letter.reason);
        tracing::error!(event.id = %event, reason, "put an event aside");
    }
    inbox.take(consumer, batch).await
}
