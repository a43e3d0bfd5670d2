//! What events come to.

use std::time::Duration;

use bus::Topic;
use kit::{AllocationId, EventId, UserId};
use testkit::contract;

use super::{CONSUMER, World};
use crate::domain::{
    AllocationNews, Channel, Contact, Delivery, DeliveryId, EventType, Kind, Outcome, Reached, Subject, backoff,
};
use crate::ports::Effect;

impl World {
    /// What waits for a user, by name.
    async fn waiting(&self, user: UserId) -> Vec<String> {
        let all = self.history.of_user(user, 100).await.unwrap();
        let mut names: Vec<String> =
            all.iter().map(|record| format!("{} {}", record.channel.as_str(), record.subject)).collect();
        names.sort();
        names
    }

    fn allocation(&self, id: AllocationId, user: UserId, revision: u64, state: &str) -> Effect {
        let news = AllocationNews { id, revision, state: state.into(), moved: true, told: self.told(user) };
        Effect::Allocation(Box::new(news))
    }
}

contract! {
    /// The inbox, which shares its transactions with what it fills.
    pub fn inbox(world: World) {
        async fn the_same_cause_is_one_delivery_for_each_user_and_channel() {
            let first = world.taken().await;
            let again = Delivery { id: DeliveryId::mint(&world.ambient()), ..first.clone() };
            assert_eq!(world.take(&again).await, 0);
            let elsewhere = Delivery { recipient: "eve@example.org".into(), ..again.clone() };
            assert_eq!(world.take(&elsewhere).await, 0, "the recipient is no reason for a second one");
            let text = Delivery { channel: Channel::Sms, ..again.clone() };
            let other = Delivery {
                id: DeliveryId::mint(&world.ambient()),
                user: UserId::mint(&world.ambient()),
                ..again
            };
            let both = [text, other].map(|delivery| Effect::Deliver(Box::new(delivery)));
            assert_eq!(world.effects(both.to_vec()).await, 2);
            assert_eq!(world.claim_messages().await.len(), 3);
        }

        async fn the_same_cause_after_it_was_sent_is_no_second_delivery() {
            let first = world.taken().await;
            world.claim_messages().await;
            world.end(&first, Outcome::Sent).await;
            let again = Delivery { id: DeliveryId::mint(&world.ambient()), ..first };
            assert_eq!(world.take(&again).await, 0);
            assert_eq!(world.claim_messages().await, []);
        }

        async fn the_position_moves_with_the_batch_and_never_back() {
            assert_eq!(world.inbox.position(CONSUMER, Topic::Notification).await.unwrap(), 0);
            world.batch(7, Vec::new(), vec![world.letter(7)]).await;
            world.batch(3, Vec::new(), Vec::new()).await;
            assert_eq!(world.inbox.position(CONSUMER, Topic::Notification).await.unwrap(), 7);
        }

        async fn a_user_is_reached_as_they_were_announced_last() {
            let old = world.contact(1);
            assert_eq!(world.contacts.reach(old.user).await.unwrap(), Reached::Unknown);
            let new = Contact { email: "ada@new.example.org".into(), revision: 3, ..old.clone() };
            for contact in [&old, &new, &Contact { revision: 2, ..old.clone() }] {
                world.effects(vec![World::user_effect(contact, None)]).await;
            }
            assert_eq!(world.contacts.reach(old.user).await.unwrap(), Reached::Known(Box::new(new)));
        }

        async fn what_happened_goes_to_the_person_and_to_webhooks_that_want_it() {
            let contact = world.contact(1);
            world.made(world.webhook(contact.user, &["user.verified"])).await;
            world.made(world.webhook(contact.user, &["*"])).await;
            world.made(world.webhook(contact.user, &["user.updated"])).await;
            let mut off = world.webhook(contact.user, &["*"]);
            off.active = false;
            world.made(off).await;
            world.made(world.webhook(world.contact(1).user, &["*"])).await;
            let news = world.occurrence(contact.user, Some(Kind::Verified), Some(EventType::UserVerified));
            assert_eq!(world.effects(vec![World::user_effect(&contact, Some(news.clone()))]).await, 4);
            let expected = ["email verified", "sms verified", "webhook user.verified", "webhook user.verified"];
            assert_eq!(world.waiting(contact.user).await, expected);
            assert_eq!(world.effects(vec![World::user_effect(&contact, Some(news))]).await, 0, "its revision is known");
        }

        async fn an_address_that_becomes_proven_is_told_of_once() {
            let by_text = Contact { email_unproven: true, ..world.contact(1) };
            let updated = || world.occurrence(by_text.user, None, Some(EventType::UserUpdated));
            world.effects(vec![World::user_effect(&by_text, Some(updated()))]).await;
            assert_eq!(world.contacts.reach(by_text.user).await.unwrap().contact(), Some(&by_text));
            assert_eq!(world.waiting(by_text.user).await, Vec::<String>::new());
            for revision in [2, 3] {
                let proven = Contact { email_unproven: false, revision, ..by_text.clone() };
                world.effects(vec![World::user_effect(&proven, Some(updated()))]).await;
            }
            assert_eq!(world.waiting(by_text.user).await, ["email verified", "sms verified"]);
        }

        async fn what_happened_a_day_ago_is_no_news() {
            let contact = world.contact(1);
            let news = world.occurrence(contact.user, Some(Kind::Welcome), Some(EventType::UserVerified));
            world.made(world.webhook(contact.user, &["*"])).await;
            world.clock.advance(backoff::NEWS);
            assert_eq!(world.effects(vec![World::user_effect(&contact, Some(news))]).await, 0);
            assert!(world.contacts.reach(contact.user).await.unwrap().contact().is_some());
        }

        async fn who_is_gone_takes_all_along_and_does_not_come_back() {
            let contact = world.contact(1);
            let news = world.occurrence(contact.user, Some(Kind::Welcome), None);
            world.effects(vec![World::user_effect(&contact, Some(news))]).await;
            world.made(world.webhook(contact.user, &["*"])).await;
            world.effects(vec![Effect::Gone { user: contact.user, revision: 5 }]).await;
            assert_eq!(world.waiting(contact.user).await, Vec::<String>::new());
            assert_eq!(world.webhooks.list(contact.user).await.unwrap(), []);
            world.effects(vec![World::user_effect(&Contact { revision: 4, ..contact.clone() }, None)]).await;
            assert_eq!(world.contacts.reach(contact.user).await.unwrap(), Reached::Gone);
        }

        async fn a_farewell_outlives_the_account() {
            let (contact, ambient) = (world.contact(1), world.ambient());
            let told = world.told(contact.user);
            let farewell =
                Delivery::to_person(DeliveryId::mint(&ambient), Kind::AccountDeleted, Channel::Email, told, world.now());
            world.take(&farewell).await;
            world.effects(vec![Effect::Gone { user: contact.user, revision: 5 }]).await;
            assert_eq!(world.waiting(contact.user).await, ["email account_deleted"]);
        }

        async fn what_comes_after_its_user_is_gone_comes_to_nothing_but_the_farewell() {
            let (contact, ambient) = (world.contact(1), world.ambient());
            world.effects(vec![Effect::Gone { user: contact.user, revision: 5 }]).await;
            let code = Delivery { user: contact.user, ..world.code() };
            assert_eq!(world.take(&code).await, 0);
            let removed = world.allocation(AllocationId::mint(&ambient), contact.user, 1, "removed");
            assert_eq!(world.effects(vec![removed]).await, 0);
            let (kind, told) = (Kind::AccountDeleted, world.told(contact.user));
            let farewell = Delivery::to_person(DeliveryId::mint(&ambient), kind, Channel::Email, told, world.now());
            assert_eq!(world.take(&farewell).await, 1);
            assert_eq!(world.waiting(contact.user).await, ["email account_deleted"]);
        }

        async fn an_allocation_is_told_of_at_its_first_start_only_and_by_revision() {
            let (id, user) = (AllocationId::mint(&world.ambient()), world.contact(1).user);
            let states = [(1, "requested"), (3, "running"), (2, "starting"), (4, "stopped"), (5, "running")];
            for (revision, state) in states {
                world.effects(vec![world.allocation(id, user, revision, state)]).await;
            }
            assert_eq!(world.waiting(user).await, ["email allocation_running", "sms allocation_running"]);
        }

        async fn what_is_remembered_of_the_gone_is_forgotten_in_time() {
            let contact = world.contact(5);
            world.effects(vec![Effect::Gone { user: contact.user, revision: 5 }]).await;
            world.deliveries.forget(world.now()).await.unwrap();
            assert_eq!(world.contacts.reach(contact.user).await.unwrap(), Reached::Gone);
            world.deliveries.forget(world.now().plus(Duration::from_secs(1))).await.unwrap();
            assert_eq!(world.contacts.reach(contact.user).await.unwrap(), Reached::Unknown);
        }

        async fn an_event_to_two_webhooks_is_one_to_each_however_often_it_comes() {
            let contact = world.contact(1);
            for _ in 0..2 {
                world.made(world.webhook(contact.user, &["*"])).await;
            }
            let mut news = world.occurrence(contact.user, None, Some(EventType::UserUpdated));
            for (revision, new) in [(1, 2), (2, 0)] {
                let contact = Contact { revision, ..contact.clone() };
                assert_eq!(world.effects(vec![World::user_effect(&contact, Some(news.clone()))]).await, new);
            }
            news.told.cause = EventId::mint(&world.ambient());
            let contact = Contact { revision: 3, ..contact };
            assert_eq!(world.effects(vec![World::user_effect(&contact, Some(news))]).await, 2);
            let claimed = world.claim_webhooks().await;
            assert!(claimed.iter().all(|delivery| delivery.subject == Subject::Event(EventType::UserUpdated)));
        }
    }
}
