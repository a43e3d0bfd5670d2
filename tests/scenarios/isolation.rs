//! What a container reaches, seen from inside it: its own tenant's, and nothing else of this host.

use std::net::TcpListener;
use std::process::Command;

use berth_tests::engine::{Container, output};
use berth_tests::{Berth, Person, machine};

#[tokio::test(flavor = "multi_thread")]
async fn a_container_reaches_its_own_tenants_and_no_other_address_of_the_host() {
    let berth = Berth::start().await;
    let (ada, bob) = (berth.person("ada").await, berth.person("bob").await);
    ada.add_machine(&machine::tiny("tiny", machine::SERVE)).await;
    let (mine, inside) = running(&berth, &ada, "one").await;
    let (own, _) = running(&berth, &ada, "two").await;
    let (others, _) = running(&berth, &bob, "three").await;
    let _metadata = Metadata::new();
    let gateway = mine.network("Gateway");
    let (at_gateway, at_metadata) = (listener(&gateway), listener(Metadata::ADDRESS));
    let at_others = listener(&others.network("Gateway"));

    assert!(reaches(&inside, &own.network("IPAddress"), 8080).await, "a tenant's own are together");
    for (what, address, listener) in [
        ("another tenant's container", &others.network("IPAddress"), 8080),
        ("the host at its gateway", &gateway, port(&at_gateway)),
        ("the host at another tenant's gateway", &others.network("Gateway"), port(&at_others)),
        ("the metadata address", &Metadata::ADDRESS.to_owned(), port(&at_metadata)),
    ] {
        assert!(!reaches(&inside, address, listener).await, "{what} is reached");
    }
    // They are there: from the host itself each accepts.
    for at in [&at_gateway, &at_others, &at_metadata] {
        assert!(std::net::TcpStream::connect(at.local_addr().unwrap()).is_ok());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_has_bounds_and_no_power() {
    let berth = Berth::start().await;
    let ada = berth.person("ada").await;
    ada.add_machine(&machine::tiny("tiny", machine::SERVE)).await;
    let (sandbox, inside) = running(&berth, &ada, "one").await;
    for path in ["/it", "/bin/it", "/etc/it"] {
        assert!(!inside.sh(&format!("touch {path}")).await.ok, "{path} is writable");
    }
    inside.sh("touch /tmp/it").await.expect("its own room is writable");
    for container in [&inside, &sandbox] {
        let host = &container.0["HostConfig"];
        assert_eq!(host["CapDrop"], serde_json::json!(["ALL"]), "{}", container.name());
        assert!(host["CapAdd"].as_array().is_none_or(Vec::is_empty), "{host}");
        let options = host["SecurityOpt"].as_array().cloned().unwrap_or_default();
        assert!(
            options.iter().any(|option| option.as_str().is_some_and(|text| text.starts_with("no-new-privileges"))),
            "{host}"
        );
        assert!(
            !options.iter().any(|option| option.as_str().is_some_and(|text| text.contains("unconfined"))),
            "{host}"
        );
        assert_eq!((&host["Privileged"], &host["ReadonlyRootfs"]), (&false.into(), &true.into()));
        assert!(
            host["Binds"].as_array().is_none_or(Vec::is_empty) && host["Devices"].as_array().is_none_or(Vec::is_empty),
            "{host}"
        );
        for bound in ["Memory", "PidsLimit", "CpuQuota"] {
            assert!(host[bound].as_i64().is_some_and(|bound| bound > 0), "no {bound} on {}", container.name());
        }
        assert_eq!(host["MemorySwap"], host["Memory"]);
        for shared in ["PidMode", "UTSMode", "UsernsMode"] {
            assert_eq!(host[shared].as_str().unwrap_or_default(), "", "{shared} of {}", container.name());
        }
        assert_eq!(host["IpcMode"], "private");
        assert!(container.0["Config"]["User"].as_str().is_some_and(|user| !user.is_empty() && !user.starts_with('0')));
    }
    assert_eq!(
        (inside.0["HostConfig"]["Memory"].as_i64(), inside.0["HostConfig"]["PidsLimit"].as_i64()),
        (Some(16 << 20), Some(16))
    );
    assert_ne!(inside.0["HostConfig"]["NetworkMode"], "host");
}

/// A running one's sandbox, which has the address, and its container.
async fn running(berth: &Berth, person: &Person, name: &str) -> (Container, Container) {
    let made = person.running("tiny", name).await;
    let engine = berth.engine();
    (engine.sandbox(&made.id).expect("it runs"), engine.container(&made.id).expect("it runs"))
}

/// Whether a connection from inside comes about.
async fn reaches(inside: &Container, address: &str, port: u16) -> bool {
    inside.sh(&format!("nc -w 2 {address} {port} -e true")).await.ok
}

fn listener(address: &str) -> TcpListener {
    TcpListener::bind((address, 0)).unwrap_or_else(|error| panic!("nobody can listen on {address}: {error}"))
}

fn port(listener: &TcpListener) -> u16 {
    listener.local_addr().expect("it is bound").port()
}

/// The address that clouds give secrets out at, this host's for as long as the test runs. Not every kernel has interfaces
/// that are only for show, so it is one of the loopback's.
struct Metadata(String);

impl Metadata {
    const ADDRESS: &'static str = "169.254.169.254";

    fn new() -> Self {
        let address = format!("{}/32", Self::ADDRESS);
        let added = Command::new("ip").args(["addr", "add", &address, "dev", "lo"]).status();
        assert!(added.is_ok_and(|status| status.success()), "{address} cannot be given to this host");
        Self(address)
    }
}

impl Drop for Metadata {
    fn drop(&mut self) {
        output("ip", &["addr", "del", &self.0, "dev", "lo"]);
    }
}
