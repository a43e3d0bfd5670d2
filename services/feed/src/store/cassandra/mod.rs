//! The service's Cassandra keyspace: tables by query, each port's in a file of its own. What has to change together lies in
//! one partition and changes in one conditional batch.

mod change;
mod comment_work;
mod comments;
mod consumer;
mod copied;
mod counts;
mod deadline;
mod failure;
mod lanes;
mod leases;
mod likes;
mod link;
mod listing;
pub mod look;
mod migrate;
mod outbox;
mod pace;
mod people;
mod settings;
mod statements;
mod tally;
mod thread;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use kit::{Ambient, Failure};
use tokio::sync::watch;

use comment_work::CommentWork;
use deadline::Deadline;
use lanes::Lanes;
use likes::LikeWork;
use link::Link;
use pace::PaceWork;

pub use settings::{CassandraSettings, Credentials, Replication};

/// As many statements of one operation run side by side.
const PARALLEL: usize = 32;

/// Likes, comments, what is known of people, and the outbox.
pub struct CassandraFeed {
    link: Arc<Link>,
    ambient: Ambient,
    /// How long one operation may take.
    operation: Duration,
    likes: Lanes<LikeWork>,
    comments: Lanes<CommentWork>,
    pace: Lanes<PaceWork>,
    announced: watch::Sender<u64>,
}

impl CassandraFeed {
    /// Connects, makes the keyspace where it is missing, brings it up to date and prepares the statements.
    /// `StoreUnavailable` where Cassandra does not answer; afterwards lost connections are made anew by themselves.
    /// `InvalidInput` on a wrong setting.
    pub async fn connect(settings: CassandraSettings, ambient: Ambient) -> Result<Self, Failure> {
        let link = Arc::new(Link::open(&settings, &ambient).await?);
        let announced = watch::Sender::new(0);
        let comments = CommentWork { link: link.clone(), ambient: ambient.clone(), announced: announced.clone() };
        Ok(Self {
            likes: Lanes::new(LikeWork { link: link.clone(), ambient: ambient.clone() }),
            comments: Lanes::new(comments),
            pace: Lanes::new(PaceWork { link: link.clone(), ambient: ambient.clone() }),
            link,
            ambient,
            operation: settings.operation,
            announced,
        })
    }

    /// Makes the keyspace and brings it up to date, ahead of time.
    pub async fn migrate(settings: &CassandraSettings, ambient: &Ambient) -> Result<(), Failure> {
        migrate::migrate(&link::connect(settings).await?, settings, ambient).await
    }

    /// Whether a majority of Cassandra's replicas answers now.
    pub async fn ping(&self) -> Result<(), Failure> {
        self.deadline().keep(self.link.ping()).await
    }

    /// An id that lives as long as the keyspace: a new one means that a consumer has to hear everything again.
    pub async fn generation(&self, consumer: &str) -> Result<String, Failure> {
        let work = consumer::generation(&self.link, &self.ambient, consumer);
        Ok(self.deadline().keep(work).await?.to_string())
    }

    fn deadline(&self) -> Deadline {
        Deadline::after(self.operation)
    }
}
