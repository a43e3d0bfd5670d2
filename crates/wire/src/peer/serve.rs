//! A service's gRPC side on connections that say who calls, whatever they are made of.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::Stream;
use kit::{Failure, ServiceName};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tonic::transport::Server;
use tonic::transport::server::Connected;

use super::allow::{AllowLayer, CallingService};
use crate::drain::Drain;
use crate::service::Grpc;

/// A caller that vanished without a word is forgotten after both: its streams must not be fed for ever.
const PING: Duration = Duration::from_secs(10);
const PONG: Duration = Duration::from_secs(5);
/// How long calls under way may take to end once the process stops; a stream may have no end of its own.
const FINISH: Duration = Duration::from_secs(5);

/// A connection, with the name of who opened it.
pub struct Identified<S> {
    stream: S,
    caller: ServiceName,
}

impl<S> Identified<S> {
    pub const fn new(stream: S, caller: ServiceName) -> Self {
        Self { stream, caller }
    }
}

/// Serves a service's methods, health and reflection until the process stops: then callers are told to go elsewhere
/// (GOAWAY) and calls under way end. Callers that can vanish without a word are pinged.
pub fn serve<S>(
    name: ServiceName,
    grpc: Grpc,
    incoming: impl Stream<Item = Identified<S>> + Send + 'static,
    can_vanish: bool,
    drain: &Drain,
) -> Result<(), Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let incoming = futures::StreamExt::map(incoming, Ok::<_, io::Error>);
    let stop = drain.stop.clone();
    let routes = grpc.routes.add_service(health()).add_service(reflection()?);
    let server = Server::builder()
        .http2_keepalive_interval(can_vanish.then_some(PING))
        .http2_keepalive_timeout(Some(PONG))
        .layer(AllowLayer::new(name, grpc.allow))
        .add_routes(routes)
        .serve_with_incoming_shutdown(incoming, stop.clone().cancelled_owned());
    let long_after = async move {
        stop.cancelled().await;
        tokio::time::sleep(FINISH).await;
    };
    drain.tracker.spawn(async move {
        tokio::select! {
            ended = server => if let Err(error) = ended {
                tracing::error!(%error, "the gRPC side of {name} ended");
            },
            () = long_after => tracing::debug!("calls to {name} were still under way"),
        }
    });
    Ok(())
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

impl<S> Connected for Identified<S> {
    type ConnectInfo = CallingService;

    fn connect_info(&self) -> CallingService {
        CallingService(self.caller)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Identified<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Identified<S> {
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
