//! The engine's socket behind one that a test can cut, as if the engine had died.

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::io::copy_bidirectional;
use tokio::net::{UnixListener, UnixStream};
use tokio::task::{JoinHandle, JoinSet};

pub struct EngineProxy {
    home: TempDir,
    running: Option<JoinHandle<()>>,
}

impl EngineProxy {
    pub fn start() -> Self {
        let home = tempfile::Builder::new().prefix("berth-proxy-").tempdir().expect("a directory can be made");
        let mut proxy = Self { home, running: None };
        proxy.join();
        proxy
    }

    fn path(&self) -> PathBuf {
        self.home.path().join("engine.sock")
    }

    /// What `DOCKER_HOST` takes.
    pub fn host(&self) -> String {
        format!("unix://{}", self.path().display())
    }

    /// Ends every connection and refuses new ones.
    pub async fn cut(&mut self) {
        if let Some(running) = self.running.take() {
            running.abort();
            // Its connections end with it.
            let _ = running.await;
        }
        std::fs::remove_file(self.path()).expect("the socket was there");
    }

    /// The engine answers again.
    pub fn join(&mut self) {
        let listener = UnixListener::bind(self.path()).expect("nobody else listens there");
        self.running = Some(tokio::spawn(serve(listener, engine())));
    }
}

/// The real engine's socket.
fn engine() -> PathBuf {
    let host = std::env::var("DOCKER_HOST").unwrap_or_default();
    let path = host.strip_prefix("unix://").filter(|path| !path.is_empty()).unwrap_or("/var/run/docker.sock");
    Path::new(path).to_path_buf()
}

async fn serve(listener: UnixListener, engine: PathBuf) {
    // Dropped with this task, which ends every connection.
    let mut connections = JoinSet::new();
    while let Ok((mut client, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        let engine = engine.clone();
        connections.spawn(async move {
            if let Ok(mut server) = UnixStream::connect(engine).await {
                // Either end may hang up; that is its own affair.
                let _ = copy_bidirectional(&mut client, &mut server).await;
            }
        });
    }
}

impl Drop for EngineProxy {
    fn drop(&mut self) {
        if let Some(running) = &self.running {
            running.abort();
        }
    }
}
