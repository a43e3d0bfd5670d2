//! What a container cannot do: to its host, to its neighbours, to itself.

use std::net::{SocketAddr, TcpListener};
use std::process::Command;

use berth_docker::ports::HostNetwork as _;

use crate::world::{Subject, World, docker};

const SERVE: &[&str] = &["httpd", "-f", "-p", "8080", "-h", "/tmp"];

#[tokio::test(flavor = "multi_thread")]
async fn a_container_has_no_power_and_bounded_room() {
    let world = World::new().await;
    let subject = Subject::new();
    world.running(&subject, SERVE).await;
    let (_, status) = subject.sh("cat /proc/self/status").await;
    for line in ["CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"] {
        assert!(status.contains(line), "{line} is not in {status}");
    }
    assert!(!subject.sh("touch /it").await.0);
    assert_eq!(subject.sh("touch /tmp/it && hostname && echo $COLOUR").await, (true, "subject\nblue".to_owned()));
    let (filled, said) = subject.sh("dd if=/dev/zero of=/tmp/full bs=64k count=32").await;
    assert!(!filled && said.contains("No space left"), "{said}");
    let (_, forked) = subject.sh("for n in $(seq 40); do sleep 5 & done; echo all").await;
    assert!(!forked.ends_with("all"), "{forked}");
    let format = "{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} {{.HostConfig.CpuQuota}} {{.HostConfig.PidsLimit}}";
    let (_, limits) = docker(&["inspect", "--format", format, &format!("berth-{}", subject.allocation)]).await;
    assert_eq!(limits, "33554432 33554432 50000 16");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_and_link_local_addresses_are_out_of_reach() {
    let world = World::new().await;
    let subject = Subject::new();
    world.running(&subject, SERVE).await;
    let metadata = Metadata::new();
    let network = world.list().await.networks[0].subnet.clone();
    let gateway = format!("{}.{}", &network[..network.rfind('.').unwrap()], last_octet(&network) + 1);
    for address in [metadata.0.as_str(), &gateway] {
        let listener = TcpListener::bind((address, 0)).unwrap();
        let at = listener.local_addr().unwrap();
        assert!(!reaches(&subject, at).await, "{at} is reached");
        // The same attempt succeeds once the rules are gone: it is they that close the way.
        world.firewall.firewall_remove().await.unwrap();
        assert!(reaches(&subject, at).await, "{at} was out of reach for another reason");
        assert!(world.firewall.firewall_ensure().await.unwrap());
        assert!(!world.firewall.firewall_ensure().await.unwrap(), "nothing was to be done");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_are_apart_and_their_own_are_together() {
    let world = World::new().await;
    let (ada, bob) = (Subject::new(), Subject::new());
    let adas_other = Subject::of(ada.tenant);
    world.running(&ada, SERVE).await;
    let bobs = world.running(&bob, SERVE).await;
    let adas = world.running(&adas_other, SERVE).await;
    for subject in [&ada, &bob, &adas_other] {
        world.client().readiness_wait(subject.readiness("tcp", 200)).await.unwrap();
    }
    let at = |address: &str| SocketAddr::new(address.parse().unwrap(), 8080);
    assert!(reaches(&ada, at(&adas)).await, "a tenant's own are together");
    assert!(!reaches(&ada, at(&bobs)).await, "another tenant's container is reached");
    let published = SocketAddr::from(([127, 0, 0, 1], bob.host_port));
    assert!(!reaches(&ada, published).await, "another tenant's published port is reached");
}

/// Whether a connection from inside the container comes about.
async fn reaches(subject: &Subject, at: SocketAddr) -> bool {
    subject.sh(&format!("nc -w 2 {} {} -e true", at.ip(), at.port())).await.0
}

fn last_octet(subnet: &str) -> u8 {
    subnet.split('/').next().unwrap().rsplit('.').next().unwrap().parse().unwrap()
}

/// An address of the host such as clouds give their metadata.
struct Metadata(String);

impl Metadata {
    fn new() -> Self {
        let process = std::process::id();
        let address = format!("169.254.{}.{}", process / 254 % 254 + 1, process % 254 + 1);
        assert!(
            Command::new("ip").args(["addr", "add", &format!("{address}/32"), "dev", "lo"]).status().unwrap().success()
        );
        Self(address)
    }
}

impl Drop for Metadata {
    fn drop(&mut self) {
        Command::new("ip").args(["addr", "del", &format!("{}/32", self.0), "dev", "lo"]).status().unwrap();
    }
}
