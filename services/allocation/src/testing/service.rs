//! The whole service for tests of its edges: a real store, an engine in memory, a door whose tokens are really checked.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::body::to_bytes;
use actix_web::http::Method;
use actix_web::{App, test};
use async_trait::async_trait;
use bus::Turns;
use kit::{AllocationId, Ambient, Caller, ErrorCode, Failure, MachineId, MasterKey, ServiceName, TenantId};
use proto::v1::AuditRecorded;
use proto::v1::allocations_client::AllocationsClient;
use serde_json::{Value, json};
use testkit::{TestDoor, Who, until};
use utoipa_actix_web::AppExt as _;
use wire::Pipes;
use wire::drain::Drain;
use wire::peer::Calls;
use wire::task::Scheduled;

use super::FakeEngine;
use crate::contract::{World, plenty};
use crate::domain::allocation::{Allocation, MachineCopy};
use crate::domain::lifecycle::State;
use crate::ports::{Catalogue, Tenants};
use crate::store::sql::tests::world;
use crate::{Deps, build, fixtures};

/// A catalogue of one machine.
pub struct Only(pub MachineCopy);

#[async_trait]
impl Catalogue for Only {
    async fn machine(&self, id: MachineId) -> Result<MachineCopy, Failure> {
        if id == self.0.id { Ok(self.0.clone()) } else { Err(Failure::of(ErrorCode::MachineNotFound)) }
    }
}

/// Tenants that are there.
#[derive(Default)]
pub struct Known(Mutex<BTreeSet<TenantId>>);

#[async_trait]
impl Tenants for Known {
    async fn require(&self, tenant: TenantId) -> Result<(), Failure> {
        let known = self.0.lock().unwrap().contains(&tenant);
        known.then_some(()).ok_or_else(|| Failure::of(ErrorCode::TenantNotFound))
    }
}

/// The one replica that there is always has its turn.
struct Always;

#[async_trait]
impl Turns for Always {
    async fn take(&self, _: &'static str, _: Duration, _: bool) -> Result<bool, Failure> {
        Ok(true)
    }

    async fn keep(&self, _: &'static str) -> Result<bool, Failure> {
        Ok(true)
    }

    async fn end(&self, _: &'static str) -> Result<(), Failure> {
        Ok(())
    }
}

/// The service, its outside and what it is asked with.
pub struct Bench {
    pub world: World,
    pub engine: Arc<FakeEngine>,
    pub door: TestDoor,
    machine: MachineId,
    tenants: Arc<Known>,
    routes: wire::service::Routes,
    pipes: Pipes,
    work: Scheduled,
}

impl Bench {
    /// With a default quota that nobody uses up.
    pub async fn start() -> Self {
        Self::over(world().await)
    }

    /// The same over a store of the test's choice.
    pub fn over(world: World) -> Self {
        let (ambient, drain) = (Ambient::system(), Drain::default());
        let (engine, door) = (Arc::new(FakeEngine::default()), TestDoor::new(&ambient));
        let machine = fixtures::machine(&ambient);
        let id = machine.id;
        let tenants = Arc::new(Known::default());
        let service = build(Deps {
            store: world.store.clone(),
            fleet: world.fleet.clone(),
            oversight: world.oversight.clone(),
            catalogue: Arc::new(Only(machine)),
            tenants: tenants.clone(),
            engine: engine.clone(),
            fingerprints: MasterKey::mint(&ambient).derive("test"),
            ambient,
            door: door.door(),
            drain: drain.clone(),
            default_quota: plenty(),
            site: "local".parse().unwrap(),
            public_host: "127.0.0.1".to_owned(),
            owner: "test".to_owned(),
            turns: Arc::new(Always),
        });
        let pipes = Pipes::default();
        pipes.serve(ServiceName::Allocation, service.grpc.unwrap(), &drain).unwrap();
        let work = service.tasks[0].clone();
        Self { world, engine, door, machine: id, tenants, routes: service.http.unwrap(), pipes, work }
    }

    /// The one machine that there is.
    pub const fn machine(&self) -> MachineId {
        self.machine
    }

    /// Somebody new, whose tenant is known.
    pub fn login(&self, who: Who) -> (Caller, String) {
        let (caller, token) = self.door.login(who);
        self.tenants.0.lock().unwrap().insert(caller.tenant);
        (caller, token)
    }

    /// Status and body; null where the body is no JSON.
    pub async fn call(&self, token: &str, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let routes = self.routes.clone();
        let app = App::new().into_utoipa_app().configure(|config| routes(config)).into_app();
        let app = test::init_service(app).await;
        let mut request = test::TestRequest::with_uri(path).method(method);
        if !token.is_empty() {
            request = request.insert_header(("authorization", format!("Bearer {token}")));
        }
        if let Some(body) = body {
            request = request.set_json(body);
        }
        let response = test::call_service(&app, request.to_request()).await;
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body()).await.unwrap();
        let text = || Value::String(String::from_utf8_lossy(&bytes).into_owned());
        (status, serde_json::from_slice(&bytes).unwrap_or_else(|_| text()))
    }

    /// What the interface says of itself.
    pub fn document(&self) -> Value {
        let routes = self.routes.clone();
        let (_, document) = App::new().into_utoipa_app().configure(|config| routes(config)).split_for_parts();
        serde_json::to_value(document).unwrap()
    }

    pub async fn get(&self, token: &str, path: &str) -> (u16, Value) {
        self.call(token, Method::GET, path, None).await
    }

    pub async fn post(&self, token: &str, path: &str) -> (u16, Value) {
        self.call(token, Method::POST, path, None).await
    }

    /// A new allocation of that name, over REST.
    pub async fn create(&self, token: &str, name: &str) -> AllocationId {
        let body = json!({"machine_id": self.machine, "name": name});
        let (status, made) = self.call(token, Method::POST, "/allocations", Some(body)).await;
        assert_eq!(status, 201, "{made}");
        made["id"].as_str().unwrap().parse().unwrap()
    }

    /// Works until an allocation is in a state and at rest.
    pub async fn until(&self, id: AllocationId, state: State) -> Allocation {
        let look = || async {
            self.work.task.run_once().await;
            self.world.fleet.find(id).await.unwrap().unwrap()
        };
        until(look, |now| now.state == state && !now.working).await
    }

    /// The acts on record, oldest first.
    pub async fn acts(&self) -> Vec<AuditRecorded> {
        self.world.acts().await.into_iter().map(|(_, act)| act).collect()
    }

    /// The gRPC side as another service reaches it.
    pub fn client(&self, caller: ServiceName) -> AllocationsClient<Calls> {
        AllocationsClient::new(self.pipes.connect(caller, ServiceName::Allocation).calls())
    }
}
