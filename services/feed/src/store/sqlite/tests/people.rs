//! Stores that misunderstand what events tell of people.

use std::sync::Arc;

use async_trait::async_trait;
use bus::Topic;
use kit::{Failure, MachineId, UserId};
use testkit::contract;

use super::super::SqliteFeed;
use super::world;
use crate::contract::people::people;
use crate::domain::{Effect, Life, Person};
use crate::ports::{Intake, PeopleStore};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Breaks {
    /// Takes the last to come for the newest.
    Order,
    /// Hides who is gone and keeps what they liked.
    Gone,
    /// Forgets who is gone altogether.
    Mark,
    /// Gives a badge for one machine to everybody who comes after.
    Badge,
    /// Forgets to move on past what it cannot read.
    Position,
}

struct Broken(Arc<SqliteFeed>, Breaks);

impl Broken {
    async fn forget(&self, user: UserId) {
        let work = self.0.database.write(move |c| {
            Box::pin(async move {
                let done = sql::query("DELETE FROM people WHERE user_id = ?").bind(user.as_bytes()).execute(c).await;
                done.map(drop).map_err(Failure::internal)
            })
        });
        work.await.unwrap();
    }

    /// Every machine that this user spoke of.
    async fn spoken_of(&self, user: UserId) -> Vec<MachineId> {
        use crate::ports::CommentStore as _;
        self.0.of_user(user, 100).await.unwrap().into_iter().map(|comment| comment.machine).collect()
    }

    async fn misread(&self, effect: Effect) -> Vec<Effect> {
        match (self.1, effect) {
            (Breaks::Order, Effect::Person(person)) => {
                self.forget(person.user).await;
                vec![Effect::Person(person)]
            }
            (Breaks::Gone, Effect::Person(person)) if person.life == Life::Gone => {
                vec![Effect::Person(Person { life: Life::Leaving, ..person })]
            }
            (Breaks::Badge, Effect::HasRun(user, machine)) => {
                let machines = self.spoken_of(user).await;
                machines.into_iter().chain([machine]).map(|machine| Effect::HasRun(user, machine)).collect()
            }
            (_, effect) => vec![effect],
        }
    }
}

#[async_trait]
impl PeopleStore for Broken {
    async fn position(&self, consumer: &'static str, topic: Topic) -> Result<u64, Failure> {
        self.0.position(consumer, topic).await
    }

    async fn take(&self, consumer: &'static str, intake: Intake) -> Result<(), Failure> {
        let mut effects = Vec::new();
        for effect in &intake.effects {
            effects.extend(self.misread(effect.clone()).await);
        }
        let position = if self.1 == Breaks::Position && !intake.letters.is_empty() { 0 } else { intake.position };
        self.0.take(consumer, Intake { effects, position, ..intake.clone() }).await?;
        for effect in intake.effects {
            if let Effect::Person(Person { user, life: Life::Gone, .. }) = effect
                && self.1 == Breaks::Mark
            {
                self.forget(user).await;
            }
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_wrong_reading_of_events_fails_the_cases_that_are_about_its_fault() {
    let breaking = async |breaks, cases: &[&str]| {
        let fresh = || world(move |world, store| world.people = Arc::new(Broken(store, breaks)));
        contract::fails(people(), fresh, cases).await;
    };
    let along = "who_is_gone_takes_likes_and_badges_along_and_leaves_comments";
    breaking(Breaks::Order, &["the_newest_revision_names_in_whatever_order_they_come"]).await;
    breaking(Breaks::Gone, &[along, "who_left_and_is_gone_later_loses_likes_then"]).await;
    breaking(Breaks::Mark, &[along, "who_is_gone_brings_nothing_back"]).await;
    breaking(Breaks::Badge, &["a_badge_is_for_who_ran_that_machine"]).await;
    breaking(Breaks::Position, &["an_event_put_aside_is_passed_over"]).await;
}
