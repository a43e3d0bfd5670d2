//! A real server on a port of its own, with ports that a test plays, and a real WebSocket client.

mod admission;
mod fakes;
mod streaming;

use std::sync::Arc;
use std::time::Duration;

use actix_web::{App, HttpServer};
use ed25519_dalek::pkcs8::EncodePrivateKey as _;
use futures::{SinkExt as _, StreamExt as _};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use kit::{AllocationId, Ambient, SessionId, TenantId, UserId};
use serde_json::Value;
use testkit::TestClock;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use utoipa_actix_web::AppExt as _;
use wire::Door;
use wire::auth::{AUDIENCE, Claims, ISSUER, KeyRing};
use wire::drain::Drain;
use wire::limit::{Limits, LimitsConfig};

use crate::ports::Standing;
use crate::{Deps, InteractConfig};
use fakes::{FakeAllocations, FakeClosures, FakeGate, FakeKeys, FakeLogs, signing_key};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

struct World {
    address: String,
    ambient: Ambient,
    drain: Drain,
    logs: Arc<FakeLogs>,
    gate: Arc<FakeGate>,
    closures: Arc<FakeClosures>,
    allocations: Arc<FakeAllocations>,
}

/// A user with a session, as the gate knows them.
struct User {
    id: UserId,
    session: SessionId,
    tenant: TenantId,
    token: String,
}

impl World {
    async fn start(config: InteractConfig) -> Self {
        let ambient = TestClock::default().ambient();
        let (logs, gate, closures) =
            (Arc::<FakeLogs>::default(), Arc::<FakeGate>::default(), Arc::<FakeClosures>::default());
        let allocations = Arc::<FakeAllocations>::default();
        let drain = Drain::default();
        let door = Door {
            keys: Arc::new(KeyRing::new(Arc::new(FakeKeys), ambient.clone())),
            gate: gate.clone(),
            limits: Limits::new(&LimitsConfig::default()),
        };
        let service = crate::build(Deps {
            logs: logs.clone(),
            allocations: allocations.clone(),
            closures: closures.clone(),
            door,
            drain: drain.clone(),
            config,
        });
        service.tasks.into_iter().for_each(|task| task.start(&drain));
        let routes = service.http.unwrap();
        let server = HttpServer::new(move || {
            let routes = routes.clone();
            App::new().into_utoipa_app().configure(move |listener| routes(listener)).into_app()
        });
        let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
        let address = server.addrs()[0].to_string();
        actix_web::rt::spawn(server.run());
        closures.listened().await;
        Self { address, ambient, drain, logs, gate, closures, allocations }
    }

    async fn with_defaults() -> Self {
        Self::start(InteractConfig::default()).await
    }

    fn user(&self, verified: bool) -> User {
        let (id, session) = (UserId::mint(&self.ambient), SessionId::mint(&self.ambient));
        let tenant = TenantId::mint(&self.ambient);
        self.gate.know(id, session, tenant, verified);
        let now = self.ambient.now().as_secs();
        let claims = Claims {
            iss: ISSUER.into(),
            aud: AUDIENCE.into(),
            sub: id,
            sid: session,
            rev: 1,
            iat: now,
            exp: now + 900,
        };
        let key = signing_key().to_pkcs8_der().unwrap();
        let header = Header { kid: Some("test".into()), ..Header::new(Algorithm::EdDSA) };
        let token = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ed_der(key.as_bytes())).unwrap();
        User { id, session, tenant, token }
    }

    fn allocation(&self, owner: &User, standing: Standing) -> AllocationId {
        let id = AllocationId::mint(&self.ambient);
        self.allocations.add(owner.tenant, id, standing);
        id
    }

    /// Opens a log with the token in the header.
    async fn watch(&self, user: &User, allocation: AllocationId, query: &str) -> Client {
        let bearer = format!("Bearer {}", user.token);
        self.connect(&format!("/interact/allocations/{allocation}/logs{query}"), &[("authorization", &bearer)]).await
    }

    async fn connect(&self, path: &str, headers: &[(&'static str, &str)]) -> Client {
        let mut request = format!("ws://{}{path}", self.address).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        Client(connect_async(request).await.expect("a handshake").0)
    }
}

struct Client(WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>);

#[derive(Debug, PartialEq)]
enum Seen {
    Frame(Value),
    Closed(u16),
}

impl Client {
    async fn say(&mut self, text: impl Into<String>) {
        self.0.send(Message::text(text.into())).await.unwrap();
    }

    async fn next(&mut self) -> Seen {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.0.next()).await.expect("a message in time");
            match message.expect("a close before the end").unwrap() {
                Message::Text(text) => return Seen::Frame(serde_json::from_str(&text).unwrap()),
                Message::Close(frame) => return Seen::Closed(frame.expect("a code").code.into()),
                _ => {}
            }
        }
    }

    async fn frame(&mut self) -> Value {
        match self.next().await {
            Seen::Frame(frame) => frame,
            Seen::Closed(code) => panic!("closed with {code}"),
        }
    }

    /// The lines up to a frame of another type, which is returned too.
    async fn lines(&mut self) -> (Vec<Value>, Value) {
        let mut lines = Vec::new();
        loop {
            let frame = self.frame().await;
            if frame["type"] != "log" {
                return (lines, frame);
            }
            lines.push(frame);
        }
    }

    /// The code of the error frame and of the close that must come next.
    async fn refusal(&mut self) -> (String, u16) {
        let error = self.frame().await;
        assert_eq!(error["type"], "error", "{error}");
        match self.next().await {
            Seen::Closed(code) => (error["code"].as_str().unwrap().to_owned(), code),
            Seen::Frame(frame) => panic!("after {error} came {frame}"),
        }
    }
}

fn texts(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["line"].as_str().unwrap()).collect()
}

/// A request that asks for no upgrade: the status and the problem's code.
async fn plain(world: &World, path: &str) -> (u16, String) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(&world.address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", world.address);
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let body: Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).expect("a problem");
    (answer[9..12].parse().unwrap(), body["code"].as_str().unwrap().to_owned())
}
