//! A Redis that may be away. Every operation has the deadline of its handle, and after some failures in a row none is tried:
//! a dead server costs its callers nothing, while a task of this handle's goes on trying to reach it. Caches and counts take
//! a handle each, so that each is judged by its own deadline.

mod address;
mod dial;
mod key;
#[cfg(test)]
pub mod tests;

use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kit::{ErrorCode, Failure};
use redis::{Cmd, FromRedisValue, RedisError, RedisResult};
use secrecy::SecretString;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio_util::context::TokioContext;

pub(crate) use address::Address;
use dial::Connection;

pub use key::Key;

/// How many operations in a row must fail before no more are tried.
const ENOUGH: u32 = 3;

/// A script that the server runs as one step. It is sent again where the server does not know it: after a restart, say.
pub struct Script(redis::Script);

impl Script {
    pub fn new(code: &str) -> Self {
        Self(redis::Script::new(code))
    }
}

#[derive(Clone)]
pub struct Redis(Arc<Inner>);

struct Inner {
    /// What it is for, in logs and metrics.
    name: &'static str,
    address: Address,
    prefix: String,
    deadline: Duration,
    /// Connections live here: a listener's thread would end them with itself.
    runtime: Handle,
    line: Mutex<Line>,
    failures: AtomicU32,
    up: watch::Sender<bool>,
}

/// A connection and which one it is: what an earlier one did is not held against a later.
#[derive(Default)]
struct Line {
    connection: Option<Connection>,
    number: u64,
}

/// What came of an operation that did not answer.
enum Trouble {
    Late,
    Refused(RedisError),
}

impl Redis {
    /// Begins to connect, on the runtime that it is called on, and does not wait. `prefix` begins every key and is letters,
    /// digits, `-`, `_`, `.` and `:`; `name` says in logs and metrics what the handle is for.
    pub fn open(name: &'static str, url: &SecretString, prefix: &str, deadline: Duration) -> Result<Self, Failure> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
        if prefix.is_empty() || !prefix.chars().all(plain) {
            let told = "The prefix of keys in Redis is letters, digits, hyphens, underscores, dots and colons.";
            return Err(Failure::invalid("redis.prefix", told));
        }
        let inner = Arc::new(Inner {
            name,
            address: Address::parse(url)?,
            prefix: prefix.to_owned(),
            deadline,
            runtime: Handle::current(),
            line: Mutex::default(),
            failures: AtomicU32::new(0),
            up: watch::Sender::new(false),
        });
        metrics::gauge!("berth_redis_up", "use" => name).set(0.0);
        dial::until_connected(&inner, Duration::ZERO);
        Ok(Self(inner))
    }

    /// Whether operations are tried; follows the last few.
    pub fn up(&self) -> watch::Receiver<bool> {
        self.0.up.subscribe()
    }

    /// Waits until the server answers.
    pub async fn connected(&self) {
        // The sender is ours, so it is there.
        let _ = self.up().wait_for(|up| *up).await;
    }

    pub fn key(&self, kind: &str, entity: impl std::fmt::Display) -> Key {
        Key::new(&self.0.prefix, kind, entity)
    }

    /// The same for what no script touches: anything may stand in it.
    pub(crate) fn plain_key(&self, kind: &str, rest: &str) -> String {
        format!("{}:{kind}:{rest}", self.0.prefix)
    }

    /// Runs a script on one key, with whole numbers in and out. `store_unavailable` where it did not answer; it may have run
    /// all the same, once or twice.
    pub async fn run(&self, script: &Script, key: &Key, arguments: &[i64]) -> Result<Vec<i64>, Failure> {
        self.attempt("script", |mut connection| async move {
            script.0.key(key.as_str()).arg(arguments).invoke_async(&mut connection).await
        })
        .await
    }

    /// One command that may be sent twice. `operation` names it in metrics.
    pub(crate) async fn ask<T: FromRedisValue>(&self, operation: &'static str, command: &Cmd) -> Result<T, Failure> {
        self.attempt(operation, |mut connection| async move { command.query_async(&mut connection).await }).await
    }

    async fn attempt<T, F>(&self, operation: &'static str, send: impl Fn(Connection) -> F) -> Result<T, Failure>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let Some((connection, number)) = self.0.connection() else {
            self.0.count(operation, "away");
            return Err(self.0.away("no connection"));
        };
        let sending = async {
            match send(connection.clone()).await {
                // The connection had ended since it was last used, and the client makes another.
                Err(error) if error.is_io_error() && !error.is_timeout() => send(connection.clone()).await,
                done => done,
            }
        };
        let sending = tokio::time::timeout(self.0.deadline, sending);
        let trouble = match TokioContext::new(sending, self.0.runtime.clone()).await {
            Ok(Ok(answer)) => {
                self.0.failures.store(0, Ordering::Relaxed);
                return Ok(answer);
            }
            Ok(Err(error)) => Trouble::Refused(error),
            Err(_) => Trouble::Late,
        };
        Err(Inner::failed(&self.0, operation, number, trouble))
    }
}

impl Inner {
    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connection(&self) -> Option<(Connection, u64)> {
        let line = self.line();
        line.connection.clone().map(|connection| (connection, line.number))
    }

    fn connect(&self, connection: Connection) {
        let mut line = self.line();
        line.connection = Some(connection);
        line.number += 1;
        self.failures.store(0, Ordering::Relaxed);
        drop(line);
        self.up.send_replace(true);
        metrics::gauge!("berth_redis_up", "use" => self.name).set(1.0);
        tracing::info!("redis for {} answers at {}", self.name, self.address);
    }

    fn failed(this: &Arc<Self>, operation: &'static str, number: u64, trouble: Trouble) -> Failure {
        let (why, text) = match trouble {
            Trouble::Late => ("late", format!("no answer in {:?}", this.deadline)),
            Trouble::Refused(error) => ("refused", error.to_string()),
        };
        this.count(operation, why);
        if this.failures.fetch_add(1, Ordering::Relaxed) + 1 >= ENOUGH {
            Self::hang_up(this, number, &text);
        }
        this.away(text).unknown()
    }

    /// Gives the connection up, if it still is the one that failed, and begins to make another.
    fn hang_up(this: &Arc<Self>, number: u64, why: &str) {
        let mut line = this.line();
        if line.number != number || line.connection.take().is_none() {
            return;
        }
        drop(line);
        this.up.send_replace(false);
        metrics::gauge!("berth_redis_up", "use" => this.name).set(0.0);
        tracing::warn!("redis for {} does not answer at {}: {why}; it is done without", this.name, this.address);
        dial::until_connected(this, dial::PAUSE);
    }

    fn count(&self, operation: &'static str, why: &'static str) {
        metrics::counter!("berth_redis_failed_total", "use" => self.name, "operation" => operation, "why" => why)
            .increment(1);
    }

    fn away(&self, why: impl std::fmt::Display) -> Failure {
        Failure::of(ErrorCode::StoreUnavailable).operator(format!("redis for {}: {why}", self.name))
    }
}
