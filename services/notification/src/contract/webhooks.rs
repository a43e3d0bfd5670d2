//! Webhooks and their owners.

use std::sync::Arc;

use std::time::Duration;

use futures::future::join_all;
use kit::ErrorCode;
use testkit::contract;

use super::World;
use crate::domain::webhook::{MOST, MOST_TESTS};
use crate::domain::{Outcome, Secret, Webhook};
use crate::ports::Edit;

fn moved() -> Edit {
    Arc::new(|webhook| Webhook { url: "https://ada.example.org/moved".into(), ..webhook })
}

contract! {
    /// The store of webhooks.
    pub fn webhooks(world: World) {
        async fn a_webhook_is_kept_with_its_secrets_and_shown_to_its_owner() {
            let ada = world.contact(1).user;
            let webhook = world.made(world.webhook(ada, &["allocation.failed", "user.updated"])).await;
            assert_eq!(world.webhooks.list(ada).await.unwrap(), std::slice::from_ref(&webhook));
            let (secret, at) = (Secret(vec![7; 32]), world.now());
            let rotate: Edit = Arc::new(move |webhook: Webhook| webhook.rotated(secret.clone(), at));
            let rotated = world.webhooks.update(ada, webhook.id, rotate, world.act(ada, "rotate")).await.unwrap();
            assert_eq!(world.webhooks.find(ada, webhook.id).await.unwrap(), rotated);
            assert_eq!(rotated.unwrap().previous.unwrap().0, webhook.secret);
            assert_eq!(world.acts.acts().await, ["create", "rotate"]);
        }

        async fn a_strangers_webhook_is_not_there() {
            let (ada, eve) = (world.contact(1).user, world.contact(1).user);
            let webhook = world.made(world.webhook(ada, &["*"])).await;
            assert_eq!(world.webhooks.find(eve, webhook.id).await.unwrap(), None);
            let act = || world.act(eve, "steal");
            assert_eq!(world.webhooks.update(eve, webhook.id, moved(), act()).await.unwrap(), None);
            assert!(!world.webhooks.delete(eve, webhook.id, act()).await.unwrap());
            let mut foreign = world.event_for(&webhook);
            foreign.user = eve;
            assert!(!world.webhooks.enqueue(foreign).await.unwrap());
            assert_eq!(world.webhooks.list(eve).await.unwrap(), []);
            assert_eq!(world.webhooks.list(ada).await.unwrap(), [webhook]);
            assert_eq!(world.acts.acts().await, ["create"]);
        }

        async fn a_user_has_ten_of_thirty_that_were_made_at_once() {
            let (ada, eve) = (world.contact(1).user, world.contact(1).user);
            let make = || world.webhooks.create(world.webhook(ada, &["*"]), world.act(ada, "create"));
            let made = join_all((0..30).map(|_| make())).await;
            assert_eq!(made.iter().filter(|made| made.is_ok()).count(), MOST);
            assert!(made.iter().filter_map(|made| made.as_ref().err()).all(|f| f.code == ErrorCode::TooMany));
            assert_eq!(world.acts.acts().await.len(), MOST);
            world.made(world.webhook(eve, &["*"])).await;
        }

        async fn who_is_leaving_or_gone_makes_no_webhook() {
            for user in world.departed().await {
                let refused = world.webhooks.create(world.webhook(user, &["*"]), world.act(user, "create")).await;
                assert_eq!(refused.unwrap_err().code, ErrorCode::SessionClosed);
                assert_eq!(world.webhooks.list(user).await.unwrap(), []);
            }
            assert_eq!(world.acts.acts().await, Vec::<String>::new());
        }

        async fn only_so_many_tests_wait_at_a_webhook() {
            let webhook = world.made(world.webhook(world.contact(1).user, &["*"])).await;
            for _ in 0..MOST_TESTS {
                assert!(world.webhooks.enqueue(world.event_for(&webhook)).await.unwrap());
            }
            let refused = world.webhooks.enqueue(world.event_for(&webhook)).await.unwrap_err();
            assert_eq!(refused.code, ErrorCode::TooMany);
            let first = world.claim_webhooks().await;
            world.end(&first[0], Outcome::Sent).await;
            assert!(world.webhooks.enqueue(world.event_for(&webhook)).await.unwrap());
        }

        async fn a_webhook_goes_with_its_deliveries() {
            let ada = world.contact(1).user;
            let webhook = world.made(world.webhook(ada, &["*"])).await;
            world.webhooks.enqueue(world.event_for(&webhook)).await.unwrap();
            assert!(world.webhooks.delete(ada, webhook.id, world.act(ada, "delete")).await.unwrap());
            assert!(!world.webhooks.delete(ada, webhook.id, world.act(ada, "delete")).await.unwrap());
            world.clock.advance(Duration::from_secs(1));
            assert_eq!(world.claim_webhooks().await, []);
            assert!(!world.webhooks.enqueue(world.event_for(&webhook)).await.unwrap());
            assert_eq!(world.acts.acts().await, ["create", "delete"]);
        }
    }
}
