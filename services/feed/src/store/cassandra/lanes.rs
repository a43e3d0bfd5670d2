//! Changes that wait for the same partition go together: one conditional batch for all of them. Cassandra settles one batch
//! of a partition at a time, in four rounds between its nodes; a hundred likes one by one would be a queue of seconds, and
//! a hundred at once would mostly defeat each other.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use kit::Failure;
use tokio::sync::oneshot;

use super::deadline::{Deadline, too_late};

/// As many changes share a batch at most.
const MOST: usize = 64;

/// One for each change of a batch.
pub type Answers<A> = Vec<Result<A, Failure>>;

/// Does what waits for one partition.
#[async_trait]
pub trait Work: Send + Sync + 'static {
    type Key: Copy + Eq + Hash + Send + Sync;
    type Change: Send + Sync;
    type Answer: Send;

    /// One answer for each change, in their order; or what went wrong with all of them.
    async fn work(
        &self,
        key: Self::Key,
        changes: &[Self::Change],
        until: Deadline,
    ) -> Result<Answers<Self::Answer>, Failure>;
}

pub struct Lanes<W: Work>(Arc<Inner<W>>);

struct Inner<W: Work> {
    work: W,
    /// A lane is there while somebody works on it.
    lanes: Mutex<HashMap<W::Key, VecDeque<Job<W>>>>,
}

struct Job<W: Work> {
    change: W::Change,
    until: Deadline,
    stage: Arc<AtomicU8>,
    reply: oneshot::Sender<Result<W::Answer, Failure>>,
}

/// The stages of a job: whoever moves it on first decides whether it is done or given up.
const WAITING: u8 = 0;
const BEGUN: u8 = 1;
const LEFT: u8 = 2;

impl<W: Work> Lanes<W> {
    pub fn new(work: W) -> Self {
        Self(Arc::new(Inner { work, lanes: Mutex::default() }))
    }

    /// Has one change done. When the time is up before it was begun, nothing happened; after that it is `Unknown`.
    pub async fn submit(&self, key: W::Key, change: W::Change, until: Deadline) -> Result<W::Answer, Failure> {
        let (reply, answer) = oneshot::channel();
        let stage = Arc::new(AtomicU8::new(WAITING));
        self.0.enqueue(key, Job { change, until, stage: stage.clone(), reply });
        match until.within(answer).await {
            Some(Ok(answer)) => answer,
            Some(Err(_)) => Err(Failure::internal("the work on a partition was given up").unknown()),
            None if stage.swap(LEFT, Ordering::AcqRel) == WAITING => Err(too_late()),
            None => Err(too_late().unknown()),
        }
    }
}

impl<W: Work> Inner<W> {
    fn lanes(&self) -> MutexGuard<'_, HashMap<W::Key, VecDeque<Job<W>>>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enqueue(self: &Arc<Self>, key: W::Key, job: Job<W>) {
        let mut lanes = self.lanes();
        if let Some(lane) = lanes.get_mut(&key) {
            lane.push_back(job);
            return;
        }
        lanes.insert(key, VecDeque::from([job]));
        // Not the caller's own future: a client that hangs up must not stop what others share.
        tokio::spawn(Turn(self.clone(), key).run());
    }

    /// What waits in a lane and is still wanted; ends the lane where that is nothing.
    fn next(&self, key: W::Key) -> Vec<Job<W>> {
        let mut lanes = self.lanes();
        let mut jobs = Vec::new();
        while let Some(job) = lanes.get_mut(&key).filter(|_| jobs.len() < MOST).and_then(VecDeque::pop_front) {
            if job.stage.compare_exchange(WAITING, BEGUN, Ordering::AcqRel, Ordering::Acquire).is_ok() {
                jobs.push(job);
            }
        }
        if jobs.is_empty() {
            lanes.remove(&key);
        }
        jobs
    }
}

/// The right to work on a lane. Should the work panic, the lane goes with all that waits in it, and the next begins anew.
struct Turn<W: Work>(Arc<Inner<W>>, W::Key);

impl<W: Work> Turn<W> {
    async fn run(self) {
        loop {
            let jobs = self.0.next(self.1);
            // Whoever is given longest decides how long the batch is tried; the others leave when their time is up.
            let Some(until) = jobs.iter().map(|job| job.until).max() else { return };
            let (changes, replies): (Vec<_>, Vec<_>) = jobs.into_iter().map(|job| (job.change, job.reply)).unzip();
            let answers = self.0.work.work(self.1, &changes, until).await;
            let answers = answers.unwrap_or_else(|failure| changes.iter().map(|_| Err(failure.clone())).collect());
            for (reply, answer) in replies.into_iter().zip(answers) {
                // Whoever does not wait any more has no need of an answer.
                let _ = reply.send(answer);
            }
        }
    }
}

impl<W: Work> Drop for Turn<W> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.lanes().remove(&self.1);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::future::join_all;
    use kit::Left;
    use tokio::sync::Semaphore;

    use super::*;

    /// Adds one to each number, when it is let; notes what came together.
    #[derive(Clone)]
    struct AddOne {
        permits: Arc<Semaphore>,
        batches: Arc<Mutex<Vec<Vec<u32>>>>,
    }

    const BAD: u32 = 666;

    #[async_trait]
    impl Work for AddOne {
        type Key = u8;
        type Change = u32;
        type Answer = u32;

        async fn work(&self, _: u8, changes: &[u32], _: Deadline) -> Result<Answers<u32>, Failure> {
            self.batches.lock().unwrap().push(changes.to_vec());
            self.permits.acquire().await.map_err(Failure::internal)?.forget();
            assert!(!changes.contains(&BAD), "a bad number");
            Ok(changes.iter().map(|number| Ok(number + 1)).collect())
        }
    }

    fn lanes(permits: usize) -> (AddOne, Lanes<AddOne>) {
        let work = AddOne { permits: Arc::new(Semaphore::new(permits)), batches: Arc::default() };
        (work.clone(), Lanes::new(work))
    }

    fn soon() -> Deadline {
        Deadline::after(Duration::from_millis(50))
    }

    fn late() -> Deadline {
        Deadline::after(Duration::from_secs(60))
    }

    #[tokio::test]
    async fn what_waits_goes_together_and_each_gets_its_own_answer() {
        let (work, lanes) = lanes(100);
        let answers = join_all((0..200).map(|number| lanes.submit(1, number, late()))).await;
        let answers: Vec<u32> = answers.into_iter().map(Result::unwrap).collect();
        assert_eq!(answers, (1..=200).collect::<Vec<_>>());
        let sizes: Vec<usize> = work.batches.lock().unwrap().iter().map(Vec::len).collect();
        assert_eq!(sizes, [64, 64, 64, 8]);
        assert!(lanes.0.lanes().is_empty(), "a lane ends with its work");
    }

    #[tokio::test]
    async fn partitions_do_not_wait_for_each_other() {
        let (work, lanes) = lanes(0);
        let one = lanes.submit(1, 1, soon());
        let other = lanes.submit(2, 2, soon());
        let _ = tokio::join!(one, other);
        assert_eq!(work.batches.lock().unwrap().len(), 2);
    }

    #[tokio::test]
    async fn when_the_time_is_up_what_was_begun_is_unknown_and_the_rest_did_not_happen() {
        let (work, lanes) = lanes(0);
        let begun = lanes.submit(1, 1, soon());
        let waiting = async {
            testkit::until(|| async { work.batches.lock().unwrap().len() }, |batches| *batches == 1).await;
            lanes.submit(1, 2, soon()).await
        };
        let (begun, waiting) = tokio::join!(begun, waiting);
        assert_eq!((begun.unwrap_err().left, waiting.unwrap_err().left), (Left::Unknown, Left::Nothing));
        work.permits.add_permits(9);
        assert_eq!(lanes.submit(1, 3, late()).await.unwrap(), 4);
        assert_eq!(*work.batches.lock().unwrap(), [[1], [3]], "what was given up is not begun");
    }

    #[tokio::test]
    async fn a_lane_survives_its_worker() {
        let (_, lanes) = lanes(9);
        assert_eq!(lanes.submit(1, BAD, late()).await.unwrap_err().left, Left::Unknown);
        assert_eq!(lanes.submit(1, 1, late()).await.unwrap(), 2);
    }
}
