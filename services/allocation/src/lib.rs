//! The allocation service: what tenants hold, who works on it, and how engine and ledger are kept in agreement.

pub mod consumers;
#[cfg(any(test, feature = "contract"))]
pub mod contract;
pub mod domain;
pub mod events;
#[cfg(any(test, feature = "contract"))]
pub mod fixtures;
pub mod grpc;
pub mod http;
pub mod nudge;
pub mod peers;
pub mod ports;
pub mod sagas;
pub mod store;
pub mod tasks;
#[cfg(any(test, feature = "contract"))]
pub mod testing;
#[cfg(test)]
mod tests;
pub mod use_cases;

use std::sync::Arc;

use bus::Turns;
use kit::{Ambient, SealingKey, ServiceName, SiteId};
use wire::Door;
use wire::drain::Drain;
use wire::health::Readiness;
use wire::service::{Service, Subscription};
use wire::task::Scheduled;

use domain::quota::Amounts;
use nudge::Nudge;
use ports::{AllocationFleet, AllocationOversight, AllocationStore, Catalogue, Engine, Tenants};
use tasks::{Hands, Housekeeping, Reconcile, TakeCensus, WorkTask};
use use_cases::Desk;
use use_cases::oversee::Overseer;

/// What the service is made of.
pub struct Deps {
    pub store: Arc<dyn AllocationStore>,
    pub fleet: Arc<dyn AllocationFleet>,
    pub oversight: Arc<dyn AllocationOversight>,
    pub catalogue: Arc<dyn Catalogue>,
    pub tenants: Arc<dyn Tenants>,
    pub engine: Arc<dyn Engine>,
    pub ambient: Ambient,
    pub door: Door,
    pub drain: Drain,
    /// Hashes request bodies for idempotency keys.
    pub fingerprints: SealingKey,
    /// What a tenant may hold where no admin said otherwise.
    pub default_quota: Amounts,
    pub site: SiteId,
    /// The host that users are told.
    pub public_host: String,
    /// Names this run of this process in leases on work: no other has the same.
    pub owner: String,
    /// Whose turn it is at what one replica at a time does.
    pub turns: Arc<dyn Turns>,
}

/// Joins the parts; nothing runs yet.
pub fn build(deps: Deps) -> Service {
    let nudge = Nudge::default();
    let hands = Hands { fleet: deps.fleet.clone(), engine: deps.engine.clone(), ambient: deps.ambient.clone() };
    let work = Arc::new(WorkTask::new(hands.clone(), deps.owner, nudge.clone(), &deps.drain));
    let work = Scheduled::woken_by(work, nudge.wake().clone());
    let reconcile = Arc::new(Reconcile { hands: hands.clone(), nudge: nudge.clone() });
    let reconcile = Scheduled::new(reconcile).in_turns(deps.turns.clone());
    let census = Scheduled::new(Arc::new(TakeCensus(hands.clone())));
    let housekeeping = Scheduled::new(Arc::new(Housekeeping(hands))).in_turns(deps.turns);
    let hints = consumers::Hints { fleet: deps.fleet.clone(), wake: reconcile.wake.clone() };
    let desk = Desk {
        store: deps.store,
        overseer: Overseer::new(deps.oversight),
        catalogue: deps.catalogue,
        tenants: deps.tenants,
        engine: deps.engine,
        ambient: deps.ambient,
        nudge,
        fingerprints: deps.fingerprints,
        default_quota: deps.default_quota,
        site: deps.site,
        public_host: deps.public_host,
        handover: deps.drain.handover.clone(),
    };
    let (door, grpc) = (deps.door, grpc::grpc(desk.clone()));
    Service {
        name: ServiceName::Allocation,
        http: Some(Arc::new(move |config| http::routes(&desk, &door, config))),
        grpc: Some(grpc),
        tasks: vec![work, reconcile, housekeeping, census],
        consumers: vec![Subscription { consumer: Arc::new(hints), topics: vec![bus::Topic::Node] }],
        readiness: Readiness::default(),
    }
}
