//! What `certs` writes is what services take, from the first day to the last CA.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use testkit::TestClock;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use wire::drain::Drain;
use wire::service::Grpc;
use wire::{Allow, Network, Tls, TlsFiles, TlsNetwork};

use super::*;

const DAY: Duration = Duration::from_secs(86_400);

struct Desk {
    clock: TestClock,
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { clock: TestClock::default(), folder: tempfile::tempdir().unwrap() }
    }

    fn directory(&self) -> Directory {
        Directory::new(self.folder.path())
    }

    fn init(&self, names: &[(ServiceName, String)]) -> anyhow::Result<String> {
        let mut out = Vec::new();
        init(&self.directory(), names, &self.clock.ambient(), &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    fn renew(&self, wish: Wish) -> anyhow::Result<String> {
        let mut out = Vec::new();
        renew(&self.directory(), wish, &[], &self.clock.ambient(), &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    /// What is printed, and how it ends.
    fn show(&self) -> (String, Option<String>) {
        let mut out = Vec::new();
        let ended = show::show(&self.directory(), &self.clock.ambient(), &mut out);
        (String::from_utf8(out).unwrap(), ended.err().map(|error| error.to_string()))
    }

    fn tls(&self, service: ServiceName) -> Tls {
        Tls::load(TlsFiles::in_directory(self.folder.path(), service), service, self.clock.ambient()).unwrap()
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    /// Every file by its name.
    fn texts(&self) -> BTreeMap<String, String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .map(|name| (name.clone(), self.text(&name)))
            .collect()
    }
}

/// Whether the one reaches the other with what they hold now.
async fn reaches(desk: &Desk, caller: &Tls, callee: &Tls) -> bool {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let names = [(callee.service(), listener.local_addr().unwrap().to_string())];
    let (drain, ambient) = (Drain::default(), desk.clock.ambient());
    let serving = TlsNetwork::new(callee.clone(), [], ambient.clone());
    let grpc = Grpc { routes: tonic::service::Routes::default(), allow: Allow::default() };
    serving.serve(callee.service(), grpc, listener, &drain).unwrap();
    let network = Network::Tls(TlsNetwork::new(caller.clone(), names, ambient));
    let peer = network.connect(caller.service(), callee.service());
    let answer = HealthClient::new(peer.calls()).check(HealthCheckRequest::default()).await;
    drain.stop.cancel();
    answer.is_ok()
}

#[tokio::test]
async fn services_take_what_was_made_and_their_keys_are_theirs_alone() {
    let desk = Desk::new();
    let told = desk.init(&[(ServiceName::Feed, "feed.berth.example".to_owned())]).unwrap();
    assert!(told.contains("8 certificates"), "{told}");
    for service in ServiceName::ALL {
        let mode = std::fs::metadata(desk.directory().service(service)).unwrap().permissions().mode();
        assert_eq!((desk.tls(service).service(), mode & 0o777), (service, 0o600));
    }
    let key = std::fs::metadata(desk.directory().ca_key()).unwrap().permissions().mode();
    assert_eq!(key & 0o777, 0o600);
    assert!(reaches(&desk, &desk.tls(ServiceName::Interact), &desk.tls(ServiceName::Docker)).await);
    let (table, ended) = desk.show();
    assert_eq!(ended, None);
    let feed = table.lines().find(|line| line.starts_with("feed")).unwrap();
    assert!(feed.contains("2026-04-01") && feed.contains("90 days"), "{feed}");
    assert!(feed.ends_with("localhost, 127.0.0.1, feed, feed.berth.example"), "{feed}");
    assert!(table.lines().last().unwrap().ends_with("trusted, signs"), "{table}");
}

#[test]
fn nothing_is_overwritten_but_by_renew() {
    let desk = Desk::new();
    desk.init(&[]).unwrap();
    let before = desk.text("user.pem");
    let refused = desk.init(&[]).unwrap_err().to_string();
    assert!(refused.contains("is there already"), "{refused}");
    assert_eq!(desk.text("user.pem"), before);
    let refused = renew(&Desk::new().directory(), Wish::default(), &[], &desk.clock.ambient(), &mut Vec::new());
    assert!(refused.unwrap_err().to_string().contains("ca.pem"));
}

#[tokio::test]
async fn a_renewal_keeps_the_names_and_is_taken_up_by_who_runs() {
    let desk = Desk::new();
    desk.init(&[(ServiceName::User, "192.0.2.7".to_owned())]).unwrap();
    let (user, feed) = (desk.tls(ServiceName::User), desk.tls(ServiceName::Feed));
    desk.clock.advance(80 * DAY);
    let (_, ended) = desk.show();
    let ended = ended.unwrap();
    assert!(ended.contains("user and 7 more: expires at 2026-04-01"), "{ended}");
    let before = (user.not_after(), desk.text("ca.pem"));
    desk.renew(Wish::default()).unwrap();
    assert_eq!(user.not_after(), before.0.plus(80 * DAY));
    assert_eq!(desk.text("ca.pem"), before.1);
    let (table, ended) = desk.show();
    assert_eq!(ended, None);
    assert!(table.contains("localhost, 127.0.0.1, user, 192.0.2.7"), "{table}");
    assert!(reaches(&desk, &user, &feed).await);
}

#[tokio::test]
async fn a_new_authority_is_trusted_before_it_signs_and_the_old_one_goes_when_told() {
    let desk = Desk::new();
    desk.init(&[]).unwrap();
    // A host that takes files over later than the others.
    let late = Desk { clock: desk.clock.clone(), folder: tempfile::tempdir().unwrap() };
    let copy = |names: &[&str]| {
        for name in names {
            std::fs::copy(desk.folder.path().join(name), late.folder.path().join(name)).unwrap();
        }
    };
    copy(&["ca.pem", "feed.pem"]);
    let (user, feed) = (desk.tls(ServiceName::User), late.tls(ServiceName::Feed));
    let told = desk.renew(Wish { new_ca: true, ..Wish::default() }).unwrap();
    assert!(told.contains("copy ca.pem to every service"), "{told}");
    assert!(reaches(&desk, &user, &feed).await, "the old one still signs: nobody is left out");
    let refused = desk.renew(Wish { new_ca: true, ..Wish::default() }).unwrap_err().to_string();
    assert!(refused.contains("waits to sign already"), "{refused}");
    assert!(desk.show().0.contains("trusted, signs from the next renewal on"));
    let before = desk.texts();
    let refused = desk.renew(Wish { drop_old_ca: true, ..Wish::default() }).unwrap_err().to_string();
    assert!(refused.contains("without --drop-old-ca"), "{refused}");
    assert_eq!(desk.texts(), before, "a refusal changes nothing");

    copy(&["ca.pem"]);
    desk.renew(Wish::default()).unwrap();
    assert!(reaches(&desk, &user, &feed).await && reaches(&desk, &feed, &user).await, "one end is of each");
    let dropped = desk.renew(Wish { drop_old_ca: true, ..Wish::default() }).unwrap();
    assert!(dropped.contains("1 CA is trusted no longer"), "{dropped}");
    assert!(!reaches(&desk, &feed, &user).await);
    copy(&["ca.pem", "feed.pem"]);
    assert!(reaches(&desk, &feed, &user).await);
}

#[test]
fn what_expired_is_told_and_a_wrong_name_refused() {
    let desk = Desk::new();
    desk.init(&[]).unwrap();
    desk.clock.advance(91 * DAY);
    let (table, ended) = desk.show();
    assert!(table.contains("expired"), "{table}");
    assert!(ended.unwrap().contains("has expired at 2026-04-01"));
    for bad in ["user", "nobody=x", "user=", "user=a b", "user=http://x"] {
        assert!(service_and_name(bad).is_err(), "{bad}");
    }
    assert_eq!(service_and_name("feed=::1"), Ok((ServiceName::Feed, "::1".to_owned())));
}
