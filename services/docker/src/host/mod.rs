//! The host beside the engine: firewall, routes, loop devices. Needs root in the host's network namespace; where that is
//! not given, each part says that it does not enforce.

mod command;
pub mod firewall;
pub mod look;
pub mod loops;

pub use firewall::Firewall;
pub use loops::LoopDisks;

/// `CAP_NET_ADMIN` and `CAP_SYS_ADMIN` by their numbers in `capability.h`.
const NET_ADMIN: u32 = 12;
const SYS_ADMIN: u32 = 21;

/// Whether this process holds a capability.
fn holds(capability: u32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    effective.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok()).is_some_and(|bits| bits >> capability & 1 == 1)
}

/// Whether the engine runs on this host, as far as its address says.
pub fn engine_is_here() -> bool {
    std::env::var("DOCKER_HOST").map_or(true, |host| host.is_empty() || host.starts_with("unix://"))
}
