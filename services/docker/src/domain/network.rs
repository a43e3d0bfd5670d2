//! A tenant's network: which one has room for another sandbox, and what a new one is made of.

use std::collections::HashSet;

use kit::{AllocationId, TenantId};

use super::found::Listing;
use super::identity::Identity;
use super::subnet::{Cidr, SANDBOXES_PER_NETWORK};

/// A network to make.
#[derive(Clone, Debug)]
pub struct NetworkSpec {
    pub name: String,
    pub tenant: TenantId,
    pub subnet: Cidr,
    /// The kernel's name for its bridge.
    pub bridge: String,
}

/// Where an allocation's sandbox goes.
#[derive(Debug, PartialEq, Eq)]
pub enum Choice {
    /// This one, with its subnet.
    Existing(String, String),
    /// A new one of this name.
    New(String),
}

/// The network of the tenant that holds the allocation's sandbox, else the first with room, else a new one.
/// `promised` are places that were given to allocations whose sandbox may not be there yet.
pub fn choose(
    identity: &Identity,
    tenant: TenantId,
    allocation: AllocationId,
    listing: &Listing,
    promised: &[(AllocationId, String)],
) -> Choice {
    let mut networks: Vec<_> = listing
        .networks
        .iter()
        .filter(|network| network.tenant == tenant)
        .filter_map(|network| Some((identity.network_number(tenant, &network.name)?, network)))
        .collect();
    networks.sort_by_key(|(number, _)| *number);
    let taken = |name: &str| -> HashSet<AllocationId> {
        let sandboxes = listing.sandboxes.iter().filter(|sandbox| sandbox.network == name);
        let promises = promised.iter().filter(|(_, network)| network == name);
        sandboxes.map(|sandbox| sandbox.owner.allocation).chain(promises.map(|(allocation, _)| *allocation)).collect()
    };
    let own = networks.iter().find(|(_, network)| taken(&network.name).contains(&allocation));
    let roomy = || networks.iter().find(|(_, network)| taken(&network.name).len() < SANDBOXES_PER_NETWORK);
    if let Some((_, network)) = own.or_else(roomy) {
        return Choice::Existing(network.name.clone(), network.subnet.clone());
    }
    // Of one number more than there are networks, at least one is free.
    let mut numbers = 1..=networks.len() as u32 + 1;
    let unused = numbers.find(|number| networks.iter().all(|(taken, _)| taken != number)).unwrap_or(1);
    Choice::New(identity.network(tenant, unused))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{FoundNetwork, FoundSandbox, Owner};
    use kit::{Ambient, InstallationId, SandboxId, Timestamp};

    struct World {
        identity: Identity,
        tenant: TenantId,
        listing: Listing,
    }

    fn allocation() -> AllocationId {
        AllocationId::mint(&Ambient::system())
    }

    impl World {
        fn new() -> Self {
            let ambient = Ambient::system();
            let identity = Identity { installation: InstallationId::mint(&ambient), site: "s".parse().unwrap() };
            Self { identity, tenant: TenantId::mint(&ambient), listing: Listing::default() }
        }

        fn network(&mut self, tenant: TenantId, number: u32, sandboxes: usize) -> String {
            let name = self.identity.network(tenant, number);
            let created_at = Timestamp::EPOCH;
            self.listing.networks.push(FoundNetwork {
                tenant,
                name: name.clone(),
                subnet: "10.0.0.0/26".into(),
                created_at,
            });
            for _ in 0..sandboxes {
                self.listing.sandboxes.push(FoundSandbox {
                    sandbox: SandboxId::mint(&Ambient::system()),
                    owner: Owner { allocation: allocation(), tenant },
                    container_id: String::new(),
                    network: name.clone(),
                    running: true,
                    created_at,
                });
            }
            name
        }

        fn choose(&self, allocation: AllocationId, promised: &[(AllocationId, String)]) -> Choice {
            choose(&self.identity, self.tenant, allocation, &self.listing, promised)
        }
    }

    #[test]
    fn the_first_network_is_made_and_then_shared() {
        let mut world = World::new();
        assert_eq!(world.choose(allocation(), &[]), Choice::New(world.identity.network(world.tenant, 1)));
        let name = world.network(world.tenant, 1, 60);
        assert_eq!(world.choose(allocation(), &[]), Choice::Existing(name, "10.0.0.0/26".into()));
    }

    #[test]
    fn a_full_network_gets_a_second_and_promises_count() {
        let mut world = World::new();
        let name = world.network(world.tenant, 1, 60);
        let promised = [(allocation(), name.clone())];
        assert_eq!(world.choose(allocation(), &promised), Choice::New(world.identity.network(world.tenant, 2)));
        assert_eq!(world.choose(promised[0].0, &promised), Choice::Existing(name, "10.0.0.0/26".into()));
    }

    #[test]
    fn another_tenants_network_is_never_chosen() {
        let mut world = World::new();
        world.network(TenantId::mint(&Ambient::system()), 1, 0);
        assert_eq!(world.choose(allocation(), &[]), Choice::New(world.identity.network(world.tenant, 1)));
    }

    #[test]
    fn a_sandbox_goes_back_to_its_own_network() {
        let mut world = World::new();
        world.network(world.tenant, 1, 1);
        let second = world.network(world.tenant, 2, 61);
        let its = world.listing.sandboxes.last().unwrap().owner.allocation;
        assert_eq!(world.choose(its, &[]), Choice::Existing(second, "10.0.0.0/26".into()));
    }
}
