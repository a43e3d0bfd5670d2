//! What the docker service does on its host by itself: firewall rules and sized volumes need rights, tools and a kernel that
//! has them. Without them it serves, and says that it does not enforce: well for a developer who is alone on a machine, and
//! wrong where others reach the platform, since what they run then reaches the host and its network.

use std::net::IpAddr;
use std::sync::Arc;

use berth_docker::domain::Cidr;
use berth_docker::host::look::{Facts, look};
use kit::ServiceName;

use super::context::Context;
use super::disk::{self, Disk};
use super::finding::{Check, Finding, listed};
use super::table::{Area, Job};
use crate::config::Config;
use crate::process;

const RIGHTS: Check = Check::new("host.rights", "The process may set firewall rules and mount volumes");
const FIREWALL: Check = Check::new("host.firewall", "iptables works, for IPv4 and IPv6");
const FORWARDING: Check = Check::new("host.forwarding", "The kernel forwards packets, and filters those on a bridge");
const SUBNETS: Check = Check::new("host.subnets", "The pool of tenants' networks is nobody else's");
const VOLUMES: Check = Check::new("host.volumes", "Volumes can be made with a fixed size");
const FILES: Check = Check::new("host.files", "The process may open enough files");
const INOTIFY: Check = Check::new("host.inotify", "The kernel has watches enough for many containers");

pub const AREA: Area = Area {
    name: "host",
    when: "for `berthd up` and for docker",
    checks: &[RIGHTS, FIREWALL, FORWARDING, SUBNETS, VOLUMES, FILES, INOTIFY],
    jobs,
};

/// A process holds a few for each container that it follows, and for each client.
const FEW_FILES: u64 = 8192;
/// Programs in containers take them from one pot: `nginx`, notebooks, file watchers.
const FEW_WATCHERS: u64 = 256;

fn jobs(context: &Arc<Context>) -> Vec<Job> {
    if !context.has(ServiceName::Docker) {
        return Vec::new();
    }
    let (pool, state) = (context.config.site.subnet_pool.clone(), context.config.data_dir.join("site"));
    let whose = Whose::of(&context.config);
    vec![Job::new(RIGHTS, async move {
        let disk = tokio::task::spawn_blocking(move || disk::look(&state)).await.ok().flatten();
        judge(&look().await, whose, &pool, disk.as_ref())
    })]
}

/// Whose programs run in containers, which decides how bad it is that nothing keeps them in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// Those of this machine's own users.
    Ours,
    /// Those of people elsewhere: they reach the platform, or what it publishes.
    Others,
}

impl Whose {
    /// A listener that cannot be resolved may be one for others.
    fn of(config: &Config) -> Self {
        let reached = process::resolve(&config.listen).map_or(true, |listener| config.is_public(listener.ip()));
        let published = config.site.publish_address.parse().is_ok_and(|address: IpAddr| !address.is_loopback());
        if reached || published { Self::Others } else { Self::Ours }
    }

    /// That containers reach the host.
    fn unfenced(self, check: Check, told: impl Into<String>, advice: impl Into<String>) -> Finding {
        match self {
            Self::Ours => check.warning(told, advice),
            Self::Others => check.wrong(told, advice),
        }
    }
}

fn judge(facts: &Facts, whose: Whose, pool: &str, disk: Option<&Disk>) -> Vec<Finding> {
    if !facts.engine_is_here {
        let told = "the engine is on another host, where this process can set no rules and mount nothing";
        let advice = "run the docker service beside its engine, and reach that by its socket";
        return vec![whose.unfenced(RIGHTS, told, advice)];
    }
    let mut findings = vec![rights(facts, whose), firewall(facts, whose), forwarding(facts)];
    findings.extend(subnets(&facts.routes, pool));
    findings.extend([volumes(facts, disk), files(facts.open_files), inotify(facts.inotify_instances)]);
    findings
}

fn rights(facts: &Facts, whose: Whose) -> Finding {
    let needed = [("NET_ADMIN", facts.net_admin), ("SYS_ADMIN", facts.sys_admin)];
    let missing: Vec<&str> = needed.into_iter().filter(|(_, held)| !held).map(|(name, _)| name).collect();
    if missing.is_empty() {
        return RIGHTS.ok("NET_ADMIN and SYS_ADMIN");
    }
    let without = match (facts.net_admin, facts.sys_admin) {
        (false, false) => "containers reach this host and its network, and volumes have no size",
        (false, true) => "containers reach this host and its network",
        _ => "volumes have no size",
    };
    let capabilities: Vec<String> = missing.iter().map(|name| format!("CAP_{name}")).collect();
    let told = format!("this process lacks {}: {without}", listed(&missing));
    let advice = format!("run it as root in the host's network namespace, or give it {}", listed(&capabilities));
    if facts.net_admin { RIGHTS.warning(told, advice) } else { whose.unfenced(RIGHTS, told, advice) }
}

fn firewall(facts: &Facts, whose: Whose) -> Finding {
    match (&facts.iptables, &facts.ip6tables) {
        (Ok(version), Ok(_)) => FIREWALL.ok(version),
        (Ok(_), Err(why)) => whose.unfenced(
            FIREWALL,
            format!("ip6tables does not work: {}", short(why)),
            "install iptables and load ip6_tables (modprobe ip6_tables): without it no rule is set at all",
        ),
        (Err(why), _) => whose.unfenced(
            FIREWALL,
            format!("iptables does not work, so containers reach this host and its network: {}", short(why)),
            "apt-get install iptables, and run as root; inside a container, with the host's network and CAP_NET_ADMIN",
        ),
    }
}

/// The end of what a tool said: that is where it says why.
fn short(why: &str) -> &str {
    why.rsplit(": ").next().unwrap_or(why).lines().next().unwrap_or_default()
}

fn forwarding(facts: &Facts) -> Finding {
    if facts.forwards == Some(false) {
        let told = "the kernel forwards nothing: published ports lead nowhere";
        return FORWARDING.wrong(told, "sysctl -w net.ipv4.ip_forward=1, and the same in /etc/sysctl.d");
    }
    match facts.bridges_are_filtered {
        Some(true) => FORWARDING.ok("packets are forwarded, and filtered on bridges"),
        Some(false) => FORWARDING.warning(
            "what stays on a bridge is not filtered: rules between containers have no effect",
            "sysctl -w net.bridge.bridge-nf-call-iptables=1, and the same in /etc/sysctl.d",
        ),
        None => {
            FORWARDING.ok("packets are forwarded; br_netfilter is not loaded, which the engine does when it needs it")
        }
    }
}

/// A route that covers the whole pool is another's; one inside it may be a tenant's own.
fn subnets(routes: &[Cidr], pool: &str) -> Option<Finding> {
    let ours: Cidr = pool.parse().ok()?;
    let other = routes
        .iter()
        .find(|route| route.overlaps(ours) && route.prefix() < berth_docker::domain::subnet::NETWORK_PREFIX);
    Some(match other {
        Some(route) => SUBNETS.warning(
            format!(
                "this host has a route to {route}, and site.subnet_pool is {pool}: what is common to both is left out"
            ),
            "set site.subnet_pool to a range that nobody here uses, such as 10.200.0.0/14",
        ),
        None => SUBNETS.ok(format!("{pool} is nobody else's")),
    })
}

fn volumes(facts: &Facts, disk: Option<&Disk>) -> Finding {
    if !facts.missing_tools.is_empty() {
        return VOLUMES.warning(
            format!("{} not installed: volumes have no size", said(&facts.missing_tools)),
            "apt-get install e2fsprogs util-linux coreutils",
        );
    }
    if !facts.loop_control {
        return VOLUMES.warning(
            "there is no /dev/loop-control: volumes have no size",
            "modprobe loop; inside a container, give it the host's loop devices",
        );
    }
    match disk.map(|disk| disk.kind.as_str()) {
        Some(kind @ ("zfs" | "nfs" | "nfs4" | "9p" | "cifs")) => VOLUMES.warning(
            format!("{kind} cannot reserve space (fallocate): volumes have no size"),
            "put data_dir on ext4, xfs or btrfs",
        ),
        _ => VOLUMES.ok("tools and loop devices are there"),
    }
}

fn said(tools: &[String]) -> String {
    format!("{} {}", listed(tools), if tools.len() == 1 { "is" } else { "are" })
}

fn files(limit: Option<(u64, u64)>) -> Finding {
    match limit {
        Some((soft, _)) if soft < FEW_FILES => FILES.warning(
            format!("this process may open {soft} files: a few thousand clients or containers are more"),
            "ulimit -n 65536 before it starts; with systemd LimitNOFILE=65536",
        ),
        Some((u64::MAX, _)) => FILES.ok("as many as it likes"),
        Some((soft, _)) => FILES.ok(format!("{soft}")),
        None => FILES.ok("the limit cannot be seen from here"),
    }
}

fn inotify(instances: Option<u64>) -> Finding {
    match instances {
        Some(count) if count < FEW_WATCHERS => INOTIFY.warning(
            format!("all programs of one user share {count} inotify instances: some in containers will find none"),
            "sysctl -w fs.inotify.max_user_instances=1024, and the same in /etc/sysctl.d",
        ),
        Some(count) => INOTIFY.ok(format!("{count} instances")),
        None => INOTIFY.ok("the limit cannot be seen from here"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::super::testing::{config, is, only};
    use super::*;

    fn facts() -> Facts {
        Facts {
            engine_is_here: true,
            net_admin: true,
            sys_admin: true,
            iptables: Ok("iptables v1.8.9 (nf_tables)".into()),
            ip6tables: Ok("ip6tables v1.8.9 (nf_tables)".into()),
            forwards: Some(true),
            bridges_are_filtered: Some(true),
            missing_tools: Vec::new(),
            loop_control: true,
            inotify_instances: Some(1024),
            open_files: Some((65_536, 65_536)),
            routes: vec!["192.0.2.0/24".parse().unwrap(), "10.200.4.64/26".parse().unwrap()],
        }
    }

    fn of(facts: Facts) -> Vec<Finding> {
        judge(&facts, Whose::Ours, "10.200.0.0/14", None)
    }

    #[test]
    fn a_good_host_is_well_in_all_respects() {
        let found = of(facts());
        assert_eq!(found.len(), AREA.checks.len());
        assert!(found.iter().all(|finding| finding.level == Level::Ok), "{found:#?}");
    }

    #[test]
    fn rights_that_are_missing_are_told_with_what_comes_of_it() {
        let found = of(Facts { net_admin: false, ..facts() });
        is(only(&found, "host.rights"), Level::Warning, "CAP_NET_ADMIN");
        assert!(only(&found, "host.rights").told.ends_with("containers reach this host and its network"));
        is(&of(Facts { engine_is_here: false, ..facts() })[0], Level::Warning, "beside its engine");
    }

    #[test]
    fn without_a_firewall_a_platform_for_others_is_wrong() {
        let of = |facts: Facts| judge(&facts, Whose::Others, "10.200.0.0/14", None);
        let no = || Err("exit status: 4".to_owned());
        let one = |facts: Facts, id: &str, level, advice: &str| is(only(&of(facts), id), level, advice);
        one(Facts { net_admin: false, ..facts() }, "host.rights", Level::Wrong, "CAP_NET_ADMIN");
        one(Facts { sys_admin: false, ..facts() }, "host.rights", Level::Warning, "CAP_SYS_ADMIN");
        one(Facts { iptables: no(), ..facts() }, "host.firewall", Level::Wrong, "apt-get install iptables");
        one(Facts { ip6tables: no(), ..facts() }, "host.firewall", Level::Wrong, "ip6_tables");
        one(Facts { engine_is_here: false, ..facts() }, "host.rights", Level::Wrong, "beside its engine");
    }

    #[test]
    fn others_are_who_comes_from_elsewhere() {
        let of = |text: &str| Whose::of(&config(text));
        assert_eq!(of(""), Whose::Ours);
        for text in [
            "listen = \"0.0.0.0:8080\"",
            "listen = \"nowhere\"",
            "limits.trusted_proxies = [\"127.0.0.1\"]",
            "notification.public_url = \"https://berth.example.org\"",
            "site.publish_address = \"192.0.2.7\"",
        ] {
            assert_eq!(of(text), Whose::Others, "{text}");
        }
    }

    #[test]
    fn what_a_host_lacks_is_told_with_what_to_do() {
        let one = |facts: Facts, id: &str, level, advice: &str| is(only(&of(facts), id), level, advice);
        let no = || Err("iptables [\"-w\"]: exit status: 4: Permission denied (you must be root)".to_owned());
        one(Facts { iptables: no(), ..facts() }, "host.firewall", Level::Warning, "apt-get install iptables");
        one(Facts { ip6tables: no(), ..facts() }, "host.firewall", Level::Warning, "ip6_tables");
        one(Facts { forwards: Some(false), ..facts() }, "host.forwarding", Level::Wrong, "net.ipv4.ip_forward=1");
        one(
            Facts { bridges_are_filtered: Some(false), ..facts() },
            "host.forwarding",
            Level::Warning,
            "bridge-nf-call",
        );
        let routes = vec!["10.0.0.0/8".parse().unwrap()];
        one(Facts { routes, ..facts() }, "host.subnets", Level::Warning, "site.subnet_pool");
        one(Facts { missing_tools: vec!["mkfs.ext4".into()], ..facts() }, "host.volumes", Level::Warning, "e2fsprogs");
        one(Facts { loop_control: false, ..facts() }, "host.volumes", Level::Warning, "modprobe loop");
        one(Facts { open_files: Some((1024, 4096)), ..facts() }, "host.files", Level::Warning, "LimitNOFILE");
        one(Facts { inotify_instances: Some(128), ..facts() }, "host.inotify", Level::Warning, "max_user_instances");
        let zfs = Disk { kind: "zfs".into(), free: 1, size: 1, free_inodes: 1, inodes: 1 };
        is(&volumes(&facts(), Some(&zfs)), Level::Warning, "ext4");
    }

    #[test]
    fn what_a_tool_said_is_cut_to_its_end() {
        assert_eq!(short("iptables [\"-w\"]: exit status: 4: Permission denied"), "Permission denied");
    }
}
