//! The whole service as a process of its own over a MySQL database: a runtime that can be stopped for a while, or ended in
//! the middle of anything.

use std::sync::{Arc, mpsc};

use bus::SqlTurns;
use kit::{Ambient, MasterKey};
use sql::Database;
use testkit::TestDoor;
use tokio::runtime::{Builder, Runtime};
use wire::drain::Drain;

use super::service::{Known, Only};
use crate::contract::plenty;
use crate::ports::Engine;
use crate::store::sql::{Settings, SqlStore};
use crate::{Deps, build, fixtures};

pub struct Process {
    runtime: Option<Runtime>,
    drain: Drain,
}

impl Process {
    /// Runs when this returns. One thread does all its work.
    pub fn start(url: &str, settings: &Settings, engine: Arc<dyn Engine>) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let process = Self { runtime: Some(runtime), drain: Drain::default() };
        let (url, settings, drain) = (url.to_owned(), settings.clone(), process.drain.clone());
        process.runtime().spawn(async move {
            let database = Database::connect(&url).unwrap();
            let service = build(deps(database, settings, engine, drain.clone()));
            for task in service.tasks {
                task.start(&drain);
            }
        });
        process
    }

    fn runtime(&self) -> &Runtime {
        self.runtime.as_ref().expect("it runs until it is killed")
    }

    /// As `kill -STOP`: nothing of it runs until the answer is dropped.
    pub fn pause(&self) -> mpsc::Sender<()> {
        let (resume, resumed) = mpsc::channel();
        let (stopped, is_stopped) = mpsc::channel();
        self.runtime().spawn(async move {
            let _ = stopped.send(());
            // Blocks the one thread that there is.
            let _ = resumed.recv();
        });
        is_stopped.recv().unwrap();
        resume
    }

    /// As SIGTERM, when waiting requests were answered.
    pub fn stop(&self) {
        self.drain.stop.cancel();
    }

    /// As `kill -9`: what it was doing ends at once, and its connections with it.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

fn deps(database: Database, settings: Settings, engine: Arc<dyn Engine>, drain: Drain) -> Deps {
    let ambient = Ambient::system();
    let store = Arc::new(SqlStore::new(database.clone(), settings));
    Deps {
        store: store.clone(),
        fleet: store.clone(),
        oversight: store,
        catalogue: Arc::new(Only(fixtures::machine(&ambient))),
        tenants: Arc::new(Known::default()),
        engine,
        door: TestDoor::new(&ambient).door(),
        drain,
        fingerprints: MasterKey::mint(&ambient).derive("test"),
        default_quota: plenty(),
        site: "local".parse().unwrap(),
        public_host: "127.0.0.1".to_owned(),
        owner: ambient.uuid().to_string(),
        turns: Arc::new(SqlTurns::new(database, &ambient)),
        ambient,
    }
}
