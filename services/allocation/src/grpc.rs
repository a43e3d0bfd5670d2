//! The allocation service as other services ask it.

use std::sync::Arc;

use kit::{AllocationId, ErrorCode, Failure, ServiceName};
use proto::convert::{id, status_of};
use proto::v1::allocations_server::{Allocations, AllocationsServer};
use proto::v1::{self, FindAllocationRequest};
use tonic::{Request, Response, Status};
use wire::Allow;
use wire::service::Grpc;

use crate::events::message;
use crate::ports::AllocationFleet;

/// Who may call what.
const ALLOW: &[(&str, &[ServiceName])] = &[("/berth.v1.Allocations/Find", &[ServiceName::Verifier])];

struct Answers {
    fleet: Arc<dyn AllocationFleet>,
    public_host: String,
}

/// The methods, with their allow-list.
pub fn grpc(fleet: Arc<dyn AllocationFleet>, public_host: String) -> Grpc {
    let server = AllocationsServer::new(Answers { fleet, public_host });
    Grpc { routes: tonic::service::Routes::new(server), allow: Allow::methods(ALLOW) }
}

#[tonic::async_trait]
impl Allocations for Answers {
    async fn find(&self, request: Request<FindAllocationRequest>) -> Result<Response<v1::Allocation>, Status> {
        let found = async {
            let id: AllocationId = id(&request.get_ref().id, "id")?;
            self.fleet.find(id).await?.ok_or_else(|| Failure::of(ErrorCode::AllocationNotFound))
        };
        let allocation = found.await.map_err(|failure| status_of(&failure))?;
        Ok(Response::new(message(&allocation, &self.public_host)))
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
