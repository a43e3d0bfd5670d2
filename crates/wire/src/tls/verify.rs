//! Which certificates are let in: signed by a CA of ours, in their time, and naming one of our services. A host's name
//! means nothing here: addresses change, services do not.

use std::fmt;
use std::sync::Arc;

use kit::ServiceName;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ParsedCertificate, VerifierBuilderError, WebPkiClientVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, RootCertStore, SignatureScheme,
};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::SCHEME;

/// The service that a certificate names, `berth://service/<name>` among its alternative names. `None` where it names
/// none, or several: a certificate is of one service.
pub fn service_of(certificate: &CertificateDer<'_>) -> Option<ServiceName> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let names = parsed.subject_alternative_name().ok()??;
    let mut services = names.value.general_names.iter().filter_map(|name| match name {
        GeneralName::URI(uri) => uri.strip_prefix(SCHEME),
        _ => None,
    });
    let service = services.next()?.parse().ok();
    if services.next().is_some() { None } else { service }
}

/// Why a certificate of a CA of ours is refused all the same.
struct NotThatService {
    wanted: Option<ServiceName>,
    found: Option<ServiceName>,
}

impl fmt::Display for NotThatService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.found, self.wanted) {
            (None, _) => write!(f, "the certificate names no service ({SCHEME}…)"),
            (Some(found), Some(wanted)) => write!(f, "the certificate is of {found}, not of {wanted}"),
            (Some(found), None) => write!(f, "the certificate is of {found}"),
        }
    }
}

/// rustls shows what it was given with this.
impl fmt::Debug for NotThatService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl std::error::Error for NotThatService {}

impl From<NotThatService> for Error {
    fn from(refused: NotThatService) -> Self {
        CertificateError::Other(OtherError(Arc::new(refused))).into()
    }
}

fn algorithms() -> WebPkiSupportedAlgorithms {
    ring::default_provider().signature_verification_algorithms
}

/// For a client: the server must be one service and no other.
#[derive(Debug)]
pub struct ServerVerifier {
    roots: Arc<RootCertStore>,
    callee: ServiceName,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerVerifier {
    pub fn new(roots: Arc<RootCertStore>, callee: ServiceName) -> Self {
        Self { roots, callee, algorithms: algorithms() }
    }
}

impl ServerCertVerifier for ServerVerifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let parsed = ParsedCertificate::try_from(certificate)?;
        let algorithms = self.algorithms.all;
        verify_server_cert_signed_by_trust_anchor(&parsed, &self.roots, intermediates, now, algorithms)?;
        match service_of(certificate) {
            Some(service) if service == self.callee => Ok(ServerCertVerified::assertion()),
            found => Err(NotThatService { wanted: Some(self.callee), found }.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// For a server: the client must be some service; which one decides what it may call.
#[derive(Debug)]
pub struct ClientVerifier(Arc<dyn ClientCertVerifier>);

impl ClientVerifier {
    pub fn new(roots: Arc<RootCertStore>) -> Result<Self, VerifierBuilderError> {
        WebPkiClientVerifier::builder_with_provider(roots, Arc::new(ring::default_provider())).build().map(Self)
    }
}

impl ClientCertVerifier for ClientVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.0.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.0.verify_client_cert(certificate, intermediates, now)?;
        match service_of(certificate) {
            Some(_) => Ok(verified),
            None => Err(NotThatService { wanted: None, found: None }.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}
