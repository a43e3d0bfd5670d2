//! The owners, asked over gRPC.

#[cfg(test)]
mod tests;

use std::time::Duration;

use async_trait::async_trait;
use kit::{AllocationId, ErrorCode, Failure, MachineId, Timestamp, UserId};
use proto::convert::{failure_of, id};
use proto::v1::allocations_client::AllocationsClient;
use proto::v1::machines_client::MachinesClient;
use proto::v1::users_client::UsersClient;
use proto::v1::{
    self, ClosedSinceRequest, FindAllocationRequest, FindMachineRequest, FindUserRequest, ResolveKeyRequest,
};
use tonic::{Response, Status};
use wire::Peer;
use wire::peer::{Calls, within};

use crate::domain::{AllocationCopy, Closure, Key, MachineCopy, Person};
use crate::events::{allocation_copy, key, machine_copy, person};
use crate::ports::{ClosureFeed, Owners};

/// A caller waits for the answer, who waits for at most 10 s.
const DEADLINE: Duration = Duration::from_secs(2);

pub struct GrpcOwners {
    users: UsersClient<Calls>,
    machines: MachinesClient<Calls>,
    allocations: AllocationsClient<Calls>,
}

impl GrpcOwners {
    pub fn new(user: &Peer, machines: &Peer, allocation: &Peer) -> Self {
        Self {
            users: UsersClient::new(user.calls()),
            machines: MachinesClient::new(machines.calls()),
            allocations: AllocationsClient::new(allocation.calls()),
        }
    }
}

#[async_trait]
impl Owners for GrpcOwners {
    async fn person(&self, user: UserId) -> Result<Option<Person>, Failure> {
        let request = within(DEADLINE, FindUserRequest { id: user.to_string() });
        let found = found(self.users.clone().find(request).await, ErrorCode::UserNotFound)?;
        found.as_ref().map(person).transpose()
    }

    async fn api_key(&self, hash: &[u8]) -> Result<Option<Key>, Failure> {
        let request = within(DEADLINE, ResolveKeyRequest { hash: hash.to_vec() });
        let found = found(self.users.clone().resolve_key(request).await, ErrorCode::Unauthenticated)?;
        found.as_ref().map(key).transpose()
    }

    async fn machine(&self, id: MachineId) -> Result<Option<MachineCopy>, Failure> {
        let request = within(DEADLINE, FindMachineRequest { id: id.to_string() });
        let found = found(self.machines.clone().find(request).await, ErrorCode::MachineNotFound)?;
        found.as_ref().map(machine_copy).transpose()
    }

    async fn allocation(&self, id: AllocationId) -> Result<Option<AllocationCopy>, Failure> {
        let request = within(DEADLINE, FindAllocationRequest { id: id.to_string() });
        let found = found(self.allocations.clone().find(request).await, ErrorCode::AllocationNotFound)?;
        found.as_ref().map(allocation_copy).transpose()
    }
}

#[async_trait]
impl ClosureFeed for GrpcOwners {
    async fn closed_since(&self, cursor: u64, limit: u32) -> Result<Vec<Closure>, Failure> {
        let request = within(DEADLINE, ClosedSinceRequest { cursor, limit });
        let reply = self.users.clone().closed_since(request).await.map_err(|status| failure_of(&status))?;
        reply.into_inner().closures.into_iter().map(closure).collect()
    }
}

fn found<T>(answer: Result<Response<T>, Status>, missing: ErrorCode) -> Result<Option<T>, Failure> {
    match answer.map_err(|status| failure_of(&status)) {
        Ok(response) => Ok(Some(response.into_inner())),
        Err(failure) if failure.code == missing => Ok(None),
        Err(failure) => Err(failure),
    }
}

fn closure(message: v1::Closure) -> Result<Closure, Failure> {
    let session = (!message.session_id.is_empty()).then(|| id(&message.session_id, "session_id"));
    Ok(Closure {
        cursor: message.cursor,
        session: session.transpose()?,
        user: id(&message.user_id, "user_id")?,
        at: Timestamp::from_micros(message.at),
        reason: message.reason,
    })
}
