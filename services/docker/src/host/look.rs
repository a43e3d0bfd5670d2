//! What the host beside the engine can do, for whoever checks it before it is used. Only read and asked: no rule is set and no
//! device is attached.

use std::path::Path;

use super::command::run;
use super::{NET_ADMIN, SYS_ADMIN, engine_is_here, firewall, holds};
use crate::domain::Cidr;

/// What the docker service needs of its host.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is an ability that is there or not")]
pub struct Facts {
    /// Whether the engine's address says that it is on this host.
    pub engine_is_here: bool,
    pub net_admin: bool,
    pub sys_admin: bool,
    /// `iptables v1.8.9 (nf_tables)`, or why it does not work; the same for IPv6.
    pub iptables: Result<String, String>,
    pub ip6tables: Result<String, String>,
    /// Settings of the kernel; `None` where there is no such setting.
    pub forwards: Option<bool>,
    pub bridges_are_filtered: Option<bool>,
    /// Of those that volumes are made with, the ones that are not installed.
    pub missing_tools: Vec<String>,
    pub loop_control: bool,
    pub inotify_instances: Option<u64>,
    /// How many files this user's processes may open, at first and at most.
    pub open_files: Option<(u64, u64)>,
    /// Where the host has networks already.
    pub routes: Vec<Cidr>,
}

/// What volumes are made with.
const TOOLS: [&str; 6] = ["fallocate", "mkfs.ext4", "debugfs", "losetup", "mknod", "df"];

pub async fn look() -> Facts {
    let mut missing_tools = Vec::new();
    for tool in TOOLS {
        if run("sh", &["-c", &format!("command -v {tool}")]).await.is_err() {
            missing_tools.push(tool.to_owned());
        }
    }
    Facts {
        engine_is_here: engine_is_here(),
        net_admin: holds(NET_ADMIN),
        sys_admin: holds(SYS_ADMIN),
        iptables: tables("iptables").await,
        ip6tables: tables("ip6tables").await,
        forwards: number("/proc/sys/net/ipv4/ip_forward").map(|value| value == 1),
        bridges_are_filtered: number("/proc/sys/net/bridge/bridge-nf-call-iptables").map(|value| value == 1),
        missing_tools,
        loop_control: Path::new("/dev/loop-control").exists(),
        inotify_instances: number("/proc/sys/fs/inotify/max_user_instances"),
        open_files: open_files(&std::fs::read_to_string("/proc/self/limits").unwrap_or_default()),
        routes: firewall::routes().await,
    }
}

/// Its version, where it can list the rules that there are.
async fn tables(tool: &str) -> Result<String, String> {
    let told = |failure: kit::Failure| failure.operator.unwrap_or(failure.detail);
    let version = run(tool, &["--version"]).await.map_err(told)?;
    run(tool, &["-w", "-S", "INPUT"]).await.map_err(told)?;
    Ok(version.trim().to_owned())
}

fn number(path: &str) -> Option<u64> {
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// `Max open files            1024                 1048576              files`
fn open_files(limits: &str) -> Option<(u64, u64)> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    let number = |text: &str| if text == "unlimited" { Some(u64::MAX) } else { text.parse().ok() };
    let mut numbers = line.split_whitespace().map_while(number);
    Some((numbers.next()?, numbers.next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn this_host_tells_of_itself() {
        let facts = look().await;
        assert!(facts.open_files.is_some_and(|(soft, hard)| soft <= hard), "{facts:?}");
        assert!(facts.forwards.is_some() && !facts.missing_tools.contains(&"df".to_owned()), "{facts:?}");
    }

    #[test]
    fn limits_are_read_also_where_there_is_none() {
        let limits =
            "Limit Soft Hard Units\nMax open files            1024                 unlimited            files\n";
        assert_eq!((open_files(limits), open_files("")), (Some((1024, u64::MAX)), None));
    }
}
