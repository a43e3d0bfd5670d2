//! A platform of a test's own, on a directory and ports that nobody else has: a real `berthd up`, or with
//! `TEST_TOPOLOGY=cluster` the eight services as processes of their own, with `compose` as containers. What it made on the engine
//! goes with it, also when the test fails.

use std::fs;
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::atomic::{AtomicU16, Ordering};

use tempfile::TempDir;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::platform::{Platform, Topology};
use crate::{Engine, compose, until};

/// So many platforms at once are what two cores carry.
static PLACES: Semaphore = Semaphore::const_new(3);

/// Below the range that the kernel lends to outgoing connections, above the one that Berth leases to allocations.
const LISTEN: std::ops::Range<u16> = 31_000..32_700;

/// What a test's platform is told beside its directory and port.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// More lines of `berth.toml`, tables included.
    pub config: String,
    pub docker_host: Option<String>,
    /// How long it drains; not at all where nothing is said.
    pub drain: Option<&'static str>,
}

pub struct Berth {
    pub url: String,
    home: TempDir,
    platform: Platform,
    _places: SemaphorePermit<'static>,
}

impl Berth {
    /// A platform that is ready, with the limits out of a test's way.
    pub async fn start() -> Self {
        Self::start_with(Setup::default()).await
    }

    pub async fn start_with(setup: Setup) -> Self {
        Self::begin(setup, places(1).await).await
    }

    /// One process, whatever the other tests run on.
    pub async fn embedded() -> Self {
        Self::embedded_with(Setup::default()).await
    }

    pub async fn embedded_with(setup: Setup) -> Self {
        Self::begin_as(Topology::Embedded, &[], setup, places(1).await).await
    }

    /// Two at once. One after the other, tests that hold one place each could wait for each other's second.
    pub async fn two() -> (Self, Self) {
        let mut places = places(2).await;
        let second = places.split(1).expect("there are two");
        (Self::begin(Setup::default(), places).await, Self::begin(Setup::default(), second).await)
    }

    /// A cluster, whatever the other tests run on, told as `stack/cluster.sh` takes it: backing servers of the test's own as
    /// `TEST_…`, how many replicas as `REPLICAS`.
    pub async fn cluster(variables: &[(String, String)]) -> Self {
        Self::cluster_with(variables, Setup::default()).await
    }

    pub async fn cluster_with(variables: &[(String, String)], setup: Setup) -> Self {
        let places = places(3).await;
        Self::begin_as(Topology::Cluster, variables, setup, places).await
    }

    /// The same as containers.
    pub async fn compose(variables: &[(String, String)]) -> Self {
        let places = places(3).await;
        Self::begin_as(Topology::Compose, variables, Setup::default(), places).await
    }

    async fn begin(setup: Setup, places: SemaphorePermit<'static>) -> Self {
        Self::begin_as(Topology::chosen(), &[], setup, places).await
    }

    async fn begin_as(
        topology: Topology,
        variables: &[(String, String)],
        setup: Setup,
        places: SemaphorePermit<'static>,
    ) -> Self {
        let home = tempfile::Builder::new().prefix("berth-scenario-").tempdir().expect("a directory can be made");
        let listen = format!("127.0.0.1:{}", free_port());
        let url = format!("http://{listen}");
        let platform = Platform::new(topology, home.path(), listen, setup.docker_host).told(variables);
        let mut berth = Self { url, home, platform, _places: places };
        berth.write_configuration(setup.drain.unwrap_or("0ms"), &setup.config);
        berth.platform.prepare().await;
        berth.start_again().await;
        berth
    }

    /// Writes the configuration that the next start reads, with the limits out of a test's way.
    pub fn configure(&self, config: &str) {
        self.write_configuration("0ms", config);
    }

    fn write_configuration(&self, drain: &str, config: &str) {
        let limits =
            "[limits]\naddress_per_minute = 1000000\ncaller_per_minute = 1000000\ncredentials_per_minute = 1000000\n";
        let config = format!("drain = \"{drain}\"\n{limits}{config}");
        fs::write(self.platform.configuration(), config).expect("the configuration can be written");
    }

    /// Starts the server on what is there, and waits until it is ready.
    pub async fn start_again(&mut self) {
        self.platform.launch();
        let readiness = self.platform.readiness();
        let platform = std::cell::RefCell::new(&mut self.platform);
        let look = || {
            let (ended, readiness) = (platform.borrow_mut().one_ended(), readiness.clone());
            async move { (ended, readiness.is_ready().await) }
        };
        let what = "the platform to be ready";
        let (ended, _) = until(what, look, |(ended, ready)| ended.is_some() || *ready).await;
        assert!(ended.is_none(), "{ended:?} ended at its start: {}", self.log());
    }

    /// Starts the server on what is there, without waiting.
    pub fn launch(&mut self) {
        self.platform.launch();
    }

    /// Sends a signal to one of its processes.
    pub fn signal_one(&self, process: &str, name: &str) {
        self.platform.signal_one(process, name);
    }

    /// Starts those of its processes again that have ended.
    pub fn launch_ended(&mut self) {
        self.platform.launch_ended();
    }

    /// Asks one process to stop, waits until it has, and starts it again. How it ended.
    pub async fn restart_one(&mut self, process: &str) -> ExitStatus {
        self.platform.signal_one(process, "TERM");
        let platform = std::cell::RefCell::new(&mut self.platform);
        let look = || {
            let ended = platform.borrow_mut().has_ended(process);
            async move { ended }
        };
        let ended = until("the process to end", look, Option::is_some).await.expect("just seen");
        self.platform.launch_ended();
        ended
    }

    /// Its processes by name, with their ids.
    pub fn processes(&self) -> Vec<(String, u32)> {
        self.platform.processes()
    }

    /// Asks it to stop, without waiting.
    pub fn terminate(&self) {
        self.platform.signal("TERM");
    }

    /// Asks it to stop and gives its exit code.
    pub async fn stop(&mut self) -> Option<i32> {
        self.terminate();
        self.ended().await.code()
    }

    /// As a power cut would.
    pub async fn kill(&mut self) {
        self.platform.signal("KILL");
        assert_eq!(self.ended().await.signal(), Some(9));
    }

    /// How it ended, once it has.
    pub async fn ended(&mut self) -> ExitStatus {
        let platform = std::cell::RefCell::new(&mut self.platform);
        let look = || {
            let ended = platform.borrow_mut().all_ended();
            async move { ended }
        };
        until("the platform to end", look, Option::is_some).await.expect("just seen")
    }

    pub fn data(&self) -> PathBuf {
        self.platform.data()
    }

    /// What the platform takes this test's clients for.
    pub fn clients_address(&self) -> String {
        match self.platform.topology {
            Topology::Embedded | Topology::Cluster => "127.0.0.1".to_owned(),
            Topology::Compose => compose::clients_address(&self.data()),
        }
    }

    /// All that it has said of itself.
    pub fn log(&self) -> String {
        self.platform.log()
    }

    /// What one of its processes has said.
    pub fn log_of(&self, process: &str) -> String {
        self.platform.log_of(process)
    }

    /// The engine, seen directly.
    pub fn engine(&self) -> Engine {
        let installation = fs::read_to_string(self.data().join("installation")).expect("every data directory has one");
        Engine { installation: installation.trim().to_owned(), directory: self.home.path().to_path_buf() }
    }

    /// The mails that went to an address so far, oldest first, as they would go over the wire.
    pub fn mails(&self, email: &str) -> Vec<String> {
        mails(&self.data().join("mail"), email)
    }

    /// Waits for a mail to an address whose subject contains a text, and gives it.
    pub async fn mail(&self, email: &str, subject: &str) -> String {
        let has = |text: &String| subject_of(text).contains(subject);
        let look = || async { self.mails(email).into_iter().find(has) };
        let what = format!("a mail to {email} about `{subject}`");
        until(&what, look, Option::is_some).await.expect("just seen")
    }

    /// The newest code that was mailed to an address.
    pub async fn code(&self, email: &str) -> String {
        let mail = self.data().join("mail");
        let look = || {
            let code = newest_code(&mail, email);
            async move { code }
        };
        until("the code's mail", look, Option::is_some).await.expect("just seen")
    }
}

async fn places(number: u32) -> SemaphorePermit<'static> {
    PLACES.acquire_many(number).await.expect("it is never closed")
}

/// The mails to an address, oldest first: files are named after time and recipient.
fn mails(directory: &Path, email: &str) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten();
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let is_mail = |name: &String| Path::new(name).extension().is_some_and(|extension| extension == "eml");
    let mut names: Vec<String> = names.filter(|name| name.contains(&format!("Z-{email}")) && is_mail(name)).collect();
    names.sort_unstable();
    names.iter().filter_map(|name| fs::read_to_string(directory.join(name)).ok()).collect()
}

/// A mail's subject; long ones go on in the next line.
pub fn subject_of(mail: &str) -> String {
    let mut lines = mail.lines().skip_while(|line| !line.starts_with("Subject: "));
    let first = lines.next().unwrap_or_default().trim_start_matches("Subject: ").to_owned();
    lines.take_while(|line| line.starts_with(' ')).fold(first, |subject, line| subject + line)
}

fn newest_code(directory: &Path, email: &str) -> Option<String> {
    let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit());
    let code = |text: &String| text.lines().map(str::trim).find(is_code).map(str::to_owned);
    mails(directory, email).iter().rev().find_map(code)
}

/// A port that nobody listens on and no other test of this process was given.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let own = (std::process::id() % 17) as u16 * 100;
    let ports = u16::try_from(LISTEN.len()).expect("a range of ports");
    let tries = || LISTEN.start + (own + NEXT.fetch_add(1, Ordering::Relaxed)) % ports;
    std::iter::repeat_with(tries)
        .take(LISTEN.len())
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("one of many ports is free")
}

impl Drop for Berth {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the platform's last words:\n{}", self.platform.last_words());
        }
        self.platform.end();
        if self.data().join("installation").exists() {
            self.engine().remove();
        }
        self.platform.forget();
    }
}
