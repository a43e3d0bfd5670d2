//! Codes in SQLite. A wrong try is counted in the same transaction that found it wrong, so parallel guesses all count.

use async_trait::async_trait;
use bus::outbox;
use kit::{Failure, Timestamp};
use sqlite::Stored as _;
use sqlx::{Row as _, SqliteConnection};

use super::{SqliteStore, accounts, rows};
use crate::domain::code::HOUR;
use crate::domain::{Attempt, CodeRules, Email, NewCode, Purpose, Reason, User};
use crate::events::{Actor, Announcer};
use crate::ports::CodeStore;

#[async_trait]
impl CodeStore for SqliteStore {
    async fn send(&self, email: &Email, code: NewCode, rules: CodeRules) -> Result<(), Failure> {
        let (announcer, email) = (self.announcer(), email.clone());
        let work = self.database.write(move |c| {
            Box::pin(async move {
                rules.may_send(&sends(c, &code).await?, code.at)?;
                match rows::by_email(c, &email).await?.filter(|user| fits(user, code.purpose)) {
                    Some(user) => put(c, &announcer, &user, &code).await,
                    None => record_send(c, &code).await,
                }
            })
        });
        work.await
    }

    async fn verify(&self, attempt: Attempt, rules: CodeRules) -> Result<Option<User>, Failure> {
        let announcer = self.announcer();
        let work = self.database.write(move |c| {
            Box::pin(async move {
                let Some(mut user) = use_up(c, &attempt, rules).await?.filter(|user| !user.verified) else {
                    return Ok(None);
                };
                user.verified = true;
                let actor = Actor::User(user.id);
                accounts::revise(c, &announcer, &mut user, attempt.at, "user.verified", actor, &["verified"]).await?;
                Ok(Some(user))
            })
        });
        work.await
    }

    async fn reset(&self, attempt: Attempt, password_hash: String, rules: CodeRules) -> Result<bool, Failure> {
        let announcer = self.announcer();
        let work = self.database.write(move |c| {
            Box::pin(async move {
                let Some(mut user) = use_up(c, &attempt, rules).await? else { return Ok(false) };
                sqlx::query("UPDATE users SET password_hash = ? WHERE id = ?")
                    .bind(password_hash)
                    .bind(user.id.as_bytes())
                    .execute(&mut *c)
                    .await
                    .stored()?;
                rows::close_sessions(c, user.id, Reason::PasswordChanged, attempt.at).await?;
                let actor = Actor::User(user.id);
                accounts::revise(c, &announcer, &mut user, attempt.at, "user.updated", actor, &["password"]).await?;
                Ok(true)
            })
        });
        work.await
    }
}

/// Who has proven the address needs no code for it.
const fn fits(user: &User, purpose: Purpose) -> bool {
    match purpose {
        Purpose::Verify => !user.verified,
        Purpose::Reset => true,
    }
}

async fn sends(connection: &mut SqliteConnection, code: &NewCode) -> Result<Vec<Timestamp>, Failure> {
    let times: Vec<i64> = sqlx::query_scalar("SELECT at FROM code_sends WHERE recipient = ? AND at > ?")
        .bind(code.recipient.as_slice())
        .bind(code.at.minus(HOUR).as_micros())
        .fetch_all(connection)
        .await
        .stored()?;
    Ok(times.into_iter().map(Timestamp::from_micros).collect())
}

async fn record_send(connection: &mut SqliteConnection, code: &NewCode) -> Result<(), Failure> {
    let insert = sqlx::query("INSERT INTO code_sends (recipient, at) VALUES (?, ?)");
    insert.bind(code.recipient.as_slice()).bind(code.at.as_micros()).execute(connection).await.stored().map(drop)
}

/// Puts a code in the place of the last one of its purpose, counts it and asks for its delivery.
pub async fn put(
    connection: &mut SqliteConnection,
    announcer: &Announcer,
    user: &User,
    code: &NewCode,
) -> Result<(), Failure> {
    forget(connection, user, code.purpose).await?;
    sqlx::query("INSERT INTO codes (user_id, purpose, hash, expires_at, tries) VALUES (?, ?, ?, ?, 0)")
        .bind(user.id.as_bytes())
        .bind(code.purpose.as_str())
        .bind(code.hash.as_slice())
        .bind(code.expires_at.as_micros())
        .execute(&mut *connection)
        .await
        .stored()?;
    record_send(connection, code).await?;
    outbox::append(connection, &announcer.code(user, code)).await
}

async fn forget(connection: &mut SqliteConnection, user: &User, purpose: Purpose) -> Result<(), Failure> {
    for statement in [
        "DELETE FROM codes WHERE user_id = ? AND purpose = ?",
        "DELETE FROM code_tries WHERE user_id = ? AND purpose = ?",
    ] {
        let delete = sqlx::query(statement).bind(user.id.as_bytes()).bind(purpose.as_str());
        delete.execute(&mut *connection).await.stored()?;
    }
    Ok(())
}

/// The account whose code this is; the code is gone then. A code that does not fit costs a try.
async fn use_up(
    connection: &mut SqliteConnection,
    attempt: &Attempt,
    rules: CodeRules,
) -> Result<Option<User>, Failure> {
    let Some(user) = rows::by_email(connection, &attempt.email).await? else { return Ok(None) };
    let row = sqlx::query("SELECT hash, expires_at, tries FROM codes WHERE user_id = ? AND purpose = ?")
        .bind(user.id.as_bytes())
        .bind(attempt.purpose.as_str())
        .fetch_optional(&mut *connection)
        .await
        .stored()?;
    let Some(row) = row.filter(|row| row.get::<i64, _>("expires_at") > attempt.at.as_micros()) else { return Ok(None) };
    let by_address = tries_from(connection, &user, attempt).await?;
    if !rules.may_try(by_address, row.get("tries")) {
        return Ok(None);
    }
    if kit::seal::same(row.get("hash"), &attempt.hash) {
        forget(connection, &user, attempt.purpose).await?;
        return Ok(Some(user));
    }
    count_try(connection, &user, attempt).await?;
    Ok(None)
}

async fn tries_from(connection: &mut SqliteConnection, user: &User, attempt: &Attempt) -> Result<u32, Failure> {
    let tries = sqlx::query_scalar("SELECT tries FROM code_tries WHERE user_id = ? AND purpose = ? AND address = ?")
        .bind(user.id.as_bytes())
        .bind(attempt.purpose.as_str())
        .bind(attempt.from.to_string())
        .fetch_optional(connection)
        .await
        .stored()?;
    Ok(tries.unwrap_or(0))
}

async fn count_try(connection: &mut SqliteConnection, user: &User, attempt: &Attempt) -> Result<(), Failure> {
    sqlx::query("UPDATE codes SET tries = tries + 1 WHERE user_id = ? AND purpose = ?")
        .bind(user.id.as_bytes())
        .bind(attempt.purpose.as_str())
        .execute(&mut *connection)
        .await
        .stored()?;
    sqlx::query(
        "INSERT INTO code_tries (user_id, purpose, address, tries) VALUES (?, ?, ?, 1)
         ON CONFLICT (user_id, purpose, address) DO UPDATE SET tries = tries + 1",
    )
    .bind(user.id.as_bytes())
    .bind(attempt.purpose.as_str())
    .bind(attempt.from.to_string())
    .execute(connection)
    .await
    .stored()
    .map(drop)
}
