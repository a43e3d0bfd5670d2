//! Makes engine and ledger agree, both ways. A hint says "look again", never "look at this one": the woken and the
//! timed run are one path, with one list call.

use std::time::Duration;

use async_trait::async_trait;
use kit::{AllocationId, ErrorCode, Failure, TenantId, Timestamp};
use wire::task::{Report, Task};

use super::Hands;
use crate::domain::allocation::{Allocation, Cause, Reason};
use crate::domain::lifecycle::Work;
use crate::domain::reconcile::{Finding, Inventory, Thing, Times, compare, holds_things};
use crate::nudge::Nudge;
use crate::ports::Command;
use crate::ports::engine::ContainerReport;
use crate::ports::fleet::Begin;

/// After so many deaths in a row it is a crash loop.
const CRASHES: u32 = 5;
/// Who ran this long has not crashed at its start.
const SETTLED: Duration = Duration::from_secs(600);
/// The epoch of commands about allocations that do not exist: nobody else can command them.
const NOBODYS_EPOCH: u64 = i64::MAX as u64;

pub struct Reconcile {
    pub hands: Hands,
    pub nudge: Nudge,
}

#[async_trait]
impl Task for Reconcile {
    fn name(&self) -> &'static str {
        "allocation_reconcile"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(30)
    }

    async fn run_once(&self) -> Report {
        match self.pass().await {
            Ok(report) => report,
            Err(failure) => {
                tracing::warn!(%failure, "engine and ledger cannot be compared");
                Report { failed: 1, ..Report::default() }
            }
        }
    }
}

impl Reconcile {
    async fn pass(&self) -> Result<Report, Failure> {
        let now = self.hands.ambient.now();
        let inventory = self.hands.engine.inventory().await?;
        // Read after the inventory, so that nothing found there can be younger than this list.
        let live = self.hands.fleet.live().await?;
        let settled: Vec<Allocation> = live.into_iter().map(|one| leave_if_changed_since(one, now)).collect();
        let times = Times { now, restored_at: self.hands.fleet.restored_at().await? };
        let findings = compare(&settled, &inventory, times);
        let mut report = Report { seen: settled.len() as u64, ..Report::default() };
        for finding in findings {
            match self.act(&settled, &inventory, &finding, now).await {
                Ok(()) => report.done += 1,
                Err(failure) => {
                    tracing::warn!(?finding, %failure, "a difference between engine and ledger stays");
                    report.failed += 1;
                }
            }
        }
        Ok(report)
    }

    async fn act(
        &self,
        live: &[Allocation],
        inventory: &Inventory,
        finding: &Finding,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let known = |id: AllocationId| live.iter().find(|allocation| allocation.id == id);
        match finding {
            Finding::Repair { id, work, cause } => match known(*id) {
                Some(seen) => self.begin(seen, *work, *cause, None, Duration::ZERO, 0).await,
                None => Ok(()),
            },
            Finding::Died { id, cause, exit_code } => match known(*id) {
                Some(seen) => self.revive(seen, *cause, *exit_code, now).await,
                None => Ok(()),
            },
            Finding::Sweep { id, tenant } => self.sweep(*id, *tenant, inventory).await,
            Finding::Release { tenant } => {
                // No allocation is meant; the site orders commands by this id, so it is always the same.
                let allocation = AllocationId::from_uuid(kit::NIL);
                let command = Command { allocation, tenant: *tenant, epoch: NOBODYS_EPOCH };
                self.hands.engine.release_network(command).await
            }
        }
    }

    async fn begin(
        &self,
        seen: &Allocation,
        work: Work,
        cause: Cause,
        reason: Option<Reason>,
        pause: Duration,
        crashes: u32,
    ) -> Result<(), Failure> {
        let mut details = seen.details.clone();
        details.crashes = crashes;
        let begin = Begin { work, cause, reason, details, pause, at: self.hands.ambient.now() };
        if self.hands.fleet.begin(seen, begin).await? {
            tracing::info!(allocation.id = %seen.id, work = work.as_str(), "repairing allocation {}", seen.id);
            self.nudge.about(seen.id);
        }
        Ok(())
    }

    /// Starts what died again, later each time; gives up on a crash loop.
    async fn revive(
        &self,
        seen: &Allocation,
        cause: Cause,
        exit_code: Option<i32>,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let ran = seen.details.started_at.map_or(Duration::ZERO, |at| now.since(at));
        let crashes = if ran >= SETTLED { 1 } else { seen.details.crashes + 1 };
        let report = self.hands.engine.inspect(seen.id).await?;
        // The list does not say why a container ended; asked about one, the engine does.
        let cause = if report.oom_killed { Cause::Oom } else { cause };
        let reason = death(cause, exit_code.or(report.exit_code), &report);
        if crashes < CRASHES {
            let pause = Duration::from_secs(1 << (crashes - 1).min(6));
            return self.begin(seen, Work::Start, cause, Some(reason), pause, crashes).await;
        }
        let command = Command { allocation: seen.id, tenant: seen.tenant, epoch: seen.epoch };
        self.hands.engine.stop_sandbox(command, seen.details.sandbox).await?;
        let detail = format!("It ended {crashes} times in a row. {}", reason.detail);
        self.hands.fleet.fail(seen, Reason { detail, ..reason }, cause, now).await.map(drop)
    }

    async fn sweep(&self, id: AllocationId, tenant: TenantId, inventory: &Inventory) -> Result<(), Failure> {
        let engine = &self.hands.engine;
        let known = self.hands.fleet.find(id).await?;
        // Its owner may have started it since the pass began: what it uses now is not left over.
        if known.as_ref().is_some_and(holds_things) {
            return Ok(());
        }
        let epoch = known.map_or(NOBODYS_EPOCH, |allocation| allocation.epoch);
        let command = Command { allocation: id, tenant, epoch };
        tracing::info!(allocation.id = %id, tenant.id = %tenant, "removing what is left of allocation {id}");
        engine.remove_container(command).await?;
        let things = inventory.others.iter().filter(|found| found.allocation == id).map(|found| found.thing);
        let (sandboxes, volumes): (Vec<Thing>, Vec<Thing>) =
            things.partition(|thing| matches!(thing, Thing::Sandbox { .. }));
        // Sandboxes first: a volume that is in use cannot go.
        for thing in sandboxes.into_iter().chain(volumes) {
            match thing {
                Thing::Sandbox { id, .. } => engine.remove_sandbox(command, id).await?,
                Thing::Volume { id } => engine.remove_volume(command, id).await?,
            }
        }
        engine.release_network(command).await
    }
}

/// What changed while the engine was asked may agree with it by now: the next pass looks at it.
fn leave_if_changed_since(allocation: Allocation, asked: Timestamp) -> Allocation {
    let working = allocation.working || allocation.updated_at >= asked;
    Allocation { working, ..allocation }
}

/// Enough to see why, not so much that the program's output fills every event.
fn last_lines(lines: &[String]) -> String {
    let kept = &lines[lines.len().saturating_sub(5)..];
    kept.iter().map(|line| line.chars().take(200).collect::<String>()).collect::<Vec<_>>().join("\n")
}

fn death(cause: Cause, exit_code: Option<i32>, report: &ContainerReport) -> Reason {
    let code = if cause == Cause::Oom { ErrorCode::OomKilled } else { ErrorCode::ContainerExited };
    let exit = exit_code.map_or_else(|| "an unknown exit code".to_owned(), |code| format!("exit code {code}"));
    let what = match code {
        ErrorCode::OomKilled => "It used more memory than its limit and was ended".to_owned(),
        _ => format!("The program ended with {exit}"),
    };
    let last = last_lines(&report.last_lines);
    let detail = if last.is_empty() { format!("{what}.") } else { format!("{what}. Its last lines:\n{last}") };
    Reason { code, detail }
}
