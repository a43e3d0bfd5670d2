//! What people decided, and what became of their messages.

use kit::ErrorCode;
use testkit::contract;

use super::World;
use crate::domain::{Channel, Choice, Kind, Outcome};

fn choice(kind: Kind, enabled: bool) -> Choice {
    Choice { kind, channel: Channel::Email, enabled }
}

contract! {
    /// Preferences and history.
    pub fn people(world: World) {
        async fn a_choice_takes_the_place_of_the_one_before_and_others_stay() {
            let (ada, eve) = (world.contact(1).user, world.contact(1).user);
            let act = || world.act(ada, "choose");
            let first = vec![choice(Kind::Welcome, false), choice(Kind::AllocationRunning, false)];
            world.preferences.choose(ada, first, act()).await.unwrap();
            world.preferences.choose(ada, vec![choice(Kind::Welcome, true)], act()).await.unwrap();
            let mut chosen = world.preferences.of(ada).await.unwrap();
            chosen.sort_by_key(|choice| choice.kind);
            assert_eq!(chosen, [choice(Kind::Welcome, true), choice(Kind::AllocationRunning, false)]);
            assert_eq!(world.preferences.of(eve).await.unwrap(), []);
            assert_eq!(world.acts.acts().await, ["choose", "choose"]);
        }

        async fn who_is_leaving_or_gone_decides_nothing_any_more() {
            for user in world.departed().await {
                let choices = vec![choice(Kind::Welcome, false)];
                let refused = world.preferences.choose(user, choices, world.act(user, "choose")).await;
                assert_eq!(refused.unwrap_err().code, ErrorCode::SessionClosed);
                assert_eq!(world.preferences.of(user).await.unwrap(), []);
            }
            assert_eq!(world.acts.acts().await, Vec::<String>::new());
        }

        async fn a_users_messages_are_theirs_the_newest_first() {
            let (ada, eve) = (world.taken().await, world.taken().await);
            world.claim_messages().await;
            world.end(&ada, Outcome::Sent).await;
            let mut later = world.code();
            later.user = ada.user;
            world.take(&later).await;
            let ids: Vec<_> =
                world.history.of_user(ada.user, 9).await.unwrap().iter().map(|record| record.id).collect();
            assert_eq!(ids.len(), 2);
            assert!(ids.contains(&ada.id) && ids.contains(&later.id) && ids[0] > ids[1]);
            assert_eq!(world.history.of_user(ada.user, 1).await.unwrap().len(), 1);
            assert_eq!(world.history.of_user(eve.user, 9).await.unwrap().len(), 1);
        }

        async fn a_webhooks_deliveries_are_its_owners() {
            let (ada, eve) = (world.contact(1).user, world.contact(1).user);
            let webhook = world.made(world.webhook(ada, &["*"])).await;
            world.webhooks.enqueue(world.event_for(&webhook)).await.unwrap();
            assert_eq!(world.history.of_webhook(ada, webhook.id, 9).await.unwrap().len(), 1);
            assert_eq!(world.history.of_webhook(eve, webhook.id, 9).await.unwrap(), []);
        }
    }
}
