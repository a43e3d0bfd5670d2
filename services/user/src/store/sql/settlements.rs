//! Accounts that close, in the database: the closing and the row that its work is resumed from are one transaction.

use std::time::Duration;

use async_trait::async_trait;
use bus::outbox;
use kit::{Act, Failure, TenantId, Timestamp, UserId};
use sql::{Connection, Row, Stored as _};

use super::changes::revise;
use super::sequences::Sequence;
use super::{SqlStore, closings, codes, directory, rows};
use crate::domain::{Reason, Settlement, User, Wish, Worker};
use crate::events::{Actor, Announcer};
use crate::ports::Settlements;

#[async_trait]
impl Settlements for SqlStore {
    async fn suspend(&self, user: UserId, at: Timestamp, act: Act) -> Result<Option<User>, Failure> {
        let announcer = self.announcer();
        let work = self.database.write(move |c| {
            Box::pin(async move {
                Sequence::Admins.lock(c).await?;
                let Some(mut user) = rows::present(c, user).await? else { return Ok(None) };
                if !user.suspended {
                    directory::keep_an_admin(c, &user).await?;
                    user.suspended = true;
                    codes::forget_all(c, &user).await?;
                    close(c, &announcer, &user, Wish::Stopped, &act).await?;
                    revise(c, &announcer, &mut user, at, "user.suspended", act, &["suspended"]).await?;
                }
                Ok(Some(user))
            })
        });
        work.await
    }

    async fn resume(&self, user: UserId, at: Timestamp, act: Act) -> Result<Option<User>, Failure> {
        let announcer = self.announcer();
        let work = self.database.write(move |c| {
            Box::pin(async move {
                let Some(mut user) = rows::present(c, user).await? else { return Ok(None) };
                if user.suspended {
                    user.suspended = false;
                    lift(c, user.id).await?;
                    revise(c, &announcer, &mut user, at, "user.resumed", act, &["suspended"]).await?;
                }
                Ok(Some(user))
            })
        });
        work.await
    }

    async fn leave(&self, user: UserId, at: Timestamp, act: Act) -> Result<bool, Failure> {
        let announcer = self.announcer();
        let work = self.database.write(move |c| {
            Box::pin(async move {
                Sequence::Admins.lock(c).await?;
                let Some(mut user) = rows::by_id(c, user).await? else { return Ok(false) };
                if !user.deleting {
                    directory::keep_an_admin(c, &user).await?;
                    user.deleting = true;
                    codes::forget_all(c, &user).await?;
                    close(c, &announcer, &user, Wish::Removed, &act).await?;
                    revise(c, &announcer, &mut user, at, "user.deleting", act, &["deleting"]).await?;
                }
                Ok(true)
            })
        });
        work.await
    }

    async fn open_work(&self, after: Option<UserId>, limit: u32) -> Result<Vec<Settlement>, Failure> {
        let after = after.map(|user| user.as_bytes().to_vec()).unwrap_or_default();
        let found = sql::query("SELECT * FROM account_work WHERE user_id > ? ORDER BY user_id LIMIT ?")
            .bind(after)
            .bind(limit)
            .fetch_all(self.database.readers())
            .await
            .stored()?;
        found.iter().map(settlement).collect()
    }

    async fn claim(&self, user: UserId, worker: Worker, life: Duration) -> Result<Option<Settlement>, Failure> {
        self.database.write(move |c| Box::pin(async move { claim(c, user, worker, life).await })).await
    }

    async fn release(&self, user: UserId, worker: Worker) -> Result<(), Failure> {
        let work = self.database.write(move |c| {
            Box::pin(async move {
                let release = sql::query(
                    "UPDATE account_work SET worker = NULL, taken_until = 0 WHERE user_id = ? AND worker = ?",
                );
                release.bind(user.as_bytes()).bind(worker.0).execute(c).await.stored().map(drop)
            })
        });
        work.await
    }

    async fn stopped(&self, work: Settlement) -> Result<(), Failure> {
        self.database.write(move |c| Box::pin(async move { done(c, work).await })).await
    }

    async fn erase(&self, work: Settlement) -> Result<bool, Failure> {
        let announcer = self.announcer();
        self.database.write(move |c| Box::pin(async move { erase(c, &announcer, work).await })).await
    }
}

/// Voids every session and key of a user, and notes the work on what they hold elsewhere.
async fn close(
    connection: &mut Connection,
    announcer: &Announcer,
    user: &User,
    wish: Wish,
    act: &Act,
) -> Result<(), Failure> {
    let reason = match wish {
        Wish::Stopped => Reason::Suspended,
        Wish::Removed => Reason::Deleted,
    };
    closings::close_account(connection, announcer.ambient(), user.id, reason).await?;
    sql::query(
        "INSERT INTO account_work (user_id, tenant_id, wish, actor, asked_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (user_id) DO UPDATE SET
             wish = excluded.wish, actor = excluded.actor, asked_at = excluded.asked_at",
    )
    .bind(user.id.as_bytes())
    .bind(user.tenant.as_bytes())
    .bind(wish.as_str())
    .bind(act.actor.unwrap_or(user.id).as_bytes())
    .bind(announcer.ambient().now().as_micros())
    .execute(connection)
    .await
    .stored()
    .map(drop)
}

async fn claim(
    connection: &mut Connection,
    user: UserId,
    worker: Worker,
    life: Duration,
) -> Result<Option<Settlement>, Failure> {
    let take = sql::query(
        "UPDATE account_work SET worker = ?, taken_until = NOW_MICROS() + ?
         WHERE user_id = ? AND (taken_until <= NOW_MICROS() OR worker = ?)",
    )
    .bind(worker.0)
    .bind(life.as_micros() as i64)
    .bind(user.as_bytes())
    .bind(worker.0);
    if take.execute(&mut *connection).await.stored()?.rows_affected() == 0 {
        return Ok(None);
    }
    let row = sql::query("SELECT * FROM account_work WHERE user_id = ?").bind(user.as_bytes());
    row.fetch_optional(connection).await.stored()?.as_ref().map(settlement).transpose()
}

/// Takes off the work of one suspension, which may have been followed by another while it was done.
async fn done(connection: &mut Connection, work: Settlement) -> Result<(), Failure> {
    let delete = sql::query("DELETE FROM account_work WHERE user_id = ? AND wish = ? AND asked_at = ?")
        .bind(work.user.as_bytes())
        .bind(Wish::Stopped.as_str())
        .bind(work.asked_at.as_micros());
    delete.execute(connection).await.stored().map(drop)
}

/// Takes off the work of any suspension; that of a departure stays until the account is gone.
async fn lift(connection: &mut Connection, user: UserId) -> Result<(), Failure> {
    let delete = sql::query("DELETE FROM account_work WHERE user_id = ? AND wish = ?");
    delete.bind(user.as_bytes()).bind(Wish::Stopped.as_str()).execute(connection).await.stored().map(drop)
}

async fn erase(connection: &mut Connection, announcer: &Announcer, work: Settlement) -> Result<bool, Failure> {
    let user = rows::by_id(connection, work.user).await?.filter(|user| user.deleting);
    let Some(user) = user else { return Ok(false) };
    let actor = if work.actor == user.id { Actor::User(user.id) } else { Actor::Admin(work.actor) };
    directory::delete(connection, announcer, &user, actor).await?;
    outbox::append(connection, &announcer.notice("account_deleted", &user, &user.email, &[])).await?;
    Ok(true)
}

fn settlement(row: &Row) -> Result<Settlement, Failure> {
    Ok(Settlement {
        user: UserId::from_bytes(row.get("user_id")).ok_or_else(|| rows::broken("user id"))?,
        tenant: TenantId::from_bytes(row.get("tenant_id")).ok_or_else(|| rows::broken("tenant id"))?,
        wish: Wish::parse(row.get("wish")).ok_or_else(|| rows::broken("wish"))?,
        actor: UserId::from_bytes(row.get("actor")).ok_or_else(|| rows::broken("user id"))?,
        asked_at: Timestamp::from_micros(row.get("asked_at")),
    })
}
