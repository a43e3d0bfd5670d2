//! What the ledger wants beside what the engine has, both ways. Pure: the task acts on what this finds.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kit::{AllocationId, SandboxId, TenantId, Timestamp, VolumeId};

use super::allocation::{Allocation, Cause};
use super::lifecycle::{Desired, State, Work};

/// What belongs to this installation on the engine.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    pub containers: Vec<FoundContainer>,
    /// What only makes sense beside its allocation.
    pub others: Vec<FoundOther>,
    /// Networks that no sandbox is on, with the tenant whose they are.
    pub idle_networks: Vec<(TenantId, Timestamp)>,
}

#[derive(Clone, Debug)]
pub struct FoundContainer {
    pub allocation: AllocationId,
    pub tenant: TenantId,
    pub running: bool,
    pub exit_code: Option<i32>,
    pub oom_killed: bool,
    pub created_at: Timestamp,
}

#[derive(Clone, Debug)]
pub struct FoundOther {
    pub allocation: AllocationId,
    pub tenant: TenantId,
    pub thing: Thing,
    pub created_at: Timestamp,
}

/// A sandbox or a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    Sandbox { id: SandboxId, running: bool },
    Volume { id: VolumeId },
}

/// Something that should be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// A live allocation is not as its owner wants it.
    Repair { id: AllocationId, work: Work, cause: Cause },
    /// A live allocation died by itself: start again, later each time, or give up.
    Died { id: AllocationId, cause: Cause, exit_code: Option<i32> },
    /// Things of an allocation that should have none.
    Sweep { id: AllocationId, tenant: TenantId },
    /// A tenant's network that nothing is on.
    Release { tenant: TenantId },
}

/// How old a thing without an allocation must be before it goes: it may be that our list is the older one.
pub const GRACE: Duration = Duration::from_secs(60);
/// How long after a restore what is older than it stays: the backup may not have known it, and its owner may want to save it.
pub const GRACE_RESTORED: Duration = Duration::from_secs(24 * 3600);

/// The times that say whether a thing without an allocation may go.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    pub now: Timestamp,
    /// When the ledger last came out of a backup.
    pub restored_at: Option<Timestamp>,
}

impl Times {
    fn may_go(self, created_at: Timestamp) -> bool {
        let spared = |at: Timestamp| created_at <= at && self.now.since(at) < GRACE_RESTORED;
        self.now.since(created_at) >= GRACE && !self.restored_at.is_some_and(spared)
    }
}

/// Compares. `live` are all allocations that hold something; those with work under way are left to it.
pub fn compare(live: &[Allocation], inventory: &Inventory, times: Times) -> Vec<Finding> {
    let containers: BTreeMap<AllocationId, &FoundContainer> =
        inventory.containers.iter().map(|found| (found.allocation, found)).collect();
    let sandboxes = running_sandboxes(inventory);
    let mut findings: Vec<Finding> = live
        .iter()
        .filter(|allocation| !allocation.working)
        .filter_map(|allocation| {
            judge(allocation, containers.get(&allocation.id).copied(), sandboxes.contains(&allocation.id))
        })
        .collect();
    findings.extend(orphans(live, inventory, times));
    findings
}

fn running_sandboxes(inventory: &Inventory) -> BTreeSet<AllocationId> {
    let runs = |found: &&FoundOther| matches!(found.thing, Thing::Sandbox { running: true, .. });
    inventory.others.iter().filter(runs).map(|found| found.allocation).collect()
}

fn judge(allocation: &Allocation, container: Option<&FoundContainer>, sandbox: bool) -> Option<Finding> {
    let id = allocation.id;
    let repair = |work, cause| Some(Finding::Repair { id, work, cause });
    match (allocation.state, allocation.desired) {
        (State::Removed, _) => None,
        (_, Desired::Removed) => repair(Work::Remove, Cause::Platform),
        // Transient without work: a crash between two transactions cannot leave this, but a hand in the database can.
        (State::Requested | State::Placing | State::Creating, _) => repair(Work::Create, Cause::Platform),
        (State::Starting, _) => repair(Work::Start, Cause::Platform),
        (State::Stopping, _) => repair(Work::Stop, Cause::Platform),
        (State::Running, Desired::Running) => match container {
            Some(found) if found.running && sandbox => None,
            Some(found) if !found.running => {
                let cause = if found.oom_killed { Cause::Oom } else { Cause::Crash };
                Some(Finding::Died { id, cause, exit_code: found.exit_code })
            }
            Some(_) | None => repair(Work::Start, Cause::Platform),
        },
        (State::Running, Desired::Stopped) => repair(Work::Stop, Cause::Platform),
        (State::Stopped, Desired::Stopped) => match container {
            Some(found) if found.running => repair(Work::Stop, Cause::Platform),
            _ if sandbox => repair(Work::Stop, Cause::Platform),
            _ => None,
        },
        (State::Stopped, Desired::Running) => repair(Work::Start, Cause::Platform),
        // A stop that the engine did not let happen: what was to stop may not run on.
        (State::Failed | State::Lost, Desired::Stopped) => match container {
            Some(found) if found.running && allocation.details.ever_ran => repair(Work::Stop, Cause::Platform),
            _ => None,
        },
        (State::Failed | State::Lost | State::Removing, _) => None,
    }
}

fn orphans(live: &[Allocation], inventory: &Inventory, times: Times) -> Vec<Finding> {
    let kept: BTreeSet<AllocationId> =
        live.iter().filter(|allocation| holds_things(allocation)).map(|allocation| allocation.id).collect();
    let old = |created_at: Timestamp| times.may_go(created_at);
    let containers = inventory.containers.iter().map(|found| (found.allocation, found.tenant, found.created_at));
    let others = inventory.others.iter().map(|found| (found.allocation, found.tenant, found.created_at));
    let strays: BTreeMap<AllocationId, TenantId> = containers
        .chain(others)
        .filter(|(id, _, created_at)| !kept.contains(id) && old(*created_at))
        .map(|(id, tenant, _)| (id, tenant))
        .collect();
    let sweeps = strays.into_iter().map(|(id, tenant)| Finding::Sweep { id, tenant });
    let busy: BTreeSet<TenantId> =
        live.iter().filter(|allocation| allocation.working).map(|allocation| allocation.tenant).collect();
    let idle = inventory.idle_networks.iter().filter(|(tenant, created_at)| !busy.contains(tenant) && old(*created_at));
    sweeps.chain(idle.map(|(tenant, _)| Finding::Release { tenant: *tenant })).collect()
}

/// Whether anything on the engine can rightly belong to it.
pub fn holds_things(allocation: &Allocation) -> bool {
    match allocation.state {
        State::Removed => false,
        State::Failed => allocation.details.ever_ran || allocation.working,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    fn compare(live: &[Allocation], inventory: &Inventory, now: Timestamp) -> Vec<Finding> {
        super::compare(live, inventory, Times { now, restored_at: None })
    }

    fn settled(state: State, desired: Desired) -> Allocation {
        let (allocation, _) = fixtures::allocation();
        Allocation { state, desired, working: false, ..allocation }
    }

    fn container(allocation: &Allocation, running: bool) -> FoundContainer {
        let (created_at, tenant) = (Timestamp::EPOCH, allocation.tenant);
        FoundContainer { allocation: allocation.id, tenant, running, exit_code: Some(1), oom_killed: false, created_at }
    }

    fn sandbox(allocation: &Allocation) -> FoundOther {
        let (created_at, tenant) = (Timestamp::EPOCH, allocation.tenant);
        let thing = Thing::Sandbox { id: allocation.details.sandbox, running: true };
        FoundOther { allocation: allocation.id, tenant, thing, created_at }
    }

    fn found(allocation: &Allocation, running: bool) -> Inventory {
        Inventory {
            containers: vec![container(allocation, running)],
            others: vec![sandbox(allocation)],
            ..Inventory::default()
        }
    }

    #[test]
    fn what_agrees_needs_nothing() {
        let running = settled(State::Running, Desired::Running);
        assert_eq!(compare(std::slice::from_ref(&running), &found(&running, true), Timestamp::EPOCH), []);
        let stopped = settled(State::Stopped, Desired::Stopped);
        assert_eq!(compare(&[stopped], &Inventory::default(), Timestamp::EPOCH), []);
    }

    #[test]
    fn a_container_that_is_gone_is_made_again_and_one_that_died_is_told() {
        let running = settled(State::Running, Desired::Running);
        let (id, live) = (running.id, std::slice::from_ref(&running));
        let gone = compare(live, &Inventory::default(), Timestamp::EPOCH);
        assert_eq!(gone, [Finding::Repair { id, work: Work::Start, cause: Cause::Platform }]);
        let died = compare(live, &found(&running, false), Timestamp::EPOCH);
        assert_eq!(died, [Finding::Died { id, cause: Cause::Crash, exit_code: Some(1) }]);
    }

    #[test]
    fn work_under_way_is_left_alone() {
        let mut starting = settled(State::Starting, Desired::Running);
        starting.working = true;
        assert_eq!(compare(&[starting], &Inventory::default(), Timestamp::EPOCH), []);
    }

    #[test]
    fn an_orphan_goes_after_its_grace_and_not_before() {
        let removed = settled(State::Removed, Desired::Removed);
        let (id, tenant) = (removed.id, removed.tenant);
        let inventory = found(&removed, true);
        let young = Timestamp::EPOCH.plus(GRACE / 2);
        assert_eq!(compare(std::slice::from_ref(&removed), &inventory, young), []);
        let old = Timestamp::EPOCH.plus(GRACE);
        assert_eq!(compare(&[removed], &inventory, old), [Finding::Sweep { id, tenant }]);
        assert_eq!(compare(&[], &inventory, old), [Finding::Sweep { id, tenant }]);
    }

    #[test]
    fn what_failed_to_stop_and_runs_on_is_stopped() {
        for state in [State::Failed, State::Lost] {
            let mut failed = settled(state, Desired::Stopped);
            failed.details.ever_ran = true;
            let live = std::slice::from_ref(&failed);
            let (id, work, cause) = (failed.id, Work::Stop, Cause::Platform);
            let running = compare(live, &found(&failed, true), Timestamp::EPOCH);
            assert_eq!(running, [Finding::Repair { id, work, cause }]);
            assert_eq!(compare(live, &found(&failed, false), Timestamp::EPOCH), []);
        }
    }

    #[test]
    fn a_failure_after_it_ran_keeps_its_things() {
        let mut failed = settled(State::Failed, Desired::Running);
        failed.details.ever_ran = true;
        let inventory = found(&failed, false);
        assert_eq!(compare(std::slice::from_ref(&failed), &inventory, Timestamp::EPOCH.plus(GRACE)), []);
        failed.details.ever_ran = false;
        assert_eq!(compare(&[failed], &inventory, Timestamp::EPOCH.plus(GRACE)).len(), 1);
    }

    #[test]
    fn what_is_older_than_a_restore_stays_for_a_day_after_it_and_what_is_younger_does_not() {
        let (allocation, sweep) = (settled(State::Running, Desired::Running), |one: &Allocation| {
            vec![Finding::Sweep { id: one.id, tenant: one.tenant }]
        });
        let mut inventory = found(&allocation, true);
        let restored_at = Timestamp::EPOCH.plus(Duration::from_secs(600));
        let at = |now| super::compare(&[], &inventory, Times { now, restored_at: Some(restored_at) });
        assert_eq!(at(restored_at.plus(GRACE_RESTORED / 2)), []);
        assert_eq!(at(restored_at.plus(GRACE_RESTORED)), sweep(&allocation));
        // What a creation since then left behind is like any other.
        let later = restored_at.plus(GRACE);
        inventory.containers.iter_mut().for_each(|found| found.created_at = later);
        inventory.others.iter_mut().for_each(|found| found.created_at = later);
        let times = Times { now: later.plus(GRACE), restored_at: Some(restored_at) };
        assert_eq!(super::compare(&[], &inventory, times), sweep(&allocation));
    }
}
