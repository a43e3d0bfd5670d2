//! The one writing connection: takes what is waiting, runs each piece under a savepoint, commits once, then answers.
//! One `fsync` serves everybody who waited, which is what makes durable writes cheap under load.

use std::panic::AssertUnwindSafe;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use kit::context::{Context, capture};
use kit::{ErrorCode, Failure};
use sqlx::Connection as _;
use tokio::sync::{mpsc, oneshot, watch};

use crate::connection::{Connection, Inner};
use crate::{Stored as _, Work};

/// How many transactions share one commit at most.
const BATCH: usize = 64;
/// How many may wait; past that, callers wait for a place.
const QUEUE: usize = 1024;

#[derive(Clone)]
pub struct Writer {
    jobs: mpsc::Sender<Message>,
    commits: watch::Sender<u64>,
}

enum Message {
    Work(Box<dyn Job>),
    Close(oneshot::Sender<()>),
}

/// A transaction whose result is held back until the commit is known.
trait Job: Send {
    /// Runs the work; says whether its changes are to be kept.
    fn run<'a>(&'a mut self, connection: &'a mut Connection) -> BoxFuture<'a, bool>;
    /// Answers: with the work's own result, or with what went wrong around it.
    fn finish(self: Box<Self>, around: Result<(), Failure>);
}

struct Typed<T, F> {
    work: Option<F>,
    /// Of whoever asked: what the work announces is tied to the same request and trace.
    context: Context,
    result: Option<Result<T, Failure>>,
    answer: oneshot::Sender<Result<T, Failure>>,
}

impl<T, F> Job for Typed<T, F>
where
    T: Send + 'static,
    F: Work<T>,
{
    fn run<'a>(&'a mut self, connection: &'a mut Connection) -> BoxFuture<'a, bool> {
        let (work, context) = (self.work.take(), std::mem::take(&mut self.context));
        Box::pin(async move {
            let work = async { work.expect("a job runs once")(connection).await };
            let result = AssertUnwindSafe(context.carry(work)).catch_unwind().await;
            let result = result.unwrap_or_else(|_| Err(Failure::internal("a transaction panicked")));
            let keep = result.is_ok();
            self.result = Some(result);
            keep
        })
    }

    fn finish(self: Box<Self>, around: Result<(), Failure>) {
        let result = match (around, self.result) {
            (Err(failure), Some(Ok(_)) | None) => Err(failure),
            (_, Some(result)) => result,
            (Ok(()), None) => Err(Failure::internal("a transaction was not run")),
        };
        // Whoever asked may have gone away; the change stands all the same.
        let _ = self.answer.send(result);
    }
}

impl Writer {
    pub fn start(connection: Connection) -> Self {
        let (jobs, waiting) = mpsc::channel(QUEUE);
        let commits = watch::Sender::new(0);
        tokio::spawn(run(connection, waiting, commits.clone()));
        Self { jobs, commits }
    }

    pub fn commits(&self) -> watch::Receiver<u64> {
        self.commits.subscribe()
    }

    pub async fn write<T, F>(&self, work: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: Work<T>,
    {
        let (answer, result) = oneshot::channel();
        let job = Box::new(Typed { work: Some(work), context: capture(), result: None, answer });
        let closed = || Failure::of(ErrorCode::StoreUnavailable).operator("the database is closed");
        self.jobs.send(Message::Work(job)).await.map_err(|_| closed())?;
        result.await.unwrap_or_else(|_| Err(closed().unknown()))
    }

    pub async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.jobs.send(Message::Close(done)).await.is_ok() {
            let _ = closed.await;
        }
    }
}

async fn run(mut connection: Connection, mut waiting: mpsc::Receiver<Message>, commits: watch::Sender<u64>) {
    let mut messages = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut messages, BATCH).await > 0 {
        let mut batch = Vec::with_capacity(messages.len());
        let mut close = None;
        for message in messages.drain(..) {
            match message {
                Message::Work(job) => batch.push(job),
                Message::Close(done) => close = Some(done),
            }
        }
        let outcome = if batch.is_empty() { Ok(()) } else { commit(&mut connection, &mut batch).await };
        if outcome.is_ok() {
            commits.send_modify(|count| *count += 1);
        }
        for job in batch {
            job.finish(outcome.clone());
        }
        if let Some(done) = close {
            if let Inner::Sqlite(connection) = connection.0 {
                let _ = connection.close().await;
            }
            let _ = done.send(());
            return;
        }
    }
}

async fn commit(connection: &mut Connection, batch: &mut [Box<dyn Job>]) -> Result<(), Failure> {
    execute(connection, "BEGIN IMMEDIATE").await?;
    let done = run_and_commit(connection, batch).await;
    if done.is_err() {
        // SQLite leaves a transaction open when a statement of ours fails, COMMIT included; nothing of it was made
        // durable, and left open it would refuse every later BEGIN.
        let _ = execute(connection, "ROLLBACK").await;
    }
    done.map_err(Failure::unknown)
}

async fn run_and_commit(connection: &mut Connection, batch: &mut [Box<dyn Job>]) -> Result<(), Failure> {
    for job in batch {
        execute(connection, "SAVEPOINT job").await?;
        if !job.run(connection).await {
            execute(connection, "ROLLBACK TO job").await?;
        }
        execute(connection, "RELEASE job").await?;
    }
    execute(connection, "COMMIT").await
}

async fn execute(connection: &mut Connection, statement: &'static str) -> Result<(), Failure> {
    let done = crate::query(statement).execute(connection).await.stored();
    done.map(drop).inspect_err(|failure| tracing::error!(%failure, statement, "the database refused a statement"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Database;

    async fn database() -> (tempfile::TempDir, Database) {
        let directory = tempfile::tempdir().unwrap();
        let database = Database::open(&directory.path().join("test.db"), &[]).await.unwrap();
        let made = database.write(|c| {
            Box::pin(async move {
                crate::query("CREATE TABLE t (n INTEGER PRIMARY KEY)").execute(c).await.stored()?;
                Ok(())
            })
        });
        made.await.unwrap();
        (directory, database)
    }

    async fn insert(database: &Database, n: i64, fail: bool) -> Result<(), Failure> {
        let work = database.write(move |c| {
            Box::pin(async move {
                crate::query("INSERT INTO t (n) VALUES (?)").bind(n).execute(c).await.stored()?;
                assert!(n != 13, "an unlucky number");
                if fail { Err(Failure::of(ErrorCode::NameTaken)) } else { Ok(()) }
            })
        });
        work.await
    }

    async fn numbers(database: &Database) -> Vec<i64> {
        crate::query_scalar("SELECT n FROM t ORDER BY n").fetch_all(database.readers()).await.unwrap()
    }

    #[tokio::test]
    async fn one_failing_transaction_leaves_its_neighbours_alone() {
        let (_directory, database) = database().await;
        let all = (0..100).map(|n| insert(&database, n, n % 3 == 0));
        let results = futures::future::join_all(all).await;
        assert_eq!(results[1].as_ref().err().map(|f| f.code), None);
        assert_eq!(results[3].as_ref().err().map(|f| f.code), Some(ErrorCode::NameTaken));
        assert_eq!(results[13].as_ref().err().map(|f| f.code), Some(ErrorCode::Internal));
        let expected: Vec<i64> = (0..100).filter(|n| n % 3 != 0 && *n != 13).collect();
        assert_eq!(numbers(&database).await, expected);
    }

    #[tokio::test]
    async fn what_was_answered_is_there_after_reopening() {
        let (directory, database) = database().await;
        insert(&database, 7, false).await.unwrap();
        database.close().await;
        assert_eq!(insert(&database, 8, false).await.unwrap_err().code, ErrorCode::StoreUnavailable);
        let again = Database::open(&directory.path().join("test.db"), &[]).await.unwrap();
        assert_eq!(numbers(&again).await, [7]);
    }

    #[tokio::test]
    async fn readers_cannot_write() {
        let (_directory, database) = database().await;
        let refused = crate::query("INSERT INTO t (n) VALUES (1)").execute(database.readers()).await;
        assert!(refused.is_err());
    }
}
