//! What may be asked of a site, one verb a file, written against ports. Each may be repeated: the same command twice is
//! one effect.

pub mod capabilities;
pub mod container_ensure;
pub mod container_inspect;
pub mod container_remove;
pub mod container_start;
pub mod container_stop;
pub mod image_ensure;
pub mod list;
pub mod network_ensure;
pub mod network_release;
mod readiness;
pub mod readiness_wait;
pub mod sandbox_ensure;
pub mod sandbox_remove;
pub mod sandbox_stop;
mod seats;
mod turns;
pub mod volume_ensure;
pub mod volume_remove;

use std::sync::Arc;

use kit::{Ambient, ErrorCode, Failure};
use tokio::sync::{Mutex, Semaphore};

use crate::config::EngineConfig;
use crate::domain::{Command, Identity};
use crate::ports::{Disks, Engine, HostNetwork, Record};
use seats::Seats;
use turns::{Turn, Turns};

/// What the use cases work with.
pub struct App {
    pub identity: Identity,
    pub config: EngineConfig,
    pub ambient: Ambient,
    pub engine: Arc<dyn Engine>,
    pub host: Arc<dyn HostNetwork>,
    pub disks: Arc<dyn Disks>,
    pub record: Arc<dyn Record>,
    /// Starting does not scale past the host's cores; more at once only make each other slow.
    starts: Semaphore,
    turns: Turns<[u8; 16]>,
    seats: Seats,
    /// Held while networks are looked at and then made or removed.
    networks: Mutex<()>,
}

impl App {
    pub fn new(
        identity: Identity,
        config: EngineConfig,
        ambient: Ambient,
        engine: Arc<dyn Engine>,
        host: Arc<dyn HostNetwork>,
        disks: Arc<dyn Disks>,
        record: Arc<dyn Record>,
    ) -> Self {
        let starts = Semaphore::new(config.starts_at_once);
        let (turns, seats) = (Turns::default(), Seats::default());
        let networks = Mutex::default();
        Self { identity, config, ambient, engine, host, disks, record, starts, turns, seats, networks }
    }

    /// The allocation's turn, once nobody else works on it. `stale_epoch` where the lease has passed on.
    async fn turn(&self, command: &Command) -> Result<Turn, Failure> {
        let turn = self.turns.take(command.owner.allocation.as_uuid().into_bytes()).await;
        self.admit(command).await?;
        Ok(turn)
    }

    /// Refuses a command whose lease has passed on.
    async fn admit(&self, command: &Command) -> Result<(), Failure> {
        self.record.epoch_seen(command.owner.allocation, command.epoch, self.ambient.now()).await
    }

    /// Starts a container, a few at a time.
    async fn start(&self, name: &str) -> Result<(), Failure> {
        let _place = self.starts.acquire().await.map_err(Failure::internal)?;
        self.engine.start(name).await
    }

    /// Removes a container of ours; one of the same name that is another's stays, and that is done too.
    async fn remove_ours(&self, name: &str) -> Result<(), Failure> {
        match self.engine.inspect(name).await {
            Ok(Some(_)) => self.engine.remove(name).await,
            Ok(None) => Ok(()),
            Err(failure) if failure.code == ErrorCode::ContainerConflict => {
                tracing::warn!(%failure, "left a container that is not ours");
                Ok(())
            }
            Err(failure) => Err(failure),
        }
    }
}
