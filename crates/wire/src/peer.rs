//! How services reach each other: tonic channels over in-memory pipes here, over mutual TLS at scale. Either way the
//! server knows which service calls, and each method says which may.

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper_util::rt::TokioIo;
use kit::{ErrorCode, Failure, ServiceName};
use proto::convert::status_of;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::sync::mpsc;
use tonic::body::Body;
use tonic::metadata::MetadataValue;
use tonic::service::Interceptor;
use tonic::transport::server::Connected;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Request, Status};
use tower::{Layer, Service};

use crate::context;
use crate::drain::Drain;
use crate::service::Grpc;

/// How many bytes wait in a pipe before its writer does.
const PIPE_BYTES: usize = 64 << 10;
/// A call without a deadline of its own ends after this.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// Channels to another service: streams have one of their own, so that a stalled reader cannot hold up calls.
#[derive(Clone)]
pub struct Peer {
    pub calls: Channel,
    pub streams: Channel,
}

/// One end of an in-memory connection, with the name of who opened it.
pub struct Pipe {
    stream: DuplexStream,
    caller: ServiceName,
}

/// Who is at the other end of a connection.
#[derive(Clone, Copy, Debug)]
pub struct CallingService(pub ServiceName);

/// The in-memory network of one process: a listener a service.
#[derive(Clone, Default)]
pub struct Pipes(Arc<Mutex<HashMap<ServiceName, Line>>>);

struct Line {
    dial: mpsc::Sender<Pipe>,
    listen: Option<mpsc::Receiver<Pipe>>,
}

impl Pipes {
    /// Channels for `caller` to reach `callee`, which need not serve yet. Connects on first use, and again after a loss.
    pub fn connect(&self, caller: ServiceName, callee: ServiceName) -> Peer {
        Peer { calls: self.channel(caller, callee), streams: self.channel(caller, callee) }
    }

    fn channel(&self, caller: ServiceName, callee: ServiceName) -> Channel {
        let dial = self.with_line(callee, |line| line.dial.clone());
        let connector = tower::service_fn(move |_: http::Uri| {
            let dial = dial.clone();
            async move {
                let (near, far) = tokio::io::duplex(PIPE_BYTES);
                let pipe = Pipe { stream: far, caller };
                dial.send(pipe).await.map_err(|_| io::Error::from(io::ErrorKind::ConnectionRefused))?;
                Ok::<_, io::Error>(TokioIo::new(near))
            }
        });
        Endpoint::from_static("http://pipe").connect_with_connector_lazy(connector)
    }

    /// Serves a service's methods, health and reflection until the process stops.
    pub fn serve(&self, name: ServiceName, grpc: Grpc, drain: &Drain) -> Result<(), Failure> {
        let listen = self.with_line(name, |line| line.listen.take());
        let listen = listen.ok_or_else(|| Failure::internal(format!("{name} is served already")))?;
        let incoming = tokio_stream::wrappers::ReceiverStream::new(listen);
        let incoming = futures::StreamExt::map(incoming, Ok::<_, io::Error>);
        let stop = drain.stop.clone().cancelled_owned();
        let routes = grpc.routes.add_service(health()).add_service(reflection()?);
        let server = Server::builder()
            .layer(AllowLayer(Arc::new(grpc.allow)))
            .add_routes(routes)
            .serve_with_incoming_shutdown(incoming, stop);
        drain.tracker.spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(%error, "the gRPC side of {name} ended");
            }
        });
        Ok(())
    }

    fn with_line<R>(&self, name: ServiceName, f: impl FnOnce(&mut Line) -> R) -> R {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        f(lines.entry(name).or_insert_with(|| {
            let (dial, listen) = mpsc::channel(64);
            Line { dial, listen: Some(listen) }
        }))
    }
}

fn health() -> tonic_health::pb::health_server::HealthServer<impl tonic_health::pb::health_server::Health> {
    let (_, service) = tonic_health::server::health_reporter();
    service
}

fn reflection() -> Result<
    tonic_reflection::server::v1::ServerReflectionServer<impl tonic_reflection::server::v1::ServerReflection>,
    Failure,
> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(proto::DESCRIPTORS)
        .build_v1()
        .map_err(Failure::internal)
}

impl Connected for Pipe {
    type ConnectInfo = CallingService;

    fn connect_info(&self) -> CallingService {
        CallingService(self.caller)
    }
}

impl AsyncRead for Pipe {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Which services may call which methods. A method that is not named is closed to all.
#[derive(Clone, Debug, Default)]
pub struct Allow(HashMap<String, Vec<ServiceName>>);

impl Allow {
    /// `methods` are pairs of a full method name, `/berth.v1.Users/Find`, and those who may call it.
    pub fn methods(methods: &[(&str, &[ServiceName])]) -> Self {
        Self(methods.iter().map(|(method, callers)| ((*method).to_owned(), callers.to_vec())).collect())
    }

    pub fn permits(&self, method: &str, caller: ServiceName) -> bool {
        let standard = method.starts_with("/grpc.health.v1.") || method.starts_with("/grpc.reflection.v1.");
        standard || self.0.get(method).is_some_and(|callers| callers.contains(&caller))
    }
}

/// Refuses calls by services that a method does not name, and carries the request id on.
#[derive(Clone)]
struct AllowLayer(Arc<Allow>);

impl<S> Layer<S> for AllowLayer {
    type Service = AllowService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AllowService { inner, allow: self.0.clone() }
    }
}

#[derive(Clone)]
struct AllowService<S> {
    inner: S,
    allow: Arc<Allow>,
}

impl<S> Service<http::Request<Body>> for AllowService<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = http::Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let caller = request.extensions().get::<CallingService>().map(|calling| calling.0);
        if !caller.is_some_and(|caller| self.allow.permits(request.uri().path(), caller)) {
            tracing::warn!(?caller, method = request.uri().path(), "refused a call between services");
            let refused = status_of(&Failure::new(ErrorCode::Forbidden, "This service may not call that method."));
            return Box::pin(async move { Ok(refused.into_http()) });
        }
        let id = request.headers().get(context::HEADER).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let answer = self.inner.call(request);
        match id {
            Some(id) => Box::pin(context::with_request(context::RequestContext::named(id), answer)),
            None => Box::pin(answer),
        }
    }
}

/// On every call out: the request id, and a deadline where the caller set none.
#[derive(Clone, Copy, Default)]
pub struct Outgoing;

impl Interceptor for Outgoing {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(id) = context::request_id().and_then(|id| MetadataValue::try_from(id).ok()) {
            request.metadata_mut().insert(context::HEADER, id);
        }
        if request.metadata().get("grpc-timeout").is_none() {
            request.set_timeout(DEADLINE);
        }
        Ok(request)
    }
}

/// A channel that puts `Outgoing` on every call; what generated clients are made over.
pub type Calls = tonic::service::interceptor::InterceptedService<Channel, Outgoing>;

impl Peer {
    /// For unary calls.
    pub fn calls(&self) -> Calls {
        tonic::service::interceptor::InterceptedService::new(self.calls.clone(), Outgoing)
    }

    /// For streams: no deadline, a connection of their own.
    pub fn streams(&self) -> Channel {
        self.streams.clone()
    }
}

/// A request with a deadline of its own.
pub fn within<T>(deadline: Duration, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(deadline);
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_is_closed() {
        let allow = Allow::methods(&[("/berth.v1.Engine/List", &[ServiceName::Allocation])]);
        assert!(allow.permits("/berth.v1.Engine/List", ServiceName::Allocation));
        assert!(!allow.permits("/berth.v1.Engine/List", ServiceName::Feed));
        assert!(!allow.permits("/berth.v1.Engine/Logs", ServiceName::Allocation));
        assert!(allow.permits("/grpc.health.v1.Health/Check", ServiceName::Feed));
    }
}
