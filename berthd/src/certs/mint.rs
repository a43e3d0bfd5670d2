//! Certificates as they are made and read back: a CA's, and a service's that names it as `berth://service/<name>`.

use std::net::IpAddr;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use kit::{Ambient, ServiceName, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PublicKeyData as _, SanType,
};
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};
use x509_parser::time::ASN1Time;

use super::directory::{self, Directory};

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";
const DAY: u64 = 86_400;
/// How long a service's certificate holds, and a CA's.
const LIFE: Duration = Duration::from_secs(90 * DAY);
const CA_LIFE: Duration = Duration::from_secs(3650 * DAY);
/// Hosts whose clocks are a little behind take a new certificate all the same.
const EARLIER: Duration = Duration::from_secs(3600);

/// A CA that signs.
pub struct Authority {
    pem: String,
    not_after: Timestamp,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// A new one, told from others by its name.
    pub fn mint(ambient: &Ambient) -> anyhow::Result<Self> {
        let now = ambient.now();
        let [a, b, c, d]: [u8; 4] = ambient.bytes();
        let mut params = params(&format!("Berth CA {a:02x}{b:02x}{c:02x}{d:02x}"), now, now.plus(CA_LIFE))?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate()?;
        let pem = params.self_signed(&key)?.pem();
        let not_after = Known::read(&pem)?.not_after;
        Ok(Self { pem, not_after, issuer: Issuer::new(params, key) })
    }

    /// The one of `trusted` that a key is of.
    pub fn read(trusted: &[Known], key: &str) -> anyhow::Result<Self> {
        let key = KeyPair::from_pem(key)?;
        let public = key.subject_public_key_info();
        let own = trusted.iter().find(|known| known.public_key == public).context("no CA has this key")?;
        let issuer = Issuer::from_ca_cert_pem(&own.pem, key)?;
        Ok(Self { pem: own.pem.clone(), not_after: own.not_after, issuer })
    }

    pub fn pem(&self) -> &str {
        &self.pem
    }

    pub fn key_pem(&self) -> String {
        self.issuer.key().serialize_pem()
    }

    /// A service's certificate with a new key, one after the other.
    pub fn certify(&self, service: ServiceName, names: Names, ambient: &Ambient) -> anyhow::Result<String> {
        let now = ambient.now();
        let mut params = params(&format!("berth {service}"), now, now.plus(LIFE).min(self.not_after))?;
        let own = format!("{}{service}", wire::tls::SCHEME);
        params.subject_alt_names = vec![SanType::URI(own.as_str().try_into()?)];
        for text in &names.0 {
            params.subject_alt_names.push(name(text)?);
        }
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate()?;
        Ok(params.signed_by(&key, &self.issuer)?.pem() + &key.serialize_pem())
    }
}

fn params(common_name: &str, now: Timestamp, until: Timestamp) -> anyhow::Result<CertificateParams> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.not_before = ASN1Time::from_timestamp(now.minus(EARLIER).as_secs())?.to_datetime();
    params.not_after = ASN1Time::from_timestamp(until.as_secs())?.to_datetime();
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

/// A host's name or address, as a certificate carries it.
pub fn name(text: &str) -> anyhow::Result<SanType> {
    match ServerName::try_from(text) {
        Ok(ServerName::DnsName(_)) => Ok(SanType::DnsName(text.try_into()?)),
        Ok(_) => Ok(SanType::IpAddress(text.parse()?)),
        Err(_) => Err(anyhow!("`{text}` is no name or address of a host")),
    }
}

/// The hosts that a certificate names, besides the service. Our own services do not look at them; other clients do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(pub Vec<String>);

impl Names {
    /// The usual ones, and those of `more` that are the service's.
    pub fn of(service: ServiceName, more: &[(ServiceName, String)]) -> Self {
        let own = more.iter().filter(|(of, _)| *of == service).map(|(_, name)| name.clone());
        let usual = ["localhost", "127.0.0.1", service.as_str()].map(str::to_owned);
        Self(usual.to_vec()).and(&Self(own.collect()))
    }

    #[must_use]
    pub fn and(mut self, others: &Self) -> Self {
        for name in &others.0 {
            if !self.0.contains(name) {
                self.0.push(name.clone());
            }
        }
        self
    }
}

/// A certificate that is there.
pub struct Known {
    pub pem: String,
    pub subject: String,
    pub names: Names,
    pub not_after: Timestamp,
    /// As the certificate holds it, DER.
    pub public_key: Vec<u8>,
    pub service: Option<ServiceName>,
}

impl Known {
    /// The first certificate of a text.
    pub fn read(text: &str) -> anyhow::Result<Self> {
        Self::read_all(text)?.into_iter().next().context("there is no certificate in it")
    }

    pub fn read_all(text: &str) -> anyhow::Result<Vec<Self>> {
        let blocks = text.split(END).filter_map(|block| Some(&block[block.find(BEGIN)?..]));
        blocks.map(|block| Self::of(format!("{block}{END}\n"))).collect()
    }

    /// What a service has now.
    pub fn service(directory: &Directory, service: ServiceName) -> anyhow::Result<Self> {
        let path = directory.service(service);
        Self::read(&directory::read(&path)?).with_context(|| path.display().to_string())
    }

    fn of(pem: String) -> anyhow::Result<Self> {
        let der = CertificateDer::from_pem_slice(pem.as_bytes())?;
        let (_, parsed) = X509Certificate::from_der(&der)?;
        let names = parsed.subject_alternative_name()?;
        let names = names.iter().flat_map(|names| &names.value.general_names).filter_map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            GeneralName::IPAddress(bytes) => address(bytes).map(|address| address.to_string()),
            _ => None,
        });
        let subject = parsed.subject().iter_common_name().next().and_then(|name| name.as_str().ok());
        Ok(Self {
            subject: subject.unwrap_or_default().to_owned(),
            names: Names(names.collect()),
            not_after: Timestamp::from_micros(parsed.validity().not_after.timestamp().saturating_mul(1_000_000)),
            public_key: parsed.public_key().raw.to_vec(),
            service: wire::tls::service_of(&der),
            pem,
        })
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let four = || <[u8; 4]>::try_from(bytes).map(IpAddr::from).ok();
    <[u8; 16]>::try_from(bytes).map(IpAddr::from).ok().or_else(four)
}
