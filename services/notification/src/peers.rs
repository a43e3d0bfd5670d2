//! Logs of allocations, asked of the allocation service over gRPC.

use async_trait::async_trait;
use kit::Failure;
use proto::convert::failure_of;
use proto::v1::LastLinesRequest;
use proto::v1::allocations_client::AllocationsClient;
use wire::Peer;
use wire::peer::Calls;

use crate::ports::Logs;

pub struct AllocationLogs(AllocationsClient<Calls>);

impl AllocationLogs {
    pub fn new(allocation: &Peer) -> Self {
        Self(AllocationsClient::new(allocation.calls()))
    }
}

#[async_trait]
impl Logs for AllocationLogs {
    async fn last_lines(&self, tenant: &str, allocation: &str, lines: u32) -> Result<Vec<String>, Failure> {
        let request = LastLinesRequest { id: allocation.to_owned(), tenant_id: tenant.to_owned(), lines };
        let reply = self.0.clone().last_lines(request).await.map_err(|status| failure_of(&status))?;
        Ok(reply.into_inner().lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kit::{ErrorCode, ServiceName};
    use proto::convert::status_of;
    use proto::v1::allocations_server::{Allocations, AllocationsServer};
    use proto::v1::{
        Allocation, FindAllocationRequest, LastLinesReply, OfTenantReply, OfTenantRequest, SettleReply, SettleRequest,
    };
    use tonic::{Request, Response, Status};
    use wire::drain::Drain;
    use wire::service::Grpc;
    use wire::{Allow, Pipes};

    /// Has the log of one allocation.
    struct OneLog;

    #[tonic::async_trait]
    impl Allocations for OneLog {
        async fn find(&self, _: Request<FindAllocationRequest>) -> Result<Response<Allocation>, Status> {
            Err(Status::unimplemented("not asked for here"))
        }

        async fn of_tenant(&self, _: Request<OfTenantRequest>) -> Result<Response<OfTenantReply>, Status> {
            Err(Status::unimplemented("not asked for here"))
        }

        async fn settle(&self, _: Request<SettleRequest>) -> Result<Response<SettleReply>, Status> {
            Err(Status::unimplemented("not asked for here"))
        }

        async fn last_lines(&self, request: Request<LastLinesRequest>) -> Result<Response<LastLinesReply>, Status> {
            let LastLinesRequest { id, tenant_id, lines } = request.into_inner();
            match (id.as_str(), tenant_id.as_str()) {
                ("a", "t") => Ok(Response::new(LastLinesReply { lines: vec![format!("one of {lines}")] })),
                _ => Err(status_of(&Failure::of(ErrorCode::AllocationNotFound))),
            }
        }
    }

    #[tokio::test]
    async fn the_lines_of_a_tenants_allocation_are_had_and_no_others() {
        let pipes = Pipes::default();
        let routes = tonic::service::Routes::new(AllocationsServer::new(OneLog));
        let allow = Allow::methods(&[("/berth.v1.Allocations/LastLines", &[ServiceName::Notification])]);
        pipes.serve(ServiceName::Allocation, Grpc { routes, allow }, &Drain::default()).unwrap();
        let logs = AllocationLogs::new(&pipes.connect(ServiceName::Notification, ServiceName::Allocation));
        assert_eq!(logs.last_lines("t", "a", 10).await.unwrap(), ["one of 10"]);
        assert_eq!(logs.last_lines("u", "a", 10).await.unwrap_err().code, ErrorCode::AllocationNotFound);
    }
}
