//! The catalogue as other services ask it.

use kit::ServiceName;
use proto::convert::{id, status_of};
use proto::v1::machines_server::{Machines, MachinesServer};
use proto::v1::{FindMachineRequest, Machine};
use tonic::{Request, Response, Status};
use wire::Allow;
use wire::service::Grpc;

use crate::events::message;
use crate::use_cases::{App, find};

struct Server(App);

/// The methods, and who may call them.
pub fn serve(app: App) -> Grpc {
    Grpc {
        routes: tonic::service::Routes::new(MachinesServer::new(Server(app))),
        allow: Allow::methods(&[("/berth.v1.Machines/Find", &[ServiceName::Verifier])]),
    }
}

#[tonic::async_trait]
impl Machines for Server {
    async fn find(&self, request: Request<FindMachineRequest>) -> Result<Response<Machine>, Status> {
        let wanted = id(&request.into_inner().id, "id").map_err(|failure| status_of(&failure))?;
        let machine = find(&self.0, wanted).await.map_err(|failure| status_of(&failure))?;
        Ok(Response::new(message(&machine)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::Cause;
    use crate::fakes::FakeStandings;
    use crate::samples;
    use crate::store::sqlite::{MIGRATIONS, SqliteMachines};
    use kit::machine::MachineSpec;
    use kit::{Ambient, ErrorCode};
    use proto::convert::failure_of;
    use proto::v1::machines_client::MachinesClient;
    use sql::Database;
    use wire::Pipes;
    use wire::drain::Drain;

    #[tokio::test]
    async fn the_verifier_finds_a_machine_whole_and_nobody_else_may_ask() {
        let directory = tempfile::tempdir().unwrap();
        let database = Database::open(&directory.path().join("m.db"), &[&bus::MIGRATIONS, &MIGRATIONS]).await.unwrap();
        let (ambient, pipes) = (Ambient::system(), Pipes::default());
        let store = Arc::new(SqliteMachines::new(database, ambient.clone()));
        let machine = samples::machine(&ambient, "redis");
        let app = App { store, standings: Arc::<FakeStandings>::default(), ambient: ambient.clone() };
        app.store.create(&machine, &Cause::Platform).await.unwrap();
        pipes.serve(ServiceName::Machines, serve(app.clone()), &Drain::default()).unwrap();
        let ask = async |caller, id: String| {
            let peer = pipes.connect(caller, ServiceName::Machines);
            let found = MachinesClient::new(peer.calls()).find(FindMachineRequest { id }).await;
            found.map(Response::into_inner).map_err(|status| failure_of(&status).code)
        };
        let found = ask(ServiceName::Verifier, machine.id.to_string()).await.unwrap();
        assert_eq!((found.revision, found.active, found.deleted), (1, true, false));
        assert_eq!(MachineSpec::try_from(found.spec.unwrap()).unwrap(), machine.offer.spec);
        assert_eq!(ask(ServiceName::Feed, machine.id.to_string()).await, Err(ErrorCode::Forbidden));
        assert_eq!(ask(ServiceName::Verifier, "x".to_owned()).await, Err(ErrorCode::InvalidInput));
        let deleted = machine.delete(ambient.now());
        app.store.replace(&machine, &deleted, &Cause::Platform).await.unwrap();
        assert_eq!(ask(ServiceName::Verifier, machine.id.to_string()).await, Err(ErrorCode::MachineNotFound));
    }
}
