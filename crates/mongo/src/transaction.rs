//! Transactions: begun, run, committed, and run again where the server says that this may help. All within one deadline.

use futures::future::BoxFuture;
use kit::{Ambient, ErrorCode, Failure};
use mongodb::bson::{Document, doc};
use mongodb::error::Error;
use mongodb::options::{ReadConcern, UpdateModifications};
use mongodb::{ClientSession, Collection};
use std::time::Duration;
use tokio::time::Instant;

use crate::failure::{bounded, is_interrupted, is_transient, is_unknown, is_unknown_commit};
use crate::{Database, Stored as _};

/// The longest pause before another attempt; the first is at most a few milliseconds.
const LONGEST_PAUSE: u32 = 200;
/// How long the server keeps a transaction that it hears nothing of, and with it the documents that it changed.
const LIFETIME: Duration = Duration::from_secs(60);

/// One attempt at a transaction. What it reads is one snapshot; what it writes is seen by others at the commit.
///
/// After an error of any of its methods nothing of it can be kept: return it, and the transaction is run again or fails.
pub struct Transaction {
    database: Database,
    session: ClientSession,
    deadline: Instant,
    /// Whether an operation failed for a reason that another attempt need not meet.
    transient: bool,
    /// Whether an operation was given up without an answer.
    lost: bool,
}

impl Transaction {
    /// A document that a unique index has already is an error of which `is_duplicate` is true.
    pub async fn insert(&mut self, into: &str, document: Document) -> Result<(), Error> {
        let collection = self.collection(into);
        let done = bounded(self.deadline, collection.insert_one(document).session(&mut self.session)).await;
        self.note(done).map(drop)
    }

    /// Changes one document; says whether there was one.
    pub async fn update(
        &mut self,
        collection: &str,
        filter: Document,
        change: impl Into<UpdateModifications> + Send,
    ) -> Result<bool, Error> {
        let collection = self.collection(collection);
        let ask = collection.update_one(filter, change).session(&mut self.session);
        let done = bounded(self.deadline, ask).await;
        self.note(done).map(|done| done.matched_count > 0)
    }

    /// The document that a filter finds first.
    pub async fn find(&mut self, collection: &str, filter: Document) -> Result<Option<Document>, Error> {
        let collection = self.collection(collection);
        let found = bounded(self.deadline, collection.find_one(filter).session(&mut self.session)).await;
        self.note(found)
    }

    /// Has the transaction run again, because what it met will have changed by then.
    pub fn again(&mut self) -> Failure {
        self.transient = true;
        Failure::of(ErrorCode::StoreUnavailable).operator("a transaction met another one again and again")
    }

    fn collection(&self, name: &str) -> Collection<Document> {
        self.database.collection(name)
    }

    fn note<T>(&mut self, done: Result<T, Error>) -> Result<T, Error> {
        done.inspect_err(|error| {
            self.transient |= is_transient(error) || is_interrupted(error);
            self.lost |= is_unknown(error);
        })
    }

    async fn commit(&mut self) -> Result<(), Error> {
        let mut pauses = Pauses::default();
        loop {
            let done = bounded(self.deadline, self.session.commit_transaction()).await;
            match done {
                // To commit again what is committed changes nothing.
                Err(error) if is_unknown_commit(&error) && pauses.pause(self.deadline).await => {}
                done => return done,
            }
        }
    }

    /// Takes back what was done. Where the server did not hear of it, it is told again until it does: it would hold the
    /// documents that the transaction changed for as long as a transaction may live, and refuse everybody else.
    async fn abort(mut self) {
        let told = bounded(self.deadline, self.session.abort_transaction()).await;
        if self.lost || told.is_err() {
            let session = self.session.id().clone();
            tokio::spawn(kill(self.database, session));
        }
    }
}

impl Database {
    /// Runs `work` in a transaction and commits it. Where the server had to give way to another transaction, `work` is run
    /// again, so it must do nothing but read and write through the transaction. `StoreUnavailable` where the deadline
    /// passes; it is unknown whether anything happened where that was while committing.
    pub async fn transaction<C, T, F>(&self, context: C, work: F) -> Result<T, Failure>
    where
        C: Send + Sync,
        T: Send,
        F: for<'t> Fn(&'t mut Transaction, &'t C) -> BoxFuture<'t, Result<T, Failure>> + Send + Sync,
    {
        let deadline = Instant::now() + self.deadline;
        let mut pauses = Pauses::default();
        loop {
            let mut transaction = self.begin(deadline).await.stored()?;
            let last = match work(&mut transaction, &context).await {
                Ok(value) => match transaction.commit().await {
                    Ok(()) => {
                        self.committed();
                        return Ok(value);
                    }
                    Err(error) if is_transient(&error) => Err(error).stored(),
                    Err(error) if is_unknown_commit(&error) => return Err(error).stored().map_err(Failure::unknown),
                    Err(error) => return Err(error).stored(),
                },
                Err(failure) => {
                    let transient = transaction.transient;
                    transaction.abort().await;
                    if !transient {
                        return Err(failure);
                    }
                    Err(failure)
                }
            };
            if !pauses.pause(deadline).await {
                return last;
            }
        }
    }

    async fn begin(&self, deadline: Instant) -> Result<Transaction, Error> {
        let mut session = bounded(deadline, self.inner.client().start_session()).await?;
        let start = session.start_transaction().read_concern(ReadConcern::snapshot());
        bounded(deadline, start).await?;
        Ok(Transaction { database: self.clone(), session, deadline, transient: false, lost: false })
    }
}

/// Ends what a session left open on the server, as soon as that answers again.
async fn kill(database: Database, session: Document) {
    let (end, mut pauses) = (Instant::now() + LIFETIME, Pauses::default());
    while pauses.pause(end).await {
        let command = doc! { "killSessions": [session.clone()] };
        if database.ask(database.inner.run_command(command)).await.is_ok() {
            return;
        }
    }
}

/// Pauses between attempts: longer each time, and no two alike, so that those who met do not meet again.
#[derive(Default)]
pub struct Pauses(u32);

impl Pauses {
    /// Waits; says at once where the deadline would pass meanwhile.
    pub async fn pause(&mut self, deadline: Instant) -> bool {
        self.0 += 1;
        let longest = LONGEST_PAUSE.min(4 << self.0.min(16));
        let pause = Duration::from_millis(u64::from(1 + Ambient::system().below(longest)));
        if Instant::now() + pause >= deadline {
            return false;
        }
        tokio::time::sleep(pause).await;
        true
    }
}
