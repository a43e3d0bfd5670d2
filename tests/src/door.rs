//! The front door alone: the NGINX that every distributed platform has, in front of whatever a test puts behind it.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::berth::free_port;
use crate::until;

/// What stands behind it, as `nginx/door.sh` names them.
pub const SERVICES: [&str; 8] =
    ["user", "machines", "verifier", "docker", "allocation", "feed", "notification", "interact"];

pub struct Door {
    /// Where it listens, as `host:port`.
    pub address: String,
    home: TempDir,
    nginx: Child,
}

impl Door {
    /// A door before all services at one place, told `DOOR_…` variables, once it is open.
    pub async fn before(place: &str, told: &[(&str, &str)]) -> Self {
        Self::with(place, told, |_| ()).await
    }

    /// The same, after something was put into its directory.
    pub async fn with(place: &str, told: &[(&str, &str)], put: impl FnOnce(&Path)) -> Self {
        Self::before_each(|_| place.to_owned(), told, put).await
    }

    /// The same with a place for each service.
    pub async fn before_each(place: impl Fn(&str) -> String, told: &[(&str, &str)], put: impl FnOnce(&Path)) -> Self {
        let home = tempfile::Builder::new().prefix("berth-door-").tempdir().expect("a directory can be made");
        let address = format!("127.0.0.1:{}", free_port());
        write_peers(home.path(), place);
        put(home.path());
        let log = fs::File::create(home.path().join("log")).expect("a log can be written");
        let mut command = Command::new(crate::repository().join("nginx/door.sh"));
        command.arg(home.path()).env("DOOR_LISTEN", &address).env("DOOR_LOG", home.path().join("access.log"));
        command
            .env("DOOR_WORKERS", "2")
            .envs(told.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        let told_tls = told.iter().find(|(name, _)| *name == "DOOR_TLS_LISTEN");
        let address = told_tls.map_or(address, |(_, listen)| (*listen).to_owned());
        let nginx = command.spawn().expect("nginx/door.sh can be run");
        let door = Self { address, home, nginx };
        let open = || async { TcpStream::connect(&door.address).await.is_ok() };
        until("the door to be open", open, |open| *open).await;
        door
    }

    /// A free address for `DOOR_TLS_LISTEN`.
    pub fn free_address() -> String {
        format!("127.0.0.1:{}", free_port())
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// What it wrote of each request, once there are so many.
    pub async fn access_log(&self, lines: usize) -> Vec<serde_json::Value> {
        let read = || async { fs::read_to_string(self.home.path().join("access.log")).unwrap_or_default() };
        let text = until("the log of requests", read, |text| text.lines().count() >= lines).await;
        text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
    }

    /// Moves services to other places: HOST:PORT, with commas between several.
    pub fn move_to(&self, place: impl Fn(&str) -> String) {
        write_peers(self.home.path(), place);
    }

    /// The memory of all its processes together, in bytes, shared pages counted once.
    pub fn memory(&self) -> u64 {
        self.processes().iter().map(|pid| proportional(*pid)).sum()
    }

    /// Files and connections that its processes hold open.
    pub fn open_files(&self) -> usize {
        let of = |pid: &u32| fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count);
        self.processes().iter().map(of).sum()
    }

    /// The master first.
    pub fn processes(&self) -> Vec<u32> {
        let master = self.nginx.id();
        let children = fs::read_to_string(format!("/proc/{master}/task/{master}/children")).unwrap_or_default();
        std::iter::once(master).chain(children.split_whitespace().filter_map(|pid| pid.parse().ok())).collect()
    }

    /// Sends bytes from an address of this machine's, and gives all that comes back until the door hangs up or says no more for
    /// an answer's time.
    pub async fn raw(&self, from: &str, bytes: &[u8]) -> String {
        let mut stream = self.connect(from).await;
        let (mut reader, mut writer) = stream.split();
        let mut answer = Vec::new();
        // It may answer and hang up before it has read everything.
        let send = async { drop(writer.write_all(bytes).await) };
        let read = async { drop(reader.read_to_end(&mut answer).await) };
        tokio::join!(send, read);
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// A connection that comes from a certain address.
    pub async fn connect(&self, from: &str) -> TcpStream {
        let socket = TcpSocket::new_v4().expect("a socket can be made");
        socket.bind(format!("{from}:0").parse().expect("an address")).expect("it is this machine's");
        socket.connect(self.address.parse().expect("an address")).await.expect("the door is open")
    }
}

fn write_peers(home: &Path, place: impl Fn(&str) -> String) {
    let lines: Vec<String> = SERVICES.iter().map(|service| format!("{service} {}\n", place(service))).collect();
    let new = home.join("peers.new");
    fs::write(&new, lines.concat()).and_then(|()| fs::rename(&new, home.join("peers"))).expect("peers can be written");
}

fn proportional(pid: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap_or("0");
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap_or(0) * 1024
}

impl Drop for Door {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the door said: {}", fs::read_to_string(self.home.path().join("log")).unwrap_or_default());
        }
        let _ = Command::new("kill").arg(self.nginx.id().to_string()).status();
        let _ = self.nginx.wait();
    }
}
