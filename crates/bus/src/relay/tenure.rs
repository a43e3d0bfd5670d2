//! What a relay holds and until when, and the loop that keeps it so.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use kit::{Failure, ServiceName};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::share;
use crate::mood::Mood;
use crate::ports::{DELIVERY, Leases, RelayId};
use crate::shard::{SHARDS, Shard};

/// How long leases last that are not renewed: the longest that a dead relay's events wait for another.
const LENGTH: Duration = Duration::from_secs(10);
/// How often they are renewed.
const RENEWAL: Duration = Duration::from_secs(3);
/// How soon a relay looks again when another is about to give something back, or the database did not answer.
const IMPATIENT: Duration = Duration::from_millis(500);
/// What must be left of a lease for anything to be sent under it: what is given up is given up a second late at most.
const MARGIN: Duration = DELIVERY.saturating_add(Duration::from_secs(1));

/// A relay's leases as it knows them, by this machine's clock since just before they were taken.
#[derive(Clone, Debug)]
pub struct Tenure {
    pub shards: BTreeSet<Shard>,
    /// How many relays there are, this one included.
    pub relays: usize,
    /// Whether others are about to give something back.
    crowded: bool,
    until: Instant,
}

impl Tenure {
    /// Nothing yet.
    pub fn none() -> Self {
        Self { shards: BTreeSet::new(), relays: 0, crowded: false, until: Instant::now() }
    }

    /// The shards that may be sent from now: none when the leases end too soon.
    pub fn sendable(&self) -> BTreeSet<Shard> {
        if self.left() > MARGIN { self.shards.clone() } else { BTreeSet::new() }
    }

    /// Whether a shard is still this relay's.
    pub fn covers(&self, shard: Shard) -> bool {
        self.shards.contains(&shard) && !self.left().is_zero()
    }

    /// Whether nobody else sends.
    pub fn is_alone(&self) -> bool {
        self.relays == 1 && self.shards.len() == usize::from(SHARDS)
    }

    /// Says whether anything but the time changed.
    fn become_like(&mut self, other: Self) -> bool {
        let changed = self.shards != other.shards || self.relays != other.relays;
        *self = other;
        changed
    }

    fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// Until the leases should be renewed, or more of them asked for.
    const fn next_look(&self) -> Duration {
        if self.crowded { IMPATIENT } else { RENEWAL }
    }
}

/// Renews until cancelled. While the database is away the tenure is left to run out.
pub async fn keep<L: Leases + ?Sized>(
    leases: &L,
    service: ServiceName,
    relay: RelayId,
    tenure: &watch::Sender<Tenure>,
    cancel: CancellationToken,
) {
    let mut mood = Mood::new(
        service.as_str(),
        "leases on the outbox are renewed again",
        "leases on the outbox could not be renewed",
    );
    loop {
        let outcome = renew(leases, relay).await;
        let pause = match &outcome {
            Ok(held) => held.next_look(),
            Err(_) => IMPATIENT,
        };
        if let Some(held) = mood.heard(outcome) {
            tenure.send_if_modified(|tenure| tenure.become_like(held));
        }
        if cancel.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
            return;
        }
    }
}

async fn renew<L: Leases + ?Sized>(leases: &L, relay: RelayId) -> Result<Tenure, Failure> {
    let roll = leases.attend(relay, LENGTH).await?;
    let wanted = share::wanted(relay, &roll);
    // The database counts from when it takes them, which is later than this and not by what `attend` took.
    let began = Instant::now();
    let held = leases.take(relay, &wanted, LENGTH).await?;
    Ok(Tenure {
        shards: held.into_iter().collect(),
        relays: roll.relays,
        crowded: share::is_crowded(relay, &roll),
        until: began + LENGTH,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use kit::Ambient;

    use super::*;
    use crate::ports::Roll;

    /// Gives what is asked for, and keeps the moment at which it answered `attend`.
    #[derive(Default)]
    struct Slow(Mutex<Option<Instant>>);

    impl Slow {
        /// Takes a while to answer: the clock of this machine has moved on then.
        async fn answer(&self) {
            let began = Instant::now();
            while Instant::now() == began {
                tokio::task::yield_now().await;
            }
        }
    }

    #[async_trait]
    impl Leases for Slow {
        async fn attend(&self, _: RelayId, _: Duration) -> Result<Roll, Failure> {
            self.answer().await;
            *self.0.lock().unwrap() = Some(Instant::now());
            Ok(Roll { relays: 1, ..Roll::default() })
        }

        async fn take(&self, _: RelayId, shards: &[Shard], _: Duration) -> Result<Vec<Shard>, Failure> {
            Ok(shards.to_vec())
        }

        async fn give_back(&self, _: RelayId, _: &[Shard]) -> Result<(), Failure> {
            Ok(())
        }

        async fn leave(&self, _: RelayId) -> Result<(), Failure> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn what_asking_for_the_roll_takes_is_not_taken_off_the_leases() {
        let leases = Slow::default();
        let held = renew(&leases, RelayId::mint(&Ambient::system())).await.unwrap();
        let attended = leases.0.lock().unwrap().unwrap();
        assert!(held.until >= attended + LENGTH);
        assert_eq!(held.sendable().len(), usize::from(SHARDS));
    }
}
