//! Keeps containers off the host and off other networks, with iptables in chains of our own installation.
//! Each rule set is replaced as one transaction, so there is no moment without rules. Whether rules can be set at all is looked
//! at again in each pass: what was in the way at boot, a lock or a module that came late, mends itself.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use kit::Failure;
use tokio::sync::Mutex;

use super::command::{fed, run};
use super::{NET_ADMIN, engine_is_here, holds};
use crate::domain::{Cidr, Identity};
use crate::ports::HostNetwork;

/// What is no public address: the host's neighbours, cloud metadata, and what is not routed at all.
const CLOSED: [&str; 10] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "224.0.0.0/4",
    "240.0.0.0/4",
];

/// The rules of one installation.
pub struct Firewall {
    /// `b12345-+`: all bridges of ours, as iptables matches names.
    bridges: String,
    /// The host's own chain and ours: what goes to the host, what goes through it.
    input: String,
    forward: String,
    families: [Family; 2],
    /// Whether the last pass could set them.
    enforced: AtomicBool,
    /// What was in the way in that pass, as the log has it. Held while rules change: one change at a time.
    obstacle: Mutex<Option<String>>,
}

/// The two families have a tool each, and other rules.
#[derive(Clone, Copy)]
struct Family {
    tool: &'static str,
    restore: &'static str,
    save: &'static str,
    v6: bool,
}

const V4: Family = Family { tool: "iptables", restore: "iptables-restore", save: "iptables-save", v6: false };
const V6: Family = Family { tool: "ip6tables", restore: "ip6tables-restore", save: "ip6tables-save", v6: true };

impl Firewall {
    /// Finds out whether rules can be set here; says so in the log where they cannot.
    pub async fn new(identity: &Identity) -> Self {
        let firewall = Self::with(identity, [V4, V6]);
        let found = firewall.look().await;
        firewall.tell(&mut *firewall.obstacle.lock().await, found);
        firewall
    }

    fn with(identity: &Identity, families: [Family; 2]) -> Self {
        let chain = |what| format!("BERTH-{}-{what}", identity.short());
        Self {
            bridges: format!("{}+", identity.bridge_prefix()),
            input: chain("IN"),
            forward: chain("FWD"),
            families,
            enforced: AtomicBool::new(false),
            obstacle: Mutex::default(),
        }
    }

    /// What is in the way of setting rules, if anything is.
    async fn look(&self) -> Option<String> {
        if !engine_is_here() {
            return Some("the engine is on another host".to_owned());
        }
        if !holds(NET_ADMIN) {
            return Some("this process lacks CAP_NET_ADMIN".to_owned());
        }
        for family in self.families {
            if let Err(failure) = run(family.tool, &["-w", "-S", "INPUT"]).await {
                return Some(said(failure));
            }
        }
        None
    }

    /// Keeps what a pass found. The log has it once, `/metrics` all the time.
    fn tell(&self, last: &mut Option<String>, found: Option<String>) {
        match &found {
            Some(why) if *last != found => {
                tracing::warn!(error = why, "no firewall rules can be set: containers reach this host and its network");
            }
            None if last.is_some() => tracing::info!("firewall rules can be set again"),
            _ => {}
        }
        self.enforced.store(found.is_none(), Ordering::Relaxed);
        metrics::gauge!("berth_firewall_enforced").set(f64::from(u8::from(found.is_none())));
        *last = found;
    }

    async fn ensure_all(&self) -> Result<bool, Failure> {
        let mut changed = false;
        for family in self.families {
            changed |= self.ensure(family).await?;
        }
        Ok(changed)
    }

    /// The chains' content, as `iptables-save` prints it. Answers go through; all else from a container to the host ends
    /// here. `physdev-is-bridged` is what stays on one bridge, that is: inside one tenant's network.
    fn rules(&self, family: Family) -> Vec<String> {
        if family.v6 {
            return vec![format!("-A {} -j DROP", self.input), format!("-A {} -j DROP", self.forward)];
        }
        let answers = "-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN";
        let mut rules = vec![
            format!("-A {} {answers}", self.input),
            format!("-A {} -j DROP", self.input),
            format!("-A {} {answers}", self.forward),
            format!("-A {} -m physdev --physdev-is-bridged -j RETURN", self.forward),
            format!("-A {} -o {} -j DROP", self.forward, self.bridges),
        ];
        rules.extend(CLOSED.iter().map(|range| format!("-A {} -d {range} -j DROP", self.forward)));
        rules
    }

    /// What leads into our chains: from the host's own, and from where the engine leaves room for rules like ours.
    async fn hooks(&self, family: Family) -> Vec<(&str, &str)> {
        let user = !family.v6 && run(family.tool, &["-w", "-S", "DOCKER-USER"]).await.is_ok();
        vec![("INPUT", &self.input), (if user { "DOCKER-USER" } else { "FORWARD" }, &self.forward)]
    }

    async fn ensure(&self, family: Family) -> Result<bool, Failure> {
        let mut changed = false;
        let rules = self.rules(family);
        if self.present(family).await? != rules {
            let declared = format!(":{} - [0:0]\n:{} - [0:0]", self.input, self.forward);
            let table = format!("*filter\n{declared}\n{}\nCOMMIT\n", rules.join("\n"));
            fed(family.restore, &["-w", "--noflush"], &table).await?;
            changed = true;
        }
        for (from, to) in self.hooks(family).await {
            let hook = [from, "-i", &self.bridges, "-j", to];
            if run(family.tool, &[&["-w", "-C"], &hook[..]].concat()).await.is_err() {
                run(family.tool, &[&["-w", "-I"], &hook[..]].concat()).await?;
                changed = true;
            }
        }
        Ok(changed)
    }

    /// Our chains' rules as they are now.
    async fn present(&self, family: Family) -> Result<Vec<String>, Failure> {
        let saved = run(family.save, &["-t", "filter"]).await?;
        let ours = |line: &&str| {
            line.starts_with(&format!("-A {} ", self.input)) || line.starts_with(&format!("-A {} ", self.forward))
        };
        let mut rules: Vec<String> = saved.lines().filter(ours).map(str::to_owned).collect();
        // The order inside a chain counts, that of the chains does not.
        rules.sort_by_key(|rule| !rule.starts_with(&format!("-A {} ", self.input)));
        Ok(rules)
    }

    async fn remove(&self, family: Family) {
        for (from, to) in [("INPUT", &self.input), ("DOCKER-USER", &self.forward), ("FORWARD", &self.forward)] {
            // Deletes one at a time, until there is none.
            while run(family.tool, &["-w", "-D", from, "-i", &self.bridges, "-j", to]).await.is_ok() {}
        }
        for chain in [&self.input, &self.forward] {
            let flushed = run(family.tool, &["-w", "-F", chain]).await;
            if flushed.is_ok() {
                let _ = run(family.tool, &["-w", "-X", chain]).await;
            }
        }
    }
}

#[async_trait]
impl HostNetwork for Firewall {
    fn enforced(&self) -> bool {
        self.enforced.load(Ordering::Relaxed)
    }

    async fn firewall_ensure(&self) -> Result<bool, Failure> {
        let mut obstacle = self.obstacle.lock().await;
        if let Some(why) = self.look().await {
            self.tell(&mut obstacle, Some(why));
            return Ok(false);
        }
        let set = self.ensure_all().await;
        self.tell(&mut obstacle, set.as_ref().err().cloned().map(said));
        set
    }

    async fn firewall_remove(&self) -> Result<(), Failure> {
        let _turn = self.obstacle.lock().await;
        if self.enforced() {
            for family in self.families {
                self.remove(family).await;
            }
        }
        Ok(())
    }

    async fn routes(&self) -> Result<Vec<Cidr>, Failure> {
        Ok(routes().await)
    }
}

/// What a tool complained of, for the log.
fn said(failure: Failure) -> String {
    failure.operator.unwrap_or(failure.detail)
}

/// Where the host has networks.
pub async fn routes() -> Vec<Cidr> {
    let table = tokio::fs::read_to_string("/proc/net/route").await.unwrap_or_default();
    table.lines().skip(1).filter_map(route).collect()
}

/// A line of the kernel's routing table: addresses are hexadecimal in the host's byte order. The default route is none.
fn route(line: &str) -> Option<Cidr> {
    let mut fields = line.split_whitespace().skip(1);
    let number = |text: &str| u32::from_str_radix(text, 16).ok().map(|word| u32::from_be_bytes(word.to_ne_bytes()));
    let destination = number(fields.next()?)?;
    let mask = number(fields.nth(5)?)?;
    (mask != 0).then(|| Cidr::new(destination.into(), mask.count_ones() as u8)).flatten()
}

#[cfg(test)]
mod tests {
    use kit::{Ambient, InstallationId};
    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;

    fn identity() -> Identity {
        Identity { installation: InstallationId::mint(&Ambient::system()), site: "test".parse().unwrap() }
    }

    /// A tool that fails until there is a file beside it. A shell writes it: a program that this process had open for writing
    /// could not be run by another test's child.
    async fn tool(directory: &std::path::Path) -> &'static str {
        let path = format!("{}/tool", directory.display());
        let script = format!("printf '#!/bin/sh\n[ -e {path}.mended ] || exit 4\n' >{path} && chmod 700 {path}");
        run("sh", &["-c", &script]).await.unwrap();
        path.leak()
    }

    #[tokio::test]
    async fn what_was_in_the_way_is_told_and_mends_itself() {
        let directory = tempfile::tempdir().unwrap();
        let tool = tool(directory.path()).await;
        let family = |v6| Family { tool, restore: tool, save: tool, v6 };
        let recorder = PrometheusBuilder::new().build_recorder();
        let _recording = metrics::set_default_local_recorder(&recorder);
        let shows = |value: u8| recorder.handle().render().contains(&format!("berth_firewall_enforced {value}\n"));
        let firewall = Firewall::with(&identity(), [family(false), family(true)]);
        assert!(!firewall.firewall_ensure().await.unwrap());
        assert!(!firewall.enforced() && shows(0));
        let told = firewall.obstacle.lock().await.clone().unwrap();
        assert!(told.contains("exit status: 4"), "this test needs root: {told}");
        std::fs::write(format!("{tool}.mended"), "").unwrap();
        assert!(firewall.firewall_ensure().await.unwrap());
        assert!(firewall.enforced() && shows(1));
        std::fs::remove_file(format!("{tool}.mended")).unwrap();
        assert!(!firewall.firewall_ensure().await.unwrap());
        assert!(!firewall.enforced() && shows(0));
    }

    #[test]
    fn the_kernels_routes_are_read_and_the_default_is_left_out() {
        let cidr = |text: &str| Some(text.parse::<Cidr>().unwrap());
        assert_eq!(route("docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0"), cidr("172.17.0.0/16"));
        assert_eq!(route("eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0"), None);
        assert_eq!(route("eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0"), cidr("192.0.2.0/24"));
        assert_eq!(route(""), None);
    }

    #[test]
    fn every_private_range_is_closed_and_answers_are_not() {
        let mut firewall = Firewall::with(&identity(), [V4, V6]);
        (firewall.input, firewall.forward) = ("BERTH-1-IN".into(), "BERTH-1-FWD".into());
        firewall.bridges = "babcde-+".into();
        let rules = firewall.rules(V4);
        for range in ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10"] {
            assert!(rules.contains(&format!("-A BERTH-1-FWD -d {range} -j DROP")), "{range}");
        }
        let at = |text: &str| rules.iter().position(|rule| rule.contains(text)).unwrap();
        assert!(at("BERTH-1-FWD -m conntrack") < at("physdev") && at("physdev") < at("-o babcde-+"));
        assert_eq!(firewall.rules(V6), ["-A BERTH-1-IN -j DROP", "-A BERTH-1-FWD -j DROP"]);
    }
}
