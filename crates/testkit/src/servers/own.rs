//! A backing server of a test's own, to be stopped, stalled and started again: the shared ones belong to all tests.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::unique;

/// What can be started. `RedisCluster` is one node that holds all slots: keys of one script must share theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    MariaDb,
    MongoDb,
    Cassandra,
    Redis,
    RedisCluster,
    Kafka,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::MariaDb => "mariadb",
            Self::MongoDb => "mongodb",
            Self::Cassandra => "cassandra",
            Self::Redis => "redis",
            Self::RedisCluster => "redis-cluster",
            Self::Kafka => "kafka",
        }
    }
}

/// Ends with the test, and its data with it. It keeps its address over stops and starts.
pub struct Own {
    kind: Kind,
    home: PathBuf,
    address: String,
    /// Where clients are told to come, by a server that tells them.
    told: Option<u16>,
}

impl Own {
    /// A fresh one that answers. Cassandra takes some ten seconds, Kafka five, the others one or two.
    ///
    /// # Panics
    /// Where it does not come up, with what the script said.
    pub async fn start(kind: Kind) -> Self {
        Self::begin(kind, None).await
    }

    /// One that clients reach by a proxy on this port of loopback. Kafka has to know that: its clients go where it tells
    /// them to.
    ///
    /// # Panics
    /// Where it does not come up, with what the script said.
    pub async fn start_behind(kind: Kind, proxy: u16) -> Self {
        Self::begin(kind, Some(proxy)).await
    }

    async fn begin(kind: Kind, told: Option<u16>) -> Self {
        let home = std::env::temp_dir().join(unique(&format!("berth_{}", kind.name().replace('-', "_"))));
        let mut own = Self { kind, home, address: String::new(), told };
        own.address = own.script(&["one", kind.name(), own.path()]).await;
        own
    }

    /// As `testkit::servers` gives the shared one's.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// `HOST:PORT`, for a proxy before it.
    ///
    /// # Panics
    /// Never: every address holds one.
    pub fn authority(&self) -> &str {
        let start = self.address.find("127.0.0.1:").expect("every server listens on loopback");
        let rest = &self.address[start..];
        &rest[..rest.find('/').unwrap_or(rest.len())]
    }

    /// Asks it to end and waits until it has; its data stays.
    pub async fn stop(&self) {
        self.script(&["end", self.path()]).await;
    }

    /// As a power cut would.
    pub fn kill(&self) {
        self.signal("KILL");
    }

    /// Starts it again on its data and its address, and waits until it answers.
    pub async fn start_again(&self) {
        self.script(&["one", self.kind.name(), self.path()]).await;
    }

    /// Connections stay, and nothing answers on them.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    pub fn resume(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        assert!(self.try_signal(name), "no {name} could be sent to {}", self.kind.name());
    }

    fn try_signal(&self, name: &str) -> bool {
        let file = std::fs::read_to_string(self.home.join("pid")).unwrap_or_default();
        let Some(pid) = file.split(' ').next().filter(|pid| !pid.is_empty()) else { return false };
        let sent = Command::new("kill").args([&format!("-{name}"), pid]).stderr(Stdio::null()).status();
        sent.is_ok_and(|status| status.success())
    }

    fn path(&self) -> &str {
        self.home.to_str().expect("temporary directories have plain names")
    }

    /// On a thread of its own: the test's other tasks go on.
    async fn script(&self, words: &[&str]) -> String {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let told = self.told.map(|port| port.to_string()).unwrap_or_default();
        tokio::task::spawn_blocking(move || run(&words, &told)).await.expect("the script was run")
    }
}

fn run(words: &[String], told: &str) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../stack/servers.sh");
    let done = Command::new(script)
        .args(words)
        .env("ADVERTISED_PORT", told)
        .stdin(Stdio::null())
        .output()
        .expect("stack/servers.sh can be run");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "stack/servers.sh {}: {said}", words.join(" "));
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

impl Drop for Own {
    fn drop(&mut self) {
        // It may be down, which is as good; one that is paused ends as well.
        let _ = self.try_signal("KILL");
        let _ = std::fs::remove_dir_all(&self.home);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(own: &Own) -> bool {
        std::net::TcpStream::connect(own.authority()).is_ok()
    }

    #[tokio::test]
    async fn an_own_server_comes_back_where_it_was_and_ends_with_the_test() {
        let own = Own::start(Kind::Redis).await;
        let address = own.address().to_owned();
        assert!(answers(&own), "{address}");
        own.stop().await;
        assert!(!answers(&own), "it still answers");
        own.start_again().await;
        assert!(answers(&own), "it does not answer again");
        own.kill();
        own.start_again().await;
        let (home, authority) = (own.home.clone(), own.authority().to_owned());
        drop(own);
        assert!(!home.exists(), "{} is left", home.display());
        let refused = || {
            let refused = std::net::TcpStream::connect(&authority).is_err();
            async move { refused }
        };
        crate::until(refused, |refused| *refused).await;
    }
}
