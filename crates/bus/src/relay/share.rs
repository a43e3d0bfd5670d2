//! Which shards a relay should hold: as many as every other, and those that it has already before any other.

use std::collections::BTreeMap;

use crate::ports::{RelayId, Roll};
use crate::shard::{SHARDS, Shard};

/// How many shards are fair, among this many relays.
pub fn fair(relays: usize) -> usize {
    usize::from(SHARDS).div_ceil(relays.max(1))
}

/// What a relay should take or renew. What it holds and is not among this, it should give back.
pub fn wanted(relay: RelayId, roll: &Roll) -> Vec<Shard> {
    let own = Shard::all().filter(|shard| roll.holders.get(shard) == Some(&relay));
    let free = Shard::all().filter(|shard| !roll.holders.contains_key(shard));
    own.chain(free).take(fair(roll.relays)).collect()
}

/// Whether others are about to give something back.
pub fn is_crowded(relay: RelayId, roll: &Roll) -> bool {
    let others = roll.holders.values().filter(|holder| **holder != relay);
    let mut held: BTreeMap<RelayId, usize> = BTreeMap::new();
    others.for_each(|other| *held.entry(*other).or_default() += 1);
    held.values().any(|count| *count > fair(roll.relays))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kit::Ambient;

    /// Lets relays take their turns until nobody changes anything; says how many each holds.
    fn settle(roll: &mut Roll, relays: &[RelayId]) -> Vec<usize> {
        roll.relays = relays.len();
        roll.holders.retain(|_, holder| relays.contains(holder));
        for _ in 0..3 {
            for relay in relays {
                let wanted = wanted(*relay, roll);
                roll.holders.retain(|shard, holder| holder != relay || wanted.contains(shard));
                roll.holders.extend(wanted.into_iter().map(|shard| (shard, *relay)));
            }
        }
        relays.iter().map(|relay| roll.holders.values().filter(|holder| *holder == relay).count()).collect()
    }

    #[test]
    fn shards_are_shared_as_relays_come_and_go() {
        let ambient = Ambient::system();
        let relays: Vec<_> = (0..20).map(|_| RelayId::mint(&ambient)).collect();
        let mut roll = Roll::default();
        for (count, expected) in [(1, vec![16]), (2, vec![8, 8]), (3, vec![6, 6, 4]), (1, vec![16])] {
            assert_eq!(settle(&mut roll, &relays[..count]), expected);
            assert!(relays[..count].iter().all(|relay| !is_crowded(*relay, &roll)));
        }
        roll.relays = 2;
        assert!(is_crowded(relays[1], &roll) && !is_crowded(relays[0], &roll));
        assert_eq!(settle(&mut roll, &relays).iter().sum::<usize>(), 16);
        assert!(settle(&mut roll, &relays).iter().all(|held| *held <= 1));
    }

    #[test]
    fn what_is_held_stays_where_it_is() {
        let ambient = Ambient::system();
        let (a, b) = (RelayId::mint(&ambient), RelayId::mint(&ambient));
        let mut roll = Roll::default();
        settle(&mut roll, &[a, b]);
        let before = roll.holders.clone();
        settle(&mut roll, &[b, a]);
        assert_eq!(roll.holders, before);
    }
}
