//! The addresses that a process listens at: theirs to take, or taken by the berthd that runs already.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use super::context::Context;
use super::finding::{Check, Finding};
use super::holders::{self, Holder};
use super::table::{Area, Job};
use crate::process;

const HTTP: Check = Check::new("listen.http", "The address of REST and WebSocket is free, or a berthd has it");
const PEERS: Check = Check::new("listen.peers", "The address that other services call at is free, or a berthd has it");

pub const AREA: Area =
    Area { name: "listeners", when: "for `berthd up`, and where one service is named", checks: &[HTTP, PEERS], jobs };

/// Of several services each has addresses of its own, which only its own flags tell.
fn jobs(context: &Arc<Context>) -> Vec<Job> {
    let one = context.topology.apart().len() == 1;
    if !one && !context.is_embedded() {
        return Vec::new();
    }
    let config = context.config.clone();
    vec![Job::blocking(HTTP, move || {
        let mut findings = vec![at(HTTP, "listen", &config.listen)];
        if one {
            findings.push(match &config.peers.listen {
                Some(listen) => at(PEERS, "peers.listen", listen),
                None => PEERS.wrong(
                    "no address is named that other services call this one at: it does not start so",
                    "set peers.listen (BERTH_PEERS__LISTEN), for example to 0.0.0.0:50051",
                ),
            });
        }
        findings
    })]
}

fn at(check: Check, key: &str, listen: &str) -> Finding {
    match process::resolve(listen) {
        Err(error) => {
            check.wrong(format!("{error:#}"), format!("set {key} to an address and port, such as 127.0.0.1:8080"))
        }
        Ok(address) => {
            let bound = TcpListener::bind(address).map(drop).map_err(|error| error.kind());
            let holder = (bound == Err(ErrorKind::AddrInUse)).then(|| holders::of_port(address)).flatten();
            judge(check, key, address, bound, holder)
        }
    }
}

fn judge(
    check: Check,
    key: &str,
    address: SocketAddr,
    bound: Result<(), ErrorKind>,
    holder: Option<Holder>,
) -> Finding {
    match (bound, holder) {
        (Ok(()), _) => check.ok(format!("{address} is free")),
        (Err(ErrorKind::AddrInUse), Some(holder)) if holder.is_ours() => {
            check.ok(format!("{holder} serves at {address}"))
        }
        (Err(ErrorKind::AddrInUse), Some(holder)) => {
            check.wrong(format!("{holder} has {address}"), format!("end it, or set {key} to another port"))
        }
        (Err(ErrorKind::AddrInUse), None) => check.warning(
            format!("{address} is taken, by whom this user cannot see"),
            format!("see with `ss -ltnp` as root whether it is berthd; else set {key} to another port"),
        ),
        (Err(ErrorKind::PermissionDenied), _) => check.wrong(
            format!("this user may not listen at {address}: ports below 1024 are root's"),
            format!("set {key} to a port from 1024 up, or give berthd CAP_NET_BIND_SERVICE"),
        ),
        (Err(ErrorKind::AddrNotAvailable), _) => check.wrong(
            format!("{} is no address of this host", address.ip()),
            format!("set {key} to one that `ip address` shows, or to 0.0.0.0 for all"),
        ),
        (Err(other), _) => {
            check.wrong(format!("nobody can listen at {address}: {other}"), format!("set {key} to another"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::super::testing::is;
    use super::*;

    #[test]
    fn a_port_is_free_or_somebodys() {
        let address: SocketAddr = "127.0.0.1:8080".parse().unwrap();
        let of = |bound, name: Option<&str>| {
            judge(HTTP, "listen", address, bound, name.map(|name| Holder { pid: 7, name: name.into() }))
        };
        assert_eq!(of(Ok(()), None).level, Level::Ok);
        assert!(of(Err(ErrorKind::AddrInUse), Some("berthd")).told.contains("berthd (process 7) serves"));
        is(&of(Err(ErrorKind::AddrInUse), Some("nginx")), Level::Wrong, "set listen");
        is(&of(Err(ErrorKind::AddrInUse), None), Level::Warning, "ss -ltnp");
        is(&of(Err(ErrorKind::PermissionDenied), None), Level::Wrong, "CAP_NET_BIND_SERVICE");
        is(&of(Err(ErrorKind::AddrNotAvailable), None), Level::Wrong, "ip address");
    }

    #[test]
    fn real_listeners_are_seen() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let taken = at(HTTP, "listen", &address);
        assert!(taken.level == Level::Wrong && taken.told.contains(&std::process::id().to_string()), "{taken:?}");
        drop(listener);
        assert_eq!(at(HTTP, "listen", &address).level, Level::Ok);
        is(&at(HTTP, "listen", "192.0.2.7:80"), Level::Wrong, "ip address");
        is(&at(PEERS, "peers.listen", "nonsense"), Level::Wrong, "peers.listen");
    }
}
