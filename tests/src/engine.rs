//! The engine as its owner sees it, with the plain `docker` client: what one installation has there, and its removal.
//! Blocking on purpose: removal runs in `Drop`, also of a test that failed.

use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

/// What one installation has on the engine and in the kernel.
#[derive(Clone, Debug)]
pub struct Engine {
    pub installation: String,
    /// Volumes with a size are loop devices over files in here.
    pub directory: PathBuf,
}

/// A container as `docker inspect` prints it.
#[derive(Clone, Debug)]
pub struct Container(pub Value);

/// What is left of an installation; empty when nothing is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holdings {
    pub containers: usize,
    pub sandboxes: usize,
    pub volumes: usize,
    pub networks: usize,
    pub loops: usize,
}

impl Engine {
    fn ids(&self, list: &[&str]) -> Vec<String> {
        let filter = format!("label=berth.installation={}", self.installation);
        let text = output("docker", &[list, &["--filter", &filter]].concat());
        text.split_whitespace().map(str::to_owned).collect()
    }

    /// All containers of the installation, dead ones and sandboxes too.
    pub fn all(&self) -> Vec<Container> {
        let ids = self.ids(&["ps", "-aq", "--no-trunc"]);
        // One that goes between the two calls is left out of the answer.
        let text = output("docker", &ids.iter().fold(vec!["inspect"], |mut all, id| (all.push(id), all).1));
        let found: Vec<Value> = serde_json::from_str(&text).unwrap_or_default();
        found.into_iter().map(Container).collect()
    }

    pub fn containers(&self) -> Vec<Container> {
        self.all().into_iter().filter(|found| found.label("berth.kind") == "container").collect()
    }

    pub fn sandboxes(&self) -> Vec<Container> {
        self.all().into_iter().filter(|found| found.label("berth.kind") == "sandbox").collect()
    }

    /// The container of an allocation.
    pub fn container(&self, allocation: &str) -> Option<Container> {
        self.containers().into_iter().find(|found| found.label("berth.allocation") == allocation)
    }

    pub fn sandbox(&self, allocation: &str) -> Option<Container> {
        self.sandboxes().into_iter().find(|found| found.label("berth.allocation") == allocation)
    }

    /// Everything that the installation has.
    pub fn holdings(&self) -> Holdings {
        let all = self.all();
        let sandboxes = all.iter().filter(|found| found.label("berth.kind") == "sandbox").count();
        Holdings {
            containers: all.len() - sandboxes,
            sandboxes,
            volumes: self.ids(&["volume", "ls", "-q"]).len(),
            networks: self.ids(&["network", "ls", "-q"]).len(),
            loops: self.loops().len(),
        }
    }

    /// Loop devices over files of this installation, also over ones that are deleted. One that a container attached which has
    /// ended since names its file from where that had it; the file still is the same.
    fn loops(&self) -> Vec<String> {
        let text = output("losetup", &["-n", "-O", "NAME,BACK-INO,BACK-FILE", "-a"]);
        let images = self.images();
        let inside = |line: &&str| {
            let inode = line.split_whitespace().nth(1).and_then(|inode| inode.parse().ok());
            line.contains(&*self.directory.to_string_lossy()) || inode.is_some_and(|inode| images.contains(&inode))
        };
        text.lines().filter(inside).filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
    }

    /// The inodes of what volumes are kept in, where containers have them.
    fn images(&self) -> Vec<u64> {
        let entries = std::fs::read_dir(self.directory.join("state/site/volumes")).into_iter().flatten().flatten();
        entries.filter_map(|entry| Some(entry.metadata().ok()?.ino())).collect()
    }

    /// Takes everything of the installation away, whatever state it is in.
    pub fn remove(&self) {
        for (list, remove) in [
            (&["ps", "-aq"][..], &["rm", "-f", "-v"][..]),
            (&["volume", "ls", "-q"], &["volume", "rm", "-f"]),
            (&["network", "ls", "-q"], &["network", "rm"]),
        ] {
            let ids = self.ids(list);
            if !ids.is_empty() {
                output("docker", &[remove, &ids.iter().map(String::as_str).collect::<Vec<_>>()].concat());
            }
        }
        for device in self.loops() {
            output("losetup", &["-d", &device]);
        }
        for tables in ["iptables", "ip6tables"] {
            self.remove_rules(tables);
        }
    }

    /// The installation's firewall chains, and what leads into them.
    fn remove_rules(&self, tables: &str) {
        let rules = output(tables, &["-w", "-S"]);
        let chain = format!("BERTH-{}-", self.short());
        for rule in rules.lines().filter(|rule| rule.starts_with("-A") && rule.contains(&format!("-j {chain}"))) {
            let arguments: Vec<&str> = rule.split_whitespace().skip(1).collect();
            output(tables, &[&["-w", "-D"], &arguments[..]].concat());
        }
        let chains: Vec<&str> = rules.lines().filter_map(|rule| rule.strip_prefix("-N ")).collect();
        for flag in ["-F", "-X"] {
            for name in chains.iter().filter(|name| name.starts_with(&chain)) {
                output(tables, &["-w", flag, name]);
            }
        }
    }

    /// What chains are named by: the last eight digits of the installation.
    fn short(&self) -> String {
        let digits: String = self.installation.chars().filter(char::is_ascii_hexdigit).collect();
        digits[digits.len().saturating_sub(8)..].to_owned()
    }
}

impl Container {
    pub fn label(&self, name: &str) -> &str {
        self.0["Config"]["Labels"][name].as_str().unwrap_or_default()
    }

    pub fn name(&self) -> &str {
        self.0["Name"].as_str().unwrap_or_default().trim_start_matches('/')
    }

    pub fn is_running(&self) -> bool {
        self.0["State"]["Running"] == true
    }

    /// Another one after each start.
    pub fn started_at(&self) -> &str {
        self.0["State"]["StartedAt"].as_str().unwrap_or_default()
    }

    /// A sandbox's place in its tenant's network: `IPAddress` or `Gateway`.
    pub fn network(&self, what: &str) -> String {
        let networks = self.0["NetworkSettings"]["Networks"].as_object();
        let found = networks.and_then(|networks| networks.values().find_map(|network| network[what].as_str()));
        found.filter(|text| !text.is_empty()).unwrap_or_else(|| panic!("no {what} in {}", self.0)).to_owned()
    }

    /// Runs a shell line inside; whether it ended well, and what it wrote.
    pub async fn sh(&self, line: &str) -> crate::shell::Ran {
        crate::shell::run("docker", &["exec", self.name(), "sh", "-c", line]).await
    }
}

/// What a program wrote; its failure is the caller's to notice.
pub fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program} cannot be run: {error}"));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
