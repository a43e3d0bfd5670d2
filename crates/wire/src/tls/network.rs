//! The network between processes: TCP with mutual TLS. Both ends show a certificate, and both look at whose it is.

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use kit::{Ambient, Failure, ServiceName};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_rustls::server::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};
use tokio_stream::wrappers::ReceiverStream;

use super::{TELL_EVERY, Tls, service_of};
use crate::drain::Drain;
use crate::peer::names::{self, Addresses, Resolver, SystemResolver};
use crate::peer::{self, Dial, Identified, Io, Peer, Pool};
use crate::service::Grpc;

/// How long a caller may take to show who it is, and how many may be about it at once.
const HANDSHAKE: Duration = Duration::from_secs(5);
const HANDSHAKES: usize = 256;
/// After the kernel would not give a connection: it has no more to give for a moment.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// Services in processes of their own. Its clones are one.
#[derive(Clone)]
pub struct TlsNetwork(Arc<Inner>);

struct Inner {
    tls: Tls,
    /// `host:port` for each replica, or one name that stands for all.
    names: HashMap<ServiceName, Vec<String>>,
    resolver: Arc<dyn Resolver>,
    every: Duration,
    ambient: Ambient,
    /// One for each service that was asked for: connections are shared by all who call.
    peers: Mutex<HashMap<ServiceName, Peer>>,
}

impl TlsNetwork {
    /// `names` are the peers' `host:port`, several separated by commas.
    ///
    /// # Panics
    /// Outside a runtime.
    pub fn new(tls: Tls, names: impl IntoIterator<Item = (ServiceName, String)>, ambient: Ambient) -> Self {
        Self::with_resolver(tls, names, ambient, Arc::new(SystemResolver), names::EVERY)
    }

    /// The same with another way to look names up.
    ///
    /// # Panics
    /// Outside a runtime.
    pub fn with_resolver(
        tls: Tls,
        names: impl IntoIterator<Item = (ServiceName, String)>,
        ambient: Ambient,
        resolver: Arc<dyn Resolver>,
        every: Duration,
    ) -> Self {
        let split =
            |text: &str| text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let names = names.into_iter().map(|(service, text)| (service, split(&text))).collect();
        tls.tell_every(TELL_EVERY);
        Self(Arc::new(Inner { tls, names, resolver, every, ambient, peers: Mutex::default() }))
    }

    /// Channels to a service. `caller` is who the certificate is of: a process speaks for one service.
    ///
    /// # Panics
    /// Outside a runtime.
    pub fn connect(&self, caller: ServiceName, callee: ServiceName) -> Peer {
        debug_assert_eq!(caller, self.0.tls.service(), "a process speaks for the service that its certificate names");
        let mut peers = self.0.peers.lock().unwrap_or_else(PoisonError::into_inner);
        peers.entry(callee).or_insert_with(|| self.peer(callee)).clone()
    }

    fn peer(&self, callee: ServiceName) -> Peer {
        let Inner { tls, names, resolver, every, ambient, .. } = &*self.0;
        let names = names.get(&callee).cloned().unwrap_or_default();
        let runtime = tokio::runtime::Handle::current();
        let addresses = names::follow(names, resolver.clone(), *every, &runtime);
        let pool = |addresses: watch::Receiver<Addresses>| {
            Pool::new(callee, Box::new(Dialler { tls: tls.clone(), callee }), addresses, ambient.clone())
        };
        Peer::new(tls.service(), callee, pool(addresses.clone()), pool(addresses))
    }

    /// Serves a service on a listener until the process stops.
    pub fn serve(&self, name: ServiceName, grpc: Grpc, listener: TcpListener, drain: &Drain) -> Result<(), Failure> {
        listener.set_nonblocking(true).map_err(Failure::internal)?;
        let listener = tokio::net::TcpListener::from_std(listener).map_err(Failure::internal)?;
        let (accepted, incoming) = mpsc::channel(HANDSHAKES);
        drain.tracker.spawn(accept(self.0.tls.clone(), listener, accepted, drain.clone()));
        peer::serve(name, grpc, ReceiverStream::new(incoming), true, drain)
    }
}

type Accepted = Identified<TlsStream<TcpStream>>;

/// Takes connections until the process stops. Handshakes run beside each other: one who never finishes holds up nobody.
async fn accept(tls: Tls, listener: tokio::net::TcpListener, accepted: mpsc::Sender<Accepted>, drain: Drain) {
    let places = Arc::new(Semaphore::new(HANDSHAKES));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let (stream, from) = tokio::select! {
            () = drain.stop.cancelled() => return,
            taken = listener.accept() => match taken {
                Ok(taken) => taken,
                Err(error) => {
                    tracing::warn!(%error, "a connection between services could not be taken");
                    tokio::time::sleep(ACCEPT_AGAIN).await;
                    continue;
                }
            },
        };
        let (tls, accepted) = (tls.clone(), accepted.clone());
        tokio::spawn(async move {
            let shaken = tokio::time::timeout(HANDSHAKE, shake(&tls, stream)).await;
            drop(place);
            match shaken {
                Ok(Ok(caller)) => drop(accepted.send(caller).await),
                Ok(Err(error)) => tracing::warn!(%from, "refused a connection between services: {error}"),
                Err(_) => tracing::warn!(%from, "refused a connection between services: no handshake in time"),
            }
        });
    }
}

async fn shake(tls: &Tls, stream: TcpStream) -> io::Result<Accepted> {
    stream.set_nodelay(true)?;
    let stream = TlsAcceptor::from(tls.current().server.clone()).accept(stream).await?;
    let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
    // Looked at in the handshake already: without a name there is no connection.
    let caller = shown.and_then(service_of).ok_or(io::ErrorKind::PermissionDenied)?;
    Ok(Identified::new(stream, caller))
}

/// Connects to a place of a service, and shows the certificate as a call would; asks for nothing. For whoever checks before
/// calls are due.
pub async fn greet(tls: &Tls, callee: ServiceName, address: SocketAddr) -> io::Result<()> {
    Dialler { tls: tls.clone(), callee }.dial(address).await.map(drop)
}

struct Dialler {
    tls: Tls,
    callee: ServiceName,
}

#[async_trait]
impl Dial for Dialler {
    async fn dial(&self, address: SocketAddr) -> io::Result<Box<dyn Io>> {
        let config = self.tls.current().client(self.callee, &self.tls.0.clock).map_err(io::Error::other)?;
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let name = ServerName::try_from(self.callee.as_str()).map_err(io::Error::other)?;
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
        // In TLS 1.3 a client is done before the server looked at its certificate. The server speaks first in HTTP/2, so its
        // first bytes say that it took the certificate, and an alert in their place that it did not.
        let mut stream = BufReader::new(stream);
        if stream.fill_buf().await?.is_empty() {
            return Err(io::Error::new(io::ErrorKind::ConnectionRefused, "it closed the connection"));
        }
        Ok(Box::new(stream))
    }

    fn can_vanish(&self) -> bool {
        true
    }
}
