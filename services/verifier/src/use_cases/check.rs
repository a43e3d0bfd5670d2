//! Who a token's bearer is now, and whether that is enough.

use bytes::Bytes;
use kit::{Caller, Failure, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use super::App;
use super::resolve::{Subject, resolve};
use crate::domain::{Asking, Person, verdict};

/// Somebody as they were a moment ago. When that was goes along: replicas may share the cache, and one that was held up between
/// looking and remembering must not give its late memory a new life.
#[derive(Serialize, Deserialize)]
struct Remembered {
    person: Person,
    looked_at: Timestamp,
}

/// Closures come first, always: neither a cached verdict nor a copy can keep a closed session open.
pub async fn check(app: &App, asking: &Asking) -> Result<Caller, Failure> {
    app.revocation.admit(asking).await?;
    let key = format!("verifier/person/{}", asking.user);
    if let Some(caller) = cached(app, &key, asking).await {
        return Ok(caller);
    }
    let looked_at = app.ambient.now();
    let judge = |person: Option<&Person>| verdict(person, asking).map(|caller| (caller, person.cloned()));
    let (caller, person) = resolve(app, &User(asking.user), asking.least, judge).await?;
    let remembered = person.map(|person| Remembered { person, looked_at });
    if let Some(bytes) = remembered.and_then(|remembered| serde_json::to_vec(&remembered).ok()) {
        app.cache.set(&key, Bytes::from(bytes), app.config.verdict_life).await;
    }
    Ok(caller)
}

/// Only a yes is taken from the cache: a no may have become a yes since.
async fn cached(app: &App, key: &str, asking: &Asking) -> Option<Caller> {
    let bytes = app.cache.get(key).await?;
    let Remembered { person, looked_at } = serde_json::from_slice(&bytes).ok()?;
    let fresh = app.is_within(app.config.verdict_life, looked_at);
    if !fresh || person.user != asking.user || person.revision < asking.least {
        return None;
    }
    verdict(Some(&person), asking).ok()
}

struct User(UserId);

impl Subject for User {
    type Copy = Person;
    const NAME: &'static str = "user";

    fn key(&self) -> String {
        self.0.to_string()
    }

    async fn copy(&self, app: &App) -> Result<Option<Person>, Failure> {
        app.model.person(self.0).await
    }

    async fn owned(&self, app: &App) -> Result<Option<Person>, Failure> {
        app.owners.person(self.0).await
    }
}
