//! Walks a table for one ticket: saves after each step, waits out what passes, undoes what does not, records the end.

use std::time::Duration;

use kit::{Again, ErrorCode, Failure, Timestamp};

use super::{Scene, tables};
use crate::domain::allocation::{Allocation, Cause, Reason};
use crate::domain::lifecycle::{State, Work};
use crate::ports::Progress;
use crate::ports::fleet::{Ending, Release};

/// How often an undo or a removal is tried before the reconciler takes over.
const UNDO_TRIES: u32 = 5;
/// How long a port that was ours is waited for.
const PORT_PATIENCE: Duration = Duration::from_secs(60);

/// What one turn of the driver did.
#[derive(Debug)]
pub enum Turn {
    /// The work ended; the allocation as it is now.
    Ended(Box<Allocation>),
    /// It waits until a pause is over.
    Postponed,
    /// Another has it now, or it was replaced.
    Lost,
}

/// Drives a work until it ends, has to wait, or is lost.
pub async fn drive(scene: &mut Scene<'_>) -> Turn {
    loop {
        let turn = if scene.progress.undoing { undo_step(scene).await } else { do_step(scene).await };
        match turn {
            Ok(None) => {}
            Ok(Some(turn)) => return turn,
            Err(failure) if failure.code == ErrorCode::StaleEpoch => return Turn::Lost,
            Err(failure) => {
                // The store does not answer: the lease runs out and the work is taken up from its last saved step.
                tracing::warn!(allocation.id = %scene.ticket.id, %failure, "work on {} has to wait for the store", scene.ticket.id);
                return Turn::Lost;
            }
        }
    }
}

async fn do_step(scene: &mut Scene<'_>) -> Result<Option<Turn>, Failure> {
    let work = scene.ticket.work;
    let Some(step) = tables::steps(work).get(scene.progress.step) else {
        return succeed(scene).await.map(Some);
    };
    if scene.allocation.state != step.state {
        let after = enter(scene, step.state).await?;
        scene.renew(after);
    }
    match (step.run)(scene).await {
        Ok(()) => {
            let next =
                Progress { step: scene.progress.step + 1, attempts: 0, waiting_since: None, ..scene.progress.clone() };
            advance(scene, next).await
        }
        Err(failure) if failure.code == ErrorCode::StaleEpoch => Err(failure),
        Err(failure) if patience(scene, &failure) > Duration::ZERO => wait(scene, &failure).await.map(Some),
        Err(failure) if work == Work::Remove => leave_to_the_reconciler(scene, step.name, &failure).await,
        Err(failure) => {
            tracing::info!(allocation.id = %scene.allocation.id, step = step.name, %failure, "step {} failed", step.name);
            let why = (failure.code.as_str().to_owned(), failure.detail);
            let back = Progress { undoing: true, failure: Some(why), attempts: 0, ..scene.progress.clone() };
            advance(scene, back).await
        }
    }
}

async fn undo_step(scene: &mut Scene<'_>) -> Result<Option<Turn>, Failure> {
    let step = &tables::steps(scene.ticket.work)[scene.progress.step];
    if let Err(failure) = (step.undo)(scene).await {
        if failure.code == ErrorCode::StaleEpoch {
            return Err(failure);
        }
        scene.progress.attempts += 1;
        if scene.progress.attempts < UNDO_TRIES {
            return wait(scene, &failure).await.map(Some);
        }
        tracing::warn!(allocation.id = %scene.allocation.id, step = step.name, %failure, "an undo is left to the reconciler");
    }
    match scene.progress.step.checked_sub(1) {
        Some(step) => advance(scene, Progress { step, attempts: 0, ..scene.progress.clone() }).await,
        None => fail(scene).await.map(Some),
    }
}

/// A removal does not turn back: what the engine would not let go is found again by the reconciler, as an orphan.
async fn leave_to_the_reconciler(
    scene: &mut Scene<'_>,
    step: &str,
    failure: &Failure,
) -> Result<Option<Turn>, Failure> {
    tracing::warn!(allocation.id = %scene.allocation.id, step, %failure, "a removal is left to the reconciler");
    let next = Progress { step: scene.progress.step + 1, attempts: 0, waiting_since: None, ..scene.progress.clone() };
    advance(scene, next).await
}

async fn advance(scene: &mut Scene<'_>, progress: Progress) -> Result<Option<Turn>, Failure> {
    scene.fleet.save(scene.ticket, &progress).await?;
    scene.progress = progress;
    Ok(None)
}

async fn enter(scene: &Scene<'_>, state: State) -> Result<Allocation, Failure> {
    scene.fleet.enter(scene.ticket, state, &scene.allocation.details, scene.ambient.now()).await
}

/// How much longer a failure may be waited out; zero when trying again cannot help or its time is over.
fn patience(scene: &Scene<'_>, failure: &Failure) -> Duration {
    let waited = scene
        .progress
        .waiting_since
        .map_or(Duration::ZERO, |since| scene.ambient.now().since(Timestamp::from_micros(since)));
    let bound = match failure.code {
        ErrorCode::PortUnavailable => PORT_PATIENCE,
        _ if scene.ticket.work == Work::Remove && scene.allocation.details.force => Duration::ZERO,
        _ if scene.ticket.work == Work::Remove && scene.progress.attempts < UNDO_TRIES => Duration::from_secs(300),
        _ if matches!(failure.code.row().again, Again::AfterSeconds(_)) => {
            scene.allocation.state.deadline().unwrap_or_default()
        }
        _ => Duration::ZERO,
    };
    bound.saturating_sub(waited)
}

/// Gives the work back for a while that grows with each try, up to 10 s.
async fn wait(scene: &mut Scene<'_>, failure: &Failure) -> Result<Turn, Failure> {
    let attempts = scene.progress.attempts + u32::from(!scene.progress.undoing);
    let pause = Duration::from_millis(200 << attempts.min(6)).min(Duration::from_secs(10));
    tracing::info!(allocation.id = %scene.allocation.id, %failure, attempts, "trying again in {pause:?}");
    let since = scene.progress.waiting_since.unwrap_or_else(|| scene.ambient.now().as_micros());
    let progress = Progress { attempts, waiting_since: Some(since), ..scene.progress.clone() };
    scene.fleet.postpone(scene.ticket, &progress, pause).await?;
    Ok(Turn::Postponed)
}

async fn succeed(scene: &mut Scene<'_>) -> Result<Turn, Failure> {
    let at = scene.ambient.now();
    let state = tables::goal(scene.ticket.work);
    let mut details = scene.allocation.details.clone();
    if state == State::Running {
        details.started_at = Some(at);
        details.ever_ran = true;
    }
    let release = if state == State::Removed { Release::All } else { Release::Nothing };
    let reason = None;
    let ending = Ending { state, reason, cause: Cause::Platform, details, release, at };
    scene.fleet.finish(scene.ticket, ending).await.map(|allocation| Turn::Ended(Box::new(allocation)))
}

async fn fail(scene: &mut Scene<'_>) -> Result<Turn, Failure> {
    let (code, detail) = scene.progress.failure.clone().unwrap_or_default();
    let reason = Reason { code: ErrorCode::parse(&code).unwrap_or(ErrorCode::Internal), detail };
    let cause = if reason.code == ErrorCode::OomKilled { Cause::Oom } else { Cause::Platform };
    let details = scene.allocation.details.clone();
    let release = if details.ever_ran { Release::Nothing } else { Release::Leases };
    let ending =
        Ending { state: State::Failed, reason: Some(reason), cause, details, release, at: scene.ambient.now() };
    scene.fleet.finish(scene.ticket, ending).await.map(|allocation| Turn::Ended(Box::new(allocation)))
}
