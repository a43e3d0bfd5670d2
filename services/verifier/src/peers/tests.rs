//! The owners over the pipes that services talk through: what is missing is `None`, what fails is told.

use kit::{Ambient, ServiceName, SessionId};
use proto::convert::status_of;
use proto::v1::allocations_server::{Allocations, AllocationsServer};
use proto::v1::machines_server::{Machines, MachinesServer};
use proto::v1::users_server::{Users, UsersServer};
use proto::v1::{ClosedSinceReply, SigningKeysReply, SigningKeysRequest};
use tonic::Request;
use wire::drain::Drain;
use wire::service::Grpc;
use wire::{Allow, Pipes};

use super::*;
use crate::samples;

/// Owns what it was given, and nothing else.
#[derive(Clone)]
struct Owner {
    user: v1::User,
    machine: v1::Machine,
    allocation: v1::Allocation,
    closure: v1::Closure,
    broken: bool,
}

impl Owner {
    fn give<T>(&self, wanted: &str, id: &str, item: T, missing: ErrorCode) -> Result<Response<T>, Status> {
        match (self.broken, wanted == id) {
            (true, _) => Err(status_of(&Failure::of(ErrorCode::StoreUnavailable))),
            (false, true) => Ok(Response::new(item)),
            (false, false) => Err(status_of(&Failure::of(missing))),
        }
    }
}

#[tonic::async_trait]
impl Users for Owner {
    async fn find(&self, request: Request<FindUserRequest>) -> Result<Response<v1::User>, Status> {
        self.give(&request.get_ref().id, &self.user.id, self.user.clone(), ErrorCode::UserNotFound)
    }

    async fn signing_keys(&self, _: Request<SigningKeysRequest>) -> Result<Response<SigningKeysReply>, Status> {
        Err(Status::unimplemented("not asked for here"))
    }

    async fn resolve_key(&self, request: Request<ResolveKeyRequest>) -> Result<Response<v1::ApiKey>, Status> {
        let key = v1::ApiKey {
            id: self.user.id.clone(),
            user_id: self.user.id.clone(),
            tenant_id: self.user.tenant_id.clone(),
            scopes: vec!["logs:read".to_owned(), "moon:read".to_owned()],
            ..v1::ApiKey::default()
        };
        let known = if request.get_ref().hash == [7; 32] { "known" } else { "unknown" };
        self.give(known, "known", key, ErrorCode::Unauthenticated)
    }

    async fn closed_since(&self, request: Request<ClosedSinceRequest>) -> Result<Response<ClosedSinceReply>, Status> {
        let news = request.get_ref().cursor < self.closure.cursor;
        Ok(Response::new(ClosedSinceReply { closures: news.then(|| self.closure.clone()).into_iter().collect() }))
    }
}

#[tonic::async_trait]
impl Machines for Owner {
    async fn find(&self, request: Request<FindMachineRequest>) -> Result<Response<v1::Machine>, Status> {
        self.give(&request.get_ref().id, &self.machine.id, self.machine.clone(), ErrorCode::MachineNotFound)
    }
}

#[tonic::async_trait]
impl Allocations for Owner {
    async fn find(&self, request: Request<FindAllocationRequest>) -> Result<Response<v1::Allocation>, Status> {
        self.give(&request.get_ref().id, &self.allocation.id, self.allocation.clone(), ErrorCode::AllocationNotFound)
    }

    async fn of_tenant(&self, _: Request<v1::OfTenantRequest>) -> Result<Response<v1::OfTenantReply>, Status> {
        Err(Status::unimplemented("not asked for here"))
    }

    async fn settle(&self, _: Request<v1::SettleRequest>) -> Result<Response<v1::SettleReply>, Status> {
        Err(Status::unimplemented("not asked for here"))
    }

    async fn last_lines(&self, _: Request<v1::LastLinesRequest>) -> Result<Response<v1::LastLinesReply>, Status> {
        Err(Status::unimplemented("not asked for here"))
    }
}

struct Wired {
    owners: GrpcOwners,
    ambient: Ambient,
    user: UserId,
    owner: Owner,
}

fn owner(ambient: &Ambient, broken: bool) -> Owner {
    let (person, machine) = (samples::person(ambient), samples::machine(ambient, 1));
    let (allocation, user_id) = (samples::allocation(ambient, 1), person.user.to_string());
    Owner {
        user: v1::User {
            id: user_id.clone(),
            tenant_id: person.tenant.to_string(),
            verified: true,
            revision: 4,
            ..v1::User::default()
        },
        machine: v1::Machine { id: machine.id.to_string(), revision: 5, ..v1::Machine::default() },
        allocation: v1::Allocation {
            id: allocation.id.to_string(),
            tenant_id: allocation.tenant.to_string(),
            revision: 6,
            ..v1::Allocation::default()
        },
        closure: v1::Closure { cursor: 7, session_id: String::new(), user_id, at: 8, reason: "deleted".into() },
        broken,
    }
}

/// One process that is user, machines and allocation at once.
fn wired(broken: bool) -> Wired {
    let (pipes, ambient) = (Pipes::default(), Ambient::system());
    let owner = owner(&ambient, broken);
    let routes = tonic::service::Routes::new(UsersServer::new(owner.clone()))
        .add_service(MachinesServer::new(owner.clone()))
        .add_service(AllocationsServer::new(owner.clone()));
    let only: &[ServiceName] = &[ServiceName::Verifier];
    let methods = ["Users/Find", "Users/ClosedSince", "Users/ResolveKey", "Machines/Find", "Allocations/Find"];
    let methods = methods.map(|method| format!("/berth.v1.{method}"));
    let allow: Vec<(&str, &[ServiceName])> = methods.iter().map(|method| (method.as_str(), only)).collect();
    pipes.serve(ServiceName::User, Grpc { routes, allow: Allow::methods(&allow) }, &Drain::default()).unwrap();
    let peer = pipes.connect(ServiceName::Verifier, ServiceName::User);
    let user = owner.user.id.parse().unwrap();
    Wired { owners: GrpcOwners::new(&peer, &peer, &peer), ambient, user, owner }
}

#[tokio::test]
async fn what_an_owner_has_is_given_and_what_it_has_not_is_none() {
    let Wired { owners, ambient, user, owner } = wired(false);
    let person = owners.person(user).await.unwrap().unwrap();
    assert_eq!((person.user, person.verified, person.revision), (user, true, 4));
    let machine = owners.machine(owner.machine.id.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((machine.revision, crate::events::decode(&machine.message).unwrap()), (5, owner.machine));
    let allocation = owners.allocation(owner.allocation.id.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((allocation.tenant.to_string(), allocation.revision), (owner.allocation.tenant_id, 6));
    assert_eq!(owners.person(UserId::mint(&ambient)).await.unwrap(), None);
    assert_eq!(owners.machine(MachineId::mint(&ambient)).await.unwrap(), None);
    assert_eq!(owners.allocation(AllocationId::mint(&ambient)).await.unwrap(), None);
}

#[tokio::test]
async fn a_failing_owner_is_not_taken_for_one_that_has_nothing() {
    let Wired { owners, user, owner, .. } = wired(true);
    assert_eq!(owners.person(user).await.unwrap_err().code, ErrorCode::StoreUnavailable);
    let machine = owners.machine(owner.machine.id.parse().unwrap()).await;
    assert_eq!(machine.unwrap_err().code, ErrorCode::StoreUnavailable);
}

#[tokio::test]
async fn closings_come_behind_a_cursor_and_an_empty_session_means_all() {
    let Wired { owners, user, .. } = wired(false);
    let closures = owners.closed_since(6, 10).await.unwrap();
    let expected = Closure {
        cursor: 7,
        session: None::<SessionId>,
        user,
        at: Timestamp::from_micros(8),
        reason: "deleted".into(),
    };
    assert_eq!(closures, [expected]);
    assert_eq!(owners.closed_since(7, 10).await.unwrap(), []);
}

#[tokio::test]
async fn a_key_comes_with_the_scopes_that_are_known_here() {
    let wired = wired(false);
    let key = wired.owners.api_key(&[7; 32]).await.unwrap().unwrap();
    assert_eq!((key.user, key.scopes), (wired.user, vec![kit::Scope::LogsRead]));
    assert_eq!(wired.owners.api_key(&[8; 32]).await.unwrap(), None);
}
