//! The whole service on a database of its own, as the tests of endpoints call it.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::http::header::HeaderMap;
use actix_web::test;
use bus::{Event, OutboxSource, Source as _, Topic};
use kit::{Act, MasterKey, ServiceName, Timestamp};
use prost::Message as _;
use proto::v1::{AuditRecorded, NotificationRequested, UserEvent};
use serde_json::{Value, json};
use sql::{Database, Stored as _};
use testkit::TestClock;
use utoipa_actix_web::AppExt as _;
use wire::limit::{Limits, LimitsConfig};
use wire::service::Subscription;
use wire::{Pipes, Report, Service};

use crate::crypto::Argon;
use crate::fakes::FakePeers;
use crate::ports::Directory as _;
use crate::store::sql::{MIGRATIONS, SqlStore};
use crate::{Deps, UserConfig, build};

pub const PASSWORD: &str = "correct horse";

pub struct Server {
    pub service: Service,
    pub clock: TestClock,
    /// What user asks of other services goes here.
    pub peers: FakePeers,
    store: Arc<SqlStore>,
    database: Database,
    master: MasterKey,
    directory: tempfile::TempDir,
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
        Self::with(|deps| deps.setup_code = setup_code.map(Into::into)).await
    }

    /// With other parts than usual.
    pub async fn with(change: impl FnOnce(&mut Deps)) -> Self {
        let (directory, clock) = (tempfile::tempdir().unwrap(), TestClock::default());
        let path = directory.path().join("user.db");
        let database = Database::open(&path, &[&bus::MIGRATIONS, &MIGRATIONS]).await.unwrap();
        let master = MasterKey::mint(&clock.ambient());
        Self::on(database, master, clock, FakePeers::default(), directory, change).await
    }

    /// As after a crash: another process on the same file.
    pub async fn restarted(self) -> Self {
        let Self { database, master, clock, peers, directory, .. } = self;
        Self::on(database, master, clock, peers, directory, |_| {}).await
    }

    async fn on(
        database: Database,
        master: MasterKey,
        clock: TestClock,
        peers: FakePeers,
        directory: tempfile::TempDir,
        change: impl FnOnce(&mut Deps),
    ) -> Self {
        let ambient = clock.ambient();
        let store = Arc::new(SqlStore::new(database.clone(), ambient.clone()));
        let mut deps = Deps {
            accounts: store.clone(),
            codes: store.clone(),
            throttle: store.clone(),
            email_changes: store.clone(),
            sessions: store.clone(),
            directory: store.clone(),
            settlements: store.clone(),
            holdings: Arc::new(peers.clone()),
            kept: Arc::new(peers.clone()),
            keys: store.clone(),
            api_keys: store.clone(),
            audit: store.clone(),
            archive: store.clone(),
            passwords: Arc::new(Argon::new(ambient.clone(), 2, Duration::from_secs(60)).unwrap()),
            master: master.clone(),
            ambient,
            config: UserConfig::default(),
            limits: Limits::new(&LimitsConfig::default()),
            setup_code: None,
            sms: false,
            secure_cookies: true,
        };
        change(&mut deps);
        let service = build(deps).await.unwrap();
        Self { service, clock, peers, store, database, master, directory }
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
        let token = token.map(|token| format!("Bearer {token}"));
        let headers = [("authorization", token.as_deref()), ("berth-tenant", tenant)];
        let headers: Vec<_> = headers.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        self.request(method, path, &headers, body).await
    }

    /// One request with these headers; what calls itself nothing else is `test/1`.
    pub async fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Answer {
        let routes = self.service.http.clone().unwrap();
        let app = actix_web::App::new().into_utoipa_app().configure(|config| routes(config)).into_app();
        let app = test::init_service(app).await;
        let mut request = test::TestRequest::with_uri(path)
            .method(Method::from_bytes(method.as_bytes()).unwrap())
            .peer_addr("192.0.2.1:4000".parse().unwrap())
            .insert_header(("user-agent", "test/1"));
        for header in headers {
            request = request.insert_header(*header);
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
            .write(move |c| Box::pin(async move { sql::query(statement).execute(c).await.stored().map(drop) }));
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

    /// What was recorded for the audit list, oldest first.
    pub async fn acts(&self) -> Vec<AuditRecorded> {
        let events = self.events(Topic::Audit(ServiceName::User)).await.into_iter();
        events.map(|event| AuditRecorded::decode(event.data.as_slice()).unwrap()).collect()
    }

    pub async fn last_act(&self, action: &str) -> AuditRecorded {
        let acts = self.acts().await;
        let found = acts.iter().rev().find(|act| act.action == action).cloned();
        found.unwrap_or_else(|| panic!("no {action} among {acts:?}"))
    }

    /// What was closed so far: the session, or all of a user's, and why.
    pub async fn closures(&self) -> Vec<(Option<String>, String)> {
        let closed = self.store.closed_since(0, Timestamp::EPOCH, 1_000).await.unwrap();
        closed.into_iter().map(|closure| (closure.session.map(|id| id.to_string()), closure.reason)).collect()
    }

    /// Runs the task that brings closed accounts to their end, once.
    pub async fn settle(&self) -> Report {
        let work = self.service.tasks.iter().find(|scheduled| scheduled.task.name() == "account_work");
        work.expect("the service settles").task.run_once().await
    }

    /// The last code that went out, as notification opens it.
    pub async fn code(&self) -> String {
        let mails = self.mails().await.into_iter().rev();
        let mail = mails.into_iter().find(|mail| !mail.sealed_code.is_empty()).expect("a code went out");
        let key = self.master.derive("user-notification.codes");
        String::from_utf8(key.open(mail.id.as_bytes(), &mail.sealed_code).unwrap()).unwrap()
    }

    /// Every text and every blob in the service's own tables, by table and column; the bus's are kept for a while.
    pub async fn everything_stored(&self) -> Vec<(String, Vec<u8>)> {
        let columns: Vec<(String, String)> = sql::query_as(
            "SELECT tables.name, columns.name FROM sqlite_master AS tables, pragma_table_info(tables.name) AS columns
             WHERE tables.type = 'table' AND tables.name NOT IN ('outbox', '_sqlx_migrations')",
        )
        .fetch_all(self.database.readers())
        .await
        .unwrap();
        let mut stored = Vec::new();
        for (table, column) in columns {
            let select = format!("SELECT CAST({column} AS BLOB) FROM {table} WHERE {column} IS NOT NULL");
            let found = sql::QueryBuilder::new(&select).build().fetch_all(self.database.readers()).await.unwrap();
            stored.extend(found.iter().map(|row| (format!("{table}.{column}"), row.at::<Vec<u8>>(0).unwrap())));
        }
        stored
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
