//! The SQLite store with at most one rule broken.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use bus::Topic;
use kit::{Act, AllocationId, ErrorCode, Failure, Page, PageRequest, Timestamp, UserId, WebhookId};

use crate::domain::{Choice, Delivery, DeliveryId, Kind, Outcome, Reached, Record, Subject, Webhook};
use crate::ports::{
    Batch, Contacts, DeadFilter, DeadLetters, Deliveries, Edit, Effect, Ended, History, Inbox, Lane, Preferences,
    Webhooks,
};
use crate::store::SqlStore;

/// Which rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Broken {
    RenewsNothing,
    RenewsAnything,
    HoldsNothing,
    NeverEnds,
    ForgetsHealth,
    HasOneLane,
    ClaimsBackwards,
    IgnoresLimits,
    ForgetsThePosition,
    TakesOnlyOne,
    TakesAnyRevision,
    TellsNothing,
    TellsOldNews,
    TellsEveryStart,
    ForgetsNothing,
    KeepsTheGone,
    ServesTheGone,
    ForgetsFarewells,
    LosesChoices,
    ShowsAnybody,
    HasNoLimit,
    LosesSecrets,
    OnlySaysItDeletes,
    IgnoresFilters,
    ResendsAnything,
    RepeatsPages,
}

pub struct Wrong {
    inner: SqlStore,
    broken: Option<Broken>,
    owners: Mutex<HashMap<WebhookId, UserId>>,
    /// What revisions grow by, where any is taken.
    later: AtomicU64,
}

impl Wrong {
    pub fn new(inner: SqlStore, broken: Option<Broken>) -> Self {
        Self { inner, broken, owners: Mutex::default(), later: AtomicU64::new(0) }
    }

    fn is(&self, broken: Broken) -> bool {
        self.broken == Some(broken)
    }

    /// Says that it was done where it is refused to who is gone.
    fn served(&self, done: Result<(), Failure>) -> Result<(), Failure> {
        match done {
            Err(failure) if self.is(Broken::ServesTheGone) && failure.code == ErrorCode::SessionClosed => Ok(()),
            done => done,
        }
    }

    /// Whose a webhook is, where it is shown to anybody.
    fn owner(&self, asker: UserId, id: WebhookId) -> UserId {
        let owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        owners.get(&id).copied().filter(|_| self.is(Broken::ShowsAnybody)).unwrap_or(asker)
    }
}

#[async_trait]
impl Inbox for Wrong {
    async fn position(&self, consumer: &str, topic: Topic) -> Result<u64, Failure> {
        let position = self.inner.position(consumer, topic).await?;
        Ok(if self.is(Broken::ForgetsThePosition) { 0 } else { position })
    }

    async fn take(&self, consumer: &'static str, mut batch: Batch) -> Result<u64, Failure> {
        if self.is(Broken::TakesOnlyOne) {
            batch.effects.truncate(1);
        }
        let (at, later) = (batch.at, self.later.fetch_add(100, Ordering::Relaxed));
        batch.effects.retain(|effect| match effect {
            Effect::Gone { .. } => !self.is(Broken::KeepsTheGone),
            Effect::Deliver(delivery) => {
                !(self.is(Broken::ForgetsFarewells) && delivery.subject == Subject::Message(Kind::AccountDeleted))
            }
            Effect::User { .. } | Effect::Allocation(_) => true,
        });
        for effect in &mut batch.effects {
            match (effect, self.broken) {
                (Effect::User { news, .. }, Some(Broken::TellsNothing)) => *news = None,
                (Effect::User { news: Some(news), .. }, Some(Broken::TellsOldNews)) => news.told.at = at,
                (Effect::User { contact, .. }, Some(Broken::TakesAnyRevision)) => contact.revision += later,
                (Effect::Allocation(news), Some(Broken::TellsEveryStart)) => {
                    news.id = AllocationId::from_uuid(news.told.cause.as_uuid());
                }
                _ => {}
            }
        }
        self.inner.take(consumer, batch).await
    }
}

#[async_trait]
impl Deliveries for Wrong {
    async fn renew(&self, delivery: &Delivery, at: Timestamp, hold_until: Timestamp) -> Result<bool, Failure> {
        match self.broken {
            Some(Broken::RenewsNothing) => Ok(true),
            Some(Broken::RenewsAnything) => Ok(self.inner.renew(delivery, at, hold_until).await.is_ok()),
            _ => self.inner.renew(delivery, at, hold_until).await,
        }
    }

    async fn claim(
        &self,
        lane: Lane,
        at: Timestamp,
        hold_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Delivery>, Failure> {
        let hold_until = if self.is(Broken::HoldsNothing) { at } else { hold_until };
        let limit = if self.is(Broken::IgnoresLimits) { 100 } else { limit };
        let mut claimed = self.inner.claim(lane, at, hold_until, limit).await?;
        if self.is(Broken::ClaimsBackwards) {
            claimed.reverse();
        }
        if self.is(Broken::HasOneLane) && lane != Lane::Messages {
            claimed.extend(self.inner.claim(Lane::Messages, at, hold_until, limit).await?);
        }
        Ok(claimed)
    }

    async fn record(&self, delivery: &Delivery, mut ended: Ended, at: Timestamp) -> Result<(), Failure> {
        if self.is(Broken::NeverEnds) {
            ended.attempt.outcome = Outcome::Retry { at };
        }
        if self.is(Broken::ForgetsHealth) {
            ended.health = None;
        }
        self.inner.record(delivery, ended, at).await
    }

    async fn next_due(&self, lane: Lane) -> Result<Option<Timestamp>, Failure> {
        self.inner.next_due(lane).await
    }

    async fn forget(&self, before: Timestamp) -> Result<u64, Failure> {
        if self.is(Broken::ForgetsNothing) { Ok(0) } else { self.inner.forget(before).await }
    }

    async fn holds(&self, id: DeliveryId) -> Result<Option<(bool, bool)>, Failure> {
        self.inner.holds(id).await
    }
}

#[async_trait]
impl Contacts for Wrong {
    async fn reach(&self, user: UserId) -> Result<Reached, Failure> {
        self.inner.reach(user).await
    }
}

#[async_trait]
impl Preferences for Wrong {
    async fn of(&self, user: UserId) -> Result<Vec<Choice>, Failure> {
        self.inner.of(user).await
    }

    async fn choose(&self, user: UserId, choices: Vec<Choice>, act: Act) -> Result<(), Failure> {
        let choices = if self.is(Broken::LosesChoices) { Vec::new() } else { choices };
        self.served(self.inner.choose(user, choices, act).await)
    }
}

#[async_trait]
impl Webhooks for Wrong {
    async fn list(&self, user: UserId) -> Result<Vec<Webhook>, Failure> {
        Webhooks::list(&self.inner, user).await
    }

    async fn find(&self, user: UserId, id: WebhookId) -> Result<Option<Webhook>, Failure> {
        let found = Webhooks::find(&self.inner, self.owner(user, id), id).await?;
        let forgetful = |webhook| Webhook { previous: None, ..webhook };
        Ok(if self.is(Broken::LosesSecrets) { found.map(forgetful) } else { found })
    }

    async fn create(&self, webhook: Webhook, act: Act) -> Result<(), Failure> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner).insert(webhook.id, webhook.user);
        let made = self.served(self.inner.create(webhook, act).await);
        if self.is(Broken::HasNoLimit) { Ok(()) } else { made }
    }

    async fn update(&self, user: UserId, id: WebhookId, edit: Edit, act: Act) -> Result<Option<Webhook>, Failure> {
        self.inner.update(self.owner(user, id), id, edit, act).await
    }

    async fn delete(&self, user: UserId, id: WebhookId, act: Act) -> Result<bool, Failure> {
        if self.is(Broken::OnlySaysItDeletes) {
            return Ok(true);
        }
        self.inner.delete(self.owner(user, id), id, act).await
    }

    async fn enqueue(&self, delivery: Delivery) -> Result<bool, Failure> {
        let queued = self.inner.enqueue(delivery).await;
        if self.is(Broken::HasNoLimit) { queued.or(Ok(true)) } else { queued }
    }
}

#[async_trait]
impl History for Wrong {
    async fn of_user(&self, user: UserId, limit: u32) -> Result<Vec<Record>, Failure> {
        self.inner.of_user(user, if self.is(Broken::IgnoresLimits) { 100 } else { limit }).await
    }

    async fn of_webhook(&self, user: UserId, webhook: WebhookId, limit: u32) -> Result<Vec<Record>, Failure> {
        self.inner.of_webhook(self.owner(user, webhook), webhook, limit).await
    }
}

#[async_trait]
impl DeadLetters for Wrong {
    async fn list(&self, filter: DeadFilter, page: &PageRequest) -> Result<Page<Record>, Failure> {
        let filter = if self.is(Broken::IgnoresFilters) { DeadFilter::default() } else { filter };
        let mut found = DeadLetters::list(&self.inner, filter, page).await?;
        if self.is(Broken::RepeatsPages) && page.after.is_some() {
            let first = PageRequest { limit: page.limit, after: None };
            found.items = DeadLetters::list(&self.inner, filter, &first).await?.items;
        }
        Ok(found)
    }

    async fn find(&self, id: DeliveryId) -> Result<Option<Record>, Failure> {
        DeadLetters::find(&self.inner, id).await
    }

    async fn resend(&self, id: DeliveryId, at: Timestamp, expires_at: Timestamp, act: Act) -> Result<bool, Failure> {
        let resent = self.inner.resend(id, at, expires_at, act).await?;
        Ok(resent || self.is(Broken::ResendsAnything))
    }
}
