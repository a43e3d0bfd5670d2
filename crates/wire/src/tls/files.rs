//! Certificate, key and CAs as read from their files, made into what rustls wants on either side of a connection.

use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use kit::{ServiceName, Timestamp};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::NoServerSessionStorage;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore, ServerConfig, client::Resumption};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::verify::{ClientVerifier, ServerVerifier, service_of};
use super::{AmbientTime, TlsError, TlsFiles};

/// HTTP/2, the only protocol that is spoken.
const ALPN: &[u8] = b"h2";

/// What files looked like: enough to see that one was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp([Option<(SystemTime, u64, u64)>; 3]);

impl Stamp {
    pub fn of(files: &TlsFiles) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        let look = |path: &Path| {
            let metadata = std::fs::metadata(path).ok()?;
            Some((metadata.modified().ok()?, metadata.len(), metadata.ino()))
        };
        Self([look(&files.ca), look(&files.certificate), look(&files.key)])
    }
}

/// One reading of the files.
pub struct Material {
    roots: Arc<RootCertStore>,
    own: Arc<SingleCertAndKey>,
    pub server: Arc<ServerConfig>,
    pub not_after: Timestamp,
}

impl Material {
    pub fn read(
        files: &TlsFiles,
        service: ServiceName,
        now: Timestamp,
        clock: &Arc<AmbientTime>,
    ) -> Result<Self, TlsError> {
        let roots = Arc::new(roots(&files.ca)?);
        let chain = certificates(&files.certificate)?;
        let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| unfit(&files.key, error))?;
        let not_after = check(&files.certificate, &chain[0], service, now)?;
        let own = CertifiedKey::from_der(chain, key, &ring::default_provider())
            .map_err(|error| unfit(&files.certificate, error))?;
        let own = Arc::new(SingleCertAndKey::from(own));
        let server = Arc::new(server(&roots, &own, clock)?);
        Ok(Self { roots, own, server, not_after })
    }

    /// For connections to `callee` and nobody else.
    pub fn client(&self, callee: ServiceName, clock: &Arc<AmbientTime>) -> Result<ClientConfig, TlsError> {
        let verifier = Arc::new(ServerVerifier::new(self.roots.clone(), callee));
        let mut config = ClientConfig::builder_with_details(Arc::new(ring::default_provider()), clock.clone())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(refused)?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_client_cert_resolver(self.own.clone());
        config.alpn_protocols = vec![ALPN.to_vec()];
        config.enable_sni = false;
        // A resumed session would not look at certificates again, which may have expired or lost their CA meanwhile.
        config.resumption = Resumption::disabled();
        Ok(config)
    }
}

fn server(
    roots: &Arc<RootCertStore>,
    own: &Arc<SingleCertAndKey>,
    clock: &Arc<AmbientTime>,
) -> Result<ServerConfig, TlsError> {
    let verifier = Arc::new(ClientVerifier::new(roots.clone()).map_err(refused)?);
    let mut config = ServerConfig::builder_with_details(Arc::new(ring::default_provider()), clock.clone())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(refused)?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(own.clone());
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

fn roots(path: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(|error| unfit(path, error))?;
    }
    Ok(roots)
}

/// At least one.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read = CertificateDer::pem_file_iter(path).map_err(|error| unfit(path, error))?;
    let read: Vec<_> = read.collect::<Result<_, _>>().map_err(|error| unfit(path, error))?;
    if read.is_empty() { Err(unfit(path, "it holds no certificate")) } else { Ok(read) }
}

/// Whether a certificate is the service's own and still holds; gives until when.
fn check(
    path: &Path,
    certificate: &CertificateDer<'_>,
    service: ServiceName,
    now: Timestamp,
) -> Result<Timestamp, TlsError> {
    match service_of(certificate) {
        Some(found) if found == service => {}
        Some(other) => return Err(unfit(path, format!("it is the certificate of {other}, not of {service}"))),
        None => return Err(unfit(path, "it is no certificate of a service: it lacks the name berth://service/…")),
    }
    let (_, parsed) = X509Certificate::from_der(certificate).map_err(|error| unfit(path, error))?;
    let not_after = Timestamp::from_micros(parsed.validity().not_after.timestamp().saturating_mul(1_000_000));
    if not_after <= now {
        return Err(unfit(path, format!("it expired at {not_after}: `berthd certs renew` makes a new one")));
    }
    Ok(not_after)
}

fn unfit(path: &Path, why: impl std::fmt::Display) -> TlsError {
    TlsError(format!("{}: {why}", path.display()))
}

fn refused(error: impl std::fmt::Display) -> TlsError {
    TlsError(format!("TLS cannot be set up: {error}"))
}
