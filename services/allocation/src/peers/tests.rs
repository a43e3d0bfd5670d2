//! The verifier's answers over a pipe, as the ports give them.

use std::pin::Pin;

use futures::Stream;
use kit::{Ambient, ErrorCode, Failure, MachineId, ServiceName, TenantId};
use proto::convert::status_of;
use proto::v1::verifier_server::{Verifier, VerifierServer};
use proto::v1::{self, AllocationRequest, CallerReply, CheckRequest, ClosuresRequest, MachineRequest, TenantRequest};
use tonic::{Request, Response, Status};
use wire::drain::Drain;
use wire::service::Grpc;
use wire::{Allow, Pipes};

use super::{VerifiedCatalogue, VerifiedTenants};
use crate::fixtures;
use crate::ports::{Catalogue as _, Tenants as _};

/// Knows one tenant, and three machines: one that is offered, one that is not, one that is gone.
#[derive(Clone)]
struct Knows {
    tenant: TenantId,
    offered: MachineId,
    inactive: MachineId,
    deleted: MachineId,
}

#[tonic::async_trait]
impl Verifier for Knows {
    async fn check(&self, _: Request<CheckRequest>) -> Result<Response<CallerReply>, Status> {
        Err(Status::unimplemented("not asked for here"))
    }

    async fn machine(&self, request: Request<MachineRequest>) -> Result<Response<v1::Machine>, Status> {
        let id = request.into_inner().id;
        let is = |machine: MachineId| id == machine.to_string();
        if ![self.offered, self.inactive, self.deleted].into_iter().any(is) {
            return Err(status_of(&Failure::of(ErrorCode::MachineNotFound)));
        }
        let (active, deleted) = (!is(self.inactive), is(self.deleted));
        let spec = Some((&fixtures::redis()).into());
        Ok(Response::new(v1::Machine { id: id.clone(), revision: 7, active, deleted, spec, ..v1::Machine::default() }))
    }

    async fn allocation(&self, _: Request<AllocationRequest>) -> Result<Response<v1::Allocation>, Status> {
        Err(Status::unimplemented("not asked for here"))
    }

    async fn tenant(&self, request: Request<TenantRequest>) -> Result<Response<v1::TenantReply>, Status> {
        let id = request.into_inner().id;
        if id == self.tenant.to_string() {
            return Ok(Response::new(v1::TenantReply { id, ..v1::TenantReply::default() }));
        }
        Err(status_of(&Failure::of(ErrorCode::TenantNotFound)))
    }

    type ClosuresStream = Pin<Box<dyn Stream<Item = Result<v1::Closure, Status>> + Send>>;

    async fn closures(&self, _: Request<ClosuresRequest>) -> Result<Response<Self::ClosuresStream>, Status> {
        Err(Status::unimplemented("not asked for here"))
    }
}

fn verifier(ambient: &Ambient) -> (Knows, wire::Peer) {
    let knows = Knows {
        tenant: TenantId::mint(ambient),
        offered: MachineId::mint(ambient),
        inactive: MachineId::mint(ambient),
        deleted: MachineId::mint(ambient),
    };
    let (pipes, me) = (Pipes::default(), &[ServiceName::Allocation]);
    let routes = tonic::service::Routes::new(VerifierServer::new(knows.clone()));
    let allow = Allow::methods(&[("/berth.v1.Verifier/Machine", me), ("/berth.v1.Verifier/Tenant", me)]);
    pipes.serve(ServiceName::Verifier, Grpc { routes, allow }, &Drain::default()).unwrap();
    (knows, pipes.connect(ServiceName::Allocation, ServiceName::Verifier))
}

#[tokio::test]
async fn a_tenant_that_the_verifier_knows_is_there_and_no_other() {
    let ambient = Ambient::system();
    let (knows, peer) = verifier(&ambient);
    let tenants = VerifiedTenants::new(&peer);
    tenants.require(knows.tenant).await.unwrap();
    assert_eq!(tenants.require(TenantId::mint(&ambient)).await.unwrap_err().code, ErrorCode::TenantNotFound);
}

#[tokio::test]
async fn a_machine_is_had_whole_where_it_is_offered() {
    let ambient = Ambient::system();
    let (knows, peer) = verifier(&ambient);
    let catalogue = VerifiedCatalogue::new(&peer);
    let machine = catalogue.machine(knows.offered).await.unwrap();
    assert_eq!((machine.id, machine.revision, machine.spec), (knows.offered, 7, fixtures::redis()));
    for (id, code) in [
        (knows.inactive, ErrorCode::MachineInactive),
        (knows.deleted, ErrorCode::MachineNotFound),
        (MachineId::mint(&ambient), ErrorCode::MachineNotFound),
    ] {
        assert_eq!(catalogue.machine(id).await.unwrap_err().code, code);
    }
}
