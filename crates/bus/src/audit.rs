//! Acts for the audit list, announced with the change that they are about: a change without its act, or an act without its
//! change, cannot be committed.

use kit::{Act, Ambient, EventId, Failure, ServiceName, UserId};
use proto::v1::AuditRecorded;
use sql::Connection;

use crate::event::{Event, Topic};
use crate::outbox;

/// Where acts are recorded: the topics of the services that have any.
pub const TOPICS: [Topic; 5] = [
    Topic::Audit(ServiceName::User),
    Topic::Audit(ServiceName::Machines),
    Topic::Audit(ServiceName::Allocation),
    Topic::Audit(ServiceName::Feed),
    Topic::Audit(ServiceName::Notification),
];

/// The one kind of event on audit topics.
pub const RECORDED: &str = "audit.recorded";

/// Appends an act to the service's outbox, in the transaction of what was done.
pub async fn append(
    connection: &mut Connection,
    ambient: &Ambient,
    service: ServiceName,
    act: &Act,
) -> Result<(), Failure> {
    outbox::append(connection, &event(ambient, service, act)).await
}

/// The announcement of an act of now.
pub fn event(ambient: &Ambient, service: ServiceName, act: &Act) -> Event {
    let message = recorded(EventId::mint(ambient), ambient.now(), act);
    Event::new(ambient, Topic::Audit(service), service, RECORDED, message.id.clone(), 1, &message)
}

/// An act as it travels.
pub fn recorded(id: EventId, at: kit::Timestamp, act: &Act) -> AuditRecorded {
    AuditRecorded {
        id: id.to_string(),
        at: at.as_micros(),
        action: act.action.clone(),
        actor: act.actor.as_ref().map(UserId::to_string).unwrap_or_default(),
        key: act.key.map(|key| key.to_string()),
        as_admin: act.as_admin,
        tenant_id: act.tenant.map(|tenant| tenant.to_string()),
        subject_kind: act.subject_kind.clone(),
        subject_id: act.subject_id.clone(),
        address: act.address.map(|address| address.to_string()),
        request_id: act.request_id.clone(),
        details: act.details.clone().into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consume::Source as _;
    use crate::outbox::OutboxSource;
    use prost::Message as _;
    use sql::Database;

    #[tokio::test]
    async fn an_act_is_announced_with_the_change_and_not_without() {
        let directory = tempfile::tempdir().unwrap();
        let database = Database::open(&directory.path().join("t.db"), &[&crate::MIGRATIONS]).await.unwrap();
        for fails in [true, false] {
            let act = Act::anonymous("machine.update", "machine", "m").detail("name", "redis");
            let done = database.write(move |c| {
                Box::pin(async move {
                    append(c, &Ambient::system(), ServiceName::Machines, &act).await?;
                    if fails { Err(Failure::internal("no")) } else { Ok(()) }
                })
            });
            assert_eq!(done.await.is_err(), fails);
        }
        let source = OutboxSource::new(database, Topic::Audit(ServiceName::Machines));
        let found = source.after(0, 10).await.unwrap();
        let acts: Vec<_> = found.iter().map(|record| AuditRecorded::decode(&*record.event.data).unwrap()).collect();
        assert_eq!(acts.iter().map(|act| act.action.as_str()).collect::<Vec<_>>(), ["machine.update"]);
        assert_eq!(acts[0].details["name"], "redis");
    }
}
