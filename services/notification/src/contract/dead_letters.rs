//! What was given up, and what is tried again.

use std::time::Duration;

use kit::{ErrorCode, PageRequest};
use testkit::contract;

use super::World;
use crate::domain::{Attempt, Channel, Delivery, Kind, Outcome, State, Subject};
use crate::ports::DeadFilter;

impl World {
    /// A notice that was given up.
    async fn given_up(&self) -> Delivery {
        let notice = Delivery { sealed_code: Vec::new(), subject: Subject::Message(Kind::NewLogin), ..self.code() };
        self.take(&notice).await;
        self.claim_messages().await;
        let attempt =
            Attempt { recipient: Some(notice.recipient.clone()), ..Outcome::Dead(ErrorCode::MailRefused).into() };
        self.end(&notice, attempt).await;
        self.clock.advance(Duration::from_secs(1));
        notice
    }
}

contract! {
    /// The store of dead letters.
    pub fn dead_letters(world: World) {
        async fn only_what_was_given_up_is_listed_the_newest_first() {
            let (first, second) = (world.given_up().await, world.given_up().await);
            world.taken().await;
            let listed = world.dead().await;
            assert_eq!(listed.iter().map(|record| record.id).collect::<Vec<_>>(), [second.id, first.id]);
            assert_eq!(listed[0].reason.as_deref(), Some("mail_refused"));
            assert_eq!((listed[0].recipient.as_str(), listed[0].attempts), ("ada@example.org", 1));
        }

        async fn pages_miss_nothing_and_repeat_nothing() {
            for _ in 0..5 {
                world.given_up().await;
            }
            let (mut ids, mut after) = (Vec::new(), None);
            loop {
                let page = PageRequest { limit: 2, after };
                let page = world.dead_letters.list(DeadFilter::default(), &page).await.unwrap();
                ids.extend(page.items.iter().map(|record| record.id));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(ids, world.dead().await.iter().map(|record| record.id).collect::<Vec<_>>());
        }

        async fn a_filter_lets_through_what_it_names() {
            let letter = world.given_up().await;
            world.given_up().await;
            let page = PageRequest { limit: 9, after: None };
            let cases = [
                (DeadFilter { user: Some(letter.user), ..DeadFilter::default() }, 1),
                (DeadFilter { channel: Some(Channel::Email), ..DeadFilter::default() }, 2),
                (DeadFilter { channel: Some(Channel::Sms), ..DeadFilter::default() }, 0),
                (DeadFilter { subject: Some(Subject::Message(Kind::NewLogin)), ..DeadFilter::default() }, 2),
                (DeadFilter { subject: Some(Subject::Message(Kind::Welcome)), ..DeadFilter::default() }, 0),
            ];
            for (filter, count) in cases {
                assert_eq!(world.dead_letters.list(filter, &page).await.unwrap().items.len(), count, "{filter:?}");
            }
        }

        async fn a_dead_letter_is_sent_again_as_it_was_and_once() {
            let letter = world.given_up().await;
            let (at, until) = (world.now(), world.now().plus(Duration::from_secs(3_600)));
            let act = || world.act(letter.user, "resend");
            assert!(world.dead_letters.resend(letter.id, at, until, act()).await.unwrap());
            assert!(!world.dead_letters.resend(letter.id, at, until, act()).await.unwrap());
            assert_eq!(world.dead().await, []);
            assert_eq!(world.claim_messages().await, [Delivery { attempts: 1, expires_at: until, ..letter.clone() }]);
            assert_eq!(world.end(&letter, Outcome::Sent).await.state, State::Sent);
            assert_eq!(world.acts.acts().await, ["resend"]);
        }

        async fn what_is_not_dead_is_no_dead_letter() {
            let waiting = world.taken().await;
            assert_eq!(world.dead_letters.find(waiting.id).await.unwrap(), None);
            let resent = world.dead_letters.resend(waiting.id, world.now(), world.now(), world.act(waiting.user, "r"));
            assert!(!resent.await.unwrap());
            let letter = world.given_up().await;
            assert_eq!(world.dead_letters.find(letter.id).await.unwrap().map(|found| found.id), Some(letter.id));
            assert_eq!(world.acts.acts().await, Vec::<String>::new());
        }
    }
}
