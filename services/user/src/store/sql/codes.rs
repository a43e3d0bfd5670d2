//! Codes in the database. A wrong try is counted in the same transaction that found it wrong, so parallel guesses all count.

use async_trait::async_trait;
use bus::outbox;
use kit::net::network_of;
use kit::{Act, ErrorCode, Failure, Timestamp};
use sql::{Connection, Stored as _};

use super::changes::{revise, set_password};
use super::{SqlStore, closings, rows};
use crate::domain::{Attempt, Channel, CodeRules, Email, NewCode, PhoneNumber, Purpose, Reason, User};
use crate::events::Announcer;
use crate::ports::CodeStore;

#[async_trait]
impl CodeStore for SqlStore {
    async fn send(&self, email: &Email, code: NewCode, rules: CodeRules) -> Result<(), Failure> {
        let (announcer, email) = (self.announcer(), email.clone());
        let work = self.database.write(move |c| {
            Box::pin(async move {
                let user = rows::by_email(c, &email).await?;
                let goes = user.as_ref().and_then(|user| goes_to(user, &code).map(|to| (user, to)));
                match goes {
                    Some((user, to)) if may_text(c, &code, to, rules).await? => {
                        put(c, &announcer, user, &code, to).await
                    }
                    _ => Ok(()),
                }
            })
        });
        work.await
    }

    async fn verify(&self, attempt: Attempt, rules: CodeRules, act: Act) -> Result<Option<User>, Failure> {
        let announcer = self.announcer();
        self.database.write(move |c| Box::pin(async move { verify(c, &announcer, &attempt, rules, act).await })).await
    }

    async fn reset(
        &self,
        attempt: Attempt,
        password_hash: String,
        rules: CodeRules,
        act: Act,
    ) -> Result<bool, Failure> {
        let announcer = self.announcer();
        let work = self.database.write(move |c| {
            Box::pin(async move {
                let Some((mut user, channel)) = owner(c, &attempt, rules).await? else { return Ok(false) };
                let mut changed = vec!["password"];
                if user.email_unproven {
                    changed.extend(prove(c, &announcer, &mut user, channel).await?);
                }
                closings::close_keys(c, announcer.ambient(), user.id, Reason::PasswordChanged, attempt.at).await?;
                set_password(c, &announcer, &mut user, &password_hash, attempt.at, act, &changed).await?;
                Ok(true)
            })
        });
        work.await
    }
}

/// Where a code for this account goes; `None` where it would be of no use, or cannot go that way.
fn goes_to<'u>(user: &'u User, code: &NewCode) -> Option<&'u str> {
    let (to, proven) = match code.channel {
        Channel::Email => (Some(user.email.as_str()), user.has_proven_email()),
        Channel::Sms => (user.profile.phone_number.as_ref().map(PhoneNumber::as_str), user.phone_verified),
    };
    let fits = match code.purpose {
        Purpose::Verify => !proven,
        // Anybody's number can be claimed, but only who was shown to have it gets what opens the account.
        Purpose::Reset => code.channel == Channel::Email || proven,
        Purpose::Email => false,
    };
    to.filter(|_| fits && user.is_open())
}

/// Whether a number may get another text. Several accounts may claim it, and the throttle on addresses sees each alone.
async fn may_text(connection: &mut Connection, code: &NewCode, to: &str, rules: CodeRules) -> Result<bool, Failure> {
    if code.channel != Channel::Sms {
        return Ok(true);
    }
    let valid: Vec<i64> = sql::query_scalar("SELECT expires_at FROM codes WHERE target = ? AND channel = 'sms'")
        .bind(to)
        .fetch_all(connection)
        .await
        .stored()?;
    let sent: Vec<Timestamp> = valid.into_iter().map(|at| Timestamp::from_micros(at).minus(rules.life)).collect();
    Ok(rules.may_send(&sent, code.at).is_ok())
}

async fn verify(
    connection: &mut Connection,
    announcer: &Announcer,
    attempt: &Attempt,
    rules: CodeRules,
    act: Act,
) -> Result<Option<User>, Failure> {
    let Some((mut user, channel)) = owner(connection, attempt, rules).await? else { return Ok(None) };
    let proven = prove(connection, announcer, &mut user, channel).await?;
    if proven.is_empty() {
        return Ok(None);
    }
    let kind = if proven.contains(&"verified") { "user.verified" } else { "user.updated" };
    revise(connection, announcer, &mut user, attempt.at, kind, act, &proven).await?;
    // An address that nobody proved may be anybody's, who would be mailed by whoever made the account.
    if user.phone_verified && proven.contains(&"phone_verified") && user.has_proven_email() {
        outbox::append(connection, &announcer.phone_proven(&user)).await?;
    }
    Ok(Some(user))
}

/// Marks what a code proves that arrived this way, and closes what was open where that shows for the first time whose the
/// address is. `phone_taken` where another account has proven the number.
pub async fn prove(
    connection: &mut Connection,
    announcer: &Announcer,
    user: &mut User,
    channel: Channel,
) -> Result<Vec<&'static str>, Failure> {
    let by_text_alone = user.email_unproven;
    let proven = user.prove(channel);
    if by_text_alone && user.has_proven_email() {
        let (ambient, at) = (announcer.ambient(), announcer.ambient().now());
        closings::close_sessions(connection, ambient, user.id, Reason::Revoked, at).await?;
        closings::close_keys(connection, ambient, user.id, Reason::Revoked, at).await?;
        forget_all(connection, user).await?;
    }
    let number = user.profile.phone_number.as_ref().filter(|_| proven.contains(&"phone_verified"));
    if let Some(number) = number {
        let taken: bool = sql::query_scalar("SELECT EXISTS (SELECT 1 FROM users WHERE verified_phone = ? AND id <> ?)")
            .bind(number.as_str())
            .bind(user.id.as_bytes())
            .fetch_one(connection)
            .await
            .stored()?;
        if taken {
            return Err(Failure::of(ErrorCode::PhoneTaken).field("phone_number"));
        }
    }
    Ok(proven)
}

/// Puts a code in the place of the last one of its purpose, which may have been tried, and asks for its delivery.
pub async fn put(
    connection: &mut Connection,
    announcer: &Announcer,
    user: &User,
    code: &NewCode,
    to: &str,
) -> Result<(), Failure> {
    forget_tries(connection, user, code.purpose).await?;
    issue(connection, announcer, user, code, to).await
}

/// The same for a code that no other one of its purpose came before.
pub async fn issue(
    connection: &mut Connection,
    announcer: &Announcer,
    user: &User,
    code: &NewCode,
    to: &str,
) -> Result<(), Failure> {
    sql::query(
        "INSERT INTO codes (user_id, purpose, hash, expires_at, tries, channel, target) VALUES (?, ?, ?, ?, 0, ?, ?)
         ON CONFLICT (user_id, purpose) DO UPDATE SET hash = excluded.hash, expires_at = excluded.expires_at,
             tries = excluded.tries, channel = excluded.channel, target = excluded.target",
    )
    .bind(user.id.as_bytes())
    .bind(code.purpose.as_str())
    .bind(code.hash.as_slice())
    .bind(code.expires_at.as_micros())
    .bind(code.channel.as_str())
    .bind(to)
    .execute(&mut *connection)
    .await
    .stored()?;
    outbox::append(connection, &announcer.code(user, code, to)).await
}

async fn forget_tries(connection: &mut Connection, user: &User, purpose: Purpose) -> Result<(), Failure> {
    let delete = sql::query("DELETE FROM code_tries WHERE user_id = ? AND purpose = ?");
    delete.bind(user.id.as_bytes()).bind(purpose.as_str()).execute(connection).await.stored().map(drop)
}

/// Removes one code with its tries; how many rows that was.
async fn forget(connection: &mut Connection, user: &[u8], purpose: &str) -> Result<u64, Failure> {
    let mut removed = 0;
    for statement in [
        "DELETE FROM codes WHERE user_id = ? AND purpose = ?",
        "DELETE FROM code_tries WHERE user_id = ? AND purpose = ?",
    ] {
        let delete = sql::query(statement).bind(user).bind(purpose);
        removed += delete.execute(&mut *connection).await.stored()?.rows_affected();
    }
    Ok(removed)
}

/// Removes a bounded number of codes that ran out; how many rows that was.
pub async fn sweep(connection: &mut Connection, now: Timestamp, limit: u32) -> Result<u64, Failure> {
    let old: Vec<(Vec<u8>, String)> = sql::query_as(
        "SELECT user_id, purpose FROM codes WHERE expires_at <= ? ORDER BY expires_at LIMIT ? FOR UPDATE SKIP LOCKED",
    )
    .bind(now.as_micros())
    .bind(limit)
    .fetch_all(&mut *connection)
    .await
    .stored()?;
    let mut removed = 0;
    for (user, purpose) in &old {
        removed += forget(connection, user, purpose).await?;
    }
    Ok(removed)
}

/// Voids codes that went to a number which is not the user's any more.
pub async fn forget_texts(connection: &mut Connection, user: &User) -> Result<(), Failure> {
    let delete = sql::query("DELETE FROM codes WHERE user_id = ? AND channel = 'sms'");
    delete.bind(user.id.as_bytes()).execute(connection).await.stored().map(drop)
}

/// Voids all codes of a user.
pub async fn forget_all(connection: &mut Connection, user: &User) -> Result<(), Failure> {
    for statement in ["DELETE FROM codes WHERE user_id = ?", "DELETE FROM code_tries WHERE user_id = ?"] {
        sql::query(statement).bind(user.id.as_bytes()).execute(&mut *connection).await.stored()?;
    }
    Ok(())
}

/// The open account that has the address, if the attempt fits its code, and how that code came.
async fn owner(
    connection: &mut Connection,
    attempt: &Attempt,
    rules: CodeRules,
) -> Result<Option<(User, Channel)>, Failure> {
    let user = rows::by_email(connection, &attempt.email).await?.filter(User::is_open);
    let Some(user) = user else { return Ok(None) };
    Ok(use_up(connection, &user, attempt, rules).await?.map(|channel| (user, channel)))
}

/// How the code came that the attempt fits; it is gone then. A code that does not fit costs a try.
pub async fn use_up(
    connection: &mut Connection,
    user: &User,
    attempt: &Attempt,
    rules: CodeRules,
) -> Result<Option<Channel>, Failure> {
    let row = sql::query("SELECT hash, expires_at, tries, channel FROM codes WHERE user_id = ? AND purpose = ?")
        .bind(user.id.as_bytes())
        .bind(attempt.purpose.as_str())
        .fetch_optional(&mut *connection)
        .await
        .stored()?;
    let Some(row) = row.filter(|row| row.get::<i64>("expires_at") > attempt.at.as_micros()) else { return Ok(None) };
    let by_address = tries_from(connection, user, attempt).await?;
    if !rules.may_try(by_address, row.get("tries")) {
        return Ok(None);
    }
    if kit::seal::same(row.get("hash"), &attempt.hash) {
        forget(connection, user.id.as_bytes(), attempt.purpose.as_str()).await?;
        let channel = Channel::parse(row.get("channel")).ok_or_else(|| rows::broken("channel"))?;
        return Ok(Some(channel));
    }
    count_try(connection, user, attempt).await?;
    Ok(None)
}

async fn tries_from(connection: &mut Connection, user: &User, attempt: &Attempt) -> Result<u32, Failure> {
    let tries = sql::query_scalar("SELECT tries FROM code_tries WHERE user_id = ? AND purpose = ? AND address = ?")
        .bind(user.id.as_bytes())
        .bind(attempt.purpose.as_str())
        .bind(network_of(attempt.from).to_string())
        .fetch_optional(connection)
        .await
        .stored()?;
    Ok(tries.unwrap_or(0))
}

async fn count_try(connection: &mut Connection, user: &User, attempt: &Attempt) -> Result<(), Failure> {
    sql::query("UPDATE codes SET tries = tries + 1 WHERE user_id = ? AND purpose = ?")
        .bind(user.id.as_bytes())
        .bind(attempt.purpose.as_str())
        .execute(&mut *connection)
        .await
        .stored()?;
    sql::query(
        "INSERT INTO code_tries (user_id, purpose, address, tries) VALUES (?, ?, ?, 1)
         ON CONFLICT (user_id, purpose, address) DO UPDATE SET tries = tries + 1",
    )
    .bind(user.id.as_bytes())
    .bind(attempt.purpose.as_str())
    .bind(network_of(attempt.from).to_string())
    .execute(connection)
    .await
    .stored()
    .map(drop)
}
