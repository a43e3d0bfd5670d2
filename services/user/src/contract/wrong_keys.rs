//! API key stores with one rule broken each, to prove that the cases of their suite can fail.

use std::sync::Arc;

use async_trait::async_trait;
use kit::{Act, ApiKeyId, Failure, Timestamp, UserId};
use testkit::contract::fails;

use super::World;
use super::tests::world;
use crate::domain::{ApiKey, NewApiKey};
use crate::ports::ApiKeyStore;

/// What is wrong with a store that is otherwise right.
#[derive(Clone, Copy)]
enum Wrong {
    /// Finds expired keys too.
    Eternal,
    /// Asks nobody whose a key is: any may be revoked, as often as one likes.
    Shared,
    /// Makes room for one more key by forgetting the oldest.
    Roomy,
    /// Keeps no times of use and forgets nothing.
    Lazy,
}

struct WrongKeys(Wrong, World);

#[async_trait]
impl ApiKeyStore for WrongKeys {
    async fn create(&self, user: UserId, new: NewApiKey, act: Act) -> Result<ApiKey, Failure> {
        let keys = self.1.api_keys.list(user).await?;
        if let (Wrong::Roomy, 50.., Some(oldest)) = (self.0, keys.len(), keys.last()) {
            self.1.api_keys.revoke(user, oldest.id, act.clone()).await?;
        }
        self.1.api_keys.create(user, new, act).await
    }

    async fn list(&self, user: UserId) -> Result<Vec<ApiKey>, Failure> {
        self.1.api_keys.list(user).await
    }

    async fn revoke(&self, user: UserId, key: ApiKeyId, act: Act) -> Result<bool, Failure> {
        let done = self.1.api_keys.revoke(user, key, act).await?;
        Ok(done || matches!(self.0, Wrong::Shared))
    }

    async fn resolve(&self, hash: [u8; 32], at: Timestamp) -> Result<Option<ApiKey>, Failure> {
        let at = if matches!(self.0, Wrong::Eternal) { Timestamp::EPOCH } else { at };
        self.1.api_keys.resolve(hash, at).await
    }

    async fn mark_used(&self, key: ApiKeyId, at: Timestamp) -> Result<(), Failure> {
        match self.0 {
            Wrong::Lazy => Ok(()),
            _ => self.1.api_keys.mark_used(key, at).await,
        }
    }

    async fn forget(&self, expired_by: Timestamp) -> Result<u64, Failure> {
        match self.0 {
            Wrong::Lazy => Ok(0),
            _ => self.1.api_keys.forget(expired_by).await,
        }
    }
}

async fn with(wrong: Wrong) -> World {
    let world = world().await;
    World { api_keys: Arc::new(WrongKeys(wrong, world.clone())), ..world }
}

#[tokio::test]
async fn a_store_that_finds_expired_keys_fails() {
    let expected = ["a_key_is_found_by_its_hash_until_it_ends"];
    fails(super::api_key_store(), || with(Wrong::Eternal), &expected).await;
}

#[tokio::test]
async fn a_store_that_forgets_whose_a_key_is_fails() {
    let expected = ["a_key_is_its_users", "a_revoked_key_is_gone_and_its_closing_told"];
    fails(super::api_key_store(), || with(Wrong::Shared), &expected).await;
}

#[tokio::test]
async fn a_store_that_always_has_room_fails() {
    fails(super::api_key_store(), || with(Wrong::Roomy), &["a_user_has_fifty_keys_at_most"]).await;
}

#[tokio::test]
async fn a_store_that_remembers_no_use_fails() {
    let expected = ["the_last_use_is_remembered", "only_keys_that_expired_are_forgotten"];
    fails(super::api_key_store(), || with(Wrong::Lazy), &expected).await;
}
