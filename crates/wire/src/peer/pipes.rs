//! The network of one process: in-memory pipes, so that what is tested in one process is what ships in several.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use kit::{Ambient, Failure, ServiceName};
use tokio::io::DuplexStream;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::Peer;
use super::names;
use super::pool::{Dial, Io, Pool};
use super::serve::{self, Identified};
use crate::drain::Drain;
use crate::service::Grpc;

/// How many bytes wait in a pipe before its writer does.
const PIPE_BYTES: usize = 64 << 10;
/// How many connections wait to be accepted.
const BACKLOG: usize = 64;
/// A pipe has no address; the pool wants one.
const NOWHERE: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0));

type Pipe = Identified<DuplexStream>;

/// The in-memory network of one process: a listener a service.
#[derive(Clone, Default)]
pub struct Pipes(Arc<Mutex<HashMap<ServiceName, Line>>>);

struct Line {
    dial: mpsc::Sender<Pipe>,
    listen: Option<mpsc::Receiver<Pipe>>,
}

impl Pipes {
    /// Channels for `caller` to reach `callee`, which need not serve yet. Connects on first use, and again after a loss.
    ///
    /// # Panics
    /// Outside a runtime.
    pub fn connect(&self, caller: ServiceName, callee: ServiceName) -> Peer {
        let pool = || {
            let dial = Box::new(Dialler { dial: self.with_line(callee, |line| line.dial.clone()), caller });
            Pool::new(callee, dial, names::fixed(&[NOWHERE]), Ambient::system())
        };
        Peer::new(caller, callee, pool(), pool())
    }

    /// Serves a service until the process stops.
    pub fn serve(&self, name: ServiceName, grpc: Grpc, drain: &Drain) -> Result<(), Failure> {
        let listen = self.with_line(name, |line| line.listen.take());
        let listen = listen.ok_or_else(|| Failure::internal(format!("{name} is served already")))?;
        serve::serve(name, grpc, ReceiverStream::new(listen), false, drain)
    }

    fn with_line<R>(&self, name: ServiceName, f: impl FnOnce(&mut Line) -> R) -> R {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        f(lines.entry(name).or_insert_with(|| {
            let (dial, listen) = mpsc::channel(BACKLOG);
            Line { dial, listen: Some(listen) }
        }))
    }
}

struct Dialler {
    dial: mpsc::Sender<Pipe>,
    caller: ServiceName,
}

#[async_trait]
impl Dial for Dialler {
    async fn dial(&self, _: SocketAddr) -> io::Result<Box<dyn Io>> {
        let (near, far) = tokio::io::duplex(PIPE_BYTES);
        let pipe = Identified::new(far, self.caller);
        self.dial.send(pipe).await.map_err(|_| io::Error::from(io::ErrorKind::ConnectionRefused))?;
        Ok(Box::new(near))
    }

    /// Whoever holds the other end is this process.
    fn can_vanish(&self) -> bool {
        false
    }
}
