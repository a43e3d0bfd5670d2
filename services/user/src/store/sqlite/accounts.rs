//! Accounts in SQLite: sign-up decides here who is the admin, and every change goes out with its event.

use async_trait::async_trait;
use bus::outbox;
use kit::{ErrorCode, Failure, Timestamp, UserId};
use sqlite::{Stored as _, is_unique_violation};
use sqlx::{Row as _, SqliteConnection};

use super::{SqliteStore, codes, directory, rows};
use crate::domain::{Changes, Credentials, Email, Gender, NewAccount, NewCode, PhoneNumber, User};
use crate::events::{Actor, Announcer};
use crate::ports::AccountStore;

#[async_trait]
impl AccountStore for SqliteStore {
    async fn is_free(&self, email: &Email, yields_before: Timestamp) -> Result<bool, Failure> {
        let taken: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM users WHERE email = ? AND (verified = 1 OR created_at > ?))",
        )
        .bind(email.as_str())
        .bind(yields_before.as_micros())
        .fetch_one(self.database.readers())
        .await
        .stored()?;
        Ok(!taken)
    }

    async fn create(&self, new: NewAccount, code: NewCode) -> Result<User, Failure> {
        let announcer = self.announcer();
        self.database.write(move |c| Box::pin(async move { create(c, &announcer, new, code).await })).await
    }

    async fn find(&self, user: UserId) -> Result<Option<User>, Failure> {
        let row = sqlx::query("SELECT * FROM users WHERE id = ?").bind(user.as_bytes());
        row.fetch_optional(self.database.readers()).await.stored()?.as_ref().map(rows::user).transpose()
    }

    async fn credentials(&self, email: &Email) -> Result<Option<Credentials>, Failure> {
        let row = sqlx::query("SELECT id, password_hash FROM users WHERE email = ?").bind(email.as_str());
        let row = row.fetch_optional(self.database.readers()).await.stored()?;
        row.map(|row| {
            let user = UserId::from_bytes(row.get("id")).ok_or_else(|| rows::broken("user id"))?;
            Ok(Credentials { user, password_hash: row.get("password_hash") })
        })
        .transpose()
    }

    async fn update(&self, user: UserId, changes: Changes, at: Timestamp) -> Result<Option<User>, Failure> {
        let announcer = self.announcer();
        let work = self.database.write(move |c| {
            Box::pin(async move {
                let Some(mut user) = rows::by_id(c, user).await? else { return Ok(None) };
                let fields = user.profile.apply(changes);
                if !fields.is_empty() {
                    let actor = Actor::User(user.id);
                    revise(c, &announcer, &mut user, at, "user.updated", actor, &fields).await?;
                }
                Ok(Some(user))
            })
        });
        work.await
    }
}

/// Saves a changed user with the next revision and announces it.
pub async fn revise(
    connection: &mut SqliteConnection,
    announcer: &Announcer,
    user: &mut User,
    at: Timestamp,
    kind: &str,
    actor: Actor,
    changed: &[&str],
) -> Result<(), Failure> {
    user.revision += 1;
    user.updated_at = at;
    rows::save(connection, user).await?;
    outbox::append(connection, &announcer.user(kind, user, actor, changed)).await
}

async fn create(
    connection: &mut SqliteConnection,
    announcer: &Announcer,
    new: NewAccount,
    code: NewCode,
) -> Result<User, Failure> {
    if let Some(old) = rows::by_email(connection, &new.email).await? {
        if old.verified || old.created_at > new.yields_before {
            return Err(taken());
        }
        directory::delete(connection, announcer, &old, Actor::Platform, new.at).await?;
    }
    let admin = new.may_found && !any(connection, "SELECT EXISTS (SELECT 1 FROM users WHERE admin = 1)").await?;
    if !new.may_found && !any(connection, "SELECT EXISTS (SELECT 1 FROM users)").await? {
        return Err(Failure::new(
            ErrorCode::SetupCodeRequired,
            "The first sign-up becomes the admin and needs the set-up code that the server printed.",
        )
        .field("setup_code"));
    }
    let user = User {
        id: new.id,
        tenant: new.tenant,
        email: new.email,
        profile: new.profile,
        verified: false,
        admin,
        suspended: false,
        deleting: false,
        created_at: new.at,
        updated_at: new.at,
        revision: 1,
    };
    insert(connection, &user, &new.password_hash).await?;
    outbox::append(connection, &announcer.user("user.created", &user, Actor::User(user.id), &[])).await?;
    // A sign-up always gets its code: otherwise anybody could keep an address from signing up by asking for codes.
    codes::put(connection, announcer, &user, &code).await?;
    Ok(user)
}

async fn any(connection: &mut SqliteConnection, exists: &'static str) -> Result<bool, Failure> {
    sqlx::query_scalar(exists).fetch_one(connection).await.stored()
}

async fn insert(connection: &mut SqliteConnection, user: &User, password_hash: &str) -> Result<(), Failure> {
    let profile = &user.profile;
    let done = sqlx::query(
        "INSERT INTO users (id, tenant_id, email, first_name, last_name, phone_number, gender, password_hash, verified,
             admin, email_notification, sms_notification, created_at, updated_at, revision)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(user.id.as_bytes())
    .bind(user.tenant.as_bytes())
    .bind(user.email.as_str())
    .bind(profile.first_name.as_str())
    .bind(profile.last_name.as_str())
    .bind(profile.phone_number.as_ref().map(PhoneNumber::as_str))
    .bind(profile.gender.as_ref().map(Gender::as_str))
    .bind(password_hash)
    .bind(user.verified)
    .bind(user.admin)
    .bind(profile.email_notification)
    .bind(profile.sms_notification)
    .bind(user.created_at.as_micros())
    .bind(user.updated_at.as_micros())
    .bind(user.revision as i64)
    .execute(connection)
    .await;
    match done {
        Err(error) if is_unique_violation(&error) => Err(taken()),
        done => done.stored().map(drop),
    }
}

fn taken() -> Failure {
    Failure::of(ErrorCode::EmailTaken).field("email")
}
