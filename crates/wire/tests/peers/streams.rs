//! Streams: a connection of their own, so that one who does not read holds up nobody's calls.

use futures::StreamExt as _;
use futures::stream::BoxStream;
use kit::ServiceName;
use proto::v1::verifier_client::VerifierClient;
use proto::v1::verifier_server::{Verifier, VerifierServer};
use proto::v1::{
    Allocation, AllocationRequest, CallerReply, CheckRequest, Closure, ClosuresRequest, Machine, MachineRequest,
    TenantReply, TenantRequest,
};
use tonic::{Request, Response, Status};
use wire::drain::Drain;
use wire::service::Grpc;
use wire::{Allow, Network, Peer, Pipes, TlsNetwork};

use crate::support::{Authority, CALLER, Certificates, anywhere};

/// More than a connection lets wait unread.
const MANY: u64 = 100_000;

/// Tells of closings as fast as it may.
struct Chatty;

#[tonic::async_trait]
impl Verifier for Chatty {
    type ClosuresStream = BoxStream<'static, Result<Closure, Status>>;

    async fn check(&self, _: Request<CheckRequest>) -> Result<Response<CallerReply>, Status> {
        Ok(Response::new(CallerReply { role: "owner".to_owned(), ..CallerReply::default() }))
    }

    async fn machine(&self, _: Request<MachineRequest>) -> Result<Response<Machine>, Status> {
        Err(Status::unimplemented("no test asks"))
    }

    async fn allocation(&self, _: Request<AllocationRequest>) -> Result<Response<Allocation>, Status> {
        Err(Status::unimplemented("no test asks"))
    }

    async fn tenant(&self, _: Request<TenantRequest>) -> Result<Response<TenantReply>, Status> {
        Err(Status::unimplemented("no test asks"))
    }

    async fn closures(&self, _: Request<ClosuresRequest>) -> Result<Response<Self::ClosuresStream>, Status> {
        let closure = |cursor| Closure { cursor, reason: "x".repeat(100), ..Closure::default() };
        Ok(Response::new(futures::stream::iter((0..MANY).map(move |cursor| Ok(closure(cursor)))).boxed()))
    }
}

fn grpc() -> Grpc {
    let methods = ["/berth.v1.Verifier/Check", "/berth.v1.Verifier/Closures"];
    let allow = Allow::methods(&methods.map(|method| (method, [CALLER].as_slice())));
    Grpc { routes: tonic::service::Routes::new(VerifierServer::new(Chatty)), allow }
}

/// Over pipes and over TLS.
fn both() -> [Peer; 2] {
    let (drain, authority) = (Drain::default(), Authority::new());
    let pipes = Pipes::default();
    pipes.serve(ServiceName::Verifier, grpc(), &drain).unwrap();
    let certificates = Certificates::of(&authority);
    certificates.write("verifier.pem", &authority.of(ServiceName::Verifier));
    let listener = std::net::TcpListener::bind(anywhere()).unwrap();
    let names = [(ServiceName::Verifier, listener.local_addr().unwrap().to_string())];
    let ambient = kit::Ambient::system();
    let serving = TlsNetwork::new(certificates.tls(ServiceName::Verifier), [], ambient.clone());
    serving.serve(ServiceName::Verifier, grpc(), listener, &drain).unwrap();
    let tls = Network::Tls(TlsNetwork::new(certificates.tls(CALLER), names, ambient));
    [pipes.connect(CALLER, ServiceName::Verifier), tls.connect(CALLER, ServiceName::Verifier)]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_nobody_reads_holds_up_no_call_and_is_all_there_later() {
    for peer in both() {
        let closures = VerifierClient::new(peer.streams()).closures(ClosuresRequest {}).await.unwrap().into_inner();
        let mut client = VerifierClient::new(peer.calls());
        for _ in 0..50 {
            assert_eq!(client.check(CheckRequest::default()).await.unwrap().into_inner().role, "owner");
        }
        let all = closures.enumerate().all(|(at, closure)| async move { closure.unwrap().cursor == at as u64 });
        assert!(all.await);
    }
}
