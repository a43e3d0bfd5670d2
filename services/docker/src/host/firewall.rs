//! Keeps containers off the host and off other networks, with iptables in chains of our own installation.
//! Each rule set is replaced as one transaction, so there is no moment without rules.

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
    enforced: bool,
    /// One change at a time.
    turn: Mutex<()>,
}

/// The two families have a tool each, and other rules.
#[derive(Clone, Copy)]
struct Family {
    tool: &'static str,
    restore: &'static str,
    save: &'static str,
}

const V4: Family = Family { tool: "iptables", restore: "iptables-restore", save: "iptables-save" };
const V6: Family = Family { tool: "ip6tables", restore: "ip6tables-restore", save: "ip6tables-save" };

impl Firewall {
    /// Finds out whether rules can be set here; says so in the log where they cannot.
    pub async fn new(identity: &Identity) -> Self {
        let tools = run(V4.tool, &["-w", "-S", "INPUT"]).await.and(run(V6.tool, &["-w", "-S", "INPUT"]).await);
        let enforced = engine_is_here() && holds(NET_ADMIN) && tools.is_ok();
        if !enforced {
            tracing::warn!(error = ?tools.err().and_then(|failure| failure.operator),
                "no firewall rules can be set: containers reach this host and its network");
        }
        let chain = |what| format!("BERTH-{}-{what}", identity.short());
        Self {
            bridges: format!("{}+", identity.bridge_prefix()),
            input: chain("IN"),
            forward: chain("FWD"),
            enforced,
            turn: Mutex::default(),
        }
    }

    /// The chains' content, as `iptables-save` prints it. Answers go through; all else from a container to the host ends
    /// here. `physdev-is-bridged` is what stays on one bridge, that is: inside one tenant's network.
    fn rules(&self, family: Family) -> Vec<String> {
        if family.tool == V6.tool {
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
        let user = family.tool == V4.tool && run(family.tool, &["-w", "-S", "DOCKER-USER"]).await.is_ok();
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
        self.enforced
    }

    async fn firewall_ensure(&self) -> Result<bool, Failure> {
        if !self.enforced {
            return Ok(false);
        }
        let _turn = self.turn.lock().await;
        Ok(self.ensure(V4).await? | self.ensure(V6).await?)
    }

    async fn firewall_remove(&self) -> Result<(), Failure> {
        let _turn = self.turn.lock().await;
        if self.enforced {
            self.remove(V4).await;
            self.remove(V6).await;
        }
        Ok(())
    }

    async fn routes(&self) -> Result<Vec<Cidr>, Failure> {
        Ok(routes().await)
    }
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
    use super::*;

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
        let firewall = Firewall {
            bridges: "babcde-+".into(),
            input: "BERTH-1-IN".into(),
            forward: "BERTH-1-FWD".into(),
            enforced: false,
            turn: Mutex::default(),
        };
        let rules = firewall.rules(V4);
        for range in ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10"] {
            assert!(rules.contains(&format!("-A BERTH-1-FWD -d {range} -j DROP")), "{range}");
        }
        let at = |text: &str| rules.iter().position(|rule| rule.contains(text)).unwrap();
        assert!(at("BERTH-1-FWD -m conntrack") < at("physdev") && at("physdev") < at("-o babcde-+"));
        assert_eq!(firewall.rules(V6), ["-A BERTH-1-IN -j DROP", "-A BERTH-1-FWD -j DROP"]);
    }
}
