//! How services of their own know and reach each other: certificates, keys, places.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

#[cfg(test)]
use kit::Ambient;
use kit::{ServiceName, Timestamp};
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use wire::tls::{RENEW_BEFORE, Tls, TlsFiles, greet};

use super::context::Context;
use super::finding::{Check, Finding, listed};
use super::secrets::exposed;
use super::table::{Area, Job};
use crate::certs::directory::Directory;
use crate::certs::mint::Known;

const CERTIFICATES: Check = Check::new(
    "peers.certificates",
    "Each service's certificate is its own, of a CA that is trusted, and holds for 14 days more",
);
const KEYS: Check = Check::new("peers.keys", "Keys are their owner's alone, and the CA's is not where services run");
const PLACES: Check = Check::new("peers.places", "A place is named for every service that is called");
const REACHABLE: Check = Check::new("peers.reachable", "Every place answers, and takes the certificate");

pub const AREA: Area =
    Area { name: "peers", when: "for `berthd serve`", checks: &[CERTIFICATES, KEYS, PLACES, REACHABLE], jobs };

/// How long one place may take: others are looked at meanwhile.
const CONNECT: Duration = Duration::from_secs(3);

fn jobs(context: &Arc<Context>) -> Vec<Job> {
    if context.is_embedded() {
        return Vec::new();
    }
    let services = context.topology.apart().to_vec();
    let places = context.config.peers.places();
    let missing = unnamed(&services, &places);
    let Some(path) = context.config.peers.certificates.clone() else {
        let told = "no directory of certificates is named: services do not start so";
        let advice = "berthd certs init DIR, and set peers.certificates (BERTH_PEERS__CERTIFICATES) to it";
        return vec![Job::new(CERTIFICATES, async move { vec![CERTIFICATES.wrong(told, advice), missing] })];
    };
    let (now, files, certified) = (context.ambient.now(), path.clone(), services.clone());
    let mut jobs = vec![Job::blocking(CERTIFICATES, move || {
        let mut findings: Vec<Finding> = certified.iter().map(|service| certificate(&files, *service, now)).collect();
        findings.extend(keys(&files, &certified));
        findings.push(missing);
        findings
    })];
    // A process speaks for one service; where several are looked at, the first that can does.
    let load = |service: &ServiceName| {
        Tls::load(TlsFiles::in_directory(&path, *service), *service, context.ambient.clone()).ok()
    };
    let Some(tls) = services.iter().find_map(load) else { return jobs };
    for (callee, listed) in places {
        for place in listed.split(',').map(|place| place.trim().to_owned()).filter(|place| !place.is_empty()) {
            let (tls, shown) = (tls.clone(), place.clone());
            jobs.push(
                Job::new(REACHABLE, async move { vec![reach(&tls, callee, &place).await] })
                    .about(format!("{callee} {shown}")),
            );
        }
    }
    jobs
}

/// Whom each service calls.
const fn called_by(service: ServiceName) -> &'static [ServiceName] {
    use ServiceName as S;
    match service {
        S::User => &[S::Allocation, S::Feed, S::Notification],
        S::Machines => &[S::User, S::Verifier, S::Feed],
        S::Allocation => &[S::User, S::Verifier, S::Docker],
        S::Feed => &[S::User, S::Verifier],
        S::Verifier => &[S::User, S::Machines, S::Allocation],
        S::Docker => &[],
        S::Notification => &[S::User, S::Verifier, S::Allocation],
        S::Interact => &[S::User, S::Verifier, S::Docker],
    }
}

fn unnamed(services: &[ServiceName], places: &BTreeMap<ServiceName, String>) -> Finding {
    let missing: Vec<String> = ServiceName::ALL
        .into_iter()
        .filter(|callee| services.iter().any(|service| called_by(*service).contains(callee)))
        .filter(|callee| !places.contains_key(callee))
        .map(|callee| format!("peers.{callee}"))
        .collect();
    match missing.as_slice() {
        [] => PLACES.ok("every service that is called has a place"),
        [first, ..] => PLACES.wrong(
            format!("nothing says where to call {}", listed(&missing)),
            format!("set {first} (BERTH_PEERS__…) to host:port, several with commas between them"),
        ),
    }
}

fn renew(directory: &Path) -> String {
    format!("berthd certs renew {}, where ca.key is, and bring each service its file", directory.display())
}

fn certificate(path: &Path, service: ServiceName, now: Timestamp) -> Finding {
    let directory = Directory::new(path);
    let file = directory.service(service);
    let finding = match Known::service(&directory, service) {
        Err(error) if !file.exists() => CERTIFICATES.wrong(
            format!("{error:#}"),
            format!("bring {service}.pem and ca.pem to {}; berthd certs init makes them", path.display()),
        ),
        Err(error) => CERTIFICATES.wrong(format!("{error:#}"), renew(path)),
        Ok(known) => judge(path, service, &known, chain(&directory.ca(), &known.pem, now), now),
    };
    finding.about(service)
}

fn judge(path: &Path, service: ServiceName, known: &Known, chain: Result<(), String>, now: Timestamp) -> Finding {
    let file = path.join(format!("{service}.pem"));
    let file = file.display();
    let until = known.not_after.to_string();
    let day = until.split('T').next().unwrap_or_default().to_owned();
    match (known.service, chain) {
        (Some(other), _) if other != service => CERTIFICATES.wrong(
            format!("{file} is the certificate of {other}"),
            format!("bring {service} its own file from where `berthd certs` was run"),
        ),
        (None, _) => {
            CERTIFICATES.wrong(format!("{file} names no service of ours (berth://service/{service})"), renew(path))
        }
        _ if known.not_after <= now => {
            CERTIFICATES.wrong(format!("it expired on {day}: nobody takes it any more"), renew(path))
        }
        (_, Err(why)) => CERTIFICATES.wrong(
            format!("it is of no CA that {} trusts: {why}", path.join("ca.pem").display()),
            "bring the ca.pem that was made with it, or berthd certs renew",
        ),
        _ if known.not_after < now.plus(RENEW_BEFORE) => {
            let days = known.not_after.since(now).as_secs() / 86_400;
            CERTIFICATES.warning(format!("it expires on {day}, in {days} days"), renew(path))
        }
        _ => CERTIFICATES.ok(format!("its own, trusted, until {day}")),
    }
}

/// Whether a certificate is of one of these CAs, whatever its age.
fn chain(ca: &Path, pem: &str, now: Timestamp) -> Result<(), String> {
    let told = |error: rustls::pki_types::pem::Error| format!("{}: {error}", ca.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca).map_err(told)? {
        roots.add(certificate.map_err(told)?).map_err(|error| error.to_string())?;
    }
    let own = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(told)?;
    let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build().map_err(|error| error.to_string())?;
    let at = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(now.as_secs()).unwrap_or(0)));
    match verifier.verify_client_cert(&own, &[], at) {
        Err(rustls::Error::InvalidCertificate(
            rustls::CertificateError::Expired | rustls::CertificateError::ExpiredContext { .. },
        ))
        | Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

fn keys(path: &Path, services: &[ServiceName]) -> Vec<Finding> {
    let directory = Directory::new(path);
    let found = services.iter().map(|service| directory.service(*service));
    let open: Vec<(u32, PathBuf)> = found.filter_map(|file| Some((exposed(&file).ok()??, file))).collect();
    let mut findings: Vec<Finding> = open.iter().map(|(mode, file)| open_key(file, *mode)).collect();
    // Whoever looks at all of them is where they were made.
    if services.len() == 1 && directory.ca_key().exists() {
        findings.push(ca_key(&directory.ca_key()));
    }
    if findings.is_empty() { vec![KEYS.ok("keys are their owner's alone")] } else { findings }
}

fn open_key(file: &Path, mode: u32) -> Finding {
    let file = file.display();
    KEYS.wrong(
        format!("others may read the key in {file} (mode {mode:03o}): whoever has it is that service"),
        format!("chmod 600 {file}; if others were on this host, berthd certs renew"),
    )
}

fn ca_key(file: &Path) -> Finding {
    let told = format!("{} is where a service runs: whoever gets it can be any service", file.display());
    KEYS.warning(told, "move it to where no service runs; services need ca.pem and their own file only")
}

async fn reach(tls: &Tls, callee: ServiceName, place: &str) -> Finding {
    let greeting = async {
        let address = tokio::net::lookup_host(place).await?.next().ok_or(io::ErrorKind::NotFound)?;
        greet(tls, callee, address).await
    };
    let greeted = tokio::time::timeout(CONNECT, greeting).await;
    judge_reach(callee, greeted.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())))
}

fn judge_reach(callee: ServiceName, greeted: io::Result<()>) -> Finding {
    match greeted {
        Ok(()) => REACHABLE.ok("it answers, and takes our certificate"),
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::Other) => REACHABLE.wrong(
            format!("one refuses the other's certificate: {error}"),
            format!("see that peers.{callee} is {callee}'s own address, and that both have the same ca.pem: berthd certs show DIR"),
        ),
        Err(error) => REACHABLE.warning(
            format!("it is away: {error}"),
            format!("start {callee}, or correct peers.{callee}; whoever calls it waits and tries again meanwhile"),
        ),
    }
}

/// A directory of certificates with everything in it, as `berthd certs init` makes it.
#[cfg(test)]
pub fn certified(ambient: &Ambient) -> tempfile::TempDir {
    use crate::certs::directory::{write, write_secret};
    use crate::certs::mint::{Authority, Names};
    let temporary = tempfile::tempdir().unwrap();
    let directory = Directory::new(temporary.path());
    let authority = Authority::mint(ambient).unwrap();
    write(&directory.ca(), authority.pem()).unwrap();
    for service in ServiceName::ALL {
        let made = authority.certify(service, Names::of(service, &[]), ambient).unwrap();
        write_secret(&directory.service(service), &made).unwrap();
    }
    temporary
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::super::finding::Level;
    use super::super::testing::is;
    use super::*;

    fn after(days: u64) -> Timestamp {
        Ambient::system().now().plus(Duration::from_secs(days * 86_400))
    }

    #[test]
    fn certificates_are_told_before_and_after_their_end() {
        let directory = certified(&Ambient::system());
        let at = |days| certificate(directory.path(), ServiceName::Feed, after(days));
        assert_eq!(at(0).level, Level::Ok, "{:?}", at(0));
        is(&at(80), Level::Warning, "berthd certs renew");
        is(&at(91), Level::Wrong, "berthd certs renew");
        assert!(at(91).told.contains("expired"), "{}", at(91).told);
    }

    #[test]
    fn a_certificate_of_another_service_or_ca_is_wrong() {
        let (one, other) = (certified(&Ambient::system()), certified(&Ambient::system()));
        let (file, foreign) = (one.path().join("feed.pem"), other.path().join("feed.pem"));
        std::fs::copy(foreign, &file).unwrap();
        is(&certificate(one.path(), ServiceName::Feed, after(0)), Level::Wrong, "ca.pem");
        std::fs::copy(one.path().join("user.pem"), &file).unwrap();
        let of_another = certificate(one.path(), ServiceName::Feed, after(0));
        assert!(of_another.level == Level::Wrong && of_another.told.contains("of user"), "{of_another:?}");
        std::fs::remove_file(&file).unwrap();
        is(&certificate(one.path(), ServiceName::Feed, after(0)), Level::Wrong, "feed.pem");
    }

    #[test]
    fn keys_are_nobody_elses() {
        let directory = certified(&Ambient::system());
        let of = || keys(directory.path(), &[ServiceName::Feed]);
        assert_eq!(of()[0].level, Level::Ok);
        std::fs::write(directory.path().join("ca.key"), "x").unwrap();
        is(&of()[0], Level::Warning, "move it");
        let file = directory.path().join("feed.pem");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        is(&of()[0], Level::Wrong, "chmod 600");
    }

    #[test]
    fn places_are_named_for_whoever_is_called() {
        let places = BTreeMap::from([(ServiceName::User, "h:1".to_owned())]);
        let found = unnamed(&[ServiceName::Feed], &places);
        is(&found, Level::Wrong, "peers.verifier");
        assert_eq!(unnamed(&[ServiceName::Docker], &BTreeMap::new()).level, Level::Ok);
    }

    #[test]
    fn who_is_away_comes_back_and_who_refuses_does_not() {
        is(&judge_reach(ServiceName::User, Err(io::ErrorKind::ConnectionRefused.into())), Level::Warning, "start user");
        is(&judge_reach(ServiceName::User, Err(io::ErrorKind::InvalidData.into())), Level::Wrong, "ca.pem");
    }
}
