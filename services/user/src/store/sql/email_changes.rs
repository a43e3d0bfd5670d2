//! Changes of an e-mail address in the database. Several accounts may have asked for one address; whose code it is gets it.

use async_trait::async_trait;
use bus::outbox;
use kit::{Act, Failure, Timestamp, UserId};
use sql::{Connection, Readers, Stored as _};

use super::changes::revise;
use super::{SqlStore, accounts, codes, rows};
use crate::domain::{Attempt, Channel, CodeRules, Credentials, Email, NewCode, Purpose, User};
use crate::events::Announcer;
use crate::ports::EmailChanges;

#[async_trait]
impl EmailChanges for SqlStore {
    async fn ask(
        &self,
        known: Credentials,
        new: Email,
        code: NewCode,
        yields_before: Timestamp,
    ) -> Result<bool, Failure> {
        let announcer = self.announcer();
        let work = self.database.write(move |c| {
            Box::pin(async move {
                let user = accounts::still(c, &known).await?.filter(User::is_open);
                let Some(user) = user else { return Ok(false) };
                if may_have(c, &new, yields_before).await? {
                    codes::put(c, &announcer, &user, &code, new.as_str()).await?;
                }
                Ok(true)
            })
        });
        work.await
    }

    async fn prove(
        &self,
        attempt: Attempt,
        rules: CodeRules,
        yields_before: Timestamp,
        act: Act,
    ) -> Result<Option<User>, Failure> {
        let (announcer, asked) = (self.announcer(), who_asked(self.database.readers(), &attempt.email).await?);
        let work = self.database.write(move |c| {
            Box::pin(async move {
                let Some(mut user) = who_proved(c, &asked, &attempt, rules).await? else { return Ok(None) };
                accounts::make_way(c, &announcer, &attempt.email, yields_before).await?;
                set_email(c, &announcer, &mut user, &attempt, act).await?;
                Ok(Some(user))
            })
        });
        work.await
    }
}

/// Whether an address is nobody's, or of somebody who did not prove it in time.
async fn may_have(connection: &mut Connection, email: &Email, yields_before: Timestamp) -> Result<bool, Failure> {
    let owner = rows::by_email(connection, email).await?;
    Ok(owner.is_none_or(|owner| owner.yields(yields_before)))
}

/// All that asked for an address, in an order that everybody goes through them in. Who has asked by now is enough: the
/// code that somebody tries is older than the try.
async fn who_asked(readers: &Readers, email: &Email) -> Result<Vec<UserId>, Failure> {
    let asked: Vec<Vec<u8>> =
        sql::query_scalar("SELECT user_id FROM codes WHERE purpose = ? AND target = ? ORDER BY user_id")
            .bind(Purpose::Email.as_str())
            .bind(email.as_str())
            .fetch_all(readers)
            .await
            .stored()?;
    asked.iter().map(|id| UserId::from_bytes(id).ok_or_else(|| rows::broken("user id"))).collect()
}

/// Whose code it is, of all that asked for the address. One that does not fit costs each of them a try.
async fn who_proved(
    connection: &mut Connection,
    asked: &[UserId],
    attempt: &Attempt,
    rules: CodeRules,
) -> Result<Option<User>, Failure> {
    for id in asked {
        let Some(user) = rows::by_id(connection, *id).await?.filter(User::is_open) else { continue };
        if codes::use_up(connection, &user, attempt, rules).await?.is_some() {
            return Ok(Some(user));
        }
    }
    Ok(None)
}

/// Codes that went to the old address are void; both addresses are told.
async fn set_email(
    connection: &mut Connection,
    announcer: &Announcer,
    user: &mut User,
    attempt: &Attempt,
    act: Act,
) -> Result<(), Failure> {
    codes::forget_all(connection, user).await?;
    let old = std::mem::replace(&mut user.email, attempt.email.clone());
    let mut changed = vec!["email"];
    changed.extend(codes::prove(connection, announcer, user, Channel::Email).await?);
    revise(connection, announcer, user, attempt.at, "user.updated", act, &changed).await?;
    for recipient in [&old, &user.email] {
        let details = [("email", user.email.as_str())];
        outbox::append(connection, &announcer.notice("email_changed", user, recipient, &details)).await?;
    }
    Ok(())
}
