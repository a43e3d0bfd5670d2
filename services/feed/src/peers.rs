//! The catalogue, asked of the verifier over gRPC.

use async_trait::async_trait;
use kit::{Failure, MachineId};
use proto::convert::failure_of;
use proto::v1::MachineRequest;
use proto::v1::verifier_client::VerifierClient;
use wire::Peer;
use wire::peer::Calls;

use crate::ports::Catalogue;

pub struct VerifierCatalogue(VerifierClient<Calls>);

impl VerifierCatalogue {
    pub fn new(verifier: &Peer) -> Self {
        Self(VerifierClient::new(verifier.calls()))
    }
}

#[async_trait]
impl Catalogue for VerifierCatalogue {
    async fn require(&self, machine: MachineId) -> Result<(), Failure> {
        let request = MachineRequest { id: machine.to_string(), revision: None };
        self.0.clone().machine(request).await.map(drop).map_err(|status| failure_of(&status))
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;

    use super::*;
    use futures::Stream;
    use kit::{Ambient, ErrorCode, ServiceName};
    use proto::convert::status_of;
    use proto::v1::verifier_server::{Verifier, VerifierServer};
    use proto::v1::{
        Allocation, AllocationRequest, CallerReply, CheckRequest, Closure, ClosuresRequest, Machine, TenantReply,
        TenantRequest,
    };
    use tonic::{Request, Response, Status};
    use wire::drain::Drain;
    use wire::service::Grpc;
    use wire::{Allow, Pipes};

    /// Knows one machine.
    struct Knows(MachineId);

    #[tonic::async_trait]
    impl Verifier for Knows {
        async fn check(&self, _: Request<CheckRequest>) -> Result<Response<CallerReply>, Status> {
            Err(Status::unimplemented("not asked for here"))
        }

        async fn machine(&self, request: Request<MachineRequest>) -> Result<Response<Machine>, Status> {
            let id = request.into_inner().id;
            if id == self.0.to_string() {
                return Ok(Response::new(Machine { id, ..Machine::default() }));
            }
            Err(status_of(&Failure::of(ErrorCode::MachineNotFound)))
        }

        async fn allocation(&self, _: Request<AllocationRequest>) -> Result<Response<Allocation>, Status> {
            Err(Status::unimplemented("not asked for here"))
        }

        async fn tenant(&self, _: Request<TenantRequest>) -> Result<Response<TenantReply>, Status> {
            Err(Status::unimplemented("not asked for here"))
        }

        type ClosuresStream = Pin<Box<dyn Stream<Item = Result<Closure, Status>> + Send>>;

        async fn closures(&self, _: Request<ClosuresRequest>) -> Result<Response<Self::ClosuresStream>, Status> {
            Err(Status::unimplemented("not asked for here"))
        }
    }

    #[tokio::test]
    async fn a_machine_that_the_verifier_knows_is_there_and_no_other() {
        let (ambient, pipes) = (Ambient::system(), Pipes::default());
        let known = MachineId::mint(&ambient);
        let routes = tonic::service::Routes::new(VerifierServer::new(Knows(known)));
        let allow = Allow::methods(&[("/berth.v1.Verifier/Machine", &[ServiceName::Feed])]);
        pipes.serve(ServiceName::Verifier, Grpc { routes, allow }, &Drain::default()).unwrap();
        let catalogue = VerifierCatalogue::new(&pipes.connect(ServiceName::Feed, ServiceName::Verifier));
        catalogue.require(known).await.unwrap();
        let refused = catalogue.require(MachineId::mint(&ambient)).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::MachineNotFound);
    }
}
