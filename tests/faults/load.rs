//! A steady load of the main calls, and what came of each. Every answer is looked at: there are successes, and refusals with
//! 503 and `Retry-After`, in time, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use berth_tests::{Berth, Person, Reply, until};
use serde_json::json;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::codes;

/// No call may take longer, whatever is away: a store has five seconds, a call between services ten.
const DEADLINE: Duration = Duration::from_secs(12);
/// How many good answers show that a call works.
const ENOUGH: u64 = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    SignUp,
    Login,
    Machine,
    Machines,
    Allocations,
    Like,
}

const CALLS: [Call; 6] = [Call::SignUp, Call::Login, Call::Machine, Call::Machines, Call::Allocations, Call::Like];

/// How often each call ended how.
#[derive(Clone, Debug, Default)]
struct Tally {
    well: BTreeMap<Call, u64>,
    refused: BTreeMap<Call, u64>,
    /// Addresses whose sign-up was answered with 201.
    signed_up: BTreeSet<String>,
    /// What may have happened: a sign-up that was refused but may stand.
    unsure: BTreeSet<String>,
    /// The stance that the last accepted change left.
    stance: Option<&'static str>,
    wrong: Vec<String>,
}

impl Tally {
    fn well(&self, call: Call) -> u64 {
        self.well.get(&call).copied().unwrap_or(0)
    }

    fn refused(&self, call: Call) -> u64 {
        self.refused.get(&call).copied().unwrap_or(0)
    }
}

pub struct Load {
    tally: Arc<Mutex<Tally>>,
    stop: CancellationToken,
    running: Vec<JoinHandle<()>>,
}

/// What the platform said that it did.
pub struct Accepted(Tally, String);

impl Load {
    /// Ada asks with one session; Bob logs in again and again, each time with a new one, and the first of many end.
    pub async fn start(berth: &Berth, ada: &Person, bob: &Person, machine: &str) -> Self {
        let (tally, stop) = (Arc::<Mutex<Tally>>::default(), CancellationToken::new());
        // Nobody signs up with an address of another load.
        let guests = testkit::servers::unique("load");
        let running = CALLS.map(|call| {
            let guests = guests.clone();
            let (tally, stop, machine) = (tally.clone(), stop.clone(), machine.to_owned());
            let who = Who { ada: ada.clone(), bob: bob.clone(), anyone: berth.anyone(), guests };
            tokio::spawn(async move {
                // A pace, so that one machine carries the load beside five servers and nine processes.
                let mut pace = tokio::time::interval(Duration::from_millis(150));
                pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
                let mut number = 0;
                while stop.run_until_cancelled(pace.tick()).await.is_some() {
                    number += 1;
                    once(call, number, &who, &machine, &tally).await;
                }
            })
        });
        Self { tally, stop, running: running.into() }
    }

    fn now(&self) -> Tally {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until each call worked a few times more. A session that is looked for while user is away may have to wait a
    /// moment longer.
    pub async fn until_all_well(&self, what: &str) {
        self.until_more(&CALLS, ENOUGH, Tally::well, &format!("to work {what}")).await;
    }

    /// Waits until those that do not need what is away worked a few times more.
    pub async fn until_others_went_on(&self, needing: &[Call], what: &str) {
        let others: Vec<Call> = CALLS.into_iter().filter(|call| !needing.contains(call)).collect();
        self.until_more(&others, ENOUGH, Tally::well, &format!("to work, {what}")).await;
    }

    /// Waits until each of these was refused.
    pub async fn until_refused(&self, calls: &[Call], what: &str) {
        self.until_more(calls, 1, Tally::refused, &format!("to be refused, {what}")).await;
    }

    /// Waits until each call was answered a few times more, well or not.
    pub async fn until_all_answered(&self, what: &str) {
        let answered = |tally: &Tally, call| tally.well(call) + tally.refused(call);
        self.until_more(&CALLS, ENOUGH, answered, &format!("to be answered, {what}")).await;
    }

    async fn until_more(&self, calls: &[Call], more: u64, count: impl Fn(&Tally, Call) -> u64, what: &str) {
        let before = self.now();
        let look = || async { self.now() };
        let what = format!("{calls:?} {what}");
        let enough = |now: &Tally| calls.iter().all(|call| count(now, *call) >= count(&before, *call) + more);
        let seen = until(&what, look, |tally| !tally.wrong.is_empty() || enough(tally)).await;
        assert_eq!(seen.wrong, Vec::<String>::new(), "{what}");
    }

    pub async fn stop(self) -> Accepted {
        self.stop.cancel();
        for running in self.running {
            running.await.expect("the load did not panic");
        }
        let tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let told = format!("{:?} well, {:?} refused", tally.well, tally.refused);
        Accepted(tally, told)
    }
}

struct Who {
    ada: Person,
    bob: Person,
    anyone: Person,
    guests: String,
}

async fn once(call: Call, number: u64, who: &Who, machine: &str, tally: &Mutex<Tally>) {
    let Who { ada, bob, anyone, guests } = who;
    let email = format!("{guests}{number}@example.org");
    let stance = if number.is_multiple_of(2) { "like" } else { "dislike" };
    let asked = async {
        match call {
            Call::SignUp => anyone.post("/user/signup", &called(ada, &email).sign_up()).await,
            Call::Login => anyone.post("/user/login", &bob.credentials()).await,
            Call::Machine => anyone.get(&format!("/machines/{machine}")).await,
            Call::Machines => anyone.get("/machines").await,
            Call::Allocations => ada.get("/allocations").await,
            Call::Like => ada.put(&format!("/feed/{machine}/like"), &json!({"status": stance})).await,
        }
    };
    let began = Instant::now();
    let reply = tokio::time::timeout(DEADLINE, asked).await;
    let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
    let Ok(reply) = reply else {
        tally.wrong.push(format!("{call:?} had no answer in {DEADLINE:?}"));
        return;
    };
    note(&mut tally, call, &reply, began.elapsed(), email, stance);
}

/// Somebody like `ada` with another address.
fn called(ada: &Person, email: &str) -> Person {
    let mut person = ada.clone();
    email.clone_into(&mut person.email);
    person
}

fn note(tally: &mut Tally, call: Call, reply: &Reply, took: Duration, email: String, stance: &'static str) {
    if reply.status < 300 {
        *tally.well.entry(call).or_default() += 1;
        match call {
            Call::SignUp => drop(tally.signed_up.insert(email)),
            Call::Like => tally.stance = Some(stance),
            _ => {}
        }
        return;
    }
    *tally.refused.entry(call).or_default() += 1;
    // A repeat of what stands already after an answer that was lost.
    if call == Call::SignUp {
        tally.unsure.insert(email);
    }
    if call == Call::Like {
        tally.stance = None;
    }
    let fits = reply.status == 503 && reply.header("retry-after").is_some();
    if !fits {
        tally.wrong.push(format!("{call:?} after {took:?}: {} {}", reply.status, reply.text));
    }
}

impl Accepted {
    /// Every sign-up that was accepted can log in and got its code once; the like is as it was left.
    pub async fn check(self, berth: &Berth, ada: &Person) {
        let Self(tally, told) = self;
        eprintln!("{told}");
        for email in &tally.signed_up {
            let person = called(ada, email);
            let sent = until("the code's mail", || async { codes(berth, email) }, |count| *count > 0).await;
            assert_eq!(sent, 1, "{email} got its code once");
            ada.post("/user/login", &person.credentials()).await.expect(200);
        }
        let machine = ada.machine("redis").await;
        let standing = ada.get(&format!("/feed/{machine}/like")).await.expect(200);
        let (likes, dislikes) = (standing["likes"].as_u64(), standing["dislikes"].as_u64());
        assert_eq!(likes.zip(dislikes).map(|(a, b)| a + b), Some(1), "one person has one opinion: {standing}");
        if let Some(stance) = tally.stance {
            assert_eq!(standing["mine"], stance);
        }
    }
}
