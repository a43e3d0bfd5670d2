//! Who a process is to its peers, by certificate: read from files, and again when they change, so that a renewed
//! certificate or a second CA needs no restart.

mod files;
mod network;
mod verify;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kit::{Ambient, ServiceName, Timestamp};
use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;

pub use network::{TlsNetwork, greet};
pub use verify::service_of;

use files::{Material, Stamp};

/// What a certificate says of a service begins like this; the service's name follows.
pub const SCHEME: &str = "berth://service/";
/// Before a certificate has this long to go, it should have been renewed.
pub const RENEW_BEFORE: Duration = Duration::from_secs(14 * 86_400);
/// How often a process that runs for months says that its certificate comes to its end.
const TELL_EVERY: Duration = Duration::from_secs(86_400);

/// Where a service's certificate is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// Every CA that is trusted, one after the other.
    pub ca: PathBuf,
    /// The service's certificate, and what it was signed with where that is no CA of the bundle.
    pub certificate: PathBuf,
    /// Its key; may be the same file.
    pub key: PathBuf,
}

impl TlsFiles {
    /// As `berthd certs` lays them out: `ca.pem`, and `<service>.pem` with certificate and key, so that both change at once.
    pub fn in_directory(directory: &Path, service: ServiceName) -> Self {
        let own = directory.join(format!("{service}.pem"));
        Self { ca: directory.join("ca.pem"), certificate: own.clone(), key: own }
    }
}

/// Certificates cannot be used; says which file and why.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct TlsError(String);

/// A service's certificate and key, and the CAs that it trusts. Its clones are one.
#[derive(Clone)]
pub struct Tls(Arc<Shared>);

struct Shared {
    service: ServiceName,
    files: TlsFiles,
    clock: Arc<AmbientTime>,
    now: Mutex<Loaded>,
}

struct Loaded {
    material: Arc<Material>,
    /// Of the files when last looked at, also where they could not be used.
    stamp: Stamp,
}

/// rustls' view of our clock.
struct AmbientTime(Ambient);

impl Tls {
    /// Reads the files. Refuses a certificate that is not this service's or has expired.
    pub fn load(files: TlsFiles, service: ServiceName, ambient: Ambient) -> Result<Self, TlsError> {
        let stamp = Stamp::of(&files);
        let clock = Arc::new(AmbientTime(ambient));
        let material = Arc::new(Material::read(&files, service, clock.0.now(), &clock)?);
        tell_age(&material, service, clock.0.now());
        Ok(Self(Arc::new(Shared { service, files, clock, now: Mutex::new(Loaded { material, stamp }) })))
    }

    pub fn service(&self) -> ServiceName {
        self.0.service
    }

    /// Until when the certificate in use holds.
    pub fn not_after(&self) -> Timestamp {
        self.current().not_after
    }

    /// Says again and again until when the certificate holds, until the last clone is gone. Looks at the files as well: where
    /// nobody connects, nobody else does.
    ///
    /// # Panics
    /// Outside a runtime.
    fn tell_every(&self, pause: Duration) {
        let shared = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(pause).await;
                let Some(shared) = shared.upgrade() else { return };
                let (service, now) = (shared.service, shared.clock.0.now());
                tell_age(&Self(shared).current(), service, now);
            }
        });
    }

    /// What the files say now. Asked for once a connection: looking at three files' dates is nothing beside a handshake.
    /// Files that cannot be used leave what was read before in use.
    fn current(&self) -> Arc<Material> {
        let shared = &self.0;
        let mut loaded = shared.now.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = Stamp::of(&shared.files);
        if stamp != loaded.stamp {
            let now = shared.clock.0.now();
            match Material::read(&shared.files, shared.service, now, &shared.clock) {
                Ok(material) => {
                    tracing::info!(not_after = %material.not_after, "read new certificates of {}", shared.service);
                    tell_age(&material, shared.service, now);
                    loaded.material = Arc::new(material);
                }
                Err(error) => tracing::warn!(%error, "certificates changed and cannot be used: the old ones stay"),
            }
            loaded.stamp = stamp;
        }
        loaded.material.clone()
    }
}

fn tell_age(material: &Material, service: ServiceName, now: Timestamp) {
    metrics::gauge!("berth_tls_certificate_not_after_seconds", "service" => service.as_str())
        .set(material.not_after.as_secs() as f64);
    let until = material.not_after;
    if until <= now {
        tracing::warn!("the certificate of {service} expired at {until}: `berthd certs renew` makes new ones");
    } else if until < now.plus(RENEW_BEFORE) {
        tracing::warn!("the certificate of {service} holds until {until}: `berthd certs renew` makes new ones");
    }
}

impl std::fmt::Debug for AmbientTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AmbientTime")
    }
}

impl TimeProvider for AmbientTime {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.now().as_secs()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

#[cfg(test)]
mod tests;
