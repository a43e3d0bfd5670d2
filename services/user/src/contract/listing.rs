//! Lists of accounts: filters narrow, orders hold over pages, and nobody is shown twice.

use kit::{ErrorCode, PageRequest};
use testkit::contract;

use super::{HOUR, World};
use crate::domain::{Filter, Listing, Sort};

async fn listed(world: &World, filter: Filter, sort: &str) -> Vec<String> {
    let listing = Listing { filter, sort: Sort::parse(sort).unwrap() };
    let page = PageRequest { limit: 100, after: None };
    let found = world.directory.list(&listing, &page).await.unwrap();
    assert_eq!(found.next, None);
    found.items.into_iter().map(|user| user.email.to_string()).collect()
}

/// Three people, the second of whom did not verify and the third of whom is suspended.
async fn people(world: &World) {
    world.verified("bob@example.org").await;
    world.clock.advance(HOUR);
    world.sign_up("ada@example.org").await.unwrap();
    world.clock.advance(HOUR);
    let cleo = world.verified("cleo@example.org").await;
    world.suspend(cleo.id).await.unwrap();
}

const ADA: &str = "ada@example.org";
const BOB: &str = "bob@example.org";
const CLEO: &str = "cleo@example.org";

contract! {
    pub fn user_listing(world: World) {
        async fn every_order_is_what_it_says() {
            people(&world).await;
            for (sort, expected) in [
                ("created_at", [BOB, ADA, CLEO]),
                ("-created_at", [CLEO, ADA, BOB]),
                ("email", [ADA, BOB, CLEO]),
                ("-email", [CLEO, BOB, ADA]),
            ] {
                assert_eq!(listed(&world, Filter::default(), sort).await, expected, "{sort}");
            }
        }

        async fn filters_narrow_together() {
            people(&world).await;
            let filter = Filter::default;
            assert_eq!(listed(&world, Filter { verified: Some(false), ..filter() }, "email").await, [ADA]);
            assert_eq!(listed(&world, Filter { admin: Some(true), ..filter() }, "email").await, [BOB]);
            assert_eq!(listed(&world, Filter { suspended: Some(false), ..filter() }, "email").await, [ADA, BOB]);
            let one = Filter { email: Some(CLEO.parse().unwrap()), suspended: Some(true), ..filter() };
            assert_eq!(listed(&world, one.clone(), "email").await, [CLEO]);
            assert!(listed(&world, Filter { verified: Some(false), ..one }, "email").await.is_empty());
        }

        async fn pages_show_everybody_once_in_every_order() {
            for n in 0..7 {
                // Several of the same moment: the id tells them apart.
                world.sign_up(&format!("u{n}@example.org")).await.unwrap();
            }
            for sort in ["created_at", "-created_at", "email", "-email"] {
                let whole = listed(&world, Filter::default(), sort).await;
                let listing = Listing { filter: Filter::default(), sort: Sort::parse(sort).unwrap() };
                let (mut found, mut after) = (Vec::new(), None);
                loop {
                    let page = world.directory.list(&listing, &PageRequest { limit: 3, after }).await.unwrap();
                    found.extend(page.items.into_iter().map(|user| user.email.to_string()));
                    after = page.next;
                    if after.is_none() {
                        break;
                    }
                }
                assert_eq!(found, whole, "{sort}");
            }
        }

        async fn a_cursor_of_another_order_is_refused() {
            people(&world).await;
            let by = |sort| Listing { filter: Filter::default(), sort: Sort::parse(sort).unwrap() };
            let first = world.directory.list(&by("email"), &PageRequest { limit: 1, after: None }).await.unwrap();
            let request = PageRequest { limit: 1, after: first.next };
            let refused = world.directory.list(&by("created_at"), &request).await.unwrap_err();
            assert_eq!((refused.code, refused.field.as_deref()), (ErrorCode::InvalidInput, Some("cursor")));
        }
    }
}
