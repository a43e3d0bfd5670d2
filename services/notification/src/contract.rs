//! What any store of deliveries must do, whatever it is made of.

use std::sync::Arc;
use std::time::Duration;

use bus::{DeadLetter, Event, Record, Topic};
use kit::{Ambient, ErrorCode, EventId, ServiceName, Timestamp, UserId};
use testkit::contract;

use crate::domain::{Channel, Delivery, DeliveryId, Kind, Outcome};
use crate::ports::{Batch, Deliveries, Inbox, Status};

/// A store of its own for each case.
pub struct World {
    pub inbox: Arc<dyn Inbox>,
    pub deliveries: Arc<dyn Deliveries>,
    pub ambient: Ambient,
    /// Whatever must live as long as the store.
    pub keep: Box<dyn std::any::Any + Send + Sync>,
}

const CONSUMER: &str = "contract";

impl World {
    fn delivery(&self) -> Delivery {
        let at = self.ambient.now();
        Delivery {
            id: DeliveryId::mint(&self.ambient),
            cause: EventId::mint(&self.ambient),
            user: UserId::mint(&self.ambient),
            channel: Channel::Email,
            kind: Kind::ResetCode,
            recipient: "ada@example.org".into(),
            first_name: "Ada".into(),
            sealed_code: b"sealed".to_vec(),
            attempts: 0,
            created_at: at,
            expires_at: at.plus(Duration::from_secs(600)),
        }
    }

    async fn take(&self, up_to: u64, deliveries: Vec<Delivery>, unreadable: Vec<DeadLetter>) -> u64 {
        let batch = Batch { topic: Topic::Notification, up_to, deliveries, unreadable };
        self.inbox.take(CONSUMER, batch).await.unwrap()
    }

    async fn taken(&self) -> Delivery {
        let delivery = self.delivery();
        assert_eq!(self.take(1, vec![delivery.clone()], Vec::new()).await, 1);
        delivery
    }

    async fn claim(&self, at: Timestamp) -> Vec<Delivery> {
        self.deliveries.claim(at, at.plus(Duration::from_secs(60)), 10).await.unwrap()
    }

    async fn end(&self, delivery: &Delivery, outcome: Outcome) -> Status {
        self.deliveries.record(delivery.id, outcome, delivery.created_at).await.unwrap();
        self.deliveries.status(delivery.id).await.unwrap().unwrap()
    }

    fn letter(&self, position: u64) -> DeadLetter {
        let payload = String::new();
        let event = Event::new(&self.ambient, Topic::Notification, ServiceName::User, "k", "s", 1, &payload);
        DeadLetter { record: Record { position, event }, reason: "unreadable".into() }
    }
}

fn ended(state: &str, reason: Option<&str>) -> Status {
    Status { state: state.into(), reason: reason.map(str::to_owned), attempts: 1, has_code: false }
}

contract! {
    /// The store of deliveries and the inbox in front of it, which share their transactions.
    pub fn deliveries(world: World) {
        async fn what_is_taken_is_claimed_as_it_was_with_its_first_attempt() {
            let delivery = world.taken().await;
            let claimed = world.claim(delivery.created_at).await;
            assert_eq!(claimed, [Delivery { attempts: 1, ..delivery }]);
        }

        async fn the_same_cause_is_one_delivery_for_each_recipient_and_channel() {
            let first = world.taken().await;
            let again = Delivery { id: DeliveryId::mint(&world.ambient), ..first.clone() };
            assert_eq!(world.take(2, vec![again.clone()], Vec::new()).await, 0);
            let other = Delivery { recipient: "eve@example.org".into(), ..again.clone() };
            let text = Delivery { id: DeliveryId::mint(&world.ambient), channel: Channel::Sms, ..again };
            assert_eq!(world.take(3, vec![other, text], Vec::new()).await, 2);
            assert_eq!(world.claim(first.created_at).await.len(), 3);
        }

        async fn the_same_cause_after_it_was_sent_is_no_second_delivery() {
            let first = world.taken().await;
            world.claim(first.created_at).await;
            world.end(&first, Outcome::Sent).await;
            let again = Delivery { id: DeliveryId::mint(&world.ambient), ..first.clone() };
            assert_eq!(world.take(2, vec![again], Vec::new()).await, 0);
            assert_eq!(world.claim(first.expires_at).await, []);
        }

        async fn the_position_moves_with_the_batch_and_never_back() {
            assert_eq!(world.inbox.position(CONSUMER, Topic::Notification).await.unwrap(), 0);
            world.take(7, Vec::new(), vec![world.letter(7)]).await;
            world.take(3, Vec::new(), Vec::new()).await;
            assert_eq!(world.inbox.position(CONSUMER, Topic::Notification).await.unwrap(), 7);
        }

        async fn what_is_claimed_is_held_for_its_time() {
            let delivery = world.taken().await;
            let at = delivery.created_at;
            assert_eq!(world.claim(at).await.len(), 1);
            assert_eq!(world.claim(at.plus(Duration::from_secs(59))).await, []);
            assert_eq!(world.deliveries.next_due().await.unwrap(), Some(at.plus(Duration::from_secs(60))));
            let lost = world.claim(at.plus(Duration::from_secs(60))).await;
            assert_eq!(lost.iter().map(|claimed| claimed.attempts).collect::<Vec<_>>(), [2]);
        }

        async fn a_hundred_claims_at_once_get_a_delivery_once() {
            let delivery = world.taken().await;
            let claims = futures::future::join_all((0..100).map(|_| world.claim(delivery.created_at))).await;
            assert_eq!(claims.iter().map(Vec::len).sum::<usize>(), 1);
        }

        async fn no_more_are_claimed_than_asked_for_and_the_oldest_first() {
            let first = world.taken().await;
            let at = first.created_at;
            let later = Delivery { created_at: at.plus(Duration::from_secs(1)), ..world.delivery() };
            world.take(2, vec![later], Vec::new()).await;
            let soon = at.plus(Duration::from_secs(2));
            let claimed = world.deliveries.claim(soon, soon.plus(Duration::from_secs(60)), 1).await.unwrap();
            assert_eq!(claimed.iter().map(|claimed| claimed.id).collect::<Vec<_>>(), [first.id]);
        }

        async fn a_retry_waits_and_keeps_the_code() {
            let delivery = world.taken().await;
            world.claim(delivery.created_at).await;
            let next = delivery.created_at.plus(Duration::from_secs(1));
            let status = world.end(&delivery, Outcome::Retry { at: next }).await;
            assert_eq!((status.state.as_str(), status.has_code), ("pending", true));
            assert_eq!(world.claim(delivery.created_at).await, []);
            assert_eq!(world.deliveries.next_due().await.unwrap(), Some(next));
            assert_eq!(world.claim(next).await.len(), 1);
        }

        async fn every_end_wipes_the_code() {
            let ends = [
                (Outcome::Sent, ended("sent", None)),
                (Outcome::Expired, ended("expired", None)),
                (Outcome::Dead(ErrorCode::NoGateway), ended("dead", Some("no_gateway"))),
            ];
            for (outcome, expected) in ends {
                let delivery = world.taken().await;
                world.claim(delivery.created_at).await;
                assert_eq!(world.end(&delivery, outcome).await, expected);
            }
            assert_eq!(world.deliveries.next_due().await.unwrap(), None);
        }

        async fn what_ended_stays_as_it_ended() {
            let delivery = world.taken().await;
            world.claim(delivery.created_at).await;
            world.end(&delivery, Outcome::Sent).await;
            let late = world.end(&delivery, Outcome::Retry { at: delivery.created_at }).await;
            assert_eq!(late, ended("sent", None));
            assert_eq!(world.end(&delivery, Outcome::Expired).await, ended("sent", None));
        }

        async fn only_what_ended_before_is_forgotten() {
            let (sent, waiting) = (world.taken().await, world.taken().await);
            world.claim(sent.created_at).await;
            world.end(&sent, Outcome::Sent).await;
            assert_eq!(world.deliveries.forget(sent.created_at).await.unwrap(), 0);
            assert_eq!(world.deliveries.forget(sent.created_at.plus(Duration::from_secs(1))).await.unwrap(), 1);
            assert_eq!(world.deliveries.status(sent.id).await.unwrap(), None);
            assert!(world.deliveries.status(waiting.id).await.unwrap().is_some());
        }
    }
}
