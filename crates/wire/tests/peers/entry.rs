//! Who is let in: the same list over pipes and over TLS, and over TLS only services that a CA of ours vouches for.

use kit::{Ambient, ErrorCode, ServiceName};
use proto::convert::failure_of;
use proto::v1::LastLinesRequest;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use testkit::TestClock;
use tokio::io::AsyncReadExt as _;
use wire::drain::Drain;
use wire::{Network, Pipes};

use crate::support::{
    Authority, CALLEE, CALLER, Certificates, LONG, Replica, anywhere, client, find, find_within, peer,
};

/// Each network as the caller and as a service that may not call.
fn on_both(replica: &Replica) -> Vec<[wire::Peer; 2]> {
    let pipes = Network::Pipes(Pipes::default());
    let drain = Drain::default();
    pipes.serve(CALLEE, replica.grpc(), None, &drain).unwrap();
    let certificates = Certificates::of(&Authority::new());
    let running = replica.serve(&certificates.tls(CALLEE), anywhere());
    let over_tls = |service| peer(&certificates.tls(service), &running.address.to_string());
    let over_pipes = |service| pipes.connect(service, CALLEE);
    let both = [CALLER, ServiceName::Feed];
    vec![both.map(over_pipes), both.map(over_tls)]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_answers_those_it_names_and_nobody_else() {
    let replica = Replica::new("one");
    for [caller, feed] in on_both(&replica) {
        let before = replica.calls();
        assert_eq!(find(&caller).await.unwrap(), "one");
        assert_eq!(find(&feed).await.unwrap_err().code, ErrorCode::Forbidden);
        let closed = client(&caller).last_lines(LastLinesRequest::default()).await.unwrap_err();
        assert_eq!(failure_of(&closed).code, ErrorCode::Forbidden);
        assert_eq!(replica.calls(), before + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_refused_by_the_server_and_a_strange_server_by_the_client() {
    let (ours, theirs) = (Certificates::of(&Authority::new()), Certificates::of(&Authority::new()));
    let replica = Replica::new("one");
    let running = replica.serve(&ours.tls(CALLEE), anywhere());
    let stranger = theirs.tls(CALLER);
    // It would trust our server, so that only its own certificate is in the way.
    theirs.write("ca.pem", &std::fs::read_to_string(ours.file("ca.pem")).unwrap());
    let refused = find(&peer(&stranger, &running.address.to_string())).await.unwrap_err();
    assert_eq!((refused.code, refused.left), (ErrorCode::PeerUnavailable, kit::Left::Nothing), "{refused}");

    let distrustful = Certificates::of(&Authority::new()).tls(CALLER);
    let refused = find(&peer(&distrustful, &running.address.to_string())).await.unwrap_err();
    assert!(refused.to_string().contains("certificate"), "{refused}");
    assert_eq!(replica.calls(), 0);
    assert_eq!(find(&peer(&ours.tls(CALLER), &running.address.to_string())).await.unwrap(), "one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_another_service_is_refused() {
    let authority = Authority::new();
    let certificates = Certificates::of(&authority);
    certificates.write("allocation.pem", &authority.of(ServiceName::Feed));
    let feed = wire::TlsFiles::in_directory(certificates.path(), CALLEE);
    let feed = wire::Tls::load(feed, ServiceName::Feed, Ambient::system()).unwrap();
    let replica = Replica::new("one");
    let running = replica.serve(&feed, anywhere());
    let refused = find(&peer(&certificates.tls(CALLER), &running.address.to_string())).await.unwrap_err();
    assert!(refused.to_string().contains("of feed, not of allocation"), "{refused}");
    assert_eq!(replica.calls(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_refused_once_it_has_expired() {
    let authority = Authority::new();
    let certificates = Certificates::of(&authority);
    certificates.write("user.pem", &authority.issue(&["berth://service/user"], 2026));
    let (here, there) = (TestClock::default(), TestClock::default());
    let replica = Replica::new("one");
    let running = replica.serve(&certificates.tls_at(CALLEE, &there.ambient()), anywhere());
    let tls = certificates.tls_at(CALLER, &here.ambient());
    assert_eq!(find(&peer(&tls, &running.address.to_string())).await.unwrap(), "one");

    // The server's year is over, the caller's is not: what is refused is the server's doing.
    there.advance(std::time::Duration::from_secs(366 * 86_400));
    let refused = find_within(&peer(&tls, &running.address.to_string()), LONG).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::PeerUnavailable, "{refused}");
    assert_eq!(replica.calls(), 1);
    let files = wire::TlsFiles::in_directory(certificates.path(), CALLER);
    let refused = wire::Tls::load(files, CALLER, there.ambient()).err().unwrap();
    assert!(refused.to_string().contains("expired at 2026-12-31"), "{refused}");
}

/// What a server says to whoever shows a certificate that our own code would not show.
async fn shown(certificates: &Certificates, pem: &str, address: std::net::SocketAddr) -> std::io::Result<u8> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificates.file("ca.pem")).unwrap()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_client_auth_cert(
            vec![CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()],
            PrivateKeyDer::from_pem_slice(pem.as_bytes()).unwrap(),
        )
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let stream = tokio::net::TcpStream::connect(address).await?;
    let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
    let mut stream = connector.connect(ServerName::try_from("allocation").unwrap(), stream).await?;
    stream.read_u8().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_names_no_service_or_several_is_refused() {
    let authority = Authority::new();
    let certificates = Certificates::of(&authority);
    // Somebody else's client looks at host names.
    certificates.write("allocation.pem", &authority.with_host("allocation", "berth://service/allocation"));
    let running = Replica::new("one").serve(&certificates.tls(CALLEE), anywhere());
    let uris: [&[&str]; 4] = [
        &[],
        &["https://berth.example/user"],
        &["berth://service/user", "berth://service/feed"],
        &["berth://service/root"],
    ];
    for uris in uris {
        let pem = authority.issue(uris, 2999);
        let refused = shown(&certificates, &pem, running.address).await.unwrap_err();
        assert!(refused.to_string().contains("alert"), "{uris:?}: {refused}");
        certificates.write("user.pem", &pem);
        let files = wire::TlsFiles::in_directory(certificates.path(), CALLER);
        let refused = wire::Tls::load(files, CALLER, Ambient::system()).err().unwrap();
        assert!(refused.to_string().contains("berth://service/"), "{refused}");
    }
    let welcome = shown(&certificates, &authority.of(CALLER), running.address).await;
    assert!(welcome.is_ok(), "{welcome:?}");
}
