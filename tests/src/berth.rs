//! A platform of a test's own: a real `berthd up` on a directory and a port that nobody else has. What it made on the
//! engine goes with it, also when the test fails.

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{Engine, until};

/// So many platforms at once are what two cores carry.
static PLACES: Semaphore = Semaphore::const_new(3);
/// After this a server that was asked to stop is killed.
const PATIENCE: Duration = Duration::from_secs(25);
/// Below the range that the kernel lends to outgoing connections, above the one that Berth leases to allocations.
const LISTEN: std::ops::Range<u16> = 31_000..32_700;

/// What a test's platform is told beside its directory and port.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// More lines of `berth.toml`, tables included.
    pub config: String,
    pub docker_host: Option<String>,
}

pub struct Berth {
    pub url: String,
    home: TempDir,
    listen: String,
    setup: Setup,
    child: Option<Child>,
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

    /// Two at once. One after the other, tests that hold one place each could wait for each other's second.
    pub async fn two() -> (Self, Self) {
        let mut places = places(2).await;
        let second = places.split(1).expect("there are two");
        (Self::begin(Setup::default(), places).await, Self::begin(Setup::default(), second).await)
    }

    async fn begin(setup: Setup, places: SemaphorePermit<'static>) -> Self {
        let home = tempfile::Builder::new().prefix("berth-scenario-").tempdir().expect("a directory can be made");
        let listen = format!("127.0.0.1:{}", free_port());
        let limits =
            "[limits]\naddress_per_minute = 1000000\ncaller_per_minute = 1000000\ncredentials_per_minute = 1000000\n";
        let config = format!("drain = \"0ms\"\n{limits}{}", setup.config);
        fs::write(home.path().join("berth.toml"), config).expect("the configuration can be written");
        let url = format!("http://{listen}");
        let mut berth = Self { url, home, listen, setup, child: None, _places: places };
        berth.start_again().await;
        berth
    }

    /// Starts the server on what is there, and waits until it says that it is ready.
    pub async fn start_again(&mut self) {
        self.launch();
        let ready = format!("berth is ready on {}", self.url);
        let exit = std::cell::RefCell::new(&mut self.child);
        let said = self.home.path().join("out");
        let look = || {
            let ended = exit.borrow_mut().as_mut().and_then(|child| child.try_wait().ok().flatten());
            let text = fs::read_to_string(&said).unwrap_or_default();
            async move { (ended, text) }
        };
        let (ended, _) =
            until("berthd to be ready", look, |(ended, text)| ended.is_some() || text.contains(&ready)).await;
        assert!(ended.is_none(), "berthd ended at its start with {ended:?}: {}", self.log());
    }

    fn launch(&mut self) {
        assert!(self.child.is_none(), "it runs already");
        let home = self.home.path();
        let file =
            |name: &str| File::options().create(true).append(true).open(home.join(name)).expect("a log can be written");
        // Only what is said from now on counts.
        let _ = fs::remove_file(home.join("out"));
        let mut command = Command::new(crate::berthd());
        command.arg("up").arg("--data-dir").arg(self.data()).arg("--config").arg(home.join("berth.toml"));
        command.args(["--listen", &self.listen]).stdin(Stdio::null()).stdout(file("out")).stderr(file("err"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("BERTH_")) {
            command.env_remove(name);
        }
        if let Some(host) = &self.setup.docker_host {
            command.env("DOCKER_HOST", host);
        }
        self.child = Some(command.spawn().expect("berthd can be run"));
    }

    /// Asks it to stop, without waiting.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// Asks it to stop and gives its exit code.
    pub async fn stop(&mut self) -> Option<i32> {
        self.terminate();
        self.ended().await.code()
    }

    /// As a power cut would.
    pub async fn kill(&mut self) {
        self.signal("KILL");
        assert_eq!(self.ended().await.signal(), Some(9));
    }

    /// How it ended, once it has.
    pub async fn ended(&mut self) -> ExitStatus {
        let child = std::cell::RefCell::new(self.child.as_mut().expect("it runs"));
        let look = || {
            let ended = child.borrow_mut().try_wait().expect("it is our child");
            async move { ended }
        };
        let ended = until("berthd to end", look, Option::is_some).await;
        self.child = None;
        ended.expect("just seen")
    }

    fn signal(&self, name: &str) {
        let pid = self.child.as_ref().expect("it runs").id().to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &pid]).status();
        assert!(sent.is_ok_and(|status| status.success()), "no signal could be sent to {pid}");
    }

    pub fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// All that it has said of itself.
    pub fn log(&self) -> String {
        fs::read_to_string(self.home.path().join("err")).unwrap_or_default()
    }

    /// The engine, seen directly.
    pub fn engine(&self) -> Engine {
        let installation = fs::read_to_string(self.data().join("installation")).expect("every data directory has one");
        Engine { installation: installation.trim().to_owned(), directory: self.home.path().to_path_buf() }
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

/// Files are named after time and recipient, so that the last name is the newest mail; not every mail has a code.
fn newest_code(directory: &Path, email: &str) -> Option<String> {
    let names = fs::read_dir(directory).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let is_mail = |name: &String| Path::new(name).extension().is_some_and(|extension| extension == "eml");
    let mut names: Vec<String> = names.filter(|name| name.contains(&format!("Z-{email}")) && is_mail(name)).collect();
    names.sort_unstable();
    names.iter().rev().find_map(|name| {
        let text = fs::read_to_string(directory.join(name)).ok()?;
        let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit());
        text.lines().map(str::trim).find(is_code).map(str::to_owned)
    })
}

/// A port that nobody listens on and no other test of this process was given.
fn free_port() -> u16 {
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
            let log = self.log();
            let last: Vec<&str> = log.lines().rev().take(60).collect();
            eprintln!("the platform's last words:\n{}", last.into_iter().rev().collect::<Vec<_>>().join("\n"));
        }
        if let Some(child) = self.child.take() {
            end(child);
        }
        if self.data().join("installation").exists() {
            self.engine().remove();
        }
    }
}

/// Asks first; what does not listen is killed.
fn end(mut child: Child) {
    let pid = child.id().to_string();
    let signal = move |name: &str| drop(Command::new("kill").args([name, &pid]).status());
    signal("-TERM");
    let (gone, waits) = mpsc::channel::<()>();
    let watchdog = std::thread::spawn(move || {
        if waits.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
            signal("-KILL");
        }
    });
    let _ = child.wait();
    drop(gone);
    let _ = watchdog.join();
}
