//! One conditional batch, until it is settled: look, reckon, write on the condition that nobody wrote since. A lost condition
//! is tried again with what is there now. A batch whose outcome is unknown is looked for with a read that finishes what Paxos
//! has under way; only then it is tried again, asking for the same version, so that of the two one can be applied at most.

use std::time::Duration;

use async_trait::async_trait;
use kit::{Ambient, ErrorCode, Failure, Left};

use super::deadline::Deadline;
use super::lanes::Answers;
use super::link::Outcome;

/// What the last batch of a partition left; `None` before the first.
pub type Version = Option<i64>;

/// How a partition is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// As a majority knows it. Should that be a moment old, the condition is lost.
    Majority,
    /// After finishing what Paxos has under way.
    Serial,
}

/// What some changes come to.
pub struct Plan<A, B> {
    /// What the partition was read at.
    pub version: Version,
    /// One answer for each change.
    pub answers: Answers<A>,
    /// What to write if the version still is that; `None` where nothing changes.
    pub batch: Option<B>,
}

/// Changes of one partition that can be reckoned again and again: what is there already counts as done.
#[async_trait]
pub trait Reckon: Sync {
    type Answer: Send;
    type Batch: Send;

    /// `tried` is the version that these changes were written at with an unknown outcome.
    async fn plan(&self, look: Look, tried: Option<Version>) -> Result<Plan<Self::Answer, Self::Batch>, Failure>;

    async fn write(&self, batch: Self::Batch) -> Result<Outcome, Failure>;
}

enum Attempt<A> {
    Settled(Answers<A>),
    Lost,
    Unknown(Doubt),
    /// Nothing happened.
    Failed(Failure),
}

struct Doubt {
    version: Version,
    failure: Failure,
}

/// Either one answer for each change, or a failure of them all: nothing of them happened, or it is `Unknown`.
pub async fn settle<R: Reckon>(changes: &R, ambient: &Ambient, until: Deadline) -> Result<Answers<R::Answer>, Failure> {
    let mut doubt: Option<Doubt> = None;
    for attempt in 0_u32.. {
        match once(changes, doubt.as_ref().map(|doubt| doubt.version)).await {
            Attempt::Settled(answers) => return Ok(answers),
            Attempt::Failed(failure) if doubt.is_none() => return Err(failure),
            // A failed look says nothing about what was tried before.
            Attempt::Failed(_) | Attempt::Lost => {}
            Attempt::Unknown(now) => doubt = Some(now),
        }
        metrics::counter!("berth_feed_batches_repeated_total").increment(1);
        tokio::time::sleep(pause(ambient, attempt)).await;
        // After the pause: who was stopped meanwhile must not go on as if no time had passed.
        if until.is_past() {
            break;
        }
    }
    Err(doubt.map_or_else(busy, |doubt| doubt.failure))
}

async fn once<R: Reckon>(changes: &R, tried: Option<Version>) -> Attempt<R::Answer> {
    let look = if tried.is_some() { Look::Serial } else { Look::Majority };
    let plan = match changes.plan(look, tried).await {
        Ok(plan) => plan,
        Err(failure) => return Attempt::Failed(failure),
    };
    let Some(batch) = plan.batch else { return Attempt::Settled(plan.answers) };
    match changes.write(batch).await {
        Ok(Outcome::Applied) => Attempt::Settled(plan.answers),
        Ok(Outcome::Lost) => Attempt::Lost,
        Err(failure) if failure.left == Left::Unknown => Attempt::Unknown(Doubt { version: plan.version, failure }),
        Err(failure) => Attempt::Failed(failure),
    }
}

/// Longer each time, and never the same for two that met.
fn pause(ambient: &Ambient, attempt: u32) -> Duration {
    let most = 10_000 << attempt.min(4);
    Duration::from_micros(u64::from(most / 2 + ambient.below(most / 2)))
}

fn busy() -> Failure {
    Failure::of(ErrorCode::Busy).operator("others kept changing the same partition")
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::store::cassandra::failure::away;

    /// Answers from a script, and notes how it was asked to look. Each look finds the next version.
    #[derive(Default)]
    struct Script {
        looks: Mutex<Vec<Result<(), Failure>>>,
        writes: Mutex<Vec<Result<Outcome, Failure>>>,
        asked: Mutex<Vec<(Look, Option<Version>)>>,
    }

    #[async_trait]
    impl Reckon for Script {
        type Answer = ();
        type Batch = ();

        async fn plan(&self, look: Look, tried: Option<Version>) -> Result<Plan<(), ()>, Failure> {
            self.asked.lock().unwrap().push((look, tried));
            self.looks.lock().unwrap().pop().unwrap_or(Ok(()))?;
            let version = i64::try_from(self.asked.lock().unwrap().len()).ok();
            let batch = if self.writes.lock().unwrap().is_empty() { None } else { Some(()) };
            Ok(Plan { version, answers: vec![Ok(())], batch })
        }

        async fn write(&self, (): ()) -> Result<Outcome, Failure> {
            self.writes.lock().unwrap().remove(0)
        }
    }

    /// Longer than any test takes.
    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_millis(50);
    const SHORTER_THAN_A_PAUSE: Duration = Duration::from_millis(4);

    async fn run(script: &Script, span: Duration) -> Result<usize, Failure> {
        let until = Deadline::after(span);
        settle(script, &Ambient::system(), until).await.map(|answers| answers.len())
    }

    #[tokio::test]
    async fn a_lost_condition_is_tried_again_with_what_is_there_now() {
        let writes = Mutex::new(vec![Ok(Outcome::Lost), Ok(Outcome::Lost), Ok(Outcome::Applied)]);
        let script = Script { writes, ..Script::default() };
        assert_eq!(run(&script, LONG).await.unwrap(), 1);
        assert_eq!(*script.asked.lock().unwrap(), [(Look::Majority, None); 3]);
    }

    #[tokio::test]
    async fn an_unknown_outcome_is_looked_for_until_it_is_known() {
        let looks = Mutex::new(vec![Err(away("no connection")), Ok(())]);
        let writes = Mutex::new(vec![Err(away("cut").unknown())]);
        let script = Script { looks, writes, ..Script::default() };
        assert_eq!(run(&script, LONG).await.unwrap(), 1);
        let tried = Some(Some(1));
        let expected = [(Look::Majority, None), (Look::Serial, tried), (Look::Serial, tried)];
        assert_eq!(*script.asked.lock().unwrap(), expected);
    }

    #[tokio::test]
    async fn what_never_gets_known_is_said_to_be_unknown() {
        let writes = Mutex::new(vec![Err(away("cut").unknown())]);
        let looks = Mutex::new((0..1000).map(|_| Err(away("gone"))).chain([Ok(())]).collect());
        let script = Script { looks, writes, ..Script::default() };
        let failure = run(&script, SHORT).await.unwrap_err();
        assert_eq!((failure.code, failure.left), (ErrorCode::StoreUnavailable, Left::Unknown));
    }

    #[tokio::test]
    async fn what_runs_out_of_time_while_it_pauses_is_not_tried_again() {
        let writes = Mutex::new(vec![Ok(Outcome::Lost), Ok(Outcome::Applied)]);
        let script = Script { writes, ..Script::default() };
        let failure = run(&script, SHORTER_THAN_A_PAUSE).await.unwrap_err();
        assert_eq!((failure.code, failure.left), (ErrorCode::Busy, Left::Nothing));
        assert_eq!(script.asked.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn what_was_not_begun_has_not_happened() {
        let looks = Mutex::new(vec![Err(away("gone"))]);
        let script = Script { looks, ..Script::default() };
        let failure = run(&script, LONG).await.unwrap_err();
        assert_eq!((failure.code, failure.left), (ErrorCode::StoreUnavailable, Left::Nothing));
        let writes = Mutex::new((0..1000).map(|_| Ok(Outcome::Lost)).collect());
        let script = Script { writes, ..Script::default() };
        let failure = run(&script, SHORT).await.unwrap_err();
        assert_eq!((failure.code, failure.left), (ErrorCode::Busy, Left::Nothing));
    }
}
