//! The processes of a platform: one `berthd up`, those of a cluster, or the clients of containers. All are started, signalled
//! and ended alike.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::cluster::{self, CONTAINERS, PROCESSES};
use crate::compose;
use crate::person::http_client;

/// After this a process that was asked to stop is killed.
const PATIENCE: Duration = Duration::from_secs(25);
/// For one answer about readiness.
const ANSWER: Duration = Duration::from_secs(10);
/// Of all logs together, where a test failed.
const LAST_LINES: usize = 90;
/// The cluster's front door: it goes after those behind it.
const DOOR: &str = "door";

/// What a platform runs as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topology {
    /// One process on embedded stores.
    Embedded,
    /// Eight and more on real servers, behind NGINX.
    Cluster,
    /// The same as containers, from `docker-compose.yml`.
    Compose,
}

impl Topology {
    /// What `TEST_TOPOLOGY` says: `cluster`, `compose`, or nothing.
    pub fn chosen() -> Self {
        match std::env::var("TEST_TOPOLOGY").as_deref() {
            Ok("cluster") => Self::Cluster,
            Ok("compose") => Self::Compose,
            Ok("embedded") | Err(_) => Self::Embedded,
            Ok(other) => panic!("TEST_TOPOLOGY is `{other}`: it is `cluster`, `compose`, `embedded` or unset"),
        }
    }

    /// Whether a front door stands before the services.
    pub fn has_door(self) -> bool {
        self != Self::Embedded
    }
}

pub struct Platform {
    pub topology: Topology,
    home: PathBuf,
    listen: String,
    docker_host: Option<String>,
    /// What `stack/cluster.sh` is told: backing servers of its own as `TEST_…`, how many replicas as `REPLICAS`.
    variables: Vec<(String, String)>,
    running: Vec<(String, Child)>,
    ended: Vec<(String, ExitStatus)>,
}

/// How a platform says that it is ready.
#[derive(Clone)]
pub enum Readiness {
    /// A line in a file.
    Said(PathBuf, String),
    /// 200 from a URL.
    Answers(reqwest::Client, String),
}

impl Readiness {
    pub async fn is_ready(&self) -> bool {
        match self {
            Self::Said(file, line) => fs::read_to_string(file).is_ok_and(|text| text.contains(line)),
            Self::Answers(http, url) => {
                // A published port may take a connection before the door listens behind it, and forget it.
                let asked = http.get(url).timeout(ANSWER).send().await;
                asked.is_ok_and(|reply| reply.status().is_success())
            }
        }
    }
}

impl Platform {
    pub fn new(topology: Topology, home: &Path, listen: String, docker_host: Option<String>) -> Self {
        let home = home.to_path_buf();
        Self { topology, home, listen, docker_host, variables: Vec::new(), running: Vec::new(), ended: Vec::new() }
    }

    /// The same as a cluster that is told more.
    #[must_use]
    pub fn told(mut self, variables: &[(String, String)]) -> Self {
        self.variables = variables.to_vec();
        self
    }

    /// Sends a signal to one process.
    pub fn signal_one(&self, process: &str, name: &str) {
        let (_, child) = self.running.iter().find(|(of, _)| of == process).unwrap_or_else(|| panic!("no {process}"));
        assert!(self.send(process, child.id(), name), "no {name} could be sent to {process}");
    }

    /// Starts those again that have ended.
    pub fn launch_ended(&mut self) {
        self.look();
        let ended = std::mem::take(&mut self.ended);
        let commands = self.commands().into_iter().filter(|(name, _)| ended.iter().any(|(of, _)| of == name)).collect();
        self.start(commands);
    }

    /// How one process ended, once it has.
    pub fn has_ended(&mut self, process: &str) -> Option<ExitStatus> {
        self.look();
        self.ended.iter().find(|(name, _)| name == process).map(|(_, status)| *status)
    }

    /// Its processes by name, with their ids.
    pub fn processes(&self) -> Vec<(String, u32)> {
        self.running.iter().map(|(name, child)| (name.clone(), child.id())).collect()
    }

    /// Makes what the first start needs.
    pub async fn prepare(&self) {
        fs::create_dir_all(self.home.join("logs")).expect("a directory can be made");
        match self.topology {
            Topology::Embedded => {}
            Topology::Cluster => cluster::prepare(PROCESSES, &self.home, &self.listen, &self.variables).await,
            Topology::Compose => {
                let told = [&self.variables[..], &compose::told_of_engine(self.docker_host.as_deref())].concat();
                cluster::prepare(CONTAINERS, &self.home, &self.listen, &told).await;
            }
        }
    }

    /// What all processes are told.
    pub fn configuration(&self) -> PathBuf {
        self.home.join("berth.toml")
    }

    /// Where mails and the installation's id are.
    pub fn data(&self) -> PathBuf {
        match self.topology {
            Topology::Embedded => self.home.join("data"),
            Topology::Cluster | Topology::Compose => self.home.clone(),
        }
    }

    /// All that its processes have said of themselves.
    pub fn log(&self) -> String {
        self.logs().into_iter().map(|(_, text)| text).collect()
    }

    /// What one of them has said, on both of its outputs.
    pub fn log_of(&self, process: &str) -> String {
        let (out, err) = (self.said(process), self.said(process).with_extension("err"));
        [out, err].iter().map(|file| fs::read_to_string(file).unwrap_or_default()).collect()
    }

    /// The end of what each said.
    pub fn last_words(&self) -> String {
        let logs = self.logs();
        let lines = LAST_LINES / logs.len().max(1);
        let tail = |text: &str| {
            let last: Vec<&str> = text.lines().rev().take(lines).collect();
            last.into_iter().rev().collect::<Vec<_>>().join("\n")
        };
        let parts: Vec<String> = logs.iter().map(|(name, text)| format!("{name}:\n{}\n", tail(text))).collect();
        parts.concat()
    }

    fn logs(&self) -> Vec<(String, String)> {
        let entries = fs::read_dir(self.home.join("logs")).into_iter().flatten();
        let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "err"));
        files.sort();
        let name = |file: &Path| file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        files.iter().filter_map(|file| Some((name(file), fs::read_to_string(file).ok()?))).collect()
    }

    pub fn readiness(&self) -> Readiness {
        match self.topology {
            Topology::Embedded => {
                Readiness::Said(self.said("berthd"), format!("berth is ready on http://{}", self.listen))
            }
            Topology::Cluster | Topology::Compose => {
                Readiness::Answers(http_client(), format!("http://{}/readyz", self.listen))
            }
        }
    }

    fn said(&self, name: &str) -> PathBuf {
        self.home.join("logs").join(format!("{name}.out"))
    }

    fn commands(&self) -> Vec<(String, Command)> {
        if self.topology.has_door() {
            return cluster::commands(&self.home);
        }
        let mut command = Command::new(crate::berthd());
        command.arg("up").arg("--data-dir").arg(self.data()).arg("--config").arg(self.configuration());
        command.args(["--listen", &self.listen]);
        vec![("berthd".to_owned(), command)]
    }

    /// Starts every process.
    pub fn launch(&mut self) {
        assert!(self.running.is_empty(), "it runs already");
        self.ended.clear();
        self.start(self.commands());
    }

    fn start(&mut self, commands: Vec<(String, Command)>) {
        for (name, mut command) in commands {
            let file =
                |file: PathBuf| File::options().create(true).append(true).open(file).expect("a log can be written");
            // Only what is said from now on counts.
            let _ = fs::remove_file(self.said(&name));
            let (out, err) = (file(self.said(&name)), file(self.said(&name).with_extension("err")));
            command.stdin(Stdio::null()).stdout(out).stderr(err);
            for (variable, _) in std::env::vars().filter(|(variable, _)| variable.starts_with("BERTH_")) {
                command.env_remove(variable);
            }
            // A container was told when it was made; its client asks the real engine.
            if let Some(host) = self.docker_host.as_ref().filter(|_| self.topology != Topology::Compose) {
                command.env("DOCKER_HOST", host);
            }
            self.running.push((name, command.spawn().expect("a process can be started")));
        }
    }

    /// Sends a signal to all; one that lets them finish goes to the door only once they have.
    pub fn signal(&self, name: &str) {
        for (process, child) in self.running.iter().filter(|(process, _)| name == "KILL" || process != DOOR) {
            assert!(self.send(process, child.id(), name), "no {name} could be sent to {process}");
        }
    }

    fn send(&self, process: &str, pid: u32, name: &str) -> bool {
        match self.topology {
            Topology::Compose => compose::signal(&self.home, process, name),
            Topology::Embedded | Topology::Cluster => signal(pid, name),
        }
    }

    /// A process that has ended, if one has.
    pub fn one_ended(&mut self) -> Option<(String, ExitStatus)> {
        self.look();
        self.ended.first().cloned()
    }

    /// How they ended, once all have: as the first that did not end well.
    pub fn all_ended(&mut self) -> Option<ExitStatus> {
        self.look();
        if let [(name, door)] = &self.running[..]
            && name == DOOR
        {
            signal(door.id(), "TERM");
        }
        if !self.running.is_empty() {
            return None;
        }
        let bad = self.ended.iter().find(|(_, status)| !status.success());
        bad.or_else(|| self.ended.first()).map(|(_, status)| *status)
    }

    fn look(&mut self) {
        let mut running = Vec::new();
        for (name, mut child) in self.running.drain(..) {
            match child.try_wait().expect("it is our child") {
                Some(status) if self.topology == Topology::Compose => {
                    self.ended.push((name, compose::ended_as(status)));
                }
                Some(status) => self.ended.push((name, status)),
                None => running.push((name, child)),
            }
        }
        self.running = running;
    }

    /// Asks all to end and waits until they have; what does not listen is killed. Blocking: it is for `Drop`.
    pub fn end(&mut self) {
        let pids: Vec<u32> = self.running.iter().map(|(_, child)| child.id()).collect();
        let all = move |name: &str| {
            for pid in &pids {
                signal(*pid, name);
            }
        };
        all("TERM");
        let (gone, waits) = mpsc::channel::<()>();
        let watchdog = std::thread::spawn(move || {
            if waits.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                all("KILL");
            }
        });
        for (_, mut child) in self.running.drain(..) {
            let _ = child.wait();
        }
        drop(gone);
        let _ = watchdog.join();
    }

    /// Drops what it has on the servers.
    pub fn forget(&self) {
        // Servers of its own go with all that is on them.
        let own = self.variables.iter().any(|(name, _)| name.starts_with("TEST_"));
        match self.topology {
            Topology::Cluster if !own => cluster::forget(PROCESSES, "forget", &self.home),
            Topology::Compose => cluster::forget(CONTAINERS, "end", &self.home),
            Topology::Embedded | Topology::Cluster => {}
        }
    }
}

fn signal(pid: u32, name: &str) -> bool {
    let mut whom = vec![format!("-{name}"), pid.to_string()];
    if name == "KILL" {
        // NGINX would leave its workers behind, with its port.
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        whom.extend(children.split_whitespace().map(str::to_owned));
    }
    let sent = Command::new("kill").args(whom).stderr(Stdio::null()).status();
    sent.is_ok_and(|status| status.success())
}
