//! Signing keys: replicas that rotate at once make one key.

use futures::future::join_all;
use testkit::contract;

use super::{HOUR, World};
use crate::domain::SigningKey;

fn key(world: &World, kid: &str, begins_in_hours: u32) -> SigningKey {
    let signs_from = world.ambient.now().plus(begins_in_hours * HOUR);
    let sealed = world.ambient.bytes::<40>().to_vec();
    SigningKey { kid: kid.into(), public_key: [7; 32], sealed, signs_from, signs_until: signs_from.plus(10 * HOUR) }
}

contract! {
    pub fn key_store(world: World) {
        async fn keys_are_given_back_as_they_were_newest_first() {
            let (now, next) = (key(&world, "a", 0), key(&world, "b", 10));
            assert!(world.keys.add(now.clone()).await.unwrap() && world.keys.add(next.clone()).await.unwrap());
            assert_eq!(world.keys.all().await.unwrap(), [next, now]);
        }

        async fn of_ten_replicas_one_makes_the_key() {
            let names: Vec<String> = (0..10).map(|n| n.to_string()).collect();
            let all = join_all(names.iter().map(|name| world.keys.add(key(&world, name, 0)))).await;
            assert_eq!(all.into_iter().filter(|added| *added.as_ref().unwrap()).count(), 1);
            assert_eq!(world.keys.all().await.unwrap().len(), 1);
        }

        async fn only_keys_that_ended_are_forgotten() {
            world.keys.add(key(&world, "a", 0)).await.unwrap();
            world.keys.add(key(&world, "b", 10)).await.unwrap();
            world.clock.advance(11 * HOUR);
            assert_eq!(world.keys.forget(world.ambient.now()).await.unwrap(), 1);
            let left = world.keys.all().await.unwrap();
            assert_eq!(left.iter().map(|key| key.kid.as_str()).collect::<Vec<_>>(), ["b"]);
        }
    }
}
