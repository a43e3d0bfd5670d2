//! Signing keys in the database.

use async_trait::async_trait;
use kit::{Failure, Timestamp};
use sql::{Row, Stored as _};

use super::sequences::Sequence;
use super::{SqlStore, rows};
use crate::domain::SigningKey;
use crate::ports::KeyStore;

#[async_trait]
impl KeyStore for SqlStore {
    async fn all(&self) -> Result<Vec<SigningKey>, Failure> {
        let found = sql::query("SELECT * FROM signing_keys ORDER BY signs_from DESC");
        found.fetch_all(self.database.readers()).await.stored()?.iter().map(key).collect()
    }

    async fn add(&self, key: SigningKey) -> Result<bool, Failure> {
        let work = self.database.write(move |c| {
            Box::pin(async move {
                Sequence::SigningKeys.lock(c).await?;
                let covered: bool =
                    sql::query_scalar("SELECT EXISTS (SELECT 1 FROM signing_keys WHERE signs_until > ?)")
                        .bind(key.signs_from.as_micros())
                        .fetch_one(&mut *c)
                        .await
                        .stored()?;
                if covered {
                    return Ok(false);
                }
                sql::query(
                    "INSERT INTO signing_keys (kid, public_key, sealed, signs_from, signs_until) VALUES (?, ?, ?, ?, ?)",
                )
                .bind(&key.kid)
                .bind(key.public_key.as_slice())
                .bind(&key.sealed)
                .bind(key.signs_from.as_micros())
                .bind(key.signs_until.as_micros())
                .execute(c)
                .await
                .stored()?;
                Ok(true)
            })
        });
        work.await
    }

    async fn forget(&self, before: Timestamp) -> Result<u64, Failure> {
        let work = self.database.write(move |c| {
            Box::pin(async move {
                let delete = sql::query("DELETE FROM signing_keys WHERE signs_until < ?").bind(before.as_micros());
                delete.execute(c).await.stored().map(sql::Done::rows_affected)
            })
        });
        work.await
    }
}

fn key(row: &Row) -> Result<SigningKey, Failure> {
    Ok(SigningKey {
        kid: row.get("kid"),
        public_key: row.get::<Vec<u8>>("public_key").try_into().map_err(|_| rows::broken("public key"))?,
        sealed: row.get("sealed"),
        signs_from: Timestamp::from_micros(row.get("signs_from")),
        signs_until: Timestamp::from_micros(row.get("signs_until")),
    })
}
