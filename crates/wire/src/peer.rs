//! How services reach each other: gRPC over in-memory pipes in one process, over mutual TLS between several. Either way the
//! server knows which service calls, and each method says which may.

mod allow;
mod answer;
mod call;
pub mod names;
mod pipes;
mod pool;
mod serve;
mod timeout;

use std::net::TcpListener;
use std::time::Duration;

use kit::{Failure, ServiceName};
use tonic::Request;

use crate::drain::Drain;
use crate::service::Grpc;
use crate::tls::TlsNetwork;

pub use allow::{Allow, CallingService};
pub use call::{Calls, DEADLINE};
pub use pipes::Pipes;
pub(crate) use pool::{Dial, Io, Pool};
pub(crate) use serve::{Identified, serve};

/// Where services find each other.
#[derive(Clone)]
pub enum Network {
    /// All in this process.
    Pipes(Pipes),
    /// Each in a process of its own.
    Tls(TlsNetwork),
}

impl Default for Network {
    fn default() -> Self {
        Self::Pipes(Pipes::default())
    }
}

impl Network {
    /// Channels for `caller` to reach `callee`, which need not be there yet. Connects on first use, and again after a loss.
    ///
    /// # Panics
    /// Outside a runtime: connections live on the one that this is called on.
    pub fn connect(&self, caller: ServiceName, callee: ServiceName) -> Peer {
        match self {
            Self::Pipes(pipes) => pipes.connect(caller, callee),
            Self::Tls(network) => network.connect(caller, callee),
        }
    }

    /// Serves a service's methods, health and reflection until the process stops; over TLS on `listener`.
    pub fn serve(
        &self,
        name: ServiceName,
        grpc: Grpc,
        listener: Option<TcpListener>,
        drain: &Drain,
    ) -> Result<(), Failure> {
        match (self, listener) {
            (Self::Pipes(pipes), None) => pipes.serve(name, grpc, drain),
            (Self::Tls(network), Some(listener)) => network.serve(name, grpc, listener, drain),
            (Self::Pipes(_), Some(_)) => Err(Failure::internal("pipes do not listen")),
            (Self::Tls(_), None) => Err(Failure::internal(format!("{name} has nothing to listen on"))),
        }
    }
}

/// Channels to another service: streams have one of their own, so that a stalled reader cannot hold up calls.
#[derive(Clone)]
pub struct Peer {
    calls: Calls,
    streams: Calls,
}

impl Peer {
    pub(crate) const fn new(caller: ServiceName, callee: ServiceName, calls: Pool, streams: Pool) -> Self {
        let calls = Calls::unary(caller, callee, calls);
        Self { calls, streams: Calls::streaming(caller, callee, streams) }
    }

    /// For unary calls: each has a deadline, and reads are tried again where the peer was not reached.
    pub fn calls(&self) -> Calls {
        self.calls.clone()
    }

    /// For streams: no deadline, a connection of their own.
    pub fn streams(&self) -> Calls {
        self.streams.clone()
    }
}

/// A request with a deadline of its own.
pub fn within<T>(deadline: Duration, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(deadline);
    request
}
