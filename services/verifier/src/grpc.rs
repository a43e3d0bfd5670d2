//! The verifier's methods, and who may call them.

#[cfg(test)]
mod tests;

use std::pin::Pin;

use futures::{Stream, StreamExt as _, stream};
use kit::{Failure, ServiceName, TenantId, Timestamp};
use proto::convert::{id, status_of};
use proto::v1::verifier_server::{Verifier, VerifierServer};
use proto::v1::{
    self, AllocationRequest, CallerReply, CheckRequest, ClosuresRequest, MachineRequest, Need as WireNeed, TenantReply,
    TenantRequest,
};
use tokio_stream::wrappers::BroadcastStream;
use tonic::{Request, Response, Status};
use wire::Allow;
use wire::drain::Drain;
use wire::service::Grpc;

use crate::domain::{Asking, Closure, Need};
use crate::events::decode;
use crate::use_cases::{App, KeyAsking, allocation, check, check_key, machine, tenant};

/// Those with endpoints or work for users. User asks its own store, docker trusts those who may call it.
const ASKERS: &[ServiceName] = &[
    ServiceName::Machines,
    ServiceName::Allocation,
    ServiceName::Feed,
    ServiceName::Notification,
    ServiceName::Interact,
];

struct Server {
    app: App,
    drain: Drain,
}

pub fn serve(app: App, drain: Drain) -> Grpc {
    Grpc {
        routes: tonic::service::Routes::new(VerifierServer::new(Server { app, drain })),
        allow: Allow::methods(&[
            ("/berth.v1.Verifier/Check", ASKERS),
            ("/berth.v1.Verifier/Machine", ASKERS),
            ("/berth.v1.Verifier/Allocation", ASKERS),
            ("/berth.v1.Verifier/Tenant", &[ServiceName::Allocation]),
            ("/berth.v1.Verifier/Closures", &[ServiceName::Interact]),
        ]),
    }
}

#[tonic::async_trait]
impl Verifier for Server {
    async fn check(&self, request: Request<CheckRequest>) -> Result<Response<CallerReply>, Status> {
        let request = request.into_inner();
        let caller = if request.api_key.is_empty() {
            check(&self.app, &asking(&request).map_err(refused)?).await
        } else {
            check_key(&self.app, &key_asking(request).map_err(refused)?).await
        };
        Ok(Response::new((&caller.map_err(refused)?).into()))
    }

    async fn machine(&self, request: Request<MachineRequest>) -> Result<Response<v1::Machine>, Status> {
        let request = request.into_inner();
        let wanted = id(&request.id, "id").map_err(refused)?;
        let found = machine(&self.app, wanted, request.revision).await.map_err(refused)?;
        decode(&found.message).map(Response::new).map_err(refused)
    }

    async fn allocation(&self, request: Request<AllocationRequest>) -> Result<Response<v1::Allocation>, Status> {
        let request = request.into_inner();
        let tenant = id(&request.tenant_id, "tenant_id").map_err(refused)?;
        let wanted = id(&request.id, "id").map_err(refused)?;
        let found = allocation(&self.app, tenant, wanted, request.revision).await.map_err(refused)?;
        decode(&found.message).map(Response::new).map_err(refused)
    }

    async fn tenant(&self, request: Request<TenantRequest>) -> Result<Response<TenantReply>, Status> {
        let id = id(&request.get_ref().id, "id").map_err(refused)?;
        let owner = tenant(&self.app, id).await.map_err(refused)?;
        Ok(Response::new(TenantReply { id: id.to_string(), user_id: owner.to_string() }))
    }

    type ClosuresStream = Pin<Box<dyn Stream<Item = Result<v1::Closure, Status>> + Send>>;

    /// Begins with all that is kept, so that a follower who comes back has missed nothing; repeats are harmless.
    async fn closures(&self, _: Request<ClosuresRequest>) -> Result<Response<Self::ClosuresStream>, Status> {
        let (kept, following) = self.app.revocation.follow();
        let following = BroadcastStream::new(following)
            .map(|closure| closure.map(message).map_err(|_| Status::aborted("too far behind: follow anew")));
        let all = stream::iter(kept.into_iter().map(|closure| Ok(message(closure)))).chain(following);
        // A stream without end would hold the process when it wants to leave.
        Ok(Response::new(Box::pin(all.take_until(self.drain.stop.clone().cancelled_owned()))))
    }
}

fn asking(request: &CheckRequest) -> Result<Asking, Failure> {
    Ok(Asking {
        user: id(&request.user_id, "user_id")?,
        session: id(&request.session_id, "session_id")?,
        by_key: false,
        least: request.user_revision,
        issued_at: Timestamp::from_micros(request.issued_at),
        tenant: tenant_of(request)?,
        need: need(request)?,
        writes: request.writes,
    })
}

fn key_asking(request: CheckRequest) -> Result<KeyAsking, Failure> {
    let (tenant, need) = (tenant_of(&request)?, need(&request)?);
    Ok(KeyAsking { hash: request.api_key, tenant, need, writes: request.writes })
}

fn tenant_of(request: &CheckRequest) -> Result<Option<TenantId>, Failure> {
    request.tenant_id.as_deref().map(|text| id(text, "tenant_id")).transpose()
}

fn need(request: &CheckRequest) -> Result<Need, Failure> {
    match request.need() {
        WireNeed::User => Ok(Need::User),
        WireNeed::Verified => Ok(Need::Verified),
        WireNeed::Admin => Ok(Need::Admin),
        WireNeed::Unspecified => Err(Failure::invalid("need", "`need` is missing")),
    }
}

fn message(closure: Closure) -> v1::Closure {
    v1::Closure {
        cursor: closure.cursor,
        session_id: closure.session.map(|session| session.to_string()).unwrap_or_default(),
        user_id: closure.user.to_string(),
        at: closure.at.as_micros(),
        reason: closure.reason,
    }
}

#[allow(clippy::needless_pass_by_value, reason = "it is what map_err gives")]
fn refused(failure: Failure) -> Status {
    status_of(&failure)
}
