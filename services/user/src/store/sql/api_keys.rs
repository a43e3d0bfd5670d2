//! API keys in the database. A key, the notice about it and the act commit together; so do its end and the closing.

use async_trait::async_trait;
use bus::{audit, outbox};
use kit::{Act, Ambient, ApiKeyId, ErrorCode, Failure, Scope, ServiceName, SessionId, TenantId, Timestamp, UserId};
use sql::{Connection, Row, Stored as _, is_unique_violation};

use super::{SqlStore, closings, rows};
use crate::domain::api_key::words;
use crate::domain::{ApiKey, KeyName, MOST_KEYS, NewApiKey, Reason, User};
use crate::events::Announcer;
use crate::ports::ApiKeyStore;

/// How many keys one sweep removes: other writers wait for it.
const BATCH: u32 = 100;

#[async_trait]
impl ApiKeyStore for SqlStore {
    async fn create(&self, user: UserId, new: NewApiKey, act: Act) -> Result<ApiKey, Failure> {
        let (announcer, ambient) = (self.announcer(), self.ambient.clone());
        let work = self.database.write(move |c| {
            Box::pin(async move {
                let key = create(c, &announcer, user, new).await?;
                audit::append(c, &ambient, ServiceName::User, &act).await?;
                Ok(key)
            })
        });
        work.await
    }

    async fn list(&self, user: UserId) -> Result<Vec<ApiKey>, Failure> {
        let found = sql::query("SELECT * FROM api_keys WHERE user_id = ? ORDER BY created_at DESC, id DESC")
            .bind(user.as_bytes())
            .fetch_all(self.database.readers())
            .await
            .stored()?;
        found.iter().map(api_key).collect()
    }

    async fn revoke(&self, user: UserId, key: ApiKeyId, act: Act) -> Result<bool, Failure> {
        let ambient = self.ambient.clone();
        self.database.write(move |c| Box::pin(async move { revoke(c, &ambient, user, key, act).await })).await
    }

    async fn resolve(&self, hash: [u8; 32], at: Timestamp) -> Result<Option<ApiKey>, Failure> {
        let row = sql::query("SELECT * FROM api_keys WHERE hash = ? AND (expires_at IS NULL OR expires_at > ?)")
            .bind(hash.as_slice())
            .bind(at.as_micros())
            .fetch_optional(self.database.readers())
            .await
            .stored()?;
        row.as_ref().map(api_key).transpose()
    }

    async fn mark_used(&self, key: ApiKeyId, at: Timestamp) -> Result<(), Failure> {
        let work = self.database.write(move |c| {
            Box::pin(async move {
                sql::query(
                    "UPDATE api_keys SET last_used_at = ? WHERE id = ? AND (last_used_at IS NULL OR last_used_at < ?)",
                )
                .bind(at.as_micros())
                .bind(key.as_bytes())
                .bind(at.as_micros())
                .execute(c)
                .await
                .stored()
                .map(drop)
            })
        });
        work.await
    }

    async fn forget(&self, expired_by: Timestamp) -> Result<u64, Failure> {
        let work = self.database.write(move |c| {
            Box::pin(async move {
                let expired = sql::query_scalar::<Vec<u8>>(
                    "SELECT id FROM api_keys WHERE expires_at <= ? ORDER BY expires_at LIMIT ? FOR UPDATE SKIP LOCKED",
                );
                rows::remove(c, expired.bind(expired_by.as_micros()).bind(BATCH), "DELETE FROM api_keys WHERE id IN")
                    .await
            })
        });
        work.await
    }
}

async fn create(
    connection: &mut Connection,
    announcer: &Announcer,
    user: UserId,
    new: NewApiKey,
) -> Result<ApiKey, Failure> {
    let owner = rows::by_id(connection, user).await?.filter(User::is_open);
    let owner = owner.ok_or_else(|| Failure::of(ErrorCode::SessionClosed))?;
    let keys: u32 = sql::query_scalar("SELECT COUNT(*) FROM api_keys WHERE user_id = ?")
        .bind(user.as_bytes())
        .fetch_one(&mut *connection)
        .await
        .stored()?;
    if keys >= MOST_KEYS {
        let told = format!("A user has at most {MOST_KEYS} API keys: revoke one that is not needed.");
        return Err(Failure::new(ErrorCode::TooMany, told));
    }
    let (hash, key) = (new.hash, kept(user, new));
    insert(connection, &key, hash).await?;
    outbox::append(connection, &announcer.api_key_created(&owner, &key)).await?;
    Ok(key)
}

fn kept(user: UserId, new: NewApiKey) -> ApiKey {
    ApiKey {
        id: new.id,
        user,
        tenant: new.tenant,
        name: new.name,
        hint: new.hint,
        scopes: new.scopes,
        created_at: new.at,
        expires_at: new.expires_at,
        last_used_at: None,
    }
}

async fn insert(connection: &mut Connection, key: &ApiKey, hash: [u8; 32]) -> Result<(), Failure> {
    let done = sql::query(
        "INSERT INTO api_keys (id, user_id, tenant_id, name, hint, hash, scopes, created_at, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(key.id.as_bytes())
    .bind(key.user.as_bytes())
    .bind(key.tenant.as_bytes())
    .bind(key.name.as_str())
    .bind(&key.hint)
    .bind(hash.as_slice())
    .bind(words(&key.scopes))
    .bind(key.created_at.as_micros())
    .bind(key.expires_at.map(Timestamp::as_micros))
    .execute(connection)
    .await;
    match done {
        Err(error) if is_unique_violation(&error) => {
            Err(Failure::new(ErrorCode::NameTaken, "Another of your API keys has this name.").field("name"))
        }
        done => done.stored().map(drop),
    }
}

async fn revoke(
    connection: &mut Connection,
    ambient: &Ambient,
    user: UserId,
    key: ApiKeyId,
    act: Act,
) -> Result<bool, Failure> {
    let find = sql::query_scalar::<String>("SELECT name FROM api_keys WHERE id = ? AND user_id = ? FOR UPDATE")
        .bind(key.as_bytes())
        .bind(user.as_bytes());
    let Some(name) = find.fetch_optional(&mut *connection).await.stored()? else { return Ok(false) };
    let delete = sql::query("DELETE FROM api_keys WHERE id = ?").bind(key.as_bytes());
    delete.execute(&mut *connection).await.stored()?;
    let closed = Some(SessionId::from_uuid(key.as_uuid()));
    closings::record(connection, ambient, user, &[closed], Reason::Revoked, ambient.now()).await?;
    audit::append(connection, ambient, ServiceName::User, &act.detail("name", name)).await?;
    Ok(true)
}

fn api_key(row: &Row) -> Result<ApiKey, Failure> {
    let scopes = row.get::<&str>("scopes").split(' ').map(str::parse::<Scope>).collect::<Result<_, _>>();
    Ok(ApiKey {
        id: ApiKeyId::from_bytes(row.get("id")).ok_or_else(|| rows::broken("API key id"))?,
        user: UserId::from_bytes(row.get("user_id")).ok_or_else(|| rows::broken("user id"))?,
        tenant: TenantId::from_bytes(row.get("tenant_id")).ok_or_else(|| rows::broken("tenant id"))?,
        name: KeyName::parse(row.get("name"))?,
        hint: row.get("hint"),
        scopes: scopes.map_err(|_| rows::broken("scope"))?,
        created_at: Timestamp::from_micros(row.get("created_at")),
        expires_at: row.get::<Option<i64>>("expires_at").map(Timestamp::from_micros),
        last_used_at: row.get::<Option<i64>>("last_used_at").map(Timestamp::from_micros),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sql::Database;
    use testkit::TestClock;
    use tokio::sync::watch;
    use tokio::task::yield_now;

    use super::*;
    use crate::ports::Directory as _;
    use crate::samples;
    use crate::store::sql::MIGRATIONS;

    fn key(ambient: &Ambient) -> ApiKey {
        let user = samples::user(ambient);
        let (id, name) = (ApiKeyId::mint(ambient), KeyName::parse("ci").unwrap());
        let (hint, scopes, at) = ("wxyz".to_owned(), vec![Scope::LogsRead], ambient.now());
        kept(user.id, NewApiKey { id, tenant: user.tenant, name, hint, hash: [0; 32], scopes, at, expires_at: None })
    }

    #[tokio::test]
    async fn a_revocation_that_waited_for_other_writers_closes_what_was_answered_meanwhile() {
        let (directory, clock) = (tempfile::tempdir().unwrap(), TestClock::default());
        let database =
            Database::open(&directory.path().join("user.db"), &[&bus::MIGRATIONS, &MIGRATIONS]).await.unwrap();
        let store = SqlStore::new(database.clone(), clock.ambient());
        let key = key(&clock.ambient());
        let (user, id) = (key.user, key.id);
        database.write(move |c| Box::pin(async move { insert(c, &key, [0; 32]).await })).await.unwrap();
        let (release, held) = watch::channel(false);
        let other = database.clone();
        let other = tokio::spawn(async move {
            let wait = |mut held: watch::Receiver<bool>| async move {
                held.wait_for(|released| *released).await.map(drop).map_err(Failure::internal)
            };
            other.write(move |_| Box::pin(wait(held))).await
        });
        yield_now().await;
        let revoker = store.clone();
        let act = Act::anonymous("user.api_key_revoke", "api_key", id);
        let revoking = tokio::spawn(async move { revoker.revoke(user, id, act).await });
        yield_now().await;
        clock.advance(Duration::from_secs(60));
        release.send(true).unwrap();
        other.await.unwrap().unwrap();
        assert!(revoking.await.unwrap().unwrap());
        let closed = store.closed_since(0, Timestamp::EPOCH, 10).await.unwrap();
        assert_eq!(closed[0].at, clock.ambient().now());
    }
}
