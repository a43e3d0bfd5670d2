//! How deliveries are claimed, ended and forgotten.

use std::time::Duration;

use kit::ErrorCode;
use testkit::contract;

use super::World;
use crate::domain::{Attempt, Channel, Delivery, DeliveryId, Facts, Health, Kind, Outcome, State, Subject, Verdict};
use crate::ports::{Ended, Lane};

contract! {
    /// The store of deliveries.
    pub fn deliveries(world: World) {
        async fn what_is_taken_is_claimed_as_it_was_with_its_first_attempt() {
            let delivery = world.taken().await;
            assert_eq!(world.claim_messages().await, [Delivery { attempts: 1, ..delivery }]);
        }

        async fn what_is_claimed_is_held_for_its_time() {
            let at = world.taken().await.created_at;
            assert_eq!(world.claim(Lane::Messages, at).await.len(), 1);
            assert_eq!(world.claim(Lane::Messages, at.plus(Duration::from_secs(59))).await, []);
            let free = at.plus(Duration::from_secs(60));
            assert_eq!(world.deliveries.next_due(Lane::Messages).await.unwrap(), Some(free));
            let lost = world.claim(Lane::Messages, free).await;
            assert_eq!(lost.iter().map(|claimed| claimed.attempts).collect::<Vec<_>>(), [2]);
        }

        async fn who_renews_goes_on_holding() {
            let at = world.taken().await.created_at;
            let claimed = world.claim(Lane::Messages, at).await.remove(0);
            let later = at.plus(Duration::from_secs(50));
            assert!(world.deliveries.renew(&claimed, later, later.plus(Duration::from_secs(60))).await.unwrap());
            assert_eq!(world.claim(Lane::Messages, at.plus(Duration::from_secs(100))).await, []);
            assert_eq!(world.claim(Lane::Messages, at.plus(Duration::from_secs(110))).await.len(), 1);
        }

        async fn who_lost_a_delivery_neither_renews_nor_ends_it() {
            let at = world.taken().await.created_at;
            let first = world.claim(Lane::Messages, at).await.remove(0);
            let later = at.plus(Duration::from_secs(61));
            let second = world.claim(Lane::Messages, later).await.remove(0);
            assert!(!world.deliveries.renew(&first, later, later.plus(Duration::from_secs(60))).await.unwrap());
            world.deliveries.record(&first, Outcome::Sent.into(), later).await.unwrap();
            assert!(world.deliveries.renew(&second, later, later.plus(Duration::from_secs(60))).await.unwrap());
            world.deliveries.record(&second, Outcome::Sent.into(), later).await.unwrap();
            assert!(!world.deliveries.renew(&second, later, later.plus(Duration::from_secs(60))).await.unwrap());
        }

        async fn a_hundred_claims_at_once_get_a_delivery_once() {
            world.taken().await;
            let claims = futures::future::join_all((0..100).map(|_| world.claim_messages())).await;
            assert_eq!(claims.iter().map(Vec::len).sum::<usize>(), 1);
        }

        async fn no_more_are_claimed_than_asked_for_and_the_oldest_first() {
            let first = world.taken().await;
            world.clock.advance(Duration::from_secs(1));
            world.taken().await;
            let until = world.now().plus(Duration::from_secs(60));
            let claimed = world.deliveries.claim(Lane::Messages, world.now(), until, 1).await.unwrap();
            assert_eq!(claimed.iter().map(|claimed| claimed.id).collect::<Vec<_>>(), [first.id]);
        }

        async fn a_code_is_claimed_before_news_that_are_older() {
            let (kind, told) = (Kind::NewLogin, world.told(world.code().user));
            let news = Delivery::to_person(DeliveryId::mint(&world.ambient()), kind, Channel::Email, told, world.now());
            world.take(&news).await;
            world.clock.advance(Duration::from_secs(1));
            let code = world.taken().await;
            let order: Vec<_> = world.claim_messages().await.iter().map(|claimed| claimed.id).collect();
            assert_eq!(order, [code.id, news.id]);
        }

        async fn each_webhook_gets_one_at_a_time_and_messages_do_not_wait_for_it() {
            let (one, other) = (world.code().user, world.code().user);
            let one = world.made(world.webhook(one, &["*"])).await;
            let other = world.made(world.webhook(other, &["*"])).await;
            let first = world.event_for(&one);
            for delivery in [first.clone(), world.event_for(&one), world.event_for(&other)] {
                assert!(world.webhooks.enqueue(delivery).await.unwrap());
            }
            world.taken().await;
            let claimed = world.claim_webhooks().await;
            assert_eq!(claimed.len(), 2);
            assert_eq!(world.claim_webhooks().await.len(), 0, "one is under way to each");
            assert_eq!(world.claim_messages().await.len(), 1);
            let of_one = claimed.iter().find(|delivery| delivery.webhook == Some(one.id)).unwrap();
            world.end(of_one, Outcome::Sent).await;
            assert_eq!(world.claim_webhooks().await.len(), 1);
        }

        async fn codes_are_claimed_apart_from_what_is_no_code() {
            let (kind, told) = (Kind::NewLogin, world.told(world.code().user));
            let news = Delivery::to_person(DeliveryId::mint(&world.ambient()), kind, Channel::Email, told, world.now());
            world.take(&news).await;
            assert_eq!(world.deliveries.next_due(Lane::Codes).await.unwrap(), None);
            let code = world.taken().await;
            let claimed = world.claim(Lane::Codes, world.now()).await;
            assert_eq!(claimed.iter().map(|claimed| claimed.id).collect::<Vec<_>>(), [code.id]);
            let rest = world.claim_messages().await;
            assert_eq!(rest.iter().map(|claimed| claimed.id).collect::<Vec<_>>(), [news.id]);
        }

        async fn no_more_than_two_of_a_users_webhooks_are_called_at_once() {
            let (ada, eve) = (world.code().user, world.code().user);
            let mut made = Vec::new();
            for user in [ada, ada, ada, eve] {
                let webhook = world.made(world.webhook(user, &["*"])).await;
                made.push(webhook.id);
                assert!(world.webhooks.enqueue(world.event_for(&webhook)).await.unwrap());
                world.clock.advance(Duration::from_secs(1));
            }
            let claimed = world.claim_webhooks().await;
            let of = |user| claimed.iter().filter(|delivery| delivery.user == user).collect::<Vec<_>>();
            assert_eq!((of(ada).len(), of(eve).len()), (2, 1));
            assert_eq!(world.claim_webhooks().await, []);
            world.end(of(ada)[0], Outcome::Sent).await;
            let third = world.claim_webhooks().await;
            assert_eq!(third.iter().map(|delivery| delivery.webhook).collect::<Vec<_>>(), [Some(made[2])]);
        }

        async fn a_retry_waits_and_keeps_the_code() {
            let delivery = world.taken().await;
            world.claim_messages().await;
            let next = delivery.created_at.plus(Duration::from_secs(1));
            assert_eq!(world.end(&delivery, Outcome::Retry { at: next }).await.state, State::Pending);
            assert_eq!(world.deliveries.holds(delivery.id).await.unwrap(), Some((true, true)));
            assert_eq!(world.claim_messages().await, []);
            assert_eq!(world.deliveries.next_due(Lane::Messages).await.unwrap(), Some(next));
            assert_eq!(world.claim(Lane::Messages, next).await.len(), 1);
        }

        async fn every_end_wipes_the_code_and_all_but_a_dead_one_what_it_tells() {
            let ends = [
                (Outcome::Sent, State::Sent, false),
                (Outcome::Expired, State::Expired, false),
                (Outcome::Dead(ErrorCode::NoGateway), State::Dead, true),
            ];
            for (outcome, state, told) in ends {
                let delivery = world.taken().await;
                world.claim_messages().await;
                let record = world.end(&delivery, outcome).await;
                let reason = (state == State::Dead).then(|| "no_gateway".to_owned());
                assert_eq!((record.state, record.reason), (state, reason));
                assert_eq!(world.deliveries.holds(delivery.id).await.unwrap(), Some((false, told)));
            }
            assert_eq!(world.deliveries.next_due(Lane::Messages).await.unwrap(), None);
        }

        async fn what_nobody_wants_is_ended_and_not_shown() {
            let delivery = world.taken().await;
            world.claim_messages().await;
            world.deliveries.record(&world.claimed(&delivery).await, Outcome::Skipped.into(), world.now()).await.unwrap();
            assert_eq!(world.record(&delivery).await, None);
            assert_eq!(world.deliveries.holds(delivery.id).await.unwrap(), Some((false, false)));
            assert_eq!(world.deliveries.next_due(Lane::Messages).await.unwrap(), None);
        }

        async fn what_ended_stays_as_it_ended() {
            let delivery = world.taken().await;
            world.claim_messages().await;
            world.end(&delivery, Outcome::Sent).await;
            assert_eq!(world.end(&delivery, Outcome::Retry { at: world.now() }).await.state, State::Sent);
            assert_eq!(world.end(&delivery, Outcome::Expired).await.state, State::Sent);
        }

        async fn an_attempt_says_where_it_went_and_what_was_answered() {
            let webhook = world.made(world.webhook(world.code().user, &["*"])).await;
            let delivery = world.event_for(&webhook);
            world.webhooks.enqueue(delivery.clone()).await.unwrap();
            world.claim_webhooks().await;
            let attempt = Attempt {
                outcome: Outcome::Dead(ErrorCode::WebhookRefused),
                recipient: Some("https://ada.example.org".into()),
                status: Some(404),
            };
            let record = world.end(&delivery, Ended { attempt, health: Some(Health::Failed) }).await;
            assert_eq!((record.recipient.as_str(), record.status), ("https://ada.example.org", Some(404)));
        }

        async fn a_webhook_that_is_gone_is_turned_off_and_its_owner_told_once() {
            let webhook = world.made(world.webhook(world.code().user, &["*"])).await;
            for _ in 0..2 {
                let delivery = world.event_for(&webhook);
                world.webhooks.enqueue(delivery.clone()).await.unwrap();
                world.claim_webhooks().await;
                let attempt = Attempt::from(Outcome::Dead(ErrorCode::WebhookRefused));
                world.end(&delivery, Ended { attempt, health: Some(Health::Gone) }).await;
            }
            let found = world.webhooks.find(webhook.user, webhook.id).await.unwrap().unwrap();
            assert_eq!((found.active, found.disabled), (false, Some(Verdict::Gone)));
            let told = world.claim_messages().await;
            assert_eq!(told.len(), 1);
            assert_eq!(told[0].subject, Subject::Message(Kind::WebhookDisabled));
            assert_eq!(told[0].facts, Facts::of(&[("url", &webhook.url), ("reason", "gone")]));
        }

        async fn an_attempt_that_failed_is_remembered_by_its_webhook_until_one_succeeds() {
            let webhook = world.made(world.webhook(world.code().user, &["*"])).await;
            let delivery = world.event_for(&webhook);
            world.webhooks.enqueue(delivery.clone()).await.unwrap();
            for (outcome, health, failing) in [
                (Outcome::Retry { at: world.now() }, Health::Failed, (Some(world.now()), 1)),
                (Outcome::Retry { at: world.now() }, Health::Failed, (Some(world.now()), 2)),
                (Outcome::Sent, Health::Well, (None, 0)),
            ] {
                world.claim_webhooks().await;
                world.end(&delivery, Ended { attempt: outcome.into(), health: Some(health) }).await;
                let found = world.webhooks.find(webhook.user, webhook.id).await.unwrap().unwrap();
                assert_eq!((found.failing_since, found.failures), failing);
            }
        }

        async fn only_what_ended_before_is_forgotten() {
            let (sent, waiting) = (world.taken().await, world.taken().await);
            world.claim_messages().await;
            world.end(&sent, Outcome::Sent).await;
            assert_eq!(world.deliveries.forget(sent.created_at).await.unwrap(), 0);
            assert_eq!(world.deliveries.forget(sent.created_at.plus(Duration::from_secs(1))).await.unwrap(), 1);
            assert_eq!(world.record(&sent).await, None);
            assert!(world.record(&waiting).await.is_some());
        }
    }
}
