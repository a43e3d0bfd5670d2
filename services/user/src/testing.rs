//! The whole service on a database of its own, as the tests of endpoints call it.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::http::header::HeaderMap;
use actix_web::test;
use bus::{Event, OutboxSource, Source as _, Topic};
use kit::{Act, MasterKey, ServiceName};
use prost::Message as _;
use proto::v1::{NotificationRequested, UserEvent};
use serde_json::{Value, json};
use sqlite::{Database, Stored as _};
use testkit::TestClock;
use utoipa_actix_web::AppExt as _;
use wire::limit::{Limits, LimitsConfig};
use wire::service::Subscription;
use wire::{Pipes, Service};

use crate::crypto::Argon;
use crate::store::sqlite::{MIGRATIONS, SqliteStore};
use crate::{Deps, UserConfig, build};

pub const PASSWORD: &str = "correct horse";

pub struct Server {
    pub service: Service,
    pub clock: TestClock,
    database: Database,
    master: MasterKey,
    _directory: tempfile::TempDir,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub retry_after: Option<u32>,
    headers: HeaderMap,
    /// Null where there was no body.
    pub body: Value,
}

impl Answer {
    /// Status and code of a problem.
    pub fn problem(&self) -> (u16, &str) {
        (self.status, self.body["code"].as_str().unwrap_or("no code"))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub fn text(&self, field: &str) -> String {
        self.body[field].as_str().unwrap_or_else(|| panic!("no {field} in {self:?}")).to_owned()
    }
}

impl Server {
    pub async fn start() -> Self {
        Self::with_setup_code(None).await
    }

    pub async fn with_setup_code(setup_code: Option<&str>) -> Self {
        let (directory, clock) = (tempfile::tempdir().unwrap(), TestClock::default());
        let path = directory.path().join("user.db");
        let database = Database::open(&path, &[&bus::MIGRATIONS, &MIGRATIONS]).await.unwrap();
        let ambient = clock.ambient();
        let store = Arc::new(SqliteStore::new(database.clone(), ambient.clone()));
        let master = MasterKey::mint(&ambient);
        let deps = Deps {
            accounts: store.clone(),
            codes: store.clone(),
            sessions: store.clone(),
            directory: store.clone(),
            keys: store.clone(),
            api_keys: store.clone(),
            audit: store.clone(),
            archive: store,
            passwords: Arc::new(Argon::new(ambient.clone(), 2, Duration::from_secs(60)).unwrap()),
            master: master.clone(),
            ambient,
            config: UserConfig::default(),
            limits: Limits::new(&LimitsConfig::default()),
            setup_code: setup_code.map(Into::into),
        };
        Self { service: build(deps).await.unwrap(), clock, database, master, _directory: directory }
    }

    /// One request, with a bearer token where one is given.
    pub async fn call(&self, method: &str, path: &str, token: Option<&str>, body: Option<Value>) -> Answer {
        self.call_as(method, path, token, None, body).await
    }

    pub async fn call_as(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        tenant: Option<&str>,
        body: Option<Value>,
    ) -> Answer {
        let routes = self.service.http.clone().unwrap();
        let app = actix_web::App::new().into_utoipa_app().configure(|config| routes(config)).into_app();
        let app = test::init_service(app).await;
        let mut request = test::TestRequest::with_uri(path)
            .method(Method::from_bytes(method.as_bytes()).unwrap())
            .peer_addr("192.0.2.1:4000".parse().unwrap())
            .insert_header(("user-agent", "test/1"));
        if let Some(token) = token {
            request = request.insert_header(("authorization", format!("Bearer {token}")));
        }
        if let Some(tenant) = tenant {
            request = request.insert_header(("berth-tenant", tenant));
        }
        if let Some(body) = body {
            request = request.set_json(body);
        }
        let response = test::call_service(&app, request.to_request()).await;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let retry_after = headers.get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
        let bytes = test::read_body(response).await;
        Answer { status, retry_after, headers, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call("POST", path, None, Some(body)).await
    }

    pub async fn get(&self, path: &str, token: &str) -> Answer {
        self.call("GET", path, Some(token), None).await
    }

    pub async fn sign_up(&self, name: &str) -> Answer {
        self.post("/user/signup", sign_up(name)).await
    }

    /// Signs up and verifies; the user's id.
    pub async fn verified(&self, name: &str) -> String {
        assert_eq!(self.sign_up(name).await.status, 201);
        let verified = self.post("/user/verify", json!({"email": address(name), "otp": self.code().await})).await;
        assert_eq!(verified.status, 200, "{verified:?}");
        verified.text("id")
    }

    /// The body of a login's answer.
    pub async fn log_in(&self, name: &str) -> Answer {
        self.post("/user/login", json!({"email": address(name), "password": PASSWORD})).await
    }

    pub async fn token(&self, name: &str) -> String {
        self.log_in(name).await.text("access_token")
    }

    pub async fn events(&self, topic: Topic) -> Vec<Event> {
        let records = OutboxSource::new(self.database.clone(), topic).after(0, 1_000).await.unwrap();
        records.into_iter().map(|record| record.event).collect()
    }

    pub async fn user_events(&self) -> Vec<(String, UserEvent)> {
        let events = self.events(Topic::User).await.into_iter();
        events.map(|event| (event.kind, UserEvent::decode(event.data.as_slice()).unwrap())).collect()
    }

    pub async fn mails(&self) -> Vec<NotificationRequested> {
        let events = self.events(Topic::Notification).await.into_iter();
        events.map(|event| NotificationRequested::decode(event.data.as_slice()).unwrap()).collect()
    }

    /// Records an act as a service does.
    pub async fn record(&self, service: ServiceName, act: Act) {
        let ambient = self.clock.ambient();
        let work =
            self.database.write(move |c| Box::pin(async move { bus::audit::append(c, &ambient, service, &act).await }));
        work.await.unwrap();
    }

    /// Changes rows behind the service's back, to states that no call of this test leads to.
    pub async fn execute(&self, statement: &'static str) {
        let work = self
            .database
            .write(move |c| Box::pin(async move { sqlx::query(statement).execute(c).await.stored().map(drop) }));
        work.await.unwrap();
    }

    /// Takes in what was recorded, as the bus does.
    pub async fn collect_audit(&self) {
        for Subscription { consumer, topics } in &self.service.consumers {
            for topic in topics {
                let source = OutboxSource::new(self.database.clone(), *topic);
                let records = source.after(consumer.position(*topic).await.unwrap(), 1_000).await.unwrap();
                consumer.apply(*topic, records).await.unwrap();
            }
        }
    }

    /// The last code that went out, as notification opens it.
    pub async fn code(&self) -> String {
        let mail = self.mails().await.pop().expect("a code went out");
        let key = self.master.derive("user-notification.codes");
        String::from_utf8(key.open(mail.id.as_bytes(), &mail.sealed_code).unwrap()).unwrap()
    }

    /// Serves the gRPC side, for calls by one service.
    pub fn peer(mut self, caller: ServiceName) -> (wire::Peer, Self) {
        let (pipes, drain) = (Pipes::default(), wire::drain::Drain::default());
        let grpc = self.service.grpc.take().unwrap();
        pipes.serve(ServiceName::User, grpc, &drain).unwrap();
        (pipes.connect(caller, ServiceName::User), self)
    }
}

pub fn address(name: &str) -> String {
    format!("{name}@example.org")
}

pub fn sign_up(name: &str) -> Value {
    json!({"email": address(name), "password": PASSWORD, "first_name": "Ada", "last_name": "Lovelace"})
}
