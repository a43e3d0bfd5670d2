//! What the catalogue announces: the machine's whole state after the change, and what of it is new.

use bus::{Event, Topic};
use kit::{Ambient, Failure, ServiceName};
use proto::v1;
use serde_json::Value;

use crate::domain::{Cause, Machine};

/// The event of a step from one revision to the next.
pub fn announce(ambient: &Ambient, before: Option<&Machine>, after: &Machine, cause: &Cause) -> Result<Event, Failure> {
    let kind = match before {
        None => "machine.created",
        Some(_) if after.deleted => "machine.deleted",
        Some(_) => "machine.updated",
    };
    let payload = v1::MachineEvent {
        machine: Some(message(after)),
        cause: Some(cause_message(cause)),
        changed: before.map_or_else(|| Ok(Vec::new()), |before| changed(before, after))?,
    };
    Ok(Event::new(ambient, Topic::Machine, ServiceName::Machines, kind, after.id, after.revision, &payload))
}

/// The event of a machine as it is, under the revision that it has. Nothing of it is said to have changed.
pub fn again(ambient: &Ambient, machine: &Machine) -> Event {
    let cause = Some(cause_message(&Cause::Platform));
    let payload = v1::MachineEvent { machine: Some(message(machine)), cause, changed: Vec::new() };
    let kind = bus::republish::kind(Topic::Machine, machine.deleted);
    Event::new(ambient, Topic::Machine, ServiceName::Machines, kind, machine.id, machine.revision, &payload)
}

/// A machine as other services see it.
pub fn message(machine: &Machine) -> v1::Machine {
    v1::Machine {
        id: machine.id.to_string(),
        spec: Some((&machine.offer.spec).into()),
        active: machine.offer.active,
        deleted: machine.deleted,
        created_at: machine.created_at.as_micros(),
        updated_at: machine.updated_at.as_micros(),
        revision: machine.revision,
    }
}

fn cause_message(cause: &Cause) -> v1::Cause {
    match cause {
        Cause::Admin(user, _) => v1::Cause { kind: "admin".to_owned(), actor: user.to_string() },
        Cause::Platform => v1::Cause { kind: "platform".to_owned(), actor: String::new() },
    }
}

/// The names of the top-level fields that differ.
pub fn changed(before: &Machine, after: &Machine) -> Result<Vec<String>, Failure> {
    let fields = |machine: &Machine| match serde_json::to_value(&machine.offer.spec) {
        Ok(Value::Object(mut fields)) => {
            fields.insert("active".to_owned(), machine.offer.active.into());
            fields.insert("deleted".to_owned(), machine.deleted.into());
            Ok(fields)
        }
        _ => Err(Failure::internal("a machine's description is no JSON object")),
    };
    let (before, after) = (fields(before)?, fields(after)?);
    let mut names: Vec<String> =
        before.keys().chain(after.keys()).filter(|name| before.get(*name) != after.get(*name)).cloned().collect();
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Offer;
    use crate::samples;
    use kit::Timestamp;
    use prost::Message as _;

    fn read(event: &Event) -> v1::MachineEvent {
        v1::MachineEvent::decode(event.data.as_slice()).unwrap()
    }

    #[test]
    fn an_update_names_what_changed() {
        let ambient = Ambient::system();
        let before = samples::machine(&ambient, "redis");
        let mut offer = Offer { active: false, ..before.offer.clone() };
        offer.spec.icon = Some("new".into());
        let after = before.update(offer, Timestamp::EPOCH).unwrap().unwrap();
        let event = announce(&ambient, Some(&before), &after, &Cause::Platform).unwrap();
        assert_eq!((event.kind.as_str(), event.revision), ("machine.updated", 2));
        assert_eq!(event.subject, after.id.to_string());
        assert_eq!(read(&event).changed, ["active", "icon"]);
    }

    #[test]
    fn a_deletion_is_an_event_with_the_whole_machine() {
        let ambient = Ambient::system();
        let before = samples::machine(&ambient, "redis");
        let after = before.delete(Timestamp::EPOCH);
        let event = announce(&ambient, Some(&before), &after, &Cause::Platform).unwrap();
        let machine = read(&event).machine.unwrap();
        assert_eq!(event.kind, "machine.deleted");
        assert!(machine.deleted && machine.spec.unwrap().name == "redis");
    }
}
