//! Messages of other services into what the verifier keeps of them; used for events and for owners' answers alike.

use bus::{Event, Topic};
use kit::Failure;
use prost::Message;
use proto::convert::{id, required};
use proto::v1;

use crate::domain::{AllocationCopy, Effect, Key, MachineCopy, Person};

/// What an event does to the read model; `None` for a kind that is not known here.
pub fn effect(event: &Event) -> Result<Option<Effect>, Failure> {
    let data = event.data.as_slice();
    let effect = match (event.topic, event.kind.split('.').next().unwrap_or("")) {
        (Topic::User, "user") => {
            let user = required(decode::<v1::UserEvent>(data)?.user, "user")?;
            Effect::Person(person(&user)?)
        }
        (Topic::Machine, "machine") => {
            let machine = required(decode::<v1::MachineEvent>(data)?.machine, "machine")?;
            Effect::Machine(machine_copy(&machine)?)
        }
        (Topic::Allocation, "allocation") => {
            let allocation = required(decode::<v1::AllocationEvent>(data)?.allocation, "allocation")?;
            Effect::Allocation(allocation_copy(&allocation)?)
        }
        _ => return Ok(None),
    };
    Ok(Some(effect))
}

/// What a verdict needs of a user.
pub fn person(user: &v1::User) -> Result<Person, Failure> {
    Ok(Person {
        user: id(&user.id, "user.id")?,
        tenant: id(&user.tenant_id, "user.tenant_id")?,
        verified: user.verified,
        admin: user.admin,
        suspended: user.suspended,
        // Who asked to go is gone to everybody but those who clear up.
        deleted: user.deleted || user.deleting,
        revision: user.revision,
    })
}

pub fn machine_copy(machine: &v1::Machine) -> Result<MachineCopy, Failure> {
    Ok(MachineCopy {
        id: id(&machine.id, "machine.id")?,
        deleted: machine.deleted,
        revision: machine.revision,
        message: machine.encode_to_vec(),
    })
}

pub fn allocation_copy(allocation: &v1::Allocation) -> Result<AllocationCopy, Failure> {
    Ok(AllocationCopy {
        id: id(&allocation.id, "allocation.id")?,
        tenant: id(&allocation.tenant_id, "allocation.tenant_id")?,
        revision: allocation.revision,
        message: allocation.encode_to_vec(),
    })
}

/// A scope that a newer user knows opens nothing here.
pub fn key(key: &v1::ApiKey) -> Result<Key, Failure> {
    Ok(Key {
        id: id(&key.id, "key.id")?,
        user: id(&key.user_id, "key.user_id")?,
        tenant: id(&key.tenant_id, "key.tenant_id")?,
        scopes: key.scopes.iter().filter_map(|scope| scope.parse().ok()).collect(),
        expires_at: key.expires_at.map(kit::Timestamp::from_micros),
        user_revision: key.user_revision,
        resolved_at: kit::Timestamp::from_micros(key.resolved_at),
    })
}

/// A message out of its bytes.
pub fn decode<M: Message + Default>(data: &[u8]) -> Result<M, Failure> {
    M::decode(data).map_err(|error| Failure::internal(format!("a message cannot be read: {error}")))
}
