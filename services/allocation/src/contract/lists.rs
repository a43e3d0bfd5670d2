//! Lists: filters, orders, and pieces that fit together while the list grows. The ledger's too.

use std::collections::BTreeMap;

use kit::{AllocationId, ErrorCode, PageRequest, TenantId};

use super::World;
use crate::domain::lifecycle::{State, Verb};
use crate::domain::listing::{Filter, NamePart, Sort};

const ORDERS: [&str; 4] = ["created_at", "-created_at", "name", "-name"];

fn all() -> PageRequest {
    PageRequest::parse(None, None).expect("nothing is asked for")
}

fn ordered(order: &str) -> Filter {
    Filter { sort: Sort::parse(order).expect("an order"), ..Filter::default() }
}

impl World {
    async fn names(&self, filter: &Filter) -> Vec<String> {
        let found = self.store.list(self.tenant, filter, &all()).await.unwrap();
        found.items.into_iter().map(|item| item.name).collect()
    }
}

testkit::contract! {
    /// Cases for the lists of `AllocationStore`.
    pub fn allocation_lists(world: World) {
        async fn a_walk_in_any_order_sees_each_once_while_the_list_grows() {
            for order in ORDERS {
                let mut there = Vec::new();
                for _ in 0..5 {
                    there.push(world.created().await.id);
                }
                let mut seen = BTreeMap::<AllocationId, usize>::new();
                let mut page = PageRequest { limit: 2, after: None };
                // As many pieces as there can be, so that a store that goes in circles is found out.
                for _ in 0..40 {
                    let piece = world.store.list(world.tenant, &ordered(order), &page).await.unwrap();
                    for item in piece.items {
                        *seen.entry(item.id).or_default() += 1;
                    }
                    if seen.len() < 20 {
                        world.created().await;
                    }
                    let Some(next) = piece.next else { page.after = None; break };
                    page.after = Some(next);
                }
                assert_eq!(page.after, None, "{order} does not end");
                assert!(seen.values().all(|times| *times == 1), "{order} shows some twice");
                assert!(there.iter().all(|id| seen.contains_key(id)), "{order} leaves some out");
            }
        }

        async fn an_order_is_kept() {
            for name in ["b", "c", "a"] {
                world.create(world.named(name)).await;
            }
            assert_eq!(world.names(&ordered("name")).await, ["a", "b", "c"]);
            assert_eq!(world.names(&ordered("-name")).await, ["c", "b", "a"]);
            assert_eq!(world.names(&ordered("created_at")).await, ["b", "c", "a"]);
            assert_eq!(world.names(&Filter::default()).await, ["a", "c", "b"]);
        }

        async fn a_cursor_is_good_for_its_own_order_only() {
            for _ in 0..2 {
                world.created().await;
            }
            let first = PageRequest { limit: 1, after: None };
            for order in ORDERS {
                let next = world.store.list(world.tenant, &ordered(order), &first).await.unwrap().next;
                let second = PageRequest { limit: 1, after: next };
                for other in ORDERS.into_iter().filter(|other| *other != order) {
                    let refused = world.store.list(world.tenant, &ordered(other), &second).await.unwrap_err();
                    assert_eq!((refused.code, refused.field.as_deref()), (ErrorCode::InvalidInput, Some("cursor")));
                }
            }
        }

        async fn a_filter_finds_what_it_says_and_nothing_else() {
            for name in ["cache-one", "cache-two", "blog"] {
                world.create(world.named(name)).await;
            }
            let named = |name: &str| Filter { name: Some(name.to_owned()), ..ordered("name") };
            assert_eq!(world.names(&named("blog")).await, ["blog"]);
            assert!(world.names(&named("cache")).await.is_empty(), "a name is the whole name");
            let part = |text: &str| Filter { part: Some(NamePart::parse(text).unwrap()), ..ordered("name") };
            assert_eq!(world.names(&part("CACHE")).await, ["cache-one", "cache-two"]);
            assert_eq!(world.names(&part("o")).await, ["blog", "cache-one", "cache-two"]);
            for nothing in ["%", "_", "cache%", "'"] {
                assert!(world.names(&part(nothing)).await.is_empty(), "{nothing}");
            }
            let requested = Filter { state: Some(State::Requested), ..part("two") };
            assert_eq!(world.names(&requested).await, ["cache-two"]);
            assert!(world.names(&Filter { state: Some(State::Removed), ..Filter::default() }).await.is_empty());
        }

        async fn the_ledger_is_read_in_pieces_newest_first() {
            let made = world.created().await;
            for verb in [Verb::Stop, Verb::Start, Verb::Stop, Verb::Remove] {
                world.store.change(world.tenant, made.id, world.wish(verb, made.id)).await.unwrap();
            }
            let mut revisions = Vec::new();
            let mut page = PageRequest { limit: 2, after: None };
            for _ in 0..3 {
                let piece = world.store.ledger(world.tenant, made.id, &page).await.unwrap();
                revisions.extend(piece.items.iter().map(|entry| entry.revision));
                page.after = piece.next;
            }
            assert_eq!((revisions, page.after), (vec![5, 4, 3, 2, 1], None));
        }

        async fn a_cursor_of_the_ledger_is_good_for_its_own_allocation_only() {
            let (one, other) = (world.created().await, world.created().await);
            world.store.change(world.tenant, one.id, world.wish(Verb::Stop, one.id)).await.unwrap();
            let first = PageRequest { limit: 1, after: None };
            let after = world.store.ledger(world.tenant, one.id, &first).await.unwrap().next;
            assert!(after.is_some());
            let refused = world.store.ledger(world.tenant, other.id, &PageRequest { limit: 1, after }).await.unwrap_err();
            assert_eq!((refused.code, refused.field.as_deref()), (ErrorCode::InvalidInput, Some("cursor")));
            let stranger = TenantId::mint(&world.ambient);
            assert!(world.store.ledger(stranger, one.id, &all()).await.unwrap().items.is_empty());
        }
    }
}
