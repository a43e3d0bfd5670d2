//! Every step of every table failed, crashed before and crashed after; then nothing is left that should not be.

use std::sync::Arc;
use std::time::Duration;

use kit::{Ambient, ErrorCode};
use testkit::until;
use tokio::task::JoinHandle;
use wire::drain::Drain;
use wire::task::Task as _;

use crate::contract::World;
use crate::domain::allocation::Allocation;
use crate::domain::lifecycle::{State, Verb};
use crate::domain::quota::Amounts;
use crate::nudge::Nudge;
use crate::ports::store::Change;
use crate::store::sql::tests::world;
use crate::tasks::{Hands, Reconcile, WorkTask};
use crate::testing::{FakeEngine, Stall};

/// A store, an engine in memory, and a process that works.
struct Bench {
    world: World,
    engine: Arc<FakeEngine>,
    hands: Hands,
    nudge: Nudge,
}

impl Bench {
    async fn new() -> Self {
        let world = world().await;
        let engine = Arc::new(FakeEngine::default());
        let hands = Hands { fleet: world.fleet.clone(), engine: engine.clone(), ambient: Ambient::system() };
        Self { world, engine, hands, nudge: Nudge::default() }
    }

    /// A process that works until it is aborted: all its work ends with it, as with `kill -9`.
    fn process(&self) -> JoinHandle<()> {
        let (hands, nudge) = (self.hands.clone(), self.nudge.clone());
        tokio::spawn(async move {
            let mut works = tokio::task::JoinSet::new();
            loop {
                for (ticket, allocation) in hands.fleet.claim("test", 16).await.unwrap() {
                    let (hands, nudge) = (hands.clone(), nudge.clone());
                    works.spawn(async move { crate::tasks::work_on(&hands, &nudge, &ticket, allocation).await });
                }
                let _ = tokio::time::timeout(Duration::from_millis(20), works.join_next()).await;
            }
        })
    }

    async fn create(&self) -> Allocation {
        let new = self.world.new_allocation();
        self.world.store.create(self.world.tenant, new, quota()).await.unwrap().0
    }

    async fn ask(&self, allocation: &Allocation, verb: Verb) {
        let change = Change { default_quota: quota(), ..self.world.wish(verb, allocation.id) };
        self.world.store.change(self.world.tenant, allocation.id, change).await.unwrap();
        self.nudge.about(allocation.id);
    }

    async fn remove_by_force(&self, allocation: &Allocation) {
        let change = Change { force: true, ..self.world.wish(Verb::Remove, allocation.id) };
        self.world.store.change(self.world.tenant, allocation.id, change).await.unwrap();
        self.until(allocation, State::Removed).await;
    }

    async fn until(&self, allocation: &Allocation, state: State) -> Allocation {
        let look = || async { self.world.fleet.find(allocation.id).await.unwrap().unwrap() };
        until(look, |now| now.state == state && !now.working).await
    }

    async fn used(&self) -> Amounts {
        self.world.store.quota(self.world.tenant, quota()).await.unwrap().used
    }
}

fn quota() -> Amounts {
    Amounts { instances: 5, cpu: kit::Cpu::cores(4), memory: kit::Bytes::gib(4), disk: kit::Bytes::gib(4), ports: 5 }
}

/// The engine's verbs in the order in which a creation calls them.
const CREATION: [&str; 7] = [
    "ensure_image",
    "ensure_volume",
    "ensure_network",
    "ensure_sandbox",
    "ensure_container",
    "start_container",
    "wait_ready",
];

#[tokio::test]
async fn a_creation_that_fails_at_any_step_leaves_nothing() {
    for verb in CREATION {
        let bench = Bench::new().await;
        bench.engine.fail(verb, ErrorCode::EngineRefused);
        let process = bench.process();
        let allocation = bench.create().await;
        let failed = bench.until(&allocation, State::Failed).await;
        assert_eq!(failed.reason.map(|reason| reason.code), Some(ErrorCode::EngineRefused), "{verb}");
        assert_eq!(bench.engine.left(), (0, 0, 0, 0), "{verb}");
        assert_eq!(bench.used().await, Amounts::default(), "{verb}");
        bench.engine.heal();
        bench.ask(&failed_again(&bench, &allocation).await, Verb::Start).await;
        bench.until(&allocation, State::Running).await;
        process.abort();
    }
}

async fn failed_again(bench: &Bench, allocation: &Allocation) -> Allocation {
    bench.world.fleet.find(allocation.id).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_crash_before_or_after_any_step_of_any_work_is_taken_up() {
    let works: [(Verb, State, &[&str]); 4] = [
        (Verb::Start, State::Running, &CREATION),
        (Verb::Stop, State::Stopped, &["stop_container", "stop_sandbox"]),
        (Verb::Restart, State::Running, &["stop_container", "ensure_sandbox", "start_container", "wait_ready"]),
        (
            Verb::Remove,
            State::Removed,
            &["remove_container", "remove_sandbox", "release_network", "remove_volume", "forget_log"],
        ),
    ];
    for (verb, goal, calls) in works {
        for call in calls {
            for stall in [Stall::Before, Stall::After] {
                crash_and_resume(verb, goal, call, stall).await;
            }
        }
    }
}

async fn crash_and_resume(verb: Verb, goal: State, call: &'static str, stall: Stall) {
    let bench = Bench::new().await;
    if verb == Verb::Start {
        bench.engine.stall(call, stall);
    }
    let first = bench.process();
    let allocation = bench.create().await;
    if verb != Verb::Start {
        bench.until(&allocation, State::Running).await;
        bench.engine.stall(call, stall);
        bench.ask(&allocation, verb).await;
    }
    bench.engine.stalled.notified().await;
    first.abort();
    let _ = first.await;
    bench.engine.heal();
    bench.world.fleet.forget_leases().await.unwrap();
    let second = bench.process();
    bench.until(&allocation, goal).await;
    let running = goal == State::Running;
    assert_eq!(bench.engine.runs(allocation.id), running, "{verb:?} {call} {stall:?}");
    let removed = goal == State::Removed;
    assert_eq!(bench.engine.left(), if removed { (0, 0, 0, 0) } else { (1, 1, 1, 1) }, "{verb:?} {call} {stall:?}");
    assert_eq!(bench.used().await.instances, u32::from(!removed));
    second.abort();
}

#[tokio::test]
async fn a_removal_cancels_a_creation_that_hangs() {
    let bench = Bench::new().await;
    bench.engine.stall("wait_ready", Stall::Before);
    let task = WorkTask::new(bench.hands.clone(), "test".into(), bench.nudge.clone(), &Drain::default());
    let allocation = bench.create().await;
    task.run_once().await;
    bench.engine.stalled.notified().await;
    bench.ask(&allocation, Verb::Remove).await;
    let look = || async {
        task.run_once().await;
        bench.world.fleet.find(allocation.id).await.unwrap().unwrap()
    };
    until(look, |now| now.state == State::Removed).await;
    assert_eq!(bench.engine.left(), (0, 0, 0, 0));
}

#[tokio::test]
async fn stopping_twice_is_one_stop() {
    let bench = Bench::new().await;
    let process = bench.process();
    let allocation = bench.create().await;
    bench.until(&allocation, State::Running).await;
    bench.ask(&allocation, Verb::Stop).await;
    bench.ask(&allocation, Verb::Stop).await;
    bench.until(&allocation, State::Stopped).await;
    bench.ask(&allocation, Verb::Stop).await;
    assert_eq!(bench.engine.calls("stop_container"), 1);
    process.abort();
}

#[tokio::test]
async fn a_start_keeps_its_port_unless_another_is_asked_for() {
    let bench = Bench::new().await;
    let process = bench.process();
    let made = bench.create().await;
    let port = bench.until(&made, State::Running).await.ports[0].host_port;
    for (new_port, same) in [(false, true), (true, false)] {
        bench.ask(&made, Verb::Stop).await;
        bench.until(&made, State::Stopped).await;
        let change = Change { new_port, default_quota: quota(), ..bench.world.wish(Verb::Start, made.id) };
        bench.world.store.change(bench.world.tenant, made.id, change).await.unwrap();
        let running = bench.until(&made, State::Running).await;
        assert_eq!(running.ports[0].host_port == port, same);
        assert!(running.ports[0].bound && running.details.image_digest.is_some());
    }
    process.abort();
}

#[tokio::test]
async fn another_name_changes_nothing_on_the_engine() {
    let bench = Bench::new().await;
    let process = bench.process();
    let made = bench.create().await;
    bench.until(&made, State::Running).await;
    let word = bench.world.word("rename", made.id);
    bench.world.store.rename(bench.world.tenant, made.id, "other", word).await.unwrap();
    for (verb, state) in [(Verb::Restart, State::Running), (Verb::Stop, State::Stopped), (Verb::Start, State::Running)]
    {
        bench.ask(&made, verb).await;
        assert_eq!(bench.until(&made, state).await.name, "other");
    }
    assert_eq!((bench.engine.calls("remove_sandbox"), bench.engine.calls("remove_container")), (0, 0));
    process.abort();
}

#[tokio::test]
async fn what_the_engine_would_not_stop_is_stopped_once_it_will() {
    let bench = Bench::new().await;
    let process = bench.process();
    let made = bench.create().await;
    bench.until(&made, State::Running).await;
    bench.engine.fail("stop_container", ErrorCode::EngineRefused);
    bench.ask(&made, Verb::Stop).await;
    bench.until(&made, State::Failed).await;
    assert!(bench.engine.runs(made.id));
    bench.engine.heal();
    Reconcile { hands: bench.hands.clone(), nudge: bench.nudge.clone() }.run_once().await;
    bench.until(&made, State::Stopped).await;
    assert!(!bench.engine.runs(made.id));
    process.abort();
}

#[tokio::test]
async fn an_engine_that_is_away_is_waited_for() {
    let bench = Bench::new().await;
    bench.engine.fail("ensure_volume", ErrorCode::EngineUnavailable);
    let process = bench.process();
    let allocation = bench.create().await;
    until(|| async { bench.engine.calls("ensure_volume") }, |calls| *calls >= 2).await;
    bench.engine.heal();
    bench.until(&allocation, State::Running).await;
    process.abort();
}

#[tokio::test]
async fn what_died_or_was_lost_runs_again_and_a_crash_loop_ends() {
    let bench = Bench::new().await;
    let process = bench.process();
    let reconcile = Reconcile { hands: bench.hands.clone(), nudge: bench.nudge.clone() };
    let allocation = bench.create().await;
    bench.until(&allocation, State::Running).await;
    bench.engine.lose(allocation.id);
    reconcile.run_once().await;
    bench.until(&allocation, State::Running).await;
    assert!(bench.engine.runs(allocation.id));
    bench.engine.kill(allocation.id);
    reconcile.run_once().await;
    let revived = bench.until(&allocation, State::Running).await;
    assert_eq!((revived.details.crashes, bench.engine.runs(allocation.id)), (1, true));
    process.abort();
}

#[tokio::test]
async fn orphans_are_swept() {
    let bench = Bench::new().await;
    let process = bench.process();
    let allocation = bench.create().await;
    bench.until(&allocation, State::Running).await;
    // A removal that the engine would not let happen is recorded all the same; what is left is an orphan.
    bench.engine.fail("remove_sandbox", ErrorCode::EngineRefused);
    bench.engine.fail("remove_volume", ErrorCode::EngineRefused);
    bench.remove_by_force(&allocation).await;
    assert_ne!(bench.engine.left(), (0, 0, 0, 0));
    bench.engine.heal();
    Reconcile { hands: bench.hands.clone(), nudge: bench.nudge.clone() }.run_once().await;
    assert_eq!(bench.engine.left(), (0, 0, 0, 0));
    process.abort();
}

#[tokio::test]
async fn what_its_owner_starts_again_meanwhile_is_not_swept() {
    let bench = Bench::new().await;
    let process = bench.process();
    // Two leave something behind: one that is gone, and one that failed before it ever ran.
    let gone = bench.create().await;
    bench.until(&gone, State::Running).await;
    for verb in ["remove_sandbox", "remove_volume", "wait_ready"] {
        bench.engine.fail(verb, ErrorCode::EngineRefused);
    }
    bench.remove_by_force(&gone).await;
    let failed = bench.create().await;
    bench.until(&failed, State::Failed).await;
    bench.engine.heal();
    bench.engine.stall("remove_container", Stall::Before);
    let reconcile = Reconcile { hands: bench.hands.clone(), nudge: bench.nudge.clone() };
    let pass = tokio::spawn(async move { reconcile.run_once().await });
    bench.engine.stalled.notified().await;
    bench.engine.heal();
    bench.ask(&failed, Verb::Start).await;
    bench.until(&failed, State::Running).await;
    bench.engine.released.notify_one();
    assert_eq!(pass.await.unwrap().failed, 0);
    assert!(bench.engine.runs(failed.id));
    process.abort();
}
