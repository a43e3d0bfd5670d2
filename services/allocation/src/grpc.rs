//! The allocation service as other services ask it: what it is about is named, and so is whose it is.

use std::future::Future;

use kit::{AllocationId, Failure, ServiceName};
use proto::convert::{id, status_of};
use proto::v1::allocations_server::{Allocations, AllocationsServer};
use proto::v1::{self, FindAllocationRequest};
use tonic::{Request, Response, Status};
use wire::Allow;
use wire::service::Grpc;

use crate::domain::settlement::Settlement;
use crate::events::message;
use crate::use_cases::Desk;
use crate::use_cases::last_lines::last_lines;
use crate::use_cases::settle::settle;

/// Who may call what.
const ALLOW: &[(&str, &[ServiceName])] = &[
    ("/berth.v1.Allocations/Find", &[ServiceName::Verifier]),
    ("/berth.v1.Allocations/OfTenant", &[ServiceName::User]),
    ("/berth.v1.Allocations/Settle", &[ServiceName::User]),
    ("/berth.v1.Allocations/LastLines", &[ServiceName::Notification]),
];

struct Answers(Desk);

/// The methods, with their allow-list.
pub fn grpc(desk: Desk) -> Grpc {
    let server = AllocationsServer::new(Answers(desk));
    Grpc { routes: tonic::service::Routes::new(server), allow: Allow::methods(ALLOW) }
}

async fn answer<T>(work: impl Future<Output = Result<T, Failure>> + Send) -> Result<Response<T>, Status> {
    work.await.map(Response::new).map_err(|failure| status_of(&failure))
}

#[tonic::async_trait]
impl Allocations for Answers {
    async fn find(&self, request: Request<FindAllocationRequest>) -> Result<Response<v1::Allocation>, Status> {
        answer(async {
            let found = self.0.overseer.find(id::<AllocationId>(&request.get_ref().id, "id")?).await?;
            Ok(message(&found, &self.0.public_host))
        })
        .await
    }

    async fn of_tenant(&self, request: Request<v1::OfTenantRequest>) -> Result<Response<v1::OfTenantReply>, Status> {
        answer(async {
            let found = self.0.overseer.of_tenant(id(&request.get_ref().tenant_id, "tenant_id")?).await?;
            let messages = found.iter().map(|allocation| message(allocation, &self.0.public_host));
            Ok(v1::OfTenantReply { allocations: messages.collect() })
        })
        .await
    }

    async fn settle(&self, request: Request<v1::SettleRequest>) -> Result<Response<v1::SettleReply>, Status> {
        let request = request.into_inner();
        answer(async {
            let (tenant, actor) = (id(&request.tenant_id, "tenant_id")?, id(&request.actor, "actor")?);
            let left = settle(&self.0, tenant, settlement(&request)?, actor).await?;
            Ok(v1::SettleReply { left })
        })
        .await
    }

    async fn last_lines(&self, request: Request<v1::LastLinesRequest>) -> Result<Response<v1::LastLinesReply>, Status> {
        let request = request.into_inner();
        answer(async {
            let (tenant, allocation) = (id(&request.tenant_id, "tenant_id")?, id(&request.id, "id")?);
            let lines = last_lines(&self.0, tenant, allocation, request.lines).await?;
            Ok(v1::LastLinesReply { lines })
        })
        .await
    }
}

fn settlement(request: &v1::SettleRequest) -> Result<Settlement, Failure> {
    match request.wish() {
        v1::Settlement::Stopped => Ok(Settlement::Stopped),
        v1::Settlement::Removed => Ok(Settlement::Removed),
        v1::Settlement::Unspecified => Err(Failure::invalid("wish", "`wish` is missing")),
    }
}

#[cfg(test)]
mod tests;
