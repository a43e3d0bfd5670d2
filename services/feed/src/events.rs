//! Messages of other services into what the feed keeps of them.

use bus::{Event, Topic};
use kit::Failure;
use prost::Message;
use proto::convert::{id, required};
use proto::v1;

use crate::domain::{Effect, Life, Person, shown_name};

/// What an event means to the feed.
pub enum Reading {
    Effect(Effect),
    /// An allocation that has not run yet.
    Nothing,
    /// A kind that is not known here.
    Unknown,
}

pub fn read(event: &Event) -> Result<Reading, Failure> {
    let data = event.data.as_slice();
    match (event.topic, event.kind.split('.').next().unwrap_or("")) {
        (Topic::User, "user") => {
            let user = required(decode::<v1::UserEvent>(data)?.user, "user")?;
            person(&user).map(Effect::Person).map(Reading::Effect)
        }
        (Topic::Allocation, "allocation") => {
            let allocation = required(decode::<v1::AllocationEvent>(data)?.allocation, "allocation")?;
            run(&allocation)
        }
        _ => Ok(Reading::Unknown),
    }
}

fn person(user: &v1::User) -> Result<Person, Failure> {
    let life = if user.deleted {
        Life::Gone
    } else if user.deleting {
        Life::Leaving
    } else {
        Life::Here(shown_name(&user.first_name, &user.last_name))
    };
    Ok(Person { user: id(&user.id, "user.id")?, life, revision: user.revision })
}

/// An allocation that was running once keeps the time of that start, whatever became of it.
fn run(allocation: &v1::Allocation) -> Result<Reading, Failure> {
    let user = id(&allocation.user_id, "allocation.user_id")?;
    let machine = id(&allocation.machine_id, "allocation.machine_id")?;
    let ran = allocation.started_at.is_some() || allocation.state == "running";
    Ok(if ran { Reading::Effect(Effect::HasRun(user, machine)) } else { Reading::Nothing })
}

fn decode<M: Message + Default>(data: &[u8]) -> Result<M, Failure> {
    M::decode(data).map_err(|error| Failure::internal(format!("a message cannot be read: {error}")))
}
