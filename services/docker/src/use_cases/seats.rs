//! Places on networks that were promised to allocations whose sandboxes may not be there yet: without them two
//! allocations could be sent to a network's last place, or a network removed under one on its way.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use kit::{AllocationId, TenantId, Timestamp};

/// A promise that nobody redeems is void after this; an allocation that comes later still finds or makes its network.
const PROMISE: Duration = Duration::from_secs(300);

struct Seat {
    tenant: TenantId,
    network: String,
    until: Timestamp,
}

/// Kept in memory only: after a restart the list of sandboxes says enough.
#[derive(Default)]
pub struct Seats(Mutex<HashMap<AllocationId, Seat>>);

impl Seats {
    pub fn promise(&self, tenant: TenantId, allocation: AllocationId, network: &str, now: Timestamp) {
        let seat = Seat { tenant, network: network.to_owned(), until: now.plus(PROMISE) };
        self.with(|seats| drop(seats.insert(allocation, seat)));
    }

    pub fn give_back(&self, allocation: AllocationId) {
        self.with(|seats| drop(seats.remove(&allocation)));
    }

    /// The tenant's promises that still hold.
    pub fn of(&self, tenant: TenantId, now: Timestamp) -> Vec<(AllocationId, String)> {
        self.with(|seats| {
            seats.retain(|_, seat| seat.until > now);
            let its = seats.iter().filter(|(_, seat)| seat.tenant == tenant);
            its.map(|(allocation, seat)| (*allocation, seat.network.clone())).collect()
        })
    }

    fn with<R>(&self, work: impl FnOnce(&mut HashMap<AllocationId, Seat>) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kit::Ambient;

    #[test]
    fn a_promise_holds_until_it_is_given_back_or_void() {
        let ambient = Ambient::system();
        let (tenant, now) = (TenantId::mint(&ambient), ambient.now());
        let (one, other) = (AllocationId::mint(&ambient), AllocationId::mint(&ambient));
        let seats = Seats::default();
        seats.promise(tenant, one, "a", now);
        seats.promise(tenant, other, "a", now);
        seats.give_back(one);
        assert_eq!(seats.of(tenant, now), [(other, "a".to_owned())]);
        assert_eq!(seats.of(TenantId::mint(&ambient), now), []);
        assert_eq!(seats.of(tenant, now.plus(PROMISE)), []);
    }
}
