//! A service to call, a CA to be known by, and a wire that can be cut.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kit::{Ambient, Failure, ServiceName};
use proto::convert::failure_of;
use proto::v1::allocations_client::AllocationsClient;
use proto::v1::allocations_server::{Allocations, AllocationsServer};
use proto::v1::{
    Allocation, FindAllocationRequest, LastLinesReply, LastLinesRequest, OfTenantReply, OfTenantRequest, SettleReply,
    SettleRequest,
};
use rcgen::string::Ia5String;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SanType};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};
use wire::drain::Drain;
use wire::peer::{Calls, within};
use wire::service::Grpc;
use wire::{Allow, Network, Peer, Tls, TlsFiles, TlsNetwork};

pub const CALLER: ServiceName = ServiceName::User;
pub const CALLEE: ServiceName = ServiceName::Allocation;
/// Enough for anything that is to succeed, on a busy machine.
pub const LONG: Duration = Duration::from_secs(60);

/// A CA of a test's own.
pub struct Authority {
    pub pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    /// Certificate and key, one after the other, with these URIs as names, valid until a year's end.
    pub fn issue(&self, uris: &[&str], until: i32) -> String {
        let uri = |uri: &&str| SanType::URI(Ia5String::try_from(*uri).unwrap());
        self.sign(uris.iter().map(uri).collect(), until)
    }

    /// With a host's name beside, for those who look at that.
    pub fn with_host(&self, host: &str, uri: &str) -> String {
        let names = [SanType::DnsName(host.try_into().unwrap()), SanType::URI(uri.try_into().unwrap())];
        self.sign(names.into(), 2999)
    }

    fn sign(&self, names: Vec<SanType>, until: i32) -> String {
        let mut params = CertificateParams::default();
        params.subject_alt_names = names;
        params.not_after = rcgen::date_time_ymd(until, 12, 31);
        let key = KeyPair::generate().unwrap();
        params.signed_by(&key, &self.issuer).unwrap().pem() + &key.serialize_pem()
    }

    pub fn of(&self, service: ServiceName) -> String {
        self.issue(&[&format!("berth://service/{service}")], 2999)
    }
}

/// A directory of certificates as `berthd certs` lays it out.
pub struct Certificates(pub tempfile::TempDir);

impl Certificates {
    /// The two services, known by one CA.
    pub fn of(authority: &Authority) -> Self {
        let certificates = Self(tempfile::tempdir().unwrap());
        certificates.write("ca.pem", &authority.pem);
        for service in [CALLER, CALLEE, ServiceName::Feed] {
            certificates.write(&format!("{service}.pem"), &authority.of(service));
        }
        certificates
    }

    /// Replaces a file at once, as those who renew must.
    pub fn write(&self, name: &str, text: &str) {
        let new = self.path().join(format!("{name}.new"));
        std::fs::write(&new, text).unwrap();
        std::fs::rename(new, self.path().join(name)).unwrap();
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub fn tls(&self, service: ServiceName) -> Tls {
        self.tls_at(service, &Ambient::system())
    }

    pub fn tls_at(&self, service: ServiceName, ambient: &Ambient) -> Tls {
        Tls::load(TlsFiles::in_directory(self.path(), service), service, ambient.clone()).unwrap()
    }
}

/// What a replica does with a call.
#[derive(Clone)]
pub enum Manner {
    Answers,
    /// Never; tells when it was given up.
    Stalls(Arc<AtomicU32>),
    /// Cuts the wire under the call.
    Cuts(Arc<Relay>),
    /// Answers after somebody says so.
    Waits(CancellationToken),
}

/// One replica of the allocation service: `Find` is a read, `Settle` a command.
#[derive(Clone)]
pub struct Replica(Arc<Inner>);

struct Inner {
    name: String,
    manner: Mutex<Manner>,
    calls: AtomicU32,
    /// What was left of the last caller's deadline.
    left: Mutex<Option<Duration>>,
}

impl Replica {
    pub fn new(name: &str) -> Self {
        let (name, manner) = (name.to_owned(), Mutex::new(Manner::Answers));
        Self(Arc::new(Inner { name, manner, calls: AtomicU32::new(0), left: Mutex::default() }))
    }

    pub fn behaves(&self, manner: Manner) {
        *self.0.manner.lock().unwrap() = manner;
    }

    pub fn calls(&self) -> u32 {
        self.0.calls.load(Ordering::SeqCst)
    }

    pub fn left(&self) -> Option<Duration> {
        *self.0.left.lock().unwrap()
    }

    pub fn grpc(&self) -> Grpc {
        let allow = Allow::methods(&[
            ("/berth.v1.Allocations/Find", &[CALLER]),
            ("/berth.v1.Allocations/Settle", &[CALLER]),
            ("/berth.v1.Allocations/LastLines", &[ServiceName::Notification]),
        ]);
        Grpc { routes: tonic::service::Routes::new(AllocationsServer::new(self.clone())), allow }
    }

    /// Serves on a port of its own, or on one that it had.
    pub fn serve(&self, tls: &Tls, address: SocketAddr) -> Running {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let (drain, network) = (Drain::default(), TlsNetwork::new(tls.clone(), [], Ambient::system()));
        network.serve(CALLEE, self.grpc(), listener, &drain).unwrap();
        Running { address, drain }
    }

    async fn take(&self) -> Result<(), Status> {
        self.0.calls.fetch_add(1, Ordering::SeqCst);
        let deadline = kit::context::deadline();
        *self.0.left.lock().unwrap() = deadline.map(|at| at.saturating_duration_since(tokio::time::Instant::now()));
        let manner = self.0.manner.lock().unwrap().clone();
        match manner {
            Manner::Answers => {}
            Manner::Stalls(given_up) => {
                let _told = Told(given_up);
                std::future::pending::<()>().await;
            }
            Manner::Cuts(relay) => {
                relay.cut();
                std::future::pending::<()>().await;
            }
            Manner::Waits(go) => go.cancelled().await,
        }
        Ok(())
    }
}

/// Counts when a call's work is dropped.
struct Told(Arc<AtomicU32>);

impl Drop for Told {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[tonic::async_trait]
impl Allocations for Replica {
    async fn find(&self, _: Request<FindAllocationRequest>) -> Result<Response<Allocation>, Status> {
        self.take().await?;
        Ok(Response::new(Allocation { name: self.0.name.clone(), ..Allocation::default() }))
    }

    async fn of_tenant(&self, _: Request<OfTenantRequest>) -> Result<Response<OfTenantReply>, Status> {
        Err(Status::unimplemented("no test asks"))
    }

    async fn settle(&self, _: Request<SettleRequest>) -> Result<Response<SettleReply>, Status> {
        self.take().await?;
        Ok(Response::new(SettleReply::default()))
    }

    async fn last_lines(&self, _: Request<LastLinesRequest>) -> Result<Response<LastLinesReply>, Status> {
        self.take().await?;
        Ok(Response::new(LastLinesReply::default()))
    }
}

/// A replica that serves.
pub struct Running {
    pub address: SocketAddr,
    pub drain: Drain,
}

impl Running {
    pub fn stop(&self) {
        self.drain.stop.cancel();
        self.drain.tracker.close();
    }
}

/// Where a server may listen.
pub fn anywhere() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

/// What the caller reaches the callee with.
pub fn peer(tls: &Tls, names: &str) -> Peer {
    let network = TlsNetwork::new(tls.clone(), [(CALLEE, names.to_owned())], Ambient::system());
    Network::Tls(network).connect(tls.service(), CALLEE)
}

pub fn client(peer: &Peer) -> AllocationsClient<Calls> {
    AllocationsClient::new(peer.calls())
}

/// Who answered.
pub async fn find(peer: &Peer) -> Result<String, Failure> {
    find_within(peer, LONG).await
}

pub async fn find_within(peer: &Peer, deadline: Duration) -> Result<String, Failure> {
    let found = client(peer).find(within(deadline, FindAllocationRequest::default())).await;
    found.map(|found| found.into_inner().name).map_err(|status| failure_of(&status))
}

pub async fn settle(peer: &Peer) -> Result<(), Failure> {
    client(peer).settle(within(LONG, SettleRequest::default())).await.map(drop).map_err(|status| failure_of(&status))
}

/// A wire between two ends that a test cuts, or holds as a host does that lost its power: both directions of all that is
/// connected then.
pub struct Relay {
    pub address: SocketAddr,
    cut: Mutex<CancellationToken>,
    held: Mutex<CancellationToken>,
}

impl Relay {
    pub async fn to(target: SocketAddr) -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind(anywhere()).await.unwrap();
        let relay =
            Arc::new(Self { address: listener.local_addr().unwrap(), cut: Mutex::default(), held: Mutex::default() });
        let taking = relay.clone();
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let (cut, held) = (taking.cut.lock().unwrap().clone(), taking.held.lock().unwrap().clone());
                tokio::spawn(async move {
                    let Ok(mut far) = TcpStream::connect(target).await else { return };
                    tokio::select! {
                        () = cut.cancelled() => {}
                        () = held.cancelled() => std::future::pending().await,
                        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                    }
                });
            }
        });
        relay
    }

    pub fn cut(&self) {
        std::mem::take(&mut *self.cut.lock().unwrap()).cancel();
    }

    /// Nothing comes through any more, and nobody is told.
    pub fn hold(&self) {
        std::mem::take(&mut *self.held.lock().unwrap()).cancel();
    }
}
