//! How far the sending is behind, as a metric.

use std::time::Duration;

use kit::{Ambient, ServiceName};
use tokio_util::sync::CancellationToken;

use crate::mood::Mood;
use crate::ports::Outbox;

const EVERY: Duration = Duration::from_secs(15);

/// Looks until cancelled.
pub async fn report<O: Outbox + ?Sized>(
    outbox: &O,
    service: ServiceName,
    ambient: &Ambient,
    cancel: CancellationToken,
) {
    let mut mood = Mood::new(service.as_str(), "the outbox's lag is known again", "the outbox's lag could not be read");
    let rows = metrics::gauge!("berth_outbox_lag_rows", "service" => service.as_str());
    let seconds = metrics::gauge!("berth_outbox_lag_seconds", "service" => service.as_str());
    loop {
        if let Some(lag) = mood.heard(outbox.lag().await) {
            rows.set(lag.rows as f64);
            seconds.set(lag.oldest.map_or(0.0, |oldest| ambient.now().since(oldest).as_secs_f64()));
        }
        if cancel.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_none() {
            return;
        }
    }
}
