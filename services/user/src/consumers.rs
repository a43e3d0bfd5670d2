//! Collects what all services record of who did what into the one audit list.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use bus::audit::RECORDED;
pub use bus::audit::TOPICS;
use bus::{Consumer, DeadLetter, Event, Record, Topic};
use kit::{Act, Failure, Timestamp};
use prost::Message as _;
use proto::convert::id;
use proto::v1::AuditRecorded;

use crate::domain::AuditEntry;
use crate::ports::{AuditArchive, AuditBatch};

const NAME: &str = "user.audit";

/// Turns `audit.recorded` into entries.
pub struct AuditCollector {
    pub archive: Arc<dyn AuditArchive>,
}

#[async_trait]
impl Consumer for AuditCollector {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn position(&self, topic: Topic) -> Result<u64, Failure> {
        self.archive.position(NAME, topic).await
    }

    async fn apply(&self, topic: Topic, records: Vec<Record>) -> Result<Vec<DeadLetter>, Failure> {
        let Some(up_to) = records.last().map(|record| record.position) else { return Ok(Vec::new()) };
        let mut batch = AuditBatch { topic, up_to, entries: Vec::new(), unreadable: Vec::new() };
        for record in records.into_iter().filter(|record| record.event.kind == RECORDED) {
            match entry(&record.event) {
                Ok(entry) => batch.entries.push(entry),
                Err(failure) => {
                    tracing::error!(subject = record.event.subject, %failure, "put an act aside");
                    metrics::counter!("berth_bus_dead_letters_total", "consumer" => NAME).increment(1);
                    batch.unreadable.push(DeadLetter { record, reason: failure.to_string() });
                }
            }
        }
        let letters = batch.unreadable.clone();
        self.archive.take(NAME, batch).await?;
        Ok(letters)
    }
}

fn entry(event: &Event) -> Result<AuditEntry, Failure> {
    let told = AuditRecorded::decode(event.data.as_slice()).map_err(Failure::internal)?;
    let address = told.address.as_deref().map(str::parse).transpose();
    let actor = Some(told.actor.as_str()).filter(|actor| !actor.is_empty());
    Ok(AuditEntry {
        id: id(&told.id, "id")?,
        at: Timestamp::from_micros(told.at),
        act: Act {
            action: told.action,
            actor: actor.map(|actor| id(actor, "actor")).transpose()?,
            key: told.key.as_deref().map(|key| id(key, "key")).transpose()?,
            as_admin: told.as_admin,
            tenant: told.tenant_id.as_deref().map(|tenant| id(tenant, "tenant_id")).transpose()?,
            subject_kind: told.subject_kind,
            subject_id: told.subject_id,
            address: address.map_err(|_| Failure::invalid("address", "`address` is not an address"))?,
            request_id: told.request_id,
            details: told.details.into_iter().collect(),
        },
    })
}
