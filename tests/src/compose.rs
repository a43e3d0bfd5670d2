//! A platform of a test's own from `docker-compose.yml`: its databases, secrets and containers are made by `stack/compose.sh`.
//! A container is a process here as well: the engine's client that starts it, hears what it says and ends as it ends.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

use crate::engine::output;
use crate::platform::Topology;

/// What a client of the engine ends with where its container was killed.
const KILLED: i32 = 128 + 9;
/// What the containers know this host by.
const THIS_HOST: &str = "testhost";

/// What the script is told for an engine that a test has of its own, a proxy's socket.
pub fn told_of_engine(host: Option<&str>) -> Vec<(String, String)> {
    host.map(|host| ("TEST_ENGINE".to_owned(), host.to_owned())).into_iter().collect()
}

/// Sends a signal to the container that a folder is for.
pub fn signal(home: &Path, process: &str, name: &str) -> bool {
    let Ok(container) = fs::read_to_string(home.join(process).join("container")) else { return false };
    let mut command = Command::new("docker");
    command.args(["kill", "--signal", name, container.trim()]).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// How the container ended, by how its client did.
pub fn ended_as(status: ExitStatus) -> ExitStatus {
    if status.code() == Some(KILLED) { ExitStatus::from_raw(9) } else { status }
}

/// What the first sign-up of such a platform has to send.
pub fn setup_code(home: &Path) -> Option<String> {
    fs::read_to_string(home.join("secrets/setup_code")).ok().map(|code| code.trim().to_owned())
}

/// Whoever comes to the published port comes to the door by way of this host's address on the door's own network.
///
/// # Panics
/// Where there is no such network.
pub fn clients_address(home: &Path) -> String {
    let project = fs::read_to_string(home.join("name")).expect("the platform has a name");
    let network = format!("{}_front", project.trim());
    let address = output("docker", &["network", "inspect", "-f", "{{(index .IPAM.Config 0).Gateway}}", &network]);
    assert!(!address.trim().is_empty(), "no network {network}");
    address.trim().to_owned()
}

/// The URL of what a test serves on loopback, as the platform reaches it: the same, but for containers, which find it behind a
/// relay on this host's other addresses.
///
/// # Panics
/// Where the URL has no port of loopback, or no port is left.
pub async fn reachable(url: &str) -> String {
    if Topology::chosen() != Topology::Compose {
        return url.to_owned();
    }
    let address = url.trim_start_matches("http://").trim_end_matches('/');
    let behind: SocketAddr = address.parse().unwrap_or_else(|_| panic!("`{url}` is no address of loopback"));
    let relay = TcpListener::bind("0.0.0.0:0").await.expect("this host has a free port");
    let port = relay.local_addr().expect("it is bound").port();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = relay.accept().await {
            tokio::spawn(async move {
                if let Ok(mut server) = TcpStream::connect(behind).await {
                    // Either end may hang up; that is its own affair.
                    let _ = copy_bidirectional(&mut client, &mut server).await;
                }
            });
        }
    });
    format!("http://{THIS_HOST}:{port}")
}
